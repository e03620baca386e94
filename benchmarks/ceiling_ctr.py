"""How much of the oracle could anybody reach on the simulated log? A reader who knows more than any model can.

The oracle knows parts of the truth that no column shows. The reader here is told every table of the simulated world:
all effects of sites, hours, categories, campaigns and days, test days too. It is *not* told

- the hidden state of an impression, which it averages out;
- of the row's own user: the segment, the user's effect and taste. It has the audience, the age group and all clicks of
  the user in the training rows, and computes the posterior (Monte Carlo; without consent: the prior);
- the row's own site (its effect and interactions with categories), ad (its effect) and campaign (its interactions with
  regions): posteriors by Laplace from all training rows, for which it is told everything else, the users too.

Every model knows less than this reader: it has to learn the tables as well, and each of these unknowns while the others
are unknown. So the reader's share is an upper bound of what is learnable, up to the error of the two approximations
(check them by the printed calibration: mean squared error of the Laplace means over the variance they state). It is a
generous one: wear and drift of the test days, of ads never shown before too, are given away.

Run: python benchmarks/ceiling_ctr.py [--rows 1000000] [--seeds 0 1 2]
"""

import argparse
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, roots_hermitenorm

from mlpipe import simulator
from mlpipe.simulator import BOT_CLICK_RATE, simulate_ad_log

GRID = np.linspace(-14, 8, 4401)  # of scores, 200 points a unit
SDS = np.arange(0.3, 1.3, 0.02)  # of what is unknown in a score
N_DRAWS = 512  # of a user's segment, effect and taste
BLOCK = 20_000
Array = NDArray


def click_given_seen(sds: Array) -> Array:
    """Mean of the sigmoid of score + sd x normal: a row for each sd, a column for each score of GRID."""
    points, weights = roots_hermitenorm(25)
    rows = [sum(w * expit(GRID + sd * x) for x, w in zip(points, weights, strict=True)) for sd in sds]
    return np.array(rows, np.float32) / np.float32(weights.sum())


