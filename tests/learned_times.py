"""Learned times where there are too few reports to learn from: what more of them would teach of two operations of the plan."""

from sqlmodel import select

from contracts.access import SYSTEM
from lotone.wiring import House
from scheduler.engine.learning import Observed, Work, learn
from scheduler.engine.operations import DAY_S
from scheduler.tables import OperationRow
from scheduler.teaching import Taught, propose

TAKES_PERCENT = (128, 84)
REPORTS = 30


def propose_times(house: House) -> None:
    """Of the first operations by name: one takes longer on every machine, the other one less."""
    with house.ledger.transaction(SYSTEM) as transaction:
        rows = {row.name: row for row in transaction.session.exec(select(OperationRow).order_by(OperationRow.name.desc())).all()}  # type: ignore[attr-defined]
        plant, first_s = house.scheduler.live.plant_as_published(transaction.session), int(transaction.now.timestamp()) - 30 * DAY_S
        chosen = [row for _, row in sorted(rows.items())][: len(TAKES_PERCENT)]
        reports = [
            Observed(
                Work("run", row.name, row.machine, row.setup_family),
                row.standard_s,
                row.standard_s * (percent + number % 11 - 5) // 100,
                first_s + number * DAY_S,
            )
            for row, percent in zip(chosen, TAKES_PERCENT, strict=False)
            for number in range(REPORTS)
        ]
        propose(transaction, plant, Taught(learn(reports), {("run", row.name): row.label for row in chosen}))
