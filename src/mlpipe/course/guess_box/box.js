// The box that takes a guess. Traits come from the kernel and messages go to it; the page is made once.

const SILENT = 3000; // milliseconds without an answer, after which the reader is told that the kernel does not answer

// JupyterLab listens for its shortcuts above us and Notebook in front of us: the attribute on each node stops both.
function make(tag, { text, on = {}, ...attributes } = {}, ...children) {
  const node = document.createElement(tag);
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  for (const [event, act] of Object.entries(on)) node.addEventListener(event, act);
  if (text !== undefined) node.textContent = text; // text is only ever text: nothing in it becomes markup
  node.append(...children);
  return node;
}

function render({ model, el }) {
  const name = `mlpipe-guess-${Math.random().toString(36).slice(2)}`;
  const choices = model.get("choices"), unit = model.get("unit");
  const told = make("p", { class: "told", role: "status", id: `${name}-told` });
  const fields = choices.length
    ? choices.map((one) => make("input", { type: "radio", name, value: one }))
    : [make("input", { type: "text", inputmode: "decimal", autocomplete: "off", maxlength: "40", size: "12", id: name,
        "aria-describedby": told.id })];
  const asked = choices.length
    ? make("fieldset", {}, make("legend", { text: "Your guess" }),
        ...fields.map((field) => make("label", {}, field, make("span", { text: field.value }))))
    : make("div", { class: "number" }, make("label", { for: name, text: unit ? `Your guess in ${unit}` : "Your guess" }),
        fields[0]);
  const form = make("form", { class: "mlpipe-guess", novalidate: "", on: { submit: send } }, asked,
    make("button", { type: "submit", text: "Keep my guess" }), told);
  let sent, waiting = false, shown = model.get("told").n; // waiting: for the answer to what was sent from here

  const given = () => choices.length ? fields.find((one) => one.checked)?.value ?? "" : fields[0].value;

  function send(event) {
    event.preventDefault();
    waiting = true;
    clearTimeout(sent);
    sent = setTimeout(tell, SILENT, "The kernel does not answer: it is busy, and takes your guess when it is free; or it " +
      "was restarted, then run this cell again.", false);
    model.send({ guess: given() });
  }

  function tell(text, bad) {
    told.textContent = text;
    told.classList.toggle("bad", bad);
    for (const field of fields) field.setAttribute("aria-invalid", String(bad));
  }

  // To the cell below in command mode, where Shift+Enter runs it; not when the reader has gone elsewhere meanwhile.
  function goOn() {
    const cell = el.closest(".jp-Cell"), next = cell?.nextElementSibling;
    if (form.contains(document.activeElement)) (next?.matches(".jp-Cell") ? next : cell)?.focus({ preventScroll: true });
  }

  function paint() {
    const { text, bad, n } = model.get("told");
    if (n !== shown) {
      clearTimeout(sent);
      if (waiting && !bad) goOn(); // before it is told: a screen reader says first where it is, then this
      waiting = false;
    }
    shown = n;
    tell(text, bad);
    if (bad) return; // what the reader typed stays, to be mended
    for (const field of fields) {
      if (choices.length) field.checked = field.value === model.get("kept");
      else field.value = model.get("kept") || field.value;
    }
  }

  form.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter" && event.target.tagName === "INPUT" && !event.isComposing) send(event); // with Shift or Ctrl, too, as for a cell
  });
  for (const kind of ["keyup", "keypress", "paste", "copy", "cut"]) form.addEventListener(kind, (e) => e.stopPropagation());
  el.append(form);
  paint();
  model.on("change:told", paint);
  model.send({ shown: true });
  return () => {
    clearTimeout(sent);
    model.off("change:told", paint);
  };
}

export default { render };
