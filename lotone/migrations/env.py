"""How Alembic reaches the tables of all rooms and the database of the settings."""

from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel

import configurator.tables
import ledger.tables
import mes_bridge.tables
import scheduler.tables
import storefront.tables
from ledger.database import open_engine
from ledger.settings import Settings

ROOMS = (configurator.tables, ledger.tables, mes_bridge.tables, scheduler.tables, storefront.tables)
"""Importing a room's tables enters them in the one metadata."""


def migrate_on(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        compare_type=True,
        user_module_prefix="ledger.columns.",
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
