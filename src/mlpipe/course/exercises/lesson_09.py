"""Exercises of lesson 09: ads of a page by a factorization machine, one step of FTRL, the models worth discussing."""

import numpy as np

from mlpipe.course.exercise import Definition, Mistake


def draw_page(rng: np.random.Generator, number: int) -> tuple:
    m, n, k = ((3, 4, 2), (6, 9, 4), (14, 25, 8))[number]
    weights, ad_weights = rng.normal(0, 0.5, m).round(2), rng.normal(0, 0.5, n).round(2)
    vectors, ad_vectors = rng.normal(0, 1, (m, k)).round(2), rng.normal(0, 1, (n, k)).round(2)
    return -float(rng.uniform(1, 3)), weights, vectors, ad_weights, ad_vectors


SCORES = """
import numpy as np


def score_ads(bias, weights, vectors, ad_weights, ad_vectors):
    total = {total}
    among_visitor = {among}
    return {result}
"""


def scores(
    total: str = "vectors.sum(axis=0)",
    among: str = "0.5 * ((total**2).sum() - (vectors**2).sum())",
    result: str = "bias + weights.sum() + among_visitor + ad_weights + ad_vectors @ total",
) -> str:
    return SCORES.format(total=total, among=among, result=result)


SCORE_ADS = Definition(
    id="09.score_ads",
    title="Score the ads of a page",
    core=True,
    stub="""
def score_ads(bias, weights, vectors, ad_weights, ad_vectors):
    ...
""",
    hints=(
        "Take one ad and write down all pairs of its row: pairs among the visitor's features, and pairs of the ad with each of them. Which are the same for all ads?",
        "Pairs among the visitor's features: compute them once, with the linear formula. Pairs with the ad: a sum of products with one fixed vector is one product with a sum.",
        "Five parts: the bias, all `weights`, the pairs among the rows of `vectors`, then for each ad its own weight and its vector times the column sums of `vectors`. "
        "Only the last two differ between ads.",
    ),
    solution=scores(),
    another="""
import numpy as np


def score_ads(bias, weights, vectors, ad_weights, ad_vectors):
    result = []
    for w, v in zip(ad_weights, ad_vectors):
        row = np.vstack([vectors, v])
        products = row @ row.T
        result.append(bias + weights.sum() + w + np.triu(products, k=1).sum())
    return np.array(result)
""",
    mistakes=(
        Mistake(
            "forgets_pairs_among_the_visitor",
            "The pairs among the visitor's own features are missing. They are the same for all ads, so the order is right, but the log-odds are not.",
            scores(among="0.0"),
        ),
        Mistake(
            "pairs_with_themselves",
            "Each of the visitor's features is also paired with itself. The squared sum holds those squares: subtract them before you halve.",
            scores(among="0.5 * (total**2).sum()"),
        ),
        Mistake(
            "each_pair_twice",
            "You count each pair of the visitor's features twice: the half is missing.",
            scores(among="(total**2).sum() - (vectors**2).sum()"),
        ),
        Mistake(
            "all_products_of_the_visitor",
            "You add all products among the visitor's vectors: each pair comes twice, and each feature once with itself.",
            scores(among="(total**2).sum()"),
        ),
        Mistake(
            "ad_paired_with_itself",
            "You pair the ad with itself. If you square the sum of the whole row, subtract the squares of the ad's vector, too, not only those of the visitor.",
            scores(
                result="bias + weights.sum() + among_visitor + ad_weights + ad_vectors @ total"
                " + 0.5 * (ad_vectors**2).sum(axis=1)"
            ),
        ),
        Mistake(
            "whole_row_squared",
            "You square the sum of all vectors of the row and halve it, but nothing is subtracted: every feature, the ad too, is paired with itself.",
            scores(
                among="0.0", result="bias + weights.sum() + ad_weights + 0.5 * ((ad_vectors + total) ** 2).sum(axis=1)"
            ),
        ),
        Mistake(
            "ads_paired_with_each_other",
            "Your ads are paired with each other. They compete for a place: each is scored in a row of its own, with the visitor's features only.",
            scores(
                result="bias + weights.sum() + among_visitor + ad_weights + ad_vectors @ (total + ad_vectors.sum(axis=0))"
                " - (ad_vectors**2).sum(axis=1)"
            ),
        ),
        Mistake(
            "half_of_the_pairs_with_the_ad",
            "You halve the pairs of ad and visitor, too. The half belongs to the squared sum, which holds each pair twice; this product holds each once.",
            scores(result="bias + weights.sum() + among_visitor + ad_weights + 0.5 * ad_vectors @ total"),
        ),
        Mistake(
            "mean_of_the_vectors",
            "You take the mean of the visitor's vectors for the ads. The formula adds up one product a feature: it is the sum.",
            scores(result="bias + weights.sum() + among_visitor + ad_weights + ad_vectors @ vectors.mean(axis=0)"),
        ),
        Mistake(
            "pairs_of_the_mean",
            "You use the mean of the visitor's vectors everywhere. The formula needs their sum.",
            scores(total="vectors.mean(axis=0)"),
        ),
        Mistake(
            "squares_of_the_sum_over_factors",
            "You add up the factors before you square. The square is taken for each factor by itself; only then are the factors added.",
            scores(among="0.5 * (total.sum() ** 2 - (vectors**2).sum())"),
        ),
        Mistake(
            "diagonal_included",
            "You count each pair of the visitor's features once, but also each feature with itself. The sum runs over i < j, without the diagonal.",
            scores(among="np.triu(vectors @ vectors.T).sum()"),
        ),
        Mistake(
            "pairs_with_the_ad_twice",
            "You count the pairs of ad and visitor twice. The ad's vector times the sum of the visitor's vectors holds each of these pairs once.",
            scores(result="bias + weights.sum() + among_visitor + ad_weights + 2 * ad_vectors @ total"),
        ),
        Mistake(
            "all_ads_in_one_row",
            "You put all ads into one row and take the pairs of everything with everything. Each ad is scored in a row of its own.",
            scores(
                total="vectors.sum(axis=0) + ad_vectors.sum(axis=0)",
                among="0.5 * ((total**2).sum() - (vectors**2).sum() - (ad_vectors**2).sum())",
                result="bias + weights.sum() + among_visitor + ad_weights",
            ),
        ),
        Mistake(
            "mean_of_the_weights",
            "You take the mean of the visitor's weights. The log-odds add them up.",
            scores(result="bias + weights.mean() + among_visitor + ad_weights + ad_vectors @ total"),
        ),
        Mistake(
            "no_pairs",
            "This is the logistic regression: weights only. The pairs, products of two vectors, are missing.",
            scores(result="bias + weights.sum() + ad_weights"),
        ),
        Mistake(
            "only_pairs_with_the_ad",
            "You return only what the vectors of visitor and ad say to each other. Bias, weights and the visitor's own pairs belong to the log-odds.",
            scores(result="ad_vectors @ total"),
        ),
        Mistake(
            "forgets_the_pairs_with_the_ad",
            "The pairs of each ad with the visitor's features are missing: all visitors would get the ads in the same order.",
            scores(result="bias + weights.sum() + among_visitor + ad_weights"),
        ),
        Mistake(
            "only_what_differs_between_ads",
            "You return what differs between ads. For a ranking that is enough, but the log-odds also hold bias, weights and pairs of the visitor.",
            scores(result="ad_weights + ad_vectors @ total"),
        ),
        Mistake(
            "forgets_the_bias",
            "The bias is missing: a page would promise far too many clicks.",
            scores(result="weights.sum() + among_visitor + ad_weights + ad_vectors @ total"),
        ),
        Mistake(
            "forgets_the_weights_of_the_visitor",
            "The weights of the visitor's features are missing.",
            scores(result="bias + among_visitor + ad_weights + ad_vectors @ total"),
        ),
        Mistake(
            "forgets_the_weights_of_the_ads",
            "The ads' own weights are missing: an ad that everybody clicks gets no credit for it.",
            scores(result="bias + weights.sum() + among_visitor + ad_vectors @ total"),
        ),
        Mistake(
            "all_weights_of_the_ads",
            "You give each ad the weights of all ads. A row holds one ad, so only its own weight.",
            scores(result="bias + weights.sum() + among_visitor + ad_weights.sum() + ad_vectors @ total"),
        ),
        Mistake(
            "returns_probabilities",
            "You return probabilities. Asked for are the log-odds, without the sigmoid.",
            scores(
                result="1 / (1 + np.exp(-(bias + weights.sum() + among_visitor + ad_weights + ad_vectors @ total)))"
            ),
        ),
    ),
    draw=draw_page,
    takeaway="What concerns the visitor is computed once; each ad costs one dot product. The ad vectors can lie in an index for nearest "
    "neighbours: a factorization machine can retrieve as well as rank.",
)


