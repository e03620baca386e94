"""A log as Parquet files by day, which DuckDB, Spark and others read; whole, or refused.

    FOLDER/day=2026-01-05/data_0.parquet    the rows of a day
    FOLDER/_days.json                       files, rows, bytes and columns; written last

Folders are written under another name and renamed when all is there, so an interrupted write leaves no folder that
looks like a log.
"""

from __future__ import annotations

import contextlib
import datetime
import glob
import json
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlpipe import arguments

LIST = "_days.json"  # engines skip names that begin with an underscore
MAGIC = b"PAR1"  # the first and last bytes of a Parquet file


@dataclass(frozen=True)
class Days:
    """A folder of Parquet files by day that was found whole.

    Attributes
    ----------
    folder : of the files
    rows : number of rows by day ("2026-01-05"), in order
    columns : types by column name, as DuckDB calls them
    """

    folder: Path
    rows: Mapping[str, int]
    columns: Mapping[str, str]

    def files(self, *days: str) -> str:
        """The SQL of a table of these days, or of all: put it behind FROM.

        Parameters
        ----------
        *days : such as "2026-01-05"

        Returns
        -------
        str

        Raises
        ------
        ValueError
            For a day that the folder does not have.
        """
        for day in days:
            arguments.one_of("a day", day, list(self.rows))
        listed = ", ".join(f"'{_pattern(self.folder)}/day={day}/*.parquet'" for day in days or ("*",))
        return f"read_parquet([{listed}], hive_partitioning = false)"

    def frame(self, day: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read the rows of one day, in the order of the log.

        Parameters
        ----------
        day : such as "2026-01-05"
        columns : names; None for all

        Returns
        -------
        frame, sorted by ``row`` (columns of texts are strings)

        Raises
        ------
        ValueError
            For a day or a column that the folder does not have.
        ImportError
            Without DuckDB.
        """
        for name in columns or ():
            arguments.one_of("columns", name, list(self.columns))
        listed = ", ".join(f'"{name}"' for name in columns or self.columns)
        with connection() as con:
            return con.sql(f'SELECT {listed} FROM {self.files(day)} ORDER BY "row"').df()


@contextlib.contextmanager
def connection(**settings: Any) -> Iterator[Any]:
    """Open DuckDB for one task, on one thread.

    Parameters
    ----------
    **settings : of DuckDB, such as memory_limit="100MB"

    Returns
    -------
    context manager of a duckdb.DuckDBPyConnection

    Raises
    ------
    ImportError
        Without DuckDB.
    """
    try:
        import duckdb
    except ImportError as error:
        raise ImportError('duckdb is missing; install it with pip install "mlpipe[scale]"') from error
    with duckdb.connect(config={"threads": 1, **settings}) as con:
        con.execute("SET enable_progress_bar = false")  # in a notebook it would be an output that does not repeat
        yield con


def write_days(folder: str | os.PathLike[str], frames: Iterable[pd.DataFrame]) -> Days:
    """Write a log that comes one day at a time, and number its rows in a column ``row``.

    Only one day is in memory.

    Parameters
    ----------
    folder : made, must not be there
    frames : one a day, each day after the one before it, with ``timestamp`` and without ``row``
        A day without rows is a frame without rows. `mlpipe.simulator.impressions_by_day` gives them.

    Returns
    -------
    Days

    Raises
    ------
    FileExistsError
        For a folder that is there.
    ValueError
        For a frame of several days, a day that is left out, other columns than the day before, a column ``row``, times
        with a time zone, or no frame with rows. No folder is left then.
    FileNotFoundError, ImportError
        As `read_days`.
    """
    with new_folder(folder) as partial, connection() as con:
        n_rows, day, first, first_types = 0, None, None, None
        for number, frame in enumerate(frames):
            day = _day(number, frame, day)
            form = frame.dtypes.astype(str).to_dict()
            if form != (first := first or form):
                changed = sorted(set(form.items()) ^ set(first.items()))
                raise ValueError(
                    f"frames: number {number} has other columns than number 0: {changed}; expected the same names and "
                    "dtypes in each: convert them before"
                )
            if taken := [name for name in form if str(name).lower() == "row"]:  # in SQL, Row is row
                raise ValueError(
                    f"frames: number {number} has a column {taken[0]!r}; expected none, because the rows are numbered "
                    "in it: rename yours"
                )
            numbered = frame.assign(row=np.arange(n_rows, n_rows + len(frame)))
            n_rows += len(frame)
            (partial / f"day={day}").mkdir()
            con.register("numbered", numbered)
            con.execute(f"COPY numbered TO '{_quoted(partial)}/day={day}/data_0.parquet' (FORMAT parquet)")
            types = _columns(partial / f"day={day}/data_0.parquet")
            _refuse_types(number, types, first_types := first_types or types)
        if not n_rows:
            raise ValueError("frames has no rows; expected one frame a day, and rows in one of them: check the source")
        list_files(partial)
    return read_days(folder)


def _refuse_types(number: int, types: dict[str, str], first: dict[str, str]) -> None:
    """Refuse what the file of a day has and its dtypes do not tell."""
    for name, kind in types.items():
        if "WITH TIME ZONE" in kind:
            raise ValueError(
                f"frames: number {number} has times with a time zone in {name!r}; expected times without: where a day "
                "begins would depend on the machine that reads them. Take it out in each frame: "
                f'frame[{name!r}].dt.tz_convert("UTC").dt.tz_localize(None), and group by the days of that'
            )
        if kind != first[name]:
            raise ValueError(
                f"frames: number {number} has {kind} in {name!r}, and number 0 has {first[name]}; expected one type: a "
                'column of objects that are all missing has none. Convert it in each frame, texts by .astype("string")'
            )


def _day(number: int, frame: pd.DataFrame, before: datetime.date | None) -> datetime.date:
    """The one day of a frame, which follows on the day before."""
    moments = arguments.times("timestamp", arguments.column(frame, "timestamp"), like="datetime")
    found = sorted(pd.to_datetime(moments).dt.date.unique())
    due = before and before + datetime.timedelta(days=1)
    if not found and due:
        return due
    if len(found) != 1 or found[0] != (due or found[0]):
        held = f"{found[0]} to {found[-1]}" if len(found) > 1 else found[0] if found else "no rows"
        raise ValueError(
            f"frames: number {number} holds {held}; expected rows of {due or 'one day'}, and no others: group the log "
            "by day, and give a day without rows as a frame without rows"
        )
    return found[0]


def read_days(folder: str | os.PathLike[str]) -> Days:
    """Check that a folder holds all that was written, without reading the rows.

    Parameters
    ----------
    folder : that `write_days` or `mlpipe.scale.write_counters` made

    Returns
    -------
    Days

    Raises
    ------
    FileNotFoundError
        For a folder that is missing or was not finished.
    ValueError
        For files that are missing, half-written, strange, or have other columns than were written, and a cut list.
    ImportError
        Without DuckDB.
    """
    folder = Path(folder).resolve()
    if not (folder / LIST).is_file():
        raise FileNotFoundError(
            f"{folder} has no {LIST}; expected a folder that was written to its end: write it again"
        )
    fix = "write the folder again, or fetch the file from where it is whole"
    try:
        kept = json.loads((folder / LIST).read_text())
        kept = {name: kept[name] for name in ("rows", "columns", "files")}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{folder / LIST} is cut or overwritten; expected the list that was written: {fix}") from error
    strange = {path.relative_to(folder).as_posix() for path in folder.glob("*/*.parquet")} - set(kept["files"])
    if strange:
        raise ValueError(f"{folder} holds {min(strange)}, which is not in {LIST}; expected only what is: take it away")
    for name, written in kept["files"].items():
        path = folder / name
        if not path.is_file():
            raise ValueError(f"{folder} lacks {name}; expected {len(kept['rows'])} days: {fix}")
        if path.stat().st_size != written or not _has_both_ends(path):
            size = path.stat().st_size
            raise ValueError(f"{path} has {size:,} bytes, cut or overwritten; expected {written:,}: {fix}")
        columns = _columns(path)
        if columns != kept["columns"]:
            changed = sorted(set(columns.items()) ^ set(kept["columns"].items()))
            raise ValueError(f"{path} has other columns or types ({changed}); expected those of {LIST}: {fix}")
    return Days(folder, kept["rows"], kept["columns"])


def _has_both_ends(path: Path) -> bool:
    with path.open("rb") as file:
        first = file.read(4)
        file.seek(-4, os.SEEK_END)
        return first == file.read(4) == MAGIC


def _columns(path: Path) -> dict[str, str]:
    with connection() as con:
        found = con.sql(
            f"DESCRIBE SELECT * FROM read_parquet('{_pattern(path)}', hive_partitioning = false)"
        ).fetchall()
    return {name: kind for name, kind, *_ in found}


def list_files(folder: Path) -> None:
    """Write down what a folder holds, from the files themselves: the last step.

    Parameters
    ----------
    folder : of one folder a day

    Raises
    ------
    ImportError
        Without DuckDB.
    """
    paths = sorted(folder.glob("day=*/*.parquet"))
    with connection() as con:
        counted = con.sql(f"SELECT file_name, num_rows FROM parquet_file_metadata('{_pattern(folder)}/*/*.parquet')")
        in_file = {Path(name): n for name, n in counted.fetchall()}
    rows: dict[str, int] = {}
    for path in paths:
        day = path.parent.name.removeprefix("day=")
        rows[day] = rows.get(day, 0) + in_file[path]
    files = {path.relative_to(folder).as_posix(): path.stat().st_size for path in paths}
    content = {"rows": rows, "columns": _columns(paths[0]), "files": files}
    (folder / LIST).write_text(json.dumps(content, indent=1))


@contextlib.contextmanager
def new_folder(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """A folder to write into, which gets its name when all went well, and is removed otherwise.

    Parameters
    ----------
    folder : its name, which must be free

    Returns
    -------
    context manager of the folder under its first name

    Raises
    ------
    FileExistsError
        For a folder that is there.
    """
    target = Path(folder).resolve()
    if target.exists():
        raise FileExistsError(f"{target} is there; expected a new folder: remove it, or take another name")
    partial = target.with_name(f".{target.name}-{uuid.uuid4().hex}")
    partial.mkdir(parents=True)
    try:
        yield partial
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _pattern(path: Path) -> str:
    """The path where DuckDB expects a pattern: brackets and stars in names of folders stand for themselves."""
    return glob.escape(_quoted(path))
