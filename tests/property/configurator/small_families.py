"""Random small families with every product of theirs, found by trying: by Python's own evaluation of the expressions' texts."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]
Whole = dict[str, Any]
"""A product: option → set of values, dimension → number."""


class Choice(frozenset[str]):
    """The chosen values of an option, as Python sees them in an expression's text."""

    def __new__(cls, values: Any, facts: dict[str, dict[str, int]]) -> "Choice":
        made = super().__new__(cls, values)
        for name, by_value in facts.items():
            setattr(made, name, sum(by_value[value] for value in values))
        return made

    def __eq__(self, other: object) -> bool:
        return other in self if isinstance(other, str) else frozenset.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = frozenset.__hash__


@dataclass
class SmallFamily:
    """A family file's content as plain data."""

    content: dict[str, Any]

    @property
    def text(self) -> str:
        return json.dumps(self.content)

    def products(self) -> list[Whole]:
        """All products that keep every rule."""
        return [each for each in self.everything() if all(self.keeps(each, rule) for rule in self.content["rules"])]

    def everything(self) -> Iterator[Whole]:
        """All combinations, rules left aside."""
        names, ranges = [], []
        for name, option in self.content["options"].items():
            low, _, high = option["choose"].partition("..")
            names.append(name)
            ranges.append(
                [frozenset(each) for size in range(int(low), int(high or low) + 1) for each in combinations(option["values"], size)]
            )
        for name, dimension in self.content["dimensions"].items():
            if "value" not in dimension:
                names.append(name)
                ranges.append(list(range(dimension["min"], dimension["max"] + 1, dimension["step"])))
        for values in product(*ranges):
            yield dict(zip(names, values, strict=True))

    def keeps(self, whole: Whole, rule: dict[str, Any]) -> bool:
        if "table" in rule:
            rows = [dict(zip(rule["table"]["columns"], row, strict=True)) for row in rule["table"]["allow"]]
            return any(all(whole[column] == {value} for column, value in row.items()) for row in rows)
        if "exclude" in rule:
            return not any(all(each.split(".")[1] in whole[each.split(".")[0]] for each in pair) for pair in rule["exclude"])
        return bool(self.worth(whole, rule["require"])) or ("when" in rule and not self.worth(whole, rule["when"]))

    def worth(self, whole: Whole, text: str) -> Any:
        """The expression's value by Python's own evaluation."""
        names: dict[str, Any] = {"true": True, "false": False, "count": len, "__builtins__": {"min": min, "max": max, "abs": abs}}
        for name, option in self.content["options"].items():
            facts: dict[str, dict[str, int]] = {}
            for value, each in option["values"].items():
                names[value] = value
                for fact, number in each["facts"].items():
                    facts.setdefault(fact, {})[value] = number
            names[name] = Choice(whole[name], facts)
        names |= {name: whole[name] for name in self.content["dimensions"] if name in whole}
        for name, dimension in self.content["dimensions"].items():
            if "value" in dimension:
                names[name] = eval(_membership(dimension["value"]), names)
        return eval(_membership(text), names)

    def net(self, whole: Whole) -> int:
        total = 0
        for line in self.content["price"]:
            if "base" in line:
                total += line["base"]
            elif "when" not in line or self.worth(whole, line["when"]):
                times = max(0, self.worth(whole, line["per"]) // line["step"]) if "per" in line else 1
                total += line["add"] * times
        for name, option in self.content["options"].items():
            total += sum(option["values"][value]["price"] for value in whole[name])
        return total


def _membership(text: str) -> str:
    """``option in (a, b)`` as Python: the option equals one of them."""
    while " in (" in text:
        before, _, after = text.partition(" in (")
        inside, _, rest = after.partition(")")
        head, _, name = before.rpartition("(")
        negated = name.endswith(" not")
        name = name.removesuffix(" not")
        tests = " or ".join(f"{name} == {value.strip()}" for value in inside.split(","))
        text = f"{head}({'not ' if negated else ''}({tests}){rest}"
    return text


SAY = {"en": "Because", "zh": "因为"}
LABEL = {"en": "x", "zh": "某"}


@st.composite
def small_families(draw: Draw) -> SmallFamily:
    """Two to four options, up to three dimensions, up to five rules."""
    options: dict[str, Any] = {}
    for number in range(draw(st.integers(2, 4))):
        values = [f"v{number}{letter}" for letter in "abc"[: draw(st.integers(2, 3))]]
        choose = draw(st.sampled_from(["1", "1", "0..1", "0..2", "1..2"]))
        default = draw(st.sampled_from(values)) if choose[0] == "1" else []
        options[f"o{number}"] = {
            "group": "g",
            "label": LABEL,
            "choose": choose,
            "default": default,
            "values": {
                value: {"label": LABEL, "price": draw(st.integers(-3, 9)), "facts": {"size": draw(st.integers(-2, 6))}} for value in values
            },
        }
    dimensions: dict[str, Any] = {}
    for number in range(draw(st.integers(0, 2))):
        low, step, count = draw(st.integers(0, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 7))
        default = low + step * draw(st.integers(0, count - 1))
        measure = draw(st.booleans())
        dimensions[f"d{number}"] = {"group": "g", "label": LABEL, "min": low, "max": low + step * (count - 1), "step": step}
        dimensions[f"d{number}"] |= {"measure": True, "example": default} if measure else {"default": default}
    family = SmallFamily({"options": options, "dimensions": dimensions})
    if draw(st.booleans()):
        value = draw(numbers(family))
        dimensions["derived"] = {"group": "g", "label": LABEL, "value": value}
    family.content |= {
        "family": "small",
        "version": "1",
        "label": LABEL,
        "description": LABEL,
        "currency": "EUR",
        "tax_percent": 0,
        "groups": {"g": {"label": LABEL}},
        "rules": [{"id": f"r{number}", "say": SAY, **draw(rules(family))} for number in range(draw(st.integers(0, 5)))],
        "price": [{"base": 100, "label": LABEL}, *draw(st.lists(price_lines(family), max_size=2))],
    }
    return family


@st.composite
def rules(draw: Draw, family: SmallFamily) -> dict[str, Any]:
    options = family.content["options"]
    single = [name for name, option in options.items() if option["choose"] in ("1", "0..1")]
    kind = draw(st.sampled_from(["require", "require", "when", "exclude", "table"]))
    if kind == "table" and len(single) >= 2:
        columns = single[:2]
        rows = list(product(*(options[column]["values"] for column in columns)))
        return {"table": {"columns": columns, "allow": draw(st.lists(st.sampled_from(rows), min_size=2, max_size=6, unique=True))}}
    if kind == "exclude":
        names = [f"{name}.{value}" for name, option in options.items() for value in option["values"]]
        return {"exclude": [draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True))]}
    if kind == "when":
        return {"when": draw(conditions(family)), "require": draw(conditions(family))}
    return {"require": draw(conditions(family))}


