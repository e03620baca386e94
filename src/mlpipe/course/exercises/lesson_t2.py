"""Exercises of trap 2: name the fault, then repair the hit rate."""

import numpy as np

from mlpipe.course.exercise import Definition, Mistake
from mlpipe.course.exercises._traps import name_the_fault

FAULT = name_the_fault(
    "t2",
    "sampled_metrics",
    hints=(
        "The model that is evaluated and the model behind the page are the same. So look at what the two numbers count.",
        "On the page, a film must be among the best ten of all films that the user has not seen: several thousand. How many "
        "rivals does it have in `hit_rate`?",
        "In the table: how many rivals of the held-out film score higher, for a typical user, and what are the chances that "
        "fewer than ten of them are among those that `rng.choice` picks? Which name describes a metric with a small draw?",
    ),
    messages={
        "delayed_labels": "Then likes that come later would be missing, and the evaluation would be too *low*. Here it is nine "
        "times too high, with one and the same held-out film a user.",
        "leaky_counter": "A feature that has seen the future makes the model itself look good, on the page of that day as well. "
        "Here the scores are equal, and only the way of counting hits differs. The model has no counters.",
        "mixed_model_versions": "Then the scores would be without meaning, and both numbers would be near chance. The page hits "
        "far more often than chance: ten in some thousands.",
        "sample_ratio_mismatch": "That is a fault of an experiment with two arms, seen in the number of users of each arm. Here "
        "the same users count in both numbers.",
        "stale_model": "The page of an old model gets worse from week to week. Both numbers here come from the same model and "
        "the same moment.",
        "train_serve_mismatch": "Then the page and the evaluation would score a film differently. They share the table `scores`; "
        "compare them for one user and you find no difference.",
        "uncorrected_downsampling": "That fault makes probabilities too high, and leaves the order as it is. A hit depends on the "
        "order alone, and this model gives no probabilities.",
    },
    takeaway="The held-out film has 100 rivals in the evaluation and thousands on the page. Of a film at place 300, almost "
    "all the better ones are missing in such a draw. The number is not just larger: it can also order models differently.",
)


def draw_scores(rng: np.random.Generator, number: int) -> tuple:
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


HIT_RATE = """
import numpy as np


def hit_rate(scores, seen, held_out, k, seed):
    rng = np.random.default_rng(seed)
    hits = []
    for user, film in enumerate(held_out):
{rivals}
        better = (scores[user, rivals] > scores[user, film]).sum()
        hits.append({hit})
    return np.mean(hits)
"""
DRAWN = """
        rivals = np.flatnonzero(~seen[user])
        rivals = rng.choice(rivals[rivals != film], size={size}, replace=False)
"""


def rate(rivals: str, hit: str = "better < k") -> str:
    return HIT_RATE.format(rivals=rivals.strip("\n"), hit=hit)


UNSEEN = "        rivals = np.flatnonzero(~seen[user])"

FIX = Definition(
    id="t2.fix",
    title="Repair the hit rate",
    stub=rate(DRAWN.format(size=100)),
    hints=(
        "On the page, which films could take the ten places of one user? Count them.",
        "All films that the user has not seen compete on the page. So they must in the evaluation, and nothing is left to chance.",
        "The first of the two lines that make `rivals` is enough: it holds the unseen films. The held-out film is among them, "
        "but it is not better than itself.",
    ),
    solution="""
import numpy as np


def hit_rate(scores, seen, held_out, k, seed):
    hits = []
    for user, film in enumerate(held_out):
        unseen = scores[user, ~seen[user]]
        hits.append((unseen > scores[user, film]).sum() < k)
    return np.mean(hits)
""",
    another="""
import numpy as np


def hit_rate(scores, seen, held_out, k, seed):
    open_to_all = np.where(seen, -np.inf, scores)
    best = np.argsort(-open_to_all, axis=1)[:, :k]
    return (best == held_out[:, None]).any(axis=1).mean()
""",
    mistakes=(
        Mistake(
            "still_one_hundred",
            "The held-out film still meets 100 rivals. On the page it meets all films that the user has not seen.",
            rate(
                "        unseen = np.setdiff1d(np.flatnonzero(~seen[user]), film)\n        rivals = rng.choice(unseen, 100, False)"
            ),
        ),
        Mistake(
            "half_of_the_films",
            "A larger draw brings the number nearer to the page, but only all films give the number of the page.",
            rate(DRAWN.format(size="len(rivals) // 2")),
        ),
        Mistake(
            "best_hundred_on_average",
            "You take the 100 films with the highest mean score as rivals. They are harder, but another user's favourites are "
            "still missing. All unseen films compete.",
            rate(
                "        rivals = np.argsort(-scores.mean(axis=0))[:100]\n        rivals = rivals[~seen[user, rivals]]"
            ),
        ),
        Mistake(
            "seen_films_compete",
            "Films that the user has seen take places in your list. The page leaves them out, so the number is now too low.",
            rate("        rivals = np.arange(scores.shape[1])"),
        ),
        Mistake(
            "one_place_too_few",
            "The film at place k is a hit, too: k - 1 films are better. You count the film among those that beat it.",
            rate(UNSEEN, "better + 1 < k"),
        ),
        Mistake(
            "first_place_only",
            "All rivals compete now, but you ask for the first place. The page has k places.",
            rate(UNSEEN, "better == 0"),
        ),
    ),
    draw=draw_scores,
    takeaway="All unseen films compete now, and nothing is drawn. After the repair, the evaluation is about 1.0 times what the "
    "page shows: one user in fourteen, not two in three. The model is as good as it was.",
)

EXERCISES = (FAULT, FIX)
