"""The shop as flat arrays, which compiled searches walk through."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scheduler.engine.shop.shop import Shop

Numbers = NDArray[np.int64]


class ShopArrays(NamedTuple):
    """Operations n, machines m, jobs j, setup classes c, matrices k.

    ``took[n, m]`` is -1 where a machine is not eligible; the alternatives of operation i are ``choices[choice_at[i]:choice_at[i + 1]]``.
    """

    before: Numbers
    """The operation before in the job, or -1."""
    after: Numbers
    """The operation after in the job, or -1."""
    job: Numbers
    took: Numbers
    choice_at: Numbers
    choices: Numbers
    release: Numbers
    due: Numbers
    weight: Numbers
    class_of: Numbers
    matrix_of: Numbers
    setup: Numbers
    """k × c × c."""


def arrays_of(shop: Shop) -> ShopArrays:
    """The same shop, as arrays of 64-bit integers."""
    n, firsts = shop.operations, shop.firsts()
    before, after = np.arange(-1, n - 1, dtype=np.int64), np.arange(1, n + 1, dtype=np.int64)
    job = np.repeat(np.arange(len(shop.eligible), dtype=np.int64), [len(entry) for entry in shop.eligible])
    for at in firsts[:-1]:
        if at < n:
            before[at] = -1
    for at in firsts[1:]:
        if at > 0:
            after[at - 1] = -1
    took = np.full((n, shop.machines), -1, dtype=np.int64)
    choice_at, choices = np.zeros(n + 1, dtype=np.int64), []
    for number, eligible in enumerate(entry for operations in shop.eligible for entry in operations):
        for machine, duration in eligible:
            took[number, machine] = duration
            choices.append(machine)
        choice_at[number + 1] = len(choices)
    setups = shop.setups
    return ShopArrays(
        before,
        after,
        job,
        took,
        choice_at,
        np.array(choices, dtype=np.int64),
        np.array(shop.release, dtype=np.int64),
        np.array(shop.due, dtype=np.int64),
        np.array(shop.weight, dtype=np.int64),
        np.array(setups.class_of, dtype=np.int64),
        np.array(setups.matrix_of, dtype=np.int64),
        np.array(setups.matrices, dtype=np.int64).reshape(len(setups.matrices), len(setups.matrices[0]), -1),
    )
