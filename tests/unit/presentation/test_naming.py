"""Do people find an order by what they are shown of its name?"""

import pytest

from contracts.naming import is_meant, short

ORDER = "order_1K106MPNJSXEVFM6KVSFBEQSM0"


def test_the_end_of_an_identifier_is_its_short_name() -> None:
    assert short(ORDER) == "EQSM0"
    assert short("CUT-1") == "CUT-1"
    assert short("order_1") == "order_1"


@pytest.mark.parametrize(
    ("code", "meant"), [(ORDER, True), ("EQSM0", True), ("eqsm0", True), ("BEQSM0", True), ("QSM0", False), ("", False)]
)
def test_the_whole_name_or_at_least_what_is_shown_means_it(code: str, meant: bool) -> None:
    assert is_meant(ORDER, code) is meant


def test_a_name_that_is_not_shortened_is_meant_only_as_a_whole() -> None:
    assert is_meant("piece_1", "piece_1")
    assert not is_meant("piece_1", "iece_1")
