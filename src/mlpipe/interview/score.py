"""From nine observed levels to one: weights, gates, the gap to a peer, and the rater's own bias."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mlpipe.interview import content
from mlpipe.interview.content import DIMENSIONS, RULES, Question

LEVELS = ("below", *content.LEVELS)  # LEVELS[3] is what a 3 means in a dimension
BANDS: dict[str, float] = RULES["score"]["bands"]  # least mean of each level, from the highest
GATED: str = RULES["score"]["gated"]  # the most that a failed gate leaves
LIVE = tuple(RULES["score"]["live"])  # what a rater can follow while the candidate talks
CODE: str = RULES["score"]["code"]["dimension"]  # not scored when no code was asked for


@dataclass(frozen=True)
class Score:
    """One rater's score. The dimensions scored decide the mode: all nine, the five of `LIVE`, or all but D8 (no code).

    `levels` maps "D1" to 0 ... 4 (missing, junior, mid, senior, staff), as observed; `unprompted` is False for what
    came after a hint only (a dimension left out came by itself); `gates` names the gates that failed; `sentences` are
    what shows the levels, by dimension.

    Raises ValueError for another set of dimensions, a level that is no whole number from 0 to 4, or a value that is not
    True or False.
    """

    levels: Mapping[str, int]
    unprompted: Mapping[str, bool] = field(default_factory=dict)
    gates: tuple[str, ...] = ()
    sentences: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        check_marks(self.levels, self.unprompted, self.levels)
        if set(self.levels) not in (set(DIMENSIONS), set(LIVE), set(DIMENSIONS) - {CODE}):
            found = ", ".join(sorted(self.levels)) or "none"
            raise ValueError(content.sentence("store.dimensions", found=found, code=CODE, live=", ".join(LIVE)))

    def effective(self) -> dict[str, int]:
        """The levels that count: after a hint a dimension counts one level lower, yet never below 0."""
        return {d: max(0, level - (not self.unprompted.get(d, True))) for d, level in sorted(self.levels.items())}


def check_marks(levels: Mapping[str, Any], unprompted: Mapping[str, Any], scored: Collection[str] = DIMENSIONS) -> None:
    """Raise ValueError for an unknown dimension, a level that is none, or `unprompted` for what is not in `scored`."""
    for name in (*levels, *unprompted):
        if name not in DIMENSIONS:
            raise ValueError(f"no dimension {name!r}; expected D1 to D9")
    for name, level in levels.items():
        if isinstance(level, bool) or not isinstance(level, int) or level not in range(5):
            raise ValueError(f"levels: {name} is {level!r}; expected a whole number from 0 (missing) to 4 (staff)")
    for name, value in unprompted.items():
        if name not in scored or not isinstance(value, bool):
            raise ValueError(f"unprompted: {name} is {value!r}; expected True or False for a dimension with a level")


def weights_for(score: Score, weights: Mapping[str, int]) -> dict[str, int]:
    """The weights of the dimensions that were scored; what no code leaves of D8 goes to D2."""
    kept = {dimension: weights[dimension] for dimension in sorted(score.levels)}
    if set(score.levels) == set(DIMENSIONS) - {CODE}:
        kept[RULES["score"]["code"]["else"]] += weights[CODE]
    return kept


def weighted_mean(score: Score, weights: Mapping[str, int]) -> float:
    """The mean of the levels that count, 0 to 4; `weights` are the question's, and are renormalised in live mode.

    >>> weighted_mean(Score(dict.fromkeys(LIVE, 2), {"D1": False}), dict.fromkeys(DIMENSIONS, 10))
    1.8
    """
    kept, levels = weights_for(score, weights), score.effective()
    return sum(kept[d] * levels[d] for d in kept) / sum(kept.values())


def level_of(mean: float) -> str:
    """The level whose band holds a weighted mean.

    >>> level_of(0.69), level_of(2.5)
    ('below', 'senior')
    """
    return next(name for name, least in BANDS.items() if mean >= least)


def level(score: Score, question: Question) -> str:
    """The level of a score: "below", "junior", "mid", "senior" or "staff". A failed gate leaves "mid" at most.

    Raises ValueError for a gate that the question does not have.
    """
    known = [gate.id for gate in question.gates]
    if unknown := set(score.gates) - set(known):
        raise ValueError(f"gates: no gate {', '.join(sorted(unknown))}; the gates of this question: {', '.join(known)}")
    reached = level_of(weighted_mean(score, question.weights))
    return min(reached, GATED, key=LEVELS.index) if score.gates else reached


def compare(mine: Score, peer: Score) -> str:
    """How far two raters are apart on the dimensions that both scored. Nine scores are too few for a kappa.

    >>> print(compare(Score(dict.fromkeys(LIVE, 3)), Score(dict.fromkeys(LIVE, 3) | {"D5": 1})))
    Mean gap 0.4 levels over 5 dimensions. Talk about: D5 (you 3, peer 1).
    """
    ours, theirs = mine.effective(), peer.effective()
    gaps = {d: abs(ours[d] - theirs[d]) for d in ours if d in theirs}
    largest = sorted(filter(gaps.get, gaps), key=lambda d: -gaps[d])[:3]
    talk = ", ".join(f"{d} (you {ours[d]}, peer {theirs[d]})" for d in largest)
    ending = f"Talk about: {talk}." if talk else "You agree on each."
    return f"Mean gap {sum(gaps.values()) / len(gaps):.1f} levels over {len(gaps)} dimensions. {ending}"


def from_event(event: Mapping[str, Any]) -> Score:
    """The score that an attempt's score event holds."""
    levels, unprompted = event["levels"], event.get("unprompted") or {}
    scored = {d: value for d, value in unprompted.items() if d in levels}  # a live score may tick all nine
    return Score(levels, scored, tuple(event.get("gates") or ()), dict(event.get("sentences") or {}))


