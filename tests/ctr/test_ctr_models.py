"""Each click model against its formula, written out, and against scikit-learn."""

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from mlpipe.click_metrics import calibration_ratio, normalized_entropy
from mlpipe.ctr import (
    Blend,
    CounterTrees,
    FactorizationMachine,
    FieldAwareFM,
    FTRLProximal,
    HashedLogisticRegression,
    NegativeDownsampler,
    SmoothedRate,
    TreesPlusLR,
    logistic,
    recalibrate,
)
from mlpipe.ctr.counter_trees import _before
from mlpipe.ctr.fields import Fields, Keys
from mlpipe.ctr.logistic import fit_logistic
from mlpipe.features import hash_columns, hashed_design, past_rate


def ids_log(n=3000, seed=0, rate=-1.5):
    rng = np.random.default_rng(seed)
    log = pd.DataFrame({"ad": rng.integers(0, 30, n), "site": rng.integers(0, 12, n), "slot": rng.integers(1, 4, n)})
    score = rate + rng.normal(0, 0.7, 30)[log["ad"]] + rng.normal(0, 0.5, 12)[log["site"]] - 0.5 * log["slot"]
    return log, (rng.random(n) < expit(score.to_numpy())).astype(int)


# ---------------------------------------------------------------- fields


def test_ids_light_the_buckets_of_hash_columns():
    log, _ = ids_log(50)
    buckets, values, n_fields = Fields(2**12, [("ad", "site")]).fit(log).transform(log)
    assert (buckets == hash_columns(log, ["ad", "site", "slot"], 2**12, [("ad", "site")])).all()
    assert values is None
    assert n_fields == 3


def test_numbers_are_interpolated_between_their_quantiles():
    rng = np.random.default_rng(0)
    log = pd.DataFrame({"price": rng.lognormal(size=1000)})
    fields = Fields(2**30).fit(log)
    knots = fields.knots["price"]
    buckets, values, _ = fields.transform(log)
    assert values.sum(axis=1) == pytest.approx(1)
    # knots are numbered by their bucket: the interpolated knots give the number back
    knot_buckets = fields.transform(pd.DataFrame({"price": knots}))[0]
    order = np.append(knot_buckets[:, 0][:-1], knot_buckets[-1, 1])
    place = dict(zip(order, knots, strict=True))
    back = (np.vectorize(place.get)(buckets) * values).sum(axis=1)
    assert back == pytest.approx(log["price"].clip(knots[0], knots[-1]), rel=1e-5)
    missing = fields.transform(pd.DataFrame({"price": [np.nan]}))
    assert not set(missing[0][0][missing[1][0] > 0]) & set(order)


def test_more_rows_more_knots():
    rng = np.random.default_rng(0)
    counts = [
        len(Fields(64).fit(pd.DataFrame({"x": rng.normal(size=n)})).knots["x"]) for n in (20, 1000, 30_000, 10**6)
    ]
    assert counts == [3, 4, 8, 16]


def test_times_are_hour_and_weekday():
    times = pd.DataFrame({"shown": pd.to_datetime(["2026-01-05 09:10", "2026-01-05 09:59", "2026-01-12 09:00", None])})
    buckets = Fields(2**30).fit(times).transform(times)[0]
    assert buckets.shape == (4, 2)
    assert (buckets[:3] == buckets[0]).all()
    later = pd.DataFrame({"shown": pd.to_datetime(["2026-01-05 10:00", "2026-01-06 09:00"])})
    moved = Fields(2**30).fit(times).transform(later)[0] != buckets[0]
    assert moved.tolist() == [[True, False], [False, True]]
    assert (buckets[3] != buckets[0]).all()
    zoned = times.assign(shown=times["shown"].dt.tz_localize("Europe/Paris"))
    assert (Fields(2**30).fit(zoned).transform(zoned)[0] == buckets).all()  # hours of the column's own zone


def test_ids_that_arrive_as_floats_and_ids_above_two_to_the_53():
    log = pd.DataFrame({"ad": [7, 8, 7]})
    fields = Fields(2**30).fit(log)
    expected = fields.transform(log)[0]
    assert (fields.transform(log.astype(float))[0] == expected).all()
    assert (fields.transform(log.astype("Int64"))[0] == expected).all()
    huge = pd.DataFrame({"url": [1.4e19, 1.5e19, np.nan]})
    assert len(np.unique(Fields(2**30).fit(huge).transform(huge)[0])) == 3
    with_missing = pd.DataFrame({"id": [2.0**60, 2.0**60 + 256, 2.0**60 + 512, np.nan]})  # neighbours among floats
    assert len(np.unique(Fields(2**52).fit(with_missing).transform(with_missing)[0])) == 4


@pytest.mark.parametrize("labels", [np.arange(40)[::-1], np.repeat([7, 3], 20), np.arange(40) + 5])
def test_rows_stay_together_whatever_the_index_is(labels):
    rng = np.random.default_rng(0)
    log = pd.DataFrame(
        {
            "ad": rng.integers(0, 9, 40),
            "user": np.where(rng.random(40) < 0.1, np.nan, 2.0**60 + 4096 * rng.integers(0, 5, 40)),
            "depth": rng.normal(size=40),
            "wait": pd.to_timedelta(rng.random(40), "s"),
            "shown": pd.Timestamp("2026-01-05") + pd.to_timedelta(np.arange(40), "h"),
            "nothing": np.nan,
        }
    )
    for columns in (["user"], ["ad", "user"], ["ad", "shown"], list(log)):
        fields = Fields(2**20, [tuple(columns)] if len(columns) > 1 else []).fit(log[columns])
        found = fields.transform(log[columns].set_axis(labels, axis=0))
        for part, expected in zip(found, fields.transform(log[columns]), strict=True):
            assert np.array_equal(part, expected)
        keys = Keys([columns]).fit(log)
        assert (keys.transform(log.set_axis(labels, axis=0)) == keys.transform(log)).all()


def test_names_of_parts_of_columns_are_taken():
    log = pd.DataFrame({"t": pd.date_range("2026-01-05", periods=9, freq="h"), "t: hour": range(9)})
    with pytest.raises(ValueError, match="X has a column 't: hour', which is what a part of 't' is called"):
        Fields(2**20).fit(log)


def test_categories_that_are_numbers_may_be_missing():
    kinds = pd.Categorical([1, 2, None, 3] * 500)
    log, y = pd.DataFrame({"kind": kinds, "ad": range(2000)}), [0, 1, 1, 0] * 500
    for model in (CounterTrees(n_trees=20), TreesPlusLR(n_trees=5)):
        assert model.fit(log, y).predict_proba(log)[:4, 1].round().tolist() == [0, 1, 1, 0]


def test_a_certain_member_in_single_precision_does_not_overrule_the_others():
    class Certain(HashedLogisticRegression):
        def predict_proba(self, X):
            return np.full((len(X), 2), [0, 1], dtype=np.float32)

    log, y = ids_log()
    p = Blend([(Certain(), None), (HashedLogisticRegression(), None)]).fit(log, y).predict_proba(log)
    assert (p[:, 1] < 1).all()


