"""How heavy are the papers, and how long does pressing one take? Each kind of paper of each family in each language, warm."""

import io
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
from pypdf import PdfReader

from contracts.texts import LANGUAGES, Language
from ledger.settings import Settings
from lotone.backlog import play_until, working
from lotone.demo_customer import Customer, Ordered
from lotone.demo_wishes import WISHES
from lotone.fresh import BEGINS_AT
from lotone.migrate import migrate_database
from lotone.outgoing import senders_of
from lotone.people import BUNDLED, read_people
from lotone.seed import seed_installation
from lotone.web import create_app
from lotone.wiring import House, build_house
from mes_bridge.documents.certificate import certificate_pdf
from mes_bridge.documents.traveller import traveller_pdf
from presentation.press import press
from storefront.documents.confirmation import confirmation_pdf
from storefront.papers import confirmation_content

BLANK = '<!doctype html><html lang="en"><head><title>Blank</title></head><body><h1>Blank 空白</h1></body></html>'
"""The baseline: a paper with one heading, pressed in the same run."""


def papers(rounds: int) -> None:
    """Median milliseconds of ``rounds`` pressings, KB and pages of every paper."""
    with tempfile.TemporaryDirectory() as home, _house(Path(home)) as house:
        orders = dict(_shipped(house))
        baseline_ms = _milliseconds(partial(press, BLANK), rounds)
        print(f"papers, blank page as baseline: {baseline_ms:.0f} ms")
        for family, order in orders.items():
            for name, pdf in _papers_of(house, order):
                for language in LANGUAGES:
                    written = pdf(language)
                    took_ms = _milliseconds(partial(pdf, language), rounds)
                    pages = len(PdfReader(io.BytesIO(written)).pages)
                    print(
                        f"papers, {name} of a {family}, {language}: {took_ms:.0f} ms ({took_ms / baseline_ms:.1f} × blank), "
                        f"{len(written) / 1000:.0f} KB, {pages} pages"
                    )


@contextmanager
def _house(home: Path) -> Iterator[House]:
    settings = Settings(home=home, database_url="", broker_url="", smtp_url="", public_url="", secret_key="bench" * 7, vault_key="11" * 32)
    migrate_database(settings)
    house = build_house(settings)
    try:
        house.ledger.clock.begin("stepped", at=BEGINS_AT)
        seed_installation(house)
        yield house
    finally:
        house.ledger.close()


def _shipped(house: House) -> Iterator[tuple[str, str]]:
    """An order of each family (family, order), certified by the simulated plant."""
    transport = httpx.WSGITransport(app=create_app(house.settings, house))
    people = read_people(BUNDLED)
    with httpx.Client(transport=transport, base_url="http://127.0.0.1") as client:
        bought = [Customer(client, person, 1, family).buy() for family, person in zip(WISHES, people, strict=False)]
    orders = [one for one in bought if isinstance(one, Ordered)]
    with working(house, {"mail": senders_of(house)["mail"]}):
        key = (house.settings.home / "simulator.key").read_text()
        play_until(house, transport, key, lambda: all(house.mes_bridge.certificates(one.order) for one in orders))
    return iter([(one.family, one.order) for one in orders])


def _papers_of(house: House, order: str) -> list[tuple[str, Callable[[Language], bytes]]]:
    bridge, shop = house.mes_bridge, house.storefront.shop
    (piece,) = bridge.pieces(order)
    return [
        ("confirmation", lambda language: confirmation_pdf(shop, confirmation_content(shop, order, language))),
        ("traveller", lambda language: traveller_pdf(bridge, bridge.traveller_content(piece, language))),
        ("certificate", lambda language: certificate_pdf(bridge, bridge.certificate_content(order, language))),
    ]


def _milliseconds(work: Callable[[], bytes], rounds: int) -> float:
    """The median of ``rounds`` warm runs."""
    work()
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return 1000 * statistics.median(took)
