"""Has every requirement a row that says whether it is met, and is each test there that a row names?"""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGES = ("docs/security.md", "docs/security-requirements.md")
UP_TO_LEVEL_2 = {
    "1": (2, 9, 11, 3, 2),
    "2": (3, 3, 4, 1),
    "3": (0, 2, 4, 6, 5, 0, 2),
    "4": (3, 1, 2, 4),
    "5": (1, 3, 2, 3),
    "6": (3, 12, 4, 4, 5, 3, 0, 4),
    "7": (3, 4, 2, 5, 2, 2),
    "8": (2, 3, 1, 1),
    "9": (3, 4),
    "11": (2, 3, 3, 4, 1, 1),
    "12": (3, 2, 4),
    "13": (1, 5, 2, 5),
    "14": (2, 4, 3),
    "15": (3, 3, 7),
    "16": (1, 5, 4, 3, 3),
}
"""Of ASVS 5.0.0 by chapter: how many requirements of levels 1 and 2 each section has; they come before those of level 3."""
ANSWERS = {"met", "part", "not", "none", "operator"}


def rows() -> list[list[str]]:
    lines = (ROOT / "docs/security-requirements.md").read_text("utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [row for row in cells if row[0] not in {"requirement", "---"}]


def test_every_requirement_of_asvs_has_one_row() -> None:
    told = []
    for name, *_ in rows():
        if (found := re.fullmatch(r"(\d+\.\d+)\.(\d+)(?:–(\d+))?", name)) is not None:
            told += [f"{found[1]}.{number}" for number in range(int(found[2]), int(found[3] or found[2]) + 1)]
    wanted = [
        f"{chapter}.{section}.{number}"
        for chapter, counts in UP_TO_LEVEL_2.items()
        for section, count in enumerate(counts, start=1)
        for number in range(1, count + 1)
    ]
    assert told == wanted


def test_every_row_says_whether_it_is_met_and_how() -> None:
    wrong = [row[0] for row in rows() if len(row) != 4 or row[1] not in ANSWERS or not row[2]]
    assert wrong == []


def test_every_test_that_is_named_is_there() -> None:
    there = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    named = {name for page in PAGES for name in re.findall(r"test_\w+\.py", (ROOT / page).read_text("utf-8"))}
    assert named - there == set()
