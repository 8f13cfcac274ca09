"""What does a shop's log say, row by row? A CSV file of reports of operations, as shops export them."""

import csv
import io
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from contracts.model import EARLIEST, Contract, Instant, ReportedInstant
from contracts.problems import FieldProblem, InvalidInput
from contracts.work_order import Name

LARGEST_BYTES = 50_000_000
FIRST_ROW = 2
"""Rows are counted as a table shows them: the heading is the first."""

_Count = Annotated[int, Field(ge=0, le=1_000_000)]


class LogRow(Contract):
    """One report of one operation. ``completed_at`` is its end, ``minutes`` how long it took before that."""

    order: Name
    sequence: int = Field(ge=0, le=1_000_000)
    operation: Name
    machine: Name
    worker: Name
    completed_at: ReportedInstant
    minutes: int = Field(ge=0, le=1_000_000)
    report: Name
    quantity_completed: _Count
    quantity_to_mrb: _Count
    """Given to the material review board."""

    @property
    def began_at(self) -> Instant:
        return self.completed_at - timedelta(minutes=self.minutes)

    @model_validator(mode="after")
    def _began_lately(self) -> Self:
        """Raises ValueError for a beginning that no report may have."""
        if self.began_at < EARLIEST:
            raise ValueError("a beginning before there was anything to report")
        return self


COLUMNS = tuple(LogRow.model_fields)


@dataclass(frozen=True)
class Unreadable:
    """A row that is no report; ``reason`` names the columns at fault."""

    reason: str


def read_shop_log(content: bytes) -> list[tuple[int, LogRow | Unreadable]]:
    """Each row with its number; columns that are not ours are left out. Raises InvalidInput for a file that is no such log."""
    if len(content) > LARGEST_BYTES:
        raise _refused("too_large", most=LARGEST_BYTES // 1_000_000)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused("no_text") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            apart = next((sign for sign in ";\t" if sign in text.partition("\n")[0]), None)
            raise _refused("columns", columns=", ".join(missing)) if apart is None else _refused("separator", sign=apart)
        return list(enumerate(map(_read, reader), FIRST_ROW))
    except csv.Error as fault:
        raise _refused("no_table", reason=str(fault)) from None


def _read(row: dict[str | None, str | None]) -> LogRow | Unreadable:
    if None in row:
        return Unreadable("invalid-input: more cells than columns")
    given = {name: row[name] for name in COLUMNS if row[name] is not None}
    try:
        return LogRow.model_validate(given)
    except ValidationError as invalid:
        names = dict.fromkeys(str(fault["loc"][0]) if fault["loc"] else "minutes" for fault in invalid.errors())
        return Unreadable(f"invalid-input: {', '.join(names)}")


def _refused(message: str, **params: object) -> InvalidInput:
    return InvalidInput(errors=(FieldProblem("", f"mes_bridge.log.{message}", params),))
