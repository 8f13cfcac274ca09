"""How a question about a list is answered by the database: searched, filtered, sorted and cut into pages in SQL."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session

from contracts.listing import Part, Question


@dataclass(frozen=True)
class Listing:
    """A statement that selects every row of a list, and what its columns are called in a question."""

    rows: Select[Any]
    identity: ColumnElement[Any]
    """Tells each row from every other: settles the order of equals."""
    sorts: Mapping[str, ColumnElement[Any]]
    searched: Sequence[ColumnElement[str]] = ()
    filters: Mapping[str, Callable[[str], ColumnElement[bool]]] | None = None

    def answer(self, session: Session, question: Question) -> Part[Row[Any]]:
        """The asked page. The question's sort and filters must be known."""
        wanted = self.rows
        for word in question.search.split():
            wanted = wanted.where(or_(*(column.icontains(word, autoescape=True) for column in self.searched)))
        for name, value in question.filters.items():
            wanted = wanted.where((self.filters or {})[name](value))
        total = _count(session, self.rows)
        matching = total if wanted is self.rows else _count(session, wanted)
        size = question.size or max(1, matching)
        pages = max(1, -(-matching // size))
        page = min(question.page, pages)
        column = self.sorts[question.sort]
        missing = case((column.is_(None), 1), else_=0)
        order = (missing, column.desc() if question.descending else column, self.identity)
        found = session.connection().execute(wanted.order_by(None).order_by(*order).limit(size).offset((page - 1) * size)).all()
        return Part(tuple(found), page, pages, matching, total)


def ranked(column: ColumnElement[Any], values: Sequence[str]) -> ColumnElement[int]:
    """The place of the column's value among the values, to sort by: states in the order in which they follow each other."""
    return case({value: place for place, value in enumerate(values)}, value=column, else_=len(values))


def _count(session: Session, rows: Select[Any]) -> int:
    return session.connection().execute(select_columns(func.count()).select_from(rows.order_by(None).subquery())).scalar_one()
