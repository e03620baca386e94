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

# %% [markdown] notes="Plan: opening question 2, crosses 4, FTRL 3, trees 2, the factorization machine 4, cost 2, new ads 2, closing 1. Then ten minutes for the core exercise. Ask the question on the slide; write the models that are named on the board, and put gain and cost beside each as they come. (2 min)" slideshow={"slide_type": "slide"} slide="# Click models\n\n**Goal.** Build the models that come after logistic regression, and know for each what it can represent, what it gains and what it costs.\n\nYour logistic regression is tuned. What next, and what would it cost?"
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
# Again the *simulated* ad log, here 300,000 rows. Twelve days train, two test. The score is the *share of the oracle*: of the log loss that the true probabilities save over the base rate, the part that a model saves.
#
# All models get the same rows and the same effort: one setting of each is the best of five values on days 11 and 12 (`benchmarks/tune_ctr.py`). A difference comes with its 95 % interval: we draw the *users* anew (lesson 06); a visitor without id counts as one.
#
# A fifth of the ads stays out of training: the *new* ads, tested later.

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

import pandas as pd

from mlpipe.course import claim, exercise, guess, guesses, measured, reveal, say
from mlpipe.uncertainty import bootstrap_mean


def log_loss(p):  # of each test impression
    return -np.log(np.where(test["clicked"] == 1, p, 1 - p))


base = log_loss(past["clicked"].mean())
possible = base - log_loss(simulated.true_ctr[late])  # what the truth saves
saved, seconds = {}, {}
user = test["user_id"].fillna(-1.0 - pd.Series(test.index, test.index)).to_numpy()


def run(name, model, columns):
    start = time.process_time()
    p = model.fit(past[columns], past["clicked"]).predict_proba(test[columns])[:, 1]
    seconds[name], saved[name] = time.process_time() - start, base - log_loss(p)
    return model


def share(name, rows=known):
    return saved[name][rows].sum() / possible[rows].sum()


def gap(a, b, rows=known):  # share of a less that of b, low and high end
    each = pd.Series((saved[a] - saved[b])[rows]).groupby(user[rows]).sum()
    found = bootstrap_mean(each * len(each) / possible[rows].sum(), n_resamples=500)
    print(f"{a} over {b}: {found.estimate:.1%} ({found.low:.1%} to {found.high:.1%})")
    return found.estimate, found.low, found.high

# %% [markdown] slideshow={"slide_type": "slide"} slide="## What does a sum miss?\n\n*This audience on that category* needs a weight of its own: a **cross**. The sum says $p$, the click is $y$. A step $d$ for a combination should gain on rows that it was not learned from ($\\lambda$ pulls it to 0):\n\n$$ d = \\frac{\\sum (y - p)}{\\sum p (1 - p) + \\lambda} $$\n\n**Predict.** Eight crosses stand for what made this world. How much of their gain does the search find?" notes="y - p is what the sum leaves over. Where nothing interacts, d is luck, and luck loses on the held-out quarter: so the search stops by itself. Score: share of the oracle, the part of what the true probabilities save. Take guesses in per cent. (2 min)"
# A logistic regression adds up one weight a feature. *This audience on that category* needs a weight of its own: a **cross**. Which of the 78 pairs of our 13 columns need one? The data can say. The sum leaves $y - p$, click less probability, in each row. Move the log-odds of the rows of one combination of two values by a small step, pulled to 0 by $\lambda$:
#
# $$ d = \frac{\sum (y - p)}{\sum p (1 - p) + \lambda} $$
#
# learned without a quarter of the rows. On that quarter's rows of the combination, $d$ gains about $\sum d\,(y - p) - d^2 p (1 - p) / 2$ in log likelihood; add up over combinations and quarters. Where nothing interacts, $d$ is luck, and luck loses there. `choose_pairs` takes the best pair, adds its steps to the score and searches again, until none gains 3.
#
# **Predict before you run.** The simulator's documentation tells what interacts in its world; eight crosses of our columns stand for it. How much of their gain does the search find?

# %%
guess("09.search", unit="%")

# %%
from mlpipe.ctr import FTRLProximal, HashedLogisticRegression, SmoothedRate, choose_pairs, tuned

