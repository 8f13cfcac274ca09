"""The room's pages and programming interface."""

from flask import Blueprint

from contracts.ports import OrderAccess
from mes_bridge.service import Service
from mes_bridge.web import api, b2mml, charts, concessions, connections, epcis, gauges, names, papers, passport, quality, terminal, trace


def blueprint(service: Service, orders: OrderAccess, address: str) -> list[Blueprint]:
    """``address``: of this installation, for links on products."""
    return [
        api.blueprint(service),
        terminal.blueprint(service),
        quality.blueprint(service),
        concessions.blueprint(service),
        gauges.blueprint(service),
        papers.blueprint(service, orders),
        b2mml.blueprint(service),
        charts.blueprint(service),
        connections.blueprint(service),
        names.blueprint(service),
        epcis.blueprint(service),
        passport.blueprint(service, address),
        trace.blueprint(service),
    ]
