"""An entry of a plant's stock stands for many articles."""

from pathlib import Path

import pytest

import scheduler
from contracts.problems import SourceInvalid
from scheduler.engine.article_names import MOST, names_of
from scheduler.engine.plant import parse_plant

RIVERSIDE = (Path(scheduler.__file__).parent / "plants" / "riverside.yaml").read_text("utf-8")
LAST = "  wrap.furniture:"


def test_braces_stand_for_each_of_their_names() -> None:
    assert names_of("tyre.{t28,t32}.{slick,semi}") == ["tyre.t28.slick", "tyre.t28.semi", "tyre.t32.slick", "tyre.t32.semi"]
    assert names_of("bell.brass") == ["bell.brass"]
    assert names_of("{a}.b") == ["a.b"]


@pytest.mark.parametrize(
    "pattern", ["tyre.{t28", "tyre.t28}", "tyre.{a,,b}", "{}", "{a{b}}", "{" + ",".join(map(str, range(MOST + 1))) + "}"]
)
def test_a_pattern_that_names_nothing_or_too_much_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"brace|comma|more than"):
        names_of(pattern)


def test_each_article_has_a_lot_and_a_receipt_of_its_own() -> None:
    stock = "lots: [{lot: P1, quantity: 5}], receipts: [{receipt: Q1, quantity: 6, in_days: 2}]"
    entry = f'  "peg.{{oak,ash}}": {{unit: piece, lead_days: 3, {stock}}}\n'
    items = parse_plant(RIVERSIDE.replace(LAST, entry + LAST)).items
    assert [items[name].lots[0].lot for name in ("peg.oak", "peg.ash")] == ["P1-1", "P1-2"]
    assert [items[name].receipts[0].receipt for name in ("peg.oak", "peg.ash")] == ["Q1-1", "Q1-2"]
    assert items["bell.brass"].lots[0].lot == "L148"


@pytest.mark.parametrize("name", ["glue", "{glue,peg}", "peg.{oak"])
def test_an_article_named_twice_or_half_is_told_with_its_line(name: str) -> None:
    entry = f'  "{name}": {{unit: piece, lead_days: 3}}\n'
    with pytest.raises(SourceInvalid) as refused:
        parse_plant(RIVERSIDE.replace(LAST, entry + LAST))
    assert refused.value.extra["lines"][0]["line"] > 1
