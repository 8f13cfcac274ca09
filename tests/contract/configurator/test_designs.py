"""Designs as they are kept: revisions, measures, freezing; on both databases."""

import csv
import io
from datetime import date, timedelta

import ezdxf
import pytest

from configurator.engine.decisions import Change, Deselect, Retract, Select, SetNumber
from configurator.service import Service
from configurator.state import DesignState
from configurator.tables import DesignRow
from contracts.access import SYSTEM, Principal
from contracts.ports import WishedTerms
from contracts.problems import DecisionRefused, DesignIncomplete, InvalidInput, NotFound, NotPermitted, StaleRevision, TransitionRefused
from contracts.units import Money
from ledger.unit_of_work import Ledger
from presentation.guard import ANONYMOUS
from tests.contract.configurator.conftest import GUEST, OTHER, SHELF, Plant
from tests.families import text_of


def status(state: DesignState, name: str) -> str:
    option, _, value = name.partition(".")
    return next(each.status for one in state.options if one.name == option for each in one.values if each.name == value)


def number(state: DesignState, name: str) -> int:
    return next(each.value for each in state.dimensions if each.name == name)


def decided(service: Service, state: DesignState, *changes: Change) -> DesignState:
    return service.decide(state.design, state.revision, changes, GUEST)


def test_a_design_is_found_again_by_any_process_as_it_was_left(service: Service, ledger_on: Ledger, plant: Plant) -> None:
    state = decided(service, service.create_design("shelf", GUEST), SetNumber(set="wall", value=1000), Select(select="wood.oak"))
    again = Service(ledger_on, plant).design(state.design, GUEST)
    assert again == state
    assert (again.revision, number(again, "wall"), status(again, "wood.oak")) == (1, 1000, "decided")


def test_a_refused_change_changes_nothing_and_says_why(service: Service) -> None:
    state = decided(service, service.create_design("shelf", GUEST), Select(select="finish.oil"), SetNumber(set="width", value=1000))
    with pytest.raises(DecisionRefused) as refused:
        decided(service, state, Select(select="extras.light"), Select(select="wood.steel"))
    assert refused.value.extra["repairs"] == [["finish.oil"]]
    assert [each["rule"] for each in refused.value.extra["reasons"]] == ["oil_wood"]
    assert service.design(state.design, GUEST) == state


def test_a_stale_revision_is_refused(service: Service) -> None:
    state = service.create_design("shelf", GUEST)
    decided(service, state, Select(select="wood.oak"))
    with pytest.raises(StaleRevision):
        decided(service, state, Select(select="wood.steel"))


def test_only_the_owner_changes_a_design_and_sees_its_measures(service: Service) -> None:
    state = decided(service, service.create_design("shelf", GUEST), SetNumber(set="wall", value=2990))
    with pytest.raises(NotPermitted):
        service.decide(state.design, state.revision, [Select(select="wood.oak")], OTHER)
    seen = service.design(state.design, OTHER)
    assert (number(seen, "wall"), seen.mine) == (1800, False)


def test_nothing_that_follows_from_a_measure_is_told_to_a_stranger(service: Service, ledger_on: Ledger) -> None:
    """Neither figures nor what is possible nor the picture: a stranger sees the choices at the example's measures."""
    plain = decided(service, service.create_design("shelf", GUEST), Select(select="wood.oak"))
    measured = decided(service, service.create_design("shelf", GUEST), Select(select="wood.oak"), SetNumber(set="wall", value=2990))
    seen = service.design(measured.design, OTHER)
    assert measured.dimensions != plain.dimensions
    assert (seen.dimensions, seen.options, seen.price, seen.orderable) == (plain.dimensions, plain.options, plain.price, False)
    assert service.design_drawing(measured.design, "en", OTHER) == service.design_drawing(plain.design, "en", GUEST)
    assert service.differences(measured.design, OTHER) == service.differences(plain.design, GUEST)
    with pytest.raises(DesignIncomplete), ledger_on.transaction(OTHER) as transaction:
        service.freeze(transaction, measured.design, measured.revision, OTHER)


def test_undo_brings_back_the_state_before_the_last_change(service: Service) -> None:
    first = decided(service, service.create_design("shelf", GUEST), Select(select="wood.oak"))
    second = decided(service, first, Select(select="extras.door"), Deselect(deselect="finish.oil"))
    undone = service.undo(second.design, second.revision, GUEST)
    assert undone.options == first.options
    assert undone.revision == 3
    begun = service.undo(undone.design, undone.revision, GUEST)
    with pytest.raises(TransitionRefused):
        service.undo(begun.design, begun.revision, GUEST)


