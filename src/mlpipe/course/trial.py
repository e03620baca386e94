"""Where an answer is tried: in a process of its own, so that it can always be ended and breaks nothing.

On Linux the process is a fork of the kernel: it sees the notebook's functions and data as they are, costs some
milliseconds, and can be killed even while it holds the interpreter's lock (`9**9**9`, a regular expression that
backtracks). An answer's side effects stay there: a list of the notebook to which it appends is not longer afterwards.
What it prints is handed on.

Elsewhere it is tried in a thread: Windows has no fork, and Apple's libraries do not survive one. There an answer that
holds the lock cannot be stopped, and `os._exit` ends the kernel. A thread is also the second try when a forked process
only waited: it has none of the kernel's other threads, and may need one of them.
"""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import faulthandler
import io
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import Pipe
from typing import Any, NoReturn

from threadpoolctl import threadpool_limits

from mlpipe.course.boxes import shell

if sys.platform == "linux":
    import resource

FORK = sys.platform == "linux"
PRINTED = 20_000  # characters of an answer's output that are shown
MEMORY = 4 << 30  # bytes that an answer may use on top of what the kernel has: a list that only grows must not take all
REST = 60  # seconds after which a process ends by itself, also when the kernel was killed meanwhile

Tell = Callable[..., None]  # tell("call"): a stage begins; tell("printed", text); tell("result", anything)
Work = Callable[[Tell], Any]


def silent(*_: Any) -> None:
    """Tell nobody."""


class TimeUp(BaseException):
    """Thrown into an answer that does not return; a BaseException, so `except Exception` does not swallow it."""


@dataclass
class Report:
    """What became of a trial. Without a `result` it was out of time, or `ended` says how its process went."""

    result: Any = None
    stage: str = ""  # the last one that began
    ended: str | None = None
    stuck: bool = False  # a thread that cannot be stopped


def attempt(work: Work, seconds: float) -> Report:
    """Call `work(tell)`, with `seconds` for each stage that it tells of, and report its result.

    What it prints appears here. KeyboardInterrupt, from the reader, ends the trial and is raised.
    """
    return (_in_a_process(work, seconds) if FORK else None) or _in_a_thread(work, seconds)


def plain(value: object, limit: int) -> str:
    """What a value says as text that every stream can encode, cut after `limit` characters."""
    try:
        text = str(value)
    except Exception:
        text = "?"
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _in_a_process(work: Work, seconds: float) -> Report | None:
    """Try in a forked process; None when there is no memory for one, when it never began, or when it only waited."""
    told, telling = Pipe(duplex=False)
    try:
        with warnings.catch_warnings():  # Python warns of forks beside threads, which it may wait for
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
    except OSError:
        return None
    if child == 0:
        _be_the_child(work, _Teller(telling), seconds)
    report, late = Report(), False
    try:
        telling.close()
        late = _listen(told, report, seconds, sys.stdout)
    finally:
        gone, status, worked = _end(child)
    if report.result is None and (gone or not late):
        report.ended = f"signal {-status}" if status < 0 else f"exit status {status}"
    waited = not report.stage or (report.ended is None and worked < seconds / 10)
    return None if report.result is None and waited else report


def _be_the_child(work: Work, teller: _Teller, seconds: float) -> NoReturn:
    """The life of the forked process: nothing that it does reaches the kernel, except through the pipe."""
    try:
        os.setsid()  # an interrupt from the keyboard is for the kernel; what the answer starts ends with it
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(int(5 * seconds) + REST)
        faulthandler.disable()  # a crash is told in the answer's feedback
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with contextlib.suppress(OSError, ValueError), open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
        # GNU's OpenMP waits for ever for the threads of before the fork, where OpenBLAS makes new ones
        threadpool_limits(1, user_api="openmp")
        with _surroundings(teller):
            result = work(teller.say)
        teller.say("result", result)
    finally:
        os._exit(0)


def _end(child: int) -> tuple[bool, int, float]:
    """Kill the process, and what it has started: whether it was over, its exit status, its seconds of work."""
    try:
        gone, status, used = os.wait4(child, os.WNOHANG)
        for kill in (os.killpg, os.kill)[: 1 if gone else 2]:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(child, signal.SIGKILL)
        if not gone:
            _, status, used = os.wait4(child, 0)
    except ChildProcessError:  # somebody else has waited for all children
        return True, 0, 0.0
    return bool(gone), os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime


def _in_a_thread(work: Work, seconds: float) -> Report:
    """Try in a thread: works on every platform, and returns also when most answers that never return do not."""
    told, telling = Pipe(duplex=False)
    report, teller, shown_here = Report(), _Teller(telling), sys.stdout

    def body() -> None:  # it holds the teller, too: `print` does not, and may be writing when it is put away
        with contextlib.suppress(TimeUp):
            teller.say("result", work(teller.say))

    thread = threading.Thread(target=body, daemon=True)
    try:
        with _surroundings(teller):
            thread.start()
            _listen(told, report, seconds, shown_here)
    finally:
        told.close()
        for _ in range(10):  # an answer that swallows the first one meets the next
            thread.join(0.1 if report.result is None else seconds)
            if not thread.is_alive():
                break
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(TimeUp))
        report.stuck = thread.is_alive()
    return report


def _listen(told: Any, report: Report, seconds: float, out: Any) -> bool:
    """Follow what is told until there is a result, or an end: whether a stage took more than `seconds`."""
    end = time.monotonic() + seconds
    while report.result is None:
        if not told.poll(max(0.0, end - time.monotonic())):
            return True
        try:
            kind, content = told.recv()
        except Exception:  # the end, or something that the answer itself wrote into the pipe
            break
        if kind == "printed":
            print(content, end="", file=out)
        elif kind == "result":
            report.result = content
        else:
            report.stage, end = kind, time.monotonic() + seconds
    return False


class _Teller(io.TextIOBase):
    """What is told through a pipe; as a stream it hands on the beginning of what is printed to it."""

    def __init__(self, telling: Any):
        self._telling, self._lock, self._room = telling, threading.RLock(), PRINTED

    def say(self, kind: str, content: Any = "") -> None:
        with self._lock, contextlib.suppress(OSError):  # where nobody listens any more
            self._telling.send((kind, content))

    def write(self, text: str) -> int:
        if self._room:
            part = text[: self._room]
            self._room -= len(part)
            self.say("printed", plain(part, PRINTED))
            if not self._room:
                self.say("printed", f"\n… (shown are the first {PRINTED:,} characters that your function prints)\n")
        return len(text)

    def writable(self) -> bool:
        return True


@contextlib.contextmanager
def _surroundings(printed: io.TextIOBase) -> Iterator[None]:
    """What an answer can reach of the notebook: it may print and display; it can neither ask nor end the kernel."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise RuntimeError("a check cannot wait for your input: call your function in a cell of its own")

    def publish(data: dict[str, Any], *_: Any, **__: Any) -> None:
        print(data.get("text/plain", ""))

    changes: list[tuple[Any, str, Any]] = [(sys, "stdout", printed), (sys, "stderr", printed)]
    changes += [(sys, "stdin", io.StringIO()), (builtins, "input", refuse)]
    if kernel := shell():
        changes += [(kernel, "ask_exit", sys.exit), (kernel.display_pub, "publish", publish)]
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in changes]
    try:
        for change in changes:
            setattr(*change)
        yield
    finally:
        for change in before:
            setattr(*change)
