import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from mlpipe import arguments

DATES = pd.Series(pd.to_datetime(["2026-03-28 23:30", "2026-03-29 12:00"]))
UTC = DATES.dt.tz_localize("UTC")
BERLIN = UTC.dt.tz_convert("Europe/Berlin")


@pytest.mark.parametrize("value", [2.0, True, np.True_, "2", None, np.float64(2), np.timedelta64(2), [2], 0, 11])
def test_a_whole_number_is_an_int_in_its_range(value):
    with pytest.raises(ValueError, match=r"^k is .*; expected a whole number, 1 to 10, such as 10$"):
        arguments.whole_number("k", value, 1, 10)


@pytest.mark.parametrize("value", [np.uint8(200), np.int64(200), 200])
def test_a_whole_number_does_not_overflow(value):
    assert arguments.whole_number("k", value) * 4 == 800


@pytest.mark.parametrize("value", ["0.2", True, None, np.nan, 0, 1, -0.1, 0.2j, [0.2]])
def test_a_fraction_is_a_number_between_its_ends(value):
    with pytest.raises(ValueError, match=r"^share is .*; expected a number between 0 and 1, such as 0\.2$"):
        arguments.fraction("share", value)


def test_the_ends_of_a_fraction_are_allowed_where_said():
    assert [arguments.fraction("p", end, "[]") for end in (0, 1)] == [0, 1]
    assert arguments.fraction("p", 1, "(]") == 1
    assert arguments.fraction("p", 0, "[)") == 0
    for end, ends in ((0, "(]"), (1, "[)")):
        with pytest.raises(ValueError, match="p is"):
            arguments.fraction("p", end, ends)
    half = arguments.fraction("p", np.float16(0.1))
    assert isinstance(half, float)
    assert half / 3 == float(np.float16(0.1)) / 3, "computed on in double precision"


@pytest.mark.parametrize(
    "value", ["1h", pd.Timedelta("1h"), np.timedelta64(60, "m"), datetime.timedelta(hours=1), pd.offsets.Hour(1)]
)
@pytest.mark.parametrize("beside", [DATES.dtype, UTC.dtype])
def test_beside_datetimes_a_duration_has_a_unit(value, beside):
    assert arguments.duration("lag", value, beside) == pd.Timedelta(hours=1)
    assert arguments.duration("lag", 0, beside) == pd.Timedelta(0)
    with pytest.raises(ValueError, match="above 0"):
        arguments.duration("lag", 0, beside, zero=False)


@pytest.mark.parametrize(
    "value",
    [
        *(1, 1.5, np.int64(1), True, False, np.nan, np.inf, 10**30, None, [1]),
        *("1", " 1 ", "-1h", "soon", "", "NaT"),
        *(pd.NaT, np.timedelta64(5), np.timedelta64(1, "M"), datetime.time(1), pd.DateOffset(months=1)),
    ],
)
def test_beside_datetimes_a_duration_without_a_unit_is_refused(value):
    with pytest.raises(ValueError, match=r'^lag is .*; expected a duration of 0 or more with its unit, such as "1h"$'):
        arguments.duration("lag", value, DATES.dtype)


@pytest.mark.parametrize("value", ["1h", "1", pd.Timedelta("1h"), np.timedelta64(1, "h"), True, None, -1, np.inf])
def test_beside_numbers_a_duration_is_a_number(value):
    assert arguments.duration("lag", np.uint8(1), np.dtype("int64")) == 1
    with pytest.raises(ValueError, match=r"^lag is .*; expected a number of 0 or more, .* the times are numbers"):
        arguments.duration("lag", value, np.dtype("int64"))


def test_times_of_another_zone_are_the_same_instants_in_the_zone_asked_for():
    found = arguments.times("when", UTC, like=BERLIN.dtype)
    assert found.dt.hour.tolist() == [0, 14]
    assert (found == UTC).all()


