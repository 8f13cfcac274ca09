"""The planner's side: board, table and an order's way as pages, the plan as an API."""

from flask import Blueprint

from contracts.ports import Specifications
from scheduler.service import Service
from scheduler.web.api import add_api
from scheduler.web.learned_times import add_learned_times
from scheduler.web.pages import add_pages
from scheduler.web.rush import add_rush
from scheduler.web.scenario import add_scenarios


def blueprint(service: Service, specifications: Specifications) -> Blueprint:
    """Every route of the room."""
    room = Blueprint("scheduler", __name__, template_folder="templates")
    add_pages(room, service, specifications)
    add_scenarios(room, service.scenarios)
    add_rush(room, service.rushes)
    add_learned_times(room, service)
    add_api(room, service, specifications)
    return room
