"""Claims: what a lesson asserts about its own results, checked each time the lesson runs."""

from __future__ import annotations

import math
import re
import string
import sys
import warnings
from numbers import Integral
from typing import Any

from markupsafe import Markup

import mlpipe
from mlpipe.course.boxes import BAD, GOOD, NEUTRAL, prose, render, shell, show
from mlpipe.course.progress import mark_lesson
from mlpipe.course.record import update_record
from mlpipe.paths import home

_ID = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")
_KEPT = ("sentence", "value", "shown", "seed", "scale")  # of a claim, in the reader's record

# id -> the claim as it is stored with the output, the place in the code, the run of that place
_made: dict[str, tuple[dict[str, Any], Any, Any]] = {}


class ClaimFailed(AssertionError):
    """A claim does not hold at full scale: the lesson stops here."""


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

    SEED and SCALE are read from the notebook. At SCALE = "small" the claim is shown and recorded, but not enforced.

    Parameters
    ----------
    sentence : says it in words
    value : the measured number
    id : unique in the course: the lesson, then a name, such as "05.als_vs_popularity"
    baseline : what a trivial model would score; it must miss the bound
    at_least, at_most, between, equal_to : the bound, one of them; `between` is (low, high)
    fmt : format specification for the numbers, such as ".1%"
    resolution : beside `at_most`, for an error that may be of rounding alone, whose digits depend on the CPU
        A smaller value is recorded as it, and shown as "below" it.

    Raises
    ------
    ClaimFailed
        When the claim does not hold.
    ValueError
        When it is no claim: no bound or two, no baseline or one that meets the bound too, a value that is not a finite
        number, an id that was used before.

    Examples
    --------
    >>> claim("Two thirds are more than half", 2 / 3, id="99.example", baseline=0.5, at_least=0.6, fmt=".1%")
    ✓ Two thirds are more than half
      66.7% (bound: at least 60.0%; trivial baseline: 50.0%) [99.example]
    """
    caller = sys._getframe(1)
    scale, seed = (caller.f_globals.get(name, default) for name, default in (("SCALE", "full"), ("SEED", None)))
    if scale not in ("full", "small"):
        raise ValueError(f'SCALE is {scale!r}; expected "full" or "small": set it in the cell tagged parameters')
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise ValueError(f'id is {id!r}; expected lesson and name in lower case, such as "05.als_vs_popularity"')
    if not isinstance(sentence, str) or not sentence.strip():
        raise ValueError(f"claim {id}: sentence is {sentence!r}; say in words what the number shows")
    if baseline is None:
        raise ValueError(f"claim {id}: no baseline; pass the value that a trivial model would score")
    number, trivial = _finite(value, f"claim {id}: value"), _finite(baseline, f"claim {id}: baseline")
    bounds = {"at_least": at_least, "at_most": at_most, "between": between, "equal_to": equal_to}
    low, high, words = _bound(f"claim {id}", bounds, fmt)
    if resolution is not None and (at_most is None or not 0 < resolution < high):
        raise ValueError(f"claim {id}: resolution is {resolution!r}; expected a number above 0, and below at_most")
    if below := resolution is not None and 0 <= number < resolution:
        value = number = resolution
    if scale == "full" and low <= trivial <= high:
        raise ValueError(
            f"claim {id}: the trivial baseline ({shown(baseline, fmt)}) meets the bound ({words}) too, so the claim "
            "shows nothing; tighten the bound or compare with a stronger baseline"
        )
    made = {  # numbers raw, and as people read them
        "id": id,
        "sentence": sentence.strip(),
        "value": number,
        "baseline": trivial,
        "bound": words,
        "shown": f"below {shown(value, fmt)}" if below else shown(value, fmt),
        "shown_baseline": shown(baseline, fmt),
        "holds": low <= number <= high,
        "seed": int(seed) if isinstance(seed, Integral) else None,
        "scale": scale,
    }
    _remember(made, caller.f_code.co_filename)
    mark, colour = ("✓", GOOD) if made["holds"] else ("✗", BAD)
    detail = f"(bound: {words}; trivial baseline: {made['shown_baseline']})"
    if scale == "small":
        detail += "; small scale: shown, not enforced"
    page = render("claim.html", colour=colour, mark=mark, claim=made, detail=detail)
    show(page, f"{mark} {made['sentence']}\n  {made['shown']} {detail} [{id}]", {"claim": made})
    try:  # a folder that cannot be written costs the reader's own record, not the lesson
        entry = {key: made[key] for key in _KEPT} | {"version": mlpipe.__version__}
        update_record(home() / "claims" / f"{id.split('.')[0]}.json", id, entry)
    except OSError as error:
        warnings.warn(f"your record was not written ({error}); set MLPIPE_HOME to a folder of yours", stacklevel=2)
    mark_lesson(id.partition(".")[0])
    if not made["holds"] and scale == "full":
        raise ClaimFailed(f"{id}: {made['sentence']}: {made['shown']}, expected {words}")


def say(text: str) -> None:
    """Show the closing box, with the values of this run's claims.

    Parameters
    ----------
    text : with claims in braces, such as "... {05.als_vs_popularity:.1f} times ..."
        Without a format specification a claim appears as it was shown.

    Raises
    ------
    ValueError
        For an id that no claim of this run has.
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
        parts.append(format(made["value"], spec) if spec else made["shown"])
    title, spoken = "Say it in the interview", "".join(parts)
    page = render("titled.html", colour=NEUTRAL, title=title, body=Markup(f"“{prose(spoken)}”"), after="")
    show(page, f"{title}\n  “{spoken}”", {"say": spoken})
    for id in [*_made][-1:]:  # the lesson of this run
        mark_lesson(id.partition(".")[0], "read")


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
    from mlpipe.arguments import number  # not with the first cell's import: it brings SciPy

    return number(name, value, so="one finite number: look where it was computed")


