"""Code of templates that is kept for the next process is used only as long as it is the template's."""

import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from presentation.compiled import kept_code


def said(folder: Path, source: str, kind: str = "page", **options: bool) -> str:
    environment = Environment(loader=DictLoader({"a.html": source}), bytecode_cache=kept_code(kind, folder), autoescape=True, **options)
    return environment.get_template("a.html").render(name="Anna")


def test_it_is_compiled_once_and_anew_when_it_was_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "kept"
    assert said(folder, "Hello {{ name }}") == "Hello Anna"
    monkeypatch.setattr(Environment, "compile", lambda *_, **__: pytest.fail("compiled again"))
    assert said(folder, "Hello {{ name }}") == "Hello Anna"
    monkeypatch.undo()
    assert said(folder, "Bye {{ name }}") == "Bye Anna"


def test_each_kind_of_environment_has_its_own(tmp_path: Path) -> None:
    source = "{% if name %}\n{{ name }}{% endif %}"
    assert said(tmp_path, source) == "\nAnna"
    assert said(tmp_path, source, "paper", trim_blocks=True) == "Anna"


def test_where_nothing_can_be_written_pages_are_shown_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(tmp_path / "gone" / "deeper", "Hello {{ name }}") == "Hello Anna"
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert kept_code("page", tmp_path) is None
