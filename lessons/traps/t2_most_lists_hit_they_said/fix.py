"""Repair the hit rate."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "On the page, which films could take the ten places of one user? Count them.",
    "All films that the user has not seen compete on the page. "
    "So they must in the evaluation, and nothing is left to chance.",
    "The first of the two lines that make `rivals` is enough: it holds the unseen films. "
    "The held-out film is among them, but it is not better than itself.",
)
takeaway = (
    "All unseen films compete now, and nothing is drawn. After the repair, the evaluation is about 1.0 "
    "times what the page shows: one user in fourteen, not two in three. The model is as good as it was."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_users, n_films = ((4, 130), (20, 220), (40, 400))[number]
    scores = rng.normal(size=(n_users, n_films))
    seen = rng.random((n_users, n_films)) < 0.1
    held_out = np.empty(n_users, dtype=int)
    k = int(rng.integers(8, 13))
    for user in range(n_users):  # near the border, so that each way of counting gives another number
        order = np.argsort(-np.where(seen[user], -np.inf, scores[user]))
        held_out[user] = order[int(rng.integers(0, 4 * k))]
        scores[user, seen[user]] += 1.0  # a model scores what it was trained on high
    held_out[0] = np.argsort(-np.where(seen[0], -np.inf, scores[0]))[k - 1]  # the last place that counts
    return scores, seen, held_out, k, int(rng.integers(0, 1000))


def hit_rate(scores, seen, held_out, k, seed):
    hits = []
    for user, film in enumerate(held_out):
        rivals = np.flatnonzero(~seen[user])
        better = (scores[user, rivals] > scores[user, film]).sum()
        hits.append(better < k)
    return np.mean(hits)


def another(scores, seen, held_out, k, seed):
    open_to_all = np.where(seen, -np.inf, scores)
    best = np.argsort(-open_to_all, axis=1)[:, :k]
    return (best == held_out[:, None]).any(axis=1).mean()


def stub(scores, seen, held_out, k, seed):
    rng = np.random.default_rng(seed)
    hits = []
    for user, film in enumerate(held_out):
        rivals = np.flatnonzero(~seen[user])
        rivals = rng.choice(rivals[rivals != film], size=100, replace=False)
        better = (scores[user, rivals] > scores[user, film]).sum()
        hits.append(better < k)
    return np.mean(hits)


mistakes = [
    edit(
        "scores[user, rivals]",
        "scores[user, rng.choice(rivals[rivals != film], size=100, replace=False)]",
        "still_one_hundred",
        "The held-out film still meets 100 rivals. On the page it meets all films that the user has not seen.",
        also=(("hits = []", "rng, hits = np.random.default_rng(seed), []"),),
    ),
    edit(
        "scores[user, rivals]",
        "scores[user, rng.choice(rivals[rivals != film], size=len(rivals) // 2, replace=False)]",
        "half_of_the_films",
        "A larger draw brings the number nearer to the page, but only all films give the number of the page.",
        also=(("hits = []", "rng, hits = np.random.default_rng(seed), []"),),
    ),
    edit(
        "np.flatnonzero(~seen[user])",
        "np.setdiff1d(np.argsort(-scores.mean(axis=0))[:100], np.flatnonzero(seen[user]))",
        "best_hundred_on_average",
        "You take the 100 films with the highest mean score as rivals. "
        "They are harder, but another user's favourites are still missing. All unseen films compete.",
    ),
    edit(
        "np.flatnonzero(~seen[user])",
        "np.arange(scores.shape[1])",
        "seen_films_compete",
        "Films that the user has seen take places in your list. "
        "The page leaves them out, so the number is now too low.",
    ),
    edit(
        "better < k",
        "better < k - 1",
        "one_place_too_few",
        "The film at place k is a hit, too: k - 1 films are better. You count the film among those that beat it.",
    ),
    edit(
        "better < k",
        "better == 0",
        "first_place_only",
        "All rivals compete now, but you ask for the first place. The page has k places.",
    ),
]
