"""Is a shop's log read row by row, and does the bridge take or refuse each row by its stated rules?"""

import pytest

from contracts.problems import InvalidInput
from ledger.unit_of_work import Ledger
from mes_bridge.engine.shop_log import COLUMNS, LogRow, Unreadable, read_shop_log
from mes_bridge.replay import Quarantined, Replayed, replay

ROWS = (
    "Case1,1,Turning,Lathe 1,ID7,2026-11-02T08:00:00Z,45,setup,0,0",
    "Case1,2,Turning,Lathe 1,ID7,2026-11-02T09:00:00Z,60,done,12,1",
    "Case2,1,Grinding,Grinder 2,ID8,2026-11-02T09:30:00+01:00,15,done,3,0",
)


def _log(*rows: str, heading: str = ",".join(COLUMNS)) -> bytes:
    return "\n".join((heading, *rows)).encode()


def _replayed(ledger: Ledger, *rows: str) -> Replayed:
    return replay(ledger, read_shop_log(_log(*rows)), lambda done, of: None)


def test_every_row_is_taken_and_the_totals_are_those_of_the_file(ledger: Ledger) -> None:
    assert _replayed(ledger, *ROWS) == Replayed(3, 3, (), 120, 15, 1)


def test_the_same_row_again_has_no_second_effect(ledger: Ledger) -> None:
    assert _replayed(ledger, *ROWS, ROWS[1]) == Replayed(4, 4, (), 120, 15, 1)


def test_another_content_for_the_same_operation_is_set_aside(ledger: Ledger) -> None:
    told = _replayed(ledger, *ROWS, "Case1,2,Turning,Lathe 1,ID7,2026-11-02T09:00:00Z,60,done,13,0")
    assert told == Replayed(4, 3, (Quarantined(5, "idempotency-mismatch"),), 120, 15, 1)


def test_a_row_ahead_of_time_is_set_aside(ledger: Ledger) -> None:
    told = _replayed(ledger, *ROWS, "Case3,1,Turning,Lathe 1,ID7,2999-11-02T09:00:00Z,60,done,13,0")
    assert (told.accepted, told.quarantined) == (3, (Quarantined(5, "time-ahead"),))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Case1,x,Turning,Lathe 1,ID7,2026-11-02T09:00:00Z,60,done,12,1", "sequence"),
        ("Case1,1,Turning,Lathe 1,ID7,2026-11-02T09:00:00Z,-1,done,12,1", "minutes"),
        ("Case1,1,Turning,Lathe 1,ID7,2026-11-02 09:00,60,done,12,1", "completed_at"),
        ("Case1,1,Turning,Lathe 1,ID7,2000-01-01T00:30:00Z,60,done,12,1", "minutes"),
        ("Case1,1,Turning,Lathe 1,ID7,2026-11-02T09:00:00Z,60,done,1.5,", "quantity_completed, quantity_to_mrb"),
        (f"{ROWS[0]},0,0", "more cells than columns"),
        ("Case1,1,Turning", "machine, worker, completed_at, minutes, report, quantity_completed, quantity_to_mrb"),
    ],
)
def test_a_row_that_is_no_report_names_its_columns(ledger: Ledger, row: str, reason: str) -> None:
    assert read_shop_log(_log(row)) == [(2, Unreadable(f"invalid-input: {reason}"))]
    told = _replayed(ledger, row, ROWS[2])
    assert (told.rows, told.accepted, told.minutes) == (2, 1, 15)


def test_columns_that_are_not_ours_are_left_out() -> None:
    [(_, row)] = read_shop_log(_log(f"{ROWS[0]},False", heading=",".join((*COLUMNS, "rework"))))
    assert isinstance(row, LogRow)
    assert (row.order, row.minutes) == ("Case1", 45)


@pytest.mark.parametrize(
    "content", [_log(heading="order,sequence"), b"\xff\xfe", b"", _log(heading=",".join(COLUMNS)) + b'\n"' + b"x" * 200_000]
)
def test_a_file_that_is_no_log_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_shop_log(content)
