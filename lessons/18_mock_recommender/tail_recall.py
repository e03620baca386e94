"""Recall in the tail."""

import numpy as np

from mlpipe.course.definition import edit

core = True
hints = (
    "Which hidden likes of one user count? And which of the shown items can still be a hit?",
    (
        "Make a mask over the items that is false for the head. Joined with the user's row of `hidden` it says "
        "what was to be found. A user for whom nothing was to be found says nothing."
    ),
    (
        "`np.argsort(-counts, kind='stable')` sorts the most liked first and keeps the order of ties. In a loop "
        "over users, `wanted` is a mask; look it up at the places of the user's list, and compare the two sums. "
        "Then the mean."
    ),
)
takeaway = "A statement about a niche needs a number from the niche; a mean over everything hides it."


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_users, n_items, k, n_head = ((5, 14, 4, 3), (30, 60, 8, 10), (120, 300, 10, 40))[number]
    while True:
        counts = rng.integers(1, 9, size=n_items)
        counts[rng.permutation(n_items)[: n_head + 2]] = 12  # ties at the border of the head
        order = np.argsort(-counts, kind="stable")
        tail = np.ones(n_items, dtype=bool)
        tail[order[:n_head]] = False
        lists = np.array([rng.permutation(n_items)[:k] for _ in range(n_users)])
        hidden = rng.random((n_users, n_items)) < 0.12
        np.put_along_axis(hidden, lists[:, :2], True, axis=1)  # some are found
        hidden[0] = ~tail & (rng.random(n_items) < 0.9)  # a user without hidden likes in the tail ...
        hidden[1, lists[1]] = False  # ... and one of whom nothing is found
        border = order[n_head - 1 : n_head + 2]
        hidden[2, border] = True
        lists[2, 0] = border[1] if border[1] not in lists[2, 1:] else lists[2, 0]
        if hidden[1][tail].any() and len(set(lists[2])) == k and hidden[0].any():
            break
    return lists, hidden, counts, n_head


def tail_recall(lists, hidden, counts, n_head):
    tail = np.ones(len(counts), dtype=bool)
    tail[np.argsort(-counts, kind="stable")[:n_head]] = False
    values, parts = [], []
    for user in range(len(lists)):
        wanted = hidden[user] & tail
        if not wanted.any():
            continue
        found = wanted[lists[user]]
        values.append(found.sum() / wanted.sum())
        parts.append((found.sum(), wanted.sum()))
    return np.mean(values)


def another(lists, hidden, counts, n_head):
    left = hidden.copy()
    left[:, np.lexsort((np.arange(len(counts)), -counts))[:n_head]] = False
    hits = np.take_along_axis(left, lists, axis=1).sum(axis=1)
    wanted = left.sum(axis=1)
    return (hits[wanted > 0] / wanted[wanted > 0]).mean()


mistakes = [
    edit(
        " & tail",
        "",
        "whole_catalogue",
        (
            "This is recall over all items. The head decides it, so it cannot show what happens in the tail: leave "
            "the head out."
        ),
    ),
    edit(
        " tail\n        ",
        " ~tail\n        ",
        "head_not_tail",
        "You measure the head: the niche is what is left after the most liked items.",
    ),
    edit(
        "/ wanted.sum",
        "/ hidden[user].sum",
        "divided_by_all_likes",
        "You count the hits in the tail, but divide by all hidden likes. Both numbers must speak of the tail.",
    ),
    edit(
        "wanted[",
        "hidden[user][",
        "hits_of_the_head_count",
        "You divide by the likes in the tail, but hits in the head still count. Both numbers must speak of the tail.",
    ),
    edit(
        "sum() / wanted.sum",
        "mean",
        "precision_not_recall",
        (
            "You divide by the length of the list: that is precision. Recall asks how much of what was to be found "
            "was found."
        ),
    ),
    edit(
        "/ wanted.sum())",
        "/ min(len(found), wanted.sum()))",
        "divided_by_the_smaller",
        (
            "You divide by the list's length where it is smaller than the number of likes, as some libraries do. "
            "Here recall divides by all likes in the tail."
        ),
    ),
    edit(
        "found.sum() / wanted.sum(",
        "float(found.any()",
        "a_hit_is_enough",
        "You count users with at least one hit: that is the hit rate. Recall is the share that was found.",
    ),
    edit(
        "\n        if not wanted.any():\n            continue\n        ",
        "\n\n        ",
        "nothing_to_find_is_zero",
        (
            "A user without hidden likes in the tail gets 0, as if the model had failed. Leave this user out of "
            "the mean."
        ),
        also=(("/ wanted.sum())", "/ max(wanted.sum(), 1))"),),
    ),
    edit(
        "\n        if not wanted.any():\n            continue\n        ",
        "\n\n        ",
        "nothing_to_find_is_one",
        "A user without hidden likes in the tail gets 1, as if all had been found. Leave this user out of the mean.",
        also=(("))\n        ", ") if wanted.any() else 1.0)\n        "),),
    ),
    edit(
        "values)",
        "[value for value in values if value > 0])",
        "only_users_with_hits",
        "You leave out the users of whom nothing was found. They had something to find, so they count with 0.",
    ),
    edit(
        "np.mean(values",
        "sum(f for f, _ in parts) / sum(w for _, w in parts",
        "users_pooled",
        (
            "You add up over all users before you divide, so busy users decide. Divide for each user, then take "
            "the mean."
        ),
    ),
    edit(
        "-",
        "",
        "least_liked_left_out",
        "You sort the other way round and leave out the least liked items. The head holds the most liked ones.",
    ),
    edit(
        "-counts,",
        "-hidden.sum(axis=0),",
        "head_from_the_hidden",
        (
            "You find the head in the hidden likes: the answer decides what counts. Use `counts`, which the model "
            "could see."
        ),
    ),
    edit(
        "-",
        "",
        "ties_from_the_end",
        (
            "Nearly: of equally liked items you put those with higher numbers into the head. The lower number "
            "comes first."
        ),
        also=((")[", ")[::-1]["),),
    ),
    edit(
        "n_head]",
        " n_head + 1]",
        "head_one_too_long",
        "Your head holds one item too many: the items at places 0 to n_head - 1 are the head.",
    ),
]
