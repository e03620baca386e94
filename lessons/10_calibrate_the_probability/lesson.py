# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 1000
#     budget_seconds: 30
#     minutes: 20
# ---

# %% [markdown] slideshow={"slide_type": "slide"} slide="# Calibrated probabilities\n\n**Goal.** Find out whether a predicted probability can be multiplied by a bid, repair it where it cannot, and know what an error costs.\n\nA model predicts as many clicks as there were. Would you let it bid with your money?" notes="Plan: opening question 2, total and curve 4, one number 2, slices 2, downsampling 3, corrections 3, the auction 3, closing 1. Then ten minutes for the core exercise. Ask the question on the slide: who says yes, who says no, and what would they look at first? (2 min)"
# # Calibrated probabilities
#
# **Goal.** Find out whether a predicted probability can be multiplied by a bid, repair it where it cannot, and know what an error costs.
#
# | where we are | you need | it takes |
# |---|---|---|
# | requirements ▸ data ▸ features ▸ model ▸ **evaluation** ▸ serving | 08 for normalised entropy; logistic regression | 20 minutes to read, under 30 s, under 1000 MB |

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown] slideshow={"slide_type": "slide"} slide="## The right total. Is that enough?\n\n- **Calibrated**: of the impressions that get 3 %, three in a hundred are clicked\n- **Calibration ratio**: clicks predicted over observed\n- Two models of one log; only the penalty differs" notes="An auction multiplies bid and probability, so the size of the number counts, not only the order. Read the two lines: equal ratios, but another NE. Then show the question. Everybody writes a guess for the highest and for the lowest tenth. Ask one who disagrees with the neighbour for a reason. (2 min)"
# ## Does the model promise as many clicks as there are?
#
# An auction multiplies: *bid per click × probability of a click*. So the size of the number counts, not only the order. A model is **calibrated** if, of the impressions to which it gives 3 %, three in a hundred are clicked.
#
# The **calibration ratio** is clicks predicted over clicks observed; above 1 the model promises too much. Beside it stands the normalised entropy of lesson 08 (*NE*): log loss over that of the base rate, lower is better.
#
# We use the *simulated* ad log, 500,000 rows. Days 1 to 10 fit the models, days 11 and 12 fit corrections, days 13 and 14 judge. Two hashed logistic regressions, alike but for the penalty: `tuned` has the one that days 11 and 12 chose, `default` has `C=1`, as scikit-learn would.

# %% slideshow={"slide_type": "-"}
import numpy as np
import pandas as pd

from mlpipe.click_metrics import calibration_by, calibration_ratio, expected_calibration_error
from mlpipe.click_metrics import normalized_entropy, reliability_curve
from mlpipe.course import claim, exercise, guess, guesses, reveal, say
from mlpipe.ctr import HashedLogisticRegression, NegativeDownsampler, tuned
from mlpipe.simulator import simulate_ad_log, simulate_auctions

simulated = simulate_ad_log(n_impressions=500_000 if SCALE == "full" else 60_000, seed=SEED)
log, clicked = simulated.impressions, simulated.impressions["clicked"].to_numpy()
day = log["timestamp"].dt.day.to_numpy() - 4  # the log begins on 5 January
fit, later, test = day <= 10, (day == 11) | (day == 12), day >= 13
base_rate, y = clicked[fit].mean(), clicked[test]


def predictions(**settings):
    model = HashedLogisticRegression(**settings).fit(log.loc[fit, tuned.RAW], clicked[fit])
    return model.predict_proba(log[tuned.RAW])[:, 1]


predicted = {"tuned": predictions(**tuned.LOGISTIC_REGRESSION), "default": predictions(C=1)}
for name, p in predicted.items():
    ratio, ne = calibration_ratio(y, p[test]), normalized_entropy(y, p[test], base_rate)
    print(f"{name:8s} calibration ratio {ratio:.2f}   NE {ne:.3f}")

