"""What a newer version would be to designs and open orders of the older ones; on both databases."""

import pytest

from configurator.affected import Affected
from configurator.catalogue import PublishedFamily
from configurator.engine.decisions import Change, Select, SetNumber
from configurator.service import Service
from configurator.state import DesignState
from contracts.access import SYSTEM
from contracts.ports import OpenPiece
from contracts.units import Money
from tests.contract.configurator.conftest import GUEST, OTHER, SHELF

NEWER = SHELF.replace('version: "1"', 'version: "2"')


@pytest.fixture
def designs(service: Service) -> dict[str, DesignState]:
    wanted: dict[str, list[Change]] = {
        "oak": [Select(select="wood.oak"), SetNumber(set="wall", value=1500)],
        "light": [Select(select="extras.light")],
        "oiled": [Select(select="finish.oil"), SetNumber(set="width", value=1000), SetNumber(set="wall", value=1100)],
    }
    begun = {name: service.create_design("shelf", GUEST) for name in (*wanted, "untouched")}
    return begun | {name: service.decide(begun[name].design, 0, changes, GUEST) for name, changes in wanted.items()}


def asked(service: Service, text: str, *ordered: OpenPiece) -> Affected:
    return service.affected_by(PublishedFamily(text), ordered)


def test_without_another_price_or_rule_every_design_stays(service: Service, designs: dict[str, DesignState]) -> None:
    found = asked(service, NEWER)
    assert found.designs == {"stays": 3, "other_price": 0, "refused": 0, "gone": 0}
    assert found.hits == ()


def test_each_design_that_would_be_otherwise_says_how(service: Service, designs: dict[str, DesignState]) -> None:
    """Oak costs more, light is gone, and what is oiled may not be wide."""
    text = NEWER.replace("price: 9000", "price: 9100")
    text = text.replace("      light: {label: {en: Light, zh: 灯}, price: 3000}\n", "").replace(
        "lamp, label: {en: Lamp", "lamp, label: {en: Lamps"
    )
    text = text.replace(', when: "light in extras"}', "}").replace(
        "{id: light_door, exclude: [[extras.light, extras.door]]", "{id: light_door, require: count(extras) < 2"
    )
    text = text.replace(
        'require: "wood != steel", say: {en: Steel is not oiled', 'require: "width <= 900", say: {en: Nothing wide is oiled'
    )
    found = asked(service, text)
    assert found.designs == {"stays": 0, "other_price": 1, "refused": 1, "gone": 1}
    hits = {hit.design: hit for hit in found.hits}
    oak, light, oiled = (hits[designs[name].design] for name in ("oak", "light", "oiled"))
    assert (oak.fate, oak.new) == ("other_price", Money(amount=designs["oak"].price.total.amount + 121, currency="EUR"))
    assert oak.old == designs["oak"].price.total
    assert (light.fate, light.names) == ("gone", ("extras.light",))
    assert (oiled.fate, oiled.names, [said.en for said in oiled.texts if hasattr(said, "en")]) == (
        "refused",
        ("oil_wood",),
        ["Nothing wide is oiled"],
    )


def test_an_order_is_asked_by_the_revision_that_was_ordered(service: Service, designs: dict[str, DesignState]) -> None:
    oak = designs["oak"]
    service.decide(oak.design, oak.revision, [Select(select="wood.pine")], GUEST)
    found = asked(
        service, NEWER.replace("price: 9000", "price: 9100"), OpenPiece(order="order_1", design=oak.design, revision=oak.revision)
    )
    assert found.orders == {"stays": 0, "other_price": 1, "refused": 0, "gone": 0}
    assert found.designs == {"stays": 2, "other_price": 1, "refused": 0, "gone": 0}, "what is oiled and wide is made of oak"
    assert [(hit.order, hit.design) for hit in found.hits] == [("order_1", oak.design), (None, designs["oiled"].design)]


def test_what_somebody_removed_or_has_in_the_newer_version_is_not_counted(service: Service, designs: dict[str, DesignState]) -> None:
    service.let_go(designs["light"].design, GUEST)
    service.publish_family(NEWER, SYSTEM)
    newest = service.create_design("shelf", OTHER)
    service.decide(newest.design, newest.revision, [Select(select="wood.oak")], OTHER)
    assert sum(asked(service, NEWER).designs.values()) == 2
    assert service.for_sale("shelf").family.version == "2"
