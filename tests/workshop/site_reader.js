// What the tests of the site ask of a page: loaded before the page's own scripts.
window.reader = {
  begin: (one) => one.outerHTML.slice(0, 120),

  number: (one) => [...document.querySelectorAll("*")].indexOf(one),

  // What makes a page wider than the screen, where nothing around it scrolls or cuts it.
  wide() {
    return [...document.querySelectorAll("body *")].filter((one) => {
      const box = one.getBoundingClientRect();
      if (box.right <= innerWidth + 1 || !box.width) return false;
      for (let up = one; up && up !== document.body; up = up.parentElement) {
        const style = getComputedStyle(up);
        if (style.overflowX !== "visible" || style.position === "fixed") return false;
      }
      return true;
    }).slice(0, 3).map(this.begin);
  },

  // What has the focus: its name as it is read out, whether it has a ring and is on the screen.
  focused() {
    const one = document.activeElement;
    if (!one || one === document.body || one === document.documentElement) return null;
    const shown = one.matches(".sd-stretched-link") ? one.closest(".sd-card") : one; // it stands for the whole card
    const style = getComputedStyle(shown), box = shown.getBoundingClientRect();
    const labelled = document.getElementById(one.getAttribute("aria-labelledby"));
    const names = [one.ariaLabel, labelled?.textContent, one.labels?.[0]?.textContent, one.textContent, one.title,
      one.placeholder, one.querySelector("img")?.alt];
    return {
      html: this.begin(one),
      number: this.number(one),
      name: names.map((name) => (name || "").trim()).find(Boolean) || "",
      ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
      seen: box.width > 1 && box.height > 1 && box.bottom > 0 && box.top < innerHeight && box.right > 0 &&
        box.left < innerWidth,
    };
  },

  // What a click could use, and Tab should reach: number and beginning. Arrow keys lead from choice to choice.
  controls() {
    const shown = {visibilityProperty: true, contentVisibilityAuto: true, opacityProperty: true};
    return [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
      .filter((one) => one.checkVisibility(shown) && one.type !== "hidden" && !one.disabled &&
        one.getBoundingClientRect().width > 1)
      .filter((one) => one.type !== "radio" || one === one.form.elements[one.name][0])
      .map((one) => [this.number(one), this.begin(one)]);
  },

  // Folded parts whose content does not show.
  folded() {
    return [...document.querySelectorAll("details")].filter((one) => {
      const inside = [...one.children].find((child) => child.tagName !== "SUMMARY");
      return inside && !(inside.getBoundingClientRect().height && inside.checkVisibility({contentVisibilityAuto: true}));
    }).map(this.begin);
  },

  // The texts that are on the screen.
  lines() {
    return [...document.querySelectorAll("article p, article li, article dt, article h1, article h2, article h3")]
      .filter((one) => {
        const box = one.getBoundingClientRect();
        return box.bottom > 0 && box.top < innerHeight;
      }).map((one) => one.textContent);
  },

  // How tall the operators are that show this text.
  heights(text) {
    return [...document.querySelectorAll("article mo")].filter((one) => one.textContent === text)
      .map((one) => one.getBoundingClientRect().height);
  },
};
