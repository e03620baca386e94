# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 700
#     budget_seconds: 30
#     minutes: 20
# ---

# %% [markdown] notes="Plan: which list to launch 4, another policy from the log 5, real data 3, the loop 5, attributes 3. Then ten minutes for the core exercise. Ask first: what does a click log not tell you about an item that was never shown? And who decided that it was not shown?"
# # Learning from the own log
#
# **Goal.** Judge a policy before launch from the log of another, know when the log cannot answer, and measure what exploring costs and gives.
#
# | where we are | you need | it takes |
# |---|---|---|
# | requirements ▸ **data** ▸ features ▸ **model** ▸ **evaluation** ▸ serving | nDCG (04), intervals (06), propensities (11) | 20 minutes to read, under 30 s, under 700 MB |

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown]
# ## Which list would you launch?
#
# A *simulated* shop: 2,000 users in eight segments, 600 items, lists of ten. We know what each user would click, so we know what a list is worth: expected clicks a visit. The slot's probability to be looked at, the **examination** (11), is given.
#
# The log: 20,000 visits. Nine in ten saw a list of popular items, with a little noise; the others saw ten items by lot, the **random slice**. The first half trains candidates, the second half judges them. The usual judge is nDCG of the logged clicks.

# %%
import numpy as np
import pandas as pd
import scipy.sparse as sp

from mlpipe.ranking_metrics import ndcg_at_k
from mlpipe.recommenders.base import top_k
from mlpipe.uncertainty import paired_difference
from mlpipe.worlds import N_SEGMENTS, RecommenderWorld

world, rng, K = RecommenderWorld(seed=SEED), np.random.default_rng(SEED), 10
n_visits, n_items, examination = 20_000 if SCALE == "full" else 4_000, world.n_items, world.examination


def repeated(slates):  # lists that hold an item twice
    return (np.diff(np.sort(slates, axis=1), axis=1) == 0).any(axis=1)


def by_lot(n, rng):
    slates = rng.integers(n_items, size=(n, K))
    while (again := repeated(slates)).any():
        slates[again] = rng.integers(n_items, size=(again.sum(), K))
    return slates


def counts(segment, slates, weight):  # segments x items
    cell, weights = segment[:, None] * n_items + slates, np.broadcast_to(weight, slates.shape)
    return np.bincount(cell.ravel(), weights.ravel(), N_SEGMENTS * n_items).reshape(N_SEGMENTS, -1)

# %%
users, slates = world.visits(n_visits, rng), by_lot(n_visits, rng)  # an older log: what is popular
popular = np.bincount(slates[world.show(users, slates, rng)], minlength=n_items) + 1
users = world.visits(n_visits, rng)
segment, lot, train = world.segment[users], rng.random(n_visits) < 0.1, np.arange(n_visits) < n_visits / 2
slates = top_k((np.log(popular) + 0.25 * rng.gumbel(size=(n_visits, n_items))).astype(np.float32), K)[0]
slates[lot] = by_lot(lot.sum(), rng)
clicked = world.show(users, slates, rng)


def learned(rows):  # clicks and looks
    return (counts(segment[rows], slates[rows], weight) for weight in (clicked[rows], examination))


(clicks, looks), (lot_clicks, lot_looks) = learned(train), learned(train & lot)
scores = {"item clicks": np.tile(clicks.sum(axis=0), (N_SEGMENTS, 1)),
          "item clicks / looks": np.tile((clicks.sum(axis=0) + 0.6) / (looks.sum(axis=0) + 10), (N_SEGMENTS, 1)),
          "segment clicks": clicks,
          "segment clicks / looks": (clicks + 0.6) / (looks + 10),
          "... of the random slice": (lot_clicks + 0.6) / (lot_looks + 10),
          "random order": rng.random(clicks.shape)}
lists = {name: np.argsort(-score, axis=1, kind="stable")[:, :K] for name, score in scores.items()}

# %% [markdown]
# The other judge weights each click: the examination of the item's place in the new list, over how much the log looked at the item on average. That is $w = \pi / \mu$ of lesson 11, for a list.
#
# **Predict before you run.** *Segment clicks* puts on top what a segment clicked most often; *segment clicks / looks* what it clicks when it looks. Which one wins on nDCG of the logged clicks? Which one earns more?

