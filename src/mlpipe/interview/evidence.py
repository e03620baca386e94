"""What the learner has measured, and whether a number that is quoted is one of those measurements."""

from __future__ import annotations

import difflib
import json
import math
import os
import re
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote as url_quote

from mlpipe import paths
from mlpipe.course.measured import HIDE
from mlpipe.interview import hearing
from mlpipe.interview.content import RULES, sentence
from mlpipe.paths import home

RENUMBERED = {"16": "18", "17": "19"}  # the mock interviews, before lessons were put in front of them
YOURS, SHIPPED = "your run", "shipped results"
_NUMBER = re.compile(r"[-+\N{MINUS SIGN}]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Evidence:
    """One measured number: the claim's value, as it was shown, the trivial baseline, and where it comes from."""

    id: str
    value: float
    shown: str
    sentence: str
    baseline: float
    shown_baseline: str
    source: str  # YOURS or SHIPPED
    seed: int | None
    scale: str
    notebook: str  # "05_matrix_factorization.ipynb"
    section: str  # the heading above the cell
    cell: str  # the id of the cell

    @property
    def link(self) -> str:
        """The section whose cell produces the number, from the working folder: works in JupyterLab and in pages."""
        folder = "notebooks" if paths.checkout() else "my_course"
        return f"{folder}/{self.notebook}#{url_quote(self.section.replace(' ', '-'))}"

    @property
    def note(self) -> str:
        """What to do before you call the number your own; empty when it is."""
        if self.source == SHIPPED:
            return sentence("evidence.shipped", call=paths.call("run", only=self.id[:2]))
        if self.scale != "full":
            return sentence("evidence.small", call=paths.call("run", only=self.id[:2]))
        return ""


def built() -> Path:
    """The folder that a run leaves: of the checkout, else the first at or above the working folder."""
    places = [place / "build" for place in (paths.FILES, Path.cwd(), *Path.cwd().parents)]
    return next((place for place in places if (place / "run").is_dir()), places[0])


def collect_evidence(root: Path | None = None) -> dict[str, Evidence]:
    """The claims of the course, each with the best value there is.

    In this order: your own record (JupyterLab and `make run` write it), the last `make run`, and the results stored in
    the notebooks of the course; your runs at full scale come before those at the small one. Where outputs are stored or
    compared (MLPIPE_HIDE_TIMES is set) only the last count, so that the outputs repeat. A file that cannot be read is
    warned about and left as it is; without any result the answer is empty.

    Parameters
    ----------
    root : path, optional
        A folder with `notebooks` and `build` to use in place of the course's own.

    Returns
    -------
    dict of str to Evidence
        By the ids of the claims, in their order.
    """
    stored = shipped(root or paths.FILES)
    if os.environ.get(HIDE):
        return stored
    run = _in_notebooks((root / "build" if root else built()) / "run", YOURS)
    recorded = _in_record(stored | run)
    found = {}
    for id in sorted(stored | run):
        yours = [source[id] for source in (recorded, run) if id in source]
        ranked = sorted(yours, key=lambda one: one.scale != "full") + ([stored[id]] if id in stored else [])
        found[id] = ranked[0]
    return found


def shipped(root: Path = paths.FILES) -> dict[str, Evidence]:
    """The claims of the course by id, with the results stored in `root`/notebooks: the same for everyone."""
    return _in_notebooks(root / "notebooks", SHIPPED)


def _in_notebooks(folder: Path, source: str) -> dict[str, Evidence]:
    found: dict[str, Evidence] = {}
    for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")):
        try:
            claims = _claims(path, path.stat().st_mtime_ns)
            found |= {claim["id"]: _evidence(claim, source=source, notebook=path.name) for claim in claims}
        except (OSError, ValueError, KeyError, TypeError) as error:
            _warn(path, error)
    return found


@cache
def _claims(path: Path, changed: int) -> list[dict[str, Any]]:
    """The claims that a notebook's outputs hold, each with its cell and the heading above it."""
    claims, section = [], ""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])  # a file has it as lines
        if cell["cell_type"] == "markdown" and (headings := re.findall(r"^#{1,6} +(.+?) *$", source, re.MULTILINE)):
            section = re.sub(r"[`*]", "", headings[-1])
        for output in cell.get("outputs", []):
            if claim := output.get("metadata", {}).get("mlpipe", {}).get("claim"):
                claims.append(dict(claim) | {"section": section, "cell": cell.get("id", "")})
    return claims


