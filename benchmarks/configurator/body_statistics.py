"""The statistics of a survey of bodies, as the product keeps them: ``configurator/families/bodies.json``.

``python -m benchmarks.configurator.body_statistics FILE >configurator/families/bodies.json``: FILE is ANSUR II as CSV. The 200 people of
``configurator/families/people.csv`` are left out, so that tests have bodies that the statistics have not seen.
"""

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lotone.people import BUNDLED

NO_LENGTHS = ("person", "gender", "age", "weightkg")
SOURCE = "ANSUR II, 2012 US Army Anthropometric Survey, public release; work of the US federal government, public domain"
DIGITS = 7


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def statistics(rows: Sequence[Mapping[str, str]]) -> dict[str, object]:
    """Mean and covariance of the logarithms of every length, of women and of men."""
    columns = [name for name in rows[0] if name not in NO_LENGTHS]
    groups = {}
    for gender in ("Female", "Male"):
        logs = np.log([[int(row[name]) for name in columns] for row in rows if row["gender"] == gender])
        covariance = np.cov(logs.T)
        groups[gender.lower()] = {
            "people": len(logs),
            "mean": [float(f"{each:.{DIGITS}g}") for each in logs.mean(axis=0)],
            "covariance": [[float(f"{each:.{DIGITS}g}") for each in row[: place + 1]] for place, row in enumerate(covariance)],
        }
    made_by = "python -m benchmarks.configurator.body_statistics FILE, without the people of people.csv"
    return {"source": SOURCE, "made_by": made_by, "columns": columns, "groups": groups}


def main(path: Path) -> None:
    kept = {row["person"] for row in rows_of(BUNDLED)}
    made = statistics([row for row in rows_of(path) if row["person"] not in kept])
    print(json.dumps(made, indent=1).replace("\n     ", " ").replace("\n    ]", "]").replace("[ ", "["))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
