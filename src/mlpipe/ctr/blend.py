"""Several models that answer as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from mlpipe.ctr.base import ClickModel, log_odds

CERTAIN = 1e-12  # probabilities of other people's models may be exactly 0 or 1


class Blend(ClickModel):
    """The mean of the log-odds of several models, each fitted on its own columns of the same rows.

    Models that err in different ways cancel part of their errors, if they are about equally good. A member that is
    clearly worse than the best one pulls the blend down, so compare it with its best member on validation rows before
    paying for two models. Logistic regression and `CounterTrees`, both with ids as numbers, in three draws
    (`benchmarks/bench_raw_ids.py`): on 30,000 flights at random the blend was ahead of the better one by .001 to .002
    of normalised entropy in each, on 274,000 behind by .003 to .004 in each, on the Open Bandit sample behind by 0 to
    .003. `FieldAwareFM` and `CounterTrees` together (`benchmarks/other_worlds.py`): ahead of the machine alone in two
    of nine worlds, behind in the others; on a million rows of the simulated log (`benchmarks/bench_ctr.py`) ahead by .6
    to .9 points of the share, for six times the CPU. So it is no default.

    Nothing is fitted but the models, so no rows have to be held out for it.

    Parameters
    ----------
    members : pairs of a classifier with `predict_proba`, which is cloned, and the list of its columns (None: all)

    Attributes
    ----------
    models_ : the fitted ones, in the order of `members`

    Examples
    --------
    >>> from mlpipe.ctr import SmoothedRate
    >>> log = pd.DataFrame({"ad": [1, 1, 2, 2], "site": [3, 4, 3, 4]})
    >>> blend = Blend([(SmoothedRate("ad", 2), None), (SmoothedRate("site", 2), ["site"])])
    >>> blend.fit(log, [1, 1, 0, 0]).predict_proba(log)[:, 1].round(2).tolist()
    [0.63, 0.63, 0.37, 0.37]
    """

    def __init__(self, members: Sequence[tuple[Any, Sequence[str] | None]]):
        self.members = members

    def _fit(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        if not len(self.members) or not all(isinstance(pair, tuple) and len(pair) == 2 for pair in self.members):
            raise ValueError(
                f"members is {self.members!r}; expected pairs of a model and its columns: "
                "[(model, ['ad_id', 'site_id'])]"
            )
        self._columns_of = [list(frame.columns if columns is None else columns) for _, columns in self.members]
        absent = [name for columns in self._columns_of for name in columns if name not in frame.columns]
        if absent:
            raise ValueError(
                f"members name the columns {absent}, which X lacks; expected some of {list(frame.columns)}"
            )
        pairs = zip(self.members, self._columns_of, strict=True)
        self.models_ = [clone(model).fit(frame[columns], y.astype(np.int64)) for (model, _), columns in pairs]

    def _log_odds(self, frame: pd.DataFrame) -> np.ndarray:
        scores = [
            log_odds(np.clip(np.float64(model.predict_proba(frame[columns])[:, 1]), CERTAIN, 1 - CERTAIN))
            for model, columns in zip(self.models_, self._columns_of, strict=True)
        ]
        return np.mean(scores, axis=0)