def _in_record(known: Mapping[str, Evidence]) -> dict[str, Evidence]:
    """The reader's record; baseline and place come from the notebook, since the record has only what was measured."""
    found: dict[str, Evidence] = {}
    for path in sorted((home() / "claims").glob("*.json")):
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))
            for recorded, entry in sorted(entries.items()):
                id = of_today(recorded, known)
                if id in known and (id == recorded or id not in found):
                    found[id] = _evidence(vars(known[id]) | entry | {"id": id}, source=YOURS)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            _warn(path, error)
    return found


def of_today(id: str, known: Collection[str]) -> str:
    """The id that a claim of an old record has among the `known` ones.

    >>> of_today("16.tail", {"18.tail"}), of_today("16.tail", {"16.tail", "18.tail"})
    ('18.tail', '16.tail')
    """
    lesson, _, name = id.partition(".")
    return id if id in known or lesson not in RENUMBERED else f"{RENUMBERED[lesson]}.{name}"


def _evidence(values: Mapping[str, Any], **more: Any) -> Evidence:
    one = {name: values[name] for name in Evidence.__dataclass_fields__ if name in values} | more
    if not (math.isfinite(float(one["value"])) and math.isfinite(float(one["baseline"]))):
        raise ValueError(f"{one['id']} has no finite value")
    _readings(one["shown"], ""), _readings(one["shown_baseline"], "")  # each shows one number
    return Evidence(**one)


def _warn(path: Path, error: Exception) -> None:
    why = f"{type(error).__name__}: {error}"
    warnings.warn(sentence("evidence.unreadable", path=path, why=why, lesson=path.stem[:2]), stacklevel=4)


def tolerance(evidence: Evidence) -> float:
    """How far a quoted number may be from the measured one.

    You may round to two digits ("1.9 times" for 1.88), so it is half a step of the second digit: 5 % of the value at
    most. It is also at most a tenth of the distance to the trivial baseline, because two digits say nothing where
    baseline and value agree in them (0.989 against 1.000).

    A guess does not meet it. Who knows the order of magnitude only, and guesses with equal chance anywhere from a tenth
    of the value to ten times it (on a logarithmic scale), hits a window of plus or minus 5 % with a chance of
    ln(1.05 / 0.95) / ln(100) = 2.2 %, and that is the widest window there is. The baseline itself, the guess of who
    knows what a trivial model scores, is ten tolerances away. A measured 0 holds as 0 only.
    """
    if evidence.value == 0:
        return 0.0
    second_digit = 10.0 ** (math.floor(math.log10(abs(evidence.value))) - 1)
    return min(0.5 * second_digit, 0.1 * abs(evidence.value - evidence.baseline)) * (1 + 1e-9)  # floats round, too


@dataclass(frozen=True)
class Check:
    """Whether a quoted number holds, why, and the measurement that it was compared with (None: there is none)."""

    holds: bool
    reason: str
    evidence: Evidence | None


def check_quote(claim_id: str, number: float | str, evidence: Mapping[str, Evidence]) -> Check:
    """Compare a number as people say it with the measured one.

    It holds within `tolerance`, or when it is what the lesson shows. Where a claim is shown as a percentage, 90 and 0.9
    are both understood. The trivial baseline never holds.

    Parameters
    ----------
    claim_id : str
        Such as "05.als_vs_popularity".
    number : float or str
        1.9, "1.9 times", "about 36 percent".
    evidence : mapping of str to Evidence
        What `collect_evidence` found.

    Returns
    -------
    Check
        A claim that was not measured and what is not one number do not hold, for a reason that says so.
    """
    claim_id = of_today(str(claim_id), evidence)
    if claim_id not in evidence:
        if not evidence:
            where = " in the project's folder" if paths.checkout() else ""
            return Check(False, f"There are no results to compare with: call `{paths.call('run')}`{where}.", None)
        near = difflib.get_close_matches(str(claim_id), evidence, n=3, cutoff=0.3)
        ask = f" Did you mean {', '.join(near)}?" if near else ""
        return Check(False, f"No claim {claim_id!r} was measured.{ask} A claim's id stands below its value.", None)
    measured = evidence[claim_id]
    try:
        readings = _readings(number, measured.shown)
    except ValueError as error:
        return Check(False, str(error), measured)
    shown, trivial = _readings(measured.shown, "")[0], _readings(measured.shown_baseline, "")[0]
    if any(math.isclose(one, b) for one in readings for b in (trivial, measured.baseline)):
        return Check(False, f"This is what the trivial model scores ({measured.shown_baseline}).", measured)
    allowed, value = tolerance(measured), measured.value
    for one in readings:
        as_shown = math.isclose(one, shown) and abs(one - value) < abs(one - measured.baseline)
        if abs(one - value) <= allowed or as_shown:
            return Check(True, f"Measured: {measured.shown} ({measured.source}).", measured)
    return Check(False, f"Not what was measured, to two digits: look again in {measured.link}", measured)


