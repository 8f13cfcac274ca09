"""When is a plan made anew though no order came? When one comes close to missing its promise while others have time left."""

from datetime import timedelta

from sqlmodel import select

from ledger.unit_of_work import LedgerTransaction
from scheduler.engine.operations import instant, seconds_of
from scheduler.engine.promise import at_risk
from scheduler.live_plan import FIRM, LivePlan
from scheduler.tables import PlanVersionRow

PLAN = "scheduler.plan"
"""Job kind: make and publish a plan; key: the plant."""
REPLAN = "scheduler.replan"
"""Agenda kind: an order is at risk; a new plan may save it."""
RISK = "scheduler.reason.risk"
"""Why such a plan was made (message id)."""


def replan(transaction: LedgerTransaction, live: LivePlan) -> None:
    """Order a plan when an order is at risk; so soon after the last one later, for the shop needs plans that stand."""
    with live.read(transaction.session, seconds_of(transaction.now)) as book:
        plant, version = book.plant, book.version
        risky = any(promise.state == FIRM and at_risk(plant, promise.finish_s, promise.due_s) for promise in book.promises.values())
    if not risky:
        return
    planned_s = transaction.session.exec(
        select(PlanVersionRow.at_s).where(PlanVersionRow.plant == live.plant, PlanVersionRow.version == version)
    ).one()
    next_at = instant(planned_s) + timedelta(hours=plant.planning.replan_h)
    if transaction.now < next_at:
        transaction.schedule(REPLAN, live.plant, next_at)
    else:
        transaction.enqueue(PLAN, live.plant, {"reason": RISK})