def test_a_report_before_its_impression_is_refused():
    log, y = past_log()
    early = log.assign(reported=log["reported"] - pd.Timedelta("3h"))
    with pytest.raises(ValueError, match="reported_at: column 'reported' is before 'shown' in "):
        CounterTrees("shown", "reported").fit(early, y)


# ---------------------------------------------------------------- smoothed rate


def test_smoothed_rate_by_hand():
    log = pd.DataFrame({"ad": [1, 1, 1, 2], "site": ["a", "b", "b", "a"]})
    y = [1, 0, 1, 0]
    asked = pd.DataFrame({"ad": [1, 2, 3], "site": ["b", "a", "a"]})
    by_ad = SmoothedRate("ad", prior_strength=4).fit(log, y)
    assert by_ad.predict_proba(asked)[:, 1] == pytest.approx([(2 + 2) / 7, 2 / 5, 0.5])
    by_both = SmoothedRate(["ad", "site"], prior_strength=4).fit(log, y)
    assert by_both.predict_proba(asked)[:, 1] == pytest.approx([(1 + 2) / 6, 2 / 5, 0.5])
    assert SmoothedRate(prior_strength=4).fit(log, y).predict_proba(asked) == pytest.approx(
        by_both.predict_proba(asked)
    )


def test_the_prior_strength_is_found_from_the_spread_of_the_rates():
    rng = np.random.default_rng(0)
    for strength in (20, 200):
        rates = rng.beta(0.1 * strength, 0.9 * strength, 2000)
        ad = np.repeat(np.arange(2000), 40)
        model = SmoothedRate("ad").fit(pd.DataFrame({"ad": ad}), rng.random(len(ad)) < rates[ad])
        assert model.prior_strength_ == pytest.approx(strength, rel=0.3)


# ---------------------------------------------------------------- logistic regression


@pytest.mark.parametrize("C", [0.03, 1.0])
def test_logistic_regression_is_that_of_scikit_learn(C):
    log, y = ids_log()
    crosses = [("ad", "site")]
    design = hashed_design(log, list(log.columns), 2**14, crosses)
    peer = LogisticRegression(C=C, tol=1e-10, max_iter=5000).fit(design.astype(float), y)
    ours = HashedLogisticRegression(2**14, C=C, crosses=crosses, tol=1e-7).fit(log, y)
    assert ours.decision_function(log) == pytest.approx(peer.decision_function(design), abs=1e-4)
    assert ours.coef_ == pytest.approx(peer.coef_, abs=1e-4)
    default = HashedLogisticRegression(2**14, C=C, crosses=crosses).fit(log, y)
    assert default.predict_proba(log) == pytest.approx(peer.predict_proba(design), abs=0.01)


def test_the_optimiser_carries_only_features_that_some_row_has(monkeypatch):
    """Of 2^18 buckets a small table lights a few: with all of them the choice of C takes seconds."""
    rng, lengths = np.random.default_rng(0), []
    full = sp.csr_matrix((rng.random((200, 9)) < 0.3).astype(float))
    y = (rng.random(200) < 0.4).astype(float)
    wide = sp.csr_matrix((full.data, full.indices * 5 + 2, full.indptr), shape=(200, 50))
    expected = fit_logistic(full, y, 0.5, 1e-3, 100)
    original = logistic.minimize
    monkeypatch.setattr(logistic, "minimize", lambda f, x, **how: lengths.append(len(x)) or original(f, x, **how))
    weights, intercept, n_iter = fit_logistic(wide, y, 0.5, 1e-3, 100)
    assert lengths == [10]
    assert (intercept, n_iter) == expected[1:]
    np.testing.assert_array_equal(weights[2::5][:9], expected[0])
    assert np.count_nonzero(weights) == np.count_nonzero(expected[0]) == 9
    assert fit_logistic(sp.csr_matrix((200, 50)), y, 0.5, 1e-3, 100)[0].tolist() == [0] * 50


def test_single_precision_finds_the_same_minimum(monkeypatch):
    log, y = ids_log()
    double = HashedLogisticRegression(2**14).fit(log, y).decision_function(log)
    monkeypatch.setattr("mlpipe.ctr.linear.SINGLE_PRECISION_FROM", 0)
    assert HashedLogisticRegression(2**14).fit(log, y).decision_function(log) == pytest.approx(double, abs=0.05)


def test_too_few_iterations_warn():
    with pytest.warns(ConvergenceWarning, match="max_iter=2"):
        HashedLogisticRegression(max_iter=2, tol=1e-9).fit(*ids_log())


def test_the_intercept_makes_the_training_set_calibrated():
    log, y = ids_log()
    p = HashedLogisticRegression(tol=1e-6).fit(log, y).predict_proba(log)[:, 1]
    assert calibration_ratio(y, p) == pytest.approx(1, abs=1e-4)


# ---------------------------------------------------------------- FTRL


def ftrl_of_the_paper(rows, y, alpha, beta, l1, l2):
    """Algorithm 1 of McMahan et al. 2013 with dicts, row by row; coordinate "bias" is not regularised."""
    z, n = {}, {}

    def weight(i):
        if i not in z or (i != "bias" and abs(z[i]) <= l1):
            return 0.0
        sign = 1 if z[i] > 0 else -1
        first, second = (0, 0) if i == "bias" else (l1, l2)
        return -(z[i] - sign * first) / ((beta + np.sqrt(n[i])) / alpha + second)

    for features, label in zip(rows, y, strict=True):
        features = {**features, "bias": 1.0}
        weights = {i: weight(i) for i in features}
        p = 1 / (1 + np.exp(-sum(weights[i] * x for i, x in features.items())))
        for i, x in features.items():
            gradient = (p - label) * x
            sigma = (np.sqrt(n.get(i, 0) + gradient**2) - np.sqrt(n.get(i, 0))) / alpha
            z[i] = z.get(i, 0) + gradient - sigma * weights[i]
            n[i] = n.get(i, 0) + gradient**2
    return {i: weight(i) for i in z}


@pytest.mark.parametrize("penalty", [(0.0, 0.0), (0.7, 2.0)])
@pytest.mark.parametrize("dense_up_to", [0, 1e9])  # visit the batch's own buckets, or all of them
def test_ftrl_with_batches_of_one_is_the_algorithm_of_the_paper(penalty, dense_up_to, monkeypatch):
    monkeypatch.setattr("mlpipe.ctr.ftrl.DENSE_UP_TO", dense_up_to)
    l1, l2 = penalty
    log, y = ids_log(400)
    log["depth"] = np.random.default_rng(1).normal(size=400)
    arguments = {"crosses": [("ad", "slot")], "epochs": 1, "batch_size": 1, "shuffle": False}
    model = FTRLProximal(0.2, 0.8, l1, l2, 2**16, **arguments).fit(log, y)
    buckets, values, _ = model._fields.transform(log)
    rows = []
    for some, strengths in zip(buckets, values, strict=True):
        rows.append({})
        for bucket, strength in zip(some, strengths, strict=True):
            rows[-1][bucket] = rows[-1].get(bucket, 0) + float(strength)
    assert all(len(row) == buckets.shape[1] for row in rows)  # no two fields of a row meet in a bucket
    expected = ftrl_of_the_paper(rows, y, 0.2, 0.8, l1, l2)
    assert model.intercept_[0] == pytest.approx(expected.pop("bias"), abs=1e-6)
    found = {i: model.coef_[0, i] for i in expected}
    assert found == pytest.approx(expected, abs=1e-6)
    assert np.count_nonzero(model.coef_) == sum(w != 0 for w in expected.values())


