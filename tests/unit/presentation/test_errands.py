"""What a page was opened for is remembered for a while, by purpose and by subject."""

import pytest
from flask import Flask

from presentation.errands import KEPT, Errand, done, set_out, subject_for, way_back


@pytest.fixture
def app() -> Flask:
    app = Flask("errands", static_folder=None)
    app.secret_key = "test"
    return app


def test_an_errand_leads_back_until_it_is_done(app: Flask) -> None:
    with app.test_request_context("/"):
        assert way_back("design_1") is None
        set_out(Errand("design_1", "piece_1", "/orders/order_1/change"))
        assert way_back("design_1") == "/orders/order_1/change"
        assert subject_for("piece_1") == "design_1"
        done("piece_1")
        assert way_back("design_1") is None


def test_a_new_errand_takes_the_place_of_the_last_one_of_its_purpose(app: Flask) -> None:
    with app.test_request_context("/"):
        set_out(Errand("design_1", "piece_1", "/a"))
        set_out(Errand("design_2", "piece_1", "/b"))
        assert (way_back("design_1"), way_back("design_2"), subject_for("piece_1")) == (None, "/b", "design_2")


def test_only_the_latest_errands_travel_with_the_session(app: Flask) -> None:
    with app.test_request_context("/"):
        for number in range(KEPT + 1):
            set_out(Errand(f"design_{number}", f"piece_{number}", "/"))
        assert subject_for("piece_0") is None
        assert subject_for(f"piece_{KEPT}") == f"design_{KEPT}"
