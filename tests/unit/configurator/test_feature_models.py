"""Feature models of any make: what UVL and DIMACS say is understood, what is wrong is told with its place."""

import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from configurator.commands import configurator
from configurator.engine.features.clauses import clauses_of
from configurator.engine.features.dimacs import read_dimacs, write_dimacs
from configurator.engine.features.model import FeatureModel
from configurator.engine.features.reasons import Reasons
from configurator.engine.features.states import States
from configurator.engine.features.uvl import read_uvl
from configurator.engine.features.uvl_write import write_uvl
from contracts.problems import SourceInvalid

SHOP = """namespace Shop

// what can be bought
features
\tShop {abstract true}
\t\tmandatory
\t\t\tBoard {Price 120.50, weight 4}
\t\t\t\talternative
\t\t\t\t\toak {Price 80}
\t\t\t\t\t"white birch" {Price 60, note 'pale, even'}
\t\t\t\t\t松木 {Price 20}
\t\toptional
\t\t\tLegs {Price 40, constraint Legs => !松木}
\t\t\tOil
\t\t[1..2]
\t\t\thook {Price 5}
\t\t\tlamp {Price 30}
\t\t\tshelf {Price 25}

constraints
\tOil => oak | "white birch"
\t!(hook & lamp) /* both at one place */
\tlamp <=> Legs
"""


MANY = "features\n\tr\n\t\toptional\n" + "".join(f"\t\t\tf{each} {{x 2}}\n" for each in range(13)) + "constraints\n\t"


def states(model: FeatureModel) -> States:
    return States(clauses_of(model))


def after(model: FeatureModel, *names: str) -> tuple[set[str], set[str]]:
    """(forced, excluded) after choosing names; a name with ! in front is not chosen."""
    numbers = model.numbers()
    found = states(model).after([-numbers[name[1:]] if name.startswith("!") else numbers[name] for name in names])
    assert found is not None
    return {model.names[one] for one in found[0]}, {model.names[one] for one in found[1]}


def test_a_model_is_read_with_its_groups_quotes_comments_attributes_and_inner_constraints() -> None:
    model = read_uvl(SHOP)
    assert model.names[1:] == ("Shop", "Board", "oak", "white birch", "松木", "Legs", "Oil", "hook", "lamp", "shelf")
    assert model.attributes[2] == {"Price": Fraction(241, 2), "weight": Fraction(4)}
    assert model.attributes[4] == {"Price": Fraction(60), "note": "pale, even"}
    assert [(each.line, each.text) for each in model.constraints][:2] == [
        (13, '"Legs" => ! "松木"'), (21, 'Oil => oak | "white birch"'),
    ]  # fmt: skip
    forced, excluded = after(model)
    assert (forced, excluded) == ({"Shop", "Board"}, set())
    forced, excluded = after(model, "松木")
    assert excluded == {"oak", "white birch", "Legs", "Oil", "lamp"}
    forced, excluded = after(model, "!shelf", "!hook")
    assert forced == {"Shop", "Board", "lamp", "Legs"}
    assert excluded == {"shelf", "hook", "松木"}


def test_decisions_that_leave_nothing_have_no_state() -> None:
    model = read_uvl(SHOP)
    numbers = model.numbers()
    found = states(model)
    assert found.after([numbers["hook"], numbers["lamp"]]) is None
    assert found.after([-numbers["Shop"]]) is None
    assert found.after([numbers["hook"]]) is not None


