"""Models that somebody mistyped: each is answered, or refused with a line and a column; nothing else happens."""

from hypothesis import given, settings
from hypothesis import strategies as st

from configurator.engine.features.clauses import clauses_of
from configurator.engine.features.dimacs import read_dimacs
from configurator.engine.features.uvl import read_uvl
from contracts.problems import SourceInvalid

UVL = """namespace shop
include
\tArithmetic.aggregate-function
imports
\tpart.wheel as w
features
\tShop {abstract true, Price 2.5, tags ['a', [1, 2]], of {maker 'x'}}
\t\tmandatory
\t\t\tInteger size cardinality [1..3] {constraint size > 3}
\t\t\t"white birch" {Price 3}
\t\toptional
\t\t\tw.Wheel
\t\t\tString 名
\t\t[1..2]
\t\t\ta {Price 4, constraints [a => b, b | !c]}
\t\t\tb // one
\t\t\tc /* two */
constraints
\tsum(Price) < 9 & !(a <=> b) => c
\tsize * 2 >= 8 | 名 == 'x' | avg(Price, Shop) != 1
\t(a.Price + 3) / 2 == 3.5 | w.Wheel
"""
WHEEL = "features\n\tWheel\n\t\tor\n\t\t\tbig\n\t\t\tsmall\n"
DIMACS = "c 1 door\nc 2 lock\np cnf 3 3\n1 -2 0\n-1 3\n0\n2 3 -1 0\n"
PIECES = st.one_of(
    st.sampled_from(
        [*"\t\n ()[]{}'\",.:!&|=<>+-*/0129aé名#$%\\", "=>", "<=>", "..", "or", "features", "Real ", "sum(", "9" * 1200, "1e999"]
    ),
    st.characters(),
)


@st.composite
def mistyped(draw: st.DrawFn, text: str) -> str:
    """The text with a few pieces left out, put in or moved."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        piece = draw(st.one_of(st.just(""), PIECES, st.just(text[start:end] * 2)))
        text = text[:start] + piece + text[end:]
    return text


def told(refused: SourceInvalid) -> None:
    (fault,) = refused.extra["lines"]
    assert fault["line"] >= 1
    assert fault["column"] >= 1
    assert fault["message"].startswith("configurator.model.")


@given(mistyped(UVL))
@settings(max_examples=400)
def test_a_mistyped_uvl_model_is_read_or_refused_with_its_place(text: str) -> None:
    try:
        clauses_of(read_uvl(text, {"part.wheel": WHEEL}.__getitem__))
    except SourceInvalid as refused:
        told(refused)


@given(mistyped(DIMACS))
@settings(max_examples=300)
def test_a_mistyped_dimacs_model_is_read_or_refused_with_its_place(text: str) -> None:
    try:
        clauses_of(read_dimacs(text))
    except SourceInvalid as refused:
        told(refused)