def draw_step(rng: np.random.Generator, number: int) -> tuple:
    size = (4, 8, 40)[number]
    l1, l2 = float(rng.uniform(0.3, 0.8)), float(rng.uniform(0.5, 2))
    above = rng.permutation(np.arange(size) % 2 == 0)  # half of the weights are zero
    z = np.where(above, rng.uniform(1.5 * l1, 4, size), rng.uniform(0.1 * l1, 0.8 * l1, size))
    z *= rng.choice([-1, 1], size)
    n = rng.uniform(0.2, 5, size)
    x = rng.uniform(0.3, 2, size) * rng.choice([-1, 1], size)
    x[np.flatnonzero(above)[0]] = 0.0  # a feature that this impression lacks
    clicked = int(number != 1)
    return (
        x.round(2),
        clicked,
        z.round(2),
        n.round(2),
        float(rng.uniform(0.1, 0.3)),
        float(rng.uniform(0.5, 1.5)),
        l1,
        l2,
    )


STEP = """
import numpy as np


def ftrl_step(x, clicked, z, n, alpha, beta, l1, l2):
    w = {w}
    p = {p}
    g = {g}
    sigma = {sigma}
    return {z}, {n}
"""
WEIGHTS = "np.where(np.abs(z) <= l1, 0, -(z - np.sign(z) * l1) / ((beta + np.sqrt(n)) / alpha + l2))"


