"""A message is the same after it was stored, whatever its parameters are."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.texts import Localised, Message
from contracts.units import Money, Quantity

LOCALISED = st.builds(Localised, en=st.text(), zh=st.text())
DIGITS = st.from_regex(r"[-+]?0*[0-9]{1,12}(\.[0-9]*)?", fullmatch=True)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime.fromisoformat("1900-01-01"), datetime.fromisoformat("2100-01-01"), timezones=ZONES)
SIMPLE = st.one_of(
    st.integers(-(2**70), 2**70),
    st.text(),
    DIGITS,
    st.dates().map(str),
    MOMENTS,
    st.builds(Money, amount=st.integers(), currency=st.sampled_from(["EUR", "CNY", "USD"])),
    st.builds(Quantity, value=st.integers(), unit=st.sampled_from(["um", "mm", "piece"])),
    LOCALISED,
    st.lists(LOCALISED).map(tuple),
)
MESSAGES = st.recursive(
    st.builds(Message, id=st.just("m"), params=st.dictionaries(st.text(), SIMPLE)),
    lambda inner: st.builds(Message, id=st.just("m"), params=st.dictionaries(st.text(), st.one_of(SIMPLE, inner))),
    max_leaves=4,
)


@given(MESSAGES)
def test_a_stored_message_is_the_same_message(message: Message) -> None:
    assert Message.model_validate_json(message.model_dump_json()) == message
    assert Message.model_validate(message.model_dump(mode="json")) == message


@given(SIMPLE)
def test_a_parameter_keeps_its_kind(value: object) -> None:
    kept = Message(id="m", params={"p": value}).params["p"]  # type: ignore[dict-item]
    assert (type(kept), kept) == (type(value), value)


def test_a_text_of_digits_stays_a_text() -> None:
    assert Message(id="m", params={"p": "007"}).params["p"] == "007"
    assert Message(id="m", params={"p": "1700000000"}).params["p"] == "1700000000"


def test_a_moment_is_read_as_one_in_utc() -> None:
    read = Message.model_validate_json('{"id": "m", "params": {"p": "2026-11-24T09:00:00+01:00"}}')
    assert read.params["p"] == datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.mark.parametrize("value", [True, 1.5, None, {}])
def test_what_no_sentence_can_say_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        Message(id="m", params={"p": value})  # type: ignore[dict-item]
