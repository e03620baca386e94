"""Repair one function."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit, wrong

hints = (
    "Serve each night's index with the catalogue from which it was fitted: `catalogue[night]`. Which of the four "
    "functions should give the same?",
    "The tables of two nights have as many rows. Follow one film that has moved: which row had it in the night before, "
    "and which one has it now?",
    "What leaves and what comes in a night is done before the index of that night is fitted. The names must be as of "
    "the newest index, with all changes up to it and none after it.",
)
takeaway = (
    "Names and rows belong to one fit again. After the repair, the page has about 0.93 of the hits of the tests; sold "
    "out films and slow lines take the rest. No shape was wrong, because as many films came as left."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    """Changes in any order, also in nights without an index; the night asked for may have no index itself."""
    n_films, n_moved = ((8, 2), (30, 4), (200, 15))[number]
    nights = [f"03-{day:02d}" for day in range(2, 12)]
    ids = np.sort(rng.choice(1000, size=2 * n_films, replace=False))
    there = rng.permutation(np.arange(2 * n_films) < n_films)
    store = {"first": ids[there], "leave": {}, "come": {}, "index": {}, "users": {}, "likes": {}}
    for one in nights:
        leave, come = (rng.permutation(np.flatnonzero(mask))[:n_moved] for mask in (there, ~there))
        there[leave], there[come] = False, True
        store["leave"][one], store["come"][one] = ids[leave], ids[come]
        if one not in nights[1::3]:  # a night without an index
            store["index"][one] = rng.normal(size=(n_films, 2)).round(2)
            store["users"][one] = rng.normal(size=(3, 2)).round(2)
        store["likes"][one] = pd.Series(rng.integers(0, 9, n_films), index=ids[there])
    for one in ("users", "likes")[:number]:  # the store may hold other things, or not
        del store[one]
    if number:
        for kind in ("leave", "come"):
            store[kind] = {one: store[kind][one] for one in rng.permutation(nights).tolist()}
    return store, nights[(5, 4, 7)[number]]  # with an index, without one, with one before it that is the newest


def repaired(store, night):
    newest = max(one for one in store["index"] if one <= night)
    ready = sorted(one for one in store["come"] if one <= newest)
    films = set(store["first"])
    for one in ready:
        films = films - set(store["leave"][one]) | set(store["come"][one])
    return np.array(sorted(films))


def another(store, night):
    built = max(one for one in store["index"] if one <= night)
    films = pd.Index(store["first"])
    for one in [each for each in sorted(store["leave"]) if each <= built]:
        films = films.difference(store["leave"][one]).union(store["come"][one])
    return films


def stub(store, night): ...


def as_it_was(store, night):
    ready = sorted(one for one in store["come"] if one < night)
    films = set(store["first"])
    for one in ready:
        films = films - set(store["leave"][one]) | set(store["come"][one])
    return np.array(sorted(films))


def changes_the_vectors(store, night):
    return store["index"][max(one for one in store["index"] if one < night)]


equivalent = {
    "films = films - set(store['leave'][one]) ^ set(store['come'][one])": "what comes was not there",
}
mistakes = [
    wrong(
        as_it_was,
        "This is what the function of the notebook returns. Compare it with the films that the index of that night was "
        "fitted on.",
    ),
    edit(
        "one <= newest)",
        "one <= night)",
        "names_of_a_night_without_index",
        "Good when the night has an index. When it has none, the newest one is older: the films must be as of "
        "that one.",
    ),
    edit(
        "one <= newest)",
        "one < newest)",
        "one_night_too_old",
        "The index of a night is fitted after the changes of that night. You leave them out.",
    ),
    edit(
        "one <= newest)",
        "True)",
        "names_of_later_nights",
        "You take all changes of the store, also those of later nights. The rows are of the newest index.",
    ),
    edit(
        "films - set(store['leave'][one]) | set(store['come'][one])".replace("'", '"'),
        "films | set(store['come'][one])".replace("'", '"'),
        "nothing_leaves",
        "Films that have left are still in your table: it has more names than the index has rows.",
    ),
    edit(
        "np.array(sorted(films))",
        "np.array([*np.setdiff1d(sorted(films), store['come'][newest]), *store['come'][newest]])".replace("'", '"'),
        "new_films_at_the_end",
        "The right films, but you put the new ones behind the others. The rows are ascending by id.",
    ),
    wrong(
        changes_the_vectors,
        "These are vectors, of an older index. They would fit the old names, and no user: fit names to the newest index.",
    ),
]
