// A planner's move on the board: what is wished, what the server's plan says of it, and the confirmation.
//
// Every wish is held against the real plan, one question at a time, always the latest; what comes back is a fragment with the
// consequences and the form that confirms exactly what it shows.

const QUARTER = 15 * 60e3;
const EDGE = 36;

export class Move {
  constructor({ board, panel, settings, texts, fill, moment, tell, finished }) {
    Object.assign(this, { board, panel, settings, texts, fill, moment, tell, finished });
    this.place = panel.querySelector("[data-consequences]");
    this.wished = null;
    this.asking = null;
    panel.addEventListener("submit", (event) => this.confirm(event));
    panel.addEventListener("click", (event) => event.target.closest("[data-cancel]") && this.cancel());
    panel.addEventListener("keydown", (event) => event.key === "Escape" && this.cancel());
  }

  get active() {
    return this.wished !== null;
  }

  // Waits, and begins after the time in which nothing is moved.
  isMovable(bar, plan) {
    return this.settings.may_plan && (bar.state === "planned" || bar.state === "released") && bar.setup > Date.parse(plan.frozen_until);
  }

  begin(bar, plan) {
    const machines = plan.machines.filter((machine) => machine.group === bar.row.group).map((machine) => machine.machine);
    this.wished = { key: bar.key, bar, machine: bar.row.id, start: bar.start };
    this.board.moving = { key: bar.key, eligible: new Set(machines), frozen: Date.parse(plan.frozen_until), wish: this.span(), answer: null };
    this.place.replaceChildren();
    this.panel.querySelector("h2").textContent = this.fill("scheduler.move.of", { operation: bar.short });
    this.panel.hidden = false;
  }

  span() {
    const { bar, machine, start } = this.wished;
    return { machine, start, end: start + bar.end - bar.start, setup: start - (bar.start - bar.setup) };
  }

  wish(machine, start) {
    if (machine === this.wished.machine && start === this.wished.start) return;
    Object.assign(this.wished, { machine, start });
    const { board } = this;
    board.moving.wish = this.span();
    if (board.moving.byKey && (start < board.from || board.moving.wish.end > board.to)) board.look(start - board.span / 2, start + board.span / 2);
    this.board.redraw();
    this.ask();
  }

  // The pointer holds the bar where it was taken: ``grip`` from its start. Towards an edge the time goes on.
  drag(x, y, grip) {
    const { board } = this;
    const row = board.rowAt(y);
    const width = board.canvas.clientWidth;
    const step = x > width - EDGE ? 0.02 : x < board.gutter + EDGE ? -0.02 : 0;
    if (step) board.look(board.from + step * board.span, board.to + step * board.span);
    const machine = row && row.kind === "machine" && board.moving.eligible.has(row.id) ? row.id : this.wished.machine;
    const grid = board.span > 96 * 3600e3 ? QUARTER : QUARTER / 3;
    this.panel.classList.toggle("board-move-above", board.canvas.getBoundingClientRect().top + y > window.innerHeight / 2);
    this.wish(machine, Math.round((board.time(x) - grip) / grid) * grid);
  }

  // Arrow keys: a quarter of an hour, with Shift to where the machine opens next; up and down among the machines that can do it.
  step(key, shift) {
    const { machine, start } = this.wished;
    if (key === "ArrowLeft" || key === "ArrowRight") {
      const ahead = key === "ArrowRight";
      const quarter = ahead ? Math.floor(start / QUARTER) * QUARTER + QUARTER : Math.ceil(start / QUARTER) * QUARTER - QUARTER;
      return this.wish(machine, shift ? this.opening(ahead) : quarter);
    }
    const rows = this.board.model.rows.filter((row) => row.kind === "machine" && this.board.moving.eligible.has(row.id));
    const row = rows[rows.findIndex((each) => each.id === machine) + (key === "ArrowDown" ? 1 : -1)];
    return row ? this.wish(row.id, start) : this.tell(this.texts["scheduler.move.no_other_machine"]);
  }

  // The machine's next (or last) opening from the wished moment on; a day where it never closes. The setup comes before.
  opening(ahead) {
    const { machine, start, bar } = this.wished;
    const row = this.board.model.rows.find((each) => each.id === machine);
    const setup = bar.start - bar.setup;
    const found = (row ? row.off : []).map(([, to]) => to + setup).filter((time) => (ahead ? time > start : time < start));
    if (found.length === 0) return start + (ahead ? 24 : -24) * 3600e3;
    return ahead ? Math.min(...found) : Math.max(...found);
  }

