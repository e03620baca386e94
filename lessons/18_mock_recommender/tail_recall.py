"""Recall in the tail."""

import numpy as np

from mlpipe.course.definition import edit

core = True
hints = (
    "Which hidden likes of one user count? And which of the shown items can still be a hit?",
    "Make a mask over the items that is false for the head. Joined with the user's row of "
    "`hidden` it says what was to be found. A user for whom nothing was to be found says nothing.",
    "`np.argsort(-counts, kind='stable')` sorts the most liked first and keeps the order of ties. In a loop over "
    "users, `wanted` is a mask; look it up at the places of the user's list, and compare the two sums. Then the mean.",
)
takeaway = "A statement about a niche needs a number from the niche; a mean over everything hides it."


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_users, n_items, k, n_head = ((5, 14, 4, 3), (30, 60, 8, 10), (120, 300, 10, 40))[number]
    while True:
        counts = rng.integers(1, 9, size=n_items)
        n_equal = n_head + (2, 20, 150)[number]  # ties at the border of the head, too many to keep their order by luck
        counts[rng.permutation(n_items)[:n_equal]] = 12
        order = np.argsort(-counts, kind="stable")
        tail = np.ones(n_items, dtype=bool)
        tail[order[:n_head]] = False
        lists = np.array([rng.permutation(n_items)[:k] for _ in range(n_users)])
        hidden = rng.random((n_users, n_items)) < 0.12
        np.put_along_axis(hidden, lists[:, :2], True, axis=1)  # some are found
        hidden[0] = ~tail & (rng.random(n_items) < 0.9)  # a user without hidden likes in the tail ...
        hidden[1, lists[1]] = False  # ... and one of whom nothing is found
        hidden[3] = np.arange(n_items) == np.flatnonzero(tail)[0]  # one like is to be found
        border = order[n_head - 1 : n_head + 2]
        hidden[2, border] = True
        lists[2, 0] = border[1] if border[1] not in lists[2, 1:] else lists[2, 0]
        if hidden[1][tail].any() and len(set(lists[2])) == k and hidden[0].any():
            break
    return lists, hidden, counts, n_head


def tail_recall(lists, hidden, counts, n_head):
    tail = np.ones(len(counts), dtype=bool)
    tail[np.argsort(-counts, kind="stable")[:n_head]] = False
    values = []
    for shown, likes in zip(lists, hidden):
        wanted = likes & tail
        if wanted.any():
            found = wanted[shown]
            values.append(found.sum() / wanted.sum())
    return np.mean(values)


def another(lists, hidden, counts, n_head):
    left = hidden.copy()
    left[:, np.lexsort((np.arange(len(counts)), -counts))[:n_head]] = False
    hits = left[np.arange(len(lists))[:, None], lists].sum(axis=1)
    wanted = left.sum(axis=1)
    return (hits[wanted > 0] / wanted[wanted > 0]).mean()


mistakes = [
    edit(
        "likes & tail",
        "likes",
        "whole_catalogue",
        "This is recall over all items. "
        "The head decides it, so it cannot show what happens in the tail: leave the head out.",
    ),
    edit(
        "found.sum() / wanted.sum()",
        "found.sum() / likes.sum()",
        "divided_by_all_likes",
        "You count the hits in the tail, but divide by all hidden likes. Both numbers must speak of the tail.",
    ),
    edit(
        "wanted[shown]",
        "likes[shown]",
        "hits_of_the_head_count",
        "You divide by the likes in the tail, but hits in the head still count. Both numbers must speak of the tail.",
    ),
    edit(
        "found.sum() / wanted.sum()",
        "found.mean()",
        "precision_not_recall",
        "You divide by the length of the list: that is precision. "
        "Recall asks how much of what was to be found was found.",
    ),
    edit(
        "found.sum() / wanted.sum()",
        "found.any()",
        "a_hit_is_enough",
        "You count users with at least one hit: that is the hit rate. Recall is the share that was found.",
    ),
    edit(
        "np.mean(values)",
        "sum(values) / len(lists)",
        "nothing_to_find_is_zero",
        "A user without hidden likes in the tail gets 0, as if the model had failed. Leave this user out of the mean.",
    ),
    edit(
        "found.sum() / wanted.sum()",
        "(found.sum(), wanted.sum())",
        "users_pooled",
        "You add up over all users before you divide, so busy users decide. Divide for each user, then take the mean.",
        also=(("np.mean(values)", "np.divide(*np.sum(values, axis=0))"),),
    ),
    edit(
        'np.argsort(-counts, kind="stable")',
        "np.argsort(counts)[::-1]",
        "ties_from_the_end",
        "Nearly: of equally liked items the wrong ones are in the head. "
        "A sort that is reversed, or not stable, loses their order: the lower number comes first.",
    ),
]