def test_l1_gives_true_zeros_and_more_of_them_the_larger_it_is():
    log, y = ids_log()
    used = [
        np.count_nonzero(FTRLProximal(l1=l1, epochs=1, crosses=[("ad", "site")]).fit(log, y).coef_)
        for l1 in (0, 1, 5, 1000)
    ]
    assert used[0] > 300
    assert used[0] > used[1] > used[2] > used[3] == 0


def test_a_batch_of_ftrl_adds_up_the_gradients_and_the_squares_of_its_rows():
    log, y = ids_log(40)
    model = FTRLProximal(0.2, 0.8, 0.1, 2.0, batch_size=1).partial_fit(log, y)  # weights that are not zero
    buckets, _, _ = model._fields.transform(log)
    z, n, w, bias = model._z.copy(), model._n.copy(), model.coef_[0].copy(), model.intercept_[0]
    error = model.predict_proba(log)[:, 1] - y
    before, squares = model._bias_n, np.zeros_like(n)
    model._learn(buckets, None, y.astype(float))
    for row in range(40):
        z[buckets[row]] += error[row]
        squares[buckets[row]] += error[row] ** 2
    z -= (np.sqrt(n + squares) - np.sqrt(n)) / 0.2 * w
    assert model._n == pytest.approx(n + squares)
    assert model._z == pytest.approx(z)
    assert model._bias_n == pytest.approx(before + (error**2).sum())
    moved = -error.sum() * 0.2 / (0.8 + np.sqrt(model._bias_n))
    assert np.sign(model.intercept_[0] - bias) == np.sign(moved)


def test_batches_grow_and_end_at_multiples_of_their_size(monkeypatch):
    sizes = []
    monkeypatch.setattr(FTRLProximal, "_learn", lambda self, buckets, values, y: sizes.append(len(y)))
    model = FTRLProximal(batch_size=16)
    for part in (slice(0, 901), slice(901, 3000)):
        log, y = ids_log()
        model.partial_fit(log[part], y[part])
    ends = np.cumsum(sizes)
    assert sizes[:3] == [1, 1, 1]
    assert max(sizes) == 16
    assert (ends[ends > 1024] % 16 == 0)[:-1].all()
    assert {901, 912, 1024, 3000} <= set(ends.tolist())


def test_ftrl_in_pieces_is_ftrl_in_one_where_batches_end():
    log, y = ids_log()
    whole = FTRLProximal(batch_size=512, shuffle=False, epochs=1).fit(log, y)
    pieces = FTRLProximal(batch_size=512)
    for part in (slice(0, 1024), slice(1024, 1536), slice(1536, None)):
        pieces.partial_fit(log[part], y[part])
    assert (pieces.coef_ == whole.coef_).all()
    assert pieces.intercept_ == whole.intercept_
    elsewhere = FTRLProximal(batch_size=512).partial_fit(log[:777], y[:777]).partial_fit(log[777:], y[777:])
    assert elsewhere.decision_function(log) == pytest.approx(whole.decision_function(log), abs=0.05)


def test_ftrl_does_not_overshoot_on_many_numbers():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100_000, 30))
    log = pd.DataFrame(x, columns=[f"number{i}" for i in range(30)])
    y = (rng.random(100_000) < expit(-2.5 + x @ rng.normal(0, 0.2, 30))).astype(int)
    train, test = slice(0, 85_000), slice(85_000, None)
    base = HashedLogisticRegression(C=1).fit(log[train], y[train]).predict_proba(log[test])[:, 1]
    losses = [
        normalized_entropy(y[test], FTRLProximal(**given).fit(log[train], y[train]).predict_proba(log[test])[:, 1])
        for given in ({"epochs": 1}, {}, {"epochs": 6, "batch_size": 8192})
    ]
    assert max(losses[:2]) < normalized_entropy(y[test], base) + 0.02, losses
    assert losses[2] > max(losses[:2]) + 0.02, "batches too large for so many numbers"


def test_one_pass_of_ftrl_is_nearly_the_converged_regression():
    log, y = ids_log(50_000)
    train, test = slice(0, 40_000), slice(40_000, None)
    one_pass = FTRLProximal(epochs=1).fit(log[train], y[train]).predict_proba(log[test])[:, 1]
    converged = HashedLogisticRegression().fit(log[train], y[train]).predict_proba(log[test])[:, 1]
    assert normalized_entropy(y[test], one_pass) < normalized_entropy(y[test], converged) + 0.005


# ---------------------------------------------------------------- factorization machine


PAIRS_OF_FM = {"all": "all", "named": [("ad", "site"), ("depth", "slot")]}


@pytest.mark.parametrize("pairs", PAIRS_OF_FM.values(), ids=PAIRS_OF_FM)
def test_the_factorization_machine_is_the_sum_over_its_pairs(pairs):
    log, y = ids_log(500)
    log["depth"] = np.random.default_rng(1).normal(size=500)
    arguments = {"n_buckets": 2**12, "crosses": [("ad", "slot")], "min_clicks": 3, "factor_l2": 1}
    model = FactorizationMachine(3, n_models=2, pairs=pairs, **arguments).fit(log, y)
    buckets, values, n_fields = model._fields.transform(log)
    assert (~model._has_vector[buckets]).any()  # some values are too rare for a vector
    columns = ["ad", "site", "slot", "depth", "depth"]  # the two knots of a number
    assert model._fields.slots == columns
    expected = np.zeros(500)
    for machine in model._models:
        weight = np.ones((n_fields, n_fields))
        if pairs != "all":
            r = dict(zip(map(frozenset, pairs), machine["field_weights"], strict=True))
            assert not np.isclose(machine["field_weights"], 1).all()
            weight = np.array([[r.get(frozenset([left, right]), 0) for left in columns] for right in columns])
        for row in range(500):
            weights = machine["weights"].astype(float)
            total = machine["bias"] + (weights[buckets[row], 0] * values[row]).sum()
            vectors = weights[buckets[row], 1:] * model._has_vector[buckets[row], None]
            for i, j in itertools.combinations(range(n_fields), 2):
                total += weight[i, j] * (vectors[i] @ vectors[j]) * values[row, i] * values[row, j]
            expected[row] += total / 2
    assert model.decision_function(log) == pytest.approx(expected, abs=1e-4)


