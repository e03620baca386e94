"""Field-aware factorization machine: chosen pairs of columns interact, each pair through vectors of its own."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from mlpipe.ctr.fields import Crosses, Keys
from mlpipe.ctr.fm import FactorizationMachine, _Encoded, checked_pairs
from mlpipe.ctr.pairs import choose_pairs

Side = str | Sequence[str]


class FieldAwareFM(FactorizationMachine):
    """Logistic regression with a low-rank table of interactions for each chosen pair of columns.

    log-odds = b + sum_i w_i x_i + sum over pairs (f, g) of <u_fg(value of f), v_fg(value of g)>. A cross has a weight
    for each combination of values, and learns it from the rows of that combination alone. Here a table of n x m
    combinations has (n + m) * factors numbers, and each value learns from all of its rows. A plain factorization
    machine saves as much, but lets every two fields interact, through one vector a value: vectors that serve all other
    fields at once serve none well, and most of those pairs are noise. So it pays to choose the pairs.

    The loss, the penalties, Adagrad, averaging and `partial_fit` are those of `FactorizationMachine`.

    Parameters
    ----------
    pairs : pairs of sides, each side a column or a tuple of columns whose combination counts
        Such as [("site", "category"), (("age", "sex"), "category")]. None: those that `choose_pairs` finds, ten at
        most; where the machine starts by `partial_fit`, or "all": every two columns (slow for many).
    factors, l2 : as in `FactorizationMachine`
    factor_l2 : inverse variance of the entries of the vectors, 0 or more
        None: learned for each side, from 10, or the number of pairs if there are more: the more pairs, the less there
        is in each.
    min_clicks, learning_rate, epochs, n_models, n_buckets, crosses, batch_size, random_state : as there

    Attributes
    ----------
    pairs_ : the pairs used

    References
    ----------
    Juan et al. 2016, Field-aware factorization machines for CTR prediction, doi:10.1145/2959100.2959134.

    Examples
    --------
    >>> log = pd.DataFrame({"ad": [1, 1, 2, 2] * 500, "site": ["a", "b"] * 1000})
    >>> machine = FieldAwareFM().fit(log, [1, 0, 0, 1] * 500)
    >>> machine.pairs_, machine.predict(log)[:4].tolist()
    ([('ad', 'site')], [1, 0, 0, 1])
    """

    _field_aware = True

    def __init__(
        self,
        pairs: str | Sequence[tuple[Side, Side]] | None = None,
        factors: int = 4,
        l2: float | None = None,
        factor_l2: float | None = None,
        min_clicks: float = 10.0,
        learning_rate: float = 0.1,
        epochs: int = 10,
        n_models: int = 1,
        n_buckets: int = 2**18,
        crosses: Crosses = (),
        batch_size: int = 4096,
        random_state: int | None = 0,
    ):
        settings = (factors, l2, factor_l2, min_clicks, learning_rate, epochs, n_models, n_buckets, crosses, batch_size)
        super().__init__(*settings, random_state, pairs)

    def _find_pairs(self, frame: pd.DataFrame, y: np.ndarray, score: np.ndarray) -> list[Any]:
        return list(choose_pairs(frame, y, score=score))

    def _named_pairs(self, frame: pd.DataFrame) -> list[Any]:
        if isinstance(self.pairs, str) and self.pairs == "all":
            return list(combinations(frame.columns, 2))
        example = '[("site", "category"), (("age", "sex"), "category")]'
        return checked_pairs(self.pairs, "columns, or of tuples of columns", example)

    def _use(self, frame: pd.DataFrame, pairs: list[Any] | None) -> None:
        self.pairs_ = pairs = list(pairs or ())
        self._penalty[:, 1] = max(10, len(pairs)) if self.factor_l2 is None else self.factor_l2
        # Another seed for each pair, and for each of its sides: a value has a vector for each
        self._sides = [
            Keys([side], self.n_buckets, seed=1 + number).fit(frame, "pairs")
            for number, side in enumerate(side for pair in pairs for side in pair)
        ]
        self._link([(2 * i, 2 * i + 1, i) for i in range(len(pairs))], 2 * len(pairs))

    def _with_sides(self, frame: pd.DataFrame, buckets: np.ndarray, values: np.ndarray | None) -> _Encoded:
        sides = [side.transform(frame) for side in self._sides]
        none = np.empty((len(frame), 0), buckets.dtype)
        return _Encoded(buckets, values, np.concatenate([none, *sides], axis=1), None)