@pytest.mark.parametrize(
    ("constraint", "chosen", "holds"),
    [
        ("a | b & !c", {"a"}, True),
        ("a | b & !c", {"b", "c"}, False),
        ("a => b => c", {"a", "b"}, False),
        ("a => b => c", set(), False),
        ("a <=> b", {"a", "b"}, True),
        ("!a <=> b", {"a", "b"}, False),
        ("(a | b) & (b => c)", {"b"}, False),
        ("true & a", {"a"}, True),
        ("a & false", {"a"}, False),
        ("sum(cost) <= 5", {"a", "b"}, True),
        ("sum(cost) <= 5", {"a", "c"}, False),
        ("a.cost + 2 * b.cost == 7.5", {"a", "b"}, True),
        ("a.cost + 2 * b.cost == 7.5", {"a"}, False),
        ("a.cost != c.cost", {"a"}, True),
        ("a.cost != c.cost", {"a", "c"}, True),
        ("(a.cost + b.cost) * 2 > 9", {"a", "b"}, True),
        ("sum(root, cost) - 1 < 2.5 & c | b", {"b"}, True),
        ("-a.cost >= -3", {"a"}, True),
        ("a.kind == 'wood'", {"a"}, True),
        ("a.kind == 'wood'", set(), False),
        ("avg(cost) == 2.75", {"a", "c"}, True),
        ("avg(cost) == 2.75", {"a", "b"}, False),
        ("avg(cost) == 0", set(), True),
        ("a.cost * b.cost == 6.25", {"a", "b"}, True),
        ("a.cost * b.cost == 6.25", {"a"}, False),
        ("c.cost / a.cost == 1.2", {"a", "c"}, True),
        ("c.cost / a.cost == 0 | !c", {"c"}, False),
        ("floor(a.cost) == 2 & ceil(b.cost) == 3", {"a", "b"}, True),
        ("floor(a.cost) == 2 & ceil(b.cost) == 3", {"a"}, False),
        ("len(a.kind) == 4", {"a"}, True),
        ("sum(cost, root) == 5", {"a", "b"}, True),
        ("!(a.cost < 2) & !b", {"a"}, True),
        ("a.on", {"a"}, True),
        ("a.on", set(), False),
        ("a.kind != 'wood'", {"a"}, False),
    ],
)
def test_constraints_mean_what_the_language_says(constraint: str, chosen: set[str], holds: bool) -> None:
    model = read_uvl(
        "features\n root\n  optional\n   a {cost 2.5, kind 'wood', on true}\n   b {cost 2.5}\n   c {cost 3}\nconstraints\n " + constraint
    )
    numbers = model.numbers()
    decisions = [numbers[name] if name in chosen else -numbers[name] for name in "abc"]
    assert (states(model).after(decisions) is not None) is holds


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("features\n\ta\n\t\tmandatory\n\t\t\tb\n\t\t\tb", (5, 4), "twice"),
        ("features\n\ta\nconstraints\n\ta => nothing", (4, 7), "unknown"),
        ("features\n\ta\nconstraints\n\ta => (a & )", (4, 12), "expected-name"),
        ("features\n\ta\nconstraints\n\ta => (a & ", (4, 7), "unclosed"),
        ("features\n\ta\nconstraints\n\ta a", (4, 4), "left-over"),
        ("features\n\ta\nconstraints\n\ta $ a", (4, 4), "sign"),
        ("features\n\ta\n\t\tb", (3, 3), "feature-place"),
        ("features\n\ta\n\t\tor\n\t\t\toptional", (4, 4), "group-place"),
        ("features\n\ta\n\tb", (3, 2), "two-roots"),
        ("features\n\ta\n\t\t[3..2]\n\t\t\tb", (3, 9), "bounds"),
        ("features\n\ta {x 1", (2, 4), "unclosed"),
        ("feature\n\ta", (1, 1), "section"),
        ("namespace a", (1, 1), "no-features"),
        ("imports\n\tb as c\nfeatures\n\ta\n\t\toptional\n\t\t\tc.b", (2, 2), "import"),
        ("features\n\ta\n\t\tor\nconstraints\n\ta", (3, 1), "empty-group"),
        ("features\n\ta\nconstraints\n\ta => 1", (4, 7), "no-truth"),
        ("features\n\ta\nconstraints\n\t" + "(" * 500 + "a" + ")" * 500, (4, 403), "too-deep"),
        (MANY + " * ".join(f"f{each}.x" for each in range(13)) + " > 1", (18, 94), "not-linear"),
        ("features\n\ta {x 1}\nconstraints\n\ta.x > 'b'", (4, 6), "kinds"),
        ("features\n\ta {x 1}\nconstraints\n\tavg(x, a, a) > 1", (4, 6), "function"),
        ("features\n\ta {x 1}\nconstraints\n\tsum(y) > 1", (4, 6), "unknown"),
    ],
)
def test_a_fault_is_told_with_its_line_and_column(text: str, place: tuple[int, int], message: str) -> None:
    with pytest.raises(SourceInvalid) as told:
        read_uvl(text)
    (line,) = told.value.extra["lines"]
    assert (line["message"], (line["line"], line["column"])) == (f"configurator.model.{message}", place)


