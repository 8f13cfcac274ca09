// What the editor of family files does beyond its form: numbers the lines, leads from a finding to its line, keeps what is typed until it is
// proposed, and saves it as a file.
const written = document.getElementById("text");
const numbers = document.getElementById("numbers");
const kept = document.getElementById("kept");
const form = document.getElementById("draft");
const KEY = `family ${location.pathname}`;
const opened = written.value;

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
  if (written.value === opened) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, written.value);
});

const before = localStorage.getItem(KEY);
kept.hidden = before === null || before === opened;
kept.addEventListener("click", (event) => {
  const wanted = event.target.dataset?.kept;
  if (!wanted) return;
  if (wanted === "take") {
    written.value = before;
    number();
    written.dispatchEvent(new CustomEvent("taken"));
  } else {
    localStorage.removeItem(KEY);
  }
  kept.hidden = true;
  written.focus();
});

form.addEventListener("submit", (event) => {
  if (!event.submitter?.formAction.endsWith("/sketch")) localStorage.removeItem(KEY);
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
