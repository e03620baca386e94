"""Repair one function."""

import numpy as np

from mlpipe.course.definition import edit, wrong

hints = (
    "Compute the hits of Friday for users who came since Monday, and for the others. Which function treats them apart?",
    "The films are of the night on which the index was built. Which vectors of the users may be multiplied with "
    "them: those of how many nights?",
    "All rows must be of one night, that of the index: the newest index that is not later than the night asked for. "
    "New vectors of single users would have to be solved for on the old films; the store has none like that.",
)
takeaway = (
    "Users and films come from one fit now, up to a week old. After the repair, the page of Friday has about 1.0 times "
    "the hits of the night's test. A few days of age cost too little to be seen here; the mixture cost most of the hits."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    """Several indices, one of them later than the night asked for; tables in any order."""
    n_users, n_films, n_factors = ((4, 5, 2), (7, 9, 3), (30, 40, 5))[number]
    nights = [f"03-{day:02d}" for day in range(2, 24)]
    built = [f"03-{day:02d}" for day in (2, 9, 16, 23)]
    # The night of the second index, or some days after it and before the third.
    night = "03-09" if number == 1 else f"03-{rng.integers(11, 16):02d}"
    came = {one: rng.random(n_users) < 0.4 for one in rng.permutation(nights)}
    came[night] = ~np.any([came[one] for one in nights if "03-09" < one < night], axis=0) | (np.arange(n_users) == 0)
    came[night][-1] = False  # one user of the draw has not come since the index was built
    for one in nights:
        came[one][-1] = came[one][-1] and one <= "03-09"
    store = {
        "users": {
            one: rng.normal(size=(n_users, n_factors)) for one in (rng.permutation(nights) if number else nights)
        },
        "films": {one: rng.normal(size=(n_films, n_factors)) for one in rng.permutation(built)},
        "came": came,
        "liked": {one: rng.random((n_users, n_films)) < 0.3 for one in nights},
        "withdrawn": rng.choice(["03-05", "12-31"], size=n_films),
    }
    for one in ("withdrawn", "liked")[number:]:  # the store may hold other things, or not
        del store[one]
    return store, night


def repaired(store, night):
    built = max(one for one in store["films"] if one <= night)
    return store["users"][built]


def another(store, night):
    for one in sorted(store["users"], reverse=True):
        if one <= night and one in store["films"]:
            return store["users"][one].copy()


def stub(store, night): ...


def as_it_was(store, night):
    built = max(one for one in store["films"] if one <= night)
    came = [store["came"][one] for one in store["came"] if built < one <= night]
    lately = np.reshape(np.any(came, axis=0), (-1, 1))
    return np.where(lately, store["users"][night], store["users"][built])


def scales_the_vectors(store, night):
    users = as_it_was(store, night)
    return users / (np.linalg.norm(users, axis=1, keepdims=True) + 1e-9)


def changes_the_films(store, night):
    return store["films"][max(store["films"])]


mistakes = [
    wrong(
        as_it_was,
        "This is what the function of the notebook returns: some vectors of one night and some of another. Compare the "
        "hits of the two kinds of users.",
    ),
    edit(
        'store["users"][built]',
        'store["users"][night]',
        "newest_users_for_all",
        "All users have their newest vectors now. The films have not: now nobody's vector fits them.",
    ),
    edit(
        "if one <= night)",
        ")",
        "index_of_a_later_night",
        "You take the newest index of the store, also if it was built after the night that is asked for. At "
        "that moment it was not there.",
    ),
    edit(
        "max(",
        "min(",
        "oldest_index",
        "The two tables fit each other, but you serve the first index of all. Take the newest one that was there.",
    ),
    edit(
        'store["users"][built]',
        '(store["users"][built] + store["users"][night]) / 2',
        "mean_of_two_nights",
        "You take means of two fits. One half of each vector fits the films, the other half is noise to them.",
    ),
    wrong(
        scales_the_vectors,
        "You bring the vectors to length one. Their length was not the trouble: the axes of two fits have nothing in "
        "common.",
    ),
    wrong(
        changes_the_films,
        "These are vectors of films. There is an index once a week only, so newer ones are not there: it is the other side "
        "that has to fit.",
    ),
]
