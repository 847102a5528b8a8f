"use strict";
// The page says everything without this script; it only helps to find one's way.
(() => {
  const one = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const form = one(".filter");

  const open = (state) => all(".finding details").forEach((details) => { details.open = state; });

  const filter = () => {
    const words = one("#words").value.toLowerCase();
    const severity = one("#severity").value;
    const cell = one("#cell").value;
    let shown = 0;
    const findings = all(".group .finding");
    for (const finding of findings) {
      const fits = (!severity || finding.classList.contains(severity))
        && (!cell || finding.dataset.cells.split(" ").includes(cell))
        && finding.textContent.toLowerCase().includes(words);
      finding.hidden = !fits;
      shown += fits;
    }
    for (const group of all(".group")) {
      group.hidden = !group.querySelector(".finding:not([hidden])");
    }
    one("#shown").textContent = `${shown} of ${findings.length} shown`;
  };

  // A link from a square must find its finding, whatever the filter says.
  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!target || !target.classList.contains("finding")) return;
    if (target.hidden && form) { form.reset(); filter(); }
    for (let node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
    }
    const details = target.querySelector("details");
    if (details) details.open = true;
    target.scrollIntoView();
  };

  if (form) {
    form.hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    one("#open").addEventListener("click", () => open(true));
    one("#close").addEventListener("click", () => open(false));
    filter();
  }
  addEventListener("hashchange", reveal);
  addEventListener("beforeprint", () => open(true));
  reveal();
})();