LR, LR_CROSSES, KNOWN = "hashed logistic regression", "logistic regression + crosses", "known crosses"
best, RAW = tuned.SMALL_LOG, tuned.RAW
pairs = choose_pairs(past[RAW], past["clicked"])
run("smoothed rate", SmoothedRate("ad_id", **best["smoothed rate"]), ["ad_id"])
run(LR, HashedLogisticRegression(**best[LR]), RAW)
run(LR_CROSSES, HashedLogisticRegression(**best[LR_CROSSES], crosses=pairs), RAW)
run(KNOWN, HashedLogisticRegression(**best[KNOWN], crosses=tuned.CROSSES), RAW)
added, beyond = gap(LR_CROSSES, LR), gap(KNOWN, LR_CROSSES)

# %% slideshow={"slide_type": "slide"} slide="## The data name the pairs" notes="Read the pairs found: which would you have thought of? First claim: what they add to the sum. Second: the high end of what the known crosses add to that. All models had the same rows and the same effort. (2 min)"
print(*(f"{one} × {other}" for one, other in pairs), sep=", ")
claim("The crosses found add much to a logistic regression (share)", added[0],
      id="09.crosses", baseline=0.0, at_least=0.08, fmt=".1%")  # baseline: no cross
claim("Crosses that stand for what made this world add little more (share, high end)",
      beyond[2], id="09.known_crosses", baseline=added[0], at_most=0.04, fmt=".1%")
reveal("09.search", 100 * added[0] / (share(KNOWN) - share(LR)), fmt=".0f")

# %% [markdown] notes="Ask what each line of the formula does to a weight that is seen every day, and to one that is seen once. n is the amount of evidence, z its direction; alpha is the learning rate, beta softens the first steps, lambda 1 and 2 are the L1 and L2 penalties. Then the key, and a guess. (2 min)" slideshow={"slide_type": "slide"} slide="## Learn from each impression as it comes\n\n**FTRL-proximal** keeps two numbers for each weight: $z$, the sum of gradients, and $n$, of their squares.\n\n$$ w_i = \\begin{cases} 0 & \\text{if } |z_i| \\le \\lambda_1 \\\\ -\\dfrac{z_i - \\operatorname{sign}(z_i)\\, \\lambda_1}{(\\beta + \\sqrt{n_i}) / \\alpha + \\lambda_2} & \\text{otherwise} \\end{cases} $$"
# ## Can a model learn from each impression as it comes?
#
# **FTRL-proximal** (*follow the regularized leader*; McMahan et al. 2013) sees each impression once. For each weight $w_i$ it keeps two
# numbers: $z_i$, the sum of its gradients, with a correction, and $n_i$, the sum of their squares. With $g_i$ the gradient of this impression's log loss,
#
# $$ \sigma_i = \frac{\sqrt{n_i + g_i^2} - \sqrt{n_i}}{\alpha}, \qquad z_i \leftarrow z_i + g_i - \sigma_i w_i, \qquad n_i \leftarrow n_i + g_i^2 $$
#
# $$ w_i = \begin{cases} 0 & \text{if } |z_i| \le \lambda_1 \\ -\dfrac{z_i - \operatorname{sign}(z_i)\, \lambda_1}{(\beta + \sqrt{n_i}) / \alpha + \lambda_2} & \text{otherwise} \end{cases} $$
#
# All are plain numbers ($n_i$ is no count, $\sigma_i$ no sigmoid). $\alpha$ is the learning rate, $\beta$ softens the first steps, $\lambda_1$ and $\lambda_2$ are the L1 and L2 penalties. Each weight has its own step: the more evidence $n_i$, the smaller.

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
        self.z[i], self.n[i] = self.z[i] + g - sigma * w, self.n[i] + g**2

# %% [markdown]
# With batches of one row, `FTRLProximal` must find the same weights.

# %%
from mlpipe.features import hash_columns

IDS, n_buckets = ["audience", "region", "category", "device", "position"], 2**18
few, ours = past.iloc[:5_000], FTRL(n_buckets + 1)
for row, clicked in zip(hash_columns(few, IDS, n_buckets), few["clicked"]):
    ours.learn(np.append(row, n_buckets), clicked)
