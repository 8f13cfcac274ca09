// What the studio does beyond its forms: copies the design's link, turns the drawing by a swipe, keeps folded groups open, shows a refusal where it stands.
const opened = new Set();

document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details[id]")) opened[event.target.open ? "add" : "delete"](event.target.id);
}, true);

let mended = null;
document.addEventListener("htmx:before:swap", () => {
  mended = document.activeElement?.closest("#reason")?.closest(".option")?.id;
});

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.sourceElement.id.startsWith("differences-")) return;
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  // What the open choices do to price and date was said of the design before; the new figures replace it.
  for (const each of document.querySelectorAll("[id^=differs-]:not(:empty)")) each.setAttribute("aria-hidden", "true");
  const reason = document.getElementById("reason");
  reason?.scrollIntoView({ block: "nearest" });
  reason?.focus({ preventScroll: true });
  if (mended && !reason) document.querySelector(`#${mended} [aria-pressed=true]`)?.focus();
  const saved = document.querySelector("[data-saved]");
  if (saved && ctx.request.method === "POST" && ctx.response.status === 200) {
    const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    saved.textContent = saved.dataset.saved.replace("{time}", time);
  }
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("[data-share]");
  if (!link || !navigator.clipboard) return;
  event.preventDefault();
  await navigator.clipboard.writeText(link.href);
  const news = document.getElementById("studio-news");
  if (news) news.textContent = link.dataset.copied;
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
