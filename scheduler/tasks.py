"""Work that the task queue may start: plain functions of the service."""

from contracts.texts import Message
from scheduler.service import Service


def make_plan(service: Service, reason: str = "scheduler.reason.planner") -> int:
    """Make and publish a plan; its version."""
    return service.make_plan(Message(id=reason))