# %% [markdown] slideshow={"slide_type": "fragment"} slide="**Guess.** The default's penalty is too weak. Are its highest predictions too high or too low? And its lowest?"
# Compare the totals, then the NE: where do the two models part? A **reliability curve** shows it: sort the impressions by prediction, cut them into ten equal groups, and compare the mean prediction of each with its click rate.
#
# **Predict before you run.** The penalty of the default is too weak. Will its highest predictions be too high or too low? And its lowest?

# %%
guess("10.ends", choices=["highest too high, lowest too low", "highest too high, lowest too high",
                          "highest too low, lowest too high", "highest too low, lowest too low"])

# %% slideshow={"slide_type": "slide"} slide="## Equal totals, unequal curves" notes="Read one point aloud: predicted below the axis, observed beside it. Then the key shows the answer. The errors at both ends cancel in the total. In the interview: never show a total alone, show the curve on later days. (2 min)" alt="Click rate observed against predicted for ten groups of impressions, logarithmic axes: the tuned model stays near the diagonal; the curve of the default is flatter, above it on the left and below it on the right."
import matplotlib.pyplot as plt

from mlpipe import plots


def draw_curve(ax, p, color, label=None):
    curve = 100 * reliability_curve(y, p[test])
    ax.vlines(curve["predicted"], curve["low"], curve["high"], color=color)
    ax.plot(curve["predicted"], curve["observed"], "o-", color=color, label=label)
    ax.axline((1, 1), (10, 10), color="black", linestyle="--", linewidth=1)
    ax.set(xscale="log", yscale="log", xlabel="predicted (%)", ylabel="observed (%), 95 % intervals")
    plt.setp([ax.xaxis, ax.yaxis], major_formatter="{x:g}")


plots.use_style()
fig, ax = plt.subplots()
draw_curve(ax, predicted["default"], plots.ACCENT, "default")
draw_curve(ax, predicted["tuned"], plots.MUTED, "tuned")
plots.label_lines(ax)
ax.set_title("The default is too sure of itself, at both ends")
plt.show()

# %% slideshow={"slide_type": "-"}
lo, hi = reliability_curve(y, predicted["default"][test]).eval("predicted / observed").iloc[[0, -1]]
claim("Too many clicks in its highest tenth, too few in its lowest: off by this factor or more",
      min(hi, 1 / lo), id="10.overconfident", baseline=1.0, at_least=1.15, fmt=".2f")
reveal("10.ends", f"highest too {'high' if hi > 1 else 'low'}, lowest too {'high' if lo > 1 else 'low'}")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: which gets the lowest ECE?\n\n**Expected calibration error**: mean distance of predicted and observed rate over groups, weighted by rows.\n\nWith 100 groups, which gets the lowest: the two models, the *true* probabilities, or a constant, the base rate?" notes="Most say: the truth. Collect hands for each of the four before you turn the slide. (1 min)"
# Too low and too high cancel in the total.
#
# ## Can one number say it?
#
# The **expected calibration error** (ECE) is the mean distance between predicted and observed rate over the groups, weighted by rows. We compute it with 10, 100 and 1,000 groups (in percentage points) for both models, for the *true* probabilities, and for a constant, the base rate.
#
# **Predict before you run.** With 100 groups, which of the four gets the lowest ECE? Does the truth get 0?

# %% slideshow={"slide_type": "-"}
guess("10.lowest_ece", choices=["tuned", "default", "truth", "constant"])

# %% slideshow={"slide_type": "slide"} slide="## A constant beats the truth in ECE\n\nECE in percentage points:" notes="ECE does not ask whether predictions differ, so a constant that is right on average does well. And small groups are noisy: even the truth gets a larger ECE with more of them. In the interview: name the groups and the rows, and put NE beside it. (1 min)"
known = {"truth": simulated.true_ctr, "constant": np.full(len(log), base_rate)}
ece = {name: [100 * expected_calibration_error(y, p[test], n) for n in (10, 100, 1000)]
       for name, p in (predicted | known).items()}
