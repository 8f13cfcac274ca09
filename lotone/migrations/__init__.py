"""The one history of all rooms' tables: how a database is brought to the tables of this release."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlmodel import SQLModel

from contracts.problems import DatabaseForeign

VERSIONS = Path(__file__).parent / "versions"
"""Where the revision files lie."""


def upgrade(engine: Engine, versions: Path = VERSIONS, revision: str = "head") -> None:
    """Bring the database to the newest revision (or an older one that is named), in one transaction.

    Raises DatabaseForeign when it stands at one unknown here.
    """
    with engine.begin() as connection:
        config = _config(connection, versions)
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if not known.issuperset(MigrationContext.configure(connection).get_current_heads()):
            raise DatabaseForeign
        command.upgrade(config, revision)


def revise(engine: Engine, message: str, versions: Path = VERSIONS) -> None:
    """Write the next revision file from the difference between the database (at the newest revision) and the tables."""
    versions.mkdir(exist_ok=True)
    with engine.begin() as connection:
        command.revision(_config(connection, versions), message, autogenerate=True)


def at_head(engine: Engine, versions: Path = VERSIONS) -> bool:
    """Whether the database is at the newest revision."""
    with engine.connect() as connection:
        heads = set(ScriptDirectory.from_config(_config(connection, versions)).get_heads())
        return heads == set(MigrationContext.configure(connection).get_current_heads())


def differences(engine: Engine) -> list[object]:
    """What the database lacks of the tables (or has beyond them); empty after ``upgrade``."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, SQLModel.metadata))


def _config(connection: Connection, versions: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("version_locations", str(versions))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
