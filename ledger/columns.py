"""How instants, long counters and JSON are stored on both engines; for the tables of every room.

``due_at: datetime = Field(sa_type=UtcInstant)`` · ``content: dict[str, Any] = Field(sa_type=Json)`` ·
``seq: int = Field(sa_type=Long)`` · sealed personal values: ``measures: bytes`` (see ``ledger.vault``).
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator


class UtcInstant(TypeDecorator[datetime]):
    """An aware moment; SQLite keeps its UTC text, PostgreSQL ``timestamptz``."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment must be timezone-aware")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A JSON document (``JSONB`` on PostgreSQL); a Python None is SQL's NULL."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        kind = JSONB(none_as_null=True) if dialect.name == "postgresql" else JSON(none_as_null=True)
        return dialect.type_descriptor(kind)


class Long(TypeDecorator[int]):
    """A 64-bit counter that may also be an autoincrementing primary key on SQLite."""

    impl = BigInteger().with_variant(Integer, "sqlite")
    cache_ok = True
