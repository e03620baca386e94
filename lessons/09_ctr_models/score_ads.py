"""Score the ads of a page."""

import numpy as np

from mlpipe.course.definition import edit

core = True
hints = (
    "Take one ad and write down all pairs of its row: pairs among the visitor's features, "
    "and pairs of the ad with each of them. Which are the same for all ads?",
    "Pairs among the visitor's features: compute them once, with the linear formula. "
    "Pairs with the ad: a sum of products with one fixed vector is one product with a sum.",
    "Five parts: the bias, all `weights`, the pairs among the rows of `vectors`, then for each ad its "
    "own weight and its vector times the column sums of `vectors`. Only the last two differ between ads.",
)
takeaway = (
    "What concerns the visitor is computed once; each ad costs one dot product. "
    "The ad vectors can lie in an index for nearest neighbours: a factorization machine can retrieve as well as rank."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    m, n, k = ((3, 4, 2), (6, 9, 4), (14, 25, 8))[number]
    weights, ad_weights = rng.normal(0, 0.5, m).round(2), rng.normal(0, 0.5, n).round(2)
    vectors, ad_vectors = rng.normal(0, 1, (m, k)).round(2), rng.normal(0, 1, (n, k)).round(2)
    return -float(rng.uniform(1, 3)), weights, vectors, ad_weights, ad_vectors


def score_ads(bias, weights, vectors, ad_weights, ad_vectors):
    total = vectors.sum(axis=0)
    among_visitor = 0.5 * ((total**2).sum() - (vectors**2).sum())
    log_odds = bias + weights.sum() + among_visitor + ad_weights + ad_vectors @ total
    return log_odds


def another(bias, weights, vectors, ad_weights, ad_vectors):
    result = []
    for w, v in zip(ad_weights, ad_vectors):
        row = np.vstack([vectors, v])
        products = row @ row.T
        result.append(bias + weights.sum() + w + np.triu(products, k=1).sum())
    return np.array(result)


equivalent = {"row = np.vstack([v, vectors])": "a pair has no order"}
mistakes = [
    edit(
        "bias + weights.sum() + among_visitor + ad_weights",
        "bias + weights.sum() + ad_weights",
        "forgets_pairs_among_the_visitor",
        "The pairs among the visitor's own features are missing. "
        "They are the same for all ads, so the order is right, but the log-odds are not.",
    ),
    edit(
        "(total**2).sum() - (vectors**2).sum()",
        "(total**2).sum()",
        "pairs_with_themselves",
        "Each of the visitor's features is also paired with itself. "
        "The squared sum holds those squares: subtract them before you halve.",
    ),
    edit(
        "0.5 * ((total**2).sum() - (vectors**2).sum())",
        "(total**2).sum() - (vectors**2).sum()",
        "each_pair_twice",
        "You count each pair of the visitor's features twice: the half is missing.",
    ),
    edit(
        "(total**2).sum()",
        "total.sum() ** 2",
        "squares_of_the_sum_over_factors",
        "You add up the factors before you square. "
        "The square is taken for each factor by itself; only then are the factors added.",
    ),
    edit(
        "ad_vectors @ total",
        "ad_vectors @ total + 0.5 * (ad_vectors**2).sum(axis=1)",
        "ad_paired_with_itself",
        "You pair the ad with itself. If you square the sum of the whole row, "
        "subtract the squares of the ad's vector, too, not only those of the visitor.",
    ),
    edit(
        "bias + weights.sum() + among_visitor + ad_weights",
        "ad_weights",
        "only_what_differs_between_ads",
        "You return what differs between ads. For a ranking that is enough, "
        "but the log-odds also hold bias, weights and pairs of the visitor.",
    ),
    edit(
        "return log_odds",
        "return 1 / (1 + np.exp(-log_odds))",
        "returns_probabilities",
        "You return probabilities. Asked for are the log-odds, without the sigmoid.",
    ),
    edit(
        "0.5 * ((total**2).sum() - (vectors**2).sum())",
        "0.5 * (((total + ad_vectors.sum(axis=0)) ** 2).sum() - (vectors**2).sum() - (ad_vectors**2).sum())"
        " - ad_vectors @ total",
        "all_ads_in_one_row",
        "You pair all ads with each other and with the visitor, in one row. "
        "Only one ad is shown at a time: a row holds the visitor's features and this ad.",
    ),
]
