"""Make the fixture of the release that the sources are now: ``python -m tests.releases``. CI upgrades from every one that lies here."""

import sys
import tempfile
import tomllib
from pathlib import Path

from ledger.log import configure
from tests.contract.lotone.conftest import fresh_house
from tests.releases.fixture import FOLDER, write
from tests.releases.population import populate


def main() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    configure()
    target = FOLDER / f"{project['version']}.jsonl"
    with tempfile.TemporaryDirectory() as home, fresh_house(Path(home), "") as house:
        populate(house)
        counts = write(house.ledger.engine, house.ledger.files, target)
    empty = [name for name, count in counts.items() if count == 0]
    if empty:
        target.unlink()
        sys.exit(f"No row in {', '.join(empty)}: let tests/releases/population.py bring it about, then run this again.")
    print(f"{target.name}: {sum(counts.values())} rows of {len(counts)} tables")


main()
