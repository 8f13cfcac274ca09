"""What somebody asks of a list, and the part of it that answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Question:
    """Which rows, in which order, and which part of them."""

    sort: str
    """Key of a sortable column; rows without a value come last either way."""
    descending: bool = False
    search: str = ""
    """Words that must all be found in the searched columns of a row, whatever their case."""
    filters: Mapping[str, str] = field(default_factory=dict)
    """Filter → wanted value; a filter that is not named lets everything through."""
    page: int = 1
    """From 1; a page beyond the last is the last."""
    size: int | None = None
    """Rows of a page; None: all rows on one page."""


@dataclass(frozen=True, slots=True)
class Part[Row]:
    """The rows of one page."""

    rows: tuple[Row, ...]
    page: int
    pages: int
    """At least 1."""
    matching: int
    """Rows of all pages."""
    total: int
    """Rows that there are without search and filters."""

    def of[Other](self, made: Callable[[Row], Other]) -> "Part[Other]":
        """The same part with each row made into another."""
        return Part(tuple(made(row) for row in self.rows), self.page, self.pages, self.matching, self.total)


type Rows[Row] = Callable[[Question], Part[Row]]
"""What a room gives for a list: the answer to a question."""
