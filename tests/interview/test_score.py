"""Levels, weights, gates, gaps and calibration."""

import json
import re
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipe.interview import content, save_cold_answer
from mlpipe.interview.cold import cold_answer, score_cold_answer
from mlpipe.interview.score import (
    DIMENSIONS,
    LEVELS,
    LIVE,
    Score,
    calibrate,
    compare,
    level,
    level_of,
    weighted_mean,
    weights_for,
)
from mlpipe.interview.store import read_score, write_score

WEIGHTS = dict(zip(DIMENSIONS, (15, 15, 10, 20, 15, 10, 5, 5, 5), strict=True))


@dataclass
class Gate:
    id: str


QUESTION = SimpleNamespace(weights=WEIGHTS, gates=(Gate("baseline"), Gate("number")))
modes = st.sampled_from([DIMENSIONS, LIVE, tuple(d for d in DIMENSIONS if d != "D8")])
scores = modes.flatmap(
    lambda dims: st.builds(
        Score,
        st.fixed_dictionaries({d: st.integers(0, 4) for d in dims}),
        st.fixed_dictionaries({}, optional={d: st.booleans() for d in dims}),
    )
)
weightings = st.fixed_dictionaries({d: st.integers(1, 30) for d in DIMENSIONS})


@given(scores, weightings)
def test_the_mean_lies_within_the_levels_that_count(score, weights):
    counted = score.effective().values()
    assert min(counted) <= weighted_mean(score, weights) <= max(counted)


@given(scores, weightings, st.data())
def test_one_level_more_never_lowers_the_mean_or_the_level(score, weights, data):
    dimension = data.draw(st.sampled_from(sorted(score.levels)))
    better = Score(score.levels | {dimension: min(4, score.levels[dimension] + 1)}, score.unprompted)
    assert weighted_mean(better, weights) >= weighted_mean(score, weights)
    assert LEVELS.index(level(better, QUESTION)) >= LEVELS.index(level(score, QUESTION))


@given(scores, st.data())
def test_a_hint_costs_one_level_of_its_dimension_and_nothing_else(score, data):
    dimension = data.draw(st.sampled_from(sorted(score.levels)))
    alone = Score(score.levels, score.unprompted | {dimension: True})
    helped = Score(score.levels, score.unprompted | {dimension: False})
    expected = alone.effective() | {dimension: max(0, score.levels[dimension] - 1)}
    assert helped.effective() == expected


@given(scores)
def test_a_failed_gate_leaves_mid_at_most(score):
    gated = Score(score.levels, score.unprompted, ("baseline",))
    expected = min(LEVELS.index(level(score, QUESTION)), LEVELS.index("mid"))
    assert level(gated, QUESTION) == LEVELS[expected]


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("dimensions", [DIMENSIONS, LIVE])
def test_the_same_level_everywhere_is_that_level(number, dimensions):
    assert level(Score(dict.fromkeys(dimensions, number)), QUESTION) == LEVELS[number]


def test_the_bands_begin_where_the_rubric_says():
    edges = (0.0, 0.6999, 0.7, 1.4999, 1.5, 2.4999, 2.5, 3.3999, 3.4, 4.0)
    expected = [name for name in LEVELS for _ in range(2)]
    assert [level_of(edge) for edge in edges] == expected
    exact = Score(dict.fromkeys(DIMENSIONS, 3) | {"D4": 4, "D1": 4, "D7": 4})  # 300 + 20 + 15 + 5 points
    assert weighted_mean(exact, WEIGHTS) == 3.4
    assert level(exact, QUESTION) == "staff"


def test_without_code_the_points_go_to_data():
    score = Score({d: 1 for d in DIMENSIONS if d != "D8"} | {"D2": 4})
    assert weights_for(score, WEIGHTS)["D2"] == 20
    assert weighted_mean(score, WEIGHTS) == (80 * 1 + 20 * 4) / 100


def test_a_live_score_shares_the_weight_of_its_five():
    score = Score(dict.fromkeys(LIVE, 0) | {"D4": 4})
    assert weighted_mean(score, WEIGHTS) == pytest.approx(4 * 20 / 70)


@pytest.mark.parametrize(
    ("levels", "unprompted", "named"),
    [
        ({"D1": 2}, {}, "found D1"),
        ({}, {}, "found none"),
        (dict.fromkeys(DIMENSIONS, 5), {}, "D1 is 5"),
        (dict.fromkeys(DIMENSIONS, True), {}, "D1 is True"),
        (dict.fromkeys(DIMENSIONS, 2.0), {}, "D1 is 2.0"),
        (dict.fromkeys(LIVE, 2), {"D3": True}, "D3 is True"),
        (dict.fromkeys(LIVE, 2), {"D1": 1}, "D1 is 1"),
    ],
)
def test_a_wrong_score_is_refused(levels, unprompted, named):
    with pytest.raises(ValueError, match=f"{named}; expected"):
        Score(levels, unprompted)


def test_unknown_gates_are_named():
    with pytest.raises(ValueError, match="no gate luck; the gates of this question: baseline, number"):
        level(Score(dict.fromkeys(LIVE, 2), gates=("luck",)), QUESTION)


