// What a page says of its requests: that one takes its time, or that one did not arrive and can be sent again.
//
// A request that a person began is kept until it arrives; what only looks again by itself (a live fragment) is told as
// out of date and comes again on its own. The sentences stand in the page, in its language.

const SLOW_MS = 300;
const place = document.getElementById("requests");
const [words, again] = [place.querySelector("p"), place.querySelector("button")];
const lost = new Map();
let running = 0;
let slow = 0;

function show(said) {
  words.textContent = place.dataset[said];
  place.dataset.said = said;
  again.hidden = lost.size === 0;
}

function calm() {
  if (lost.size > 0 || !place.dataset.said) return;
  delete place.dataset.said;
  words.textContent = "";
  again.hidden = true;
}

const begunBySomebody = (ctx) => ["click", "submit", "change", "keydown"].includes(ctx.sourceEvent?.type);
const keyOf = (ctx) => ctx.sourceEvent?.submitter ?? ctx.sourceElement;

function fail(ctx, said) {
  if (!begunBySomebody(ctx)) {
    if (lost.size === 0) show("stale");
    return;
  }
  lost.set(keyOf(ctx), ctx.sourceElement);
  show(said);
}

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (!begunBySomebody(ctx)) return;
  running += 1;
  if (running > 1) return;
  slow = setTimeout(() => { if (lost.size === 0) show("slow"); }, SLOW_MS);
});

document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (!begunBySomebody(ctx)) return;
  running -= 1;
  if (running > 0) return;
  clearTimeout(slow);
  if (place.dataset.said === "slow") calm();
});

document.addEventListener("htmx:before:response", (event) => {
  const ctx = event.detail.ctx;
  const { status } = ctx.response;
  if (status === 429 || status >= 500) {
    event.preventDefault(); // the page stays as it is
    fail(ctx, status === 429 || status === 503 ? "busy" : "broken");
    return;
  }
  lost.delete(keyOf(ctx));
  if (place.dataset.said !== "slow") calm(); // what arrives by itself says nothing of a click that still runs
});

document.addEventListener("htmx:error", ({ detail: { ctx, error } }) => {
  if (ctx && error?.name !== "AbortError") fail(ctx, "offline");
});

again.addEventListener("click", () => {
  const waiting = [...lost];
  lost.clear();
  calm();
  for (const [pressed, source] of waiting) {
    if (!source.isConnected) continue;
    if (source instanceof HTMLFormElement) source.requestSubmit(pressed !== source && pressed.isConnected ? pressed : null);
    else source.click();
  }
});
