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

# %% [markdown] slideshow={"slide_type": "slide"} slide="# Learning from the own log\n\nJudge a policy before launch from the log of another. Know when the log cannot answer. Measure what exploring costs and gives." notes="Plan: the opening question 2, which list to launch 4, another policy from the log 4, real data 2, the loop 4, attributes 2, say it 2. Then the core exercise. Ask first: what does a click log not tell you about an item that was never shown? And who decided that it was not shown? (2 min)"
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
# A *simulated* shop: 2,000 users in eight segments, 600 items, lists of ten. What a list is worth is known: expected clicks a visit. So is the **examination** (11), the probability that a slot is looked at.
#
# The log has 20,000 visits. Nine in ten saw popular items, in a slightly noisy order; the others saw ten items by lot, the **random slice**. The first half trains five candidates, the second half judges them. The usual judge is nDCG of the logged clicks.

# %%
import numpy as np
import pandas as pd
import scipy.sparse as sp

from mlpipe.course import claim, exercise, guess, guesses, reveal, say
from mlpipe.ranking_metrics import ndcg_at_k
from mlpipe.uncertainty import paired_difference
from mlpipe.worlds import RecommenderWorld

world, rng = RecommenderWorld(seed=SEED), np.random.default_rng(SEED)
n, n_items, examination = 20_000 if SCALE == "full" else 4_000, world.n_items, world.examination
users, popular = world.visits(n, rng), np.log(world.activity @ world.attraction)
segment, lot, train = world.segment[users], rng.random(n) < 0.1, np.arange(n) < n / 2
shown = np.argsort(-(popular + 0.25 * rng.gumbel(size=(n, n_items))), kind="stable")[:, :10]
shown[lot] = world.by_lot(lot.sum(), rng)
clicked, looked = world.show(users, shown, rng), np.tile(examination, (n, 1))

# %%
def added(rows, weight):  # segments x items
    cell = segment[rows, None] * n_items + shown[rows]
    return np.bincount(cell.ravel(), weight[rows].ravel(), 8 * n_items).reshape(8, n_items)


(clicks, looks), by_lot = ([added(rows, w) for w in (clicked, looked)] for rows in (train, train & lot))
scores = {"item clicks": np.tile(clicks.sum(axis=0), (8, 1)), "segment clicks": clicks,
          "segment clicks / looks": (clicks + 0.6) / (looks + 10),
          "... of the random slice": (by_lot[0] + 0.6) / (by_lot[1] + 10),
          "random order": rng.random(clicks.shape)}
lists = {name: np.argsort(-score, axis=1, kind="stable")[:, :10] for name, score in scores.items()}

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Which list would you launch?\n\nA *simulated* shop; its log shows mostly what is popular. Lists of what was most\n\n- clicked, by all: *item clicks*\n- clicked by a segment: *segment clicks*\n- clicked of what a segment looked at: *segment clicks / looks*\n- the same, learned from *the random slice* alone\n\n**Guess:** which list wins on nDCG of the logged clicks? And which earns most?" notes="Draw the log: nine in ten visits saw popular items, one in ten a list by lot. Both answers on paper before you go on. Ask for a reason: what does nDCG reward here? (2 min)"
# The other judge weights each click, by the examination of the item's place in the new list over its mean examination in the log: $w = \pi / \mu$ (11). (Counts of what was shown suffice, because the log's policy knew nothing of the user.)
#
# **Predict before you run.** *Segment clicks* puts first what a segment clicked most often; *segment clicks / looks* what it clicks when it looks. Which list wins on nDCG of the logged clicks? (And which earns most? Say it aloud.)

# %%
guess("15.offline_winner", choices=["item clicks", "segment clicks", "segment clicks / looks",
                                    "... of the random slice"])

