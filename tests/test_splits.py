import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpipe.datasets import movielens, to_matrix
from mlpipe.splits import by_time, global_time, last_share_per_user, leave_last_out, random_per_user

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
    frame = log(n=150)
    times, moment = frame["timestamp"], START + pd.Timedelta(hours=cut)
    if gap >= cut:
        return
    split = by_time(frame, moment, gap=f"{gap}h")
    assert set(split.train.index) == {row for row, time in times.items() if time < moment - pd.Timedelta(hours=gap)}
    assert set(split.test.index) == {row for row, time in times.items() if time >= moment}
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
        ("2026-01-02", "-1h", "gap is .*0 or more"),
        ("2026-01-02", 6, "gap is 6; expected a duration .* with its unit"),
        ("2026-01-02", "6", "gap is '6'; expected a duration"),
        ("2026-01-02", "six", "gap is .*expected a duration"),
    ],
)
def test_by_time_refuses_bad_moments(cut, gap, message):
    with pytest.raises(ValueError, match=message):
        by_time(log(), cut, gap=gap)


@pytest.mark.parametrize(
    "split",
    [
        lambda frame: by_time(frame, "2026-01-02"),
        lambda frame: global_time(frame, "2026-01-02"),
        last_share_per_user,
        leave_last_out,
    ],
)
def test_times_must_be_there_and_be_times(split):
    frame = log()
    with pytest.raises(ValueError, match="no column 'timestamp'"):
        split(frame.drop(columns="timestamp"))
    with pytest.raises(ValueError, match="expected datetime"):
        split(frame.assign(timestamp=frame["timestamp"].astype("int64")))
    with pytest.raises(ValueError, match="500 missing values"):
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


@pytest.mark.parametrize(
    ("split", "share"),
    [
        (lambda frame, seed: last_share_per_user(frame, 0.2, seed), 0.2),
        (leave_last_out, 0.1),
        (lambda frame, seed: global_time(frame, "2026-01-02", seed), 0.5),
    ],
)
def test_ties_are_broken_by_the_seed_not_by_the_order_of_the_file(split, share):
    frame = pd.DataFrame({"user_id": np.repeat(np.arange(400), 10), "place": np.tile(np.arange(10), 400)})
    frame["timestamp"] = pd.Timestamp("2026-01-02")
    before = pd.DataFrame({"user_id": [-1], "place": [-1], "timestamp": [START]})  # a cut needs a row before it
    frame = pd.concat([before, frame], ignore_index=True)
    held_out = split(frame, 0).test
    assert len(held_out) == 4000 * share
    assert np.bincount(held_out["place"], minlength=10).min() > 400 * share / 2  # 400 * share expected at each place
    assert held_out.equals(split(frame, 0).test)
    assert not held_out.equals(split(frame, 1).test)


@settings(max_examples=40)
@given(st.integers(0, 1000))
def test_leave_last_out_agrees_with_a_loop_over_users(seed):
    frame = log(seed, n=30)
    split = leave_last_out(frame, seed)
    alone = 0
    for user, rows in frame.groupby("user_id"):
        held_out = rows.index.isin(split.test.index)
        assert held_out.sum() == (len(rows) > 1)
        assert (split.history["user_id"] == user).sum() == (len(rows) - 1)
        alone += len(rows) == 1
        if len(rows) > 1:
            assert rows["timestamp"][held_out].item() >= rows["timestamp"][~held_out].max()
    assert split.train_only_users == alone
    assert split.dropped == {}
    pd.testing.assert_frame_equal(pd.concat([split.train, split.test]).sort_index(), frame)


def test_leave_last_out_refuses_what_has_nothing_to_hold_out():
    for frame in (log()[:0], log().drop_duplicates("user_id")):
        with pytest.raises(ValueError, match=r"none of \d+ users has two rows"):
            leave_last_out(frame)
    with pytest.raises(ValueError, match="no column 'person'"):
        leave_last_out(log(), user="person")
    with pytest.raises(ValueError, match="500 missing"):
        leave_last_out(log().assign(user_id=None))


