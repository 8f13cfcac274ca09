// The planner's board: shows the plan that came with the page, keeps it fresh, answers pointer and keys.

import { Move, send } from "./moving.js";
import { arrange, isSought, locale, merged, operationName, shortName, words } from "./rows.js";
import { Timeline } from "./timeline.js";
import { showWay } from "./way.js";

const HOUR = 3600e3;
const FRESH_MS = 1000;

const canvas = document.getElementById("board-canvas");
const axis = document.getElementById("board-axis");
const status = document.getElementById("board-status");
const panel = document.getElementById("board-way");
const texts = JSON.parse(document.getElementById("board-texts").textContent);
const settings = JSON.parse(document.getElementById("board-settings").textContent);

function fill(id, parameters) {
  return texts[id].replace(/\{(\w+)\}/g, (_, name) => parameters[name]);
}

const language = locale();
const moment = new Intl.DateTimeFormat(language, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: settings.time_zone });
const board = new Timeline(canvas, axis, settings.time_zone);
const filters = document.getElementById("board-filters");
const shown = { order: "", group: "", late: false, busy: false, folded: new Set() };
const told = document.getElementById("board-told");
const move = new Move({
  board,
  panel: document.getElementById("board-move") || document.createElement("div"),
  settings,
  texts,
  fill,
  moment,
  tell: (words) => (status.textContent = words),
  finished: (words) => freshen().then(() => (status.textContent = words)),
});
let plan = JSON.parse(document.getElementById("board-plan").textContent);
// The order whose way was asked for last: an answer that comes after the panel was closed opens nothing.
let awaited = null;

