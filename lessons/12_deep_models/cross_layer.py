"""One cross layer."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "Two things happen: a linear function of `x`, and a product with `x0`. Write down the shape of each before you "
    "write code: which products are between matrices, and which entry by entry?",
    "The linear function gives one number an entry for each row: $W x + b$. It is multiplied, entry by entry, by "
    "the row's `x0`, which is the same in all layers. Then `x` itself is added, so the layer can also do nothing.",
    "Here each row of `x` is one impression, so $W x$ for all rows is `x @ W.T`. Add `b`, multiply by `x0` with "
    "`*`, and add `x`.",
)
takeaway = (
    "With `x0` in each layer the degree grows by one: products of two entries after one layer, of three after two. "
    "With W = 0 and b = 0 the layer returns `x`: what it does not need costs nothing to leave out."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_rows, width = ((2, 3), (7, 4), (30, 9))[number]
    x0, x = rng.normal(size=(2, n_rows, width)).round(2)
    return x0, x, rng.normal(size=(width, width)).round(2), rng.normal(size=width).round(2)


def cross_layer(x0, x, W, b):
    linear = x @ W.T + b
    return x0 * linear + x


def another(x0, x, W, b):
    result = x.copy()
    for entry in range(len(b)):
        result[:, entry] += x0[:, entry] * (x.dot(W[entry]) + b[entry])
    return result


mistakes = [
    edit(
        "x0 * linear",
        "x * linear",
        "multiplies_by_the_layer_itself",
        "You multiply by `x`, the output of the layer before. The factor is `x0`, the vectors of the row: then each "
        "layer raises the degree by one. With `x` it would double.",
    ),
    edit(
        "x0 * linear + x",
        "x0 * linear",
        "nothing_is_added",
        "You do not add `x`. Without it the products of the layers before are gone: the layer must hand on what it got.",
    ),
    edit(
        "x0 * linear + x",
        "x0 * linear + x0",
        "adds_the_first_input",
        "You add `x0`. What is handed on is `x`, the output of the layer before; in the first layer the two are equal, "
        "so a test with `x = x0` would not have told.",
    ),
    edit(
        "linear = x @ W.T + b\n    return x0 * linear + x",
        "linear = (x @ W.T).sum(axis=1, keepdims=True)\n    return x0 * linear + b + x",
        "one_number_for_the_row",
        "You multiply the whole row by one number, as the first version of the network did. Here each entry of `x0` has "
        "a linear function of its own: `W` is a matrix, and the product is entry by entry.",
    ),
    edit(
        "linear = x @ W.T + b\n    return x0 * linear + x",
        "linear = x @ W.T\n    return x0 * linear + b + x",
        "b_outside_the_product",
        "You add `b` after the product with `x0`. It belongs to the linear function: $x_0 \\odot (W x + b)$.",
    ),
    edit(
        "x @ W.T",
        "x @ W",
        "w_transposed",
        "You compute $W^T x$. In the formula entry i of $W x$ is row i of `W` times `x`; with a row for each impression "
        "that is `x @ W.T`.",
    ),
]
