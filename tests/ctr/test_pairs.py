"""Which pairs of columns interact: the gain by hand, what must be found, and what must not."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from mlpipe.ctr import choose_pairs, pairs, screen_pairs


def world(seed, n=20_000, **interactions):
    """Five columns with effects of their own, and a table of random interactions for each named pair: a_b=1.0."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {name: rng.integers(0, size, n) for name, size in zip("abcde", (3, 5, 8, 12, 40), strict=True)}
    )
    score = np.full(n, -2.0)
    for name in frame:
        score += rng.normal(0, 0.4, 40)[frame[name]]
    for pair, sd in interactions.items():
        left, right = pair.split("_")
        table = rng.normal(0, sd, (40, 40))
        score += table[frame[left], frame[right]]
    return frame, (rng.random(n) < expit(score)).astype(int), score


def test_the_gain_is_that_of_a_step_on_rows_held_out():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.integers(0, 4, 2000), "b": rng.integers(0, 6, 2000)})
    y = (rng.random(2000) < expit(-1 + 0.8 * (-1.0) ** (frame["a"] + frame["b"]))).astype(int)  # no effect alone
    score = np.full(len(y), np.log(y.mean() / (1 - y.mean())))
    fold = np.random.default_rng(7).permutation(len(y)) % 4
    p = y.mean()
    gains = []
    for strength in (3, 30):
        gain = 0.0
        for held_out in range(4):
            for _, rows in frame.groupby(["a", "b"]).groups.items():
                inside, outside = rows[fold[rows] == held_out], rows[fold[rows] != held_out]
                step = (y[outside] - p).sum() / (p * (1 - p) * len(outside) + strength)
                gain += ((y[inside] - p) * step - p * (1 - p) * step**2 / 2).sum()
        gains.append(gain)
    assert screen_pairs(frame, y, score=score, random_state=7)["a", "b"] == pytest.approx(max(gains))


@pytest.mark.parametrize("seed", range(10))
def test_finds_the_pairs_that_interact_and_no_others(seed):
    frame, y, _ = world(seed, a_b=0.6, c_d=0.6)
    assert set(choose_pairs(frame, y)) == {("a", "b"), ("c", "d")}
    assert {("a", "b"), ("c", "d")} <= set(screen_pairs(frame, y))


def test_finds_few_pairs_where_none_interacts():
    found = [screen_pairs(*world(seed)[:2]) for seed in range(10)]
    assert sum(map(len, found)) <= 2  # of 100: the threshold of 3 nats leaves luck little room


def test_a_pair_that_tells_the_same_again_is_not_chosen():
    frame, y, _ = world(1, d_e=0.6)
    frame["finer"] = frame["d"] * 2 + np.random.default_rng(0).integers(0, 2, len(y))
    assert ("e", "finer") in screen_pairs(frame, y)
    assert choose_pairs(frame, y) == [("d", "e")]


def test_order_names_and_index_of_the_table_do_not_matter():
    frame, y, _ = world(2, a_b=0.6, c_d=0.6)
    expected = screen_pairs(frame, y)
    again = frame.add_prefix("column ").set_index(np.random.default_rng(0).permutation(len(y)))
    assert [tuple(name[-1] for name in pair) for pair in screen_pairs(again, y)] == list(expected)
    turned = screen_pairs(frame[list("edcba")], y)
    assert {tuple(sorted(pair)) for pair in turned} == set(expected)


def test_numbers_times_and_text_take_part():
    rng = np.random.default_rng(0)
    n = 20_000
    frame = pd.DataFrame(
        {
            "price": rng.random(n),
            "site": rng.choice(["news", "mail"], n),
            "when": pd.Timestamp("2026-01-05") + pd.to_timedelta(rng.integers(0, 14 * 24, n), "h"),
            "kind": pd.Categorical(rng.choice(["x", "y"], n)),
        }
    )
    score = np.where(frame["site"] == "news", 2, -2) * (frame["price"] - 0.5) - 1
    score += np.where(frame["kind"] == "x", 1, -1) * np.where(frame["when"].dt.hour < 12, 0.5, -0.5)
    y = rng.random(n) < expit(score)
    assert set(choose_pairs(frame, y)) == {("price", "site"), ("when", "kind")}


def test_a_curve_that_the_additive_model_missed_is_no_interaction():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.integers(0, 12, 30_000) for name in "abc"}).assign(x=rng.random(30_000))
    step = np.where(frame["x"] > 0.62, 1.5, -1.0)  # within an interval between two knots
    assert screen_pairs(frame, rng.random(30_000) < expit(step)) == {}
    own = step * np.where(frame["a"] < 6, 1, 0.2)
    assert choose_pairs(frame, rng.random(30_000) < expit(own)) == [("a", "x")]


def test_copies_of_a_pair_are_chosen_once():
    frame, y, _ = world(5, d_e=0.8)
    copies = {f"{name}{i}": frame[name] for name in "de" for i in range(8)}
    found = choose_pairs(frame.assign(**copies), y)
    assert [tuple(name[0] for name in pair) for pair in found] == [("d", "e")]


def test_wide_columns_are_counted_by_the_combinations_that_occur(monkeypatch):
    frame, y, _ = world(3, d_e=0.6)
    expected = screen_pairs(frame, y)
    monkeypatch.setattr("mlpipe.ctr.pairs.MOST_CELLS", 10)
    assert screen_pairs(frame, y) == pytest.approx(expected)


def test_a_column_that_determines_another_is_no_pair_with_it():
    frame, y, _ = world(4)
    frame["group"] = frame["e"] // 8
    search = pairs._Search(frame, y, None, 0)
    search.score = np.zeros(len(y))  # knows nothing: any pair with "e" gains
    search._leave_over()
    assert search.gain(("a", "e")) > 100
    assert search.gain(("e", "group")) == 0


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"only": [1, 2] * 50}),
        pd.DataFrame({"a": [1] * 100, "b": ["x"] * 100}),
        pd.DataFrame({"a": range(100), "b": range(100, 200)}),
        pd.DataFrame({"a": [np.nan] * 100, "b": [1.5, None] * 50}),
    ],
    ids=["one column", "constant", "all different", "missing"],
)
def test_nothing_to_find_is_an_empty_answer(frame):
    y = [0, 1] * 50
    assert screen_pairs(frame, y) == {}
    assert choose_pairs(frame, y) == []


def test_fewer_rows_than_folds():
    assert screen_pairs(pd.DataFrame({"a": [1, 2, 3], "b": [1, 1, 2]}), [0, 1, 1]) == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": [1] * 100}, "y holds only one class"),
        ({"most": 0}, "most is 0"),
        ({"score": [0.0]}, "score has shape"),
        ({"score": [np.nan] * 100}, "score"),
        ({"random_state": -1}, "random_state is -1"),
        ({"X": np.zeros((0, 2))}, "found 0 sample"),
    ],
)
def test_bad_input_is_refused(change, message):
    given = {"X": pd.DataFrame({"a": [1, 2] * 50, "b": [1, 2, 2, 1] * 25}), "y": [0, 1] * 50}
    with pytest.raises(ValueError, match=message):
        choose_pairs(**(given | change))
