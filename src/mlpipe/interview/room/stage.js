// The room of the mock interview. Two rules carry it:
// the page is made once and only added to, so that nobody's cursor is ever lost;
// traits come from the kernel and messages go to it, so that no word is ever overwritten by an older one.

const RESEND = 2000; // milliseconds until a message without an answer is sent again; doubled each time, up to 32 s
const SILENT = 5000; // after so long without an answer the reader is told that the kernel does not answer
const ASLEEP = 90_000; // a longer step of the page's clock is a closed lid: browsers wake hidden pages once a minute
const THROTTLE = 400; // milliseconds between a key and the message that carries it; the browser's copy is immediate

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

const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);

const isRev = (rev) => Number.isFinite(rev) && rev >= 0 && rev < 2 ** 50; // a time in milliseconds: the kernel takes no other

// The browser's copy of an attempt: one entry a box, and the clock. What comes back is checked.
function copies(attempt) {
  const key = (box) => `mlpipe-room:${attempt}:${box}`;
  return {
    keep(box, value) {
      try {
        localStorage.setItem(key(box), JSON.stringify(value));
      } catch {
        // full or forbidden: the kernel's file is the first copy
      }
    },
    read(box) {
      try {
        const found = JSON.parse(localStorage.getItem(key(box)));
        return isRev(found?.rev) && typeof found.text === "string" ? found : undefined;
      } catch {
        return undefined;
      }
    },
    forget() {
      for (const name of Object.keys(localStorage)) if (name.startsWith(key(""))) localStorage.removeItem(name);
    },
  };
}

// Sound that a dead kernel did not take waits in this window, until the cell is run again and a new view sends it.
function unsent(attempt, entries = []) {
  const waiting = (window.mlpipeUnsent ??= {})[attempt] ?? [];
  window.mlpipeUnsent[attempt] = entries;
  return waiting;
}

