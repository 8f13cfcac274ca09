"""Which machine clients may speak for the shop floor: keys of 256 bit, scoped to machine groups, shown once."""

import secrets
from collections.abc import Sequence, Set
from typing import Any

from sqlalchemy import Connection, Select, bindparam, insert, or_, select, update

from contracts.access import Principal, Role
from contracts.model import Contract, Instant
from contracts.problems import FieldProblem, InvalidInput, NotFound
from ledger.columns import UtcInstant
from ledger.identifiers import new_id
from ledger.sign_in import digest
from ledger.tables import MACHINE_CLIENT
from ledger.unit_of_work import Ledger

_STANDING = select(MACHINE_CLIENT).where(
    MACHINE_CLIENT.c.revoked_at.is_(None),
    or_(MACHINE_CLIENT.c.expires_at.is_(None), MACHINE_CLIENT.c.expires_at > bindparam("real_now", type_=UtcInstant)),
)
_BY_KEY = _STANDING.where(MACHINE_CLIENT.c.key_sha256 == bindparam("digest"))
_BY_ID = _STANDING.where(MACHINE_CLIENT.c.id == bindparam("identifier"))
_BY_BROKER_USER = _STANDING.where(MACHINE_CLIENT.c.broker_user == bindparam("user"))


_GROUPS_OF = _STANDING.with_only_columns(MACHINE_CLIENT.c.id, MACHINE_CLIENT.c.machine_groups).where(
    MACHINE_CLIENT.c.id.in_(bindparam("identifiers", expanding=True))
)


class MachineClient(Contract):
    """A key as an administrator sees it; the key itself is not kept."""

    id: str
    name: str
    broker_user: str | None
    """The user of the broker under whose name it sends; None: it speaks REST only."""
    machine_groups: tuple[str, ...] | None
    """None: all groups."""
    created_at: Instant
    expires_at: Instant | None
    revoked_at: Instant | None


def standing_groups(connection: Connection, identifiers: Sequence[str], real_now: Instant) -> dict[str, frozenset[str] | None]:
    """The machine groups of those of the clients whose key is valid; None: all groups."""
    rows = connection.execute(_GROUPS_OF, {"identifiers": list(identifiers), "real_now": real_now})
    return {row.id: None if row.machine_groups is None else frozenset(row.machine_groups) for row in rows}


class MachineClients:
    """Keys of machine clients."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def create(
        self,
        actor: Principal,
        name: str,
        machine_groups: Sequence[str] | None = None,
        expires_at: Instant | None = None,
        key: str = "",
        broker_user: str | None = None,
    ) -> tuple[str, str]:
        """(id, key); the key is shown this once. ``key`` only where the installation was given one (demo sign-ins).

        Raises InvalidInput when another client that is not revoked sends under ``broker_user``.
        """
        secret = key or f"lotone_{secrets.token_urlsafe(32)}"
        identifier = new_id("client")
        with self._ledger.transaction(actor) as transaction:
            connection = transaction.session.connection()
            same = select(MACHINE_CLIENT.c.id).where(MACHINE_CLIENT.c.broker_user == broker_user)
            if broker_user is not None and connection.execute(same).first() is not None:
                raise InvalidInput(errors=(FieldProblem("/broker_user", "field.taken", {"value": broker_user}),))
            connection.execute(
                insert(MACHINE_CLIENT).values(
                    id=identifier,
                    name=name,
                    key_sha256=digest(secret),
                    broker_user=broker_user,
                    machine_groups=None if machine_groups is None else sorted(machine_groups),
                    created_at=transaction.real_now,
                    expires_at=expires_at,
                )
            )
            transaction.audit("machine_client.create", identifier)
        return identifier, secret

    def principal(self, key: str) -> Principal | None:
        """Who holds the key; None when it is unknown, over or revoked."""
        return self._standing(_BY_KEY, digest=digest(key))

    def of_broker_user(self, user: str) -> Principal | None:
        """Who sends under this user of the broker; None when nobody does, or the key is over or revoked."""
        return self._standing(_BY_BROKER_USER, user=user)

    def of_id(self, identifier: str) -> Principal | None:
        """The client of this identifier; None when there is none, or its key is over or revoked."""
        return self._standing(_BY_ID, identifier=identifier)

    def standing(self, identifiers: Set[str]) -> set[str]:
        """Those of the clients whose key is neither over nor revoked."""
        query = _STANDING.with_only_columns(MACHINE_CLIENT.c.id).where(MACHINE_CLIENT.c.id.in_(sorted(identifiers)))
        with self._ledger.asking() as connection:
            return set(connection.execute(query, {"real_now": self._ledger.clock.real_now()}).scalars())

    def _standing(self, query: Select[Any], **asked: str) -> Principal | None:
        with self._ledger.asking() as connection:
            row = connection.execute(query, {**asked, "real_now": self._ledger.clock.real_now()}).first()
        if row is None:
            return None
        groups = None if row.machine_groups is None else frozenset(row.machine_groups)
        return Principal(id=row.id, role=Role.MACHINE_CLIENT, name=row.name, machine_groups=groups)

    def list(self) -> "list[MachineClient]":
        """Every key, the newest last."""
        with self._ledger.reading() as session:
            columns = [MACHINE_CLIENT.c[name] for name in MachineClient.model_fields]
            rows = session.connection().execute(select(*columns).order_by(MACHINE_CLIENT.c.created_at, MACHINE_CLIENT.c.id))
            return [MachineClient.model_validate(dict(row._mapping)) for row in rows]

    def revoke(self, actor: Principal, identifier: str) -> None:
        """The key is refused from the commit on, and its user of the broker is free for another client. Raises NotFound."""
        with self._ledger.transaction(actor) as transaction:
            changed = transaction.session.connection().execute(
                update(MACHINE_CLIENT)
                .where(MACHINE_CLIENT.c.id == identifier, MACHINE_CLIENT.c.revoked_at.is_(None))
                .values(revoked_at=transaction.real_now, broker_user=None)
            )
            if changed.rowcount != 1:
                raise NotFound("machine client", identifier)
            transaction.audit("machine_client.revoke", identifier)