def test_global_time_by_hand():
    """Hours; the cut is at 10. Rows in the order of the file, which is not that of time."""
    happened = {
        "old": [1, 2],  # not active after the cut
        "both": [3, 14, 12, 13, 11],  # before; then 11 and 12 are folded in, 13 and 14 predicted
        "new": [12, 10, 11],  # 10, at the cut, is folded in (half of three, rounded down), 11 and 12 predicted
        "back": [4, 15],  # a single later row, and a history before the cut to predict it from
        "once": [16],  # a single later row and nothing else
    }
    rows = [(user, START + pd.Timedelta(hours=hour), hour) for user, hours in happened.items() for hour in hours]
    frame = pd.DataFrame(rows, columns=["user_id", "timestamp", "hour"])
    cut = START + pd.Timedelta(hours=10)

    def hours(part):
        return {str(user): list(rows["hour"]) for user, rows in part.groupby("user_id")}

    split = global_time(frame, cut)
    assert hours(split.train) == {"old": [1, 2], "both": [3], "back": [4]}
    assert hours(split.history) == {"both": [3, 12, 11], "new": [10], "back": [4]}
    assert hours(split.test) == {"both": [14, 13], "new": [12, 11], "back": [15]}
    assert (split.dropped, split.train_only_users) == ({"of users without history": 1}, 1)

    plain = global_time(frame, cut, fold_in=False)
    pd.testing.assert_frame_equal(plain.train, split.train)
    assert hours(plain.history) == {"both": [3], "back": [4]}
    assert hours(plain.test) == {"both": [14, 12, 13, 11], "back": [15]}
    assert (plain.dropped, plain.train_only_users) == ({"of users without history": 4}, 1)


@settings(max_examples=40)
@given(st.integers(0, 1000), st.integers(1, 39), st.booleans())
def test_global_time_agrees_with_a_loop_over_users(seed, cut, fold_in):
    frame = log(seed, n=100)  # enough rows for some user to have two sides
    moment = START + pd.Timedelta(hours=cut)
    if (frame["timestamp"] < moment).sum() < 12 or (frame["timestamp"] >= moment).sum() < 13:
        return
    split = global_time(frame, moment, seed, fold_in=fold_in)
    dropped = idle = 0
    for _, rows in frame.groupby("user_id"):
        known, judged = (rows[rows.index.isin(part.index)] for part in (split.history, split.test))
        before, later = rows[rows["timestamp"] < moment], rows[rows["timestamp"] >= moment]
        folded_in = len(later) // 2 if fold_in else 0
        if not len(later):
            idle += 1
            assert len(known) == len(judged) == 0
        elif not len(before) + folded_in:
            dropped += len(later)
            assert len(known) == len(judged) == 0
        else:
            assert (len(known), len(judged)) == (len(before) + folded_in, len(later) - folded_in)
            assert set(known.index) | set(judged.index) == set(rows.index)
            assert known["timestamp"].max() <= judged["timestamp"].min()
            assert judged["timestamp"].min() >= moment
    assert set(split.train.index) == set(frame.index[frame["timestamp"] < moment])
    assert sum(split.dropped.values()) == dropped
    assert split.train_only_users == idle


def test_global_time_refuses_bad_input():
    with pytest.raises(ValueError, match="no row in train"):
        global_time(log(), START)
    with pytest.raises(ValueError, match="quantile"):
        global_time(log(), 0.8)
    with pytest.raises(ValueError, match="no column 'person'"):
        global_time(log(), "2026-01-02", user="person")
    with pytest.raises(ValueError, match="500 missing"):
        global_time(log().assign(user_id=None), "2026-01-02")
    strangers = pd.DataFrame({"user_id": [1, 2], "timestamp": pd.date_range(START, periods=2)})
    with pytest.raises(ValueError, match=r"no user to judge: none of the 1 .* move cut$"):
        global_time(strangers, "2026-01-02")
    with pytest.raises(ValueError, match="set fold_in=True"):
        global_time(strangers, "2026-01-02", fold_in=False)


