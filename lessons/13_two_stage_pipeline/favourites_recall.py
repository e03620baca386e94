"""Recall of the ranker's favourites."""

import numpy as np

from mlpipe.course.definition import edit, wrong

hints = (
    "For one user: how many of the favourites are there, and how many of them did the retriever find?",
    "Go user by user. -1 is no item, in both tables: it must count neither as a favourite nor as found.",
    "Keep the entries that are 0 or more of a user's row; `np.isin(favourites, candidates).mean()` is the share. "
    "Without favourites it is `nan`.",
)
takeaway = (
    "This is what the candidates cost the ranker that you have. Recall of what users like is the ceiling of any ranker."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_users, n_items, k, n = ((4, 12, 3, 5), (9, 60, 5, 20), (40, 300, 10, 90))[number]
    favourites = np.array([rng.permutation(n_items)[:k] for _ in range(n_users)])
    favourites[2] = np.r_[1, 0, 2 + rng.permutation(n_items - 2)[: k - 2]]
    candidates = np.array([_others_behind(rng, row[1::-1], n_items)[:n] for row in favourites])  # two are found
    favourites[0, -1] = candidates[0, -1] = -1  # one less
    favourites[1] = -1  # none
    favourites[3], candidates[3] = np.r_[0, np.full(k - 1, -1)], 1 + np.arange(n)  # one only, and not found
    candidates[2, 2:] = -1
    order = rng.permutation(n_users)
    return favourites[order], candidates[order]


def _others_behind(rng, first, n_items):
    return np.r_[first, rng.permutation(np.setdiff1d(np.arange(n_items), first))]


def favourites_recall(favourites, candidates):
    recall = np.full(len(favourites), np.nan)
    for user, row in enumerate(favourites):
        wanted = row[row >= 0]
        if wanted.size:
            recall[user] = np.isin(wanted, candidates[user]).mean()
    return recall


def another(favourites, candidates):
    recall = []
    for user in range(len(favourites)):
        wanted = set(favourites[user]) - {-1}
        found = wanted.intersection(candidates[user])
        recall.append(len(found) / len(wanted) if wanted else float("nan"))
    return recall


def over_the_candidates(favourites, candidates):
    share = [np.isin(c[c >= 0], f[f >= 0]).mean() for f, c in zip(favourites, candidates, strict=True)]
    return np.where((favourites >= 0).any(axis=1), share, np.nan)


def same_place_only(favourites, candidates):
    is_item = favourites >= 0
    hits = ((favourites == candidates[:, : favourites.shape[1]]) & is_item).sum(axis=1)
    return np.where(is_item.any(axis=1), hits / np.maximum(is_item.sum(axis=1), 1), np.nan)


equivalent = {"if True:": "the mean of nothing is nan, with a warning"}
mistakes = [
    edit(
        "row[row >= 0]",
        "row[row >= -1]",
        "counts_missing_items",
        "-1 is no item. You count it as a favourite, and as found where the candidates have a -1, too.",
    ),
    edit(
        "np.isin(wanted, candidates[user]).mean()",
        "np.isin(wanted, candidates[user]).sum() / favourites.shape[1]",
        "over_all_places",
        "You divide by the number of places. A user with fewer favourites cannot reach 1 then: divide by how many "
        "there are.",
    ),
    edit(
        "np.full(len(favourites), np.nan)",
        "np.zeros(len(favourites))",
        "none_counts_as_zero",
        "A user without favourites gets 0, as if all had been missed. There is nothing to find: `nan`.",
    ),
    edit(
        "np.isin(wanted, candidates[user]).mean()",
        "np.isin(wanted, candidates[user][: len(wanted)]).mean()",
        "looks_at_the_first_candidates",
        "You look at as many candidates as there are favourites. The ranker sorts all of them: where a candidate "
        "stands in the retriever's list does not matter.",
    ),
    edit(
        "np.isin(wanted, candidates[user]).mean()",
        "float(np.isin(wanted, candidates[user]).any())",
        "any_instead_of_share",
        "You say whether one of the favourites was found. Asked is the share of them.",
    ),
    wrong(
        over_the_candidates,
        "You divide by the candidates: that is their precision. Divide by the favourites.",
    ),
    wrong(
        same_place_only,
        "You compare place by place. A favourite counts wherever it stands among the candidates.",
    ),
]
