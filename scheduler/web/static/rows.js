// Which rows the board has, and which operations lie in each.

export function words(label) {
  return document.documentElement.lang.startsWith("zh") ? label.zh : label.en;
}

export function locale() {
  // Dates in English as on every other page: the day before the month.
  return document.documentElement.lang.startsWith("zh") ? document.documentElement.lang : "en-GB";
}

export function arrange(plan) {
  const rows = [];
  for (const group of plan.groups) {
    rows.push({ kind: "group", id: group.group, label: words(group.label), load: group.load.map(toLoad) });
    for (const machine of plan.machines) {
      if (machine.group === group.group) {
        rows.push({ kind: "machine", id: machine.machine, label: machine.machine, off: machine.off.map(toPair), bars: [] });
      }
    }
  }
  const byMachine = new Map(rows.filter((row) => row.kind === "machine").map((row) => [row.id, row]));
  const late = new Set(plan.orders.filter((order) => order.late).map((order) => order.order));
  const bars = new Map();
  for (const operation of plan.operations) {
    const row = byMachine.get(operation.machine);
    if (!row) continue;
    const bar = toBar(operation, row, late.has(operation.order));
    row.bars.push(bar);
    bars.set(operation.key, bar);
  }
  for (const row of byMachine.values()) row.bars.sort((a, b) => a.start - b.start);
  return { rows, bars };
}

function toLoad(day) {
  return { from: Date.parse(day.start_at), to: Date.parse(day.end_at), percent: day.percent, open: day.capacity_s > 0 };
}

function toPair(span) {
  return [Date.parse(span.from), Date.parse(span.to)];
}

function toBar(operation, row, late) {
  return {
    ...operation,
    row,
    late,
    short: `${shortName(operation.order)} ${words(operation.label)}`,
    setup: Date.parse(operation.setup_start_at),
    start: Date.parse(operation.start_at),
    end: Date.parse(operation.end_at),
  };
}

export function merged(plan, change) {
  const operations = new Map(plan.operations.map((operation) => [operation.key, operation]));
  for (const key of change.gone) operations.delete(key);
  for (const operation of change.operations) operations.set(operation.key, operation);
  return { ...plan, ...change, operations: [...operations.values()], machines: change.machines || plan.machines };
}

// The end of an identifier, by which people tell orders apart (contracts/naming.py says the same).
export function shortName(identifier) {
  const end = identifier.slice(identifier.lastIndexOf("_") + 1);
  return end.length === 25 ? end.slice(-5) : identifier;
}