print(pd.DataFrame(ece, ["10 groups", "100 groups", "1000 groups"]).round(2).to_string())

# %% slideshow={"slide_type": "-"}
claim("In 100 groups, a constant has a lower ECE than the truth (ratio)",
      ece["constant"][1] / ece["truth"][1], id="10.ece_constant", baseline=1.0, at_most=0.8, fmt=".2f")
claim("With 1,000 groups, the truth's ECE is so many times that with 10",
      ece["truth"][2] / ece["truth"][0], id="10.ece_groups", baseline=1.0, at_least=4, fmt=".1f")
reveal("10.lowest_ece", min(ece, key=lambda name: ece[name][1]))

# %% [markdown]
# Two flaws. ECE does not ask whether predictions differ, so a constant that is right on average does well. And in more, smaller groups the click rates are noisier, so even the truth gets a larger ECE. Compare models by ECE only on the same rows and groups, and beside NE.
#
# ## Is it right where the money is?
#
# The curve averages over all impressions with the same *prediction*. Somebody who buys video ads on tablets does not pay for an average. So we look at slices: each device, then each device with each ad format. Then we add up the errors of the pairs, none cancelled. Even the true probabilities do not get 0 there, because clicks fall by chance: their own sum stands beside. Since the truth is known here, we also compare with it, without luck.

# %% slideshow={"slide_type": "slide"} slide="## Right on average, wrong where money is" notes="Somebody buys video ads on tablets and does not pay for an average. Ask why each device is right: the gradient of a logistic regression is zero only if predicted and observed clicks agree for each feature it has (nearly: the penalty). It has no feature for the pair. The repair is a better model: a correction that sees only the prediction cannot treat two slices differently. Claims below this figure in the lesson add the errors up, for the model and for the truth; the closing answer quotes them. (2 min)" alt="Calibration ratios with intervals: those of the three devices include 1; about half of the twelve pairs of device and ad format miss it, some above, some below."
device = log["device"].astype(str)
pair = device + ", " + log["ad_format"].astype(str)
tables = [calibration_by(y, predicted["tuned"][test], groups[test]) for groups in (device, pair)]
table = pd.concat(tables).query("clicks > 0")
wrong = (table["low"] > 1) | (table["high"] < 1)

fig, ax = plt.subplots(figsize=(8, 6))
plots.intervals(ax, list(table.index), table["ratio"], table["low"], table["high"], reference=1)
ax.set_title(f"{wrong[:3].sum()} of 3 devices miss 1, {wrong[3:].sum()} of {len(wrong) - 3} pairs")
ax.set_xlabel("clicks predicted / observed (95 % intervals)")
plt.show()

# %%
def misplaced(p, clicks=y):  # share of all clicks
    return pd.Series(p[test] - clicks).groupby(pair[test].to_numpy()).sum().abs().sum() / y.sum()


predicted["crossed"] = predictions(**tuned.LOGISTIC_REGRESSION, crosses=[("device", "ad_format")])
luck, before = misplaced(simulated.true_ctr), misplaced(predicted["tuned"])
claim("The true probabilities miss so many clicks over the twelve pairs, by luck (one draw)", luck,
      id="10.slices_luck", baseline=0.0, between=(0.02, 0.1), fmt=".1%")
claim("The model misses more (share of all clicks)", before,
      id="10.slices", baseline=luck, at_least=0.09, fmt=".1%")
left = [misplaced(predicted[name], simulated.true_ctr[test]) for name in ("crossed", "tuned")]
claim("Against the truth, with device × format crossed, so much of the error is left",
      left[0] / left[1], id="10.pairs_cured", baseline=1.0, at_most=0.5, fmt=".0%")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: how many of the kept rows?\n\nKeep all clicks and a share $w$ of the rest: the odds grow by $1 / w$. Back from the model's $p$ to the full log's $q$:\n\n$$ q = \\frac{p}{p + (1 - p) / w} $$\n\n5 % of all impressions bring an engagement. You keep these and 10 % of the others. What share of your training data are engagements?" notes="With pen and paper. Say where the question comes from: rows are dropped to save training time. Let somebody count a thousand rows at the board: 50 engagements, and a tenth of 950 others. (2 min)"