def test_an_imported_model_hangs_in_the_tree_under_its_name() -> None:
    models = {"parts.wheel": "features\n\tWheel\n\t\talternative\n\t\t\tsmall\n\t\t\tlarge\nconstraints\n\tsmall | large"}
    model = read_uvl(
        "imports\n\tparts.wheel as w\nfeatures\n\tBike\n\t\toptional\n\t\t\tw.Wheel\n\t\t\tbag\nconstraints\n\tbag => w.large",
        models.__getitem__,
    )
    assert model.names[1:] == ("Bike", "w.Wheel", "w.small", "w.large", "bag")
    forced, excluded = after(model, "bag")
    assert forced == {"Bike", "bag", "w.Wheel", "w.large"}
    assert excluded == {"w.small"}
    assert after(read_uvl(write_uvl(model)), "bag") == (forced, excluded)


def test_a_void_model_says_so_and_a_huge_group_works() -> None:
    void = states(read_uvl("features\n\ta\n\t\tmandatory\n\t\t\tb\nconstraints\n\ta => !b"))
    assert not void.base.satisfiable
    assert void.after([]) is None
    many = "".join(f"\t\t\tf{number}\n" for number in range(300))
    model = read_uvl(f"features\n\ta\n\t\talternative\n{many}\t\t[2..2]\n" + many.replace("f", "g"))
    forced, excluded = after(model, "f7", "g1", "g2")
    assert len(excluded) == 299 + 298
    assert forced == {"a", "f7", "g1", "g2"}


def test_the_reason_names_lines_and_the_repairs_what_to_give_up() -> None:
    model = read_uvl(SHOP)
    numbers = model.numbers()
    found = Reasons(clauses_of(model)).of([numbers["松木"], numbers["shelf"]], numbers["lamp"])
    assert found.status == "excluded"
    assert [model.names[each] for each in found.decisions] == ["松木"]
    assert {part.line for part in found.parts} == {13, 23}
    assert found.repairs == ((numbers["松木"],),)
    assert Reasons(clauses_of(model)).of([], numbers["lamp"]).status == "open"


TYPED = """include
\tType.string-constraints
features
\tDoor
\t\tmandatory
\t\t\tInteger width {constraint width >= 600 & width <= 1200}
\t\toptional
\t\t\tReal slope
\t\t\tInteger panes
\t\t\tString sign
\t\t\tString knock cardinality [0..2]
\t\t\tdouble
\t\t\tglass {thick 6.5}
constraints
\tdouble => width > 900
\twidth < 700 => panes <= 1
\tpanes => panes > 0 & panes * 300 <= width
\tslope > 1.5 & slope < 1.5 | !slope
\tsign == 'exit' | sign == 'way out' | !sign
\tsign == 'exit' => len(knock) == len(sign)
\tglass => width * 2 > 1800 + glass.thick
"""


def test_values_of_typed_features_are_answered_exactly() -> None:
    model = read_uvl(TYPED)
    forced, excluded = after(model)
    assert (forced, excluded) == ({"Door", "width"}, {"slope"})
    assert after(model, "sign")[0] == {"Door", "width", "sign"}
    assert states(model).after([]) is not None
    again = read_uvl(write_uvl(model))
    assert again.types == model.types
    assert (again.cardinalities, len(again.cardinalities)) == (model.cardinalities, 1)
    assert after(again, "sign") == after(model, "sign")


