"""Click models and recommenders are estimators of scikit-learn by its own checks, and predicting changes nothing."""

import pickle
import re
import traceback
import unittest

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.validation import check_is_fitted

from mlpipe import ctr, recommenders

CLICK_MODELS = [
    ctr.SmoothedRate(),
    ctr.HashedLogisticRegression(n_buckets=2**12),
    ctr.FTRLProximal(n_buckets=2**12),
    ctr.FactorizationMachine(n_buckets=2**12),
    ctr.FieldAwareFM(n_buckets=2**12),
    ctr.CrossNetwork(n_buckets=2**12),
    ctr.TreesPlusLR(n_buckets=2**12, n_trees=10),
    ctr.CounterTrees(n_trees=10),
    ctr.NegativeDownsampler(ctr.HashedLogisticRegression(n_buckets=2**12), sampling_rate=0.5),
    ctr.Blend([(ctr.SmoothedRate(), None), (ctr.HashedLogisticRegression(n_buckets=2**12), None)]),
]
RECOMMENDERS = [
    recommenders.Popularity(),
    recommenders.ItemKNN(neighbours=20),
    recommenders.PureSVD(factors=6),
    recommenders.GraphFilter(factors=6),
    recommenders.ALS(factors=6),
    recommenders.EASE(regularization=10),
    recommenders.ImplicitALS(factors=6),
    recommenders.ImplicitBPR(factors=6, iterations=10),
    recommenders.Hybrid(np.ones((40, 1))),
    recommenders.TwoTower(factors=6),
]


def name_of(model):
    return type(model).__name__


each_click_model = pytest.mark.parametrize("model", CLICK_MODELS, ids=name_of)
each_recommender = pytest.mark.parametrize("model", RECOMMENDERS, ids=name_of)


def test_no_estimator_is_left_out():
    for module, models in ((ctr, CLICK_MODELS), (recommenders, RECOMMENDERS)):
        public = {kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, BaseEstimator)}
        assert public - {recommenders.Recommender} == {type(model) for model in models}


# scikit-learn's checks

