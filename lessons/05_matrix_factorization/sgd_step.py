"""One step of gradient descent."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "First compute the prediction and its error. Should the step make the error larger or smaller?",
    "Differentiate half the squared error plus half the penalty by each of the four parameters. Each update is the "
    "parameter plus the rate times (error times what the parameter is multiplied with, minus the penalty).",
    "p is multiplied with q, so its step has `error * q - regularization * p`. A bias is multiplied with 1. Compute "
    "all four new values from the old ones, then return them in the order user bias, item bias, p, q.",
)
takeaway = "Two lines more than for a linear model: because p multiplies q, each is the other's feature."


def draw(rng: np.random.Generator, number: int) -> tuple:
    factors = (2, 5, 16)[number]
    user_bias, item_bias = rng.normal(0, 0.5, size=2).round(2).tolist()
    p, q = rng.normal(size=(2, factors)).round(2)
    rating = float(rng.integers(1, 11) / 2)
    if abs(rating - (3.5 + user_bias + item_bias + p @ q)) < 0.3:  # an error that makes a step worth seeing
        rating += 1.5
    return rating, 3.5, user_bias, item_bias, p, q, float(rng.uniform(0.05, 0.2)), float(rng.uniform(0.05, 0.3))


def step(rating, mean, user_bias, item_bias, p, q, rate, regularization):
    error = rating - (mean + user_bias + item_bias + p @ q)
    new_user_bias = user_bias + rate * (error - regularization * user_bias)
    new_item_bias = item_bias + rate * (error - regularization * item_bias)
    new_p = p + rate * (error * q - regularization * p)
    new_q = q + rate * (error * p - regularization * q)
    return new_user_bias, new_item_bias, new_p, new_q


def another(rating, mean, user_bias, item_bias, p, q, rate, regularization):
    left = np.concatenate([[user_bias, 1.0], p])
    right = np.concatenate([[1.0, item_bias], q])
    error = rating - mean - (left * right).sum()
    new_left = left + rate * (error * right - regularization * left)
    new_right = right + rate * (error * left - regularization * right)
    return new_left[0], new_right[1], new_left[2:], new_right[2:]


equivalent = {"error = rating - (mean + user_bias + item_bias + q @ p)": "an inner product commutes"}


mistakes = [
    edit(
        "rating - (mean + user_bias + item_bias + p @ q)",
        "mean + user_bias + item_bias + p @ q - rating",
        "walks_uphill",
        "Your step goes in the wrong direction: after it the error is larger. Move "
        "against the gradient; with error = rating - prediction that is a plus.",
    ),
    edit(
        "mean + user_bias + item_bias + p @ q",
        "mean + p @ q",
        "error_without_biases",
        "Your error leaves out the biases. The prediction has four parts: mean, two biases and the product.",
    ),
    edit(
        "error * p",
        "error * new_p",
        "uses_the_new_p_for_q",
        "You update p first and use the new p in the step of q. All gradients "
        "belong to one point: compute both from the old values.",
    ),
    edit(
        "new_user_bias, new_item_bias, new_p, new_q",
        "user_bias, item_bias, new_p, new_q",
        "biases_stand_still",
        "The biases do not move. They are parameters like the others, multiplied with 1.",
    ),
    edit(
        "- regularization *",
        "- 0 *",
        "no_regularization",
        "The penalty is missing: each parameter is also pulled towards zero.",
    ),
    edit(
        "- regularization *",
        "+ regularization *",
        "penalty_with_the_wrong_sign",
        "Your penalty pushes the parameters away from zero. It has to pull them back: subtract it.",
    ),
    edit(
        "- regularization *",
        "- regularization / rate *",
        "penalty_is_not_scaled",
        "You subtract the penalty without the learning rate. The rate multiplies the whole gradient, penalty included.",
    ),
    edit(
        "rate * (error",
        "2 * rate * (error",
        "twice_the_gradient",
        "Your step is twice as long as asked. The loss has a half before each square: "
        "the 2 of the derivative cancels with it.",
    ),
]
