"""Papers and letters: what stands in them, that they are pressed once, that no text becomes anything but text."""

from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest
from lxml import html
from sqlmodel import select

from contracts.access import SYSTEM
from contracts.texts import Message
from ledger.job_runner import JobRunner
from ledger.tables import JobRow, OutsideRow
from presentation import press
from storefront.documents.confirmation import confirmation_html
from storefront.documents.mail import Letter, letter
from storefront.documents.wording import with_days
from storefront.papers import PRESS, confirmation_content
from storefront.tables import OrderRow
from storefront.tasks import jobs
from tests.conftest import START
from tests.unit.storefront.fakes import GUEST, Shopfront, eur, rider
from tests.unit.storefront.test_following import Followed

ADDRESS = "https://shop.example"


def letters(shop: Shopfront) -> list[Letter]:
    with shop.ledger.reading() as session:
        rows = session.exec(select(OutsideRow).order_by(OutsideRow.seq)).all()
    return [found for row in rows if (found := letter(shop.service, row.content, ADDRESS)) is not None]


@pytest.mark.parametrize(
    ("language", "words"), [("en", ["Seat tube", "560 mm", "€2,380.00", "Fri 11 Dec 2026"]), ("zh", ["立管", "2026年12月11日"])]
)
def test_the_confirmation_says_what_is_made_what_it_costs_and_what_is_promised(shop: Shopfront, language: str, words: list[str]) -> None:
    order = shop.service.place_order(GUEST, shop.wanted(customer=rider(language=language)), None)
    paper = confirmation_html(shop.service.shop, confirmation_content(shop.service.shop, order, language))  # type: ignore[arg-type]
    for word in words:
        assert word in paper
    assert "<svg" in paper
    assert "storefront." not in paper


def test_the_confirmation_keeps_own_choices_apart_from_completed_ones(shop: Shopfront) -> None:
    order = shop.service.place_order(GUEST, shop.wanted(), None)
    paper = confirmation_html(shop.service.shop, confirmation_content(shop.service.shop, order, "en"))
    specification = shop.studio.specification(shop.service.order(SYSTEM, order).pieces[0].specification_sha256)
    tables = {table.findtext("caption"): table.text_content() for table in html.fromstring(paper).iterfind(".//table[@class='pairs']")}
    for choice in specification.choices:
        words = "What you chose" if choice.own else "Filled in for you" if choice.filled else "Completed to fit what you chose"
        assert choice.value_label.en in tables[words]


def without_own_choices(shop: Shopfront) -> None:
    """The design as somebody orders it who chose nothing."""
    frozen = shop.studio.designs["design_1"][-1]
    choices = tuple(each.model_copy(update={"own": False, "filled": False}) for each in frozen.choices)
    shop.studio.designs["design_1"][-1] = frozen.model_copy(update={"choices": choices})


def test_what_nobody_chose_stands_on_the_confirmation_as_it_comes(shop: Shopfront) -> None:
    without_own_choices(shop)
    order = shop.service.place_order(GUEST, shop.wanted(), None)
    paper = html.fromstring(confirmation_html(shop.service.shop, confirmation_content(shop.service.shop, order, "en")))
    assert [table.findtext("caption") for table in paper.iterfind(".//table[@class='pairs']")] == ["As it comes", "Measures of the product"]


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "en",
            [
                "You ordered: Bicycle",
                "As it comes: Colour: red; Brake: Hydraulic disc; Pedals: Flat pedals",
                "Measures of the product: Seat tube 560 mm",
            ],
        ),
        ("zh", ["您订购的产品：自行车", "标准配置：颜色：red；刹车：油压碟刹；脚踏：平踏", "产品尺寸：立管 560 mm"]),
    ],
)
def test_a_letter_about_a_product_that_nobody_changed_says_what_it_comes_with(shop: Shopfront, language: str, lines: list[str]) -> None:
    without_own_choices(shop)
    shop.service.place_order(GUEST, shop.wanted(customer=rider(language=language)), None)
    (letter,) = letters(shop)
    assert "\n".join(lines) in letter.text


def test_no_personal_value_stands_on_the_paper(shop: Shopfront) -> None:
    order = shop.service.place_order(GUEST, shop.wanted(), None)
    content = confirmation_content(shop.service.shop, order, "en")
    paper = confirmation_html(shop.service.shop, content) + str(content)
    for value in ("Ada", "example.org", "Uferweg", "Bremen", "28195"):
        assert value not in paper


def test_the_confirmation_is_pressed_once_for_its_content(shop: Shopfront, monkeypatch: pytest.MonkeyPatch) -> None:
    pressed: list[str] = []

    def stamp(html: str) -> bytes:
        pressed.append(html)
        return b"%PDF-1.7"

    monkeypatch.setattr("storefront.documents.confirmation.press", stamp)
    order = shop.service.place_order(GUEST, shop.wanted(), None)
    job = shop.service.confirmation(order, "en")
    assert isinstance(job, str)
    assert shop.service.confirmation(order, "en") == job
    runner = JobRunner(shop.ledger, jobs(shop.service))
    while runner.run_once():
        pass
    assert shop.service.confirmation(order, "en") == b"%PDF-1.7"
    with shop.ledger.transaction(SYSTEM) as transaction:
        transaction.enqueue(PRESS, f"{order}:en", {"order": order, "language": "en"})
    runner.run_once()
    assert len(pressed) == 1
    with shop.ledger.reading() as session:
        assert {row.state for row in session.exec(select(JobRow)).all()} == {"done"}


