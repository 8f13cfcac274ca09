"""The configurator room's use cases: designing, offering, freezing, publishing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from fractions import Fraction

from sqlmodel import col, update

from configurator.affected import Affected, affected, kept_of
from configurator.also_changed import also_changed
from configurator.catalogue import Catalogue, Look, PublishedFamily, publish, text_of
from configurator.completing import Completing, Objective
from configurator.designs import ANYBODY, NO_GARMENT, StoredDesign, append, changeable, decided_at, read_design
from configurator.drafts import copy_for_buyer
from configurator.engine.decisions import NONE, Change, Decision, Decisions, Select, SetNumber, names_of, require_known, still_filled
from configurator.engine.family_check import require_fit
from configurator.engine.garment import GarmentMeasure, OutOfRange, body_of, garment_measures, sizes
from configurator.engine.garment_slips import garment_slips
from configurator.engine.plausible import Doubt, doubts
from configurator.engine.slips import Slip
from configurator.engine.sprite import Sprite
from configurator.engine.wishes import NO_WISHES, Wishes, is_over
from configurator.freezing import Freezing
from configurator.listing import ListedFamilyVersion, versions
from configurator.own_designs import call, designs_of, let_go
from configurator.quoting import Quoting
from configurator.showing import (
    design_state,
    dimensions_of,
    explanation_state,
    groups_of,
    options_of,
    own_design,
    reasoned,
    steps_of,
    wishes_state,
)
from configurator.state import AlsoChanged, DesignState, Difference, ExplanationState, FamilyState, OwnDesign
from configurator.tables import DesignRow
from configurator.weighing import Weighing
from contracts.access import Principal
from contracts.listing import Part, Question
from contracts.ports import CatalogueEntry, FrozenDesign, Offer, OpenPiece, Outline, PromiseDates, Transaction, WishedTerms
from contracts.problems import (
    DecisionRefused,
    FieldProblem,
    InvalidInput,
    NotFound,
    NotPermitted,
    StaleRevision,
    TransitionRefused,
    UnitMismatch,
)
from contracts.product import WHOLE, ManufacturingSpecification
from contracts.texts import Language
from contracts.units import Money
from ledger.identifiers import new_id
from ledger.unit_of_work import Ledger, LedgerTransaction, ledger_transaction, session_of


@dataclass(frozen=True)
class Clicked:
    """A design after a change, as a page shows it; ``also``: what else became different, beside what the change named."""

    state: DesignState
    look: Look
    also: tuple[AlsoChanged, ...]


class Service:
    """Designing products of published families. Answers ``Designs`` and ``Specifications``; safe for use by threads."""

    def __init__(self, ledger: Ledger, promise_dates: PromiseDates, zone: tzinfo = UTC) -> None:
        """``zone``: whose days customers are shown, and wish for."""
        self.ledger = ledger
        self._quoting = Quoting(promise_dates, zone)
        self._weighing = Weighing(self._quoting)
        self._families = Catalogue()
        self._freezing = Freezing(ledger)

    # Families

    def publish_family(self, text: str, principal: Principal, *, proved: bool = False) -> str:
        """Make a family's text its newest version when it is found fit; the hash. Raises SourceInvalid, InvalidInput.

        ``proved``: it was found fit before, as the families that come with the product are by their tests.
        """
        published = PublishedFamily(text)
        if not proved:
            require_fit(published.compiled)
        with self.ledger.transaction(principal) as transaction:
            return publish(transaction, text, published)

    def for_sale(self, family: str) -> PublishedFamily:
        """The newest version. Raises NotFound."""
        with self.ledger.reading() as session:
            return self._families.by_name(session, family)

    def family_text(self, family: str, version: str) -> str:
        """The file of a published version. Raises NotFound."""
        with self.ledger.reading() as session:
            return text_of(session, family, version)

    def listed_versions(self, question: Question) -> Part[ListedFamilyVersion]:
        """Every published version, as a list for the product engineer."""
        with self.ledger.reading() as session:
            return versions(session, question)

    def affected_by(self, newer: PublishedFamily, ordered: Sequence[OpenPiece]) -> Affected:
        """What designs and open orders of the family's other versions would be in this one; nothing is changed."""
        with self.ledger.reading() as session:
            kept = kept_of(session, self.ledger.vault, self._families, newer, ordered)
        return affected(kept, newer)

    def catalogue(self, language: Language) -> list[CatalogueEntry]:
        """What is for sale, drawn with texts in the language."""
        with self.ledger.reading() as session:
            families = self._families.for_sale(session)
        entries = []
        for published in families:
            state = published.compiled.state(NONE)
            entries.append(
                CatalogueEntry(
                    family=published.family.name,
                    version=published.family.version,
                    label=published.family.label,
                    description=published.family.description,
                    from_price=self._families.least_price(published),
                    drawing_svg=published.svg(state.reference, language),
                    earliest_at=self._quoting.quote(published, "default", state.reference).promised_at,
                )
            )
        return entries

    def family(self, name: str) -> FamilyState:
        """What can be designed of one family. Raises NotFound."""
        with self.ledger.reading() as session:
            published = self._families.by_name(session, name)
        state = published.compiled.state(NONE)
        return FamilyState(
            family=published.family.name,
            version=published.family.version,
            sha256=published.family.sha256,
            label=published.family.label,
            description=published.family.description,
            example=published.family.example,
            groups=groups_of(published),
            options=options_of(published, state),
            dimensions=dimensions_of(published, state),
            headline=published.family.headline,
            price=published.compiled.pricing.price(state.reference),
        )

    def doubts(self, family: str, typed: Mapping[str, int | Fraction], settled: Collection[str]) -> list[Doubt]:
        """Which of the typed measures are to be asked for again, except for those that are settled. Raises NotFound."""
        published = self.for_sale(family)
        known = {name: value for name, value in typed.items() if name in published.family.dimensions}
        return doubts(published.family, published.bodies, known, settled)

    def can_have(self, family: str, design: str, measures: Mapping[str, int], principal: Principal) -> bool:
        """Whether the design, or without one the family's default, can be built to these measures. Raises NotFound."""
        decisions, published = NONE, self.for_sale(family)
        if design:
            stored, published = self._seen(design, principal)
            decisions = stored.decisions
        try:
            published.compiled.decide(decisions, [SetNumber(set=name, value=value) for name, value in measures.items()])
        except DecisionRefused:
            return False
        return True

    def garment_measures(self, family_sha256: str) -> list[GarmentMeasure]:
        """What can be measured at a garment that fits instead of the body. Raises NotFound."""
        with self.ledger.reading() as session:
            return garment_measures(self._families.by_sha256(session, family_sha256).family)

    def body_of(self, family: str, design: str, garment: Mapping[str, int], principal: Principal) -> dict[str, int | OutOfRange]:
        """The body that a garment shows, cut as the design is; without one, as the family's default is. Raises NotFound."""
        if design:
            stored, published = self._seen(design, principal)
            product = published.compiled.state(stored.decisions).reference
        else:
            published = self.for_sale(family)
            product = published.compiled.state(NONE).reference
        return body_of(published.family, product, garment)

    def garment_slips(self, family: str, design: str, typed: Mapping[str, int | Fraction], principal: Principal) -> dict[str, Slip]:
        """What was probably meant by measures of a garment that cannot be, or fit hardly anybody. Raises NotFound."""
        stored, published = self._seen(design, principal) if design else (None, self.for_sale(family))
        product = published.compiled.state(NONE if stored is None else stored.decisions).reference
        return garment_slips(published.family, published.bodies, product, typed)

    def is_for_sale(self) -> bool:
        """Whether any family is published."""
        with self.ledger.reading() as session:
            return bool(self._families.for_sale(session))

    # Designing

    def create_design(self, family: str, principal: Principal, first: Sequence[Change] = ()) -> DesignState:
        """A new design of the newest version. Raises NotFound; InvalidInput when the ``first`` changes name what it does not have."""
        with self.ledger.reading() as session:
            published = self._families.by_name(session, family)
        require_known(published.family, first)
        with self.ledger.transaction(principal) as transaction:
            design = self._begin(transaction, published, principal).id
        return self.design(design, principal)

    def copy_design(self, design: str, principal: Principal) -> DesignState:
        """A new design that begins where another stands, without its body measures; its wishes are its owner's. Raises NotFound.

        What a completion filled in there counts as filled in here.
        """
        stored, published = self._read(design)
        with self.ledger.reading() as session:
            published = self._families.by_name(session, published.family.name)
        kept = (each for each in stored.decisions if not published.family.is_measure(each.name))
        wanted = frozenset(each for each in kept if self._known(published, each))
        possible = published.compiled.possibilities(wanted) is not None
        wishes = stored.wishes if stored.belongs_to(principal) else NO_WISHES
        with self.ledger.transaction(principal) as transaction:
            copy = self._begin(transaction, published, principal)
            if possible:
                append(transaction, copy, published.family, wanted, None, wishes, stored.filled)
        return self.design(copy.id, principal)

    def design(self, design: str, principal: Principal, *, for_page: bool = False) -> DesignState:
        """The design as it stands; anybody who has its address may look. Raises NotFound."""
        stored, published = self._seen(design, principal)
        return self._stands(stored, published, principal, for_page=for_page)

    def _stands(self, stored: StoredDesign, published: PublishedFamily, principal: Principal, *, for_page: bool) -> DesignState:
        state = published.compiled.state(stored.decisions)
        quote = self._quoting.quote(published, stored.id, state.reference)
        shown = design_state(published, stored, state, quote, principal, for_page=for_page)
        if not stored.wishes:
            return shown
        figures = self._quoting.told(shown.price.total.amount, shown.promised_at)
        return shown.model_copy(update={"wishes": wishes_state(stored.wishes, figures, shown.price.total.currency)})

    def with_reasons(self, state: DesignState, principal: Principal) -> DesignState:
        """The state with the reason of everything that is excluded or follows."""
        stored, published = self._seen(state.design, principal)
        return reasoned(published, state, published.compiled.reasons(stored.decisions))

    def own_designs(self, principal: Principal, limit: int, after: str | None = None) -> tuple[list[OwnDesign], bool]:
        """The principal's designs, the latest changed first, from behind the design ``after``; and whether there are more.

        Raises InvalidInput when ``after`` is none of them.
        """
        with self.ledger.reading() as session:
            found = designs_of(session, principal)
        names = [design for design, _ in found]
        if after is not None and after not in names:
            raise InvalidInput(errors=(FieldProblem("/cursor", "field.invalid"),))
        first = 0 if after is None else names.index(after) + 1
        states = [(self.design(design, principal), at) for design, at in found[first : first + limit]]
        return [own_design(state, at) for state, at in states], first + limit < len(found)

    def call_design(self, design: str, name: str, principal: Principal) -> None:
        """Give the principal's design a name of at most 60 signs, or take it away. Raises InvalidInput, NotFound, NotPermitted."""
        with self.ledger.transaction(principal) as transaction:
            call(transaction, self.ledger.vault, design, name, principal)

    def let_go(self, design: str, principal: Principal) -> None:
        """The design leaves the principal's list: nobody changes it any more or sees its measures. Raises NotFound, NotPermitted."""
        with self.ledger.transaction(principal) as transaction:
            let_go(transaction, self.ledger.vault, design, principal)

    def decide(self, design: str, revision: int, changes: Sequence[Change], principal: Principal) -> DesignState:
        """Decide or retract, all or nothing. Raises DecisionRefused, InvalidInput, StaleRevision, NotPermitted, NotFound."""
        stored, published = self._read(design)
        changeable(stored, revision, principal)
        wanted, filled = _with(stored, published, changes)
        return self._stands(self._decided(stored, published, wanted, filled, principal), published, principal, for_page=False)

    def click(
        self, design: str, revision: int, changes: Sequence[Change], principal: Principal, language: Language, *, at_garment: bool = False
    ) -> Clicked:
        """As ``decide``, with all that a page shows after it: the design is read once. What is so already is so on every revision.

        ``at_garment``: the measures were worked out from a garment, so that its size is kept in mind.
        """
        stored, published = self._read(design)
        changeable(stored, stored.revision, principal)
        compiled = published.compiled
        wanted, filled = _with(stored, published, changes)
        before, after = compiled.state(stored.decisions).reference, compiled.state(wanted).reference
        garment = sizes(published.family, after) if at_garment else None
        if (wanted, filled) != (stored.decisions, stored.filled) or garment not in (None, stored.garment):
            changeable(stored, revision, principal)
        decided = self._decided(stored, published, wanted, filled, principal, garment)
        named = {name.partition(".")[0] for name in names_of(changes)}
        return Clicked(
            self._stands(decided, published, principal, for_page=True),
            published.look(after, language),
            also_changed(published.family, before, after, named) if named else (),
        )

    def _decided(
        self,
        stored: StoredDesign,
        published: PublishedFamily,
        wanted: Decisions,
        filled: Decisions,
        principal: Principal,
        garment: Mapping[str, int] | None = None,
    ) -> StoredDesign:
        if (wanted, filled) == (stored.decisions, stored.filled) and garment in (None, stored.garment):
            return stored
        with self.ledger.transaction(principal) as transaction:
            return append(transaction, stored, published.family, wanted, stored.revision, filled=filled, garment=garment)

    def resize(self, design: str, revision: int, principal: Principal, *, to_garment: bool) -> DesignState:
        """After another cut was chosen: ``to_garment`` works out the measures anew, so that the product is again as large as the garment
        that was measured; else its present size is accepted.

        Raises DecisionRefused when this cut cannot be had in that size, TransitionRefused when no garment was measured, StaleRevision,
        NotPermitted, NotFound.
        """
        stored, published = self._read(design)
        changeable(stored, revision, principal)
        if not stored.garment:
            raise TransitionRefused("design", "unchanged", "resized")
        wanted, garment = stored.decisions, NO_GARMENT
        if to_garment:
            product = published.compiled.state(stored.decisions).reference
            body = body_of(published.family, product, stored.garment)
            changes = [SetNumber(set=name, value=each) for name, each in body.items() if isinstance(each, int)]
            wanted, garment = published.compiled.decide(stored.decisions, changes), stored.garment
        decided = self._decided(stored, published, wanted, stored.filled & wanted, principal, garment)
        return self._stands(decided, published, principal, for_page=True)

    def today(self) -> date:
        """The business day, as customers are shown it."""
        return self._quoting.day(self.ledger.clock.now())

    def wish(self, design: str, revision: int, most: Money | None, latest: date | None, principal: Principal) -> DesignState:
        """Wish for a price with tax and a day, in the place of the wishes before; nothing is decided by it.

        Raises UnitMismatch for money that the family is not sold for, InvalidInput for a day that is over, StaleRevision, NotPermitted,
        NotFound.
        """
        stored, published = self._read(design)
        changeable(stored, revision, principal)
        if most is not None and most.currency != published.family.currency:
            raise UnitMismatch(most.currency, published.family.currency)
        if is_over(latest, self.today()):
            raise InvalidInput(errors=(FieldProblem("/date", "studio.wishes.date_past"),))
        wishes = Wishes(None if most is None else most.amount, latest)
        if wishes != stored.wishes:
            with self.ledger.transaction(principal) as transaction:
                append(transaction, stored, published.family, stored.decisions, stored.revision, wishes, stored.filled)
        return self.design(design, principal)

    def have_anyway(self, design: str, revision: int, name: str, give_up: Sequence[str], principal: Principal) -> DesignState:
        """Choose a value and give up what stands against it, in one change."""
        stored, published = self._read(design)
        changeable(stored, revision, principal)
        kept = frozenset(each for each in stored.decisions if each.name not in give_up)
        changes = [Select(select=name)]
        wanted = published.compiled.decide(kept, changes)
        with self.ledger.transaction(principal) as transaction:
            append(transaction, stored, published.family, wanted, stored.revision, filled=still_filled(stored.filled, wanted, changes))
        return self.design(design, principal)

    def undo(self, design: str, revision: int, principal: Principal) -> DesignState:
        """Back to the decisions and wishes before the last change. Raises TransitionRefused when there is nothing to undo."""
        stored, published = self._read(design)
        changeable(stored, revision, principal)
        if stored.undoes_to is None:
            raise TransitionRefused("design", "unchanged", "undone")
        with self.ledger.transaction(principal) as transaction:
            row = transaction.session.get(DesignRow, design)
            if row is None:
                raise NotFound("design", design)
            before = decided_at(transaction.session, self.ledger.vault, row, stored.undoes_to)
            append(transaction, stored, published.family, before.decisions, before.undoes_to, before.wishes, before.filled, before.garment)
        return self.design(design, principal)

    def complete(self, design: str, revision: int, objective: Objective, principal: Principal) -> DesignState:
        """Decide the rest: at the least price, or for the earliest date, within the wishes when that is found; else it says what can be.

        Measures and what is asked for are never decided for anyone. What a completion before filled in is filled in anew, unless the
        customer has chosen it since.
        """
        stored, published = self._read(design)
        changeable(stored, revision, principal)
        present = published.compiled.state(stored.decisions).reference
        found = Completing(self._quoting, published, stored.own, stored.wishes, present).completed(objective)
        wanted = published.compiled.decisions_for(stored.own, found.product)
        with self.ledger.transaction(principal) as transaction:
            append(transaction, stored, published.family, wanted, stored.revision, filled=wanted - stored.own)
        state = self.design(design, principal)
        if state.wishes is None or found.cheapest is None or found.earliest is None:
            return state
        least_price = Money(amount=found.cheapest.total, currency=state.price.total.currency)
        reached = {
            "least_price": least_price,
            "earliest_at": found.earliest.promised_at,
            "unreachable": found.unreachable(stored.wishes),
        }
        return state.model_copy(update={"wishes": state.wishes.model_copy(update=reached)})

    def differences(self, design: str, principal: Principal, group: str | None = None, *, steps: bool = False) -> list[Difference]:
        """For each open value (of one group): what choosing it would do to price and date. All dates in one question.

        ``steps``: also for each dimension's next numbers below and above, as ``name=number``.
        """
        stored, published = self._seen(design, principal)
        family, state = published.family, published.compiled.state(stored.decisions)
        asked = {option.name for option in family.options.values() if group in (None, option.group)}
        choices = [Decision(name, True) for name, status in state.statuses.items() if status == "open" and name.partition(".")[0] in asked]
        if steps:
            chosen = [each for each in family.dimensions.values() if not each.measure and group in (None, each.group)]
            choices += [Decision(each.name, number) for each in chosen for number in steps_of(state, each.name)]
        return self._weighing.weighed(stored, published, choices)

    def weigh(self, design: str, change: SetNumber, principal: Principal) -> list[Difference]:
        """What a number would do to price and date; nothing of the number that stands. Raises DecisionRefused, InvalidInput, NotFound."""
        stored, published = self._seen(design, principal)
        if published.compiled.state(stored.decisions).reference.numbers.get(change.set) == change.value:
            return []
        published.compiled.decide(stored.decisions, [change])
        return self._weighing.weighed(stored, published, [Decision(change.set, change.value)])

    def explain(self, design: str, name: str, principal: Principal) -> ExplanationState:
        """Why a value is excluded or follows, and what to give up. Raises InvalidInput for an unknown name."""
        stored, published = self._seen(design, principal)
        return explanation_state(published, published.compiled.explain(stored.decisions, name))

    def family_look(self, name: str, language: Language) -> Look:
        """The default product to look at. Raises NotFound."""
        with self.ledger.reading() as session:
            published = self._families.by_name(session, name)
        return published.look(published.compiled.state(NONE).reference, language)

    def design_look(self, design: str, language: Language, principal: Principal) -> Look:
        """The reference product to look at. Raises NotFound."""
        stored, published = self._seen(design, principal)
        return published.look(published.compiled.state(stored.decisions).reference, language)

    def sprite(self, name: str, version: str, language: Language) -> Sprite:
        """The small pictures of one version of a family. Raises NotFound."""
        with self.ledger.reading() as session:
            return self._families.by_version(session, name, version).sprite(language)

    def design_drawing(self, design: str, language: Language, principal: Principal) -> str:
        """The reference product as SVG."""
        stored, published = self._seen(design, principal)
        return published.svg(published.compiled.state(stored.decisions).reference, language)

    # Selling: the ports of the other rooms

    def offer(self, design: str, principal: Principal) -> Offer:
        """What a buyer sees. Raises NotFound."""
        stored, published = self._seen(design, principal)
        state = self._stands(stored, published, principal, for_page=False)
        product = published.compiled.state(stored.decisions).reference
        return Offer(
            design=state.design,
            revision=state.revision,
            family=state.family,
            family_label=state.family_label,
            orderable=state.orderable,
            price=state.price,
            promised_at=state.promised_at,
            title=state.family_label,
            choices=published.compiled.manufacture.choices(product, stored.own, stored.filled),
            wished=None if state.wishes is None else WishedTerms(price=state.wishes.price, date=state.wishes.date),
        )

    def outline(self, design: str, principal: Principal) -> Outline:
        """The principal's design as it stands, without drawings; stores nothing. Raises NotFound, NotPermitted."""
        stored, published = self._read(design)
        if not stored.belongs_to(principal):
            raise NotPermitted
        compiled = published.compiled
        product = compiled.state(stored.decisions).reference
        made = compiled.manufacture.specification(product, stored.own, compiled.pricing.price(product), filled=stored.filled)
        return Outline(design=design, revision=stored.revision, specification=made)

    def draft(self, design: str, revision: int, buyer: str, principal: Principal) -> str:
        """Where the principal may change what an order makes: the design itself, or a copy of the ordered revision. Raises NotFound."""
        stored, published = self._read(design)
        if stored.belongs_to(principal):
            return design
        with self.ledger.transaction(principal) as transaction:
            copy = copy_for_buyer(transaction, self.ledger.vault, published, stored, revision, buyer, principal)
            transaction.outcome({"design": copy})
            return copy

    def prepare(self, design: str) -> None:
        """Have drawn and drafted what ``freeze`` stores, so that its transaction finds it done; freezing refuses an unknown design."""
        try:
            stored, published = self._read(design)
        except NotFound:
            return
        self._freezing.prepare(stored, published)

    def freeze(self, transaction: Transaction, design: str, revision: int, principal: Principal) -> FrozenDesign:
        """Store the specification with its files, once. Raises StaleRevision, DesignIncomplete, NotFound.

        With measures that the principal may not see a design is as incomplete as without.
        """
        session = session_of(transaction)
        stored = read_design(session, self.ledger.vault, design)
        if stored.revision != revision:
            raise StaleRevision(revision, stored.revision)
        published = self._families.by_sha256(session, stored.family_sha256)
        seen = stored.seen_by(principal, published.family)
        sha256, specification = self._freezing.freeze(session, seen, published, ledger_transaction(transaction).now)
        return FrozenDesign(design=design, revision=revision, specification_sha256=sha256, specification=specification)

    def forget_person(self, transaction: Transaction, person: str) -> None:
        """Nobody owns the person's designs any more, and the key of their measures is destroyed."""
        opened = ledger_transaction(transaction)
        self.ledger.vault.destroy(opened.session, person, opened.real_now)
        opened.session.exec(update(DesignRow).where(col(DesignRow.owner) == person).values(owner=""))

    def specification(self, sha256: str) -> ManufacturingSpecification:
        """Raises NotFound."""
        return self._freezing.specification(sha256)

    def drawing_svg(self, sha256: str, language: Language, picture: str = WHOLE) -> str:
        """A stored picture of a frozen specification. Raises NotFound."""
        return self._freezing.drawing_svg(sha256, language, picture)

    # Within

    def _begin(self, transaction: LedgerTransaction, published: PublishedFamily, principal: Principal) -> StoredDesign:
        """A design without a decision."""
        keyless = principal.id == ANYBODY or self.ledger.vault.is_erased(transaction.session, principal.id)
        person = new_id("person") if keyless else principal.id
        fresh = StoredDesign(new_id("design"), published.family.sha256, principal.id, person, 0, NONE, None)
        transaction.session.add(
            DesignRow(id=fresh.id, family_sha256=fresh.family_sha256, owner=fresh.owner, person=person, created_at=transaction.now)
        )
        transaction.session.flush()
        transaction.outcome({"design": fresh.id})
        return fresh

    def _read(self, design: str) -> tuple[StoredDesign, PublishedFamily]:
        with self.ledger.reading() as session:
            stored = read_design(session, self.ledger.vault, design)
            return stored, self._families.by_sha256(session, stored.family_sha256)

    def _seen(self, design: str, principal: Principal) -> tuple[StoredDesign, PublishedFamily]:
        """The design as the principal may see it."""
        stored, published = self._read(design)
        return stored.seen_by(principal, published.family), published

    @staticmethod
    def _known(published: PublishedFamily, decision: Decision) -> bool:
        option, _, value = decision.name.partition(".")
        family = published.family
        return option in family.dimensions or (option in family.options and value in family.options[option].values)


def _with(stored: StoredDesign, published: PublishedFamily, changes: Sequence[Change]) -> tuple[Decisions, Decisions]:
    """The design's decisions after the changes, and those of them that a completion filled in.

    What was filled in gives way: as little of it as the refusal names, all of it when nothing less is known to help.
    Raises DecisionRefused, InvalidInput.
    """
    decide = published.compiled.decide
    try:
        wanted = decide(stored.decisions, changes)
    except DecisionRefused as refused:
        names = {each.name for each in stored.filled}
        given_up = next((set(way) for way in refused.extra["repairs"] if way and names.issuperset(way)), names)
        if not given_up:
            raise
        try:
            wanted = decide(frozenset(each for each in stored.decisions if each.name not in given_up), changes)
        except DecisionRefused:
            raise refused from None
    return wanted, still_filled(stored.filled, wanted, changes)
