"""How a work order's document is kept under its revision, ended, and told to whoever may hold it."""

from typing import Literal

from sqlmodel import col, select

from contracts.work_order import WorkOrderDocument
from ledger.unit_of_work import LedgerTransaction
from mes_bridge.engine.protocols import amqp
from mes_bridge.engine.protocols.webhook import State
from mes_bridge.engine.work_order_document import content_hash
from mes_bridge.floor import Floor
from mes_bridge.lines import AnyWorkOrder
from mes_bridge.tables import RevisionRow
from mes_bridge.webhooks import Webhooks


class Revisions:
    def __init__(self, publish_amqp: bool, webhooks: Webhooks) -> None:
        self._publish_amqp = publish_amqp
        self._webhooks = webhooks

    def keep(self, ledger: LedgerTransaction, row: AnyWorkOrder, content: WorkOrderDocument, standing: str) -> None:
        """Store the document; a current one is also sent to whoever is told."""
        ledger.session.add(
            RevisionRow(
                work_order=row.id,
                revision=content.revision,
                document=content.model_dump(mode="json"),
                content_sha256=content_hash(content),
                standing=standing,
            )
        )
        if standing == "current":
            self._tell(ledger, row, content, "released")

    def end(self, ledger: LedgerTransaction, row: AnyWorkOrder, standing: Literal["superseded", "cancelled"]) -> None:
        """What a manufacturing execution system may hold of it is superseded or cancelled, and said so on every way."""
        ended = ledger.session.get_one(RevisionRow, (row.id, row.revision))
        ended.standing = standing
        ended.holder = row.holder
        ledger.session.add(ended)
        self._tell(ledger, row, WorkOrderDocument.model_validate(ended.document), standing)

    def save(self, floor: Floor) -> None:
        """Save the piece, and let ended revisions carry the number under which their work order changed."""
        floor.save()
        ended = floor.session.exec(
            select(RevisionRow).where(
                col(RevisionRow.work_order).in_(list(floor.rows)),
                RevisionRow.change == 0,
                col(RevisionRow.standing).in_(("superseded", "cancelled")),
            )
        ).all()
        for revision in ended:
            revision.change = floor.rows[revision.work_order].change
            floor.session.add(revision)

    def _tell(self, ledger: LedgerTransaction, row: AnyWorkOrder, content: WorkOrderDocument, state: State) -> None:
        self._webhooks.tell(ledger, content, row.plant, row.machine_group, state)
        if self._publish_amqp:
            message = amqp.encode(content, row.plant, row.machine_group, state)
            ledger.send("amqp", message.message_id, amqp.as_outside(message), lane=content.work_order)
