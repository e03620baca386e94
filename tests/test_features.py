import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import LogisticRegression

from mlpipe.features import (
    StreamingCounter,
    count_before,
    hash_columns,
    hash_integers,
    hashed_design,
    out_of_fold_target_mean,
    past_rate,
    smoothed_rate,
    target_mean,
)

# ---------------------------------------------------------------- hashing


@pytest.mark.parametrize("n_buckets", [64, 1000])
@pytest.mark.parametrize("step", [1, 64, 1000, 2**32])  # ids that a plain modulo would send to few buckets
def test_buckets_are_uniform(n_buckets, step):
    counts = np.bincount(hash_integers(np.arange(100_000) * step, n_buckets), minlength=n_buckets)
    assert counts.size == n_buckets
    assert stats.chisquare(counts).pvalue > 1e-3


def test_one_flipped_bit_flips_every_bit_of_the_hash_half_of_the_time():
    values = np.random.default_rng(0).integers(-(2**63), 2**63 - 1, size=4000)
    n_bits = 30
    before = hash_integers(values, 2**n_bits)
    for flipped in range(64):
        changed = before ^ hash_integers(values ^ np.int64(1 << flipped if flipped < 63 else -(2**63)), 2**n_bits)
        share = [((changed >> bit) & 1).mean() for bit in range(n_bits)]
        assert np.allclose(share, 0.5, atol=0.05)  # six standard deviations of 4,000 coin flips


@pytest.mark.parametrize(("n", "n_buckets"), [(1_000_000, 2**20), (200_000, 2**20), (50_000, 99_991)])
def test_share_of_keys_that_collide_is_the_formula(n, n_buckets):
    bucket = hash_integers(np.arange(n), n_buckets)
    measured = (np.bincount(bucket)[bucket] > 1).mean()
    assert measured == pytest.approx(1 - (1 - 1 / n_buckets) ** (n - 1), rel=0.02)


def test_a_seed_gives_another_independent_hash():
    values = np.arange(100_000)
    a, b = hash_integers(values, 16, seed=1), hash_integers(values, 16, seed=2)
    table = np.bincount(a * 16 + b, minlength=256).reshape(16, 16)
    assert stats.chi2_contingency(table).pvalue > 1e-3
    # keys that collide under one seed must not collide under the other
    wide_a, wide_b = hash_integers(values, 2**20, seed=1), hash_integers(values, 2**20, seed=2)
    order = np.argsort(wide_a)
    together = wide_a[order][1:] == wide_a[order][:-1]
    assert together.sum() > 3000
    assert (wide_b[order][1:] == wide_b[order][:-1])[together].mean() < 0.01


def test_the_dtype_of_an_integer_does_not_matter():
    for dtype in (np.int8, np.int16, np.int32, np.int64):
        assert hash_integers(np.array([-5, 7], dtype), 10**9).tolist() == hash_integers([-5, 7], 10**9).tolist()
    assert hash_integers(np.array([7], np.uint8), 10**9) == hash_integers(np.array([7], np.uint64), 10**9)
    assert hash_integers(np.array([[1, 2], [3, 4]]), 10).shape == (2, 2)
    assert hash_integers(np.array([], dtype=np.int64), 10).shape == (0,)
    assert hash_integers(5, 10**9).shape == ()


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1), st.integers(1, 2**40), st.integers(-5, 2**70))
def test_buckets_stay_in_range_and_repeat(values, n_buckets, seed):
    bucket = hash_integers(np.array(values, dtype=np.int64), n_buckets, seed)
    assert ((bucket >= 0) & (bucket < n_buckets)).all()
    assert (bucket == hash_integers(np.array(values, dtype=np.int64), n_buckets, seed)).all()


@pytest.mark.parametrize("bad", [[1.0, np.nan], ["a"], [None]])
def test_hash_integers_refuses_what_is_no_integer(bad):
    with pytest.raises(ValueError, match="expected integers"):
        hash_integers(bad, 10)


@pytest.mark.parametrize("n_buckets", [0, -4, 2.0**18])
def test_hash_refuses_a_bad_number_of_buckets(n_buckets):
    with pytest.raises(ValueError, match="n_buckets"):
        hash_integers([1], n_buckets)
    with pytest.raises(ValueError, match="n_buckets"):
        hash_columns(pd.DataFrame({"a": [1]}), ["a"], n_buckets)


