"""Exercises of lesson 05: one user's normal equations, one step of gradient descent, the nearest films."""

import numpy as np

from mlpipe.course.exercise import Definition, Mistake


def draw_user(rng: np.random.Generator, number: int) -> tuple:
    n_items, factors, n_liked = ((5, 2, 2), (40, 4, 11), (300, 9, 25))[number]
    item_factors = rng.normal(size=(n_items, factors)).round(2)
    liked = np.sort(rng.choice(n_items, size=n_liked, replace=False))
    return liked, item_factors, float(rng.uniform(0.05, 0.4)), float(rng.uniform(0.5, 5))


USER = """
import numpy as np


def user_vector(liked, item_factors, unobserved_weight, regularization):
    seen = item_factors[liked]
    A = {A}
    b = {b}
    return np.linalg.solve(A, b)
"""
EVERYTHING = "unobserved_weight * item_factors.T @ item_factors"
MORE = "(1 - unobserved_weight) * seen.T @ seen"
RIDGE = "regularization * np.eye(item_factors.shape[1])"


def user(A: str = f"{EVERYTHING} + {MORE} + {RIDGE}", b: str = "seen.sum(axis=0)") -> str:
    return USER.format(A=A, b=b)


USER_STEP = Definition(
    id="05.user_step",
    title="One user's factors",
    core=True,
    stub="""
def user_vector(liked, item_factors, unobserved_weight, regularization):
    ...
""",
    hints=(
        "Write the two sums of the loss for this user on paper: over the films that the user likes, and over all the others. Then set the gradient to zero.",
        "The answer solves A x = b. A is a square matrix with one row a factor: the films with their weights, plus the ridge on the diagonal. Only the "
        "liked films have target 1, so only they are in b.",
        "Start from the Gram matrix of all films times `unobserved_weight`. The liked films are in it already, with that weight: add what they still lack "
        "to reach weight 1. Then the ridge, as a multiple of `np.eye(factors)`. Then `np.linalg.solve`.",
    ),
    solution=user(),
    another="""
import numpy as np


def user_vector(liked, item_factors, unobserved_weight, regularization):
    n_items, factors = item_factors.shape
    weight = np.full(n_items, unobserved_weight)
    weight[liked] = 1.0
    target = np.zeros(n_items)
    target[liked] = 1.0
    # weighted least squares with a ridge, as an ordinary one with more rows
    rows = np.vstack([np.sqrt(weight)[:, None] * item_factors, np.sqrt(regularization) * np.eye(factors)])
    values = np.concatenate([np.sqrt(weight) * target, np.zeros(factors)])
    return np.linalg.lstsq(rows, values, rcond=None)[0]
""",
    mistakes=(
        Mistake(
            "liked_films_weigh_too_much",
            "The Gram matrix of all films holds the liked ones already, with the weight of an unobserved cell. You add them again with weight 1, so they "
            "weigh too much: add only what is missing.",
            user(f"{EVERYTHING} + seen.T @ seen + {RIDGE}"),
        ),
        Mistake(
            "ignores_the_unobserved",
            "You fit the liked films only. Without the empty cells nothing pulls a score down, and every film may score 1. All films belong in A.",
            user(f"seen.T @ seen + {RIDGE}"),
        ),
        Mistake(
            "every_cell_weighs_the_same",
            "In your A a liked film weighs as little as an empty cell. This is the default that the lesson warns of: liked cells have weight 1.",
            user(f"{EVERYTHING} + {RIDGE}"),
        ),
        Mistake(
            "all_films_in_the_target",
            "Your right-hand side adds up all films. The target of a film that is not liked is 0, so it adds nothing there.",
            user(b="item_factors.sum(axis=0)"),
        ),
        Mistake(
            "target_has_the_small_weight",
            "Your right-hand side has the weight of unobserved cells. The liked films are observed: weight 1, target 1.",
            user(b="unobserved_weight * seen.sum(axis=0)"),
        ),
        Mistake(
            "target_keeps_only_the_difference",
            "You use 1 minus the weight of an empty cell on the right-hand side, too. There nothing was counted before: the liked films enter with weight 1.",
            user(b="(1 - unobserved_weight) * seen.sum(axis=0)"),
        ),
        Mistake(
            "no_regularization",
            "The ridge is missing. Without it a user with fewer likes than factors is fitted to the noise.",
            user(f"{EVERYTHING} + {MORE}"),
        ),
        Mistake(
            "ridge_in_every_cell",
            "You add the regularization to every cell of A. The penalty is on the squared length of the vector: it belongs on the diagonal only.",
            user(f"{EVERYTHING} + {MORE} + regularization"),
        ),
        Mistake(
            "mean_instead_of_sum",
            "Your right-hand side is the mean of the liked films. The loss is a sum over cells, so it is their sum: a user with more likes is pulled harder.",
            user(b="seen.mean(axis=0)"),
        ),
        Mistake(
            "multiplies_by_the_matrix",
            "You multiply b by A. The equation is A x = b: solve it.",
            user().replace("np.linalg.solve(A, b)", "A @ b"),
        ),
    ),
    draw=draw_user,
    takeaway="The Gram matrix is made once for all users, so a user costs only the films in the history. That is the trick that makes the empty cells affordable.",
)