async function read(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

function redrawn() {
  board.now = Date.parse(plan.now);
  arranged();
  canvas.dataset.seq = plan.seq;
  canvas.dataset.operations = plan.operations.length;
  for (const place of document.querySelectorAll("[data-figure]")) {
    const name = place.dataset.figure;
    const value = plan.figures[name];
    if (value === null) place.textContent = texts["scheduler.figure.none"];
    else place.textContent = name.endsWith("percent") ? fill("scheduler.figure.percent", { value }) : value;
  }
  const busiest = plan.groups.find((group) => group.group === plan.figures.busiest);
  for (const place of document.querySelectorAll("[data-busiest]")) place.textContent = fill("scheduler.figure.busiest", { group: words(busiest.label) });
  document.querySelector("[data-figure-box=late]").classList.toggle("figure-late", plan.figures.late > 0);
}

function arranged() {
  board.show(arrange(plan, shown));
  canvas.dataset.rows = board.model.rows.length;
  canvas.dataset.shown = board.model.bars.size;
  canvas.dataset.found = found().length;
  if (!board.model.bars.has(board.chosen)) board.chosen = null;
}

// The address holds what is shown, so that it can be kept and sent.
function readFilters() {
  const asked = new URLSearchParams(location.search);
  filters.elements.order.value = asked.get("order") || "";
  if ([...filters.elements.group.options].some((option) => option.value === asked.get("group"))) filters.elements.group.value = asked.get("group");
  filters.elements.late.checked = asked.get("late") === "yes";
  filters.elements.busy.checked = asked.get("busy") === "yes";
  takeFilters();
}

function takeFilters() {
  shown.order = filters.elements.order.value.trim().toLowerCase();
  shown.group = filters.elements.group.value;
  shown.late = filters.elements.late.checked;
  shown.busy = filters.elements.busy.checked;
}

function filtered() {
  const before = shown.order;
  takeFilters();
  if (shown.order !== before) board.chosen = null;
  const asked = new URLSearchParams(location.search);
  for (const [name, value] of [["order", shown.order], ["group", shown.group], ["late", shown.late ? "yes" : ""], ["busy", shown.busy ? "yes" : ""]]) {
    if (value) asked.set(name, value);
    else asked.delete(name);
  }
  history.replaceState(null, "", asked.size > 0 ? `?${asked}` : location.pathname);
  arranged();
  tellShown();
  if (board.model.seeking && found().length === 0) hideWay();
}

// What is looked for, in time; everything that is shown while nothing is.
function found() {
  return [...board.model.bars.values()].filter((bar) => bar.sought).sort((a, b) => a.start - b.start);
}

function tellShown() {
  if (board.model.seeking) {
    const wanted = filters.elements.order.value.trim();
    const count = found().length;
    const hidden = plan.operations.filter((operation) => isSought(operation, shown.order)).length;
    if (count > 0) status.textContent = fill("scheduler.board.found", { found: count, wanted });
    else if (hidden > 0) status.textContent = fill("scheduler.board.hidden", { hidden, wanted });
    else status.textContent = fill("scheduler.board.not_found", { wanted });
    return;
  }
  status.textContent = fill("scheduler.board.shown", { operations: board.model.bars.size, total: plan.operations.length, machines: board.model.machines });
}

function fold(groups, folded) {
  for (const group of groups) {
    if (folded) shown.folded.add(group);
    else shown.folded.delete(group);
  }
  arranged();
}

function foldChosen() {
  const bar = board.model.bars.get(board.chosen);
  if (bar) fold([bar.row.group], true);
  else fold([...shown.folded], false);
}

async function freshen() {
  const change = await read(`${settings.plan}?since=${plan.seq}`);
  if (change.seq > plan.seq) {
    const published = change.version !== plan.version;
    plan = merged(plan, change);
    redrawn();
    if (published) await tellVersion();
    change.by_hand.filter((each) => each.by !== settings.me).forEach(tellOther);
    if (board.order) await openWay(board.order, false);
  } else {
    board.now = Date.parse(change.now);
    board.redraw();
  }
  canvas.removeAttribute("data-stale");
}

async function keepFresh() {
  try {
    if (!document.hidden) await freshen();
  } catch (failure) {
    canvas.dataset.stale = "true";
    status.textContent = texts["scheduler.board.stale"];
    console.warn(failure.message);
  }
  setTimeout(keepFresh, FRESH_MS);
}

// What another planner did stands until the next ones come; the status line goes on with the pointer.
function tellOther(change) {
  const kind = change.undone ? "undone" : change.kind;
  const words = fill(`scheduler.board.other.${kind}`, {
    by: change.by,
    operation: operationName({ ...change, attempt: 1 }),
    order: shortName(change.order),
    machine: change.machine,
    at: moment.format(Date.parse(change.start_at)),
    reason: change.reason || texts["scheduler.change.no_reason"],
  });
  const entry = document.createElement("p");
  entry.textContent = words;
  told.append(entry);
  while (told.children.length > 3) told.firstElementChild.remove();
}

async function undo() {
  try {
    const { refused, answer } = await send(settings.undo, {});
    await freshen();
    if (refused) status.textContent = (answer.errors[0] || answer).detail;
    else status.textContent = fill(answer.exact ? "scheduler.board.undone" : "scheduler.board.undone_nearly", { operation: operationName({ ...answer.change, attempt: 1 }), order: shortName(answer.change.order) });
  } catch (failure) {
    status.textContent = texts["scheduler.move.not_sent"];
    console.warn(failure.message);
  }
}

function beginMove() {
  const bar = board.model.bars.get(board.chosen);
  if (!bar) return tellWords("scheduler.move.choose_first");
  if (!settings.may_plan) return tellWords("scheduler.move.not_yours");
  if (!move.isMovable(bar, plan)) return tellWords("scheduler.move.stands");
  hideWay();
  move.begin(bar, plan);
  board.moving.byKey = true;
  board.redraw();
  tellWords("scheduler.move.by_keys");
  return move.ask();
}

function tellWords(id) {
  status.textContent = texts[id];
}

async function tellVersion() {
  const answer = await fetch(settings.version);
  if (answer.ok) document.getElementById("board-version").innerHTML = await answer.text();
  status.textContent = fill("scheduler.board.new_version", { version: plan.version });
}

function zoom(factor, x = (canvas.clientWidth + board.gutter) / 2) {
  const middle = board.time(x);
  const span = Math.min(60 * 24 * HOUR, Math.max(HOUR, board.span * factor));
  const share = (middle - board.from) / board.span;
  board.look(middle - share * span, middle + (1 - share) * span);
}

function pan(share) {
  board.look(board.from + share * board.span, board.to + share * board.span);
}

function goTo(hours) {
  const now = Date.parse(plan.now);
  board.look(now - hours * HOUR * 0.12, now + hours * HOUR * 0.88);
}

function everything() {
  const bars = [...board.model.bars.values()];
  if (bars.length === 0) return goTo(24);
  const from = bars.reduce((least, bar) => Math.min(least, bar.setup), Infinity);
  const to = bars.reduce((most, bar) => Math.max(most, bar.end), -Infinity);
  return board.look(from - HOUR, to + HOUR);
}

function tell(bar) {
  let operation = fill(bar.late ? "scheduler.board.status.late" : "scheduler.board.status", {
    operation: operationName(bar),
    order: shortName(bar.order),
    machine: bar.row.label,
    start: moment.format(bar.start),
    end: moment.format(bar.end),
    state: texts[`state.operation.${bar.state}`],
  });
  if (bar.locked) operation = fill("scheduler.board.status.locked", { operation });
  const sought = board.model.seeking ? found() : [];
  const number = sought.indexOf(bar) + 1;
  status.textContent = number > 0 ? fill("scheduler.board.step", { number, found: sought.length, operation }) : operation;
}

function choose(bar, reveal = false) {
  board.chosen = bar ? bar.key : null;
  if (bar) {
    if (reveal) board.reveal(bar);
    tell(bar);
  }
  board.redraw();
}

async function openWay(order, moveFocus = true) {
  awaited = order;
  const named = (address) => address.replace("ORDER", encodeURIComponent(order));
  const [way, lateness] = await Promise.all([read(named(settings.way)), read(named(settings.lateness))]);
  if (awaited !== order) return;
  board.order = order;
  const operation = (key) => settings.operation.replace("OPERATION", key.split("/").map(encodeURIComponent).join("/"));
  const pages = { way: named(settings.page), order: named(settings.order), operation };
  showWay(panel, way, { texts, fill, moment, words, moveFocus, pages, chosen: board.chosen, lateness });
  board.redraw();
}

function hideWay() {
  awaited = null;
  panel.hidden = true;
  board.order = null;
  board.redraw();
}

function closeWay() {
  hideWay();
  canvas.focus();
}

// The arrow keys lead from operation to operation; of what is looked for, in time, as long as something is.
function steppedFrom(key) {
  const bar = board.model.bars.get(board.chosen);
  const sought = board.model.seeking ? found() : [];
  if (sought.length > 0) {
    const step = key === "ArrowLeft" || key === "ArrowUp" ? -1 : 1;
    return sought.includes(bar) ? sought[sought.indexOf(bar) + step] : sought[0];
  }
  const machines = board.model.rows.filter((row) => row.kind === "machine" && row.bars.length > 0);
  if (!bar) {
    const all = machines.flatMap((row) => row.bars);
    return all.find((candidate) => candidate.end >= board.from) || all[0];
  }
  const place = bar.row.bars.indexOf(bar);
  if (key === "ArrowLeft") return bar.row.bars[place - 1];
  if (key === "ArrowRight") return bar.row.bars[place + 1];
  const row = machines[machines.indexOf(bar.row) + (key === "ArrowDown" ? 1 : -1)];
  if (!row) return undefined;
  return row.bars.reduce((best, other) => (Math.abs(other.start - bar.start) < Math.abs(best.start - bar.start) ? other : best));
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (move.active) {
    moveByKey(event);
    return;
  }
  const steps = {
    ArrowLeft: () => choose(steppedFrom("ArrowLeft") || board.model.bars.get(board.chosen), true),
    ArrowRight: () => choose(steppedFrom("ArrowRight") || board.model.bars.get(board.chosen), true),
    ArrowUp: () => choose(steppedFrom("ArrowUp") || board.model.bars.get(board.chosen), true),
    ArrowDown: () => choose(steppedFrom("ArrowDown") || board.model.bars.get(board.chosen), true),
    Enter: () => board.chosen && openWay(board.model.bars.get(board.chosen).order),
    "+": () => zoom(0.7),
    "-": () => zoom(1.4),
    PageUp: () => pan(-0.5),
    PageDown: () => pan(0.5),
    Home: () => goTo(24),
    f: foldChosen,
    m: beginMove,
    Escape: () => closeWay(),
  };
  if (!steps[event.key]) return;
  event.preventDefault();
  steps[event.key]();
}

function moveByKey(event) {
  if (event.key === "Escape") move.cancel();
  else if (event.key === "Enter") move.drop();
  else if (event.key.startsWith("Arrow")) move.step(event.key, event.shiftKey);
  else return;
  event.preventDefault();
}

// A finger pans; one that rests on a bar for a moment takes it.
const PRESSED_MS = 450;

function listenToPointer() {
  let held = null;
  let press = 0;
  canvas.addEventListener("pointerdown", (event) => {
    const bar = board.barAt(event.offsetX, event.offsetY);
    const movable = bar && move.isMovable(bar, plan);
    const touch = event.pointerType === "touch";
    held = { x: event.offsetX, y: event.offsetY, from: board.from, to: board.to, moved: false, bar: movable && !touch ? bar : null };
    canvas.setPointerCapture(event.pointerId);
    if (movable && touch) press = setTimeout(pressed, PRESSED_MS, held, bar);
  });
  const pressed = (one, bar) => {
    if (held !== one || one.moved) return;
    Object.assign(one, { bar, moved: true });
    navigator.vibrate?.(15);
    dragged(one, { offsetX: one.x, offsetY: one.y });
  };
  // A finger that holds a bar scrolls no page and opens no menu.
  canvas.addEventListener("touchmove", (event) => held?.taken && event.preventDefault(), { passive: false });
  canvas.addEventListener("contextmenu", (event) => held?.taken && event.preventDefault());
  canvas.addEventListener("pointermove", (event) => {
    if (held) {
      const shift = board.time(held.x) - board.time(event.offsetX);
      const sideways = Math.abs(event.offsetX - held.x);
      if (Math.max(sideways, held.bar ? Math.abs(event.offsetY - held.y) : 0) > (event.pointerType === "touch" ? 10 : 4)) held.moved = true;
      if (held.bar) {
        if (held.moved) dragged(held, event);
        return;
      }
      if (held.moved) {
        const moved = board.from + shift - held.from;
        board.look(held.from + moved, held.to + moved);
      }
      return;
    }
    const bar = board.barAt(event.offsetX, event.offsetY);
    canvas.style.cursor = bar || board.groupAt(event.offsetY) ? "pointer" : "grab";
    if (bar) tell(bar);
  });
  canvas.addEventListener("pointerup", (event) => {
    clearTimeout(press);
    const bar = board.barAt(event.offsetX, event.offsetY);
    const group = board.groupAt(event.offsetY);
    if (held && held.moved && held.bar) {
      if (move.active) move.drop();
    } else if (held && !held.moved && bar) {
      choose(bar);
      openWay(bar.order);
    } else if (held && !held.moved && group) {
      fold([group.id], !group.folded);
    }
    held = null;
  });
  canvas.addEventListener("pointercancel", () => {
    clearTimeout(press);
    if (held && held.bar && move.active) move.cancel();
    held = null;
  });
  canvas.addEventListener(
    "wheel",
    (event) => {
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      if (event.ctrlKey) zoom(event.deltaY > 0 ? 1.15 : 0.87, event.offsetX);
      else if (sideways) pan(sideways / canvas.clientWidth);
      else return;
      event.preventDefault();
    },
    { passive: false },
  );
}

function dragged(held, event) {
  if (!held.taken) {
    held.taken = true;
    held.grip = board.time(held.x) - held.bar.start;
    hideWay();
    choose(held.bar);
    move.begin(held.bar, plan);
    move.panel.dataset.dragging = "true";
    canvas.focus();
  }
  if (move.active) move.drag(event.offsetX, event.offsetY, held.grip);
}

function search(event) {
  event.preventDefault();
  filtered();
  goOn(1);
}

// To the next of what is looked for, and from the last to the first again; first of all to what is not done yet. The focus stays where
// it is, so that the same key goes on.
function goOn(step) {
  if (!shown.order) return;
  unfoldSought();
  const bars = found();
  if (bars.length === 0) return;
  const place = bars.findIndex((bar) => bar.key === board.chosen);
  const next = place < 0 ? bars.find((bar) => bar.state !== "done") || bars[0] : bars[(place + step + bars.length) % bars.length];
  choose(next, true);
  openWay(next.order, false);
}

function onSearchKey(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  goOn(step);
}

// What is looked for is seen, in a group that was put away as well.
function unfoldSought() {
  const groups = new Map(plan.machines.map((machine) => [machine.machine, machine.group]));
  fold(plan.operations.filter((operation) => isSought(operation, shown.order)).map((operation) => groups.get(operation.machine)), false);
  tellShown();
}

const TOOLS = {
  day: () => goTo(24),
  week: () => goTo(168),
  all: everything,
  in: () => zoom(0.7),
  out: () => zoom(1.4),
  earlier: () => pan(-0.5),
  later: () => pan(0.5),
  fold: () => fold(plan.groups.map((group) => group.group), true),
  unfold: () => fold([...shown.folded], false),
};

readFilters();
redrawn();
filters.addEventListener("input", filtered);
filters.addEventListener("submit", search);
filters.elements.order.addEventListener("keydown", onSearchKey);
goTo(canvas.clientWidth < 600 ? 12 : 36);
if (shown.order) {
  tellShown();
  goOn(1);
}
canvas.addEventListener("keydown", onKey);
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea");
  if (typing || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.key.toLowerCase() !== "z" || !settings.may_plan) return;
  event.preventDefault();
  undo();
});
document.querySelector("[data-undo]")?.addEventListener("submit", (event) => {
  event.preventDefault();
  undo();
});
listenToPointer();
for (const button of document.querySelectorAll("[data-tool]")) button.addEventListener("click", TOOLS[button.dataset.tool]);
panel.addEventListener("click", (event) => event.target.closest("[data-close]") && closeWay());
panel.addEventListener("keydown", (event) => event.key === "Escape" && closeWay());
new ResizeObserver(() => board.redraw()).observe(canvas);
setTimeout(keepFresh, FRESH_MS);
