"""Jobs under leases, whoever stalls, dies or comes back: at most one run has its effect, and none is forgotten."""

import shutil
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import select, update
from sqlmodel import SQLModel

from contracts.access import SYSTEM
from contracts.problems import StaleFence
from ledger.clock import Clock
from ledger.database import engine_for
from ledger.files import Files
from ledger.job_runner import JobRun, JobRunner
from ledger.tables import AUDIT, JOB
from ledger.unit_of_work import Ledger
from ledger.vault import Vault

KEYS = st.sampled_from(["riverside", "hillside"])


class Stalled(BaseException):
    """The runner's process is stopped in the middle; its run may wake up later."""


class LeaseMachine(RuleBasedStateMachine):
    """Runs are stopped after they got their job; later they wake, finish with their effect, or stay dead."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        engine = engine_for(f"sqlite:///{self.folder / 'lotone.db'}")
        SQLModel.metadata.create_all(engine)
        clock = Clock(engine)
        clock.begin("stepped", at=datetime(2026, 11, 24, 8, 0, tzinfo=UTC))
        self.ledger = Ledger(engine, clock, Files(self.folder / "files"), Vault("11" * 32))
        self.runs: list[JobRun] = []
        self.ordered: dict[str, int] = {}
        self.number = 0

    def keep_and_stall(self, run: JobRun) -> None:
        self.runs.append(run)
        raise Stalled

    def finish(self, run: JobRun) -> None:
        with run.transaction() as transaction:
            transaction.audit("test.effect", run.id, facts={"number": run.content["number"]})
            run.finish(transaction, {})

    @rule(key=KEYS)
    def order(self, key: str) -> None:
        self.number += 1
        with self.ledger.transaction(SYSTEM) as transaction:
            transaction.enqueue("test.job", key, {"number": self.number})
        self.ordered[key] = self.number

    @rule()
    def a_runner_takes_a_job_and_stalls(self) -> None:
        with suppress(Stalled):
            JobRunner(self.ledger, {"test.job": self.keep_and_stall}).run_once()

    @rule()
    def a_runner_does_a_job(self) -> None:
        JobRunner(self.ledger, {"test.job": self.finish}).run_once()

    @precondition(lambda self: self.runs)
    @rule(which=st.integers(0, 20))
    def a_stalled_run_wakes_and_finishes(self, which: int) -> None:
        run = self.runs[which % len(self.runs)]
        with self.ledger.reading() as session:
            row = session.connection().execute(select(JOB.c.fence, JOB.c.state).where(JOB.c.id == run.id)).one()
        holds = row.state == "running" and row.fence == run.fence
        try:
            self.finish(run)
        except StaleFence:
            assert not holds
        else:
            assert holds

    @rule()
    def leases_run_out(self) -> None:
        with self.ledger.transaction(SYSTEM) as transaction:
            transaction.session.connection().execute(
                update(JOB).where(JOB.c.state == "running").values(lease_until=datetime(2000, 1, 1, tzinfo=UTC), attempts=0)
            )

    def effects(self) -> list[tuple[str, int]]:
        with self.ledger.reading() as session:
            rows = session.connection().execute(select(AUDIT.c.subject, AUDIT.c.facts).where(AUDIT.c.action == "test.effect"))
            return [(row.subject, row.facts["number"]) for row in rows]

    def teardown(self) -> None:
        """In the end every job has run, each once, and the newest content of every key is among them."""
        if not hasattr(self, "ledger"):
            return
        try:
            self.leases_run_out()
            runner = JobRunner(self.ledger, {"test.job": self.finish})
            while runner.run_once():
                pass
            effects = self.effects()
            assert len({job for job, _ in effects}) == len(effects)
            assert set(self.ordered.values()) <= {number for _, number in effects}
            with self.ledger.reading() as session:
                states = set(session.connection().execute(select(JOB.c.state)).scalars())
            assert states <= {"done"}
        finally:
            self.ledger.close()
            shutil.rmtree(self.folder)


TestLease = LeaseMachine.TestCase
