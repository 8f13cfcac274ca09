"""Use as is: two persons of quality, the customer, a deadline; and what the piece does meanwhile and afterwards."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from contracts.access import SYSTEM, Principal, Role
from contracts.events import ConcessionAsked, ConcessionProposed, ConcessionSettled, NonConformanceClosed, OrderCancelled, PieceCompleted
from contracts.gs1 import serial_of
from contracts.plan import OperationKey
from contracts.problems import ConcessionRefused, InvalidInput, NotFound, TransitionRefused
from contracts.quality import Concession, ConcessionState, Verdict
from ledger.dispatcher import Dispatcher
from mes_bridge.concessions import ProposeConcession
from mes_bridge.documents.certificate import certificate_html
from tests.unit.mes_bridge.shop import Shop
from tests.unit.mes_bridge.site import site

ANNA = Principal(id="staff_anna", role=Role.QUALITY, name="anna")
BEN = Principal(id="staff_ben", role=Role.QUALITY, name="ben")
GUEST = Principal(id="person_guest", role=Role.ANONYMOUS)
WANTED = ProposeConcession(reason="No load there.", meaning="The wheel wobbles by a hair; you cannot feel it.")


def failed(shop: Shop) -> str:
    """The wheel's run-out is out of tolerance while it is being trued; its rework is released. The non-conformance."""
    shop.release()
    shop.make(10, 20, 30)
    shop.report(shop.id_of(40), "started")
    shop.measure(shop.id_of(40), "runout", "10.15", measurement="wobble")
    shop.answer_nonconformance(shop.last_nonconformance())
    return shop.last_nonconformance().nonconformance


def asked(shop: Shop) -> Concession:
    proposed = shop.service.propose_concession(failed(shop), WANTED, ANNA)
    return shop.service.approve_concession(proposed.concession, BEN)


def answer(shop: Shop, concession: Concession, accepted: bool) -> Concession:
    with shop.ledger.transaction(GUEST) as transaction:
        return shop.service.answer_concession(transaction, concession.order, concession.concession, accepted)


def reason(refused: pytest.ExceptionInfo[ConcessionRefused]) -> str:
    return str(refused.value.params["reason"].id).removeprefix("concession.refused.")


def wait(shop: Shop, days: int) -> None:
    shop.ledger.clock.advance(shop.ledger.clock.now() + timedelta(days=days))
    while Dispatcher(shop.ledger, [], shop.service.agenda()).run_once():
        pass


def test_accepted_the_piece_goes_on_and_its_papers_say_so(shop: Shop) -> None:
    concession = asked(shop)
    assert [one.measurement for one in concession.measurements] == ["wobble"]
    assert shop.state(40, 2) == "held"
    settled = answer(shop, concession, accepted=True)
    assert settled == answer(shop, concession, accepted=True)
    assert (shop.state(40), shop.state(40, 2), shop.state(50)) == ("in_progress", "cancelled", "released")
    shop.report(shop.id_of(40), "completed")
    assert shop.service.work_order(shop.id_of(40)).open_checkpoints == ("tension",)
    shop.measure(shop.id_of(40), "tension")
    assert shop.state(40) == "closed"
    shop.release_operations([shop.operation("piece_1", 50, revision=3)])
    shop.make(50, 60)
    certificate = shop.service.certificate("piece_1")
    verdicts = {one.checkpoint: one.verdict for one in certificate.measurements}
    assert (verdicts["runout"], verdicts["tension"]) == (Verdict.BY_CONCESSION, Verdict.IN_TOLERANCE)
    (granted,) = certificate.concessions
    assert (granted.proposed_by, granted.approved_by, granted.agreed_at) == (ANNA.id, BEN.id, settled.settled_at)
    (closed,) = shop.events(NonConformanceClosed)
    assert closed.disposition == "use_as_is"
    (event,) = shop.events(ConcessionSettled)
    assert [str(key) for key in event.resumed] == ["piece_1/40.1"]


def test_the_certificate_and_the_passport_tell_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop.service, "inspection_svgs", lambda sha256, language: [])
    answer(shop, asked(shop), accepted=True)
    shop.report(shop.id_of(40), "completed")
    shop.measure(shop.id_of(40), "tension")
    shop.release_operations([shop.operation("piece_1", 50, revision=3)])
    shop.make(50, 60)
    paper = certificate_html(shop.service, shop.service.certificate_content("order_1", "en"))
    assert "except those that are marked" in paper
    assert "proposed by staff_anna, approved by staff_ben" in paper
    assert "was found during production" not in paper
    (completed,) = shop.events(PieceCompleted)
    with shop.ledger.transaction(SYSTEM) as transaction:
        shop.service.on_piece_completed(transaction, completed)
    passport = shop.service.traces.passport("09506000010014", serial_of("piece_1"))
    assert (passport.put_right, passport.accepted) == (0, 1)


