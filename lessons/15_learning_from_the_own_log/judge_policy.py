"""What would the other policy have earned?"""

import numpy as np

from mlpipe.course.definition import edit, wrong

core = True
hints = (
    "For how many rows should a row speak? Two probabilities of the same item in the same context decide it.",
    "`wanted` has a row a context and a column an item. Look up the item that was shown, in its context, and divide by "
    "`logged`. All three answers are made from these weights.",
    "`w = wanted[context, shown] / logged`. The estimate is the mean of the clicks with weights w; the effective rows are "
    "a square over a sum of squares; the heaviest row is the largest w as a part of all.",
)
takeaway = (
    "An estimate without its effective rows is half an answer. If one row carries much of the weight, its luck is the "
    "estimate."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n, n_contexts, n_items = ((8, 2, 3), (70, 4, 6), (900, 9, 12))[number]
    chance, wanted = (rng.dirichlet(np.full(n_items, a), n_contexts).round(3) + 0.02 for a in (2.0, 0.7))
    chance, wanted = (table / table.sum(axis=1, keepdims=True) for table in (chance, wanted))
    while True:
        context = rng.integers(0, n_contexts, n)
        ends = chance.cumsum(axis=1)[context]
        shown = np.minimum((rng.random((n, 1)) > ends).sum(axis=1), n_items - 1)
        clicked = (rng.random(n) < 0.4).astype(int)
        w = wanted[context, shown] / chance[context, shown]
        if 1 < clicked.sum() < n and not clicked[w.argmax()]:  # the heaviest row has no click
            return clicked, context, shown, chance[context, shown].round(4), wanted.round(4)


def judge_policy(clicked, context, shown, logged, wanted):
    w = wanted[context, shown] / logged
    estimate = (w * clicked).sum() / w.sum()
    effective = w.sum() ** 2 / (w**2).sum()
    heaviest = w.max() / w.sum()
    return estimate, effective, heaviest


def another(clicked, context, shown, logged, wanted):
    rows = zip(context, shown, logged)
    share = np.array([float(wanted[c][item]) / p for c, item, p in rows])
    share = share / share.sum()  # these add up to 1
    return sum(share[clicked == 1]), 1 / sum(share**2), max(share)


def _judged(clicked, w):
    return (w * clicked).sum() / w.sum(), w.sum() ** 2 / (w**2).sum(), w.max() / w.sum()


def only_rows_of_its_favourite(clicked, context, shown, logged, wanted):
    agrees = wanted[context, shown] >= np.median(wanted, axis=1)[context]
    return _judged(clicked, agrees / logged)


mistakes = [
    edit(
        "wanted[context, shown] / logged",
        "wanted[context, shown]",
        "forgets_the_log",
        "You weight by what the other policy wants. But the log shows some items often anyway: divide by the chance "
        "that they had, `logged`.",
    ),
    edit(
        "wanted[context, shown] / logged",
        "logged / wanted[context, shown]",
        "upside_down",
        "Your weight is logged over wanted. A row that the other policy shows more often must count for more.",
    ),
    edit(
        "wanted[context, shown] / logged",
        "wanted.max(axis=1)[context] / logged",
        "its_favourite_instead_of_the_shown",
        "You take the largest probability of the context. The row tells of the item that was *shown*: take the "
        "probability of that one.",
    ),
    edit(
        "wanted[context, shown] / logged",
        "wanted.mean(axis=0)[shown] / logged",
        "without_the_context",
        "You average the policy over its contexts first. It chooses in the context of the row: look the item up there.",
    ),
    edit(
        "(w * clicked).sum() / w.sum()",
        "(w * clicked).mean()",
        "divides_by_rows",
        "You divide by the number of rows: IPS. Asked is the self-normalised estimate: divide by the sum of the weights.",
    ),
    edit(
        "w.sum() ** 2 / (w**2).sum()",
        "(w[clicked == 1].sum()) ** 2 / (w[clicked == 1] ** 2).sum()",
        "effective_clicks",
        "You count the rows with a click only. A row without one speaks about the rate as well.",
    ),
    edit(
        "w.max() / w.sum()",
        "(w * clicked).max() / (w * clicked).sum()",
        "heaviest_click",
        "You take the heaviest row among those with a click. The heaviest of all may have none, and it pulls the "
        "estimate down.",
    ),
    wrong(
        only_rows_of_its_favourite,
        "You keep rows whose item the policy likes, and forget how much it likes it. Its probability is the weight's "
        "upper part, also where it is small.",
    ),
]
