"""Somebody of the demo tells what only they can tell, as the design asks for it, and nothing that it does not ask for."""

import json
from typing import Any

import httpx

from lotone.demo_customer import Customer
from lotone.people import Person


def option(name: str, told: str | None) -> dict[str, Any]:
    """An option with the letters K and R, of which one may be told."""
    ask = None if told else {"en": "Tell us.", "zh": "请选择。"}
    values = [{"name": value, "status": "open", "chosen": value == (told or "none")} for value in ("none", "k", "r")]
    return {"name": name, "ask": ask, "values": values}


def test_a_letter_is_told_once_for_each_question() -> None:
    told: dict[str, str] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        (decision,) = json.loads(request.content)["decisions"]
        name, _, value = decision["select"].partition(".")
        told[name] = value
        return httpx.Response(200, json=design())

    def design() -> dict[str, Any]:
        options = [option(name, told.get(name)) for name in ("initial", "engraving")] + [option("wood", "k")]
        return {"design": "design_1", "revision": len(told), "options": options}

    with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://house") as client:
        done = Customer(client, Person(row="A1", body={}), seed=1, family="shirt")._told(design())
    assert all(each["ask"] is None for each in done["options"])
    assert told.keys() == {"initial", "engraving"}
    assert set(told.values()) <= {"k", "r"}