theirs = FTRLProximal(epochs=1, batch_size=1, shuffle=False).fit(few[IDS], few["clicked"]).coef_[0]
same = np.isclose(ours.weights(np.arange(n_buckets)), theirs)
claim("Weights that differ from the package's", (~same).sum(),
      id="09.ftrl_parity", baseline=np.count_nonzero(theirs), equal_to=0, fmt=".0f")  # baseline: all 0

# %% [markdown] slideshow={"slide_type": "fragment"} slide="**Predict.** The L1 penalty leaves three weights in a hundred. How much of the quality is left?"
# **Predict before you run.** We raise $\lambda_1$ until only about three in a hundred weights are left. How much quality (share of the oracle) is left?

# %%
guess("09.left", unit="%")

# %% slideshow={"slide_type": "slide"} notes="L1 takes the weights with little evidence first: ids that were hardly seen. The served model is small; while it learns, FTRL keeps z and n of all weights. Ask what a model that learns in one pass is good for: a stream of clicks. (1 min)" slide="## Few weights do nearly all the work\n\nIn the interview: learn with all weights, serve the few."
kept = {}
for l1 in (0, 0.2, 1, 3, 10):
    name = "FTRL-proximal" if l1 == 0.2 else f"FTRL {l1}"  # 0.2 is the default
    kept[l1] = np.count_nonzero(run(name, FTRLProximal(**best["FTRL-proximal"], l1=l1), RAW).coef_)
    print(f"l1 = {l1:<4} {kept[l1]:6,} weights   {share(name):.1%} of the oracle")

# %% slideshow={"slide_type": "-"}
claim(f"{kept[3] / kept[0]:.1%} of the weights keep nearly all quality",
      share("FTRL 3") / share("FTRL 0"), id="09.ftrl_quality", baseline=0.0, at_least=0.9, fmt=".0%")
reveal("09.left", 100 * share("FTRL 3") / share("FTRL 0"), fmt=".0f")

# %% [markdown] notes="Trees + LR is quoted in many interviews; its famous gain is its authors', on their data. Ask which crosses a tree can find and which it cannot: few values yes, 40,000 users no. (1 min)" slideshow={"slide_type": "slide"} slide="## Can trees find the crosses?\n\nA path through a tree is a cross. Trees split numbers, so give them **counters** (click rate so far), or use their leaves as ids: **trees + LR**.\n\n**Predict.** What does trees + LR add to LR: less than our crosses, about as much, more?"
# L1 takes the weights with little evidence first. While FTRL learns, it keeps $z$ and $n$ of all: the *served* model is small.
#
# ## Can trees find the crosses?
#
# A path through a tree is a cross: *device is mobile, and hour after 18*. But trees split numbers, and an ad's id is no number. Two ways out:
#
# - **Counters**: give the trees the click rate and the count of each key *so far* (lesson 03: only the past). Our keys are four ids (user, ad, campaign, site) and the pairs found.
# - **Trees + LR** (He et al. 2014): the leaf into which a row falls is one more id of a logistic regression, one a tree.
#
# **Predict before you run.** Trees + LR contains the logistic regression and adds learned crosses. Do these add less than ours?

# %%
guess("09.trees", choices=["less", "about as much", "more"])

# %%
from mlpipe.ctr import CounterTrees, FactorizationMachine, FieldAwareFM, TreesPlusLR

keys = ["user_id", "ad_id", "campaign_id", "site_id", *pairs]
trees = CounterTrees("timestamp", "reported_at", keys, **best["counter trees"])
run("trees + LR", TreesPlusLR(**best[LR], **best["trees + LR"]), RAW)
_ = run("counter trees", trees, tuned.COUNTER_COLUMNS)

# %% slideshow={"slide_type": "slide"} notes="A tree finds thresholds and pairs of columns with few values. Counters bring the ids in as numbers, and that helps. (1 min)" slide="## Trees + LR adds less than crosses\n\nIn the interview: first what a model can represent, then what it scores."
ahead, _ = gap(LR_CROSSES, "trees + LR"), gap(LR_CROSSES, "counter trees")
claim("Trees + LR adds something to a logistic regression (share)", gap("trees + LR", LR)[0],
      id="09.trees_plus_lr", baseline=0.0, between=(0.005, 0.08), fmt=".1%")
