"""`python -m mes_bridge.conformance.connectors NAME URL KEYFILE`: one as a program. NAME: `sound`, or the check that it breaks."""

import sys
from pathlib import Path

from mes_bridge.conformance.connectors.faulty import FAULTY
from mes_bridge.conformance.connectors.sound import Connector


def main(arguments: list[str]) -> None:
    """Exit 2 for wrong use."""
    kinds: dict[str, type[Connector]] = {"sound": Connector, **FAULTY}
    if len(arguments) != 3 or arguments[0] not in kinds:
        sys.stderr.write(f"NAME URL KEYFILE; NAME is one of {', '.join(kinds)}\n")
        sys.exit(2)
    name, url, key_file = arguments
    kinds[name](url, Path(key_file).read_text().strip()).run(lambda: False)


if __name__ == "__main__":
    main(sys.argv[1:])