  // One question at a time; when the wish went on meanwhile, the next one.
  ask() {
    this.asking = this.asking || this.asked().finally(() => (this.asking = null));
    return this.asking;
  }

  async asked() {
    let wished = null;
    while (this.active && wished !== `${this.wished.machine} ${this.wished.start}`) {
      const { key, machine, start } = this.wished;
      wished = `${machine} ${start}`;
      this.panel.dataset.asking = "true";
      try {
        const query = new URLSearchParams({ machine, start: new Date(start).toISOString() });
        const answer = await fetch(`${this.settings.consequences.replace("OPERATION", address(key))}?${query}`);
        if (!answer.ok) throw new Error(`${answer.status}`);
        const text = await answer.text();
        if (this.active && this.wished.key === key) this.show(text);
      } catch (failure) {
        this.tell(this.texts["scheduler.board.stale"]);
        console.warn(failure.message);
      }
    }
    delete this.panel.dataset.asking;
  }

  show(text) {
    this.place.innerHTML = text;
    const found = this.place.firstElementChild;
    const { start, end, setup, machine, possible } = found.dataset;
    this.board.moving.answer = start ? { machine, start: Date.parse(start), end: Date.parse(end), setup: Date.parse(setup), possible: possible === "yes" } : null;
    this.board.redraw();
    const said = [...found.querySelectorAll(".notice p, .move-place, .move-sum")].map((each) => each.textContent.replace(/\s+/g, " ").trim());
    if (this.board.moving.byKey) this.tell(said.join(" "));
  }

  // Let go of: what was wished last is answered, then the reason is asked for.
  async drop() {
    await this.asking;
    if (!this.active) return;
    this.panel.removeAttribute("data-dragging");
    const reason = this.panel.querySelector("#move-reason");
    if (reason) reason.focus();
    else this.panel.querySelector("[data-cancel]").focus();
  }

  cancel() {
    this.end();
    this.tell(this.texts["scheduler.move.cancelled_move"]);
    this.board.canvas.focus();
  }

  end() {
    this.wished = null;
    this.board.moving = null;
    this.panel.hidden = true;
    this.panel.removeAttribute("data-dragging");
    this.place.replaceChildren();
    this.board.redraw();
  }

  async confirm(event) {
    event.preventDefault();
    const form = event.target;
    const given = new FormData(form);
    form.dataset.key = form.dataset.key || newKey();
    const wanted = {
      operation: this.wished.key,
      machine: given.get("machine"),
      start: given.get("start"),
      preview: false,
      reason: given.get("reason"),
      seq: Number(given.get("seq")),
      promises: Object.fromEntries(given.getAll("promise").map((entry) => [entry.slice(0, entry.lastIndexOf(" ")), entry.slice(entry.lastIndexOf(" ") + 1)])),
    };
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const { refused, answer } = await send(this.settings.moves, wanted, form.dataset.key);
      if (refused) return await this.refuse(answer, wanted.reason);
      const moved = answer.operations[0];
      this.end();
      this.board.canvas.focus();
      return this.finished(this.fill("scheduler.move.moved", { operation: form.dataset.label, machine: moved.machine, at: this.moment.format(Date.parse(moved.start_at)) }));
    } catch (failure) {
      console.warn(failure.message);
      return this.tell(this.texts["scheduler.move.not_sent"]);
    } finally {
      button.disabled = false;
    }
  }

  // What the server's plan says instead, and what the move would do now; what was typed stays.
  async refuse(problem, reason) {
    const first = (problem.changes || [])[0];
    const why = first ? this.fill("scheduler.move.others_first", { by: first.by, detail: problem.detail }) : (problem.errors[0] || problem).detail;
    await this.asked();
    const field = this.panel.querySelector("#move-reason");
    if (field) field.value = reason;
    const notice = document.createElement("div");
    notice.className = "notice";
    notice.dataset.tone = "refusal";
    notice.setAttribute("role", "alert");
    notice.append(Object.assign(document.createElement("p"), { textContent: why }));
    this.place.prepend(notice);
    this.tell(why);
  }
}

// One answer to one wish, however often it is sent; a refusal is an answer.
export async function send(path, content, key = newKey()) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": key };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(content) });
  if (answer.status >= 500 || answer.status === 429) throw new Error(`${path}: ${answer.status}`);
  return { refused: !answer.ok, answer: await answer.json() };
}

function address(key) {
  return key.split("/").map(encodeURIComponent).join("/");
}

function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