OTHER_LABELS = "labels are 0 and 1; names, or the numbers 1 and 2, are refused instead of guessed at"
OWN_WORDS = "it is refused as the check wants, in our words: argument, found, expected, fix"
NO_WEIGHTS = "`fit` takes no weights of rows or classes"
ARRAY_API = "NumPy only, as the tag says; SciPy would have to be loaded with SCIPY_ARRAY_API=1"
CANNOT_FOLD_IN = "it serves nobody whom it was not fitted on, so there is nothing to compare"
TABLES = "the tables have the names of the formula, of `implicit` and of the lessons, without an underscore behind"
# For whom, which check: how it ends (a pattern in its error; None: it is not run, or has nothing to run on), and why
# that is fine.
EXCEPTIONS = {
    ("click model", "check_classifiers_classes"): ("Unknown label type: y holds 'one'", OTHER_LABELS),
    ("click model", "check_classifier_data_not_an_array"): ("Unknown label type: y holds 2", OTHER_LABELS),
    ("click model", "check_estimators_dtypes"): ("Unknown label type: y holds 2", OTHER_LABELS),
    ("click model", "check_estimators_nan_inf"): (None, "a missing value is a value of its own; infinity: test_ctr.py"),
    ("click model", "check_sparsify_coefficients"): (None, "`sparsify` is of scikit-learn's own linear models"),
    ("click model", "check_class_weight_classifiers"): (None, NO_WEIGHTS),
    ("click model", "check_class_weight_balanced_linear_classifier"): (None, NO_WEIGHTS),
    ("click model", "check_all_zero_sample_weights_error"): (None, NO_WEIGHTS),
    ("click model", "check_sample_weight_equivalence_on_dense_data"): (None, NO_WEIGHTS),
    ("click model", "check_sample_weight_equivalence_on_sparse_data"): (None, NO_WEIGHTS),
    ("click model", "check_sample_weights_list"): (None, NO_WEIGHTS),
    ("click model", "check_sample_weights_not_an_array"): (None, NO_WEIGHTS),
    ("click model", "check_sample_weights_not_overwritten"): (None, NO_WEIGHTS),
    ("click model", "check_sample_weights_pandas_series"): (None, NO_WEIGHTS),
    ("click model", "check_sample_weights_shape"): (None, NO_WEIGHTS),
    ("click model", "check_array_api_input"): ("SkipTest: SCIPY_ARRAY_API is not set", ARRAY_API),
    ("click model", "check_array_api_mixed_inputs"): (None, ARRAY_API),
    ("click model", "check_array_api_same_namespace"): (None, ARRAY_API),
    ("recommender", "check_array_api_input"): ("SkipTest: SCIPY_ARRAY_API is not set", ARRAY_API),
    ("recommender", "check_complex_data"): ("ValueError: matrix is .* of complex128; expected real numbers", OWN_WORDS),
    ("recommender", "check_estimators_empty_data_messages"): (r"matrix of shape \(12, 0\) has no inter", OWN_WORDS),
    ("recommender", "check_estimators_nan_inf"): ("ValueError: matrix holds nan .*; expected finite", OWN_WORDS),
    ("recommender", "check_fit2d_predict1d"): ("ValueError: matrix is a ndarray; expected a sparse", OWN_WORDS),
    ("recommender", "check_n_features_in_after_fitting"): ("matrix has 1 items and the model was fitted", OWN_WORDS),
    ("recommender", "check_positive_only_tag_during_fit"): ("ValueError: matrix holds -.*of 0 or more", OWN_WORDS),
    ("ALS", "check_dont_overwrite_parameters"): ("but user_factors, item_factors added", TABLES),
    ("PureSVD", "check_dont_overwrite_parameters"): ("but item_factors added", TABLES),
    ("ImplicitALS", "check_dont_overwrite_parameters"): ("but user_factors, item_factors added", TABLES),
    ("ImplicitBPR", "check_dont_overwrite_parameters"): ("but user_factors, item_factors added", TABLES),
    ("TwoTower", "check_dont_overwrite_parameters"): ("but item_factors, history_factors, item_bias added", TABLES),
    ("ImplicitBPR", "check_n_features_in_after_fitting"): (None, CANNOT_FOLD_IN),
    ("ImplicitBPR", "check_fit2d_predict1d"): (None, CANNOT_FOLD_IN),
    ("ImplicitALS", "check_estimators_pickle, read-only"): (
        "ValueError: buffer source array is read-only",
        "the library solves for users in place of a table that it could write to, and asks for one",
    ),
}


class OnArrays:
    """A recommender as the checks call it: with a dense array, and scores of all items for the users of another one.

    Their arrays become sparse and `decision_function` folds in; nothing else differs, so they check the recommender.
    """

    def fit(self, X, y=None):
        return super().fit(as_sparse(X))

    def decision_function(self, X):
        matrix = as_sparse(X)
        everything = {"k": self.n_features_in_, "exclude_seen": False} if hasattr(self, "n_features_in_") else {}
        items, scores = self.fold_in(matrix).recommend(np.arange(matrix.shape[0]), **everything)
        return np.take_along_axis(scores, np.argsort(items, axis=1), axis=1)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


def as_sparse(X):
    if sp.issparse(X) or np.ndim(X) != 2:
        return X
    array = np.asarray(X)
    return sp.csr_matrix(array.astype(float) if array.dtype == object else array)


def on_arrays(model):
    kind = type(model)

    def a_row_for_each_item(self, matrix):  # the checks change the number of items
        given, self.item_features = self.item_features, np.ones((matrix.shape[1], 1))
        try:
            kind._fit(self, matrix)
        finally:
            self.item_features = given

    members = {"__init__": kind.__init__, "__module__": __name__}
    if kind is recommenders.Hybrid:
        members["_fit"] = a_row_for_each_item
    if kind is recommenders.ImplicitBPR:
        members["decision_function"] = property()  # as if it had none: nobody can be folded in
    called = type(kind.__name__, (OnArrays, kind), members)
    globals()[kind.__name__] = called  # where pickle looks for it
    return called(**model.get_params(deep=False))