class Reader:
    """The reader's predictions for the days from `first_test_day` on."""

    def __init__(self, rows: int, seed: int, first_test_day: int = 12):
        self.log = log = simulate_ad_log(rows, seed=seed)
        self.world = world = simulator._calibrated_world(14, seed, simulator._Dials())
        frame, truth = log.impressions, log.truth
        self.day = (frame["timestamp"] - frame["timestamp"].min().normalize()).dt.days.to_numpy()
        self.test = np.flatnonzero(self.day >= first_test_day)
        self.clicked = frame["clicked"].to_numpy()
        self.person = ~truth["is_bot"].to_numpy()
        self.learns = (self.day < first_test_day) & self.person & ~truth["is_duplicate"].to_numpy()
        self.anonymous = frame["user_id"].isna().to_numpy()
        self.examined = truth["examination"].to_numpy(np.float64)
        arrivals = simulator._arrivals(world, rows, simulator._streams(seed)["arrivals"], simulator.BOT_SHARE)
        repeats = np.flatnonzero(truth["is_duplicate"])
        arrivals["user"][repeats] = arrivals["user"][repeats - 1]
        self.user = arrivals["user"]  # of anonymous rows too: to take the user's part out of the score
        if (self.user + 1 != frame["user_id"].fillna(0).to_numpy(np.int64))[~self.anonymous].any():
            raise AssertionError("the arrivals are not those of the log: the simulator draws in another order now")
        self.site, self.ad = frame["site_id"].to_numpy() - 1, frame["ad_id"].to_numpy() - 1
        self.category = world.ads["category"][self.ad]
        self.region = world.users["region"][self.user]
        relevance = truth[["main_relevance", "shared_relevance", "private_relevance"]].sum(axis=1)
        self.score = log.intercept + relevance.to_numpy(np.float64)  # all but the hidden part
        self.hidden_sd = world.scale["hidden"]
        self.seen = click_given_seen(np.array([self.hidden_sd]))[0]
        self.slope = np.gradient(self.seen.astype(np.float64), GRID)
        self._prepare_users()

    def _prepare_users(self) -> None:
        """Draws of what is unknown of a user, what a row makes of them, and each user's prior weights of the draws."""
        world, users, scale = self.world, self.world.users, self.world.scale
        segment, rng = users["segment"], np.random.default_rng(1)
        one_hot = np.column_stack([np.eye(8)[segment], np.eye(8)[users["region"]][:, 1:]])
        coef = np.linalg.lstsq(one_hot, world.effects["user"], rcond=None)[0]
        own = world.effects["user"] - one_hot @ coef
        by_category = world.effects["segment_category"]
        drawn_segment = np.repeat(np.arange(8), N_DRAWS // 8)
        half = rng.normal(size=(N_DRAWS // 2, 5))
        drawn = np.concatenate([half, -half])[rng.permutation(N_DRAWS)]
        effect = scale["main"] * (coef[:8][drawn_segment] + own.std() * drawn[:, 0])
        interactions = scale["shared"] * by_category[drawn_segment].T
        self.draws = np.vstack([effect, interactions, scale["private"] * drawn[:, 1:].T]).astype(np.float32)
        self.known = self.score - scale["main"] * (own + coef[:8][segment])[self.user]
        self.known -= scale["shared"] * by_category[segment[self.user], self.category]
        self.known -= self.log.truth["private_relevance"].to_numpy()
        prior = np.zeros((simulator.N_USERS, 8))
        for column in (users["audience"].astype(int), users["age_group"].astype(int) + 1):
            counts = np.zeros((8, column.max() + 1))
            np.add.at(counts, (segment, column), 1)
            prior += np.log(counts / counts.sum(axis=1, keepdims=True) + 1e-12)[:, column].T
        self.log_weights = np.repeat(prior, N_DRAWS // 8, axis=1).astype(np.float32)

    def _scores(self, rows: Array, known: Array) -> Array:
        features = np.zeros((len(rows), 21), np.float32)
        features[:, 0] = features[np.arange(len(rows)), 1 + self.category[rows]] = 1
        features[:, 17:] = self.world.effects["ad_taste"][self.ad[rows]]
        return features @ self.draws + known[rows, None].astype(np.float32)

    def learn_users(self) -> None:
        """Add the log likelihood of each user's training rows to the log weights of the draws."""
        asked = np.zeros(simulator.N_USERS, bool)
        asked[self.user[self.test][~self.anonymous[self.test]]] = True
        rows = np.flatnonzero(self.learns & ~self.anonymous & asked[self.user])
        rows = rows[np.argsort(self.user[rows], kind="stable")]
        for start in range(0, len(rows), BLOCK):
            some = rows[start : start + BLOCK]
            p = self.seen[place(self._scores(some, self.known))] * self.examined[some, None].astype(np.float32)
            likelihood = np.where(self.clicked[some, None] == 1, np.log(p), np.log1p(-p))
            user, first = np.unique(self.user[some], return_index=True)
            self.log_weights[user] += np.add.reduceat(likelihood, first, axis=0)

    def learn(self, groups: Array, design, truth) -> tuple[Array, Array]:
        """Error of the posterior mean and posterior variance of each row's score, unknowns of each group N(0, 1)."""
        shift, variance = np.zeros(len(self.score)), np.zeros(len(self.score))
        order = np.argsort(groups, kind="stable")
        for group, rows in enumerate(np.split(order, np.searchsorted(groups[order], np.arange(1, groups.max() + 1)))):
            X, true = design(group, rows), truth(group)
            learns = self.learns[rows]
            mean, covariance = self._laplace(X[learns], rows[learns], self.score[rows[learns]] - X[learns] @ true)
            shift[rows] = X @ (mean - true)
            variance[rows] = ((X @ covariance) * X).sum(axis=1)
        calibration = (shift[self.test] ** 2).mean() / variance[self.test].mean()
        print(f"    variance left {variance[self.test].mean():.3f}; squared error over it {calibration:.2f}")
        return shift, variance

    def _laplace(self, X: Array, rows: Array, offset: Array) -> tuple[Array, Array]:
        w, examined, clicked = np.zeros(X.shape[1]), self.examined[rows], self.clicked[rows]
        for _ in range(6):
            score = offset + X @ w
            p, step = (examined * np.interp(score, GRID, table) for table in (self.seen, self.slope))
            curvature = (X * (step**2 / (p * (1 - p)))[:, None]).T @ X + np.eye(X.shape[1])
            w += np.linalg.solve(curvature, X.T @ ((clicked - p) * step / (p * (1 - p))) - w)
        return w, np.linalg.inv(curvature)

    def learn_sites(self) -> tuple[Array, Array]:
        """A site's own effect and its interactions with categories."""
        effects, scale = self.world.effects, self.world.scale
        left, size, right = np.linalg.svd(effects["site_category"].astype(float), full_matrices=False)
        by_category = right[:4].T * size[:4] / np.sqrt(len(left)) * scale["shared"]
        own, sd = effects["site"], effects["site"].std()
        return self.learn(
            self.site,
            lambda _, rows: np.column_stack([np.full(len(rows), scale["main"] * sd), by_category[self.category[rows]]]),
            lambda site: np.append(own[site] / sd, left[site, :4] * np.sqrt(len(left))),
        )

    def learn_ads(self) -> tuple[Array, Array]:
        """An ad's distance from the mean of its campaign, on the eve of the test days; its changes by day are given."""
        effects, scale, campaign = self.world.effects, self.world.scale, self.world.ads["campaign"]
        left, size, right = np.linalg.svd(effects["region_campaign"].astype(float), full_matrices=False)
        by_region = left[:, :4] * size[:4] / np.sqrt(right.shape[1]) * scale["shared"]
        effect = effects["ad"][self.day[self.test[0]] - 1].astype(float)
        own = effect - pd.Series(effect).groupby(campaign).transform("mean").to_numpy()
        ads = [np.flatnonzero(campaign == c) for c in range(campaign.max() + 1)]

        def design(c: int, rows: Array) -> Array:
            is_ad = self.ad[rows, None] == ads[c]
            return np.hstack([by_region[self.region[rows]], is_ad * scale["main"] * own.std()])

        def truth(c: int) -> Array:
            return np.concatenate([right[:4, c] * np.sqrt(right.shape[1]), own[ads[c]] / own.std()])

        return self.learn(campaign[self.ad], design, truth)

    def predict(self, shift: Array | float = 0.0, variance: Array | float = 0.0) -> Array:
        """Click probabilities of the test rows."""
        weights = np.exp(self.log_weights - self.log_weights.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        known = self.known + shift
        sd = np.sqrt(self.hidden_sd**2 + variance + np.zeros(len(known)))
        tables, p = click_given_seen(SDS), np.empty(len(self.test))
        for start in range(0, len(self.test), BLOCK):
            rows = self.test[start : start + BLOCK]
            which = np.clip(np.round((sd[rows] - SDS[0]) / 0.02), 0, len(SDS) - 1).astype(np.int64)
            weight = np.where(self.anonymous[rows, None], np.float32(1 / N_DRAWS), weights[self.user[rows]])
            p[start : start + BLOCK] = (tables[which[:, None], place(self._scores(rows, known))] * weight).sum(axis=1)
        return np.where(self.person[self.test], self.examined[self.test] * p, BOT_CLICK_RATE)

    def share(self, p: Array) -> float:
        """Expected share of the oracle of predictions for the test rows."""
        return expected_share(self.log, p, self.test, self.clicked[: self.test[0]].mean())

    def ceilings(self) -> dict[str, float]:
        """Shares of the oracle, as the reader loses one kind of knowledge after the other."""
        found = {"all but the hidden part": self.share(self._without_hidden())}
        found["+ users known by audience and age alone"] = self.share(self.predict())
        self.learn_users()
        found["users inferred from their clicks as well"] = self.share(self.predict())
        site, ad = self.learn_sites(), self.learn_ads()
        found["+ sites inferred"] = self.share(self.predict(*site))
        found["+ ads and campaigns inferred: the ceiling"] = self.share(self.predict(site[0] + ad[0], site[1] + ad[1]))
        return found

    def _without_hidden(self) -> Array:
        p = self.examined[self.test] * self.seen[place(self.score[self.test])]
        return np.where(self.person[self.test], p, BOT_CLICK_RATE)


def place(score: Array) -> Array:
    return np.clip(((score - GRID[0]) * 200).astype(np.int32), 0, len(GRID) - 1)


def expected_share(log: Any, p: Array, rows: Array, base_rate: float) -> float:
    """`share_of_oracle` with the expected loss of each row instead of that of the click that fell: less noise.

    Of `log`, only its `true_ctr` is read.
    """
    q = log.true_ctr[rows]

    def lost(p: Array | float) -> float:
        return float((q * np.log(q / p) + (1 - q) * np.log((1 - q) / (1 - p))).sum())

    return 1 - lost(p) / lost(base_rate)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    options = parser.parse_args()
    for seed in options.seeds:
        print(f"\nSeed {seed}, {options.rows:,} rows: share of the oracle on the test days, expected")
        for name, share in Reader(options.rows, seed).ceilings().items():
            print(f"  {name:44}{share:8.1%}", flush=True)


if __name__ == "__main__":
    main()
