"""How personal values are kept: one key a person, wrapped by the installation's key; destroying it erases the person.

A room keeps a personal value in a ``bytes`` column that it fills with ``seal_content`` and reads with ``open_content``.
"""

import hmac
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select, update
from sqlmodel import Session

from contracts.model import Contract, Instant, canonical_json
from contracts.problems import NotFound
from ledger.tables import PERSON_KEY
from ledger.upsert import inserted

_NONCE = 12


class Vault:
    """AES-256-GCM; the person's id is authenticated with every sealed value, so that a value cannot change its owner."""

    def __init__(self, master_key: str) -> None:
        """``master_key``: 64 hex digits."""
        self._key_of_keys = bytes.fromhex(master_key)
        self._master = AESGCM(self._key_of_keys)

    def seal(self, session: Session, person: str, plain: bytes, now: Instant) -> bytes:
        """Encrypt under the person's key, which is made when it is the first value. Raises NotFound for an erased person."""
        return _encrypt(self._key(session, person, now), plain, person)

    def open(self, session: Session, person: str, sealed: bytes) -> bytes:
        """Decrypt. Raises NotFound when the person's key does not exist (any more)."""
        return _decrypt(self._key(session, person, None), sealed, person)

    def seal_content(self, session: Session, person: str, content: Contract | dict[str, Any], now: Instant) -> bytes:
        """Seal a contract or JSON object."""
        return self.seal(session, person, canonical_json(content).encode(), now)

    def open_content(self, session: Session, person: str, sealed: bytes) -> dict[str, Any]:
        """Open a sealed JSON object."""
        content: dict[str, Any] = json.loads(self.open(session, person, sealed))
        return content

    def open_as[C: Contract](self, session: Session, person: str, sealed: bytes, contract: type[C]) -> C:
        """Open a sealed contract."""
        return contract.model_validate_json(self.open(session, person, sealed))

    def destroy(self, session: Session, person: str, now: Instant) -> None:
        """Erase: the key is gone, everything sealed under it stays unreadable for ever. The tombstone outlives backups."""
        inserted(session.connection(), PERSON_KEY, {"person": person, "wrapped": None, "created_at": now, "destroyed_at": now})
        session.connection().execute(
            update(PERSON_KEY)
            .where(PERSON_KEY.c.person == person, PERSON_KEY.c.destroyed_at.is_(None))
            .values(wrapped=None, destroyed_at=now)
        )

    def is_erased(self, session: Session, person: str) -> bool:
        """Whether nothing can be sealed under the person's key any more."""
        return session.connection().execute(select(PERSON_KEY.c.destroyed_at).where(PERSON_KEY.c.person == person)).scalar() is not None

    def lock(self, secret: str, plain: bytes) -> bytes:
        """Encrypt what only the one may read again who brings ``secret``: neither it nor a key for it is stored."""
        return _encrypt(self._shared_with(secret), plain, "")

    def unlock(self, secret: str, locked: bytes) -> bytes:
        """Decrypt what was locked with the same secret."""
        return _decrypt(self._shared_with(secret), locked, "")

    def mark(self, plain: bytes) -> str:
        """The same for the same text: HMAC-SHA-256 under the installation's key. Without it nobody can try out what the text may be."""
        return hmac.digest(self._key_of_keys, b"mark of\0" + plain, "sha256").hex()

    def _shared_with(self, secret: str) -> AESGCM:
        return AESGCM(hmac.digest(self._key_of_keys, b"shared with\0" + secret.encode(), "sha256"))

    def _key(self, session: Session, person: str, create_at: Instant | None) -> AESGCM:
        connection = session.connection()
        query = select(PERSON_KEY.c.wrapped).where(PERSON_KEY.c.person == person)
        row = connection.execute(query).first()
        if row is None and create_at is not None:
            wrapped = _encrypt(self._master, AESGCM.generate_key(256), person)
            inserted(connection, PERSON_KEY, {"person": person, "wrapped": wrapped, "created_at": create_at})
            row = connection.execute(query).first()
        if row is None or row.wrapped is None:
            raise NotFound("person", person)
        return AESGCM(_decrypt(self._master, row.wrapped, person))


def _encrypt(cipher: AESGCM, plain: bytes, person: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + cipher.encrypt(nonce, plain, person.encode())


def _decrypt(cipher: AESGCM, sealed: bytes, person: str) -> bytes:
    return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], person.encode())
