"""Team draft."""

import numpy as np

from mlpipe.course.definition import edit, wrong

hints = (
    "Two captains pick in turn. What must a captain do whose best player is already in a team?",
    "In each round the coin decides the order of the two. Each goes down their own list until an item comes that is "
    "not in the mixed list yet. Stop when it is long enough, also in the middle of a round.",
    "The round of a place is `place // 2`, and in each round the second pick is the other team's. The pick is the first "
    "item of that ranking which `items` does not hold: a loop that stops there, or `next` over a condition.",
)
takeaway = (
    "The coin is what makes it fair: with a fixed first captain the better places, which are looked at more, would go "
    "to one ranking, and equal rankings would look different."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    k = (5, 6, 9)[number]
    while True:
        a = rng.permutation(40)[:k] + 10
        b = a[np.argsort(np.arange(k) + rng.normal(0, 1.5, k))]  # nearly the order of a
        new = rng.random(k) < 0.25
        b[new] = rng.permutation(np.arange(100, 100 + k))[: new.sum()]
        coins = rng.random((k + 1) // 2) < 0.5
        right = mixed_list(a, b, coins)
        if 0 < coins.sum() < len(coins) and new.any() and right != same_rank_only(a, b, coins):
            return a, b, coins


def mixed_list(a, b, coins):
    items, teams = [], []
    for place in range(len(a)):
        first = 0 if coins[place // 2] else 1
        team = first if place % 2 == 0 else 1 - first
        ranking = b if team else a
        items.append(next(item for item in ranking if item not in items))
        teams.append(team)
    return items, teams


def another(a, b, coins):
    items: list = []
    teams: list = []
    for coin in coins:
        for team in (0, 1) if coin else (1, 0):
            left = [item for item in (a, b)[team] if item not in items]
            items += left[:1]
            teams += [team]
    return np.array(items[: len(a)]), np.array(teams[: len(a)])


def same_rank_only(a, b, coins):
    items, teams = [], []
    for i in range(len(a)):
        order = ((0, a[i]), (1, b[i])) if coins[min(i, len(coins) - 1)] else ((1, b[i]), (0, a[i]))
        for team, item in order:
            if item not in items:
                items.append(item)
                teams.append(team)
    return items[: len(a)], teams[: len(a)]


mistakes = [
    edit(
        "0 if coins[place // 2] else 1",
        "0",
        "a_always_first",
        "`a` always picks first, so it has the better places: two equal rankings would not be judged as equal. Let the "
        "coin of each round decide.",
    ),
    edit(
        "0 if coins[place // 2] else 1",
        "1 if coins[place // 2] else 0",
        "coin_the_wrong_way_round",
        "Where the coin is True you let `b` pick first. It is `a` that picks first then.",
    ),
    edit(
        "coins[place // 2]",
        "coins[0]",
        "one_coin_for_all",
        "You throw one coin for the whole list. Then one ranking has the better place in every round: one coin a "
        "round.",
    ),
    edit(
        "first if place % 2 == 0 else 1 - first",
        "first",
        "twice_in_a_round",
        "The one who picks first picks second, too. In each round both have one pick.",
    ),
    edit(
        "next(item for item in ranking if item not in items)",
        "ranking[place // 2]",
        "item_twice",
        "You take the next item of the ranking even if the list has it already. A page shows an item once: go on to "
        "the best one that is not in the list.",
    ),
    wrong(
        same_rank_only,
        "Where an item is in the list already you skip the turn. Each ranking picks in each round, so that no team "
        "gets ahead by more than one: go further down its list.",
    ),
    edit(
        "ranking = b if team else a",
        "ranking = a if team else b",
        "credit_to_the_other",
        "An item that `a` picked belongs to team 0. You give it to the other one, and the loser wins.",
    ),
]
