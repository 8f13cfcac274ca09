"""Least sets: an irreducible one that is impossible, and the smallest ones to give up."""

from collections.abc import Callable, Collection, Sequence
from itertools import combinations


def irreducible[T](elements: Sequence[T], impossible: Callable[[Sequence[T]], bool]) -> list[T]:
    """A subset that is impossible while each of its proper subsets is not; ``elements`` as a whole must be impossible.

    QuickXplain (Junker, AAAI 2004): the earlier elements are kept where there is a choice.
    """
    if impossible([]):
        return []

    def needed(background: list[T], changed: bool, candidates: Sequence[T]) -> list[T]:
        if changed and impossible(background):
            return []
        if len(candidates) == 1:
            return list(candidates)
        half = len(candidates) // 2
        first, second = candidates[:half], candidates[half:]
        of_second = needed(background + list(first), bool(first), second)
        of_first = needed(background + of_second, bool(of_second), first)
        return of_first + of_second

    return needed([], False, elements)


def smallest[T](elements: Sequence[T], refutation: Callable[[Collection[T]], frozenset[T] | None], most: int) -> list[tuple[T, ...]]:
    """Every smallest set of elements to give up, ``most`` at most; none when giving up all does not help.

    ``refutation(given_up)``: elements among the others that cannot be had together, or None when the others can. Implicit hitting
    sets (Karp, 2010; Davies and Bacchus, CP 2011): a set that leaves a known refutation untouched need not be tried.
    """
    if refutation(elements) is not None:
        return []
    cores: list[frozenset[T]] = []

    def helps(given_up: tuple[T, ...]) -> bool:
        core = refutation(given_up)
        if core is None:
            return True
        cores.append(core)
        return False

    if helps(()):
        return [()]
    for size in range(1, len(elements) + 1):
        found: list[tuple[T, ...]] = []
        tried: set[tuple[T, ...]] = set()
        again = True
        while again:
            again = False
            candidates = [each for each in elements if any(each in core for core in cores)]
            for given_up in combinations(candidates, size):
                if given_up in tried or not all(core.intersection(given_up) for core in cores):
                    continue
                tried.add(given_up)
                if helps(given_up):
                    found.append(given_up)
                else:
                    again = True
                    break
            if len(found) >= most:
                break
        if found:
            return found[:most]
    return []
