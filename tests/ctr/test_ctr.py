"""The contract that all click models share: input, columns, errors. scikit-learn's own checks: test_estimators.py."""

import importlib.util

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from mlpipe.click_metrics import normalized_entropy
from mlpipe.ctr import (
    Blend,
    CounterTrees,
    CrossNetwork,
    FactorizationMachine,
    FieldAwareFM,
    FTRLProximal,
    HashedLogisticRegression,
    NegativeDownsampler,
    SmoothedRate,
    TreesPlusLR,
)

MODELS = {
    "SmoothedRate": SmoothedRate(),
    "HashedLogisticRegression": HashedLogisticRegression(n_buckets=2**12),
    "FTRLProximal": FTRLProximal(n_buckets=2**12),
    "FactorizationMachine": FactorizationMachine(n_buckets=2**12),
    "FieldAwareFM": FieldAwareFM(n_buckets=2**12),
    "CrossNetwork": CrossNetwork(n_buckets=2**12),
    "TreesPlusLR": TreesPlusLR(n_buckets=2**12, n_trees=10),
    "CounterTrees": CounterTrees(n_trees=10),
    "NegativeDownsampler": NegativeDownsampler(HashedLogisticRegression(n_buckets=2**12), sampling_rate=0.5),
    "Blend": Blend([(SmoothedRate(), None), (HashedLogisticRegression(n_buckets=2**12), None)]),
}
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
LEARN_ONLINE = ["FTRLProximal", "FactorizationMachine", "FieldAwareFM", "CrossNetwork"]
learns_online = pytest.mark.parametrize("model", [MODELS[name] for name in LEARN_ONLINE], ids=LEARN_ONLINE)


def small_log(n=2000, seed=0):
    """Each kind of column, with missing values; the click rate depends on ad and depth."""
    rng = np.random.default_rng(seed)
    log = pd.DataFrame(
        {
            "ad": rng.integers(0, 8, n),
            "user": pd.array(np.where(rng.random(n) < 0.1, None, rng.integers(0, 200, n)), dtype="Int64"),
            "site": rng.choice(["news", "games", "mail"], n),
            "device": pd.Categorical(rng.choice(["phone", "desktop", None], n)),
            "depth": np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n)),
            "shown": pd.Timestamp("2026-01-05") + pd.to_timedelta(np.arange(n), "min"),
            "new": rng.random(n) < 0.5,
        }
    )
    score = -1.5 + 0.5 * (log["ad"] % 4) + log["depth"].fillna(0)
    return log, (rng.random(n) < 1 / (1 + np.exp(-score))).astype(int)


@every_model
def test_fits_clones_and_repeats(model):
    log, y = small_log()
    first = clone(model).fit(log, y)
    p = first.predict_proba(log)
    assert p.shape == (2000, 2)
    assert np.isfinite(p).all()
    assert p.sum(axis=1) == pytest.approx(1)
    assert p[:, 1].mean() == pytest.approx(y.mean(), abs=0.05)
    assert normalized_entropy(y, p[:, 1]) < 1
    assert (clone(model).fit(log, y).predict_proba(log) == p).all()
    assert (first.fit(log, y == 1).predict_proba(log) == p).all()  # a second fit forgets the first; bools are labels
    assert clone(first).get_params().keys() == first.get_params().keys()
    assert first.predict(log).tolist() == (p[:, 1] >= 0.5).astype(int).tolist()


@every_model
def test_columns_are_known_by_name_rows_by_value(model):
    log, y = small_log()
    fitted = clone(model).fit(log, y)
    p = fitted.predict_proba(log)
    assert (fitted.predict_proba(log[log.columns[::-1]]) == p).all()
    some = log.sample(50, random_state=1)
    assert fitted.predict_proba(some) == pytest.approx(p[some.index], rel=1e-5)
    assert fitted.predict_proba(log.iloc[[7]]) == pytest.approx(p[[7]], rel=1e-5)  # alone, as a server sees it