claim("The crosses found gain more than trees + LR (share)", ahead[0],
      id="09.crosses_over_trees", baseline=0.0, at_least=0.06, fmt=".1%")  # baseline: no difference
reveal("09.trees", "less" if ahead[1] > 0 else "about as much" if ahead[2] > 0 else "more")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## A factorization machine gives each value a vector\n\n$$ \\text{log-odds} = w_0 + \\sum_i w_i x_i + \\sum_{i<j} \\langle \\mathbf v_i, \\mathbf v_j \\rangle\\, x_i x_j $$\n\nA small world: 12 audiences \u00d7 12 categories, taste a product of hidden numbers; some pairs are never shown." notes="A cross learns each pair alone. The FM gives every value a short vector, so shown pairs say something about the others. The sum over pairs costs no double loop: the lesson shows the trick. Then the vote, on the cross; and aloud, on the FM. (2 min)"
# ## Can a model find the crosses by itself?
#
# A cross learns each pair alone, from the rows of that pair. The **factorization machine** (FM; Rendle 2010) gives every feature $i$ a short vector $\mathbf v_i \in \mathbb R^{k}$; the weight of a pair is the product of its two vectors. With $x_i$ the value of feature $i$ (here 1 where a row has it, else 0) and weights $w_0, w_i$ as in logistic regression,
#
# $$ \text{log-odds} = w_0 + \sum_i w_i x_i + \sum_{i<j} \langle \mathbf v_i, \mathbf v_j \rangle\, x_i x_j $$
#
# Take one factor $d$ (an entry of the vectors) and let $a_i = v_{id}\, x_i$. The square of the sum, $(\sum_i a_i)^2$, holds each pair $a_i a_j$ twice and each $a_i^2$ once. So
#
# $$ \sum_{i<j} \langle \mathbf v_i, \mathbf v_j \rangle\, x_i x_j = \frac12 \sum_{d=1}^{k} \Big[ \Big(\sum_i v_{id}\, x_i\Big)^2 - \sum_i v_{id}^2\, x_i^2 \Big] $$
#
# which is linear in the number of features.

# %%
def all_pairs(V, x):
    a = V * x[:, None]  # features x factors
    return 0.5 * (a.sum(axis=0) ** 2 - (a**2).sum(axis=0)).sum()


V, x = rng.normal(size=(50, 8)), rng.random(50)
double_loop = sum(V[i] @ V[j] * x[i] * x[j] for j in range(50) for i in range(j))
claim("The linear formula over the double loop", all_pairs(V, x) / double_loop, id="09.fm_identity",
      baseline=0.5 * ((V.T @ x) ** 2).sum() / double_loop, equal_to=1, fmt=".9f")

# %% [markdown] slideshow={"slide_type": "fragment"} slide="**Predict.** On pairs never shown: the error of a cross, in per cent of a sum's?"
# ## What can each model represent?
#
# A small world shows it. Twelve audiences meet twelve categories. The log-odds of a pair are $-2$ plus taste: the product of a hidden number of the audience and one of the category. Over all partners, taste adds up to 0 in the log-odds. Three categories of each audience are never shown in training.
#
# **Predict before you run.** On pairs never shown, what is a cross's error, in per cent of a sum's? Say aloud: an FM's?

# %%
guess("09.unseen", unit="%")

# %%
hidden = np.linspace(-1.5, 1.5, 12)  # of each audience, and of each category
truth = np.outer(hidden, hidden).ravel() - 2  # log-odds of 144 pairs
table = pd.DataFrame(list(np.ndindex(12, 12)), columns=["audience", "category"])
shown = ((table["audience"] - table["category"]) % 4 != 0).to_numpy()
rows = rng.choice(np.flatnonzero(shown), 40_000)
toy_clicks = rng.random(40_000) < 1 / (1 + np.exp(-truth[rows]))
cross = HashedLogisticRegression(C=1, crosses=[("audience", "category")])
toy_models = {"A sum": HashedLogisticRegression(C=1), "A cross": cross}
toy_models["An FM"] = FactorizationMachine(2, pairs="all", l2=1, factor_l2=1, epochs=30)
said, error = {}, {}
for name, model in toy_models.items():
    said[name] = model.fit(table.iloc[rows], toy_clicks).decision_function(table)
    error[name] = [np.abs(said[name] - truth)[kind].mean() for kind in (shown, ~shown)]
    print(f"{name:8} mean error: shown {error[name][0]:.2f}, never shown {error[name][1]:.2f}")
