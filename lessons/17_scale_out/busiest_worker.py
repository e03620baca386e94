"""The busiest worker."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "A stage ends when its last worker does. Which keys make one worker late, whatever the hash?",
    "A key is hot if it has more rows than a fair share. The others stay with their worker; each worker gets an equal part "
    "of the hot ones.",
    "`np.bincount(worker[~hot], weights=rows[~hot])` is what stays; add the hot rows over "
    "`n_workers`, and divide the largest load by the fair one.",
)
takeaway = (
    "More workers do not help a hot key: its share of the rows bounds the speed-up. Cutting it needs a result that "
    "merges, such as counts, and one more small step that merges them."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_keys, n_workers = ((6, 3), (40, 8), (300, 20))[number]
    rows = rng.integers(2, 9, n_keys)
    rows[:2] = rows[2:].sum() + rng.integers(4, 7, 2)  # two hot keys
    if number:  # the fourth has less than a fair share, and more than the mean key; the third just a fair share
        rows[3] = 2 * rows[0] // n_workers
        others = rows.sum() - rows[2]
        rows[1] += -others % (n_workers - 1)
        rows[2] = (rows.sum() - rows[2]) // (n_workers - 1)
    else:  # neither a fair share nor a part of the hot rows is a whole number
        while not rows.sum() % n_workers or not rows[:2].sum() % n_workers:
            rows[0] += 1
    worker = rng.integers(n_workers - 1, size=n_keys)  # the last one has no key
    order = rng.permutation(n_keys)
    return rows[order], worker[order], n_workers


def busiest_worker(rows, worker, n_workers):
    fair = rows.sum() / n_workers
    hot = rows > fair
    load = np.bincount(worker[~hot], weights=rows[~hot])
    return (load.max() + rows[hot].sum() / n_workers) / fair


def another(rows, worker, n_workers):
    fair = rows.sum() / n_workers
    cold = np.where(rows > fair, 0, rows)
    load = [cold[worker == one].sum() for one in range(n_workers)]
    return (max(load) + (rows.sum() - cold.sum()) / n_workers) / fair


mistakes = [
    edit(
        "rows > fair",
        "rows > np.inf",
        "hot_keys_not_cut",
        "You leave each key whole. The worker of the hot one has it all; cut what is more than a fair share.",
    ),
    edit(
        "rows > fair",
        "rows > rows.mean()",
        "hot_for_a_key",
        "You call a key hot if it has more rows than the mean *key*. Cutting costs a merge: cut only what is more than a "
        "worker's fair share.",
    ),
    edit(
        "rows > fair",
        "rows >= fair",
        "a_fair_share_is_not_hot",
        "You also cut a key of just a fair share. It makes nobody late: only keys with *more* than that are hot.",
    ),
    edit(
        " + rows[hot].sum() / n_workers",
        "",
        "hot_rows_lost",
        "The hot rows are gone. They do not vanish when they are cut: each worker has its part of them.",
    ),
    edit(
        "rows.sum() / n_workers",
        "rows.sum() / len(np.unique(worker))",
        "idle_workers_not_counted",
        "Your fair share counts only workers that have a key. The others are paid for, too, and stand idle.",
    ),
    edit(
        "load.max()",
        "load.mean()",
        "mean_load",
        "You take the mean load. The stage ends with its last worker.",
    ),
    edit(
        "rows[hot].sum() / n_workers",
        "rows[hot].max() / n_workers",
        "only_the_hottest",
        "You cut only the hottest key. Every key above a fair share is late: spread all of them.",
    ),
]