def test_without_own_measures_a_design_shows_the_example_and_cannot_be_frozen(service: Service, ledger_on: Ledger) -> None:
    state = service.create_design("shelf", GUEST)
    assert state.example is not None
    assert not service.offer(state.design, GUEST).orderable
    with pytest.raises(DesignIncomplete) as incomplete, ledger_on.transaction(GUEST) as transaction:
        service.freeze(transaction, state.design, state.revision, GUEST)
    assert incomplete.value.extra == {"missing": ["wall"]}


def test_freezing_stores_the_specification_once_and_no_measure_in_it(service: Service, ledger_on: Ledger) -> None:
    state = decided(service, service.create_design("shelf", GUEST), SetNumber(set="wall", value=2710))
    with ledger_on.transaction(GUEST) as transaction:
        frozen = service.freeze(transaction, state.design, state.revision, GUEST)
    with ledger_on.transaction(GUEST) as transaction:
        again = service.freeze(transaction, state.design, state.revision, GUEST)
        with pytest.raises(StaleRevision):
            service.freeze(transaction, state.design, state.revision + 1, GUEST)
    assert again.specification_sha256 == frozen.specification_sha256
    stored = service.specification(frozen.specification_sha256)
    assert stored == frozen.specification
    assert stored.price == state.price
    assert "2710" not in stored.model_dump_json()
    assert [file.name for file in stored.files] == ["drawing.en.svg", "drawing.zh.svg", "pick-list.csv"]
    assert {each.name for each in stored.dimensions} == {"width", "height", "board"}


def test_measures_lie_sealed_and_are_gone_with_their_key(service: Service, ledger_on: Ledger) -> None:
    state = decided(service, service.create_design("shelf", GUEST), SetNumber(set="wall", value=2710), Select(select="wood.oak"))
    with ledger_on.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT * FROM configurator_decision").all()
        assert "2710" not in repr(rows)
    with ledger_on.transaction(GUEST) as transaction:
        service.forget_person(transaction, GUEST.id)
    left = service.design(state.design, GUEST)
    assert (number(left, "wall"), status(left, "wood.oak"), left.mine) == (1800, "decided", False)
    with ledger_on.reading() as session, pytest.raises(NotFound):
        ledger_on.vault.open_content(session, GUEST.id, rows[0].measures)
    fresh = decided(service, service.create_design("shelf", GUEST), SetNumber(set="wall", value=2500))
    assert number(service.design(fresh.design, GUEST), "wall") == 2500


def test_own_designs_are_listed_by_their_last_change_page_by_page(service: Service, ledger_on: Ledger) -> None:
    older, newer = service.create_design("shelf", GUEST), service.create_design("shelf", GUEST)
    service.create_design("shelf", OTHER)
    ledger_on.clock.advance(ledger_on.clock.now() + timedelta(minutes=1))
    decided(service, older, Select(select="wood.oak"))
    (latest,), more = service.own_designs(GUEST, 1)
    assert (latest.design, latest.revision, more) == (older.design, 1, True)
    (last,), more = service.own_designs(GUEST, 1, latest.design)
    assert (last.design, more) == (newer.design, False)
    assert service.own_designs(ANONYMOUS, 10) == ([], False)
    with pytest.raises(InvalidInput):
        service.own_designs(OTHER, 10, older.design)


def test_a_name_lies_sealed_and_is_gone_with_its_key(service: Service, ledger_on: Ledger) -> None:
    design = service.create_design("shelf", GUEST).design
    service.call_design(design, "For  Aunt Agathe", GUEST)
    with ledger_on.reading() as session:
        row = session.get_one(DesignRow, design)
    assert row.name is not None
    assert b"Agathe" not in row.name
    assert (service.design(design, GUEST).name, service.design(design, OTHER).name) == ("For Aunt Agathe", "")
    with ledger_on.transaction(SYSTEM) as transaction:
        ledger_on.vault.destroy(transaction.session, row.person, transaction.now)
    assert service.design(design, GUEST).name == ""


def test_a_design_let_go_is_nobodys(service: Service) -> None:
    state = service.create_design("shelf", GUEST)
    with pytest.raises(NotPermitted):
        service.let_go(state.design, OTHER)
    service.let_go(state.design, GUEST)
    assert service.own_designs(GUEST, 10) == ([], False)
    with pytest.raises(NotPermitted):
        decided(service, state, Select(select="wood.oak"))


@pytest.mark.parametrize("somebody", [ANONYMOUS, GUEST, SYSTEM])
def test_a_design_made_without_a_session_is_decided_in_by_address_and_named_or_removed_by_nobody(
    service: Service, somebody: Principal
) -> None:
    state = service.create_design("shelf", ANONYMOUS)
    with pytest.raises(NotPermitted):
        service.call_design(state.design, "Mine", somebody)
    with pytest.raises(NotPermitted):
        service.let_go(state.design, somebody)
    assert service.design(state.design, somebody).name == ""
    after = service.decide(state.design, 0, [Select(select="wood.oak")], somebody)
    assert status(service.copy_design(state.design, somebody), "wood.oak") == status(after, "wood.oak") == "decided"