def check_gradient(model, machine, objective, places, encoded, y, rows, within):
    """The step of `_learn` against differences of the objective, at places of the weights."""
    measured = np.zeros_like(machine["weights"])
    for index in places:
        kept = machine["weights"][index]
        machine["weights"][index] = kept + 1e-4
        above = objective()
        machine["weights"][index] = kept - 1e-4
        measured[index] = (above - objective()) / 2e-4
        machine["weights"][index] = kept
    machine["squares"][:] = 1e12  # so that a step is the gradient, divided by a million
    before = machine["weights"].copy()
    model._learn(machine, model._batch(encoded, y.astype(float), rows))
    step = (before - machine["weights"]) * 1e6 / model.learning_rate
    assert step == pytest.approx(measured, abs=within * np.abs(measured).max())


@pytest.mark.parametrize("pairs", PAIRS_OF_FM.values(), ids=PAIRS_OF_FM)
@pytest.mark.parametrize("min_clicks", [0, 3])
def test_one_step_of_the_factorization_machine_follows_the_gradient(min_clicks, pairs):
    """The direction of each weight is the derivative of the penalised loss, measured by differences."""
    log, y = ids_log(60)
    log["depth"] = np.random.default_rng(1).normal(size=60)
    arguments = {"factors": 2, "n_buckets": 256, "crosses": [("ad", "slot")], "l2": 3, "factor_l2": 5}
    model = FactorizationMachine(**arguments, pairs=pairs, min_clicks=min_clicks, epochs=1, batch_size=1000)
    encoded = model.fit(log, y)._encode(log)  # weights that are not zero
    rows = np.arange(60)
    model._n_occurrences[:] = 0
    model._count(encoded, y.astype(float), rows)
    model._has_vector = model._n_occurrences >= 4 * min_clicks
    with_vector = model._has_vector[:, None]
    assert min_clicks == 0 or 3 < np.count_nonzero(with_vector[np.unique(encoded.linear)]) < 30
    machine = model._models[0]

    def objective():
        scores = model._scores(encoded, rows)
        loss = np.logaddexp(0, np.where(y == 1, -scores, scores)).sum()
        table = machine["weights"].astype(float)
        # a bucket's penalty is l2 / 2 times its square, whatever its occurrences; crosses and fields share the bucket
        sides, everything = (np.bincount(part.ravel(), minlength=256) for part in (encoded.sides, encoded.linear))
        share_sides, share = sides / np.maximum(everything, 1), everything > 0
        return (
            loss
            + 1.5 * (table[:, 0] ** 2 * share).sum()
            + 2.5 * ((table[:, 1:] ** 2 * with_vector).sum(1) * share_sides).sum()
        )

    machine["weights"] = machine["weights"].astype(np.float64)
    places = itertools.product(np.unique(encoded.linear), range(3))
    check_gradient(model, machine, objective, places, encoded, y, rows, within=0.02)


def test_one_step_of_the_field_weights_follows_the_gradient():
    log, y = ids_log(60)
    log["depth"] = np.random.default_rng(1).normal(size=60)
    arguments = {"factors": 2, "n_buckets": 2**12, "min_clicks": 0, "epochs": 1, "batch_size": 1000}
    model = FactorizationMachine(**arguments, pairs=PAIRS_OF_FM["named"]).fit(log, y)
    encoded, machine, rows = model._encode(log), model._models[0], np.arange(60)
    machine["weights"] *= 30  # so that the derivatives are not small
    machine["field_weights"] = machine["field_weights"].astype(np.float64)

    def loss():
        scores = model._scores(encoded, rows)
        return np.logaddexp(0, np.where(y == 1, -scores, scores)).sum()

    measured = np.zeros(2)
    for i in range(2):
        r = machine["field_weights"][i]
        machine["field_weights"][i] = r + 1e-3
        above = loss()
        machine["field_weights"][i] = r - 1e-3
        measured[i] = (above - loss()) / 2e-3
        machine["field_weights"][i] = r
    before = machine["field_weights"].copy()
    machine["field_squares"][:] = 1e12
    model._learn(machine, model._batch(encoded, y.astype(float), rows))
    step = (before - machine["field_weights"]) * 1e6 / 0.02
    assert np.abs(measured).min() > 0.005
    assert step == pytest.approx(measured, rel=0.01)


@pytest.mark.parametrize("machine", [FactorizationMachine, FieldAwareFM])
def test_inverse_variances_left_open_are_learned_for_each_column(machine):
    rng = np.random.default_rng(0)
    log = pd.DataFrame({"user": rng.integers(0, 80, 16_000), "item": rng.integers(0, 80, 16_000)})
    log["noise"] = rng.integers(0, 800, 16_000)
    left, right, own = rng.normal(size=(80, 2)), rng.normal(size=(80, 2)), rng.normal(size=80)
    y = (rng.random(16_000) < expit((left[log["user"]] * right[log["item"]]).sum(1) + own[log["item"]])).astype(int)
    train, test, pairs = slice(12_000), slice(12_000, None), [("user", "item")]

    def loss(**given: Any) -> float:
        model = machine(pairs=pairs, **given).fit(log[train], y[train])
        return normalized_entropy(y[test], model.predict_proba(log[test])[:, 1])

    start, good = loss(l2=10, factor_l2=30), loss(l2=100, factor_l2=1)
    assert good < start - 0.05
    assert loss() < good + 0.2 * (start - good)
    assert loss(factor_l2=1) < loss(l2=10, factor_l2=1) - 0.003  # items and noise need different ones


def test_a_machine_screens_its_pairs_and_learns_which_matter():
    rng = np.random.default_rng(0)
    log = pd.DataFrame({name: rng.integers(0, 20, 40_000) for name in "abcdef"})
    left, right = rng.normal(size=(20, 2)), rng.normal(size=(20, 2))
    y = (rng.random(40_000) < expit(-2 + 0.7 * (left[log["a"]] * right[log["d"]]).sum(1))).astype(int)
    settings: list[dict[str, Any]] = [{}, {"pairs": "all", "factor_l2": 60}]
    machine, plain = (FactorizationMachine(**given).fit(log[:30_000], y[:30_000]) for given in settings)
    assert ("a", "d") in machine.pairs_
    assert len(machine.pairs_) < 4
    assert plain.pairs_ is None
    losses = [normalized_entropy(y[30_000:], m.predict_proba(log[30_000:])[:, 1]) for m in (machine, plain)]
    assert losses[0] < losses[1] - 0.005
    weights = FactorizationMachine(pairs=[("a", "d"), ("b", "c")]).fit(log, y).field_weights_
    assert weights[0] > weights[1] + 0.2


def test_where_nothing_interacts_the_machine_is_a_logistic_regression():
    log, y = ids_log()
    machine = FactorizationMachine(l2=10, pairs=[], epochs=30).fit(log, y)
    assert machine.pairs_ == []
    linear = HashedLogisticRegression(C=0.1).fit(log, y)
    assert machine.decision_function(log) == pytest.approx(linear.decision_function(log), abs=0.1)


def test_a_stream_has_no_rows_to_screen_and_takes_all_pairs():
    log, y = ids_log()
    for kind in (FactorizationMachine, FieldAwareFM):
        machine = kind(n_buckets=2**12).partial_fit(log[:100], y[:100]).partial_fit(log[100:], y[100:])
        assert machine.pairs_ == [("ad", "site"), ("ad", "slot"), ("site", "slot")]
    assert len(FieldAwareFM("all").fit(log, y).pairs_) == 3


