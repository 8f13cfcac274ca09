"""The room's pages and programming interface."""

from flask import Blueprint

from mes_bridge.service import Service
from mes_bridge.web import api, terminal


def blueprint(service: Service) -> list[Blueprint]:
    return [api.blueprint(service), terminal.blueprint(service)]
