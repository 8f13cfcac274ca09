"""How a request's JSON becomes a contract and a contract an answer."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from flask import Response, current_app, request
from pydantic import BaseModel, TypeAdapter, ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from contracts.problems import FieldProblem, InvalidInput, Problem
from contracts.texts import Message
from presentation.guard import View

IDEMPOTENCY_KEY = "Idempotency-Key"
_BETWEEN = re.compile(", | or ")
_FAULTS = {
    "missing": "field.missing",
    "extra_forbidden": "field.unknown",
    "json_invalid": "field.json",
    "greater_than": "field.greater_than",
    "greater_than_equal": "field.at_least",
    "less_than": "field.less_than",
    "less_than_equal": "field.at_most",
    "string_too_short": "field.too_short",
    "string_too_long": "field.too_long",
    "too_short": "field.too_few",
    "too_long": "field.too_many",
    "literal_error": "field.one_of",
    "union_tag_invalid": "field.kind",
    "union_tag_not_found": "field.no_kind",
    "enum": "field.one_of",
    "string_type": "field.text",
    "int_type": "field.whole_number",
    "int_parsing": "field.whole_number",
    "int_from_float": "field.whole_number",
    "decimal_parsing": "field.number",
    "decimal_type": "field.number",
    "float_type": "field.number",
    "float_parsing": "field.number",
    "bool_type": "field.boolean",
    "bool_parsing": "field.boolean",
    "datetime_type": "field.moment",
    "datetime_parsing": "field.moment",
    "datetime_from_date_parsing": "field.moment",
    "timezone_aware": "field.moment",
    "date_type": "field.day",
    "date_parsing": "field.day",
    "date_from_datetime_parsing": "field.day",
    "date_from_datetime_inexact": "field.day",
    "dict_type": "field.object",
    "model_type": "field.object",
    "list_type": "field.list",
    "tuple_type": "field.list",
    "members": "field.members",
}
"""Pydantic's kinds of fault and the sentence of each."""


_ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)


@dataclass(frozen=True)
class Description:
    """What the API reference says about one view."""

    summary: str
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answers: Mapping[int, Any] | None = None
    """Status → contract, list of contracts, or a media type such as ``image/svg+xml``."""
    problems: tuple[type[Problem], ...] = ()
    idempotent: bool = False
    """Requires the Idempotency-Key header."""
    if_match: Literal["required", "optional"] | None = None
    """Takes the revision in the If-Match header."""
    one_commit: bool = False
    """Changes everything in one transaction, whose outcome is the whole answer: key and answer are stored in that commit."""
    again: Callable[..., Response] | None = None
    """The answer when the first one was lost after the commit: from the transaction's outcome and the address's own values.
    Without it the outcome itself is the answer."""


def describe(
    summary: str,
    *,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    answers: Mapping[int, Any] | None = None,
    problems: tuple[type[Problem], ...] = (),
    idempotent: bool = False,
    if_match: Literal["required", "optional"] | None = None,
    one_commit: bool = False,
    again: Callable[..., Response] | None = None,
) -> Callable[[View], View]:
    """Put a view under /api/ into the API description; ``summary`` is one English line."""
    description = Description(summary, body, query, answers, problems, idempotent, if_match, one_commit, again)

    def described(view: View) -> View:
        view.__dict__["description"] = description
        return view

    return described


def body[Model: BaseModel](model: type[Model]) -> Model:
    """The request's JSON as a contract. Raises InvalidInput with a pointer for each field, or for the key that the view requires."""
    if request.content_length and not request.is_json:
        raise UnsupportedMediaType
    content = read(model.model_validate_json, request.get_data(cache=True) or b"{}")
    if _needs_key() and not request.headers.get(IDEMPOTENCY_KEY):
        raise InvalidInput(errors=(FieldProblem(f"/{IDEMPOTENCY_KEY}", "field.missing"),))
    return content


def read[Content](validate: Callable[..., Content], text: bytes) -> Content:
    """What ``validate`` (a contract's ``model_validate_json``) makes of a text. Raises InvalidInput with a pointer for each field."""
    try:
        content = validate(text, strict=True)
    except ValidationError as fault:
        raise invalid(fault, _read(text)) from None
    if b"u0000" in text and (found := tuple(_zeros(_read(text)))):
        raise InvalidInput(errors=tuple(FieldProblem(pointer(steps), "field.zero") for steps in found))
    return content


def query[Model: BaseModel](model: type[Model]) -> Model:
    """The query string as a contract; a repeated name is a list. Raises InvalidInput."""
    args = request.args.to_dict(flat=False)
    args.pop("lang", None)
    try:
        return model.model_validate({name: values[0] if len(values) == 1 else values for name, values in args.items()})
    except ValidationError as fault:
        raise invalid(fault) from None


def answer(content: BaseModel | Mapping[str, Any] | list[Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The content as JSON; contracts inside lists and mappings are written too."""
    return current_app.response_class(_ANYTHING.dump_json(content), status, mimetype="application/json", headers=dict(headers or {}))


def by_field(problem: InvalidInput) -> dict[str, Message]:
    """The sentence for each field of a form, by the last step of its pointer; of several for one field the first."""
    found: dict[str, Message] = {}
    for fault in problem.errors:
        found.setdefault(fault.pointer.rpartition("/")[2], Message(id=fault.message, params=fault.params))
    return found


def invalid(fault: ValidationError, given: Any = None) -> InvalidInput:
    """A failed validation as a problem that names each field of what was ``given``."""
    return InvalidInput(
        errors=tuple(
            FieldProblem(
                pointer=pointer(_within(given, each["loc"])),
                message=_fault_of(each["type"], each.get("ctx", {})),
                params={name: _told(name, value) for name, value in each.get("ctx", {}).items()},
            )
            for each in fault.errors(include_url=False, include_input=False)
        )
    )


def _fault_of(kind: str, bounds: Mapping[str, Any]) -> str:
    """A text that needs one character is one that may not be empty."""
    empty = kind == "string_too_short" and bounds.get("min_length") == 1
    return "field.empty" if empty else _FAULTS.get(kind, "field.invalid")


def _needs_key() -> bool:
    """Whether the view that answers is described as taking one effect a key."""
    view = current_app.view_functions.get(request.endpoint or "")
    description = view.__dict__.get("description") if view is not None else None
    return isinstance(description, Description) and description.idempotent


def _read(text: bytes) -> Any:
    """The JSON value of a text; None when it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _within(given: Any, steps: tuple[int | str, ...]) -> Iterator[int | str]:
    """The steps without those that name a variant of a union: a value has no such member."""
    for number, step in enumerate(steps, 1):
        members = range(len(given)) if isinstance(given, list) else given if isinstance(given, dict) else None
        if members is None or step in members:
            yield step
            given = None if members is None else given[step]
        elif number == len(steps):
            yield step


def _zeros(value: Any, at: tuple[int | str, ...] = ()) -> Iterator[tuple[int | str, ...]]:
    """Where a text holds U+0000, which no database keeps."""
    if isinstance(value, str):
        if "\0" in value:
            yield at
        return
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in members:
        yield from _zeros(inner, (*at, name))


def pointer(steps: Iterable[int | str]) -> str:
    """A JSON pointer (RFC 6901) from its steps."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def _told(name: str, value: Any) -> int | str | tuple[str, ...]:
    """A parameter of a fault. Alternatives come as one English text ('a', 'b' or 'c'); our sentence lists them in its own language."""
    if name in ("expected", "expected_tags"):
        return tuple(each.strip("'") for each in _BETWEEN.split(str(value)))
    return value if isinstance(value, int) and not isinstance(value, bool) else str(value)