# A logistic regression balances predicted and observed clicks, in training, for each feature that it *has*: its gradient is their difference. It has device and format, but not the pair, until we cross them. The remedy is a better model: a correction that sees only the prediction cannot treat two slices differently.
#
# ## What happens if we keep a tenth of the non-clicks?
#
# To save training time, keep all clicks and a share $w$ of the other rows. That multiplies the **odds**, clicks for each non-click, $p / (1 - p)$, by $1 / w$; to undo it, multiply them by $w$. With $p$ the probability from the model and $q$ that in the full log (both from 0 to 1),
#
# $$ q = \frac{p}{p + (1 - p) / w} \qquad\Longleftrightarrow\qquad \operatorname{logit} q = \operatorname{logit} p + \ln w $$
#
# where $\operatorname{logit} p = \ln \frac{p}{1 - p}$, the **log-odds**.
#
# We do it at three rates; `estimator_` of a `NegativeDownsampler` gives raw scores.
#
# **Predict before you run.** 5 % of all impressions bring an engagement. You keep these and 10 % of the others. What share of your training data are engagements? One published course says: near 50 %.

# %% slideshow={"slide_type": "-"}
guess("10.engaged", unit="%")

# %% slideshow={"slide_type": "slide"} slide="## A formula undoes the sampling" notes="First the question: 50 of 145 rows; one published course says near 50 %. Then the key. Each coloured curve is a model of sampled rows; grey are all three after the formula. Nothing was fitted. In the interview: say this before anybody asks, once you have said that you sample. (1 min)"
def undo(p, w):
    return p / (p + (1 - p) / w)


claim("5 % engagement, and a tenth of the rest kept: the training data show", 0.05 / (0.05 + 0.1 * 0.95),
      id="10.arithmetic", baseline=0.5, at_most=0.4, fmt=".1%")  # baseline: the published answer
reveal("10.engaged", 100 * 0.05 / (0.05 + 0.1 * 0.95), fmt=".1f")

# %% slideshow={"slide_type": "-"} alt="Reliability curves, logarithmic axes: raw scores at three sampling rates lie side by side, further to the right of the diagonal the fewer non-clicks are kept; corrected, all three lie near it."
raw, model = {}, HashedLogisticRegression(**tuned.LOGISTIC_REGRESSION)
fig, ax = plt.subplots()
for w, color in ((0.3, "#0d2f86"), (0.1, plots.ACCENT), (0.03, "#298548")):
    sampler = NegativeDownsampler(model, w, random_state=SEED).fit(log.loc[fit, tuned.RAW], clicked[fit])
    raw[w] = sampler.estimator_.predict_proba(log[tuned.RAW])[:, 1]
    draw_curve(ax, undo(raw[w], w), plots.MUTED)
    draw_curve(ax, raw[w], color)
    label = f"w = {w}\n{sampler.n_kept_ / fit.sum():.0%} of rows"
    ax.text(100 * np.quantile(raw[w][test], 0.05), 0.15, label, color=color, ha="center")
ax.set(title="The formula brings all three back (grey)", ylim=(0.12, None))
plt.show()

before, after = (calibration_ratio(y, p[test]) for p in (raw[0.1], undo(raw[0.1], 0.1)))
claim("With a tenth of the non-clicks, and corrected, the calibration ratio is", after,
      id="10.corrected", baseline=before, between=(0.88, 1.12), fmt=".2f")  # baseline: not corrected

