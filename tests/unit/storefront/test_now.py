"""What the order's page says of this moment, and how it tells what happened."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from contracts.events import OperationPaused
from contracts.product import WHOLE, OperationStory
from contracts.texts import Localised, Message
from storefront.now import Now, now_of
from storefront.viewing import StoryEntry
from storefront.web.story import by_day
from tests.unit.storefront.fakes import Shopfront
from tests.unit.storefront.test_following import Followed

SENTENCE = Localised(en="Your frame is being welded.", zh="正在焊接你的车架。")


@pytest.fixture
def followed(shop: Shopfront) -> Followed:
    return Followed(shop)


def now(followed: Followed) -> Now:
    told = (OperationStory(operation=2, picture="drawing.bare", sentence=SENTENCE),)
    specifications = [each.model_copy(update={"story": told}) for each in followed.shop.service.specifications(followed.view)]
    return now_of(followed.view, specifications)


def test_before_anything_is_made_the_first_step_comes_next(followed: Followed) -> None:
    seen = now(followed)
    assert (seen.doing, seen.values, seen.picture) == ((), (), WHOLE)
    assert [label.en for label in seen.following] == ["Cut and mitre the tubes"]


def test_a_running_step_is_told_in_its_own_words_and_picture(followed: Followed) -> None:
    followed.planned()
    followed.started(1)
    followed.completed(1)
    followed.started(2)
    seen = now(followed)
    assert [(each.sentence, each.paused) for each in seen.doing] == [(SENTENCE, False)]
    assert seen.picture == "drawing.bare"
    assert [label.en for label in seen.following] == ["Final inspection"]


def test_a_paused_step_says_so_and_between_steps_the_last_one_is_shown(followed: Followed) -> None:
    followed.planned()
    followed.started(2)
    followed._of(OperationPaused, key=followed.key(2), machine="WELD-1", reason="break", at=datetime(2026, 11, 24, 9, tzinfo=UTC))
    assert [each.paused for each in now(followed).doing] == [True]
    followed.completed(2)
    seen = now(followed)
    assert (seen.doing, seen.picture) == ((), "drawing.bare")


def test_the_latest_values_come_first(followed: Followed) -> None:
    followed.planned()
    followed.started(2)
    followed.measured(560_100)
    assert [value.value for value in now(followed).values] == [560_100]


def test_when_it_is_made_the_whole_product_is_shown_and_nothing_follows(followed: Followed) -> None:
    followed.planned()
    followed.made()
    seen = now(followed)
    assert (seen.doing, seen.following, seen.picture) == ((), (), WHOLE)


def test_a_held_order_says_what_was_found_and_what_was_decided(followed: Followed) -> None:
    followed.planned()
    followed.started(2)
    followed.completed(2)
    assert now(followed).held is None
    followed.failed(followed.measured(561_000), 2)
    held = now(followed).held
    assert held is not None
    assert held.id == "storefront.story.failed_rework"
    followed.closed()
    assert now(followed).held is None


def test_the_front_page_names_the_product_of_each_step(followed: Followed) -> None:
    followed.planned()
    followed.started(1)
    (step,) = followed.shop.service.at_work().steps
    assert (step.product, step.label.en) == (followed.view.pieces[0].family_label, "Cut and mitre the tubes")


def test_the_front_page_counts_an_order_until_it_is_made(followed: Followed) -> None:
    assert followed.shop.service.at_work().open_orders == 1
    followed.planned()
    followed.made()
    assert followed.shop.service.at_work().open_orders == 0


def entry(number: int, kind: str, at: datetime) -> StoryEntry:
    return StoryEntry(number=number, at=at, piece=None, message=Message(id=f"storefront.story.{kind}"))


def test_the_story_is_told_by_day_newest_first_with_small_events_folded() -> None:
    start = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
    kinds = ["placed", "completed", "completed", "completed", "failed_rework", "completed", "completed"]
    story = [entry(number, kind, start + timedelta(minutes=20 * number)) for number, kind in enumerate(kinds)]
    days = by_day(story, ZoneInfo("Europe/Berlin"))
    assert [day.at.astimezone(ZoneInfo("Europe/Berlin")).day for day in days] == [25, 24]
    assert [[each.number for each in told.entries] for told in days[0].told] == [[6], [5], [4], [3], [2]]
    assert [[each.number for each in told.entries] for told in days[1].told] == [[1], [0]]


def test_a_fold_keeps_its_name_while_it_grows() -> None:
    start = datetime(2026, 11, 24, 8, tzinfo=UTC)
    story = [entry(number, "completed", start + timedelta(minutes=number)) for number in range(5)]
    (shorter,), (longer,) = (by_day(story[:count], UTC)[0].told for count in (3, 5))
    assert shorter.folded
    assert shorter.name == longer.name
    assert [each.number for each in longer.entries] == [4, 3, 2, 1, 0]
