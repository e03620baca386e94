"""Search in a few cells."""

import numpy as np

from mlpipe.course.definition import edit, wrong

hints = (
    "Two searches, one after the other: which cells, then which of their items. Both go by the inner product.",
    "Score the centres and keep the best `probes` cells. `np.isin` says which items lie in them; score these only, "
    "and return their numbers in the whole catalogue.",
    "`read = np.argsort(-(centres @ query))[:probes]`, `items = np.flatnonzero(np.isin(cells, read))`. Sort `items` by "
    "`vectors[items] @ query`, largest first, and keep `k`.",
)
takeaway = (
    "The best item may lie in a cell that is not read: that is the recall you give up. More probes bring it back, and "
    "with all cells the search is exact."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_items, n_cells, width, k, probes = ((9, 4, 2, 3, 2), (80, 8, 3, 6, 3), (600, 20, 5, 150, 2))[number]
    while True:  # until each mistake shows
        centres = (rng.normal(size=(n_cells, width)) * rng.uniform(0.3, 3.0, size=(n_cells, 1))).round(3)
        cells = rng.permutation(np.r_[np.arange(n_cells), rng.integers(0, n_cells, n_items - n_cells)])
        vectors = (centres[cells] + 0.5 * rng.normal(size=(n_items, width))).round(3)
        query = rng.normal(size=width).round(3)
        found = probe_cells(query, vectors, cells, centres, k, probes)
        others = [mistake(query, vectors, cells, centres, k, probes) for mistake in (_near, best_of_each_cell)]
        exact = np.argsort(-(vectors @ query))[:k]
        short = len(found) < k  # the cells hold fewer than k items
        if short == (number == 2) and not any(np.array_equal(found, one) for one in (*others, exact)):
            return query, vectors, cells, centres, k, probes


def _near(query, vectors, cells, centres, k, probes):
    read = np.argsort(np.square(centres - query).sum(axis=1))[:probes]
    items = np.flatnonzero(np.isin(cells, read))
    return items[np.argsort(-(vectors[items] @ query))[:k]]


def probe_cells(query, vectors, cells, centres, k, probes):
    read = np.argsort(-(centres @ query))[:probes]
    items = np.flatnonzero(np.isin(cells, read))
    score = vectors[items] @ query
    return items[np.argsort(-score)[:k]]


def another(query, vectors, cells, centres, k, probes):
    score = vectors @ query
    worth = centres @ query
    read = worth >= np.sort(worth)[-probes]
    score[~read[cells]] = -np.inf
    return np.argsort(-score)[: min(k, read[cells].sum())]


def best_of_each_cell(query, vectors, cells, centres, k, probes):
    read = np.argsort(-(centres @ query))[:probes]
    score = vectors @ query
    found = []
    for cell in read:
        items = np.flatnonzero(cells == cell)
        found += list(items[np.argsort(-score[items])[:k]])
    return np.array(found)[:k]


mistakes = [
    edit(
        "-(centres @ query)",
        "np.square(centres - query).sum(axis=1)",
        "nearest_cells",
        "You read the cells whose centres are nearest. The score is an inner product: a long vector far away can beat "
        "a short one nearby. Choose the cells by it, too.",
    ),
    edit(
        "items[np.argsort(-score)[:k]]",
        "np.argsort(-score)[:k]",
        "numbers_within_the_cells",
        "These are places among the items that were read. Return the items' numbers in the whole catalogue.",
    ),
    edit(
        "np.isin(cells, read)",
        "np.isin(cells, np.arange(len(centres)))",
        "reads_everything",
        "You read all items, and find the exact best: that is what the index saves. Read the items of `probes` cells.",
    ),
    edit(
        "read = np.argsort(-(centres @ query))[:probes]",
        "read = np.argsort(-(centres @ query))[:1]",
        "one_cell_only",
        "You read the best cell only. The best items may lie in the next ones: read `probes` cells.",
    ),
    edit(
        "-(centres @ query)",
        "centres @ query",
        "worst_cells",
        "You read the cells with the smallest inner product. `argsort` sorts from the smallest.",
    ),
    edit(
        "np.argsort(-score)[:k]",
        "np.argsort(-score)[:k][::-1]",
        "worst_first",
        "The right items, but the best one comes last. Return them best first.",
    ),
    wrong(
        best_of_each_cell,
        "You list the items of the best cell, then those of the next. An item of the second cell can be better than "
        "one of the first: sort them all together.",
    ),
]
