"""A click by script brings the blocks that it changed: with them the page shows what it would show opened anew."""

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import html
from markupsafe import Markup

from configurator.service import Service
from configurator.web.blocks import SHOWN, Blocks
from contracts.access import SYSTEM
from tests.bicycles import bicycle_shop, studio_app
from tests.families import NAMES, text_of

SCRIPT = {"HX-Request": "true", "Accept-Language": "en"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with bicycle_shop(tmp_path_factory.mktemp("blocks")) as service:
        for name in NAMES:
            service.publish_family(text_of(name), SYSTEM)
        yield service


@pytest.fixture(scope="module")
def client(service: Service) -> FlaskClient:
    return studio_app(service, forgery_checked=False).test_client()


class Tab:
    """A page that is open in a browser whose script swaps what a click brings."""

    def __init__(self, client: FlaskClient, address: str) -> None:
        self._client = client
        self.address = address
        self.tree = html.fromstring(client.get(address, headers=SCRIPT).text)

    def click(self, action: str, language: str = "en", **fields: Any) -> Any:
        (revision,) = self.tree.xpath("//input[@form='choices'][@name='revision']/@value")
        shown = " ".join(self.tree.xpath("//@data-shown"))
        headers = {**SCRIPT, SHOWN: shown, "Accept-Language": language}
        answer = self._client.post(f"{self.address}/{action}", data={"revision": revision, **fields}, headers=headers)
        self.address = answer.headers.get("HX-Push-Url", answer.headers.get("HX-Replace-Url"))
        fragments = html.fragments_fromstring(answer.text)
        if fragments[0].get("id") == "studio":
            self.tree = fragments[0]
        self._swap(fragments)
        self._fetch_later()
        return answer

    def _fetch_later(self) -> None:
        """The sides that the click left as they were, asked for as the script does."""
        for later in self.tree.xpath("//*[@id='later']"):
            later.getparent().remove(later)
            headers = {**SCRIPT, SHOWN: " ".join(self.tree.xpath("//@data-shown"))}
            if text := self._client.get(later.get("hx-get"), headers=headers).text.strip():
                self._swap(html.fragments_fromstring(text))

    def _swap(self, fragments: list[html.HtmlElement]) -> None:
        for partial in fragments:
            if partial.tag == "hx-partial":
                old = self.tree.get_element_by_id(partial.get("hx-target").removeprefix("#"))
                (new,) = partial
                old.getparent().replace(old, new)

    def offered(self) -> list[tuple[str, str]]:
        buttons = self.tree.xpath("//button[@name='select' or @name='set' or @name='retract' or @name='instead']")
        return [(each.get("name"), each.get("value")) for each in buttons]


def written(tree: html.HtmlElement) -> str:
    """The page without white space and the forms' tokens, which are others each second."""
    for token in tree.xpath("//input[@name='csrf_token']"):
        token.attrib.pop("value", None)
    return re.sub(r"\s+", "", html.tostring(tree, encoding="unicode"))


def brought(answer: Any) -> set[str]:
    return set(re.findall(r'<hx-partial hx-target="#([\w-]+)"', answer.text))


@pytest.mark.parametrize("family", NAMES)
def test_whatever_is_clicked_the_blocks_make_the_page_that_a_new_look_shows(client: FlaskClient, family: str) -> None:
    chance = random.Random(family)
    tab = Tab(client, f"/studio/{family}")
    before = tab.tree
    tab.click("decide", select=next(value for name, value in tab.offered() if name == "select"))
    assert tab.tree is not before
    for _ in range(6):
        name, value = chance.choice(tab.offered())
        tab.click("decide", **{name: value})
        said = tab.tree.xpath("//*[@id='reason'] | //*[@class='followed'] | //*[@id='studio-news']/*")
        if not said:
            assert written(tab.tree) == written(Tab(client, tab.address).tree)
    tab.click("undo")
    tab.click("complete", objective="cheapest")
    whole = client.post(f"{tab.address}/decide", data={"revision": "0", **dict([tab.offered()[-1]])}, headers=SCRIPT)
    tab.click("decide", **{**dict([tab.offered()[-1]]), "revision": "0"})
    assert written(tab.tree) == written(html.fromstring(whole.text))


def test_a_click_brings_the_group_and_leaves_the_others(client: FlaskClient) -> None:
    tab = Tab(client, "/studio/bicycle")
    tab.click("decide", select="colour.coral")
    found = brought(tab.click("decide", select="tread.slick"))
    assert {"group-wheels", "fields"} <= found
    assert not {"group-frame", "measures", "rest"} & found


def test_a_click_brings_the_side_that_is_seen_and_what_changed_of_the_others_follows(client: FlaskClient) -> None:
    tab = Tab(client, "/studio/bicycle")
    tab.click("decide", select="colour.coral")
    before = {each.get("id"): html.tostring(each) for each in tab.tree.xpath("//*[@class='drawing']")}
    found = brought(tab.click("decide", select="bar.flat", view="front"))
    assert {each for each in found if each.startswith("sheet-")} == {"sheet-front"}
    after = {each.get("id"): html.tostring(each) for each in tab.tree.xpath("//*[@class='drawing']")}
    assert before.keys() == after.keys()
    assert after["sheet-side"] != before["sheet-side"]
    assert client.get(f"{tab.address.partition('?')[0]}/sheets?view=front", headers=SCRIPT).text.strip() == ""


def test_what_was_told_of_a_click_goes_with_the_next_one(client: FlaskClient) -> None:
    tab = Tab(client, "/studio/bicycle")
    tab.click("decide", select="style.city")
    assert "group-cockpit" in brought(tab.click("decide", select="bar.drop"))
    assert tab.tree.xpath("//*[@id='option-bar']//*[@id='reason']")
    assert brought(tab.click("decide", select="bar.drop")) == {"fields"}
    assert "group-cockpit" in brought(tab.click("decide", select="colour.sky"))
    assert not tab.tree.xpath("//*[@id='reason']")


def test_in_another_language_the_whole_design_comes(client: FlaskClient) -> None:
    tab = Tab(client, "/studio/bicycle")
    tab.click("decide", select="colour.coral")
    assert brought(tab.click("decide", language="zh", select="colour.sky")) == set()
    assert "天蓝" in tab.tree.text_content()


def test_a_block_whose_mark_the_page_shows_is_not_even_written() -> None:
    first = Blocks("page")
    html_of_a = first("a", shows=1, caller=lambda: Markup("<p id='a'>1</p>"))
    again = Blocks("page", f"{first.outline} {html.fromstring(html_of_a).get('data-shown')}")
    assert again("a", shows=1, caller=lambda: pytest.fail("written")) == ""
    assert again("b", caller=lambda: Markup("<p id='b'></p>"))
    assert [each.name for each in again.changed] == ["b"]
    assert not again.whole
    assert Blocks("another page", first.outline).whole
