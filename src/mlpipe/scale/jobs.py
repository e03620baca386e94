"""Two jobs on Spark: the counters of a log by the same SQL text, and the ALS of its library."""

from __future__ import annotations

import tempfile
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mlpipe import arguments
from mlpipe.scale.counters import counters_sql
from mlpipe.scale.files import Days, connection


def counters(session: Any, log: Days, key: str) -> pd.DataFrame:
    """Run the query of `counters_sql` on the files of a log.

    Parameters
    ----------
    session : of `mlpipe.scale.cluster.Cluster`
    log : whose folder the workers can read
    key : as in `mlpipe.scale.write_counters`

    Returns
    -------
    frame with ``row``, ``shown`` and ``clicks``, sorted by ``row``

    Raises
    ------
    ValueError
        For a key that is no plain name or a word of SQL, and a folder that Spark takes for a pattern.
    ImportError
        Without DuckDB, which reads the files that the workers wrote.
    """
    query = counters_sql("log", key)
    if set("{}[]*?\\") & set(str(log.folder)):
        raise ValueError(
            f"the log is in {log.folder}; expected no {{}}[]*?\\ in it, which Spark expands: rename the folder"
        )
    session.read.parquet(str(log.folder)).createOrReplaceTempView("log")
    with tempfile.TemporaryDirectory() as home, connection() as con:
        session.sql(query).drop("day").write.parquet(f"{home}/counters")  # faster than through Python, a row at a time
        return con.read_parquet(f"{home}/counters/*.parquet").order("row").df()


def als(session: Any, interactions: sp.csr_matrix, **settings: Any) -> tuple[np.ndarray, np.ndarray]:
    """Fit the implicit ALS of Spark's library, in two blocks.

    Parameters
    ----------
    session : of `mlpipe.scale.cluster.Cluster`
    interactions : (n_users, n_items) sparse weights
    **settings : of pyspark.ml.recommendation.ALS, such as rank, alpha, regParam, maxIter, seed

    Returns
    -------
    user factors (n_users, rank) and item factors (n_items, rank), zeros where there is no interaction

    Raises
    ------
    ValueError
        For what is no sparse matrix of numbers.

    References
    ----------
    Hu, Koren and Volinsky 2008, Collaborative filtering for implicit feedback datasets, ICDM.
    """
    from pyspark.ml.recommendation import ALS

    cells = arguments.added_up("interactions", interactions).tocoo()
    ratings = zip(cells.row.tolist(), cells.col.tolist(), cells.data.astype(float).tolist(), strict=True)
    table = session.createDataFrame(list(ratings), "user int, item int, rating float").repartition(2)
    model = ALS(implicitPrefs=True, numUserBlocks=2, numItemBlocks=2, **settings).fit(table)
    users, items = (np.zeros((n, model.rank), np.float32) for n in interactions.shape)
    for factors, rows in ((users, model.userFactors.collect()), (items, model.itemFactors.collect())):
        for row in rows:
            factors[row.id] = row.features
    return users, items