WIDE = 2**40  # no accidental collisions


def bucket_of(column, name="ad"):
    return hash_columns(pd.DataFrame({name: column}), [name], WIDE)[:, 0].tolist()


def test_a_value_hashes_the_same_in_every_dtype():
    expected = bucket_of(pd.Series([7, 8, 7]))
    for dtype in ("int32", "uint8", "Int64", "float64", "object", "category"):
        assert bucket_of(pd.Series([7, 8, 7]).astype(dtype)) == expected
    text = bucket_of(pd.Series(["x", "y", "x"]))
    for dtype in ("object", "string", "category"):
        assert bucket_of(pd.Series(["x", "y", "x"]).astype(dtype)) == text
    assert bucket_of(pd.Series([True, False])) == bucket_of(pd.Series([True, False], dtype="boolean"))
    assert bucket_of(pd.Series(["7", "8", "7"])) != expected


def test_one_missing_value_does_not_move_the_other_ids():
    """The classic skew: a batch with a missing id arrives as float, the next one as int."""
    known = bucket_of(pd.Series([7, 8]))
    with_missing = bucket_of(pd.Series([7, 8, None]))
    assert with_missing[:2] == known
    assert with_missing[2] not in known
    for column in (
        pd.array([None], dtype="Int64"),
        pd.Categorical([None], categories=["x"]),
        pd.Series([None], dtype=object),
        pd.Series([np.nan]),
        pd.Series([None], dtype="str"),
    ):
        assert bucket_of(pd.Series(column)) == with_missing[2:]


def test_the_codes_of_a_categorical_do_not_matter():
    train = pd.Series(pd.Categorical(["old", "young"], categories=["young", "old", "never"]))
    serve = pd.Series(pd.Categorical(["young"], categories=["young"]))
    assert bucket_of(train)[1] == bucket_of(serve)[0]
    assert bucket_of(train)[0] != bucket_of(serve)[0]


def test_each_row_alone_hashes_as_in_the_batch():
    rng = np.random.default_rng(0)
    batch = pd.DataFrame(
        {
            "ad": pd.array([*rng.integers(0, 50, 29).tolist(), None], dtype="Int64"),
            "site": rng.choice(["a", "b", "c"], 30),
            "age": pd.Categorical(rng.choice(["young", "old", None], 30)),
        }
    )
    arguments = (["ad", "site", "age"], WIDE, [("ad", "age"), ("ad", "site", "age")])
    whole = hash_columns(batch, *arguments)
    single = [hash_columns(pd.DataFrame([row]), *arguments)[0] for row in batch.to_dict("records")]
    assert (whole == single).all()
    shuffled = batch.sample(frac=1, random_state=1)
    assert (hash_columns(shuffled, *arguments) == whole[shuffled.index]).all()


def test_equal_ids_of_different_fields_differ_and_so_do_crosses():
    frame = pd.DataFrame({"ad": [7, 8], "site": [7, 8]})
    fields = hash_columns(frame, ["ad", "site"], WIDE, crosses=[("ad", "site"), ("site", "ad")])
    assert np.unique(fields).size == 8
    crosses = hash_columns(frame.assign(slot=frame["site"]), ["ad"], WIDE, crosses=[("ad", "site"), ("ad", "slot")])
    assert np.unique(crosses).size == 6
    assert np.unique(hash_columns(frame, ["ad"], WIDE, seed=1)).tolist() != np.unique(fields[:, 0]).tolist()


def test_a_cross_is_one_value_a_combination():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.integers(0, 30, 5000), "b": rng.integers(0, 30, 5000)})
    cross = hash_columns(frame, ["a"], WIDE, crosses=[("a", "b")])[:, 1]
    assert len(np.unique(cross)) == len(frame.drop_duplicates())
    assert pd.Series(cross).groupby([frame["a"], frame["b"]]).nunique().eq(1).all()


