"""What the planner's lists are called and what stands in them."""

from contracts.access import Permission
from presentation.lists import Column, Filter, ListDescription
from scheduler.learned import TIME_STATES
from scheduler.listing import SHOWN_STATES, ListedChange, ListedOperation, ListedScenario, ListedTime, ListedVersion

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
        Column("operation", "scheduler.table.operation", "words", sortable=False, href="/planner/operations/{key}"),
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
        Column("new_orders", "scheduler.versions.new_orders", "count", sortable=False),
        Column("moved", "scheduler.versions.moved", "count", sortable=False),
        Column("late", "scheduler.versions.late", "count", sortable=False),
    ),
    sort="version",
    descending=True,
    empty="scheduler.versions.empty",
)

CHANGES = ListDescription(
    name="plan-changes",
    title="scheduler.changes.title",
    path="/planner/changes",
    api="/api/v1/plan-changes",
    summary="What planners changed in the plan by hand",
    permission=Permission.VIEW_PLAN,
    row=ListedChange,
    columns=(
        Column("at", "scheduler.changes.at", "time"),
        Column("by", "scheduler.changes.by"),
        Column("kind", "scheduler.changes.kind", "choice", "scheduler.changes.kind."),
        Column("order", "scheduler.table.order", "name", href="/planner/orders/{order}"),
        Column("operation", "scheduler.table.operation", "words", sortable=False, href="/planner/operations/{key}"),
        Column("before", "scheduler.changes.before", "words", sortable=False),
        Column("after", "scheduler.changes.after", "words", sortable=False),
        Column("reason", "scheduler.changes.reason", "prose", sortable=False),
        Column("moved", "scheduler.changes.moved", "count", sortable=False),
        Column("promises", "scheduler.changes.promises", "count", sortable=False),
        Column("undone", "scheduler.changes.undone", "mark", "scheduler.changes.undone."),
    ),
    sort="at",
    descending=True,
    empty="scheduler.changes.empty",
    search="scheduler.changes.search",
    filters=(
        Filter("kind", "scheduler.changes.kind", "scheduler.changes.kind.", ("move", "lock", "unlock", "rush")),
        Filter("undone", "scheduler.changes.undone", "scheduler.changes.undone.", ("yes", "no")),
    ),
)

SCENARIOS = ListDescription(
    name="scenarios",
    title="scheduler.scenario.title",
    path="/planner/scenarios",
    api="/api/v1/scenarios",
    summary="What planners asked of the plan: what if some groups worked overtime, a machine stood still, a shift had other hours",
    permission=Permission.VIEW_PLAN,
    row=ListedScenario,
    columns=(
        Column("name", "scheduler.scenario.name", "prose", href="/planner/scenarios/{scenario}"),
        Column("at", "scheduler.changes.at", "time"),
        Column("by", "scheduler.changes.by"),
        Column("days", "scheduler.scenario.days", "count", sortable=False),
        Column("stops", "scheduler.scenario.stops", "count", sortable=False),
        Column("shifts", "scheduler.scenario.shifts", "count", sortable=False),
        Column("late_now", "scheduler.scenario.late_now", "count", sortable=False),
        Column("late_then", "scheduler.scenario.late_then", "count", sortable=False),
        Column("state", "scheduler.table.state", "choice", "state.scenario."),
    ),
    sort="at",
    descending=True,
    empty="scheduler.scenario.empty",
    search="scheduler.scenario.search",
    filters=(Filter("state", "scheduler.table.state", "state.scenario.", ("asked", "tried", "adopted", "discarded", "withdrawn")),),
)

LEARNED_TIMES = ListDescription(
    name="learned-times",
    title="scheduler.times.title",
    path="/planner/learned-times",
    api="/api/v1/learned-times",
    summary="What reports teach of the times of operations: old, new, sample, and what became of it",
    permission=Permission.VIEW_PLAN,
    row=ListedTime,
    columns=(
        Column("operation", "scheduler.table.operation", "words", sortable=False),
        Column("machine", "scheduler.table.machine"),
        Column("material", "scheduler.times.material"),
        Column("old_s", "scheduler.times.old", "duration"),
        Column("new_s", "scheduler.times.new", "duration"),
        Column("change_percent", "scheduler.times.change", "count"),
        Column("nine_of_ten_s", "scheduler.times.nine_of_ten", "duration", sortable=False),
        Column("sample", "scheduler.times.sample", "count"),
        Column("aside", "scheduler.times.aside", "count", sortable=False),
        Column("since_at", "scheduler.times.since", "day"),
        Column("state", "scheduler.table.state", "choice", "state.learned_time."),
        Column("decided_by", "scheduler.changes.by"),
        Column("at", "scheduler.times.counted", "time"),
    ),
    sort="at",
    descending=True,
    empty="scheduler.times.empty",
    search="scheduler.times.search",
    filters=(Filter("state", "scheduler.table.state", "state.learned_time.", TIME_STATES),),
)
