import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipe.splits import by_time, last_share_per_user, random_per_user

START = pd.Timestamp("2026-01-01")


def log(seed=0, n=500, n_users=12):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "user_id": rng.integers(0, n_users, n),
            "item_id": np.arange(n),
            "timestamp": START + pd.to_timedelta(rng.integers(0, 40, n), "h"),  # many ties
        },
        index=np.arange(n) + 1000,
    )


@given(st.integers(1, 39), st.integers(0, 20))
def test_by_time_puts_each_row_where_it_belongs(cut, gap):
    frame = log()
    moment = START + pd.Timedelta(hours=cut)
    if gap >= cut:
        return
    split = by_time(frame, moment, gap=f"{gap}h")
    for row, time in frame["timestamp"].items():
        assert (row in split.train.index) == (time < moment - pd.Timedelta(hours=gap))
        assert (row in split.test.index) == (time >= moment)
    assert len(split.train) + len(split.test) + sum(split.dropped.values()) == len(frame)
    assert bool(split.dropped) == (len(split.train) + len(split.test) < len(frame))


def test_by_time_keeps_rows_index_and_order_and_the_test_set_whatever_the_gap():
    frame = log()
    split, wide = by_time(frame, "2026-01-02"), by_time(frame, "2026-01-02", gap=pd.Timedelta("6h"))
    assert split.dropped == {}
    pd.testing.assert_frame_equal(pd.concat([split.train, split.test]).sort_index(), frame)
    assert split.train.index.is_monotonic_increasing
    pd.testing.assert_frame_equal(split.test, wide.test)
    assert list(wide.dropped) == ["in the gap before the cut"]


def test_by_time_with_another_column_and_a_time_zone():
    frame = log().rename(columns={"timestamp": "seen"})
    frame["seen"] = frame["seen"].dt.tz_localize("UTC")
    split = by_time(frame, pd.Timestamp("2026-01-02 09:00", tz="Asia/Tokyo"), column="seen")
    assert split.test["seen"].min() == pd.Timestamp("2026-01-02", tz="UTC")
    with pytest.raises(ValueError, match="time zone"):
        by_time(frame, "2026-01-02", column="seen")
    with pytest.raises(ValueError, match="time zone"):
        by_time(log(), pd.Timestamp("2026-01-02", tz="UTC"))


@pytest.mark.parametrize(
    ("cut", "gap", "message"),
    [
        ("2026-01-01", None, "no row in train: timestamp runs from"),
        ("2027-01-01", None, "no row in test"),
        ("2026-01-02", "24h", "no row in train"),
        (0.8, None, "quantile"),
        ("tomorrow-ish", None, "expected a moment"),
        (None, None, "expected a moment|cut is None"),
        ("2026-01-02", "-1h", "zero or more"),
        ("2026-01-02", "six", "expected a duration"),
    ],
)
def test_by_time_refuses_bad_moments(cut, gap, message):
    with pytest.raises(ValueError, match=message):
        by_time(log(), cut, gap=gap)


@pytest.mark.parametrize("split", [lambda frame: by_time(frame, "2026-01-02"), last_share_per_user])
def test_times_must_be_there_and_be_times(split):
    frame = log()
    with pytest.raises(ValueError, match="no column 'timestamp'"):
        split(frame.drop(columns="timestamp"))
    with pytest.raises(ValueError, match="expected datetime"):
        split(frame.assign(timestamp=frame["timestamp"].astype("int64")))
    with pytest.raises(ValueError, match="500 missing time stamps"):
        split(frame.assign(timestamp=pd.NaT))


@given(st.integers(0, 1000), st.sampled_from([0.1, 0.2, 0.29, 0.5, 0.9]))
def test_last_share_agrees_with_a_loop_over_users(seed, share):
    frame = log(seed, n=150)
    split = last_share_per_user(frame, share, seed)
    for _, rows in frame.groupby("user_id"):
        held_out = rows.index.isin(split.test.index)
        assert held_out.sum() == int(round(share * 100) * len(rows) // 100)
        if held_out.any():
            assert rows["timestamp"][held_out].min() >= rows["timestamp"][~held_out].max()
    pd.testing.assert_frame_equal(pd.concat([split.train, split.test]).sort_index(), frame)


def test_rounding_down_is_exact():
    """0.29 * 100 is a little under 29 in floating point."""
    frame = pd.DataFrame({"user_id": 1, "timestamp": pd.date_range(START, periods=100)})
    assert len(last_share_per_user(frame, 0.29).test) == 29


def test_ties_are_broken_by_the_seed_not_by_the_order_of_the_file():
    frame = pd.DataFrame({"user_id": np.repeat(np.arange(400), 10), "place": np.tile(np.arange(10), 400)})
    frame["timestamp"] = START
    held_out = last_share_per_user(frame, 0.2, seed=0).test
    assert np.bincount(held_out["place"], minlength=10).min() > 40  # 80 expected at each place
    assert held_out.equals(last_share_per_user(frame, 0.2, seed=0).test)
    assert not held_out.equals(last_share_per_user(frame, 0.2, seed=1).test)


def test_users_with_too_few_rows_stay_in_train_and_are_counted():
    frame = pd.DataFrame({"user_id": ["a"] * 5 + ["b"] * 4 + ["c"]})
    split = random_per_user(frame, 0.2)
    assert split.test["user_id"].tolist() == ["a"]
    assert split.train_only_users == 2
    assert split.dropped == {}


def test_random_per_user_is_random_by_seed_and_blind_to_time():
    frame = pd.DataFrame({"user_id": np.repeat(np.arange(400), 10), "timestamp": START})
    frame["timestamp"] += pd.to_timedelta(np.tile(np.arange(10), 400), "h")
    split = random_per_user(frame, 0.3)
    assert (split.test["user_id"].value_counts() == 3).all()
    assert split.test["timestamp"].dt.hour.mean() == pytest.approx(4.5, abs=0.3)
    assert split.test.equals(random_per_user(frame, 0.3).test)
    assert not split.test.equals(random_per_user(frame, 0.3, seed=1).test)


@pytest.mark.parametrize("split", [last_share_per_user, random_per_user])
def test_per_user_splits_refuse_bad_input(split):
    for share in (0, 1, 20, float("nan")):
        with pytest.raises(ValueError, match="share is"):
            split(log(), share)
    with pytest.raises(ValueError, match="no column 'person'"):
        split(log(), user="person")
    with pytest.raises(ValueError, match="500 missing"):
        split(log().assign(user_id=None))
    with pytest.raises(ValueError, match="holds out no row"):
        split(log(n=3), 0.01)
    with pytest.raises(ValueError, match="holds out no row"):
        split(log()[:0])
