"""Counters in SQL against those in memory, row by row, and what a cap of memory does."""

import functools

import duckdb
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from mlpipe.features import count_before
from mlpipe.scale import cost, count_in_memory, counters, counters_sql, files, read_days, write_counters, write_days
from mlpipe.simulator import impressions_by_day, simulate_ad_log

ASOF = """
WITH shown AS (
    SELECT {key} AS key, timestamp AS moment, SUM(COUNT(*)) OVER (PARTITION BY {key} ORDER BY timestamp) AS n
    FROM log GROUP BY {key}, timestamp
), clicks AS (
    SELECT {key} AS key, reported_at AS moment, SUM(COUNT(*)) OVER (PARTITION BY {key} ORDER BY reported_at) AS n
    FROM log WHERE reported_at IS NOT NULL GROUP BY {key}, reported_at
)
SELECT row, CAST(COALESCE(shown.n, 0) AS INT) AS shown, CAST(COALESCE(clicks.n, 0) AS INT) AS clicks
FROM log ASOF LEFT JOIN shown ON log.{key} = shown.key AND log.timestamp > shown.moment
ASOF LEFT JOIN clicks ON log.{key} = clicks.key AND log.timestamp > clicks.moment
ORDER BY row
"""


def in_memory(log, key):
    known, keys = log["reported_at"].notna(), log[key]
    shown = count_before(keys, log["timestamp"], keys, log["timestamp"])
    clicks = count_before(keys, log["timestamp"], keys[known], log["reported_at"][known])
    return pd.DataFrame({"row": np.arange(len(log)), "shown": shown, "clicks": clicks})


def by_sql(log, query):
    with duckdb.connect() as con:
        con.register("log", log.assign(row=np.arange(len(log))))
        return con.execute(query).df()[["row", "shown", "clicks"]].sort_values("row", ignore_index=True)


@pytest.mark.parametrize("key", ["ad_id", "site_id", "category"])
def test_counters_are_those_of_memory_row_by_row(key):
    log = simulate_ad_log(30_000, days=3, seed=2).impressions
    expected = in_memory(log, key)
    assert expected["clicks"].gt(0).any()
    for query in (counters_sql("log", key), ASOF.format(key=key)):
        assert_frame_equal(by_sql(log, query), expected, check_dtype=False)


def test_equal_times_are_not_before():
    times = pd.to_datetime(["2026-01-05 01:00"] * 3 + ["2026-01-05 02:00"])
    log = pd.DataFrame({"timestamp": times, "ad_id": [1, 1, 2, 1], "reported_at": [times[3], pd.NaT, times[0], pd.NaT]})
    counted = by_sql(log, counters_sql("log", "ad_id"))
    assert counted.to_numpy().tolist() == [[0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 2, 0]]
    assert_frame_equal(counted, in_memory(log, "ad_id"), check_dtype=False)


