"""What a message says in a language."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from jinja2 import Environment

from contracts.texts import Localised, Message
from contracts.units import Money, Quantity
from presentation import formats, texts
from presentation.words import Words


@pytest.fixture(autouse=True)
def catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {
        "en": {
            "try.price": ("It costs {price}.",),
            "try.size": ("The tube is {length} at {at}.",),
            "try.why": ("Late because {cause}",),
            "try.cause": ("the {machine} was down for {minutes} minutes.",),
            "try.count": ("{count} operation", "{count} operations"),
            "try.list": ("Give up {options}.",),
        },
        "zh": {
            "try.price": ("价格为 {price}。",),
            "try.size": ("管长 {length}，{at}。",),
            "try.why": ("延误原因：{cause}",),
            "try.cause": ("{machine}停机 {minutes} 分钟。",),
            "try.count": ("{count} 道工序",),
            "try.list": ("放弃{options}。",),
        },
    }
    monkeypatch.setattr(texts, "sentences", lambda language: known[language])


@pytest.mark.parametrize(
    ("message", "english", "chinese"),
    [
        (Message(id="try.price", params={"price": Money(amount=123456, currency="EUR")}), "It costs €1,234.56.", "价格为 €1,234.56。"),
        (
            Message(id="try.size", params={"length": Quantity(value=31605, unit="um"), "at": datetime(2026, 11, 24, 8, 5, tzinfo=UTC)}),
            "The tube is 31.605 mm at 24 Nov 2026, 09:05.",
            "管长 31.605 mm，2026年11月24日 09:05。",
        ),
        (
            Message(
                id="try.why",
                params={"cause": Message(id="try.cause", params={"machine": Localised(en="oven", zh="烘箱"), "minutes": 1200})},
            ),
            "Late because the oven was down for 1,200 minutes.",
            "延误原因：烘箱停机 1,200 分钟。",
        ),
        (Message(id="try.count", params={"count": 1}), "1 operation", "1 道工序"),
        (Message(id="try.count", params={"count": 0}), "0 operations", "0 道工序"),
        (
            Message(id="try.list", params={"options": (Localised(en="discs", zh="碟刹"), Localised(en="the fork", zh="前叉"))}),
            "Give up discs and the fork.",
            "放弃碟刹和前叉。",
        ),
    ],
)
def test_a_message_is_filled_in_each_language(message: Message, english: str, chinese: str) -> None:
    zone = ZoneInfo("Europe/Berlin")
    assert texts.render(message, "en", zone) == english
    assert texts.render(message, "zh", zone) == chinese


def test_a_text_given_in_both_languages_is_itself() -> None:
    assert texts.render(Localised(en="fork", zh="前叉"), "zh") == "前叉"


def test_an_unknown_message_is_an_error() -> None:
    with pytest.raises(texts.UnknownMessage, match=r"try\.nothing"):
        texts.render(Message(id="try.nothing"), "en")


def test_a_missing_parameter_is_an_error_that_names_it() -> None:
    with pytest.raises(texts.MissingParameter, match="price"):
        texts.render(Message(id="try.price"), "en")


def test_braces_in_a_parameter_are_not_filled_again() -> None:
    message = Message(id="try.list", params={"options": "{price} <b>"})
    assert texts.render(message, "en") == "Give up {price} <b>."


@pytest.mark.parametrize(
    ("quantity", "english", "chinese"),
    [
        (Quantity(value=31600, unit="um"), "31.6 mm", "31.6 mm"),
        (Quantity(value=1000, unit="um"), "1 mm", "1 mm"),
        (Quantity(value=10_000_000, unit="um"), "10000 mm", "10000 mm"),
        (Quantity(value=90_000, unit="nm"), "90 µm", "90 µm"),
        (Quantity(value=-50, unit="um"), "-0.05 mm", "-0.05 mm"),
        (Quantity(value=73500, unit="mdeg"), "73.5°", "73.5°"),
        (Quantity(value=25_300, unit="cm2"), "2.53 m²", "2.53 m²"),
        (Quantity(value=12500, unit="mNm"), "12.5 N·m", "12.5 N·m"),
        (Quantity(value=5400, unit="s"), "1 h 30 min", "1 小时 30 分钟"),
        (Quantity(value=90, unit="s"), "1 min 30 s", "1 分钟 30 秒"),
        (Quantity(value=0, unit="s"), "0 s", "0 秒"),
        (Quantity(value=8450, unit="g"), "8.45 kg", "8.45 kg"),
        (Quantity(value=2, unit="piece"), "2 pcs", "2 件"),
    ],
)
def test_quantities_are_written_as_people_read_them(quantity: Quantity, english: str, chinese: str) -> None:
    assert (formats.quantity(quantity, "en"), formats.quantity(quantity, "zh")) == (english, chinese)


def test_a_table_shows_as_many_decimals_as_its_finest_value() -> None:
    values = (31600, 31550, 31605)
    places = formats.places_of(values, "um")
    assert [formats.figure(value, "um", places) for value in values] == ["31.600", "31.550", "31.605"]
    assert formats.places_of((1000, 2000), "um") == 0
    assert formats.figure(2000, "um", 0) == "2"


def test_a_day_is_the_day_in_the_plant() -> None:
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    assert formats.day(late, "en", ZoneInfo("Europe/Berlin")) == "25 Nov 2026"
    assert formats.day(late, "zh", weekday=True) == "2026年11月24日 周二"
    assert formats.clock_time(late, "en", ZoneInfo("Europe/Berlin")) == "00:30"


def test_a_moment_is_marked_up_in_html_and_plain_inside_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "sentences", lambda language: {"try.at": ("Until {at}.",)})
    at = datetime(2026, 11, 24, 8, 5, tzinfo=UTC)
    environment = Environment(autoescape=True)
    environment.globals.update(Words(lambda: "en").template_globals())
    assert environment.from_string("{{ moment(at) }}").render(at=at) == ('<time datetime="2026-11-24T08:05:00Z">24 Nov 2026, 08:05</time>')
    assert environment.from_string("{{ t('try.at', at=day(at)) }}").render(at=at) == "Until 24 Nov 2026."