def test_a_paper_that_nobody_asks_for_is_not_pressed(shop: Shopfront) -> None:
    shop.service.place_order(GUEST, shop.wanted(), None)
    with shop.ledger.reading() as session:
        assert session.exec(select(JobRow)).all() == []


def test_the_pressed_confirmation_is_a_pdf(shop: Shopfront) -> None:
    order = shop.service.place_order(GUEST, shop.wanted(), None)
    html = confirmation_html(shop.service.shop, confirmation_content(shop.service.shop, order, "en"))
    assert press.press(html).startswith(b"%PDF-")


def test_a_letter_reads_in_the_customers_language_and_opens_the_order(shop: Shopfront) -> None:
    first, _ = [shop.service.place_order(GUEST, shop.wanted(customer=rider(language=each)), None) for each in ("en", "zh")]
    english, chinese = letters(shop)
    assert english.subject == "Your order is placed, promised by Fri 11 Dec 2026"
    assert "Dear Ada Rider," in english.text
    assert "€2,380.00" in english.text
    specification = shop.studio.specification(shop.service.order(SYSTEM, first).pieces[0].specification_sha256)
    for choice in specification.choices:
        assert (f"{choice.option_label.en}: {choice.value_label.en}" in english.text.splitlines()) == choice.own
    assert "The rest was filled in for you; the order's page lists it.\n" in english.text
    assert "It goes to:\nAda Rider\n" in english.text
    assert "\nGermany\n" in english.text
    assert max(len(line) for line in english.text.splitlines() if "http" not in line) <= 72
    assert "Ada Rider，您好：" in chinese.text
    link = next(line for line in english.text.splitlines() if line.startswith(ADDRESS))
    order, _, key = link.rpartition("/")[2].partition("?key=")
    assert shop.service.order_key(order) == key


def test_the_letter_about_a_moved_date_names_both_dates_and_the_cause(shop: Shopfront) -> None:
    followed = Followed(shop)
    followed.moved(3)
    moved = letters(shop)[-1]
    assert "Fri 11 Dec 2026" in moved.text
    assert "Mon 14 Dec 2026" in moved.text
    assert "wait for it, change the design, or cancel" in " ".join(moved.text.split())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_letter_fits_a_plain_text_reader_and_holds_its_link_on_a_line_of_its_own(shop: Shopfront, language: str) -> None:
    """At most 76 columns, in which a Chinese character takes two; no Chinese line begins with a sign that ends a clause."""
    followed = Followed(shop)
    rows = {
        "placed": {"total": eur(238_000), "promised_at": shop.plant.promised_at},
        "changed": {"total": eur(238_000), "promised_at": shop.plant.promised_at},
        "cancelled": {"refund": eur(238_000)},
        "shipped": {"expected_at": shop.plant.promised_at},
        "delivered": {"delivered_at": shop.plant.promised_at},
        "moved_later": {"old": shop.plant.promised_at, "new": shop.plant.promised_at, "cause": Message(id="scheduler.cause.displaced")},
        "moved_kept": {"old": shop.plant.promised_at, "new": shop.plant.promised_at, "cause": Message(id="scheduler.cause.displaced")},
    }
    with shop.ledger.reading() as session:
        person = session.get_one(OrderRow, followed.order).person
    for kind, params in rows.items():
        message = Message(id=f"storefront.mail.{kind}.body", params=params)
        content = {"letter": kind, "order": followed.order, "person": person, "language": language}
        written = letter(shop.service, {**content, "message": message.model_dump(mode="json")}, ADDRESS)
        assert written is not None
        lines = written.text.splitlines()
        columns = [sum(1 if sign.isascii() else 2 for sign in line) if language == "zh" else len(line) for line in lines]
        assert max(width for width, line in zip(columns, lines, strict=True) if not line.startswith("http")) <= 76, kind
        assert [line for line in lines if "http" in line] == [line for line in lines if line.startswith(ADDRESS)]
        assert not any(line[0] in "，。；：、？！）" for line in lines if line), kind


def test_a_name_cannot_write_into_the_head_of_a_letter(shop: Shopfront) -> None:
    name = "Ada\r\nBcc: everybody@example.org\r\n{{7*7}}"
    shop.service.place_order(GUEST, shop.wanted(customer=rider(name=name)), None)
    mime = letters(shop)[0].mime("Shop <shop@example.org>", "order_1:placed:1", START)
    assert mime["Bcc"] is None
    assert (mime["Message-ID"], mime["Date"]) == ("<order_1.placed.1@example.org>", format_datetime(START))
    assert "Dear Ada Bcc: everybody@example.org {{7*7}}," in mime.get_content()


def test_nobody_writes_to_an_erased_person(shop: Shopfront) -> None:
    followed = Followed(shop)
    shop.service.cancel_order(GUEST, followed.order, None)
    assert len(letters(shop)) == 2
    shop.service.erase_personal(GUEST)
    assert letters(shop) == []


def test_dates_of_promises_are_days() -> None:
    message = with_days(Message(id="storefront.story.planned", params={"expected_at": START}), "en", ZoneInfo("Europe/Amsterdam"))
    assert message.params["expected_at"] == "Tue 24 Nov 2026"
