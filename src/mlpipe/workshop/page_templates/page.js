// Present mode: one part of the lesson a screen, large. Without it the page is complete.
"use strict";
const screens = [];
for (const section of document.querySelectorAll("main > section:not(.parameters)")) {
  // an answer stays on the screen of its task; else a cell, a heading or a figure begins one
  let begun = screens.length && section.classList.contains("exercise");
  for (const part of section.children) {
    if (part.classList.contains("notes")) continue;
    if (!begun || /^(H[1-3]|FIGURE)$/.test(part.tagName)) screens.push([]);
    begun = screens.at(-1).push(part);
  }
}
const root = document.documentElement;
const hide = document.getElementById("hide");  // on the instructor's page only
const place = document.getElementById("place");
const presenting = () => document.body.classList.contains("present");
let now = 0;

function show(number) {
  now = Math.max(0, Math.min(number, screens.length - 1));
  for (const screen of screens) screen.forEach((part) => part.classList.toggle("now", screen === screens[now]));
  place.textContent = `${now + 1} / ${screens.length}`;
  let size = Math.max(20, innerWidth / 48);  // the largest type that fits the screen, down to what a last row can read
  do root.style.fontSize = `${size}px`; while (root.scrollHeight > innerHeight && (size -= 1) >= 18);
  scrollTo(0, 0);
}

function present(on) {
  document.body.classList.toggle("present", on);
  if (hide && on) hide.checked = true;
  if (on) {
    const below = screens.findIndex((screen) => screen.some((part) => part.getBoundingClientRect().bottom > 80));
    show(below < 0 ? 0 : below);
  } else {
    root.style.fontSize = "";
    screens[now][0].scrollIntoView();
  }
}

document.getElementById("present").addEventListener("click", () => present(true));
addEventListener("resize", () => presenting() && show(now));
hide?.addEventListener("change", () => presenting() && show(now));
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "p") return present(!presenting());
  if (event.key === "n" && hide) hide.click();
  if (!presenting()) return;
  const to = { ArrowRight: now + 1, PageDown: now + 1, ArrowLeft: now - 1, PageUp: now - 1, Home: 0, End: Infinity };
  if (event.key === "Escape") present(false);
  else if (event.key in to) { event.preventDefault(); show(to[event.key]); }
});
if (location.hash === "#present") present(true);