def test_every_open_value_has_its_price_and_date_from_one_question(service: Service, plant: Plant) -> None:
    state = decided(service, service.create_design("shelf", GUEST), SetNumber(set="wall", value=2000))
    plant.asked.clear()
    found = {each.name: each for each in service.differences(state.design, GUEST)}
    assert len(plant.asked) == 1
    door = found["extras.door"]
    assert (door.price.amount, door.days) == (4840, 1)
    assert set(found) == {f"{one.name}.{each.name}" for one in state.options for each in one.values if each.status == "open"}
    after = decided(service, state, Select(select="extras.door"))
    assert after.price.total.amount == state.price.total.amount + door.price.amount


def test_completing_decides_all_but_the_measures(service: Service) -> None:
    state = service.create_design("shelf", GUEST)
    done = service.complete(state.design, state.revision, "cheapest", GUEST)
    assert all(one.filled and not one.own for one in done.options if one.fewest)
    assert [(each.name, each.own) for each in done.dimensions if each.measure] == [("wall", False)]
    assert done.price.total.amount == 14520
    fast = service.complete(done.design, done.revision, "earliest", GUEST)
    assert fast.promised_at is not None


def test_wishes_stay_with_the_design_under_its_owners_key(service: Service, ledger_on: Ledger) -> None:
    state = decided(service, service.create_design("shelf", GUEST), SetNumber(set="wall", value=2710))
    wished = service.wish(state.design, state.revision, state.price.total, date(2026, 12, 4), GUEST)
    after = decided(service, wished, Select(select="extras.door"))
    assert after.wishes is not None
    assert (after.wishes.price, after.wishes.date) == (state.price.total, date(2026, 12, 4))
    assert after.wishes.over == Money(amount=after.price.total.amount - state.price.total.amount, currency="EUR")
    assert number(after, "wall") == 2710
    assert service.design(state.design, OTHER).wishes is None
    assert service.offer(state.design, GUEST).wished == WishedTerms(price=state.price.total, date=date(2026, 12, 4))
    assert service.offer(state.design, OTHER).wished is None
    with ledger_on.transaction(SYSTEM) as transaction:
        service.forget_person(transaction, GUEST.id)
    assert service.design(state.design, OTHER).wishes is None
    with pytest.raises(NotPermitted):
        service.wish(state.design, after.revision, None, None, GUEST)


def test_a_copy_begins_with_the_choices_but_not_the_measures(service: Service) -> None:
    state = decided(service, service.create_design("shelf", GUEST), SetNumber(set="wall", value=2710), Select(select="wood.oak"))
    copy = service.copy_design(state.design, OTHER)
    assert (status(copy, "wood.oak"), number(copy, "wall"), copy.mine) == ("decided", 1800, True)


def test_the_buyer_changes_a_copy_of_the_ordered_revision_on_another_device(service: Service, ledger_on: Ledger) -> None:
    ordered = decided(service, service.create_design("shelf", GUEST), SetNumber(set="wall", value=2710), Select(select="wood.oak"))
    decided(service, ordered, Select(select="extras.door"))
    service.publish_family(SHELF.replace("base: 12000", "base: 13000").replace('version: "1"', 'version: "2"'), SYSTEM)
    copy = service.design(service.draft(ordered.design, ordered.revision, GUEST.id, OTHER), OTHER)
    assert (copy.mine, number(copy, "wall"), copy.options, copy.price) == (True, 2710, ordered.options, ordered.price)
    assert service.outline(copy.design, OTHER).specification.choices
    changed = service.decide(copy.design, copy.revision, [SetNumber(set="wall", value=2000)], OTHER)
    assert service.undo(changed.design, changed.revision, OTHER).price == copy.price
    with ledger_on.transaction(SYSTEM) as transaction:
        service.forget_person(transaction, GUEST.id)
    assert number(service.design(copy.design, OTHER), "wall") == 1800


def test_the_owner_changes_the_design_itself_and_nobody_gets_another_person_s_measures(service: Service) -> None:
    state = decided(service, service.create_design("shelf", GUEST), SetNumber(set="wall", value=2710), Select(select="wood.oak"))
    assert service.draft(state.design, state.revision, GUEST.id, GUEST) == state.design
    copy = service.design(service.draft(state.design, state.revision, OTHER.id, OTHER), OTHER)
    assert (status(copy, "wood.oak"), number(copy, "wall"), copy.mine) == ("decided", 1800, True)
    with pytest.raises(NotPermitted):
        service.outline(state.design, OTHER)