@every_model
def test_values_never_seen_and_missing_ones_get_a_sensible_probability(model):
    log, y = small_log()
    fitted = clone(model).fit(log, y)
    strange = log.head(3).assign(ad=999, user=12345, site="radio", device="watch", depth=[1e9, -1e9, np.nan])
    strange["shown"] = pd.Timestamp("2031-01-01")
    empty = log.head(3).assign(user=pd.array([None] * 3, dtype="Int64"), site=None, depth=np.nan, shown=pd.NaT)
    for rows in (strange, empty):
        p = fitted.predict_proba(rows)[:, 1]
        assert ((p > 0.005) & (p < 0.995)).all()


@every_model
def test_an_array_is_a_table_of_nameless_columns(model):
    log, y = small_log()
    array = np.column_stack([log["ad"], log["depth"]])
    named = log[["ad", "depth"]].set_axis(["x0", "x1"], axis=1).astype(float)
    from_array = clone(model).fit(array, y).predict_proba(array)
    assert from_array == pytest.approx(clone(model).fit(named, y).predict_proba(named))


@every_model
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda log, y: (log, np.where(y == 1, 2, 0)), "y holds .*2.*expected 0 .no click. or 1"),
        (lambda log, y: (log, np.where(y == 1, "yes", "no")), "map your labels"),
        (lambda log, y: (log, np.where(np.arange(len(y)) == 5, np.nan, y)), "y holds .*nan.*first of 1"),
        (lambda log, y: (log, np.zeros(len(y))), "only one class: 0 in all 2,000 rows"),
        (lambda log, y: (log, y[1:]), r"y has shape \(1999,\).*\(2000,\)"),
        (lambda log, y: (log[:0], y[:0]), "found 0 sample"),
        (lambda log, y: (log[[]], y), "found 0 feature"),
        (lambda log, y: (log["ad"], y), r"X has shape \(2000,\); expected a table"),
        (lambda log, y: (log.assign(depth=np.inf), y), "column 'depth' holds inf"),
        (lambda log, y: (pd.concat([log, log[["ad"]]], axis=1), y), "columns of one name"),
    ],
)
def test_bad_input_to_fit_is_named(model, change, message):
    with pytest.raises(ValueError, match=message):
        clone(model).fit(*change(*small_log()))


@every_model
def test_other_columns_at_predict_are_named(model):
    log, y = small_log()
    with pytest.raises(NotFittedError, match="call fit"):
        clone(model).predict_proba(log)
    fitted = clone(model).fit(log, y)
    with pytest.raises(ValueError, match=r"absent are .'site'."):
        fitted.predict_proba(log.drop(columns="site"))
    with pytest.raises(ValueError, match=r"unknown are .'price'."):
        fitted.predict_proba(log.assign(price=1))
    with pytest.raises(ValueError, match=r"unknown are .'x0'"):
        fitted.predict_proba(np.zeros((2, 7)))


HASHING = ["HashedLogisticRegression", "FTRLProximal", *LEARN_ONLINE[1:], "TreesPlusLR"]
every_hashing_model = pytest.mark.parametrize("model", [MODELS[name] for name in HASHING], ids=HASHING)


@every_hashing_model
def test_ids_of_another_kind_at_predict_are_refused(model):
    log, y = small_log()
    fitted = clone(model).fit(log[["ad", "site", "depth"]], y)
    for column, values, message in (
        ("ad", "7", "column 'ad' holds text .*numbers in fit"),
        ("site", 7, "column 'site' holds numbers .*text in fit"),
        ("ad", 0.5, "column 'ad' holds fractions"),
        ("depth", "deep", "column 'depth' holds text .*fractions in fit"),
    ):
        with pytest.raises(ValueError, match=message):
            fitted.predict_proba(log[["ad", "site", "depth"]].assign(**{column: values}))


MOMENTS = pd.Series(pd.Timestamp("2026-03-28 20:00") + pd.to_timedelta(np.arange(2000) * 180, "s"))
UTC = MOMENTS.dt.tz_localize("UTC")
EPOCH = MOMENTS.astype("datetime64[s]").astype("int64")


