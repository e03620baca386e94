"""The nearest films."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "A popular film has a long vector. Which measure of closeness does not see the length?",
    "The cosine: the inner product over the product of the lengths. Sort "
    "by it, largest first. The film itself is not an answer.",
    "`np.linalg.norm(item_factors, axis=1)` gives all lengths. Divide, set the "
    "film's own similarity to minus infinity, and `np.argsort` the negative.",
)
takeaway = (
    "The cosine answers 'what is like this film?', the inner product 'what would a "
    "user like this film's audience choose?'. The second likes popular films."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_items, factors, k = ((5, 2, 2), (30, 4, 5), (400, 8, 10))[number]
    vectors = rng.normal(size=(n_items, factors)) * rng.lognormal(0, 1, size=(n_items, 1))  # popular films are longer
    vectors = vectors.round(3)
    film = int(rng.integers(n_items))
    vectors[film] *= 0.5  # short, so that it is not its own nearest by the inner product
    return vectors, film, k


def nearest(item_factors, film, k):
    length = np.linalg.norm(item_factors, axis=1)
    similarity = item_factors @ item_factors[film] / (length * length[film])
    similarity[film] = -np.inf
    order = np.argsort(-similarity, kind="stable")
    return order[:k]


def another(item_factors, film, k):
    unit = item_factors / np.linalg.norm(item_factors, axis=1, keepdims=True)
    distance = np.linalg.norm(unit - unit[film], axis=1)  # on the unit sphere the nearest have the largest cosine
    order = np.argsort(distance, kind="stable")
    return order[order != film][:k]


mistakes = [
    edit(
        "item_factors @ item_factors[film] / (length * length[film])",
        "item_factors @ item_factors[film]",
        "inner_product",
        "You sort by the inner product. It favours long vectors, that is "
        "popular films, whatever film you ask for. Divide by the lengths.",
    ),
    edit(
        "item_factors @ item_factors[film] / (length * length[film])",
        "-np.linalg.norm(item_factors - item_factors[film], axis=1)",
        "euclidean_distance",
        "You sort by the distance between the vectors. It depends on their "
        "lengths, so films of like popularity seem close. Compare directions.",
    ),
    edit(
        "similarity[film] = -np.inf",
        "pass",
        "names_itself",
        "A film is always its own nearest neighbour, with cosine 1. Leave it out.",
    ),
    edit(
        "order[:k]",
        "order[1 : k + 1]",
        "skips_the_first",
        "You leave out the first of the list, but the film itself was out already, so its nearest neighbour is lost.",
    ),
    edit(
        "-similarity",
        "similarity",
        "farthest_first",
        "Your order is ascending: these are the films that have least in common with it. Largest cosine first.",
        also=(("-np.inf", "np.inf"),),
    ),
    edit(
        "return order[:k]",
        "return similarity[order[:k]]",
        "similarities_instead_of_films",
        "You return the similarities. Return which films they belong to: their row numbers.",
    ),
]
