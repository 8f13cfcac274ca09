"""How do the rooms' pages and API become one web application?"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, g, request, session
from werkzeug.middleware.proxy_fix import ProxyFix

import configurator.web
import mes_bridge.web
import scheduler.web
import storefront.web
from contracts.access import Principal, Role
from contracts.problems import NotSignedIn
from contracts.texts import Message, Text
from ledger import log
from ledger.identifiers import new_id
from ledger.machine_clients import MachineClients
from ledger.settings import Settings
from ledger.sign_in import SignIns
from lotone import idempotent, probes
from lotone.refusals import Refusals
from lotone.wiring import TIME_ZONE, House, build_house
from presentation.capacity import init_capacity
from presentation.rates import RateLimits, Rates, init_rates
from presentation.site import init_site


def create_app(settings: Settings, house: House | None = None) -> Flask:
    """The whole product as a WSGI application; ``house`` when the caller has built one."""
    rooms = house or build_house(settings)
    app = Flask("lotone", static_folder=None)
    app.url_map.strict_slashes = False
    app.secret_key = settings.secret_key
    app.config.update(
        # With the prefix no other host of the domain can set it (RFC 6265bis, 4.1.3.2); it needs HTTPS.
        SESSION_COOKIE_NAME="__Host-lotone" if settings.production else "lotone",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.production,
        PERMANENT_SESSION_LIFETIME=timedelta(days=180),
    )
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)  # type: ignore[method-assign]
    refusals = Refusals(init_capacity(app, settings.at_once), RateLimits(_rates(settings)))
    app.before_request(_identify(rooms, refusals.rates))
    init_rates(app, refusals.rates)
    app.teardown_request(lambda _: log.unbind())
    init_site(
        app, language=settings.default_language, zone=ZoneInfo(TIME_ZONE), at_once=settings.at_once, clock_notice=_clock_notice(rooms)
    )
    idempotent.init_idempotency(app, rooms.ledger)
    for blueprint in (
        configurator.web.blueprint(rooms.configurator),
        scheduler.web.blueprint(rooms.scheduler, rooms.configurator),
        *mes_bridge.web.blueprint(rooms.mes_bridge, rooms.storefront, settings.address),
        storefront.web.blueprint(rooms.storefront),
        probes.blueprint(rooms, refusals),
    ):
        app.register_blueprint(blueprint)
    return app


def _rates(settings: Settings) -> Rates:
    return Rates(
        visitor=settings.visitor_rate,
        signed_in=settings.signed_in_rate,
        machine_client=settings.machine_client_rate,
        sign_in=settings.sign_in_rate,
    )


def _identify(house: House, rates: RateLimits) -> Callable[[], None]:
    """Put who acts where the guard finds it: a machine client, signed-in staff, or a guest known by the session cookie.

    Whoever shows a key that is none is a visitor who asks once more.
    """

    def identify() -> None:
        try:
            principal = _machine_client(house) or _staff(house) or _guest()
        except NotSignedIn:
            rates.count_visitor()
            raise
        g.principal = principal
        log.bind(request=new_id("request"), principal=principal.id)

    return identify


def _machine_client(house: House) -> Principal | None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if not key:
        return None
    principal = MachineClients(house.ledger).principal(key) if scheme == "Bearer" else None
    if principal is None:
        raise NotSignedIn
    return principal


def _staff(house: House) -> Principal | None:
    token = session.get("sign_in")
    return SignIns(house.ledger).principal(token) if token else None


def _guest() -> Principal:
    """A visitor is nobody until something is theirs; the first form sent makes them a guest with an id in the signed cookie.

    Programs that call the API without a session stay nobody: the address of a design and the key of an order open these.
    """
    writes = request.method not in ("GET", "HEAD", "OPTIONS")
    if "guest" not in session and writes and not request.path.startswith("/api/"):
        session["guest"] = new_id("person")
        session.permanent = True
    return Principal(id=session.get("guest", "anonymous"), role=Role.ANONYMOUS)


def _clock_notice(house: House) -> Callable[[], Text | None]:
    def notice() -> Text | None:
        mode = house.ledger.clock.mode
        if mode == "real":
            return None
        params: dict[str, Any] = {"now": house.ledger.clock.now(), "rate": house.ledger.clock.rate}
        return Message(id=f"clock.{mode}", params=params)

    return notice
