"""Addresses as their countries write them, with a state or a province where one is needed."""

import pytest

from contracts.texts import Language
from storefront.addresses import address_lines, postcode_example, postcode_fits, postcode_is_written, region_kind, regions
from storefront.engine.shipping import COUNTRIES
from storefront.requests import Customer


def customer(country: str, region: str, street: str, city: str, postcode: str) -> Customer:
    return Customer(name="Li", email="li@example.org", street=street, city=city, postcode=postcode, country=country, region=region)


@pytest.mark.parametrize(
    ("language", "to", "lines"),
    [
        ("en", customer("US", "CA", "1 Main St", "Davis", "95616"), ["1 Main St", "Davis, CA 95616"]),
        ("zh", customer("US", "CA", "1 Main St", "Davis", "95616"), ["1 Main St", "Davis, CA 95616"]),
        ("zh", customer("CN", "浙江省", "文一路1号", "杭州市", "310000"), ["310000", "浙江省杭州市", "文一路1号"]),
        ("en", customer("CN", "浙江省", "1 Wenyi Road", "Hangzhou", "310000"), ["1 Wenyi Road", "Hangzhou", "Zhejiang Sheng, 310000"]),
        ("en", customer("DE", "", "Uferweg 1", "Bremen", "28195"), ["Uferweg 1", "28195 Bremen"]),
        ("en", customer("US", "", "1 Main St", "Davis", "95616"), ["1 Main St", "95616 Davis"]),
    ],
)
def test_an_address_is_written_as_its_country_does(language: Language, to: Customer, lines: list[str]) -> None:
    assert address_lines(to, language) == lines


def test_a_region_is_asked_for_where_an_address_needs_one() -> None:
    assert {each for each in COUNTRIES if regions(each)} == {"CN", "US"}
    assert (region_kind("US"), region_kind("CN")) == ("state", "province")
    assert [each.label.en for each in regions("US") if each.key == "CA"] == ["California"]
    assert [(each.label.en, each.label.zh) for each in regions("CN") if each.key == "浙江省"] == [("Zhejiang Sheng", "浙江省")]
    assert regions("XX") == ()


@pytest.mark.parametrize(
    ("country", "region", "postcode", "fits"),
    [
        ("US", "CA", "94107", True),
        ("US", "CA", "10001", False),
        ("US", "NY", "10001-1234", True),
        ("NL", "", "7411 AA", True),
        ("CN", "贵州省", "550001", True),
    ],
)
def test_a_postcode_lies_in_its_state_where_that_is_known(country: str, region: str, postcode: str, fits: bool) -> None:
    assert postcode_fits(customer(country, region, "1 Main St", "Town", postcode)) is fits


@pytest.mark.parametrize(
    ("country", "postcode", "written"),
    [
        ("NL", "7411 AA", True),
        ("NL", " 7411aa ", True),
        ("NL", "xx", False),
        ("NL", "28195", False),
        ("DE", "28195", True),
        ("US", "94107-1234", True),
        ("US", "9410", False),
        ("CN", "550001", True),
        ("CN", "5500", False),
        ("XX", "anything", True),
    ],
)
def test_a_postcode_is_written_as_its_country_writes_them(country: str, postcode: str, written: bool) -> None:
    assert postcode_is_written(customer(country, "", "1 Main St", "Town", postcode)) is written


def test_every_country_that_we_deliver_to_has_an_example_of_its_own() -> None:
    for country in COUNTRIES:
        example = postcode_example(country)
        assert example is not None, country
        assert postcode_is_written(customer(country, "", "1 Main St", "Town", example)), country