@pytest.mark.parametrize(
    ("constraint", "satisfiable"),
    [
        ("n > 2 & n < 3", False),
        ("r > 2 & r < 3", True),
        ("n == 2.5", False),
        ("n != 0 & !n", False),
        ("2 * n == 5", False),
        ("2 * n == 5 - m & m > 2 & m < 4", True),
        ("n + m == 5 & n - m == 2", False),
        ("n * n == 49 & n < 0", True),
        ("r * r == 2", True),
        ("n / m == 2 & m == 0", False),
        ("s == 'a' & s == 'b'", False),
        ("s == t & len(s) == 3 & len(t) == 4", False),
        ("len(s) < 0", False),
        ("len(s) > 99", True),
        ("s == '' & s", True),
        ("s != '' & !s", False),
        ("avg(n, m) == 1.5 & n == 1 & m", True),
        ("sum(n, m) > 3 & n < 1 & m < 2", False),
        ("floor(r) == 2 & r > 2.5", True),
        ("ceil(r) == 2 & r > 2.5", False),
    ],
)
def test_comparisons_of_values_hold_for_some_or_for_none(constraint: str, satisfiable: bool) -> None:
    model = read_uvl(
        "features\n root\n  optional\n   Integer n\n   Integer m\n   Real r\n   String s\n   String t\nconstraints\n " + constraint
    )
    assert states(model).base.satisfiable is satisfiable


def test_a_model_beside_an_imported_one_is_found_there_first() -> None:
    models = {
        "sub.wheel": "imports\n hub as h\nfeatures\n Wheel {cost 2}\n  mandatory\n   h.Hub\nconstraints\n sum(cost) < 6 & h.Hub.cost == 3",
        "sub.hub": "features\n Hub {cost 3}",
    }
    model = read_uvl("imports\n sub.wheel as w\nfeatures\n Bike\n  mandatory\n   w.Wheel", models.__getitem__)
    assert model.names[1:] == ("Bike", "w.Wheel", "w.h.Hub")
    again = read_uvl(write_uvl(model))
    assert (after(again), again.names) == (after(model), model.names)


def test_dimacs_goes_in_and_out_with_its_names() -> None:
    model = read_dimacs("c 1 door\nc 3 lock\np cnf 3 2\n1 -2 0\n-1\n3 0\n")
    assert model.names == ("", "door", "2", "lock")
    assert [each.line for each in model.constraints] == [4, 5]
    assert after(model, "2")[0] == {"door", "2", "lock"}
    again = read_dimacs(write_dimacs(model.names, clauses_of(model)))
    assert (again.names, [each.formula for each in again.constraints]) == (model.names, [each.formula for each in model.constraints])
    with pytest.raises(SourceInvalid) as told:
        read_dimacs("p cnf 2 1\n1 3 0\n")
    assert told.value.extra["lines"][0]["column"] == 3


