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

# %% [markdown] notes="Plan: total and curve 4, one number 2, slices 3, downsampling 4, corrections 3, auction 4. Then ten minutes for the core exercise. Ask first: the model predicts as many clicks as there were. Would you let it bid with your money?"
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

# %% [markdown]
# ## Does the model promise as many clicks as there are?
#
# An auction multiplies: *bid per click × probability of a click*. So the size of the number counts, not only the order. A model is **calibrated** if, of the impressions to which it gives 3 %, three in a hundred are clicked.
#
# The **calibration ratio** is clicks predicted over clicks observed; above 1 the model promises too much. Beside it stands the normalised entropy of lesson 08 (*NE*): log loss over that of the base rate, lower is better.
#
# We use the *simulated* ad log. Days 1 to 10 fit the models, days 11 and 12 fit corrections, days 13 and 14 judge. Two hashed logistic regressions: `tuned` has the penalty that earlier days chose, `default` has `C=1`, as scikit-learn would.

# %%
import numpy as np

from mlpipe.click_metrics import calibration_ratio, normalized_entropy, reliability_curve
from mlpipe.ctr import HashedLogisticRegression, NegativeDownsampler
from mlpipe.ctr.tuned import CROSSES, LOGISTIC_REGRESSION, RAW
from mlpipe.simulator import simulate_ad_log, simulate_auctions

simulated = simulate_ad_log(n_impressions=500_000 if SCALE == "full" else 60_000, seed=SEED)
log, clicked = simulated.impressions, simulated.impressions["clicked"].to_numpy()
day = log["timestamp"].dt.day.to_numpy() - 4  # the log begins on 5 January
fit, later, test = day <= 10, (day == 11) | (day == 12), day >= 13
base_rate, y = clicked[fit].mean(), clicked[test]


def predictions(**settings):
    model = HashedLogisticRegression(**settings).fit(log.loc[fit, RAW], clicked[fit])
    return model.predict_proba(log[RAW])[:, 1]


predicted = {"tuned": predictions(**LOGISTIC_REGRESSION), "default": predictions(C=1)}
for name, p in predicted.items():
    ratio, ne = calibration_ratio(y, p[test]), normalized_entropy(y, p[test], base_rate)
    print(f"{name:8s} calibration ratio {ratio:.2f}   NE {ne:.3f}")

# %% [markdown]
# Both totals are about right, yet the default has the worse NE. A **reliability curve** shows where: sort the impressions by prediction, cut them into ten equal groups, and compare the mean prediction of each with its click rate.
#
# **Predict before you run.** The penalty of the default is too weak. Will its high predictions be too high or too low? And its low ones?

# %% alt="Click rate observed against predicted for ten groups of impressions, logarithmic axes: the tuned model follows the diagonal; the curve of the default is flatter, above it on the left and below it on the right."
import matplotlib.pyplot as plt

from mlpipe import plots


def draw_curve(ax, p, color, label=None):
    curve = 100 * reliability_curve(y, p[test])
    ax.vlines(curve["predicted"], curve["low"], curve["high"], color=color)
    ax.plot(curve["predicted"], curve["observed"], "o-", color=color, label=label)
    ax.axline((1, 1), (10, 10), color="black", linestyle="--", linewidth=1)
    ax.set(xscale="log", yscale="log", xlabel="predicted (%)", ylabel="observed, with 95 % interval (%)")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_major_formatter("{x:g}")


plots.use_style()
fig, ax = plt.subplots()
draw_curve(ax, predicted["default"], plots.ACCENT, "default")
draw_curve(ax, predicted["tuned"], plots.MUTED, "tuned")
plots.label_lines(ax)
ax.set_title("The default is too sure of itself, at both ends")
plt.show()

# %%
from mlpipe.course import claim, exercise, say

top = reliability_curve(y, predicted["default"][test]).iloc[-1]
claim("In its highest tenth, the default promises too many clicks (ratio)", top["predicted"] / top["observed"],
      id="10.overconfident", baseline=calibration_ratio(y, predicted["default"][test]), at_least=1.15, fmt=".2f")

