"""The stability index."""

import numpy as np

from mlpipe.course.definition import edit, wrong

core = True
hints = (
    "Which of the two samples decides where the bins end? And what happens to the logarithm of a bin that one of them "
    "leaves empty?",
    "Inner edges at the quantiles of `reference`. Count both samples in these bins, smooth the counts, divide by their "
    "sum, and add up the difference of the shares times the logarithm of their ratio.",
    "`edges = np.quantile(reference, np.arange(1, n_bins) / n_bins)`, bins by `np.searchsorted(edges, x)`, counts by "
    "`np.bincount(..., minlength=n_bins) + 0.5`. Each count over its sum gives shares r and c.",
)
takeaway = (
    "The reference fixes the bins, so that days can be compared with each other. Two samples of n rows of one law have "
    "about 2 (bins - 1) / n: no index means anything without its n."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_values, copies, n_current, n_bins = ((4, 3, 8, 3), (20, 4, 50, 5), (200, 3, 700, 12))[number]
    values = np.cumsum(rng.integers(1, 4, n_values)) / 100 + 0.005  # as prices: each several times
    reference = np.repeat(values, copies)
    cap = np.quantile(reference, 1 - 1 / n_bins, method="lower")
    # No values between two neighbours of the reference: interpolated quantiles and lower ones cut alike.
    current = rng.choice(values[values <= cap], n_current)  # the last bin is empty today
    if number == 1:
        reference = np.minimum(reference, cap)  # the last bin of the reference is empty
        current[3:6] = cap + 1
    current[:2], current[2] = [0.001, 0.002], cap  # two below all of the reference, one at an edge
    return rng.permutation(reference), rng.permutation(current), n_bins


def psi(reference, current, n_bins):
    edges = np.quantile(reference, np.arange(1, n_bins) / n_bins)
    r = np.bincount(np.searchsorted(edges, reference), minlength=n_bins) + 0.5
    c = np.bincount(np.searchsorted(edges, current), minlength=n_bins) + 0.5
    r, c = r / r.sum(), c / c.sum()
    return np.sum((c - r) * np.log(c / r))


def another(reference, current, n_bins):
    edges = [np.quantile(reference, b / n_bins) for b in range(1, n_bins)]
    total = 0.0
    for b in range(n_bins):
        r, c = (np.sum(sum(x > edge for edge in edges) == b) + 0.5 for x in (reference, current))
        r, c = r / (len(reference) + n_bins / 2), c / (len(current) + n_bins / 2)
        total += (c - r) * (np.log(c) - np.log(r))
    return total


def empty_bin_is_infinite(reference, current, n_bins):
    edges = np.quantile(reference, np.arange(1, n_bins) / n_bins)
    r = np.bincount(np.searchsorted(edges, reference), minlength=n_bins) / len(reference)
    c = np.bincount(np.searchsorted(edges, current), minlength=n_bins) / len(current)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sum((c - r) * np.log(c / r))


def drops_the_empty_bins(reference, current, n_bins):
    edges = np.quantile(reference, np.arange(1, n_bins) / n_bins)
    r = np.bincount(np.searchsorted(edges, reference), minlength=n_bins)
    c = np.bincount(np.searchsorted(edges, current), minlength=n_bins)
    both = (r > 0) & (c > 0)
    r, c = (r / r.sum())[both], (c / c.sum())[both]
    return np.sum((c - r) * np.log(c / r))


def floor_under_the_shares(reference, current, n_bins):
    edges = np.quantile(reference, np.arange(1, n_bins) / n_bins)
    r = np.bincount(np.searchsorted(edges, reference), minlength=n_bins) / len(reference)
    c = np.bincount(np.searchsorted(edges, current), minlength=n_bins) / len(current)
    r, c = np.maximum(r, 1e-4), np.maximum(c, 1e-4)
    return np.sum((c - r) * np.log(c / r))


def values_outside_are_lost(reference, current, n_bins):
    edges = np.quantile(reference, np.arange(n_bins + 1) / n_bins)
    r, c = (np.histogram(x, edges)[0] + 0.5 for x in (reference, current))
    r, c = r / r.sum(), c / c.sum()
    return np.sum((c - r) * np.log(c / r))


equivalent = {
    "r, c = (c / c.sum(), r / r.sum())": "the index is the same both ways",
    "r, c = (c / (len(current) + n_bins / 2), r / (len(reference) + n_bins / 2))": "the index is the same both ways",
}
mistakes = [
    edit(
        "np.quantile(reference,",
        "np.quantile(current,",
        "bins_from_today",
        "You cut the bins at the quantiles of today's data. Then they move every day, and days cannot be compared. The "
        "reference fixes the bins.",
    ),
    edit(
        "np.quantile(reference, np.arange(1, n_bins) / n_bins)",
        "np.linspace(reference.min(), reference.max(), n_bins + 1)[1:-1]",
        "bins_of_equal_width",
        "Your bins are equally wide: of a skewed column nearly all rows fall into the first ones. Cut at quantiles, so "
        "that each bin holds as many rows of the reference.",
    ),
    edit(
        "np.searchsorted(edges, reference)",
        "np.digitize(reference, edges)",
        "edge_in_the_bin_above",
        "You put a value that equals an edge into the bin above. It belongs below: `np.searchsorted(edges, x)`, or "
        "`np.digitize(x, edges, right=True)`.",
        also=(("np.searchsorted(edges, current)", "np.digitize(current, edges)"),),
    ),
    wrong(
        values_outside_are_lost,
        "You drop what lies below the smallest or above the largest value of the reference, as `np.histogram` does; new "
        "values are what the index is to find. The outer bins are open: give `np.searchsorted` the inner edges only.",
    ),
    wrong(
        empty_bin_is_infinite,
        "A bin that is empty on one of the days makes your index infinite. Add 1/2 to each count first.",
    ),
    wrong(
        drops_the_empty_bins,
        "You leave out the bins that are empty on one of the days, which are those that changed most. Add 1/2 to each "
        "count instead.",
    ),
    wrong(
        floor_under_the_shares,
        "You raise empty shares to a tiny number. Then the index depends on how tiny: an empty bin counts the more, the "
        "smaller it is. Add 1/2 to each count instead, whatever it is.",
    ),
    edit(
        "r, c = r / r.sum(), c / c.sum()",
        "r, c = r / len(reference), c / len(current)",
        "shares_above_one",
        "You add 1/2 to each count and divide by the rows: these shares add up to more than 1. Divide by the sum of the "
        "counts, the halves included.",
    ),
]
