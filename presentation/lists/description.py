"""What a list is: its columns, filters and order. Page, spreadsheet and API follow from it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from contracts.access import Permission
from contracts.listing import Part, Question
from contracts.model import Contract

Kind = Literal["text", "prose", "count", "name", "words", "choice", "state", "mark", "time", "day", "duration", "money", "quantity"]
"""How a value is written. ``prose``: text of more than a name, which breaks its lines; ``name``: an identifier, by its end;
``words``: a Localised or Message; ``choice``: one of a few words; ``state``: a badge; ``mark``: a flag that stands out when set;
``day``: a moment of which only the day matters to people; ``duration``: whole seconds."""
_LARGEST_PAGE = 500


@dataclass(frozen=True)
class Column:
    """One column: ``key`` names the row's attribute, the API's field and the spreadsheet's heading."""

    key: str
    label: str
    kind: Kind = "text"
    words: str = ""
    """``choice`` and ``mark``: message id before the value (``yes``, ``no``); ``state``: the vocabulary of ``parts.state``."""
    sortable: bool = True
    href: str = ""
    """Where the cell leads: an address with attributes of the row in braces."""
    strong: bool = False


@dataclass(frozen=True)
class Filter:
    """A choice that narrows the list."""

    key: str
    label: str
    words: str = ""
    """Message id before the value."""
    values: tuple[str, ...] = ()
    """Empty: the room gives them with their labels when the page is drawn."""


@dataclass(frozen=True)
class ListDescription:
    """One list: where it is, who may see it, what is in it."""

    name: str
    title: str
    path: str
    """Address of the page."""
    api: str
    """Address of the JSON; with ``.csv`` behind it the spreadsheet."""
    summary: str
    """One English line for the API's description."""
    permission: Permission
    row: type[BaseModel]
    columns: tuple[Column, ...]
    sort: str
    empty: str
    """What is said when there is nothing at all."""
    filters: tuple[Filter, ...] = ()
    search: str = ""
    """Label of the search box; empty: the list is not searched."""
    descending: bool = False
    size: int = 50
    live: str = ""
    """Address of the event stream that tells of changes."""

    @cached_property
    def query(self) -> type[BaseModel]:
        """What an address may ask of this list."""
        sorts = [f"{sign}{column.key}" for column in self.columns if column.sortable for sign in ("", "-")]
        fields: dict[str, Any] = {
            "q": (str, Field(default="", max_length=200)),
            **{each.key: (_wanted(each), Field(default="", max_length=80) if not each.values else "") for each in self.filters},
            "sort": (Literal[tuple(sorts)], self._first_sort),
            "page": (int, Field(default=1, ge=1, le=1_000_000)),
            "size": (int, Field(default=self.size, ge=1, le=_LARGEST_PAGE)),
        }
        if not self.search:
            del fields["q"]
        return create_model(f"{self._title}Query", __base__=Contract, **fields)

    @cached_property
    def answer(self) -> type[BaseModel]:
        """The API's answer."""
        count = (int, ...)
        items = (tuple[self.row, ...], ...)  # type: ignore[name-defined]
        return create_model(f"{self._title}List", __base__=Contract, items=items, page=count, pages=count, matching=count, total=count)

    def question(self, asked: BaseModel) -> Question:
        """What an address asks; ``asked`` is a value of ``query``."""
        said = asked.model_dump()
        return Question(
            sort=said["sort"].removeprefix("-"),
            descending=said["sort"].startswith("-"),
            search=said.get("q", ""),
            filters={each.key: said[each.key] for each in self.filters if said[each.key]},
            page=said["page"],
            size=said["size"],
        )

    def arguments(self, question: Question) -> dict[str, str]:
        """The address's arguments that ask the question again; what goes without saying is left out."""
        sort = f"{'-' if question.descending else ''}{question.sort}"
        said = {
            "q": question.search,
            **question.filters,
            "sort": "" if sort == self._first_sort else sort,
            "page": str(question.page) if question.page > 1 else "",
            "size": str(question.size) if question.size not in (None, self.size) else "",
        }
        return {name: value for name, value in said.items() if value}

    def answered(self, part: Part[Any]) -> dict[str, Any]:
        """The API's answer to a question, in the shape of ``answer``."""
        return {"items": list(part.rows), "page": part.page, "pages": part.pages, "matching": part.matching, "total": part.total}

    @property
    def _first_sort(self) -> str:
        return f"{'-' if self.descending else ''}{self.sort}"

    @property
    def _title(self) -> str:
        return "".join(word.title() for word in self.name.split("-"))


def _wanted(each: Filter) -> Any:
    return Literal[("", *each.values)] if each.values else str
