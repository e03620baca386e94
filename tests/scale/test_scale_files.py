"""A log by day on the disk: equal to what was written, and refused when anything is missing or changed."""

import json
import shutil
import sys

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from mlpipe.scale import read_days, write_days
from mlpipe.scale.files import connection
from mlpipe.simulator import impressions_by_day, simulate_ad_log

DAY = "day=2026-01-06/data_0.parquet"


def frames(*days, **columns):
    for day in days:
        yield pd.DataFrame({"timestamp": pd.to_datetime([f"{day} 10:00", f"{day} 11:00"]), "ad_id": [1, 2]} | columns)


def objects(value):
    return {"text": pd.Series([value, value], dtype=object)}


def in_zone(name, dtype=None):
    (frame,) = frames("2026-01-05")
    times = frame["timestamp"].dt.tz_localize("UTC")
    return frame.assign(**{name: times.astype(dtype) if dtype else times})


@pytest.fixture
def log(tmp_path):
    return write_days(tmp_path / "log", frames("2026-01-05", "2026-01-06", "2026-01-07"))


def test_a_simulated_log_comes_back_as_it_was(tmp_path):
    whole = simulate_ad_log(20_000, days=3, seed=1).impressions
    log = write_days(tmp_path / "a folder with a ' in it", impressions_by_day(20_000, days=3, seed=1))
    back = pd.concat([log.frame(day) for day in log.rows], ignore_index=True)
    assert list(log.rows) == ["2026-01-05", "2026-01-06", "2026-01-07"]
    assert log.rows["2026-01-06"] == (whole["timestamp"].dt.day == 6).sum()
    assert back.pop("row").tolist() == list(range(20_000))
    for name, values in whole.items():
        if isinstance(values.dtype, pd.CategoricalDtype):
            whole[name] = values.astype("str")
        elif values.dtype == "datetime64[ms]":
            whole[name] = values.astype("datetime64[us]")
    assert_frame_equal(back, whole)


def test_some_days_and_columns(log):
    assert log.frame("2026-01-06", ["row", "ad_id"]).to_numpy().tolist() == [[2, 1], [3, 2]]
    assert "day=2026-01-06" in log.files("2026-01-06")
    with pytest.raises(ValueError, match="a day is '2026-01-08'; expected one of '2026-01-05'"):
        log.frame("2026-01-08")
    with pytest.raises(ValueError, match="columns is 'clicks'; expected one of 'timestamp', 'ad_id', 'row'"):
        log.frame("2026-01-06", ["clicks"])


def test_a_day_without_rows_is_a_day(tmp_path):
    first, last = frames("2026-01-05", "2026-01-07")
    log = write_days(tmp_path / "log", [first, first[:0], last])
    assert dict(log.rows) == {"2026-01-05": 2, "2026-01-06": 0, "2026-01-07": 2}
    assert len(log.frame("2026-01-06")) == 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (frames("2026-01-05", "2026-01-07"), "number 1 holds 2026-01-07; expected rows of 2026-01-06, and no others"),
        (frames("2026-01-06", "2026-01-05"), "number 1 holds 2026-01-05; expected rows of 2026-01-07"),
        ([pd.concat(frames("2026-01-05", "2026-01-06"))], "number 0 holds 2026-01-05 to 2026-01-06; expected rows of"),
        ([next(frames("2026-01-05"))[:0]], "number 0 holds no rows"),
        ([], "frames has no rows"),
        ([next(frames("2026-01-05")).drop(columns="timestamp")], "no column 'timestamp'"),
        ([*frames("2026-01-05"), *frames("2026-01-06", ad_id=["a", "b"])], "number 1 has other columns than number 0"),
        ([*frames("2026-01-05"), *frames("2026-01-06", bid=[1.0, 2.0])], "number 1 has other columns than number 0"),
        (frames("2026-01-05", row=[5, 6]), "number 0 has a column 'row'; expected none"),
        (frames("2026-01-05", Row=[5, 6]), "number 0 has a column 'Row'; expected none"),
        (
            [*frames("2026-01-05", **objects("a")), *frames("2026-01-06", **objects(None))],
            r"number 1 has .*NULL.* in 'text', and number 0 has VARCHAR; .* texts by \.astype\(\"string\"\)",
        ),
        ([in_zone("timestamp")], r"zone in 'timestamp'; .*\.dt\.tz_convert\(\"UTC\"\)\.dt\.tz_localize\(None\)"),
        ([in_zone("timestamp", object)], "number 0 has times with a time zone in 'timestamp'"),
        ([in_zone("reported_at")], "number 0 has times with a time zone in 'reported_at'"),
    ],
)
def test_what_is_no_log_by_day_leaves_nothing(tmp_path, given, message):
    with pytest.raises(ValueError, match=message):
        write_days(tmp_path / "log", given)
    assert list(tmp_path.iterdir()) == []


