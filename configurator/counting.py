"""Counting within a time: a process of its own counts part after part and is ended when the time is over.

``python -m configurator.counting`` reads parts from standard input, one JSON list (features, variables, follow, clauses) a line,
and answers each with its number on a line.
"""

import json
import os
import resource
import subprocess
import sys
import threading

from configurator.engine.features.clauses import Clauses, clauses_of
from configurator.engine.features.count import Countable, Number, counted, number, split
from configurator.engine.features.model import FeatureModel

MOST_MEMORY_BYTES = 12 * 1024**3
"""Of address space: D4 keeps 4 GiB of it from the start and uses a little."""


def number_of_products(model: FeatureModel, time_limit_s: float) -> Number:
    """Exact for every part that is counted in the time; the others count with the products of theirs that were seen."""
    hidden = frozenset(range(model.count + 1, model.count + 1 + model.hidden))
    return number_of_solutions(clauses_of(model, counted=True), hidden, time_limit_s)


def number_of_solutions(found: Clauses, undetermined: frozenset[int], time_limit_s: float) -> Number:
    """The same of clauses; ``undetermined``: variables above the features that do not follow from them."""
    asked = split(found, undetermined)
    return number(asked, _numbers(asked.parts, time_limit_s) if asked.satisfiable else [])


def _numbers(parts: tuple[Countable, ...], time_limit_s: float) -> list[int]:
    """The numbers of the first parts, as far as the time suffices."""
    if not parts:
        return []
    with subprocess.Popen(
        [sys.executable, "-m", "configurator.counting"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        ended = threading.Timer(time_limit_s, process.kill)
        ended.start()
        writer = threading.Thread(target=_tell, args=(process, parts))
        writer.start()
        assert process.stdout is not None
        numbers = [int(line, 16) for line in process.stdout if line.endswith("\n")]
        ended.cancel()
        writer.join()
    return numbers


def _tell(process: "subprocess.Popen[str]", parts: tuple[Countable, ...]) -> None:
    assert process.stdin is not None
    try:
        for part in parts:
            process.stdin.write(json.dumps([part.features, part.variables, part.follow, part.clauses]) + "\n")
        process.stdin.close()
    except BrokenPipeError:
        # It was ended, or ran out of memory: what it has answered until then is all there is.
        return


def main() -> None:
    """Answer what comes in; more memory than the limit ends the process and leaves the rest uncounted."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    sys.set_int_max_str_digits(0)
    # The counters print what they do; that is no answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for line in sys.stdin:
        answers.write(f"{counted(*json.loads(line)):x}\n")
        answers.flush()


if __name__ == "__main__":
    main()