def test_hashed_design_is_the_one_hot_of_hash_columns():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.integers(0, 40, 300), "b": rng.integers(0, 40, 300)})
    design = hashed_design(frame, ["a", "b"], 32, crosses=[("a", "b")])
    expected = np.zeros((300, 32))
    for row, buckets in enumerate(hash_columns(frame, ["a", "b"], 32, crosses=[("a", "b")])):
        for bucket in buckets:
            expected[row, bucket] += 1
    assert (design.toarray() == expected).all()
    assert design.toarray().max() > 1  # some rows do collide at 32 buckets
    assert design.dtype == np.float32
    assert design.has_canonical_format


def test_logistic_regression_finds_the_planted_cross_only_with_the_cross():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.integers(0, 6, 6000), "b": rng.integers(0, 6, 6000)})
    y = (frame["a"] + frame["b"]) % 2
    accuracy = []
    for crosses in ((), [("a", "b")]):
        design = hashed_design(frame, ["a", "b"], 2**12, crosses=crosses)
        accuracy.append(LogisticRegression().fit(design[:4000], y[:4000]).score(design[4000:], y[4000:]))
    assert accuracy[0] < 0.6
    assert accuracy[1] > 0.99


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pd.Series([0.5, 1.5]), "float64 values such as 0.5"),
        (pd.Series(pd.to_datetime(["2026-01-01"])), "datetime"),
        (pd.Series([1, "a"], dtype=object), "of one kind"),
    ],
)
def test_hash_columns_refuses_values_that_are_no_ids(column, message):
    with pytest.raises(ValueError, match=message):
        hash_columns(pd.DataFrame({"ad": column}), ["ad"], 16)


@pytest.mark.parametrize(
    ("columns", "crosses", "message"),
    [
        (["ad", "sight"], (), "no column 'sight'"),
        ("ad", (), "list of column names"),
        (["ad"], ["ad"], "list of column names"),
        (["ad", "ad"], (), "only once"),
        (["ad"], [("ad", "site"), ("ad", "site")], "only once"),
    ],
)
def test_hash_columns_refuses_bad_fields(columns, crosses, message):
    with pytest.raises(ValueError, match=message):
        hash_columns(pd.DataFrame({"ad": [1], "site": [2]}), columns, 16, crosses)


# ---------------------------------------------------------------- rates


def test_smoothed_rate_is_the_mean_of_the_beta_posterior():
    posterior = stats.beta(0.03 * 40 + 3, 0.97 * 40 + 7)
    assert smoothed_rate(3, 10, 0.03, 40) == pytest.approx(posterior.mean())
    assert smoothed_rate([0, 3], [0, 3], [0.2, 0.4], 0).tolist() == [0.2, 1.0]


@given(st.integers(0, 100), st.integers(0, 100), st.floats(0, 1), st.floats(0, 1000))
def test_smoothed_rate_lies_between_prior_and_observed(successes, failures, prior, strength):
    trials = successes + failures
    rate = float(smoothed_rate(successes, trials, prior, strength))
    low, high = sorted([prior, successes / trials if trials else prior])
    assert low - 1e-9 <= rate <= high + 1e-9


@pytest.mark.parametrize("bad", [(2, 1, 0.1, 1), (-1, 1, 0.1, 1), (np.nan, 1, 0.1, 1), (0, np.inf, 0.1, 1)])
def test_smoothed_rate_refuses_impossible_counts(bad):
    with pytest.raises(ValueError, match="successes <= trials"):
        smoothed_rate(*bad)


@pytest.mark.parametrize("bad", [(0, 1, 1.1, 1), (0, 1, np.nan, 1), (0, 1, 0.1, -1), (0, 1, 0.1, np.inf)])
def test_smoothed_rate_refuses_an_impossible_prior(bad):
    with pytest.raises(ValueError, match=r"^prior_(rate|strength) holds .*; expected"):
        smoothed_rate(*bad)


def naive_target_mean(keys, y, new_keys, strength):
    return [
        (sum(label for key, label in zip(keys, y, strict=True) if key == new) + strength * np.mean(y))
        / (sum(key == new for key in keys) + strength)
        for new in new_keys
    ]


