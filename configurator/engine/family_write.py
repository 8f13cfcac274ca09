"""A model written as a family file: features are values of options, what hangs below a feature is required by rules.

A family's values are ``option.value``: the labels hold the features' own names.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import yaml

from configurator.engine.expression_text import RESERVED
from configurator.engine.features.formula import AnyFormula, Junction, Same, Total
from configurator.engine.features.model import ROOT, FeatureModel, Group
from configurator.engine.features.source import fault

MOST_VALUES, MOST_OPTIONS, MOST_RULES, LONGEST_RULE = 500, 500, 5_000, 2_000
PRICE = "Price"


def write_family(model: FeatureModel, name: str) -> tuple[str, list[str]]:
    """(the file's text, what is left out). Raises SourceInvalid for a model that is larger than a family may be."""
    writer = _Writer(model)
    return yaml.safe_dump(writer.document(name), allow_unicode=True, sort_keys=False, width=140), writer.left_out


class _Writer:
    def __init__(self, model: FeatureModel) -> None:
        self._model = model
        self._taken = set(RESERVED)
        self._at: dict[int, tuple[str, str]] = {}
        """Feature → (option, value)."""
        self._options: dict[str, dict[str, Any]] = {}
        self._rules: list[dict[str, Any]] = []
        self.left_out = list(model.left_out)

    def document(self, name: str) -> dict[str, Any]:
        model = self._model
        if model.rooted:
            self._option("all", model.names[ROOT], (ROOT,), 1, 1)
            for parent, groups in self._below():
                self._tree(parent, groups)
        else:
            features = range(1, model.count + 1)
            for begin in range(0, model.count, MOST_VALUES):
                part = tuple(features[begin : begin + MOST_VALUES])
                self._option("all", name, part, 0, len(part))
        for constraint in model.constraints:
            try:
                self._rule(self._said(constraint.formula), constraint.text, constraint.line)
            except KeyError:
                self.left_out.append(f"line {constraint.line}: {constraint.text}")
        self.left_out += [f"the value of {model.names[feature]}" for feature in model.types]
        if any(each != PRICE for given in model.attributes.values() for each in given):
            self.left_out.append(f"attributes other than {PRICE}")
        if len(self._options) > MOST_OPTIONS or len(self._rules) > MOST_RULES:
            raise fault(1, 1, "no-family", options=MOST_OPTIONS, values=MOST_VALUES, rules=MOST_RULES)
        return {
            "family": self._word(name),
            "version": "1",
            "label": _both(name),
            "description": _both(name),
            "currency": "EUR",
            "tax_percent": 0,
            "groups": {"model": {"label": _both(name)}},
            "options": self._options,
            "rules": self._rules,
        }

    def _below(self) -> Iterator[tuple[int, list[Group]]]:
        """Parents before what is below them: features are numbered in the order of the tree."""
        found: dict[int, list[Group]] = {}
        for group in self._model.groups:
            found.setdefault(group.parent, []).append(group)
        yield from sorted(found.items())

    def _tree(self, parent: int, groups: list[Group]) -> None:
        said, names = self._literal(parent), self._model.names
        single = [group for group in groups if len(group.members) == 1]
        if single:
            members = tuple(group.members[0] for group in single)
            self._option(names[parent], names[parent], members, 0, len(members))
            for group in single:
                child = self._literal(group.members[0])
                self._rule(f"not {child} or {said}", f"{names[group.members[0]]}: {names[parent]}", group.line)
                if group.low:
                    self._rule(f"not {said} or {child}", f"{names[parent]}: {names[group.members[0]]}", group.line)
                if not group.high:
                    self._rule(f"not {child}", names[group.members[0]], group.line)
        for group in groups:
            if len(group.members) > 1:
                # An option lets something be chosen; that nothing is, a rule says.
                most = min(max(1, group.high), len(group.members))
                option = self._option(names[parent], names[parent], group.members, 0, most)
                if not group.high:
                    self._rule(f"count({option}) == 0", names[parent], group.line)
                self._rule(f"count({option}) == 0 or {said}", f"{names[parent]}", group.line)
                if group.low:
                    self._rule(f"not {said} or count({option}) >= {group.low}", f"{names[parent]}: {group.low}..", group.line)

    def _option(self, word: str, label: str, members: tuple[int, ...], fewest: int, most: int) -> str:
        if len(members) > MOST_VALUES:
            raise fault(self._model.lines[members[0]], 1, "no-family", options=MOST_OPTIONS, values=MOST_VALUES, rules=MOST_RULES)
        option = self._word(f"of_{word}")
        values: dict[str, Any] = {}
        for feature in members:
            value = self._word(self._model.names[feature])
            self._at[feature] = option, value
            values[value] = {"label": _both(self._model.names[feature])}
            price = self._model.attributes.get(feature, {}).get(PRICE)
            if isinstance(price, Fraction) and price.denominator == 1:
                values[value]["price"] = int(price)
        choose = str(fewest) if fewest == most else f"{fewest}..{most}"
        self._options[option] = {"group": "model", "label": _both(label), "choose": choose, "values": values}
        if fewest:
            self._options[option]["default"] = next(iter(values))
        return option

    def _rule(self, condition: str, said: str, line: int) -> None:
        if len(condition) > LONGEST_RULE:
            raise fault(line, 1, "no-family", options=MOST_OPTIONS, values=MOST_VALUES, rules=MOST_RULES)
        self._rules.append({"id": f"R{len(self._rules) + 1}", "require": condition, "say": _both(said[:200])})

    def _word(self, name: str) -> str:
        plain = re.sub(r"\W", "_", name)[:34]
        plain = plain if re.match(r"[^\W\d]", plain) else f"f{plain}"
        word, number = plain, 1
        while word in self._taken:
            number += 1
            word = f"{plain}_{number}"
        self._taken.add(word)
        return word

    def _literal(self, literal: int) -> str:
        """Raises KeyError for what is no feature."""
        option, value = self._at[abs(literal)]
        return f"({value} {'in' if literal > 0 else 'not in'} {option})"

    def _said(self, formula: AnyFormula) -> str:
        match formula:
            case int():
                return self._literal(formula)
            case Junction("and", ()):
                return "true"
            case Junction(_, ()):
                return "false"
            case Junction(operator, items):
                return "(" + f" {operator} ".join(self._said(item) for item in items) + ")"
            case Same(left, right):
                first, second = self._said(left), self._said(right)
                return f"(({first} and {second}) or (not {first} and not {second}))"
            case Total(weights, least):
                added = " + ".join(f"{weight} * (1 if {self._literal(literal)} else 0)" for weight, literal in weights)
                return f"({added} >= {least})"


def _both(text: str) -> dict[str, str]:
    return {"en": text, "zh": text}