claim("On pairs never shown, the FM's mean error is a fraction of the cross's",
      error["An FM"][1] / error["A cross"][1], id="09.fm_unseen", baseline=1.0, at_most=0.4)

# %% alt="Predicted against true log-odds of 144 pairs, three panels. A sum's predictions do not follow the truth. A cross is right for shown pairs only. The FM is near the diagonal for both kinds." slideshow={"slide_type": "slide"} slide="## Only the FM knows unseen pairs" notes="Orange: pairs never shown. The sum does not follow the truth at all, the cross memorizes what it saw. This world is built for an FM: taste is a product. On a real log measure it. On ratings of films, with rare combinations, vectors gain more than crosses. (2 min)"
import matplotlib.pyplot as plt

from mlpipe import plots

plots.use_style()
fig, axes = plt.subplots(1, 3, figsize=(11, 4.2), sharex=True, sharey=True)
for ax, name in zip(axes, said):
    ax.scatter(truth, said[name], s=22, color=np.where(shown, plots.MUTED, plots.ACCENT))
    ax.axline((-2, -2), slope=1, color="black", linewidth=1)
    ax.set(title=name, xlabel="true log-odds", ylabel="predicted log-odds" if ax is axes[0] else "")
fig.suptitle("Only the FM learned about pairs never shown (orange)", x=0.01, ha="left", weight="bold")
plt.show()
reveal("09.unseen", 100 * error["A cross"][1] / error["A sum"][1], fmt=".0f")

# %% [markdown]
# The cross memorizes what it saw; elsewhere it is no better than the sum. The FM must describe the table with a short vector for each audience and category, so the shown pairs pin down the others.
#
# ## Back to the ad log
#
# A plain FM lets every two fields interact, through one vector a value. Two others get the pairs found, and no more:
#
# - a **field-weighted** FM (Pan et al. 2018) multiplies each product by a learned weight of its two fields;
# - a **field-aware** FM (Juan et al. 2016) gives a value another vector for each pair of fields.

# %%
FM, FWFM, FFM = "factorization machine", "field-weighted FM", "field-aware FM"
run(FM, FactorizationMachine(pairs="all", **best[FM]), RAW)
run(FWFM, FactorizationMachine(pairs=pairs, **best[FWFM]), RAW)
run(FFM, FieldAwareFM(pairs, **best[FFM]), RAW)
claim("A plain FM beats logistic regression (share)", gap(FM, LR)[0],
      id="09.fm_alone", baseline=0.0, at_least=0.03, fmt=".1%")
claim("The pairs found, with a weight for each, add more to the FM (share)", gap(FWFM, FM)[0],
      id="09.field_weights", baseline=0.0, at_least=0.02, fmt=".1%")

# %% [markdown]
# ## What is the gain, and what does it cost?
#
# Times depend on the machine. The *numbers that a server reads for one prediction* do not: one weight a field or cross; for an FM a vector of four a field, with pairs of its own a weight or two vectors a pair; two a live counter; two to four questions a tree, and its leaf.

# %%
n = len(RAW) + 1  # fields: the time gives two, hour and weekday
reads = {"smoothed rate": 1, "FTRL-proximal": n, LR: n, LR_CROSSES: n + len(pairs), FM: 5 * n}
reads |= {FWFM: n + 4 * len(set(sum(pairs, ()))) + len(pairs), FFM: n + 2 * 4 * len(pairs)}
reads |= {"trees + LR": n + 2 * 4 + 3 * 50, "counter trees": 2 * len(keys) + 5 * trees.trees_.n_iter_}
gains = {name: gap(name, LR) for name in reads}
measured("CPU, without the search for pairs", {name: seconds[name] for name in reads}, "s")

