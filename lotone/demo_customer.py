"""How does one rider of the demo buy? Through the public API, like anybody's program."""

import random
from dataclasses import dataclass
from typing import Any

import httpx

from lotone.riders import Rider

API = "/api/v1"
FAMILY = "bicycle"
TASTES = 3
"""How many options a rider chooses by taste at most, beside the measures."""
COMPLETES = 0.5
"""How many of the riders let the rest be completed at the least price."""
LOAD = "rated_load"
LOADS = ((90, "u90"), (120, "u120"), (150, "u150"))
CLOTHES_KG = 8


@dataclass(frozen=True)
class Ordered:
    """An order that was placed, as its buyer saw it."""

    order: str
    family: str
    price: dict[str, Any]
    promised_at: str


@dataclass(frozen=True)
class Refused:
    """A rider that got no bicycle, and why."""

    row: str
    family: str
    reason: str


class Customer:
    """One rider with a body and tastes. ``client``: where the product answers; may be shared by threads."""

    def __init__(self, client: httpx.Client, rider: Rider, seed: int) -> None:
        self._client = client
        self._rider = rider
        self._chance = random.Random(seed)  # noqa: S311 - a repeatable demo, no secret

    def buy(self) -> Ordered | Refused:
        """Design to the own body, choose by taste, complete, order."""
        design = self._sent("/designs", {"family": FAMILY})
        measured = self._patched(design, self._measures(design))
        if measured.status_code == 409:
            return Refused(self._rider.row, FAMILY, measured.json()["detail"])
        design = _checked(measured)
        for _ in range(self._chance.randint(0, TASTES)):
            design = self._choose(design)
        if self._chance.random() < COMPLETES:
            design = self._sent(f"/designs/{design['design']}/complete", {"objective": "cheapest"}, {"If-Match": str(design["revision"])})
        return self._order(design)

    def _measures(self, design: dict[str, Any]) -> list[dict[str, Any]]:
        body = self._rider.body
        given = measures_of(body)
        wanted = [dimension["name"] for dimension in design["dimensions"] if dimension["measure"]]
        load_kg = body["weightkg"] // 10 + CLOTHES_KG
        load = next((value for most, value in LOADS if load_kg <= most), LOADS[-1][1])
        return [*({"set": name, "value": given[name], "unit": "mm"} for name in wanted), {"select": f"{LOAD}.{load}"}]

    def _choose(self, design: dict[str, Any]) -> dict[str, Any]:
        open_values = [
            f"{option['name']}.{value['name']}"
            for option in design["options"]
            for value in option["values"]
            if value["status"] == "open" and option["name"] != LOAD
        ]
        if not open_values:
            return design
        return _checked(self._patched(design, [{"select": self._chance.choice(open_values)}]))

    def _order(self, design: dict[str, Any]) -> Ordered | Refused:
        if design["promised_at"] is None:
            return Refused(self._rider.row, FAMILY, "no date within the plant's horizon")
        seen = {"price": design["price"]["total"], "promised_at": design["promised_at"]}
        for attempt in range(3):
            wanted = {"design": design["design"], "revision": design["revision"], "expected": seen}
            body = {"designs": [wanted], "customer": self._customer()}
            answer = self._client.post(f"{API}/orders", json=body, headers={"Idempotency-Key": f"{design['design']}-{attempt}"})
            if answer.status_code == 409 and answer.json()["type"].endswith("promise-moved"):
                seen = {**seen, "promised_at": answer.json()["promised_at"]}
                continue
            order = _checked(answer)
            return Ordered(order["order"], FAMILY, seen["price"], order["promised_at"])
        return Refused(self._rider.row, FAMILY, "the date moved three times while ordering")

    def _customer(self) -> dict[str, Any]:
        row = self._rider.row
        return {
            "name": f"Rider {row}",
            "email": f"{row.lower()}@riders.example",
            "street": "Dijkstraat 1",
            "city": "Deventer",
            "postcode": "7411 AA",
            "country": "NL",
            "language": self._chance.choice(("en", "zh")),
        }

    def _sent(self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
        return _checked(self._client.post(f"{API}{path}", json=body, headers=headers))

    def _patched(self, design: dict[str, Any], decisions: list[dict[str, Any]]) -> httpx.Response:
        path = f"{API}/designs/{design['design']}"
        return self._client.patch(path, json={"decisions": decisions}, headers={"If-Match": str(design["revision"])})


def measures_of(body: Any) -> dict[str, int]:
    """The family's measures of a surveyed body, in millimetres; docs/bicycle.md says why so."""
    inseam = int(body["crotchheight"])
    return {"inseam": inseam, "body_reach": int(body["stature"]) * 82 // 100 - inseam + int(body["sleeveoutseam"]) + 75}


def _checked(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code >= 400:
        raise RuntimeError(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:500]}")
    document: dict[str, Any] = answer.json()
    return document