# %% [markdown]
# Too low and too high cancel in the total. A ratio of 1 is necessary, not sufficient.
#
# ## Can one number say it?
#
# The **expected calibration error** (ECE) is the mean distance between predicted and observed rate over the groups, weighted by rows. We compute it with 10, 100 and 1,000 groups (in percentage points) for both models, for the *true* probabilities, and for a constant, the base rate.
#
# **Predict before you run.** With ten groups, which of the four gets the lowest ECE? And what does the truth get?

# %%
from mlpipe.click_metrics import expected_calibration_error as ece

for name, p in (predicted | {"truth": simulated.true_ctr, "constant": np.full(len(log), base_rate)}).items():
    print(f"{name:8s}", *(f"{n:6d} groups: {100 * ece(y, p[test], n):.2f}" for n in (10, 100, 1000)))

# %% [markdown]
# Two flaws. A constant that is right on average competes with the tuned model. And in more, smaller groups even the truth gets a larger ECE: noise. Compare models by ECE only on the same rows and groups, and beside NE.
#
# ## Is it right where the money is?
#
# The curve averages over all impressions with the same *prediction*. Somebody who buys video ads on tablets does not pay for an average. So we look at slices: each device, then each device with each ad format.

# %% alt="Calibration ratios with intervals: the three devices lie close to 1; several of the twelve pairs of device and ad format miss 1, on both sides."
import pandas as pd

from mlpipe.click_metrics import calibration_by

device = log["device"].astype(str)
pair = device + ", " + log["ad_format"].astype(str)
table = pd.concat(calibration_by(y, predicted["tuned"][test], s[test]) for s in (device, pair)).query("clicks > 0")

fig, ax = plt.subplots(figsize=(8, 6))
plots.intervals(ax, list(table.index), table["ratio"], table["low"], table["high"], reference=1)
ax.set(title="About right for each device, wrong for many pairs", xlabel="clicks predicted / observed (95 % intervals)")
plt.show()

# %%
def misplaced(p, slices):
    table = calibration_by(y, p[test], slices[test])
    return (table["predicted"] - table["clicks"]).abs().sum() / y.sum()


predicted["crosses"] = predictions(**LOGISTIC_REGRESSION, crosses=CROSSES)
wrong = misplaced(predicted["tuned"], pair)
claim("Errors of the twelve pairs, added up without cancelling (share of all clicks)", wrong,
      id="10.slices", baseline=misplaced(predicted["tuned"], device), at_least=0.07, fmt=".1%")  # three devices
claim("With crosses in the model, so much of these errors is left", misplaced(predicted["crosses"], pair) / wrong,
      id="10.slices_cured", baseline=1.0, at_most=0.75, fmt=".0%")

# %% [markdown] notes="Ask why a logistic regression is right for each device: its gradient is zero only if, for every feature it has, predicted and observed clicks agree on the training days (nearly: the penalty). It has no feature for the pair."
# A logistic regression balances predicted and observed clicks, in training, for each feature that it *has*: its gradient is their difference. It has device and format, but not the pair. The remedy is a better model. A correction that sees only the prediction cannot treat two slices differently.
#
# ## What happens if we keep a tenth of the non-clicks?
#
# To save training time, keep all clicks and a share $w$ of the other rows. That multiplies the **odds**, $p / (1 - p)$, by $1 / w$; to undo it, multiply them by $w$. With $p$ the probability from the model and $q$ that in the full log (both from 0 to 1),
#
# $$ q = \frac{p}{p + (1 - p) / w} \qquad\Longleftrightarrow\qquad \operatorname{logit} q = \operatorname{logit} p + \ln w $$
#
# where $\operatorname{logit} p = \ln \frac{p}{1 - p}$.
#
# **Predict before you run.** 5 % of all impressions bring an engagement. You keep these and 10 % of the others. What share of your training data are engagements? One published course says: near 50 %.

# %%
def undo(p, w):
    return p / (p + (1 - p) / w)


in_training = 0.05 / (0.05 + 0.1 * 0.95)
claim("5 % engagement, and a tenth of the rest kept: the training data show", in_training,
      id="10.arithmetic", baseline=0.5, between=(0.344, 0.346), fmt=".1%")  # baseline: the published answer