def test_crosses_of_a_logistic_regression_are_chosen_on_request():
    rng = np.random.default_rng(0)
    log = pd.DataFrame({name: rng.integers(0, 10, 20_000) for name in "abc"})
    y = (rng.random(20_000) < expit(rng.normal(-1, 1, (10, 10))[log["a"], log["c"]])).astype(int)
    model = HashedLogisticRegression(crosses="auto").fit(log, y)
    assert model.crosses_ == [("a", "c")]
    named = HashedLogisticRegression(crosses=[("a", "c")]).fit(log, y)
    assert (model.decision_function(log) == named.decision_function(log)).all()


def test_it_finds_an_interaction_of_low_rank_and_generalises_to_unseen_pairs():
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(40, 2)), rng.normal(size=(40, 2))
    log = pd.DataFrame({"ad": rng.integers(0, 40, 60_000), "site": rng.integers(0, 40, 60_000)})
    y = (rng.random(60_000) < expit(-1 + (left[log["ad"]] * right[log["site"]]).sum(1))).astype(int)
    unseen = ((log["ad"] + log["site"]) % 4 == 0).to_numpy()
    p = FactorizationMachine().fit(log[~unseen], y[~unseen]).predict_proba(log[unseen])[:, 1]
    crossed = HashedLogisticRegression(crosses=[("ad", "site")]).fit(log[~unseen], y[~unseen])
    assert normalized_entropy(y[unseen], p) < 0.92
    assert normalized_entropy(y[unseen], crossed.predict_proba(log[unseen])[:, 1]) > 0.98


def test_no_interaction_no_harm():
    log, y = ids_log(40_000)
    train, test = slice(0, 30_000), slice(30_000, None)
    machine = FactorizationMachine().fit(log[train], y[train]).predict_proba(log[test])[:, 1]
    linear = HashedLogisticRegression().fit(log[train], y[train]).predict_proba(log[test])[:, 1]
    assert normalized_entropy(y[test], machine) < normalized_entropy(y[test], linear) + 0.005


def test_seeds_decide_the_machine_and_models_are_averaged():
    log, y = ids_log()
    first, same, other = (FactorizationMachine(random_state=s).fit(log, y).decision_function(log) for s in (0, 0, 1))
    assert (first == same).all()
    assert (first != other).any()
    two = FactorizationMachine(n_models=2).fit(log, y)
    kept = two._models
    alone = []
    for machine in kept:
        two._models, two.n_models = [machine], 1
        alone.append(two.decision_function(log))
    assert (alone[0] != alone[1]).any()
    two._models, two.n_models = kept, 2
    assert two.decision_function(log) == pytest.approx(np.mean(alone, axis=0), abs=1e-5)


# ---------------------------------------------------------------- field-aware factorization machine


def field_aware_log(n):
    log, y = ids_log(n)
    log["depth"] = np.random.default_rng(1).normal(size=n)
    log["shown"] = pd.Timestamp("2026-01-05") + pd.to_timedelta(np.arange(n), "h")
    return log, y


FIELD_AWARE = {"factors": 2, "n_buckets": 2**16, "crosses": [("ad", "slot")]}
FIELD_AWARE["pairs"] = [("ad", "site"), (("ad", "slot"), "site"), ("depth", "shown")]


def test_a_field_aware_machine_is_the_sum_over_its_pairs_of_vectors_of_their_own():
    log, y = field_aware_log(500)
    model = FieldAwareFM(**FIELD_AWARE, n_models=2, min_clicks=3).fit(log, y)
    buckets, values, sides, _ = model._encode(log)
    assert sides.shape[1] == 6
    assert (sides[:, 1] != sides[:, 3]).any()  # the site has one vector for the ad, another for ad and slot
    for side, key in zip(sides.T, ("ad", "site", ["ad", "slot"], "site"), strict=False):
        assert set(pd.Series(side).groupby(log.groupby(key).ngroup()).nunique()) == {1}
    hours = pd.Series(sides[:, 5]).groupby(log["shown"].dt.hour)  # a time by its hour
    assert set(hours.nunique()) == {1}
    assert pd.Series(sides[:, 4]).nunique() == len(model._fields.knots["depth"]) - 1  # a number by its interval
    assert (~model._has_vector[sides]).any()
    expected = np.zeros(500)
    for row, machine in itertools.product(range(500), model._models):
        weights = machine["weights"].astype(float)
        vectors = weights[sides[row], 1:] * model._has_vector[sides[row], None]
        linear = (weights[buckets[row], 0] * values[row]).sum()
        expected[row] += (machine["bias"] + linear + (vectors[::2] * vectors[1::2]).sum()) / 2
    assert model.decision_function(log) == pytest.approx(expected, abs=1e-4)


def test_one_step_of_the_field_aware_machine_follows_the_gradient():
    log, y = field_aware_log(60)
    model = FieldAwareFM(**FIELD_AWARE, l2=3, factor_l2=5, min_clicks=0, epochs=3, batch_size=1000).fit(log, y)
    encoded, rows, machine = model._encode(log), np.arange(60), model._models[0]
    linear, sides = np.unique(encoded.linear), np.unique(encoded.sides)
    assert not np.isin(linear, sides).any()
    model._n_occurrences[:] = 0
    model._count(encoded, y.astype(float), rows)
    machine["weights"] = machine["weights"].astype(np.float64)

    def objective():
        scores, table = model._scores(encoded, rows), machine["weights"]
        loss = np.logaddexp(0, np.where(y == 1, -scores, scores)).sum()
        return loss + 1.5 * (table[linear, 0] ** 2).sum() + 2.5 * (table[sides, 1:] ** 2).sum()

    places = [*itertools.product(linear, [0]), *itertools.product(sides, [1, 2])]
    check_gradient(model, machine, objective, places, encoded, y, rows, within=0.01)


def test_named_pairs_generalise_better_than_all_pairs_and_than_a_cross():
    rng = np.random.default_rng(0)
    sizes = {"ad": 60, "site": 60, "user": 60, "hour": 24, "region": 10, "device": 4}
    log = pd.DataFrame({name: rng.integers(0, size, 80_000) for name, size in sizes.items()})
    left, right = rng.normal(size=(60, 2)), rng.normal(size=(60, 2))
    y = (rng.random(80_000) < expit(-2 + 0.8 * (left[log["ad"]] * right[log["site"]]).sum(1))).astype(int)
    train, test = slice(0, 40_000), slice(40_000, None)
    models = {
        "named": FieldAwareFM([("ad", "site")]),
        "all": FactorizationMachine(pairs="all"),
        "cross": HashedLogisticRegression(crosses=[("ad", "site")]),
    }
    found = {
        name: normalized_entropy(y[test], model.fit(log[train], y[train]).predict_proba(log[test])[:, 1])
        for name, model in models.items()
    }
    assert found["named"] < found["all"] - 0.005, found
    assert found["named"] < found["cross"] - 0.02, found


