"""The planner's pages: board, table of the same operations, an order's way."""

from typing import Any, Literal

from flask import Blueprint, flash, redirect, render_template, request, url_for
from pydantic import Field
from werkzeug.wrappers import Response

from contracts.access import Permission
from contracts.model import Contract
from contracts.plan import OperationState
from contracts.texts import Message
from presentation.api import query
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.texts import render, sentence
from scheduler.service import Service
from scheduler.web.rows import sorted_rows, span

PAGE = 200
SCRIPT_TEXTS = (
    *("scheduler.board.stale", "scheduler.board.status", "scheduler.board.status.late", "scheduler.board.not_found"),
    *("scheduler.board.new_version", "scheduler.figure.busiest"),
    *(f"state.operation.{state}" for state in ("planned", "released", "running", "done")),
    *("scheduler.way.title", "scheduler.way.close", "scheduler.way.page", "scheduler.way.promised"),
    *("scheduler.way.expected", "scheduler.way.late"),
    *("scheduler.way.slack", "scheduler.way.critical", "scheduler.way.step_slack", "scheduler.way.operations"),
    *("scheduler.span.days", "scheduler.span.hours", "scheduler.span.minutes", "scheduler.figure.none", "scheduler.figure.percent"),
)
"""Sentences that the page's scripts fill."""


class TableQuery(Contract):
    order: str = Field(default="", max_length=80)
    group: str = Field(default="", max_length=64)
    state: Literal["", "planned", "released", "running", "done"] = ""
    late: Literal["", "1"] = ""
    sort: Literal["start", "end", "order", "machine", "state"] = "start"
    page: int = Field(default=1, ge=1, le=10_000)


def add_pages(room: Blueprint, service: Service) -> None:
    """Routes under /planner."""
    room.add_app_template_global(span, "span_words")

    @room.get("/planner")
    @requires(Permission.VIEW_PLAN)
    def board() -> str:
        return render_template(
            "scheduler/board.html",
            board=service.board(),
            version=service.plan_version(),
            texts={name: sentence(name, current_language()) for name in SCRIPT_TEXTS},
            may_plan=current_principal().may(Permission.CHANGE_PLAN),
        )

    @room.post("/planner/plan")
    @requires(Permission.CHANGE_PLAN)
    def plan_anew() -> Response:
        service.ask_for_plan(current_principal())
        flash(render(Message(id="scheduler.board.asked"), current_language()), "info")
        return redirect(url_for("scheduler.board"), 303)

    @room.get("/planner/version")
    @requires(Permission.VIEW_PLAN)
    def version() -> str:
        return render_template("scheduler/version.html", version=service.plan_version())

    @room.get("/planner/table")
    @requires(Permission.VIEW_PLAN)
    def table() -> str:
        wanted = query(TableQuery)
        seen = service.board()
        rows = sorted_rows(seen, wanted.order, wanted.group, wanted.state, bool(wanted.late), wanted.sort)
        page = min(wanted.page, max(1, -(-len(rows) // PAGE)))
        first = (page - 1) * PAGE
        return render_template(
            "scheduler/table.html",
            board=seen,
            rows=rows[first : first + PAGE],
            matching=len(rows),
            wanted=wanted,
            states=[state for state in OperationState if state in ("planned", "released", "running", "done")],
            previous=_page(page - 1) if page > 1 else None,
            following=_page(page + 1) if first + PAGE < len(rows) else None,
        )

    @room.get("/planner/orders/<order>")
    @requires(Permission.VIEW_PLAN)
    def way(order: str) -> str:
        return render_template("scheduler/way.html", way=service.way(order))


def _page(number: int) -> str:
    args: dict[str, Any] = {**request.args.to_dict(), "page": number}
    return url_for("scheduler.table", **args)
