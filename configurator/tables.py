"""What the configurator room stores: published families, designs with their decisions, frozen specifications."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from ledger.columns import Json, UtcInstant


class FamilyRow(SQLModel, table=True):
    """A published version of a family; immutable. The newest of a family is for sale."""

    __tablename__ = "configurator_family"
    __table_args__ = (UniqueConstraint("family", "version"),)
    sha256: str = Field(primary_key=True)
    family: str = Field(index=True)
    version: str
    text: str
    published_at: datetime = Field(sa_type=UtcInstant)
    current: bool = True


class DesignRow(SQLModel, table=True):
    """A design; it stays on the version of its family."""

    __tablename__ = "configurator_design"
    id: str = Field(primary_key=True)
    family_sha256: str
    owner: str = Field(index=True)
    """Who may change it; ``anonymous``: whoever holds its address may decide in it, nobody names or removes it."""
    person: str
    """Under whose key the measures are sealed."""
    revision: int = 0
    name: bytes | None = None
    """{"name": what the owner calls it}, sealed."""
    created_at: datetime = Field(sa_type=UtcInstant)


class DecisionRow(SQLModel, table=True):
    """A design's decisions after one change; the rows of a design are its log."""

    __tablename__ = "configurator_decision"
    design: str = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    decisions: list[list[Any]] = Field(sa_type=Json)
    """[name, value] of everything that is not a body measure; behind what a completion filled in stands true."""
    measures: bytes | None = None
    """{name: value} of body measures, wishes and the sizes of a garment that was measured instead of the body, sealed."""
    undoes_to: int | None = None
    """The revision whose decisions an undo brings back."""
    at: datetime = Field(sa_type=UtcInstant)


class SpecificationRow(SQLModel, table=True):
    """A frozen specification by the hash of its content."""

    __tablename__ = "configurator_specification"
    sha256: str = Field(primary_key=True)
    content: dict[str, Any] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=UtcInstant)
