"""The planner's pages: board, list of the same operations, published plans, an order's way."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from contracts.access import Permission
from contracts.ports import Specifications
from contracts.texts import Message
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.lists import add_list, list_page
from presentation.texts import render, sentence
from scheduler.service import Service
from scheduler.web.lists import CHANGES, MATERIALS, OPERATIONS, VERSIONS
from scheduler.web.operation import add_operation_pages, local_moment
from scheduler.web.products import with_products
from scheduler.web.spans import span

SCRIPT_TEXTS = (
    *(
        "scheduler.board.stale",
        "scheduler.board.status",
        "scheduler.board.status.late",
        "scheduler.board.not_found",
        "scheduler.board.found",
        "scheduler.board.hidden",
        "scheduler.board.step",
    ),
    *("scheduler.board.new_version", "scheduler.figure.busiest"),
    *(f"state.operation.{state}" for state in ("planned", "released", "running", "done", "scrapped")),
    *("scheduler.way.title", "scheduler.way.product", "scheduler.way.close", "scheduler.way.page", "scheduler.way.promised"),
    *("scheduler.way.expected", "scheduler.way.due", "scheduler.way.finish"),
    *("scheduler.way.told", "scheduler.way.untold"),
    *("scheduler.way.late", "scheduler.way.order", "scheduler.way.why_late", "scheduler.board.shown"),
    *(f"scheduler.table.{name}" for name in ("machine", "person", "setup", "start", "end", "state")),
    *(f"scheduler.board.other.{kind}" for kind in ("move", "lock", "unlock", "rush", "undone")),
    *("scheduler.board.status.locked", "scheduler.board.undone", "scheduler.board.undone_nearly", "scheduler.change.no_reason"),
    *(f"scheduler.move.{each}" for each in ("of", "moved", "not_sent", "others_first", "cancelled_move", "by_keys", "no_other_machine")),
    *("scheduler.move.choose_first", "scheduler.move.not_yours", "scheduler.move.stands", "scheduler.way.move"),
    *("scheduler.way.slack", "scheduler.way.critical", "scheduler.way.step_slack", "scheduler.way.operations"),
    *("scheduler.span.days", "scheduler.span.hours", "scheduler.span.minutes", "scheduler.figure.none", "scheduler.figure.percent"),
)
"""Sentences that the page's scripts fill."""


def add_pages(room: Blueprint, service: Service, specifications: Specifications) -> None:
    """Routes under /planner."""
    room.add_app_template_global(span, "span_words")
    room.add_app_template_global(local_moment, "local_moment")
    room.add_app_template_global(lambda names: [(name, name) for name in names], "pairs")
    add_operation_pages(room, service)

    @room.get("/planner")
    @requires(Permission.VIEW_PLAN)
    def board() -> str:
        return render_template(
            "scheduler/board.html",
            board=service.board(),
            version=service.plan_version(),
            texts={name: sentence(name, current_language()) for name in SCRIPT_TEXTS},
            may_plan=current_principal().may(Permission.CHANGE_PLAN),
            me=current_principal().name,
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

    @room.get(OPERATIONS.path)
    @requires(OPERATIONS.permission)
    def table() -> str:
        board = service.board()
        groups = [(group.group, group.label) for group in board.groups]
        return render_template("scheduler/table.html", board=board, view=list_page(OPERATIONS, service.operations, {"group": groups}))

    @room.get(VERSIONS.path)
    @requires(VERSIONS.permission)
    def versions() -> str:
        return render_template("scheduler/versions.html", view=list_page(VERSIONS, service.plan_versions))

    add_list(room, OPERATIONS, service.operations)
    add_list(room, VERSIONS, service.plan_versions)

    @room.get(CHANGES.path)
    @requires(CHANGES.permission)
    def changes() -> str:
        planner = current_principal()
        mine = service.to_undo(planner) if planner.may(Permission.CHANGE_PLAN) else None
        return render_template("scheduler/changes.html", view=list_page(CHANGES, service.planner_changes), mine=mine)

    add_list(room, CHANGES, service.planner_changes)

    @room.get(MATERIALS.path)
    @requires(MATERIALS.permission)
    def materials() -> str:
        return render_template("scheduler/materials.html", view=list_page(MATERIALS, service.material_requirements))

    add_list(room, MATERIALS, service.material_requirements)

    @room.get("/planner/orders/<order>")
    @requires(Permission.VIEW_PLAN)
    def way(order: str) -> str:
        found = service.way(order)
        lateness = service.lateness(order) if found.late else None
        return render_template("scheduler/way.html", way=with_products(found, specifications), lateness=lateness)