def test_target_mean_is_the_smoothed_mean_of_each_key():
    rng = np.random.default_rng(0)
    keys, y = rng.choice(list("abcd"), 60).tolist(), rng.integers(0, 2, 60)
    new = ["d", "a", "never"]
    assert target_mean(keys, y, new, prior_strength=3) == pytest.approx(naive_target_mean(keys, y, new, 3))
    assert target_mean(keys, y, prior_strength=3) == pytest.approx(naive_target_mean(keys, y, keys, 3))


def test_target_mean_matches_keys_across_dtypes_and_pools_the_missing():
    y = [1, 0, 1, 0]
    ints = pd.Series([1, 2, None, None], dtype="Int64")
    assert target_mean(ints, y, [1.0, np.nan, 9], prior_strength=0).tolist() == [1.0, 0.5, 0.5]
    category = pd.Series(["b", "a", "b", "b"], dtype="category")
    assert target_mean(category, y, ["a", "b"], prior_strength=0) == pytest.approx([0, 2 / 3])
    with pytest.raises(ValueError, match="two kinds"):
        target_mean(ints, y, ["1"])


def test_out_of_fold_leaves_the_own_label_out():
    """With one fold a row this is the mean of all others: flip a label, and no row but the others' may move."""
    rng = np.random.default_rng(0)
    keys, y = rng.integers(0, 4, 40), rng.integers(0, 2, 40)
    got = out_of_fold_target_mean(keys, y, n_folds=40, prior_strength=2)
    for i in range(40):
        rest = np.arange(40) != i
        expected = naive_target_mean(keys[rest].tolist(), y[rest], [keys[i]], 2)
        assert got[i] == pytest.approx(expected[0])


def test_out_of_fold_agrees_with_a_loop_over_folds():
    rng = np.random.default_rng(1)
    keys, y = rng.integers(0, 30, 500), rng.integers(0, 2, 500)
    got = out_of_fold_target_mean(keys, y, n_folds=5, prior_strength=7, seed=3)
    fold = np.random.default_rng(3).permutation(500) % 5
    for f in range(5):
        inside = fold == f
        assert got[inside] == pytest.approx(target_mean(keys[~inside], y[~inside], keys[inside], prior_strength=7))


def test_on_random_labels_in_sample_means_look_predictive_and_out_of_fold_means_do_not():
    rng = np.random.default_rng(0)
    keys, y = rng.integers(0, 2000, 4000), rng.integers(0, 2, 4000)
    assert np.corrcoef(target_mean(keys, y, prior_strength=1), y)[0, 1] > 0.5
    assert abs(np.corrcoef(out_of_fold_target_mean(keys, y, prior_strength=1), y)[0, 1]) < 0.1


@pytest.mark.parametrize("encode", [target_mean, out_of_fold_target_mean])
def test_target_means_refuse_bad_input(encode):
    with pytest.raises(
        ValueError, match=r"y holds (2.0|nan) .*expected labels, each 0 .no click. or 1 .click., none missing"
    ):
        encode([1, 2], [0, 2])
    with pytest.raises(
        ValueError, match=r"y holds (2.0|nan) .*expected labels, each 0 .no click. or 1 .click., none missing"
    ):
        encode([1, 2], [0, np.nan])
    with pytest.raises(ValueError, match="keys has 3 values and y 2"):
        encode([1, 2, 3], [0, 1])


def test_n_folds_must_fit():
    for n_folds in (1, 3):
        with pytest.raises(ValueError, match="n_folds"):
            out_of_fold_target_mean([1, 2], [0, 1], n_folds=n_folds)


# ---------------------------------------------------------------- point in time

ASKS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), min_size=1, max_size=30)
EVENTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), max_size=30)


@given(ASKS, EVENTS, st.one_of(st.none(), st.integers(1, 8)))
def test_count_before_agrees_with_looking_at_every_pair(asks, events, window):
    expected = [
        sum(k == key and t < time and (window is None or t >= time - window) for k, t in events) for key, time in asks
    ]
    keys, times = zip(*asks, strict=True)
    event_keys, event_times = np.array(events, dtype=np.int64).reshape(-1, 2).T
    assert count_before(keys, times, event_keys, event_times, window).tolist() == expected


