"""Which families are published, and each compiled once a process."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

from sqlmodel import Session, col, select

from configurator.engine.body_model import BodyModel
from configurator.engine.configurator import CompiledFamily, compile_family
from configurator.engine.decisions import NONE
from configurator.engine.family.parse import parse_family
from configurator.engine.picture import Portrait, symbols
from configurator.engine.product import Product
from configurator.engine.recent import Recent
from configurator.engine.sprite import Sprite, sprite
from configurator.surveyed import body_statistics
from configurator.tables import FamilyRow
from contracts.problems import FieldProblem, InvalidInput, NotFound
from contracts.texts import LANGUAGES, Language, Localised
from contracts.units import Money
from ledger.unit_of_work import LedgerTransaction

PICTURED = 64
"""Products of each family whose pictures are kept: a design is drawn for its page, its order and its papers."""
SIDES = 4


@dataclass(frozen=True)
class Look:
    """A product from each of its sides, and the small pictures of what may be chosen."""

    sides: tuple["Side", ...]
    sprite: Sprite
    sprite_address: str


@dataclass(frozen=True)
class Side:
    """A product seen from one side; ``name`` is the view's in the family file. It is drawn when it is looked at."""

    name: str
    label: Localised
    drawn: Callable[[], str]

    @property
    def svg(self) -> str:
        return self.drawn()


class PublishedFamily:
    """A family for sale: compiled when it is first asked something, with its drawing; immutable and shared by threads."""

    def __init__(self, text: str) -> None:
        self.family = parse_family(text)
        self._compiled: CompiledFamily | None = None
        self._compiling = threading.Lock()
        self._portraits: Recent[Portrait] = Recent(PICTURED)
        self._pictures: Recent[str] = Recent(SIDES * PICTURED)
        self._work: Recent[dict[str, str]] = Recent(PICTURED)
        self._inspected: Recent[dict[str, str]] = Recent(PICTURED)
        self._sprites: Recent[Sprite] = Recent(len(LANGUAGES))

    @property
    def compiled(self) -> CompiledFamily:
        """Raises SourceInvalid for a rule that is too fine."""
        if self._compiled is None:
            with self._compiling:
                if self._compiled is None:
                    self._compiled = compile_family(self.family)
        return self._compiled

    @cached_property
    def bodies(self) -> BodyModel:
        """How its measures are spread among real bodies."""
        return BodyModel(self.family, body_statistics())

    def portrait(self, product: Product) -> Portrait:
        """The product, measured out for pictures and pieces."""
        return self._portraits.get(product.key, lambda: Portrait(self.compiled, product))

    def svg(self, product: Product, language: Language, view: str | None = None) -> str:
        """A view of the product to scale, the first when none is named; empty for a family without a drawing."""
        drawing = self.family.drawing
        if drawing is None:
            return ""
        name = view or next(iter(drawing.views))
        return self._pictures.get((product.key, language, name), lambda: self.portrait(product).drawn(language, name))

    def sides(self, product: Product, language: Language) -> tuple[Side, ...]:
        """The product from each of its sides; none for a family without a drawing."""
        views = self.family.drawing.views.values() if self.family.drawing is not None else ()
        return tuple(Side(view.name, view.label, partial(self.svg, product, language, view.name)) for view in views)

    def work(self, product: Product, language: Language) -> dict[str, str]:
        """What operations work on where that is no side of the product, by name."""
        return self._work.get((product.key, language), lambda: self.portrait(product).worked_on(language))

    def inspected(self, product: Product, language: Language) -> dict[str, str]:
        """The views on which something is measured, with its numbers in balloons, by name."""
        return self._inspected.get((product.key, language), lambda: self.portrait(product).inspected(language))

    def sprite(self, language: Language) -> Sprite:
        """The small pictures of its choices and measures."""
        return self._sprites.get(language, lambda: sprite(symbols(self.compiled, language)))

    def look(self, product: Product, language: Language) -> Look:
        """What the studio shows of a product."""
        pictures, family = self.sprite(language), self.family
        address = f"/studio/{family.name}/{family.version}/{language}-{pictures.digest}.svg"
        return Look(self.sides(product, language), pictures, address)

    def least_price(self) -> Money:
        """The price of the cheapest product, with tax."""
        product = self.compiled.cheapest(NONE, keep_measures=False)
        return self.compiled.pricing.price(product).total


class Catalogue:
    """Published families by hash; a hash once seen is kept compiled."""

    def __init__(self) -> None:
        self._known: dict[str, PublishedFamily] = {}
        self._prices: dict[str, Money] = {}
        self._lock = threading.Lock()

    def by_sha256(self, session: Session, sha256: str) -> PublishedFamily:
        """Raises NotFound."""
        with self._lock:
            if sha256 not in self._known:
                row = session.get(FamilyRow, sha256)
                if row is None:
                    raise NotFound("family", sha256)
                self._known[sha256] = PublishedFamily(row.text)
            return self._known[sha256]

    def by_version(self, session: Session, name: str, version: str) -> PublishedFamily:
        """One version of a family, for sale or not. Raises NotFound."""
        sha256 = session.exec(select(FamilyRow.sha256).where(FamilyRow.family == name, FamilyRow.version == version)).first()
        if sha256 is None:
            raise NotFound("family", f"{name} {version}")
        return self.by_sha256(session, sha256)

    def for_sale(self, session: Session) -> list[PublishedFamily]:
        """The newest version of each family, by name."""
        hashes = session.exec(select(FamilyRow.sha256).where(col(FamilyRow.current)).order_by(FamilyRow.family)).all()
        return [self.by_sha256(session, sha256) for sha256 in hashes]

    def by_name(self, session: Session, name: str) -> PublishedFamily:
        """The newest version. Raises NotFound."""
        sha256 = session.exec(select(FamilyRow.sha256).where(FamilyRow.family == name, col(FamilyRow.current))).first()
        if sha256 is None:
            raise NotFound("family", name)
        return self.by_sha256(session, sha256)

    def least_price(self, family: PublishedFamily) -> Money:
        sha256 = family.family.sha256
        if sha256 not in self._prices:
            self._prices[sha256] = family.least_price()
        return self._prices[sha256]


def text_of(session: Session, family: str, version: str) -> str:
    """The file of a published version. Raises NotFound."""
    text = session.exec(select(FamilyRow.text).where(FamilyRow.family == family, FamilyRow.version == version)).first()
    if text is None:
        raise NotFound("family", f"{family} {version}")
    return text


def publish(transaction: LedgerTransaction, text: str, published: PublishedFamily) -> str:
    """Make the text the newest version; its hash. A version once published is immutable. Raises InvalidInput."""
    family, session = published.family, transaction.session
    row = session.exec(select(FamilyRow).where(FamilyRow.family == family.name, FamilyRow.version == family.version)).first()
    if row is not None and row.sha256 != family.sha256:
        params = {"family": family.name, "version": family.version}
        raise InvalidInput(errors=(FieldProblem("/version", "configurator.field.version_published", params),))
    for other in session.exec(select(FamilyRow).where(FamilyRow.family == family.name, col(FamilyRow.current))):
        other.current = other.sha256 == family.sha256
    if row is None:
        session.add(
            FamilyRow(
                sha256=family.sha256, family=family.name, version=family.version, text=text, published_at=transaction.now, current=True
            )
        )
        transaction.audit("family.publish", family.name, facts={"version": family.version, "sha256": family.sha256})
    else:
        row.current = True
    return family.sha256