# %% [markdown]
# ## And if we do not know what is wrong?
#
# Then fit a correction to predictions and clicks of *later* days. Three ways, from stiff to flexible: a **prior shift** adds one number $c$ to $\operatorname{logit} p$; **Platt scaling** fits $\operatorname{logit} q = a \operatorname{logit} p + c$; **isotonic regression** fits any staircase that does not fall.

# %%
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression


def prior_shift(p, clicked):
    c = brentq(lambda c: expit(logit(p) + c).sum() - clicked.sum(), -10, 10)  # equal totals
    return lambda p: expit(logit(p) + c)


def platt(p, clicked):
    line = LogisticRegression(C=np.inf).fit(logit(p)[:, None], clicked)  # no penalty
    return lambda p: line.predict_proba(logit(p)[:, None])[:, 1]


def isotonic(p, clicked):  # never quite 0 or 1: a click would then cost infinite log loss
    return IsotonicRegression(y_min=0.001, y_max=0.999, out_of_bounds="clip").fit(p, clicked).predict

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: what repairs the default?\n\n- **prior shift**: add one number to $\\operatorname{logit} p$\n- **Platt scaling**: $a \\operatorname{logit} p + c$\n- **isotonic regression**: a staircase that does not fall\n- Platt, fitted on the *training* days\n- a better penalty, chosen on later days\n\nWhich lowers NE most? What does the fourth do?" notes="The first three are fitted on days 11 and 12, and judged on days 13 and 14. Let the class vote on the best, then on the sign of the fourth. (1 min)"
# We correct the default, which is too sure, with days 11 and 12 and, a tempting mistake, with the *training* days. Beside them stands what a colleague would do instead: choose the penalty on days 11 and 12. Intervals draw users anew (lesson 06).
#
# **Predict before you run.** Which of the five lowers NE most? What does the mistake do?

# %%
guess("10.repair", choices=["prior shift", "Platt", "isotonic", "Platt, training days",
                            "a better penalty"])

# %% slideshow={"slide_type": "slide"} slide="## Repair the model before its numbers" notes="The penalty first, then Platt scaling on later days. On its training days a penalised model looks too timid, whatever it does later: a correction fitted there makes it bolder still. A thousand rows hold some thirty clicks: few for Platt's two numbers, far too few for a staircase. The lesson draws them thirty times. (2 min)"
from mlpipe.uncertainty import paired_difference

users = log["user_id"].fillna(-1.0 - pd.Series(log.index))[test].to_numpy()  # no id: a user a row


def ne_change(p, other):
    losses = [-np.log(np.where(y == 1, q, 1 - q)) for q in (p[test], other[test], base_rate)]
    by_user = pd.DataFrame(losses).T.groupby(users).sum()
    return vars(paired_difference(*(by_user[[0, 1]] / by_user[2].mean()).to_numpy().T, n_resamples=500))


p, ways = predicted["default"], {"prior shift": prior_shift, "Platt": platt, "isotonic": isotonic}
fixed = {name: way(p[later], clicked[later])(p) for name, way in ways.items()}
fixed |= {"Platt, training days": platt(p[fit], clicked[fit])(p), "a better penalty": predicted["tuned"]}
change = {name: ne_change(q, p) for name, q in fixed.items()}
change["a better penalty, against Platt"] = ne_change(predicted["tuned"], fixed["Platt"])
change = pd.DataFrame(change).T[["estimate", "low", "high"]]
print(f"change of NE\n{(change.round(4) + 0).to_string()}")

# %%
loss = change["estimate"]
claim("Platt scaling on later days repairs an overconfident model (change of NE)", loss["Platt"],
      id="10.platt", baseline=loss["prior shift"], at_most=-0.003, fmt=".4f")
claim("The right penalty gains more (change of NE)", loss["a better penalty, against Platt"],
      id="10.penalty_first", baseline=0.0, at_most=-0.005, fmt=".4f")
claim("Fitted on its training days, it does harm (change of NE)", loss["Platt, training days"],
      id="10.training_days", baseline=loss["Platt"], at_least=0.02, fmt=".3f")