def test_whoever_proposed_it_cannot_approve(shop: Shop) -> None:
    proposed = shop.service.propose_concession(failed(shop), WANTED, ANNA)
    with pytest.raises(ConcessionRefused) as refused:
        shop.service.approve_concession(proposed.concession, ANNA)
    assert reason(refused) == "same_person"
    with pytest.raises(ConcessionRefused) as early:
        answer(shop, proposed, accepted=True)
    assert reason(early) == "not_asked"
    approved = shop.service.approve_concession(proposed.concession, BEN)
    assert approved == shop.service.approve_concession(proposed.concession, BEN)
    assert len(shop.events(ConcessionAsked)) == 1


@pytest.mark.parametrize("how", ["declined", "expired", "refused", "never approved"])
def test_without_a_yes_the_rework_begins(shop: Shop, how: str) -> None:
    concession = shop.service.propose_concession(failed(shop), WANTED, ANNA) if how == "never approved" else asked(shop)
    with pytest.raises(TransitionRefused):
        shop.report(shop.id_of(40, 2), "started")
    match how:
        case "declined":
            answer(shop, concession, accepted=False)
        case "refused":
            shop.service.refuse_concession(concession.concession, ANNA)
        case _:
            wait(shop, concession.days - 1)
            assert shop.service.concession(concession.concession).state in {ConcessionState.ASKED, ConcessionState.PROPOSED}
            wait(shop, 1)
    expected = {"never approved": "expired"}.get(how, how)
    assert shop.service.concession(concession.concession).state == expected
    assert shop.state(40, 2) == "released"
    with pytest.raises(ConcessionRefused) as over:
        answer(shop, concession, accepted=True)
    assert reason(over) == "over"
    shop.make(40, attempt=2)
    assert (shop.state(40), shop.state(40, 2)) == ("scrapped", "closed")


def test_a_repair_that_is_released_meanwhile_waits_too(shop: Shop) -> None:
    shop.release()
    shop.report(shop.id_of(40), "started")
    shop.measure(shop.id_of(40), "runout", "11")
    raised = shop.last_nonconformance()
    proposed = shop.service.propose_concession(raised.nonconformance, WANTED, ANNA)
    shop.answer_nonconformance(raised)
    assert shop.state(40, 2) == "held"
    shop.service.refuse_concession(proposed.concession, BEN)
    assert shop.state(40, 2) == "released"


def test_what_is_released_after_the_yes_is_not_made(shop: Shop) -> None:
    shop.release()
    shop.report(shop.id_of(40), "started")
    shop.measure(shop.id_of(40), "runout", "11")
    raised = shop.last_nonconformance()
    proposed = shop.service.propose_concession(raised.nonconformance, WANTED, ANNA)
    answer(shop, shop.service.approve_concession(proposed.concession, BEN), accepted=True)
    shop.answer_nonconformance(raised)
    with pytest.raises(LookupError):
        shop.id_of(40, 2)


def test_a_remake_is_not_needed_either(shop: Shop) -> None:
    shop.release()
    shop.make(10, 20)
    shop.report(shop.id_of(30), "completed")
    shop.measure(shop.id_of(30), "twist", "11")
    shop.answer_nonconformance(shop.last_nonconformance())
    proposed = shop.service.propose_concession(shop.last_nonconformance().nonconformance, WANTED, ANNA)
    answer(shop, shop.service.approve_concession(proposed.concession, BEN), accepted=True)
    assert [shop.state(one) for one in (10, 20, 30)] == ["closed"] * 3
    assert [shop.state(one, 2) for one in (10, 20, 30)] == ["cancelled"] * 3


def test_what_cannot_be_conceded_is_refused_with_the_reason(shop: Shop) -> None:
    nonconformance = failed(shop)
    first = shop.service.propose_concession(nonconformance, WANTED, ANNA)
    with pytest.raises(ConcessionRefused) as twice:
        shop.service.propose_concession(nonconformance, WANTED, BEN)
    shop.service.refuse_concession(first.concession, ANNA)
    shop.report(shop.id_of(40, 2), "started")
    with pytest.raises(ConcessionRefused) as begun:
        shop.service.propose_concession(nonconformance, WANTED, ANNA)
    shop.report(shop.id_of(40, 2), "completed")
    for checkpoint in ("runout", "tension"):
        shop.measure(shop.id_of(40, 2), checkpoint)
    with pytest.raises(ConcessionRefused) as closed:
        shop.service.propose_concession(nonconformance, WANTED, ANNA)
    shop.report(shop.id_of(50), "scrapped", reason="dropped")
    with pytest.raises(ConcessionRefused) as scrap:
        shop.service.propose_concession(shop.last_nonconformance().nonconformance, WANTED, ANNA)
    assert [reason(one) for one in (twice, begun, closed, scrap)] == ["open", "begun", "closed", "scrap"]
    with pytest.raises(NotFound):
        shop.service.propose_concession("nonconformance_0", WANTED, ANNA)


def test_more_than_the_price_is_not_given_back(shop: Shop) -> None:
    with pytest.raises(InvalidInput):
        shop.service.propose_concession(failed(shop), WANTED.model_copy(update={"reduction_minor": 2}), ANNA)
    assert shop.events(ConcessionProposed) == []