def step(
    w: str = WEIGHTS,
    p: str = "1 / (1 + np.exp(-(w @ x)))",
    g: str = "(p - clicked) * x",
    sigma: str = "(np.sqrt(n + g**2) - np.sqrt(n)) / alpha",
    z: str = "z + g - sigma * w",
    n: str = "n + g**2",
) -> str:
    return STEP.format(w=w, p=p, g=g, sigma=sigma, z=z, n=n)


FTRL_STEP = Definition(
    id="09.ftrl_step",
    title="One step of FTRL",
    stub="""
def ftrl_step(x, clicked, z, n, alpha, beta, l1, l2):
    ...
""",
    hints=(
        "Start from the class of the lesson. With values of 1 some factors were invisible: where does the value of a feature enter the log-odds, and where the gradient?",
        "The order is: weights, probability, gradient, sigma, then the new `z` and the new `n`. The gradient of a weight is the error of the "
        "probability times the value of its feature.",
        "Copy the lines of `weights` and `learn`, without the index `i`. Replace `w.sum()` by the sum of weight times value, and let `g` be an array: one gradient a "
        "feature. Return new arrays instead of adding in place.",
    ),
    solution=step(),
    another="""
import math

import numpy as np


def ftrl_step(x, clicked, z, n, alpha, beta, l1, l2):
    weights = []
    for zi, ni in zip(z, n):
        rest = max(abs(zi) - l1, 0.0)
        weights.append(-math.copysign(rest, zi) / ((beta + math.sqrt(ni)) / alpha + l2))
    score = sum(wi * xi for wi, xi in zip(weights, x))
    error = 1 / (1 + math.exp(-score)) - clicked
    new_z, new_n = [], []
    for wi, xi, zi, ni in zip(weights, x, z, n):
        gi = error * xi
        new_n.append(ni + gi * gi)
        new_z.append(zi + gi - (math.sqrt(new_n[-1]) - math.sqrt(ni)) / alpha * wi)
    return np.array(new_z), np.array(new_n)
""",
    mistakes=(
        Mistake(
            "gradient_without_the_value",
            "Your gradient is the error of the probability alone. A feature with value 2 moves the log-odds twice as far: its gradient is the error times its value.",
            step(g="(p - clicked) * np.ones_like(x)"),
        ),
        Mistake(
            "gradient_only_where_present",
            "You give each feature that is present the whole error, whatever its value. The gradient is the error times the value.",
            step(g="(p - clicked) * (x != 0)"),
        ),
        Mistake(
            "score_without_the_values",
            "Your log-odds add up the weights. Each weight counts as often as the value of its feature says.",
            step(p="1 / (1 + np.exp(-w.sum()))"),
        ),
        Mistake(
            "no_values_at_all",
            "This is the step for features that are all 1. The values enter twice: in the log-odds and in the gradient.",
            step(p="1 / (1 + np.exp(-w.sum()))", g="(p - clicked) * np.ones_like(x)"),
        ),
        Mistake(
            "wrong_sign_of_the_gradient",
            "Your gradient has the wrong sign: label minus probability. The weights would run away from the labels.",
            step(g="(clicked - p) * x"),
        ),
        Mistake(
            "no_correction",
            "The term with sigma and the weight is missing from z, or your sigma is 0: one root is of the old n, the other of the new one.",
            step(z="z + g"),
        ),
        Mistake(
            "correction_added",
            "You add sigma times the weight to z. The sign there is minus.",
            step(z="z + g + sigma * w"),
        ),
        Mistake(
            "evidence_updated_first",
            "You add to n before you compute sigma, so sigma is measured from the new n. It is the growth of the root from the old to the new n.",
            step(sigma="(np.sqrt(n + 2 * g**2) - np.sqrt(n + g**2)) / alpha"),
        ),
        Mistake(
            "sigma_without_learning_rate",
            "The learning rate is missing from sigma: divide by alpha.",
            step(sigma="np.sqrt(n + g**2) - np.sqrt(n)"),
        ),
        Mistake(
            "sigma_times_learning_rate",
            "You multiply by alpha in sigma. It is the change of an inverse learning rate: divide.",
            step(sigma="(np.sqrt(n + g**2) - np.sqrt(n)) * alpha"),
        ),
        Mistake(
            "sigma_without_roots",
            "Your sigma is the growth of n. It is the growth of the *root* of n, over alpha.",
            step(sigma="g**2 / alpha"),
        ),
        Mistake(
            "no_l1",
            "Your weights ignore L1: those with little evidence should be exactly zero, the others be pulled by l1.",
            step(w="-z / ((beta + np.sqrt(n)) / alpha + l2)"),
        ),
        Mistake(
            "threshold_without_shrinking",
            "You set small weights to zero, but leave the others as they were. L1 also takes l1 off the size of their z.",
            step(w="np.where(np.abs(z) <= l1, 0, -z / ((beta + np.sqrt(n)) / alpha + l2))"),
        ),
        Mistake(
            "shrinking_without_threshold",
            "You take l1 off everywhere. Where z is smaller than l1, that turns its sign round: those weights are zero.",
            step(w="-(z - np.sign(z) * l1) / ((beta + np.sqrt(n)) / alpha + l2)"),
        ),
        Mistake(
            "sign_of_l1",
            "You subtract l1 from a negative z, too, which makes it larger. L1 pulls towards zero from both sides: use the sign of z.",
            step(w="np.where(np.abs(z) <= l1, 0, -(z - l1) / ((beta + np.sqrt(n)) / alpha + l2))"),
        ),
        Mistake(
            "only_positive_z",
            "You compare z with l1 without its absolute value, so every weight with negative z becomes zero.",
            step(w="np.where(z <= l1, 0, -(z - np.sign(z) * l1) / ((beta + np.sqrt(n)) / alpha + l2))"),
        ),
        Mistake(
            "weight_with_the_sign_of_z",
            "The minus before the weight is missing. z adds up gradients, and a weight moves against its gradient.",
            step(w=WEIGHTS.replace("-(z -", "(z -")),
        ),
        Mistake(
            "no_l2",
            "L2 is missing from the denominator of the weight.",
            step(w=WEIGHTS.replace(" + l2", "")),
        ),
        Mistake(
            "no_beta",
            "Beta is missing from the denominator of the weight: the first steps would be far too large.",
            step(w=WEIGHTS.replace("(beta + np.sqrt(n))", "np.sqrt(n)")),
        ),
        Mistake(
            "divides_l2_by_alpha",
            "You divide L2 by alpha, too. Only beta plus the root of n is divided.",
            step(w=WEIGHTS.replace("((beta + np.sqrt(n)) / alpha + l2)", "((beta + np.sqrt(n) + l2) / alpha)")),
        ),
        Mistake(
            "n_without_root",
            "Your weight uses n itself. The learning rate falls with the root of n.",
            step(w=WEIGHTS.replace("np.sqrt(n)", "n")),
        ),
        Mistake(
            "evidence_without_the_value",
            "Your n grows by the squared error of the probability, for every feature alike. It adds up the squared *gradients*: error times value.",
            step(n="n + (p - clicked) ** 2"),
        ),
        Mistake(
            "adds_the_gradient_to_n",
            "You add the gradient itself to n. It adds up squares, so it never falls.",
            step(n="n + g"),
        ),
        Mistake(
            "forgets_the_old_n",
            "Your new n holds only this step. Evidence adds up: the old n plus the squared gradient.",
            step(n="g**2"),
        ),
        Mistake(
            "forgets_the_old_z",
            "Your new z holds only this step. It adds up: the old z, plus gradient, minus correction.",
            step(z="g - sigma * w"),
        ),
        Mistake(
            "gradient_of_squared_error",
            "Your gradient has the factor p (1 - p), which belongs to squared error. For log loss it cancels: error times value.",
            step(g="(p - clicked) * p * (1 - p) * x"),
        ),
        Mistake(
            "pushes_outwards",
            "You move z away from zero by l1. L1 pulls towards zero: subtract the sign of z times l1.",
            step(w=WEIGHTS.replace("(z - np.sign", "(z + np.sign")),
        ),
        Mistake(
            "threshold_turned_round",
            "You set the weights with *much* evidence to zero. Those with abs(z) of at most l1 are zero.",
            step(w=WEIGHTS.replace("<= l1", "> l1")),
        ),
        Mistake(
            "beta_not_divided",
            "You divide only the root of n by alpha. Beta is divided, too: mind the brackets.",
            step(w=WEIGHTS.replace("(beta + np.sqrt(n)) / alpha", "beta + np.sqrt(n) / alpha")),
        ),
        Mistake(
            "sigmoid_turned_round",
            "Your probability is that of no click: the sign in the exponent is wrong.",
            step(p="1 / (1 + np.exp(w @ x))"),
        ),
        Mistake(
            "score_from_z",
            "You use z as if it were the weights. The weights follow from z and n, with the formula.",
            step(p="1 / (1 + np.exp(-(z @ x)))"),
        ),
        Mistake(
            "sizes_instead_of_squares",
            "You add the size of the gradient to n. It adds up squares.",
            step(n="n + np.abs(g)"),
        ),
        Mistake(
            "one_rate_for_all",
            "You add the squared length of the whole gradient to each n. Each weight has its own evidence: its own gradient, squared.",
            step(n="n + g @ g"),
        ),
        Mistake(
            "one_rate_for_all_everywhere",
            "You use the squared length of the whole gradient for each weight, in sigma and in n. Each weight has its own evidence and learning rate.",
            step(sigma="(np.sqrt(n + g @ g) - np.sqrt(n)) / alpha", n="n + g @ g"),
        ),
        Mistake(
            "no_sigmoid",
            "You use the log-odds as if they were a probability: the sigmoid is missing.",
            step(p="w @ x"),
        ),
        Mistake(
            "returns_the_weights",
            "You return weights and n. Asked for are the new z and the new n; the weights follow from them when they are needed.",
            step(z="w"),
        ),
        Mistake(
            "n_unchanged",
            "You return the old n. It grows by the squared gradient.",
            step(n="n"),
        ),
        Mistake(
            "returned_in_the_wrong_order",
            "You return n before z. The answer is the new z, then the new n.",
            step(z="n + g**2", n="z + g - sigma * w"),
        ),
    ),
    draw=draw_step,
    takeaway="A weight need not be stored: z and n hold it. Where a feature is absent, its gradient is 0 and nothing moves.",
)


