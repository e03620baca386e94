"""A second rater, off unless MLPIPE_RATER_URL names a chat-completions endpoint of the reader's own.

Nothing else is contacted: no proxy, no redirect, no key. Its levels stand beside the reader's, never in their place.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mlpipe.course.record import PRIVATE, write
from mlpipe.interview import content, store
from mlpipe.interview.content import DIMENSIONS, QUESTIONS, sentence
from mlpipe.interview.engine import Interview
from mlpipe.interview.hearing import squeezed
from mlpipe.interview.score import weighted_kappa
from mlpipe.interview.views import render

URL, MODEL, SECONDS = "MLPIPE_RATER_URL", "MLPIPE_RATER_MODEL", "MLPIPE_RATER_SECONDS"
EXAMPLE = "http://localhost:8080/v1/chat/completions"
MOST = 1_000_000  # bytes of an answer that are read
WORDS = 3  # of a quote: one or two occur in any answer
LEAST = 36  # pairs of levels, four attempts: below that a kappa says little


@dataclass(frozen=True)
class Opinion:
    """What the second rater gave: levels with a quote each, how many were `dropped`, or the `problem` in a sentence."""

    model: str = ""
    levels: Mapping[str, int] = field(default_factory=dict)
    quotes: Mapping[str, str] = field(default_factory=dict)
    dropped: int = 0
    problem: str = ""


def wanted() -> bool:
    """Whether the reader has named an endpoint."""
    return bool(os.environ.get(URL, "").strip())


def ask(interview: Interview, progress: Callable[[int], None] = lambda seconds: None) -> Opinion | None:
    """Ask for a second opinion on a scored attempt and keep it beside the attempt; None when no endpoint is named.

    What prevents it is the opinion's `problem`. `progress` is called each second with the seconds that have passed.
    Raises ValueError before the attempt is scored, since another's levels would sway the reader's own, OSError when the
    folder cannot be written, KeyboardInterrupt when the reader does not want to wait; nothing is kept then.
    """
    if not wanted():
        return None
    if not interview.scores:
        raise ValueError(sentence("rater.first"))
    model, said = os.environ.get(MODEL, "").strip() or "default", words_of(interview)
    try:
        opinion = Opinion(model, *_asked(interview.content, said, model, progress))
    except _Problem as problem:
        opinion = Opinion(model, problem=str(problem))
    write(path(interview), json.dumps(asdict(opinion), indent=1) + "\n", PRIVATE)
    return opinion


def ask_beside(interview: Interview, done: Callable[[Opinion], object]) -> threading.Thread | None:
    """`ask` in a thread, for a page that must not wait, then call `done` there; None when no endpoint is named."""

    def work() -> None:
        try:
            opinion = ask(interview)
        except (OSError, ValueError) as error:
            opinion = Opinion(problem=str(error))
        if opinion:
            done(opinion)

    if not wanted():
        return None
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def path(interview: Interview) -> Path:
    """The file of the opinion, beside the attempt."""
    return store.folder(interview.question) / f"{interview.attempt_id}.rater.json"


def opinion(interview: Interview) -> Opinion | None:
    """The opinion that was kept, or None; of a file that cannot be read, the problem."""
    file = path(interview)
    if not file.exists():
        return None
    try:
        return _kept(json.loads(file.read_text(encoding="utf-8")), words_of(interview))
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return Opinion(problem=sentence("rater.unreadable", path=file))


def _kept(entry: dict[str, Any], said: str) -> Opinion:
    """An opinion from its file; a level whose quote does not occur in what was said is dropped here, too."""
    given = {d: {"level": level, "quote": entry["quotes"].get(d, "")} for d, level in entry["levels"].items()}
    levels, quotes, dropped = _held(given, said)
    return Opinion(str(entry["model"]), levels, quotes, int(entry["dropped"]) + dropped, str(entry["problem"]))


def agreement() -> str:
    """How the second rater agrees with the reader's last own scores of all attempts; "" without any."""
    asked = [name for name in QUESTIONS if any(store.folder(name).glob("*.rater.json"))]  # the others need no reading
    mine, theirs = list[int](), list[int]()
    for one in (attempt for name in asked for attempt in store.attempts(name)[0]):
        if one.own_scores and (second := opinion(one)):
            own = one.own_scores[-1]["levels"]
            both = [d for d in DIMENSIONS if d in own and d in second.levels]
            mine += [own[d] for d in both]
            theirs += [second.levels[d] for d in both]
    if not mine:
        return ""
    if len(mine) < LEAST:
        return sentence("rater.few", n=len(mine), least=LEAST)
    return sentence("rater.kappa", kappa=weighted_kappa(mine, theirs), n=len(mine))


def words_of(interview: Interview) -> str:
    """What the candidate said, as the rater reads it."""
    return interview.said


class _Problem(Exception):
    """What prevents an opinion, in a sentence."""


