"""Claims: what a lesson asserts about its own results, checked each time the lesson runs."""

from __future__ import annotations

import html
import math
import re
import string
import sys
import warnings
from dataclasses import asdict, dataclass
from numbers import Integral
from typing import Any

import mlpipe
from mlpipe.course.boxes import BAD, GOOD, NEUTRAL, box, prose, shell, show, sign
from mlpipe.course.record import update_record
from mlpipe.paths import home

_ID = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")


class ClaimFailed(AssertionError):
    """A claim does not hold at full scale: the lesson stops here."""


@dataclass(frozen=True)
class Claim:
    """A checked sentence. `value`, `baseline` are raw; `shown` and `bound` are written for people."""

    id: str
    sentence: str
    value: float
    baseline: float
    bound: str
    shown: str
    shown_baseline: str
    holds: bool
    seed: int | None
    scale: str


_made: dict[str, tuple[Claim, Any, Any]] = {}  # id -> claim, the place in the code, the run of that place


def claim(
    sentence: str,
    value: float,
    *,
    id: str,
    baseline: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    between: tuple[float, float] | None = None,
    equal_to: float | None = None,
    fmt: str | None = None,
    resolution: float | None = None,
) -> None:
    """State what a result shows, and fail when it no longer shows it.

    `sentence` says it in words; `value` is the measured number; `id` is unique in the course ("05.als_vs_popularity",
    the lesson, then a name); `baseline` is what a trivial model would score, and must miss the bound; one bound:
    `at_least`, `at_most`, `between=(low, high)` or `equal_to`; `fmt` is a format specification for the numbers (".1%").
    `resolution`, beside `at_most`, is for an error that may be of rounding alone, whose digits depend on the CPU: a
    smaller value is recorded as it, and shown as "below" it.
    SEED and SCALE are read from the notebook. At SCALE = "small" the claim is shown and recorded, but not enforced.

    Raises ClaimFailed when the claim does not hold, ValueError when it is no claim: no bound or two, no baseline or one
    that meets the bound too, a value that is not a finite number, an id that was used before.

    >>> claim("Two thirds are more than half", 2 / 3, id="99.example", baseline=0.5, at_least=0.6, fmt=".1%")
    ✓ Two thirds are more than half
      66.7% (bound: at least 60.0%; trivial baseline: 50.0%) [99.example]
    """
    namespace = sys._getframe(1).f_globals
    scale = namespace.get("SCALE", "full")
    if scale not in ("full", "small"):
        raise ValueError(f'SCALE is {scale!r}; expected "full" or "small": set it in the cell tagged parameters')
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise ValueError(f'id is {id!r}; expected lesson and name in lower case, such as "05.als_vs_popularity"')
    if not isinstance(sentence, str) or not sentence.strip():
        raise ValueError(f"claim {id}: sentence is {sentence!r}; say in words what the number shows")
    if baseline is None:
        raise ValueError(f"claim {id}: no baseline; pass the value that a trivial model would score")
    number, trivial = _finite(value, f"claim {id}: value"), _finite(baseline, f"claim {id}: baseline")
    low, high, words = _bound(id, at_least, at_most, between, equal_to, lambda x: shown(x, fmt))
    if resolution is not None and (at_most is None or not 0 < resolution < high):
        raise ValueError(f"claim {id}: resolution is {resolution!r}; expected a number above 0, and below at_most")
    if below := resolution is not None and 0 <= number < resolution:
        value = number = resolution
    if scale == "full" and low <= trivial <= high:
        raise ValueError(
            f"claim {id}: the trivial baseline ({shown(baseline, fmt)}) meets the bound ({words}) too, so the claim "
            "shows nothing; tighten the bound or compare with a stronger baseline"
        )
    made = Claim(
        id=id,
        sentence=sentence.strip(),
        value=number,
        baseline=trivial,
        bound=words,
        shown=f"below {shown(value, fmt)}" if below else shown(value, fmt),
        shown_baseline=shown(baseline, fmt),
        holds=low <= number <= high,
        seed=int(seed) if isinstance(seed := namespace.get("SEED"), Integral) else None,
        scale=scale,
    )
    _remember(made, sys._getframe(1).f_code.co_filename)
    _show_claim(made)
    _record(made)
    if not made.holds and scale == "full":
        raise ClaimFailed(f"{id}: {made.sentence}: {made.shown}, expected {words}")


