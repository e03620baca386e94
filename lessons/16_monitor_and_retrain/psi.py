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
    n_reference, n_current, n_bins = ((10, 6, 3), (80, 50, 5), (500, 700, 12))[number]
    reference = rng.gamma(2.0, size=n_reference).round(3)
    current = (0.6 * rng.gamma(2.0, size=n_current)).round(3)
    cap = np.quantile(reference, 1 - 1 / n_bins, method="lower")
    if number == 1:
        reference = np.minimum(reference, cap)  # the last bin of the reference is empty
        current[2:5] = cap + 1
    else:
        current[current > cap] /= 20  # the last bin is empty today
    current[:2] = 0.0, 1e-3  # below all of the reference
    return reference, rng.permutation(current), n_bins


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
        "(c - r) * np.log(c / r)",
        "np.abs(c - r)",
        "sum_of_absolute_differences",
        "That is the sum of absolute differences. The index weighs each difference by the logarithm of the ratio.",
    ),
    edit(
        "np.log(c / r)",
        "np.log(r / c)",
        "logarithm_the_wrong_way_round",
        "The logarithm is the wrong way round: each term must be 0 or more. (c - r) and ln(c / r) have the same sign.",
    ),
    edit(
        "(c - r) * np.log(c / r)",
        "c * np.log(c / r)",
        "one_divergence_only",
        "That is the Kullback-Leibler divergence in one direction. The index is the sum of both: (c - r) ln(c / r).",
    ),
    wrong(
        empty_bin_is_infinite,
        "A bin that is empty on one of the days makes your index infinite. Add 1/2 to each count first.",
    ),
    wrong(
        drops_the_empty_bins,
        "You leave out the bins that are empty on one of the days, which are those that changed most. Add 1/2 to each count instead.",
    ),
    edit(
        "r, c = r / r.sum(), c / c.sum()",
        "r, c = r / r.sum(), c / r.sum()",
        "counts_instead_of_shares",
        "The two samples differ in size. Divide the counts of each by its own sum.",
    ),
]
