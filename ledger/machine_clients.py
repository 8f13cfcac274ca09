"""Which machine clients may speak for the shop floor: keys of 256 bit, scoped to machine groups, shown once."""

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, or_, select, update

from contracts.access import Principal, Role
from contracts.model import Contract, Instant
from contracts.problems import NotFound
from ledger.columns import UtcInstant
from ledger.identifiers import new_id
from ledger.sign_in import digest
from ledger.tables import MACHINE_CLIENT

if TYPE_CHECKING:
    from ledger.unit_of_work import Ledger


_VALID = select(MACHINE_CLIENT).where(
    MACHINE_CLIENT.c.key_sha256 == bindparam("digest"),
    MACHINE_CLIENT.c.revoked_at.is_(None),
    or_(MACHINE_CLIENT.c.expires_at.is_(None), MACHINE_CLIENT.c.expires_at > bindparam("real_now", type_=UtcInstant)),
)


class MachineClient(Contract):
    """A key as an administrator sees it; the key itself is not kept."""

    id: str
    name: str
    machine_groups: tuple[str, ...] | None
    """None: all groups."""
    created_at: Instant
    expires_at: Instant | None
    revoked_at: Instant | None


class MachineClients:
    """Keys of machine clients."""

    def __init__(self, ledger: "Ledger") -> None:
        self._ledger = ledger

    def create(
        self, actor: Principal, name: str, machine_groups: Sequence[str] | None = None, expires_at: Instant | None = None, key: str = ""
    ) -> tuple[str, str]:
        """(id, key); the key is shown this once. ``key`` only where the installation was given one (demo sign-ins)."""
        secret = key or f"lotone_{secrets.token_urlsafe(32)}"
        identifier = new_id("client")
        with self._ledger.transaction(actor) as transaction:
            transaction.session.connection().execute(
                insert(MACHINE_CLIENT).values(
                    id=identifier,
                    name=name,
                    key_sha256=digest(secret),
                    machine_groups=None if machine_groups is None else sorted(machine_groups),
                    created_at=transaction.real_now,
                    expires_at=expires_at,
                )
            )
            transaction.audit("machine_client.create", identifier)
        return identifier, secret

    def principal(self, key: str) -> Principal | None:
        """Who holds the key; None when it is unknown, over or revoked."""
        with self._ledger.asking() as connection:
            row = connection.execute(_VALID, {"digest": digest(key), "real_now": self._ledger.clock.real_now()}).first()
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
        """The key is refused from the commit on. Raises NotFound."""
        with self._ledger.transaction(actor) as transaction:
            changed = transaction.session.connection().execute(
                update(MACHINE_CLIENT)
                .where(MACHINE_CLIENT.c.id == identifier, MACHINE_CLIENT.c.revoked_at.is_(None))
                .values(revoked_at=transaction.real_now)
            )
            if changed.rowcount != 1:
                raise NotFound("machine client", identifier)
            transaction.audit("machine_client.revoke", identifier)
