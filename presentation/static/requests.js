// What a page says of its requests: that one takes its time, or, beside what was pressed, that one was refused or did not arrive.
//
// An answer that names its place (HX-Retarget) stands there, whatever its status. Any other refusal leaves the page as it is:
// it is told beside what was pressed, and what did not arrive is kept and can be sent again. What looks again by itself (a live
// fragment) is told as out of date and comes again on its own. The sentences stand in the page, in its language.

const SLOW_MS = 300;
const place = document.getElementById("requests");
const told = document.getElementById("told");
const [sentence, again] = told.children;
const lost = new Map();
let beside = null;
let running = 0;
let slow = 0;

const begunBySomebody = (ctx) => ["click", "submit", "change", "keydown"].includes(ctx.sourceEvent?.type);
const pressedOf = (ctx) => ctx.sourceEvent?.submitter ?? ctx.sourceElement;

function say(said) {
  place.firstElementChild.textContent = said ? place.dataset[said] : "";
  if (said) place.dataset.said = said;
  else delete place.dataset.said;
}

function tellBeside(pressed) {
  beside = pressed;
  const around = pressed.closest("[data-told]");
  if (around) around.append(told);
  else (pressed.form ?? pressed).after(told);
  again.hidden = lost.size === 0;
}

function settle(pressed) {
  lost.delete(pressed);
  if (place.dataset.said === "stale") say(null);
  calm();
}

function calm() {
  if (lost.size > 0 || !beside) return;
  beside = null;
  sentence.replaceChildren();
  document.body.append(told);
}

function fail(ctx, said) {
  if (!begunBySomebody(ctx)) {
    say("stale");
    return;
  }
  const pressed = pressedOf(ctx);
  lost.set(pressed, ctx.sourceElement);
  tellBeside(pressed);
  const words = document.createElement("p");
  words.textContent = place.dataset[said];
  sentence.replaceChildren(words);
  told.scrollIntoView({ block: "nearest" });
}

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (!begunBySomebody(ctx)) return;
  running += 1;
  if (running > 1) return;
  slow = setTimeout(() => say("slow"), SLOW_MS);
});

document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (!begunBySomebody(ctx)) return;
  running -= 1;
  if (running > 0) return;
  clearTimeout(slow);
  if (place.dataset.said === "slow") say(null);
});

document.addEventListener("htmx:before:response", (event) => {
  const ctx = event.detail.ctx;
  const { status } = ctx.response;
  const placed = ctx.hx.retarget;
  if (status < 400 || (placed && placed !== `#${sentence.id}`)) {
    if (begunBySomebody(ctx)) settle(pressedOf(ctx));
    else if (place.dataset.said === "stale") say(null);
  } else if (placed && status < 500 && status !== 429 && begunBySomebody(ctx)) {
    lost.delete(pressedOf(ctx));
    tellBeside(pressedOf(ctx)); // the answer's own sentence comes in there
  } else {
    event.preventDefault();
    fail(ctx, status === 429 || status === 503 ? "busy" : status >= 500 ? "broken" : "refused");
  }
});

// A page that follows what happens may have lost the place where something was told.
document.addEventListener("htmx:after:swap", () => {
  if (!beside || told.isConnected) return;
  if (beside.isConnected) tellBeside(beside);
  else settle(beside);
});

document.addEventListener("htmx:error", ({ detail: { ctx, error } }) => {
  if (ctx && error?.name !== "AbortError") fail(ctx, error === "timeout" ? "late" : "offline");
});

again.addEventListener("click", () => {
  const waiting = [...lost];
  lost.clear();
  beside?.focus();
  calm();
  for (const [pressed, source] of waiting) {
    if (!source.isConnected) continue;
    if (source instanceof HTMLFormElement) source.requestSubmit(pressed !== source && pressed.isConnected ? pressed : null);
    else source.click();
  }
});