# %%
test = ~train
visit, slot = np.nonzero(clicked & test[:, None])
cells = users[visit], slates[visit, slot]
relevant = (sp.csr_matrix((np.ones(len(visit)), cells), (world.n_users, n_items)) > 0).astype(float)


def worth(top, rows):  # of the list, in each visit
    place = np.zeros((N_SEGMENTS, n_items))
    np.put_along_axis(place, top, examination, axis=1)
    looked = np.bincount(slates[rows].ravel(), np.tile(examination, rows.sum()), n_items) / rows.sum()
    weight = place[segment[rows][:, None], slates[rows]] / looked[slates[rows]]
    return (clicked[rows] * weight).sum(axis=1)


ndcg = {name: ndcg_at_k(top[world.segment], relevant) for name, top in lists.items()}
judged = {name: [np.nanmean(ndcg[name]), worth(top, test).mean(), worth(top, test & lot).mean(),
                 world.activity @ world.value(top[world.segment])] for name, top in lists.items()}
judged = pd.DataFrame(judged, ["nDCG", "log, weighted", "random slice", "truth"]).T
print(judged.round(3).to_string())

# %%
from mlpipe.course import claim, exercise, say

winner, best = judged["nDCG"].idxmax(), judged["truth"].idxmax()
print(f"nDCG picks {winner}, the weighted log {judged['log, weighted'].idxmax()}; the best is {best}")
wrong = paired_difference(ndcg[best], ndcg[winner])
by_user = [np.bincount(users[test & lot], worth(lists[name], test & lot)) for name in (best, winner)]
came = np.unique(users[test & lot])
slice_says = paired_difference(*(one[came] for one in by_user))
print(f"best minus winner, clicks of a user on the random slice: {slice_says.estimate:.2f}, "
      f"{slice_says.low:.2f} to {slice_says.high:.2f} ({len(came)} users)")
claim("Offline, the best lists lose for sure (nDCG, best minus winner: high end of the interval)",
      wrong.high, id="15.offline_looks", baseline=0.0, at_most=-0.02, fmt=".3f")
claim("They earn more than the offline winner (true clicks, ratio)",
      judged["truth"][best] / judged["truth"][winner], id="15.offline_truth", baseline=1.0, at_least=1.1)
rank = judged.corr("spearman")["truth"]
claim("The weighted log orders the candidates nearly as the truth does (rank correlation of six)",
      rank["log, weighted"], id="15.offline_weighted", baseline=rank["nDCG"], at_least=0.8, fmt=".2f")

# %% [markdown] notes="Ask why more users or more days would not help nDCG: the interval is narrow already, and on the wrong side. Bias does not shrink with rows."
# More rows would not help: the interval is narrow, around a wrong value. Logged clicks reward who repeats the log. The random slice is right on average, but small.
#
# ## What would another policy have earned?
#
# Now the ad log of lesson 11, *simulated*: its policy drew each ad with a known propensity. A click model of the first seven days makes five new policies: the probability of an ad is in proportion to $e^{\beta s}$, where $s$ is the model's score (logit). $\beta = 0$ shows all live ads evenly, $\beta = \infty$ always the best ad. The log of the last seven days is to say what each would earn; `policy_value` knows.

# %%
from mlpipe.ctr import HashedLogisticRegression, tuned
from mlpipe.simulator import choice_context, choice_probabilities, policy_value, simulate_ad_log

n_rows = 800_000 if SCALE == "full" else 100_000
log = simulate_ad_log(n_rows, seed=SEED).impressions.drop_duplicates()
log["day"], log["context"] = log["timestamp"].dt.day_of_year - 5, choice_context(log)
CONTEXT, AD = ["region", "device", "position"], ["ad_id", "campaign_id", "category", "ad_format"]
model = HashedLogisticRegression(
    **tuned.LOGISTIC_REGRESSION, crosses=[("region", "campaign_id"), ("device", "ad_format")])
past = log[log["day"] < 7]
model.fit(past[CONTEXT + AD], past["clicked"])
ads = log[AD].drop_duplicates("ad_id")
contexts = log.drop_duplicates("context").sort_values("context")[CONTEXT]
score = np.full((len(contexts), 2400), -9.0)
pairs = contexts.merge(ads, how="cross")
score[:, ads["ad_id"] - 1] = model.decision_function(pairs[CONTEXT + AD]).reshape(len(contexts), -1)
expected = 1 / (1 + np.exp(-score))
live = choice_probabilities(seed=SEED) > 0
recent, by_chance = (log[(log["day"] >= 7) & (log["policy"] == who)] for who in ("logged", "random"))
print(f"the log to judge by: {len(recent):,} rows, {recent['clicked'].sum():,} clicks; "
      f"random slice: {len(by_chance):,} rows, {by_chance['clicked'].sum():,} clicks")

