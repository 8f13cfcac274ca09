"""A cabinet put together from its cut list alone: what the boards come to when each lies against the next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from configurator.engine.boards.cut_list import Board, Hole

STAND_UM = {"glides": 10_000, "plinth": 80_000, "oak_legs": 150_000, "steel_legs": 120_000}
TENTH_MM_UM = 100


@dataclass(frozen=True)
class Assembled:
    """Outer sizes, in micrometres."""

    width_um: int
    height_um: int
    depth_um: int


def assembled(boards: Sequence[Board], chosen: Mapping[str, str]) -> Assembled:
    """Sides outside, top and bottom between them, fronts before. Fails where boards or holes do not meet to 0.1 mm."""
    by_name = {board.name: board for board in boards}
    side, top = by_name["side"], by_name["top_and_bottom"]
    _dowels_meet(side, top)
    _bays_fill(by_name, chosen)
    _back_sits(by_name)
    _fronts_cover(by_name, chosen)
    _hinges_sit_on_the_rows(by_name, chosen)
    _drawers_run(by_name)
    fronts = [by_name[name] for name in ("door_left", "door_right", "drawer_front") if name in by_name]
    before = fronts[0].thickness_um + 2000 if fronts and chosen["fronts"] == "overlay" else 0
    return Assembled(
        width_um=top.length_um + 2 * side.thickness_um,
        height_um=side.length_um + STAND_UM[chosen["base"]],
        depth_um=side.width_um + before,
    )


def holes(board: Board, face: str, diameter_um: int) -> list[Hole]:
    return [hole for hole in board.holes if hole.face == face and hole.diameter_um == diameter_um]


def _dowels_meet(side: Board, top: Board) -> None:
    in_side = sorted({hole.at[1] for hole in holes(side, "face", 8000)})
    assert in_side == sorted(hole.at[0] for hole in holes(top, "start", 8000)) == sorted(hole.at[0] for hole in holes(top, "end", 8000))
    middle = {min(hole.at[0], side.length_um - hole.at[0]) for hole in holes(side, "face", 8000)}
    assert middle == {hole.at[1] for hole in holes(top, "start", 8000)}


def _bays_fill(boards: Mapping[str, Board], chosen: Mapping[str, str]) -> None:
    """Dividers stand where top and bottom are drilled; shelves leave one millimetre on either side."""
    top, count = boards["top_and_bottom"], int(chosen["bays"][1:])
    middles = sorted({hole.at[0] for hole in holes(top, "face", 8000)})
    assert len(middles) == count - 1
    edges = [0]
    for middle in middles:
        edges += [middle - top.thickness_um // 2, middle + top.thickness_um // 2]
    clear = [right - left for left, right in zip(edges[::2], [*edges[1::2], top.length_um], strict=True)]
    assert abs(clear[0] - clear[-1]) < TENTH_MM_UM
    if "divider" in boards:
        divider, side = boards["divider"], boards["side"]
        assert divider.quantity == count - 1
        assert divider.length_um + 2 * top.thickness_um == side.length_um
        rows = {hole.at[0] + top.thickness_um for hole in holes(divider, "face", 5000)}
        assert rows == {hole.at[0] for hole in holes(side, "face", 5000)}
        assert {hole.at[1] for hole in holes(divider, "face", 5000)} == {hole.at[1] for hole in holes(side, "face", 5000)}
        assert {hole.at[1] for hole in holes(top, "face", 8000)} == {hole.at[0] for hole in holes(divider, "start", 8000)}
    for name, widths in (("shelf_outer", (clear[0], clear[-1])), ("shelf_inner", clear[1:-1])):
        if name in boards:
            assert all(abs(width - 2000 - boards[name].length_um) < TENTH_MM_UM for width in widths)
    for name, widths in (("drawer_end_outer", (clear[0], clear[-1])), ("drawer_end_inner", clear[1:-1])):
        if name in boards:
            assert all(abs(width - 26_000 - 2 * 12_000 - boards[name].length_um) < TENTH_MM_UM for width in widths)


def _back_sits(boards: Mapping[str, Board]) -> None:
    """One millimetre short of the bottom of its grooves."""
    if "back" not in boards:
        assert not boards["side"].grooves
        return
    back, side, top = boards["back"], boards["side"], boards["top_and_bottom"]
    depth = side.grooves[0].depth_um
    assert back.length_um == side.length_um - 2 * top.thickness_um + 2 * depth - 2000
    assert back.width_um == top.length_um + 2 * depth - 2000
    assert side.grooves[0].start[1] == top.grooves[0].start[1]
    assert back.thickness_um < side.grooves[0].width_um
    for name in ("divider", "shelf_outer", "shelf_inner"):
        if name in boards:
            assert boards[name].width_um < side.grooves[0].start[1] - side.grooves[0].width_um // 2


def _fronts_cover(boards: Mapping[str, Board], chosen: Mapping[str, str]) -> None:
    """Across: fronts with their reveals are as wide as what they cover. Up: drawers with theirs are as high."""
    fronts = {name: boards[name] for name in ("door_left", "door_right", "drawer_front") if name in boards}
    if not fronts:
        return
    side, top, count = boards["side"], boards["top_and_bottom"], int(chosen["bays"][1:])
    overlay = chosen["fronts"] == "overlay"
    stacks = {"none": 0, "left": 1, "all": count}[chosen["drawer_bays"]]
    leaves = sum(fronts[name].quantity for name in ("door_left", "door_right") if name in fronts)
    across = sum(fronts[name].quantity * fronts[name].width_um for name in ("door_left", "door_right") if name in fronts)
    across += stacks * fronts["drawer_front"].width_um if stacks else 0
    if not leaves:  # what has no drawers is open
        across += (count - stacks) * fronts["drawer_front"].width_um
        stacks_and_open = count
    else:
        stacks_and_open = stacks
    if overlay:
        whole, reveals = top.length_um + 2 * side.thickness_um, 3000 * (leaves + stacks_and_open)
    else:
        whole, reveals = top.length_um - (count - 1) * side.thickness_um, 4000 * count + 3000 * (leaves - (count - stacks) if leaves else 0)
    assert abs(across + reveals - whole) < TENTH_MM_UM
    up = side.length_um - 3000 if overlay else side.length_um - 2 * top.thickness_um - 4000
    if stacks:
        each, drawer = int(chosen["drawers"][1:]), fronts["drawer_front"]
        assert drawer.quantity == each * stacks
        assert abs(each * drawer.length_um + 3000 * (each - 1) - up) < TENTH_MM_UM
    for name in ("door_left", "door_right"):
        if name in fronts:
            assert fronts[name].length_um == up


def _hinges_sit_on_the_rows(boards: Mapping[str, Board], chosen: Mapping[str, str]) -> None:
    """A hinge's plate takes two neighbouring holes of the front row, its cup lies between them."""
    side, top = boards["side"], boards["top_and_bottom"]
    low = 1500 if chosen["fronts"] == "overlay" else top.thickness_um + 2000
    rows = {hole.at[0] for hole in holes(side, "face", 5000)}
    for name in ("door_left", "door_right"):
        cups = sorted(hole.at[0] for hole in holes(boards[name], "face", 35_000)) if name in boards else []
        assert len(cups) != 1
        for cup in cups:
            assert {cup + low - 16_000, cup + low + 16_000} <= rows
        if cups:
            assert cups[0] <= 150_000
            assert all(later - earlier <= 830_000 for earlier, later in pairwise(cups))


def _drawers_run(boards: Mapping[str, Board]) -> None:
    if "drawer_side" not in boards:
        return
    side, front, box = boards["side"], boards["drawer_front"], boards["drawer_side"]
    assert box.length_um < side.width_um
    assert box.width_um <= front.length_um - 60_000
    for name in ("outer", "inner"):
        if f"drawer_end_{name}" in boards:
            floor, end = boards[f"drawer_bottom_{name}"], boards[f"drawer_end_{name}"]
            assert floor.width_um == end.length_um + 2 * end.grooves[0].depth_um - 1000
            assert floor.length_um == box.length_um - 2 * box.thickness_um + 2 * box.grooves[0].depth_um - 1000