@given(EVENTS, st.one_of(st.none(), st.integers(1, 8)))
def test_training_and_serving_count_the_same(events, window):
    """The batch counter asks about the log; the streaming one lives through it, row by row."""
    events = sorted(events, key=lambda event: event[1])
    keys, times = [k for k, _ in events], [pd.Timestamp("2026-01-01") + pd.Timedelta(hours=t) for _, t in events]
    width = None if window is None else pd.Timedelta(hours=window)
    counter, served = StreamingCounter(), []
    for key, moment in zip(keys, times, strict=True):
        served.append(counter.count(key, moment, width))
        counter.update(key, moment)
    if events:
        assert count_before(keys, times, keys, times, width).tolist() == served


def test_streaming_counter_takes_late_events_in_any_order():
    counter = StreamingCounter()
    for t in (5, 1, 3):
        counter.update("a", t)
    assert [counter.count("a", t) for t in (1, 2, 4, 6)] == [0, 1, 2, 3]
    assert counter.count("a", 5, window=2) == 1  # 3 is on the edge of the window and inside; 5 is not before 5


def test_an_event_at_the_same_moment_is_not_before():
    assert count_before([1, 1], [5, 6], [1, 1, 1], [5, 5, 4]).tolist() == [1, 3]
    assert count_before([1], [5], [1, 1], [2, 3], window=2).tolist() == [1]


def test_count_before_does_not_depend_on_row_order_or_time_unit():
    rng = np.random.default_rng(0)
    keys, times = rng.integers(0, 5, 200), pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 90, 200), "h")
    counts = count_before(keys, times, keys, times, "1D")
    order = rng.permutation(200)
    assert (count_before(keys[order], times[order], keys, times.as_unit("s"), "24h") == counts[order]).all()
    hours = (times - times[0]) / pd.Timedelta("1h")
    assert (count_before(keys, hours, keys, hours, 24) == counts).all()
    zoned = times.tz_localize("UTC")
    assert (count_before(keys, zoned.tz_convert("Asia/Tokyo"), keys, zoned, "1D") == counts).all()
    assert counts.max() > 1


def test_nanoseconds_and_many_keys_do_not_overflow():
    times = pd.to_datetime(["1900-01-01", "2200-01-01"])
    keys = np.array([2**62, 2**62])
    assert count_before(keys, times, keys, times).tolist() == [0, 1]
    many = np.arange(100_000)
    spread = pd.DatetimeIndex(np.linspace(-2e18, 7e18, many.size).astype("datetime64[ns]"))  # 1906 to 2191
    asked = spread + pd.Timedelta("1ns")
    assert (count_before(many, asked, many, spread) == 1).all()
    assert (count_before(many, asked, many, spread + pd.Timedelta("1ns")) == 0).all()


def test_keys_match_by_value_whatever_their_dtype():
    category = pd.Series(["x", "y"], dtype=pd.CategoricalDtype(["y", "x"]))
    assert count_before(category, [5, 5], ["x", "x", "z"], [1, 2, 3]).tolist() == [2, 0]
    nullable = pd.Series([1, 2], dtype="Int64", index=[7, 3])
    assert count_before(nullable, [5, 5], [1.0, 1.0, 2.0], [1, 2, 9]).tolist() == [2, 0]
    with pytest.raises(ValueError, match="two kinds"):
        count_before([1], [5], ["1"], [1])


def test_missing_keys_need_a_decision():
    users = pd.Series([1, None, None], dtype="Int64")
    times = [1, 2, 3]
    with pytest.raises(ValueError, match="2 missing values"):
        count_before(users, times, users, times)
    with pytest.raises(ValueError, match="event_keys has 2 missing"):
        count_before([1, 1, 1], times, users, times)
    asked, at = [1.0, np.nan], [9, 9]
    assert count_before(asked, at, users, times, missing="zero").tolist() == [1, 0]
    assert count_before(asked, at, users, times, missing="pool").tolist() == [1, 2]
    assert count_before([None], [9], [None, None], [1, 2], missing="pool").tolist() == [2]
    with pytest.raises(ValueError, match="missing is 'drop'"):
        count_before([1], [1], [1], [1], missing="drop")


def test_no_events_at_all():
    assert count_before([1, 2], [3, 4], [], []).tolist() == [0, 0]
    dates = pd.to_datetime(["2026-01-01"])
    assert count_before(["a"], dates, [], dates[:0], "1D").tolist() == [0]


