"""Counters in SQL against those in memory, row by row, and what a cap of memory does."""

import duckdb
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from mlpipe.features import count_before
from mlpipe.scale import cost, count_in_memory, counters_sql, read_days, write_counters, write_days
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
    counters = write_counters(log, "ad_id", tmp_path / "counters", megabytes=20)
    assert counters.rows == log.rows
    found = pd.concat([counters.frame(day) for day in counters.rows], ignore_index=True)
    assert_frame_equal(found, in_memory(whole, "ad_id"), check_dtype=False)
    assert_frame_equal(found, count_in_memory(log.folder, "ad_id"), check_dtype=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["counters", "log"]


def one_key(folder, n):
    times = pd.Timestamp("2026-01-05") + pd.to_timedelta(np.arange(n) % 86_400, "s")
    return write_days(folder, [pd.DataFrame({"timestamp": times, "ad_id": 1, "reported_at": times})])


def test_a_cap_below_one_group_is_an_error_and_leaves_nothing(tmp_path):
    log = one_key(tmp_path / "log", 500_000)
    with pytest.raises(MemoryError, match="megabytes is 10, and DuckDB needs more: the largest ad_id has 500,000 rows"):
        write_counters(log, "ad_id", tmp_path / "counters", megabytes=10)
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


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
