"""The room's pages and interface alone, as one web application."""

from flask import Flask, g

import mes_bridge.web
from contracts.access import Principal, Role
from presentation.site import init_site
from tests.unit.mes_bridge.shop import OwnOrders, Shop


def site(shop: Shop, role: Role, name: str = "staff") -> Flask:
    """Whoever asks is of ``app.config["ROLE"]`` and called ``name``; forms need no token."""
    app = Flask("try", static_folder=None)
    app.config.update(SECRET_KEY="test", TESTING=True, WTF_CSRF_ENABLED=False, ROLE=role)
    init_site(app, at_once=6)

    @app.before_request
    def principal() -> None:
        g.principal = Principal(id=name, role=app.config["ROLE"], name=name)

    for blueprint in mes_bridge.web.blueprint(shop.service, OwnOrders(), "http://lotone.example"):
        app.register_blueprint(blueprint)
    return app