# %% slideshow={"slide_type": "slide"} slide="## The winner offline earns less\n\nLogged clicks reward who repeats the log; weighted ones do not." notes="Read the column nDCG first, then the column truth. Then the two columns between: the weighted log orders the lists as the truth does, and the random slice is right on average, but small. (1 min)"
def worth(top, rows):  # of the list, clicks a visit
    place = np.zeros((8, n_items))
    np.put_along_axis(place, top, examination, axis=1)
    looks_a_visit = added(rows, looked).sum(axis=0) / rows.sum()
    weight = place[segment[rows, None], shown[rows]] / looks_a_visit[shown[rows]]
    return (clicked[rows] * weight).sum() / rows.sum()


hits = (users[:, None] * n_items + shown)[~train][clicked[~train]]
relevant = sp.csr_matrix(np.bincount(hits, minlength=world.attraction.size).reshape(-1, n_items))
ndcg = {name: ndcg_at_k(top[world.segment], relevant) for name, top in lists.items()}
judged = {name: [np.nanmean(ndcg[name]), worth(top, ~train), worth(top, ~train & lot),
                 world.activity @ world.value(top[world.segment])] for name, top in lists.items()}
judged = pd.DataFrame(judged, ["nDCG", "log, weighted", "random slice", "truth"]).T
winner, best = judged["nDCG"].idxmax(), judged["truth"].idxmax()
wrong = paired_difference(ndcg[best], ndcg[winner])
print(f"{judged.round(3).to_string()}\nnDCG, best less winner: {wrong.low:.3f} to {wrong.high:.3f}")

# %% slideshow={"slide_type": "slide"} slide="## More rows do not repair it" notes="Ask why more users or more days would not help nDCG: the interval is narrow already, and on the wrong side. Bias does not shrink with rows. (1 min)"
claim("Offline, the best lists lose for sure (nDCG, best less winner: end of the interval)", wrong.high,
      id="15.offline_looks", baseline=0.0, at_most=-0.05, fmt=".3f")
claim("They earn more than the offline winner (true clicks, ratio)",
      judged["truth"][best] / judged["truth"][winner], id="15.offline_truth", baseline=1.0, at_least=1.1)
rank = judged.corr("spearman")["truth"]
claim("The weighted log orders the candidates nearly as the truth does (rank correlation of five)",
      rank["log, weighted"], id="15.offline_weighted", baseline=rank["nDCG"], at_least=0.8, fmt=".2f")
reveal("15.offline_winner", winner)

# %% [markdown]
# The interval is narrow, on the wrong side: more rows make it narrower, not right. Logged clicks reward who repeats the log. The random slice is right on average; look how far off its few visits are.
#
# ## What would another policy have earned?
#
# Now the ad log of lesson 11, *simulated*: its policy drew each ad with a known propensity. A click model of the first seven days makes five new policies: each shows an ad with a probability in proportion to $e^{\beta s}$, where $s$ is the model's score (logit). $\beta = 0$ shows all live ads evenly, $\beta = \infty$ the best one always. What would each have earned in the last seven days? The log of those days answers; `policy_value` knows the truth.

# %%
from mlpipe.ctr import HashedLogisticRegression, tuned
from mlpipe.simulator import choice_context, policy_of_scores, policy_value, simulate_ad_log