# ---------------------------------------------------------------- trees


def past_log(n=6000, seed=0):
    """Ads of very different rates, one row a minute, clicks reported an hour later."""
    rng = np.random.default_rng(seed)
    shown = pd.Timestamp("2026-01-05") + pd.to_timedelta(np.arange(n), "min")
    log = pd.DataFrame({"ad": rng.integers(0, 150, n), "shown": shown})
    y = rng.random(n) < rng.beta(0.5, 2, 150)[log["ad"]]
    log["reported"] = (log["shown"] + pd.Timedelta("1h")).where(y)
    return log, y.astype(int)


def test_counters_of_training_rows_are_the_past_rates():
    log, y = past_log()
    model = CounterTrees("shown", "reported", keys=["ad"], lag="2h", prior_strength=10).fit(log, y)
    at = model._times(log) - np.timedelta64(2, "h")
    seen = model._trees_see(log, _before(model._keys.transform(log), at, model._log))
    expected = past_rate(log["ad"], log["shown"], log["reported"], prior_rate=y.mean(), prior_strength=10, lag="2h")
    assert expit(seen[:, -2]) == pytest.approx(expected)


def test_counters_stand_still_without_history_and_go_on_with_it():
    log, y = past_log()
    early, late = log[:5000], log[5000:]
    model = CounterTrees("shown", "reported", keys=["ad"], prior_strength=30).fit(early, y[:5000])
    cut = early["shown"].max()
    frozen = model._trees_see(late, model._at_the_end(late))
    clicks = early["ad"][early["reported"] <= cut].value_counts()
    shown = early["ad"].value_counts()
    ads = late["ad"]
    assert np.expm1(frozen[:, -1]) == pytest.approx(ads.map(shown))
    rates = (ads.map(clicks).fillna(0) + 30 * model.base_rate_) / (ads.map(shown) + 30)
    assert expit(frozen[:, -2]) == pytest.approx(rates.to_numpy())
    assert clicks.sum() < y[:5000].sum()
    # With the later log as history the counters are those of the whole log, whose own rows and future do not count
    replayed = model.predict_proba(late, history=(late, y[5000:]))[:, 1]
    assert (replayed == model.predict_proba(late, history=(late[::-1], y[5000:][::-1]))[:, 1]).all()
    first = late.iloc[[0]]
    now = model.predict_proba(first, history=(late, y[5000:]))
    assert (now == model.predict_proba(first, history=(late.iloc[[0]], y[5000:5001]))).all()
    assert (replayed != model.predict_proba(late)[:, 1]).any()
    assert normalized_entropy(y[5000:], replayed) < 0.95


def test_the_labels_of_later_rows_do_not_reach_the_counters():
    log, y = past_log()
    seen = []
    for table in (log, log.assign(reported=log["reported"].where(log.index < 3000))):
        model = CounterTrees("shown", "reported", keys=["ad"], prior_strength=30).fit(table, y)
        seen.append(model._trees_see(log, _before(model._keys.transform(log), model._times(log), model._log)))
    assert (seen[0][:3000] == seen[1][:3000]).all()
    assert (seen[0][3000:] != seen[1][3000:]).any()


def test_reports_are_not_needed_to_predict():
    log, y = past_log()
    model = CounterTrees("shown", "reported").fit(log, y)
    assert (model.predict_proba(log.drop(columns="reported")) == model.predict_proba(log)).all()
    with pytest.raises(ValueError, match="history needs times"):
        CounterTrees().fit(log[["ad"]], y).predict_proba(log[["ad"]], history=(log[["ad"]], y))
    with pytest.raises(ValueError, match="'shown' has 6,000 missing"):
        CounterTrees("shown").fit(log.assign(shown=pd.NaT), y)


def test_history_in_another_form_is_converted_or_refused():
    log, y = past_log()
    utc = log.assign(**{name: log[name].dt.tz_localize("UTC") for name in ("shown", "reported")})
    paris = utc.assign(**{name: utc[name].dt.tz_convert("Europe/Paris") for name in ("shown", "reported")})
    past, later = slice(0, 4000), slice(4000, None)
    model = CounterTrees("shown", "reported", n_trees=5).fit(utc[past], y[past])
    expected = model.predict_proba(utc[later], history=(utc[later], y[later]))
    assert (model.predict_proba(paris[later], history=(paris[later], y[later])) == expected).all()
    numbers = log.assign(shown=log["shown"].astype("int64"))
    for known, history, message in (
        (utc, (log, y), "time: column 'shown' holds datetimes without a time zone .*expected datetimes with"),
        (log, (numbers, y), "time: column 'shown' holds numbers .*expected datetimes without"),
        (utc, (utc.assign(reported=log["reported"]), y), "reported_at: column 'reported' holds datetimes without"),
        (log, log, "history is a DataFrame; expected a table and its labels"),
    ):
        model = CounterTrees("shown", "reported", keys=["ad"], n_trees=2).fit(known, y)
        with pytest.raises(ValueError, match=message):
            model.predict_proba(known, history=history)


def test_past_only_counters_do_not_overfit_pure_noise():
    rng = np.random.default_rng(0)
    log = pd.DataFrame({"user": rng.integers(0, 2000, 8000), "ad": rng.integers(0, 300, 8000)})
    y = rng.random(8000) < 0.1
    for model in (CounterTrees(), TreesPlusLR(), FactorizationMachine(), HashedLogisticRegression(), FTRLProximal()):
        p = model.fit(log[:6000], y[:6000]).predict_proba(log[6000:])[:, 1]
        assert normalized_entropy(y[6000:], p) < 1.03, model


def test_without_a_time_the_rate_of_a_row_comes_from_the_other_folds():
    rng = np.random.default_rng(0)
    log = pd.DataFrame({"ad": rng.integers(0, 60, 500), "site": rng.integers(0, 5, 500)})
    y = (rng.random(500) < 0.3).astype(float)
    model = CounterTrees(keys=["ad", ("ad", "site")], n_trees=2).fit(log, y)
    keys = model._keys.transform(log)
    counters = model._of_other_folds(keys, y)
    for row in range(0, 500, 23):
        flipped = y.copy()
        flipped[row] = 1 - y[row]
        now = model._of_other_folds(keys, flipped)
        changed = [after != before for (after, *_), (before, *_) in zip(now, counters, strict=True)]
        others = [np.delete(keys[:, i] == keys[row, i], row) for i in (0, 1)]
        for (clicks, shown, count), change, other in zip(counters, changed, others, strict=True):
            assert not change[row], "its own label"
            assert count[row] == other.sum()
            assert np.delete(change, row).sum() == shown[row], "the label counts for each row of another fold"
            assert clicks[row] <= np.delete(y, row)[other].sum()
    shares = [shown.sum() / count.sum() for _, shown, count in counters]
    assert shares[0] == pytest.approx(0.8, abs=0.02)


