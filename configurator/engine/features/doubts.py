"""Which of many literals hold in every product: few questions settle many."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from pysat.solvers import Solver

Signs = NDArray[np.int8]
Places = NDArray[np.int64]


def settle(
    solver: Solver,
    assumptions: Sequence[int],
    until: Places,
    doubted: Signs,
    prove: Callable[[int], Iterable[int]],
    seen: Callable[[NDArray[np.bool_], Signs], None],
) -> None:
    """Ask until nothing is in doubt.

    Shapes: ``until`` and ``doubted`` have one place for each feature, in the order of the tree; the feature at place i is the solver's
    variable i + 1. ``until[i]`` is the place after the last feature below i. ``doubted[i]`` is 1 where no product was seen that has
    the feature, -1 where none was seen that lacks it; it is 0 everywhere at the end. ``prove`` is told each proven literal and answers
    what follows from it; ``seen`` is told each solution, a truth for each variable, and what is still in doubt, of which it may strike
    out what it knows better.

    The solver is steered towards products that settle much (Janota, Lynce, Marques-Silva: Algorithms for computing backbones of
    propositional formulae, AI Communications 2015): a feature is chosen as long as something below it waits to be seen, and
    of an alternative the next one gets its turn.
    """
    features = len(doubted)
    variables = np.arange(1, features + 1)
    assumed = list(assumptions)
    while len(waiting := np.flatnonzero(doubted)):
        below = np.concatenate(([0], np.cumsum(doubted > 0)))
        # All of them, each time: the solver overwrites a wish with what it tried last.
        solver.set_phases(np.where(below[until] > below[:-1], variables, -variables).tolist())
        for place in waiting.tolist():
            if not (sign := int(doubted[place])):
                continue
            literal = (place + 1) * sign
            if solver.solve(assumptions=[*assumed, literal]):
                truths = np.asarray(solver.get_model(), dtype=np.int32) > 0
                doubted[(doubted > 0) == truths[:features]] = 0
                seen(truths, doubted)
                break
            assumed.append(-literal)
            doubted[place] = 0
            for follows in prove(-literal):
                if abs(follows) <= features:
                    doubted[abs(follows) - 1] = 0
