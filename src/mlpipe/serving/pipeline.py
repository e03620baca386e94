"""The stages of a request, each of them on one version: retrieve, rank, re-rank, and the list that explores."""

from __future__ import annotations

import os
import re

import numpy as np
import scipy.sparse as sp

from mlpipe import arguments
from mlpipe.recommenders.als import solve_side
from mlpipe.recommenders.base import top_k
from mlpipe.retrieval import InvertedFile, mmr
from mlpipe.serving import store
from mlpipe.serving.artifact import ArtifactError, read

PROBES = 24  # cells of the index that are read, where it has as many
POOL = 100  # the first of the ranked candidates, which the re-ranker may move
DIVERSITY = 0.2  # weight of likeness in the re-ranker
INDEX = "index_"  # how the names of its arrays begin


class Version:
    """One version, ready to answer: a request takes one and keeps it, whatever is published meanwhile.

    Items are positions, rows of the version's arrays; `item_ids` says which items they are.

    Parameters
    ----------
    folder : of the versions
    name : of the version; None: the current one

    Attributes
    ----------
    name : of the version
    published_at : seconds since 1970
    histories : name of the store's file that was published with it
    item_ids : (n_items,) int64, ascending
    index : None where the version was published without one

    Raises
    ------
    ArtifactError
        When the version is not whole.
    """

    def __init__(self, folder: str | os.PathLike[str], name: str | None = None) -> None:
        found = read(folder, name)
        self.name, self.published_at = found.version, found.published_at
        self._arrays, self._settings = found.arrays, found.settings
        try:
            self.item_ids = found.arrays["item_ids"]
            self.histories = str(self._settings["histories"])
            self._check()
            held = {key.removeprefix(INDEX): values for key, values in found.arrays.items() if key.startswith(INDEX)}
            if held:  # the vectors of the index are the factors, in its order: those of another fit cannot come in
                held["vectors"] = found.arrays["item_factors"][held["items"]].astype(np.float64)
            self.index = InvertedFile.from_arrays(held) if held else None
            self._try()
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise ArtifactError(
                f"version {self.name} is whole, but not of this service ({error}): build it again"
            ) from error

    def _check(self) -> None:
        n_items = len(self.item_ids)
        if not n_items or (np.diff(self.item_ids) <= 0).any():
            raise ValueError(f"item_ids of {n_items:,} items; expected one or more, ascending")
        for name in ("item_factors", "genres", "ranker_columns", "ranker_weights", "popular"):
            if len(self._arrays[name]) != n_items or not np.isfinite(self._arrays[name]).all():
                raise ValueError(f"{name} has {len(self._arrays[name]):,} rows; expected {n_items:,}, all finite")
        if not np.array_equal(np.sort(self._arrays["popular"]), np.arange(n_items)):
            raise ValueError(f"popular has an item twice, or one that is none; expected 0 to {n_items - 1}, each once")
        columns = self._arrays["ranker_columns"]
        if columns.min() < 0 or columns.max() >= n_items:
            raise ValueError(f"ranker_columns holds no item; expected 0 to {n_items - 1}")
        if not re.fullmatch(store.NAME, self.histories):  # also no path out of the folder
            raise ValueError(f"histories is {self.histories[:40]!r}; expected a name that store.write() gives")
        if self._settings["factors"] != self._arrays["item_factors"].shape[1]:
            raise ValueError(f"factors is {self._settings['factors']}; expected the width of item_factors")

    def _try(self) -> None:
        """One request, before there are any: what does not fit shows here, and the first user does not pay for it."""
        history = self.popular(np.array([], dtype=np.int64), 1)
        if len(candidates := self.retrieve(history, POOL)):
            self.rerank(*self.rank(history, candidates), 1)

    def places(self, items: np.ndarray) -> np.ndarray:
        """Positions of those of some items that this version has.

        Parameters
        ----------
        items : (n,) ids

        Returns
        -------
        (m,) ascending, m <= n
        """
        return np.flatnonzero(np.isin(self.item_ids, items))

    def popular(self, history: np.ndarray, n: int) -> np.ndarray:
        """The most liked items that are not in the history.

        Parameters
        ----------
        history : (h,) positions
        n : of them, at most

        Returns
        -------
        (n,) positions, best first
        """
        order = self._arrays["popular"]
        return order[~np.isin(order, history)][:n]

    def retrieve(self, history: np.ndarray, n: int) -> np.ndarray:
        """The items that fit best to the user's factors, which are solved from the history; without the history.

        Parameters
        ----------
        history : (h,) positions, ascending
        n : of them, at most

        Returns
        -------
        (n,) positions, best first

        Raises
        ------
        ValueError
            When the settings do not fit the factors.
        """
        n_items = len(self.item_ids)
        ones = np.ones(len(history), np.float32)
        row = sp.csr_matrix((ones, history, [0, len(history)]), shape=(1, n_items))
        settings = {key: self._settings[key] for key in ("regularization", "unobserved_weight", "frequency_exponent")}
        user = solve_side(row, self._arrays["item_factors"], **settings)
        k = min(n + len(history), n_items)
        if self.index is None:
            found = top_k(user @ self._arrays["item_factors"].T, k)[0][0]
        else:
            found = self.index.search(user, k, min(PROBES, len(self.index.centres)))[0][0]
        return found[(found >= 0) & ~np.isin(found, history)][:n]

    def rank(self, history: np.ndarray, candidates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The candidates in the order of the second model: EASE, with the largest weights of each item.

        Parameters
        ----------
        history : (h,) positions
        candidates : (n,) positions

        Returns
        -------
        ranked : (n,) positions, best first
        scores : (n,) float32, which fall
        """
        columns, weights = (self._arrays[name][history].ravel() for name in ("ranker_columns", "ranker_weights"))
        scores = np.bincount(columns, weights, len(self.item_ids))[candidates].astype(np.float32)
        order = np.lexsort((candidates, -scores))
        return candidates[order], scores[order]

    def rerank(self, ranked: np.ndarray, scores: np.ndarray, k: int) -> np.ndarray:
        """Ranked items, with k of the first `POOL` in front that are less alike, and the others behind in their order.

        Parameters
        ----------
        ranked, scores : (n,) as of `rank`
        k : places

        Returns
        -------
        (n,) positions

        Raises
        ------
        ValueError
            When the genres do not fit the items.
        """
        pool = ranked[:POOL]
        chosen = mmr(np.arange(len(pool))[None], scores[None, :POOL], self._arrays["genres"][pool], DIVERSITY, k)[0][0]
        first = pool[chosen[chosen >= 0]]
        return np.concatenate([first, ranked[~np.isin(ranked, first)]])


def explore(order: np.ndarray, k: int, rate: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A list that at each place shows, with probability `rate`, one of the items that are left instead of the next one.

    Parameters
    ----------
    order : (n,) items, best first, each once
    k : places
    rate : 0 to 1
    rng : what decides

    Returns
    -------
    items : (min(k, n),)
    propensities : (min(k, n),)
        The probability of this item at this place, given the items above it; their product is that of the list.

    Raises
    ------
    ValueError
        For a rate out of its range.

    Examples
    --------
    >>> explore(np.array([4, 9, 2]), k=2, rate=0.0, rng=np.random.default_rng(0))
    (array([4, 9]), array([1., 1.]))
    """
    arguments.fraction("rate", rate, ends="[]", example="0.02")
    left, shown, propensities = list(order), [], []
    for _ in range(min(k, len(order))):
        chosen = int(rng.integers(len(left))) if rng.random() < rate else 0
        propensities.append((1 - rate) * (chosen == 0) + rate / len(left))
        shown.append(left.pop(chosen))
    return np.array(shown, dtype=np.int64), np.array(propensities)
