// What the theme and Sphinx leave to us: search without a server, boxes that scroll by keyboard, print without folds.
"use strict";
// A page that was opened as a file may not read the others, so results come without an excerpt there.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

addEventListener("DOMContentLoaded", () => {
  const boxes = document.querySelectorAll("div.highlight pre, .cell_output .output, .table-wrapper, .formula");
  const names = (box) => (box.closest(".cell_output") ? "Output" : box.matches(".formula") ? "Formula" : box.matches("pre") ? "Code" : "Table");
  const reach = () => {
    for (const box of boxes) {
      if (box.scrollWidth > box.clientWidth) {
        box.tabIndex = 0;
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", names(box));
      } else if (box.getAttribute("role") === "group") {
        box.removeAttribute("tabindex");
      }
    }
  };
  reach();
  addEventListener("resize", reach);
});

let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const part of opened) part.open = true;
});
addEventListener("afterprint", () => {
  for (const part of opened) part.open = false;
});
// A link into a folded part opens it.
const unfold = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let part = target && target.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  if (target) target.scrollIntoView();
};
addEventListener("hashchange", unfold);
addEventListener("load", unfold);
