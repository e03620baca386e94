"""A list that does not repeat itself."""

import numpy as np

from mlpipe.course.definition import edit, wrong

hints = (
    "The value of a film depends on what is in the list already, so it "
    "changes after each choice. Which part of the formula is it?",
    "Choose one film at a time. Keep, for each film, the largest cosine to any chosen film: zero at "
    "first, and after each choice the larger of what you have and the cosine to the new one.",
    "Divide each vector by its length once; then `unit @ unit[best]` gives the cosines of all films to film `best`. "
    "Update with `np.maximum`. Chosen films get the value minus infinity, so that `argmax` passes them by.",
)
takeaway = (
    "One choice at a time is what makes it cheap: each new film needs its "
    "cosines to the candidates once, not a search over all lists."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_items, n_genres, k = ((8, 3, 3), (40, 6, 8), (120, 10, 20))[number]
    low = (-0.5, 0.5, 0.3)[number]  # scores need not be positive, nor end at 1
    scores = rng.uniform(low, low + 0.4, size=n_items).round(4)
    if number == 1:
        scores[rng.integers(n_items)] = 1.6  # so good that it wins again and again, unless it is taken out
    genres = (rng.random((n_items, n_genres)) < 0.3) * rng.uniform(0.3, 2.0, size=(n_items, n_genres)).round(2)
    genres[np.arange(n_items), rng.integers(n_genres, size=n_items)] += 0.7  # no film without a genre
    if number == 2:  # the film with the middle score is like no other, so it enters the list
        genres = np.column_stack([genres, np.zeros(n_items)])
        genres[np.argsort(scores)[n_items // 2]] = np.eye(n_genres + 1)[-1]
    return scores, genres, round(rng.uniform((0.2, 0.15, 0.3)[number], (0.4, 0.25, 0.36)[number]), 3), k


def diverse_list(scores, vectors, dial, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    closest = np.zeros(len(scores))
    chosen = []
    for place in range(k):
        value = (1 - dial) * scores - dial * closest
        value[chosen] = -np.inf
        best = int(value.argmax())
        chosen.append(best)
        similarity = unit @ unit[best]
        closest = np.maximum(closest, similarity)
    return np.array(chosen)


def another(scores, vectors, dial, k):
    def cosine(i, j):
        return vectors[i] @ vectors[j] / np.sqrt((vectors[i] @ vectors[i]) * (vectors[j] @ vectors[j]))

    chosen = []
    left = set(range(len(scores)))
    while len(chosen) < k:
        new = {i: min((1 - cosine(i, j) for j in chosen), default=1.0) for i in left}  # how new film i is to the list
        best = max(left, key=lambda i: (1 - dial) * scores[i] + dial * new[i])
        chosen.append(best)
        left.remove(best)
    return chosen


def not_one_at_a_time(scores, vectors, dial, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    value = (1 - dial) * scores - dial * (unit @ unit[scores.argmax()])
    return np.argsort(-value)[:k]


mistakes = [
    edit(
        "(1 - dial) * scores - dial * closest",
        "(1 - dial) * scores + dial * closest",
        "looks_for_the_same",
        "You add the similarity, so each film is chosen because it is like the others. Subtract it.",
    ),
    edit(
        "(1 - dial) * scores - dial * closest",
        "dial * scores - (1 - dial) * closest",
        "dial_the_wrong_way_round",
        "Your dial works the wrong way round: at 0 the scores do not count. They "
        "are weighted by 1 minus the dial, the similarity by the dial.",
    ),
    edit(
        "np.maximum(closest, similarity)",
        "similarity",
        "only_the_last_film",
        "You compare with the film chosen last and forget the others, so the third film "
        "may repeat the first. Keep the largest cosine to *any* chosen film.",
    ),
    edit(
        "np.maximum(closest, similarity)",
        "(closest * place + similarity) / (place + 1)",
        "mean_similarity",
        "You use the mean cosine to the chosen films. Asked is the largest: one near copy in the list is enough.",
    ),
    edit(
        "vectors / np.linalg.norm(vectors, axis=1, keepdims=True)",
        "vectors",
        "inner_product",
        "You use the inner product. Films with long vectors (many genres) then look "
        "close to everything: divide by the lengths to get the cosine.",
    ),
    edit(
        "value[chosen] = -np.inf",
        "pass",
        "may_choose_a_film_again",
        "A film comes twice in your list. The penalty alone does not keep a chosen film out: exclude it.",
    ),
    wrong(
        not_one_at_a_time,
        "You compute all values once, against the best film, and sort. After each choice "
        "the list is another one, so the values change: choose one at a time.",
    ),
]
