"""A list that does not repeat itself."""

import numpy as np

from mlpipe.course.definition import edit, wrong

hints = (
    (
        "The value of a film depends on what is in the list already, so it changes after each choice. Which part "
        "of the formula is it?"
    ),
    (
        "Choose one film at a time. Keep, for each film, the largest cosine to any chosen film: zero at first, and "
        "after each choice the larger of what you have and the cosine to the new one."
    ),
    (
        "Divide each vector by its length once; then `unit @ unit[best]` gives the cosines of all films to film "
        "`best`. Update with `np.maximum`. Chosen films get the value minus infinity, so that `argmax` passes them "
        "by."
    ),
)
takeaway = (
    "One choice at a time is what makes it cheap: each new film needs its cosines to the candidates once, not "
    "a search over all lists."
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


def distance_for_cosine(scores, vectors, dial, k):
    chosen = [int(scores.argmax())]
    while len(chosen) < k:
        apart = np.linalg.norm(vectors[:, None] - vectors[chosen], axis=2).min(axis=1)
        value = (1 - dial) * scores + dial * apart
        value[chosen] = -np.inf
        chosen.append(int(value.argmax()))
    return np.array(chosen)


def similarity_to_the_average(scores, vectors, dial, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    chosen = [int(scores.argmax())]
    while len(chosen) < k:
        centre = unit[chosen].mean(axis=0)
        value = (1 - dial) * scores - dial * (unit @ centre) / np.linalg.norm(centre)
        value[chosen] = -np.inf
        chosen.append(int(value.argmax()))
    return np.array(chosen)


def not_one_at_a_time(scores, vectors, dial, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    value = (1 - dial) * scores - dial * (unit @ unit[scores.argmax()])
    return np.argsort(-value)[:k]


def compares_with_all_films(scores, vectors, dial, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, 0)
    return np.argsort(-((1 - dial) * scores - dial * similarity.max(axis=1)))[:k]


def mean_over_all_films(scores, vectors, dial, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.argsort(-((1 - dial) * scores - dial * (unit @ unit.T).mean(axis=1)))[:k]


mistakes = [
    edit(
        "(1 - dial) * scores - dial * closest",
        "1.0 * scores",
        "best_scores_only",
        "These are the best scores: the dial does nothing. Subtract the dial times the similarity to what is chosen.",
    ),
    edit(
        "scores - dial",
        "scores + dial",
        "looks_for_the_same",
        "You add the similarity, so each film is chosen because it is like the others. Subtract it.",
    ),
    edit(
        "np.maximum(closest, similarity)",
        "similarity",
        "only_the_last_film",
        (
            "You compare with the film chosen last and forget the others, so the third film may repeat the first. "
            "Keep the largest cosine to *any* chosen film."
        ),
    ),
    edit(
        "np.maximum(closest, similarity)",
        "similarity if place == 0 else closest",
        "only_the_first_film",
        (
            "You compare with the first film only. A film must differ from all that are chosen: update the "
            "similarity after each choice."
        ),
    ),
    edit(
        "np.maximum(closest, similarity",
        "(closest * place + similarity) / (place + 1",
        "mean_similarity",
        "You use the mean cosine to the chosen films. Asked is the largest: one near copy in the list is enough.",
    ),
    edit(
        "np.maximum(closest, similarity)",
        "closest + similarity",
        "sum_of_similarities",
        "You add up the cosines, so the penalty grows with the length of the list. Asked is the largest one.",
    ),
    edit(
        "np.maximum",
        "similarity if place == 0 else np.minimum",
        "smallest_similarity",
        (
            "You use the smallest cosine to the chosen films. A film that differs from one of them may still be a "
            "copy of another: use the largest."
        ),
    ),
    edit(
        " (",
        " dial * scores - (",
        "dial_the_wrong_way_round",
        (
            "Your dial works the wrong way round: at 0 the scores do not count. They are weighted by 1 minus the "
            "dial, the similarity by the dial."
        ),
        also=((" * scores - dial", ""),),
    ),
    edit(
        "(1 - dial) * ",
        "",
        "full_score",
        "The score keeps its full weight in your answer. The two weights sum to 1: give the score 1 minus the dial.",
    ),
    edit(
        "dial * ", "", "full_similarity", "The similarity has its full weight in your answer. Multiply it by the dial."
    ),
    edit(
        "(1 - dial) * scores - dial *",
        "scores -",
        "ignores_the_dial",
        (
            "You do not use the dial: score and similarity have the same weight. Weight them by 1 minus the dial "
            "and by the dial."
        ),
    ),
    edit(
        "scores - ",
        "scores / scores.max() - ",
        "scores_scaled_to_one",
        (
            "You divide the scores by the largest one. In a real system that may be wise; here the formula uses "
            "the scores as they are."
        ),
    ),
    edit(
        "scores ",
        "(scores - scores.min()) / np.ptp(scores) ",
        "scores_scaled_from_zero_to_one",
        (
            "You stretch the scores to run from 0 to 1. In a real system that may be wise; here the formula uses "
            "the scores as they are."
        ),
    ),
    edit(
        "(1 - dial) * scores - dial * closest",
        "scores * (1 - dial * closest)",
        "penalty_multiplied",
        (
            "You multiply the score by one minus the penalty. The formula subtracts: (1 - dial) times the score, "
            "minus the dial times the cosine."
        ),
    ),
    wrong(
        distance_for_cosine,
        "You use the distance between the vectors. It depends on their lengths; asked is the cosine, which does not.",
    ),
    wrong(
        similarity_to_the_average,
        (
            "You compare with the average of the chosen films. A film can be far from the average and still be a "
            "copy of one of them: use the largest cosine."
        ),
    ),
    edit(
        "closest\n        ",
        "closest if place else -np.arange(len(scores), dtype=float)\n        ",
        "starts_with_film_zero",
        (
            "Your list starts with film 0. The first choice has nothing to be compared with, so it is the film "
            "with the best score."
        ),
    ),
    edit(
        " / np.linalg.norm(vectors, axis=1, keepdims=True)",
        "",
        "inner_product",
        (
            "You use the inner product. Films with long vectors (many genres) then look close to everything: "
            "divide by the lengths to get the cosine."
        ),
    ),
    edit(
        "linalg",
        "sqrt(np.linalg",
        "divides_by_one_length",
        "You divide by the length of one of the two vectors only. The cosine divides by both.",
        also=(("True)", "True))"),),
    ),
    edit(
        "value[chosen] = -np.inf",
        "pass",
        "may_choose_a_film_again",
        "A film comes twice in your list. The penalty alone does not keep a chosen film out: exclude it.",
    ),
    edit(
        "-np.inf",
        "0",
        "taken_out_with_zero",
        (
            "You give chosen films the value 0. Where all other values are negative, 0 is the largest, and they "
            "are chosen again: use minus infinity."
        ),
    ),
    wrong(
        not_one_at_a_time,
        (
            "You compute all values once, against the best film, and sort. After each choice the list is another "
            "one, so the values change: choose one at a time."
        ),
    ),
    wrong(
        compares_with_all_films,
        (
            "You compare each film with all films, chosen or not. What is not in the list cannot be repeated: "
            "compare with the chosen ones."
        ),
    ),
    wrong(
        mean_over_all_films,
        (
            "You use the mean cosine to all films, once. The penalty is about what is in the list already: one "
            "film at a time, against the chosen ones."
        ),
    ),
    edit(
        "zeros(len(scores)",
        "where(scores >= np.sort(scores)[-k], 0.0, np.inf",
        "only_among_the_best",
        (
            "You reorder the films with the k best scores. A film from below may enter the list: choose among all "
            "of them."
        ),
        also=(
            ("similarity = unit @ unit[best]\n        ", ""),
            ("similarity)", "unit @ unit[best])"),
        ),
    ),
    edit(
        "array",
        "sort",
        "sorted_by_number",
        "The films are right, but not their order: return them as they were chosen, the best first.",
    ),
    edit(
        "chosen)",
        "sorted(chosen, key=lambda i: -scores[i]))",
        "sorted_by_score",
        "The films are right, but you sort them by score. Return them in the order in which they were chosen.",
    ),
    edit(
        "chosen)\n",
        "chosen)[::-1]\n",
        "last_first",
        "The films are right, but the last choice stands first. Return them in the order in which they were chosen.",
    ),
    edit(
        "np.array(chosen)",
        "scores[chosen]",
        "scores_instead_of_films",
        "You return the scores of the chosen films. Return which films they are: their numbers.",
    ),
]
