"""Every click model with its defaults in worlds that it was not made for: share of the oracle, CPU of fit.

Nothing in `mlpipe` was tuned on these logs. Each has its true probabilities:

- marketplace: ten ids of 10 to 20,000 values, additive, and four pairs of them at random interact at rank 2;
- tables: small ids; three pairs and one triple interact by a table of random numbers each, of full rank;
- taste: users x items at rank 3, nothing else interacts;
- numbers: numbers with curved effects; numbers interact with ids and with each other;
- additive: nothing interacts, though the columns depend on each other: a model that looks for pairs must not lose;
- shop: items in brands in categories, hour x category, segment x brand, drift; the test is the last fifth in time;
- simulator 1 to 3: our simulator with other dials and seeds; the test is the last two days.

The score is the expected share of the oracle: `share_of_oracle` without the luck of the clicks that fell.
"told" are references that are told which columns interact.

Run: python benchmarks/other_worlds.py [--rows 250000] [--seeds 0 1 2] [--worlds tables shop] [--models FTRL "told: LR"]
LightGBM takes part when it is there: pip install --group bench
"""

import argparse
import importlib.util
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from bench_ctr import LightGBM
from ceiling_ctr import expected_share
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.preprocessing import TargetEncoder

from mlpipe.ctr import (
    CounterTrees,
    CrossNetwork,
    FactorizationMachine,
    FieldAwareFM,
    FTRLProximal,
    HashedLogisticRegression,
    SmoothedRate,
    TreesPlusLR,
    tuned,
)
from mlpipe.ctr.kinds import Kinds
from mlpipe.simulator import simulate_ad_log

Array = NDArray
Generator = np.random.Generator
SIMULATORS: list[dict[str, Any]] = [
    {"seed": 101, "base_rate": 0.1, "private_taste": 2, "drift": 2, "position_effect": 0.5},
    {"seed": 201, "base_rate": 0.015, "private_taste": 0, "drift": 0, "position_effect": 2, "random_share": 0.5},
    {"seed": 301, "base_rate": 0.25, "drift": 5, "position_effect": 0, "bot_share": 0.05},
]

SIMULATED = {  # without what is told twice; tables that are small enough for a weight a combination as crosses
    "pairs": [
        (("audience", "age_group"), "category"),
        *(("region", "campaign_id"), ("site_id", "category"), ("timestamp", "category")),
    ],
    "crosses": [("device", "ad_format"), ("device", "position")],
}


@dataclass(frozen=True)
class World:
    """A log with its truth: raw columns, clicks, true probabilities, what interacts, rows to train and to test on."""

    X: pd.DataFrame
    y: Array
    true_ctr: Array
    interacts: list[tuple[str, ...]]
    train: Array
    test: Array


def ids(rng: Generator, n_rows: int, n_values: int, exponent: float = 0.8) -> Array:
    """Ids 0 to n_values - 1 with shares ~ rank^-exponent; the number of an id does not tell its rank."""
    share = np.arange(1.0, n_values + 1) ** -exponent
    return rng.permutation(n_values)[rng.choice(n_values, n_rows, p=share / share.sum())]


def effect(rng: Generator, column: Array) -> Array:
    """A normal effect of each value."""
    return rng.normal(size=column.max() + 1)[column]


def low_rank(rng: Generator, left: Array, right: Array, rank: int = 2) -> Array:
    """An interaction that is a product of vectors."""
    u, v = rng.normal(size=(left.max() + 1, rank)), rng.normal(size=(right.max() + 1, rank))
    return (u[left] * v[right]).sum(axis=1)


def table(rng: Generator, *columns: Array) -> Array:
    """An interaction that is a number of its own for each combination."""
    shape = [column.max() + 1 for column in columns]
    return effect(rng, np.ravel_multi_index(columns, shape))


def world(
    rng: Generator,
    columns: dict[str, Any],
    main: Sequence[Array],
    shared: dict[tuple[str, ...], Array],
    rate: float,
    sds: tuple[float, float] = (0.8, 0.8),
    in_time: bool = False,
) -> World:
    """A log whose log-odds are main effects + interactions, either of these scaled to its sd over the rows."""
    score = np.zeros(len(main[0]))
    for parts, sd in zip((list(main), list(shared.values())), sds, strict=True):
        if parts:
            total = np.sum([(part - part.mean()) / part.std() for part in parts], axis=0)
            score += sd * total / total.std()
    p = expit(score + brentq(lambda b: expit(score + b).mean() - rate, -30, 30))
    rows = np.arange(len(p)) if in_time else rng.permutation(len(p))
    n_train = len(p) * 4 // 5
    clicked = (rng.random(len(p)) < p).astype(np.int8)
    return World(pd.DataFrame(columns), clicked, p, list(shared), np.sort(rows[:n_train]), np.sort(rows[n_train:]))


def marketplace(rng: Generator, n: int) -> World:
    columns = {f"f{i}": ids(rng, n, int(size), 1.1) for i, size in enumerate(np.geomspace(10, 20_000, 10))}
    pairs = rng.permutation(list(combinations(columns, 2)))[:4]
    shared = {(a, b): low_rank(rng, columns[a], columns[b]) for a, b in pairs.tolist()}
    return world(rng, columns, [effect(rng, c) for c in columns.values()], shared, rate=0.05)


