"""Simulated worlds whose truth is known: a recommender, and a market whose advertisers pay from budgets.

The recommender: who visits, what they click in a list, what a list is worth.

A visit is one user who is shown one slate, a list of different items from the top slot down. A slot is clicked when it
is looked at *and* its item attracts (the examination hypothesis):

    P(click on slot k) = examination_k x attraction,  attraction = sigmoid(BASE_LOGIT + appetite of the user
                                                     + quality of the item + taste of the segment + private taste)

With `cascade`, the first click from the top ends the visit: the slots below are then not looked at. The value of a
slate is the expected number of clicks of one visit: with `cascade`, the probability of its one click.

How the world is drawn (N: normal; sd on the logit scale):

================  =====================================================  ==============================================
part              law                                                    can a recommender learn it?
================  =====================================================  ==============================================
``segment``       one of 8, each as likely, a user                       it is known
``activity``      a user's share of the visits, ~ lognormal(0, 1)        from a user's number of visits
``examination``   0.95 x slot^-0.6: .95, .63, .49, ... .24 (10 slots)    it is given
appetite          N(-clicky^2 / 2, clicky) a user: how much they click   no need: it moves no order of items; the mean
                  at all                                                 odds are the same for every `clicky`
quality           N(0, 0.8) an item                                      from the clicks of all users
taste of segment  N(0, 1) a segment and item                             from those of one segment: 8 x n_items numbers
private taste     N(0, 0.5) a user and item                              hardly: few visits a user
================  =====================================================  ==============================================

Each part has a random stream of its own, so two worlds of one seed that differ in `clicky`, `churn` or `cascade` are
equal in all else; visits, clicks and new items are drawn from the generators that the caller hands over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from mlpipe.arguments import integers, number, repeated, whole_number
from mlpipe.simulator import _different

N_SEGMENTS, N_SLOTS = 8, 10
BASE_LOGIT = -3.2
ACTIVITY_SD, QUALITY_SD, TASTE_SD, PRIVATE_SD = 1.0, 0.8, 1.0, 0.5
ATTRIBUTE_NOISE_SD = 0.5
PARTS = ("segment", "activity", "appetite", "quality", "taste", "private")

N_CAMPAIGNS, N_REQUESTS, REQUESTS_AT_A_TIME = 60, 140_000, 350
CLICK_RATE, APPEAL_SD, FIT_SD = 0.012, 0.5, 1.0
OLD_ERROR_SD, NEW_ERROR_SD = 1.5, 0.7


class RecommenderWorld:
    """Users, items and slots of the law that stands above; one seed gives the same world on every run.

    Its attributes are the truth: a recommender that is judged here may see what `show` returns, and the segments. They
    may be written to, for a world by hand.

    Parameters
    ----------
    n_users, n_items : 1 or more; the world holds n_users x n_items floats of 4 bytes
    seed : 0 or more
    clicky : sd over users of the logit of clicking at all, 0 to 3
    churn : share of the items that one call of `renew` replaces, 0 to 1
    cascade : whether the first click ends the visit

    Attributes
    ----------
    segment : (n_users,) 0 to 7
    activity : (n_users,) share of the visits that a user makes; sums to 1
        So `activity @ value(slates)`, with one slate a user, is the mean value of a visit.
    examination : (10,) probability that a slot is looked at, from the top; with `cascade` if nothing above was clicked
    attraction : (n_users, n_items) float32, probability of a click on an item that is looked at

    Raises
    ------
    ValueError
        If an argument is not a number of its range.

    References
    ----------
    This project; examination as in Richardson, Dominowska and Ragno 2007, Predicting clicks (WWW), cascade as in
    Craswell, Zoeter, Taylor and Ramsey 2008, An experimental comparison of click position-bias models (WSDM).

    Examples
    --------
    >>> world, rng = RecommenderWorld(n_users=100, n_items=50), np.random.default_rng(0)
    >>> users = world.visits(1000, rng)
    >>> clicks = world.show(users, world.best(10)[users], rng)
    >>> round(float(clicks.sum(axis=1).mean()), 1), round(float(world.activity @ world.value(world.best(10))), 1)
    (1.3, 1.3)
    """

    segment: np.ndarray
    activity: np.ndarray
    examination: np.ndarray
    attraction: np.ndarray

    def __init__(
        self,
        n_users: int = 2_000,
        n_items: int = 600,
        seed: int = 0,
        *,
        clicky: float = 0.5,
        churn: float = 0.0,
        cascade: bool = False,
    ) -> None:
        self.n_users = whole_number("n_users", n_users)
        self.n_items = whole_number("n_items", n_items)
        seed = whole_number("seed", seed, 0)
        self.clicky = number("clicky", clicky, 0, 3, so="a number from 0 to 3, such as 0.5")
        self.churn = number("churn", churn, 0, 1, so="a share from 0 to 1, such as 0.01")
        if not isinstance(cascade, bool | np.bool_):
            raise ValueError(f"cascade is {cascade!r}; expected True (one click ends the visit) or False")
        self.cascade = bool(cascade)
        seeds = np.random.SeedSequence(seed).spawn(len(PARTS))
        streams = dict(zip(PARTS, map(np.random.default_rng, seeds), strict=True))
        self.segment = streams["segment"].integers(N_SEGMENTS, size=self.n_users)
        activity = streams["activity"].lognormal(0, ACTIVITY_SD, self.n_users)
        self.activity = activity / activity.sum()
        self.examination = 0.95 * np.arange(1, N_SLOTS + 1) ** -0.6
        self._appetite = streams["appetite"].normal(-(self.clicky**2) / 2, self.clicky, (self.n_users, 1))
        self.attraction = self._attraction(self.n_items, streams["quality"], streams["taste"], streams["private"])

    def visits(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw who comes: users by their activity, independent of each other.

        Parameters
        ----------
        n : visits, 1 or more
        rng : generator to draw from

        Returns
        -------
        (n,) users

        Raises
        ------
        ValueError
            If `n` is not a whole number of 1 or more.
        """
        n = whole_number("n", n)
        ends = np.cumsum(self.activity)
        return np.searchsorted(ends, rng.random(n) * ends[-1], side="right")

    def by_lot(self, n: int, rng: np.random.Generator, k: int = N_SLOTS) -> np.ndarray:
        """Draw slates in which each order of different items is as likely.

        Parameters
        ----------
        n : slates, 1 or more
        rng : generator to draw from
        k : items in a slate, 1 to 10 and to the number of items

        Returns
        -------
        (n, k) items

        Raises
        ------
        ValueError
            If `n` or `k` is out of its range.
        """
        n, k = whole_number("n", n), whole_number("k", k, 1, min(N_SLOTS, self.n_items))
        return _different(np.arange(self.n_items), n, k, rng)

    def show(self, users: ArrayLike, slates: ArrayLike, rng: np.random.Generator) -> np.ndarray:
        """Draw the clicks of visits.

        One number is drawn for each slot of each visit, so two generators of one seed give two sets of slates the same
        luck.

        Parameters
        ----------
        users : (n,) who visits
        slates : (n, k) items shown to them from the top slot down, or (k,) one slate for all; k up to 10
        rng : generator to draw from

        Returns
        -------
        (n, k) bool, what was clicked; with `cascade` at most one a row

        Raises
        ------
        ValueError
            On unknown users or items, an item twice in a slate, more items than slots, and other shapes.
        """
        chance = self._chances(*self._checked(slates, users))
        clicks = rng.random(chance.shape) < chance
        return clicks & (clicks.cumsum(axis=1) == 1) if self.cascade else clicks

    def value(self, slates: ArrayLike, users: ArrayLike | None = None) -> np.ndarray:
        """Expected clicks of one visit, exact.

        Parameters
        ----------
        slates : (n, k) items from the top slot down, or (k,) one slate for all; k up to 10
        users : (n,) who is shown them; None: one slate for each user of the world, in order

        Returns
        -------
        (n,) clicks a visit

        Raises
        ------
        ValueError
            As in `show`.
        """
        chance = self._chances(*self._checked(slates, users))
        return 1 - np.prod(1 - chance, axis=1) if self.cascade else chance.sum(axis=1)

    def best(self, k: int = N_SLOTS) -> np.ndarray:
        """The slates of the highest value: the k items that attract each user most, the first on top.

        That is so for both ways of clicking, as the examination falls from the top.

        Parameters
        ----------
        k : items in a slate, 1 to 10 and to the number of items

        Returns
        -------
        (n_users, k) items; of equal ones the lower number comes first

        Raises
        ------
        ValueError
            If `k` is out of its range.
        """
        k = whole_number("k", k, 1, min(N_SLOTS, self.n_items))
        return np.argsort(-self.attraction, axis=1, kind="stable")[:, :k]

    def renew(self, rng: np.random.Generator) -> np.ndarray:
        """Replace a share `churn` of the items, each as likely, by new ones of the same law.

        New items take the numbers of those that they replace. Where `churn` x n_items is no whole number, their number
        is rounded up or down at random, right on average.

        Parameters
        ----------
        rng : generator to draw from; one of its own gives several recommenders the same new items

        Returns
        -------
        (n_new,) their numbers, ascending
        """
        n_new = min(int(self.churn * self.n_items + rng.random()), self.n_items)
        items = np.sort(rng.choice(self.n_items, n_new, replace=False))
        self.attraction[:, items] = self._attraction(n_new, rng, rng, rng)
        return items

    def _attraction(
        self, n_items: int, of_items: np.random.Generator, of_segments: np.random.Generator, rng: np.random.Generator
    ) -> np.ndarray:
        """Attraction of new items for all users: (n_users, n_items) float32, in place, as it is the largest array."""
        quality = BASE_LOGIT + of_items.normal(0, QUALITY_SD, n_items)
        of_segment = quality + of_segments.normal(0, TASTE_SD, (N_SEGMENTS, n_items))
        logit = rng.standard_normal((self.n_users, n_items), np.float32)
        logit *= np.float32(PRIVATE_SD)
        for start in range(0, self.n_users, 1000):
            rows = slice(start, start + 1000)
            logit[rows] += of_segment[self.segment[rows]] + self._appetite[rows]
        return expit(logit, out=logit)

    def _checked(self, slates: ArrayLike, users: ArrayLike | None) -> tuple[np.ndarray, np.ndarray]:
        """Slates (n, k) and users (n,) that fit each other and the world."""
        items = integers("slates", slates, "(n, k) items, from the top slot down, or (k,) one slate for all")
        who = np.arange(self.n_users) if users is None else integers("users", users, "(n,) users, one a visit", ndim=1)
        if items.ndim == 1:
            items = np.broadcast_to(items, (len(who), len(items)))
        if items.ndim != 2 or len(items) != len(who) or not 1 <= items.shape[1] <= N_SLOTS:
            whom = "one for each user of the world, or pass the users" if users is None else "one a visit of `users`"
            raise ValueError(
                f"slates has shape {items.shape}; expected ({len(who)}, 1 to {N_SLOTS} items), {whom}: "
                "slates[users] takes the rows of who visits"
            )
        for name, ids, n in (("users", who, self.n_users), ("slates", items, self.n_items)):
            if ids.size and not 0 <= ids.min() <= ids.max() < n:
                wrong = ids[(ids < 0) | (ids >= n)][0]
                raise ValueError(f"{name} holds {wrong}; expected 0 to {n - 1}, as many as the world has")
        twice = repeated(items)
        if twice.any():
            raise ValueError(
                f"slates holds an item twice, first in row {twice.argmax()}: {items[twice.argmax()].tolist()}; "
                "expected different items: draw them without replacement"
            )
        return items, who

    def _chances(self, items: np.ndarray, users: np.ndarray) -> np.ndarray:
        """P(click) of each slot, if nothing above it ended the visit: (n, k)."""
        return self.attraction[users[:, None], items] * self.examination[: items.shape[1]]