def draw_rating(rng: np.random.Generator, number: int) -> tuple:
    factors = (2, 5, 16)[number]
    user_bias, item_bias = rng.normal(0, 0.5, size=2).round(2).tolist()
    p, q = rng.normal(size=(2, factors)).round(2)
    rating = float(rng.integers(1, 11) / 2)
    if abs(rating - (3.5 + user_bias + item_bias + p @ q)) < 0.3:  # an error that makes a step worth seeing
        rating += 1.5
    return rating, 3.5, user_bias, item_bias, p, q, float(rng.uniform(0.05, 0.2)), float(rng.uniform(0.05, 0.3))


SGD = """
def step(rating, mean, user_bias, item_bias, p, q, rate, regularization):
    error = rating - (mean + user_bias + item_bias + p @ q)
    new_p = p + rate * (error * q - regularization * p)
    new_q = q + rate * (error * p - regularization * q)
    new_user_bias = user_bias + rate * (error - regularization * user_bias)
    new_item_bias = item_bias + rate * (error - regularization * item_bias)
    return new_user_bias, new_item_bias, new_p, new_q
"""

SGD_STEP = Definition(
    id="05.sgd_step",
    title="One step of gradient descent",
    stub="""
def step(rating, mean, user_bias, item_bias, p, q, rate, regularization):
    ...
""",
    hints=(
        "First compute the prediction and its error. Should the step make the error larger or smaller?",
        "Differentiate half the squared error plus half the penalty by each of the four parameters. Each update is the parameter plus the rate times (error times "
        "what the parameter is multiplied with, minus the penalty).",
        "p is multiplied with q, so its step has `error * q - regularization * p`. A bias is multiplied with 1. Compute all four new values from the old ones, "
        "then return them in the order user bias, item bias, p, q.",
    ),
    solution=SGD,
    another="""
import numpy as np


def step(rating, mean, user_bias, item_bias, p, q, rate, regularization):
    left = np.concatenate([[user_bias, 1.0], p])
    right = np.concatenate([[1.0, item_bias], q])
    error = rating - mean - left @ right
    new_left = left + rate * (error * right - regularization * left)
    new_right = right + rate * (error * left - regularization * right)
    return new_left[0], new_right[1], new_left[2:], new_right[2:]
""",
    mistakes=(
        Mistake(
            "uses_the_new_p_for_q",
            "You update p first and use the new p in the step of q. All gradients belong to one point: compute both from the old values.",
            SGD.replace("error * p - regularization * q", "error * new_p - regularization * q"),
        ),
        Mistake(
            "walks_uphill",
            "Your step goes in the wrong direction: after it the error is larger. Move against the gradient; with error = rating - prediction that is a plus.",
            SGD.replace("rate * (error", "rate * (-error"),
        ),
        Mistake(
            "no_regularization",
            "The penalty is missing: each parameter is also pulled towards zero.",
            SGD.replace("regularization", "0 * regularization").replace(
                "rate, 0 * regularization)", "rate, regularization)"
            ),
        ),
        Mistake(
            "penalty_with_the_wrong_sign",
            "Your penalty pushes the parameters away from zero. It has to pull them back: subtract it.",
            SGD.replace("- regularization *", "+ regularization *"),
        ),
        Mistake(
            "biases_stand_still",
            "The biases do not move. They are parameters like the others, multiplied with 1.",
            SGD.replace("+ rate * (error - regularization * user_bias)", "").replace(
                "+ rate * (error - regularization * item_bias)", ""
            ),
        ),
        Mistake(
            "biases_without_penalty",
            "The biases are not regularized. In the loss of this lesson they are penalized like the vectors.",
            SGD.replace("(error - regularization * user_bias)", "error").replace(
                "(error - regularization * item_bias)", "error"
            ),
        ),
        Mistake(
            "error_without_biases",
            "Your error leaves out the biases. The prediction has four parts: mean, two biases and the product.",
            SGD.replace("(mean + user_bias + item_bias + p @ q)", "(mean + p @ q)"),
        ),
        Mistake(
            "penalty_is_not_scaled",
            "You subtract the penalty without the learning rate. The rate multiplies the whole gradient, penalty included.",
            SGD.replace("rate * (error * q - regularization * p)", "rate * error * q - regularization * p")
            .replace("rate * (error * p - regularization * q)", "rate * error * p - regularization * q")
            .replace("rate * (error - regularization * user_bias)", "rate * error - regularization * user_bias")
            .replace("rate * (error - regularization * item_bias)", "rate * error - regularization * item_bias"),
        ),
        Mistake(
            "order_of_results",
            "The numbers are right, but the order is not: user bias, item bias, p, q.",
            SGD.replace(
                "return new_user_bias, new_item_bias, new_p, new_q", "return new_p, new_q, new_user_bias, new_item_bias"
            ),
        ),
    ),
    draw=draw_rating,
    takeaway="Two lines more than for a linear model: because p multiplies q, each is the other's feature.",
)