# %% [markdown]
# Now on the log, at three rates. `NegativeDownsampler` draws the rows and fits the model; its `estimator_` gives raw scores.

# %% alt="Reliability curves, logarithmic axes: raw scores at three sampling rates lie side by side, further to the right of the diagonal the fewer non-clicks are kept; corrected, all three lie near it."
raw, model = {}, HashedLogisticRegression(**LOGISTIC_REGRESSION)
fig, ax = plt.subplots()
for w, color in ((0.3, "#0d2f86"), (0.1, plots.ACCENT), (0.03, "#589f5f")):
    sampler = NegativeDownsampler(model, w, random_state=SEED).fit(log.loc[fit, RAW], clicked[fit])
    raw[w] = sampler.estimator_.predict_proba(log[RAW])[:, 1]
    draw_curve(ax, undo(raw[w], w), plots.MUTED)
    draw_curve(ax, raw[w], color)
    ax.text(100 * np.quantile(raw[w][test], 0.05), 0.25, f"w = {w}", color=color, ha="center")
    ne, kept = normalized_entropy(y, undo(raw[w], w)[test], base_rate), sampler.n_kept_ / fit.sum()
    print(f"w = {w:4}: {kept:.0%} of the rows, NE {ne:.3f} when corrected")
ax.set(title="The formula brings all three back (grey)", ylim=(0.2, None))
plt.show()

before, after = (calibration_ratio(y, p[test]) for p in (raw[0.1], undo(raw[0.1], 0.1)))
claim("With a tenth of the non-clicks, and corrected, the calibration ratio is", after,
      id="10.corrected", baseline=before, between=(0.88, 1.12), fmt=".2f")  # baseline: not corrected

# %% [markdown]
# Sampling costs a little NE, because fewer rows teach less. Without the correction the model promises many times too much: see the baseline of the claim.
#
# ## And if we do not know what is wrong?
#
# Then fit a correction to predictions and clicks of *later* days. Three ways, from stiff to flexible: a **prior shift** adds one number $b$ to $\operatorname{logit} p$; **Platt scaling** fits $\operatorname{logit} q = a \operatorname{logit} p + b$; **isotonic regression** fits any staircase that does not fall.

# %%
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression


def prior_shift(p, clicked):
    b = brentq(lambda b: expit(logit(p) + b).sum() - clicked.sum(), -10, 10)  # equal totals
    return lambda p: expit(logit(p) + b)


def platt(p, clicked):
    line = LogisticRegression(C=np.inf).fit(logit(p)[:, None], clicked)  # no penalty
    return lambda p: line.predict_proba(logit(p)[:, None])[:, 1]


def isotonic(p, clicked):  # never quite 0 or 1: a click would then cost infinite log loss
    return IsotonicRegression(y_min=1e-4, y_max=0.9999, out_of_bounds="clip").fit(p, clicked).predict

# %% [markdown]
# We correct the default, which is too sure: with all rows of days 11 and 12, with 1,000 of them, and, a tempting mistake, with the *training* days. Intervals draw users anew (lesson 06).
#
# **Predict before you run.** Which correction lowers NE most? What does the mistake do?

# %%
from mlpipe.uncertainty import paired_difference, paired_ratio

p, ways = predicted["default"], {"prior shift": prior_shift, "Platt": platt, "isotonic": isotonic}
few = np.random.default_rng(SEED).choice(np.flatnonzero(later), 1_000, replace=False)
repaired = {name: way(p[later], clicked[later])(p[test]) for name, way in ways.items()}
repaired |= {f"{name}, 1,000 rows": way(p[few], clicked[few])(p[test]) for name, way in ways.items()}
repaired["Platt, training days"] = platt(p[fit], clicked[fit])(p[test])
users = log["user_id"].fillna(-1.0 - pd.Series(log.index))[test].to_numpy()  # no id: a user a row


def by_user(values):
    return pd.Series(values).groupby(users).sum().to_numpy()


