// What the studio does beyond its forms: leads the keyboard through the choices, shows a refusal where it stands, keeps folded groups open, turns the
// drawing by a swipe, copies the design's link.
const isStudio = (target) => target === "#studio" || target?.id === "studio";
const opened = new Set();

document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details[id]")) opened[event.target.open ? "add" : "delete"](event.target.id);
}, true);

// A click says which blocks the page shows, so that only others come back; so does what it left for later. A click that waited for the one
// before it goes on from what that one left.
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (!isStudio(ctx.target) && ctx.sourceElement.id !== "later") return;
  ctx.request.headers["Studio-Shown"] = Array.from(document.querySelectorAll("[data-shown]"), (each) => each.dataset.shown).join(" ");
  const revision = ctx.sourceElement.elements?.namedItem("revision");
  if (!revision) return;
  ctx.request.action = ctx.sourceElement.getAttribute("action");
  ctx.request.body.set("revision", revision.value);
  const side = document.querySelector(".turn input:checked");
  if (side) ctx.request.body.set("view", side.value);
});

// What had the focus may be gone with a swap: then what it belonged to takes it.
let focused = null;
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  if (!isStudio(ctx.target)) return;
  const { id, form } = document.activeElement;
  focused = { id, form: form?.id, option: document.activeElement.closest(".option")?.id };
});

function focusAgain() {
  if (!focused || (document.activeElement && document.activeElement !== document.body)) return;
  const option = focused.option && `#${focused.option}`;
  const found = (focused.id && document.getElementById(focused.id))
    || (option && document.querySelector(`${option} [aria-pressed=true], ${option} input`))
    || (focused.form && document.querySelector(`#${focused.form} button:not([hidden])`));
  found?.focus({ preventScroll: true });
}

// A block that the script has changed shows something else than what the server knows of it: it comes back with the next click.
const changed = (element) => element.closest("[data-shown]")?.removeAttribute("data-shown");

const revisionShown = () => document.querySelector("#fields [name=revision]").value;
let weighed = revisionShown();

// What the open choices do to price and date was said of the design before; the new figures replace it.
function outdate() {
  if (weighed === revisionShown()) return;
  weighed = revisionShown();
  for (const each of document.querySelectorAll("[id^=differs-]:not(:empty, [aria-hidden])")) each.setAttribute("aria-hidden", "true");
  for (const each of document.querySelectorAll("[id^=differs-] .breaks")) each.remove();
  for (const each of document.querySelectorAll(".typed:not(:empty)")) each.replaceChildren();
}

// What the open choices of a group would do is asked for when the group has stayed in view for a moment, once for each state of the design.
const STAYED_MS = 150;
const holderOf = (group) => document.getElementById(group.id.replace("group-", "differences-"));
const staying = new Map();
const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    clearTimeout(staying.get(target));
    if (isIntersecting) staying.set(target, setTimeout(ask, STAYED_MS, target));
  }
});

function ask(group) {
  seen.unobserve(group);
  const weighing = holderOf(group);
  weighing.dataset.weighed = revisionShown();
  weighing.dispatchEvent(new CustomEvent("weigh"));
}

function weigh() {
  seen.disconnect();
  for (const timer of staying.values()) clearTimeout(timer);
  staying.clear();
  for (const group of document.querySelectorAll(".group")) {
    if (holderOf(group) && holderOf(group).dataset.weighed !== revisionShown()) seen.observe(group);
  }
}
weigh();

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!isStudio(ctx.target)) return;
  weigh();
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  outdate();
  const reason = document.getElementById("reason");
  reason?.scrollIntoView({ block: "nearest" });
  reason?.focus({ preventScroll: true });
  document.querySelector(".overtaken")?.scrollIntoView({ block: "nearest" });
  focusAgain();
  rove();
  const saved = document.querySelector("[data-saved]");
  if (saved && ctx.request.method === "POST" && ctx.response.status === 200) {
    saved.textContent = saved.dataset.saved;
  }
});

// Figures that arrive may move what is below them under the offer's bar: what the keyboard is on stays seen.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const { activeElement } = document;
  if (!isStudio(ctx.target) && activeElement?.matches("#choices :focus-visible")) activeElement.scrollIntoView({ block: "nearest" });
});

// Tab leads from choice to choice, the arrow keys from value to value.
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

function rove() {
  for (const { children } of document.querySelectorAll("#studio .values")) {
    const values = [...children];
    const stop = values.find((each) => each === document.activeElement) ?? values.find((each) => each.ariaPressed === "true") ?? values[0];
    for (const each of values) {
      const tab = each === stop ? "0" : "-1";
      if (each.getAttribute("tabindex") !== tab) each.setAttribute("tabindex", tab);
    }
  }
}
rove();

document.addEventListener("keydown", (event) => {
  const values = [...(event.target.closest?.(".values")?.children ?? [])];
  const at = values.indexOf(event.target);
  const next = { Home: 0, End: values.length - 1 }[event.key] ?? at + STEPS[event.key];
  if (!values[next] || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  event.target.tabIndex = -1;
  values[next].tabIndex = 0;
  values[next].focus();
});

// The Enter key on a tab of the drawing chooses nothing.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches?.(".turn input")) event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  const said = event.key === "Escape" && document.querySelector("#studio .reason");
  if (!said) return;
  changed(said);
  said.remove();
  document.getElementById(focused?.id)?.focus();
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("[data-share]");
  if (!link || !navigator.clipboard) return;
  event.preventDefault();
  await navigator.clipboard.writeText(link.href);
  const news = document.getElementById("studio-news");
  if (!news) return;
  changed(news);
  news.textContent = link.dataset.copied;
});

let began = null;
document.addEventListener("pointerdown", (event) => {
  began = event.target.closest?.(".turn .drawing") ? { x: event.clientX, y: event.clientY } : null;
});
document.addEventListener("pointerup", (event) => {
  const [across, down] = began ? [event.clientX - began.x, event.clientY - began.y] : [0, 0];
  began = null;
  if (Math.abs(across) < 40 || Math.abs(across) < 2 * Math.abs(down)) return;
  const sides = [...document.querySelectorAll(".turn input")];
  const next = sides.findIndex((side) => side.checked) + (across < 0 ? 1 : -1);
  sides[(next + sides.length) % sides.length].checked = true;
});