def _readings(number: float | str, shown: str) -> list[float]:
    """The values that a number can mean."""
    text = str(number)
    found = _NUMBER.findall(text)
    if len(found) != 1:
        raise ValueError(f'The number is {text!r}; expected exactly one number, such as 1.9, "1.9 times" or "90 %".')
    value = float(found[0].replace(",", "").replace("\N{MINUS SIGN}", "-"))
    if "%" in text or "percent" in text.lower():
        return [value / 100]
    return [value, value / 100] if "%" in shown else [value]


@dataclass(frozen=True)
class Quote:
    """A number as evidence.

    Attributes
    ----------
    claim : str
        The id of the claim that it comes from.
    number : float or str
        As it was said.
    data, split, interval, transfer : str
        On which data and split, how sure, and why it may not transfer.
    """

    claim: str
    number: float | str
    data: str
    split: str
    interval: str
    transfer: str


PARTS = dict[str, dict[str, str]](RULES["quote"])  # part -> how it is asked for, what counts as said
_EMPTY = re.compile(r"\W*(none|n/?a|no idea|unknown|todo|tbd|yes|no)?\W*", re.IGNORECASE)


@dataclass(frozen=True)
class Graded:
    """A quote with what the check found and the parts that are `missing`, each with what to say."""

    quote: Quote
    check: Check
    missing: tuple[str, ...]
    uttered: bool | None = None  # whether it was said, with its unit; None: that was not asked

    @property
    def counts(self) -> bool:
        """Whether the quote is evidence: the number holds, it was said, and nothing is missing."""
        return self.check.holds and not self.missing and self.uttered is not False

    @property
    def verdict(self) -> str:
        """In short: whether it counts, and which parts are missing."""
        missing = ", ".join(part.split(" (")[0] for part in self.missing)
        told = "counts" if self.counts else "holds" if self.check.holds else "does not hold"
        told += ", but was not said" if self.uttered is False and self.check.holds else ""
        return f"{told}; missing: {missing}" if missing else told

    def __str__(self) -> str:
        mark = "✓ counts as evidence." if self.counts else "✗ does not count yet."
        lacks = f" Missing: {'; '.join(self.missing)}." if self.missing else ""
        lacks += f" {sentence('evidence.not_said')}" if self.uttered is False else ""
        note = f" {self.check.evidence.note}" if self.check.evidence and self.check.evidence.note else ""
        return f"{self.quote.claim}, {self.quote.number}: {mark} {self.check.reason}{lacks}{note}"


def grade_quote(quote: Quote, evidence: Mapping[str, Evidence], said: str | None = None) -> Graded:
    """Say whether a quote counts: a number that holds and was said, with data, split, interval, and its limits.

    A decimal known by heart earns nothing, however right. Only the presence of the parts is checked here; whether they
    are true is for whoever scores.

    Parameters
    ----------
    quote : Quote
    evidence : mapping of str to Evidence
        What `collect_evidence` found.
    said : str, optional
        The candidate's words, in which the number must occur with its unit; without them that is not checked.

    Returns
    -------
    Graded
    """
    missing = []
    for part, rule in PARTS.items():
        text = str(getattr(quote, part))
        if "said" in rule and (_EMPTY.fullmatch(text) or not re.search(rule["said"], text, re.IGNORECASE)):
            missing.append(f"{part} ({rule['missing']})")
    check = check_quote(quote.claim, quote.number, evidence)
    return Graded(quote, check, tuple(missing), None if said is None else was_said(quote.number, said))


def was_said(number: float | str, said: str) -> bool:
    """Whether a number occurs in the candidate's words with a unit: the same unit, where the number has one, too.

    A score such as nDCG has no unit: then its sentence must say more than the number.

    >>> was_said("1.9 times", "ALS finds 1.9 times as much"), was_said("1.9 ms", "ALS finds 1.9 times as much")
    (True, False)
    """
    quoted = [one.unit for one in hearing.numbers(str(number)) if one.unit]
    try:
        readings = _readings(number, "%")
    except ValueError:
        return False
    for one in hearing.numbers(said):
        if one.unit == "top":  # a place in a ranking measures nothing
            continue
        value = one.value / 100 if one.unit == "%" else one.value
        told = one.unit or len(re.findall(r"[^\W\d_]{2,}", one.sentence)) >= 2
        alike = not quoted or not one.unit or one.unit in quoted
        if told and alike and any(math.isclose(value, reading, rel_tol=1e-6) for reading in readings):
            return True
    return False