@every_model
def test_the_same_instants_in_another_form_at_predict_change_nothing_or_are_refused(model):
    log, y = small_log()
    log = log[["ad"]]
    naive, aware = log.assign(when=MOMENTS), log.assign(when=UTC.dt.tz_convert("Europe/Berlin"))
    for fitted, others in ((naive, [MOMENTS.astype("datetime64[s]"), MOMENTS.astype(object)]), (aware, [UTC])):
        known = clone(model).fit(fitted, y)
        for same in others:
            assert (known.predict_proba(log.assign(when=same)) == known.predict_proba(fitted)).all()
    for fitted, other, message in (
        (naive, UTC, "datetimes with a time zone .*expected datetimes without a time zone"),
        (aware, MOMENTS, "datetimes without a time zone .*expected datetimes with a time zone"),
        (naive, EPOCH, r"numbers .*expected datetimes without .*unit='s'"),
        (naive, MOMENTS.astype(str), "str values .*expected datetimes without"),
        (naive.assign(when=pd.to_timedelta(EPOCH, "s")), EPOCH / 7, "fractions .*and durations in fit"),
    ):
        with pytest.raises(ValueError, match=f"column 'when' holds {message}"):
            clone(model).fit(fitted, y).predict_proba(log.assign(when=other))


@every_model
@pytest.mark.parametrize("dtype", ["float64", "object", "Int64", "datetime64[ns]", "str", "category"])
def test_a_column_without_a_value_in_fit_may_not_get_one(model, dtype):
    log, y = small_log()
    nothing = log[["ad"]].assign(new=pd.Series([None] * 2000, dtype=dtype))
    fitted = clone(model).fit(nothing, y)
    p = fitted.predict_proba(nothing)
    assert (fitted.predict_proba(nothing.assign(new=np.nan)) == p).all(), "missing is missing in every dtype"
    for value in (0.5, 7, "a", MOMENTS[0]):
        with pytest.raises(
            ValueError, match=r"column 'new' holds .*, and nothing in fit.*; expected nothing: .*fit witho"
        ):
            fitted.predict_proba(nothing.assign(new=value))


@every_model
def test_columns_without_a_value_at_predict_are_missing_values(model):
    log, y = small_log()
    fitted = clone(model).fit(log, y)
    for name in log.columns:
        with_none = [fitted.predict_proba(log[:5].assign(**{name: nothing})) for nothing in (None, np.nan, pd.NaT)]
        assert (with_none[0] == with_none[1]).all()
        assert (with_none[0] == with_none[2]).all()


@every_model
def test_columns_that_hold_no_ids_numbers_or_times_are_named(model):
    log, y = small_log()
    fitted = clone(model).fit(log[["ad"]], y)
    for values in ([[1, 2]], [{}], [{1}], [(1,)], [1, "1"], [MOMENTS[0], UTC[0]], [b"a"]):
        odd = pd.DataFrame({"ad": pd.Series((values * 2000)[:2000], dtype=object)})
        for call in (lambda odd=odd: clone(model).fit(odd, y), lambda odd=odd: fitted.predict_proba(odd)):
            with pytest.raises(
                ValueError, match=r"column 'ad' holds object values such as .*; expected integers, whole"
            ):
                call()


@every_model
def test_ids_and_numbers_are_the_same_in_every_dtype(model):
    log, y = small_log()
    log = log[["ad"]].assign(depth=log["depth"].fillna(0).round(1))
    fitted = clone(model).fit(log, y)
    kinds = [
        ("Float64", "Float64"),
        ("Float32", "object"),
        ("uint8", "float64"),
        ("object", "object"),
        ("category", float),
    ]
    if importlib.util.find_spec("pyarrow"):
        kinds.append(("double[pyarrow]", "double[pyarrow]"))
    for ad, depth in kinds:
        same = log.astype({"ad": ad, "depth": depth})
        assert (fitted.predict_proba(same) == fitted.predict_proba(log)).all()
        assert (clone(model).fit(same, y).predict_proba(log) == fitted.predict_proba(log)).all()


@every_hashing_model
@pytest.mark.parametrize("crosses", [["ad"], [("ad",)], [("ad", "sight")], [("ad", "ad")], ["ad", "site"]])
def test_bad_crosses_are_named(model, crosses):
    log, y = small_log()
    with pytest.raises(ValueError, match=r"crosses holds .*expected a tuple of two or more different columns"):
        clone(model).set_params(crosses=crosses).fit(log, y)


