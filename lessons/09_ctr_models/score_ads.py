"""Score the ads of a page."""

import numpy as np

from mlpipe.course.definition import edit

core = True
hints = (
    (
        "Take one ad and write down all pairs of its row: pairs among the visitor's features, and pairs of the ad "
        "with each of them. Which are the same for all ads?"
    ),
    (
        "Pairs among the visitor's features: compute them once, with the linear formula. Pairs with the ad: a sum "
        "of products with one fixed vector is one product with a sum."
    ),
    (
        "Five parts: the bias, all `weights`, the pairs among the rows of `vectors`, then for each ad its own "
        "weight and its vector times the column sums of `vectors`. Only the last two differ between ads."
    ),
)
takeaway = (
    "What concerns the visitor is computed once; each ad costs one dot product. The ad vectors can lie in an "
    "index for nearest neighbours: a factorization machine can retrieve as well as rank."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    m, n, k = ((3, 4, 2), (6, 9, 4), (14, 25, 8))[number]
    weights, ad_weights = rng.normal(0, 0.5, m).round(2), rng.normal(0, 0.5, n).round(2)
    vectors, ad_vectors = rng.normal(0, 1, (m, k)).round(2), rng.normal(0, 1, (n, k)).round(2)
    return -float(rng.uniform(1, 3)), weights, vectors, ad_weights, ad_vectors


def score_ads(bias, weights, vectors, ad_weights, ad_vectors):
    total = vectors.sum(axis=0)
    among_visitor = 0.5 * ((total**2).sum() - (vectors**2).sum())
    return bias + weights.sum() + among_visitor + ad_weights + ad_vectors @ total


def another(bias, weights, vectors, ad_weights, ad_vectors):
    result = []
    for w, v in zip(ad_weights, ad_vectors):
        row = np.vstack([vectors, v])
        products = row @ row.T
        result.append(bias + weights.sum() + w + np.triu(products, k=1).sum())
    return np.array(result)


mistakes = [
    edit(
        "5 * ((total**2).sum() - (vectors**2).sum())",
        "0",
        "forgets_pairs_among_the_visitor",
        (
            "The pairs among the visitor's own features are missing. They are the same for all ads, so the order "
            "is right, but the log-odds are not."
        ),
    ),
    edit(
        "(total",
        "total",
        "pairs_with_themselves",
        (
            "Each of the visitor's features is also paired with itself. The squared sum holds those squares: "
            "subtract them before you halve."
        ),
        also=((") - (vectors**2).sum()", ""),),
    ),
    edit(
        "0.5 * (",
        "",
        "each_pair_twice",
        "You count each pair of the visitor's features twice: the half is missing.",
        also=(("))", ")"),),
    ),
    edit(
        "0.5 * (",
        "",
        "all_products_of_the_visitor",
        "You add all products among the visitor's vectors: each pair comes twice, and each feature once with itself.",
        also=((") - (vectors**2).sum()", ""),),
    ),
    edit(
        "total\n",
        "total + 0.5 * (ad_vectors**2).sum(axis=1)\n",
        "ad_paired_with_itself",
        (
            "You pair the ad with itself. If you square the sum of the whole row, subtract the squares of the ad's "
            "vector, too, not only those of the visitor."
        ),
    ),
    edit(
        "5 * ((total**2).sum() - (vectors**2).sum())",
        "0",
        "whole_row_squared",
        (
            "You square the sum of all vectors of the row and halve it, but nothing is subtracted: every feature, "
            "the ad too, is paired with itself."
        ),
        also=(
            (
                "among_visitor + ad_weights + ad_vectors @ total",
                "ad_weights + 0.5 * ((ad_vectors + total) ** 2).sum(axis=1)",
            ),
        ),
    ),
    edit(
        "bias ",
        "(\n        bias\n        ",
        "ads_paired_with_each_other",
        (
            "Your ads are paired with each other. They compete for a place: each is scored in a row of its own, "
            "with the visitor's features only."
        ),
        also=(
            (" + among_visitor + ad_weights ", "\n        + among_visitor\n        + ad_weights\n        "),
            ("total\n", "(total + ad_vectors.sum(axis=0))\n        - (ad_vectors**2).sum(axis=1)\n    )\n"),
        ),
    ),
    edit(
        " ad_vectors ",
        " 0.5 * ad_vectors ",
        "half_of_the_pairs_with_the_ad",
        (
            "You halve the pairs of ad and visitor, too. The half belongs to the squared sum, which holds each "
            "pair twice; this product holds each once."
        ),
    ),
    edit(
        "total\n",
        "vectors.mean(axis=0)\n",
        "mean_of_the_vectors",
        (
            "You take the mean of the visitor's vectors for the ads. The formula adds up one product a feature: it "
            "is the sum."
        ),
    ),
    edit(
        ".sum(axis",
        ".mean(axis",
        "pairs_of_the_mean",
        "You use the mean of the visitor's vectors everywhere. The formula needs their sum.",
    ),
    edit(
        "(total**2).sum()",
        "total.sum() ** 2",
        "squares_of_the_sum_over_factors",
        (
            "You add up the factors before you square. The square is taken for each factor by itself; only then "
            "are the factors added."
        ),
    ),
    edit(
        "0.5 * ((total**2).sum() - (vectors**2).sum()",
        "np.triu(vectors @ vectors.T).sum(",
        "diagonal_included",
        (
            "You count each pair of the visitor's features once, but also each feature with itself. The sum runs "
            "over i < j, without the diagonal."
        ),
    ),
    edit(
        " ad_vectors ",
        " 2 * ad_vectors ",
        "pairs_with_the_ad_twice",
        (
            "You count the pairs of ad and visitor twice. The ad's vector times the sum of the visitor's vectors "
            "holds each of these pairs once."
        ),
    ),
    edit(
        "vectors.",
        "vectors.sum(axis=0) + ad_vectors.",
        "all_ads_in_one_row",
        (
            "You put all ads into one row and take the pairs of everything with everything. Each ad is scored in a "
            "row of its own."
        ),
        also=(
            ("))", ") - (ad_vectors**2).sum())"),
            (" + ad_vectors @ total", ""),
        ),
    ),
    edit(
        "weights.sum()",
        "weights.mean()",
        "mean_of_the_weights",
        "You take the mean of the visitor's weights. The log-odds add them up.",
    ),
    edit(
        "among_visitor + ad_weights + ad_vectors @ total",
        "ad_weights",
        "no_pairs",
        "This is the logistic regression: weights only. The pairs, products of two vectors, are missing.",
    ),
    edit(
        "bias + weights.sum() + among_visitor + ad_weights + ",
        "",
        "only_pairs_with_the_ad",
        (
            "You return only what the vectors of visitor and ad say to each other. Bias, weights and the visitor's "
            "own pairs belong to the log-odds."
        ),
    ),
    edit(
        " + ad_vectors @ total",
        "",
        "forgets_the_pairs_with_the_ad",
        (
            "The pairs of each ad with the visitor's features are missing: all visitors would get the ads in the "
            "same order."
        ),
    ),
    edit(
        "bias + weights.sum() + among_visitor + ",
        "",
        "only_what_differs_between_ads",
        (
            "You return what differs between ads. For a ranking that is enough, but the log-odds also hold bias, "
            "weights and pairs of the visitor."
        ),
    ),
    edit("bias + ", "", "forgets_the_bias", "The bias is missing: a page would promise far too many clicks."),
    edit(
        "weights.sum() + ",
        "",
        "forgets_the_weights_of_the_visitor",
        "The weights of the visitor's features are missing.",
    ),
    edit(
        "ad_weights + ",
        "",
        "forgets_the_weights_of_the_ads",
        "The ads' own weights are missing: an ad that everybody clicks gets no credit for it.",
    ),
    edit(
        "ad_weights ",
        "ad_weights.sum() ",
        "all_weights_of_the_ads",
        "You give each ad the weights of all ads. A row holds one ad, so only its own weight.",
    ),
    edit(
        " bias",
        " 1 / (1 + np.exp(-(bias",
        "returns_probabilities",
        "You return probabilities. Asked for are the log-odds, without the sigmoid.",
        also=(("total\n", "total)))\n"),),
    ),
]
