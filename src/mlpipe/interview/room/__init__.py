"""The room of the interview in JupyterLab: one attempt, on a page that is made once and only added to.

`Stage` is the page (stage.js, stage.css). Its traits are written here only; what the reader does comes as messages, and
`Room` turns each into an event of the engine. JupyterLab hands messages over in a thread of their own, and the clock
has another one: whoever touches an attempt holds LOCK.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as w
import traitlets as t

from mlpipe.course.boxes import prose
from mlpipe.interview import content, store
from mlpipe.interview.content import SAY, sentence
from mlpipe.interview.engine import Interview
from mlpipe.paths import call

LOCK = threading.RLock()  # of all attempts in this kernel, and of their files
KEEP = 10  # seconds after which the clock is saved, too
LONGEST = 1_000_000  # characters of one box: more is no answer, and would be written at each key
ASLEEP = 90  # seconds between two looks at the clock: longer is a closed lid, and no time of the interview
PATIENCE = 10  # seconds after which a page that does not answer is taken as one that cannot be shown
QUESTIONS_PHASE = "questions"  # the interviewer's: each question there has a box of its own
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # signs that a terminal would obey, where notes are shown again
_rooms: dict[str, Room] = {}  # by attempt: one clock and one writer each, however often its cell is run


class Awake:
    """A clock in seconds that stands while the machine sleeps, on systems whose own clock goes on; read it often."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._slept, self._seen = clock, 0.0, clock()

    def __call__(self) -> float:
        """Seconds from any start."""
        now = self._clock()
        if now - self._seen > ASLEEP:
            self._slept += now - self._seen
        self._seen = now
        return now - self._slept


class Stage(anywidget.AnyWidget):
    """The page. Its traits go one way, to the browser: what a browser sets here changes no attempt."""

    _esm = Path(__file__).with_name("stage.js")
    _css = Path(__file__).with_name("stage.css")

    words = t.Dict().tag(sync=True)  # what stands on buttons and labels
    plan = t.List(t.Dict()).tag(sync=True)  # {id, title, prompt, start, end, span, box} a phase
    about = t.Dict().tag(sync=True)  # title, prompt, target
    offer = t.Dict().tag(sync=True)  # an attempt that was left: attempt, elapsed
    attempt = t.Unicode().tag(sync=True)  # its id, "" before the start
    clock = t.Dict().tag(sync=True)  # state, elapsed in seconds, n: told anew when it grows
    phase = t.Unicode().tag(sync=True)
    lines = t.List(t.Dict()).tag(sync=True)  # what the interviewer said: id, at, kind, title, text; only added to
    boxes = t.List(t.Dict()).tag(sync=True)  # where the reader writes: id, title, prompt; only added to
    notes = t.Dict().tag(sync=True)  # box -> text, rev
    possible = t.List(t.Unicode()).tag(sync=True)  # which buttons, and whether a note or a question is taken
    covers = t.Dict().tag(sync=True)  # box -> what a strong answer has there; empty until it is over
    takes = t.List(t.Dict()).tag(sync=True)  # recordings: take, the second of the attempt at which it begins
    entered = t.List(t.Dict()).tag(sync=True)  # phases so far: title, at
    status = t.Dict().tag(sync=True)  # ok, saved, error
    scored = t.Bool().tag(sync=True)