@every_hashing_model
def test_crosses_let_a_model_say_what_no_sum_can(model):
    rng = np.random.default_rng(0)
    log = pd.DataFrame({"a": rng.integers(0, 4, 8000), "b": rng.choice(list("wxyz"), 8000)})
    y = (rng.random(8000) < np.where((log["a"] + log["b"].map("wxyz".index)) % 2, 0.4, 0.1)).astype(int)
    crossed = clone(model).set_params(crosses=[("a", "b")]).fit(log, y).predict_proba(log)[:, 1]
    assert normalized_entropy(y, crossed) < 0.92
    if isinstance(model, FTRLProximal | HashedLogisticRegression):
        assert normalized_entropy(y, clone(model).fit(log, y).predict_proba(log)[:, 1]) > 0.98


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (HashedLogisticRegression(C=0), "C is 0; expected a finite number above 0"),
        (HashedLogisticRegression(C=-1), "C is -1"),
        (HashedLogisticRegression(n_buckets=0), "n_buckets is 0; expected a whole number"),
        (HashedLogisticRegression(tol=np.nan), "tol is nan"),
        (FTRLProximal(alpha=0), "alpha is 0"),
        (FTRLProximal(l1=-1), "l1 is -1; expected a finite number of 0 or more"),
        (FTRLProximal(epochs=0), "epochs is 0"),
        (FTRLProximal(batch_size=1.5), "batch_size is 1.5"),
        (FactorizationMachine(factors=0), "factors is 0"),
        (FactorizationMachine(learning_rate=np.inf), "learning_rate is inf"),
        (FactorizationMachine(factor_l2=-1), "factor_l2 is -1"),
        (FactorizationMachine(pairs=[("ad", "sight")]), "pairs names .'sight'., which X does not have"),
        (FactorizationMachine(pairs=[("ad", "ad")]), "two different columns"),
        (FactorizationMachine(pairs=[("ad", "site"), ("site", "ad")]), "each pair once"),
        (FactorizationMachine(pairs=""), "pairs is ''; expected pairs of columns"),
        (FactorizationMachine(pairs=[(["ad", "site"], "shown")]), "pairs names "),
        (FieldAwareFM(pairs=[((), "ad")]), "pairs holds .*; expected names of columns"),
        (CounterTrees(keys=[("ad", "ad")]), "keys holds .*; expected names of columns, or tuples of different ones"),
        (FactorizationMachine(pairs="some"), "pairs is 'some'; expected pairs of columns: .*or \"all\""),
        (FactorizationMachine(pairs=3), "pairs is 3; expected pairs of columns"),
        (
            HashedLogisticRegression(crosses="automatic"),
            'expected tuples of columns, or "auto"',
        ),
        (FieldAwareFM([("ad", "sight")]), "pairs names .'sight'., which X does not have"),
        (FieldAwareFM(["ad", "site"]), "expected pairs of columns, or of tuples of columns"),
        (FieldAwareFM([("ad",)]), "expected pairs of columns, or of tuples of columns"),
        (CrossNetwork(layers=-1), "layers is -1; expected a whole number, 0 or more"),
        (CrossNetwork(network_rate=0), "network_rate is 0; expected a finite number above 0"),
        (CrossNetwork(hidden=(64, 0)), "hidden is 0; expected a whole number"),
        (CrossNetwork(hidden=64), "hidden is 64; expected a tuple with the units of each layer"),
        (TreesPlusLR(n_trees=0), "n_trees is 0"),
        (TreesPlusLR(learning_rate="fast"), "learning_rate is 'fast'"),
        (CounterTrees(warm_up=1), "warm_up is 1"),
        (CounterTrees(time="when"), "time is 'when', which X does not have"),
        (CounterTrees(reported_at="then"), "reported_at is 'then', which X does not have"),
        (CounterTrees(keys=["ad", ("ad", "sight")]), "keys names .'sight'."),
        (CounterTrees(time="shown", lag="-1D"), "lag is '-1D'"),
        (CounterTrees(time="shown", lag=1), "lag is 1; expected a duration .* with its unit"),
        (CounterTrees(time="shown", lag=None), "lag is None; expected a duration"),
        (CounterTrees(time="ad", lag="1D"), "lag is '1D'; expected a number"),
        (CounterTrees(lag="1D"), "lag is '1D' without a time; expected time to name the column of times, or lag left"),
        (CounterTrees(reported_at="shown"), "reported_at is 'shown' without a time; expected time to name"),
        (CounterTrees(max_leaf_nodes=1), "max_leaf_nodes is 1; expected a whole number, 2 or more"),
        (CounterTrees(random_state=-1), "random_state is -1; expected a whole number, 0 or more"),
        (CounterTrees(time="shown", reported_at="ad"), "reported_at: column 'ad' holds numbers .*expected datetimes"),
        (CounterTrees(time="site"), "time: column 'site' holds str values .*expected datetimes"),
        (CounterTrees(warm_up="0.1"), "warm_up is '0.1'; expected a number"),
        (FTRLProximal(random_state="a"), "random_state is 'a'; expected a whole number"),
        (SmoothedRate("sight"), "columns names .'sight'."),
        (SmoothedRate(prior_strength=0), "prior_strength is 0"),
        (NegativeDownsampler(sampling_rate=0), "sampling_rate is 0; expected .*the share of the non-clicks"),
        (NegativeDownsampler(sampling_rate=1.1), "sampling_rate is 1.1"),
        (NegativeDownsampler(sampling_rate=1e-12), "keeps none of"),
    ],
)
def test_bad_parameters_are_named_by_fit(model, message):
    with pytest.raises(ValueError, match=message):
        model.fit(*small_log())


