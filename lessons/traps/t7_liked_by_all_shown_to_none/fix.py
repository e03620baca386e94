"""Repair the faulty function."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit

hints = (
    "Call each of the four functions and look at the most liked film and at one with a single like. Which number does "
    "not say what the first line of its function says?",
    "A chance is at most 1. Which sign has its logarithm, and for which film should it be nearer to 0?",
    "Keep each `like_id` once. Count the lines of each film, 1 where there is none, and divide by the number of all "
    "lines that are kept. Take the logarithm of that.",
)
takeaway = (
    "After the repair the lists have about 1.6 times the hits of the most liked films. A sign in a correction moves no "
    "test of shapes and no loss curve that anybody would wonder at: the loss falls with both."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    """Some films have no line, the last one among them, some lines come twice, and more often those of one film."""
    n_films, n = ((5, 9), (30, 200), (90, 2000))[number]
    films = rng.permutation(n_films - 1)[: n_films - 1 - n_films // 6]
    weight = rng.exponential(1, len(films))
    film = np.concatenate([films, rng.choice(films, n - len(films), p=weight / weight.sum())])
    log = pd.DataFrame({"like_id": rng.permutation(10 * n)[:n], "user": rng.integers(0, n, n), "film": film})
    log["phone"] = rng.random(n) < 0.5
    again = log[(log["film"] == films[0]) | (rng.random(n) < 0.2)]
    return pd.concat([log, again]).sample(frac=1, random_state=int(rng.integers(999))), n_films


def repaired(log, n_films):
    once = log.drop_duplicates("like_id")
    number = np.bincount(once["film"], minlength=n_films).clip(1)
    return np.log(number / len(once))


def another(log, n_films):
    film = dict(zip(log["like_id"], log["film"]))
    count = [0] * n_films
    for one in film.values():
        count[one] += 1
    return [float(np.log(max(number, 1)) - np.log(len(film))) for number in count]


def stub(log, n_films): ...


mistakes = [
    edit(
        "number / len(once)",
        "len(once) / number",
        "as_it_was",
        "This is what the function of the notebook returns. A chance is at most 1: which sign has its logarithm?",
    ),
    edit(
        "np.log(number / len(once))",
        "np.zeros(n_films)",
        "no_correction_at_all",
        "You return zeros: the films are held down once instead of twice, and the list of the most liked films is "
        "still better.",
    ),
    edit(
        "np.log(number / len(once))",
        "number / len(once)",
        "chance_without_logarithm",
        "You return the chance. In a softmax a weight becomes its logarithm; the chance itself hardly moves a score.",
    ),
    edit(
        "np.log(number / len(once))",
        "np.log(number / len(once)) / 2",
        "half_of_it",
        "You return half of the logarithm: half of the effect of the draws is left.",
    ),
    edit(
        "np.log(number / len(once))",
        "np.log1p(-number / len(once))",
        "chance_of_not_being_drawn",
        "You return the logarithm of the chance that the draw is another film. It is nearly 0 for all.",
    ),
    edit(
        "number / len(once)",
        "number",
        "count_instead_of_chance",
        "You return the logarithm of the count. In the softmax a constant cancels, so the lists would be right, but the "
        "first line says a chance: the next reader of these numbers would be wrong.",
    ),
    edit(
        'log.drop_duplicates("like_id")',
        "log",
        "counts_lines_that_come_twice",
        "The sign is right now, but lines that are in the log twice count twice, and training draws each like once.",
    ),
    edit(
        ".clip(1)",
        "",
        "minus_infinity",
        "The sign is right now, but a film without a like gets minus infinity. The first line says what it counts as.",
    ),
]