# %% slideshow={"slide_type": "-"}
reveal("10.repair", loss.iloc[:5].idxmin())

# %% [markdown]
# ### And with few rows?
#
# We draw them thirty times from days 11 and 12, because one draw proves little.

# %%
from itertools import product

draws, before = [], normalized_entropy(y, p[test], base_rate)
for name, n, number in product(("Platt", "isotonic"), (1_000, 3_000, 10_000), range(30)):
    rows = np.random.default_rng((SEED, number)).choice(np.flatnonzero(later), n)
    q = ways[name](p[rows], clicked[rows])(p[test])
    draws.append((name, n, normalized_entropy(y, q, base_rate) - before))
draws = pd.DataFrame(draws, columns=["way", "rows", "change of NE"]).set_index(["way", "rows"])
few = draws.assign(harm=draws > 0).groupby(["way", "rows"]).mean()
print(f"means of 30 draws\n{few.round(3).to_string()}")

# %%
claim("With 1,000 rows, isotonic regression does harm (mean change of NE)", id="10.isotonic",
      value=few.loc["isotonic"].iat[0, 0], baseline=few.loc["Platt"].iat[0, 0], at_least=0.01, fmt=".3f")
claim("With 1,000 rows, Platt scaling does harm, too (share of draws)", few.loc["Platt"].iloc[0, 1],
      id="10.platt_few", baseline=few.loc["Platt"].iloc[-1, 1], at_least=0.1, fmt=".0%")

# %% [markdown]
# The penalty keeps the weights smaller than the training rows ask for, so on these the model looks too *timid*, whatever it does later; a correction fitted there makes it bolder still. A thousand rows hold some thirty clicks: few even for two numbers. And the level of clicks moves: fit again often, on fresh ones.
#
# ## What does an error cost?
#
# Ad $i$ bids $b_i$ dollars a click, and $p_i$ is its predicted probability. The highest **score** $b_i\, p_i$, in dollars an impression, wins. In a **second-price auction** the winner pays for a click just enough to stay first. With $j$ the second,
#
# $$ \text{price per click} = b_j\, p_j \,/\, p_\text{winner} $$
#
# On each simulated page view 16 ads compete for the top slot. We spoil the *true* probabilities and look at two sums: the **revenue**, what winners pay for the clicks to be expected by the truth, and the **advertisers' value**, what these clicks are worth to them (taking the bid as the worth of a click).

# %%
auctions = simulate_auctions(20_000 if SCALE == "full" else 4_000, n_ads=16, seed=SEED, first_day=12)
ads = auctions.candidates
bid, device, ad_format = (ads[key].to_numpy().reshape(-1, 16) for key in ("bid", "device", "ad_format"))
truth, view = auctions.true_ctr.reshape(-1, 16), np.arange(len(bid))


def sell(p, reserve=0, otherwise=0):
    score = bid * p
    winner, second = score.argmax(axis=1), np.partition(score, -2)[:, -2]
    price = np.maximum(second, reserve) / p[view, winner]
    sold, clicks = score[view, winner] >= reserve, truth[view, winner]
    return np.where(sold, [clicks * price, clicks * bid[view, winner]], otherwise).mean(axis=1)

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: timid scores, and the revenue?\n\nThe highest bid times probability, $b_i\\,p_i$, wins and pays per click, with $j$ the second,\n\n$$ b_j\\, p_j \\,/\\, p_\\text{winner} $$\n\nWe spoil the *true* probabilities. All log-odds halved, far too timid: what happens to the revenue?" notes="Write two ads on the board: bid 1 dollar at 2 %, bid 0.50 at 3 %. Who wins, and what is the price of a click? Then double both probabilities: nothing changes. Then only one. (1 min)"
# **Predict before you run.** All log-odds halved, everything far too timid: what happens to the revenue? And which of the others lower it: all probabilities × 1.5; only those on mobile; only those of video ads; a random factor for each ad of each view (standard deviation 10, 30 or 50 % on the log scale); the raw score of a model that saw a tenth of the non-clicks?

