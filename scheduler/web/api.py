"""The plan over HTTP: what stands when, an order's way, a new plan."""

from flask import Blueprint, Response

from contracts.access import Permission
from contracts.model import Contract
from contracts.ports import Specifications
from contracts.problems import InvalidInput, NotFound
from presentation.api import answer, describe, query
from presentation.guard import current_principal, requires
from presentation.language import current_language
from scheduler.board import Board
from scheduler.service import Service
from scheduler.web.products import ShownWay, with_products
from scheduler.web.told import ToldLateness, told


class PlanQuery(Contract):
    since: int | None = None
    """Number of the last change that the caller knows: then only what changed after it."""


class JobAccepted(Contract):
    job: str
    href: str


def add_api(room: Blueprint, service: Service, specifications: Specifications) -> None:
    """Routes under /api/v1."""

    @room.get("/api/v1/plans/current")
    @requires(Permission.VIEW_PLAN)
    @describe(
        "The live plan: machines, operations, orders, load and key figures", query=PlanQuery, answers={200: Board}, problems=(InvalidInput,)
    )
    def plan() -> Response:
        return answer(service.board(query(PlanQuery).since), headers={"Cache-Control": "no-store"})

    @room.post("/api/v1/plans")
    @requires(Permission.CHANGE_PLAN)
    @describe(
        "Have the plan made anew; answers at once with the job",
        answers={202: JobAccepted},
        again=lambda outcome: accepted(outcome["job"]),
    )
    def new_plan() -> Response:
        return accepted(service.ask_for_plan(current_principal()))

    def accepted(job: str) -> Response:
        return answer(JobAccepted(job=job, href=f"/api/v1/jobs/{job}"), 202)

    @room.get("/api/v1/orders/<order>/way")
    @requires(Permission.VIEW_PLAN)
    @describe(
        "An order's whole way through the plant, with slack and the operations that decide its finish",
        answers={200: ShownWay},
        problems=(NotFound,),
    )
    def api_way(order: str) -> Response:
        return answer(with_products(service.way(order), specifications), headers={"Cache-Control": "no-store"})

    @room.get("/api/v1/orders/<order>/lateness")
    @requires(Permission.VIEW_PLAN)
    @describe("Why an order is late, and what would help", answers={200: ToldLateness}, problems=(NotFound,))
    def lateness(order: str) -> Response:
        return answer(told(service.lateness(order), current_language()), headers={"Cache-Control": "no-store"})
