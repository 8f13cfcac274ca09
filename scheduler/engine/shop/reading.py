"""What does a `.fjs` file say, and the side file with due times? Every fault is told with its line."""

import json
from collections.abc import Callable
from typing import Any

from contracts.problems import SourceInvalid
from scheduler.engine.shop.shop import Setups, Shop, without_setups

LARGEST = 10**9
"""A duration, setup, weight or time above this is a typing error; sums of them stay within 64 bits."""
MOST_OPERATIONS = 200_000


def read_shop(text: str) -> Shop:
    """``jobs machines [flexibility]``, a line a job, optionally for each machine a square matrix of setups. Raises SourceInvalid.

    Brandimarte 1993 (format); blank lines and any white space between numbers are skipped.
    """
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise _fault(1, "empty")
    number, header = lines[0]
    if len(header) not in (2, 3):
        raise _fault(number, "header")
    jobs, machines = _whole(number, header[0], 1), _whole(number, header[1], 1)
    if len(lines) - 1 < jobs:
        raise _fault(lines[-1][0], "jobs", expected=jobs, found=len(lines) - 1)
    eligible = tuple(_job(number, words, machines) for number, words in lines[1 : jobs + 1])
    operations = sum(len(job) for job in eligible)
    if operations > MOST_OPERATIONS:
        raise _fault(lines[jobs][0], "too_many", most=MOST_OPERATIONS)
    setups = _matrices(lines[jobs + 1 :], lines[jobs][0], operations, machines)
    return Shop(machines, eligible, (0,) * jobs, (0,) * jobs, (1,) * jobs, setups)


def _job(number: int, words: list[str], machines: int) -> tuple[tuple[tuple[int, int], ...], ...]:
    values = iter([_whole(number, word, 0) for word in words])
    operations = []
    try:
        for place in range(next(values)):
            pairs = [(next(values) - 1, next(values)) for _ in range(next(values))]
            if not pairs:
                raise _fault(number, "no_machine", operation=place + 1)
            if len({machine for machine, _ in pairs}) < len(pairs):
                raise _fault(number, "machine_twice", operation=place + 1)
            for machine, _ in pairs:
                if not 0 <= machine < machines:
                    raise _fault(number, "machine", operation=place + 1, machine=machine + 1, machines=machines)
            operations.append(tuple(pairs))
    except (StopIteration, RuntimeError) as short:
        raise _fault(number, "too_short") from short
    if next(values, None) is not None:
        raise _fault(number, "too_long")
    return tuple(operations)


def _matrices(lines: list[tuple[int, list[str]]], last: int, operations: int, machines: int) -> Setups:
    if not lines:
        return without_setups(operations, machines)
    expected = operations * machines
    if len(lines) != expected:
        number = lines[expected][0] if len(lines) > expected else (lines[-1][0] if lines else last)
        raise _fault(number, "setup_rows", expected=expected, found=len(lines))
    rows = []
    for number, words in lines:
        if len(words) != operations:
            raise _fault(number, "setup_columns", expected=operations, found=len(words))
        rows.append(tuple(_whole(number, word, 0) for word in words))
    matrices = tuple(tuple(rows[at : at + operations]) for at in range(0, expected, max(1, operations)))
    return Setups(tuple(range(operations)), tuple(range(machines)), matrices)


def with_due_times(shop: Shop, text: str) -> Shop:
    """The shop with releases, due times, weights and setups by family of a side file. Raises SourceInvalid."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError as wrong:
        raise _fault(wrong.lineno, "due.json", column=wrong.colno, reason=wrong.msg) from wrong
    if not isinstance(content, dict):
        raise _fault(1, "due.object")
    line = _line_of(text)
    for name in content:
        if name not in ("release", "due", "weight", "setup_family", "setup_matrix"):
            raise _fault(line(name), "due.unknown", name=name)
    if "due" not in content:
        raise _fault(1, "due.missing", name="due")
    jobs = len(shop.eligible)
    zeros = [0] * jobs
    release = _per_job(line("release"), "release", content.get("release", zeros), jobs)
    weight = _per_job(line("weight"), "weight", content.get("weight", [1] * jobs), jobs)
    due = _per_job(line("due"), "due", content["due"], jobs)
    return Shop(shop.machines, shop.eligible, release, due, weight, _families(shop, content, line))


def _families(shop: Shop, content: dict[str, Any], line: Callable[[str], int]) -> Setups:
    given = [name for name in ("setup_family", "setup_matrix") if name in content]
    if not given:
        return shop.setups
    if len(given) == 1:
        raise _fault(line(given[0]), "due.missing", name=({"setup_family", "setup_matrix"} - set(given)).pop())
    if len(shop.setups.matrices[0]) > 1:
        raise _fault(line("setup_matrix"), "due.setups_twice")
    matrix = content["setup_matrix"]
    size = len(matrix) if isinstance(matrix, list) else 0
    if not size:
        raise _fault(line("setup_matrix"), "due.square")
    rows = [_per_job(line("setup_matrix"), "setup_matrix", row, size) for row in matrix]
    families = content["setup_family"]
    if not isinstance(families, list) or len(families) != len(shop.eligible):
        raise _fault(line("setup_family"), "due.length", name="setup_family", expected=len(shop.eligible))
    at = line("setup_family")
    class_of: list[int] = []
    for row, operations in zip(families, shop.eligible, strict=True):
        class_of += _per_job(at, "setup_family", row, len(operations))
    for family in class_of:
        if family >= size:
            raise _fault(at, "due.family", family=family, families=size)
    return Setups(tuple(class_of), (0,) * shop.machines, (tuple(rows),))


def _per_job(line: int, name: str, values: Any, expected: int) -> tuple[int, ...]:
    if not isinstance(values, list) or len(values) != expected:
        raise _fault(line, "due.length", name=name, expected=expected)
    for value in values:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
            raise _fault(line, "due.whole", name=name, value=str(value)[:20])
    return tuple(values)


def _line_of(text: str) -> Callable[[str], int]:
    def line(name: str) -> int:
        at = text.find(json.dumps(name))
        return text.count("\n", 0, at) + 1 if at >= 0 else 1

    return line


def _whole(line: int, word: str, least: int) -> int:
    if not (word.isascii() and word.isdigit()) or len(word) > 12 or not least <= int(word) <= LARGEST:
        raise _fault(line, "whole", word=word[:20])
    return int(word)


def _fault(line: int, message: str, column: int = 1, **params: Any) -> SourceInvalid:
    told = {"line": line, "column": column, "message": f"scheduler.shop.{message}", "params": params}
    return SourceInvalid(extra={"lines": [told]})
