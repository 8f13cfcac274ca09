"""The room's pages and programming interface."""

from flask import Blueprint

from contracts.ports import OrderAccess
from mes_bridge.service import Service
from mes_bridge.web import api, papers, quality, terminal


def blueprint(service: Service, orders: OrderAccess) -> list[Blueprint]:
    return [api.blueprint(service), terminal.blueprint(service), quality.blueprint(service), papers.blueprint(service, orders)]