# %% [markdown]
# **Predict before you run.** The log shows about 1,300 live ads. Of its rows, how many speak about the policy that always shows the best ad?
#
# Each estimate stands as a ratio to the truth, with its standard error (by user) behind ±. *Cut* is SNIPS of weights cut at 10. *DM*, the direct method, asks the model: its prediction, averaged over the policy's choices. *DR* adds to it the weighted errors of the model.

# %%
from mlpipe.experiments import effective_rows, off_policy


def policy(beta):  # days x contexts x ads
    chance = np.where(live, score, -np.inf)
    top = chance.max(axis=2, keepdims=True)
    chance = (chance == top) if beta == np.inf else live * np.exp(beta * (score - top))
    return (chance / chance.sum(axis=2, keepdims=True)).astype(np.float32)


def ask(rows, chance, **how):
    day, context, ad = rows["day"], rows["context"], rows["ad_id"] - 1
    if how.get("how") == "dr":
        how["predicted"] = expected[context, ad]
        how["expected"] = (chance * expected).sum(axis=2)[day, context]
    who = rows["user_id"].fillna(-rows.index.to_series()).astype(int)  # no id: a user a row
    wanted = chance[day, context, ad]
    try:
        return off_policy(rows["clicked"], rows["propensity"], wanted, users=who, min_effective_rows=2, **how)
    except ValueError:  # no click, or hardly a row, among those that count
        return None

# %%
table = {}
for beta in (0, 1, 2, 4, np.inf):
    chance = policy(beta)
    truth = policy_value(chance, n_rows, seed=SEED, first_day=7)
    found = {"SNIPS": ask(recent, chance), "cut": ask(recent, chance, clip=10),
             "DR": ask(recent, chance, how="dr"), "slice": ask(by_chance, chance)}
    table[beta] = {"truth": 1000 * truth, "rows": found["SNIPS"].effective_rows}
    for name, one in found.items():
        pair = (one.estimate, one.standard_error) if one else (np.nan, np.nan)
        table[beta] |= {name: pair[0] / truth, f"± {name}": pair[1] / truth}
    direct = (chance * expected).sum(axis=2)[recent["day"], recent["context"]].mean()
    table[beta] |= {"DM": direct / truth, "log": recent["clicked"].mean() / truth}
table = pd.DataFrame(table).T.rename_axis("β")
print(table.astype({"rows": int}).round(2).to_string())

# %%
share = table["rows"] / len(recent)
claim("Weighted, the log tells what the policy with β = 4 earns (SNIPS over the truth)",
      table["SNIPS"][4], id="15.snips", baseline=table["log"][4], between=(0.88, 1.12))
claim("Of the rows, so many are effective for 'always the best ad' (share)",
      share[np.inf], id="15.best_ad_rows", baseline=share[2], at_most=0.01, fmt=".2%")
claim("Cut weights answer that with a large error that no interval shows (over the truth)",
      table["cut"][np.inf], id="15.cut", baseline=1.0, at_least=1.15)
claim("Doubly robust is no more precise than SNIPS (standard errors, ratio, β = 2)",
      table["± DR"][2] / table["± SNIPS"][2], id="15.dr", between=(0.97, 1.03), fmt=".3f",
      baseline=table["± slice"][2] / table["± SNIPS"][2])

# %% [markdown] notes="Ask for the two checks of propensities: the mean weight, also in each group, and the random slice. Then ask what each cannot see."
# Weights turn the log into an answer while the policies are near. The farther they are, the fewer rows speak; at the end a few hundred of nearly 400,000, and the error is as large as what we want to know. Cut weights look calmer around a wrong value, and here not even on the side of the log. The direct method needs no weights; its error has no interval and, over seeds, no fixed sign. DR had the SNIPS error: at such click rates the noise is the click, not the model. The random slice is right on average at any distance, and too small at most. *nan*: no click among its rows that count.
#
# `off_policy` refuses below 100 effective rows (we asked for less), and where the mean weight is not 1: then a part of what the policy wants was never shown, or propensities are wrong. A mean weight of 1, in all rows and in each group, is necessary, not sufficient: trap t10.
#
# ## Does it work on real data?
#
# The Open Bandit sample: a fashion shop, one week, three campaigns; 10,000 rows of a uniform random policy and 10,000 of **Thompson sampling** each. Two questions: what would Thompson have earned, by the random log? And random, by Thompson's log?
#
# The sample holds the propensity of what was *shown* only. For the second question that is all we need. For the first we need what Thompson would have done in the random policy's rows: we take its shares of items at each place over the week. (The authors simulate the algorithm anew.)
#
# **Predict before you run.** The random log has 38 to 46 clicks a campaign. How wide is the interval, as a part of the estimate?