def test_without_a_time_counters_are_spread_alike_in_training_and_later():
    log, y, _ = wide_world()
    train, later = slice(0, 24_000), slice(24_000, None)
    keys = ["user", "ad"]
    model = CounterTrees(keys=keys, n_trees=2).fit(log[train], y[train])
    trained = model._of_other_folds(model._keys.transform(log[train]), y[train])
    for (_, _, count), (clicks, shown, asked), name in zip(trained, model._at_the_end(log[later]), keys, strict=True):
        assert (count == 0).mean() == pytest.approx((asked == 0).mean(), abs=0.02)
        assert np.log1p(count).mean() == pytest.approx(np.log1p(asked).mean(), rel=0.02)
        same = log[name][train] == log[name].iloc[24_000]
        assert (clicks[0], shown[0]) == (y[train][same].sum(), same.sum())


def test_without_a_time_the_order_of_rows_means_nothing():
    log, y, _ = wide_world()
    train, test = np.arange(24_000), slice(24_000, None)
    found = []
    for rows in (train, train[np.argsort(y[train], kind="stable")]):  # all clicks behind
        p = CounterTrees(keys=["user", "ad", "advertiser"]).fit(log.iloc[rows], y[rows]).predict_proba(log[test])[:, 1]
        found.append(normalized_entropy(y[test], p))
    assert found[1] < found[0] + 0.01 < 0.98, found


def numbered_world(n=12_000, seed=0):
    """Two ids: the click rate follows the number of one, as if numbered by age; that of the other is random."""
    rng = np.random.default_rng(seed)
    log = pd.DataFrame({"account": rng.integers(0, 9000, n), "ad": rng.integers(0, 300, n)})
    score = -1.5 + np.sin(log["account"] / 1500) + rng.normal(0, 0.4, 300)[log["ad"]]
    return log, (rng.random(n) < expit(score)).astype(int)


@pytest.mark.parametrize("model", [CounterTrees(keys=["account", "ad"]), HashedLogisticRegression()])
def test_ids_as_numbers_help_where_numbers_have_a_meaning(model):
    log, y = numbered_world()
    train, test = slice(0, 9000), slice(9000, None)

    def loss(table, ids_as_numbers):
        fitted = clone(model).set_params(ids_as_numbers=ids_as_numbers).fit(table[train], y[train])
        return normalized_entropy(y[test], fitted.predict_proba(table[test])[:, 1])

    without = loss(log, False)
    assert loss(log, True) < without - 0.03
    shuffled = np.random.default_rng(1).permutation(9000)
    assert loss(log.assign(account=shuffled[log["account"]]), True) < without + 0.01, "random numbers cost a little"


@pytest.mark.parametrize("model", [CounterTrees(n_trees=3), HashedLogisticRegression(C=1)])
def test_ids_as_numbers_take_what_is_a_number_and_merge_no_keys(model):
    rng = np.random.default_rng(0)
    n = 2000
    log = pd.DataFrame(
        {
            "huge": 2**63 + rng.integers(0, 40, n).astype(np.uint64),  # all one number as floats
            "user": pd.array(np.where(rng.random(n) < 0.1, None, rng.integers(0, 200, n)), dtype="Int64"),
            "kind": pd.Categorical(rng.integers(3, 6, n)),
            "new": rng.random(n) < 0.5,
            "site": rng.choice(["news", "mail"], n),
            "depth": rng.normal(size=n),
        }
    )
    y = (rng.random(n) < 0.1 + 0.6 * (log["huge"] % 2 == 1)).astype(int)
    model = clone(model).set_params(ids_as_numbers=True).fit(log, y)
    taken = model.numbered_ if isinstance(model, CounterTrees) else model._fields.numbered
    assert taken == ["huge", "user", "kind", "new"]
    p = model.predict_proba(log)[:, 1]
    assert np.corrcoef(p, log["huge"] % 2 == 1)[0, 1] > 0.9
    asked = log.head(2).assign(user=pd.array([None, 10**12], dtype="Int64"))
    assert np.isfinite(model.predict_proba(asked)).all()
    buckets = Fields(2**40, ids_as_numbers=True).fit(log[["kind"]]).transform(log[["kind"]].astype(int) - 3)[0]
    assert set(buckets[:, 0]).isdisjoint(buckets[:, 1:].ravel()), "an id 0 is not the knot 0"
    with pytest.warns(UserWarning, match=r"ids_as_numbers changes nothing: none of .'site'. holds ids"):
        clone(model).fit(log[["site"]], y)


@pytest.mark.parametrize(
    "log",
    [
        pd.DataFrame({"ad": [1, 2, 1, 2]}),  # fewer rows than folds
        pd.DataFrame({"constant": np.zeros(300, int)}),
        pd.DataFrame({"row": np.arange(300)}),
        pd.DataFrame({"row": np.arange(300), "constant": "a", "nothing": np.nan, "same": 0.5}),
        pd.DataFrame({"ad": np.repeat([1, 2], 150)}),
    ],
    ids=["four rows", "constant", "all different", "nothing to learn", "one class a key"],
)
@pytest.mark.parametrize("given", [{}, {"time": "when"}], ids=["no time", "time"])
def test_counter_trees_on_tables_with_little_to_count(log, given):
    y = (np.arange(len(log)) >= len(log) // 2).astype(int)
    log = log.assign(when=np.arange(len(log))) if given else log
    model = CounterTrees(**given, n_trees=5).fit(log, y)
    p = model.predict_proba(log)[:, 1]
    assert ((p > 0) & (p < 1)).all()
    if "ad" in log and len(log) == 300:
        assert (model.predict(log) == y).all() or given
    elif not given:
        assert p == pytest.approx(0.5, abs=0.1), "a row's own label is no evidence"


def test_ids_with_few_clicks_a_value_are_counted_not_split():
    rng = np.random.default_rng(0)
    log = pd.DataFrame({"city": rng.integers(0, 60, 20_000), "plan": rng.integers(0, 3, 20_000)})
    for rate, wide in ((0.02, ["city"]), (0.3, [])):  # 7 and 100 clicks a city
        y = (rng.random(20_000) < rate * np.array([0.5, 1, 1.5])[log["plan"]]).astype(int)
        model = CounterTrees().fit(log, y)
        assert model._tree_columns.wide == wide
        assert model.keys_ == [("city",), ("plan",)]


def test_the_leaves_of_a_row_are_the_leaves_of_the_trees():
    log, y = past_log(3000)
    model = TreesPlusLR(n_trees=7, max_leaf_nodes=5).fit(log[["ad", "shown"]], y)
    frame = log[["ad", "shown"]]
    sees = model._trees_see(frame, in_training=True)
    leaves = model._design(frame, sees)[:, model.n_buckets :].toarray()
    assert (np.count_nonzero(leaves, axis=1) == 7).all()
    # Rows are in one leaf exactly when the tree adds the same value to both
    values = np.concatenate(model._leaf_values)
    total = (leaves > 0) @ values + model.trees_._baseline_prediction.item()
    assert total == pytest.approx(model.trees_.decision_function(sees), abs=1e-6)


def test_trees_find_an_interaction_that_the_regression_cannot():
    rng = np.random.default_rng(0)
    log = pd.DataFrame({"a": rng.normal(size=6000), "b": rng.normal(size=6000)})
    y = (rng.random(6000) < np.where(log["a"] * log["b"] > 0, 0.4, 0.1)).astype(int)
    train, test = slice(0, 4000), slice(4000, None)
    for model in (TreesPlusLR(), CounterTrees()):
        p = model.fit(log[train], y[train]).predict_proba(log[test])[:, 1]
        assert normalized_entropy(y[test], p) < 0.93
    linear = HashedLogisticRegression().fit(log[train], y[train]).predict_proba(log[test])[:, 1]
    assert normalized_entropy(y[test], linear) > 0.98


# ---------------------------------------------------------------- downsampling


def test_five_percent_looks_like_a_third_and_back():
    sampled = 0.05 / (0.05 + 0.95 * 0.1)
    assert sampled == pytest.approx(0.345, abs=5e-4)
    assert float(recalibrate(sampled, 0.1)) == pytest.approx(0.05, abs=1e-12)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(1e-3, 1))
