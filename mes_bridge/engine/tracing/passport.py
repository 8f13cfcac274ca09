"""The product passport of one finished piece: what it is, of what and how well it was made, how to look after it. Nothing of its owner."""

from pydantic import Field

from contracts.gs1 import piece_uri
from contracts.model import Contract, Instant
from contracts.product import BomLine, Choice, DimensionValue, ManufacturingSpecification
from contracts.quality import Certificate, JudgedMeasurement
from contracts.texts import Localised


class Passport(Contract):
    """Content of the page behind the code on the product, and of its JSON."""

    identifier: str
    """GS1 Digital Link in its canonical form."""
    gtin: str
    serial: str
    product: Localised
    family_version: str
    specification_sha256: str
    made_at: Instant
    """When it was finished and certified."""
    plant: str
    choices: tuple[Choice, ...]
    dimensions: tuple[DimensionValue, ...]
    materials: tuple[BomLine, ...]
    measurements: tuple[JudgedMeasurement, ...]
    put_right: int
    """Faults that were found and put right before it was finished."""
    accepted: int = Field(default=0, exclude_if=lambda count: count == 0)
    """Values out of tolerance that its customer accepted as they are; each value says so."""
    simulated: bool
    """Some value came from a simulator: this piece was never made."""
    care: tuple[Localised, ...]


def passport_of(gtin: str, serial: str, plant: str, certificate: Certificate, specification: ManufacturingSpecification) -> Passport:
    return Passport(
        identifier=piece_uri(gtin, serial),
        gtin=gtin,
        serial=serial,
        product=specification.family_label,
        family_version=specification.family_version,
        specification_sha256=certificate.specification_sha256,
        made_at=certificate.issued_at,
        plant=plant,
        choices=specification.choices,
        dimensions=specification.dimensions,
        materials=specification.materials,
        measurements=certificate.measurements,
        put_right=len(certificate.nonconformances) - len(certificate.concessions),
        accepted=sum(len(each.measurements) for each in certificate.concessions),
        simulated=certificate.simulated,
        care=specification.care,
    )
