"""Which designs are somebody's, what they call them, and how one leaves their list."""

from sqlmodel import Session, and_, col, func, select

from configurator.designs import ANYBODY, read_design
from configurator.tables import DecisionRow, DesignRow
from contracts.access import Principal
from contracts.model import Instant
from contracts.problems import FieldProblem, InvalidInput, NotFound, NotPermitted
from ledger.unit_of_work import LedgerTransaction
from ledger.vault import Vault

LONGEST_NAME = 60


def designs_of(session: Session, principal: Principal) -> list[tuple[str, Instant]]:
    """The principal's designs and when each was changed last, the latest first. Nobody owns what was made without a session."""
    if principal.id == ANYBODY:
        return []
    last = and_(col(DecisionRow.design) == DesignRow.id, col(DecisionRow.revision) == DesignRow.revision)
    changed_at = func.coalesce(DecisionRow.at, DesignRow.created_at)
    query = (
        select(DesignRow.id, changed_at)
        .join(DecisionRow, last, isouter=True)
        .where(DesignRow.owner == principal.id)
        .order_by(changed_at.desc(), col(DesignRow.id).desc())
    )
    return [(design, at) for design, at in session.exec(query)]


def call(transaction: LedgerTransaction, vault: Vault, design: str, name: str, principal: Principal) -> None:
    """Call the principal's design by a name; an empty one takes it away. Raises InvalidInput, NotFound, NotPermitted.

    An address opens a design, it makes nobody its owner: what was made without a session has no name and is removed by nobody.
    """
    written = " ".join(name.split())
    if len(written) > LONGEST_NAME:
        raise InvalidInput(errors=(FieldProblem("/name", "field.too_long", {"max_length": LONGEST_NAME}),))
    row = _own_row(transaction, vault, design, principal)
    row.name = transaction.seal(row.person, {"name": written}) if written else None


def let_go(transaction: LedgerTransaction, vault: Vault, design: str, principal: Principal) -> None:
    """Nobody owns or changes the design any more, and its name is gone; orders and whoever has its address find it. As ``call``."""
    row = _own_row(transaction, vault, design, principal)
    row.owner, row.name = "", None


def _own_row(transaction: LedgerTransaction, vault: Vault, design: str, principal: Principal) -> DesignRow:
    row = transaction.session.get(DesignRow, design, with_for_update=True)
    if row is None:
        raise NotFound("design", design)
    if not read_design(transaction.session, vault, design).owned_by(principal):
        raise NotPermitted
    return row
