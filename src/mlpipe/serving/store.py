"""Histories of users in an SQLite file: what the pipeline reads first, and what may be late, locked, or gone."""

from __future__ import annotations

import hashlib
import os
import random
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd

from mlpipe import arguments

NAME = r"histories-[0-9a-f]{12}\.sqlite"  # its content's digest: a file that is read is never replaced by another one
SCHEMA = """
CREATE TABLE users (user_id INTEGER PRIMARY KEY);
CREATE TABLE likes (user_id INTEGER, item_id INTEGER, PRIMARY KEY (user_id, item_id)) WITHOUT ROWID;
"""
HISTORY = "SELECT item_id FROM users LEFT JOIN likes USING (user_id) WHERE user_id = ? ORDER BY item_id"


class StoreLocked(Exception):
    """Another connection writes, and did not end in time."""


class StoreGone(Exception):
    """The file is missing, is no SQLite file, or has other tables."""


def write(folder: str | os.PathLike[str], likes: pd.DataFrame) -> Path:
    """Write a store beside those that are there; which one is read, the published version says.

    Parameters
    ----------
    folder : made where there is none
    likes : one row a like; `user_id`, `item_id` (integers)

    Returns
    -------
    Path
        Of the file; equal likes have one name.

    Raises
    ------
    ValueError
        For a missing column or a pair that occurs twice.
    """
    users, items = (arguments.column(likes, name) for name in ("user_id", "item_id"))
    if likes.duplicated(["user_id", "item_id"]).any():
        raise ValueError("likes repeats a pair of user and item; expected one row a pair: drop_duplicates")
    pairs = np.unique(np.column_stack([users, items]).astype("<i8"), axis=0)
    path = Path(folder) / f"histories-{hashlib.sha256(pairs.tobytes()).hexdigest()[:12]}.sqlite"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".partial-{os.getpid()}")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(partial)) as file, file:
        file.executescript(SCHEMA)
        file.executemany("INSERT INTO likes VALUES (?, ?)", pairs.tolist())
        file.execute("INSERT INTO users SELECT DISTINCT user_id FROM likes")
    try:
        os.replace(partial, path)
    except PermissionError:  # on Windows, while a service reads the same content
        partial.unlink()
        if not path.exists():
            raise
    return path


class Store:
    """Read-only access, a connection for each thread.

    Parameters
    ----------
    path : the SQLite file
    patience : seconds to wait for a lock
    slow : (seconds, share): so much later, for that share of the reads; to try what a slow store does
    """

    def __init__(
        self, path: str | os.PathLike[str], patience: float = 0.02, slow: tuple[float, float] = (0, 0)
    ) -> None:
        self.path = Path(path).absolute()
        self.patience = patience
        self.slow = slow
        self._local = threading.local()
        self._random = random.Random(0)

    def history(self, user: int) -> np.ndarray | None:
        """The items that a user likes; None for a user whom the store does not know.

        Parameters
        ----------
        user : id

        Returns
        -------
        (n,) int64 ids of items, ascending, or None

        Raises
        ------
        StoreLocked
            When the lock of another connection was there for longer than `patience`.
        StoreGone
            When there is no such file, or it is damaged.
        """
        if self._random.random() < self.slow[1]:
            time.sleep(self.slow[0])
        try:
            if not self.path.exists():  # an open connection would go on to read what was deleted
                self._close()
                raise StoreGone(f"{self.path}: no such file")
            by = (int(user),)  # of NumPy's integers SQLite would find none
            found = [item for (item,) in self._connection().execute(HISTORY, by)]
            return np.array([item for item in found if item is not None], dtype=np.int64) if found else None
        except sqlite3.OperationalError as error:
            self._close()
            if "locked" in str(error) or "busy" in str(error):
                raise StoreLocked(f"{self.path}: locked for more than {self.patience} s") from error
            raise StoreGone(f"{self.path}: {error}") from error
        except sqlite3.DatabaseError as error:
            self._close()
            raise StoreGone(f"{self.path}: {error}") from error

    def _connection(self) -> sqlite3.Connection:
        if getattr(self._local, "connection", None) is None:
            source = f"{self.path.as_uri()}?mode=ro"
            self._local.connection = sqlite3.connect(source, uri=True, timeout=self.patience)
        return self._local.connection

    def _close(self) -> None:
        connection, self._local.connection = getattr(self._local, "connection", None), None
        if connection is not None:
            connection.close()
