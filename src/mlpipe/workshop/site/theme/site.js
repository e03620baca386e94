// What Sphinx and the theme leave to us: search without a server, guesses, and what is folded.
"use strict";
// A page that was opened as a file may not read the others, so results come without an excerpt there.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

// A guess stays in this browser, and stands beside the answer when that is opened.
const kept = {
  get(id) { try { return localStorage.getItem(`mlpipe-guess-${id}`) ?? ""; } catch { return ""; } },
  set(id, text) { try { localStorage.setItem(`mlpipe-guess-${id}`, text); } catch { /* a browser that keeps nothing */ } },
};

function guesses() {
  for (const form of document.querySelectorAll("form.guess")) {
    const id = form.dataset.guess;
    const answer = form.closest("section").querySelectorAll("details.answer");
    const mine = [...answer].find((one) => form.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING);
    for (const box of form.querySelectorAll("input")) {
      if (box.type === "radio") box.checked = box.value === kept.get(id);
      else box.value = kept.get(id);
      box.addEventListener("change", () => {
        const text = box.value.trim().replace(/\s*%$/, "");
        const fits = box.type === "radio" || Number.isFinite(Number(text.replace("\u2212", "-")));
        wrong.textContent = fits ? "" : "Write a number, with a point for decimals, such as 1.5.";
        if (fits) kept.set(id, text);
        tell();
      });
    }
    const wrong = document.createElement("p");
    wrong.className = "wrong";
    wrong.setAttribute("role", "status");
    form.querySelector("fieldset").append(wrong);
    form.addEventListener("submit", (event) => event.preventDefault());
    const said = document.createElement("p");
    said.className = "guessed";
    mine?.querySelector("summary").after(said);
    const unit = form.querySelector("input[type=text]")?.parentElement.textContent.trim() ?? "";
    const tell = () => {
      const guess = kept.get(id);
      said.textContent = guess ? `Your guess: ${guess} ${unit}`.trim() + "." : "You have not guessed yet.";
    };
    tell();
  }
}

// Paper cannot be unfolded.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const part of opened) part.open = true;
});
addEventListener("afterprint", () => {
  for (const part of opened) part.open = false;
});

// A link into a folded part opens it.
function unfold() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target?.closest("details:not([open])")) return;
  for (let part = target.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", unfold);
addEventListener("load", unfold);
addEventListener("DOMContentLoaded", guesses);
