"use strict";
// What the theme leaves out for readers who use a keyboard or hear the page.

// What scrolls sideways takes the focus, so that arrow keys scroll it; what fits does not.
function scrollable() {
  for (const box of document.querySelectorAll("pre, .formula, .cell_output .output, .table-wrapper")) {
    const scrolls = box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== "visible";
    if (scrolls && !box.hasAttribute("tabindex")) {
      box.tabIndex = 0;
      box.dataset.scrolls = "";
    } else if (!scrolls && "scrolls" in box.dataset) {
      box.removeAttribute("tabindex");
      delete box.dataset.scrolls;
    }
  }
}

addEventListener("DOMContentLoaded", () => {
  for (const caption of document.querySelectorAll("p.caption[role=heading]")) caption.ariaLevel = "2";
  document.querySelector("aside.sidebar-drawer")?.setAttribute("aria-label", "All pages");
  document.querySelector("aside.toc-drawer")?.setAttribute("aria-label", "On this page");
  scrollable();
});
addEventListener("resize", scrollable);
addEventListener("toggle", scrollable, true);
