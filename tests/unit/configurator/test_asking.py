"""What only the customer can tell is asked for, never filled in: the letter of a shirt's monogram."""

from collections.abc import Iterator

import pytest
from flask import g
from lxml import html

from configurator.engine.decisions import Change, Select, SetNumber
from configurator.service import Service
from configurator.state import DesignState
from configurator.web.page import page_of_design
from contracts.access import SYSTEM, Principal, Role
from contracts.problems import DesignIncomplete
from presentation.explaining import explained
from tests.bicycles import bicycle_shop, studio_app
from tests.families import text_of

GUEST = Principal(id="guest_1", role=Role.CONSUMER)
ROBIN = {"neck": 391, "chest": 1003, "waist": 871, "hip": 1013, "sleeve": 873, "back_length": 463, "biceps": 337, "wrist": 173}
MEASURED = [SetNumber(set=name, value=value) for name, value in ROBIN.items()]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with bicycle_shop(tmp_path_factory.mktemp("shirts")) as shop:
        shop.publish_family(text_of("shirt"), SYSTEM, proved=True)
        yield shop


def shirt(service: Service, *changes: Change) -> DesignState:
    state = service.create_design("shirt", GUEST)
    return service.decide(state.design, 0, [*MEASURED, *changes], GUEST)


def asked(state: DesignState) -> dict[str, str]:
    return {option.name: option.ask.en for option in state.options if option.ask is not None}


def test_a_monogram_without_a_letter_is_no_order_until_the_letter_is_told(service: Service) -> None:
    state = shirt(service, Select(select="monogram.cuff"))
    assert asked(state) == {"initial": "Tell us the letter to embroider."}
    assert not state.orderable
    with pytest.raises(DesignIncomplete) as refused, service.ledger.transaction(GUEST) as transaction:
        service.freeze(transaction, state.design, state.revision, GUEST)
    assert refused.value.extra == {"missing": ["initial"]}
    assert explained(refused.value, "en")[1] == "Tell us the letter to embroider."
    assert explained(refused.value, "zh")[1] == "请选择要绣的字母。"
    told = service.decide(state.design, state.revision, [Select(select="initial.k")], GUEST)
    assert asked(told) == {}
    assert told.orderable


def test_a_shirt_without_a_monogram_asks_for_no_letter(service: Service) -> None:
    state = shirt(service)
    assert asked(state) == {}
    assert state.orderable


@pytest.mark.parametrize("objective", ["cheapest", "earliest"])
def test_completing_the_rest_fills_in_no_letter(service: Service, objective: str) -> None:
    state = shirt(service, Select(select="monogram.pocket"))
    done = service.complete(state.design, state.revision, "cheapest" if objective == "cheapest" else "earliest", GUEST)
    (initial,) = (option for option in done.options if option.name == "initial")
    assert not initial.own
    assert [value.name for value in initial.values if value.chosen] == ["none"]
    assert asked(done) == {"initial": "Tell us the letter to embroider."}


@pytest.mark.parametrize("first", [(), (Select(select="monogram.cuff"),)], ids=["nothing-else", "monogram"])
def test_a_second_letter_does_not_answer_for_the_first(service: Service, first: tuple[Change, ...]) -> None:
    """That there is a first letter follows from the second; which one it is does not."""
    state = shirt(service, *first, Select(select="second_initial.q"))
    assert asked(state) == {"initial": "Tell us the letter to embroider."}
    assert not state.orderable
    done = service.complete(state.design, state.revision, "cheapest", GUEST)
    assert asked(done) == asked(state)
    with pytest.raises(DesignIncomplete) as refused, service.ledger.transaction(GUEST) as transaction:
        service.freeze(transaction, done.design, done.revision, GUEST)
    assert refused.value.extra == {"missing": ["initial"]}
    told = service.decide(done.design, done.revision, [Select(select="initial.a")], GUEST)
    assert asked(told) == {}
    assert told.orderable


def test_measures_come_before_the_letter(service: Service) -> None:
    state = service.create_design("shirt", GUEST, [Select(select="monogram.cuff")])
    state = service.decide(state.design, 0, [Select(select="monogram.cuff")], GUEST)
    with pytest.raises(DesignIncomplete) as refused, service.ledger.transaction(GUEST) as transaction:
        service.freeze(transaction, state.design, state.revision, GUEST)
    assert refused.value.extra["missing"] == [*ROBIN, "initial"]
    assert explained(refused.value, "en")[1] == "Enter and confirm your own measures first."


def test_the_offer_leads_to_what_is_still_to_be_told(service: Service) -> None:
    state = shirt(service, Select(select="monogram.cuff"))
    app = studio_app(service, forgery_checked=False)
    app.before_request(lambda: setattr(g, "principal", GUEST))
    shown = html.fromstring(app.test_client().get(f"/d/{state.design}", headers={"Accept-Language": "en"}).text)
    (link,) = shown.xpath("//section[contains(@class, 'studio-offer')]//a[@class='button']")
    assert (link.get("href"), link.text_content()) == ("#option-initial", "Tell us the letter to embroider.")
    assert [said.text_content() for said in shown.xpath("//*[@id='option-initial']//p[@class='asked']")] == [link.text_content()]
    assert not shown.xpath("//a[contains(@href, '/checkout')]")


def test_a_folded_group_with_a_question_is_open(service: Service) -> None:
    state = shirt(service, Select(select="monogram.cuff"))
    options = tuple(option.model_copy(update={"group": "standards"}) if option.name == "initial" else option for option in state.options)
    groups = (*state.groups, state.groups[0].model_copy(update={"name": "standards"}))
    shown = page_of_design(
        state.model_copy(update={"options": options, "groups": groups}), service.design_look(state.design, "en", GUEST), None
    )
    assert [group.folded for group in shown.groups if group.name == "standards"] == [False]
