# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 1500
#     budget_seconds: 40
#     minutes: 20
# ---

# %% [markdown] slideshow={"slide_type": "slide"} slide="# Biased clicks\n\n**Goal.** Repair a click log for what filtered it, and measure against the truth what each repair leaves over.\n\nAn ad has a click rate of one per cent in the log. Why may that be wrong? Find four reasons." notes="Plan: opening question 2, bots 3, our own choice 6, the slot 4, late reports 4, closing 1. Then ten minutes for the core exercise. Ask the question on the slide, and write the reasons on the board: you come back to them at the end. (2 min)"
# # Biased clicks
#
# **Goal.** Repair a click log for what filtered it (our own choice of ads, the slot, late reports, bots), and measure what each repair leaves over against the truth.
#
# | where we are | you need | it takes |
# |---|---|---|
# | requirements ▸ **data** ▸ features ▸ **model** ▸ **evaluation** ▸ serving | 02 for the log; logistic regression, from 08 | 20 minutes to read, under 40 s, under 1500 MB |

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown]
# ## What stands between a good ad and a click in the table?
#
# Three filters: we must *show* the ad, somebody must *look* at its slot, and the report must have *arrived*. Each lets a click pass with some probability. If you know it, count the click one over it times, or count the impression as that part of one. That is the whole lesson; the work is to find the probability. Bots are different: their clicks should not be there at all.
#
# The log is *simulated*, a million rows: we know the truth and can grade every repair. First we drop exact repeats and mark bots by the rule of lesson 02: many impressions, and clicks far down the page.

# %%
import numpy as np
import pandas as pd

from mlpipe.course import claim, exercise, guess, guesses, reveal, say
from mlpipe.simulator import simulate_ad_log, simulate_auctions