def asked(*words: str) -> Any:
    result = CliRunner().invoke(configurator, [*words, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def shop(tmp_path: Path) -> str:
    file = tmp_path / "shop.uvl"
    file.write_text(SHOP, encoding="utf-8")
    return str(file)


def decisions(tmp_path: Path, *given: dict[str, str]) -> str:
    file = tmp_path / "decisions.json"
    file.write_text(json.dumps(given), encoding="utf-8")
    return str(file)


def test_the_command_analyses_a_model(shop: str) -> None:
    document = asked("analyse", shop)
    del document["seconds"]
    assert document == {"features": 10, "constraints": 4, "satisfiable": True, "core": ["Board", "Shop"], "dead": []}


def test_the_command_replays_refuses_with_a_reason_and_retracts(shop: str, tmp_path: Path) -> None:
    file = decisions(tmp_path, {"select": "松木"}, {"select": "Oil"}, {"deselect": "shelf"}, {"retract": "松木"}, {"select": "none"})
    steps = asked("replay", shop, file)["steps"]
    assert [step["accepted"] for step in steps] == [True, False, True, True, False]
    assert "line 21" in steps[1]["reason"]
    assert steps[1]["forced"] == steps[0]["forced"]
    assert steps[2]["forced"] == ["Board", "Shop", "hook", "松木"]
    assert steps[3]["excluded"] == ["shelf"]
    assert steps[4]["reason"] == "no feature none"
    assert all(len(step["forced"]) + len(step["excluded"]) + step["open"] == 10 for step in steps)


def test_the_command_explains_completes_and_converts(shop: str, tmp_path: Path) -> None:
    file = decisions(tmp_path, {"select": "Oil"}, {"select": "Legs"})
    explained = asked("explain", shop, file, "松木")
    assert explained["status"] == "excluded"
    assert len(explained["decisions"]) == 1
    complete = asked("complete", shop, file)
    assert complete["selected"] == ["Board", "Legs", "Oil", "Shop", "lamp", "white birch"]
    assert (complete["value"], complete["proved"]) == (250.5, True)
    for name in ("out.uvl", "out.dimacs"):
        result = CliRunner().invoke(configurator, ["convert", shop, str(tmp_path / name)])
        assert result.exit_code == 0, result.output
        again = asked("replay", str(tmp_path / name), file)["steps"][-1]
        assert set(asked("replay", shop, file)["steps"][-1]["forced"]) <= set(again["forced"])


def test_the_command_counts_products_and_says_when_it_has_not(shop: str, tmp_path: Path) -> None:
    assert asked("count", shop)["products"] == 23
    hard = random.Random(1)
    clauses = [" ".join(str(hard.choice((1, -1)) * each) for each in hard.sample(range(1, 301), 3)) + " 0" for _ in range(900)]
    file = tmp_path / "hard.cnf"
    file.write_text("p cnf 300 900\n" + "\n".join(clauses), encoding="utf-8")
    result = CliRunner().invoke(configurator, ["count", str(file), "--time-limit", "0.2", "--json"])
    document = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (document["products"], document["exact"]) == (None, False)
    assert document["at_least"] >= 1
    assert sum(document["features_not_counted"]) <= 300


def test_a_model_without_products_has_none_and_numbers_may_be_long(tmp_path: Path) -> None:
    void = tmp_path / "void.uvl"
    void.write_text("features\n a\nconstraints\n !a", encoding="utf-8")
    assert asked("count", str(void))["products"] == 0
    wide = tmp_path / "wide.uvl"
    wide.write_text("features\n a\n  optional\n" + "".join(f"   f{each}\n" for each in range(20_000)), encoding="utf-8")
    assert asked("count", str(wide))["products"] == 2**20_000


SHELF = Path(__file__).with_name("shelf.yaml")


def test_a_family_leaves_its_boolean_part_and_names_what_was_left_out(tmp_path: Path) -> None:
    for name in ("shelf.uvl", "shelf.dimacs"):
        document = asked("convert", str(SHELF), str(tmp_path / name))
        assert {"line 41: rule fits", "line 37: dimension width", "line 48: price Frame"} <= set(document["left_out"])
        assert not any("oil_wood" in each for each in document["left_out"])
        chosen = decisions(tmp_path, {"select": "finish.oil"}, {"select": "extras.light"})
        step = asked("replay", str(tmp_path / name), chosen)["steps"][-1]
        family = asked("replay", str(SHELF), chosen)["steps"][-1]
        assert family["forced"] == [each for each in step["forced"] if "." in each] == ["extras.light", "finish.oil"]
        assert family["excluded"] == [each for each in step["excluded"] if "." in each] == ["extras.door", "finish.powder", "wood.steel"]
        assert asked("count", str(tmp_path / name))["products"] == 36
    assert asked("complete", str(tmp_path / "shelf.uvl"), chosen)["value"] == 1500 + 3000


def test_a_family_is_counted_by_its_options() -> None:
    """Wood and finish: 2 · 2 + 1 · 2; extras: 7 of at most two, less light with door; castors need a low shelf, which there is."""
    assert asked("count", str(SHELF)) == {"products": 36, "exact": True, "seconds": pytest.approx(0, abs=600)}


def test_a_model_becomes_a_family_and_a_family_a_model_again(shop: str, tmp_path: Path) -> None:
    family, again = str(tmp_path / "shop.yaml"), str(tmp_path / "again.uvl")
    assert "attributes other than Price" in asked("convert", shop, family)["left_out"]
    asked("convert", family, again)
    assert asked("count", family)["products"] == asked("count", again)["products"] == 23
    assert [name.rpartition(".")[2] for name in asked("analyse", family)["core"]] == ["Board", "Shop"]
    wide = tmp_path / "wide.uvl"
    wide.write_text("features\n a\n  or\n" + "".join(f"   f{each}\n" for each in range(501)), encoding="utf-8")
    with pytest.raises(SourceInvalid):
        CliRunner().invoke(configurator, ["convert", str(wide), family], catch_exceptions=False)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_file_of_any_system_is_read(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "SHOP.UVL"
    file.write_bytes(b"\xef\xbb\xbf" + SHOP.replace("\n", ending).encode())
    chosen = tmp_path / "chosen.json"
    chosen.write_bytes(b"\xef\xbb\xbf" + json.dumps([{"select": "松木"}]).encode())
    assert "lamp" in asked("replay", str(file), str(chosen))["steps"][0]["excluded"]


def test_what_is_no_text_is_refused_where_it_begins(tmp_path: Path) -> None:
    file = tmp_path / "latin.uvl"
    file.write_bytes("features\n\tcafé".encode("latin-1"))
    result = CliRunner().invoke(configurator, ["analyse", str(file)])
    assert isinstance(result.exception, SourceInvalid)
    assert result.exception.extra["lines"] == [{"line": 2, "column": 5, "message": "configurator.model.encoding", "params": {}}]


def test_other_files_and_folders_that_are_not_there_are_wrong_use(shop: str, tmp_path: Path) -> None:
    other = tmp_path / "shop.txt"
    other.write_text(SHOP, encoding="utf-8")
    for words in (["analyse", str(other)], ["convert", shop, str(tmp_path / "none" / "out.uvl")], ["convert", shop, "out.txt"]):
        assert CliRunner().invoke(configurator, words).exit_code == 2


def test_where_nothing_has_a_weight_any_product_is_the_cheapest(shop: str, tmp_path: Path) -> None:
    complete = asked("complete", shop, decisions(tmp_path, {"select": "lamp"}), "--attribute", "none")
    assert (complete["value"], complete["proved"]) == (0, True)
    assert {"Shop", "Board", "lamp", "Legs"} <= set(complete["selected"])


def test_without_any_product_nothing_is_completed_and_everything_is_excluded(tmp_path: Path) -> None:
    void = tmp_path / "void.uvl"
    void.write_text("features\n a\n  mandatory\n   b\nconstraints\n !b", encoding="utf-8")
    result = CliRunner().invoke(configurator, ["complete", str(void), decisions(tmp_path), "--json"])
    assert (result.exit_code, json.loads(result.stdout)["value"]) == (1, None)
    assert asked("explain", str(void), decisions(tmp_path), "b")["status"] == "excluded"
    step = asked("replay", str(void), decisions(tmp_path, {"select": "b"}))["steps"][0]
    assert (step["accepted"], step["reason"], step["excluded"]) == (False, "line 6: !b", ["a", "b"])


def test_bounds_above_the_number_of_members_leave_nothing() -> None:
    assert not states(read_uvl("features\n a\n  [3..*]\n   b\n   c")).base.satisfiable
    assert states(read_uvl("features\n a\n  optional\n   b\n    [4]\n     c\n     d")).after([]) == (frozenset({1}), frozenset({2, 3, 4}))


def test_a_long_chain_of_reasons_is_told_whole() -> None:
    """As many rules as there are, each of which is needed; few questions show it."""
    tree = "".join(f"   f{each}\n" for each in range(3_000))
    rules = "".join(f" f{each} => f{each + 1}\n" for each in range(2_999))
    model = read_uvl(f"features\n r\n  optional\n{tree}constraints\n{rules} f7 => f9\n")
    numbers = model.numbers()
    found = Reasons(clauses_of(model)).of([numbers["f0"]], numbers["f2999"])
    assert (found.status, found.decisions, found.repairs) == ("forced", (numbers["f0"],), ((numbers["f0"],),))
    assert len(found.parts) in {2_999, 2_998}
