"""What the list macro draws: one page of a list with the addresses of everything that may be asked next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from contracts.listing import Part, Question
from contracts.texts import Text
from contracts.units import Quantity
from presentation.formats import places_of
from presentation.lists.description import Column, Filter, ListDescription

type Choices = Sequence[tuple[str, Text]]


@dataclass(frozen=True)
class ListView:
    """A description, a question and the part that answers it."""

    description: ListDescription
    question: Question
    part: Part[Any]
    given: Mapping[str, Choices]
    """Choices of the filters that have none of their own."""

    @property
    def narrowed(self) -> bool:
        return bool(self.question.search.strip() or self.question.filters)

    @property
    def first(self) -> int:
        """Number of the page's first row; 0 of none."""
        return (self.part.page - 1) * (self.question.size or 0) + 1 if self.part.rows else 0

    @property
    def last(self) -> int:
        return max(0, self.first + len(self.part.rows) - 1)

    @property
    def address(self) -> str:
        return self._address(self.description.path, self.question)

    @property
    def spreadsheet(self) -> str:
        return self._address(f"{self.description.api}.csv", replace(self.question, page=1, size=None))

    @property
    def workbook(self) -> str:
        return self._address(f"{self.description.api}.xlsx", replace(self.question, page=1, size=None))

    @property
    def previous(self) -> str | None:
        return self._page(self.part.page - 1) if self.part.page > 1 else None

    @property
    def next(self) -> str | None:
        return self._page(self.part.page + 1) if self.part.page < self.part.pages else None

    @property
    def kept(self) -> dict[str, str]:
        """What the filter form keeps of the address: a new filter begins at the first page."""
        said = self.description.arguments(self.question)
        return {name: said[name] for name in ("sort", "size") if name in said}

    def direction(self, column: Column) -> str | None:
        """``ascending`` or ``descending`` when the list is sorted by the column."""
        if column.key != self.question.sort:
            return None
        return "descending" if self.question.descending else "ascending"

    def sorted_by(self, column: Column) -> str:
        """The address sorted by the column; a second time the other way round."""
        turned = self.direction(column) == "ascending"
        return self._address(self.description.path, replace(self.question, sort=column.key, descending=turned, page=1))

    def options(self, each: Filter) -> list[tuple[str, str, Text | None]]:
        """Value, message id, or label of each choice of a filter."""
        if each.values:
            return [(value, each.words + value, None) for value in each.values]
        return [(value, "", label) for value, label in self.given[each.key]]

    def leads_to(self, column: Column, row: Any) -> str:
        """Where a cell leads."""
        return column.href.format_map(_Quoted(row))

    @cached_property
    def places(self) -> dict[str, int]:
        """Decimal places of each unit's quantities, the same down the page."""
        units: dict[str, list[int]] = {}
        for row in self.part.rows:
            for column in self.description.columns:
                if isinstance(value := getattr(row, column.key), Quantity):
                    units.setdefault(value.unit, []).append(value.value)
        return {unit: places_of(tuple(values), unit) for unit, values in units.items()}

    def _page(self, number: int) -> str:
        return self._address(self.description.path, replace(self.question, page=number))

    def _address(self, path: str, question: Question) -> str:
        said = self.description.arguments(question)
        return f"{path}?{urlencode(said)}" if said else path


class _Quoted(dict[str, str]):
    """A row's attributes as parts of an address."""

    def __init__(self, row: Any) -> None:
        super().__init__()
        self._row = row

    def __missing__(self, name: str) -> str:
        return quote(str(getattr(self._row, name)), safe="")
