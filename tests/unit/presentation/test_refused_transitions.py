"""Can every refused transition that the code raises be told in both languages?"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from contracts.order import OrderState
from contracts.plan import OperationState
from contracts.problems import TransitionRefused
from contracts.texts import LANGUAGES, Language
from contracts.work_order import Answer, WorkOrderState
from ledger.clock import Mode
from presentation.explaining import explained
from presentation.texts import sentences
from scheduler import learned, live_plan, scenarios
from scheduler.ordered_overtime import ADOPTED
from storefront.payment import PaymentState

ROOT = Path(__file__).parents[3]
PACKAGES = ("contracts", "ledger", "presentation", "configurator", "scheduler", "mes_bridge", "storefront", "lotone")
JOB = {"queued", "running", "done", "failed", "cancelled"}
STATES: dict[str, set[str]] = {
    "answer": set(get_args(Answer.model_fields["answer"].annotation)),
    "clock": set(get_args(Mode)),
    "complaint": set(),
    "design": set(),
    "job": JOB,
    "learned time": set(learned.TIME_STATES),
    "operation": set(OperationState),
    "order": set(OrderState),
    "payment": set(PaymentState),
    "proposal": (JOB - {"done"}) | {"taken"},
    "reservation": {live_plan.HELD, live_plan.FIRM, live_plan.DONE, live_plan.RELEASED},
    "second factor": {"on", "off"},
    "scenario": {scenarios.ASKED, scenarios.TRIED, ADOPTED, scenarios.DISCARDED, scenarios.WITHDRAWN},
    "work order": set(WorkOrderState),
}
"""What each thing can be, beyond the words that stand in the code that refuses. A done proposal is published, taken or unfit."""


def refusals() -> Iterator[ast.Call]:
    """Every place that raises TransitionRefused."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "TransitionRefused":
                    yield node


def words(expression: ast.expr) -> set[str]:
    """The states that stand in an expression as they are; what only compares is none of them."""
    if isinstance(expression, ast.IfExp):
        return words(expression.body) | words(expression.orelse)
    return {expression.value} if isinstance(expression, ast.Constant) else set()


def things() -> dict[str, set[str]]:
    """Each thing of which the code refuses a transition, with everything that it can be or was to become."""
    found: dict[str, set[str]] = {}
    for call in refusals():
        thing, state, wanted = call.args
        assert isinstance(thing, ast.Constant), ast.unparse(call)
        found.setdefault(thing.value, set()).update(words(state), words(wanted))
    return {thing: named | STATES[thing] for thing, named in found.items()}


def test_the_table_above_has_the_things_that_the_code_refuses_and_no_others() -> None:
    assert {call.args[0].value for call in refusals() if isinstance(call.args[0], ast.Constant)} == set(STATES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_a_refusal_has_its_words(language: Language) -> None:
    needed = {f"state.{thing.replace(' ', '_')}.{state}" for thing, states in things().items() for state in states}
    assert "state.clock.advance" in needed
    assert needed - set(sentences(language)) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_clock_that_is_stepped_says_so(language: Language) -> None:
    _, detail = explained(TransitionRefused("clock", "stepped", "rate"), language)
    assert sentences(language)["state.clock.stepped"][0] in detail
    assert "state." not in detail
