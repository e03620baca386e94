"""One user's factors."""

import numpy as np

from mlpipe.course.definition import edit

core = True
hints = (
    "Write the two sums of the loss for this user on paper: over the films that the "
    "user likes, and over all the others. Then set the gradient to zero.",
    "The answer solves A x = b. A is a square matrix with one row a factor: the films with their weights, "
    "plus the ridge on the diagonal. Only the liked films have target 1, so only they are in b.",
    "Start from the Gram matrix of all films times `unobserved_weight`. The liked films are in it already, with that "
    "weight: add what they still lack to reach weight 1. Then the ridge, as a multiple of `np.eye(factors)`. Then "
    "`np.linalg.solve`.",
)
takeaway = (
    "The Gram matrix is made once for all users, so a user costs only the films in "
    "the history. That is the trick that makes the empty cells affordable."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_items, factors, n_liked = ((5, 2, 2), (40, 4, 11), (120, 9, 25))[number]
    item_factors = rng.normal(size=(n_items, factors)).round(2)
    liked = np.sort(rng.choice(n_items, size=n_liked, replace=False))
    return liked, item_factors, float(rng.uniform(0.05, 0.4)), float(rng.uniform(0.5, 5))


def user_vector(liked, item_factors, unobserved_weight, regularization):
    seen = item_factors[liked]
    everything = unobserved_weight * item_factors.T @ item_factors
    still_missing = (1 - unobserved_weight) * seen.T @ seen
    ridge = regularization * np.eye(item_factors.shape[1])
    A = everything + still_missing + ridge
    b = seen.sum(axis=0)
    return np.linalg.solve(A, b)


def another(liked, item_factors, unobserved_weight, regularization):
    target = np.zeros(len(item_factors))
    target[liked] = 1
    weight = np.where(target == 1, 1, unobserved_weight)
    A = (item_factors.T * weight) @ item_factors
    A[np.diag_indices_from(A)] += regularization
    return np.linalg.inv(A).dot(target @ item_factors)


mistakes = [
    edit(
        "(1 - unobserved_weight) * seen.T @ seen",
        "seen.T @ seen",
        "liked_films_weigh_too_much",
        "The Gram matrix of all films holds the liked ones already, with the weight of an unobserved cell. "
        "You add them again with weight 1, so they weigh too much: add only what is missing.",
    ),
    edit(
        "everything + still_missing + ridge",
        "seen.T @ seen + ridge",
        "ignores_the_unobserved",
        "You fit the liked films only. Without the empty cells nothing pulls a "
        "score down, and every film may score 1. All films belong in A.",
    ),
    edit(
        "everything + still_missing + ridge",
        "everything + ridge",
        "every_cell_weighs_the_same",
        "In your A a liked film weighs as little as an empty cell. Liked cells have weight 1: add what they "
        "still lack.",
    ),
    edit(
        "everything + still_missing + ridge",
        "everything + still_missing",
        "no_regularization",
        "The ridge is missing. Without it a user with fewer likes than factors is fitted to the noise.",
    ),
    edit(
        "regularization * np.eye(item_factors.shape[1])",
        "regularization",
        "ridge_in_every_cell",
        "You add the regularization to every cell of A. The penalty is on the "
        "squared length of the vector: it belongs on the diagonal only.",
    ),
    edit(
        "regularization * np.eye",
        "(len(liked) + unobserved_weight * len(item_factors)) * regularization * np.eye",
        "ridge_scaled_twice",
        "You multiply the ridge by $s_u$ once more. `regularization` is the whole ridge: $s_u$ is in it already.",
    ),
    edit(
        "seen.sum(axis=0)",
        "unobserved_weight * seen.sum(axis=0)",
        "target_has_the_small_weight",
        "Your right-hand side has the weight of unobserved cells. The liked films are observed: weight 1, target 1.",
    ),
    edit(
        "seen.sum(axis=0)",
        "seen.mean(axis=0)",
        "mean_instead_of_sum",
        "Your right-hand side is the mean of the liked films. The loss is a sum over "
        "cells, so it is their sum: a user with more likes is pulled harder.",
    ),
]
