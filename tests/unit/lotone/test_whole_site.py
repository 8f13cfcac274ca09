"""Rules that every route of the whole product keeps."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, render_template_string

from ledger.settings import Settings
from lotone.web import create_app
from lotone.wiring import build_house
from presentation.guard import undecided_routes
from presentation.openapi import description_of, undescribed_routes

ROOT = Path(__file__).parents[3]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    settings = Settings(home=tmp_path, database_url=f"sqlite:///{tmp_path / 'lotone.db'}", secret_key="test" * 8, vault_key="11" * 32)
    house = build_house(settings)
    yield create_app(settings, house)
    house.ledger.close()


def test_a_web_process_brings_neither_solver_nor_press_along() -> None:
    """Each takes a second of a process's start; only the worker's jobs need them."""
    ask = "import sys, lotone.web; print(sorted({'pulp', 'pandas', 'ortools', 'weasyprint'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_every_route_requires_a_permission_or_is_public_on_purpose(app: Flask) -> None:
    assert list(undecided_routes(app)) == []


def test_everything_under_the_api_is_described(app: Flask) -> None:
    assert list(undescribed_routes(app)) == []


def test_the_description_of_the_whole_api_can_be_built(app: Flask) -> None:
    description = description_of(app, "1")
    assert "/api/v1/orders/{order}/certificate.pdf" in description["paths"]
    assert "/api/v1/mes/work-orders/lease" in description["paths"]


def test_static_files_that_templates_name_exist(app: Flask) -> None:
    names = {name for path in ROOT.glob("*/**/templates/**/*.html") for name in re.findall(r"asset\('([^']+)'\)", path.read_text())}
    assert "mes_bridge/terminal.css" in names
    with app.test_request_context("/"):
        for name in names:
            assert render_template_string("{{ asset(name) }}", name=name).startswith("/static/")
