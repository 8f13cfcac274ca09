"""Every published version of every family, as the product engineer's list; searched, filtered and sorted in SQL."""

from typing import Any, Literal

from sqlalchemy import Row, Table, case, func, literal
from sqlalchemy import select as select_columns
from sqlmodel import Session

from configurator.tables import DesignRow, FamilyRow
from contracts.listing import Part, Question
from contracts.model import Contract, Instant
from ledger.listing import Listing

_FAMILY: Table = FamilyRow.__table__  # type: ignore[attr-defined]
_DESIGN: Table = DesignRow.__table__  # type: ignore[attr-defined]


class ListedFamilyVersion(Contract):
    """A published version of a family."""

    family: str
    version: str
    published_at: Instant
    state: Literal["for_sale", "replaced"]
    """New designs are of the version for sale."""
    designs: int
    """That somebody has and decided in."""


def versions(session: Session, question: Question) -> Part[ListedFamilyVersion]:
    """Every version that was ever published."""
    at, design = _FAMILY.c, _DESIGN.c
    kept = (design.family_sha256 == at.sha256, design.owner != "", design.revision > 0)
    designs = select_columns(func.count(design.id)).where(*kept).correlate(_FAMILY).scalar_subquery()
    listing = Listing(
        rows=select_columns(at.sha256, at.family, at.version, at.published_at, at.current, designs.label("designs")),
        identity=at.sha256,
        sorts={
            "family": at.family,
            "version": at.version,
            "published_at": at.published_at,
            "state": case((at.current, literal(0)), else_=literal(1)),
            "designs": designs,
        },
        searched=(at.family, at.version),
    )

    def made(row: Row[Any]) -> ListedFamilyVersion:
        return ListedFamilyVersion(
            family=row.family,
            version=row.version,
            published_at=row.published_at,
            state="for_sale" if row.current else "replaced",
            designs=row.designs,
        )

    return listing.answer(session, question).of(made)