def test_two_raters_hear_their_three_largest_gaps():
    mine = Score(dict.fromkeys(DIMENSIONS, 3), {"D6": False})
    peer = Score(dict.fromkeys(DIMENSIONS, 3) | {"D2": 0, "D5": 1, "D6": 4, "D9": 2})
    compared = compare(mine, peer)
    assert compared == (
        f"Mean gap {(3 + 2 + 2 + 1) / 9:.1f} levels over 9 dimensions. "
        "Talk about: D2 (you 3, peer 0), D5 (you 3, peer 1), D6 (you 2, peer 4)."
    )
    assert compare(mine, mine) == "Mean gap 0.0 levels over 9 dimensions. You agree on each."


@given(scores, scores)
def test_the_gap_is_the_same_both_ways(one, other):
    there, back = compare(one, other), compare(other, one)
    assert re.sub(r"\(you (\d), peer (\d)\)", r"(you \2, peer \1)", there) == back


def test_scores_travel_in_files(tmp_path):
    score = Score(dict.fromkeys(LIVE, 2), {"D1": False}, ("number",))
    write_score(tmp_path / "peer.json", score, peer=True)
    assert read_score(tmp_path / "peer.json") == score
    event = {
        "kind": "score",
        "levels": dict.fromkeys(LIVE, 3),
        "unprompted": {},
        "gates": [],
        "peer": False,
        "at": 1080,
    }
    attempt = {"schema_version": 1, "events": [{"kind": "start"}, event, event | {"peer": True, "gates": ["number"]}]}
    (tmp_path / "attempt.json").write_text(json.dumps(attempt))
    assert read_score(tmp_path / "attempt.json").gates == ("number",)


@pytest.mark.parametrize(
    ("content", "told"),
    [("{", "damaged"), ("[]", "damaged"), ('{"events": []}', "no score"), ('{"levels": {"D1": 9}}', "D1 is 9")],
)
def test_a_file_without_a_score_is_named_and_kept(tmp_path, content, told):
    path = tmp_path / "attempt.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=told) as error:
        read_score(path)
    assert str(path) in str(error.value)
    assert path.read_text() == content


def test_the_cold_answer_is_scored_and_stays_as_it_was(monkeypatch, tmp_path):
    monkeypatch.setenv("MLPIPE_HOME", str(tmp_path))
    assert cold_answer("ctr") is None
    with pytest.raises(ValueError, match="no cold answer to 'ctr': lesson 00"):
        score_cold_answer("ctr", Score(dict.fromkeys(LIVE, 1)))
    save_cold_answer("ctr", "first")
    save_cold_answer("ctr", "second, better")
    assert cold_answer("ctr").text == "second, better"
    assert cold_answer("ctr").score is None
    given = Score(dict.fromkeys(LIVE, 1), {"D1": False}, ("number",))
    score_cold_answer("ctr", given)
    assert (cold_answer("ctr").text, cold_answer("ctr").score) == ("second, better", given)
    kept = json.loads((tmp_path / "cold_answers/ctr.json").read_text())
    assert [entry["answer"] for _, entry in sorted(kept.items())] == ["first", "second, better"]


@pytest.mark.parametrize(
    "damaged", ["{", "[]", "{}", '{"now": "text"}', '{"now": {"answer": "a", "score": {"levels": 3}}}']
)
def test_a_damaged_cold_answer_is_named_and_kept(monkeypatch, tmp_path, damaged):
    monkeypatch.setenv("MLPIPE_HOME", str(tmp_path))
    path = tmp_path / "cold_answers" / "ctr.json"
    path.parent.mkdir()
    path.write_text(damaged)
    with pytest.raises(ValueError, match=r"ctr\.json cannot be read as cold answers"):
        cold_answer("ctr")
    assert path.read_text() == damaged


def known_levels():
    rng = np.random.default_rng(0)
    return {f"t{number}": {d: int(rng.integers(0, 5)) for d in DIMENSIONS} for number in range(6)}


def test_a_perfect_rater_has_kappa_one_and_no_bias():
    known = known_levels()
    calibration = calibrate(known, known)
    assert (calibration.kappa, calibration.n) == (1.0, 54)
    assert set(calibration.bias.values()) == {0.0}


def test_kappa_is_the_weighted_one_over_all_54_scores():
    known = known_levels()
    rated = {name: {d: min(4, value + (d == "D3")) for d, value in levels.items()} for name, levels in known.items()}
    a = np.array([rated[name][d] for name in known for d in DIMENSIONS])
    b = np.array([known[name][d] for name in known for d in DIMENSIONS])
    expected = 1 - ((a - b) ** 2).mean() / ((a[:, None] - b[None, :]) ** 2).mean()  # the definition
    calibration = calibrate(rated, known)
    assert calibration.kappa == pytest.approx(expected)
    assert calibration.bias["D3"] == pytest.approx(np.mean([rated[n]["D3"] - known[n]["D3"] for n in known]))
    assert calibration.bias["D3"] > 0 == calibration.bias["D1"]
    assert "too kind: D3 +" in str(calibration)


def test_the_transcripts_of_the_course_are_what_raters_calibrate_on():
    known = {one.id: one.levels for one in content.transcripts()}
    assert len(known) == 8
    assert str(calibrate(known)).startswith("Weighted kappa 1.00 over 72 scores")


def test_chance_has_kappa_near_zero():
    known = known_levels()
    assert calibrate({name: dict.fromkeys(DIMENSIONS, 2) for name in known}, known).kappa == pytest.approx(0)


def test_missing_ratings_are_named():
    known = known_levels()
    with pytest.raises(ValueError, match="each transcript"):
        calibrate({}, known)
    with pytest.raises(ValueError, match="t0 has"):
        calibrate(known | {"t0": {"D1": 1}}, known)
