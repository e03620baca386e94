"""Exercises of trap 5: name the fault, then repair the choice of the tables that are served."""

import numpy as np

from mlpipe.course.exercise import Definition, Mistake
from mlpipe.course.exercises._traps import name_the_fault

FAULT = name_the_fault(
    "t5",
    "mixed_model_versions",
    hints=(
        "On Monday all is well. What is new on Tuesday, and what is not? Read how the two tables are filled, night by night.",
        "The printed neighbours are good, so the film vectors are. The users' vectors are as good. Each table is fine with itself. "
        "What does a score need both for?",
        "The axes of a space of taste are chosen anew, at random, each time a model is fitted: axis 3 of Monday is not axis 3 of "
        "Tuesday. Which name describes a product of two vectors that do not share their axes?",
    ),
    messages={
        "delayed_labels": "Likes that are still to come would lower the hits a little on each day alike. Here Monday is fine and "
        "Tuesday is near chance.",
        "leaky_counter": "Then the test before publishing would be too good, and Monday's page would be bad, too. Monday's page "
        "does what its test promised. And the model has no counters.",
        "sample_ratio_mismatch": "That is a fault of an experiment with two arms, seen in the number of users of each arm. Here "
        "all users get the same page.",
        "sampled_metrics": "Then the test would be too high on each day, Monday included. It ranks all films, and Monday's page "
        "agrees with it.",
        "stale_model": "An older model loses slowly. On Monday night's model alone, the page would be almost as good on Thursday. "
        "Here it falls to near chance from one day to the next.",
        "train_serve_mismatch": "Near, but no feature is computed twice: the model has none. What is served was all made in "
        "training, and each table is what it should be. Look at what is put together.",
        "uncorrected_downsampling": "That fault makes probabilities too high and leaves the order as it is. Here the order is lost, "
        "and there are no probabilities.",
    },
    takeaway="The users come from the newest night, the films from Monday. Each fit turns its space in its own way, so the product of "
    "the two says nothing, while each table passes every test of its own. Publish both under one version, and refuse a mixture.",
)


def draw_tables(rng: np.random.Generator, number: int) -> tuple:
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


TABLES = """
def tables_to_serve(user_tables, film_tables):
{body}
"""


def tables(body: str) -> str:
    return TABLES.format(body=body.strip("\n"))


FIX = Definition(
    id="t5.fix",
    title="Repair the choice of the tables",
    stub=tables("""
    users = user_tables[max(user_tables)]
    films = film_tables[max(film_tables)]
    return users, films
"""),
    hints=(
        "Which pairs of tables were made by one and the same fit?",
        "Both tables must be of one night. Of the nights that are in both, take the newest. On the days before the next film table "
        "comes, that means users who are a few days old.",
        "A dictionary's keys behave like a set: `a.keys() & b.keys()` are the keys that both have. Dates written like these sort as "
        "text. Choose one night, then look both tables up with it.",
    ),
    solution=tables("""
    night = max(user_tables.keys() & film_tables.keys())
    return user_tables[night], film_tables[night]
"""),
    another=tables("""
    for night in sorted(user_tables, reverse=True):
        if night in film_tables:
            return user_tables[night], film_tables[night]
"""),
    mistakes=(
        Mistake(
            "newest_of_each",
            "These are the newest users and the newest films, each for itself. They can come from two fits, whose axes differ.",
            tables("""
    users = user_tables[sorted(user_tables)[-1]]
    films = film_tables[sorted(film_tables)[-1]]
    return users, films
"""),
        ),
        Mistake(
            "last_one_not_later",
            "The newest film table that is not later than the users' one is nearer, but it is of another fit all the same. The nights "
            "must be equal.",
            tables("""
    night = max(user_tables)
    earlier = [one for one in film_tables if one <= night]
    return user_tables[night], film_tables[max(earlier)]
"""),
        ),
        Mistake(
            "scales_the_vectors",
            "You bring the vectors to length one. Their length was not the trouble: the axes of two fits have nothing in common.",
            tables("""
    users, films = user_tables[max(user_tables)], film_tables[max(film_tables)]
    lengths = [(table**2).sum(axis=1, keepdims=True) ** 0.5 + 1e-9 for table in (users, films)]
    return users / lengths[0], films / lengths[1]
"""),
        ),
        Mistake(
            "mean_of_the_nights",
            "You take means over the nights. A mean of vectors with different axes belongs to no space at all. Take one night.",
            tables("""
    users, films = list(user_tables.values()), list(film_tables.values())
    return sum(users) / len(users), sum(films) / len(films)
"""),
        ),
        Mistake(
            "oldest_common_night",
            "The two tables fit each other, but you serve the oldest night that both have. Take the newest one.",
            tables("""
    night = min(user_tables.keys() & film_tables.keys())
    return user_tables[night], film_tables[night]
"""),
        ),
        Mistake(
            "first_common_night_found",
            "The two tables fit each other, but you take the first common night in the order of the dictionary, which is not "
            "that of time.",
            tables("""
    for night in user_tables:
        if night in film_tables:
            return user_tables[night], film_tables[night]
"""),
        ),
    ),
    draw=draw_tables,
    takeaway="Users and films now come from one fit, a few days old. After the repair, the page has about 1.0 times the hits that the "
    "newest model promised. A few days of age cost almost nothing; a mixture cost nearly all.",
)

EXERCISES = (FAULT, FIX)
