"""What is kept of a product when it is ordered: its specification, its drawings and what machines read, each stored once."""

from sqlmodel import Session

from configurator.catalogue import PublishedFamily
from configurator.cutting import CSV, SVG, Cutting
from configurator.designs import StoredDesign
from configurator.engine.pick_list import pick_list_csv
from configurator.engine.product import Product
from configurator.showing import incomplete
from configurator.tables import SpecificationRow
from contracts.model import Instant
from contracts.problems import NotFound
from contracts.product import INSPECTION, WHOLE, ManufacturingSpecification, StoredFile, picture_file
from contracts.texts import LANGUAGES, Language
from ledger.unit_of_work import Ledger


class Freezing:
    """Safe for use by threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._cutting = Cutting()

    def prepare(self, stored: StoredDesign, published: PublishedFamily) -> None:
        """Have drawn and drafted what ``freeze`` stores, so that its transaction finds it done."""
        product = published.compiled.state(stored.decisions).reference
        self._cutting.of(published, product)
        for language in LANGUAGES:
            _pictures(published, product, language)

    def freeze(
        self, session: Session, stored: StoredDesign, published: PublishedFamily, now: Instant
    ) -> tuple[str, ManufacturingSpecification]:
        """Hash and specification, stored with its files, once. Raises DesignIncomplete."""
        compiled = published.compiled
        state = compiled.state(stored.decisions)
        if (lacks := incomplete(published, stored.id, state)) is not None:
            raise lacks
        drawings = (
            self._stored(picture_file(name, language), svg.encode(), SVG)
            for language in LANGUAGES
            for name, svg in _pictures(published, state.reference, language).items()
        )
        cut = self._cutting.of(published, state.reference)
        manufacture = compiled.manufacture
        picked = pick_list_csv(manufacture.materials(state.reference, cut.lengths_mm), manufacture.routing(state.reference))
        for_machines = (self._stored(file.name, file.content, file.media_type) for file in cut.files)
        files = (*drawings, self._stored("pick-list.csv", picked, CSV), *for_machines)
        specification = manufacture.specification(
            state.reference, stored.own, compiled.pricing.price(state.reference), files, cut.lengths_mm, stored.filled
        )
        sha256 = specification.sha256()
        if session.get(SpecificationRow, sha256) is None:
            session.add(SpecificationRow(sha256=sha256, content=specification.model_dump(mode="json"), created_at=now))
        return sha256, specification

    def specification(self, sha256: str) -> ManufacturingSpecification:
        """Raises NotFound."""
        with self._ledger.reading() as session:
            row = session.get(SpecificationRow, sha256)
        if row is None:
            raise NotFound("specification", sha256)
        return ManufacturingSpecification.model_validate(row.content)

    def drawing_svg(self, sha256: str, language: Language, picture: str) -> str:
        """A stored picture of a frozen specification. Raises NotFound."""
        for file in self.specification(sha256).files:
            if file.name == picture_file(picture, language):
                return self._ledger.files.get(file.sha256).decode()
        raise NotFound("drawing", sha256)

    def _stored(self, name: str, content: bytes, media_type: str) -> StoredFile:
        return StoredFile(name=name, sha256=self._ledger.files.put(content), media_type=media_type)


def _pictures(published: PublishedFamily, product: Product, language: Language) -> dict[str, str]:
    """The whole product, the views that its operations are shown in, and those on which something is measured."""
    shown = {each.picture for each in published.compiled.manufacture.story(product)}
    drawing = published.family.drawing
    found = {WHOLE: published.svg(product, language)}
    if drawing is not None and shown.intersection(f"{WHOLE}.{view}" for view in drawing.views):
        found |= {name: side.svg for side in published.sides(product, language) if (name := f"{WHOLE}.{side.name}") in shown}
    found |= {name: svg for view, svg in published.work(product, language).items() if (name := f"{WHOLE}.{view}") in shown}
    found |= {f"{INSPECTION}.{view}": svg for view, svg in published.inspected(product, language).items()}
    return found
