"use strict";
// What the theme leaves out for readers who use a keyboard or hear the page.

// What scrolls sideways takes the focus, so that arrow keys scroll it; what fits does not.
function scrollable() {
  for (const box of document.querySelectorAll("pre, .formula, .cell_output .output, .table-wrapper")) {
    const scrolls = box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== "visible";
    if (scrolls && !box.hasAttribute("tabindex")) {
      box.tabIndex = 0;
      box.dataset.scrolls = "";
      box.onkeydown = (event) => event.stopPropagation(); // Sphinx would turn to the next page
    } else if (!scrolls && "scrolls" in box.dataset) {
      box.removeAttribute("tabindex");
      box.onkeydown = null;
      delete box.dataset.scrolls;
    }
  }
}

// The theme's switches for the drawers are labels of hidden boxes: made buttons, which a key can press.
function drawers() {
  for (const label of document.querySelectorAll("label[for=__navigation], label[for=__toc]")) {
    const box = document.getElementById(label.htmlFor);
    if (label.matches(".overlay")) continue; // the dark ground beside an open drawer
    label.role = "button";
    label.tabIndex = 0;
    label.ariaLabel = box.ariaLabel;
    label.ariaExpanded = String(box.checked);
    label.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      box.click();
    });
    box.addEventListener("change", () => { label.ariaExpanded = String(box.checked); });
  }
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const box of document.querySelectorAll(".sidebar-toggle:checked")) {
      box.click();
      document.querySelector(`label[role=button][for=${box.id}]`)?.focus();
    }
  });
}

// What is found leads to the words, not to the top of a long page.
function results() {
  const list = document.getElementById("search-results"), words = new URLSearchParams(location.search).get("q");
  if (!list || !words) return;
  new MutationObserver(() => {
    for (const link of list.querySelectorAll("li a[href]:not([href*='#'])"))
      link.href += `#:~:text=${encodeURIComponent(words.trim()).replaceAll("-", "%2D")}`;
  }).observe(list, {childList: true, subtree: true});
}

addEventListener("DOMContentLoaded", () => {
  for (const caption of document.querySelectorAll("p.caption[role=heading]")) caption.ariaLevel = "2";
  document.querySelector("aside.sidebar-drawer")?.setAttribute("aria-label", "All pages");
  document.querySelector("aside.toc-drawer")?.setAttribute("aria-label", "On this page");
  drawers();
  results();
  scrollable();
  document.fonts?.ready.then(scrollable);
});
addEventListener("resize", scrollable);
addEventListener("toggle", scrollable, true); // what was folded
