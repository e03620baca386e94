// Faults of the slide that is shown: what leaves it or its column, and letters that are too small.
([smallest, smallestIndex, smallestInFigure]) => {
  const slide = Reveal.getCurrentSlide(), scale = Reveal.getScale(), faults = [];
  const frame = slide.getBoundingClientRect(), strip = slide.querySelector(".strip").getBoundingClientRect();
  const bottom = strip.height ? strip.top : frame.bottom;
  const heard = (one) => one.closest("h2") && getComputedStyle(one.closest("h2")).clipPath !== "none"; // not seen
  const visible = (one) => one.checkVisibility() && !one.closest("aside, .strip, style") && !heard(one);
  const name = (one) => {
    const text = (one.getAttribute("alt") || one.textContent).trim().replace(/\s+/g, " ").slice(0, 50);
    return `<${[one.localName, ...one.classList].join(".")}> ${text}`;
  };
  for (const one of slide.querySelectorAll("*")) {
    const box = one.getBoundingClientRect();
    if (visible(one) && one.localName === "img") {
      const fits = (width, height) => (1200 / 72) * Math.min(width / one.naturalWidth, height / one.naturalHeight);
      const size = fits(box.width, box.height), most = fits(frame.width, bottom - frame.top); // of 12 points at 100 dpi
      const alone = [...slide.querySelectorAll(".block")].filter(visible).length === 1;
      const least = Math.max(smallestInFigure, (alone ? 0.97 : 0.92) * Math.min(smallest, most));
      if (size < least) faults.push(`12 points of a figure have ${size.toFixed(1)} px, less than ${least.toFixed(1)}`);
    }
    if (!visible(one) || !box.width || !box.height || one.closest("svg > *")) continue;
    const over = Math.max(box.right - frame.right, frame.left - box.left, frame.top - box.top, box.bottom - bottom);
    if (over > 2 * scale) faults.push(`runs over the slide by ${Math.round(over / scale)} px: ${name(one)}`);
  }
  const walker = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT), range = document.createRange();
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !visible(one) || one.closest("svg")) continue;
    range.selectNodeContents(walker.currentNode);
    const letters = range.getBoundingClientRect(), box = (one.closest(".block") || slide).getBoundingClientRect();
    const over = Math.max(letters.right - box.right, letters.bottom - bottom);
    if (over > 2 * scale) faults.push(`letters run over by ${Math.round(over / scale)} px: ${name(one)}`);
    let indices = 0;
    for (let up = one.parentElement; up !== slide; up = up.parentElement)
      if (/^m(sub|sup|subsup|under|over|underover|frac)$/.test(up.localName)) indices += 1;
    const size = parseFloat(getComputedStyle(one).fontSize) * scale, least = indices > 1 ? smallestIndex : smallest;
    if (size < least - 0.1) faults.push(`letters of ${size.toFixed(1)} px, less than ${least}: ${name(one)}`);
  }
  return [...new Set(faults)];
}