# %% alt="Gain over logistic regression with intervals, against numbers read for one prediction, logarithmic axis: logistic regression with crosses and the two FMs of searched pairs are at the upper left, the plain FM and the trees further right and lower." slideshow={"slide_type": "slide"} slide="## Gain against cost" notes="Across: numbers that a server reads for one prediction, a cost that does not depend on the machine. Both other FMs get the pairs found: field-weighted has a weight for each pair of fields, field-aware another vector of a value for each pair. Let the class find the models that have no other to their upper left: only those need a discussion. What the plain FM and the pairs add are claims above this figure in the lesson; the closing answer quotes them. (2 min)"
fig, ax = plt.subplots(figsize=(9, 5))
where = dict.fromkeys((LR, LR_CROSSES, FM), (-10, 0, "right")) | {FWFM: (0, 48, "center")}
for name, read in reads.items():
    middle, low, high = 100 * np.array(gains[name])
    color = plots.color_of(FM if name in (FWFM, FFM) else name)
    ax.errorbar(read, middle, [[middle - low], [high - middle]], fmt="o", color=color, capsize=4)
    *shift, ha = where.get(name, (10, 0, "left"))
    ax.annotate(name, (read, middle), shift, textcoords="offset points", va="center", ha=ha, color=color)
ax.set(xscale="log", xlim=(0.6, 5000), ylim=(-36, 34), xlabel="numbers read for one prediction")
ax.set(ylabel="points of the share above LR", title="Crosses: much gain for a few more numbers (95 %)")
plt.show()

# %% [markdown] slideshow={"slide_type": "slide"} slide="## An ad that nobody has seen\n\nA fifth of the ads was kept out of training. Their id says nothing, but campaign, category and format are known.\n\n**Predict.** What share of the oracle is left, on new ads, to a model without any column of the ad?" notes="Ask aloud first: which model falls to the base rate, and why? (The rate of the ad.) Then everybody writes a per cent for the model that knows nothing of the ad. (1 min)"
# Of the four models with searched pairs, crosses read the fewest numbers.
#
# ## What about an ad that nobody has seen?
#
# Now the withheld ads. Their id says nothing, but campaign, category and format are known. We add a logistic regression without any column of the ad.
#
# **Predict before you run.** Which model falls to the base rate? What is left to one that knows nothing of an ad?

# %%
guess("09.no_ad", unit="%")

# %%
no_ad, NO_AD = RAW[:4] + RAW[9:], "no ad column"  # without the ad, its groups, category and format
run(NO_AD, HashedLogisticRegression(**best[LR], crosses=[("device", "position")]), no_ad)
for name in sorted([*reads, NO_AD], key=lambda name: share(name, ~known)):
    print(f"{name:30} known ads {share(name):4.0%}   new ads {share(name, ~known):4.0%}")
described, new = gap(LR_CROSSES, NO_AD, ~known), {name: share(name, ~known) for name in saved}

# %% slideshow={"slide_type": "slide"} notes="Two numbers: what a model without the ad still knows (audience, place, time), and what the ad's description adds. The lesson closes with a table, which model when: read it as homework. (1 min)" slide="## New ads live from their description\n\nIn the interview: an id needs rows; a description works from the first day."
claim(f"On new ads, the model with crosses explains much (no ad column: {new[NO_AD]:.0%})",
      new[LR_CROSSES], id="09.new_ads", baseline=new["smoothed rate"], at_least=0.3, fmt=".0%")
claim("What describes the ad, and its crosses, add so many points of the share", described[0],
      id="09.description", baseline=0.0, at_least=0.04, fmt=".0%")  # baseline: no ad column
reveal("09.no_ad", 100 * new[NO_AD], fmt=".0f")

# %% [markdown]
# Compare within a column: the new ads are other rows.
#
# ## And on a real log?
#
# MovieLens ratings by user, film, genres and year; the event is four stars or more. A random fifth tests. Here we count the part of the base rate's log loss that a model saves, with its defaults.
#
# Which pairs will be found? Who makes more of them: crosses, or vectors?

