// Says of a value while it is typed whether it lies within its limits. The judgement that counts is made when it is saved.

const NUMBER = /^[+-]?\d{1,9}([.,]\d{1,6})?$/;

function judge(input) {
  const form = input.closest("form[data-lower]");
  if (!form) return;
  const typed = input.value.trim();
  const value = NUMBER.test(typed) ? Number(typed.replace(",", ".")) : null;
  const { lower, upper, rejectBelow, rejectAbove } = form.dataset;
  const within = value >= Number(lower) && value <= Number(upper);
  const beyond = value < Number(rejectBelow) || value > Number(rejectAbove);
  const verdict = value === null ? "" : within ? "in_tolerance" : beyond ? "out_of_tolerance" : "not_proven";
  for (const badge of form.querySelectorAll(".live-verdict > [data-state]")) badge.hidden = badge.dataset.state !== verdict;
}

document.addEventListener("input", (event) => event.target.name === "value" && judge(event.target));
document.addEventListener("htmx:after:swap", () => document.querySelectorAll("form[data-lower] input[name=value]").forEach(judge));
