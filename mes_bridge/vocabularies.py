"""Which names does the system that speaks use?"""

from sqlalchemy import Connection, bindparam, select

from contracts.access import Principal, Role
from mes_bridge.engine.vocabulary import Vocabulary
from mes_bridge.tables import VOCABULARY

_NAMES = select(VOCABULARY.c.names).where(VOCABULARY.c.client == bindparam("of_client"))


def spoken_by(connection: Connection, principal: Principal) -> Vocabulary:
    """People use ours."""
    return of_client(connection, principal.id) if principal.role is Role.MACHINE_CLIENT else Vocabulary()


def of_client(connection: Connection, client: str) -> Vocabulary:
    names = connection.execute(_NAMES, {"of_client": client}).scalar()
    return Vocabulary() if names is None else Vocabulary(names, True)
