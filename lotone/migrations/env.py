"""How Alembic reaches the tables of all rooms and the database of the settings."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, String
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import configurator.tables
import ledger.tables
import mes_bridge.tables
import scheduler.tables
import storefront.tables
from ledger.columns import Json, Long, UtcInstant
from ledger.database import open_engine
from ledger.settings import Settings

ROOMS = (configurator.tables, ledger.tables, mes_bridge.tables, scheduler.tables, storefront.tables)
"""Importing a room's tables enters them in the one metadata."""


_PLAIN: dict[type, tuple[str, str | None]] = {
    UtcInstant: ("sa.DateTime(timezone=True)", None),
    Json: ("sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')", "from sqlalchemy.dialects import postgresql"),
    Long: ("sa.BigInteger().with_variant(sa.Integer(), 'sqlite')", None),
}
"""What a revision says instead of our own types, so that history does not depend on today's code."""


def render_item(kind: str, item: object, autogenerate: AutogenContext) -> str | Literal[False]:
    if kind == "type" and isinstance(item, AutoString) and isinstance(plain := item.impl_instance, String):
        return f"sa.String({plain.length or ''})"
    if kind != "type" or type(item) not in _PLAIN:
        return False
    text, needed = _PLAIN[type(item)]
    if needed is not None:
        autogenerate.imports.add(needed)
    return text


def migrate_on(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


handed_in: Connection | None = context.config.attributes.get("connection")
if handed_in is not None:
    migrate_on(handed_in)
else:
    engine = open_engine(Settings())
    with engine.begin() as connection:
        migrate_on(connection)
    engine.dispose()
