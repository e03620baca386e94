"""What counts as the same result: numbers in every form, frames and Series by their labels."""

import numpy as np
import pandas as pd
import pytest

from mlpipe.course.comparison import differences, same

ARMS = pd.DataFrame({"users": [7, 5], "rate": [0.5, 0.25]}, index=pd.Index(["A", "B"], name="arm"))
ROWS = pd.DataFrame({"hour": [23, 4, 11], "price": [1.5, 0.75, 2.0], "city": ["a", "b", None]})
RATES = pd.Series([0.5, 0.25, np.nan], index=["A", "B", "C"])
DAYS = pd.Series([1.0, 2.0], index=pd.to_datetime(["2026-01-01", "2026-01-02"]))
PAIRS = ARMS.set_index(pd.MultiIndex.from_tuples([("A", 1), ("B", 2)]))
TWICE = pd.Series([1.0, 2.0, 3.0], index=["A", "A", "B"])


@pytest.mark.parametrize(
    ("got", "want"),
    [
        *((table.copy(), table) for table in (ARMS, ROWS, RATES, DAYS, PAIRS, TWICE)),
        *((table.iloc[::-1], table) for table in (ARMS, RATES, DAYS, PAIRS)),
        *((table.iloc[:, ::-1], table) for table in (ARMS, ROWS, PAIRS)),
        (ARMS.iloc[::-1, ::-1], ARMS),
        (ARMS.astype(np.float32), ARMS),
        (ARMS.astype(object), ARMS),
        (ARMS.rename_axis(None), ARMS),
        (ARMS.set_index(pd.CategoricalIndex(["A", "B"])), ARMS),
        (ARMS.set_index(pd.Index(["A", "B"], dtype=object)), ARMS),
        (ARMS.to_numpy(), ARMS),
        (ARMS.to_numpy().tolist(), ARMS),
        (ARMS.to_dict("series"), ARMS),
        (ROWS.to_dict("list"), ROWS),
        (ROWS.to_numpy(), ROWS),
        (DAYS.reset_index().to_numpy(), DAYS.reset_index()),
        (ROWS.set_index(pd.Index([5, 3, 9])), ROWS),
        (RATES.to_numpy(), RATES),
        (RATES.tolist(), RATES),
        (RATES.to_dict(), RATES),
        (RATES.rename("rate"), RATES),
        (dict(reversed(RATES.to_dict().items())), RATES),
        (RATES, RATES.to_numpy()),
        (RATES.iloc[::-1], RATES.to_numpy()[::-1]),
        (ARMS, ARMS.to_numpy()),
        ((1, ARMS.iloc[::-1]), (1, ARMS)),
        ([np.float32(0.5), np.array(2)], (0.5, 2)),
        ({"b": [1, 2], "a": ARMS.iloc[::-1]}, {"a": ARMS, "b": np.array([1, 2])}),
    ],
)
def test_a_right_answer_is_right_in_every_form(got, want):
    assert list(differences(got, want, 1e-6)) == []
    assert same(got, want)


def swapped(table):
    """The numbers of one label under another."""
    return table.set_axis(table.index[::-1])


@pytest.mark.parametrize(
    ("got", "want", "where"),
    [
        (swapped(ARMS), ARMS, "['users']['A']"),
        (swapped(RATES), RATES, "['A']"),
        (swapped(PAIRS), PAIRS, "['users'][('A', 1)]"),
        (swapped(DAYS), DAYS, f"[{DAYS.index[0]!r}]"),
        (ARMS.set_axis(["rate", "users"], axis=1), ARMS, "['users']['A']"),
        (ROWS.iloc[[1, 0, 2]], ROWS, "['hour'][0]"),
        (ARMS.set_axis(["A", "C"]), ARMS, ".index"),
        (ARMS.set_axis([0, 1]), ARMS, ".index"),
        (ARMS.reset_index(drop=True), ARMS, ".index"),
        (ARMS.set_axis(["A", "A"]), ARMS, ".index"),
        (ARMS.rename(columns={"rate": "rates"}), ARMS, ".columns"),
        (ROWS.rename(columns={"hour": 0}), ROWS, ".columns"),
        (TWICE.iloc[[2, 0, 1]], TWICE, ".index"),
        (TWICE.iloc[[1, 0, 2]], TWICE, "['A']"),
        (RATES.set_axis(["A", "B", None]), RATES, ".index"),
        (DAYS.set_axis(["2026-01-01", "2026-01-02"]), DAYS, ".index"),
        (DAYS.tz_localize("UTC"), DAYS, ".index"),
        (pd.Series([1.0, 2.0], ["1", "2"]), pd.Series([1.0, 2.0], [1, 2]), ".index"),
        (dict(zip("ABD", RATES, strict=True)), RATES, ".index"),
        ({"A": 0.5}, RATES, ".shape"),
        (RATES.to_numpy()[::-1], RATES, "['A']"),
        (ARMS.to_numpy().T, ARMS, "['users']['B']"),
        (ARMS["users"], ARMS, ".shape"),
        (ARMS.reset_index(), ARMS, ".shape"),
        (ARMS.to_numpy().astype(str), ARMS, "['users']['A']"),
        (ROWS.assign(city=["a", "b", "c"]), ROWS, "['city'][2]"),
        ({"a": 1, "c": 2}, {"a": 1, "b": 2}, ".keys"),
        ((1, {"a": swapped(RATES)}), (1, {"a": RATES}), "[1]['a']['A']"),
    ],
)
def test_a_wrong_label_is_wrong(got, want, where):
    assert not same(got, want)
    found, *sides = next(differences(got, want, 1e-6))
    assert found == where
    assert repr(sides[0]) != repr(sides[1])


def test_each_column_is_measured_by_itself():
    """Rounding is allowed in the measure of the numbers beside it: not in that of another column."""
    want = pd.DataFrame({"count": [1e9, 2e9], "rate": [1e-3, 1e-9]})
    assert same(want.assign(rate=[1e-3, 1.5e-9]), want, 1e-4)
    assert not same(want.assign(rate=[1e-3, 1e-6]), want, 1e-4)
    assert not same(want.assign(rate=[1e-3, 1e-6]).to_numpy(), want, 1e-4)


def test_one_entry_that_is_no_number_is_found_among_many():
    want = np.arange(2_000) - 777
    got = want.astype(object)
    got[777] = "0"
    assert list(differences(got, want, 1e-6)) == [("[777]", "0", 0)]


def test_a_label_is_not_asked_whether_it_is_equal():
    class Equal(str):
        __hash__ = str.__hash__

        def __eq__(self, other):
            return True

    assert not same(ARMS.set_axis([Equal("C"), Equal("D")]), ARMS)
    assert not same(ARMS.set_axis([Equal("users"), Equal("D")], axis=1), ARMS)