@pytest.mark.parametrize("values", [DATES, UTC, pd.Series([1, 2]), pd.Series([1.5, 2.5])])
def test_times_keep_their_form_whatever_holds_them(values):
    for same in (values, values.astype(object), values.tolist(), values.array):
        found = arguments.times("when", same)
        assert (found == values).all()
        assert arguments.is_datetime(found.dtype) == arguments.is_datetime(values.dtype)
    nothing = arguments.times("when", [None, None], like=values.dtype, missing=True)
    assert nothing.isna().all()
    assert arguments.is_datetime(nothing.dtype) == arguments.is_datetime(values.dtype)


@pytest.mark.parametrize(
    ("values", "like", "message"),
    [
        (DATES, UTC, r"datetimes without a time zone such as Timestamp.*expected datetimes with a time zone: .*tz_loc"),
        (UTC, DATES, r"datetimes with a time zone such as Timestamp.*expected datetimes without .*tz_convert"),
        ([1, 2], DATES, r"numbers such as .*1.*expected datetimes without a time zone: pd\.to_datetime.*unit='s'"),
        (DATES, pd.Series([1]), "expected numbers: give both as datetimes or both as numbers"),
        (["2026-01-01"], DATES, "str values such as '2026-01-01'; expected datetimes"),
        ([True], pd.Series([1]), "bool values such as .*True.*; expected numbers"),
        ([DATES[0], UTC[0]], DATES, "object values such as Timestamp"),
        ([DATES[0], None], DATES, "has 1 missing values; expected a time in each row"),
    ],
)
def test_times_of_two_forms_are_refused(values, like, message):
    with pytest.raises(ValueError, match=f"^when .*{message}"):
        arguments.times("when", values, like=like.dtype)


WHOLE = {
    "int": [1, 2, 1],
    "uint8": np.uint8([1, 2, 1]),
    "float": [1.0, 2.0, 1.0],
    "float16": np.float16([1, 2, 1]),
    "Float32": pd.array([1, 2, 1], "Float32"),
    "Float64": pd.array([1, 2, 1], "Float64"),
    "Int8": pd.array([1, 2, 1], "Int8"),
    "objects": np.array([1, 2.0, 1], dtype=object),
    "decimals": [Decimal(1), Decimal("2.0"), Decimal(1)],
    "categories": pd.Categorical([1.0, 2.0, 1.0]),
    "sparse": pd.arrays.SparseArray([1, 2, 1]),
}
ARROW = ["int8", "int64", "uint64", "float", "double"]


@pytest.mark.parametrize("values", WHOLE.values(), ids=WHOLE)
def test_whole_numbers_are_the_same_ids_in_every_dtype(values):
    codes, uniques = arguments.ids("keys", values)
    assert uniques.dtype == np.uint64
    assert uniques[codes].tolist() == [1, 2, 1]


@pytest.mark.parametrize("kind", ARROW)
def test_whole_numbers_of_arrow_are_ids(kind):
    pytest.importorskip("pyarrow")
    codes, uniques = arguments.ids("keys", pd.array([1, 2, None], f"{kind}[pyarrow]"))
    assert codes.tolist() == [0, 1, -1]
    assert uniques.tolist() == [1, 2]


def test_other_arrow_columns_are_what_they_hold():
    pa = pytest.importorskip("pyarrow")
    words = pa.array(["a", "b", None])
    held = {
        "id": [words.dictionary_encode(), words, pa.array([Decimal(1), None]), pa.array([True, None])],
        "number": [pa.array([0.5, None]), pa.array([Decimal("0.5"), None]), pa.array([1, None], pa.duration("s"))],
        "time": [pa.array([1, None], pa.timestamp("us")), pa.array([1, None], pa.timestamp("ns", tz="UTC"))],
    }
    for kind, columns in held.items():
        for values in columns:
            found = pd.Series(values, dtype=pd.ArrowDtype(values.type))
            assert arguments.kind_of("column", found) == kind, values.type
            assert arguments.plain("column", found).isna().iloc[-1], values.type


