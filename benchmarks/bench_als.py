"""ALS against `implicit`'s: time and quality at equal settings, and how time grows with the number of interactions.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/bench_als.py
One thread everywhere. Times are CPU seconds of tasks that take turns; read the ratios. Writes build/bench/als.png.
"""

import os
from functools import partial
from pathlib import Path

os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # before NumPy is loaded

import numpy as np
import scipy.sparse as sp
from common import hold_out, power_law, seconds
from implicit.cpu.als import AlternatingLeastSquares

from mlpipe.datasets import movielens, to_matrix
from mlpipe.ranking_metrics import ndcg_at_k
from mlpipe.recommenders import ALS

FACTORS, ALPHA = 64, 10.0
IMPLICIT = "implicit, conjugate gradient"
BUILD = Path(__file__).parents[1] / "build" / "bench"


def theirs(matrix: sp.csr_matrix, penalty: float, cg: bool, iterations: int) -> AlternatingLeastSquares:
    model = AlternatingLeastSquares(
        FACTORS, penalty * ALPHA, ALPHA, use_cg=cg, iterations=iterations, num_threads=1, random_state=0
    )
    model.fit(matrix, show_progress=False)
    return model


def ours(matrix: sp.csr_matrix, penalty: float, solver: str, iterations: int) -> ALS:
    return ALS(FACTORS, penalty, 1 / ALPHA, 0.0, iterations, solver).fit(matrix)


def compare(name: str, matrix: sp.csr_matrix, penalty: float, repeats: int) -> None:
    """Equal objective, iterations and cg steps; the first factors differ, which is the noise of the comparison."""
    train, test = hold_out(matrix)
    users = np.flatnonzero(np.diff(train.indptr) * np.diff(test.indptr))[:5000]
    fits = {
        IMPLICIT: partial(theirs, train, penalty, True),
        "ALS, conjugate gradient": partial(ours, train, penalty, "cg"),
        "implicit, Cholesky": partial(theirs, train, penalty, False),
        "ALS, Cholesky": partial(ours, train, penalty, "cholesky"),
    }
    one = seconds(*(partial(fit, 1) for fit in fits.values()), repeats=repeats)
    more = seconds(*(partial(fit, 3) for fit in fits.values()), repeats=repeats)
    iteration = [(b - a) / 2 for a, b in zip(one, more, strict=True)]
    quality = []
    for fit in fits.values():
        model = fit(15)
        if isinstance(model, ALS):
            items = model.recommend(users, 10)[0]
        else:
            items = model.recommend(users, train[users], N=10, filter_already_liked_items=True)[0]
        quality.append(ndcg_at_k(items, test[users]))
    print(f"\n{name}: {train.shape[0]:,} x {train.shape[1]:,}, {train.nnz:,} interactions, {FACTORS} factors")
    print(f"{'':32}{'CPU s an iteration':>20}{'ratio':>8}{'nDCG@10':>10}  difference, 95 %")
    for model_name, spent, found in zip(fits, iteration, quality, strict=True):
        difference = found - quality[0]
        noise = np.std(difference) / np.sqrt(len(difference))
        print(
            f"{model_name:32}{spent:20.4f}{spent / iteration[0]:8.2f}{found.mean():10.4f}"
            f"  {difference.mean():+.4f} +- {2 * noise:.4f}"
        )


def growth(sizes: tuple[int, ...]) -> list[tuple[int, list[float]]]:
    """CPU seconds of an iteration and of lists for 1,000 users; users and items grow with the interactions."""
    rows = []
    print(f"\n{'':36}one iteration, CPU s          1,000 lists, CPU s")
    print(f"{'interactions':>12}{'users':>9}{'items':>9}{'ALS':>9}{'implicit':>10}{'ALS':>18}{'implicit':>10}")
    for n in sizes:
        matrix = power_law(n // 50, n // 100, n)
        fits = (partial(ours, matrix, 10.0, "cg"), partial(theirs, matrix, 10.0, True))
        model, peer = (fit(1) for fit in fits)
        users = np.arange(1000)
        one = seconds(*(partial(fit, 1) for fit in fits), repeats=2)
        more = seconds(*(partial(fit, 3) for fit in fits), repeats=2)
        asks = (partial(model.recommend, users), partial(peer.recommend, users, matrix[users]))
        lists = seconds(*asks)
        times = [(b - a) / 2 for a, b in zip(one, more, strict=True)] + lists
        rows.append((n, times))
        shown = f"{times[0]:9.3f}{times[1]:10.3f}{times[2]:18.3f}{times[3]:10.3f}"
        print(f"{n:12,}{matrix.shape[0]:9,}{matrix.shape[1]:9,}{shown}")
    return rows


def draw(rows: list[tuple[int, list[float]]]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    sizes, times = [n for n, _ in rows], np.array([spent for _, spent in rows])
    fig, axes = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    for ax, columns, title in zip(
        axes, ((0, 1), (2, 3)), ("One iteration at 64 factors", "Ten items for each of 1,000 users"), strict=True
    ):
        for column, label, colour in zip(columns, ("ALS", "implicit"), ("#0072b2", "#7f7f7f"), strict=True):
            ax.loglog(sizes, times[:, column], marker="o", color=colour)
            ax.annotate(label, (sizes[-1], times[-1, column]), (6, 0), textcoords="offset points", color=colour)
        ax.set(title=title, xlabel="interactions", ylabel="CPU seconds, one thread")
        ax.spines[["top", "right"]].set_visible(False)
        ax.margins(x=0.15)
    BUILD.mkdir(parents=True, exist_ok=True)
    fig.savefig(BUILD / "als.png", dpi=120)
    print(f"\npicture: {BUILD.relative_to(Path.cwd()) if BUILD.is_relative_to(Path.cwd()) else BUILD}/als.png")


def main() -> None:
    ratings = movielens().ratings
    compare("MovieLens-small, likes", to_matrix(ratings[ratings["rating"] >= 4]).matrix, 6.0, repeats=7)
    compare("Power law", power_law(20_000, 10_000, 1_000_000), 10.0, repeats=2)
    compare("Power law, dense as MovieLens-1M", power_law(6_000, 3_700, 1_000_000), 30.0, repeats=2)
    draw(growth((100_000, 1_000_000, 5_000_000)))


if __name__ == "__main__":
    main()
