"""How a design is kept: its decisions and wishes after each change, body measures and wishes sealed apart."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from sqlmodel import Session

from configurator.engine.decisions import NONE, Decision, Decisions
from configurator.engine.family.family import Family
from configurator.engine.wishes import NO_WISHES, Wishes
from configurator.tables import DecisionRow, DesignRow
from contracts.access import Principal
from contracts.problems import NotFound, NotPermitted, StaleRevision
from ledger.unit_of_work import LedgerTransaction
from ledger.vault import Vault

ANYBODY = "anonymous"
"""Owner of a design that was made without a session: whoever has its address decides in it, nobody names or removes it."""

PRICE, DATE = "wish:price", "wish:date"
"""Wishes among what is sealed; no dimension has such a name."""

GARMENT = "garment:"
"""Before the measure's name among what is sealed: the size of a garment that was measured there instead of the body."""
NO_GARMENT: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class Decided:
    """What one revision holds; ``undoes_to``: the revision that an undo brings back.

    ``filled``: those of the decisions that a completion filled in, as far as the customer has not made them since. ``garment``: when the
    measures were worked out from one, the sizes that the product had then, by measure.
    """

    decisions: Decisions
    wishes: Wishes
    undoes_to: int | None
    filled: Decisions = NONE
    garment: Mapping[str, int] = NO_GARMENT


@dataclass(frozen=True)
class StoredDesign:
    """A design as it stands."""

    id: str
    family_sha256: str
    owner: str
    person: str
    revision: int
    decisions: Decisions
    undoes_to: int | None
    name: str = ""
    wishes: Wishes = NO_WISHES
    filled: Decisions = NONE
    garment: Mapping[str, int] = NO_GARMENT

    @property
    def own(self) -> Decisions:
        """What the customer decided, without what a completion filled in."""
        return self.decisions - self.filled

    def belongs_to(self, principal: Principal) -> bool:
        """Whether the principal may decide in it."""
        return self.owner in (principal.id, ANYBODY)

    def seen_by(self, principal: Principal, family: Family) -> "StoredDesign":
        """The design as the principal may see it: who may not decide in it sees no wish, no measure, and nothing that follows from one."""
        if self.belongs_to(principal):
            return self
        shown = frozenset(each for each in self.decisions if not family.is_measure(each.name))
        return replace(self, decisions=shown, wishes=NO_WISHES, garment=NO_GARMENT)

    def owned_by(self, principal: Principal) -> bool:
        """Whether it is the principal's own, to name and to remove."""
        return self.owner == principal.id != ANYBODY


def read_design(session: Session, vault: Vault, design: str) -> StoredDesign:
    """Raises NotFound."""
    row = session.get(DesignRow, design)
    if row is None:
        raise NotFound("design", design)
    decided = decided_at(session, vault, row, row.revision)
    name = opened(session, vault, row.person, row.name).get("name", "")
    return StoredDesign(
        row.id,
        row.family_sha256,
        row.owner,
        row.person,
        row.revision,
        decided.decisions,
        decided.undoes_to,
        name,
        decided.wishes,
        decided.filled,
        decided.garment,
    )


def decided_at(session: Session, vault: Vault, row: DesignRow, revision: int) -> Decided:
    """What one revision holds; measures and wishes of an erased person are gone."""
    found = session.get(DecisionRow, (row.id, revision))
    if found is None:
        return Decided(NONE, NO_WISHES, None)
    sealed = opened(session, vault, row.person, found.measures)
    most, latest = sealed.pop(PRICE, None), sealed.pop(DATE, None)
    garment = {name.removeprefix(GARMENT): sealed.pop(name) for name in list(sealed) if name.startswith(GARMENT)}
    filled = frozenset(Decision(name, value) for name, value, *by_completion in found.decisions if by_completion)
    own = frozenset(Decision(name, value) for name, value, *by_completion in (*found.decisions, *sealed.items()) if not by_completion)
    return Decided(own | filled, Wishes(most, None if latest is None else date.fromisoformat(latest)), found.undoes_to, filled, garment)


def opened(session: Session, vault: Vault, person: str, sealed: bytes | None) -> dict[str, Any]:
    """What was sealed; nothing of an erased person."""
    if sealed is None:
        return {}
    try:
        return vault.open_content(session, person, sealed)
    except NotFound:
        return {}


def changeable(design: StoredDesign, revision: int, principal: Principal) -> None:
    """Raises NotPermitted for somebody else's design, StaleRevision when it changed since it was read."""
    if not design.belongs_to(principal):
        raise NotPermitted
    if design.revision != revision:
        raise StaleRevision(revision, design.revision)


def append(
    transaction: LedgerTransaction,
    design: StoredDesign,
    family: Family,
    decisions: Decisions,
    undoes_to: int | None,
    wishes: Wishes | None = None,
    filled: Decisions = NONE,
    garment: Mapping[str, int] | None = None,
) -> StoredDesign:
    """Write the next revision; the design as it is then. ``filled``, ``garment``: as in ``Decided``.

    None keeps the design's wishes, and its garment while no measure changes.
    """
    session = transaction.session
    row = session.get(DesignRow, design.id, with_for_update=True, populate_existing=True)
    if row is None or row.revision != design.revision:
        raise StaleRevision(design.revision, row.revision if row is not None else 0)
    row.revision += 1
    measures = {each.name: int(each.value) for each in decisions if family.is_measure(each.name)}
    if garment is None:
        were = {each.name: each.value for each in design.decisions if family.is_measure(each.name)}
        garment = design.garment if were == measures else NO_GARMENT
    wished = design.wishes if wishes is None else wishes
    sealed = measures | _told(wished) | {GARMENT + name: size for name, size in garment.items()}
    session.add(
        DecisionRow(
            design=design.id,
            revision=row.revision,
            decisions=[_kept(each, each in filled) for each in sorted(decisions) if each.name not in measures],
            measures=transaction.seal(design.person, sealed) if sealed else None,
            undoes_to=undoes_to,
            at=transaction.now,
        )
    )
    return replace(design, revision=row.revision, decisions=decisions, undoes_to=undoes_to, wishes=wished, filled=filled, garment=garment)


def _kept(decision: Decision, by_completion: bool) -> list[Any]:
    return [decision.name, decision.value, True] if by_completion else [decision.name, decision.value]


def _told(wishes: Wishes) -> dict[str, Any]:
    """Wishes as they are sealed."""
    told = {PRICE: wishes.most, DATE: None if wishes.latest is None else wishes.latest.isoformat()}
    return {name: value for name, value in told.items() if value is not None}
