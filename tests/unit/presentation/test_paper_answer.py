"""What does a person get who opens a paper that is not pressed yet?"""

import pytest
from flask import Flask

from contracts.problems import Unavailable
from presentation import paper_answer as edge
from presentation.site import init_site


@pytest.fixture
def app() -> Flask:
    app = Flask("papers", static_folder=None)
    app.config.update(SECRET_KEY="test", TESTING=True)
    init_site(app)
    return app


def test_a_pressed_paper_is_the_pdf(app: Flask) -> None:
    with app.test_request_context("/"):
        assert edge.paper_answer(b"%PDF-", "a.pdf").mimetype == "application/pdf"


def test_one_that_is_being_pressed_says_where(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "has_pango", lambda: True)
    with app.test_request_context("/", headers={"Accept": "application/json"}):
        answer = edge.paper_answer("job_1", "a.pdf")
    assert (answer.status_code, answer.headers["Location"]) == (202, "/api/v1/jobs/job_1")


def test_without_pango_nobody_is_made_to_wait(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "has_pango", lambda: False)
    with app.test_request_context("/"), pytest.raises(Unavailable) as refused:
        edge.paper_answer("job_1", "a.pdf")
    assert refused.value.extra == {"needs": "Pango"}
    with app.test_request_context("/"):
        assert edge.paper_answer(b"%PDF-", "a.pdf").status_code == 200
