"""The loss of a batch with the sampling correction."""

import numpy as np
from scipy.special import logsumexp

from mlpipe.course.definition import edit

core = True
hints = (
    "Every row is a small classification: which of the columns did this user like? Its own column is the right class. "
    "Which columns may stand in the sum of the softmax?",
    "Make the table of scores, rows are users and columns are items. The correction belongs to the item: one number a "
    "column. A column that the user likes, other than the own one, must add exactly nothing to the sum.",
    "Scores: products of all rows of `x` with all rows of `y`, less the log of `q`. Set what is known to minus "
    "infinity, but leave the diagonal. Of each row: log of the sum of the exponentials, less the diagonal. Then the "
    "mean of the rows.",
)
takeaway = (
    "The correction is one number a column and costs nothing. At serving it is left out: the score is then the one of "
    "the item in the whole catalogue, not of the item in a batch where popular ones are drawn too often."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n, d = ((4, 2), (9, 3), (40, 8))[number]
    item = rng.permutation(n)
    item[-1] = item[0]  # one item comes twice
    count = rng.integers(1, 30, n)
    y, q = rng.normal(size=(n, d)), count / count.sum()
    known = rng.random((n, n)) < 0.25
    known[:, 1] = known[1, 2] = False  # each row has a negative
    known[1, 0] = True
    known[:, -1] = known[:, 0]
    known[[0, -1], [-1, 0]] = True
    known[np.arange(n), np.arange(n)] = True
    return rng.normal(size=(n, d)).round(2), y[item].round(2), q[item].round(3).clip(0.001), known


def batch_loss(x, y, q, known):
    scores = x @ y.T - np.log(q)
    own = np.diag(scores)
    allowed = ~known | np.eye(len(x), dtype=bool)
    total = np.where(allowed, np.exp(scores), 0).sum(axis=1)
    return (np.log(total) - own).mean()


def another(x, y, q, known):
    losses = []
    for r in range(len(x)):
        scores = [x[r] @ y[c] - np.log(q[c]) for c in range(len(y)) if c == r or not known[r, c]]
        losses.append(logsumexp(scores) - x[r] @ y[r] + np.log(q[r]))
    return sum(losses) / len(losses)


equivalent = {
    "allowed = ~known ^ np.eye(len(x), dtype=bool)": "the own item is always known",
    "scores = [y[c] @ x[r] - np.log(q[c]) for c in range(len(y)) if c == r or not known[r, c]]": "a product of vectors",
    "losses.append(logsumexp(scores) - y[r] @ x[r] + np.log(q[r]))": "a product of vectors",
}
mistakes = [
    edit(
        "- np.log(q)",
        "+ np.log(q)",
        "sign_of_the_correction",
        "You add the log of q. Popular items are negatives more often than others; training answers with scores "
        "that are higher by - log q, most for rare items. Take log q off the scores of the batch, and it need not.",
    ),
    edit(
        "np.log(q)",
        "np.log(q)[:, None]",
        "correction_by_row",
        "Your correction is the same for all columns of a row, or missing: it cancels in the softmax. It belongs to "
        "the item of the column.",
    ),
    edit(
        "np.log(q)",
        "q",
        "probability_for_its_log",
        "You take off q itself. Weights 1 / q in the sum of the exponentials are - log q in the scores.",
    ),
    edit(
        "axis=1",
        "axis=0",
        "softmax_over_the_users",
        "You sum down the columns: which user fits this item? The question is which item fits this user.",
    ),
    edit(
        "~known | np.eye(len(x), dtype=bool)",
        "~known",
        "own_item_left_out",
        "Each user has the own item, so `known` is true on the diagonal, and you leave the right class out of its sum.",
    ),
    edit(
        "~known | np.eye(len(x), dtype=bool)",
        "np.ones_like(known)",
        "likes_as_negatives",
        "Items that the user likes stand in the sum as negatives. Only the own column and the unknown ones belong there.",
    ),
    edit(
        "np.where(allowed, np.exp(scores), 0)",
        "np.exp(np.where(allowed, scores, 0))",
        "score_of_zero_for_none",
        "You set scores that do not count to 0, and exp(0) = 1 counts. Minus infinity adds nothing.",
    ),
    edit(
        "np.diag(scores)",
        "np.diag(x @ y.T)",
        "own_score_uncorrected",
        "The own column is drawn like the others: it gets the same correction, above and below.",
    ),
]
