"""The papers of a made cabinet: for machines that read aloud, within their weight, with every choice and measure on them."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from contracts.product import ManufacturingSpecification
from contracts.texts import LANGUAGES, Language
from lotone.wiring import House
from mes_bridge.documents.certificate import certificate_pdf
from mes_bridge.documents.traveller import traveller_pdf
from presentation import formats
from storefront.documents.confirmation import confirmation_pdf
from storefront.papers import confirmation_content
from tests.contract.lotone.conftest import fresh_house
from tests.contract.lotone.test_a_cabinet import CHOICES, NUMBERS
from tests.one_piece import MES, made

HEAVIEST_BYTES = 200_000


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with fresh_house(Path(tmp_path_factory.mktemp("home")), "") as house:
        made(house, "cabinet", NUMBERS, CHOICES)
        yield house


def papers_of(house: House, language: Language) -> dict[str, bytes]:
    bridge, shop = house.mes_bridge, house.storefront.shop
    piece = next(item.piece for item in bridge.work_orders(MES))
    order = bridge.piece_story(piece).order
    return {
        "confirmation": confirmation_pdf(shop, confirmation_content(shop, order, language)),
        "traveller": traveller_pdf(bridge, bridge.traveller_content(piece, language)),
        "certificate": certificate_pdf(bridge, bridge.certificate_content(order, language)),
    }


def specification_of(house: House) -> ManufacturingSpecification:
    piece = next(item.piece for item in house.mes_bridge.work_orders(MES))
    return house.mes_bridge.specification(house.mes_bridge.piece_story(piece).specification_sha256)


def elements(node: Any) -> Iterator[Any]:
    """Every element of the structure below a node."""
    node = node.get_object()
    if isinstance(node, list):
        for each in node:
            yield from elements(each)
    elif isinstance(node, dict):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from elements(node["/K"])


def attributes(element: Any) -> dict[str, Any]:
    given = element.get("/A", {})
    return (
        dict(given.get_object())
        if not isinstance(given, list)
        else {name: value for each in given for name, value in each.get_object().items()}
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_paper_carries_every_choice_and_measure_within_its_weight(house: House, language: Language) -> None:
    specification = specification_of(house)
    shown = [label.in_language(language) for choice in specification.choices for label in (choice.option_label, choice.value_label)]
    shown += [dimension.label.in_language(language) for dimension in specification.dimensions]
    shown += [formats.figure(dimension.value, dimension.unit) for dimension in specification.dimensions]
    for name, pdf in papers_of(house, language).items():
        reader = PdfReader(io.BytesIO(pdf))
        text = "".join("".join(page.extract_text() for page in reader.pages).split())
        missing = [words for words in shown if "".join(words.split()) not in text]
        assert not missing, (name, missing)
        assert len(pdf) <= HEAVIEST_BYTES, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_paper_is_tagged_for_reading_aloud(house: House, language: Language) -> None:
    for name, pdf in papers_of(house, language).items():
        reader = PdfReader(io.BytesIO(pdf))
        root = reader.trailer["/Root"]
        assert root["/Lang"].startswith(language), name
        assert reader.metadata is not None
        assert reader.metadata.title, name
        assert root["/MarkInfo"]["/Marked"], name
        structure = list(elements(root["/StructTreeRoot"]))
        assert {"/Document", "/H1", "/Table", "/TH", "/TD", "/Figure"} <= {str(each["/S"]) for each in structure}, name
        assert all(each.get("/Alt") for each in structure if each["/S"] == "/Figure"), name
        cells = [attributes(each) for each in structure if each["/S"] == "/TD"]
        assert all(each.get("/Headers") for each in cells), f"a cell of the {name} does not know its headings"
