"""What is a flexible job shop with setups, and what is a schedule of it? Plain whole numbers in the file's time unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Objective(StrEnum):
    """What a schedule is judged by; smaller is better."""

    MAKESPAN = "makespan"
    WEIGHTED_TARDINESS = "weighted-tardiness"


@dataclass(frozen=True)
class Setups:
    """Setup times: ``matrices[matrix_of[machine]][class_of[before]][class_of[after]]``; classes are families, or operations themselves."""

    class_of: tuple[int, ...]
    matrix_of: tuple[int, ...]
    matrices: tuple[tuple[tuple[int, ...], ...], ...]

    def between(self, machine: int, before: int, after: int) -> int:
        """Setup on the machine when one operation directly follows another."""
        return self.matrices[self.matrix_of[machine]][self.class_of[before]][self.class_of[after]]


@dataclass(frozen=True)
class Shop:
    """Jobs of operations in a chain; ``eligible[job][operation]`` is ``((machine, duration), …)``.

    Operations are numbered through all jobs in order. Without due times every job is due at 0, with weight 1 and release 0.
    """

    machines: int
    eligible: tuple[tuple[tuple[tuple[int, int], ...], ...], ...]
    release: tuple[int, ...]
    due: tuple[int, ...]
    weight: tuple[int, ...]
    setups: Setups

    @property
    def operations(self) -> int:
        return sum(len(job) for job in self.eligible)

    def firsts(self) -> list[int]:
        """The number of each job's first operation, and at the end the number of operations."""
        firsts = [0]
        for job in self.eligible:
            firsts.append(firsts[-1] + len(job))
        return firsts


@dataclass(frozen=True)
class Schedule:
    """Machine and start of each operation, numbered as in the shop."""

    machine: Sequence[int]
    start: Sequence[int]


def without_setups(operations: int, machines: int) -> Setups:
    """Nothing is ever set up."""
    return Setups((0,) * operations, (0,) * machines, (((0,),),))


def finishes(shop: Shop, schedule: Schedule) -> list[int]:
    """When each job's last operation ends; a job without operations ends at its release."""
    result, number = [], 0
    for job, operations in enumerate(shop.eligible):
        end = shop.release[job]
        for eligible in operations:
            end = schedule.start[number] + dict(eligible)[schedule.machine[number]]
            number += 1
        result.append(end)
    return result


def value(shop: Shop, schedule: Schedule, objective: Objective) -> int:
    """Makespan, or the sum of weight × tardiness."""
    ends = finishes(shop, schedule)
    if objective is Objective.MAKESPAN:
        return max(ends, default=0)
    return sum(weight * max(0, end - due) for end, due, weight in zip(ends, shop.due, shop.weight, strict=True))