# %%
from mlpipe.datasets import open_bandit


def real(campaign):
    random, thompson = (open_bandit(campaign, policy).impressions for policy in ("random", "thompson"))
    shares = pd.crosstab(thompson["position"], thompson["item_id"], normalize="index").stack()
    wanted = shares.reindex(pd.MultiIndex.from_frame(random[["position", "item_id"]]), fill_value=0).to_numpy()
    answer = off_policy(random["clicked"], random["propensity"], wanted)
    change = (wanted / random["propensity"] - 1) * random["clicked"]  # Thompson less random
    back = 1 / random["item_id"].nunique() / thompson["propensity"]
    rates = 1000 * np.array([random["clicked"].mean(), thompson["clicked"].mean(), answer.estimate,
                             answer.low, answer.high])
    needed = (2.8 * change.std() / (0.2 * random["clicked"].mean())) ** 2  # 80 % power
    return [*rates, answer.effective_rows, needed, effective_rows(back), back.max() / back.sum()]


columns = ["random", "Thompson", "estimate", "low", "high", "rows", "rows needed", "rows back", "heaviest row"]
real_log = pd.DataFrame({name: real(name) for name in ("all", "men", "women")}, columns).T
print(real_log.astype({name: int for name in columns if name.startswith("rows")}).round(2).to_string())

# %%
half = ((real_log["high"] - real_log["low"]) / 2 / real_log["estimate"])
inside = real_log["Thompson"].between(real_log["low"], real_log["high"])
print(f"what Thompson did earn lies inside in {inside.sum()} of {len(inside)} campaigns; so does what the "
      f"random policy earned in {real_log['random'].between(real_log['low'], real_log['high']).sum()}")
claim("The interval reaches so far to each side of the estimate (share of it, mean of the campaigns)",
      half.mean(), id="15.real_data", baseline=0.1, at_least=0.3, fmt=".0%")
claim("To see a difference of 20 % the random log needs so many rows at least",
      round(real_log["rows needed"].min()), id="15.real_rows", baseline=10_000, at_least=50_000)
claim("Thompson's log on the random policy, women's: one row carries this share of all weights",
      real_log["heaviest row"]["women"], id="15.heaviest_row", baseline=1e-4, at_least=0.5, fmt=".0%")

# %% [markdown] notes="Ask what you would tell the shop. Not that off-policy estimates work there, nor that they fail: ten thousand rows decide neither. Then ask which log you would rather have."
# Every interval holds what Thompson earned, and what random earned as well: such wide ones prove nothing, neither that the estimate works nor who is better. In the other direction a single row, shown with a tiny propensity, would outvote all others; `off_policy` refuses.
#
# ## What does a loop learn that sees only what it shows?
#
# Back to the first shop. Forty **rounds** of 2,000 visits: show lists, log clicks and looks, learn anew. A *greedy* policy shows each segment the ten items of the highest estimated rate, (clicks + a) / (looks + b). What it does not show it never learns. The others explore:
#
# - *random 5 %*: each slot gets a random item with probability .05;
# - *last slot*: on every second visit, the last slot goes to the item that the segment has seen least: as many slots given away, no luck in it. It is what a colleague would do without a theory;
# - *Thompson*: each rate is drawn from its posterior, a Beta distribution, and the list is the best of the *drawn* rates: items that we know little about move up by chance. (20 draws a segment and round.)
#
# And one greedy policy has *attributes*: eight numbers an item, noisy hints of how each segment likes it, as content or price would be. It fits a line a segment, so it can rate an item that nobody saw.
#
# The prior (a, b) of each was tuned on other worlds, grids of equal size (`benchmarks/tune_loop.py`). Two shops: a *fixed* catalogue, and one in which 1 % of the items are *replaced* by new ones each round.

