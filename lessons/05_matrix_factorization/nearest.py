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
    n_items, factors, k = ((5, 2, 2), (16, 3, 4), (200, 8, 10))[number]
    vectors = rng.normal(size=(n_items, factors)) * rng.lognormal(0, 1, size=(n_items, 1))  # popular films are longer
    vectors = vectors.round(3)
    film, twin = np.sort(rng.choice(n_items, size=2, replace=False))[:: (-1, 1, 1)[number]].tolist()
    vectors[film] *= 0.5  # short, so that it is not its own nearest by the inner product
    if number < 2:  # a film in the same direction, on an axis, where the cosine is exact: it may stand before the film
        vectors[film] = 0.5 * (np.arange(factors) == rng.integers(factors))
        vectors[twin] = 4 * vectors[film]
    return vectors, film, k


def nearest(item_factors, film, k):
    unit = item_factors / np.linalg.norm(item_factors, axis=1, keepdims=True)
    similarity = unit @ unit[film]
    similarity[film] = -np.inf
    order = np.argsort(-similarity)
    return order[:k]


def another(item_factors, film, k):
    closeness = item_factors @ item_factors[film] / np.linalg.norm(item_factors, axis=1)  # the cosine, times a constant
    order = np.argsort(closeness)[::-1]
    return order[order != film][:k]


mistakes = [
    edit(
        "unit @ unit[film]",
        "item_factors @ item_factors[film]",
        "inner_product",
        "You sort by the inner product. It favours long vectors, that is "
        "popular films, whatever film you ask for. Divide by the lengths.",
    ),
    edit(
        "unit @ unit[film]",
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
        "similarity[film] = -np.inf",
        "pass",
        "one_film_too_few",
        "You cut the list at k and then take the film itself out, so one is missing. Take it out first.",
        also=(("order[:k]", "order[:k][order[:k] != film]"),),
    ),
    edit(
        "similarity[film] = -np.inf",
        "pass",
        "leaves_out_the_first",
        "You leave out whatever comes first. That can be another film which points in exactly "
        "the same direction, while the film itself stays in: leave it out by its number.",
        also=(("order[:k]", "order[1 : k + 1]"), ("(-similarity)", '(-similarity, kind="stable")')),
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
