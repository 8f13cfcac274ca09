// An order's whole way beside the board: each operation, its slack, the critical ones marked.
import { operationName, shortName } from "./rows.js";

export function showWay(panel, way, { texts, fill, moment, words, moveFocus, pages, chosen, lateness }) {
  const parts = [heading(way, { texts, fill }), link(pages.order, texts["scheduler.way.order"]), facts(way, { texts, fill, moment, words })];
  if (way.late) parts.push(...reasons(lateness, { texts, fill }));
  const step = way.operations.find((each) => each.key === chosen);
  if (step) parts.push(...chosenStep(step, { texts, fill, moment, words }), link(pages.operation(step.key), texts["scheduler.way.move"]));
  parts.push(line("h3", "", texts["scheduler.way.operations"]));
  const list = document.createElement("ol");
  list.className = "way-steps";
  for (const each of way.operations) list.append(stepOf(each, { texts, fill, moment }));
  parts.push(list, link(pages.way, texts["scheduler.way.page"]));
  panel.replaceChildren(...parts);
  panel.hidden = false;
  if (moveFocus) panel.querySelector("h2").focus();
}

function span(seconds, fill) {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 24) return fill("scheduler.span.days", { days: Math.floor(hours / 24), hours: hours % 24 });
  if (hours > 0) return fill("scheduler.span.hours", { hours, minutes: minutes % 60 });
  return fill("scheduler.span.minutes", { minutes });
}

function line(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function link(address, text) {
  const element = line("a", "", text);
  element.href = address;
  return element;
}

function pairs(rows) {
  const list = document.createElement("dl");
  list.className = "way-facts";
  for (const [name, value] of rows) list.append(line("dt", "", name), line("dd", "", value));
  return list;
}

// What makes it late, the longest first; of an order with nothing left to do what its customer was told.
function reasons({ causes, told }, { texts, fill }) {
  const head = line("h3", "late-mark", `! ${texts["scheduler.way.why_late"]}`);
  if (causes.length === 0) {
    return [head, line("p", "", told === null ? texts["scheduler.way.untold"] : fill("scheduler.way.told", { cause: told }))];
  }
  const list = document.createElement("ul");
  list.className = "way-causes";
  for (const cause of [...causes].sort((a, b) => b.seconds - a.seconds).slice(0, 5)) list.append(line("li", "", `${span(cause.seconds, fill)}: ${cause.because}`));
  return [head, list];
}

// Everything about the operation that was chosen on the board.
function chosenStep(step, { texts, fill, moment, words }) {
  const at = (time) => moment.format(Date.parse(time));
  const rows = [
    [texts["scheduler.table.machine"], `${step.machine} · ${words(step.group)}`],
    [texts["scheduler.table.person"], step.person || "–"],
    ...(step.setup_start_at === step.start_at ? [] : [[texts["scheduler.table.setup"], at(step.setup_start_at)]]),
    [texts["scheduler.table.start"], at(step.start_at)],
    [texts["scheduler.table.end"], at(step.end_at)],
    [texts["scheduler.table.state"], texts[`state.operation.${step.state}`]],
    ...(step.slack_s === null ? [] : [[texts["scheduler.way.slack"], `${step.slack_s < 0 ? "−" : ""}${span(step.slack_s, fill)}`]]),
  ];
  return [line("h3", "", operationName(step)), pairs(rows)];
}

function heading(way, { texts, fill }) {
  const bar = document.createElement("div");
  bar.className = "way-head";
  const title = line("h2", "", fill("scheduler.way.title", { order: shortName(way.order) }));
  title.tabIndex = -1;
  const close = line("button", "way-close", "×");
  close.type = "button";
  close.dataset.close = "true";
  close.setAttribute("aria-label", texts["scheduler.way.close"]);
  bar.append(title, close);
  return bar;
}

function facts(way, { texts, fill, moment, words }) {
  const rows = [
    ["scheduler.way.product", way.products.map(words).join(", ")],
    ["scheduler.way.promised", moment.format(Date.parse(way.promised_at))],
    ["scheduler.way.expected", moment.format(Date.parse(way.expected_at))],
    ["scheduler.way.due", moment.format(Date.parse(way.due_at))],
    ["scheduler.way.finish", moment.format(Date.parse(way.finish_at))],
    [way.late ? "scheduler.way.late" : "scheduler.way.slack", `${way.late ? "! " : ""}${span(way.slack_s, fill)}`],
  ];
  return pairs(rows.map(([id, value]) => [texts[id], value]));
}

function stepOf(step, { texts, fill, moment }) {
  const item = document.createElement("li");
  item.className = `way-step way-${step.state}${step.critical ? " way-critical" : ""}`;
  item.append(line("strong", "", operationName(step)));
  item.append(line("span", "way-state", texts[`state.operation.${step.state}`]));
  item.append(line("span", "way-where", `${step.machine} · ${moment.format(Date.parse(step.start_at))} – ${moment.format(Date.parse(step.end_at))}`));
  if (step.slack_s !== null) {
    const id = step.critical ? "scheduler.way.critical" : "scheduler.way.step_slack";
    item.append(line("span", "way-slack", fill(id, { slack: `${step.slack_s < 0 ? "−" : ""}${span(step.slack_s, fill)}` })));
  }
  return item;
}
