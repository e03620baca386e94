"""Repair the choice of the tables."""

import numpy as np

from mlpipe.course.definition import edit, wrong

hints = (
    "Which pairs of tables were made by one and the same fit?",
    "Both tables must be of one night. Of the nights that are in both, take the newest. "
    "On the days before the next film table comes, that means users who are a few days old.",
    "A dictionary's keys behave like a set: `a.keys() & b.keys()` are the keys that both have. "
    "Dates written like these sort as text. Choose one night, then look both tables up with it.",
)
takeaway = (
    "Users and films now come from one fit, a few days old. After the repair, the page has about 1.0 times "
    "the hits that the newest model promised. A few days of age cost almost nothing; a mixture cost nearly all."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    """Two or three nights are in both tables; the newest night of one table, or of each, is in it alone."""
    sizes, days = ((3, 4, 2), (6, 9, 3), (10, 20, 4))[number], rng.choice(np.arange(2, 29), size=7, replace=False)
    nights = [f"2026-03-{day:02d}" for day in np.sort(days)]
    in_users, in_films = (([0, 3, 5, 6], [0, 2, 3]), ([0, 1, 3, 4], [0, 3, 4, 6]), ([1, 2, 4, 6], [1, 2, 4, 5]))[number]
    n_users, n_films, n_factors = sizes
    common = set(in_users) & set(in_films)
    in_users.sort(key=lambda night: (night == max(common), night == min(common)))  # the newest one is found last
    users = {nights[night]: rng.normal(size=(n_users, n_factors)) for night in in_users}
    films = {nights[night]: rng.normal(size=(n_films, n_factors)) for night in rng.permutation(in_films)}
    return users, films


def tables_to_serve(user_tables, film_tables):
    night = max(user_tables.keys() & film_tables.keys())
    return user_tables[night], film_tables[night]


def another(user_tables, film_tables):
    for night in sorted(user_tables, reverse=True):
        if night in film_tables:
            return user_tables[night], film_tables[night]


def stub(user_tables, film_tables):
    users = user_tables[max(user_tables)]
    films = film_tables[max(film_tables)]
    return users, films


def scales_the_vectors(user_tables, film_tables):
    users, films = user_tables[max(user_tables)], film_tables[max(film_tables)]
    return tuple(table / (np.linalg.norm(table, axis=1, keepdims=True) + 1e-9) for table in (users, films))


mistakes = [
    edit(
        "user_tables[night], film_tables[night]",
        "user_tables[max(user_tables)], film_tables[max(film_tables)]",
        "newest_of_each",
        "These are the newest users and the newest films, each for itself. "
        "They can come from two fits, whose axes differ.",
    ),
    edit(
        "max(user_tables.keys() & film_tables.keys())",
        "max(user_tables)",
        "last_one_not_later",
        "The newest film table that is not later than the users' one is nearer, "
        "but it is of another fit all the same. The nights must be equal.",
        also=(("film_tables[night]", "film_tables[max(one for one in film_tables if one <= night)]"),),
    ),
    wrong(
        scales_the_vectors,
        "You bring the vectors to length one. "
        "Their length was not the trouble: the axes of two fits have nothing in common.",
    ),
    edit(
        "user_tables[night], film_tables[night]",
        "sum(user_tables.values()) / len(user_tables), sum(film_tables.values()) / len(film_tables)",
        "mean_of_the_nights",
        "You take means over the nights. "
        "A mean of vectors with different axes belongs to no space at all. Take one night.",
    ),
    edit(
        "max(user_tables.keys() & film_tables.keys())",
        "min(user_tables.keys() & film_tables.keys())",
        "oldest_common_night",
        "The two tables fit each other, but you serve the oldest night that both have. Take the newest one.",
    ),
    edit(
        "max(user_tables.keys() & film_tables.keys())",
        "next(one for one in user_tables if one in film_tables)",
        "first_common_night_found",
        "The two tables fit each other, but you take the first common "
        "night in the order of the dictionary, which is not that of time.",
    ),
]