NO_IDS = {
    "1 and '1'": ([1, "1"], "values such as 1 and '1'; expected integers, whole floats, bools or strings, all of one"),
    "lists": ([[1], [2]], r"values such as \[1\];"),
    "dicts": ([{}, {}], r"values such as \{\};"),
    "sets": ([{1}, {2}], r"values such as \{1\};"),
    "arrays": ([np.array([1]), np.array([2])], r"values such as array\(\[1\]\);"),
    "tuples": ([(1,), (2,)], r"values such as \(1,\);"),
    "bytes": ([b"a", b"b"], "values such as b'a';"),
    "fractions": (pd.array([0.5, 1], "Float64"), r"values such as 0\.5;"),
    "infinity": ([np.inf, 1], "holds inf"),
    "too large": ([1e300, 1], r"values such as 1e\+300"),
    "dates": ([datetime.date(2026, 1, 1), datetime.date(2026, 1, 2)], r"values such as datetime\.date"),
    "datetimes": (DATES, "values such as Timestamp"),
    "intervals": (pd.cut([1, 2], 2), "values such as Interval"),
    "a table": (np.ones((2, 2)), "expected one value a row"),
}


@pytest.mark.parametrize(("values", "message"), NO_IDS.values(), ids=NO_IDS)
def test_what_is_no_id_is_refused(values, message):
    with pytest.raises(ValueError, match=f"^keys .*{message}"):
        arguments.ids("keys", values)


@pytest.mark.parametrize("dtype", ["float64", "Float64", "Int64", "object", "str", "datetime64[ns]", "boolean"])
def test_nothing_at_all_is_a_column_of_missing_ids(dtype):
    codes, uniques = arguments.ids("keys", pd.Series([None, None], dtype=dtype))
    assert codes.tolist() == [-1, -1]
    assert not len(uniques)


@pytest.mark.parametrize(
    "values", [np.uint8([1, 200]), pd.array([1, 200], "Int16"), [Decimal(1), Decimal(200)], [True, 200]]
)
def test_numbers_are_floats_whatever_they_came_in(values):
    found = arguments.numbers("p", values)
    assert found.dtype == np.float64
    assert found.tolist() == [1, 200]
    assert np.isnan(arguments.numbers("p", pd.array([None, 1], "Float64"))[0])


@pytest.mark.parametrize("values", [["0.1"], [1j], DATES, pd.to_timedelta([1]), [{}], "0.1"])
def test_text_and_times_are_no_numbers(values):
    with pytest.raises(ValueError, match=r"^p holds .*; expected numbers: "):
        arguments.numbers("p", values)


@pytest.mark.parametrize("values", [[2**70], [2**63], [0.5], ["1"], [1, None]])
def test_what_int64_cannot_hold_is_no_row(values):
    with pytest.raises(ValueError, match=r"^users is .* of shape \(\d,\); expected rows of the matrix"):
        arguments.integers("users", values, "rows of the matrix")
    assert arguments.integers("users", np.array([2, 0], object), "rows of the matrix").tolist() == [2, 0]


@pytest.mark.parametrize("check", [arguments.numbers, lambda name, rows: arguments.integers(name, rows, "integers")])
def test_ragged_lists_are_refused(check):
    with pytest.raises(ValueError, match=r"^rows holds lists of different lengths; expected .* pad"):
        check("rows", [[1, 2], [3]])


@pytest.mark.parametrize(("n", "dtype"), [(300, np.uint8), (256, np.uint8), (200, np.int8), (40_000, np.int16)])
def test_repeated_cells_add_up_without_wrapping(n, dtype):
    cells = (np.ones(n, dtype), (np.zeros(n, int), np.zeros(n, int)))
    for matrix in (sp.coo_matrix(cells, shape=(1, 2)), sp.coo_array(cells, shape=(1, 2))):
        assert arguments.added_up("plays", matrix).toarray().tolist() == [[n, 0]]
    assert arguments.added_up("plays", sp.coo_matrix(cells, shape=(1, 2)).astype(bool)).toarray().tolist() == [[1, 0]]


def test_a_matrix_that_is_no_table_of_real_numbers_is_refused():
    for matrix in (sp.csr_matrix([[1j]]), sp.coo_array(np.array([1, 2]))):
        with pytest.raises(ValueError, match=r"^plays is .*expected real numbers, users x items"):
            arguments.added_up("plays", matrix)
