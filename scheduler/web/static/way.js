// An order's whole way beside the board: each operation, its slack, the critical ones marked.
import { shortName } from "./rows.js";

export function showWay(panel, way, { texts, fill, moment, words, moveFocus, page }) {
  const parts = [heading(way, { texts, fill }), facts(way, { texts, fill, moment })];
  const list = document.createElement("ol");
  list.className = "way-steps";
  for (const step of way.operations) list.append(stepOf(step, { texts, fill, moment, words }));
  const more = document.createElement("a");
  more.href = page;
  more.textContent = texts["scheduler.way.page"];
  parts.push(list, more);
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

function facts(way, { texts, fill, moment }) {
  const list = document.createElement("dl");
  list.className = "way-facts";
  const rows = [
    ["scheduler.way.promised", moment.format(Date.parse(way.promised_at))],
    ["scheduler.way.expected", moment.format(Date.parse(way.expected_at))],
    [way.late ? "scheduler.way.late" : "scheduler.way.slack", `${way.late ? "! " : ""}${span(way.slack_s, fill)}`],
  ];
  for (const [id, value] of rows) list.append(line("dt", "", texts[id]), line("dd", "", value));
  return list;
}

function stepOf(step, { texts, fill, moment, words }) {
  const item = document.createElement("li");
  item.className = `way-step way-${step.state}${step.critical ? " way-critical" : ""}`;
  item.append(line("strong", "", words(step.label)));
  item.append(line("span", "way-state", texts[`state.operation.${step.state}`]));
  item.append(line("span", "way-where", `${step.machine} · ${moment.format(Date.parse(step.start_at))} – ${moment.format(Date.parse(step.end_at))}`));
  if (step.slack_s !== null) {
    const id = step.critical ? "scheduler.way.critical" : "scheduler.way.step_slack";
    item.append(line("span", "way-slack", fill(id, { slack: `${step.slack_s < 0 ? "−" : ""}${span(step.slack_s, fill)}` })));
  }
  return item;
}
