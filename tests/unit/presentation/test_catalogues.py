"""Both languages say everything, and everything said is known."""

import re
import string
from collections import Counter
from pathlib import Path

import pytest

from contracts.texts import LANGUAGES
from presentation.texts import CATALOGUES, read_catalogue, sentences

ROOT = Path(__file__).parents[3]
ROOMS = sorted(path.stem for path in (CATALOGUES / "en").glob("*.po"))
PACKAGES = ("configurator", "scheduler", "mes_bridge", "storefront", "lotone", "presentation")
USED_IN_TEMPLATES = re.compile(r"""\bt\(\s*'([a-z0-9_.-]+)'(?!\s*~)""")
USED_IN_PYTHON = re.compile(r"""\bMessage\(\s*(?:id=)?"([a-z0-9_.-]+)\"""")


def placeholders(sentence: str) -> Counter[str]:
    return Counter(name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None)


def test_there_are_catalogues() -> None:
    assert "presentation" in ROOMS


@pytest.mark.parametrize("room", ROOMS)
def test_both_catalogues_of_a_room_hold_the_same_messages(room: str) -> None:
    english, chinese = (read_catalogue(CATALOGUES / language / f"{room}.po") for language in LANGUAGES)
    ids = [{entry.id if isinstance(entry.id, str) else entry.id[0] for entry in catalogue} for catalogue in (english, chinese)]
    assert ids[0] == ids[1]


def test_no_catalogue_stands_in_one_language_only() -> None:
    assert sorted(path.stem for path in (CATALOGUES / "zh").glob("*.po")) == ROOMS


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_empty_or_only_a_guess(language: str) -> None:
    for path in (CATALOGUES / language).glob("*.po"):
        for entry in read_catalogue(path):
            if entry.id:
                forms = [entry.string] if isinstance(entry.string, str) else list(entry.string)
                assert all(forms), f"{path.name}: {entry.id} is empty"
                assert "fuzzy" not in entry.flags, f"{path.name}: {entry.id} is fuzzy"


def test_both_languages_fill_in_the_same_parameters() -> None:
    english, chinese = (sentences(language) for language in LANGUAGES)
    for identifier, forms in english.items():
        wanted = set(placeholders(forms[-1]))
        for form in chinese[identifier]:
            assert set(placeholders(form)) == wanted, identifier


def test_chinese_sentences_are_chinese() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    words = {
        identifier: "".join(text for form in forms for text, *_ in string.Formatter().parse(form))
        for identifier, forms in sentences("zh").items()
    }
    signs = {identifier for identifier, said in words.items() if not han.search(said) and any(sign.isalnum() for sign in said)}
    same = {identifier for identifier in signs if sentences("zh")[identifier] == sentences("en")[identifier]}
    assert signs == same, f"neither Chinese nor a bare sign: {sorted(signs - same)}"


def used() -> dict[str, set[str]]:
    """Message ids in templates and Python with the files that use them."""
    found: dict[str, set[str]] = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*"):
            pattern = {".html": USED_IN_TEMPLATES, ".py": USED_IN_PYTHON}.get(path.suffix)
            if pattern is not None:
                for identifier in pattern.findall(path.read_text()):
                    found.setdefault(identifier, set()).add(path.relative_to(ROOT).as_posix())
    return found


def test_every_message_that_is_used_exists() -> None:
    missing = {identifier: files for identifier, files in used().items() if identifier not in sentences("en")}
    assert missing == {}


def test_every_problem_is_explained() -> None:
    from contracts import problems

    kinds = {each.type for each in vars(problems).values() if isinstance(each, type) and issubclass(each, problems.Problem)}
    missing = {f"problem.{kind}{part}" for kind in kinds for part in ("", ".detail")} - set(sentences("en"))
    assert missing == set()


def test_every_state_has_a_name() -> None:
    from typing import get_args

    from contracts.access import Role
    from contracts.order import OrderState
    from contracts.plan import OperationState
    from contracts.product import DispositionRule
    from contracts.quality import Source, Verdict
    from contracts.work_order import MachineState, WorkOrderState

    names = {f"state.order.{state}" for state in OrderState} | {f"state.work_order.{state}" for state in WorkOrderState}
    names |= {f"state.operation.{state}" for state in OperationState} | {f"state.verdict.{verdict}" for verdict in Verdict}
    names |= {f"state.machine.{state}" for state in get_args(MachineState)} | {f"source.{source}" for source in get_args(Source)}
    names |= {f"role.{role}" for role in Role} | {f"disposition.{rule}" for rule in get_args(DispositionRule)}
    assert names - set(sentences("en")) == set()
