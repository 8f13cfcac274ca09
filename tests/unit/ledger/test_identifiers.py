"""Identifiers are unique, readable and sort by their making."""

import re
import time

from ledger.identifiers import new_id


def test_later_identifiers_sort_later() -> None:
    made = []
    for _ in range(50):
        made.append(new_id("order"))
        time.sleep(0.00001)
    assert made == sorted(made)
    assert len(set(made)) == 50
    assert all(re.fullmatch("order_[0-9A-HJKMNP-TV-Z]{25}", identifier) for identifier in made)
