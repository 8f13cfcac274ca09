"""Messages to the outside: once queued never lost, claimed with a fence, parked when nobody takes them."""

from datetime import timedelta

from sqlalchemy import select, update

from contracts.access import SYSTEM
from ledger import outside, parking
from ledger.outside import OutsideMessage
from ledger.retry import ATTEMPTS, Patience
from ledger.tables import OUTSIDE
from ledger.unit_of_work import Ledger


def send(ledger: Ledger, *keys: str, channel: str = "mail") -> None:
    with ledger.transaction(SYSTEM) as transaction:
        for key in keys:
            transaction.send(channel, key, {"key": key})


def claim(ledger: Ledger, count: int = 10, after: timedelta = timedelta(), channel: str = "mail") -> list[OutsideMessage]:
    with ledger.transaction(SYSTEM) as transaction:
        lease = timedelta(seconds=30)
        return outside.claim(transaction.session.connection(), channel, count, lease, transaction.real_now + after)


def sent(ledger: Ledger, messages: list[OutsideMessage]) -> int:
    with ledger.transaction(SYSTEM) as transaction:
        return outside.sent(transaction.session.connection(), messages, transaction.real_now)


def states(ledger: Ledger) -> list[str]:
    with ledger.reading() as session:
        return list(session.connection().execute(select(OUTSIDE.c.state).order_by(OUTSIDE.c.seq)).scalars())


def test_the_same_key_is_sent_once_a_channel(ledger_on: Ledger) -> None:
    send(ledger_on, "a", "a")
    send(ledger_on, "a")
    send(ledger_on, "a", channel="amqp")
    assert [message.key for message in claim(ledger_on)] == ["a"]
    assert [message.key for message in claim(ledger_on, channel="amqp")] == ["a"]


def test_messages_are_claimed_oldest_first_and_by_one_relay(ledger_on: Ledger) -> None:
    send(ledger_on, "a", "b", "c")
    first, second = claim(ledger_on, 2), claim(ledger_on, 2)
    assert [[message.key for message in batch] for batch in (first, second)] == [["a", "b"], ["c"]]
    assert sent(ledger_on, first + second) == 3
    assert states(ledger_on) == ["sent"] * 3
    assert ledger_on.quiet()


def test_a_dead_relays_messages_are_claimed_again_and_its_word_counts_no_more(ledger_on: Ledger) -> None:
    send(ledger_on, "a")
    dead = claim(ledger_on)
    alive = claim(ledger_on, after=timedelta(minutes=1))
    assert [message.fence for message in alive] == [dead[0].fence + 1]
    assert sent(ledger_on, dead) == 0
    assert states(ledger_on) == ["claimed"]
    assert sent(ledger_on, alive) == 1


def test_a_message_nobody_takes_is_parked_and_can_be_replayed(ledger_on: Ledger) -> None:
    send(ledger_on, "a")
    for attempt in range(ATTEMPTS):
        assert not ledger_on.quiet()
        (message,) = claim(ledger_on, after=timedelta(hours=attempt))
        with ledger_on.transaction(SYSTEM) as transaction:
            outside.failed(transaction.session.connection(), message, "550 no such mailbox", transaction.real_now)
    assert claim(ledger_on, after=timedelta(days=9)) == []
    with ledger_on.reading() as session:
        (parked,) = parking.parked(session)
    assert (parked.queue, parked.what, parked.subject, parked.error) == ("outside", "mail", "a", "550 no such mailbox")

    with ledger_on.transaction(SYSTEM) as transaction:
        parking.replay(transaction, parked.id)
    assert [message.key for message in claim(ledger_on)] == ["a"]


def test_a_failed_message_waits_before_it_is_tried_again(ledger_on: Ledger) -> None:
    send(ledger_on, "a", "b")
    first, _ = claim(ledger_on)
    with ledger_on.transaction(SYSTEM) as transaction:
        outside.failed(transaction.session.connection(), first, "busy", transaction.real_now + timedelta(hours=1))
    assert claim(ledger_on) == []
    with ledger_on.transaction(SYSTEM) as transaction:
        transaction.session.connection().execute(update(OUTSIDE).values(retry_at=None))
    assert [message.attempts for message in claim(ledger_on)] == [1]


def test_of_one_lane_the_next_leaves_when_those_before_are_sent(ledger_on: Ledger) -> None:
    with ledger_on.transaction(SYSTEM) as transaction:
        for key, lane in (("a1", "a"), ("a2", "a"), ("b1", "b"), ("free", None), ("a3", "a")):
            transaction.send("mail", key, {}, lane=lane)
        transaction.send("amqp", "a1", {}, lane="a")
    first = claim(ledger_on)
    assert [message.key for message in first] == ["a1", "b1", "free"]
    assert claim(ledger_on) == []
    assert [message.key for message in claim(ledger_on, channel="amqp")] == ["a1"]
    sent(ledger_on, first[:1])
    (second,) = claim(ledger_on)
    assert second.key == "a2"
    with ledger_on.transaction(SYSTEM) as transaction:
        once = Patience(1, timedelta(), timedelta())
        outside.failed(transaction.connection, second, "no", transaction.real_now, once)
        outside.sent(transaction.connection, first[1:], transaction.real_now)
    assert claim(ledger_on, after=timedelta(days=1)) == [], "a parked one is waited for too"
    with ledger_on.transaction(SYSTEM) as transaction:
        transaction.connection.execute(update(OUTSIDE).where(OUTSIDE.c.channel == "amqp").values(state="sent"))
    assert ledger_on.quiet(), "and that is somebody's decision"
    with ledger_on.transaction(SYSTEM) as transaction:
        parking.drop(transaction, f"outside:{second.seq}")
    assert [message.key for message in claim(ledger_on)] == ["a3"]


def test_pauses_grow_by_chance_a_quarter_more_or_less() -> None:
    patience = Patience(9, timedelta(seconds=1), timedelta(seconds=20))
    assert [patience.pause(failures).total_seconds() for failures in range(1, 6)] == [1, 4, 16, 20, 20]
    drawn = [patience.jittered(3) / patience.pause(3) for _ in range(200)]
    assert 0.75 <= min(drawn) < 0.9 < 1.1 < max(drawn) <= 1.25


def test_what_was_sent_is_kept_for_its_time_and_what_waits_for_ever(ledger_on: Ledger) -> None:
    send(ledger_on, "gone", "waits")
    (first, second) = claim(ledger_on)
    assert sent(ledger_on, [first]) == 1
    assert forget(ledger_on, outside.KEPT - timedelta(hours=1)) == 0
    assert forget(ledger_on, outside.KEPT + timedelta(hours=1)) == 1
    assert states(ledger_on) == ["claimed"]
    assert sent(ledger_on, [second]) == 1


def forget(ledger: Ledger, after: timedelta) -> int:
    with ledger.transaction(SYSTEM) as transaction:
        return outside.forget_sent(transaction.connection, transaction.real_now + after)
