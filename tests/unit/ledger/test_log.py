"""The log carries identifiers and no personal values."""

import io
import json

import structlog

from ledger import log


def test_a_line_is_json_with_the_bound_identifiers_and_without_personal_values() -> None:
    stream = io.StringIO()
    log.configure(stream=stream)
    try:
        log.bind(request="r1")
        log.logger("storefront").info("order.placed", order="o1", email="rider@example.org")
        log.unbind()
        log.logger("storefront").debug("not.shown")
    finally:
        structlog.reset_defaults()

    (line,) = stream.getvalue().splitlines()
    content = json.loads(line)
    assert (content["event"], content["request"], content["order"], content["room"]) == ("order.placed", "r1", "o1", "storefront")
    assert content["email"] == "[withheld]"
