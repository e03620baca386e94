# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 1400
#     budget_seconds: 55
#     minutes: 20
# ---

# %% [markdown] notes="Plan: crosses 3, FTRL 5, trees 3, factorization machine 5, cost 2, new ads 1, which model when 1. Then ten minutes for the core exercise. Ask first: your logistic regression is tuned; what would you try next, and what would it cost?"
# # Click models
#
# **Goal.** Build the models that come after logistic regression, and know for each what it can represent, what it gains and what it costs.
#
# | where we are | you need | it takes |
# |---|---|---|
# | requirements ▸ data ▸ features ▸ **model** ▸ evaluation ▸ serving | 03 for hashing and counters, 08 for the share of the oracle | 20 minutes to read, under 55 s, under 1400 MB |

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown]
# ## What does a sum of single features miss?
#
# Again the *simulated* ad log, but 300,000 rows, so that all models can be fitted here. Twelve days train, two test. The score is the *share of the oracle*: of the log loss that the true probabilities save over the
# base rate, the part that a model saves. All models get the same rows; their settings are defaults or were chosen on training days.
#
# Ads come and go. So we take a fifth of the ads out of training: later, they are the *new* ads. Until then we test on known ads only.

# %%
import numpy as np

from mlpipe.simulator import simulate_ad_log

