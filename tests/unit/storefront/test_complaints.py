"""After the delivery: can a customer say what is wrong, and does exactly one answer reach them?"""

from datetime import timedelta

import pytest

from contracts.access import Principal, Role
from contracts.listing import Question
from contracts.problems import InvalidInput, NotFound, TransitionRefused
from ledger.sign_in import SignIns
from ledger.tables import OUTSIDE
from storefront import complaints
from tests.conftest import START
from tests.unit.storefront.fakes import GUEST, Shopfront
from tests.unit.storefront.site import site
from tests.unit.storefront.test_following import Followed

SERVICE = Principal(id="staff_s", role=Role.SERVICE, name="sam")
STRANGER = Principal(id="guest_2", role=Role.ANONYMOUS)
WORDS = "The left grip turns on the bar <since> Friday."


@pytest.fixture
def delivered(shop: Shopfront) -> Followed:
    followed = Followed(shop, "design_1")
    followed.made()
    followed.wait_until(START + timedelta(hours=7))
    return followed


def _complain(delivered: Followed, words: str = WORDS, kind: str = "function") -> str:
    return complaints.complain(delivered.shop.service.shop, GUEST, delivered.order, None, delivered.piece(), kind, words)


def test_a_complaint_is_told_answered_and_told_back(delivered: Followed) -> None:
    shop = delivered.shop.service.shop
    complaint = _complain(delivered)
    complaints.answer(shop, SERVICE, complaint, "repair", "Please send it in; we glue it.")
    (known,) = complaints.of_order(shop, delivered.order)
    assert (known.words, known.remedy, known.answer, known.state) == (WORDS, "repair", "Please send it in; we glue it.", "answered")
    assert delivered.said()[-2:] == ["complained", "answered.repair"]
    assert delivered.letters()[-2:] == ["complained", "answered"]


def test_before_the_carrier_came_there_is_nothing_to_complain_about(shop: Shopfront) -> None:
    followed = Followed(shop, "design_1")
    with pytest.raises(TransitionRefused):
        _complain(followed)


def test_one_complaint_about_a_piece_waits_at_a_time_and_is_answered_once(delivered: Followed) -> None:
    shop = delivered.shop.service.shop
    complaint = _complain(delivered)
    with pytest.raises(TransitionRefused):
        _complain(delivered)
    complaints.answer(shop, SERVICE, complaint, "none", "It is as it should be.")
    with pytest.raises(TransitionRefused):
        complaints.answer(shop, SERVICE, complaint, "refund", "Sorry.")
    _complain(delivered, kind="finish")
    assert [each.state for each in complaints.of_order(shop, delivered.order)] == ["open", "answered"]


def test_somebody_else_s_order_is_none(delivered: Followed) -> None:
    with pytest.raises(NotFound):
        complaints.complain(delivered.shop.service.shop, STRANGER, delivered.order, None, delivered.piece(), "fit", WORDS)


@pytest.mark.parametrize(("kind", "words", "field"), [("x", WORDS, "/kind"), ("fit", "  ", "/words"), ("fit", "x" * 2001, "/words")])
def test_what_is_missing_is_named(delivered: Followed, kind: str, words: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        _complain(delivered, words, kind)
    assert [fault.pointer for fault in refused.value.errors] == [field]
    assert complaints.of_order(delivered.shop.service.shop, delivered.order) == []


def test_the_words_are_sealed_and_go_with_the_person(delivered: Followed) -> None:
    shop = delivered.shop.service.shop
    complaint = _complain(delivered)
    with shop.ledger.reading() as session:
        outside = [repr(row) for row in session.connection().execute(OUTSIDE.select())]
    assert not any("grip" in row for row in outside), "no letter carries the words"
    assert delivered.shop.service.export_personal(GUEST)["complaints"][0]["words"] == WORDS
    delivered.shop.service.erase_personal(GUEST)
    assert complaints.one(shop, complaint).words == ""


def test_the_list_shows_what_waits_and_no_words(delivered: Followed) -> None:
    shop = delivered.shop.service.shop
    _complain(delivered)
    question = Question("opened_at", descending=True, size=10, filters={"state": "open"})
    part = complaints.listed(shop, question)
    (row,) = part.rows
    assert (row.kind, row.state) == ("function", "open")
    assert complaints.listed(shop, Question("state", descending=False, size=10, filters={"state": "answered"})).rows == ()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_takes_a_complaint_and_keeps_what_was_typed(delivered: Followed, language: str) -> None:
    visitor = site(delivered.shop).test_client()
    key = delivered.shop.service.order_key(delivered.order)
    address = f"/orders/{delivered.order}/complain"
    asked = f"{address}?lang={language}"
    assert f"{address}?key={key}" in visitor.get(f"/orders/{delivered.order}?key={key}").text
    refused = visitor.post(asked, data={"key": key, "piece": delivered.piece(), "kind": "", "words": WORDS})
    assert refused.status_code == 422
    assert "&lt;since&gt;" in refused.text
    taken = visitor.post(asked, data={"key": key, "piece": delivered.piece(), "kind": "function", "words": WORDS}, follow_redirects=True)
    assert "&lt;since&gt;" in taken.text
    assert ("We have it and answer" if language == "en" else "我们已收到") in taken.text


def test_who_answers_second_is_shown_the_first_answer_and_keeps_the_own_words(delivered: Followed) -> None:
    app, shop = site(delivered.shop), delivered.shop.service.shop
    complaint = _complain(delivered)
    complaints.answer(shop, SERVICE, complaint, "repair", "Send it in.")
    client = app.test_client()
    with shop.ledger.transaction(SERVICE) as transaction:
        token = SignIns(shop.ledger).start(transaction, SERVICE)
    with client.session_transaction() as session:
        session["sign_in"] = token
    second = client.post(f"/complaints/{complaint}/answer", data={"remedy": "refund", "answer": "Here is your money."})
    assert second.status_code == 409
    assert "Send it in." in second.text
    assert "Here is your money." in second.text
    assert len(delivered.letters()) == 4
