"""Which names does the system that speaks use?"""

from sqlalchemy import Connection, bindparam, select

from contracts.access import Principal, Role
from ledger.unit_of_work import LedgerTransaction
from mes_bridge.engine.vocabulary import Vocabulary
from mes_bridge.tables import VOCABULARY

_NAMES = select(VOCABULARY.c.names).where(VOCABULARY.c.client == bindparam("of_client"))


def spoken_by(transaction: LedgerTransaction, principal: Principal) -> Vocabulary:
    """People use ours."""
    if principal.role is not Role.MACHINE_CLIENT:
        return Vocabulary()
    return transaction.once(f"names of {principal.id}", lambda: of_client(transaction.connection, principal.id))


def of_client(connection: Connection, client: str) -> Vocabulary:
    names = connection.execute(_NAMES, {"of_client": client}).scalar()
    return Vocabulary() if names is None else Vocabulary(names, True)
