"""What comes of a planner's move, as planners and programs are shown it."""

from contracts.model import Contract, Instant
from contracts.texts import Localised, Message


class MovedOperation(Contract):
    """An operation that another place is given to."""

    operation: str
    order: str
    label: Localised
    machine_before: str
    machine: str
    start_before_at: Instant
    start_at: Instant
    end_at: Instant
    by_s: int
    """From the old start to the new one; negative: earlier."""


class MovedPromise(Contract):
    """An order whose expected date changes."""

    order: str
    promised_at: Instant
    expected_before_at: Instant
    expected_at: Instant
    by_s: int
    """From the old expected date to the new one; negative: earlier."""
    late: bool
    """Expected after the promised date."""
    told: bool
    """Its customer is told the new date at once."""


class Outcome(Contract):
    """What a move does, or what is in its way. Of a move that is not possible, what the nearest possible one would do."""

    operation: str
    order: str
    label: Localised
    possible: bool
    hindered: Message | None
    """Why it is not possible as wished."""
    nearest_start_at: Instant | None
    """The first start from the wished one on that is possible on that machine; null when there is none."""
    machine: str
    person: str | None
    setup_start_at: Instant | None
    start_at: Instant | None
    end_at: Instant | None
    operations: tuple[MovedOperation, ...]
    """The moved operation first."""
    promises: tuple[MovedPromise, ...]
    """The latest first."""
    seq: int
    """The change of the plant's log on which this rests; once it is done, its own."""
    change: str | None = None
    """What was done, in the history of planners' changes; null of a preview."""


class DoneByHand(Contract):
    """One change that a planner made."""

    change: str
    at: Instant
    by: str
    kind: str
    """``move``, ``lock``, ``unlock`` or ``rush``."""
    operation: str
    order: str
    label: Localised
    machine_before: str
    machine: str
    start_before_at: Instant
    start_at: Instant
    reason: str
    """Empty: none was given."""
    undone: bool


class Undone(Contract):
    """What an undo gave back."""

    change: DoneByHand
    exact: bool
    """Everything stands as before the change."""
    seq: int