# %%
from scipy.special import logit

PRIOR = {"greedy": (1, 5), "random 5 %": (1, 5), "last slot": (1, 5), "Thompson": (0.3, 10)}
PLANS = {name: ("counts", name) for name in PRIOR} | {
    "attributes": ("line", "greedy"), "attributes + 5 %": ("line", "random 5 %")}


def hints(world, items, rng):  # items x segments
    liked = [logit(world.attraction[world.segment == s][:, items]).mean(axis=0) for s in range(N_SEGMENTS)]
    return np.transpose(liked) + rng.normal(0, 0.5, (len(items), N_SEGMENTS))


def by_line(clicks, looks, attributes, l2=1):  # weighted least squares, one a segment
    x = np.column_stack([np.ones(n_items), attributes])
    gram = np.einsum("si,ij,ik->sjk", looks, x, x) + l2 * np.eye(x.shape[1])
    return np.linalg.solve(gram, (clicks @ x)[..., None])[..., 0] @ x.T


def explore(how, lists, segment, looks, rng):
    slates = lists[segment]
    if how == "random 5 %":
        other = np.where(rng.random(slates.shape) < 0.05, rng.integers(n_items, size=slates.shape), slates)
    else:
        other, turn = slates.copy(), rng.random(len(slates)) < 0.5
        for s, least in enumerate(np.argsort(looks, axis=1, kind="stable")):
            rows = np.flatnonzero(turn & (segment == s))
            other[rows, -1] = np.resize(least, len(rows))  # the least seen first
    return np.where(repeated(other)[:, None], slates, other)

# %%
def loop(seed, churn, n_rounds=40, n=2000):
    """Clicks a visit of what is served and of the model's own lists, and coverage: policies x rounds x 3."""
    world, found = RecommenderWorld(seed=seed, churn=churn), np.zeros((len(PLANS), n_rounds, 3))
    renewal, visiting, giving = (np.random.default_rng([seed, i]) for i in range(3))
    attributes = hints(world, np.arange(n_items), giving)
    counted = np.zeros((len(PLANS), 2, N_SEGMENTS, n_items))
    for t in range(n_rounds):
        new = world.renew(renewal)
        attributes[new], counted[..., new] = hints(world, new, giving), 0
        users = world.visits(n, visiting)
        segment = world.segment[users]
        for p, (model, how) in enumerate(PLANS.values()):
            rng, (clicks, looks), (a, b) = np.random.default_rng([seed, t, 3]), counted[p], PRIOR[how]
            rate = (clicks + a) / (looks + b) if model == "counts" else by_line(clicks, looks, attributes)
            own = np.argsort(-rate, axis=1, kind="stable")[:, :K]
            slates = own[segment] if how in ("greedy", "Thompson") else explore(how, own, segment, looks, rng)
            if how == "Thompson":
                drawn = rng.beta(clicks + a, np.maximum(looks - clicks, 0) + b - a, (20, *rate.shape))
                slates = np.argsort(-drawn, axis=2, kind="stable")[rng.integers(20, size=n), segment, :K]
            slates = slates if t else by_lot(n, rng)  # all begin alike
            hit = world.show(users, slates, np.random.default_rng([seed, t, 4]))
            counted[p] += [counts(segment, slates, weight) for weight in (hit, examination)]
            own_worth = world.activity @ world.value(own[world.segment])
            found[p, t] = world.value(slates, users).mean(), own_worth, len(np.unique(slates)) / n_items
    return found


n_worlds, n_rounds = (6, 40) if SCALE == "full" else (2, 8)
shops = {name: np.array([loop(10 * SEED + i, churn, n_rounds) for i in range(n_worlds)])
         for name, churn in {"fixed": 0, "1 % new a round": 0.01}.items()}

# %% [markdown]
# **Predict before you run.** In which of the two shops does *random 5 %* earn more than *greedy* over all rounds: in both, in one, in none?

# %%
from scipy.stats import t as student

SPANS = {"first five": (slice(1, 6), 0), "last five": (slice(-5, None), 0), "all": (slice(1, None), 0),
         "own lists": (slice(-5, None), 1), "coverage": (slice(-5, None), 2)}


def of(shop, name, span):  # one number a world
    rounds, what = SPANS[span]
    return shops[shop][:, list(PLANS).index(name), rounds, what].mean(axis=1)


