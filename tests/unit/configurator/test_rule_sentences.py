"""A rule excludes no more than its sentence says: what it demands of an option, the sentence names."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.families import NAMES, text_of

FILES: dict[str, dict[str, Any]] = {name: yaml.load(text_of(name), Loader=yaml.CBaseLoader) for name in NAMES}
DEMAND = re.compile(r"\b(\w+) (==|in|not in) (\w+|\([^)]*\))")
COMMON = frozenset({"with", "top", "tube", "frame", "frames", "and", "for", "the", "each", "one"})
"""Words that tell no value from another."""
NOTHING = frozenset({"none", "d0", "s0"})
ANSWERED_OTHERWISE = {("cabinet", "back_keeps_square")}
"""The sentence speaks of doors and drawers, which the fronts other than open are."""


def demands() -> Iterator[object]:
    """Each test of an option in a ``require``; a number's own conditions are none."""
    for family, file in FILES.items():
        for rule in file["rules"]:
            if "require" not in rule or " if " in rule["require"] or (family, rule["id"]) in ANSWERED_OTHERWISE:
                continue
            for option, sign, given in DEMAND.findall(rule["require"]):
                if option in file["options"]:
                    yield pytest.param(
                        family, rule["say"]["en"], option, sign, frozenset(re.findall(r"\w+", given)), id=f"{family}-{rule['id']}"
                    )


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{3,}|\d+(?:\.\d+)?", text.lower()))


def names(sentence: str, wanted: str) -> bool:
    """Whether a word of the label stands in the sentence, in some form."""
    said = words(sentence)
    return any(any(each.startswith(word.rstrip("s")[:5]) for each in said) for word in words(wanted) - COMMON)


def is_answered(family: str, sentence: str, option: str, sign: str, given: frozenset[str]) -> bool:
    section = FILES[family]["options"][option]
    values = frozenset(section["values"])
    excluded = given if sign == "not in" else values - given
    allowed = values - excluded

    def named(value: str) -> bool:
        return names(sentence, f"{section['values'][value]['label']['en']} {value.replace('_', ' ')}")

    if allowed <= NOTHING or excluded <= NOTHING:
        return names(sentence, f"{option.replace('_', ' ')} {section['label']['en']}")
    numbers = [int(word) for word in re.findall(r"\d+", sentence)]
    bounded = all(value[1:].isdecimal() for value in values) and bool(numbers)
    return (sign != "not in" and any(map(named, allowed))) or all(map(named, excluded)) or bounded


@pytest.mark.parametrize(("family", "sentence", "option", "sign", "given"), list(demands()))
def test_a_rule_demands_no_more_than_it_says(family: str, sentence: str, option: str, sign: str, given: frozenset[str]) -> None:
    assert is_answered(family, sentence, option, sign, given)


def test_a_demand_that_excludes_what_its_sentence_is_silent_of_is_found() -> None:
    """The step-through frame is named, the sloping one is not."""
    sentence = "A step-through frame has its tube where the front derailleur would sit."
    assert not is_answered("bicycle", sentence, "form", "==", frozenset({"diamond"}))