def _locked(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def alone(*arguments: Any, **named: Any) -> Any:
        with LOCK:
            return method(*arguments, **named)

    return alone


class Room:
    """One attempt on the screen; `view` is the widget. The engine decides what is possible, `store` keeps it.

    `make_sheet(room)` gives the widget that asks for the score, shown below the page when the interview is over. With
    its own clock a room ticks each second from the start, also while a cell runs; who gives a `clock` calls `tick`.
    """

    interview: Interview  # once it was started or taken up again

    def __init__(
        self,
        question: str,
        seed: int | None,
        target: str,
        make_sheet: Callable[[Room], w.Widget],
        scenario: str | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.question, self.seed, self.target, self.make_sheet = question, seed, target, make_sheet
        self._by_itself = clock is None
        self.clock = clock = clock or Awake()
        self.scenario = content.scenario(question, scenario or store.next_scenario(question)).id
        content.known("target", target, content.LEVELS)  # told at once, not at the start
        earlier, damaged = store.attempts(question, clock)
        self.n_earlier = len(earlier)
        left = [one for one in earlier if not one.scores]
        self.left = left[-1] if left else None
        self.opened = self.over = self.answered = False
        self._done: dict[str, set[int]] = {}  # view -> messages that were taken: a repeat changes nothing
        self._revs: dict[str, int] = {}  # box -> the rev of its text
        self._parts: dict[str, int] = {}  # recording -> how many parts of it are in its file
        self._error, self._saved, self._ok = "\n".join(damaged), "", True
        self.elsewhere, self._saved_at = False, 0.0
        self._told_clock: tuple[str, float, float] = ("", 0.0, 0.0)
        self._closed = threading.Event()
        self._weakest = store.weakest(question)
        new = Interview(question, 0, clock, target, scenario=self.scenario)
        self.stage = Stage(
            words=SAY["room"] | {name: SAY["both"][name] for name in ("left", "hint")},
            plan=_plan(new),
            about=_about(self.left or new, sentence("room.ready", target=target)),
            offer={"attempt": self.left.attempt_id, "elapsed": self.left.elapsed()} if self.left else {},
            clock={"state": "ready", "elapsed": 0.0, "n": 0},
            phase=new.phase.id,
            possible=["continue", "again"] if self.left else ["start"],
            status={"ok": not damaged, "saved": "", "error": self._error},
        )
        self.below, self.hint = w.VBox(), w.HTML()
        self.view = w.VBox([self.hint, self.stage, self.below])
        self.stage.on_msg(self.receive)

    # What the page sends

    @_locked
    def receive(self, _: Any, message: Any, buffers: list[Any]) -> None:
        """Take one message of the page, tell what is wrong with it, show what is new, and answer it.

        A message is {kind, n, view, ...}: `n` counts the messages of one view. A repeat changes nothing and is answered
        again; a part of a recording that comes before an earlier one is not answered, and will be sent again.
        """
        try:
            view, n, act = self._read(message)
        except ValueError as error:
            self._error = str(error)
            self.publish()
            return
        done, fine = self._done.setdefault(view, set()), True
        if n not in done:
            try:
                if act(message, buffers) is False:
                    return
                self._error = "" if message["kind"] != "hello" else self._error
            except (OSError, ValueError) as error:
                self._error, fine = str(error), False
            done.add(n)
            if self.opened and message["kind"] not in ("hello", "audio", "play", "forget"):
                self._advance()
                self.save()
        self.publish()
        self.stage.send({"kind": "ack", "n": n, "view": view, "done": fine})

    def _read(self, message: Any) -> tuple[str, int, Callable[[dict[str, Any], list[Any]], bool | None]]:
        if not isinstance(message, dict):
            raise ValueError(f"found a {type(message).__name__}; expected a message with kind, n and view")
        kind, view = _name(message, "kind"), _name(message, "view")
        acts = {name.removeprefix("_on_"): name for name in dir(self) if name.startswith("_on_")}
        content.known("kind", kind, acts)
        while len(self._done) > 50:  # pages of long ago
            del self._done[next(iter(self._done))]
        if not self.opened and kind not in ("hello", "start", "continue"):
            raise ValueError(sentence("room.not_begun"))
        return view, _whole(message, "n", 2**52), getattr(self, acts[kind])

    def _on_hello(self, message: dict[str, Any], buffers: list[Any]) -> None:
        self.answered = True
        self._told_clock = ("", 0.0, 0.0)
        self.hint.value = ""

    def _on_start(self, message: dict[str, Any], buffers: list[Any]) -> None:
        if not self.opened:
            seed = self.n_earlier if self.seed is None else self.seed
            self._open(Interview(self.question, seed, self.clock, self.target, store.new_attempt_id(), self.scenario))
            self.interview.start()

    def _on_continue(self, message: dict[str, Any], buffers: list[Any]) -> None:
        """Take an attempt up as it is now, with the clock where the page saw it last if that is later."""
        if self.opened:
            return
        if self.left is None or message.get("attempt") != self.left.attempt_id:
            raise ValueError(sentence("room.not_left", found=f"{message.get('attempt')!r:.100}"))
        seen = message.get("elapsed")
        if isinstance(seen, bool) or not isinstance(seen, int | float) or not 0 <= seen <= self.left.total:
            raise ValueError(f"elapsed is {seen!r:.100}; expected 0 to {self.left.total:g} seconds")
        if other := _rooms.get(self.left.attempt_id):  # in another cell
            other.close()
            interview = other.interview
        else:
            interview = store.load(self.question, self.left.attempt_id, self.clock)
        self._open(interview)
        if interview.state == "paused":
            interview.resume()
            interview.catch_up(seen)

    def _on_pause(self, message: dict[str, Any], buffers: list[Any]) -> None:
        if self.interview.state == "running":
            self.interview.pause()

    def _on_resume(self, message: dict[str, Any], buffers: list[Any]) -> None:
        if self.interview.state == "paused":
            self.interview.resume()

    def _on_next(self, message: dict[str, Any], buffers: list[Any]) -> None:
        if message.get("phase") == self.interview.phase.id:  # else a click that came too late
            self.interview.reveal()

    def _on_question(self, message: dict[str, Any], buffers: list[Any]) -> None:
        self.interview.interrupt(weakest=self._weakest)

    def _on_hint(self, message: dict[str, Any], buffers: list[Any]) -> None:
        if message.get("phase") == self.interview.phase.id:
            self.interview.hint()

    def _on_ask(self, message: dict[str, Any], buffers: list[Any]) -> None:
        self.interview.ask(_text(message))

    def _on_finish(self, message: dict[str, Any], buffers: list[Any]) -> None:
        if self.interview.state != "finished":
            self.interview.finish()
        self.over = True

    def _on_note(self, message: dict[str, Any], buffers: list[Any]) -> None:
        """Keep the text of a box if it is newer than what is kept: the highest rev wins, in all views."""
        box, text, rev = _name(message, "box"), _text(message), _whole(message, "rev", 2**52)
        if box not in self._titles():
            raise ValueError(sentence("room.no_box", found=repr(box), known=", ".join(self._titles())))
        if rev > self._revs.get(box, 0):
            if text != self._texts().get(box, ""):
                event = {"kind": "note", "phase": box}
                if box in self.interview.dealt:
                    event = {"kind": "answer", "followup": box}
                self.interview.apply(event | {"text": text, "rev": rev})
            self._revs[box] = rev

    def _on_record(self, message: dict[str, Any], buffers: list[Any]) -> None:
        take = _name(message, "take")
        if take not in self.interview.takes:
            self.interview.apply({"kind": "record", "take": take})

    def _on_audio(self, message: dict[str, Any], buffers: list[Any]) -> bool:
        """Append a part of a recording to its file, the parts in their order.

        A kernel that was restarted takes the part that the page offers first: those before it are in the file.
        """
        take, part = _name(message, "take"), _whole(message, "part", 10_000)
        if len(buffers) != 1:
            raise ValueError(f"found {len(buffers)} buffers; expected one with sound")
        if take not in self._parts and take in [one.take for one in store.recordings(self.interview)]:
            self._parts[take] = max(part, 1)
        if part == self._parts.get(take, 0):
            store.add_recording(self.interview, take, bytes(buffers[0]), new=part == 0)
            self._parts[take] = part + 1
        return part < self._parts.get(take, 0)

    def _on_play(self, message: dict[str, Any], buffers: list[Any]) -> None:
        take = self._recording(message)
        answer = {"kind": "voice", "take": take.take, "view": message["view"]}
        self.stage.send(answer, [take.path.read_bytes()])

    def _on_forget(self, message: dict[str, Any], buffers: list[Any]) -> None:
        self._recording(message).path.unlink()

    def _recording(self, message: dict[str, Any]) -> store.Recording:
        for one in store.recordings(self.interview):
            if one.take == message.get("take"):
                return one
        raise ValueError(sentence("room.no_take"))

    # What happens by itself

    def _open(self, interview: Interview) -> None:
        self.interview, self.opened = interview, True
        path = store.folder(self.question) / f"{interview.attempt_id}.json"
        written = int(path.stat().st_mtime * 1000) if path.exists() else 0
        for event in interview.events:  # a terminal gives no rev: what it wrote is as old as the file
            if event["kind"] in ("note", "answer"):
                rev = event.get("rev", written)
                self._revs[event.get("phase") or event["followup"]] = rev if isinstance(rev, int) else written
        self.over = interview.state == "finished" and not interview.writable
        _rooms[interview.attempt_id] = self
        if self._by_itself:
            threading.Thread(target=self._watch, name="mlpipe interview", daemon=True).start()

    @_locked
    def tick(self) -> bool:
        """Let happen what is due, save and show it; False when nothing will happen by itself any more."""
        if self._closed.is_set():
            return False
        self._advance()
        self.publish()
        return not (self.over or self.elsewhere)

    def _watch(self) -> None:
        while self.tick():
            self._closed.wait(1)

    @_locked
    def close(self) -> None:
        """Leave the attempt to another room."""
        self._closed.set()
        if self.opened:
            _rooms.pop(self.interview.attempt_id, None)
        self.view.close()
        self.stage.close()

    def _advance(self) -> None:
        interview = self.interview
        before = len(interview.events)
        interview.advance(self._weakest)
        self.over |= interview.state == "finished" and not interview.writable
        if len(interview.events) != before or not self._ok or interview.elapsed() - self._saved_at >= KEEP:
            self.save()

    @_locked
    def save(self) -> None:
        """Write the attempt to its file, and say so, or what prevents it."""
        try:
            path = store.save(self.interview)
        except (OSError, ValueError) as error:
            self._ok, self._saved, self._error = False, sentence("room.not_saved"), str(error)
            self.elsewhere = isinstance(error, ValueError)
        else:
            if not self._ok:
                self._error = ""
            self._ok, self._saved = True, sentence("room.saved", folder=path.parent)
            self._saved_at = self.interview.elapsed()

    # What the page shows

    @_locked
    def publish(self) -> None:
        """Show what is new: a trait that is as it was is not sent."""
        stage = self.stage
        with stage.hold_sync():
            stage.status = {"ok": self._ok, "saved": self._saved, "error": self._error}
            if not self.opened:
                return
            interview, titles, texts = self.interview, self._titles(), self._texts()
            stage.attempt, stage.phase, stage.possible = interview.attempt_id, interview.phase.id, self._possible()
            stage.about = _about(interview, sentence("room.target", target=interview.target))
            stage.plan = _plan(interview)
            stage.lines = [one._asdict() for one in interview.lines]
            stage.boxes = [{"id": box, "title": title, "prompt": prompt} for box, (title, prompt) in titles.items()]
            stage.notes = {
                box: {"text": texts.get(box, ""), "rev": self._revs[box]} for box in titles if box in self._revs
            }
            begun = [event["at"] for event in interview.events if event["kind"] in ("start", "reveal")]
            reached = interview.content.phases[: len(begun)]
            stage.entered = [{"title": p.title, "at": at} for p, at in zip(reached, begun, strict=True)]
            stage.takes = [{"take": one.take, "start": one.start} for one in store.recordings(interview)]
            stage.scored = bool(interview.scores)
            if self.over:
                stage.covers = {one.id: one.covers for one in reached}
            self._publish_clock()
        if self.over and not self.below.children:
            self.below.children = [self.make_sheet(self)]

    def _publish_clock(self) -> None:
        """The browser's clock runs by itself: it is told when it stands wrong, and every ten seconds."""
        state, elapsed, now = self.interview.state, self.interview.elapsed(), self.clock()
        was, then, at = self._told_clock
        expected = then + (now - at if state == "running" else 0)
        if state != was or abs(expected - elapsed) > 0.5 or (state == "running" and now - at >= KEEP):
            self._told_clock = (state, elapsed, now)
            self.stage.clock = {"state": state, "elapsed": elapsed, "n": self.stage.clock["n"] + 1}

    def _possible(self) -> list[str]:
        """Names of buttons, and of what else the page may send."""
        kinds = self.interview.possible()
        names = {"reveal": "next", "interrupt": "question"}
        known = ("pause", "resume", "reveal", "interrupt", "hint", "finish", "ask", "note", "record")
        found = [names.get(kind, kind) for kind in known if kind in kinds]
        # the minute to end a sentence need not be waited for
        return found + (["finish"] if self.interview.writable and "finish" not in found else [])

    def _titles(self) -> dict[str, tuple[str, str]]:
        """Each box that the reader can write into: its title, and the sentence beside it."""
        interview, phases = self.interview, self.interview.content.phases
        n_begun = phases.index(interview.phase) + 1
        found = {one.id: (one.title, interview.prompt(one)) for one in phases[:n_begun] if self._is_boxed(one.id)}
        asked = {one.id: (sentence("room.asked"), one.ask) for one in interview.dealt_followups}
        last = {one.id: found.pop(one.id) for one in phases[-1:] if one.id in found}
        return found | asked | last

    def _is_boxed(self, phase: str) -> bool:
        """The interviewer's questions have a box each, so that phase needs none, unless something stands in it."""
        return phase != QUESTIONS_PHASE or phase in self.interview.notes

    def _texts(self) -> dict[str, str]:
        return self.interview.notes | self.interview.answers

    # Where the page cannot be shown

    @_locked
    def say_where(self) -> None:
        """Name the terminal, if no page has answered."""
        if not self.answered:
            self.hint.value = prose(elsewhere(self.question))


def find(question: str) -> Room | None:
    """The room of this kernel in which an attempt at the question goes on: to be shown again, not begun anew."""
    with LOCK:
        for room in _rooms.values():
            if room.question == question and not room.over and not room.elsewhere:
                return room
    return None


def elsewhere(question: str) -> str:
    """One sentence: where the interview can be sat, when this is not JupyterLab."""
    return sentence("room.elsewhere", lab=call("lab"), call=call("interview", question=question))


def is_lab() -> bool:
    """Whether this kernel may belong to JupyterLab or Notebook; False in VS Code and Colab.

    JupyterLab that was started in a terminal of VS Code has its variables, too, but names the notebook's session.
    """
    code = any(name.startswith("VSCODE_") for name in os.environ) and "JPY_SESSION_NAME" not in os.environ
    return not code and "google.colab" not in sys.modules


def _about(interview: Interview, target: str) -> dict[str, str]:
    title = f"{interview.content.title}: {interview.scene.title}"
    return {"title": title, "prompt": interview.scene.prompt, "target": target}


def _plan(interview: Interview) -> list[dict[str, Any]]:
    names = ("id", "title", "start", "end", "span")
    return [
        {name: getattr(phase, name) for name in names}
        | {"prompt": interview.prompt(phase), "box": phase.id != QUESTIONS_PHASE}
        for phase in interview.content.phases
    ]


def _whole(message: dict[str, Any], name: str, most: float) -> int:
    value = message.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError(f"{name} is {value!r:.100}; expected a whole number from 0 to {most:.0f}")
    return value


def _name(message: dict[str, Any], name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 80:
        raise ValueError(f"{name} is {value!r:.100}; expected a name of at most 80 letters")
    return value


def _text(message: dict[str, Any]) -> str:
    """The text of a message, without signs that are no text. Raises ValueError for none, and for a book."""
    text = message.get("text")
    if not isinstance(text, str):
        raise ValueError(f"text is a {type(text).__name__}; expected text")
    if len(text) > LONGEST:
        raise ValueError(sentence("room.too_long", found=f"{len(text):,}", most=f"{LONGEST:,}"))
    return _CONTROL.sub("", text).encode("utf-8", "replace").decode()
