"""Replay a policy that learns"""

import math

import numpy as np

from mlpipe.course.definition import edit, wrong

hints = (
    "What does the policy know when row 7 comes? Only what it has been shown itself.",
    "Go row by row. First let it choose by its own counts; if the log happened to show just that, the row is its own: "
    "count it, and let it learn. If not, the row never happened.",
    "Two arrays, `clicks` and `looks`. `np.argmax((clicks + 1) / (looks + 2))` is the item that it wants: of equal "
    "ones the first. If it equals `shown[row]`, add to both.",
)
takeaway = (
    "By lot, each row agrees with chance one over the number of items: of 10,000 rows and 80 items, 125 are left. It is "
    "exact, and it is dear."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n, n_items = ((12, 3), (150, 4), (900, 6))[number]
    rate = rng.permutation(np.linspace(0.15, 0.75, n_items))
    while True:
        shown = rng.integers(0, n_items, n)
        clicked = (rng.random(n) < rate[shown]).astype(int)
        if not _with_prior(2)(shown, clicked, n_items)[1]:
            continue
        own = replay_learner(shown, clicked, n_items)
        others = [learns_from_all_rows, looks_before_it_chooses, the_last_of_equals, the_best_of_the_log]
        others += [_with_prior(looks) for looks in (3, 4)]
        apart = all(abs(other(shown, clicked, n_items)[0] - own[0]) > 0.01 for other in others)
        if own[1] > 2 and apart and 0 < own[0] < 1:
            return shown, clicked, n_items


def replay_learner(shown, clicked, n_items):
    clicks, looks = np.zeros(n_items), np.zeros(n_items)
    for item, click in zip(shown, clicked):
        if item == np.argmax((clicks + 1) / (looks + 2)):
            clicks[item] += click
            looks[item] += 1
    return clicks.sum() / looks.sum(), looks.sum()


def another(shown, clicked, n_items):
    own = {item: [] for item in range(n_items)}
    for row in range(len(shown)):
        score = [(sum(own[item]) + 1) / (len(own[item]) + 2) for item in range(n_items)]
        if score.index(max(score)) == shown[row]:
            own[shown[row]].append(clicked[row])
    rows = [click for item in own for click in own[item]]
    return math.fsum(rows) / len(rows), len(rows)


def _with_prior(more):
    def replay(shown, clicked, n_items):
        clicks, looks = np.zeros(n_items), np.zeros(n_items)
        for item, click in zip(shown, clicked):
            if item == np.argmax((clicks + 1) / (looks + more)):
                clicks[item] += click
                looks[item] += 1
        return clicks.sum() / max(looks.sum(), 1), looks.sum()

    return replay


def learns_from_all_rows(shown, clicked, n_items):
    clicks, looks, own, kept = np.zeros(n_items), np.zeros(n_items), 0, 0
    for item, click in zip(shown, clicked):
        if item == np.argmax((clicks + 1) / (looks + 2)):
            own, kept = own + click, kept + 1
        clicks[item] += click
        looks[item] += 1
    return own / max(kept, 1), kept


def looks_before_it_chooses(shown, clicked, n_items):
    clicks, looks = np.zeros(n_items), np.zeros(n_items)
    for item, click in zip(shown, clicked):
        clicks[item] += click
        looks[item] += 1
        if item != np.argmax((clicks + 1) / (looks + 2)):
            clicks[item] -= click
            looks[item] -= 1
    return clicks.sum() / max(looks.sum(), 1), looks.sum()


def the_last_of_equals(shown, clicked, n_items):
    clicks, looks = np.zeros(n_items), np.zeros(n_items)
    for item, click in zip(shown, clicked):
        score = (clicks + 1) / (looks + 2)
        if item == np.flatnonzero(score == score.max())[-1]:
            clicks[item] += click
            looks[item] += 1
    return clicks.sum() / max(looks.sum(), 1), looks.sum()


def the_best_of_the_log(shown, clicked, n_items):
    looks = np.bincount(shown, minlength=n_items)
    best = np.argmax((np.bincount(shown, clicked, n_items) + 1) / (looks + 2))
    return clicked[shown == best].mean(), looks[best]


mistakes = [
    edit(
        "clicks.sum() / looks.sum()",
        "clicks.sum() / len(shown)",
        "divides_by_all_rows",
        "You divide by all rows of the log. The others never happened for this policy: divide by the rows that agree.",
    ),
    edit(
        ", looks.sum()\n",
        ", len(shown)\n",
        "counts_all_rows",
        "The second number is how many rows the policy had for itself, not how many the log has.",
    ),
    wrong(
        learns_from_all_rows,
        "Your policy learns from every row, also from items that it would not have shown. Online it would never see "
        "those clicks.",
    ),
    wrong(
        looks_before_it_chooses,
        "Your policy counts the row before it chooses: it knows the click already. Choose first, then learn.",
    ),
    wrong(
        the_last_of_equals,
        "Of items that are equal, the first one is wanted; you take the last.",
    ),
    wrong(
        the_best_of_the_log,
        "You look for the best item of the whole log, and judge it by the same rows. The policy starts with nothing, "
        "and learns row by row.",
    ),
]
