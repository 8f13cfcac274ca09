"""A list as a spreadsheet: comma-separated values that Excel opens as they are meant."""

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from contracts.texts import Language, Localised, Message
from contracts.units import Money, Quantity
from presentation.lists.description import Column, ListDescription
from presentation.texts import render

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for the code page of the country."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PARTS = {"money": ("_minor", "_currency"), "quantity": ("", "_unit")}


def sheet(description: ListDescription, rows: Iterable[Any], language: Language) -> Iterator[str]:
    """Line by line: the columns' keys, then the rows. Moments are UTC, money stands in minor units beside its currency."""
    yield BYTE_ORDER_MARK + _line(key for column in description.columns for key in _headings(column))
    for row in rows:
        yield _line(cell for column in description.columns for cell in _cells(column, getattr(row, column.key), language))


def _headings(column: Column) -> Iterator[str]:
    for part in _PARTS.get(column.kind, ("",)):
        yield column.key + part


def _cells(column: Column, value: Any, language: Language) -> Iterator[int | str]:
    match value:
        case None:
            yield from ("" for _ in _headings(column))
        case Money():
            yield from (value.amount, value.currency)
        case Quantity():
            yield from (value.value, value.unit)
        case Localised() | Message():
            yield _harmless(render(value, language))
        case datetime():
            yield value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        case bool():
            yield "yes" if value else "no"
        case int():
            yield value
        case _:
            yield _harmless(str(value))


def _harmless(text: str) -> str:
    """A text that a spreadsheet would take for a formula begins with an apostrophe instead (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: Iterable[int | str]) -> str:
    written = StringIO()
    csv.writer(written, lineterminator="\r\n").writerow(cells)
    return written.getvalue()
