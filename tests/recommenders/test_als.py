"""ALS: against the definition solved row by row, against implicit, and what must hold for any matrix."""

import threading
import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
from implicit.cpu.als import AlternatingLeastSquares
from sklearn.exceptions import NotFittedError
from threadpoolctl import ThreadpoolController, threadpool_limits

from mlpipe.ranking_metrics import ndcg_at_k
from mlpipe.recommenders import als
from mlpipe.recommenders.als import ALS, loss, solve_side

SETTINGS = [(0.1, 0.3, 0.0), (0.05, 0.2, 1.0), (0.5, 0.7, 0.4), (0.3, 2.5, 1.0), (0.2, 0.0, 0.5)]


def random_matrix(n_users=60, n_items=40, density=0.15, seed=0, weights=True) -> sp.csr_matrix:
    """Histories of very different lengths, some empty on both sides; weights from 0.5 to 3 or all one."""
    rng = np.random.default_rng(seed)
    share = density * rng.lognormal(0, 1, n_users)[:, None] * rng.lognormal(0, 0.7, n_items)[None, :]
    cells = rng.random((n_users, n_items)) < share
    cells[[0, n_users // 2]] = False
    cells[:, [1, n_items // 2]] = False
    values = rng.uniform(0.5, 3, cells.shape) if weights else np.ones(cells.shape)
    return sp.csr_matrix(np.where(cells, values, 0).astype(np.float32))


def two_tastes(n_users=400, n_items=120, seed=0) -> sp.csr_matrix:
    """Ones: users of eight groups, each with items that it likes more, and popularity."""
    rng = np.random.default_rng(seed)
    fit = np.where(rng.integers(0, 8, n_users)[:, None] == rng.integers(0, 8, n_items)[None, :], 0.5, 0.04)
    share = fit * rng.uniform(0.3, 1.2, n_items)
    return sp.csr_matrix((rng.random(share.shape) < share).astype(np.float32))


def factors_of(n: int, f: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, f)).astype(np.float32)


def by_definition(matrix, columns, regularization, unobserved_weight, exponent):
    """One row at a time in float64, all cells written out: x = (Y^T W Y + penalty I)^-1 Y^T W t."""
    dense, columns = matrix.toarray().astype(np.float64), columns.astype(np.float64)
    rows = np.zeros((len(dense), columns.shape[1]))
    for u, values in enumerate(dense):
        weights = np.where(values > 0, values, unobserved_weight)
        scale = ((values > 0).sum() + unobserved_weight * len(values)) ** exponent
        left = columns.T @ (weights[:, None] * columns) + regularization * scale * np.eye(columns.shape[1])
        if (values > 0).any():
            rows[u] = np.linalg.solve(left, columns.T @ (weights * (values > 0)))
    return rows


def loss_by_definition(matrix, users, items, regularization, unobserved_weight, exponent):
    dense = matrix.toarray().astype(np.float64)
    users, items = users.astype(np.float64), items.astype(np.float64)
    weights = np.where(dense > 0, dense, unobserved_weight)
    total = (weights * ((dense > 0) - users @ items.T) ** 2).sum()
    for table, counts, others in ((users, (dense > 0).sum(1), dense.shape[1]), (items, (dense > 0).sum(0), len(dense))):
        scale = (counts + unobserved_weight * others) ** exponent
        total += regularization * (scale[:, None] * table**2).sum()
    return total


def cg_alone(matrix, columns, start, steps, *settings):
    side = als._Side(matrix, columns.shape[1], *settings)
    return side.solve(columns, start, "cg", steps)


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("weights", [False, True])
def test_a_half_step_is_the_ridge_regression_of_each_row(settings, weights):
    matrix, columns = random_matrix(weights=weights), factors_of(40, 6)
    exact = by_definition(matrix, columns, *settings)
    np.testing.assert_allclose(solve_side(matrix, columns, *settings), exact, rtol=2e-4, atol=2e-5)
    converged = cg_alone(matrix, columns, factors_of(60, 6, seed=9), 40, *settings)
    np.testing.assert_allclose(converged, exact, rtol=2e-3, atol=2e-4)


@pytest.mark.parametrize("settings", SETTINGS)
def test_cg_takes_the_steps_of_the_textbook(settings):
    matrix, columns, start = random_matrix(), factors_of(40, 6), factors_of(60, 6, seed=9)
    dense, wide = matrix.toarray().astype(np.float64), columns.astype(np.float64)
    for steps in (1, 3):
        found = cg_alone(matrix, columns, start, steps, *settings)
        for u in np.flatnonzero(np.diff(matrix.indptr)):
            weights = np.where(dense[u] > 0, dense[u], settings[1])
            scale = ((dense[u] > 0).sum() + settings[1] * 40) ** settings[2]
            left = wide.T @ (weights[:, None] * wide) + settings[0] * scale * np.eye(6)
            x = start[u].astype(np.float64)
            residual = wide.T @ (weights * (dense[u] > 0)) - left @ x
            direction = residual
            for _ in range(steps):
                length = residual @ residual / (direction @ left @ direction)
                x = x + length * direction
                rest = residual - length * left @ direction
                direction = rest + (rest @ rest) / (residual @ residual) * direction
                residual = rest
            np.testing.assert_allclose(found[u], x, rtol=2e-3, atol=1e-3)


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_loss_is_that_of_all_cells(settings):
    matrix, users, items = random_matrix(), factors_of(60, 6) / 3, factors_of(40, 6, seed=1) / 3
    expected = loss_by_definition(matrix, users, items, *settings)
    assert loss(matrix, users, items, *settings) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("gather_bytes", [1, 600, 5000, 10**7])
@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_the_size_of_blocks_changes_nothing(monkeypatch, gather_bytes, solver):
    matrix, columns, settings = random_matrix(), factors_of(40, 6), (0.1, 0.3, 1.0)
    monkeypatch.setattr(als, "GATHER_BYTES", gather_bytes)
    exact = by_definition(matrix, columns, *settings)
    side = als._Side(matrix, 6, *settings)
    np.testing.assert_allclose(
        side.solve(columns, np.zeros((60, 6), np.float32), solver, 40), exact, rtol=2e-3, atol=2e-4
    )
    users = factors_of(60, 6, seed=2)
    expected = loss_by_definition(matrix, users, columns, *settings)
    assert loss(matrix, users, columns, *settings) == pytest.approx(expected, rel=1e-9)


def test_blocks_hold_each_row_with_interactions_once_and_little_padding():
    matrix = random_matrix(3000, 500, 0.05)
    lengths = np.diff(matrix.indptr)
    blocks = list(als._blocks(matrix, size=2000))
    rows = np.concatenate([block.rows for block in blocks])
    assert np.array_equal(np.sort(rows), np.flatnonzero(lengths))
    rebuilt = np.zeros(matrix.shape, np.float32)
    for block in blocks:
        assert block.columns.size <= 2000 or len(block.rows) == 1
        assert block.columns.dtype == np.int32
        inside = block.weights > 0
        np.testing.assert_array_equal(inside.sum(axis=1), lengths[block.rows])
        np.add.at(rebuilt, (np.broadcast_to(block.rows[:, None], inside.shape), block.columns), block.weights)
    np.testing.assert_array_equal(rebuilt, matrix.toarray())
    assert sum(block.columns.size for block in blocks) < 1.15 * matrix.nnz


@pytest.mark.parametrize("alpha", [1.0, 8.0])
@pytest.mark.parametrize("weights", [False, True])
def test_implicit_solves_the_same_system(alpha, weights):
    matrix, regularization = random_matrix(300, 200, weights=weights), 5.0
    with threadpool_limits(1, "blas"):
        theirs = AlternatingLeastSquares(16, regularization, alpha, iterations=2, random_state=0)
        theirs.fit(matrix, show_progress=False)
        solved = theirs.recalculate_user(np.arange(300), matrix)
    settings = (regularization / alpha, 1 / alpha, 0.0)
    for ours in (
        solve_side(matrix, theirs.item_factors, *settings),
        cg_alone(matrix, theirs.item_factors, np.zeros((300, 16), np.float32), 60, *settings),
    ):
        assert np.abs(ours - solved).max() < 1e-4 * np.abs(solved).max()


def test_from_the_same_start_an_iteration_is_that_of_implicit():
    matrix = random_matrix(300, 200)
    users, items = factors_of(300, 16) / 40, factors_of(200, 16, seed=1) / 40
    with threadpool_limits(1, "blas"):
        theirs = AlternatingLeastSquares(16, 2.0, 4.0, iterations=2)
        theirs.user_factors, theirs.item_factors = users.copy(), items.copy()
        theirs.fit(matrix, show_progress=False)
    settings, by_item = (0.5, 0.25, 0.0), matrix.T.tocsr()
    for _ in range(2):  # more would amplify rounding
        users = cg_alone(matrix, items, users, 3, *settings)
        items = cg_alone(by_item, users, items, 3, *settings)
    assert np.abs(users - theirs.user_factors).max() < 1e-3 * np.abs(users).max()
    assert np.abs(items - theirs.item_factors).max() < 1e-3 * np.abs(items).max()


def test_as_good_as_implicit_at_equal_settings():
    differences = []
    for seed in range(3):
        matrix = two_tastes(seed=seed)
        held = np.random.default_rng(seed).random(matrix.nnz) < 0.3
        train, test = matrix.copy(), matrix.copy()
        train.data, test.data = np.where(held, 0, matrix.data), np.where(held, matrix.data, 0)
        train.eliminate_zeros()
        test.eliminate_zeros()
        with threadpool_limits(1, "blas"):
            theirs = AlternatingLeastSquares(8, 4.0, 8.0, iterations=15, random_state=seed)
            theirs.fit(train, show_progress=False)
            listed = theirs.recommend(np.arange(400), train, N=10)[0]
        quality = [ndcg_at_k(listed, test)]
        for solver in ("cg", "cholesky"):
            model = ALS(8, 0.5, 1 / 8, 0.0, solver=solver, random_state=seed).fit(train)
            quality.append(ndcg_at_k(model.recommend(np.arange(400))[0], test))
        assert (
            np.nanmean(quality[0]) > 0.3
        )  # the lists are far better than chance, so that the comparison means something
        differences += [quality[1] - quality[0], quality[2] - quality[0]]
    for difference in differences:
        noise = np.nanstd(difference) / np.sqrt(np.isfinite(difference).sum())
        assert np.nanmean(difference) > -4 * noise - 0.01


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
@pytest.mark.parametrize("settings", SETTINGS[:4])
@pytest.mark.parametrize("seed", range(3))
def test_the_loss_never_rises_and_is_the_recorded_one(solver, settings, seed):
    matrix = random_matrix(seed=seed)
    model = ALS(6, *settings, iterations=12, solver=solver, random_state=seed, track_loss=True).fit(matrix)
    assert model.losses_.shape == (24,)
    assert (np.diff(model.losses_) <= 1e-6 * model.losses_[:-1]).all()
    assert model.losses_[-1] < 0.999 * model.losses_[0]
    assert model.losses_[-1] < 1.001 * matrix.sum()  # all factors 0 lose the weight of every interaction
    final = loss_by_definition(matrix, model.user_factors, model.item_factors, *settings)
    assert model.losses_[-1] == pytest.approx(final, rel=1e-6)


def test_an_iteration_of_cholesky_is_exact_and_one_of_cg_is_not():
    matrix = random_matrix()
    for solver, equal in (("cholesky", True), ("cg", False)):
        model = ALS(6, 0.05, 0.2, iterations=1, solver=solver).fit(matrix)
        exact = solve_side(matrix.T, model.user_factors, 0.05, 0.2)
        assert np.array_equal(model.item_factors, exact) == equal


def test_both_solvers_end_at_the_same_loss():
    matrix = two_tastes()
    ends = [
        ALS(8, 0.02, 0.1, iterations=40, solver=solver, track_loss=True).fit(matrix).losses_[-1]
        for solver in ("cg", "cholesky")
    ]
    assert ends[0] == pytest.approx(ends[1], rel=0.005)


def test_cg_starts_from_the_last_iteration():
    """One step from the factors of the last iteration goes on falling; from anything else it would stand still."""
    matrix = two_tastes()
    model = ALS(8, 0.02, 0.1, iterations=60, cg_steps=1, track_loss=True).fit(matrix)
    exact = ALS(8, 0.02, 0.1, iterations=60, solver="cholesky", track_loss=True).fit(matrix)
    assert model.losses_[-1] == pytest.approx(exact.losses_[-1], rel=0.01)


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_scaling_all_weights_and_penalties_changes_nothing(solver):
    matrix = random_matrix()
    plain = ALS(6, 0.2, 0.25, 0.0, solver=solver).fit(matrix)
    scaled = ALS(6, 0.8, 1.0, 0.0, solver=solver).fit(matrix * 4)  # powers of two: exact in floating point
    np.testing.assert_allclose(scaled.user_factors, plain.user_factors, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(scaled.item_factors, plain.item_factors, rtol=1e-3, atol=1e-4)


def test_an_observed_cell_weighs_its_value_and_no_more():
    """A weight equal to the unobserved one: the interaction is in the target alone, the matrix that of no history."""
    columns, weight = factors_of(40, 6), 0.3
    matrix = sp.csr_matrix(([weight], ([0], [7])), shape=(1, 40), dtype=np.float32)
    left = weight * columns.T @ columns + 0.2 * np.eye(6)
    expected = np.linalg.solve(left, weight * columns[7])
    np.testing.assert_allclose(solve_side(matrix, columns, 0.2, weight, 0.0)[0], expected, rtol=1e-4, atol=1e-6)


def test_rotating_the_item_factors_rotates_the_answer():
    matrix, columns = random_matrix(), factors_of(40, 6)
    rotation = np.linalg.qr(factors_of(6, 6, seed=3))[0].astype(np.float32)
    plain, rotated = (solve_side(matrix, table, 0.1, 0.3) for table in (columns, columns @ rotation))
    np.testing.assert_allclose(rotated, plain @ rotation, rtol=1e-3, atol=1e-4)


def test_the_order_of_users_changes_nothing_and_neither_does_a_user_without_history():
    matrix, columns = random_matrix(), factors_of(40, 6)
    order = np.random.default_rng(0).permutation(60)
    plain = solve_side(matrix, columns, 0.1, 0.3)
    np.testing.assert_allclose(solve_side(matrix[order], columns, 0.1, 0.3), plain[order], rtol=1e-4, atol=1e-5)
    longer = sp.vstack([matrix, sp.csr_matrix((5, 40), dtype=np.float32)])
    np.testing.assert_array_equal(solve_side(longer, columns, 0.1, 0.3)[:60], plain)


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_folding_in_a_training_user_gives_the_factors_of_an_exact_user_step(solver):
    matrix = random_matrix()
    model = ALS(6, 0.05, 0.2, solver=solver, iterations=200).fit(matrix)
    before = model.user_factors.copy()
    served = model.fold_in(matrix)
    exact = solve_side(matrix, model.item_factors, 0.05, 0.2)
    np.testing.assert_array_equal(served.user_factors, exact)
    np.testing.assert_array_equal(model.user_factors, before)
    # At the end of many iterations a further user step changes nothing.
    assert np.abs(served.user_factors - model.user_factors).max() < 2e-2 * np.abs(before).max()
    alone = model.fold_in(matrix[[17]])
    np.testing.assert_allclose(alone.user_factors[0], served.user_factors[17], rtol=1e-4, atol=1e-6)
    assert served.item_factors is model.item_factors


def test_the_default_weight_follows_the_density_and_stays_with_the_model():
    matrix = random_matrix(200, 300, 0.01)
    model = ALS(4, iterations=2).fit(matrix)
    assert model.unobserved_weight is None
    assert model.unobserved_weight_ == pytest.approx(10 * matrix.sum() / 60_000, rel=1e-6)
    given = ALS(4, iterations=2, unobserved_weight=model.unobserved_weight_).fit(matrix)
    np.testing.assert_array_equal(given.item_factors, model.item_factors)
    served = model.fold_in(matrix[:3])  # not the default of these three users
    exact = solve_side(matrix[:3], model.item_factors, model.regularization, model.unobserved_weight_)
    np.testing.assert_array_equal(served.user_factors, exact)
    dense = random_matrix(30, 20, 2.0)
    assert ALS(4).fit(dense).unobserved_weight_ == pytest.approx(dense.data.mean() / 2, rel=1e-6)


@pytest.mark.parametrize("density", [0.002, 0.02, 0.2])
def test_the_defaults_learn_at_any_density(density):
    """Most of a list is of the user's own group, a quarter of the items: too heavy a penalty would end at factors 0."""
    rng = np.random.default_rng(0)
    n_users, n_items = 600, int(12 / density)
    users, items = rng.integers(0, 4, n_users), rng.integers(0, 4, n_items)
    share = np.where(users[:, None] == items[None, :], 3.6, 0.1) * density * rng.uniform(0.5, 1.5, n_items)
    matrix = sp.csr_matrix((rng.random(share.shape) < share).astype(np.float32))
    listed = ALS(factors=8).fit(matrix).recommend(np.arange(n_users), k=3)[0]
    assert (items[listed] == users[:, None]).mean() > 0.6


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_rows_without_interactions_have_factors_zero(solver):
    matrix = random_matrix()
    model = ALS(6, solver=solver).fit(matrix)
    for table, lengths in ((model.user_factors, np.diff(matrix.indptr)), (model.item_factors, matrix.getnnz(axis=0))):
        assert table.dtype == np.float32
        np.testing.assert_array_equal(np.abs(table).max(axis=1) > 0, lengths > 0)
    served = model.fold_in(sp.csr_matrix((3, 40)))
    assert not served.user_factors.any()
    assert served.recommend([1], k=3)[0].tolist() == [[0, 1, 2]]


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_more_factors_than_items_or_users_work(solver):
    matrix = random_matrix(30, 20, 0.3)
    model = ALS(50, solver=solver, iterations=4).fit(matrix)
    assert model.user_factors.shape == (30, 50)
    assert (model.recommend([1], k=3)[0] >= 0).all()


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_one_seed_gives_one_result_and_another_seed_another(solver):
    matrix = random_matrix()
    first, again, other = (ALS(6, solver=solver, random_state=seed).fit(matrix) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.user_factors, again.user_factors)
    np.testing.assert_array_equal(first.item_factors, again.item_factors)
    assert not np.array_equal(first.item_factors, other.item_factors)


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_the_number_of_blas_threads_changes_no_bit(solver):
    matrix = random_matrix(3000, 2000, 0.01, weights=False)
    found = []
    for threads in (1, 2, 4):
        with threadpool_limits(threads, "blas"):
            model = ALS(64, solver=solver, iterations=2).fit(matrix)
            found.append((model.user_factors, model.item_factors, model.fold_in(matrix).user_factors))
    for tables in found[1:]:
        for one, other in zip(tables, found[0], strict=True):
            np.testing.assert_array_equal(one, other)


def test_fit_leaves_the_matrix_and_the_global_random_state_alone():
    matrix = random_matrix()
    before, state = matrix.copy(), np.random.get_state()[1].copy()  # noqa: NPY002
    ALS(4).fit(matrix)
    assert (matrix != before).nnz == 0
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_memory_is_the_factors_and_a_few_copies_of_the_matrix():
    """3,000 users x 2,000 items at 64 factors: the table of all scores alone would take 24 MB a copy."""
    rng = np.random.default_rng(0)
    cells = (np.ones(200_000, np.float32), (rng.integers(0, 30_000, 200_000), rng.integers(0, 40_000, 200_000)))
    matrix = sp.csr_matrix(cells, shape=(30_000, 40_000))
    for solver in ("cg", "cholesky"):
        tracemalloc.start()
        ALS(16, solver=solver, iterations=1, track_loss=True).fit(matrix)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        factors, copy = 4 * 16 * 70_000, 12 * matrix.nnz
        assert peak < 8 * factors + 8 * copy + 8 * als.GATHER_BYTES


def test_similar_items_are_those_of_the_largest_cosine():
    matrix = two_tastes()
    model = ALS(8).fit(matrix)
    items, cosines = model.similar_items(5, k=7)
    unit = model.item_factors / np.linalg.norm(model.item_factors, axis=1, keepdims=True)
    expected = unit @ unit[5]
    expected[5] = -np.inf
    assert items.tolist() == np.argsort(-expected)[:7].tolist()
    np.testing.assert_allclose(cosines, expected[items], rtol=1e-5)


def test_similar_items_knows_no_item_without_interactions():
    matrix = random_matrix(30, 6, 0.5)  # items 1 and 3 have none
    model = ALS(3).fit(matrix)
    items, cosines = model.similar_items(np.int64(0), k=8)
    assert sorted(items[:3].tolist()) == [2, 4, 5]
    assert items[3:].tolist() == [-1] * 5
    assert np.isneginf(cosines[3:]).all()
    with pytest.raises(ValueError, match="item 3 has no interaction"):
        model.similar_items(3)
    for item in (-1, 6, 2.0, True, "2"):
        with pytest.raises(ValueError, match=r"item is .* expected a column of the matrix, 0 to 5"):
            model.similar_items(item)
    with pytest.raises(ValueError, match="k is 0"):
        model.similar_items(0, k=0)
    with pytest.raises(NotFittedError):
        ALS().similar_items(0)


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        ("factors", [0, -1, 2.5, True, "8", None]),
        ("regularization", [-0.1, np.nan, np.inf, "1", None]),
        ("unobserved_weight", [-0.1, np.nan, np.inf, "0.1"]),
        ("frequency_exponent", [-0.5, np.nan, None]),
        ("iterations", [0, 1.5, None]),
        ("cg_steps", [0, -3, 1.5]),
        ("random_state", [-1, 0.5, None]),
        ("solver", ["lu", "CG", None, 3]),
    ],
)
def test_parameters_out_of_range_are_refused(parameter, values):
    for value in values:
        with pytest.raises(ValueError, match=f"{parameter} is "):
            ALS(**{parameter: value}).fit(random_matrix())


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
@pytest.mark.parametrize("weight", [1e38, 1e-45])
def test_a_result_that_is_not_finite_is_refused(solver, weight):
    matrix = random_matrix(weights=False) * np.float32(weight)
    if weight > 1:
        with pytest.raises(ValueError, match=r"ALS has diverged|no unique factors"):
            ALS(6, solver=solver).fit(matrix)
    else:
        assert np.isfinite(ALS(6, solver=solver).fit(matrix).user_factors).all()


def test_a_system_that_overflows_is_refused_although_its_right_hand_side_does_not():
    matrix, columns = sp.csr_matrix([[1e37, 1e37]], dtype=np.float32), np.array([[10, 10], [10, -10]])
    with pytest.raises(ValueError, match="ALS has diverged"):
        solve_side(matrix, columns, 0.1, 0.1)
    for steps in (1, 3):
        with pytest.raises(ValueError, match="ALS has diverged"):
            cg_alone(matrix, columns.astype(np.float32), np.zeros((1, 2), np.float32), steps, 0.1, 0.1, 1.0)


def test_a_penalty_that_overflows_is_refused():
    with pytest.raises(ValueError, match="ALS has diverged"):
        ALS(6, frequency_exponent=400.0).fit(random_matrix())


def test_a_system_without_unique_solution_is_refused():
    columns = np.ones((40, 3), np.float32)
    with pytest.raises(ValueError, match="no unique factors"):
        solve_side(random_matrix(), columns, 0.0, 0.0)


def test_the_functions_refuse_what_does_not_fit():
    matrix = random_matrix()
    with pytest.raises(ValueError, match=r"factors .* \(40, f\)"):
        solve_side(matrix, factors_of(39, 6), 0.1, 0.1)
    with pytest.raises(ValueError, match=r"factors .* \(40, f\)"):
        solve_side(matrix, np.full((40, 6), np.nan), 0.1, 0.1)
    with pytest.raises(ValueError, match="regularization is -1"):
        solve_side(matrix, factors_of(40, 6), -1, 0.1)
    with pytest.raises(ValueError, match=r"user_factors .* \(60, f\)"):
        loss(matrix, factors_of(40, 6), factors_of(40, 6), 0.1, 0.1)
    with pytest.raises(ValueError, match=r"item_factors .* \(40, f\)"):
        loss(matrix, factors_of(60, 6), factors_of(60, 6), 0.1, 0.1)
    with pytest.raises(ValueError, match="expected a sparse matrix"):
        loss(matrix.toarray(), factors_of(60, 6), factors_of(40, 6), 0.1, 0.1)


def in_a_thread(call, *given):
    thread = threading.Thread(target=call, args=given)
    thread.start()
    return thread


def test_threads_that_solve_at_once_leave_the_threads_of_blas_as_they_were(monkeypatch):
    """One begins, another one too if it can, the first ends, the other one ends."""
    true, second_began, first_ended, began = als._Side.solve, threading.Event(), threading.Event(), []
    controller, during = ThreadpoolController().select(user_api="blas"), []

    def solve(side, columns):
        began.append(threading.current_thread())
        if len(began) == 1:
            second_began.wait(0.3)
        else:
            second_began.set()
            assert first_ended.wait(20)
        during.extend(one["num_threads"] for one in controller.info())
        return true(side, columns)

    monkeypatch.setattr(als._Side, "solve", solve)
    original = controller.info()
    in_a_thread(lambda: controller.limit(limits=2)).join()  # what this thread sets, no other thread could change
    try:
        before = controller.info()
        first = in_a_thread(solve_side, random_matrix(), factors_of(40, 6), 0.1, 0.1)
        while not began:
            first.join(0.001)
        second = in_a_thread(solve_side, random_matrix(), factors_of(40, 6), 0.1, 0.1)
        first.join()
        first_ended.set()
        second.join()
        after = controller.info()
    finally:
        in_a_thread(lambda: controller.limit(limits=original[0]["num_threads"])).join()
    assert after == before
    assert {one["num_threads"] for one in before} == {2}
    assert set(during) == {1}
