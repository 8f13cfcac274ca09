// What the studio does beyond its forms: copies the design's link, keeps folded groups open, shows a refusal where it stands.
const opened = new Set();

document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details[id]")) opened[event.target.open ? "add" : "delete"](event.target.id);
}, true);

document.addEventListener("htmx:after:swap", () => {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  document.getElementById("reason")?.scrollIntoView({ block: "nearest" });
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("[data-share]");
  if (!link || !navigator.clipboard) return;
  event.preventDefault();
  await navigator.clipboard.writeText(link.href);
  const news = document.getElementById("studio-news");
  if (news) news.textContent = link.dataset.copied;
});