# %%
from mlpipe.datasets import movielens

films = movielens()
ratings = films.ratings.merge(films.items, on="item_id").eval("clicked = rating >= 4")
held = rng.random(len(ratings)) < 0.2
past, test, everyone = ratings[~held], ratings[held], np.full(held.sum(), True)  # of run() and gap()
possible = base = log_loss(past["clicked"].mean())
user, columns = test["user_id"].to_numpy(), ["user_id", "item_id", "genres", "year"]
run("films: LR", HashedLogisticRegression(), columns)
print("found:", run("films: crosses", HashedLogisticRegression(crosses="auto"), columns).crosses_)
run("films: field-aware FM", FieldAwareFM(), columns)
few = gap("films: crosses", "films: LR", everyone)
claim("On real ratings, with rare combinations, vectors gain more than crosses (low end)",
      gap("films: field-aware FM", "films: crosses", everyone)[1],
      id="09.real_pairs", baseline=few[0], at_least=0.005, fmt=".1%")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Core exercise: score a page with FM\n\nOne visitor, several ads. `weights` and `vectors` belong to the features of visitor and context; each ad is one more feature.\n\nReturn the log-odds of each ad. A row holds the visitor's features and *one* ad." notes="In pairs. Usual mistakes: products between the ads; the visitor's own pairs left out; the vectors summed and squared without taking off the squares. Ask early finishers which part need not be computed again for each ad. (10 min)"
# A user rated few films of one genre: a cross learns from these alone.
#
# ## Which model when?
#
# | situation | first choice | because | it fails when |
# |---|---|---|---|
# | first model | logistic regression | cheap, one optimum, readable | tastes differ |
# | a few pairs of columns interact | + crosses, known or searched | large gain for a few lookups | combinations are rare |
# | combinations are rare | field-weighted or field-aware FM | each value learns from all its rows | taste is no product of vectors |
# | numbers, counters, few categories | boosted trees | find thresholds and crosses | ids are wide, counters leak |
# | clicks stream in, the served model is small | FTRL with L1 | one pass, few weights | the stream stops, or is wrong |
# | two models are level | mean log-odds (`Blend`) | errors cancel | one is better: compare |
# | ads live for days | any, with the ad's description | an id needs rows | the description is poor |
#
# ### Exercise (core): score the ads of a page with an FM
#
# One visitor and several ads. The features of visitor and context, each with value 1, have `weights` (m,) and `vectors` (m × k). Each ad is one more feature: `ad_weights` (n,), `ad_vectors` (n × k). Return the log-odds of each ad (n,), from the formula of the FM: a row holds the visitor's features and *one* ad.

# %% tags=["exercise:09.score_ads"] slideshow={"slide_type": "-"} slide_code="1-2"

# %%
exercise("09.score_ads").check(score_ads)

# %% [markdown]
# ### Exercise: an FTRL step with values
#
# Now `x` holds any numbers. Do one step for one impression, without an intercept: compute the weights from `z` and `n`, then the probability, then return the new `z` and the new `n`, as two arrays.

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
# - A sum cannot represent taste. A cross learns each pair by itself; a factorization machine estimates pairs never shown, too.
# - FTRL takes one pass and a few lines; L1 leaves few weights to serve.
# - The data can name the pairs that interact. Crosses turn them into a few lookups; vectors serve where combinations are rare. Measure on your log.

# %%
guesses()

# %% slideshow={"slide_type": "slide"} slide="## Say it in the interview" notes="Two learners say it in their own words. Listen for: what each model can represent, the gain with its data, and the cost. (1 min)"
say(
    "I start with hashed logistic regression and search the pairs of columns that interact, on rows held"
    " out. On a simulated log, split by time, crosses of these pairs added {09.crosses} of what the true"
    " probabilities explain; those that made the log, at most {09.known_crosses} more. A plain"
    " factorization machine added {09.fm_alone}, with these pairs {09.field_weights} more; trees + LR"
    " {09.trees_plus_lr}. FTRL with L1 kept {09.ftrl_quality} with a few percent of the weights."
)

# %% [markdown]
# *Read more:* the papers named above. *Next:* 10, is the probability right?
