"""What the API offers: the OpenAPI description and its page."""

import re
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Flask, Response, current_app, render_template
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode
from werkzeug.exceptions import NotFound
from werkzeug.routing import Rule

from contracts.access import PERMISSIONS, Permission, Role
from contracts.problems import (
    IdempotencyInFlight,
    IdempotencyMismatch,
    InvalidInput,
    NotPermitted,
    NotSignedIn,
    TooManyRequests,
    Unavailable,
)
from presentation.api import Description, answer, describe
from presentation.errors import NAMES, PROBLEM_JSON
from presentation.guard import permission_of, public
from presentation.security import API
from presentation.texts import sentences

_ARGUMENT = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_TEMPLATE = "#/components/schemas/{model}"
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string", "description": "Address of the problem's explanation; its last part is the problem's name."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string", "description": "JSON pointer (RFC 6901)"}, "detail": {"type": "string"}},
            },
        },
    },
}

_EVERYWHERE = {
    **{refusal.status: refusal.type for refusal in (NotSignedIn, InvalidInput, TooManyRequests, Unavailable)},
    500: NAMES[500],
}
"""What every operation may answer: to a key that is none, to a language or sign that there is not, to too much, when it broke."""


def init_openapi(app: Flask, version: str) -> None:
    """Serve the description, its page and the explanation of each problem."""
    blueprint = Blueprint("reference", __name__)

    @blueprint.get("/api/v1/openapi.json")
    @describe("This description", answers={200: "application/json"})
    @public
    def openapi() -> Response:
        return answer(description_of(current_app, version))

    @blueprint.get("/api/v1/docs")
    @describe("The description as a page", answers={200: "text/html"})
    @public
    def docs() -> str:
        return render_template("api_reference.html", api=description_of(current_app, version))

    @blueprint.get("/problems/<name>")
    @public
    def problem(name: str) -> str:
        if f"problem.{name}" not in sentences("en"):
            raise NotFound
        return render_template("problem_meaning.html", name=name)

    app.register_blueprint(blueprint)


def undescribed_routes(app: Flask) -> Iterator[str]:
    """Routes under /api/ that the description would miss: a fault of the program."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(API) and _description(app, rule) is None:
            yield f"{rule.rule} ({rule.endpoint})"


def description_of(app: Flask, version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 description of every described view under /api/."""
    routes = [
        (rule, description)
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
        if rule.rule.startswith(API) and (description := _description(app, rule)) is not None
    ]
    schemas, components = _schemas([description for _, description in routes])
    paths: dict[str, dict[str, Any]] = {}
    for rule, description in routes:
        operations = paths.setdefault(_ARGUMENT.sub(r"{\1}", rule.rule), {})
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            operations[method.lower()] = _operation(app, rule, method, description, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "LotOne", "version": version, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": _PROBLEM},
            "responses": {name: _refusal(name) for name in _EVERYWHERE.values()},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": app.config["SESSION_COOKIE_NAME"]},
            },
        },
    }


def _description(app: Flask, rule: Rule) -> Description | None:
    found = app.view_functions[rule.endpoint].__dict__.get("description")
    return found if isinstance(found, Description) else None


type _Schemas = dict[tuple[str, JsonSchemaMode], Any]


def _schemas(descriptions: list[Description]) -> tuple[_Schemas, dict[str, Any]]:
    """References to every type that the views take or give, and the components behind them."""
    taken = [model for each in descriptions for model in (each.body, each.query) if model is not None]
    given = [kind for each in descriptions for kind in (each.answers or {}).values() if kind is not None and not isinstance(kind, str)]
    wanted: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = [(repr(model), "validation", TypeAdapter(model)) for model in taken]
    wanted += [(repr(kind), "serialization", TypeAdapter(kind)) for kind in given]
    references, components = TypeAdapter.json_schemas(wanted, ref_template=_TEMPLATE)
    return dict(references), components.get("$defs", {})


def _operation(app: Flask, rule: Rule, method: str, description: Description, schemas: _Schemas) -> dict[str, Any]:
    permission = permission_of(app.view_functions[rule.endpoint])
    operation: dict[str, Any] = {
        "operationId": f"{rule.endpoint.replace('.', '_')}_{method.lower()}",
        "summary": description.summary,
        "tags": [_room(rule)],
        "parameters": [*_path_parameters(rule), *_query_parameters(description.query), *_header_parameters(description)],
        "responses": _responses(rule, method, description, permission, schemas),
    }
    if isinstance(permission, Permission):
        nobody: list[dict[str, list[str]]] = [{}] if permission in PERMISSIONS[Role.ANONYMOUS] else []
        operation["security"] = [{"key": []}, {"session": []}, *nobody]
        operation["x-permission"] = permission.value
    if description.body is not None:
        content = {"application/json": {"schema": schemas[(repr(description.body), "validation")]}}
        # What needs no field may be left out whole.
        needed = any(field.is_required() for field in description.body.model_fields.values())
        operation["requestBody"] = {"required": needed, "content": content}
    return operation


def _room(rule: Rule) -> str:
    return str(rule.endpoint).partition(".")[0]


def _path_parameters(rule: Rule) -> Iterator[dict[str, Any]]:
    for name in _ARGUMENT.findall(rule.rule):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _query_parameters(model: type[BaseModel] | None) -> Iterator[dict[str, Any]]:
    if model is None:
        return
    schema = model.model_json_schema(ref_template=_TEMPLATE)
    for name, field in schema.get("properties", {}).items():
        yield {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": field}


def _header_parameters(description: Description) -> Iterator[dict[str, Any]]:
    if description.idempotent:
        yield {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string", "minLength": 1, "maxLength": 200}}
    if description.if_match is not None:
        revision = {"type": "string", "pattern": r'^(W/)?"?[0-9]{1,9}"?$'}
        yield {"name": "If-Match", "in": "header", "required": description.if_match == "required", "schema": revision}


def _responses(rule: Rule, method: str, description: Description, permission: object, schemas: _Schemas) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, given in (description.answers or {200: "application/json"}).items():
        if given is None:
            responses[str(status)] = {"description": "Done"}
            continue
        media_type, schema = (given, {}) if isinstance(given, str) else ("application/json", schemas[(repr(given), "serialization")])
        responses[str(status)] = {"description": "Answer", "content": {media_type: {"schema": schema}}}
    for status, names in sorted(_refusals(rule, method, description, permission).items()):
        shared = _EVERYWHERE.get(status)
        responses[str(status)] = {"$ref": f"#/components/responses/{shared}"} if names == {shared} else _refusal(", ".join(sorted(names)))
    return responses


def _refusals(rule: Rule, method: str, description: Description, permission: object) -> dict[int, set[str]]:
    """The names of the problems that an operation may answer, by status."""
    found: dict[int, set[str]] = {status: {name} for status, name in _EVERYWHERE.items()}
    for refusal in description.problems:
        found.setdefault(refusal.status, set()).add(refusal.type)
    for status in (*((404,) if rule.arguments else ()), *((403, 413, 415) if method != "GET" else ())):
        found.setdefault(status, set()).add(NAMES[status])
    if isinstance(permission, Permission):
        found.setdefault(NotPermitted.status, set()).add(NotPermitted.type)
    for refusal in (IdempotencyMismatch, IdempotencyInFlight) if method == "POST" else ():
        found.setdefault(refusal.status, set()).add(refusal.type)
    return found


def _refusal(names: str) -> dict[str, Any]:
    return {"description": names, "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
