"""What the quality engineers' lists are called and what stands in them."""

from contracts.access import Permission
from mes_bridge.engine.tracing.genealogy import LotUse
from mes_bridge.listing import FAILURE_STATES, SOURCES, VERDICTS, ListedMeasurement, ListedMessage, ListedNonConformance
from presentation.lists import Column, Filter, ListDescription

LIVE = "/quality/live"

NONCONFORMANCES = ListDescription(
    name="nonconformances",
    title="quality.nonconformances",
    path="/quality",
    api="/api/v1/nonconformances",
    summary="What failed",
    permission=Permission.VIEW_QUALITY,
    row=ListedNonConformance,
    columns=(
        Column("piece", "quality.piece", "name", href="/quality/pieces/{piece}"),
        Column("nonconformance", "quality.number", "name", href="/quality/nonconformances/{nonconformance}", sortable=False),
        Column("operation", "quality.operation", "words", sortable=False),
        Column("reason", "quality.why", "words", sortable=False),
        Column("value", "quality.value", "quantity", sortable=False, strong=True),
        Column("lower", "quality.lower", "quantity", sortable=False),
        Column("upper", "quality.upper", "quantity", sortable=False),
        Column("disposition", "quality.disposition", "choice", "disposition.", sortable=False),
        Column("state", "quality.state", "state", "nonconformance"),
        Column("raised_at", "quality.raised", "time"),
        Column("closed_at", "quality.closed", "time"),
    ),
    sort="raised_at",
    descending=True,
    empty="quality.none",
    search="quality.search_failures",
    filters=(Filter("state", "quality.state", "state.nonconformance.", FAILURE_STATES),),
    live=LIVE,
)

MEASUREMENTS = ListDescription(
    name="measurements",
    title="quality.measurements",
    path="/quality/measurements",
    api="/api/v1/measurements",
    summary="What was measured",
    permission=Permission.VIEW_QUALITY,
    row=ListedMeasurement,
    columns=(
        Column("piece", "quality.piece", "name", href="/quality/pieces/{piece}"),
        Column("characteristic", "quality.characteristic", "words", sortable=False),
        Column("value", "quality.value", "quantity", sortable=False, strong=True),
        Column("verdict", "quality.verdict", "state", "verdict"),
        Column("nominal", "quality.nominal", "quantity", sortable=False),
        Column("lower", "quality.lower", "quantity", sortable=False),
        Column("upper", "quality.upper", "quantity", sortable=False),
        Column("gauge", "quality.gauge", "words", sortable=False),
        Column("source", "quality.source", "choice", "source."),
        Column("at", "quality.time", "time"),
    ),
    sort="at",
    descending=True,
    empty="quality.no_measurements",
    search="quality.search_values",
    filters=(
        Filter("verdict", "quality.verdict", "state.verdict.", VERDICTS),
        Filter("source", "quality.source", "source.", SOURCES),
    ),
    live=LIVE,
)

SET_ASIDE = ListDescription(
    name="set-aside",
    title="quality.quarantined",
    path="/quality/set-aside",
    api="/api/v1/set-aside",
    summary="Messages of the shop floor that could not be placed",
    permission=Permission.VIEW_QUALITY,
    row=ListedMessage,
    columns=(
        Column("id", "quality.identifier"),
        Column("sender", "quality.sender", sortable=False),
        Column("kind", "quality.kind"),
        Column("reason", "quality.why", "choice", "mes_bridge.quarantine."),
        Column("received_at", "quality.time", "time"),
    ),
    sort="received_at",
    descending=True,
    empty="quality.nothing_set_aside",
    search="quality.search_messages",
    live=LIVE,
)

RECALL = ListDescription(
    name="recall",
    title="trace.recall",
    path="/quality/trace",
    api="/api/v1/traces/lots",
    summary="Every piece of a lot",
    permission=Permission.VIEW_QUALITY,
    row=LotUse,
    columns=(
        Column("lot", "trace.lot"),
        Column("item", "trace.material"),
        Column("item_label", "trace.material", "words", sortable=False),
        Column("quantity", "trace.quantity", "count"),
        Column("unit", "trace.quantity"),
        Column("piece", "quality.piece"),
        Column("order", "trace.order"),
        Column("operation_label", "quality.operation", "words", sortable=False),
        Column("attempt", "quality.operation", "count"),
        Column("standing", "quality.state", "choice", "trace.standing."),
    ),
    sort="piece",
    empty="trace.nothing",
    search="trace.code",
)
"""Written as a spreadsheet alone."""

LISTED = (NONCONFORMANCES, MEASUREMENTS, SET_ASIDE)
"""The lists of the quality pages, in the order of their tabs."""
