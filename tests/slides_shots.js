// Faults of the slide that is shown: what leaves it or its column, and letters that are too small.
([smallest, smallestIndex]) => {
  const slide = Reveal.getCurrentSlide(), scale = Reveal.getScale(), faults = [];
  const frame = slide.getBoundingClientRect(), strip = slide.querySelector(".strip").getBoundingClientRect();
  const bottom = strip.height ? strip.top : frame.bottom;
  const visible = (one) => one.checkVisibility() && !one.closest("aside, .strip, style");
  const name = (one) => {
    const text = (one.getAttribute("alt") || one.textContent).trim().replace(/\s+/g, " ").slice(0, 50);
    return `<${[one.localName, ...one.classList].join(".")}> ${text}`;
  };
  for (const one of slide.querySelectorAll("*")) {
    const box = one.getBoundingClientRect();
    if (visible(one) && one.localName === "img" && box.height < 200 * scale) faults.push(`is small: ${name(one)}`);
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
