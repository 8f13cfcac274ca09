"""How does one person of the demo buy? Through the public API, like anybody's program."""

import random
import time
from dataclasses import dataclass
from typing import Any

import httpx

from lotone.demo_wishes import NOT_BY_TASTE, WISHES
from lotone.people import Person

API = "/api/v1"
TASTES = 3
"""How many options a person chooses by taste at most, beside the measures."""
COMPLETES = 0.5
"""How many of the people let the rest be completed at the least price."""
PATIENCE_S = 90.0
"""Real time for which a request is sent again that got no answer: the product may be starting anew."""
_PAUSE_S = 0.2


@dataclass(frozen=True)
class Ordered:
    """An order that was placed, as its buyer saw it."""

    order: str
    family: str
    price: dict[str, Any]
    promised_at: str


@dataclass(frozen=True)
class Refused:
    """Somebody who got nothing, and why."""

    row: str
    family: str
    reason: str


class Customer:
    """A person with a body and tastes who wants one product. ``client``: where the product answers; may be shared by threads."""

    def __init__(self, client: httpx.Client, person: Person, seed: int, family: str = "bicycle") -> None:
        self._client = client
        self._person = person
        self._family = family
        self._chance = random.Random(seed)  # noqa: S311 - a repeatable demo, no secret

    def buy(self) -> Ordered | Refused:
        """Design to the own measures, choose by taste, complete, order."""
        design = _checked(self._asked("POST", "/designs", {"family": self._family}))
        measured = self._changed(design, "PATCH", "", {"decisions": WISHES[self._family](self._person, self._chance)})
        if measured.status_code == 409:
            return Refused(self._person.row, self._family, measured.json()["detail"])
        design = _checked(measured)
        for _ in range(self._chance.randint(0, TASTES)):
            design = self._choose(design)
        if self._chance.random() < COMPLETES:
            design = _checked(self._changed(design, "POST", "/complete", {"objective": "cheapest"}))
        return self._order(self._told(design))

    def _choose(self, design: dict[str, Any]) -> dict[str, Any]:
        open_values = [
            f"{option['name']}.{value['name']}"
            for option in design["options"]
            for value in option["values"]
            if value["status"] == "open" and option["name"] not in NOT_BY_TASTE
        ]
        if not open_values:
            return design
        return _checked(self._changed(design, "PATCH", "", {"decisions": [{"select": self._chance.choice(open_values)}]}))

    def _told(self, design: dict[str, Any]) -> dict[str, Any]:
        """With the person's word wherever the design asks for it."""
        while asked := [option for option in design["options"] if option["ask"] is not None]:
            option = asked[0]
            values = [f"{option['name']}.{each['name']}" for each in option["values"] if each["status"] == "open" and not each["chosen"]]
            design = _checked(self._changed(design, "PATCH", "", {"decisions": [{"select": self._chance.choice(values)}]}))
        return design

    def _order(self, design: dict[str, Any]) -> Ordered | Refused:
        if design["promised_at"] is None:
            return Refused(self._person.row, self._family, "no date within the plant's horizon")
        seen = {"price": design["price"]["total"], "promised_at": design["promised_at"]}
        for attempt in range(3):
            wanted = {"design": design["design"], "revision": design["revision"], "expected": seen}
            body = {"designs": [wanted], "customer": self._customer()}
            answer = self._asked("POST", "/orders", body, {"Idempotency-Key": f"{design['design']}-{attempt}"})
            if answer.status_code == 409 and answer.json()["type"].endswith("promise-moved"):
                seen = {**seen, "promised_at": answer.json()["promised_at"]}
                continue
            order = _checked(answer)
            return Ordered(order["order"], self._family, seen["price"], order.get("promised_at", seen["promised_at"]))
        return Refused(self._person.row, self._family, "the date moved three times while ordering")

    def _customer(self) -> dict[str, Any]:
        row = self._person.row
        return {
            "name": f"Customer {row} (demo)",
            "email": f"{row.lower()}@customers.example",
            "street": "Dijkstraat 1",
            "city": "Deventer",
            "postcode": "7411 AA",
            "country": "NL",
            "language": self._chance.choice(("en", "zh")),
        }

    def _changed(self, design: dict[str, Any], method: str, path: str, body: dict[str, Any]) -> httpx.Response:
        """Change the design. When it is newer than we know, our own change arrived before and only its answer was lost."""
        address = f"/designs/{design['design']}"
        answer = self._asked(method, f"{address}{path}", body, {"If-Match": str(design["revision"])})
        return self._asked("GET", address) if answer.status_code == httpx.codes.PRECONDITION_FAILED else answer

    def _asked(self, method: str, path: str, body: dict[str, Any] | None = None, headers: dict[str, str] | None = None) -> httpx.Response:
        """Ask until there is an answer."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                answer = self._client.request(method, f"{API}{path}", json=body, headers=headers)
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
            else:
                if not _to_be_asked_again(answer) or time.monotonic() > until:
                    return answer
            time.sleep(_PAUSE_S)


def _to_be_asked_again(answer: httpx.Response) -> bool:
    """The product is busy, has had enough of us for now, or is still answering the first request with our key."""
    return answer.status_code in {httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS} or "idempotency-in-flight" in answer.text


def _checked(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code >= 400:
        raise RuntimeError(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:500]}")
    document: dict[str, Any] = answer.json()
    return document