CHECKED = [("click model", model) for model in CLICK_MODELS] + [("recommender", on_arrays(m)) for m in RECOMMENDERS]


def checks_of(model):
    """Triples of the estimator, the name of a check, and the check."""
    return [
        (checked, check.func.__name__ + ", read-only" * check.keywords.get("readonly_memmap", False), check)
        for checked, check in estimator_checks_generator(model)
    ]


@pytest.mark.parametrize(
    ("kind", "model", "name", "check"),
    [
        pytest.param(kind, checked, name, check, id=f"{name_of(model)}-{name}")
        for kind, model in CHECKED
        for checked, name, check in checks_of(model)
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_agrees(kind, model, name, check):
    expected, _ = EXCEPTIONS.get((name_of(model), name)) or EXCEPTIONS.get((kind, name), (None, None))
    try:
        check(model)
    except (Exception, unittest.SkipTest) as error:  # a check that is skipped is no check
        told = "".join(traceback.format_exception(error))
        if expected is None:
            pytest.fail(told)
        assert re.search(expected, told), told
    else:
        assert expected is None, "it passes: strike the exception"


class Plain(BaseEstimator):
    """What any estimator is checked on."""

    def fit(self, X, y=None):
        return self

    def decision_function(self, X):
        return X


@pytest.mark.parametrize(("kind", "model"), CHECKED, ids=[name_of(model) for _, model in CHECKED])
def test_every_check_that_scikit_learn_leaves_out_is_listed(kind, model):
    peer = LogisticRegression() if kind == "click model" else Plain()
    run = {name for _, name, _ in checks_of(model)}
    listed = {name: ends for (whose, name), (ends, _) in EXCEPTIONS.items() if whose in (kind, name_of(model))}
    assert {name for _, name, _ in checks_of(peer)} - run <= {name for name, ends in listed.items() if ends is None}
    assert {name for name, ends in listed.items() if ends is not None} <= run, "strike what is no longer run"


def test_a_broken_estimator_is_found():
    class AddsOne(recommenders.ALS):
        def __init__(self, factors=6):
            super().__init__()
            self.factors = factors + 1

    class Remembers(ctr.SmoothedRate):
        def _log_odds(self, frame):
            self.last_ = frame
            return super()._log_odds(frame)

    for model, broken in ((on_arrays(AddsOne()), "check_estimator_cloneable"), (Remembers(), "check_dict_unchanged")):
        with pytest.raises((AssertionError, RuntimeError)):
            next(check for _, name, check in checks_of(model) if name == broken)(model)


@each_recommender
def test_a_recommender_has_parameters_and_a_name_that_reads(model):
    copied = clone(model)
    assert copied.get_params().keys() == model.get_params().keys()
    assert repr(copied) == repr(model)
    assert repr(model).startswith(f"{name_of(model)}(")
    tags = get_tags(model).input_tags
    assert (tags.sparse, tags.positive_only, tags.two_d_array, tags.allow_nan) == (True, True, False, False)
    with pytest.raises(NotFittedError):
        check_is_fitted(copied)
    check_is_fitted(copied.set_params(**model.get_params(deep=False)).fit(MATRIX))
    with pytest.raises(NotFittedError):
        check_is_fitted(clone(copied))
    assert not hasattr(copied, "set_fit_request"), "the matrix is no metadata"


def test_a_repr_shows_what_differs_from_the_defaults():
    assert repr(recommenders.ALS(8, solver="cholesky")) == "ALS(factors=8, solver='cholesky')"
    assert repr(recommenders.Hybrid([[1]], recommenders.EASE(10))).endswith("model=EASE(regularization=10))")


@pytest.mark.parametrize("model", CLICK_MODELS + RECOMMENDERS, ids=name_of)
def test_a_fit_that_fails_leaves_no_half_model(model, monkeypatch):
    fit = type(model)._fit

    def fails(self, *given):
        fit(self, *given)
        raise MemoryError

    given = (MATRIX,) if isinstance(model, recommenders.Recommender) else log_of_all_kinds()
    model = clone(model).fit(*given)
    with monkeypatch.context() as broken:
        broken.setattr(type(model), "_fit", fails)
        with pytest.raises(MemoryError):
            model.fit(*given)
    with pytest.raises(NotFittedError, match="call fit"):
        model.recommend([0]) if isinstance(model, recommenders.Recommender) else model.predict_proba(given[0])
    with pytest.raises(NotFittedError):
        check_is_fitted(model)
    check_is_fitted(model.fit(*given))


@pytest.mark.parametrize("model", [m for m in CLICK_MODELS if hasattr(m, "partial_fit")], ids=name_of)
def test_a_first_piece_that_fails_leaves_no_half_model(model):
    log, y = log_of_all_kinds(60)
    model = clone(model).set_params(n_buckets=0)
    with pytest.raises(ValueError, match="n_buckets is 0"):
        model.partial_fit(log, y)
    with pytest.raises(NotFittedError, match="call fit"):
        model.predict_proba(log)
    check_is_fitted(model.set_params(n_buckets=64).partial_fit(log, y))


# Predicting changes nothing

MATRIX = sp.random(60, 40, 0.2, format="csr", random_state=np.random.default_rng(0))


def log_of_all_kinds(n=1500):
    rng = np.random.default_rng(0)
    log = pd.DataFrame(
        {
            "user": pd.array(np.where(rng.random(n) < 0.1, None, rng.integers(0, 300, n)), dtype="Int64"),
            "site": rng.choice(["news", "games", "mail"], n),
            "device": pd.Categorical(rng.choice(["phone", "desktop", None], n)),
            "depth": np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n)),
            "shown": pd.date_range("2026-01-05", periods=n, freq="min", tz="Europe/Paris"),
        }
    )
    return log, (rng.random(n) < 0.2 + 0.3 * (log["site"] == "mail")).astype(int)


