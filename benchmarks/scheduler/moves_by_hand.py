"""How long does a planner wait for the consequences of a move, for the move and for its undo?"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median

from contracts.access import Principal, Role
from contracts.plan import OperationState
from contracts.problems import PlanInvalid
from lotone.wiring import House
from scheduler.engine.moving import Wish
from scheduler.engine.operations import seconds_of
from scheduler.standing import parse_key

PLANNER = Principal(id="staff_planner", role=Role.PLANNER, name="planner")
WISHES = 60
HOURS = (-6, -2, 1, 3, 8, 26)


@dataclass
class Timed:
    """Milliseconds of one kind of request."""

    name: str
    milliseconds: list[float] = field(default_factory=list)

    def take[Answer](self, asked: Callable[[], Answer]) -> Answer:
        begun = time.perf_counter()
        try:
            return asked()
        finally:
            self.milliseconds.append(1000 * (time.perf_counter() - begun))

    def __str__(self) -> str:
        return f"{len(self.milliseconds)} {self.name} p50 {median(self.milliseconds):.0f} ms, max {max(self.milliseconds):.0f} ms"


def moves_by_hand(house: House, seed: int) -> None:
    """Print how long each takes, and how many wishes were possible as such; every second move is taken back."""
    drawn, service = random.Random(seed), house.scheduler
    board = service.board()
    waiting = (each for each in board.operations if each.state in (OperationState.PLANNED, OperationState.RELEASED))
    free = [each for each in waiting if each.setup_start_at > board.frozen_until]
    machines: dict[str, Sequence[str]] = {}
    groups = {machine.machine: machine.group for machine in board.machines or ()}
    for machine, group in groups.items():
        machines[machine] = [other for other, its in groups.items() if its == group]
    previews, moves, undos = Timed("previews"), Timed("moves"), Timed("undos")
    possible = 0
    for number in range(WISHES):
        operation = drawn.choice(free)
        start_s = seconds_of(operation.start_at) + 3600 * drawn.choice(HOURS)
        wish = Wish(parse_key(operation.key), drawn.choice(machines[operation.machine]), start_s)
        shown = previews.take(partial(service.preview_move, wish, PLANNER))
        possible += shown.possible
        if number % 2 or shown.start_at is None:
            continue
        there = Wish(wish.key, wish.machine, seconds_of(shown.start_at))
        moves.take(partial(service.move, there, PLANNER, "measured"))
        if number % 4 == 0:
            try:
                undos.take(partial(service.undo, PLANNER))
            except PlanInvalid as refused:
                print(f"an undo was refused: {refused.errors[0].message}")
    open_now = sum(each.state is not OperationState.DONE for each in board.operations)
    print(f"moves by hand among {open_now} open operations: {previews} ({possible} possible as wished), {moves}, {undos}")