def test_from_files_to_files(tmp_path):
    whole = simulate_ad_log(20_000, days=3, seed=1).impressions
    log = write_days(tmp_path / "log", impressions_by_day(20_000, days=3, seed=1))
    written = write_counters(log, "ad_id", tmp_path / "counters", megabytes=20)
    assert written.rows == log.rows
    found = pd.concat([written.frame(day) for day in written.rows], ignore_index=True)
    assert_frame_equal(found, in_memory(whole, "ad_id"), check_dtype=False)
    assert_frame_equal(found, count_in_memory(log.folder, "ad_id"), check_dtype=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["counters", "log"]


def one_key(folder, n):
    times = pd.Timestamp("2026-01-05") + pd.to_timedelta(np.arange(n) % 86_400, "s")
    return write_days(folder, [pd.DataFrame({"timestamp": times, "ad_id": 1, "reported_at": times})])


@pytest.mark.parametrize(
    ("megabytes", "message"),
    [
        (10, "megabytes is 10, and DuckDB needs more for this log of 500,000 rows: raise it"),
        (None, r"megabytes is None \(four fifths of the machine's memory\), and .* of 500,000 rows: free memory"),
    ],
)
def test_a_cap_that_is_too_low_is_an_error_and_leaves_nothing(tmp_path, monkeypatch, megabytes, message):
    log = one_key(tmp_path / "log", 500_000)
    small = functools.partial(files.connection, memory_limit="10MB")  # of a small machine
    monkeypatch.setattr(counters, "connection", lambda **settings: small(**settings))
    with pytest.raises(MemoryError, match=message):
        write_counters(log, "ad_id", tmp_path / "counters", megabytes=megabytes)
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_a_day_without_rows_is_a_day_of_the_counters(tmp_path):
    days = [frame.reset_index(drop=True) for frame in impressions_by_day(3000, days=3)]
    log = write_days(tmp_path / "log", [days[0], days[0][:0], *[shifted(frame) for frame in days[1:]]])
    written = write_counters(log, "ad_id", tmp_path / "counters")
    assert list(written.rows.items()) == list(log.rows.items())
    assert len(written.frame(list(log.rows)[1])) == 0
    assert written == read_days(written.folder)
    found = pd.concat([written.frame(day) for day in written.rows], ignore_index=True)
    assert_frame_equal(found, count_in_memory(log, "ad_id"), check_dtype=False)


def shifted(frame):
    return frame.assign(timestamp=frame["timestamp"] + pd.Timedelta("1D").as_unit("ms"))


def test_counters_in_a_folder_with_the_signs_of_a_pattern(tmp_path):
    log = one_key(tmp_path / "log[1]", 10)
    written = write_counters(log.folder, "ad_id", tmp_path / "counters[1]")
    assert written.frame("2026-01-05")["shown"].tolist() == list(range(10))


@pytest.mark.parametrize("megabytes", [0, -1, 9.9, np.nan, "1GB", True])
def test_a_cap_that_is_none_is_refused(tmp_path, megabytes):
    log = one_key(tmp_path / "log", 10)
    with pytest.raises(ValueError, match=r"megabytes is .*; expected 10 MB or more, or None"):
        write_counters(log, "ad_id", tmp_path / "counters", megabytes=megabytes)


def test_keys_that_cannot_count_are_refused(tmp_path):
    log = write_days(tmp_path / "log", impressions_by_day(1000, days=2))
    with pytest.raises(ValueError, match=r"user_id is missing in \d+ rows; expected an id in each"):
        write_counters(log, "user_id", tmp_path / "counters")
    with pytest.raises(ValueError, match="the column is 'film'; expected one of 'timestamp'"):
        write_counters(log, "film", tmp_path / "counters")
    with pytest.raises(ValueError, match="key is 'ad_id; DROP'"):
        counters_sql("log", "ad_id; DROP")


@pytest.mark.parametrize("key", ["my key", "order", "Group", "left", "größe", "1st", "", 'a"b', "a`b"])
def test_a_key_that_needs_quotes_is_refused(tmp_path, key):
    times = pd.to_datetime(["2026-01-05"])
    log = write_days(tmp_path / "log", [pd.DataFrame({"timestamp": times, "reported_at": times, key or "a": 1})])
    with pytest.raises(ValueError, match=r"needs no quotes in SQL: rename the column"):
        counters_sql("log", key)
    with pytest.raises(ValueError, match="rename the column" if key else "the column is ''"):
        write_counters(log, key, tmp_path / "counters")


@pytest.mark.parametrize("key", ["map", "key", "user", "date", "click", "moment", "_id"])
def test_a_key_that_sql_also_knows_counts(key):
    log = simulate_ad_log(2000, days=2).impressions.rename(columns={"ad_id": key})
    assert_frame_equal(by_sql(log, counters_sql("log", key)), in_memory(log, key), check_dtype=False)


@pytest.mark.slow
def test_the_cap_holds(tmp_path):
    log = write_days(tmp_path / "log", impressions_by_day(1_000_000, seed=1))
    task, given = "mlpipe.scale:write_counters", (str(log.folder), "ad_id")
    idle = cost("mlpipe.scale:read_days", str(log.folder))
    capped = cost(task, *given, str(tmp_path / "capped"), megabytes=20)
    free = cost(task, *given, str(tmp_path / "free"))
    assert capped.megabytes - idle.megabytes < 20 + 30 < free.megabytes - idle.megabytes, (idle, capped, free)
    for day in log.rows:
        frames = (read_days(tmp_path / name).frame(day) for name in ("capped", "free"))
        assert_frame_equal(*frames)
