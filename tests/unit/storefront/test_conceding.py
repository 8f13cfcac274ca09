"""Use as is: is the customer asked in full, answered once, paid back, and never shown what quality notes for itself?"""

from datetime import timedelta

import pytest

from contracts.access import Principal, Role
from contracts.events import ConcessionAsked, ConcessionSettled
from contracts.problems import NotFound
from contracts.quality import Concession, ConcessionState, Verdict
from contracts.units import Money
from ledger.tables import OUTSIDE
from storefront.documents.mail import letter
from storefront.now import now_of
from tests.conftest import START
from tests.unit.storefront.fakes import GUEST, Shopfront
from tests.unit.storefront.site import site
from tests.unit.storefront.test_following import Followed

STRANGER = Principal(id="guest_9", role=Role.ANONYMOUS)


class Asked(Followed):
    """An order whose customer is asked about its one value out of tolerance."""

    def __init__(self, shop: Shopfront) -> None:
        super().__init__(shop, "design_1")
        self.planned()
        self.started(2)
        judged = self.measured(560_900)
        self.failed(judged)
        self.concession = Concession(
            concession="concession_1", nonconformance="nc1", order=self.order, plant="riverside", piece=self.piece(),
            measurements=(judged,), reason="secret of the house", meaning="The saddle sits <higher> by a hair.",
            reduction=Money(amount=2_380, currency="EUR"), days=3, state=ConcessionState.ASKED, until=START + timedelta(days=3),
            proposed_by="staff_a", proposed_at=START, approved_by="staff_b", approved_at=START,
        )  # fmt: skip
        shop.question.asked["concession_1"] = self.concession
        self._of(ConcessionAsked, nonconformance=self.found(judged), concession=self.concession)

    def settled(self, state: ConcessionState) -> None:
        settled = self.concession.model_copy(update={"state": state, "settled_at": START})
        found = self.found(self.concession.measurements[0])
        resumed = (self.key(2),) if state is ConcessionState.ACCEPTED else ()
        self._of(ConcessionSettled, nonconformance=found, concession=settled, resumed=resumed)


@pytest.fixture
def asked(shop: Shopfront) -> Asked:
    return Asked(shop)


def answer(followed: Asked, accepted: bool, by: Principal = GUEST) -> None:
    followed.shop.service.answer_concession(by, followed.order, None, "concession_1", accepted)


def test_the_customer_is_asked_with_everything_that_matters(asked: Asked) -> None:
    client = site(asked.shop).test_client()
    page = client.get(f"/orders/{asked.order}?key={asked.shop.service.order_key(asked.order)}").text
    for told in ("May we send it as it is?", "560.9", "559.5", "The saddle sits &lt;higher&gt; by a hair.", "23.80"):
        assert told in page, told
    assert "secret of the house" not in page
    assert asked.letters()[-1] == "asked"
    with asked.shop.ledger.reading() as session:
        (content,) = (row.content for row in session.connection().execute(OUTSIDE.select()) if row.content["letter"] == "asked")
    text = letter(asked.shop.service, content, "http://shop.example")
    assert text is not None
    for told in ("560.9", "559.5", "The saddle sits <higher> by a hair.", "23.80"):
        assert told in text.text, told


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (ConcessionState.DECLINED, "storefront.story.failed_rework"),
        (ConcessionState.EXPIRED, "storefront.story.failed_rework"),
        (ConcessionState.REFUSED, "storefront.story.failed_rework"),
    ],
)
def test_while_the_customer_is_asked_the_page_does_not_say_that_it_is_put_right(asked: Asked, state: ConcessionState, after: str) -> None:
    def held() -> str | None:
        found = now_of(asked.view, asked.shop.service.specifications(asked.view)).held
        return None if found is None else found.id

    assert held() == "storefront.story.asked"
    page = site(asked.shop).test_client().get(f"/orders/{asked.order}?key={asked.shop.service.order_key(asked.order)}").text
    now = page.partition('id="now"')[2].partition("</section>")[0]
    assert "We ask you until" in now
    assert "rework" not in now
    asked.settled(state)
    assert held() == after


def test_a_yes_pays_the_reduction_back_once(asked: Asked) -> None:
    before = asked.view
    answer(asked, accepted=True)
    answer(asked, accepted=True)
    after = asked.view
    assert (before.total - after.total, before.paid - after.paid) == (Money(amount=2_380, currency="EUR"),) * 2
    assert before.tax - after.tax == Money(amount=380, currency="EUR")
    asked.settled(ConcessionState.ACCEPTED)
    asked.closed()
    assert asked.view.concessions[0].state is ConcessionState.ACCEPTED
    assert [(step.attempt, step.state) for step in asked.view.pieces[0].steps if step.sequence == 2] == [(1, "running")]
    assert asked.said()[-2:] == ["concession_accepted", "closed_rework"]
    assert asked.letters()[-1] == "concession_accepted"


def test_what_was_agreed_to_is_no_longer_told_as_a_fault(asked: Asked) -> None:
    def verdicts() -> list[Verdict]:
        (piece,) = asked.shop.service.order(GUEST, asked.order).pieces
        return [value.verdict for step in piece.steps for value in step.measured]

    assert verdicts() == [Verdict.OUT_OF_TOLERANCE]
    answer(asked, accepted=True)
    assert verdicts() == [Verdict.BY_CONCESSION]
    assert (
        "Accepted by concession"
        in site(asked.shop).test_client().get(f"/orders/{asked.order}?key={asked.shop.service.order_key(asked.order)}").text
    )


def test_a_no_costs_nothing_and_the_repetition_stays(asked: Asked) -> None:
    total = asked.view.total
    answer(asked, accepted=False)
    asked.settled(ConcessionState.DECLINED)
    assert asked.view.total == total
    assert (2, "waiting") in [(step.attempt, step.state) for step in asked.view.pieces[0].steps]
    client = site(asked.shop).test_client()
    assert "May we send it" not in client.get(f"/orders/{asked.order}?key={asked.shop.service.order_key(asked.order)}").text


def test_only_the_buyer_answers(asked: Asked) -> None:
    with pytest.raises(NotFound):
        answer(asked, accepted=True, by=STRANGER)
    with pytest.raises(NotFound):
        asked.shop.service.answer_concession(GUEST, asked.order, None, "concession_2", True)


def test_page_and_interface_give_the_same_answer(asked: Asked) -> None:
    client, key = site(asked.shop).test_client(), asked.shop.service.order_key(asked.order)
    address = f"/orders/{asked.order}/concessions/concession_1"
    assert client.post(address, data={"key": key, "answer": "perhaps"}).status_code == 422
    assert client.post(address, data={"key": key, "answer": "decline"}).status_code == 303
    told = client.post(f"/api/v1{address}?key={key}", json={"accepted": False}).get_json()
    assert [each["state"] for each in told["concessions"]] == ["declined"]
    assert "reason" not in told["concessions"][0]