@dataclass(frozen=True)
class Calibration:
    """How a rater's levels agree with known ones. `bias` is the mean of yours minus known, by dimension."""

    kappa: float
    n: int
    bias: dict[str, float]

    def __str__(self) -> str:
        def names(sign: int) -> str:
            far = {d: b for d, b in self.bias.items() if b * sign >= 0.5}
            return ", ".join(f"{d} {b:+.1f}" for d, b in sorted(far.items(), key=lambda one: -abs(one[1]))) or "none"

        return (
            f"Weighted kappa {self.kappa:.2f} over {self.n} scores (1: you agree; 0: as good as chance). "
            f"Half a level or more too kind: {names(1)}; too strict: {names(-1)}."
        )


def calibrate(
    ratings: Mapping[str, Mapping[str, int]], known: Mapping[str, Mapping[str, int]] | None = None
) -> Calibration:
    """Compare a rater's levels of the written transcripts with the known ones: transcript id -> dimension -> level.

    `known` are the levels of the course's transcripts unless you bring others. Kappa is weighted quadratically, so that
    one level off costs a quarter of two. It needs all transcripts: over nine scores of one of them it means little.
    Raises ValueError that names what is missing or not a level.
    """
    if known is None:
        known = {one.id: one.levels for one in content.transcripts()}
    if set(ratings) != set(known):
        raise ValueError(f"ratings: found {sorted(ratings)}; expected a rating of each transcript: {sorted(known)}")
    for name, levels in ratings.items():
        if set(levels) != set(DIMENSIONS):
            raise ValueError(f"ratings: {name} has {sorted(levels)}; expected a level for each of D1 to D9")
        Score(levels)
    mine, truth = (np.array([[one[name][d] for d in DIMENSIONS] for name in known]) for one in (ratings, known))
    bias = dict(zip(DIMENSIONS, (mine - truth).mean(axis=0).tolist(), strict=True))
    return Calibration(weighted_kappa(mine.ravel(), truth.ravel()), mine.size, bias)


def weighted_kappa(mine: Sequence[int] | np.ndarray, theirs: Sequence[int] | np.ndarray) -> float:
    """The agreement of two raters' levels, 0 to 4 in the same order: 1 when they agree, 0 when as by chance.

    Weighted quadratically, so that one level off costs a quarter of two.

    >>> round(weighted_kappa([0, 1, 2, 3], [1, 2, 3, 4]), 2)
    0.71
    """
    from sklearn.metrics import cohen_kappa_score

    same = np.array_equal(mine, theirs)  # also where all levels are alike, and chance alone agrees
    return 1.0 if same else float(cohen_kappa_score(mine, theirs, labels=range(5), weights="quadratic"))
