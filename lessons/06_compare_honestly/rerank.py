"""A list that does not repeat itself."""

import numpy as np

from mlpipe.course.definition import edit, wrong

hints = (
    "The value of a film depends on what is in the list already, so it "
    "changes after each choice. Which part of the formula is it?",
    "Choose one film at a time. The first has the largest score. Then keep, for each film, the largest cosine "
    "to any chosen film: after each choice the larger of what you have and the cosine to the new one.",
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
    scores = (low + rng.choice(4000, size=n_items, replace=False) / 10_000).round(4)  # no ties
    genres = (rng.random((n_items, n_genres)) < 0.3) * rng.uniform(0.3, 2.0, size=(n_items, n_genres)).round(2)
    genres[np.arange(n_items), rng.integers(n_genres, size=n_items)] += 0.7  # no film without a genre
    if number == 1:  # one so good that it wins again and again, unless it is taken out; and cosines of both signs
        best, opposite, unlike = scores.argsort()[[0, n_items // 2, -1]]
        scores[best] = 2.0
        genres *= rng.choice([-1, 1], size=genres.shape)
        genres[[best, opposite, unlike]] = 0.7 * np.eye(n_genres)[[0, 0, 1]]
        genres[opposite] *= -1  # it comes second; were it taken for unlike, the best of those that are would
    if number == 2:  # the film with the middle score is like no other, so it enters the list
        genres = np.column_stack([genres, np.zeros(n_items)])
        genres[np.argsort(scores)[n_items // 2]] = np.eye(n_genres + 1)[-1]
    return scores, genres, round(rng.uniform((0.2, 0.3, 0.3)[number], (0.4, 0.36, 0.36)[number]), 3), k


def diverse_list(scores, vectors, dial, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    best = scores.argmax()
    chosen, closest = [best], unit @ unit[best]
    for place in range(1, k):
        value = (1 - dial) * scores - dial * closest
        value[chosen] = -np.inf
        best = value.argmax()
        chosen.append(best)
        closest = np.maximum(closest, unit @ unit[best])
    return np.array(chosen)


def another(scores, vectors, dial, k):
    unit = vectors.T / np.linalg.norm(vectors, axis=1)
    cosines = unit.T @ unit
    chosen = [scores.argmax()]
    for place in range(1, k):
        value = (1 - dial) * scores - dial * cosines[chosen].max(axis=0)
        left = np.setdiff1d(np.arange(len(scores)), chosen)
        chosen.append(left[value[left].argmax()])
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
        "np.maximum(closest, unit @ unit[best])",
        "unit @ unit[best]",
        "only_the_last_film",
        "You compare with the film chosen last and forget the others, so the third film "
        "may repeat the first. Keep the largest cosine to *any* chosen film.",
    ),
    edit(
        "np.maximum(closest, unit @ unit[best])",
        "(closest * place + unit @ unit[best]) / (place + 1)",
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
        "[best], unit @ unit[best]",
        "[best], np.maximum(unit @ unit[best], 0)",
        "starts_from_zero",
        "You begin with a largest cosine of 0, so a cosine below 0 never counts. "
        "The 0 is for the first choice only; after it, the largest cosine can be negative.",
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