# %% slideshow={"slide_type": "-"}
guess("10.timid", choices=["it falls", "it stays", "it rises"])

# %% slideshow={"slide_type": "slide"} slide="## What an error costs, and whom" notes="A factor that all ads of a view share cancels, in the order and in the price. Errors that differ between ads let worse ads win. Then the key, and the answer. Timid scores bring the second close to the first: winners pay more, for worse ads. So calibration does not maximize revenue, it maximizes the advertisers' value. Ask: when does a common factor matter? With a reserve, mixed pricing or pacing. (2 min)" alt="Change of revenue and of advertisers' value for eight errors: common factors change nothing, random errors lower both, halved log-odds raise revenue and lower value."
errors = {"log-odds halved": expit(logit(truth) / 2), "raw, w = 0.1": undo(truth, 10)}  # odds × 10
for sd in (0.5, 0.3, 0.1):
    errors[f"random, {sd:.0%}"] = np.random.default_rng(SEED).lognormal(0, sd, truth.shape) * truth
errors["video × 1.5"] = np.where(ad_format == "video", 1.5, 1) * truth
errors |= {"mobile × 1.5": np.where(device == "mobile", 1.5, 1) * truth, "all × 1.5": 1.5 * truth}
effect = {name: sell(p) / sell(truth) - 1 for name, p in errors.items()}
revenue, value = 100 * np.array(list(effect.values())).T
fig, ax = plt.subplots()
ax.plot(value, list(effect), "o", color=plots.MUTED, markersize=9)
ax.plot(revenue, list(effect), "o", color=plots.ACCENT, markersize=9)
ax.set_title("Random errors cost both, timid ones the advertisers")
ax.set_xlabel("change (%) of revenue (orange) and of advertisers' value (grey)")
plt.show()

# %% slideshow={"slide_type": "-"}
claim("A random error of 30 % costs revenue", -effect["random, 30%"][0],
      id="10.noise", baseline=abs(effect["all × 1.5"][0]), between=(0.05, 0.08), fmt=".1%")
claim("Timid probabilities, log-odds halved, raise revenue", effect["log-odds halved"][0],
      id="10.timid_revenue", baseline=abs(effect["all × 1.5"][0]), between=(0.08, 0.15), fmt=".1%")
claim("Timid probabilities lower the advertisers' value", -effect["log-odds halved"][1],
      id="10.timid_value", baseline=abs(effect["all × 1.5"][0]), at_least=0.05, fmt=".1%")
reveal("10.timid", ("it stays", "it rises", "it falls")[int(np.sign(revenue[0].round()))])

# %% [markdown]
# - A factor that all ads of a page view share cancels, in the order and in the price.
# - An error that differs between ads lets worse ads win.
# - Timid probabilities bring the second close to the first: winners pay more, for worse ads. Advertisers may answer with lower bids. So never say that calibration maximizes *revenue*. True probabilities maximize the *value*: each view goes to the ad that makes most of it.
#
# ## When does even a common factor matter?
#
# When something in the auction is *not* multiplied by it. With a **reserve**, the slot stays empty if no score reaches it. With **mixed pricing**, another buyer pays for the impression, clicked or not, which counts as revenue and as value. We set both to what a page view earns on average.

# %%
earned = sell(truth)[0]
for market, otherwise in (("reserve", 0), ("buyer per impression", earned)):
    for factor in (2 / 3, 3 / 2):
        revenue, value = sell(factor * truth, earned, otherwise) / sell(truth, earned, otherwise) - 1
        print(f"{market:20s} × {factor:.2f}: revenue {revenue:+.1%}, value {value:+.1%}")
