"""Do people find an order by what they are shown of its name?"""

import pytest

from contracts.naming import is_meant, named, short
from contracts.texts import Message
from ledger.identifiers import new_id

ORDER = new_id("order")
END = ORDER[-5:]


def test_the_end_of_an_identifier_is_its_short_name() -> None:
    assert short(ORDER) == END
    assert short("CUT-1") == "CUT-1"
    assert short("order_1") == "order_1"


@pytest.mark.parametrize("typed", ["whole", "end", "small letters", "more"])
def test_the_whole_name_or_at_least_what_is_shown_means_it(typed: str) -> None:
    codes = {"whole": ORDER, "end": END, "small letters": END.lower(), "more": ORDER[-6:]}
    assert is_meant(ORDER, codes[typed])


def test_less_or_something_else_does_not() -> None:
    assert not is_meant(ORDER, ORDER[-4:])
    assert not is_meant(ORDER, "")
    assert not is_meant(ORDER, f"{END[1:]}U")


def test_a_name_that_is_not_shortened_is_meant_only_as_a_whole() -> None:
    assert is_meant("piece_1", "piece_1")
    assert not is_meant("piece_1", "iece_1")


def test_a_sentence_calls_an_order_by_its_short_name() -> None:
    message = Message(id="any", params={"order": ORDER, "machine": "CUT-2", "count": 3})
    assert named(message).params == {"order": END, "machine": "CUT-2", "count": 3}