def change(shop, name, over, span):  # mean over the worlds, paired, and half of its 95 % interval
    ratio = of(shop, name, span) / of(shop, over, span) - 1
    return ratio.mean(), student.ppf(0.975, n_worlds - 1) * ratio.std(ddof=1) / np.sqrt(n_worlds)


for shop in shops:
    rows = {name: {span: of(shop, name, span).mean() for span in SPANS} for name in PLANS}
    rows = pd.DataFrame(rows).T.round(2).astype(str)
    for span in ("last five", "all"):
        gain = [change(shop, name, "greedy", span) for name in PLANS]
        rows[f"{span}, over greedy"] = [f"{100 * x:+.1f} ± {100 * half:.1f} %" for x, half in gain]
    print(f"{shop}: clicks a visit\n{rows.to_string()}\n")

# %% alt="Two panels over forty rounds, one line a policy, for the shop with new items. Above, coverage: greedy stays at a tenth of the catalogue, Thompson sinks from nine tenths to three, the two that give slots away stay above seven. Below, clicks a visit: Thompson begins far below and is ahead of all soon; greedy rises, stalls, and sinks slowly below the other three."
import matplotlib.pyplot as plt

from mlpipe import plots

plots.use_style()
fig, axes = plt.subplots(2, sharex=True, figsize=(8, 6.5))
for what, ax, label in ((2, axes[0], "coverage (share)"), (0, axes[1], "clicks a visit")):
    for p, (name, color) in enumerate(zip(PRIOR, (plots.ACCENT, "C3", "C2", "C1"))):
        mean = shops["1 % new a round"][:, p, 1:, what].mean(axis=0)
        ax.plot(np.arange(1, n_rounds), mean, color=color, label=name)
    ax.set(ylabel=label, ylim=(0, None))
axes[0].set_title("Greedy knows a tenth of the shop, and falls behind")
axes[1].set_xlabel(f"round, of which 1 % of the items are new (mean of {n_worlds} worlds)")
for ax in axes:
    plots.label_lines(ax)
plt.show()

# %%
FIXED, NEW = shops
price = {name: (of(NEW, name, "last five") / of(NEW, name, "own lists") - 1).mean() for name in PRIOR}
claim("Greedy shows this share of the catalogue (coverage, last five rounds, new items)",
      of(NEW, "greedy", "coverage").mean(), id="15.greedy_coverage", at_most=0.15, fmt=".0%",
      baseline=of(NEW, "random 5 %", "coverage").mean())
claim("Its own lists are worth less than those of the model that saw 5 % random slots",
      (of(NEW, "greedy", "own lists") / of(NEW, "random 5 %", "own lists") - 1).mean(),
      id="15.greedy_falls", baseline=0.0, at_most=-0.03, fmt=".1%")
claim("5 % of random slots cost this share of what the model's own lists would earn",
      price["random 5 %"], id="15.explore_price", baseline=0.0, between=(-0.06, -0.03), fmt=".1%")
claim("... and gave, in the last five rounds, where items are new (over greedy)",
      change(NEW, "random 5 %", "greedy", "last five")[0], id="15.explore_gain", baseline=0.0,
      at_least=0.01, fmt="+.1%")
claim("... and over all rounds where no item is new", change(FIXED, "random 5 %", "greedy", "all")[0],
      id="15.fixed_shop", between=(-0.03, 0.03), fmt="+.1%",
      baseline=change(FIXED, "Thompson", "greedy", "all")[0])

# %%
claim("A last slot for what was seen least cost this share", price["last slot"], id="15.last_slot_price",
      baseline=price["random 5 %"], at_least=-0.02, fmt=".1%")
claim("Thompson gave, over all rounds, where items are new (over greedy)",
      change(NEW, "Thompson", "greedy", "all")[0], id="15.thompson",
      baseline=change(NEW, "random 5 %", "greedy", "all")[0], at_least=0.05, fmt="+.1%")
claim("Attributes, all greedy, gave (over greedy on counts)", change(NEW, "attributes", "greedy", "all")[0],
      id="15.attributes", baseline=0.0, at_least=0.05, fmt="+.1%")
claim("... and exploring then taught its model hardly anything (own lists, last five)",
      change(NEW, "attributes + 5 %", "attributes", "own lists")[0], id="15.attributes_explore",
      baseline=change(NEW, "random 5 %", "greedy", "own lists")[0], between=(-0.02, 0.02), fmt="+.1%")