n_rows = 800_000 if SCALE == "full" else 100_000
log = simulate_ad_log(n_rows, seed=SEED).impressions.drop_duplicates()
log["day"], log["context"] = log["timestamp"].dt.day_of_year - 5, choice_context(log)
CONTEXT, AD = ["region", "device", "position"], ["ad_id", "campaign_id", "category", "ad_format"]
past, ads, score = log[log["day"] < 7], log.drop_duplicates("ad_id")[AD], np.full((120, 2400), -9.0)
given = tuned.LOGISTIC_REGRESSION | {"crosses": [("region", "campaign_id"), ("device", "ad_format")]}
model = HashedLogisticRegression(**given).fit(past[CONTEXT + AD], past["clicked"])
pairs = log.drop_duplicates("context").sort_values("context")[CONTEXT].merge(ads, how="cross")
score[:, ads["ad_id"] - 1] = model.decision_function(pairs[CONTEXT + AD]).reshape(120, -1)
expected = 1 / (1 + np.exp(-score))
recent, by_chance = (log[(log["day"] >= 7) & (log["policy"] == who)] for who in ("logged", "random"))
print(f"log {len(recent):,} rows; random slice {len(by_chance):,}, {by_chance['clicked'].sum()} clicks")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## What would another policy have earned?\n\nWeigh each logged row: how much more often would the other policy show its ad?\n\n$$ w = \\frac{\\text{wanted}}{\\text{logged}}, \\qquad \\hat{V} = \\frac{\\sum w\\,y}{\\sum w}, \\qquad n_{\\text{eff}} = \\frac{(\\sum w)^2}{\\sum w^2} $$\n\n**Guess:** for *always the best ad*, what share of the rows is effective?" notes="y is the click. Ask what the weights are for a policy that always shows one ad: 0 for every row that shows another, one over the propensity for the rest. (2 min)"
# Estimates stand as ratios to the truth, and after ± their standard error (by user). *rows* are effective ones. *SNIPS* is self-normalised IPS (11); *cut*, the same with weights cut at 10; *DM*, the direct method, the model's own prediction averaged over the policy's choices; *DR*, doubly robust, adds to it the weighted errors of the model. *log* is the click rate of the log itself.
#
# **Predict before you run.** Which share of the log's rows is effective for the policy that always shows the best ad?

# %%
guess("15.rows", unit="%")

# %%
from mlpipe.experiments import off_policy


def ask(rows, **how):  # what `chance` would earn
    cell = rows["day"], rows["context"], rows["ad_id"] - 1
    if "how" in how:
        how |= {"predicted": expected[cell[1:]], "expected": (chance * expected).sum(axis=2)[cell[:2]]}
    how["users"] = rows["user_id"].fillna(-rows.index.to_series()).astype(int)  # no id: a user a row
    return off_policy(rows["clicked"], rows["propensity"], chance[cell], min_effective_rows=2, **how)


table = {}
for beta in (0, 1, 2, 4, np.inf):
    chance = policy_of_scores(score, beta, seed=SEED)
    truth = policy_value(chance, n_rows, seed=SEED, first_day=7)
    direct = (chance * expected).sum(axis=2)[recent["day"], recent["context"]].mean()
    found = {"SNIPS": ask(recent), "cut": ask(recent, clip=10), "DR": ask(recent, how="dr")}
    found |= {"slice": ask(by_chance)} if beta < np.inf else {}
    table[beta] = {"truth": 1000 * truth, "rows": found["SNIPS"].effective_rows}
    for name, one in found.items():
        table[beta] |= {name: one.estimate / truth, f"± {name}": one.standard_error / truth}
    table[beta] |= {"DM": direct / truth, "log": recent["clicked"].mean() / truth}
table = pd.DataFrame(table).T.rename_axis("β")
print(table.astype({"rows": int}).round(2).to_string())

# %% slideshow={"slide_type": "slide"} slide="## Near the log it answers, far away hardly" notes="Ask for the two checks of propensities: the mean weight, also in each group, and the random slice. Then ask what each cannot see. The direct method's error moves from seed to seed, from about none to a fifth: nobody would know it without the truth. (2 min)"
claim("Weighted, the log tells what the policy with β = 4 earns (SNIPS over the truth)",
      table["SNIPS"][4], id="15.snips", baseline=table["log"][4], between=(0.92, 1.08))
claim("Of the rows, so many are effective for 'always the best ad' (share)",
      table["rows"][np.inf] / len(recent), id="15.best_ad_rows", baseline=table["rows"][2] / len(recent),
      at_most=0.005, fmt=".2%")
claim("Cut weights answer that with a large error that no interval shows (over the truth)",
      table["cut"][np.inf], id="15.cut", baseline=1.0, at_least=1.2)
