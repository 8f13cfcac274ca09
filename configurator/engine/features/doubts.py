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
    variables: Places,
    until: Places,
    doubted: Signs,
    prove: Callable[[int], Iterable[int]],
    seen: Callable[[NDArray[np.bool_]], None],
) -> None:
    """Ask until nothing is in doubt.

    Shapes: ``variables``, ``until`` and ``doubted`` have one place for each feature, in the order of the tree; ``variables`` are the
    solver's, ``until[i]`` is the place after the last feature below i. ``doubted[i]`` is 1 where no product was seen that has the
    feature, -1 where none was seen that lacks it; it is 0 everywhere at the end. ``prove`` is told each proven literal and answers
    what follows from it; ``seen`` is told each product, a truth for each place.

    The solver is steered towards products that settle much (Janota, Lynce, Marques-Silva: Algorithms for computing backbones of
    propositional formulae, AI Communications 2015): a feature is chosen as long as something below it waits to be seen, and
    of an alternative the next one gets its turn.
    """
    place_of = {variable: place for place, variable in enumerate(variables.tolist())}
    assumed = list(assumptions)
    while len(waiting := np.flatnonzero(doubted)):
        below = np.concatenate(([0], np.cumsum(doubted > 0)))
        wish = np.where(below[until] > below[:-1], 1, -1).astype(np.int8)
        # All of them, each time: the solver overwrites a wish with what it tried last.
        solver.set_phases((variables * wish).tolist())
        place = int(waiting[0])
        literal = int(variables[place] * doubted[place])
        if solver.solve(assumptions=[*assumed, literal]):
            truths = np.asarray(solver.get_model(), dtype=np.int32)[variables - 1] > 0
            seen(truths)
            doubted[(doubted > 0) & truths] = 0
            doubted[(doubted < 0) & ~truths] = 0
            continue
        assumed.append(-literal)
        doubted[place] = 0
        for follows in prove(-literal):
            if (at := place_of.get(abs(follows))) is not None:
                doubted[at] = 0