STRANGE = {
    "nothing": np.full(2000, np.nan),
    "no text": pd.Series([None] * 2000, dtype=object),
    "constant": 7,
    "constant number": 0.5,
    "flag": np.arange(2000) % 3 == 0,
    "maybe": pd.array(np.where(np.arange(2000) % 5, np.arange(2000) % 2 == 0, None), dtype="boolean"),
    "category": pd.Categorical(np.where(np.arange(2000) % 7, "a", None), categories=["a", "never"]),
    "nullable text": pd.array(["x", "y", None, "z"] * 500, dtype="string[python]"),
    "time": pd.date_range("2026-01-05", periods=2000, freq="h", tz="Europe/Paris"),
    "duration": pd.to_timedelta(np.arange(2000), "s"),
    "small": np.arange(2000, dtype=np.uint8),
    "half": np.linspace(0, 1, 2000, dtype=np.float32),
}
if importlib.util.find_spec("pyarrow"):  # the course does not need it; who has it passes its columns
    STRANGE["arrow"] = pd.array(["x", "y", None, "z"] * 500, dtype="string[pyarrow]")


@every_model
def test_strange_columns_fit_and_predict_alone_and_together(model):
    _, y = small_log()
    alone = {name: pd.DataFrame({name: values}, index=range(2000)) for name, values in STRANGE.items()}
    for log in (*alone.values(), pd.concat(alone.values(), axis=1)):
        fitted = clone(model).fit(log, y)
        p = fitted.predict_proba(log)[:, 1]
        assert ((p > 0) & (p < 1)).all(), log.dtypes
        assert fitted.predict_proba(log[:1])[:, 1] == pytest.approx(p[:1], rel=1e-4), log.dtypes


@learns_online
def test_partial_fit_goes_on_and_survives_one_class_and_unknown_columns(model):
    log, y = small_log()
    online = clone(model)
    for start in range(0, 2000, 250):
        online.partial_fit(log[start : start + 250], y[start : start + 250])
    assert normalized_entropy(y, online.predict_proba(log)[:, 1]) < 1
    online.partial_fit(log[:50], np.zeros(50))
    clone(model).partial_fit(log[:50], np.zeros(50)).predict_proba(log)
    with pytest.raises(ValueError, match="absent are"):
        online.partial_fit(log[["ad"]], y)
    with pytest.raises(ValueError, match="y holds 2"):
        online.partial_fit(log[:2], [0, 2])