simulated = simulate_ad_log(n_impressions=300_000 if SCALE == "full" else 60_000, seed=SEED)
log = simulated.impressions
late = log["timestamp"] >= "2026-01-17"  # day 13 and 14
rng, ads = np.random.default_rng(SEED), log["ad_id"].unique()
withheld = rng.choice(ads, len(ads) // 5, replace=False)
past, test = log[~late & ~log["ad_id"].isin(withheld)], log[late]
known = test["ad_id"].isin(past["ad_id"]).to_numpy()

# %%
import time


def log_loss(p):  # of each test impression
    return -np.log(np.where(test["clicked"] == 1, p, 1 - p))


base = log_loss(past["clicked"].mean())
possible = base - log_loss(simulated.true_ctr[late])  # what the truth saves
saved, seconds = {}, {"fit": {}, "predict": {}}


def run(name, model, columns):
    start = time.process_time()
    model.fit(past[columns], past["clicked"])
    seconds["fit"][name] = time.process_time() - start
    saved[name] = base - log_loss(model.predict_proba(test[columns])[:, 1])
    seconds["predict"][name] = time.process_time() - start - seconds["fit"][name]
    return model


def share(name, rows=known):
    return saved[name][rows].sum() / possible[rows].sum()

# %% [markdown]
# A logistic regression adds up one weight a feature. *This audience on that category* needs a weight of its own: a **cross**. We know what interacts in the simulated world and take eight crosses, such as audience × category, region × campaign and site × category. On a real log you have to guess, or search.

# %%
from mlpipe.course import claim, exercise, measured, say
from mlpipe.ctr import FTRLProximal, HashedLogisticRegression, SmoothedRate, tuned

LR, LR_CROSSES, CROSSES = "hashed logistic regression", "logistic regression + crosses", tuned.CROSSES
run("smoothed rate", SmoothedRate("ad_id"), ["ad_id"])
run(LR, HashedLogisticRegression(**tuned.LOGISTIC_REGRESSION), tuned.RAW)
run(LR_CROSSES, HashedLogisticRegression(**tuned.LOGISTIC_REGRESSION, crosses=CROSSES), tuned.RAW)
claim(
    "Eight crosses add much to a logistic regression (share of the oracle)", share(LR_CROSSES) - share(LR),
    id="09.crosses", baseline=0.0, at_least=0.08, fmt=".1%",  # baseline: no cross
)

# %% [markdown] notes="Write the lines of the formula on the board. Ask what each does to a weight that is seen every day, and to one that is seen once. n is the amount of evidence, z its direction."
# ## Can a model learn from each impression as it comes?
#
# Ads change by the hour. **FTRL-proximal** (*follow the regularized leader*; McMahan et al. 2013) sees each impression once. For each weight $w_i$ it keeps two
# numbers: $z_i$, the sum of its gradients, with a correction, and $n_i$, the sum of their squares. With $g_i$ the gradient of this impression's log loss,
#
# $$ \sigma_i = \frac{\sqrt{n_i + g_i^2} - \sqrt{n_i}}{\alpha}, \qquad z_i \leftarrow z_i + g_i - \sigma_i w_i, \qquad n_i \leftarrow n_i + g_i^2 $$
#
# $$ w_i = \begin{cases} 0 & \text{if } |z_i| \le \lambda_1 \\ -\dfrac{z_i - \operatorname{sign}(z_i)\, \lambda_1}{(\beta + \sqrt{n_i}) / \alpha + \lambda_2} & \text{otherwise} \end{cases} $$
#
# All are plain numbers. $\alpha$ is the learning rate, $\beta$ softens the first steps, $\lambda_1$ and $\lambda_2$ are the L1 and L2 penalties. Each weight has its own step: the more evidence $n_i$, the smaller. A weight with $|z_i| \le \lambda_1$ is *exactly* zero.

# %%
class FTRL:
    def __init__(self, n_weights, alpha=0.15, beta=1.0, l1=0.2, l2=2.0):
        self.alpha, self.beta = alpha, beta
        self.z, self.n = np.zeros(n_weights), np.zeros(n_weights)
        self.l1, self.l2 = np.full(n_weights, l1), np.full(n_weights, l2)
        self.l1[-1] = self.l2[-1] = 0  # the last weight is the intercept: no penalty

    def weights(self, i):
        z, l1 = self.z[i], self.l1[i]
        steepness = (self.beta + np.sqrt(self.n[i])) / self.alpha + self.l2[i]
        return np.where(np.abs(z) <= l1, 0, -(z - np.sign(z) * l1) / steepness)

    def learn(self, i, clicked):  # i: the buckets of this impression, each with value 1
        w = self.weights(i)
        g = 1 / (1 + np.exp(-w.sum())) - clicked
        sigma = (np.sqrt(self.n[i] + g**2) - np.sqrt(self.n[i])) / self.alpha
        self.z[i] += g - sigma * w
        self.n[i] += g**2

# %% [markdown]
# That is all. `FTRLProximal` in `mlpipe.ctr` works in batches; with batches of one row it must find the same weights.

# %%
from mlpipe.features import hash_columns

IDS, n_buckets = ["audience", "region", "category", "device", "position"], 2**18
few, ours = past.iloc[:5_000], FTRL(n_buckets + 1)
for row, clicked in zip(hash_columns(few, IDS, n_buckets), few["clicked"]):
    ours.learn(np.append(row, n_buckets), clicked)
theirs = FTRLProximal(epochs=1, batch_size=1, shuffle=False).fit(few[IDS], few["clicked"]).coef_[0]
claim(
    "Weights that differ from the package's", (~np.isclose(ours.weights(np.arange(n_buckets)), theirs)).sum(),
    id="09.ftrl_parity", baseline=np.count_nonzero(theirs), equal_to=0, fmt=".0f",  # baseline: all weights 0
)

# %% [markdown]
# **Predict before you run.** We raise $\lambda_1$ until only about three in a hundred weights are left. What is left of the share of the oracle: a tenth, half, nearly all?

# %%
kept = {}
for l1 in (0, 0.2, 1, 3, 10):
    name = "FTRL-proximal" if l1 == 0.2 else f"FTRL {l1}"  # 0.2 is the default
    kept[l1] = np.count_nonzero(run(name, FTRLProximal(**tuned.FTRL, epochs=1, l1=l1), tuned.RAW).coef_)
    print(f"l1 = {l1:<4} {kept[l1]:6,} weights   {share(name):.1%} of the oracle")
claim(
    f"{kept[3] / kept[0]:.1%} of the weights keep nearly all of the quality", share("FTRL 3") / share("FTRL 0"),
    id="09.ftrl_quality", baseline=0.0, at_least=0.9, fmt=".0%",  # baseline: no weights
)

# %% [markdown] notes="Trees + LR is quoted in many interviews. Say that the gain is theirs, on their data. Ask which crosses a tree can find and which it cannot: few values yes, 40,000 users no."
# Most ids are rare, and their weights hardly matter.
#
# ## Can trees find the crosses?
#
# A path through a tree is a cross: *device is mobile, and hour after 18*. But trees split numbers, and an ad's id is no number. Two ways out:
#
# - **Counters**: give the trees the click rate and the count of each key *so far* (lesson 03: only the past). Our keys are four ids and the eight crosses.
# - **Trees + LR** (He et al. 2014): the leaf into which a row falls is one more id of a logistic regression, one a tree.
#
# **Predict before you run.** Trees + LR contains the logistic regression and adds learned crosses. Does it beat our eight?

# %%
from mlpipe.ctr import CounterTrees, FactorizationMachine, FieldAwareFM, TreesPlusLR

trees = CounterTrees("timestamp", "reported_at", tuned.COUNTED, **tuned.COUNTER_TREES)
run("counter trees", trees, tuned.COUNTER_COLUMNS)
run("trees + LR", TreesPlusLR(**tuned.LOGISTIC_REGRESSION), tuned.RAW)
claim(
    "Trees + LR adds less than the crosses (share of the oracle)", share("trees + LR") - share(LR),
    id="09.trees_plus_lr", baseline=share(LR_CROSSES) - share(LR), at_most=0.08, fmt=".1%",
)

# %% [markdown]
# The leaves help the plain model a little; the large gain of the paper does not appear here. Its trees see wide ids only as counters, so they cannot make *site × category*. Counters of our crosses bring trees closer.
#
# ## Can a model find the crosses by itself?
#
# A cross learns each pair alone, from the rows of that pair. The **factorization machine** (FM; Rendle 2010) gives every feature $i$ a short vector $\mathbf v_i \in \mathbb R^{k}$; the weight of a pair is the product of its two vectors. With $x_i$ the value of feature $i$ (here 1 where a row has it, else 0) and weights $w_0, w_i$ as in logistic regression,
#
# $$ \text{log-odds} = w_0 + \sum_i w_i x_i + \sum_{i<j} \langle \mathbf v_i, \mathbf v_j \rangle\, x_i x_j $$
#
# What a vector learns from one partner counts for all partners. (With only a user and an item, it is the matrix factorization of lesson 05.)
#
# The double sum looks expensive. Take one factor $f$ and let $a_i = v_{if}\, x_i$. The square of the sum, $(\sum_i a_i)^2$, holds each pair $a_i a_j$ twice and each $a_i^2$ once. So
#
# $$ \sum_{i<j} \langle \mathbf v_i, \mathbf v_j \rangle\, x_i x_j = \frac12 \sum_{f=1}^{k} \Big[ \Big(\sum_i v_{if}\, x_i\Big)^2 - \sum_i v_{if}^2\, x_i^2 \Big] $$
#
# which is linear in the number of features. Is it true?

# %%
def pairs(V, x):
    a = V * x[:, None]  # features x factors
    return 0.5 * (a.sum(axis=0) ** 2 - (a**2).sum(axis=0)).sum()


V, x = rng.normal(size=(50, 8)), rng.random(50)
double_loop = sum(V[i] @ V[j] * x[i] * x[j] for j in range(50) for i in range(j))
claim(
    "The linear formula over the double loop", pairs(V, x) / double_loop,
    id="09.fm_identity", baseline=0.5 * ((V.T @ x) ** 2).sum() / double_loop, equal_to=1, fmt=".9f",
)

# %% [markdown]
# ## What can each model represent?
#
# A small world shows it. Twelve audiences meet twelve categories. None is clicked more on average; there is only taste, the product of a hidden number of the audience and one of the category. Three categories of each audience are never shown in training.
#
# **Predict before you run.** What will a sum, a cross and an FM say about each pair: shown, or never shown?

# %%
import pandas as pd

hidden = np.linspace(-1.5, 1.5, 12)  # of each audience, and of each category
truth = np.outer(hidden, hidden).ravel() - 2  # log-odds of 144 pairs
table = pd.DataFrame(list(np.ndindex(12, 12)), columns=["audience", "category"])
shown = ((table["audience"] - table["category"]) % 4 != 0).to_numpy()
rows = rng.choice(np.flatnonzero(shown), 40_000)
toy_clicks = rng.random(40_000) < 1 / (1 + np.exp(-truth[rows]))
toy_models = {"A sum": HashedLogisticRegression(C=1)}
toy_models["A cross"] = HashedLogisticRegression(C=1, crosses=[("audience", "category")])
toy_models["An FM"] = FactorizationMachine(factors=2, l2=1, factor_l2=1, epochs=30)

# %% alt="Predicted against true log-odds of 144 pairs, three panels. A sum predicts nearly the same for all. A cross is right for shown pairs only. The FM is near the diagonal for both kinds."
import matplotlib.pyplot as plt

from mlpipe import plots

plots.use_style()
fig, axes = plt.subplots(1, 3, figsize=(11, 4.2), sharex=True, sharey=True)
error = {}
for ax, (name, model) in zip(axes, toy_models.items()):
    predicted = model.fit(table.iloc[rows], toy_clicks).decision_function(table)
    error[name] = np.mean(np.abs(predicted - truth)[~shown])
    ax.scatter(truth, predicted, s=22, color=np.where(shown, plots.MUTED, plots.ACCENT))
    ax.axline((-2, -2), slope=1, color="black", linewidth=1)
    ax.set(title=name, xlabel="true log-odds", ylabel="predicted log-odds" if ax is axes[0] else "")
fig.suptitle("Only the FM has learned about pairs that were never shown (orange)", x=0.01, ha="left", weight="bold")
plt.show()

# %%
claim(
    "On pairs never shown, the FM's mean error is a fraction of the cross's", error["An FM"] / error["A cross"],
    id="09.fm_unseen", baseline=1.0, at_most=0.4,
)

# %% [markdown]
# The sum sees no taste at all. The cross memorizes what it saw. The FM must describe the table with a short vector for each audience and category, so the shown pairs pin down the others. That works because this taste *is* such a product; independent numbers no model can guess.
#
# Back to the ad log. A plain FM lets every two fields interact, and each id has one vector for all of them. A **field-aware** FM (Juan et al. 2016) has other vectors for each pair of fields; we name four pairs. So it shares like an FM and knows what the crosses know.

# %%
FM, FFM = "factorization machine", "field-aware FM"
run(FM, FactorizationMachine(l2=10), tuned.RAW)
run(FFM, FieldAwareFM(tuned.PAIRS, crosses=tuned.CONTEXT_CROSSES, **tuned.FIELD_AWARE_FM), tuned.RAW)
claim(
    "Told no cross, an FM still beats logistic regression (share of the oracle)", share(FM) - share(LR),
    id="09.fm_alone", baseline=0.0, at_least=0.03, fmt=".1%",
)
claim(
    "To know which pairs matter adds more (share of the oracle)", share(FFM) - share(FM),
    id="09.named_pairs", baseline=0.0, at_least=0.04, fmt=".1%",
)

# %% [markdown]
# ## What is the gain, and what does it cost?
#
# Times depend on the machine. The *numbers that a server reads for one prediction* do not: one weight a field or cross; nine a field for an FM with eight factors; two vectors of four a named pair; two a counter; about three questions a tree, and a weight for its leaf.
#
# Which gains are more than luck? We draw the *users* anew (lesson 06) and show the paired difference to logistic regression (LR). A visitor without id counts as a user.

# %%
n = len(tuned.RAW) + 1  # fields: the time gives two, hour and weekday
reads = {"smoothed rate": 1, "FTRL-proximal": n, LR: n, LR_CROSSES: n + len(CROSSES), FM: 9 * n}
reads[FFM] = n + 2 * 4 * len(tuned.PAIRS) + len(tuned.CONTEXT_CROSSES)
reads |= {"trees + LR": n + 2 * 4 + 4 * 50, "counter trees": 2 * len(tuned.COUNTED) + 3 * trees.trees_.n_iter_}
for what, scale, unit in (("fit", 1, "s"), ("predict", 1e6 / len(test), "µs an impression")):
    measured(f"CPU to {what}", {name: scale * seconds[what][name] for name in reads}, unit)

# %% alt="Gain over logistic regression with intervals, against numbers read for one prediction, logarithmic axis: logistic regression with crosses and the field-aware FM are at the upper left, the plain FM and the trees further right and lower."
from mlpipe.uncertainty import paired_difference

user = test["user_id"].fillna(-1.0 - pd.Series(test.index, test.index))[known].to_numpy()
by_user = pd.DataFrame(saved)[known].groupby(user).sum() / possible[known].sum()
fig, ax = plt.subplots(figsize=(9, 5))
for name, read in reads.items():
    gap = paired_difference(by_user[name] * len(by_user), by_user[LR] * len(by_user), n_resamples=500)
    middle, ends = 100 * gap.estimate, [[100 * (gap.estimate - gap.low)], [100 * (gap.high - gap.estimate)]]
    color = plots.color_of(FM if name == FFM else name)
    ax.errorbar(read, middle, ends, fmt="o", color=color, capsize=4, markersize=9)
    where = {"xytext": (-10, 0), "ha": "right"} if name in (LR, LR_CROSSES, FM) else {"xytext": (10, 0)}
    ax.annotate(name, (read, middle), textcoords="offset points", va="center", color=color, **where)
ax.set(xscale="log", xlim=(0.6, 5000), xlabel="numbers read for one prediction")
ax.set(ylabel="points of the share above LR", title="Naming the pairs buys the most for the least (95 % intervals)")
plt.show()

# %% [markdown] notes="Let the class find the models that have no other one to their upper left. Only those need a discussion: that is the third exercise."
# The plain FM found part of what we knew, from the columns alone. Of the three models that were *told* the pairs, the two that look them up directly are best here, and cheap.
#
# ## What about an ad that nobody has seen?
#
# Now the withheld ads. Their id says nothing, but campaign, category and format are known. We add a logistic regression that knows an ad by its id *only*.
#
# **Predict before you run.** Which model falls to the base rate, and which ones stay useful?

# %%
id_only = [c for c in tuned.RAW if c not in ("campaign_id", "advertiser_id", "category", "ad_format")]
run("LR, ad by id only", HashedLogisticRegression(**tuned.LOGISTIC_REGRESSION), id_only)
for name in sorted([*reads, "LR, ad by id only"], key=lambda name: share(name, ~known)):
    print(f"{name:30} known ads {share(name):4.0%}   new ads {share(name, ~known):4.0%}")
claim(
    "On new ads, the model with crosses still explains much (share of the oracle)", share(LR_CROSSES, ~known),
    id="09.new_ads", baseline=share("smoothed rate", ~known), at_least=0.3, fmt=".0%",
)

# %% [markdown]
# Compare within a column: the new ads are other rows. A new ad is known by its description.
#
# ## Which model when?
#
# | situation | first choice | because | it fails when |
# |---|---|---|---|
# | first model | hashed logistic regression | cheap, one optimum, readable | tastes differ |
# | you can name the interactions | + crosses | most gain for a few lookups | pairs are rare |
# | you can name them, and pairs are rare | field-aware FM | each value learns from all its rows | taste is no product of vectors |
# | many ids, unknown interactions | factorization machine | finds pairs, also unseen ones | one vector must serve all fields |
# | numbers, counters, few categories | boosted trees | find thresholds and crosses | ids are wide, counters leak |
# | clicks stream in, memory is short | FTRL with L1 | one pass, few weights | the stream stops, or is wrong |
# | ads live for days | any, with the ad's description | an id needs rows | the description is poor |
#
# ### Exercise (core): score the ads of a page with an FM
#
# One visitor and several ads. The features of visitor and context, each with value 1, have `weights` (m,) and `vectors` (m × k). Each ad is one more feature: `ad_weights` (n,), `ad_vectors` (n × k). Return the log-odds of each ad (n,), from the formula of the FM: a row holds the visitor's features and *one* ad. Can you do it with one dot product an ad?

# %% tags=["exercise:09.score_ads"]

# %%
exercise("09.score_ads").check(score_ads)

# %% [markdown]
# ### Exercise: an FTRL step with values
#
# Our features were 0 or 1. Now `x` holds any numbers. Do one step for one impression, without an intercept: compute the weights from `z` and `n`, then the probability, then return the new `z` and the new `n`, as two arrays.

# %% tags=["exercise:09.ftrl_step"]

# %%
exercise("09.ftrl_step").check(ftrl_step)

# %% [markdown]
# ### Exercise: which models are worth discussing?
#
# A model is *out* if another one has at least its gain at no more than its cost, and is strictly better in one of the two. Given arrays `gain` and `cost`, return a boolean array: True where the model is *not* out.

# %% tags=["exercise:09.worth_discussing"]

# %%
exercise("09.worth_discussing").check(worth_discussing)

# %% [markdown]
# ## What we have seen
#
# - A sum cannot represent taste. A cross learns each pair by itself; a factorization machine shares what it learns, and estimates pairs that were never shown.
# - FTRL takes one pass and a few lines, and comes close to the converged fit; L1 frees most of its memory.
# - The best models here were told which pairs matter. Trees cost more and gained less, with or without LR. Measure it on your log, with equal effort for each model.

# %%
say(
    "I start with hashed logistic regression. On a simulated log, split by time, eight known crosses added "
    "{09.crosses} of what the true probabilities explain. A factorization machine, told none of them, added "
    "{09.fm_alone}, and naming its pairs {09.named_pairs} more. Trees + LR added {09.trees_plus_lr}. FTRL with L1 kept "
    "{09.ftrl_quality} of its quality with a few percent of the weights. On a real log I would have to find the "
    "crosses first, and the order of the models could change."
)

# %% [markdown]
# *Read more:* McMahan et al. 2013, on FTRL in production; He et al. 2014, on trees + LR; Rendle 2010, on factorization machines; Juan et al. 2016, on field-aware ones. *Next:* 10, is the probability right?
