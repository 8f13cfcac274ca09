"""The one history of all rooms' tables: how a database is brought to the tables of this release."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlmodel import SQLModel


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest revision, in one transaction."""
    with engine.begin() as connection:
        command.upgrade(_config(connection), "head")


def revise(engine: Engine, message: str) -> None:
    """Write the next revision file from the difference between the database (at the newest revision) and the tables."""
    with engine.begin() as connection:
        command.revision(_config(connection), message, autogenerate=True)


def at_head(engine: Engine) -> bool:
    """Whether the database is at the newest revision."""
    with engine.connect() as connection:
        heads = set(ScriptDirectory.from_config(_config(connection)).get_heads())
        return heads == set(MigrationContext.configure(connection).get_current_heads())


def differences(engine: Engine) -> list[object]:
    """What the database lacks of the tables (or has beyond them); empty after ``upgrade``."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, SQLModel.metadata))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config
