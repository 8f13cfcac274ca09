"""What would the bridge make of a shop's log? Its orders are released, its rows reported as if a client sent them, one after the other."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import batched

from sqlmodel import col, func, select

from contracts.access import SYSTEM, Principal, Role
from contracts.bundle import Bundled, BundledReport
from contracts.events import OperationsReleased
from contracts.plan import OperationKey, ReleasedOperation
from contracts.problems import NotFound, Problem
from contracts.product import WHOLE, ManufacturingSpecification, OperationSpec, Price
from contracts.texts import Language, Localised
from contracts.units import Money
from contracts.work_order import Receipt, Report, ReportKind
from ledger.unit_of_work import Ledger
from mes_bridge.bundles import Answered
from mes_bridge.engine.shop_log import LogRow, Unreadable
from mes_bridge.gauges import NoGauges
from mes_bridge.service import Service
from mes_bridge.tables import ReportRow, WorkOrderRow

SENDER = Principal(id="shop-log", role=Role.MACHINE_CLIENT, name="shop's log")
PLANT = "log"
REPORTS_TOGETHER = 200
"""As many as a client may send at once."""

Progress = Callable[[int, int], None]
Operation = tuple[str, int]
"""Order and sequence: what a row reports about."""


@dataclass(frozen=True)
class Quarantined:
    row: int
    reason: str


@dataclass(frozen=True)
class Replayed:
    """``minutes`` and quantities are those that stand in the ledger afterwards, not those of the file."""

    rows: int
    accepted: int
    quarantined: tuple[Quarantined, ...]
    minutes: int
    quantity_completed: int
    quantity_scrapped: int


def replay(ledger: Ledger, log: Sequence[tuple[int, LogRow | Unreadable]], progress: Progress) -> Replayed:
    """Every row as two reports of one operation, its start and its completion, over the way that all protocols share.

    ``ledger``: an empty one; ``progress(done, of)`` is told rows.
    """
    readable = [(number, row) for number, row in log if isinstance(row, LogRow)]
    refused = {number: row.reason for number, row in log if isinstance(row, Unreadable)}
    orders = _orders(row for _, row in readable)
    service = Service(ledger, _Specifications(orders), NoGauges())
    for operations in orders.values():
        _release(service, operations)
    work_orders = _work_orders(ledger)
    done = 0
    for rows in batched(readable, REPORTS_TOGETHER // 2):
        messages = [message for _, row in rows for message in _reports(row, work_orders[row.order, row.sequence])]
        answers = service.bundle(messages, SENDER)
        for (number, _), *answered in zip(rows, answers[::2], answers[1::2], strict=True):
            reasons = [reason for answer in answered if (reason := _refusal(answer)) is not None]
            if reasons:
                refused[number] = reasons[0]
        done += len(rows)
        progress(done, len(readable))
    minutes, completed, rejected = _totals(ledger)
    quarantined = tuple(Quarantined(number, refused[number]) for number in sorted(refused))
    return Replayed(len(log), len(log) - len(refused), quarantined, minutes, completed, rejected)


def _orders(rows: Iterable[LogRow]) -> dict[str, list[LogRow]]:
    """The first row of every operation, by order: what is released. A log says nothing of what had to wait for what."""
    first: dict[Operation, LogRow] = {}
    for row in rows:
        first.setdefault((row.order, row.sequence), row)
    orders: dict[str, list[LogRow]] = {}
    for row in first.values():
        orders.setdefault(row.order, []).append(row)
    return orders


class _Specifications:
    """One for each order of the log: its operations as they were reported, without materials or checkpoints."""

    def __init__(self, orders: dict[str, list[LogRow]]) -> None:
        self._known = {each.sha256(): each for each in map(specification_of, orders.values())}

    def specification(self, sha256: str) -> ManufacturingSpecification:
        """Raises NotFound."""
        if sha256 not in self._known:
            raise NotFound("specification", sha256)
        return self._known[sha256]

    def drawing_svg(self, sha256: str, language: Language, picture: str = WHOLE) -> str:
        """A log has no drawings. Raises NotFound."""
        raise NotFound("drawing", sha256)


def specification_of(rows: Sequence[LogRow]) -> ManufacturingSpecification:
    """What an order's rows tell of its making."""
    nothing = Money(amount=0, currency="EUR")
    return ManufacturingSpecification(
        family=PLANT,
        family_label=_said(PLANT),
        family_version="1",
        family_sha256="0" * 64,
        choices=(),
        dimensions=(),
        materials=(),
        routing=tuple(
            OperationSpec(
                sequence=row.sequence,
                name=row.operation,
                label=_said(row.operation),
                machine_group=row.machine,
                setup_family="-",
                run_s=_run_s(row),
            )
            for row in rows
        ),
        quality=(),
        price=Price(lines=(), net=nothing, tax_percent=0, tax=nothing, total=nothing),
    )


def _release(service: Service, rows: Sequence[LogRow]) -> None:
    sha256 = specification_of(rows).sha256()
    operations = tuple(
        ReleasedOperation(
            key=OperationKey(row.order, row.sequence),
            order=row.order,
            plant=PLANT,
            specification_sha256=sha256,
            name=row.operation,
            label=_said(row.operation),
            machine_group=row.machine,
            machine=row.machine,
            setup_family="-",
            planned_start_at=row.began_at,
            planned_end_at=row.completed_at,
            run_s=_run_s(row),
            after=(),
            materials=(),
            revision=1,
        )
        for row in rows
    )
    with service.ledger.transaction(SYSTEM) as transaction:
        service.on_operations_released(transaction, OperationsReleased(order=rows[0].order, plant=PLANT, operations=operations))


def _work_orders(ledger: Ledger) -> dict[Operation, str]:
    with ledger.reading() as session:
        found = session.exec(select(WorkOrderRow.piece, WorkOrderRow.sequence, WorkOrderRow.id)).all()
    return {(piece, sequence): identifier for piece, sequence, identifier in found}


def _reports(row: LogRow, work_order: str) -> Iterator[Bundled]:
    kinds: tuple[ReportKind, ...] = ("started", "completed")
    for kind, at in zip(kinds, (row.began_at, row.completed_at), strict=True):
        done = kind == "completed"
        report = Report(
            report=f"{kind} {work_order}",
            revision=1,
            kind=kind,
            machine=row.machine,
            at=at,
            quantity=row.quantity_completed if done else 0,
            rejected=row.quantity_to_mrb if done else 0,
            reason=row.report,
            operator=row.worker,
        )
        yield BundledReport(type="report", work_order=work_order, content=report)


def _refusal(answer: Answered) -> str | None:
    """Why a report was not taken; None: it was."""
    if isinstance(answer, Problem):
        return answer.type
    return answer.reason if isinstance(answer, Receipt) and answer.result == "quarantined" else None


def _totals(ledger: Ledger) -> tuple[int, int, int]:
    """Minutes worked, quantity completed, quantity given to material review."""
    with ledger.reading() as session:
        worked = session.exec(select(WorkOrderRow.started_at, WorkOrderRow.finished_at)).all()
        completed, rejected = session.exec(
            select(func.sum(ReportRow.quantity), func.sum(ReportRow.rejected)).where(col(ReportRow.kind) == "completed")
        ).one()
    minutes = sum((finished - started) // timedelta(minutes=1) for started, finished in worked if started and finished)
    return minutes, completed or 0, rejected or 0


def _run_s(row: LogRow) -> int:
    return max(row.minutes * 60, 1)


def _said(text: str) -> Localised:
    return Localised(en=text, zh=text)