def _asked(
    asked: content.Question, said: str, model: str, progress: Callable[[int], None]
) -> tuple[dict[str, int], dict[str, str], int]:
    """Ask, wait and read the answer. Raises _Problem."""
    url, allowed = _url(), _seconds()
    if not said.strip():
        raise _Problem(sentence("rater.nothing_said"))
    found: list[bytes | _Problem] = []

    def work() -> None:
        try:
            found.append(_post(url, _request(asked, said, model), allowed))
        except _Problem as problem:
            found.append(problem)

    # a thread that can be left behind: a server that sends a byte now and then must not hold the reader
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    start, told = time.monotonic(), 0
    while thread.is_alive() and (waited := time.monotonic() - start) < allowed:
        thread.join(min(0.2, allowed - waited))
        if (whole := int(time.monotonic() - start)) > told:
            told = whole
            progress(told)
    if not found:
        raise _slow(allowed)
    if isinstance(found[0], _Problem):
        raise found[0]
    levels, quotes, dropped = _held(_parsed(_read(found[0])), said)
    if not levels:
        raise _Problem(sentence("rater.none_held", dropped=dropped))
    return levels, quotes, dropped


def _url() -> str:
    """The address, if it is one."""
    url = os.environ[URL].strip()
    try:
        parts = urllib.parse.urlsplit(url)
        right = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        right = False
    if not right:
        raise _Problem(sentence("rater.url", name=URL, example=EXAMPLE))
    return url


def _seconds() -> float:
    """How long to wait."""
    try:
        seconds = float(os.environ.get(SECONDS) or 60)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise _Problem(sentence("rater.seconds", name=SECONDS))
    return seconds


def _slow(allowed: float) -> _Problem:
    return _Problem(sentence("rater.slow", seconds=allowed, name=SECONDS))


def _request(asked: content.Question, said: str, model: str) -> dict[str, Any]:
    """The question as the endpoint expects it. The fence depends on the words, so that they cannot hold it."""
    fence = hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]
    values = {"asked": asked, "fence": fence, "said": said, "words": WORDS}
    return {
        "model": model,
        "temperature": 0,
        "messages": [
            {"role": "system", "content": render("rater_rules.txt", **values)},
            {"role": "user", "content": render("rater_words.txt", **values)},
        ],
    }


def _post(url: str, body: dict[str, Any], allowed: float) -> bytes:
    """Send the question to this address only, and return the answer."""
    opener = urllib.request.OpenerDirector()  # not build_opener: that one knows proxies and follows redirects
    for handler in (
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", "Accept": "application/json"})
    try:
        with closing(opener.open(request, timeout=allowed)) as answer:
            text = answer.read(MOST + 1)
    except urllib.error.HTTPError as error:
        error.close()
        away = 300 <= error.code < 400
        told = sentence("rater.redirect" if away else "rater.status", code=error.code, name=URL)
        raise _Problem(told) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = getattr(error, "reason", error)
        if isinstance(why, TimeoutError):
            raise _slow(allowed) from None
        raise _Problem(sentence("rater.unreachable", why=f"{type(why).__name__}: {why}", name=URL)) from None
    if len(text) > MOST:
        raise _Problem(sentence("rater.long", most=MOST))
    return text


def _read(answer: bytes) -> str:
    """The text in an endpoint's answer."""
    try:
        text = json.loads(answer)["choices"][0]["message"]["content"]
    except (ValueError, TypeError, LookupError, RecursionError):
        text = None
    if not isinstance(text, str):
        raise _Problem(sentence("rater.nonsense", name=URL))
    return text


def _parsed(text: str) -> Mapping[str, Any]:
    """The levels in what the model wrote: from its first brace to its last, since many put words around."""
    try:
        given = json.loads(text[text.find("{") : text.rfind("}") + 1])
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict) or not any(one in DIMENSIONS for one in given):
        raise _Problem(sentence("rater.refused"))
    return given


def _held(given: Mapping[str, Any], said: str) -> tuple[dict[str, int], dict[str, str], int]:
    """The levels whose quote occurs in what was said, whatever case and spaces, and how many are dropped.

    A 0 says that there was nothing to quote, and stands alone.
    """
    words, levels, quotes, dropped = squeezed(said), dict[str, int](), dict[str, str](), 0
    for one in DIMENSIONS:
        if (entry := given.get(one)) is None:
            continue
        level, quote = (entry.get("level"), entry.get("quote")) if isinstance(entry, dict) else (None, None)
        quote = " ".join(quote.split()) if isinstance(quote, str) else ""
        found = len(quote.split()) >= WORDS and squeezed(quote) in words
        if type(level) is int and 0 <= level <= 4 and (found or level == 0):
            levels[one], quotes[one] = level, quote if found else ""
        else:
            dropped += 1
    return levels, quotes, dropped
