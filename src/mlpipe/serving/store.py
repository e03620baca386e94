"""Histories of users in an SQLite file: what the pipeline reads first, and what may be late, locked, or gone."""

from __future__ import annotations

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

NAME = "histories.sqlite"
SCHEMA = """
CREATE TABLE users (user_id INTEGER PRIMARY KEY, n_likes INTEGER NOT NULL);
CREATE TABLE likes (user_id INTEGER, item_id INTEGER, liked_at INTEGER, PRIMARY KEY (user_id, item_id)) WITHOUT ROWID;
"""


class StoreLocked(Exception):
    """Another connection writes, and did not end in time."""


class StoreGone(Exception):
    """The file is missing, is no SQLite file, or has other tables."""


def write(folder: str | os.PathLike[str], likes: pd.DataFrame) -> Path:
    """Write the store anew; a service goes on with the old file until it reloads.

    Windows does not replace a file that is open: stop the service first.

    Parameters
    ----------
    folder : made where there is none
    likes : one row a like; `user_id`, `item_id` (integers), `timestamp` (datetimes)

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    ValueError
        For a missing column or a pair that occurs twice.
    """
    users, items = (arguments.column(likes, name) for name in ("user_id", "item_id"))
    at = arguments.times("timestamp", arguments.column(likes, "timestamp"), "datetime").astype("datetime64[s]")
    if likes.duplicated(["user_id", "item_id"]).any():
        raise ValueError("likes repeats a pair of user and item; expected one row a pair: drop_duplicates")
    path = Path(folder) / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".partial-{os.getpid()}")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(partial)) as file, file:
        file.executescript(SCHEMA)
        rows = zip(users.tolist(), items.tolist(), at.astype("int64").tolist(), strict=True)
        file.executemany("INSERT INTO likes VALUES (?, ?, ?)", rows)
        file.execute("INSERT INTO users SELECT user_id, COUNT(*) FROM likes GROUP BY user_id")
    os.replace(partial, path)
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
        """The items that a user likes, the oldest first; None for a user whom the store does not know.

        Parameters
        ----------
        user : id

        Returns
        -------
        (n,) int64 ids of items, or None

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
            known = self._connection().execute("SELECT n_likes FROM users WHERE user_id = ?", by).fetchone()
            if known is None:
                return None
            query = "SELECT item_id FROM likes WHERE user_id = ? ORDER BY liked_at, item_id"
            return np.array([item for (item,) in self._connection().execute(query, by)], dtype=np.int64)
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