claim("Beside a buyer per impression, promising too much costs revenue", -revenue,
      id="10.mixed", baseline=abs(effect["all × 1.5"][0]), at_least=0.05, fmt=".1%")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Core exercise: undo the sampling of both\n\nA log keeps a share of the clicks *and* a share of the other rows. Turn the probabilities of a model fitted on it into those of the full log." notes="In pairs. .hint() after three minutes, the solution after ten. If somebody is done early: the exercise on the prices of a page. (10 min)"
# Under a reserve, too small a factor leaves slots empty, and × 1.5 is the same as a reserve lower by a third. Beside a buyer per impression, *both* directions lose value, because slots go to the buyer who makes less of them. **Pacing** is a third case: a budget that is spread over the day by predicted clicks lasts too long if too many are predicted. At × 1.5, a third of it is left.
#
# | what is wrong | correct it by |
# |---|---|
# | rows were sampled at a known rate | the formula: nothing to fit |
# | the level has moved | prior shift on the latest clicks |
# | too sure or too timid | a better penalty; else Platt scaling, with a hundred clicks or more |
# | a bent curve, thousands of clicks | isotonic regression |
# | slices, at equal predictions | a better model; a factor a slice only if shrunk (exercise) |
#
# ### Exercise (core): undo the sampling of both
#
# A log keeps a share `clicks_kept` of the clicks and a share `others_kept` of the other rows. A model fitted on it gives the probabilities `p`, an array. Return the probabilities of the full log.

# %% slideshow={"slide_type": "-"} slide_code="1-2" tags=["exercise:10.undo_sampling"]

# %%
exercise("10.undo_sampling").check(undo_sampling)

# %% [markdown]
# ### Exercise: a factor for each slice
#
# From later days, you have `slices` (a name a row), predictions `p` and `clicked`. For each row, return `p` times the factor of its slice: clicks observed over clicks predicted, after adding `strength` clicks to *both*.

# %% tags=["exercise:10.slice_factors"]

# %%
exercise("10.slice_factors").check(correct_slices)

# %% [markdown]
# ### Exercise: the prices of a page
#
# A page has several slots. The ads, with arrays `bid` and `p`, are shown in order of score, the best in the first slot; those with a score below `reserve` (dollars an impression) are not shown. Each pays, per click, just enough to keep its place: ahead of the next ad, shown or not, and not below the reserve. Return the prices, from the first slot down.

# %% tags=["exercise:10.page_prices"]

# %%
exercise("10.page_prices").check(page_prices)

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Say it in the interview" notes="Two learners say it aloud, without reading. Then back to the opening question: would you let it bid with your money? (1 min)"
# ## What we have seen
#
# - A right total hides errors, and ECE is no cure. Look at NE, the curve, and the slices that somebody pays for.
# - Sampling is undone by a formula. All else needs clicks of later days: one number for the level, two for confidence, a staircase only with thousands.
# - A per-click auction forgives a common factor, but no errors between ads. Reserves, mixed pricing and pacing forgive neither.

# %%
guesses()

# %% slideshow={"slide_type": "-"}
say(
    "The score is multiplied by a bid, so I check calibration on later days and by slice: on a"
    " simulated log, a model with a fine total was wrong by {10.slices} of its clicks over device and"
    " format, where the truth itself missed {10.slices_luck}. If I train on a tenth of the negatives, I"
    " multiply the odds by a tenth. In simulated auctions random errors of 30 % cost {10.noise} of"
    " revenue, a common factor nothing; timid scores raised revenue by {10.timid_revenue} and cut the"
    " advertisers' value by {10.timid_value}, so I watch both. These bids do not react to prices."
)

# %% [markdown]
# *Read more:* He et al. 2014, section 6.3, on downsampling; Niculescu-Mizil and Caruana 2005, *Predicting good probabilities with supervised learning*; Platt 1999; Zadrozny and Elkan 2002, on isotonic regression; Edelman, Ostrovsky and Schwarz 2007, on the auction. *Next:* 11, which clicks do we see?