def tables(rng: Generator, n: int) -> World:
    columns = {f"f{i}": ids(rng, n, size, 0.5) for i, size in enumerate([4, 6, 8, 12, 20, 30, 50, 80, 1000])}
    among = [f"f{i}" for i in range(8)]  # not the widest
    names = [*rng.permutation(list(combinations(among, 2)))[:3].tolist(), rng.permutation(among[:5])[:3].tolist()]
    shared = {tuple(group): table(rng, *(columns[name] for name in group)) for group in names}
    return world(rng, columns, [effect(rng, c) for c in columns.values()], shared, rate=0.08)


def taste(rng: Generator, n: int) -> World:
    sizes = {"user": 5_000, "item": 1_000, "page": 40, "device": 4, "source": 12}
    columns = {name: ids(rng, n, size) for name, size in sizes.items()}
    shared = {("user", "item"): low_rank(rng, columns["user"], columns["item"], 3)}
    return world(rng, columns, [effect(rng, c) for c in columns.values()], shared, rate=0.1)


def numbers(rng: Generator, n: int) -> World:
    x = {f"x{i}": rng.normal(size=n) for i in range(6)}
    c = {f"c{i}": ids(rng, n, size) for i, size in enumerate([5, 40, 300, 3_000])}
    main = [np.sin(2 * x["x0"]), np.abs(x["x1"]), x["x2"] > 0.7, np.clip(x["x3"], -1, 1), x["x0"] + 0.3 * x["x5"]]
    shared = {
        ("x0", "c1"): effect(rng, c["c1"]) * x["x0"],
        ("x4", "c2"): effect(rng, c["c2"]) * (x["x4"] > 0),
        ("x2", "x3"): x["x2"] * x["x3"],
    }
    columns = x | c | {"x1": np.exp(x["x1"]), "x4": np.where(rng.random(n) < 0.1, np.nan, x["x4"])}
    shared["x4", "c2"] *= ~np.isnan(columns["x4"])
    return world(rng, columns, main + [effect(rng, column) for column in c.values()], shared, rate=0.2)


def additive(rng: Generator, n: int) -> World:
    columns = {f"f{i}": ids(rng, n, size) for i, size in enumerate([6, 25, 150, 900, 6_000])}
    group = rng.integers(0, 12, 900)[columns["f3"]]  # of the item, and the segment prefers some of them
    segment = np.where(rng.random(n) < 0.5, group, ids(rng, n, 12))
    price = np.exp(0.4 * effect(rng, columns["f3"]) + 0.2 * rng.normal(size=n))
    columns |= {"group": group, "segment": segment, "price": price}
    main = [np.log(price), *(effect(rng, column) for name, column in columns.items() if name != "price")]
    return world(rng, columns, main, {}, rate=0.05)


