"""A list as a workbook that Excel opens: numbers, dates and words as people read them. Imports openpyxl when first asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any

from contracts.texts import Language, Localised, Message
from contracts.units import Money, Quantity
from presentation.formats import in_reading_unit, unit_sign
from presentation.lists.description import Column, ListDescription
from presentation.texts import render, sentence

if TYPE_CHECKING:
    from openpyxl.cell import WriteOnlyCell

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMATS = {"time": "yyyy-mm-dd hh:mm", "day": "yyyy-mm-dd", "duration": "[h]:mm", "money": "#,##0.00"}
_TWO = frozenset({"money", "quantity"})
"""Kinds whose currency or unit has a column of its own."""
_NO_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""That no workbook can hold (XML 1.0)."""
_NO_TITLE = re.compile(r"[\[\]:*?/\\]")
LONGEST = 32_767
"""Characters that a cell can hold."""
_WIDTHS = {"prose": 40, "words": 28, "time": 17, "day": 12, "name": 34, "text": 18}


def workbook(description: ListDescription, rows: Iterable[Any], language: Language, zone: tzinfo) -> bytes:
    """One sheet: headings in the reader's language, then the rows. Moments as ``zone``'s clocks show them, money in whole units beside
    its currency, quantities in the unit that people read. Texts are texts: none of them is a formula.
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    title = _NO_TITLE.sub(" ", render(Message(id=description.title), language))[:31].strip("'")
    page = book.create_sheet(title or None)
    kinds = [kind for column in description.columns for kind in ((column.kind, "text") if column.kind in _TWO else (column.kind,))]
    for number, kind in enumerate(kinds, 1):
        page.column_dimensions[get_column_letter(number)].width = _WIDTHS.get(kind, 14)
    page.freeze_panes = "A2"

    def text(written: str) -> WriteOnlyCell:
        cell = WriteOnlyCell(page, value="")
        cell.value = _NO_CHARACTERS.sub("", written)[:LONGEST]
        cell.data_type = "s"
        return cell

    def heading(written: str) -> WriteOnlyCell:
        cell = text(written)
        cell.font = Font(bold=True)
        return cell

    def made(column: Column, value: object) -> WriteOnlyCell:
        if isinstance(value, str):
            return text(value)
        cell = WriteOnlyCell(page, value=value)
        if column.kind in _FORMATS:
            cell.number_format = _FORMATS[column.kind]
        return cell

    page.append([heading(each) for column in description.columns for each in _headings(column, language)])
    count = 0
    for row in rows:
        page.append(
            [made(column, each) for column in description.columns for each in _cells(column, getattr(row, column.key), language, zone)]
        )
        count += 1
    page.auto_filter.ref = f"A1:{get_column_letter(len(kinds))}{count + 1}"
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _headings(column: Column, language: Language) -> Iterator[str]:
    label = sentence(column.label, language)
    yield label
    if column.kind in _TWO:
        yield f"{label} ({sentence('list.currency' if column.kind == 'money' else 'list.unit', language)})"


def _cells(column: Column, value: Any, language: Language, zone: tzinfo) -> Iterator[object]:
    match value:
        case None:
            yield from (None, None) if column.kind in _TWO else (None,)
        case Money():
            yield from (Decimal(value.amount).scaleb(-2), value.currency)
        case Quantity():
            yield from (in_reading_unit(value.value, value.unit), unit_sign(value.unit, language))
        case Localised() | Message():
            yield render(value, language, zone)
        case datetime():
            local = value.astimezone(zone).replace(tzinfo=None, microsecond=0)
            yield local.replace(hour=0, minute=0, second=0) if column.kind == "day" else local
        case bool():
            yield sentence(f"{column.words}{'yes' if value else 'no'}", language)
        case int():
            yield value / 86_400 if column.kind == "duration" else value
        case _:
            yield _words(column, str(value), language)


def _words(column: Column, value: str, language: Language) -> str:
    """One of a few words as the page writes it; any other text as it is."""
    if column.kind == "choice":
        return sentence(f"{column.words}{value}", language)
    return sentence(f"state.{column.words}.{value}", language) if column.kind == "state" else value