def draw_films(rng: np.random.Generator, number: int) -> tuple:
    n_items, factors, k = ((5, 2, 2), (30, 4, 5), (400, 8, 10))[number]
    vectors = rng.normal(size=(n_items, factors)) * rng.lognormal(0, 1, size=(n_items, 1))  # popular films are longer
    vectors = vectors.round(3)
    film = int(rng.integers(n_items))
    vectors[film] *= 0.5  # short, so that it is not its own nearest by the inner product
    return vectors, film, k


NEAREST = """
import numpy as np


def nearest(item_factors, film, k):
    length = np.linalg.norm(item_factors, axis=1)
    similarity = item_factors @ item_factors[film] / (length * length[film])
    similarity[film] = -np.inf
    return np.argsort(-similarity, kind="stable")[:k]
"""

NEIGHBOURS = Definition(
    id="05.nearest",
    title="The nearest films",
    stub="""
def nearest(item_factors, film, k):
    ...
""",
    hints=(
        "A popular film has a long vector. Which measure of closeness does not see the length?",
        "The cosine: the inner product over the product of the lengths. Sort by it, largest first. The film itself is not an answer.",
        "`np.linalg.norm(item_factors, axis=1)` gives all lengths. Divide, set the film's own similarity to minus infinity, and `np.argsort` the negative.",
    ),
    solution=NEAREST,
    another="""
import numpy as np


def nearest(item_factors, film, k):
    unit = item_factors / np.linalg.norm(item_factors, axis=1, keepdims=True)
    distance = np.linalg.norm(unit - unit[film], axis=1)  # on the unit sphere the nearest have the largest cosine
    order = np.argsort(distance, kind="stable")
    return order[order != film][:k]
""",
    mistakes=(
        Mistake(
            "inner_product",
            "You sort by the inner product. It favours long vectors, that is popular films, whatever film you ask for. Divide by the lengths.",
            NEAREST.replace(" / (length * length[film])", ""),
        ),
        Mistake(
            "names_itself",
            "A film is always its own nearest neighbour, with cosine 1. Leave it out.",
            NEAREST.replace("    similarity[film] = -np.inf\n", ""),
        ),
        Mistake(
            "farthest_first",
            "Your order is ascending: these are the films that have least in common with it. Largest cosine first.",
            NEAREST.replace("similarity[film] = -np.inf", "similarity[film] = np.inf").replace(
                "argsort(-similarity", "argsort(similarity"
            ),
        ),
        Mistake(
            "euclidean_distance",
            "You sort by the distance between the vectors. It depends on their lengths, so films of like popularity seem close. Compare directions.",
            """
import numpy as np


def nearest(item_factors, film, k):
    distance = np.linalg.norm(item_factors - item_factors[film], axis=1)
    distance[film] = np.inf
    return np.argsort(distance, kind="stable")[:k]
""",
        ),
        Mistake(
            "similarities_instead_of_films",
            "You return the similarities. Return which films they belong to: their row numbers.",
            NEAREST.replace(
                'return np.argsort(-similarity, kind="stable")[:k]', "return np.sort(similarity)[::-1][:k]"
            ),
        ),
        Mistake(
            "skips_the_first",
            "You leave out the first of the list, but the film itself was out already, so its nearest neighbour is lost.",
            NEAREST.replace("[:k]", "[1 : k + 1]"),
        ),
    ),
    draw=draw_films,
    takeaway="The cosine answers 'what is like this film?', the inner product 'what would a user like this film's audience choose?'. The second likes popular films.",
)

EXERCISES = (USER_STEP, SGD_STEP, NEIGHBOURS)