def shop(rng: Generator, n: int) -> World:
    moment = np.sort(rng.beta(1.2, 1, n)) * 30 * 24  # hours; traffic grows
    day, hour = (moment // 24).astype(np.int64), (moment % 24).astype(np.int64)
    brand_of, category_of = rng.integers(0, 300, 4_000), rng.integers(0, 20, 300)
    user = ids(rng, n, 20_000)
    segment = rng.integers(0, 15, 20_000)[user]
    item = ids(rng, n, 4_000)
    likes = rng.integers(0, 4_000, (15, 400))  # a third of the views are what the segment is shown more often
    item = np.where(rng.random(n) < 1 / 3, likes[segment, rng.integers(0, 400, n)], item)
    brand, category = brand_of[item], category_of[brand_of[item]]
    walk = rng.normal(size=(30, 20)).cumsum(axis=0)[day, category]
    own = [effect(rng, c) for c in (user, segment, item, brand, category, hour)]
    shared = {
        ("timestamp", "category"): low_rank(rng, hour, category),
        ("segment", "brand"): low_rank(rng, segment, brand),
    }
    columns = {
        **{"timestamp": pd.Timestamp("2026-03-02") + pd.to_timedelta(moment, unit="h").floor("s"), "user": user},
        **{"segment": segment, "item": item, "brand": brand, "category": category, "slot": ids(rng, n, 6)},
    }
    return world(rng, columns, [*own, walk, effect(rng, columns["slot"])], shared, rate=0.04, in_time=True)


def simulated(dials: dict[str, Any]) -> Callable[[int, int], World]:
    def draw(seed: int, n: int) -> World:
        log = simulate_ad_log(n, **{**dials, "seed": dials["seed"] + seed})
        frame = log.impressions
        late = (frame["timestamp"] >= frame["timestamp"].min().normalize() + pd.Timedelta("12D")).to_numpy()
        clicked, rows = frame["clicked"].to_numpy(), (np.flatnonzero(~late), np.flatnonzero(late))
        return World(frame[tuned.RAW], clicked, np.asarray(log.true_ctr, np.float64), tuned.CROSSES, *rows)

    return draw


def seeded(law: Callable[[Generator, int], World]) -> Callable[[int, int], World]:
    return lambda seed, n: law(np.random.default_rng([seed, *law.__name__.encode()]), n)


WORLDS: dict[str, Callable[[int, int], World]] = {
    **{law.__name__: seeded(law) for law in (marketplace, tables, taste, numbers, additive, shop)},
    **{f"simulator {i}": simulated(dials) for i, dials in enumerate(SIMULATORS, 1)},
}


class Encoded(LightGBM):
    """LightGBM with wide ids as their click rate in the other folds of the training rows."""

    def fit(self, X: pd.DataFrame, y: Array) -> "Encoded":
        """Learn from raw columns."""
        ids = [name for name, kind in Kinds(X).of.items() if kind == "id"]
        self.wide = [name for name in ids if X[name].nunique() > 100]
        self.encoder = TargetEncoder(target_type="binary", random_state=0)
        rates = self.encoder.fit_transform(X[self.wide], y) if self.wide else np.empty((len(X), 0))
        super().fit(X.assign(**dict(zip(self.wide, rates.T, strict=True))), y)
        return self

    def predict_proba(self, X: pd.DataFrame) -> Array:
        """Probabilities (n_rows, 2)."""
        rates = self.encoder.transform(X[self.wide]) if self.wide else np.empty((len(X), 0))
        return super().predict_proba(X.assign(**dict(zip(self.wide, rates.T, strict=True))))


def models(world: World) -> dict[str, Any]:
    """All with defaults, but that a regression is asked to look for crosses; the references are told what interacts."""
    pairs = [group if len(group) == 2 else (group[:-1], group[-1]) for group in world.interacts]
    told: dict[str, Any] = {"pairs": pairs}
    if world.interacts is tuned.CROSSES:
        told = SIMULATED
    found: dict[str, Any] = {
        "LR": HashedLogisticRegression(),
        "LR, crosses found": HashedLogisticRegression(crosses="auto"),
        "FTRL": FTRLProximal(),
        "trees + LR": TreesPlusLR(),
        "counter trees": CounterTrees(),
        "FM": FactorizationMachine(),
        "field-aware FM": FieldAwareFM(),
        "cross network": CrossNetwork(),
        "told: LR": HashedLogisticRegression(crosses=world.interacts),
        "told: field-aware FM": FieldAwareFM(**told),
    }
    if importlib.util.find_spec("lightgbm"):
        found["LightGBM, categories"] = LightGBM()
        found["LightGBM, encoded"] = Encoded()
    return found


def run(world: World, asked: Sequence[str] | None = None) -> Iterator[tuple[str, float, float, Any]]:
    """Name, share, CPU seconds of fit and fitted model, one after the other; of `asked` alone if given."""
    X, y, base_rate = world.X.iloc[world.train], world.y[world.train], world.y[world.train].mean()
    X_test, scores, spent = world.X.iloc[world.test], {}, {}

    def fit(name: str, model: Any) -> tuple[str, float, float, Any]:
        start = time.process_time()
        model.fit(X, y)
        spent[name] = time.process_time() - start
        p = model.predict_proba(X_test)[:, 1]
        scores[name] = logit(p)
        return name, expected_share(world, p, world.test, base_rate), spent[name], model

    name = "best rate of a column"  # told by the test which
    if not asked or name in asked:
        yield max((fit(name, SmoothedRate(column)) for column in X.columns), key=lambda result: result[1])
    for name, model in models(world).items():
        if not asked or name in asked:
            yield fit(name, model)
    two = ["field-aware FM", "counter trees"]
    if all(member in scores for member in two):  # what `Blend` answers, without fitting its members again
        p = expit(np.mean([scores[member] for member in two], axis=0))
        cpu = sum(spent[member] for member in two)
        yield "blend of these two", expected_share(world, p, world.test, base_rate), cpu, None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=250_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--worlds", nargs="+", default=list(WORLDS), choices=list(WORLDS))
    parser.add_argument("--models", nargs="+", help="some of the names printed; all by default")
    options = parser.parse_args()
    warnings.simplefilter("ignore", FutureWarning)  # of LightGBM
    rows = []
    for seed in options.seeds:
        for name in options.worlds:
            log = WORLDS[name](seed, options.rows)
            print(f"\n{name}, seed {seed}: {log.y.mean():.1%} clicks, interact: {log.interacts}", flush=True)
            for model, share, cpu, fitted in run(log, options.models):
                rows.append({"world": name, "model": model, "seed": seed, "share": 100 * share, "CPU s": cpu})
                print(f"  {model:24}{share:8.1%}{cpu:8.1f} s  {getattr(fitted, 'pairs_', '')}", flush=True)
    results = pd.DataFrame(rows)
    for title, value, summary in [
        ("Share of the oracle in %, mean", "share", "mean"),
        ("least", "share", "min"),
        ("most", "share", "max"),
        ("CPU s of fit, mean", "CPU s", "mean"),
    ]:
        table = results.pivot_table(value, "model", "world", aggfunc=summary, sort=False)
        print(f"\n{title} of {len(options.seeds)} seeds\n{table.round(1).to_string()}")


if __name__ == "__main__":
    main()