reveal("15.rows", 100 * table["rows"][np.inf] / len(recent), fmt=".2f")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Does it work on real data?\n\nOpen Bandit: a fashion shop, three campaigns, 10,000 rows by lot and 10,000 by Thompson sampling in each.\n\nThe log by lot has some forty clicks a campaign. By that log, what would Thompson have earned?\n\n**Guess:** how far does the interval reach to each side, as a share of the estimate?" notes="A rule of thumb helps who is stuck: forty clicks alone give one over the root of forty, times two. Weights make it wider. (1 min)"
# Near the log, weights answer. Farther away fewer rows speak; on the last line a few hundred decide, and the errors are the largest. Cut weights answer there with a wrong value, and no larger error that would warn. (All of them are above 10; cut, they are equal: the plain click rate where the log showed the best ad.) DM needs no weights; its error stands in no interval, and another SEED has another. DR shares the error of SNIPS: at this click rate the noise is the click, not the model. The random slice is right on average, but small: compare its errors.
#
# `off_policy` refuses below 100 effective rows (here we asked for less), and where the mean weight is not 1. Then a part of what the policy wants was never shown, or propensities are wrong. A mean weight of 1, over all rows and in each group, is necessary, not sufficient: ask the random slice, too.
#
# ## Does it work on real data?
#
# The Open Bandit sample: a fashion shop, one week, three campaigns, 10,000 rows by a uniform random policy and 10,000 by **Thompson sampling** each. What would Thompson have earned, by the random log? What would random, by Thompson's?
#
# The propensity is given of the item *shown*, by the policy that showed it. That suffices for the second question. For the first we need what Thompson would have done in the random rows: we take its shares of the items at each place over the week, as if they were known. (The authors simulate the algorithm anew.)
#
# **Predict before you run.** A random log has 38 to 46 clicks. How far does the interval reach to each side, as a share of the estimate? (Mean of the three campaigns.)

# %%
guess("15.reach", unit="%")

# %%
from mlpipe.datasets import open_bandit


def real(campaign):
    random, thompson = (open_bandit(campaign, policy).impressions for policy in ("random", "thompson"))
    shares = pd.crosstab(thompson["position"], thompson["item_id"], normalize="index").stack()
    shown = pd.MultiIndex.from_frame(random[["position", "item_id"]])
    wanted, random_rate = shares.reindex(shown, fill_value=0).to_numpy(), random["clicked"].mean()
    answer = off_policy(random["clicked"], random["propensity"], wanted)
    change = (wanted / random["propensity"] - 1) * random["clicked"]  # Thompson less random
    needed = (2.8 * change.std() / (0.2 * random_rate)) ** 2  # to see 20 % with 80 % power
    back = 1 / random["item_id"].nunique() / thompson["propensity"]
    rates = [random_rate, thompson["clicked"].mean(), answer.estimate, answer.low, answer.high]
    return [*np.multiply(1000, rates), answer.effective_rows, needed, back.max() / back.sum()]


columns = ["random", "Thompson", "estimate", "low", "high", "rows", "rows needed", "heaviest"]
real_log = pd.DataFrame({name: real(name) for name in ("all", "men", "women")}, columns).T
print(real_log.astype({"rows": int, "rows needed": int}).round(2).to_string())

# %% slideshow={"slide_type": "slide"} slide="## Ten thousand rows decide little" notes="Ask what you would tell the shop. Not that off-policy estimates work there, nor that they fail: ten thousand rows decide neither. Then ask which log you would rather have. (1 min)"
half = (real_log["high"] - real_log["low"]) / 2 / real_log["estimate"]
claim("The interval reaches so far to each side of the estimate (share of it, mean of the campaigns)",
      half.mean(), id="15.real_data", baseline=0.1, at_least=0.3, fmt=".0%")
inside = [real_log[who].between(real_log["low"], real_log["high"]) for who in ("Thompson", "random")]
claim("It holds what Thompson did earn, and what random did (of two times three)",
      int(np.sum(inside)), id="15.real_inside", baseline=0, equal_to=6)
claim("Thompson's log on random, women's: one row carries this share", real_log["heaviest"]["women"],
      id="15.heaviest_row", baseline=1e-4, at_least=0.5, fmt=".0%")
reveal("15.reach", 100 * half.mean(), fmt=".0f")

