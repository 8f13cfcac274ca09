"""What would a newer version of a family be to the designs and open orders of the older ones? They stay on theirs all the same."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session, col, select

from configurator.catalogue import Catalogue, PublishedFamily
from configurator.designs import decided_at
from configurator.engine.configurator import CompiledFamily
from configurator.engine.decisions import Decision, Decisions
from configurator.tables import DesignRow, FamilyRow
from contracts.model import Contract
from contracts.ports import OpenPiece
from contracts.texts import Text
from contracts.units import Money
from ledger.vault import Vault

Fate = Literal["stays", "other_price", "refused", "gone"]
"""Of equal decisions in the newer version: the same price, another price, rules exclude them, or what they name is gone."""
MOST_SHOWN = 20


class Hit(Contract):
    """A design, or a piece of an order, that would not be as it is."""

    design: str
    order: str | None
    fate: Fate
    names: tuple[str, ...] = ()
    """What is gone, or the rules that exclude it."""
    texts: tuple[Text, ...] = ()
    """Those rules in the customer's words."""
    old: Money | None = None
    """With tax; of another price."""
    new: Money | None = None


class Affected(Contract):
    """``designs`` and ``orders`` count by fate; ``hits`` are the first of those that would not stay as they are, orders before designs."""

    designs: dict[Fate, int]
    orders: dict[Fate, int]
    hits: tuple[Hit, ...]


@dataclass(frozen=True)
class Kept:
    """A design as it was left, or as it was ordered."""

    design: str
    order: str | None
    published: PublishedFamily
    decisions: Decisions


def kept_of(session: Session, vault: Vault, families: Catalogue, newer: PublishedFamily, ordered: Sequence[OpenPiece]) -> list[Kept]:
    """Open orders, then every design that somebody has and decided in, of the family's other versions."""
    of_family = FamilyRow.family == newer.family.name
    others = session.exec(select(FamilyRow.sha256).where(of_family, FamilyRow.sha256 != newer.family.sha256)).all()
    older = {sha256: families.by_sha256(session, sha256) for sha256 in others}
    pieces = {piece.design: session.get(DesignRow, piece.design) for piece in ordered}
    saved = session.exec(
        select(DesignRow)
        .where(col(DesignRow.family_sha256).in_(older), DesignRow.owner != "", DesignRow.revision > 0)
        .order_by(col(DesignRow.created_at).desc(), col(DesignRow.id))
    )
    wanted: list[tuple[DesignRow, int, str | None]] = [
        *((row, piece.revision, piece.order) for piece in ordered if (row := pieces[piece.design]) is not None),
        *((row, row.revision, None) for row in saved),
    ]
    return [
        Kept(row.id, order, older[row.family_sha256], decided_at(session, vault, row, revision).decisions)
        for row, revision, order in wanted
        if row.family_sha256 in older
    ]


def affected(kept: Iterable[Kept], newer: PublishedFamily) -> Affected:
    """Equal decisions are asked once."""
    known: dict[tuple[str, Decisions], Hit] = {}
    designs: dict[Fate, int] = dict.fromkeys(("stays", "other_price", "refused", "gone"), 0)
    orders = dict(designs)
    hits: list[Hit] = []
    for each in kept:
        key = (each.published.family.sha256, each.decisions)
        if key not in known:
            known[key] = _fate(each.published.compiled, newer.compiled, each.decisions)
        hit = known[key].model_copy(update={"design": each.design, "order": each.order})
        (designs if each.order is None else orders)[hit.fate] += 1
        if hit.fate != "stays" and len(hits) < MOST_SHOWN:
            hits.append(hit)
    return Affected(designs=designs, orders=orders, hits=tuple(hits))


def _fate(old: CompiledFamily, new: CompiledFamily, decisions: Decisions) -> Hit:
    """What is not wanted and does not exist any more is missed by nobody."""
    gone = sorted(each.name for each in decisions if each.value is not False and not _known(new, each))
    if gone:
        return Hit(design="", order=None, fate="gone", names=tuple(gone))
    wanted = frozenset(each for each in decisions if _known(new, each))
    conflict = new.conflict(wanted)
    if conflict is not None:
        says = tuple(rule.say for rule in conflict.rules)
        return Hit(design="", order=None, fate="refused", names=tuple(rule.id for rule in conflict.rules), texts=says)
    was = Money(amount=old.pricing.total(old.reference(decisions)), currency=old.family.currency)
    now = Money(amount=new.pricing.total(new.reference(wanted)), currency=new.family.currency)
    if was == now:
        return Hit(design="", order=None, fate="stays")
    return Hit(design="", order=None, fate="other_price", old=was, new=now)


def _known(compiled: CompiledFamily, decision: Decision) -> bool:
    family = compiled.family
    option, _, value = decision.name.partition(".")
    if option in family.options:
        return value in family.options[option].values
    dimensions: Mapping[str, object] = family.dimensions
    return option in dimensions and decision.value in family.dimensions[option].domain
