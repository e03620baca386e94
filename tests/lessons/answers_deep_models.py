"""Answers as people write them, to the exercises of lesson 12."""

RIGHT = {
    "12.batch_loss": {
        "masked array of scores": """
from scipy.special import log_softmax
def batch_loss(x, y, q, known):
    scores = x @ y.T - np.log(q)[None, :]
    others = known.copy()
    np.fill_diagonal(others, False)
    scores[others] = -np.inf
    return -np.diag(log_softmax(scores, axis=1)).mean()
""",
        "weights instead of a correction": """
def batch_loss(x, y, q, known):
    e = np.exp(x @ y.T) / q
    mask = np.eye(len(x)) + (1 - known)
    own = np.diag(e)
    return float(-np.log(own / (e * (mask > 0)).sum(1)).mean())
""",
        "loop": """
import math
def batch_loss(x, y, q, known):
    total = 0.0
    for r in range(len(x)):
        below = 0.0
        for c in range(len(y)):
            if r == c or not known[r][c]:
                below += math.exp(sum(x[r] * y[c])) / q[c]
        total += math.log(below) - sum(x[r] * y[r]) + math.log(q[r])
    return total / len(x)
""",
    },
    "12.user_vector": {
        "mask as weights": """
def user_vector(history, table, target):
    keep = (history != -1) & (history != target)
    n = keep.sum()
    return keep.astype("float32") @ table[history] / max(n, 1) ** 0.5
""",
        "set and list": """
def user_vector(history, table, target):
    left = set(history.tolist()) - {-1, target}
    if not left:
        return [0.0] * table.shape[1]
    return list(sum(table[i] for i in left) / np.sqrt(len(left)))
""",
    },
}

WRONG = {
    "12.batch_loss": {
        "probabilities averaged": """
def batch_loss(x, y, q, known):
    s = x @ y.T - np.log(q)
    s = np.where(known & ~np.eye(len(x), dtype=bool), -np.inf, s)
    p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
    return -np.log(np.diag(p).mean())
""",
        "correction off the own score only": """
def batch_loss(x, y, q, known):
    s = x @ y.T
    s = np.where(known & ~np.eye(len(x), dtype=bool), -np.inf, s)
    own = np.diag(s) - np.log(q)
    return (np.log(np.exp(s).sum(axis=1)) - own).mean()
""",
        "negative sign forgotten": """
def batch_loss(x, y, q, known):
    s = x @ y.T - np.log(q)
    s = np.where(known & ~np.eye(len(x), dtype=bool), -np.inf, s)
    return (np.diag(s) - np.log(np.exp(s).sum(axis=1))).mean()
""",
    },
    "12.user_vector": {
        "target only out of the count": """
def user_vector(history, table, target):
    kept = history[history >= 0]
    n = (kept != target).sum()
    return table[kept].sum(axis=0) / np.sqrt(max(n, 1))
""",
        "unit length": """
def user_vector(history, table, target):
    kept = history[(history >= 0) & (history != target)]
    v = table[kept].sum(axis=0)
    return v / max(np.sqrt((v**2).sum()), 1e-9)
""",
        "nothing for the empty one": """
def user_vector(history, table, target):
    kept = history[(history >= 0) & (history != target)]
    if len(kept) == 0:
        return None
    return table[kept].sum(axis=0) / np.sqrt(len(kept))
""",
    },
}