# %% [markdown]
# (Clicks per 1,000 rows.) Intervals that hold both rates prove neither that the estimate works nor who is better. To see a difference of 20 % the random log would need the *rows needed*. In the other direction one row of the women's campaign, shown with a tiny propensity, outvotes all others; `off_policy` refuses that log.
#
# ## What does a loop learn that sees only what it shows?
#
# Back to the first shop. Forty **rounds** of 2,000 visits: show, log clicks and looks, learn anew. *Greedy* shows each segment the ten items of the highest (clicks + a) / (looks + b). What it does not show it never learns. Others explore:
#
# - *random 5 %*: each slot goes with probability .05 to an item by lot;
# - *last slot*: on every second visit, the last slot goes to what the segment has seen least. As many slots, and what a colleague would do without a theory;
# - *Thompson*: rates are drawn from their posterior, a Beta distribution, and the best *drawn* ones are shown: what we know little about moves up by chance (20 draws a segment and round).
#
# *Attributes* is greedy, too, but rates items by a line in eight attributes, noisy hints of how each segment likes the item. New items have them.
#
# Priors were tuned in other worlds: twenty settings each, three for the line (`benchmarks/tune_loop.py`). Two shops: a *fixed* one, and one where 1 % of the items are replaced by *new* ones each round.

# %%
from functools import partial

from mlpipe.worlds import best_ten, by_attributes, feedback_loop, greedy, last_slot, random_slots


def thompson(seen, rng, a=0.3, b=10):  # its own lists, and what it shows
    misses = np.maximum(seen.looks - seen.clicks, 0)
    drawn = best_ten(rng.beta(seen.clicks + a, misses + b - a, (20, 8, n_items)))
    return greedy(seen, rng, a, b)[0], drawn[rng.integers(20, size=len(seen.segment)), seen.segment]


POLICIES = {"greedy": greedy, "random 5 %": random_slots, "last slot": last_slot, "Thompson": thompson,
            "attributes": by_attributes, "attributes + 5 %": partial(random_slots, own=by_attributes)}
n_worlds, n_rounds = (6, 40) if SCALE == "full" else (2, 8)
runs = {(shop, i): feedback_loop(POLICIES, 10 * SEED + i, churn=churn, n_rounds=n_rounds)
        for shop, churn in {"fixed": 0, "new": 0.01}.items() for i in range(n_worlds)}
runs = pd.concat(runs, names=["shop", "world", "row"]).reset_index()

# %% [markdown] slideshow={"slide_type": "slide"} slide="## A loop that learns from what it shows\n\n- *greedy*: the best by what was seen\n- *random 5 %*: some slots by lot\n- *last slot*: now and then what was seen least\n- *Thompson*: the best by rates drawn from what is known\n- *attributes*: greedy, by descriptions\n\n**Guess:** one shop is fixed, one gets new items. In how many does *random 5\u00a0%* surely earn more than *greedy*, over all rounds?" notes="Forty rounds: show, log, learn anew. Before the guess ask who pays for a slot given away, and who gains: those who come later. (1 min)"
# The table holds means of six worlds; ± is half a 95 % interval, paired by world; *own lists* are what the model would show without exploring.
#
# **Predict before you run.** In how many of the two shops does *random 5 %* earn more than *greedy* over all rounds, with the whole interval above 0?

# %%
guess("15.shops", choices=["in both", "in one", "in none"])

# %%
def means(rows, what="served"):  # a row a world, a column a policy
    return rows.groupby(["shop", "world", "policy"])[what].mean().unstack()[list(POLICIES)]


late, later = runs[runs["round"] >= n_rounds - 5], runs[runs["round"] > 0]
spans = {"first five": means(later[later["round"] <= 5]), "last five": means(late), "all": means(later),
         "own lists": means(late, "own"), "coverage": means(late, "coverage")}
