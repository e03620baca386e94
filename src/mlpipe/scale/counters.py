"""Point-in-time counters as one SQL text that DuckDB and Spark both run, within a cap of memory."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pandas as pd

from mlpipe import arguments
from mlpipe.features import count_before
from mlpipe.scale.files import Days, _quoted, connection, list_files, new_folder, read_days

LEAST_MEGABYTES = 10  # below it DuckDB cannot even write the files of some days side by side

# An impression asks and is counted from then on; a click is counted from its report on. All stand in one line for each
# key, at equal times impressions first: then what stands before a row, apart from its equals, happened strictly before.
COUNTERS = """
WITH events AS (
    SELECT {key} AS key, row, timestamp AS moment, 0 AS click FROM {log}
    UNION ALL
    SELECT {key} AS key, row, reported_at AS moment, 1 AS click FROM {log} WHERE reported_at IS NOT NULL
), counted AS (
    SELECT row, moment, click, RANK() OVER line - 1 AS events_before, SUM(click) OVER line AS clicks_before
    FROM events WINDOW line AS (PARTITION BY key ORDER BY moment, click)
)
SELECT row, CAST(moment AS DATE) AS day, CAST(events_before - clicks_before AS INT) AS shown,
    CAST(clicks_before AS INT) AS clicks
FROM counted WHERE click = 0
"""


def counters_sql(log: str, key: str) -> str:
    """The query that counts, for each row of a log, what was known of its key strictly before it.

    Parameters
    ----------
    log : a table with ``row``, ``timestamp``, ``reported_at`` and the key: its name, or `Days.files`
    key : name of a column without missing values, such as "ad_id"

    Returns
    -------
    str
        SQL for DuckDB and for Spark. Its result has ``row``, ``day``, ``shown`` (impressions before) and ``clicks``
        (reported before): those of `mlpipe.features.count_before`.

    Raises
    ------
    ValueError
        For a key that is no plain name, or a word of SQL.
    ImportError
        Without DuckDB, which knows the words of SQL.

    Examples
    --------
    >>> "PARTITION BY key" in counters_sql("log", "ad_id")
    True
    """
    fix = "expected the name of a column, such as 'ad_id', that needs no quotes in SQL: rename the column"
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", str(key)):
        raise ValueError(f"key is {key!r}; {fix}")
    with connection() as con:
        words = "SELECT keyword_category FROM duckdb_keywords() WHERE keyword_name = ?"
        uses = {use for (use,) in con.execute(words, [key.lower()]).fetchall()}
    if "reserved" in uses or ("type_function" in uses and "column_name" not in uses):
        raise ValueError(f"key is {key!r}, a word of SQL; {fix}")
    return COUNTERS.format(log=log, key=key)


def write_counters(
    log: Days | str | os.PathLike[str],
    key: str,
    folder: str | os.PathLike[str],
    *,
    megabytes: float | None = None,
    spill: str = "",
) -> Days:
    """Count by DuckDB, from Parquet files to Parquet files; what does not fit under the cap waits on the disk.

    The cap is on DuckDB's own buffers: Python and DuckDB themselves take about 100 MB more.

    Parameters
    ----------
    log : of impressions, or its folder
    key : as in `counters_sql`; a column of the log
    folder : of the result, made, must not be there
    megabytes : cap of DuckDB's buffers, 10 or more; None leaves it at four fifths of the machine's memory
    spill : folder for what waits on the disk; beside the result if empty

    Returns
    -------
    Days
        With ``row``, ``shown`` and ``clicks``.

    Raises
    ------
    FileExistsError
        For a folder that is there.
    ValueError
        For another key, missing keys, and a cap below 10.
    MemoryError
        Where the cap is too low. No folder is left then.
    FileNotFoundError, ImportError
        As `mlpipe.scale.read_days`.
    """
    log = log if isinstance(log, Days) else read_days(log)
    for name in (key, "row", "timestamp", "reported_at"):
        arguments.one_of("the column", name, list(log.columns), ": write the log with `write_days`")
    settings: dict[str, Any] = {"preserve_insertion_order": False}
    if megabytes is not None:
        so = f"{LEAST_MEGABYTES} MB or more, or None: below that DuckDB cannot hold one batch"
        settings["memory_limit"] = f"{arguments.number('megabytes', megabytes, LEAST_MEGABYTES, so=so)}MB"
    query = counters_sql(log.files(), key)
    with new_folder(folder) as partial:
        settings["temp_directory"] = spill or str(partial / "_spill")
        with connection(**settings) as con:
            _refuse_missing(con, log, key)
            target = _quoted(partial)
            try:
                con.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, PARTITION_BY (day))")
            except Exception as error:
                if type(error).__name__ != "OutOfMemoryException":
                    raise
                cap, fix = "None (four fifths of the machine's memory)", "free memory, or take a larger machine"
                if megabytes is not None:
                    cap, fix = f"{megabytes:g}", "raise it"
                n_rows = sum(log.rows.values())
                raise MemoryError(
                    f"megabytes is {cap}, and DuckDB needs more for this log of {n_rows:,} rows: {fix}"
                ) from error
            for day in log.rows:  # one without rows gets a file without rows
                if not (partial / f"day={day}").exists():
                    (partial / f"day={day}").mkdir()
                    empty = f"SELECT row, shown, clicks FROM ({query}) LIMIT 0"
                    con.execute(f"COPY ({empty}) TO '{target}/day={day}/data_0.parquet' (FORMAT parquet)")
        list_files(partial)
    return read_days(Path(folder))


def count_in_memory(log: Days | str | os.PathLike[str], key: str) -> pd.DataFrame:
    """Count as `write_counters` does, with four columns of all days in memory: the plain way, to compare with.

    Parameters
    ----------
    log, key : as in `write_counters`

    Returns
    -------
    frame with ``row``, ``shown`` and ``clicks``

    Raises
    ------
    ValueError
        For a log without these columns, and missing keys.
    FileNotFoundError, ImportError
        As `mlpipe.scale.read_days`.
    """
    log = log if isinstance(log, Days) else read_days(log)
    names = ["row", "timestamp", key, "reported_at"]
    table = pd.concat([log.frame(day, names) for day in log.rows], ignore_index=True)
    keys, times, known = table[key], table["timestamp"], table["reported_at"].notna()
    shown = count_before(keys, times, keys, times)
    clicks = count_before(keys, times, keys[known], table["reported_at"][known])
    return pd.DataFrame({"row": table["row"], "shown": shown, "clicks": clicks})


def _refuse_missing(con: Any, log: Days, key: str) -> None:
    missing = con.execute(f"SELECT COUNT(*) - COUNT({key}) FROM {log.files()}").fetchone()[0]
    if missing:
        raise ValueError(
            f"{key} is missing in {missing:,} rows; expected an id in each: all without one would count as one key. "
            "Take another key, or write the log without them"
        )
