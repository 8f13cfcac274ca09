"""A copy of an ordered design, in which its buyer may change the order from another device."""

from configurator.catalogue import PublishedFamily
from configurator.designs import ANYBODY, StoredDesign, append, decided_at
from configurator.tables import DesignRow
from contracts.access import Principal
from contracts.problems import NotFound
from ledger.identifiers import new_id
from ledger.unit_of_work import LedgerTransaction
from ledger.vault import Vault


def copy_for_buyer(
    transaction: LedgerTransaction,
    vault: Vault,
    published: PublishedFamily,
    ordered: StoredDesign,
    revision: int,
    buyer: str,
    principal: Principal,
) -> str:
    """A new design of the principal's, of the same version of its family, that begins at the ordered revision; its id.

    ``buyer``: the principal who ordered. Measures are copied when they are the buyer's own, and stay under the buyer's key, so that
    erasing the buyer erases them here too; anybody else's are left out. Wishes were for the design, and stay there.
    """
    session = transaction.session
    row = session.get(DesignRow, ordered.id)
    if row is None:
        raise NotFound("design", ordered.id)
    stood = decided_at(session, vault, row, revision)
    decisions = stood.decisions
    measures = {name for name, dimension in published.family.dimensions.items() if dimension.measure}
    own = ordered.person == buyer and any(each.name in measures for each in decisions)
    if not own:
        decisions = frozenset(each for each in decisions if each.name not in measures)
    nobody = new_id("person") if principal.id == ANYBODY else principal.id
    copy = StoredDesign(new_id("design"), ordered.family_sha256, principal.id, buyer if own else nobody, 0, decisions, None)
    session.add(DesignRow(id=copy.id, family_sha256=copy.family_sha256, owner=copy.owner, person=copy.person, created_at=transaction.now))
    session.flush()
    append(transaction, copy, published.family, decisions, None, filled=stood.filled, garment=stood.garment if own else None)
    return copy.id
