"""Which overtime did planners order, and which of it does nobody want any more when one of them takes it back?"""

from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, select

from scheduler.tables import PlannerChangeRow, PlantRow, ScenarioRow

ADOPTED = "adopted"
"""State of a scenario whose overtime is ordered."""


def order_overtime(head: PlantRow, days: Iterable[Sequence[str]]) -> None:
    """Every plan has it from now on. The caller holds the plant's lock."""
    head.ordered = [list(day) for day in sorted({tuple(day) for day in (*head.ordered, *days)})]


def take_back_overtime(session: Session, head: PlantRow, days: Sequence[Sequence[str]], of: str) -> None:
    """Except for what another adopted scenario or hurried order than ``of`` wants too."""
    scenarios = select(ScenarioRow.overtime).where(ScenarioRow.plant == head.plant, ScenarioRow.state == ADOPTED, ScenarioRow.id != of)
    hurried = select(PlannerChangeRow.overtime).where(
        PlannerChangeRow.plant == head.plant, col(PlannerChangeRow.undone_s).is_(None), PlannerChangeRow.id != of
    )
    wanted = [list(day) for query in (scenarios, hurried) for each in session.exec(query).all() for day in each]
    gone = [list(day) for day in days if list(day) not in wanted]
    head.ordered = [day for day in head.ordered if list(day) not in gone]