n_rows = 1_000_000 if SCALE == "full" else 100_000
simulated = simulate_ad_log(n_rows, seed=SEED)
log = simulated.impressions.drop_duplicates()
many = log["user_id"].value_counts().loc[lambda n: n >= n_rows // 5_000].index
low_rate = log[log["position"] >= 4].groupby("user_id")["clicked"].mean().reindex(many)
people = log[~log["user_id"].isin(many[low_rate > 0.05])]
marked = log.drop(people.index)["user_id"].value_counts()
print(f"{len(log):,} rows, {len(log) - len(people):,} of them by {len(marked)} marked users")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: what is the user's id worth?\n\nA simulated log, with bots. On all rows the user's id as a feature raises the AUC.\n\nDrop the marked bots, from training *and* test. How much of the gain is left?" notes="Three filters stand before a click: we must show the ad, somebody must look, the report must arrive. Bots are different: their clicks should not be there at all. Ask: which other features could recognise a bot? Counters of the user, the hour, the site. Then the guess. (2 min)"
# ## Do bots flatter a model?
#
# We fit a click model without and with the user's id (FTRL, lesson 09: one fast pass) and compare the AUC on the last two days.
#
# **Predict before you run.** On all rows the user's id raises the AUC. Now drop the marked users, from training *and* test. How much of the gain is left?

# %% slideshow={"slide_type": "-"}
guess("11.bots", choices=["nearly all", "about half", "nearly nothing"])

# %% slideshow={"slide_type": "slide"} slide="## The id had learned who the bots are" notes="Each bot has many rows and clicks often. You would have paid for a feature that recognises bots. The level of the AUC may go either way; what is flattered is the model that can recognise bots. In the interview: compare models on people. (1 min)"
from sklearn.metrics import roc_auc_score

from mlpipe.ctr import FTRLProximal, tuned

COLUMNS = ["ad_id", "category", "region", "device", "site_id", "position"]
auc = pd.DataFrame(index=["all rows", "people only"])
for who, rows in zip(auc.index, (log, people), strict=True):
    past, test = rows[rows["timestamp"] < "2026-01-17"], rows[rows["timestamp"] >= "2026-01-17"]
    for name, columns in {"without user id": COLUMNS, "with user id": [*COLUMNS, "user_id"]}.items():
        model = FTRLProximal(**tuned.FTRL, epochs=1, shuffle=False)
        p = model.fit(past[columns], past["clicked"]).predict_proba(test[columns])[:, 1]
        auc.loc[who, name] = roc_auc_score(test["clicked"], p)
auc["gain"] = auc["with user id"] - auc["without user id"]
print(auc.round(4).to_string())

# %% slideshow={"slide_type": "-"}
claim("With bots in the data, the user's id seems to be worth much (gain in AUC)",
      auc.loc["all rows", "gain"], id="11.bots_gain",
      baseline=auc.loc["people only", "gain"], at_least=0.003, fmt=".4f")
left = auc.loc["people only", "gain"] / auc.loc["all rows", "gain"]
reveal("11.bots", "nearly all" if left > 0.75 else "about half" if left > 0.25 else "nearly nothing")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: ads that we would not choose?\n\nA policy that prefers promising ads logged most rows. In a small random slice, chance chose.\n\nA model fitted on logged rows has its total right *there*. How many clicks does it predict on the random slice?" notes="Everybody writes a guess. Ask one who says 'as many' for the reason: usually that the model has the ad as a feature. (1 min)"
# The id had learned who the bots are: each has many rows and clicks often. Without them nearly nothing is left. You would have paid for a feature that recognises bots. Compare models on people.
#
# ## What about ads that we do not choose?
#
# Most rows were *logged* by a policy that prefers promising ads. In a small *random* slice, chance chose among all live ads. We fit a logistic regression on logged rows.
#
# **Predict before you run.** On the logged rows that it was fitted on, predicted and true clicks agree. On the random slice, will it predict too many, too few, or as many as there are?

# %% slideshow={"slide_type": "-"}
guess("11.chosen", choices=["too few", "as many", "too many"])

# %%
from mlpipe.ctr import HashedLogisticRegression

logged, random = (people[people["policy"] == policy] for policy in ("logged", "random"))


def click_model(columns, crosses=()):  # each with the slot, by device
    crosses = [("device", "position"), *crosses]
    model = HashedLogisticRegression(**tuned.LOGISTIC_REGRESSION, crosses=crosses)
    return model.fit(logged[[*columns, "position"]], logged["clicked"])


def promised(model, rows):  # predicted over true clicks
    predicted = model.predict_proba(rows[model.feature_names_in_])[:, 1]
    return predicted.sum() / simulated.true_ctr[rows.index].sum()


basic = click_model(["ad_id", "region", "device"])
on_logged, on_random = promised(basic, logged), promised(basic, random)
print(f"predicted over true clicks: {on_logged:.2f} on logged rows, {on_random:.2f} on random rows")

# %%
AD = ["ad_id", "region", "device", "campaign_id", "ad_format"]
SEEN_BY_POLICY = [("region", "campaign_id"), ("device", "ad_format")]
informed = click_model(AD, SEEN_BY_POLICY)
claim("Of what is too much, this is left when the model knows what the policy looked at",
      (promised(informed, random) - 1) / (on_random - 1), id="11.policy_known",
      baseline=1.0, at_most=0.6, fmt=".0%")

# %% slideshow={"slide_type": "slide"} slide="## It promises too much elsewhere" notes="The policy shows an ad where it expects clicks: this campaign in that region, this format on that device. The model does not know why, and credits the ad. The trivial model of the claim is the same ratio on logged rows. (1 min)"
claim("A model of logged rows promises too much for ads that chance chose (predicted over true)",
      on_random, id="11.random_slice", baseline=on_logged, at_least=1.15)
reveal("11.chosen", "too many" if on_random > 1.05 else "too few" if on_random < 0.95 else "as many")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Weigh each row by both policies\n\n**Inverse propensity scoring** (IPS):\n\n$$ w_i = \\frac{\\pi_i}{\\mu_i} \\qquad \\hat p = \\frac{\\sum_i w_i\\, y_i}{\\sum_i w_i} \\qquad n_{\\text{eff}} = \\frac{\\left(\\sum_i w_i\\right)^2}{\\sum_i w_i^2} $$\n\n- $\\mu_i$: probability with which *our* policy chose the ad of row $i$, the **propensity**\n- $\\pi_i$: the same for the *other* policy, here one over the number of live ads\n- $y_i$: the click, 0 or 1" notes="Write w = other / ours on the board. Ask: which rows get a large weight? Those of ads that the policy rarely shows. They are few and speak for many. The estimate divides by the sum of the weights: self-normalised. The effective sample size says how many rows of equal weight would be about as precise. (2 min)"
# On the logged rows, those that it was fitted on, its total is right by construction. But the policy shows an ad where it expects clicks, this campaign in that region, on this device that format. The basic model does not know why, and credits the ad. Told about both, it promises less, and still too much.
#
# ## What click rate would all live ads get, shown evenly?
#
# The **propensity** $\mu_i$ is the probability with which the logged policy chose the ad of row $i$. The policy that we ask about, here the even one, would have chosen it with $\pi_i$, one over the number of live ads. With $y_i$ the click (0 or 1), and $w_i$ a weight (not the share of rows kept, as $w$ in 10),
#
# $$ w_i = \frac{\pi_i}{\mu_i}, \qquad \hat p = \frac{\sum_i w_i\, y_i}{\sum_i w_i}, \qquad n_{\text{eff}} = \frac{\left(\sum_i w_i\right)^2}{\sum_i w_i^2} $$
#
# This is **inverse propensity scoring** (IPS), *self-normalised*: plain IPS divides by the number of rows. The **effective sample size** $n_{\text{eff}}$ says how many rows of equal weight would be about as precise.
#
# The truth comes from a second world: same seed, but *every* ad drawn by chance.

# %%
def ips(rows, weight=1):
    y, w = rows["clicked"], pd.Series(weight, rows.index)
    p = (w * y).sum() / w.sum()
    users = rows["user_id"].fillna(-rows.index.to_series())  # no id: a user a row
    by_user = (w * (y - p)).groupby(users).sum()
    return p, np.sqrt((by_user**2).sum()) / w.sum(), w.sum() ** 2 / (w**2).sum()


even = random.groupby(random["timestamp"].dt.date)["propensity"].first()  # 1 / live ads
weight = logged["timestamp"].dt.date.map(even) / logged["propensity"]
by_chance = simulate_ad_log(n_rows, seed=SEED, random_share=1)
true_rate = by_chance.true_ctr[~by_chance.truth["is_bot"]].mean()

ways = {"logged": ips(logged), "random": ips(random), "IPS": ips(logged, weight)}
ways["IPS, weights cut at 3"] = ips(logged, weight.clip(upper=3))
report = pd.DataFrame(ways, ["click rate", "standard error", "effective rows"]).T
print(report.astype({"effective rows": int}).round(5).to_string(), f"\nmean weight {weight.mean():.3f}")

# %% slideshow={"slide_type": "slide"} slide="## Reweighted, the log finds the truth" notes="The truth comes from a second world with the same seed where chance draws every ad. IPS is the formula of the slide before, over all logged rows. Cut weights, at most 3, give a smaller error around a wrong value. Ask: then why keep a random slice? It tests the propensities, and it covers what the policy would never show. Propensity zero has no repair. The closing answer quotes the claims below this figure in the lesson. (2 min)" alt="Four estimates with intervals relative to the truth, a dashed line at 1: the logged rate is far too high, the random slice has a wide interval, IPS a narrow one that sits at the truth, and cut weights a narrow one above it."
import matplotlib.pyplot as plt

from mlpipe import plots

plots.use_style()
fig, ax = plt.subplots(figsize=(8, 3.5))
rate, error = report["click rate"] / true_rate, 1.96 * report["standard error"] / true_rate
plots.intervals(ax, rate.index, rate, rate - error, rate + error, reference=1, accent="IPS")
ax.set(title="Reweighted, the logged rows find the truth", xlabel="rate over the truth (95 % intervals)")
plt.show()

# %%
claim("Reweighted, the logged rows give the click rate of evenly shown ads (over the truth)",
      rate["IPS"], id="11.ips", baseline=rate["logged"], between=(0.96, 1.04), fmt=".3f")
claim("All of them are more precise than the random slice (ratio of standard errors)",
      error["IPS"] / error["random"], id="11.ips_precision", baseline=1.0, at_most=0.5, fmt=".0%")
claim("As many rows as the slice has would be less precise (ratio)",
      error["IPS"] / error["random"] * np.sqrt(len(logged) / len(random)), id="11.ips_equal_rows",
      baseline=1.0, at_least=1.2, fmt=".2f")
claim("Cut weights bring back some of the bias (over the estimate with all of them)",
      rate["IPS, weights cut at 3"] / rate["IPS"], id="11.ips_cut",
      baseline=1.0, at_least=1.01, fmt=".3f")

# %% [markdown]
# (The errors count users, not rows, as independent.) A logged row says less than a random one, but there are nineteen times as many, and they cost nothing. The more two policies differ, the fewer rows are effective; when few are left, refuse to answer. Cut weights give a smaller error around a wrong value. IPS needs two things: true propensities, and a chance to be shown for every ad ($\mu_i > 0$). The random slice tests the first (a mean weight of 1 is a first check) and supplies the second.
#
# ## Was it the ad or the slot?
#
# The policy puts the best ads on top, so the slot gets credit for its ads: **position bias**. The **examination model** takes them apart. In slot $k$ on device $d$,
#
# $$ P(\text{click}) = e_{dk} \, r_a $$
#
# where $e_{dk}$ is the probability that the slot is looked at, and the relevance $r_a$ is the click rate of ad $a$ when it is. If one is known, the other is clicks over a sum. So compute them in turn:
#
# $$ r_a = \frac{\text{clicks of } a}{\sum_{i \text{ of } a} e_{d_i k_i}}, \qquad e_{dk} = \frac{\text{clicks in } dk}{\sum_{i \text{ in } dk} r_{a_i}} $$
#
# Only ratios can be found: we set slot 1 to 1.

# %%
def by_cell(rows, values):  # means, devices x slots
    cells = rows[["device"]].assign(slot=rows["position"], v=values)
    return cells.pivot_table("v", "device", "slot", observed=True)


def examination_model(keys, rounds=20):
    cell, ad = (logged.groupby(key, observed=True).ngroup() for key in (["device", "position"], keys))
    examined = np.ones(cell.max() + 1)
    for _ in range(rounds):
        relevance = np.bincount(ad, logged["clicked"]) / np.bincount(ad, examined[cell])
        examined = np.bincount(cell, logged["clicked"]) / np.bincount(cell, relevance[ad])
    return pd.DataFrame(examined.reshape(-1, 5), truth.index, truth.columns)


truth = by_cell(people, simulated.truth["examination"][people.index])

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: was it the ad or the slot?\n\nThe best ads sit on top. Two ways to take ad and slot apart:\n\n- **examination**: a click needs a look at slot $k$ on device $d$ (chance $e_{dk}$), and then a click on ad $a$ (chance $r_a$)\n- **feature**: a click model has the slot as a feature; predict each row in each slot\n\nThat model knows ad, region and device. Let it know what the policy saw, too: where are its slots now, seen from the truth?" notes="If one of the two chances is known, the other is clicks over a sum: compute them in turn, and set slot 1 to 1. Then the question, on the second way. (2 min)"
# The other way is **position as a feature**: predict the same rows in each slot, and compare. Both of our models can do that: the basic one, and the one that knows what the policy looked at, region × campaign and device × format.
#
# **Predict before you run.** Both have the slot as a feature. Does it matter for what they say about the slot what *else* they know? How far is the second one from the truth, compared with the basic one?

# %% slideshow={"slide_type": "-"}
guess("11.slot", choices=["farther", "as far", "nearer"])

# %%
def position_as_feature(model):
    some = logged.sample(50_000, random_state=SEED)
    p = {k: model.predict_proba(some.assign(position=k)[model.feature_names_in_])[:, 1] for k in truth}
    return pd.DataFrame(p, some.index).groupby(some["device"], observed=True).mean()


curves = {
    "click rate, logged": by_cell(logged, logged["clicked"]),
    "click rate, random slice": by_cell(random, random["clicked"]),
    "click rate, IPS": by_cell(logged, logged["clicked"] * weight),
    "feature, ad + region + device": position_as_feature(basic),
    "feature, + what the policy saw": position_as_feature(informed),
    "examination, ad": examination_model(["ad_id"]),
    "examination, ad × region × device": examination_model(["ad_id", "region", "device"]),
}

# %% slideshow={"slide_type": "slide"} slide="## The model must know what the policy knew" notes="The names are those of the slide before: examination with ads, or with ads by region and device; feature with ad, region and device, or with what the policy saw as well (campaign by region, format by device). Click rate: plain, in the random slice, or weighted. Then the key, and the answer. One rule for both ways: if the rest of the model does not know what the policy knew, the better ads of the upper slots are booked as a better slot. (2 min)" alt="Bars of the mean relative error of seven slot curves: logged click rates, the random slice and position as a feature without what the policy saw are far off; the examination model by ad, region and device and IPS are closest."
true_ratio = truth.div(truth[1], axis=0)
ratios = {name: curve.div(curve[1], axis=0) / true_ratio for name, curve in curves.items()}
error = {name: (ratio - 1).abs().loc[:, 2:].mean(axis=None) for name, ratio in ratios.items()}

_, ax = plt.subplots()
best = "examination, ad × region × device"
plots.ranked_bars(ax, list(error), list(error.values()), accent=best, fmt="{:.0%}")
ax.set_title("Know what the policy knew (mean error of slots 2 to 5)")
plt.show()

# %% slideshow={"slide_type": "-"}
claim("The examination model leaves so much of the slot's error of logged click rates",
      error[best] / error["click rate, logged"],
      id="11.examination", baseline=1.0, at_most=0.4, fmt=".0%")
claim("It errs less when it knows region and device beside the ad (ratio of errors)",
      error[best] / error["examination, ad"],
      id="11.examination_keys", baseline=1.0, at_most=0.8, fmt=".2f")
ratio = error["feature, + what the policy saw"] / error["feature, ad + region + device"]
claim("Position as a feature errs less when the model knows what the policy saw (ratio of errors)",
      ratio, id="11.position_feature", baseline=1.0, at_most=0.75, fmt=".2f")
reveal("11.slot", "farther" if ratio > 1.1 else "nearer" if ratio < 0.9 else "as far")

# %% [markdown]
# One rule for both: **the rest of the model must know whatever the policy knew.** If not, the better ads of the upper slots are booked as a better slot. The random slice has no such bias, but few clicks in each cell.
#
# ## With which slot does a model serve?
#
# When it serves, the slot is not known yet, so it gets a constant. Eight ads compete; we score them as if all were in slot 1, then in slot 5. A third model has a cross of category and slot.

# %%
ads = simulate_auctions(5_000, n_ads=8, seed=SEED).candidates


def winners(model, slot):
    scores = model.decision_function(ads.assign(position=slot)[model.feature_names_in_])
    return scores.reshape(-1, 8).argmax(axis=1)


crossed = click_model([*AD, "category"], [*SEEN_BY_POLICY, ("category", "position")])
changed = [(winners(model, 1) != winners(model, 5)).mean() for model in (informed, crossed)]
claim("With a cross of category and slot, the constant decides who wins (share of the auctions)",
      changed[1], id="11.constant_slot", baseline=changed[0], at_least=0.05, fmt=".0%")

# %% [markdown]
# Without it the winner never changes (device × slot does no harm: the ads of an auction share the device). In this world the slot works alike for each category, so the cross learned noise. Let the slot meet no feature of the ad, or test this invariance: trees and factorization machines cross on their own.
#
# ## What about clicks on their way?
#
# It is midnight after the last day. The log knows only the clicks reported by now. Let $F(h)$ be the share of clicks that are reported within $h$ hours of the impression. An impression that is $h_i$ hours old counts as only $F(h_i)$ of one:
#
# $$ \hat p = \frac{\sum_i y_i}{\sum_i F(h_i)} $$
#
# with $y_i$ the label as known now: the examination model again, "reported" in place of "looked at". We take $F$ from clicks of impressions that are more than four days old, hence complete.

# %% slideshow={"slide_type": "slide"} slide="## The newest hours always look bad" notes="Midnight after the last day: only clicks that were reported by now are known. Let F(h) be the share of clicks reported within h hours. An impression that is h hours old counts as only F(h) of one. (1.5 min)" alt="Three lines over the last day: the rate of known clicks sinks ever further below the true one as midnight comes near, the repaired one stays close to it."
now, hour = pd.Timestamp("2026-01-19"), pd.Timedelta("1h")
age = (now - people["timestamp"]) / hour
delay = (people["reported_at"] - people["timestamp"]) / hour
known, recent, old = people["reported_at"] <= now, age <= 24, age > 96


def share_reported(delays, ages):  # F
    return np.searchsorted(np.sort(delays), ages, side="right") / len(delays)


share = share_reported(delay[old & known], age)
rates = pd.DataFrame({"truth": people["clicked"], "known": known, "F": share})
rates = rates[recent].groupby(-np.floor(age[recent])).mean()
fig, ax = plt.subplots()
ax.plot(100 * rates["truth"], color="black", linestyle=":", label="truth")
ax.plot(100 * rates["known"], color=plots.MUTED, label="known")
ax.plot(100 * rates["known"] / rates["F"], color=plots.ACCENT, label="repaired")
ax.set(xlabel="hours from now", ylabel="click rate (%)", ylim=0)
ax.set_title("Known clicks fall behind, repaired ones keep up")
plots.label_lines(ax)
plt.show()

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: delays of which clicks?\n\n$$ \\hat p = \\frac{\\sum_i y_i}{\\sum_i F(h_i)} $$\n\n$F(h)$: share of clicks that are reported within $h$ hours.\n\nSomebody takes $F$ from the clicks of the *last day*, because they are fresh. How is the repaired rate?" notes="We took F from clicks of impressions that are more than four days old. Ask why. Do not answer before the next slide. (1 min)"
# **Predict before you run.** Somebody takes $F$ from the clicks of the last day, because they are fresh. Is the repaired rate right, too high, or still too low? (We look at all rows, and at the four categories with the fastest and the slowest reports.)

# %% slideshow={"slide_type": "-"}
guess("11.fresh_delays", choices=["right", "too high", "still too low"])

# %%
slow = (delay[old & known] > 1).groupby(people["category"], observed=True).mean()
slow = slow.sort_values().index
found = {}
for name, members in {"all": slow, "fast": slow[:4], "slow": slow[-4:]}.items():
    mine = people["category"].isin(members)
    here = recent & mine
    sources = {"F from the last day": recent, "F from old clicks": old, "F of the group": old & mine}
    counted = {key: share_reported(delay[use & known], age[here]).sum() for key, use in sources.items()}
    found[name] = known[here].sum() / pd.Series({"no repair": here.sum()} | counted)
    found[name]["wait for a day"] = known[mine & (age > 24) & (age <= 48)].mean()
    found[name] /= people.loc[here, "clicked"].mean()  # the truth of the last day
found = pd.DataFrame(found).eval("ratio = slow / fast")
print(f"click rate over the truth\n{found.round(2).to_string()}")

# %% slideshow={"slide_type": "slide"} slide="## Take the delays from old clicks\n\n*Trivial model* in the small print: in the first claim $F$ from the last day, as in the guess; in the second one $F$ for all categories." notes="A click of the last day is known only if it was fast, so its delays look short, and the repair falls short. One F for all gets the total right and makes slow categories look worse than they are: an F by group. Waiting for a day is no repair, it answers for yesterday. In the interview: propensity, policy, slot, time of the report must be in the log; none can be added afterwards. (1.5 min)"
claim("With the delays of old clicks, its click rate is right (over the truth)",
      found.loc["F from old clicks", "all"], id="11.delay_repaired",
      baseline=found.loc["F from the last day", "all"], between=(0.95, 1.05), fmt=".0%")
claim("With an F of their own, slow categories come near the fast ones (ratio, one draw)",
      found.loc["F of the group", "ratio"], id="11.slow_categories",
      baseline=found.loc["F from old clicks", "ratio"], between=(0.92, 1.08), fmt=".2f")
fresh = found.loc["F from the last day", "all"]
reveal("11.fresh_delays", "too high" if fresh > 1.05 else "still too low" if fresh < 0.95 else "right")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Core exercise: what would another policy get?\n\nFrom clicks and two probabilities a row: the self-normalised estimate of the other policy's click rate, with weights cut at `largest`, and the effective sample size." notes="In pairs. .hint() after three minutes, the solution after ten. Early ones: the click rate as of now. (10 min)"
# A click of the last day is known only if it was fast, so its delays look short and the repair falls short. One $F$ for all gets the total right, and makes the slow categories look worse than they are. In a click model the same holds row by row: a click is *known* with probability $p \, F(h)$, and that goes into the log loss (Chapelle 2014). Waiting for a day (lesson 02) is no repair: it answers for yesterday.
#
# ## What would you ask for?
#
# | bias | symptom | the log must hold | repair |
# |---|---|---|---|
# | own choice | right on logged rows, too high on random ones | propensity, policy, a random slice | $w = \pi / \mu$ |
# | slot | the best ads sit in the best slots | slot, device, what the policy saw | examination model |
# | late reports | the newest hours decline, every day | time of the report | $F(h)$, by group |
# | bots | a feature gains by recognising users | user id, slot | a rule, counted |
#
# None of these columns can be added afterwards.
#
# ### Exercise (core): what would another policy get?
#
# For each row you have the click, the probability `logged` with which the ad was chosen, and the probability `target` with which another policy would have chosen it. Cut weights to at most `largest`. Return the self-normalised estimate of the other policy's click rate, and the effective sample size.

# %% slideshow={"slide_type": "-"} slide_code="1-2" tags=["exercise:11.other_policy"]

# %%
exercise("11.other_policy").check(other_policy)

# %% [markdown]
# ### Exercise: a click rate as of now
#
# All times are hours. `shown_at` and `reported_at` (NaN: no click) also hold the future. `delays` are the delays of old, complete clicks. Return the repaired click rate of the impressions up to `now`: known clicks over $\sum_i F(h_i)$. What happens exactly at `now` is known.

# %% tags=["exercise:11.rate_now"]

# %%
exercise("11.rate_now").check(rate_now)

# %% [markdown]
# ### Exercise: clicks over examined impressions
#
# `slot` counts from 1, and `examined[k - 1]` is the probability that slot $k$ is looked at. Ads are numbered from 0 to `n_ads` - 1, and each was shown. Return the relevance $r_a$ of each ad, as an array, by the formula above.

# %% tags=["exercise:11.ad_relevance"]

# %%
exercise("11.ad_relevance").check(ad_relevance)

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Say it in the interview" notes="Two learners say it aloud, without reading. Then back to the four reasons on the board: which repair belongs to which? (1 min)"
# ## What we have seen
#
# - Three filters, one repair: divide by the probability that a click passes, and estimate that probability from data that the filter has not cut.
# - A log cannot test its own policy. The random slice can; propensities make the logged rows answer, as far as the effective sample size allows.
# - Whatever the policy knew belongs into the model beside the slot, and the slot into no cross with the ad.

# %%
guesses()

# %% slideshow={"slide_type": "-"}
say(
    "Before I train on clicks I ask what filtered them: our own choice, the slot, late reports. On a"
    " simulated log, a model whose total was right on its logged rows promised"
    " {11.random_slice:.1f} times the clicks of randomly chosen ads. Inverse propensity weights gave"
    " {11.ips:.2f} times the true rate; with all logged rows, its standard error was"
    " {11.ips_precision} of the random slice's. The newest day looks too bad; with the delays of old"
    " clicks its rate came to {11.delay_repaired} of the truth. Propensities are exact in a simulation:"
    " on a real log, a random slice has to test them."
)

# %% [markdown]
# *Read more:* Richardson, Dominowska and Ragno 2007, on examination; Joachims, Swaminathan and Schnabel 2017, on propensities of positions; Bottou et al. 2013, on counterfactual questions to an ad system; Chapelle 2014, on delayed feedback. *Next:* 12, when a deep model is worth it.