# %% [markdown] notes="Ask for the cheapest answer first: can the model know anything of an item before it is shown? Then: who pays for the slots given away, and who gains? Those who come later."
# What is never shown is never learned. Greedy stays at its tenth of the shop; as items are replaced, its model falls behind. But see the account: random slots cost their share *each round*; they pay late, where items are new. In the fixed shop they pay nothing that we can see over all rounds. A last slot costs a quarter of it for as many slots. Thompson explores where it is unsure and stops where it is not; it begins below the others, and gains in both shops. (With another world, a larger catalogue, fewer visits or a prior that is not tuned, the order may be another: simulate *your* shop.)
#
# And attributes beat all of these: what a new item is like is known before the first click. Then exploring costs as much, and teaches hardly anything. It does pay where ids must be learned.
#
# **So:** give new items a small, certain place; draw it by lot and log the chance, and the same slots are your random slice. Report the price. The other checks are for the log: propensities at the time of the choice, and what the policy wanted and could not show.
#
# ### Exercise (core): what would the other policy have earned?
#
# Each row of a log has a click, a context, the item `shown` and its propensity `logged`. `wanted` is the other policy: a row a context, a column an item, probabilities. Return its self-normalised estimate, the effective rows, and the share of the weight that the heaviest row carries.

# %% tags=["exercise:15.judge_policy"]

# %%
exercise("15.judge_policy").check(judge_policy)

# %% [markdown]
# ### Exercise: a list that explores, and logs its chances
#
# `outside` are the items that are not in `slate`, in random order. A place explores where its number in `dice`, uniform from 0 to 1, is below `epsilon`: the first such place gets `outside[0]`, the second `outside[1]`, and so on. Return the items shown, and for each place its propensity: the probability, before the dice fell and the order was drawn, of this item at this place.

# %% tags=["exercise:15.exploring_slate"]

# %%
exercise("15.exploring_slate").check(exploring_slate)

# %% [markdown]
# ### Exercise: what cutting can hide
#
# IPS divides by the number of rows. With weights cut at `largest` it is too low, but by how much? Return that low end, and a high end: as if all weight that was cut off had come with a click.

# %% tags=["exercise:15.cut_range"]

# %%
exercise("15.cut_range").check(cut_range)

# %% [markdown]
# ### Exercise: replay a policy that learns
#
# A log by lot: each row shows one of `n_items` items, all as likely. A new policy wants the item with the largest (clicks + 1) / (looks + 2), the first of equal ones, by what it has seen *itself*; it begins with nothing. **Replay** goes through the log in order: where the row shows what the policy wants, the row counts and the policy learns; other rows never happened. Return clicks over rows that count, and how many those are.

# %% tags=["exercise:15.replay_learner"]

# %%
exercise("15.replay_learner").check(replay_learner)

# %% [markdown]
# ## What we have seen
#
# - Logged clicks reward who repeats the log. Weights by known chances repair it, as far as the log has shown what the new policy wants: ask for effective rows and the heaviest one.
# - Real logs of 10,000 rows decide little. An honest interval says so.
# - Exploring has a price each round and pays later, where things are new and only clicks can teach. Attributes may be cheaper.

# %%
say("Offline, the better lists lost by nDCG on logged clicks, clearly, and earned {15.offline_truth:.1f} times "
    "as much: the log rewards who repeats it. So I log propensities and weight by them; for a policy that always "
    "shows the best ad, {15.best_ad_rows} of the rows are effective, and then only a test can tell. A greedy "
    "loop showed {15.greedy_coverage} of the items. Five percent of random slots cost {15.explore_price} "
    "of the clicks each round, and gave {15.explore_gain} late, where items are new; in a fixed catalogue "
    "{15.fixed_shop} over all. Attributes, so that a new item is known before its first click, gave "
    "{15.attributes}.")

# %% [markdown]
# *Read more:* Li, Chu, Langford and Wang 2011, on replay; Bottou et al. 2013, *Counterfactual reasoning and learning systems*; Swaminathan and Joachims 2015, on the self-normalised estimator; Dudík, Langford and Li 2011, on doubly robust; Chaney, Stewart and Engelhardt 2018, on feedback loops; Chapelle and Li 2011, on Thompson sampling; Saito et al. 2020, on the Open Bandit data. *Next:* 16, monitor and retrain.
