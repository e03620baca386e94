"""Deep & Cross Network: layers that multiply the vectors of a row's values with each other, learned as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mlpipe import arguments
from mlpipe.ctr.base import check_positive
from mlpipe.ctr.fields import Crosses
from mlpipe.ctr.fm import FactorizationMachine


class CrossNetwork(FactorizationMachine):
    """Logistic regression plus a network of cross layers on the vectors of all columns: DCN v2.

    The vectors of a row, one a column, stand side by side in x_0. A cross layer multiplies each entry of x_0 with a
    linear function of what the layer before gave, and adds that: x_{l+1} = x_0 * (W_l x_l + b_l) + x_l. One layer holds
    products of two columns, two layers those of three. Layers with rectified units may follow; at the end stands a
    linear function. No pair has to be named or found: W learns which entries of which columns multiply.
    Products of small vectors begin near 0 and grow slowly: where three columns interact and no two do, cross layers
    learned little at the default steps, and most of it with `network_rate=0.1, factor_l2=10`.

    log-odds = b + sum_i w_i x_i + <a, last layer>

    A network with vectors for all ids is spoiled by a second pass over the log: the vectors of rare ids learn the
    clicks of the first one by heart. Three things keep this one sound: only values that are frequent enough get a
    vector, vectors are penalised, and the linear part starts from the logistic regression, so that nothing is left for
    the network but interactions. What else is as in `FactorizationMachine`, which this is with another sum: the shared
    penalties, Adagrad for weights and vectors, averages over the second half of the passes, `partial_fit`. The
    network's own weights learn by Adam. In a number's column, the vectors of the two knots are interpolated.

    Parameters
    ----------
    factors : length of the vectors
    layers : cross layers; 0: none, a plain multilayer perceptron if `hidden` has some
    hidden : units of the layers that follow the cross layers
    l2 : inverse variance of the linear weights, 0 or more; None: learned, as in `FactorizationMachine`
    factor_l2 : inverse variance of the entries of the vectors, 0 or more; None: learned, too
    min_clicks : a value gets a vector when its rows times the click rate reach this number
    learning_rate : of Adagrad, above 0
    network_rate : of Adam, above 0
    linear_start : whether `fit` starts from the logistic regression; if not, from weights of 0
    epochs, n_models, n_buckets, crosses, batch_size, random_state : as in `FactorizationMachine`

    References
    ----------
    Wang et al. 2021, DCN V2, doi:10.1145/3442381.3450078, equation 1; Kingma and Ba 2015, Adam, arXiv:1412.6980; the
    second pass: Zhang et al. 2022, Towards understanding the overfitting phenomenon of deep click-through rate models,
    doi:10.1145/3511808.3557479.

    Examples
    --------
    >>> log = pd.DataFrame({"ad": [1, 1, 2, 2] * 500, "site": ["a", "b"] * 1000})
    >>> CrossNetwork().fit(log, [1, 0, 0, 1] * 500).predict(log)[:4].tolist()
    [1, 0, 0, 1]
    """

    _learned = ("weights", "bias", "network")
    _first_sd, _first_squares = 0.1, 0.01

    def __init__(
        self,
        factors: int = 8,
        layers: int = 2,
        hidden: Sequence[int] = (),
        l2: float | None = None,
        factor_l2: float | None = 40.0,
        min_clicks: float = 10.0,
        learning_rate: float = 0.2,
        network_rate: float = 0.003,
        linear_start: bool = True,
        epochs: int = 4,
        n_models: int = 1,
        n_buckets: int = 2**18,
        crosses: Crosses = (),
        batch_size: int = 1024,
        random_state: int | None = 0,
    ):
        settings = (factors, l2, factor_l2, min_clicks, learning_rate, epochs, n_models, n_buckets, crosses, batch_size)
        super().__init__(*settings, random_state, "all")
        self.layers = layers
        self.hidden = hidden
        self.network_rate = network_rate
        self.linear_start = linear_start

    def _prepare(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        check_positive(self, "network_rate")
        check_positive(self, "layers", whole=True, zero=True)
        check_positive(self, "factors", whole=True)
        if not isinstance(self.hidden, Sequence) or isinstance(self.hidden, str):
            raise ValueError(
                f"hidden is {self.hidden!r}; expected a tuple with the units of each layer, such as (64, 32)"
            )
        for units in self.hidden:
            arguments.positive("hidden", units, whole=True)
        super()._prepare(frame, y)

    def _use(self, frame: pd.DataFrame, pairs: list[Any] | None) -> None:
        super()._use(frame, pairs)
        slots = [i if name is None else name for i, name in enumerate(self._fields.slots)]
        columns = list(dict.fromkeys(slots))
        place = [columns.index(name) for name in slots]  # the two knots of a number have one place
        self._side_by_side = sp.csr_matrix((np.ones(len(slots), np.float32), (place, range(len(slots)))))
        width = len(columns) * self.factors
        self._shapes = [(width, width + 1)] * self.layers
        for units in self.hidden:
            self._shapes.append((units, width + 1))
            width = units
        self._shapes.append((1, width + 1))
        for model in self._models:
            parts = [self._rng.normal(0, n_in**-0.5, (n_out, n_in)) for n_out, n_in in self._shapes]
            for part in parts:
                part[:, -1] = 0
            if not self.hidden:  # products of small vectors, with small weights, would stay too small to learn
                parts[-1][0, :-1] = 1
            model["network"] = np.concatenate([part.ravel() for part in parts]).astype(np.float32)
            model["moments"], model["steps"] = np.zeros((2, len(model["network"])), np.float32), 0

    def _matrices(self, network: np.ndarray) -> list[np.ndarray]:
        """Views of all weights of the network as a matrix a layer, whose last column is b."""
        ends = np.cumsum([rows * columns for rows, columns in self._shapes])
        parts = np.split(network, ends[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, self._shapes, strict=True)]

    def _interact(self, model: dict[str, Any], vectors: np.ndarray) -> tuple[np.ndarray, Any]:
        matrices = self._matrices(model["network"])
        n_rows = vectors.shape[1]
        columns = (self._side_by_side @ vectors.reshape(len(vectors), -1)).reshape(-1, n_rows, self.factors)
        x = start = np.ascontiguousarray(columns.transpose(1, 0, 2)).reshape(n_rows, -1)
        inputs, linear = [], []
        for i, matrix in enumerate(matrices):
            inputs.append(x)
            z = x @ matrix[:, :-1].T
            z += matrix[:, -1]
            linear.append(z)
            x = start * z + x if i < self.layers else np.maximum(z, 0)
        return linear[-1][:, 0], (inputs, linear)

    def _learn_interactions(
        self, model: dict[str, Any], vectors: np.ndarray, kept: Any, error: np.ndarray
    ) -> np.ndarray:
        inputs, linear = kept
        matrices = self._matrices(model["network"])
        gradient = np.empty_like(model["network"])
        slopes = self._matrices(gradient)
        start, by_start = inputs[0], np.zeros_like(inputs[0])
        by_x = error[:, None]  # the derivative by what a layer gives, from the last to the first
        for i in reversed(range(len(matrices))):
            crosses = i < self.layers
            if crosses:
                by_start += by_x * linear[i]
                by_z = by_x * start
            else:
                by_z = by_x * (linear[i] > 0) if i < len(matrices) - 1 else by_x
            slopes[i][:, :-1] = by_z.T @ inputs[i]
            slopes[i][:, -1] = by_z.sum(axis=0)
            by_input = by_z @ matrices[i][:, :-1]
            by_x = by_input + by_x if crosses else by_input
        by_start += by_x
        self._adam(model, gradient / np.float32(len(error)))
        columns = by_start.reshape(len(error), -1, self.factors).transpose(1, 0, 2)
        flat = self._side_by_side.T @ columns.reshape(columns.shape[0], -1)
        return flat.reshape(vectors.shape)

    def _adam(self, model: dict[str, Any], gradient: np.ndarray) -> None:
        model["steps"] += 1
        mean, square = model["moments"]
        mean += np.float32(0.1) * (gradient - mean)
        square += np.float32(0.001) * (gradient**2 - square)
        rate = self.network_rate * np.sqrt(1 - 0.999 ** model["steps"]) / (1 - 0.9 ** model["steps"])
        model["network"] -= np.float32(rate) * mean / (np.sqrt(square) + np.float32(1e-8))