def ne_by_user(p):  # its mean is the NE
    losses = [by_user(-np.log(np.where(y == 1, q, 1 - q))) for q in (p, base_rate)]
    return losses[0] / losses[1].mean()

# %% alt="Change of NE with intervals: Platt scaling and isotonic regression on all rows lower it, a prior shift does not; isotonic regression on 1,000 rows and Platt scaling on training days raise it."
change = {name: paired_difference(ne_by_user(q), ne_by_user(p[test]), n_resamples=500) for name, q in repaired.items()}

fig, ax = plt.subplots()
ends = np.array([[value.estimate, value.low, value.high] for value in change.values()])
plots.intervals(ax, list(change), *ends.T, reference=0, accent="Platt")
ax.set(title="Platt scaling repairs it; a staircase needs data", xlabel="change of NE on test days (95 % intervals)")
plt.show()
for name in ways:
    level = paired_ratio(by_user(repaired[name]), by_user(y), n_resamples=500)
    print(f"{name:11s} calibration ratio {1 + level.estimate:.2f} [{1 + level.low:.2f}, {1 + level.high:.2f}]")

# %%
claim("Platt scaling on later days repairs an overconfident model (change of NE)", change["Platt"].estimate,
      id="10.platt", baseline=change["prior shift"].estimate, at_most=-0.003, fmt=".4f")
claim("With 1,000 rows, isotonic regression does harm (change of NE)", change["isotonic, 1,000 rows"].estimate,
      id="10.isotonic", baseline=change["isotonic"].estimate, at_least=0.005, fmt=".3f")  # all rows

# %% [markdown]
# On its training days the model looks too *timid*, because it has learned them by heart; a correction fitted there makes it bolder still. With many rows, isotonic regression and Platt scaling are close. The ratios were made 1 on days 11 and 12: where an interval misses 1 now, the level has moved since. Fit it again often, on fresh clicks.

# %% [markdown] notes="Write two ads on the board: bid 1 dollar at 2 %, bid 0.50 at 3 %. Who wins, and what is the price of a click? Then double both probabilities. Then only one."
# ## What does an error cost?
#
# Ad $i$ bids $b_i$ dollars a click, and $p_i$ is its predicted probability. The highest **score** $b_i\, p_i$, in dollars an impression, wins. In a **second-price auction** the winner pays for a click just enough to stay first. With $j$ the second,
#
# $$ \text{price per click} = b_j\, p_j \,/\, p_\text{winner} $$
#
# On each simulated page view 16 ads compete for the top slot. We spoil the *true* probabilities and look at two sums: the **revenue**, what winners pay for the clicks that really come, and the **advertisers' value**, what these clicks are worth to them (taking the bid as the worth of a click).

# %%
auctions = simulate_auctions(20_000 if SCALE == "full" else 4_000, n_ads=16, seed=SEED, first_day=12)
bid, device, ad_format = (auctions.candidates[name].to_numpy().reshape(-1, 16) for name in ("bid", "device", "ad_format"))
truth, view = auctions.true_ctr.reshape(-1, 16), np.arange(len(bid))


def sell(p, reserve=0, otherwise=0):
    score = bid * p
    winner, second = score.argmax(axis=1), np.partition(score, -2)[:, -2]
    price = np.maximum(second, reserve) / p[view, winner]
    sold, clicks = score[view, winner] >= reserve, truth[view, winner]
    revenue_and_value = [clicks * price, clicks * bid[view, winner]]  # dollars a page view
    return np.where(sold, revenue_and_value, otherwise).mean(axis=1)

# %% [markdown]
# **Predict before you run.** Which errors lower the revenue? All probabilities × 1.5; only those on mobile; only those of video ads; a random error for each ad; all log-odds halved, so that everything is far too timid.

# %% alt="Change of revenue and of advertisers' value for eight errors: common factors change nothing, random errors cost more the larger they are, raw scores and halved log-odds raise revenue and lower value."
errors = {"log-odds halved": expit(logit(truth) / 2), "raw score, w = 0.1": undo(truth, 10)}  # odds × 10
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

# %%
claim("A random error of 30 % costs revenue", -effect["random, 30%"][0],
      id="10.noise", baseline=abs(effect["all × 1.5"][0]), between=(0.05, 0.08), fmt=".1%")