over = {span: one.div(one["greedy"], axis=0) - 1 for span, one in spans.items()}
for shop in ("fixed", "new"):
    lines = pd.DataFrame({span: one.loc[shop].mean() for span, one in spans.items()}).round(2)
    for span in ("first five", "last five", "all"):
        change, half = 100 * over[span].loc[shop].mean(), 257 * over[span].loc[shop].sem()  # t, of six
        lines[f"{span}, %"] = [f"{x:+.1f} ± {h:.1f}" for x, h in zip(change, half)]
    print(f"{shop}: clicks a visit; change over greedy\n{lines.to_string()}\n")

# %% alt="Two panels over forty rounds, one line a policy, for the shop with new items. Left, coverage: greedy stays at a tenth of the catalogue, Thompson sinks from eight tenths to three, the two that give slots away end at seven and eight. Right, clicks a visit: Thompson begins far below and is ahead of the other three from round 2 or 3 on; greedy rises, stalls, and sinks slowly below the other three." slideshow={"slide_type": "slide"} slide="## What is never shown is never learned" notes="Left: greedy stays at its eight lists of ten. Right: it rises, stalls, and sinks as items are replaced. Ask at which round somebody would notice without the other lines. (1 min)"
import matplotlib.pyplot as plt

from mlpipe import plots

plots.use_style()
fig, axes = plt.subplots(1, 2, figsize=(11, 5))
axes[0].set_title("Greedy shows a tenth of the shop, and falls behind")
for ax, what, ends in zip(axes, ("coverage", "served"), ((0, 1), (0.6, 2.1))):
    ax.set_xlabel(f"round, each with 1 % new items (mean of {n_worlds} worlds)")
    curves = later[later["shop"] == "new"].pivot_table(what, "round", "policy")
    for name, color in zip(POLICIES, (plots.ACCENT, "C3", "C2", "C1")):
        ax.plot(curves.index, curves[name], color=color, label=name)
    ax.set(ylabel={"coverage": "coverage (share)", "served": "clicks a visit"}[what], ylim=ends)
    plots.label_lines(ax)
plt.show()

# %%
mean, gain = ({span: one.loc["new"].mean() for span, one in part.items()} for part in (spans, over))
price, fixed = 1 - mean["last five"] / mean["own lists"], over["all"].loc["fixed"].mean()
claim("Greedy shows this share of the items (last five rounds, new items)", mean["coverage"]["greedy"],
      id="15.greedy_coverage", baseline=mean["coverage"]["random 5 %"], at_most=0.12, fmt=".0%")
claim("The model that saw 5 % random slots has better lists than greedy's (ratio, last five)",
      1 + gain["own lists"]["random 5 %"], id="15.greedy_falls", baseline=1.0, at_least=1.06, fmt=".2f")

# %% slideshow={"slide_type": "slide"} slide="## Exploring costs each round, and pays late" notes="Now the account of the guess. Price each round; gain late; over all rounds nothing stands clear of 0, in either shop. Ask for whom it pays: who runs for long, with new items. (2 min)"
claim("5 % of random slots cost this share of what its own lists would earn", price["random 5 %"],
      id="15.explore_price", baseline=price["last slot"], between=(0.035, 0.05), fmt=".1%")
claim("They gave in the last five rounds where items are new (over greedy)",
      gain["last five"]["random 5 %"], id="15.explore_gain", baseline=0.0, at_least=0.03, fmt="+.1%")
claim("They gave, over all rounds, where items are new", gain["all"]["random 5 %"], id="15.explore_all",
      baseline=gain["all"]["Thompson"], between=(-0.01, 0.05), fmt="+.1%")
claim("They gave, over all rounds, where no item is new", round(fixed["random 5 %"], 3) + 0,
      id="15.fixed_shop", baseline=fixed["Thompson"], between=(-0.025, 0.025), fmt="+.1%")
gains = over["all"]["random 5 %"].groupby("shop").agg(["mean", "sem"])
reveal("15.shops", ["in none", "in one", "in both"][(gains["mean"] > 2.57 * gains["sem"]).sum()])

