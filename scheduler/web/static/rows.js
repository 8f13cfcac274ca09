// Which rows the board has, and which operations lie in each.

export function words(label) {
  return document.documentElement.lang.startsWith("zh") ? label.zh : label.en;
}

export function locale() {
  // Dates in English as on every other page: the day before the month.
  return document.documentElement.lang.startsWith("zh") ? document.documentElement.lang : "en-GB";
}

// What of the plan is shown: `group`, `late` alone, `busy` machines alone, and `folded`, the groups whose machines are put away.
// What is looked for is marked among the rest: the machines' load stays in sight.
export function arrange(plan, shown) {
  const late = new Set(plan.orders.filter((order) => order.late).map((order) => order.order));
  const byMachine = new Map();
  for (const operation of plan.operations) {
    if (shown.late && !late.has(operation.order)) continue;
    if (!byMachine.has(operation.machine)) byMachine.set(operation.machine, []);
    byMachine.get(operation.machine).push(operation);
  }
  const rows = [];
  const bars = new Map();
  let machines = 0;
  for (const group of plan.groups) {
    if (shown.group && group.group !== shown.group) continue;
    const own = plan.machines.filter((machine) => machine.group === group.group && (!shown.busy || byMachine.has(machine.machine)));
    if (shown.busy && own.length === 0) continue;
    const head = { kind: "group", id: group.group, label: words(group.label), load: group.load.map(toLoad), folded: shown.folded.has(group.group), late: 0 };
    rows.push(head);
    for (const machine of own) {
      const operations = byMachine.get(machine.machine) || [];
      head.late += operations.filter((operation) => late.has(operation.order)).length;
      if (head.folded) continue;
      machines += 1;
      const row = { kind: "machine", id: machine.machine, label: machine.machine, group: group.group, off: machine.off.map(toPair), bars: [] };
      row.bars = operations.map((operation) => toBar(operation, row, late.has(operation.order), isSought(operation, shown.order))).sort((a, b) => a.start - b.start);
      for (const bar of row.bars) bars.set(bar.key, bar);
      rows.push(row);
    }
  }
  return { rows, bars, machines, seeking: shown.order !== "" };
}

// Whether an operation belongs to what is looked for, in small letters: a part of what people see of it, or a whole identifier. The
// hidden part of an identifier matches nothing: nobody looks for it, and any sign stands in many. To nothing, all belong.
export function isSought(operation, wanted) {
  const seen = [shortName(operation.order), shortName(operation.piece), operationName(operation), operation.machine];
  return seen.some((each) => each.toLowerCase().includes(wanted)) || [operation.order, operation.piece].some((each) => each.toLowerCase() === wanted);
}

function toLoad(day) {
  return { from: Date.parse(day.start_at), to: Date.parse(day.end_at), percent: day.percent, open: day.capacity_s > 0 };
}

function toPair(span) {
  return [Date.parse(span.from), Date.parse(span.to)];
}

function toBar(operation, row, late, sought) {
  return {
    ...operation,
    row,
    late,
    sought,
    short: `${shortName(operation.order)} ${operationName(operation)}`,
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

// An operation as people call it; a rework or remake with the sign of something done again and the attempt's number.
export function operationName(operation) {
  return operation.attempt > 1 ? `${words(operation.label)} ×${operation.attempt}` : words(operation.label);
}

// The end of an identifier, by which people tell orders apart (contracts/naming.py says the same).
export function shortName(identifier) {
  const end = identifier.slice(identifier.lastIndexOf("_") + 1);
  return end.length === 25 ? end.slice(-5) : identifier;
}