def test_a_repair_that_waits_unbegun_and_is_taken_back_is_no_scrap(shop: Shop) -> None:
    """The plan answers the first failure late: its rework comes when somebody is asked about the second one already."""
    shop.release()
    shop.make(10, 20, 30)
    shop.report(shop.id_of(40), "started")
    shop.measure(shop.id_of(40), "runout", "10.15", measurement="wobble")
    first = shop.last_nonconformance()
    proposed = shop.service.propose_concession(first.nonconformance, WANTED, ANNA)
    answer(shop, shop.service.approve_concession(proposed.concession, BEN), accepted=True)
    shop.measure(shop.id_of(40), "runout", "10.2", measurement="again", corrects="wobble")
    second = shop.last_nonconformance()
    assert second.nonconformance != first.nonconformance
    shop.service.propose_concession(second.nonconformance, WANTED, ANNA)
    shop.answer_nonconformance(first)
    assert shop.state(40, 2) == "held"
    shop.withdraw(OperationKey(piece="piece_1", sequence=40, attempt=2))
    assert shop.state(40, 2) == "cancelled"
    shop.answer_nonconformance(second)
    wait(shop, 3)
    assert (shop.state(40, 2), shop.state(40, 3)) == ("cancelled", "released")
    shop.make(40, attempt=3)
    assert (shop.state(40), shop.state(40, 3)) == ("scrapped", "closed")


def test_what_was_given_back_before_counts_towards_the_price(shop: Shop) -> None:
    everything = WANTED.model_copy(update={"reduction_minor": 1})
    first = shop.service.propose_concession(failed(shop), everything, ANNA)
    answer(shop, shop.service.approve_concession(first.concession, BEN), accepted=True)
    shop.measure(shop.id_of(40), "tension", "11")
    shop.answer_nonconformance(shop.last_nonconformance())
    again = shop.last_nonconformance().nonconformance
    assert again != first.nonconformance
    with pytest.raises(InvalidInput):
        shop.service.propose_concession(again, everything, ANNA)
    assert shop.service.propose_concession(again, WANTED, ANNA).reduction is None


def test_a_further_value_out_of_tolerance_is_another_question(shop: Shop) -> None:
    concession = asked(shop)
    shop.measure(shop.id_of(40), "tension", "11")
    assert shop.service.concession(concession.concession).state is ConcessionState.LAPSED
    assert shop.state(40, 2) == "released"
    again = shop.service.propose_concession(concession.nonconformance, WANTED, ANNA)
    assert {one.checkpoint for one in again.measurements} == {"runout", "tension"}


def test_a_corrected_value_settles_the_question(shop: Shop) -> None:
    concession = asked(shop)
    receipt = shop.measure(shop.id_of(40), "runout", "10", corrects="wobble")
    assert (receipt.reason, shop.state(40), shop.state(40, 2)) == ("nonconformance-withdrawn", "in_progress", "cancelled")
    assert shop.service.concession(concession.concession).state is ConcessionState.LAPSED


def test_an_order_that_is_given_up_takes_its_question_along(shop: Shop) -> None:
    concession = asked(shop)
    with shop.ledger.transaction(GUEST) as transaction:
        event = OrderCancelled(order="order_1", plant="riverside", at=shop.ledger.clock.now())
        shop.service.on_order_cancelled(transaction, event)
    assert shop.service.concession(concession.concession).state is ConcessionState.LAPSED


def test_somebody_else_s_order_answers_nothing(shop: Shop) -> None:
    concession = asked(shop)
    with pytest.raises(NotFound), shop.ledger.transaction(GUEST) as transaction:
        shop.service.answer_concession(transaction, "order_2", concession.concession, True)


@pytest.fixture
def client(shop: Shop) -> FlaskClient:
    return site(shop, Role.QUALITY, "staff_quinn").test_client()


def test_the_page_proposes_and_the_second_person_approves(shop: Shop, client: FlaskClient) -> None:
    page = f"/quality/nonconformances/{failed(shop)}"
    assert "Use as is" in client.get(page).text
    wrong = client.post(page, data={"reason": " ", "meaning": "m", "reduction": "x", "days": "3"})
    assert wrong.status_code == 422
    assert "Write an amount" in wrong.text
    assert client.post(page, data={"reason": "r", "meaning": "<b>wobble", "reduction": "", "days": "2"}).status_code == 303
    shown = client.get(page).text
    assert "&lt;b&gt;wobble" in shown
    assert "Somebody else of quality" in shown
    (proposed,) = shop.service.nonconformance(page.rpartition("/")[2]).concessions
    own = client.post(f"/quality/concessions/{proposed.concession}", data={"decision": "approve"})
    assert (own.status_code, "You proposed it" in own.text) == (409, True)
    other = site(shop, Role.QUALITY, "staff_otto").test_client()
    assert other.post(f"/api/v1/concessions/{proposed.concession}/approve").get_json()["state"] == "asked"
    assert "customer is asked" in other.get(page).text
    assert other.post(f"/quality/concessions/{proposed.concession}", data={"decision": "refuse"}).status_code == 303
    assert shop.state(40, 2) == "released"
