"""When is a plan made anew though no order came? When one comes close to missing its promise while others have time left."""

from datetime import timedelta
from typing import Any

from sqlmodel import Session, select

from contracts.model import Instant
from contracts.texts import Message
from ledger.jobs import jobs
from ledger.unit_of_work import LedgerTransaction
from scheduler import reasons
from scheduler.engine.operations import instant, seconds_of
from scheduler.engine.promise import at_risk
from scheduler.live_plan import FIRM, LivePlan
from scheduler.reasons import ORDER
from scheduler.tables import PlanVersionRow

PLAN = "scheduler.plan"
"""Job kind: make and publish a plan; key: the plant."""
REPLAN = "scheduler.replan"
"""Agenda kind: an order is at risk; a new plan may save it."""
AGAIN = timedelta(minutes=5)
"""Real time after which a plan that could not be made is tried again: one that never can be takes no more than its share of the machine."""


def ordered(reason: Message) -> dict[str, Any]:
    """What a plan's job holds."""
    return {"reason": reason.model_dump(mode="json")}


def given_up(session: Session, plant: str, real_now: Instant) -> bool:
    """Whether the last plan that was ordered was given up (its runner died or it failed, again and again) some time ago."""
    last = jobs(session.connection(), kind=PLAN, key=plant, limit=1)
    return bool(last) and last[0].state == "failed" and last[0].finished_at is not None and last[0].finished_at + AGAIN <= real_now


def plan_again(transaction: LedgerTransaction, live: LivePlan) -> None:
    """Order the plan that was given up when orders still wait for their place in one."""
    if not given_up(transaction.session, live.plant, transaction.real_now):
        return
    with live.read(transaction.session, seconds_of(transaction.now)) as book:
        firm = [promise for promise in book.promises.values() if promise.state == FIRM]
        waits = any(each.planned_version == 0 or at_risk(book.plant, each.finish_s, each.due_s) for each in firm)
    if waits:
        transaction.enqueue(PLAN, live.plant, ordered(Message(id=ORDER)))


def replan(transaction: LedgerTransaction, live: LivePlan) -> None:
    """Order a plan when an order is at risk; so soon after the last one later, for the shop needs plans that stand."""
    with live.read(transaction.session, seconds_of(transaction.now)) as book:
        plant, version = book.plant, book.version
        firm = (promise for promise in book.promises.values() if promise.state == FIRM)
        risky = sorted(promise.order for promise in firm if at_risk(plant, promise.finish_s, promise.due_s))
    if not risky:
        return
    planned_s = transaction.session.exec(
        select(PlanVersionRow.at_s).where(PlanVersionRow.plant == live.plant, PlanVersionRow.version == version)
    ).one()
    next_at = instant(planned_s) + timedelta(hours=plant.planning.replan_h)
    if transaction.now < next_at:
        transaction.schedule(REPLAN, live.plant, next_at)
    else:
        transaction.enqueue(PLAN, live.plant, ordered(reasons.at_risk(risky)))