def _bound(where: str, bounds: dict[str, Any], fmt: str | None) -> tuple[float, float, str]:
    """The interval of the one bound that is given, and the bound in words."""
    given = [name for name, bound in bounds.items() if bound is not None]
    if len(given) != 1:
        found = " and ".join(given) or "none"
        raise ValueError(f"{where}: bounds given: {found}; pass exactly one of {', '.join(bounds)}")
    (name,) = given
    where, ends = f"{where}: {name}", bounds[name] if name == "between" else (bounds[name], bounds[name])
    if not (isinstance(ends, tuple | list) and len(ends) == 2):
        raise ValueError(f"{where} is {ends!r}; expected two numbers (low, high)")
    low, high = (_finite(end, where) for end in ends)
    if name == "between" and low >= high:
        raise ValueError(f"{where} is {ends!r}; the low end must be below the high end")
    slack = 1e-9 * abs(low) if name == "equal_to" else 0.0  # rounding of floats only
    words = " and ".join(shown(end, fmt) for end in (ends if name == "between" else ends[:1]))
    limits = (-math.inf if name == "at_most" else low - slack, math.inf if name == "at_least" else high + slack)
    return *limits, f"{name.replace('_', ' ')} {words}"


def _remember(made: dict[str, Any], filename: str) -> None:
    """Refuse a second use of an id, but let a reader run the same cell again."""
    place, run = filename, None
    parent: dict[str, Any] = getattr(shell(), "get_parent", dict)() or {}
    if parent:
        place = parent.get("metadata", {}).get("cellId") or filename  # a front end that sends no cell id: by content
        run = parent.get("header", {}).get("msg_id")
    if made["id"] in _made:
        _, first_place, first_run = _made[made["id"]]
        if run is None or run == first_run or place != first_place:
            raise ValueError(
                f"claim id {made['id']!r} is used a second time; each claim has its own "
                "(if you moved or edited the cell, restart the kernel)"
            )
    _made[made["id"]] = (made, place, run)
