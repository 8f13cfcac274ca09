"""How does the database get its tables and follow the program?"""

import click

from ledger.database import open_engine, writing
from ledger.dispatcher import Dispatcher
from ledger.settings import Settings, load_settings
from ledger.unit_of_work import Ledger
from lotone.migrations import at_head, upgrade
from lotone.wiring import agenda_of, build_house, subscriptions_of


def migrate_database(settings: Settings) -> None:
    """Bring the tables to this release and the table of subscriptions to ours; may be called again at any time."""
    engine = open_engine(settings)
    try:
        if not at_head(engine):
            upgrade(writing(engine))
    finally:
        engine.dispose()
    house = build_house(settings)
    dispatcher = Dispatcher(house.ledger, subscriptions_of(house), agenda_of(house))
    dispatcher.register()
    dispatcher.retire_others()
    house.ledger.close()


def pending_revisions(settings: Settings) -> bool:
    """True when the program knows a revision that the database has not."""
    engine = open_engine(settings)
    try:
        return not at_head(engine)
    finally:
        engine.dispose()


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def migrate(as_json: bool) -> None:
    """Bring the database's tables to this version of the program."""
    from lotone.cli import print_json

    settings = load_settings()
    migrate_database(settings)
    ledger = Ledger.open(settings)
    ledger.clock.begin_from(settings)
    ledger.close()
    click.echo("The database is up to date.", err=True)
    if as_json:
        print_json({"up_to_date": not pending_revisions(settings)})