NAT = pd.to_datetime(["2026-01-01", None])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 1], [1], [1], [1]), "keys has 2 values and times 1"),
        (([1], [1], [1], [1, 2]), "event_keys has 1 values and event_times 2"),
        (([1, 1], NAT, [1], NAT[:1]), "times has 1 missing"),
        (([1], NAT[:1], [1, 1], NAT), "event_times has 1 missing"),
        (([1], [1], [1], NAT[:1]), "event_times holds datetimes .*expected numbers: give both"),
        (([1], NAT[:1].tz_localize("UTC"), [1], NAT[:1]), "time zone"),
        (([1], NAT[:1], [1], NAT[:1], 3), "with its unit"),
        (([1], NAT[:1], [1], NAT[:1], "-1D"), "above 0"),
        (([1], NAT[:1], [1], NAT[:1], "soon"), "window is 'soon'"),
        (([1], NAT[:1], [1], NAT[:1], np.int64(1)), "with its unit"),
        (([1], NAT[:1], [1], NAT[:1], "1"), "with its unit"),
        (([[1]], [1], [1], [1]), r"keys holds object values such as \[1\]"),
        (([1], [1], [1, "1"], [1, 2]), "event_keys holds object values such as 1 and '1'"),
        (([1], ["2026-01-01"], [1], [1]), "times holds str values"),
        (([1], [1], [1], [1], "1D"), "window is '1D'"),
        (([1], [1], [1], [1], 0), "above 0"),
    ],
)
def test_count_before_refuses_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        count_before(*arguments)


def click_log(seed, n=120):
    rng = np.random.default_rng(seed)
    shown = pd.Series(pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 50, n), "h")).sort_values()
    shown = shown.reset_index(drop=True)
    reported = (shown + pd.to_timedelta(rng.integers(0, 20, n), "h")).where(rng.random(n) < 0.4)
    return rng.integers(0, 4, n), shown, reported


def test_past_rate_knows_impressions_shown_and_clicks_reported_before():
    ads, shown, reported = click_log(0)
    expected = []
    for ad, now in zip(ads, shown, strict=True):
        past = (ads == ad) & (shown < now)
        clicks = ((ads == ad) & (reported < now)).sum()
        expected.append((clicks + 5 * 0.1) / (past.sum() + 5))
    assert past_rate(ads, shown, reported, prior_rate=0.1, prior_strength=5) == pytest.approx(expected)


def test_past_rate_does_not_change_when_the_future_does():
    """Replay: cut the log at any moment, and what was known then is what the whole log says was known then."""
    ads, shown, reported = click_log(1)
    whole = past_rate(ads, shown, reported, prior_rate=0.1)
    for now in shown.unique()[::5]:
        past = (shown <= now).to_numpy()
        seen_so_far = reported[past].where(reported[past] < now)
        assert (past_rate(ads[past], shown[past], seen_so_far, prior_rate=0.1) == whole[past]).all()


def test_past_rate_refuses_a_report_before_its_impression():
    ads, shown, reported = click_log(2)
    with pytest.raises(ValueError, match="clicks after their impressions"):
        past_rate(ads, shown, reported - pd.Timedelta("1D"), prior_rate=0.1)
    with pytest.raises(ValueError, match="reported_at 119"):
        past_rate(ads, shown, reported[1:], prior_rate=0.1)
    with pytest.raises(ValueError, match="1 missing"):
        past_rate([None, *ads[1:]], shown, reported, prior_rate=0.1)


def test_a_million_rows_take_about_as_long_as_a_few_sorts():
    rng = np.random.default_rng(0)
    keys, times = rng.integers(0, 40_000, 10**6), np.sort(rng.random(10**6))
    start = time.process_time()
    np.lexsort((times, keys))
    one_sort = time.process_time() - start
    start = time.process_time()
    counts = count_before(keys, times, keys, times, 0.1)
    assert time.process_time() - start < 25 * one_sort
    assert counts.mean() == pytest.approx(10**6 / 40_000 * 0.1, rel=0.1)