# %% [markdown]
# What is never shown is never learned: greedy stays at its tenth of the shop (eight lists of ten hold 13 % at most), and as items are replaced its model falls behind. But read the account. Random slots cost their share *each round*, and pay late, more where items are new; over all rounds no gain stands clear of 0, in either shop. The last slot costs less for as many slots. Thompson is below all in its first round, explores where it is unsure, and gains in both shops.

# %% slideshow={"slide_type": "slide"} slide="## Know an item before its first click\n\nExploring pays where ids must be learned. First ask what is known without a click." notes="Ask for the cheapest answer first: can the model know anything of an item before it is shown? With attributes exploring costs as much and teaches hardly anything. It pays where ids must be learned. (2 min)"
claim("Thompson gave, over all rounds, where items are new (over greedy)",
      gain["all"]["Thompson"], id="15.thompson", baseline=0.0, at_least=0.04, fmt="+.1%")
claim("Attributes, and no exploring, gave (over greedy on counts)",
      gain["all"]["attributes"], id="15.attributes", baseline=0.0, at_least=0.1, fmt="+.1%")
taught = mean["own lists"]["attributes + 5 %"] / mean["own lists"]["attributes"] - 1
claim("Exploring then taught the model hardly anything (own lists, last five)", taught, fmt="+.1%",
      id="15.attributes_explore", baseline=gain["own lists"]["random 5 %"], between=(-0.015, 0.015))

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Core exercise: judge the other policy\n\nA row has a click, a context, the item `shown`, its propensity `logged`. `wanted` is the other policy: contexts \u00d7 items. Return the self-normalised estimate, the effective rows, and the share of the weight on the heaviest row." notes="In pairs: a hint after three, the solution after eight. Most common: weights without the division by the logged propensity, and a division by the number of rows. (10 min)"
# Over all rounds attributes earn most: a new item is known before its first click. (Late in the fixed shop Thompson has caught up. And they are worth what their hints are.) Then exploring costs as much, and teaches hardly anything. It pays where ids must be learned.
#
# **So** give new items a small place, by lot, and log the chance: the same slots are your random slice.
#
# ### Exercise (core): what would the other policy have earned?
#
# Each row of a log has a click, a context, the item `shown` and its propensity `logged`. `wanted` is the other policy: a row a context, a column an item, probabilities. Return its self-normalised estimate, the effective rows, and the share of the weight that the heaviest row carries.

# %% tags=["exercise:15.judge_policy"] slideshow={"slide_type": "-"} slide_code="1-2"

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

# %%
guesses()

# %% [markdown]
# ## What we have seen
#
# - Logged clicks reward who repeats the log. Known chances repair that, as far as the log has shown what the new policy wants: ask for effective rows.
# - Ten thousand real rows decide little. An honest interval says so.
# - Exploring costs in each round and pays late, where things are new and only clicks can teach. Attributes may do it for less.

# %% slideshow={"slide_type": "slide"} slide="## Say it in the interview" notes="Two learners speak it aloud, with the numbers of their own run. Then go back to the opening question: what does a click log not tell you? (2 min)"
say("By nDCG on logged clicks the better lists lost; they earned {15.offline_truth:.1f} times as much. "
    "I log propensities, and ask for effective rows: {15.best_ad_rows} for always the best ad. A greedy "
    "loop showed {15.greedy_coverage} of the items. 5 % random slots cost {15.explore_price}; with new "
    "items they gave {15.explore_gain} late, {15.explore_all} over all. Attributes: {15.attributes}.")

# %% [markdown] slideshow={"slide_type": "-"} slide="**Asked next**\n\n- How large must the random slice be, and who pays for it?\n- The propensities were not logged. What can you still say?\n- When would you not explore at all?"
# *Read more:* Li, Chu, Langford and Wang 2011, on replay; Bottou et al. 2013, *Counterfactual reasoning and learning systems*; Swaminathan and Joachims 2015, on the self-normalised estimator; Dudík, Langford and Li 2011, on doubly robust; Chaney, Stewart and Engelhardt 2018, on feedback loops; Chapelle and Li 2011, on Thompson sampling; Saito et al. 2020, on the Open Bandit data. *Next:* 16, monitor and retrain.