def say(text: str) -> None:
    """Show the closing box, with the values of this run's claims: say("... {05.als_vs_popularity:.1f} times ...").

    Without a format specification a claim appears as it was shown. Raises ValueError for an id that no claim of this
    run has.
    """
    parts = []
    for literal, field, spec, _ in string.Formatter().parse(text):
        parts.append(literal)
        if field is None:
            continue
        if field not in _made:
            known = ", ".join(sorted(_made)) or "none yet"
            raise ValueError(f"say: no claim {field!r} was made in this run (made: {known}); run the cells above first")
        made = _made[field][0]
        parts.append(format(made.value, spec) if spec else made.shown)
    spoken = "".join(parts)
    title = "Say it in the interview"
    show(
        box(NEUTRAL, f"<strong>{title}</strong>", f"“{prose(spoken)}”"),
        f"{title}\n  “{spoken}”",
        {"say": spoken},
    )


def shown(value: float, fmt: str | None = None) -> str:
    """A number as people read it: by `fmt`, else integers in full and floats to three significant digits.

    >>> shown(3924123.4), shown(100004), shown(0.61523), shown(0.5, ".0%")
    ('3,920,000', '100,004', '0.615', '50%')
    """
    if fmt is not None:
        return format(value, fmt)
    if isinstance(value, Integral):
        return f"{int(value):,}"
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 1000 else f"{rounded:.3g}"


def _finite(value: Any, name: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {value!r}; expected one finite number") from None
    if not math.isfinite(number):
        raise ValueError(f"{name} is {number}; expected a finite number: look where it was computed")
    return number


def _bound(id, at_least, at_most, between, equal_to, shown) -> tuple[float, float, str]:
    given = {"at_least": at_least, "at_most": at_most, "between": between, "equal_to": equal_to}
    named = [name for name, bound in given.items() if bound is not None]
    if len(named) != 1:
        found = " and ".join(named) or "none"
        raise ValueError(f"claim {id}: bounds given: {found}; pass exactly one of {', '.join(given)}")
    where = f"claim {id}: {named[0]}"
    if between is not None:
        if not (isinstance(between, tuple | list) and len(between) == 2):
            raise ValueError(f"{where} is {between!r}; expected two numbers (low, high)")
        low, high = (_finite(b, where) for b in between)
        if low >= high:
            raise ValueError(f"{where} is {between!r}; the low end must be below the high end")
        return low, high, f"between {shown(between[0])} and {shown(between[1])}"
    if equal_to is not None:
        target = _finite(equal_to, where)
        slack = 1e-9 * abs(target)  # rounding of floats only
        return target - slack, target + slack, f"equal to {shown(equal_to)}"
    if at_least is not None:
        return _finite(at_least, where), math.inf, f"at least {shown(at_least)}"
    return -math.inf, _finite(at_most, where), f"at most {shown(at_most)}"


def _remember(made: Claim, filename: str) -> None:
    """Refuse a second use of an id, but let a reader run the same cell again."""
    place, run = filename, None
    parent: dict[str, Any] = getattr(shell(), "get_parent", dict)() or {}
    if parent:
        place = parent.get("metadata", {}).get("cellId") or filename  # a front end that sends no cell id: by content
        run = parent.get("header", {}).get("msg_id")
    if made.id in _made:
        _, first_place, first_run = _made[made.id]
        if run is None or run == first_run or place != first_place:
            raise ValueError(
                f"claim id {made.id!r} is used a second time; each claim has its own "
                "(if you moved or edited the cell, restart the kernel)"
            )
    _made[made.id] = (made, place, run)


def _show_claim(made: Claim) -> None:
    mark, colour = ("✓", GOOD) if made.holds else ("✗", BAD)
    detail = f"{made.shown} (bound: {made.bound}; trivial baseline: {made.shown_baseline})"
    if made.scale == "small":
        detail += "; small scale: shown, not enforced"
    show(
        box(
            colour,
            f"{sign(colour, mark)} {prose(made.sentence)}",
            f"<strong>{html.escape(made.shown)}</strong> <small>{html.escape(detail[len(made.shown) :].strip())} "
            f"<code>{made.id}</code></small>",
        ),
        f"{mark} {made.sentence}\n  {detail} [{made.id}]",
        {"claim": asdict(made)},
    )


def _record(made: Claim) -> None:
    """Keep the value in the reader's own record; a folder that cannot be written costs the record, not the lesson."""
    path = home() / "claims" / f"{made.id.split('.')[0]}.json"
    entry = {
        key: value for key, value in asdict(made).items() if key in ("value", "seed", "scale", "sentence", "shown")
    }
    try:
        update_record(path, made.id, entry | {"version": mlpipe.__version__})
    except OSError as error:
        warnings.warn(f"your record was not written ({error}); set MLPIPE_HOME to a folder of yours", stacklevel=3)
