"""What do reports teach of the times of operations? Proposals with old, new and sample, accepted or declined."""

from typing import Any

from flask import Blueprint, Response, render_template

from contracts.access import Permission
from contracts.problems import NotFound, TransitionRefused
from presentation.api import answer, describe
from presentation.guard import current_principal, requires
from presentation.lists import add_list, list_page
from scheduler.listing import ListedTime
from scheduler.service import Service
from scheduler.web.decided import decided
from scheduler.web.lists import LEARNED_TIMES


def add_learned_times(room: Blueprint, service: Service) -> None:
    """Routes under /planner/learned-times and /api/v1/learned-times."""
    add_list(room, LEARNED_TIMES, service.learned_times)

    @room.get("/api/v1/learned-times/<time>")
    @requires(Permission.VIEW_PLAN)
    @describe("A learned time: old, new, sample, and what became of it", answers={200: ListedTime}, problems=(NotFound,))
    def api_learned_time(time: str) -> Response:
        return answer(service.learned_time(time), headers={"Cache-Control": "no-store"})

    @room.post("/api/v1/learned-times/<time>/accept")
    @requires(Permission.CHANGE_PLAN)
    @describe(
        "Count with a learned time from now on: the next plans, quotes and work orders",
        answers={200: ListedTime},
        problems=(NotFound, TransitionRefused),
        again=lambda outcome, time: answer(service.learned_time(time)),
    )
    def api_accept_time(time: str) -> Response:
        return answer(service.accept_time(time, current_principal()))

    @room.post("/api/v1/learned-times/<time>/decline")
    @requires(Permission.CHANGE_PLAN)
    @describe(
        "Leave the figure as it is until the reports say something else",
        answers={200: ListedTime},
        problems=(NotFound, TransitionRefused),
        again=lambda outcome, time: answer(service.learned_time(time)),
    )
    def api_decline_time(time: str) -> Response:
        return answer(service.decline_time(time, current_principal()))

    @room.get(LEARNED_TIMES.path)
    @requires(LEARNED_TIMES.permission)
    def learned_times() -> str:
        return render_template(
            "scheduler/learned_times.html",
            view=list_page(LEARNED_TIMES, service.learned_times),
            proposed=service.proposed_times(),
            may_plan=current_principal().may(Permission.CHANGE_PLAN),
        )

    @room.post("/planner/learned-times/<time>/accept")
    @requires(Permission.CHANGE_PLAN)
    def accept_time(time: str) -> Any:
        return decided(lambda: service.accept_time(time, current_principal()), "scheduler.times.accepted", LEARNED_TIMES.path)

    @room.post("/planner/learned-times/<time>/decline")
    @requires(Permission.CHANGE_PLAN)
    def decline_time(time: str) -> Any:
        return decided(lambda: service.decline_time(time, current_principal()), "scheduler.times.declined", LEARNED_TIMES.path)
