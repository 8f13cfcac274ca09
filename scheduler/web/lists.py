"""What the planner's lists are called and what stands in them."""

from contracts.access import Permission
from presentation.lists import Column, Filter, ListDescription
from scheduler.listing import SHOWN_STATES, ListedOperation, ListedVersion

OPERATIONS = ListDescription(
    name="operations",
    title="scheduler.table.title",
    path="/planner/table",
    api="/api/v1/operations",
    summary="The operations of the live plan",
    permission=Permission.VIEW_PLAN,
    row=ListedOperation,
    columns=(
        Column("order", "scheduler.table.order", "name", href="/planner/orders/{order}"),
        Column("operation", "scheduler.table.operation", "words", sortable=False),
        Column("machine", "scheduler.table.machine"),
        Column("group", "scheduler.table.group", "words", sortable=False),
        Column("person", "scheduler.table.person"),
        Column("setup_at", "scheduler.table.setup", "time"),
        Column("start_at", "scheduler.table.start", "time"),
        Column("end_at", "scheduler.table.end", "time"),
        Column("state", "scheduler.table.state", "state", "operation"),
        Column("late", "scheduler.table.late", "mark", "scheduler.table."),
    ),
    sort="start_at",
    empty="scheduler.table.empty",
    search="scheduler.table.search",
    filters=(
        Filter("group", "scheduler.table.group"),
        Filter("state", "scheduler.table.state", "state.operation.", SHOWN_STATES),
        Filter("late", "scheduler.table.late", "scheduler.table.", ("yes", "no")),
    ),
)

VERSIONS = ListDescription(
    name="plan-versions",
    title="scheduler.versions.title",
    path="/planner/versions",
    api="/api/v1/plan-versions",
    summary="The plans that were published",
    permission=Permission.VIEW_PLAN,
    row=ListedVersion,
    columns=(
        Column("version", "scheduler.versions.version", "count"),
        Column("published_at", "scheduler.versions.published", "time"),
        Column("reason", "scheduler.versions.reason", "words", sortable=False),
    ),
    sort="version",
    descending=True,
    empty="scheduler.versions.empty",
)
