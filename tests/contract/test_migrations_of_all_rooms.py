"""Does the history of migrations give the tables that the rooms describe, on both engines?"""

import lotone.wiring  # noqa: F401 - brings in every room's tables
from ledger.database import engine_for, writing
from lotone.migrations import at_head, differences, upgrade


def test_the_history_ends_at_the_rooms_tables(ledger_url: str) -> None:
    engine = engine_for(ledger_url)
    try:
        upgrade(writing(engine))
        assert at_head(engine)
        assert differences(engine) == []
    finally:
        engine.dispose()