def test_the_named_fix_lets_a_column_be_all_missing_on_a_day(tmp_path):
    days = [*frames("2026-01-05", **objects(None)), *frames("2026-01-06", **objects("a"))]
    log = write_days(tmp_path / "log", [day.assign(text=day["text"].astype("string")) for day in days])
    assert log.frame("2026-01-05")["text"].isna().all()
    assert log.frame("2026-01-06")["text"].tolist() == ["a", "a"]


def test_signs_of_a_pattern_in_a_folder_stand_for_themselves(tmp_path):
    other, log = (write_days(tmp_path / name, frames("2026-01-05")) for name in ("log1", "log[1]"))
    assert log.rows == other.rows
    assert len(log.frame("2026-01-05")) == 2
    with connection() as con:
        assert con.sql(f"SELECT COUNT(*) FROM {log.files()}").fetchall() == [(2,)]


def test_an_interrupted_write_leaves_nothing(tmp_path):
    def interrupted():
        yield from frames("2026-01-05")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_days(tmp_path / "log", interrupted())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_stays_as_it_is(log):
    with pytest.raises(FileExistsError, match="log is there; expected a new folder: remove it"):
        write_days(log.folder, frames("2026-01-05"))
    assert read_days(log.folder) == log


def test_a_missing_day_is_named(log):
    shutil.rmtree((log.folder / DAY).parent)
    with pytest.raises(ValueError, match=f"lacks {DAY}; expected 3 days: write the folder again"):
        read_days(log.folder)


@pytest.mark.parametrize("left", [0, 3, 100, -4])
def test_a_half_written_file_is_named(log, left):
    whole = (log.folder / DAY).read_bytes()
    (log.folder / DAY).write_bytes(whole[:left])
    with pytest.raises(ValueError, match=rf"{DAY} has [\d,]+ bytes, cut or overwritten; expected {len(whole):,}"):
        read_days(log.folder)


def test_a_file_of_zeros_is_named(log):
    (log.folder / DAY).write_bytes(bytes((log.folder / DAY).stat().st_size))
    with pytest.raises(ValueError, match="cut or overwritten"):
        read_days(log.folder)


def test_a_changed_schema_is_named(log, tmp_path):
    other = write_days(tmp_path / "other", frames("2026-01-06", ad_id=np.array([1, 2], np.int8)))
    shutil.copy(next(other.folder.glob("*/*.parquet")), log.folder / DAY)
    listed = json.loads((log.folder / "_days.json").read_text())
    listed["files"][DAY] = (log.folder / DAY).stat().st_size
    (log.folder / "_days.json").write_text(json.dumps(listed))
    with pytest.raises(
        ValueError, match=r"other columns or types \(\[\('ad_id', 'BIGINT'\), \('ad_id', 'TINYINT'\)\]\)"
    ):
        read_days(log.folder)


def test_a_strange_file_is_named(log):
    shutil.copy(log.folder / DAY, log.folder / DAY.replace("data_0", "copy"))
    with pytest.raises(ValueError, match=r"holds day=2026-01-06/copy\.parquet, which is not in _days\.json"):
        read_days(log.folder)


def test_a_folder_that_was_not_finished_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"has no _days.json; expected a folder that was written to its end"):
        read_days(tmp_path)


@pytest.mark.parametrize("left", ['{"rows": {"2026', "", "{}", "[]", "1"])
def test_a_list_that_is_cut_is_named(log, left):
    (log.folder / "_days.json").write_text(left)
    with pytest.raises(ValueError, match=r"_days\.json is cut or overwritten; expected .*: write the folder again"):
        read_days(log.folder)


def test_without_duckdb_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(ImportError, match=r'install it with pip install "mlpipe\[scale\]"'):
        write_days(tmp_path / "log", frames("2026-01-05"))
    assert list(tmp_path.iterdir()) == []
