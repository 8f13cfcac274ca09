"""Signing in with a second factor, and the page of one's own sessions: without a script, in both languages."""

import base64
import re

import pytest
from flask.testing import FlaskClient

from contracts.access import SYSTEM, Role
from ledger import totp
from ledger.staff import StaffAccounts
from storefront.web.device import device_of
from tests.unit.storefront.fakes import Shopfront
from tests.unit.storefront.site import site

PASSWORD = "long enough to keep"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/604.1"


@pytest.fixture
def petra(shop: Shopfront) -> FlaskClient:
    StaffAccounts(shop.ledger).create(SYSTEM, "petra", PASSWORD, Role.PLANNER)
    return browser(shop, FIREFOX)


def browser(shop: Shopfront, user_agent: str) -> FlaskClient:
    client = site(shop).test_client()
    client.environ_base["HTTP_USER_AGENT"] = user_agent
    return client


def sign_in(client: FlaskClient, onward: str = "/orders") -> str:
    answer = client.post("/sign-in", data={"name": "petra", "password": PASSWORD, "next": onward})
    assert answer.status_code == 303
    return str(answer.location)


def code_for(shop: Shopfront, secret: bytes, step: int) -> str:
    return totp.code_at(secret, int(shop.ledger.clock.real_now().timestamp()) // totp.STEP_S + step)


def set_up(shop: Shopfront, client: FlaskClient) -> tuple[bytes, list[str]]:
    """The secret as it was typed off the page, and the recovery codes as they stood on the next."""
    assert client.post("/account/second-factor/begin").location == "/account/second-factor"
    page = client.get("/account/second-factor").text
    assert "<svg" in page
    typed = re.search(r'typed-code">([A-Z2-7 ]+)<', page)
    assert typed is not None
    secret = base64.b32decode(typed[1].replace(" ", ""))
    wrong = client.post("/account/second-factor", data={"code": "x"})
    assert (wrong.status_code, "code-error" in wrong.text) == (422, True)
    done = client.post("/account/second-factor", data={"code": code_for(shop, secret, 0)})
    assert done.status_code == 200
    return secret, re.findall(r"<li><code>([a-z2-9-]+)</code>", done.text)


def test_a_sign_in_with_a_second_factor_takes_one_more_page(shop: Shopfront, petra: FlaskClient) -> None:
    assert sign_in(petra) == "/orders"
    secret, codes = set_up(shop, petra)
    assert codes[0] not in petra.get("/account/sign-ins").text, "shown once"

    phone = browser(shop, IPHONE)
    assert phone.get("/sign-in/code").location == "/sign-in", "who has shown no password is asked for it"
    assert sign_in(phone) == "/sign-in/code?next=%2Forders"
    assert phone.get("/account/sign-ins").status_code != 200
    for language in ("en", "zh"):
        assert "one-time-code" in phone.get(f"/sign-in/code?next=/orders&lang={language}").text
    wrong = phone.post("/sign-in/code", data={"code": "000000", "next": "/orders"})
    assert (wrong.status_code, 'value="/orders"' in wrong.text) == (422, True)
    right = phone.post("/sign-in/code", data={"code": code_for(shop, secret, 1), "next": "/orders"})
    assert (right.status_code, right.location) == (303, "/orders")

    page = petra.get("/account/sign-ins").text
    assert "Safari, iPhone" in page
    assert "Firefox, Linux" in page
    assert petra.post("/account/second-factor/off", data={"code": "wrong"}).status_code == 422
    assert petra.post("/account/second-factor/off", data={"code": codes[0]}).status_code == 303
    assert sign_in(browser(shop, IPHONE)) == "/orders"


def test_other_sessions_are_ended_from_the_page(shop: Shopfront, petra: FlaskClient) -> None:
    sign_in(petra)
    sign_in(petra)
    assert 'name="session"' not in petra.get("/account/sign-ins").text, "signing in anew leaves no session behind"
    phone, third = browser(shop, IPHONE), browser(shop, "")
    for client in (phone, third):
        sign_in(client)
    page = petra.get("/account/sign-ins").text
    assert page.count('name="session"') == 2
    named = re.search(r'name="session" value="([^"]+)"', page)
    assert named is not None
    for _ in range(2):
        assert petra.post("/account/sign-ins/end", data={"session": named[1]}).status_code == 303
    assert petra.get("/account/sign-ins").text.count('name="session"') == 1
    petra.post("/account/sign-ins/end-others")
    assert [client.get("/account/sign-ins").status_code for client in (petra, phone, third)] == [200, 303, 303]
    assert 'name="session"' not in petra.get("/account/sign-ins").text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_own_password_is_changed_with_the_current_one(shop: Shopfront, petra: FlaskClient, language: str) -> None:
    sign_in(petra)
    phone = browser(shop, IPHONE)
    sign_in(phone)
    for current, new, field in (("not it", "another long one", "current"), (PASSWORD, "short", "new_password")):
        refused = petra.post(f"/account/password?lang={language}", data={"current": current, "new_password": new})
        assert (refused.status_code, f'id="{field}-error"' in refused.text) == (422, True)
    assert petra.post("/account/password", data={"current": PASSWORD, "new_password": "another long one"}).status_code == 303
    assert [client.get("/account/sign-ins").status_code for client in (petra, phone)] == [200, 303]
    assert phone.post("/sign-in", data={"name": "petra", "password": PASSWORD}).status_code == 401
    assert phone.post("/sign-in", data={"name": "petra", "password": "another long one"}).status_code == 303


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (FIREFOX, "Firefox, Linux"),
        (IPHONE, "Safari, iPhone"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0 Safari/537.36 Edg/139.0",
            "Edge, Windows",
        ),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8.9", ""),
        ("", ""),
    ],
)
def test_a_device_is_known_by_two_words(user_agent: str, device: str) -> None:
    assert device_of(user_agent) == device