def draw_models(rng: np.random.Generator, number: int) -> tuple:
    size = (7, 12, 40)[number]
    while True:
        gain = rng.integers(2, 8 + size // 4, size) / 20
        cost = rng.integers(2, 8 + size // 4, size).astype(float)
        gain[1], cost[1] = gain[0], cost[0]  # twins
        if number == 1:  # one model, and its twin, with the most gain at the least cost
            gain[:2], cost[:2] = gain.max() + 0.05, 1.0
            gain[2], cost[3] = gain[0], cost[0]
        else:  # as much for more, less for as much; and two with the most gain at different costs
            gain[2], cost[2] = gain[0], cost[0] + 2
            gain[3], cost[3] = gain[0] - 0.05, cost[0]
            gain[4] = gain[5] = gain.max() + 0.05
            cost[4] = cost[5] + 1
        order = rng.permutation(size)
        gain, cost = gain[order], cost[order]
        best, ratio = not_out(gain, cost), gain / cost == (gain / cost).max()
        twins = [np.sum((gain == g) & (cost == c)) > 1 for g, c in zip(gain, cost, strict=True)]
        if number == 1 and np.any(best & twins):
            return gain, cost
        # The wrong answers must differ from the right one and from each other.
        least = cost[gain == gain.max()].min()
        cheapest, most_for_least = cost == cost.min(), (gain == gain.max()) & (cost == least)
        too_dear = [bool(np.any((gain >= g) & (cost < c))) for g, c in zip(gain, cost, strict=True)]
        apart = np.any(cheapest != ratio) and np.any(most_for_least != ratio) and np.any((cost <= least) & too_dear)
        if number != 1 and np.any(best & twins) and best.sum() > 2 and apart:
            return gain, cost


def not_out(gain: np.ndarray, cost: np.ndarray) -> np.ndarray:
    as_good = (gain >= gain[:, None]) & (cost <= cost[:, None])
    better = (gain > gain[:, None]) | (cost < cost[:, None])
    beaten: np.ndarray = np.any(as_good & better, axis=1)
    return ~beaten


OUT = """
import numpy as np


def worth_discussing(gain, cost):
    result = []
    for g, c in zip(gain, cost):
        out = {out}
        result.append(not np.any(out))
    return np.array(result)
"""
RIGHT = "(gain >= g) & (cost <= c) & ((gain > g) | (cost < c))"

WORTH_DISCUSSING = Definition(
    id="09.worth_discussing",
    title="Which models are worth discussing?",
    stub="""
def worth_discussing(gain, cost):
    ...
""",
    hints=(
        "Take one model. Which of the others would make you stop talking about it? Write that as conditions on their gain and cost.",
        "Three conditions on the other model: not less gain, not more cost, and not a twin in both. If any model meets all three, this one is out.",
        "Loop over the models. For each, compare the whole arrays `gain` and `cost` with its two numbers, join the conditions with `&` and `|` (mind the brackets), and ask "
        "`.any()`. A model never beats itself, because nothing is strictly better.",
    ),
    solution=OUT.format(out=RIGHT),
    another="""
import numpy as np


def worth_discussing(gain, cost):
    keep = np.zeros(len(gain), dtype=bool)
    best = -np.inf
    for c in np.unique(cost):  # from cheap to dear
        at_this_cost = cost == c
        top = gain[at_this_cost].max()
        if top > best:
            keep |= at_this_cost & (gain == top)
            best = top
    return keep
""",
    mistakes=(
        Mistake(
            "must_be_better_in_both",
            "You take a model out only if another is strictly better in both. More gain at the same cost, or the same gain for less, is enough.",
            OUT.format(out="(gain > g) & (cost < c)"),
        ),
        Mistake(
            "beaten_by_itself",
            "Without the strict part every model is beaten by itself, so all are out.",
            OUT.format(out="(gain >= g) & (cost <= c)"),
        ),
        Mistake(
            "twins_take_each_other_out",
            "Two models with equal gain and equal cost take each other out. Neither is strictly better, so both stay.",
            OUT.format(out="((gain >= g) & (cost <= c)).sum() > 1"),
        ),
        Mistake(
            "only_one_twin",
            "Of two models with equal gain and equal cost you keep one. Neither is strictly better, so both stay.",
            """
import numpy as np


def worth_discussing(gain, cost):
    keep = np.zeros(len(gain), dtype=bool)
    best = -np.inf
    for row in np.lexsort((-gain, cost)):
        if gain[row] > best:
            keep[row], best = True, gain[row]
    return keep
""",
        ),
        Mistake(
            "equal_gain_stays",
            "You let a model stay that costs more for the same gain. At no less gain, a lower cost is enough to beat it.",
            OUT.format(out="(gain > g) & (cost <= c)"),
        ),
        Mistake(
            "equal_cost_stays",
            "You let a model stay that gains less for the same cost. At no more cost, a higher gain is enough to beat it.",
            OUT.format(out="(gain >= g) & (cost < c)"),
        ),
        Mistake(
            "better_in_one_is_enough",
            "You take a model out as soon as another is better in one of the two. It must also be no worse in the other one.",
            OUT.format(out="(gain > g) | (cost < c)"),
        ),
        Mistake(
            "exactly_one_better",
            "You take a model out only if another is better in exactly one of the two. Better in both is a reason, too: join the strict parts with or.",
            OUT.format(out="(gain >= g) & (cost <= c) & ((gain > g) ^ (cost < c))"),
        ),
        Mistake(
            "up_to_the_cost_of_the_best",
            "You keep every model that costs no more than the one with the most gain. Among these, some may be beaten by others.",
            "import numpy as np\n\n\ndef worth_discussing(gain, cost):\n    return cost <= cost[gain == gain.max()].min()\n",
        ),
        Mistake(
            "keeps_all",
            "You keep every model. Some gain no more than another one that costs no more.",
            "import numpy as np\n\n\ndef worth_discussing(gain, cost):\n    return np.ones(len(gain), dtype=bool)\n",
        ),
        Mistake(
            "cost_turned_round",
            "You treat a high cost as good. A model is beaten by one that costs no more.",
            OUT.format(out="(gain >= g) & (cost >= c) & ((gain > g) | (cost > c))"),
        ),
        Mistake(
            "gain_turned_round",
            "You treat a low gain as good. A model is beaten by one that gains no less.",
            OUT.format(out="(gain <= g) & (cost <= c) & ((gain < g) | (cost < c))"),
        ),
        Mistake(
            "marks_those_that_are_out",
            "You mark the models that are out. Asked is True where a model is not out.",
            OUT.format(out=RIGHT).replace("not np.any", "np.any"),
        ),
        Mistake(
            "best_ratio",
            "You keep the best gain for one unit of cost. That is one point of many: who needs more gain may pay more for each unit.",
            "def worth_discussing(gain, cost):\n    return gain / cost == (gain / cost).max()\n",
        ),
        Mistake(
            "most_gain_only",
            "You keep only the models with the most gain. A cheaper model with less gain may be the better choice: it is beaten by none.",
            "def worth_discussing(gain, cost):\n    return gain == gain.max()\n",
        ),
        Mistake(
            "most_gain_at_least_cost",
            "You keep only the models with the most gain of all, at their lowest cost. Cheaper ones with less gain are not beaten by them.",
            "def worth_discussing(gain, cost):\n    return (gain == gain.max()) & (cost == cost[gain == gain.max()].min())\n",
        ),
        Mistake(
            "cheapest_only",
            "You keep only the cheapest models. A dearer model with more gain is not beaten by them.",
            "def worth_discussing(gain, cost):\n    return cost == cost.min()\n",
        ),
        Mistake(
            "ends_only",
            "You keep the most gain and the lowest cost. Between these ends there are models that none beats, too.",
            "def worth_discussing(gain, cost):\n    return (gain == gain.max()) | (cost == cost.min())\n",
        ),
        Mistake(
            "best_of_each_cost",
            "You keep the best model of each cost. A cheaper one may still gain as much or more: compare with those, too.",
            OUT.format(out="(gain > g) & (cost == c)"),
        ),
        Mistake(
            "cheapest_of_each_gain",
            "You keep the cheapest model of each gain. A better one may still cost no more: compare with those, too.",
            OUT.format(out="(gain == g) & (cost < c)"),
        ),
        Mistake(
            "above_the_average",
            "You compare with the average of gain and cost. A model is out only if one other model beats it.",
            "def worth_discussing(gain, cost):\n    return (gain >= gain.mean()) & (cost <= cost.mean())\n",
        ),
        Mistake(
            "positions_instead_of_a_mask",
            "You return the positions of the models. Asked is one truth value a model.",
            OUT.format(out=RIGHT).replace("return np.array(result)", "return np.flatnonzero(result)"),
        ),
        Mistake(
            "neighbour_only",
            "You compare each model with the next cheaper one only. Any cheaper model may beat it.",
            """
import numpy as np


def worth_discussing(gain, cost):
    order = np.lexsort((-gain, cost))
    keep = np.ones(len(gain), dtype=bool)
    for before, row in zip(order[:-1], order[1:]):
        keep[row] = gain[row] > gain[before] or (gain[row] == gain[before] and cost[row] == cost[before])
    return keep
""",
        ),
    ),
    draw=draw_models,
    takeaway="Only these models need a discussion; which of them to take depends on what a point of gain is worth.",
)

EXERCISES = (SCORE_ADS, FTRL_STEP, WORTH_DISCUSSING)