@st.composite
def price_lines(draw: Draw, family: SmallFamily) -> dict[str, Any]:
    line = {"label": LABEL, "add": draw(st.integers(-5, 9))}
    if draw(st.booleans()):
        line["when"] = draw(conditions(family))
    if draw(st.booleans()):
        line |= {"per": draw(numbers(family)), "step": draw(st.integers(1, 4))}
    return line


@st.composite
def numbers(draw: Draw, family: SmallFamily, depth: int = 2) -> str:
    options, dimensions = family.content["options"], family.content["dimensions"]
    leaves = [str(draw(st.integers(0, 9))), *dimensions, *(f"{name}.size" for name in options), *(f"count({name})" for name in options)]
    kinds = ["leaf", "leaf", "sum", "product", "quotient", "extreme", "abs", "if"] if depth else ["leaf"]
    inner = numbers(family, depth - 1) if depth else st.nothing()
    match draw(st.sampled_from(kinds)):
        case "sum":
            return f"({draw(inner)} {draw(st.sampled_from('+-'))} {draw(inner)})"
        case "product":
            return f"{draw(st.integers(-3, 3))} * ({draw(inner)})"
        case "quotient":
            return f"({draw(inner)}) // {draw(st.sampled_from([1, 2, 3, 7, -2]))}"
        case "extreme":
            return f"{draw(st.sampled_from(['min', 'max']))}({draw(inner)}, {draw(inner)})"
        case "abs":
            return f"abs({draw(inner)})"
        case "if":
            return f"({draw(inner)} if {draw(conditions(family, depth - 1))} else {draw(inner)})"
    return str(draw(st.sampled_from(leaves)))


@st.composite
def conditions(draw: Draw, family: SmallFamily, depth: int = 2) -> str:
    options = family.content["options"]
    kinds = ["compare", "compare", "equal", "among", *(["join", "not"] if depth else [])]
    match draw(st.sampled_from(kinds)):
        case "join":
            joined = f" {draw(st.sampled_from(['and', 'or']))} ".join(draw(st.lists(conditions(family, depth - 1), min_size=2, max_size=3)))
            return f"({joined})"
        case "not":
            return f"(not {draw(conditions(family, depth - 1))})"
        case "compare":
            sign = draw(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
            return f"({draw(numbers(family, 1))} {sign} {draw(numbers(family, 1))})"
        case kind:
            name = draw(st.sampled_from(list(options)))
            values = draw(st.lists(st.sampled_from(list(options[name]["values"])), min_size=1, max_size=2, unique=True))
            if options[name]["choose"] in ("0..2", "1..2"):
                return f"({values[0]} {draw(st.sampled_from(['in', 'not in']))} {name})"
            if kind == "equal":
                return f"({name} {draw(st.sampled_from(['==', '!=']))} {values[0]})"
            return f"({name} {draw(st.sampled_from(['in', 'not in']))} ({', '.join(values)}))"
