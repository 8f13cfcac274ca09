// How the board is drawn: time from left to right, a row for each machine, a load row for each group.

import { locale } from "./rows.js";

const ROW = 24;
const AXIS = 36;
const HOUR = 3600e3;
const STEPS = [HOUR / 4, HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 168 * HOUR];
const TICK = [[0, 0], [2.5, 3], [7, -4]];
const FOLDED = [[1, -4], [5, 0], [1, 4]];
const UNFOLDED = [[0, -2], [4, 2], [8, -2]];

export class Timeline {
  constructor(canvas, axis, zone) {
    this.canvas = canvas;
    this.axis = axis;
    this.model = { rows: [], bars: new Map(), seeking: false };
    this.from = 0;
    this.to = 1;
    this.now = 0;
    this.chosen = null;
    this.order = null;
    // While an operation is moved: which machines can take it, where it is wished and where it could stand.
    this.moving = null;
    this.waiting = false;
    const language = locale();
    this.hours = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });
    this.days = new Intl.DateTimeFormat(language, { weekday: "short", day: "numeric", month: "short", timeZone: zone });
    this.clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });
  }

  get gutter() {
    return this.canvas.clientWidth < 600 ? 92 : 190;
  }

  get span() {
    return this.to - this.from;
  }

  show(model) {
    this.model = model;
    this.canvas.style.height = `${model.rows.length * ROW + 8}px`;
    this.redraw();
  }

  look(from, to) {
    this.from = from;
    this.to = to;
    this.redraw();
  }

  x(time) {
    return this.gutter + ((time - this.from) / this.span) * (this.canvas.clientWidth - this.gutter);
  }

  time(x) {
    return this.from + ((x - this.gutter) / (this.canvas.clientWidth - this.gutter)) * this.span;
  }

  barAt(x, y) {
    const row = this.model.rows[Math.floor(y / ROW)];
    if (!row || row.kind !== "machine" || x < this.gutter) return null;
    const time = this.time(x);
    const slop = (this.span / this.canvas.clientWidth) * 2;
    const under = (wide) => row.bars.find((bar) => bar.setup - wide <= time && time <= bar.end + wide);
    return under(0) || under(slop) || null;
  }

  // Its row comes into sight when it is beyond the window's edge or behind the axis.
  reveal(bar) {
    if (bar.start < this.from || bar.end > this.to) this.look(bar.start - this.span / 3, bar.start + (this.span * 2) / 3);
    const top = this.canvas.getBoundingClientRect().top + this.model.rows.indexOf(bar.row) * ROW;
    if (top < AXIS || top + ROW > window.innerHeight) window.scrollBy({ top: top - window.innerHeight / 3 });
  }

  rowAt(y) {
    return this.model.rows[Math.floor(y / ROW)];
  }

  groupAt(y) {
    const row = this.rowAt(y);
    return row && row.kind === "group" ? row : null;
  }

  redraw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.readColours();
      this.drawAxis();
      this.drawRows();
    });
  }

  readColours() {
    const style = getComputedStyle(this.canvas);
    this.colour = (name) => style.getPropertyValue(`--board-${name}`).trim();
    this.font = style.fontFamily;
  }

  surface(canvas, height) {
    const ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.textBaseline = "middle";
    return pen;
  }

  ticks() {
    const room = (this.canvas.clientWidth - this.gutter) / 64;
    const step = STEPS.find((candidate) => this.span / candidate <= room) || STEPS[STEPS.length - 1];
    const first = this.aligned(this.from, step);
    const found = [];
    for (let time = first; time <= this.to; time += step) if (time >= this.from) found.push(time);
    return { step, found };
  }

  aligned(time, step) {
    const [hour, minute] = this.clock.format(time).split(":").map(Number);
    const midnight = Math.floor(time / 60e3) * 60e3 - (hour * 60 + minute) * 60e3;
    return midnight + Math.ceil((time - midnight) / step) * step;
  }

  drawAxis() {
    const pen = this.surface(this.axis, AXIS);
    const width = this.axis.clientWidth;
    pen.fillStyle = this.colour("ground");
    pen.fillRect(0, 0, width, AXIS);
    pen.fillStyle = this.colour("text");
    pen.font = `12px ${this.font}`;
    const { step, found } = this.ticks();
    let day = "";
    let free = 0;
    for (const time of found) {
      const x = this.x(time);
      const name = this.days.format(time);
      if (name !== day && x >= free) {
        pen.fillText(name, x + 3, 10);
        free = x + pen.measureText(name).width + 12;
        day = name;
      }
      if (step < 24 * HOUR) pen.fillText(this.hours.format(time), x + 3, 26);
      pen.fillRect(x, 20, 1, AXIS - 20);
    }
    const now = this.x(this.now);
    if (now > this.gutter && now < width) {
      pen.fillStyle = this.colour("now");
      pen.beginPath();
      pen.moveTo(now - 5, AXIS - 8);
      pen.lineTo(now + 5, AXIS - 8);
      pen.lineTo(now, AXIS);
      pen.fill();
    }
  }

  drawRows() {
    const height = this.model.rows.length * ROW + 8;
    const pen = this.surface(this.canvas, height);
    const width = this.canvas.clientWidth;
    this.canvas.dataset.from = new Date(this.from).toISOString();
    this.canvas.dataset.to = new Date(this.to).toISOString();
    pen.save();
    pen.beginPath();
    pen.rect(this.gutter, 0, width - this.gutter, height);
    pen.clip();
    this.hatch = this.hatch || makeHatch(pen, this.colour("hatch"));
    this.model.rows.forEach((row, index) => (row.kind === "group" ? this.drawLoad(pen, row, index * ROW) : this.drawHours(pen, row, index * ROW, width)));
    this.drawGrid(pen, height);
    this.model.rows.forEach((row, index) => row.kind === "machine" && this.drawBars(pen, row, index * ROW));
    this.drawNow(pen, height);
    this.drawWay(pen);
    if (this.moving) this.drawMove(pen, height);
    pen.restore();
    this.drawNames(pen, height);
  }

  drawLoad(pen, row, y) {
    pen.fillStyle = this.colour("load-ground");
    pen.fillRect(this.gutter, y, this.canvas.clientWidth, ROW);
    pen.font = `11px ${this.font}`;
    for (const day of row.load) {
      const from = this.x(day.from);
      const to = this.x(day.to);
      if (to < this.gutter || from > this.canvas.clientWidth || !day.open) continue;
      const full = Math.min(1, day.percent / 100);
      pen.fillStyle = day.percent >= 95 ? this.colour("load-high") : this.colour("load");
      pen.fillRect(from + 1, y + ROW - 2 - full * (ROW - 4), to - from - 2, full * (ROW - 4));
      const text = `${day.percent} %`;
      const left = Math.max(from, this.gutter) + 4;
      if (to - left > pen.measureText(text).width + 4) {
        pen.fillStyle = this.colour("text");
        pen.fillText(text, left, y + ROW / 2 + 1);
      }
    }
  }

  drawHours(pen, row, y, width) {
    pen.fillStyle = this.colour("off");
    for (const [from, to] of row.off) {
      const left = Math.max(this.gutter, this.x(from));
      const right = Math.min(width, this.x(to));
      if (right > left) pen.fillRect(left, y, right - left, ROW);
    }
    pen.fillStyle = this.colour("line");
    pen.fillRect(this.gutter, y + ROW - 1, width, 1);
  }

  drawBars(pen, row, y) {
    pen.font = `11px ${this.font}`;
    let lastPixel = -1;
    for (const bar of row.bars) {
      if (bar.end < this.from || bar.setup > this.to) continue;
      const left = this.x(bar.setup);
      const right = this.x(bar.end);
      if (right - left < 1 && Math.floor(left) === lastPixel) continue;
      lastPixel = Math.floor(left);
      this.drawBar(pen, bar, y);
    }
  }

  drawBar(pen, bar, y) {
    const top = y + 3;
    const tall = ROW - 7;
    const setup = this.x(bar.setup);
    const start = this.x(bar.start);
    const wide = Math.max(1, this.x(bar.end) - start);
    pen.globalAlpha = this.isDimmed(bar) ? 0.3 : 1;
    if (start - setup >= 1) {
      pen.fillStyle = this.colour("setup");
      pen.fillRect(setup, top + tall / 3, start - setup, (tall * 2) / 3);
    }
    pen.fillStyle = this.colour(bar.state);
    pen.fillRect(start, top, wide, tall);
    if (wide > 2) {
      pen.strokeStyle = this.colour(`${bar.state}-edge`);
      pen.lineWidth = 1;
      pen.strokeRect(start + 0.5, top + 0.5, wide - 1, tall - 1);
    }
    if (bar.late) {
      pen.fillStyle = this.colour("ground");
      pen.fillRect(start, top + tall - 6, wide, 6);
      pen.fillStyle = this.hatch;
      pen.fillRect(start, top + tall - 6, wide, 6);
      pen.strokeStyle = this.colour("late");
      pen.lineWidth = 2;
      pen.strokeRect(start + 1, top + 1, Math.max(1, wide - 2), tall - 2);
    }
    if (bar.state === "running") {
      pen.fillStyle = this.colour("now");
      pen.fillRect(start, top + tall - 3, Math.max(0, Math.min(wide, this.x(this.now) - start)), 3);
    }
    if (bar.locked && wide > 6) drawLock(pen, start + wide - 9, top + 2, this.colour(`${bar.state}-text`), this.colour(bar.state));
    const text = `${bar.late ? "! " : ""}${bar.short}`;
    if (wide > 34) {
      pen.save();
      pen.beginPath();
      pen.rect(start, top, wide - (bar.locked ? 13 : 2), tall);
      pen.clip();
      pen.fillStyle = this.colour(`${bar.state}-text`);
      const [left, middle] = [Math.max(start, this.gutter) + 4, top + (bar.late ? (tall - 5) / 2 : tall / 2) + 0.5];
      if (bar.state === "done") drawLine(pen, left, middle, TICK);
      pen.fillText(text, left + (bar.state === "done" ? 11 : 0), middle);
      pen.restore();
    } else if (bar.late && wide > 4) {
      pen.fillStyle = this.colour("late");
      pen.fillText("!", start + wide / 2 - 1, top + tall / 2);
    }
    pen.globalAlpha = 1;
    if (this.chosen === bar.key) {
      pen.strokeStyle = this.colour("text");
      pen.lineWidth = 2;
      pen.strokeRect(start - 2, top - 2, wide + 4, tall + 4);
    }
  }

  isDimmed(bar) {
    if (this.moving) return bar.key !== this.moving.key && !this.moving.eligible.has(bar.row.id);
    return (this.model.seeking && !bar.sought) || (this.order !== null && bar.order !== this.order);
  }

  // Rows that can take it are lit and ticked; the wish is dashed, the place that it would get is framed (doubly where it is another).
  drawMove(pen, height) {
    const { eligible, frozen, wish, answer } = this.moving;
    const width = this.canvas.clientWidth;
    this.model.rows.forEach((row, index) => {
      if (!eligible.has(row.id)) return;
      pen.fillStyle = this.colour("eligible");
      pen.globalAlpha = 0.16;
      pen.fillRect(this.gutter, index * ROW, width, ROW - 1);
      pen.globalAlpha = 1;
    });
    const end = Math.min(width, this.x(frozen));
    if (end > this.gutter) {
      pen.fillStyle = this.hatch;
      pen.globalAlpha = 0.25;
      pen.fillRect(Math.max(this.gutter, this.x(this.now)), 0, Math.max(0, end - Math.max(this.gutter, this.x(this.now))), height);
      pen.globalAlpha = 1;
      pen.fillStyle = this.colour("text");
      pen.fillRect(end - 1, 0, 1, height);
    }
    this.drawGhost(pen, wish, [4, 3], 1.5);
    if (!answer) return;
    this.drawGhost(pen, answer, [], 3);
    if (!answer.possible) this.drawGhost(pen, { ...answer, inset: 4 }, [], 1.5);
  }

  drawGhost(pen, { machine, start, end, setup, inset = 0 }, dash, line) {
    const index = this.model.rows.findIndex((row) => row.id === machine);
    if (index < 0) return;
    const top = index * ROW + 2 + inset;
    pen.strokeStyle = this.colour("text");
    pen.lineWidth = line;
    pen.setLineDash(dash);
    pen.strokeRect(this.x(start) + inset, top, Math.max(3, this.x(end) - this.x(start) - 2 * inset), ROW - 5 - 2 * inset);
    if (setup < start && inset === 0) pen.strokeRect(this.x(setup), top + 5, this.x(start) - this.x(setup), ROW - 15);
    pen.setLineDash([]);
  }

  drawGrid(pen, height) {
    pen.fillStyle = this.colour("grid");
    for (const time of this.ticks().found) pen.fillRect(this.x(time), 0, 1, height);
  }

  drawNow(pen, height) {
    pen.fillStyle = this.colour("now");
    pen.fillRect(this.x(this.now) - 1, 0, 2, height);
  }

  drawWay(pen) {
    if (!this.order) return;
    pen.strokeStyle = this.colour("way");
    pen.lineWidth = 1.5;
    const place = new Map(this.model.rows.map((row, index) => [row.id, index * ROW + ROW / 2]));
    for (const bar of this.model.bars.values()) {
      if (bar.order !== this.order) continue;
      for (const key of bar.after) this.drawLink(pen, place, this.model.bars.get(key), bar);
    }
  }

  // From the end of what was before to the start of what follows; what ran before that was done again has no line.
  drawLink(pen, place, before, bar) {
    if (!before || before.end > bar.start) return;
    const [x1, y1, x2, y2] = [this.x(before.end), place.get(before.row.id), this.x(bar.start), place.get(bar.row.id)];
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.bezierCurveTo(x1 + 18, y1, x2 - 18, y2, x2, y2);
    pen.stroke();
  }

  drawNames(pen, height) {
    pen.fillStyle = this.colour("ground");
    pen.fillRect(0, 0, this.gutter, height);
    this.model.rows.forEach((row, index) => {
      const y = index * ROW;
      const group = row.kind === "group";
      pen.fillStyle = group ? this.colour("load-ground") : this.colour("ground");
      pen.fillRect(0, y, this.gutter, ROW);
      pen.fillStyle = this.colour("text");
      pen.font = `${group ? "600 12px" : "12px"} ${this.font}`;
      pen.save();
      pen.beginPath();
      pen.rect(0, y, this.gutter - 4, ROW);
      pen.clip();
      if (group) drawLine(pen, 5, y + ROW / 2, row.folded ? FOLDED : UNFOLDED);
      pen.fillText(row.label, group ? 17 : 20, y + ROW / 2 + 1);
      if (this.moving && this.moving.eligible.has(row.id)) drawLine(pen, 8, y + ROW / 2 + 1, TICK);
      if (group && row.folded && row.late > 0) this.drawLateCount(pen, row.late, y);
      pen.restore();
    });
    pen.fillStyle = this.colour("line");
    pen.fillRect(this.gutter - 1, 0, 1, height);
  }

  // How many late operations lie in a folded group.
  drawLateCount(pen, late, y) {
    const text = `! ${late}`;
    const wide = pen.measureText(text).width + 8;
    const left = this.gutter - wide - 8;
    pen.fillStyle = this.colour("ground");
    pen.fillRect(left, y + 3, wide, ROW - 6);
    pen.strokeStyle = this.colour("late");
    pen.lineWidth = 2;
    pen.strokeRect(left + 1, y + 4, wide - 2, ROW - 8);
    pen.fillStyle = this.colour("late");
    pen.fillText(text, left + 4, y + ROW / 2 + 1);
  }
}

// A sign of a few strokes from `left`, around the line `middle`, in the colour of the text.
function drawLine(pen, left, middle, points) {
  pen.strokeStyle = pen.fillStyle;
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (const [x, y] of points) pen.lineTo(left + x, middle + y);
  pen.stroke();
}

// A padlock of eight pixels.
function drawLock(pen, left, top, ink, ground) {
  pen.fillStyle = ground;
  pen.fillRect(left - 1, top - 1, 9, 11);
  pen.fillStyle = ink;
  pen.fillRect(left, top + 4, 7, 5);
  pen.strokeStyle = ink;
  pen.lineWidth = 1.2;
  pen.beginPath();
  pen.arc(left + 3.5, top + 4, 2.3, Math.PI, 0);
  pen.stroke();
}

function makeHatch(pen, colour) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const tilePen = tile.getContext("2d");
  tilePen.strokeStyle = colour;
  tilePen.lineWidth = 1.5;
  tilePen.beginPath();
  tilePen.moveTo(-1, 7);
  tilePen.lineTo(7, -1);
  tilePen.stroke();
  return pen.createPattern(tile, "repeat");
}