def test_a_published_version_is_immutable_and_designs_stay_on_theirs(service: Service) -> None:
    state = service.create_design("shelf", GUEST)
    with pytest.raises(InvalidInput):
        service.publish_family(SHELF.replace("base: 12000", "base: 13000"), SYSTEM)
    service.publish_family(SHELF.replace("base: 12000", "base: 13000").replace('version: "1"', 'version: "2"'), SYSTEM)
    assert service.design(state.design, GUEST).price == state.price
    assert service.create_design("shelf", GUEST).family_version == "2"
    assert [entry.version for entry in service.catalogue("en")] == ["2"]


def test_unknown_designs_families_and_specifications_are_not_found(service: Service) -> None:
    for ask in (lambda: service.design("design_0", GUEST), lambda: service.create_design("car", GUEST), lambda: service.specification("0")):
        with pytest.raises(NotFound):
            ask()


def test_retracting_leads_back_to_the_same_state(service: Service) -> None:
    begun = service.create_design("shelf", GUEST)
    state = decided(service, begun, Select(select="finish.powder"), SetNumber(set="width", value=80, unit="cm"))
    state = decided(service, state, Retract(retract="width"), Retract(retract="finish"))
    assert (state.options, state.dimensions, state.price) == (begun.options, begun.dimensions, begun.price)


def test_a_design_cut_from_cloth_is_frozen_with_its_pieces_and_takes_the_length_of_their_layout(
    service: Service, ledger_on: Ledger, plant: Plant
) -> None:
    service.publish_family(text_of("shirt"), SYSTEM, proved=True)
    body = {"neck": 391, "chest": 1003, "waist": 871, "hip": 1013, "sleeve": 873, "back_length": 463, "biceps": 337, "wrist": 173}
    state = decided(service, service.create_design("shirt", GUEST), *(SetNumber(set=name, value=value) for name, value in body.items()))
    service.offer(state.design, GUEST)
    with ledger_on.transaction(GUEST) as transaction:
        frozen = service.freeze(transaction, state.design, state.revision, GUEST).specification
    names = [file.name for file in frozen.files]
    pictures = [
        f"{picture}.{language}.svg"
        for language in ("en", "zh")
        for picture in ("drawing", "drawing.back", "drawing.pieces", "inspection.front")
    ]
    assert names == [*pictures, "pick-list.csv", "pieces.dxf", "marker.shell.en.svg", "marker.shell.zh.svg"]
    sequences = {operation.name: operation.sequence for operation in frozen.routing}
    shown = {name: frozen.story_of(sequences[name]).picture for name in ("cut", "collar", "yoke", "press")}
    assert shown == {"cut": "marker.shell", "collar": "drawing.pieces", "yoke": "drawing.back", "press": None}
    assert all(frozen.story_of(sequence).sentence for sequence in sequences.values())
    layout = ledger_on.files.get(next(file.sha256 for file in frozen.files if file.name == "marker.shell.en.svg")).decode()
    (cloth,) = [line.quantity for line in frozen.materials if line.item.startswith("cloth.")]
    assert f"{cloth} mm of cloth" in layout
    again = Service(ledger_on, plant)
    with ledger_on.transaction(GUEST) as transaction:
        assert again.freeze(transaction, state.design, state.revision, GUEST).specification == frozen


def test_a_design_of_boards_is_frozen_with_its_cut_list_and_a_drawing_for_each_board(service: Service, ledger_on: Ledger) -> None:
    service.publish_family(text_of("cabinet"), SYSTEM, proved=True)
    room = (SetNumber(set="wall_width", value=2600), SetNumber(set="room_height", value=2500))
    state = decided(service, service.create_design("cabinet", GUEST), *room, SetNumber(set="width", value=1340))
    with ledger_on.transaction(GUEST) as transaction:
        frozen = service.freeze(transaction, state.design, state.revision, GUEST).specification
    files = {file.name: file for file in frozen.files}
    rows = list(csv.DictReader(io.StringIO(ledger_on.files.get(files["cut-list.csv"].sha256).decode("utf-8-sig"))))
    assert {row["file"] for row in rows} == {name for name in files if name.endswith(".dxf")}
    top = next(row for row in rows if row["board"] == "top_and_bottom")
    assert top["length_mm"] == "1302.000"
    drawn = ezdxf.read(io.StringIO(ledger_on.files.get(files[top["file"]].sha256).decode("ascii")))
    (outline,) = drawn.modelspace().query('POLYLINE[layer=="OUTLINE"]')
    assert max(point.x for point in outline.points()) == 1302
    picked = list(csv.DictReader(io.StringIO(ledger_on.files.get(files["pick-list.csv"].sha256).decode("utf-8-sig"))))
    assert {(row["item"], int(row["quantity"])) for row in picked} == {(line.item, line.quantity) for line in frozen.materials}
    assert [int(row["operation"]) for row in picked] == sorted(line.operation for line in frozen.materials)
