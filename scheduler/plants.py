"""How a plant is published: its canonical text becomes a row, its stock is taken into use."""

from sqlmodel import select

from contracts.model import Contract
from contracts.texts import Localised, Message
from ledger.unit_of_work import LedgerTransaction
from scheduler.change import numbered
from scheduler.engine.materials import supplies_at
from scheduler.engine.operations import seconds_of
from scheduler.engine.plant import Plant
from scheduler.replanning import PLAN, ordered
from scheduler.tables import PlantRow, PlanVersionRow, StockRow


class PublishedPlant(Contract):
    """A plant that is live, by the hash of its content."""

    plant: str
    label: Localised
    sha256: str
    changed: bool
    """False when the same content was live already."""


def publish(transaction: LedgerTransaction, text: str, plant: Plant) -> PublishedPlant:
    """Make the plant, which was read from the YAML text, the live one.

    Lots and receipts that the text names for the first time are taken into use now; stock that is known stays as it is.
    """
    transaction.lock_plant(plant.plant)
    row = transaction.session.get(PlantRow, plant.plant, populate_existing=True)
    now_s = seconds_of(transaction.now)
    changed = row is None or row.sha256 != plant.sha256
    if row is None:
        row = PlantRow(plant=plant.plant, text=text, sha256=plant.sha256, mark="", published_at=transaction.now)
        transaction.session.add(row)
        _first_version(transaction, plant, now_s)
        transaction.session.flush()
    if changed:
        row.text, row.sha256, row.published_at = text, plant.sha256, transaction.now
        _take_stock_into_use(transaction, plant, now_s, numbered(transaction.session, row, "plant", plant.sha256, now_s))
        transaction.audit("plant.publish", plant.plant, plant=plant.plant, facts={"sha256": plant.sha256})
        transaction.enqueue(PLAN, plant.plant, ordered(Message(id="scheduler.reason.first")))
    return PublishedPlant(plant=plant.plant, label=plant.label, sha256=plant.sha256, changed=changed)


def _first_version(transaction: LedgerTransaction, plant: Plant, now_s: int) -> None:
    reason = Message(id="scheduler.reason.first").model_dump(mode="json")
    transaction.session.add(PlanVersionRow(plant=plant.plant, version=0, at_s=now_s, seq=0, reason=reason, figures={}))


def _take_stock_into_use(transaction: LedgerTransaction, plant: Plant, now_s: int, seq: int) -> None:
    session = transaction.session
    known = set(session.exec(select(StockRow.item, StockRow.supply).where(StockRow.plant == plant.plant)).all())
    for supply in supplies_at(plant, now_s):
        if (supply.item, supply.supply) not in known:
            session.add(
                StockRow(
                    plant=plant.plant,
                    item=supply.item,
                    supply=supply.supply,
                    lot=supply.lot,
                    quantity=supply.quantity,
                    free=supply.quantity,
                    available_s=supply.available_s,
                    seq=seq,
                )
            )