function render({ model, el }) {
  const words = model.get("words");
  const view = `${Date.now()}-${Math.random().toString(36).slice(2)}`;
  const areas = new Map(); // box -> {area, covers, rev, timer}
  const outbox = new Map(); // n -> {message, bytes, since, due, wait}
  const shown = new Set(); // lines of the log
  let count = 0, last, lastKey = 0, wanted = 0, composing = false, attempt = "", copy, channel, forgotten = false;
  let following = true; // the end of the log

  // ------------------------------------------------------------------ the page

  const title = make("h3"), task = make("p", { class: "task" }), target = make("p", { class: "target" });
  const clock = make("span", { class: "clock", role: "timer", "aria-label": words.clock });
  const where = make("span", { class: "where" });
  const marker = make("div", { class: "now" });
  const bar = make("div", { class: "bar", role: "img", "aria-label": `${words.plan}: ` +
    model.get("plan").map((one) => `${one.title}, ${one.span}`).join("; ") }, marker);
  const buttons = {};
  const row = make("div", { class: "buttons", role: "group", "aria-label": words.controls });
  for (const [kind, act] of Object.entries({
    start: begin, again: begin, continue: () => tell("continue", { attempt: model.get("offer").attempt, elapsed: stored() }),
    pause: () => tell("pause"), resume: () => tell("resume"), next: once(next), question: once(askMe),
    hint: once(hint), finish: () => show(sure, true),
  })) {
    buttons[kind] = make("button", { type: "button", class: kind, text: words.buttons[kind], title: words.tips[kind] ?? "",
      hidden: "", on: { click: act } });
    row.append(buttons[kind]);
  }
  const sure = make("div", { class: "sure", role: "group", "aria-label": words.sure, hidden: "" },
    make("span", { text: words.sure }),
    make("button", { type: "button", class: "yes", text: words.yes, on: { click: finish } }),
    make("button", { type: "button", text: words.no, on: { click: () => show(sure, false) } }));
  const saved = make("p", { class: "saved", role: "status" });
  const banner = make("p", { class: "banner", role: "alert", hidden: "" });
  const list = make("div", { class: "list" });
  const notes = make("section", { class: "notes", "aria-label": words.notes }, make("h4", { text: words.notes }), list);
  const log = make("ol", { class: "log", role: "log", tabindex: "0", "aria-label": words.log });
  const question = make("input", { type: "text", id: `ask-${view}`, maxlength: "2000", placeholder: words.ask_hint,
    autocomplete: "off" });
  const ask = make("form", { class: "ask", on: { submit: (event) => { event.preventDefault(); askFact(); } } },
    make("label", { for: question.id, text: words.ask }), question, make("button", { type: "submit", text: words.ask_button }));
  const talk = make("section", { class: "talk", "aria-label": words.log }, make("h4", { text: words.log }), log, ask);
  const record = make("button", { type: "button", class: "record", text: words.record, title: words.record_tip,
    on: { click: () => (recorder ? stopRecording() : startRecording()) } });
  const dot = make("span", { class: "dot", role: "status", hidden: "", text: words.recording });
  const refused = make("span", { role: "status" });
  const takes = make("div", { class: "takes" });
  const player = make("audio", { controls: "", hidden: "" }), places = make("div", { class: "places" });
  const voice = make("section", { class: "voice", "aria-label": words.voice, hidden: "" }, record, refused, takes,
    player, places);
  const root = make("div", { class: "mlpipe-room", tabindex: "-1", role: "group", "aria-label": words.room },
    make("header", {}, title, task, target,
      make("div", { class: "time" }, clock, where, dot), bar, row, sure, banner, saved),
    make("div", { class: "floor" }, notes, talk), voice);
  for (const part of model.get("plan")) {
    bar.append(make("div", { class: "part", "data-phase": part.id, title: `${part.title} · ${part.span}`, text: part.title,
      style: `flex: ${part.end - part.start} 1 0` }));
  }
  log.addEventListener("scroll", () => { following = log.scrollTop + log.clientHeight >= log.scrollHeight - 20; });
  root.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key.toLowerCase() === "s" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault(); // the browser would offer to save the page
      flush();
    }
  });
  for (const name of ["keyup", "keypress", "paste", "copy", "cut"]) root.addEventListener(name, (e) => e.stopPropagation());
  el.append(root);

  // Focus goes where the reader puts it. Only what holds it and is about to vanish hands it on.
  function show(node, on) {
    if (!on && !node.hidden && node.contains(document.activeElement)) (newest() ?? root).focus({ preventScroll: true });
    node.hidden = !on;
  }

  const newest = () => [...areas.values()].map((one) => one.area).filter((area) => !area.readOnly).pop();

  // ------------------------------------------------------------------ to the kernel and back

  function tell(kind, content = {}, bytes) {
    if (kind === "note") {
      for (const [n, { message }] of outbox) if (message.kind === "note" && message.box === content.box) outbox.delete(n);
    }
    const entry = { message: { kind, n: ++count, view, ...content }, bytes, since: Date.now(), wait: RESEND };
    outbox.set(count, entry);
    post(entry);
  }

  function post(entry) {
    entry.due = Date.now() + entry.wait;
    entry.wait = Math.min(2 * entry.wait, 32_000);
    try {
      model.send(entry.message, undefined, entry.bytes ? [entry.bytes] : []);
    } catch {
      // the kernel is gone: it stays in the outbox
    }
  }

  function answered(content, buffers) {
    if (content.view !== view) return;
    if (content.kind === "ack") {
      const { message } = outbox.get(content.n) ?? {};
      outbox.delete(content.n);
      if (message?.kind === "ask" && content.done && question.value.trim() === message.text) question.value = "";
      paintSaved();
    } else if (content.kind === "voice") {
      play(content.take, buffers[0]);
    }
  }

  // ------------------------------------------------------------------ notes

  function box(id, name, prompt) {
    if (areas.has(id)) return areas.get(id);
    const area = make("textarea", { id: `${view}-${id}`, rows: "10", spellcheck: "false", placeholder: words.notes_hint });
    const covers = make("div", { class: "covers", hidden: "" });
    const one = { area, covers, rev: 0 };
    area.addEventListener("input", () => typed(id));
    area.addEventListener("keydown", () => { last = area; lastKey = Date.now(); });
    area.addEventListener("blur", () => one.timer && send(id));
    area.addEventListener("compositionstart", () => { composing = true; });
    area.addEventListener("compositionend", () => { composing = false; typed(id); });
    const made = make("div", { class: "box", "data-box": id },
      make("label", { for: area.id }, make("strong", { text: name }), make("span", { text: prompt ? ` ${prompt}` : "" })),
      make("div", { class: "beside" }, area, covers));
    areas.set(id, one);
    const writing = list.contains(document.activeElement);
    list.prepend(made); // the newest on top: a node that is added takes no focus, one that is moved loses it
    if (writing) list.scrollTop += made.offsetHeight; // and the line that is being written stays where it is
    else list.scrollTop = 0;
    takeUp(id);
    return one;
  }

  function typed(id) {
    const one = areas.get(id);
    one.rev = Math.max(one.rev + 1, Date.now());
    const value = { text: one.area.value, rev: one.rev };
    copy?.keep(id, value);
    channel?.postMessage({ box: id, ...value });
    one.timer ??= setTimeout(send, THROTTLE, id);
  }

  function send(id) {
    const one = areas.get(id);
    clearTimeout(one.timer);
    one.timer = undefined;
    tell("note", { box: id, text: one.area.value, rev: one.rev });
  }

  function flush() {
    for (const [id, one] of areas) if (one.timer) send(id);
  }

  // The highest rev wins, wherever it comes from: the kernel, another view or tab, this browser's copy.
  function adopt(id, text, rev) {
    const one = areas.get(id);
    if (!one || composing || !isRev(rev) || rev <= one.rev) return false;
    one.rev = rev;
    if (one.area.value !== text) {
      const { selectionStart, selectionEnd } = one.area;
      one.area.value = text;
      one.area.setSelectionRange(selectionStart, selectionEnd);
    }
    return true;
  }

  function takeUp(id) {
    const kept = model.get("notes")[id], mine = copy?.read(id);
    if (kept) adopt(id, kept.text, kept.rev);
    if (mine && model.get("possible").includes("note") && adopt(id, mine.text, mine.rev)) send(id);
  }

  function enter(name) {
    if (name === attempt || !name) return;
    attempt = name;
    copy = copies(attempt);
    channel?.close();
    channel = window.BroadcastChannel && new BroadcastChannel(`mlpipe-room:${attempt}`);
    if (channel) {
      channel.onmessage = ({ data }) => {
        // sent on, too: the other tab may belong to another kernel, or to one that is dead
        if (typeof data?.text === "string" && adopt(data.box, data.text, data.rev)) {
          areas.get(data.box).timer ??= setTimeout(send, THROTTLE, data.box);
        }
      };
    }
    for (const { message, bytes } of unsent(attempt)) tell(message.kind, { take: message.take, part: message.part }, bytes);
    for (const [id, one] of areas) {
      takeUp(id);
      if (one.rev > (copy.read(id)?.rev ?? 0)) copy.keep(id, { text: one.area.value, rev: one.rev });
    }
  }

  // ------------------------------------------------------------------ the clock, which runs here

  let base = { n: -1, state: "ready", elapsed: 0, at: performance.now() }, second = performance.now();
  const running = () => base.state === "running";
  const total = model.get("plan").at(-1).end;
  const elapsed = () => Math.min(total, base.elapsed + (running() ? (performance.now() - base.at) / 1000 : 0));
  const stored = () => Math.min(total, copies(model.get("offer").attempt).read("clock")?.rev ?? 0);

  function setClock() {
    const { state, elapsed, n } = model.get("clock");
    if (n === base.n) return; // told before: since then the clock has run on here
    if (recorder && state !== base.state) {
      if (state === "paused" && recorder.state === "recording") recorder.pause();
      else if (state === "running" && recorder.state === "paused") recorder.resume();
      dot.hidden = recorder.state === "paused";
      if (state === "finished") stopRecording();
    }
    base = { n, state, elapsed, at: performance.now() };
  }

  function everySecond() {
    const now = performance.now();
    if (now - second > ASLEEP && running()) base = { ...base, at: base.at + now - second };
    second = now;
    if (running()) copy?.keep("clock", { text: "", rev: elapsed() });
    for (const entry of outbox.values()) if (Date.now() > entry.due) post(entry);
    paintClock();
    paintSaved();
    followLog();
  }

  function paintClock() {
    const at = elapsed(), plan = model.get("plan"), phase = plan.find((one) => one.id === model.get("phase"));
    clock.textContent = fill(words.time, { at: minutes(at).padStart(5, "0"), total: minutes(total) });
    const state = running() || base.state === "ready" ? "" : ` · ${words.states[base.state]}`;
    where.textContent = base.state === "ready" ? "" : fill(words.where, phase) + state;
    marker.style.left = `${(100 * at) / total}%`;
    for (const part of bar.querySelectorAll(".part")) {
      part.classList.toggle("here", base.state !== "ready" && part.dataset.phase === phase.id);
    }
  }

  // ------------------------------------------------------------------ what is new from the kernel

  function paint() {
    const about = model.get("about"), possible = model.get("possible"), state = model.get("clock").state;
    title.textContent = about.title;
    task.textContent = about.prompt;
    const before = areas.size;
    for (const one of model.get("boxes")) box(one.id, one.title, one.prompt);
    if (areas.size > before && wanted > lastKey && Date.now() - wanted < 5000) newest()?.focus(); // unless somebody types
    enter(model.get("attempt"));
    target.textContent = offered() || about.target;
    for (const [id, one] of areas) {
      const kept = model.get("notes")[id];
      if (kept) adopt(id, kept.text, kept.rev);
      one.area.readOnly = attempt !== "" && !possible.includes("note");
      paintCovers(one.covers, model.get("covers")[id] ?? []);
    }
    for (const [kind, button] of Object.entries(buttons)) show(button, possible.includes(kind));
    if (!possible.includes("finish")) show(sure, false);
    show(ask, possible.includes("ask"));
    model.get("lines").forEach(addLine);
    followLog();
    if (attempt) root.classList.add("begun");
    root.classList.toggle("over", Object.keys(model.get("covers")).length > 0);
    paintVoice(state, possible);
    setClock();
    paintClock();
    paintSaved();
    if (model.get("scored") && !forgotten) {
      forgotten = true; // the file has it all
      copy?.forget();
      copy = undefined;
    }
  }

  // The last line stays in view unless the reader has scrolled back; at the first paint there is nothing to scroll yet.
  function followLog() {
    if (following) log.scrollTop = log.scrollHeight;
  }

  function offered() {
    const { attempt: left, elapsed: at } = model.get("offer");
    return left && !attempt ? fill(words.left, { at: minutes(Math.max(at, stored())), total: minutes(total) }) : "";
  }

  function addLine({ id, at, kind, title: name, text }) {
    if (shown.has(id)) return;
    shown.add(id);
    const said = fill(words.kinds[kind] ?? "{title}", { title: name });
    const head = make("div", { class: "head" }, make("span", { class: "at", text: minutes(at) }), make("strong", { text: said }));
    if (kind === "question" && areas.has(id)) {
      head.append(make("button", { type: "button", class: "answer", text: words.answer,
        on: { click: () => { areas.get(id).area.scrollIntoView({ block: "nearest" }); areas.get(id).area.focus(); } } }));
    }
    log.append(make("li", { class: kind }, head, make("p", { text })));
  }

  function paintCovers(node, points) {
    if (points.length && !node.childElementCount) {
      node.append(make("strong", { text: words.hint }), make("ul", {}, ...points.map((text) => make("li", { text }))));
    }
    show(node, points.length > 0);
  }

  function paintSaved() {
    const { ok, saved: text, error } = model.get("status");
    const waits = [...outbox.values()].some((one) => Date.now() - one.since > SILENT);
    const line = waits ? (attempt ? words.silent : words.not_begun) : text;
    if (saved.textContent !== line) saved.textContent = line; // told once, also to a screen reader
    saved.classList.toggle("bad", waits || !ok);
    if (banner.textContent !== error) banner.textContent = error;
    show(banner, error !== "");
  }

  // ------------------------------------------------------------------ what the reader does

  function begin() {
    const first = model.get("plan")[0];
    root.classList.add("begun"); // what is hidden takes no focus
    box(first.id, first.title, first.prompt).area.focus(); // before the button vanishes: keys go to the box at once
    tell("start");
  }

  function next() {
    const plan = model.get("plan"), at = plan.findIndex((one) => one.id === model.get("phase")), one = plan[at + 1];
    flush();
    tell("next", { phase: plan[at].id });
    if (one?.box) box(one.id, one.title, one.prompt).area.focus();
    else awaitBox();
  }

  // A space that was meant for the notes presses the button again: not within a second.
  function once(act) {
    let at = 0;
    return (event) => {
      if (event.detail > 0 || Date.now() - at > 1000) act(); // detail counts clicks: a key has none
      at = Date.now();
    };
  }

  function hint() {
    tell("hint", { phase: model.get("phase") });
    newest()?.focus();
  }

  function askMe() {
    tell("question");
    awaitBox();
  }

  // The box of a question comes from the kernel. Until then keys go to the notes, and stay there if there are any.
  function awaitBox() {
    wanted = Date.now();
    newest()?.focus();
  }

  function finish() {
    flush();
    root.focus({ preventScroll: true });
    show(sure, false);
    tell("finish");
  }

  function askFact() {
    const text = question.value.trim();
    if (text) tell("ask", { text });
  }

  // JupyterLab's dialogue "Kernel Restarting" takes the focus in the middle of a word: those keys are words, too.
  function rescue(event) {
    if (!last || Date.now() - lastKey > 1500 || !document.activeElement?.closest(".jp-Dialog")) return;
    const text = event.key === "Enter" ? "\n" : event.key;
    if ([...text].length !== 1 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    last.setRangeText(text, last.selectionStart, last.selectionEnd, "end");
    last.dispatchEvent(new Event("input"));
    lastKey = Date.now();
  }

  // ------------------------------------------------------------------ one's own voice

  let recorder;

  async function startRecording() {
    const type = "audio/webm;codecs=opus";
    if (!navigator.mediaDevices || !window.MediaRecorder?.isTypeSupported(type)) return (refused.textContent = words.no_voice);
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      return (refused.textContent = words.no_microphone);
    }
    const take = Date.now().toString(36);
    let part = 0, queue = Promise.resolve();
    recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: 32_000 });
    recorder.ondataavailable = ({ data }) => {
      if (!data.size) return;
      const mine = part++;
      queue = queue.then(async () => tell("audio", { take, part: mine }, await data.arrayBuffer()));
    };
    recorder.start(10_000);
    tell("record", { take });
    refused.textContent = "";
    record.textContent = words.stop;
    dot.hidden = false;
  }

  function stopRecording() {
    if (!recorder) return;
    recorder.stop();
    for (const track of recorder.stream.getTracks()) track.stop();
    recorder = undefined;
    record.textContent = words.record;
    dot.hidden = true;
  }

  function paintVoice(state, possible) {
    const kept = state === "finished" ? model.get("takes") : [];
    show(record, recorder !== undefined || possible.includes("record"));
    show(voice, !record.hidden || kept.length > 0);
    for (const { take, start } of kept) {
      if (takes.querySelector(`[data-take="${take}"]`)) continue;
      takes.append(make("div", { class: "take", "data-take": take },
        make("span", { text: fill(words.take, { at: minutes(start) }) }),
        make("button", { type: "button", text: words.play, on: { click: () => tell("play", { take }) } }),
        make("button", { type: "button", text: words.delete, on: { click: (event) => forget(event.target, take) } })));
    }
    for (const node of [...takes.children]) {
      if (!kept.some((one) => one.take === node.dataset.take)) {
        show(node, false);
        node.remove();
        if (player.dataset.take === node.dataset.take) unload();
      }
    }
  }

  function play(take, bytes) {
    unload();
    player.src = URL.createObjectURL(new Blob([bytes], { type: "audio/webm" }));
    player.dataset.take = take;
    player.hidden = false;
    player.addEventListener("loadedmetadata", () => { player.currentTime = 1e6; }, { once: true }); // to learn its length
    player.ondurationchange = () => {
      if (!Number.isFinite(player.duration)) return;
      player.ondurationchange = null;
      showPlaces(take, player.duration);
      seek(0);
    };
  }

  function showPlaces(take, seconds) {
    const { start } = model.get("takes").find((one) => one.take === take), entered = model.get("entered");
    entered.forEach(({ title: name, at }, number) => {
      const until = entered[number + 1]?.at ?? total, from = Math.max(at, start);
      if (until > start && from < start + seconds) {
        places.append(make("button", { type: "button", text: `${name} ${minutes(from)}`, on: { click: () => seek(from - start) } }));
      }
    });
  }

  function seek(second) {
    player.currentTime = second;
    player.play().catch(() => {}); // a browser may want a click on the player itself
  }

  function unload() {
    if (player.src) URL.revokeObjectURL(player.src);
    player.ondurationchange = null;
    player.removeAttribute("src");
    show(player, false);
    places.replaceChildren();
  }

  function forget(button, take) {
    if (button.textContent === words.delete_sure) return tell("forget", { take });
    button.textContent = words.delete_sure;
    setTimeout(() => { button.textContent = words.delete; }, 5000);
  }

  // ------------------------------------------------------------------ from the first to the last moment of this view

  const traits = ["about", "attempt", "offer", "clock", "phase", "lines", "boxes", "notes", "possible", "covers", "takes",
    "entered", "status", "scored"];
  let due = false;
  const soon = () => {
    if (!due) queueMicrotask(() => { due = false; paint(); }); // one message of the kernel changes several traits
    due = true;
  };
  for (const name of traits) model.on(`change:${name}`, soon);
  model.on("msg:custom", answered);
  window.addEventListener("keydown", rescue, true);
  window.addEventListener("pagehide", flush);
  const timer = setInterval(everySecond, 1000);
  paint();
  tell("hello");

  return () => {
    flush();
    stopRecording();
    if (attempt) unsent(attempt, [...outbox.values()].filter((one) => ["record", "audio"].includes(one.message.kind)));
    clearInterval(timer);
    channel?.close();
    for (const name of traits) model.off(`change:${name}`, soon);
    model.off("msg:custom", answered);
    window.removeEventListener("keydown", rescue, true);
    window.removeEventListener("pagehide", flush);
  };
}

export default { render };
