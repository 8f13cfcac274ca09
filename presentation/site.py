"""What every page of the product has: languages, addresses, errors, security, static files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, current_app, request
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup
from pydantic import BaseModel

from contracts.access import Permission, Role
from contracts.texts import Language, Message, Text
from presentation.assets import init_assets
from presentation.by_script import init_by_script
from presentation.compiled import kept_code
from presentation.compression import init_compression
from presentation.errors import init_errors
from presentation.guard import current_principal
from presentation.language import current_language, init_language
from presentation.live import init_live
from presentation.openapi import init_openapi
from presentation.security import init_security
from presentation.texts import MissingParameter, UnknownMessage
from presentation.words import Words
from presentation.zone import init_zone

TEMPLATES = Path(__file__).parent / "layout" / "templates"


@dataclass(frozen=True)
class Place:
    """An entry of the navigation: shown to those who may use it, when a room answers there."""

    path: str
    label: str
    permission: Permission
    roles: frozenset[Role] | None = None
    """Roles that have the permission but no need of the entry are left out."""


_SHOPPERS = frozenset({Role.ANONYMOUS, Role.CONSUMER, Role.ADMINISTRATOR})
PLACES = (
    Place("/", "nav.front", Permission.VIEW_CATALOGUE),
    Place("/designs", "nav.designs", Permission.DESIGN, _SHOPPERS),
    Place("/planner", "nav.planner", Permission.VIEW_PLAN),
    Place("/terminal", "nav.terminal", Permission.OPERATE),
    Place("/quality", "nav.quality", Permission.VIEW_QUALITY),
    Place("/families", "nav.families", Permission.PUBLISH_FAMILY),
    Place("/connections", "nav.connections", Permission.ADMINISTER),
    Place("/complaints", "nav.complaints", Permission.ANSWER_COMPLAINTS),
    Place("/order-book", "nav.order_book", Permission.VIEW_ALL_ORDERS),
    Place("/orders", "nav.orders", Permission.VIEW_OWN_ORDER, _SHOPPERS),
    Place("/basket", "nav.basket", Permission.ORDER, _SHOPPERS),
)


def init_site(
    app: Flask,
    *,
    language: Language = "en",
    zone: tzinfo = UTC,
    at_once: int = 8,
    max_body_bytes: int = 2_000_000,
    version: str = "0.1.0",
    clock_notice: Callable[[], Text | None] = lambda: None,
) -> None:
    """Give the app everything that pages share.

    ``zone`` is where moments are shown, ``at_once``, the requests that are worked on at a time, bounds the live streams,
    ``clock_notice`` says at the foot of every page when business time is not real time.
    Build the app with ``static_folder=None``; blueprints may be registered before or after.
    """
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Chinese is read as it is, in answers and in problems alike
    init_language(app, language)
    init_security(app, max_body_bytes)
    init_assets(app)
    init_compression(app)
    init_errors(app)
    init_by_script(app)
    init_live(app, at_once)
    app.register_blueprint(Blueprint("site", __name__, template_folder=str(TEMPLATES)))
    init_openapi(app, version)
    init_zone(app, zone)
    _init_templates(app, zone)
    app.add_template_global(clock_notice, "clock_notice")


def _init_templates(app: Flask, zone: tzinfo) -> None:
    words = Words(current_language, zone)
    app.jinja_env.bytecode_cache = kept_code("page")
    app.jinja_env.globals.update(words.template_globals(), places=places, elsewhere=elsewhere)
    app.jinja_env.filters["contract_json"] = contract_json
    if not (app.testing or app.debug):
        app.jinja_env.globals.update(text=_forgiving(words))
        app.jinja_env.globals.update(
            t=lambda identifier, **params: _forgiving(words)(Message.model_construct(id=identifier, params=params))
        )

    @app.context_processor
    def request_facts() -> dict[str, Any]:
        return {"language": current_language(), "principal": current_principal()}


def _forgiving(words: Words) -> Callable[[Text], str]:
    """In production a missing sentence is logged and its id shown; a page is never lost for it."""

    def text(value: Text) -> str:
        try:
            return words.text(value)
        except (UnknownMessage, MissingParameter) as missing:
            current_app.logger.error("%s", missing)
            return value.id if isinstance(value, Message) else ""

    return text


def contract_json(contract: BaseModel) -> Markup:
    """The contract as an API answers it, escaped so that it may stand in a script element of a page."""
    return htmlsafe_json_dumps(contract, dumps=lambda content: content.model_dump_json())


def places() -> Sequence[Place]:
    """The navigation of the current principal."""
    principal = current_principal()
    addresses = current_app.url_map.bind("")
    return [
        place
        for place in PLACES
        if principal.may(place.permission)
        and (place.roles is None or principal.role in place.roles)
        and addresses.test(place.path, method="GET")
    ]


def elsewhere(language: Language) -> str:
    """This address in another language."""
    args = {**request.args.to_dict(flat=False), "lang": [language]}
    return f"{request.path}?{urlencode(args, doseq=True)}"
