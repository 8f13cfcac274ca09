"""The rows of the planner's table, and how long a span is in words."""

from contracts.texts import Message
from scheduler.board import Board, BoardOperation

_SORT = {
    "start": lambda row: (row.start_at, row.key),
    "end": lambda row: (row.end_at, row.key),
    "order": lambda row: (row.order, row.start_at),
    "machine": lambda row: (row.machine, row.start_at),
    "state": lambda row: (row.state, row.start_at),
}


def sorted_rows(board: Board, order: str, group: str, state: str, late: bool, sort: str) -> list[BoardOperation]:
    """Operations that match every given filter."""
    machines = {machine.machine for machine in board.machines or () if machine.group == group}
    wanted = order.strip().lower()
    rows = [
        row
        for row in board.operations
        if (not wanted or wanted in row.order.lower() or wanted in row.piece.lower())
        and (not group or row.machine in machines)
        and (not state or row.state == state)
        and (not late or row.late)
    ]
    return sorted(rows, key=_SORT[sort])


def span(seconds: int) -> Message:
    """A length of time (its sign left out) in days, hours and minutes."""
    minutes = abs(seconds) // 60
    hours, days = minutes // 60, minutes // 1440
    if days:
        return Message(id="scheduler.span.days", params={"days": days, "hours": hours % 24})
    if hours:
        return Message(id="scheduler.span.hours", params={"hours": hours, "minutes": minutes % 60})
    return Message(id="scheduler.span.minutes", params={"minutes": minutes})