def test_past_rate_with_a_lag_is_the_rate_of_an_earlier_moment():
    rng = np.random.default_rng(0)
    times = pd.Series(pd.Timestamp("2026-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 100, 200)), "h"))
    keys = rng.integers(0, 5, 200)
    reported = times.where(rng.random(200) < 0.4) + pd.Timedelta("2h")
    late = past_rate(keys, times, reported, prior_rate=0.1, prior_strength=5, lag="10h")
    for row in range(0, 200, 7):
        moment = times[row] - pd.Timedelta("10h")
        same = keys == keys[row]
        clicks, shown = (same & (reported < moment)).sum(), (same & (times < moment)).sum()
        assert late[row] == pytest.approx((clicks + 0.5) / (shown + 5))
    with pytest.raises(ValueError, match="lag is '-1h'"):
        past_rate(keys, times, reported, prior_rate=0.1, lag="-1h")


def test_past_rate_takes_one_form_of_times_and_a_lag_of_that_form():
    ads, shown, reported = click_log(3)
    expected = past_rate(ads, shown, reported, prior_rate=0.1, lag="3h")
    utc, paris = shown.dt.tz_localize("UTC"), reported.dt.tz_localize("UTC").dt.tz_convert("Europe/Paris")
    assert (past_rate(ads, utc, paris, prior_rate=0.1, lag=pd.Timedelta("3h")) == expected).all()
    hours, later = ((times - shown.min()) / pd.Timedelta("1h") for times in (shown, reported))
    assert (past_rate(ads, hours, later, prior_rate=0.1, lag=3) == expected).all()
    for times, reports, lag, message in (
        (shown, reported, 3, "lag is 3; expected a duration"),
        (shown, reported, None, "lag is None; expected a duration"),
        (hours, later, "3h", "lag is '3h'; expected a number"),
        (utc, reported, 0, "reported_at holds datetimes without a time zone"),
        (shown, paris, 0, "reported_at holds datetimes with a time zone"),
        (shown, later, 0, "reported_at holds numbers"),
    ):
        with pytest.raises(ValueError, match=message):
            past_rate(ads, times, reports, prior_rate=0.1, lag=lag)


def test_past_rate_without_any_click_is_a_rate_in_every_form():
    ads, shown, _ = click_log(4)
    for times in (shown, shown.dt.tz_localize("UTC")):
        nothing = past_rate(ads, times, [None] * len(ads), prior_rate=0.1, prior_strength=5)
        assert nothing == pytest.approx(0.5 / (5 + count_before(ads, times, ads, times)))


def test_streaming_counter_refuses_what_count_before_refuses():
    counter, day = StreamingCounter(), pd.Timestamp("2026-01-02")
    counter.update("a", day)
    assert counter.count("a", day + pd.Timedelta("2h"), "3h") == 1
    for moment in (5, day.tz_localize("UTC"), pd.NaT, None, "2026-01-02"):
        with pytest.raises(ValueError, match=r"time is .*expected datetimes"):
            counter.update("a", moment)
    for window in (1, "1", "-1h", True):
        with pytest.raises(ValueError, match=r"window is .*with its unit"):
            counter.count("a", day, window)


def test_small_integers_and_short_floats_are_counted_in_double_precision():
    rate = np.float16(0.1)
    found = smoothed_rate(np.uint8([200]), np.uint8([250]), rate, np.uint8(250))
    assert found == pytest.approx((200 + 250 * float(rate)) / 500, rel=1e-12)
    keys, y = np.zeros(300, np.uint8), np.ones(300, np.uint8)
    assert target_mean(keys, y, prior_strength=0).tolist() == [1] * 300
    assert count_before(keys, np.arange(300, dtype=np.uint16), keys, np.arange(300, dtype=np.uint16))[-1] == 299
    with pytest.raises(ValueError, match=r"shapes are successes \(3,\), trials \(2,\)"):
        smoothed_rate([1, 1, 1], [1, 1], 0.1, 1)


@pytest.mark.parametrize("columns", [pd.DataFrame({"ad": [[1], [2]]}), pd.DataFrame([[1, 2]], columns=["ad", "ad"])])
def test_hash_columns_names_a_column_of_lists_and_one_that_is_there_twice(columns):
    with pytest.raises(ValueError, match=r"column 'ad' holds .*\[1\]|2 columns 'ad'"):
        hash_columns(columns, ["ad"], 16)
