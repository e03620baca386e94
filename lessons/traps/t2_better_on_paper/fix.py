"""Repair one function."""

import numpy as np

from mlpipe.course.definition import edit, wrong

hints = (
    "Take one user. Count by hand, with a plain loop over all films, and compare with each function. One disagrees.",
    "Work with less memory by all means, but every film that the user has not seen may stand above the "
    "held-out one, whoever else has liked it or not.",
    "Parts of users are fine: each user's line is complete. Parts of the columns are not. The column of the "
    "held-out film is then its own number.",
)
takeaway = (
    "All films that the user has not seen compete now, and users are still taken in parts. After the repair, the "
    "report is about 1.2 times what the page has: the rest is what phones and pages that never came take away."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    """Some films are new: nobody has seen them, and some score high. Users share held-out films."""
    n_users, n_films = ((5, 40), (30, 90), (320, 120))[number]
    scores = rng.normal(size=(n_users, n_films))
    seen = rng.random((n_users, n_films)) < 0.2
    new = rng.choice(n_films, size=n_films // 6, replace=False)
    seen[:, new] = False
    held_out = rng.integers(0, n_films, size=n_users)
    held_out[-2:] = held_out[0]
    seen[np.arange(n_users), held_out] = False
    scores[np.arange(n_users), held_out] = np.abs(scores[np.arange(n_users), held_out]) / 2
    for user in range(n_users):  # for each user some new films and some seen ones stand above, whatever was drawn
        scores[user, rng.choice(np.setdiff1d(new, held_out[user]), size=2, replace=False)] += 4
        scores[user, rng.choice(np.flatnonzero(seen[user]), size=2)] += 4
    return scores, seen, held_out


def repaired(scores, seen, held_out):
    table = np.where(seen, -np.inf, scores)
    own = table[np.arange(len(scores)), held_out]
    return (table > own[:, None]).sum(axis=1)


def another(scores, seen, held_out):
    places = []
    for user, film in enumerate(held_out):
        order = np.argsort(-np.where(seen[user], -np.inf, scores[user]))
        places.append(order.tolist().index(film))
    return np.array(places)


def stub(scores, seen, held_out): ...


def as_it_was(scores, seen, held_out):
    places = []
    for some in np.array_split(np.arange(len(scores)), len(scores) // 250 + 1):
        films, column = np.unique(held_out[some], return_inverse=True)
        table = np.where(seen[some], -np.inf, scores[some])[:, films]
        own = table[np.arange(len(some)), column]
        places.append((table > own[:, None]).sum(axis=1))
    return np.concatenate(places)


def changes_the_margin(scores, seen, held_out):
    tenth = np.partition(np.where(seen, -np.inf, scores), -10, axis=1)[:, -10]
    return scores[np.arange(len(scores)), held_out] - tenth


mistakes = [
    wrong(
        as_it_was,
        "This is what the function of the notebook returns. Take one user and count by hand with which films the "
        "held-out one is compared.",
    ),
    edit(
        "(table > own[:, None])",
        "(table > own[:, None])[:, np.unique(held_out)]",
        "larger_parts",
        "You compare with the held-out films of all users. That is nearer, but a film that nobody held out can "
        "stand in the list as well.",
    ),
    edit(
        "(table > own[:, None])",
        "(table > own[:, None])[:, seen.any(axis=0)]",
        "only_films_that_someone_has_seen",
        "You leave films out that nobody has liked yet. In this notebook they score 0, which hides it: a film with a "
        "score below 0 stands below them, and the next model may score them high.",
    ),
    edit(
        "np.where(seen, -np.inf, scores)",
        "scores",
        "seen_films_compete",
        "Films that the user has seen stand above the held-out one in your order. The page leaves them out.",
    ),
    edit(
        "table > own[:, None]",
        "table >= own[:, None]",
        "counts_the_film_itself",
        "You count the film itself among those above it: each place is too high by one, and the tenth film "
        "of a page is no hit.",
    ),
    edit(
        "table > own[:, None]",
        "(table < own[:, None]) & np.isfinite(table)",
        "counts_from_the_other_end",
        "You count the films that stand below the held-out one.",
    ),
    wrong(
        changes_the_margin,
        "This is the margin as the notebook computes it, and it was right: compare it with the lists of the page.",
    ),
]
