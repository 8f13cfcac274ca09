// What the editor of family files does beyond its form: numbers the lines, leads from a finding to its line, keeps what is typed until its
// proposal was reached (proposed.js), tells what could not be kept or looked at, and saves the text as a file.
const written = document.getElementById("text");
const numbers = document.getElementById("numbers");
const kept = document.getElementById("kept");
const form = document.getElementById("draft");
const sketch = document.getElementById("sketch");
const KEY = `family ${location.pathname}`;
const opened = written.value;
const most = Number(written.dataset.most);

// A browser may have no room for it, or keep nothing at all.
function keep(text) {
  try {
    if (text === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, text);
    document.getElementById("unkept").hidden = true;
  } catch {
    document.getElementById("unkept").hidden = false;
  }
}

function keptBefore() {
  try {
    sessionStorage.removeItem("family sent");
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

const tooLarge = () => new Blob([written.value]).size > most;
const tell = (template) => sketch.replaceChildren(document.getElementById(template).content.cloneNode(true));
const looks = ({ sourceElement }) => sketch.contains(sourceElement);

let lines = 0;
function number() {
  const now = written.value.split("\n").length;
  if (now === lines) return;
  lines = now;
  numbers.textContent = Array.from({ length: lines }, (_, at) => at + 1).join("\n");
}

// Lines are as high as their numbers: both have the same letters.
function lead(line, column) {
  const before = written.value.split("\n").slice(0, line - 1);
  const start = before.reduce((sum, each) => sum + each.length + 1, 0);
  const end = written.value.indexOf("\n", start);
  written.focus();
  written.setSelectionRange(start + column - 1, end < 0 ? written.value.length : end);
  written.scrollTop = (line - 1) * (written.scrollHeight / lines) - written.clientHeight / 3;
  written.scrollLeft = 0;
}

document.addEventListener("click", (event) => {
  const place = event.target.closest?.("[data-line]");
  if (place) lead(Number(place.dataset.line), Number(place.dataset.column));
});

written.addEventListener("scroll", () => { numbers.scrollTop = written.scrollTop; });

written.addEventListener("input", () => {
  number();
  keep(written.value === opened ? null : written.value);
  if (tooLarge()) tell("too-large");
});

// An old verdict must not stand beside a text that it was not about.
document.addEventListener("htmx:before:request", (event) => {
  if (looks(event.detail.ctx) && tooLarge()) event.preventDefault();
});
document.addEventListener("htmx:before:response", ({ detail: { ctx } }) => {
  if (looks(ctx) && ctx.response.status >= 400) tell("not-looked-at");
});
document.addEventListener("htmx:error", ({ detail: { ctx, error } }) => {
  if (ctx && looks(ctx) && error?.name !== "AbortError") tell("not-looked-at");
});

window.addEventListener("storage", ({ key, newValue }) => {
  if (key === KEY && newValue !== null && newValue !== written.value) document.getElementById("elsewhere").hidden = false;
});

const before = keptBefore();
kept.hidden = before === null || before === opened;
kept.addEventListener("click", (event) => {
  const wanted = event.target.dataset?.kept;
  if (!wanted) return;
  if (wanted === "take") {
    written.value = before;
    number();
    written.dispatchEvent(new CustomEvent("taken"));
  } else {
    keep(null);
  }
  kept.hidden = true;
  written.focus();
});

form.addEventListener("submit", (event) => {
  if (tooLarge()) {
    event.preventDefault();
    tell("too-large");
  } else if (!event.submitter?.formAction.endsWith("/sketch")) {
    try {
      sessionStorage.setItem("family sent", KEY);
    } catch {
      document.getElementById("unkept").hidden = false;
    }
  }
});

const save = document.getElementById("save");
save.hidden = false;
save.addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([written.value], { type: "application/yaml" }));
  link.download = save.dataset.name;
  link.click();
  URL.revokeObjectURL(link.href);
});

document.getElementById("look").hidden = true;
number();
const asked = /^#line-(\d+)$/.exec(location.hash);
if (asked) lead(Number(asked[1]), 1);
