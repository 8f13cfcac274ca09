"""A family's designs driven through everything: what breaks is told once for each line, who is refused by the rules."""

import pytest

from configurator.trial_report import TrialReport
from configurator.trying import Body, Extent, try_family
from contracts.problems import SourceInvalid
from contracts.texts import Localised

SMALL = Extent(at_random=10)
SURVEYED = ("measure: true, example: 1800", "measure: true, survey: span - 2 * 50, example: 1800")


def tried(text: str, extent: Extent = SMALL, bodies: tuple[Body, ...] = (), processes: int = 1) -> TrialReport:
    return try_family(text, extent, bodies, processes, lambda done, of: None)


def test_a_sound_family_passes_with_every_pair_tried(shelf_text: str) -> None:
    told: list[tuple[int, int]] = []
    report = try_family(shelf_text, SMALL, (), 1, lambda done, of: told.append((done, of)))
    assert report.faults == report.refusals == ()
    assert (report.pairs, report.pairs_possible, report.pairs_impossible) == (118, 118, 8)
    assert (report.proofs, report.at_random, report.designs > 10) == (2, 10, True)
    assert (told[0], told[-1]) == ((0, report.designs), (report.designs, report.designs))


def test_fewer_designs_try_fewer_pairs(shelf_text: str) -> None:
    report = tried(shelf_text, Extent(pairs_designs=2, at_random=3))
    assert report.designs == 5
    assert 0 < report.pairs < report.pairs_possible == 118


def test_what_breaks_for_some_designs_is_told_once_with_the_first_of_them(shelf_text: str) -> None:
    """Two choices together: neither breaks anything alone."""
    text = shelf_text.replace("300 + 120 * count(extras)", "300 if not (castors in extras and finish == oil) else 0")
    (fault,) = tried(text).faults
    assert (fault.line, fault.message) == (text[: text.index("op: assemble")].count("\n") + 1, "configurator.fault.not_positive")
    assert fault.designs > 1
    assert {"select": "finish.oil"} in fault.example
    assert {"select": "extras.castors"} in fault.example
    assert {"set", "value", "unit"} <= set(fault.example[0])


def test_a_test_of_the_file_that_fails_is_a_fault_without_designs(shelf_text: str) -> None:
    (fault,) = tried(shelf_text.replace("expect: {wood: steel}", "expect: {wood: oak}")).faults
    assert (fault.message, fault.designs, fault.example) == ("configurator.fault.test_does_not_follow", 0, ())


def test_bodies_are_fitted_or_refused_by_cause(shelf_text: str) -> None:
    """The span is the wall and 100 mm more, to the centimetre."""
    text = shelf_text.replace(*SURVEYED).replace(
        "{id: sag", "{id: narrow, require: wall >= 700, say: {en: Too narrow., zh: 太窄。}}\n  - {id: sag"
    )
    bodies = ({"span": 1904}, {"span": 710}, {"span": 4000}, {"span": 720}, {"span": 610})
    report = tried(text, Extent(pairs_designs=1, at_random=0), bodies)
    assert (report.bodies, report.designs, report.faults) == (5, 6, ())
    by_rule, by_range = report.refusals
    assert (by_rule.rules, by_rule.bodies, by_rule.first_row) == (("narrow",), 3, 2)
    assert by_rule.texts == (Localised(en="Too narrow.", zh="太窄。"),)
    assert (by_range.rules, by_range.bodies, by_range.first_row) == ((), 1, 3)


def test_more_processes_give_the_same_report(shelf_text: str) -> None:
    text = shelf_text.replace("300 + 120 * count(extras)", "300 if castors not in extras else 0")
    assert tried(text, processes=2) == tried(text)


def test_a_family_without_a_product_is_not_tried(shelf_text: str) -> None:
    with pytest.raises(SourceInvalid) as refused:
        tried(shelf_text.replace("width <= wall", "width > 5 * wall"))
    assert refused.value.extra["lines"][0]["message"] == "configurator.fault.void"