def test_recalibrate_is_monotone_invertible_and_keeps_the_ends(p, other, w):
    q = recalibrate([p, other, 0.0, 1.0], w)
    assert ((q >= 0) & (q <= 1)).all()
    assert q[2:].tolist() == [0, 1]
    assert (q[0] - q[1]) * (p - other) >= 0
    back = q[0] / (q[0] + (1 - q[0]) * w)
    assert back == pytest.approx(p, abs=1e-9)
    assert recalibrate(p, 1.0) == pytest.approx(p)


@pytest.mark.parametrize(
    ("p", "w", "message"), [(1.2, 0.1, "p holds 1.2"), (np.nan, 0.1, "p holds nan"), (0.1, 0, "sampling_rate is 0")]
)
def test_recalibrate_refuses_what_is_no_probability(p, w, message):
    with pytest.raises(ValueError, match=message):
        recalibrate(p, w)


@pytest.mark.parametrize("rate", [0.05, 0.3])
def test_a_downsampled_model_is_calibrated_and_nearly_as_good(rate):
    log, y = ids_log(150_000, rate=-3)
    train, test = slice(0, 100_000), slice(100_000, None)
    model = NegativeDownsampler(sampling_rate=rate).fit(log[train], y[train])
    p = model.predict_proba(log[test])[:, 1]
    assert calibration_ratio(y[test], p) == pytest.approx(1, abs=0.12)
    assert model.n_kept_ == pytest.approx(y[train].sum() + rate * (1 - y[train]).sum(), rel=0.05)
    raw = model.estimator_.predict_proba(log[test])[:, 1]
    assert calibration_ratio(y[test], raw) > 2
    assert p == pytest.approx(recalibrate(raw, rate))
    full = HashedLogisticRegression().fit(log[train], y[train]).predict_proba(log[test])[:, 1]
    assert normalized_entropy(y[test], p) < normalized_entropy(y[test], full) + 0.01


def test_a_downsampler_keeps_all_clicks_and_repeats_by_seed():
    log, y = ids_log()
    kept = []

    class Spy(SmoothedRate):
        def fit(self, X, y):
            kept.append((len(X), y.sum()))
            return super().fit(X, y)

    for seed in (0, 0, 1):
        NegativeDownsampler(Spy("ad"), 0.2, random_state=seed).fit(log, y)
    assert kept[0] == kept[1] != kept[2]
    assert {clicks for _, clicks in kept} == {y.sum()}


def test_a_blend_is_the_mean_of_the_log_odds():
    log, y = ids_log()
    members = [(SmoothedRate("ad"), ["ad"]), (HashedLogisticRegression(), None), (FTRLProximal(), ["site", "slot"])]
    blend = Blend(members).fit(log, y)
    scores = [
        model.fit(log if columns is None else log[columns], y).decision_function(
            log if columns is None else log[columns]
        )
        for model, columns in members
    ]
    assert blend.decision_function(log) == pytest.approx(np.mean(scores, axis=0), abs=1e-9)
    with pytest.raises(ValueError, match=r"columns .'price'."):
        Blend([(SmoothedRate(), ["price"])]).fit(log, y)
    with pytest.raises(ValueError, match="expected pairs"):
        Blend([SmoothedRate()]).fit(log, y)


# ---------------------------------------------------------------- other worlds than ours


def numeric_world(n=30_000, seed=0):
    """Ten numbers of several shapes and two small categories: what a linear model on scaled numbers fits best."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 10))
    x[:, 3:6] = np.exp(x[:, 3:6] / 2)
    x[:, 6:8] = rng.random((n, 2))
    log = pd.DataFrame(x, columns=[f"number{i}" for i in range(10)])
    log["kind"], log["place"] = rng.choice(list("abcde"), n), rng.integers(0, 20, n)
    scaled = (x - x.mean(0)) / x.std(0)
    score = -2.5 + scaled @ rng.normal(0, 0.3, 10) + rng.normal(0, 0.4, 20)[log["place"]]
    return log, (rng.random(n) < expit(score)).astype(int), [f"number{i}" for i in range(10)]


def wide_world(n=30_000, seed=0):
    """Ids by the thousand with Zipf's frequencies, and a click rate of 17 %."""
    rng = np.random.default_rng(seed)
    sizes = {"user": 15_000, "query": 12_000, "keyword": 6_000, "ad": 3_000, "advertiser": 500, "depth": 3}
    log = pd.DataFrame({name: np.minimum(rng.zipf(1.4, n) - 1, size - 1) for name, size in sizes.items()})
    score = -1.8 + sum(rng.normal(0, 0.5, size)[log[name]] for name, size in sizes.items())
    return log, (rng.random(n) < expit(score)).astype(int), []


@pytest.mark.parametrize("world", [numeric_world, wide_world])
def test_defaults_are_not_worse_than_the_regression_of_scikit_learn(world):
    from sklearn.compose import ColumnTransformer

    log, y, numbers = world()
    train, test = slice(0, 24_000), slice(24_000, None)
    ids = [name for name in log.columns if name not in numbers]
    encode = ColumnTransformer(
        [("ids", OneHotEncoder(handle_unknown="ignore"), ids), ("numbers", StandardScaler(), numbers)]
    )
    peers = []
    for C in (0.03, 0.1, 0.3, 1.0):
        peer = make_pipeline(encode, LogisticRegression(C=C, max_iter=2000)).fit(log[train], y[train])
        peers.append(normalized_entropy(y[test], peer.predict_proba(log[test])[:, 1]))
    models = (
        HashedLogisticRegression(),
        FTRLProximal(),
        FactorizationMachine(),
        FieldAwareFM(),
        TreesPlusLR(),
        CounterTrees(),
        NegativeDownsampler(sampling_rate=0.5),
    )
    worse = {}
    for model in models:
        p = model.fit(log[train], y[train]).predict_proba(log[test])[:, 1]
        worse[type(model).__name__] = round(normalized_entropy(y[test], p) - min(peers), 4)
    assert max(worse.values()) < 0.01, worse
    assert log_loss(y[test], np.full(6000, y[train].mean())) > 0