@dataclass(frozen=True, eq=False)
class Seen:
    """What a policy knows when a round of `feedback_loop` begins.

    Attributes
    ----------
    clicks : (8, n_items) of what this policy showed, by segment and item
    looks : (8, n_items) examinations of the slots where it showed them, added up; clicks / looks is an attraction
    attributes : (n_items, 8) noisy hints of how each segment likes the item, as content or price would give: the mean
        logit of its attraction over the users of the segment, and N(0, 0.5)
    segment : (n_visits,) of who comes in this round
    """

    clicks: np.ndarray
    looks: np.ndarray
    attributes: np.ndarray
    segment: np.ndarray


Policy = Callable[[Seen, np.random.Generator], tuple[np.ndarray, np.ndarray]]


def feedback_loop(
    policies: Mapping[str, Policy],
    seed: int = 0,
    *,
    churn: float = 0.0,
    n_rounds: int = 40,
    n_visits: int = 2_000,
    n_items: int = 600,
) -> pd.DataFrame:
    """Let policies learn from the clicks on what they show, each in its own copy of one world.

    In each round a share `churn` of the items is replaced, the same users come to every policy, and each slot has the
    same luck. In round 0 all show slates by lot. The clicks and looks of an item end with it.

    Parameters
    ----------
    policies : by name; each is called with `Seen` and a generator, and returns two arrays: its own lists, (8, 10), the
        best that it knows for each segment; and the slates that it shows, (n_visits, 10)
    seed : 0 or more; of the world and of all draws
    churn : share of the items that are replaced in a round, 0 to 1
    n_rounds, n_visits : 1 or more; visits of one round
    n_items : 10 or more

    Returns
    -------
    DataFrame
        A row for each policy and round: ``policy``, ``round``; ``served``, the expected clicks of a visit with what was
        shown; ``own``, those of the policy's own lists for all users; ``coverage``, the share of the items that were
        shown in the round.

    Raises
    ------
    ValueError
        If there is no policy, a number is out of its range, or a policy returns what cannot be shown.

    Examples
    --------
    >>> def greedy(seen, rng):
    ...     lists = np.argsort(-(seen.clicks + 1) / (seen.looks + 5), axis=1, kind="stable")[:, :10]
    ...     return lists, lists[seen.segment]
    >>> found = feedback_loop({"greedy": greedy}, n_rounds=3, n_visits=100)
    >>> found.columns.tolist(), len(found)
    (['policy', 'round', 'served', 'own', 'coverage'], 3)
    """
    if not isinstance(policies, Mapping) or not policies:
        raise ValueError(
            f"policies is {policies!r}; expected functions by name, such as {{'greedy': greedy}}: each takes what was "
            "seen and a generator, and returns its own lists and the slates to show"
        )
    n_rounds, n_visits = whole_number("n_rounds", n_rounds), whole_number("n_visits", n_visits)
    n_items = whole_number("n_items", n_items, N_SLOTS)
    world = RecommenderWorld(n_items=n_items, seed=seed, churn=churn)
    renewal, visits, hints = (np.random.default_rng([seed, stream]) for stream in range(3))
    counted = np.zeros((len(policies), 2, N_SEGMENTS, n_items))
    attributes, rows = _attributes(world, np.arange(n_items), hints), []
    for step in range(n_rounds):
        new = world.renew(renewal)
        attributes[new], counted[..., new] = _attributes(world, new, hints), 0
        users = world.visits(n_visits, visits)
        segment = world.segment[users]
        for (name, policy), known in zip(policies.items(), counted, strict=True):
            rng, luck = (np.random.default_rng([seed, step, stream]) for stream in (3, 4))
            own, slates = policy(Seen(known[0].copy(), known[1].copy(), attributes.copy(), segment), rng)
            slates = np.asarray(slates) if step else world.by_lot(n_visits, rng)
            clicked = world.show(users, slates, luck)
            cell = (segment[:, None] * n_items + slates).ravel()
            for counts, weight in zip(known, (clicked, np.broadcast_to(world.examination, slates.shape)), strict=True):
                counts += np.bincount(cell, weight.ravel(), counts.size).reshape(counts.shape)
            served = world.value(slates, users).mean()
            worth = world.activity @ world.value(np.asarray(own)[world.segment])
            rows.append((name, step, served, worth, len(np.unique(slates)) / n_items))
    return pd.DataFrame(rows, columns=["policy", "round", "served", "own", "coverage"])


