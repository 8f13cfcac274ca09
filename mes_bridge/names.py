"""How are the names that a connected system uses kept, what of them is not known yet, and what becomes of what was set aside for them?"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Select, delete, func
from sqlalchemy import select as select_columns
from sqlmodel import select

from contracts.access import Principal
from contracts.model import Contract
from contracts.problems import NotFound, Problem
from contracts.work_order import MachineStateReport, MeasurementReport, Receipt, Report
from ledger.machine_clients import MachineClients, standing_groups
from ledger.unit_of_work import Ledger, LedgerTransaction
from mes_bridge.engine.vocabulary import KINDS, NameKind, Vocabulary, fixed
from mes_bridge.reporting import Reporting
from mes_bridge.tables import MACHINE, QUARANTINE, REPORT, VocabularyRow
from mes_bridge.vocabularies import of_client

UNKNOWN: dict[str, NameKind] = {"unknown-machine": "machine", "unknown-unit": "unit", "unknown-state": "state"}
"""Reasons of the quarantine that a mapping can answer."""
SHOWN = 100
"""Unknown names on the page; those that came last."""
LOOKED_AT = 2000
"""Messages in which names are looked for."""


class UnknownName(Contract):
    """A name that came and is none of ours. ``messages``: that have it; of reasons they were taken, of the rest set aside."""

    kind: NameKind
    name: str
    messages: int


class NamesOfConnection(Contract):
    """``mapped``: by kind, theirs → ours. ``ours``: what each kind may be mapped to. ``waiting``: messages set aside for a name."""

    sets_aside: bool
    mapped: dict[NameKind, dict[str, str]]
    ours: dict[NameKind, tuple[str, ...]]
    unknown: tuple[UnknownName, ...]
    waiting: int


class Replayed(Contract):
    """What became of messages that were set aside. ``refused``: the type of each problem, how often; they stay set aside."""

    taken: int
    set_aside: int
    refused: dict[str, int]


class ClientNames:
    def __init__(self, ledger: Ledger, reporting: Reporting) -> None:
        self._ledger = ledger
        self._reporting = reporting

    def of(self, client: str) -> NamesOfConnection:
        """Raises NotFound."""
        known = next((each for each in MachineClients(self._ledger).list() if each.id == client), None)
        if known is None:
            raise NotFound("machine client", client)
        with self._ledger.reading() as session:
            connection = session.connection()
            names = of_client(connection, client)
            ours: dict[NameKind, tuple[str, ...]] = {kind: fixed(kind) or _machines(connection, known.machine_groups) for kind in KINDS}
            return NamesOfConnection(
                sets_aside=names.sets_aside,
                mapped={kind: dict(sorted(names.names.get(kind, {}).items())) for kind in KINDS},
                ours=ours,
                unknown=(*_set_aside(connection, client, names, ours), *_reasons(connection, client, names)),
                waiting=connection.execute(_waiting(client).with_only_columns(func.count())).scalar_one(),
            )

    def use(self, principal: Principal, client: str) -> None:
        """Unknown units and states of the client are set aside from now on, to be mapped. Raises NotFound."""
        self._change(principal, client, lambda names, _: Vocabulary(names.names, True), "names.use")

    def map(self, principal: Principal, client: str, kind: NameKind, theirs: str, ours: str) -> None:
        """From now on ``theirs`` is ``ours`` when the client says it. Raises NotFound, InvalidInput."""
        self._change(
            principal,
            client,
            lambda names, known: names.mapped(kind, theirs, ours, known),
            "names.map",
            kind,
            {"theirs": theirs, "ours": ours},
        )

    def unmap(self, principal: Principal, client: str, kind: NameKind, theirs: str) -> None:
        """The name stands for itself again. Raises NotFound."""
        self._change(principal, client, lambda names, _: names.without(kind, theirs), "names.unmap", kind, {"theirs": theirs})

    def replay(self, principal: Principal, client: str) -> Replayed:
        """Take again, in the order in which it came, what was set aside for a name; each as if it came now, once. Raises NotFound."""
        sender = MachineClients(self._ledger).of_id(client)
        if sender is None:
            raise NotFound("machine client", client)
        with self._ledger.reading() as session:
            waiting = session.connection().execute(_waiting(client).order_by(QUARANTINE.c.received_at, QUARANTINE.c.id)).all()
        taken, refused = 0, dict[str, int]()
        for row in waiting:
            try:
                receipt = self._again(principal, sender, row.kind, row.id)
                taken += receipt is not None and receipt.result == "accepted"
            except Problem as problem:
                refused[problem.type] = refused.get(problem.type, 0) + 1
        return Replayed(taken=taken, set_aside=len(waiting) - taken - sum(refused.values()), refused=refused)

    def _again(self, principal: Principal, sender: Principal, kind: str, identifier: str) -> Receipt | None:
        """One message; None when somebody else has taken it meanwhile. Whatever is refused stays as it is."""
        its = QUARANTINE.c.sender == sender.id, QUARANTINE.c.kind == kind, QUARANTINE.c.id == identifier
        with self._ledger.transaction(principal) as transaction:
            row = transaction.connection.execute(delete(QUARANTINE).where(*its).returning(QUARANTINE.c.content)).first()
            if row is None:
                return None
            transaction.audit(f"{kind}.replay", identifier, facts={"client": sender.id})
            return self._taken(transaction, sender, kind, dict(row.content))

    def _taken(self, transaction: LedgerTransaction, sender: Principal, kind: str, content: dict[str, Any]) -> Receipt:
        match kind:
            case "report":
                work_order = content.pop("work_order")
                return self._reporting.report(transaction, work_order, Report.model_validate(content), sender, is_person=False)
            case "measurement":
                return self._reporting.measure(transaction, MeasurementReport.model_validate(content), sender)
            case _:
                return self._reporting.machine_state(transaction, MachineStateReport.model_validate(content), sender)

    def _change(
        self,
        principal: Principal,
        client: str,
        step: Callable[[Vocabulary, Collection[str]], Vocabulary],
        action: str,
        kind: NameKind | None = None,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        with self._ledger.transaction(principal) as transaction:
            groups = standing_groups(transaction.connection, [client], transaction.real_now)
            if client not in groups:
                raise NotFound("machine client", client)
            row = transaction.session.exec(select(VocabularyRow).where(VocabularyRow.client == client).with_for_update()).first()
            row = row or VocabularyRow(client=client, names={})
            scope = groups[client]
            known = () if kind is None else fixed(kind) or _machines(transaction.connection, scope)
            changed = step(Vocabulary(row.names, True), known)
            row.names = {name: dict(mapping) for name, mapping in changed.names.items()}
            transaction.session.add(row)
            transaction.audit(action, client, facts={**({} if kind is None else {"kind": kind}), **(facts or {})})


def _machines(connection: Connection, groups: Collection[str] | None) -> tuple[str, ...]:
    query = select_columns(MACHINE.c.machine).order_by(MACHINE.c.machine)
    return tuple(connection.execute(query if groups is None else query.where(MACHINE.c.machine_group.in_(groups))).scalars())


def _waiting(client: str) -> Select[tuple[str, str]]:
    return select_columns(QUARANTINE.c.kind, QUARANTINE.c.id).where(QUARANTINE.c.sender == client, QUARANTINE.c.reason.in_(UNKNOWN))


def _set_aside(connection: Connection, client: str, names: Vocabulary, ours: dict[NameKind, tuple[str, ...]]) -> list[UnknownName]:
    """What was set aside for a name that is not known still, by kind and name."""
    counted: dict[tuple[NameKind, str], int] = {}
    asked = _waiting(client).with_only_columns(QUARANTINE.c.reason, QUARANTINE.c.content)
    for row in connection.execute(asked.order_by(QUARANTINE.c.received_at.desc()).limit(LOOKED_AT)):
        kind = UNKNOWN[row.reason]
        name = row.content.get(kind)
        if name is not None and names.ours(kind, name) not in ours[kind]:
            counted[kind, name] = counted.get((kind, name), 0) + 1
    return [UnknownName(kind=kind, name=name, messages=count) for (kind, name), count in list(counted.items())[:SHOWN]]


def _reasons(connection: Connection, client: str, names: Vocabulary) -> list[UnknownName]:
    """Reasons that are free words here; those that are codes there may be mapped."""
    query = (
        select_columns(REPORT.c.reason, func.count())
        .where(REPORT.c.sender == client, REPORT.c.reason.is_not(None), REPORT.c.reason.not_in(fixed("reason") or ()))
        .group_by(REPORT.c.reason)
        .order_by(func.max(REPORT.c.received_at).desc())
        .limit(SHOWN)
    )
    known = names.names.get("reason", {})
    return [UnknownName(kind="reason", name=name, messages=count) for name, count in connection.execute(query) if name not in known]
