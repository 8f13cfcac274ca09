"""The shop as flat arrays, which compiled searches walk through."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scheduler.engine.shop.shop import Shop

Numbers = NDArray[np.int64]


BEFORE, AFTER, RELEASE, DUE, WEIGHT, CLASS, FIRST_CHOICE, LAST_CHOICE = range(8)
"""Columns of ``ShopArrays.ops``: neighbours in the job (-1: none), its release, due time and weight, setup class, place of its machines."""
MACHINE, TOOK, PREV, NEXT = range(4)
"""First columns of a schedule's rows: machine, duration there, neighbours on the machine (-1: none)."""


class ShopArrays(NamedTuple):
    """Operations n, machines m, setup classes c, matrices k. What is read together lies together, and a call passes few arrays."""

    ops: Numbers
    """n × 8."""
    took: Numbers
    """n × m: durations, -1 where a machine is not eligible."""
    choices: Numbers
    """Eligible machines of operation i: ``choices[ops[i, FIRST_CHOICE] : ops[i, LAST_CHOICE]]``."""
    matrix_of: Numbers
    setup: Numbers
    """k × c × c."""


def arrays_of(shop: Shop) -> ShopArrays:
    """The same shop, as arrays of 64-bit integers."""
    ops = np.zeros((shop.operations, 8), dtype=np.int64)
    took = np.full((shop.operations, shop.machines), -1, dtype=np.int64)
    choices: list[int] = []
    number = 0
    for job, operations in enumerate(shop.eligible):
        for place, eligible in enumerate(operations):
            before = number - 1 if place else -1
            after = number + 1 if place + 1 < len(operations) else -1
            per_job = shop.release[job], shop.due[job], shop.weight[job]
            ops[number] = before, after, *per_job, shop.setups.class_of[number], len(choices), len(choices) + len(eligible)
            for machine, duration in eligible:
                took[number, machine] = duration
                choices.append(machine)
            number += 1
    matrices = np.array(shop.setups.matrices, dtype=np.int64).reshape(len(shop.setups.matrices), len(shop.setups.matrices[0]), -1)
    return ShopArrays(ops, took, np.array(choices, dtype=np.int64), np.array(shop.setups.matrix_of, dtype=np.int64), matrices)


def job_of(shop: ShopArrays) -> Numbers:
    """The number of each operation's job, among the jobs that have operations."""
    return np.cumsum(shop.ops[:, BEFORE] < 0) - 1
