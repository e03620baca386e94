"""How often the intervals of `off_policy` cover the truth, and how often a target with support is refused.

Ten worlds of 40 contexts and 25 actions whose click rates (about 5 %) and scores are known. The log's policy and the
target are softmaxes of the score with inverse temperatures that differ, or have opposite signs. Each line is a range of
"effective clicks", effective rows times the target's true click rate, over logs of 1,000 to 16,000 rows: how many logs,
the share of 95 % intervals (SNIPS and IPS) that cover the target's true rate, and the share of logs refused because of
the mean weight, which are left out of the coverage. `min_effective_rows` and SUPPORT_ERRORS were chosen by it.

Run: python benchmarks/coverage_off_policy.py
"""

from itertools import pairwise

import numpy as np

from mlpipe.experiments import off_policy

SEEDS, RUNS = range(10), 25
N_CONTEXTS, N_ACTIONS = 40, 25
POLICIES = [(0, 2, 0), (0, 5, 0), (0, 50, 0), (1, 3, 0), (1, -1, 0), (2, 0, 0.05), (2, -1, 0.05), (2, -2, 0.02)]
EDGES = [0, 1, 3, 5, 10, 20, 50, 100, np.inf]


def softmax(scores: np.ndarray) -> np.ndarray:
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def main() -> None:
    found = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        score = rng.normal(size=(N_CONTEXTS, N_ACTIONS))
        rate = 1 / (1 + np.exp(3.2 - 0.8 * score - rng.normal(0, 0.4, score.shape)))
        for logged_beta, target_beta, epsilon in POLICIES:
            logging = (1 - epsilon) * softmax(logged_beta * score) + epsilon / N_ACTIONS
            target = softmax(target_beta * score)
            truth = (target * rate).sum(axis=1).mean()
            for n in (1_000, 4_000, 16_000):
                for _ in range(RUNS):
                    context = rng.integers(0, N_CONTEXTS, n)
                    drawn = rng.random(n)[:, None] > logging.cumsum(axis=1)[context]
                    action = np.minimum(drawn.sum(axis=1), N_ACTIONS - 1)
                    clicked = rng.random(n) < rate[context, action]
                    rows = clicked, logging[context, action], target[context, action]
                    found.append(
                        [*one_log(rows, truth), (rows[2] / rows[1]).sum() ** 2 / ((rows[2] / rows[1]) ** 2).sum()]
                    )
    table = np.array(found)
    enough = table[:, 4] >= 100
    print(f"100 effective rows or more: {table[enough, 3].mean():.2%} of {enough.sum():,} refused by the mean weight")
    print("effective clicks     logs  SNIPS    IPS  refused")
    for low, high in pairwise(EDGES):
        rows = table[(table[:, 0] >= low) & (table[:, 0] < high)]
        snips, ips = np.nanmean(rows[:, 1:3], axis=0)
        print(f"{low:5.0f} to {high:5.0f}     {len(rows):8,} {snips:6.3f} {ips:6.3f} {rows[:, 3].mean():8.2%}")


def one_log(rows: tuple[np.ndarray, np.ndarray, np.ndarray], truth: float) -> list[float]:
    """Effective clicks, whether SNIPS and IPS cover the truth (NaN: refused), whether refused by the mean weight."""
    weights = rows[2] / rows[1]
    clicks = weights.sum() ** 2 / (weights**2).sum() * truth
    try:
        both = [off_policy(*rows, how=how, min_effective_rows=2) for how in ("snips", "ips")]
    except ValueError as error:
        by_weight = "mean weight" in str(error)
        covered = np.nan if by_weight else 0.0  # no click among the rows that count: no interval that covers
        return [clicks, covered, covered, float(by_weight)]
    return [clicks, *(float(one.low <= truth <= one.high) for one in both), 0.0]


if __name__ == "__main__":
    main()