def parts(model, path="model"):
    """Each object that a model holds, by the path to it: what is replaced by its equal was remembered, too."""
    inside = {}
    if type(model).__module__.startswith("mlpipe"):
        inside = vars(model)
    elif isinstance(model, dict | list | tuple):
        inside = model if isinstance(model, dict) else dict(enumerate(model))
    found = {path: model}
    for name, part in inside.items():
        found |= parts(part, f"{path}.{name}")
    return found


class Unchanged:
    """Holds that a model is the same after what is done in the block: the same objects, and the same in them."""

    def __init__(self, model):
        self.model = model

    def __enter__(self):
        self.parts, self.pickled = parts(self.model), pickle.dumps(self.model)

    def __exit__(self, *_):
        after = parts(self.model)
        assert after.keys() == self.parts.keys()
        assert [path for path, part in after.items() if part is not self.parts[path]] == []
        assert pickle.dumps(self.model) == self.pickled


@each_click_model
def test_predicting_changes_nothing_in_a_click_model(model):
    log, y = log_of_all_kinds()
    if isinstance(model, ctr.CounterTrees):
        model = clone(model).set_params(time="shown")
    model = clone(model).fit(log[:1000], y[:1000])
    with Unchanged(model):
        for rows in (log, log[:1], log.assign(user=pd.NA, depth=np.nan)):
            for ask in (model.predict_proba, model.predict, model.decision_function):
                ask(rows)
        if isinstance(model, ctr.CounterTrees):
            model.predict_proba(log[1000:], history=(log[1000:], y[1000:]))
    assert (pickle.loads(pickle.dumps(model)).predict_proba(log) == model.predict_proba(log)).all()


@each_recommender
def test_recommending_changes_nothing_in_a_recommender(model):
    model, users = clone(model).fit(MATRIX), np.arange(60)
    with Unchanged(model):
        model.recommend(users, k=3)
        model.recommend(users, k=60, exclude_seen=False)
        if not isinstance(model, recommenders.ImplicitBPR):
            served = model.fold_in(MATRIX[::-2])
            with Unchanged(served):
                served.recommend([0, 1])
        if isinstance(model, recommenders.ALS):
            model.similar_items(int(MATRIX.indices[0]))
    assert (pickle.loads(pickle.dumps(model)).recommend(users)[0] == model.recommend(users)[0]).all()