@pytest.mark.parametrize(
    "split",
    [
        last_share_per_user,
        random_per_user,
        leave_last_out,
        lambda frame: global_time(frame, "2026-01-02"),
        lambda frame: global_time(frame, "2026-01-02", fold_in=False),
    ],
)
def test_the_parts_of_every_split_of_users_fit_together(split):
    frame = log(n=60, n_users=25)
    parts = split(frame)
    train, test, history = (set(part.index) for part in (parts.train, parts.test, parts.history))
    assert not (train | history) & test
    assert len(train | history | test) + sum(parts.dropped.values()) == len(frame)
    in_train, in_test = set(parts.train["user_id"]), set(parts.test["user_id"])
    rows_of_others = frame[frame["user_id"].isin(in_train - in_test)]
    assert parts.train_only_users == len(in_train - in_test) > 0
    assert set(rows_of_others.index) <= train
    # what Split's docstring promises: rows of the two matrices are the same users
    known, relevant = (to_matrix(part, item_ids=np.arange(60)) for part in (parts.history, parts.test))
    assert (known.user_ids == relevant.user_ids).all()
    assert history >= {row for row in train if frame["user_id"][row] in in_test}
    for part in (parts.train, parts.test, parts.history):
        pd.testing.assert_frame_equal(part, frame.loc[part.index])
        assert part.index.is_monotonic_increasing


def test_by_time_knows_no_users_and_so_no_history():
    assert by_time(log(), "2026-01-02").history is None


def test_what_movielens_can_be_split_by():
    """Likes before the split, the cut at 80 % of all ratings: 23 users with a past, 147 with fold-in."""
    ratings = movielens().ratings
    likes, cut = ratings[ratings["rating"] >= 4], ratings["timestamp"].quantile(0.8)
    folded_in, plain = global_time(likes, cut), global_time(likes, cut, fold_in=False)
    assert (folded_in.test["user_id"].nunique(), folded_in.dropped) == (147, {})
    assert plain.test["user_id"].nunique() == 23
    assert len(leave_last_out(likes).test) == 668


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


def test_a_cut_in_another_time_zone_is_the_same_moment():
    frame = log()
    frame["timestamp"] = frame["timestamp"].dt.tz_localize("UTC")
    tokyo = by_time(frame, pd.Timestamp("2026-01-02 09:00", tz="Asia/Tokyo"), gap="1h")
    assert tokyo.train.index.equals(by_time(frame, pd.Timestamp("2026-01-02", tz="UTC"), gap="1h").train.index)


@pytest.mark.parametrize("share", ["0.2", True, None, [0.2]])
def test_a_share_is_a_number(share):
    with pytest.raises(ValueError, match=r"^share is .*; expected a number between 0 and 1"):
        random_per_user(log(), share)


@pytest.mark.parametrize("split", [random_per_user, leave_last_out, lambda frame: global_time(frame, "2026-01-02")])
@pytest.mark.parametrize("users", [[1, "1"], [[1], [2]], [{}, {}], [0.5, 1.5]])
def test_users_are_ids_of_one_kind(split, users):
    frame = log()
    frame["user_id"] = pd.Series(users * 250, index=frame.index, dtype=object)
    with pytest.raises(
        ValueError, match=r"^column 'user_id' holds .*; expected integers, whole floats, bools or strings"
    ):
        split(frame)


def test_users_are_the_same_in_every_dtype():
    frame = log()
    expected = random_per_user(frame)
    never = pd.CategoricalDtype(range(50))  # most of these users have no row
    for dtype in ("uint8", "float32", "Float64", "Int16", "object", never):
        found = random_per_user(frame.astype({"user_id": dtype}))
        assert found.test.index.equals(expected.test.index)
        assert found.train_only_users == expected.train_only_users


def test_a_column_that_is_there_twice_is_named():
    twice = pd.concat([log(), log()[["timestamp"]]], axis=1)
    with pytest.raises(ValueError, match="the frame has 2 columns 'timestamp'"):
        by_time(twice, "2026-01-02")
    with pytest.raises(ValueError, match=r"seed is 0\.5; expected a whole number"):
        random_per_user(log(), seed=0.5)