claim("Timid probabilities, log-odds halved, raise revenue", effect["log-odds halved"][0],
      id="10.timid_revenue", baseline=abs(effect["all × 1.5"][0]), between=(0.08, 0.15), fmt=".1%")
claim("Timid probabilities lower the advertisers' value", -effect["log-odds halved"][1],
      id="10.timid_value", baseline=abs(effect["all × 1.5"][1]), at_least=0.05, fmt=".1%")

# %% [markdown]
# - A factor that all ads of a page view share cancels, in the order and in the price.
# - An error that differs between ads lets worse ads win. Random ones lower both sums.
# - Timid probabilities, raw scores among them, bring the second close to the first: winners pay more, for worse ads. Advertisers will answer with lower bids. So never say that calibration maximizes *revenue*. True probabilities maximize the *value*: each view goes to the ad that makes most of it.
#
# ## When does even a common factor matter?
#
# When something in the auction is *not* multiplied by it. With a **reserve**, the slot stays empty if no score reaches it. With **mixed pricing**, another buyer pays for the impression, clicked or not. We set both to what a page view earns on average.

# %%
earned = sell(truth)[0]
for market, otherwise in (("reserve", 0), ("buyer per impression", earned)):
    for factor in (2 / 3, 3 / 2):
        revenue, value = sell(factor * truth, earned, otherwise) / sell(truth, earned, otherwise) - 1
        print(f"{market:20s} × {factor:.2f}: revenue {revenue:+.1%}, value {value:+.1%}")
claim("Beside a buyer per impression, promising too much costs revenue", -revenue,
      id="10.mixed", baseline=abs(effect["all × 1.5"][0]), at_least=0.05, fmt=".1%")

# %% [markdown]
# Under a reserve, too small a factor leaves slots empty; × 1.5 acts like a lower reserve, and ours was too high. Beside a buyer per impression, *both* directions lose value, because slots go to the wrong buyer. **Pacing** is a third case: a budget that is spread over the day by predicted clicks lasts too long if too many are predicted. At × 1.5, a third of it is left.
#
# | what is wrong | correct it by |
# |---|---|
# | rows were sampled at a known rate | the formula: nothing to fit |
# | the level has moved | prior shift on the latest clicks |
# | too sure or too timid, few clicks | Platt scaling |
# | a bent curve, many clicks | isotonic regression |
# | slices, at equal predictions | a better model; a factor a slice only if shrunk (exercise) |
#
# ### Exercise (core): undo the sampling of both
#
# A log keeps a share `clicks_kept` of the clicks and a share `others_kept` of the other rows. A model fitted on it gives the probabilities `p`, an array. Return the probabilities of the full log.

# %% tags=["exercise:10.undo_sampling"]

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

# %% [markdown]
# ## What we have seen
#
# - A right total hides errors, and ECE is no cure. Look at NE, the curve, and the slices that somebody pays for.
# - Sampling is undone by a formula. All else needs clicks of later days: one number for the level, two for confidence, a staircase with many clicks.
# - A per-click auction forgives a common factor, but no errors between ads. Reserves, mixed pricing and pacing forgive neither.

# %%
say(
    "The score is multiplied by a bid, so I check calibration on later days and by slice: on a simulated log, a model with a"
    " fine total was wrong by {10.slices} of its clicks over device and format. If I train on a tenth of the negatives, I"
    " multiply the odds by a tenth. In simulated auctions random errors of 30 % cost {10.noise} of revenue, a common factor"
    " nothing; timid scores raised revenue by {10.timid_revenue} and cut the advertisers' value by {10.timid_value}, so I"
    " watch both. These bids do not react to prices; real ones would."
)

# %% [markdown]
# *Read more:* He et al. 2014, section 6.3, on downsampling; Niculescu-Mizil and Caruana 2005, *Predicting good probabilities with supervised learning*; Platt 1999; Zadrozny and Elkan 2002, on isotonic regression; Edelman, Ostrovsky and Schwarz 2007, on the auction. *Next:* 11, which clicks do we see?