def greedy(seen: Seen, rng: np.random.Generator, a: float = 1, b: float = 5) -> tuple[np.ndarray, np.ndarray]:
    """Show each segment the ten items of the highest rate, (clicks + a) / (looks + b): a policy for `feedback_loop`.

    Parameters
    ----------
    seen : what the policy knows
    rng : not used
    a, b : clicks and looks that each item begins with, above 0; tuned by benchmarks/tune_loop.py

    Returns
    -------
    lists : (8, 10) items
    slates : (n_visits, 10), the list of who comes
    """
    lists = best_ten((seen.clicks + a) / (seen.looks + b))
    return lists, lists[seen.segment]


def best_ten(rate: np.ndarray) -> np.ndarray:
    """The ten items of the highest rate, the best first; of equal ones the lower number.

    Parameters
    ----------
    rate : (..., n_items)

    Returns
    -------
    (..., 10) items
    """
    return np.argsort(-rate, axis=-1, kind="stable")[..., :N_SLOTS]


def by_attributes(seen: Seen, rng: np.random.Generator, l2: float = 1) -> tuple[np.ndarray, np.ndarray]:
    """Show each segment the ten items of the highest rate by a line in their attributes, which new items have as well.

    The line of a segment is fitted by least squares, weighted by the looks.

    Parameters
    ----------
    seen : what the policy knows
    rng : not used
    l2 : penalty on the squared weights, above 0

    Returns
    -------
    lists : (8, 10) items
    slates : (n_visits, 10), the list of who comes
    """
    x = np.column_stack([np.ones(len(seen.attributes)), seen.attributes])
    gram = np.einsum("si,ij,ik->sjk", seen.looks, x, x) + l2 * np.eye(x.shape[1])
    weights = np.linalg.solve(gram, (seen.clicks @ x)[..., None])[..., 0]
    lists = best_ten(weights @ x.T)
    return lists, lists[seen.segment]


