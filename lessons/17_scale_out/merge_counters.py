"""Merge the counters of shards."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit, wrong

core = True
hints = (
    "Which numbers can be added up over shards, and which cannot? And what does a task that was tried twice send?",
    "Keep one row for each shard and key. Then add impressions and clicks by key, and smooth last, once.",
    "`np.unique(np.column_stack([shards, keys]), axis=0, return_index=True)` gives the rows to keep; "
    "`np.unique(..., return_inverse=True)` with `np.bincount(..., weights=...)` adds up by key.",
)
takeaway = (
    "Counts merge in any order and any grouping; rates do not. So workers send counts, under the name of their shard, "
    "and whoever serves divides. The name makes a second delivery harmless."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_shards, n_keys = ((3, 3), (5, 12), (20, 200))[number]
    shards, keys = map(np.ravel, np.meshgrid(np.arange(n_shards), 10 + rng.permutation(n_keys), indexing="ij"))
    kept = rng.random(len(keys)) < 0.7  # no shard has all keys
    kept[:2] = kept[n_keys : n_keys + 2] = True
    shards, keys = shards[kept], keys[kept]
    shown = rng.integers(1, 60, len(keys)) * rng.choice([1, 10], len(keys))
    clicks = rng.binomial(shown, rng.uniform(0.05, 0.4, len(keys)))
    clicks[0] += clicks[0] == 0
    shown[0] = max(shown[0], clicks[0] + 1)
    again = np.append(np.flatnonzero(shards == 0), rng.integers(len(keys), size=n_shards))  # tried twice
    rows = rng.permutation(np.concatenate([np.arange(len(keys)), again]))
    return shards[rows], keys[rows], shown[rows], clicks[rows], (0.1, 0.05, 0.03)[number], (10.0, 20.0, 50.0)[number]


def merge_counters(shards, keys, shown, clicks, prior_rate, prior_strength):
    _, once = np.unique(np.column_stack([shards, keys]), axis=0, return_index=True)
    found, place = np.unique(keys[once], return_inverse=True)
    n = np.bincount(place, weights=shown[once])
    c = np.bincount(place, weights=clicks[once])
    return found, (c + prior_strength * prior_rate) / (n + prior_strength)


def another(shards, keys, shown, clicks, prior_rate, prior_strength):
    rows = pd.DataFrame({"shard": shards, "key": keys, "shown": shown, "clicks": clicks})
    sums = rows.drop_duplicates(["shard", "key"]).groupby("key").sum()
    return sums.index, (sums["clicks"] + prior_rate * prior_strength) / (sums["shown"] + prior_strength)


def mean_of_rates(shards, keys, shown, clicks, prior_rate, prior_strength):
    _, once = np.unique(np.column_stack([shards, keys]), axis=0, return_index=True)
    found, place = np.unique(keys[once], return_inverse=True)
    return found, np.bincount(place, weights=clicks[once] / shown[once]) / np.bincount(place)


def smoothed_before_merging(shards, keys, shown, clicks, prior_rate, prior_strength):
    _, once = np.unique(np.column_stack([shards, keys]), axis=0, return_index=True)
    found, place = np.unique(keys[once], return_inverse=True)
    rates = (clicks[once] + prior_strength * prior_rate) / (shown[once] + prior_strength)
    return found, np.bincount(place, weights=rates) / np.bincount(place)


def prior_of_each_shard(shards, keys, shown, clicks, prior_rate, prior_strength):
    _, once = np.unique(np.column_stack([shards, keys]), axis=0, return_index=True)
    found, place = np.unique(keys[once], return_inverse=True)
    n = np.bincount(place, weights=shown[once] + prior_strength)
    c = np.bincount(place, weights=clicks[once] + prior_strength * prior_rate)
    return found, c / n


def clicks_of_retries(shards, keys, shown, clicks, prior_rate, prior_strength):
    _, once = np.unique(np.column_stack([shards, keys]), axis=0, return_index=True)
    found, place = np.unique(keys[once], return_inverse=True)
    n = np.bincount(place, weights=shown[once])
    c = np.bincount(np.searchsorted(found, keys), weights=clicks)
    return found, (c + prior_strength * prior_rate) / (n + prior_strength)


equivalent = {
    "_, once = np.unique(np.column_stack([keys, shards]), axis=0, return_index=True)": "the same pairs, in another order",
    "sums = rows.drop_duplicates(['key', 'shard']).groupby('key').sum()": "the same pairs",
}
mistakes = [
    wrong(
        mean_of_rates,
        "This is the mean of the shards' rates: a shard with one impression weighs as much as one with a thousand. Add "
        "impressions and clicks, then divide.",
    ),
    wrong(
        smoothed_before_merging,
        "You smooth in each shard and take the mean. Each shard then pulls its rate to the prior by itself. Add up first, "
        "smooth once.",
    ),
    wrong(
        prior_of_each_shard,
        "You add the prior once for each shard: with twenty shards it weighs twenty times as much. It belongs to the sum.",
    ),
    wrong(
        clicks_of_retries,
        "You count the clicks of a repeated row twice, its impressions once. Both belong to the row: drop the row.",
    ),
    edit(
        "np.unique(np.column_stack([shards, keys]), axis=0, return_index=True)",
        "(None, np.arange(len(keys)))",
        "retries_counted",
        "A task that was tried twice sends its rows twice; you count them twice. The same shard and key is one row.",
    ),
    edit(
        "np.unique(np.column_stack([shards, keys]), axis=0, return_index=True)",
        "np.unique(keys, return_index=True)",
        "one_shard_a_key",
        "You keep one row for each key: what the other shards know of it is lost. A repetition has the same shard, too.",
    ),
    edit(
        "np.unique(np.column_stack([shards, keys]), axis=0, return_index=True)",
        "np.unique(np.column_stack([keys, shown, clicks]), axis=0, return_index=True)",
        "equal_counts_are_no_repetition",
        "You drop rows of equal key and counts. Two shards may count the same by chance: a repetition is told by its shard.",
    ),
]
