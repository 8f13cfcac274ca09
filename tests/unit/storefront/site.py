"""The storefront's pages alone, as one web application."""

from zoneinfo import ZoneInfo

from flask import Flask, g, request, session

import storefront.web
from contracts.access import Principal, Role
from ledger.identifiers import new_id
from ledger.sign_in import SignIns
from presentation.site import init_site
from tests.unit.storefront.fakes import Shopfront


def site(shop: Shopfront, csrf: bool = False) -> Flask:
    """Guests are known by the session cookie from their first form on, staff by their sign-in, as in the product."""
    app = Flask("storefront_test", static_folder=None)
    app.secret_key = "secret"
    app.testing = True
    app.config.update(SESSION_COOKIE_NAME="lotone", WTF_CSRF_ENABLED=csrf)

    @app.before_request
    def identify() -> None:
        token = session.get("sign_in")
        staff = SignIns(shop.ledger).principal(token) if token else None
        if "guest" not in session and request.method not in ("GET", "HEAD") and not request.path.startswith("/api/"):
            session["guest"] = new_id("person")
        g.principal = staff or Principal(id=session.get("guest", "anonymous"), role=Role.ANONYMOUS)

    init_site(app, zone=ZoneInfo("Europe/Berlin"))
    app.register_blueprint(storefront.web.blueprint(shop.service))
    return app