def random_slots(
    seen: Seen, rng: np.random.Generator, own: Policy = greedy, share: float = 0.05
) -> tuple[np.ndarray, np.ndarray]:
    """Give each slot with probability `share` to an item by lot; a slate that would hold an item twice stays as it was.

    Parameters
    ----------
    seen : what the policy knows
    rng : generator to draw from
    own : policy whose slates are changed
    share : of the slots, 0 to 1

    Returns
    -------
    lists : (8, 10) items, those of `own`
    slates : (n_visits, 10)
    """
    lists, slates = own(seen, rng)
    items = rng.integers(seen.clicks.shape[1], size=slates.shape)
    other = np.where(rng.random(slates.shape) < share, items, slates)
    return lists, np.where(repeated(other)[:, None], slates, other)


def last_slot(
    seen: Seen, rng: np.random.Generator, own: Policy = greedy, share: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    """Give the last slot of a share of the visits to what the segment has seen least, one item after the other.

    Parameters
    ----------
    seen : what the policy knows
    rng : generator to draw from
    own : policy whose slates are changed
    share : of the visits, 0 to 1; 0.5 gives as many slots away as a share of 0.05 of all

    Returns
    -------
    lists : (8, 10) items, those of `own`
    slates : (n_visits, 10)
    """
    lists, slates = own(seen, rng)
    other, turn = slates.copy(), rng.random(len(slates)) < share
    for segment, least in enumerate(np.argsort(seen.looks, axis=1, kind="stable")):
        visits = turn & (seen.segment == segment)
        other[visits, -1] = np.resize(least, visits.sum())
    return lists, np.where(repeated(other)[:, None], slates, other)


def _attributes(world: RecommenderWorld, items: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Hints (len(items), 8); a segment without users has noise alone."""
    liked = logit(world.attraction[:, items].astype(np.float64))
    sums = np.stack([liked[world.segment == segment].sum(axis=0) for segment in range(N_SEGMENTS)], axis=1)
    means = sums / np.maximum(np.bincount(world.segment, minlength=N_SEGMENTS), 1)
    noisy: np.ndarray = means + rng.normal(0, ATTRIBUTE_NOISE_SD, means.shape)
    return noisy


def budget_market(share: float, budget: int, *, apart: bool = False, seed: int = 0, week: int = 0) -> np.ndarray:
    """Clicks of a week in which an old and a new model choose ads, while each campaign pays a click from its budget.

    140,000 requests, one a user. Each shows one ad, of 60 campaigns, and the click rate of campaign j is

        0.012 exp(appeal_j + fit),    appeal_j ~ N(0, 0.5),    fit ~ N(0, 1) a request and campaign

    A model shows the ad of the highest appeal_j + fit + error among the campaigns that still have budget, with an error
    of N(0, 1.5) for the old model and N(0, 0.7) for the new one. A campaign whose budget is spent is seen to be so
    after 350 requests at most; clicks in between are not paid and not counted.

    Markets of one seed and week have the same requests, luck and, for one `share`, arms, whatever their budget.

    Parameters
    ----------
    share : part of the users, drawn by chance, whose ads the new model chooses, 0 to 1
    budget : clicks that each campaign can pay, 2 or more
    apart : whether each of the two arms has half of each budget to itself, instead of sharing all of it
    seed : 0 or more; another seed has other campaigns
    week : 0 or more; another week of a seed has the same campaigns, new requests and the full budgets

    Returns
    -------
    (2,) clicks that were paid for: of users with the old model, and of those with the new one

    Raises
    ------
    ValueError
        If an argument is not a number of its range.

    References
    ----------
    This project; the split of budgets is that of Liu, Mao and Kang 2021, Trustworthy and powerful online marketplace
    experimentation with budget-split design (KDD).

    Examples
    --------
    >>> budget_market(0, budget=50).tolist(), budget_market(1, budget=50).tolist()
    ([3000, 0], [0, 3000])
    """
    share = number("share", share, 0, 1, so="a share from 0 to 1, such as 0.5")
    budget = whole_number("budget", budget, 2)
    if not isinstance(apart, bool | np.bool_):
        raise ValueError(f"apart is {apart!r}; expected True (half of each budget for each arm) or False (shared)")
    seed, week = whole_number("seed", seed, 0), whole_number("week", week, 0)
    left = np.full((1 + apart, N_CAMPAIGNS), budget // (1 + apart))
    appeal = np.random.default_rng(seed).normal(0, APPEAL_SD, N_CAMPAIGNS)
    rng = np.random.default_rng([seed, week, 1])
    clicks, row = np.zeros(2, np.int64), np.arange(REQUESTS_AT_A_TIME)
    for _ in range(N_REQUESTS // REQUESTS_AT_A_TIME):
        fit, error = rng.normal(0, FIT_SD, (2, REQUESTS_AT_A_TIME, N_CAMPAIGNS))
        is_new, luck = (rng.random(REQUESTS_AT_A_TIME) < share).astype(int), rng.random(REQUESTS_AT_A_TIME)
        purse = is_new * apart
        worth = appeal + fit
        score = worth + np.where(is_new, NEW_ERROR_SD, OLD_ERROR_SD)[:, None] * error
        shown = np.where(left[purse] > 0, score, -np.inf).argmax(axis=1)
        clicked = luck < CLICK_RATE * np.exp(worth[row, shown])
        for arm, account, campaign in zip(is_new[clicked], purse[clicked], shown[clicked], strict=True):
            if left[account, campaign]:
                left[account, campaign] -= 1
                clicks[arm] += 1
    return clicks
