# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 750
#     budget_seconds: 35
#     minutes: 20
# ---

# %% [markdown] notes="Plan: healthy days 4, faults and alarms 6, young labels 1, the incident 3, canary and rollback 3, age and cadence 3. Then ten minutes for the core exercise. Ask first: the dashboard is green; how could the model still lose money? Write the answers down; each becomes a row of the picture."
# # Monitoring and retraining
#
# **Goal.** Watch a click model in use: know what each alarm sees and how often it rings for nothing, find the cause, roll back, and choose how often to retrain.
#
# | where we are | you need | it takes |
# |---|---|---|
# | requirements ▸ data ▸ features ▸ model ▸ evaluation ▸ serving ▸ **monitoring** | calibration (10), late labels (11) | 20 minutes to read, under 35 s, under 750 MB |

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown]
# ## What does a healthy day look like?
#
# A *simulated* ad log of four weeks, without bots. From day 7 on (the first is day 0), each night a logistic regression is fitted on the seven days before, and serves the next day. Labels are *ripe* after a day: a click reported later does not count. No fault is planted yet: all days are healthy, though tastes drift, ads come and go, and weekends differ.

# %%
import numpy as np
import pandas as pd

from mlpipe.ctr import HashedLogisticRegression
from mlpipe.simulator import simulate_ad_log

DAYS, FIRST, START = 28, 21, pd.Timestamp("2026-01-05")  # faults will come on day FIRST
log = simulate_ad_log(840_000 if SCALE == "full" else 84_000, DAYS, SEED, bot_share=0).impressions
hour = ((log["timestamp"] - START) // pd.Timedelta("1h")).to_numpy()
day = hour // 24
ripe = (log["reported_at"] - log["timestamp"] <= pd.Timedelta("1D")).to_numpy()  # a click, known by then
INPUTS = ["audience", "region", "device", "position", "category", "ad_format"]
COLUMNS = [*INPUTS, "site_id", "ad_id", "timestamp"]  # of the time, the model takes the hour
crosses = [("device", "position"), ("audience", "category"), ("device", "ad_format")]
models = {}
for today in range(7, DAYS):
    week = log[(day >= today - 7) & (day < today)]
    model = HashedLogisticRegression(2**16, C=0.1, crosses=crosses)
    models[today] = model.fit(week[COLUMNS], week["clicked"])


def predicted(rows, days, age=0):  # by the model of each day, or one that is `age` days older
    p = np.zeros(len(rows))
    for today in set(days[days >= 7 + age]):
        p[days == today] = models[today - age].predict_proba(rows.loc[days == today, COLUMNS])[:, 1]
    return p


p = predicted(log, day)

# %% [markdown]
# A common alarm tests each input column: are its values distributed today as yesterday? (Chi-squared, at 5 % divided by the number of columns, on 10,000 rows a day.) Another one is the **population stability index** (PSI). With $r_b$ and $c_b$ the shares of the rows in bin $b$, in the reference and in the current data,
#
# $$ \mathrm{PSI} = \sum_b (c_b - r_b) \ln \frac{c_b}{r_b} $$
#
# By custom it rings above 0.1.
#
# **Predict before you run.** Of the last seven days, all healthy, how many does each flag?

# %%
from scipy.stats import chi2_contingency, norm, t

from mlpipe import monitoring, plots
from mlpipe.course import claim, exercise, say

rng = np.random.default_rng(SEED)


def chi_squared(one, other):  # over its degrees of freedom: 1 on average if nothing differs; and p
    counts = pd.crosstab(np.repeat([0, 1], [len(one), len(other)]), pd.concat([one, other]).astype(str))
    found = chi2_contingency(counts)
    return found.statistic / found.dof, found.pvalue


sample = [log[day == d].sample(frac=1, random_state=rng)[:10_000] for d in range(FIRST - 1, DAYS)]
table = {}
for today, before, now in zip(range(FIRST, DAYS), sample[:-1], sample[1:]):
    p_values = [chi_squared(before[name], now[name])[1] for name in INPUTS]
    index = {name: monitoring.psi(before[name], now[name]) for name in COLUMNS[:-1]}
    table[today] = {"chi-squared flags it": float(min(p_values) < 0.05 / len(INPUTS)),
                    "PSI, largest of the six": max(index[name] for name in INPUTS),
                    "PSI of the sites": index["site_id"], "PSI of the ads": index["ad_id"]}
table = pd.DataFrame(table).T.rename_axis("day")
print(table.round(3).to_string())

# %%
claim("Chi-squared flags healthy days (of 7)", table["chi-squared flags it"].sum(), id="16.chi_squared",
      baseline=(table["PSI, largest of the six"] > 0.1).sum(), at_least=4, fmt=".0f")
claim("The PSI of 300 sites on healthy days (mean)", table["PSI of the sites"].mean(), id="16.false_psi",
      baseline=monitoring.psi_bias(300, 10_000, 10_000), at_least=0.13, fmt=".2f")

# %% [markdown]
# PSI spares the six columns of few values. (That of the ads rings each day: ads come and go.) But it has a *bias*: two samples of $n$ independent rows have $2 (B - 1) / n$ on average, with $B$ bins. (It is the baseline of the second claim.) What makes the rest? We split a week into two halves at random, once row by row and once user by user; only that differs.

# %%
known = log[(day >= FIRST) & log["user_id"].notna()]
users = known["user_id"].astype(int).to_numpy()
halves = {"by row": rng.random(len(known)) < 0.5, "by user": (rng.random(users.max() + 1) < 0.5)[users]}
spread = pd.DataFrame({name: {column: chi_squared(known[column][half], known[column][~half])[0]
                              for column in [*INPUTS, "site_id"]} for name, half in halves.items()})
print(spread.round(1).to_string())
by_user, by_row = spread.loc["site_id", ["by user", "by row"]]
claim("Halves by user differ more in their sites (chi-squared over what it is by chance)", by_user,
      id="16.clustered", baseline=by_row, at_least=5, fmt=".1f")

# %% [markdown] notes="The t distribution is the whole trick: seven days do not know their own standard deviation. Ask what happens with three sd from seven days: about eleven false alarms where the normal law promises one."
# Rows of one user go together. So a formula for independent rows does not say what is normal; *healthy days* do. Take an alarm's number on $n$ of them, with mean $m$ and standard deviation $s$. One more healthy day leaves
#
# $$ m \pm t_{n-1}\; s\, \sqrt{1 + 1/n} $$
#
# with the probability that you choose, if days are independent and normal. The quantile $t_{n-1}$ of Student's distribution pays for an $s$ that comes from few days.

# %%
often = 2 * t.sf(3 / np.sqrt(1 + 1 / 7), df=6)
claim("Three standard deviations of seven days ring so many times as often as the normal law says",
      often / (2 * norm.sf(3)), id="16.few_days", baseline=1.0, between=(11, 12), fmt=".1f")

# %% [markdown]
# ## Which alarm sees which fault?
#
# From day 21, 6:00 on, the *server* gets a wrong input; the nightly training reads a sound table. Six faults, one at a time: the slot is always 1; the site is always 0; the clock is 8 hours ahead; the audience is missing on mobile; the audience is *shuffled* among the requests, so that its shares stay; the ads have new numbers. The seventh leaves the inputs alone: retraining stops.
#
# Each hour, an alarm looks at the 24 hours before; those that need clicks wait a day for ripe labels. Limits are those of 13 healthy days, with one false alarm in 300 looks; PSI keeps its 0.1, and looks at the six columns of few values. The last alarm, **replay**, compares the features that were served, from a log, with those that the training table has for the same requests.

# %%
MIDNIGHTS = 24 * np.arange(9, FIRST + 1) - 1  # windows that end here are whole days


def window(values=None):  # sum over the 24 hours up to each hour
    total = np.cumsum(np.bincount(hour, values, minlength=24 * DAYS))
    return total - np.append(np.zeros(24), total[:-24])


def psi_by_hour(column):  # of the window, against the week before the fault
    codes = pd.factorize(column, use_na_sentinel=False)[0]
    counts = np.array([window(codes == code) for code in range(codes.max() + 1)]).T
    week = counts[MIDNIGHTS[-7:]].sum(axis=0)
    return np.array([monitoring.psi_of_counts(week, now) if now.sum() else 0 for now in counts])


def gap(p, rows=1):  # z of the clicks against the promised ones, when its labels are ripe
    with np.errstate(divide="ignore", invalid="ignore"):  # a slice may have no rows
        return np.roll(window((ripe - p) * rows) / np.sqrt(window(p * (1 - p) * rows)), 24)


# %%
SLICES = [(name, one) for name in ("device", "position", "ad_format") for one in log[name].unique()]


def numbers(served, p):  # of each alarm, by hour; several of a kind ring together
    return {"missing values": [window(served["audience"].isna()) / window()],
            "PSI of inputs": [psi_by_hour(served[name]) for name in INPUTS],
            "mean score": [window(p) / window()],
            "calibration": [gap(p)],
            "calibration by slice": [gap(p, served[name] == one) for name, one in SLICES],
            "replay": [window(monitoring.mismatches(served[COLUMNS], log).any(axis=1))]}


def rings(found):
    rung = {}
    for alarm, several in found.items():
        chance = 1 / 300 / len(several)
        limits = [monitoring.control_limits(one[MIDNIGHTS], chance=chance) for one in healthy[alarm]]
        over = [x > 0.1 if "PSI" in alarm else limit.outside(x) for x, limit in zip(several, limits)]
        rung[alarm] = np.any(over, axis=0)
    return rung


# %% [markdown]
# **Predict before you run.** Which of the seven does only replay find, and which one not even replay?

# %%
from sklearn.metrics import log_loss

since = 24 * FIRST + 6
late, healthy, moment = hour >= since, numbers(log, p), START + pd.Timedelta(hours=since)
quiet, scores, first, cost = rings(healthy), {}, {}, {}
for fault in [*monitoring.FAULTS, "no retraining"]:
    planted = fault in monitoring.FAULTS
    served = monitoring.plant_fault(log, fault, moment, seed=SEED) if planted else log
    q = scores[fault] = np.where(late, predicted(served, day if planted else np.minimum(day, FIRST)), p)
    rung = rings(numbers(served, q))  # where the healthy run does not
    first[fault] = {one: monitoring.first_alarm(rung[one] & ~quiet[one], since=since) for one in rung}
    cost[fault] = np.divide(*(log_loss(log["clicked"][late], one[late]) for one in (q, p))) - 1
hours = pd.DataFrame(first, dtype=float).T
false = [rung[24 * FIRST:].reshape(7, 24).any(axis=1).sum() for rung in quiet.values()]

# %% alt="A table of seven faults and six alarms with the hours until the alarm rings. Replay finds the six wrong inputs at hour 0, and not the stopped retraining. Of the other alarms most cells are empty: each sees one or a few faults. The last row has the false alarms on healthy days."
import matplotlib.pyplot as plt

plots.use_style()
fig, ax = plt.subplots(figsize=(11, 5.5))
ax.imshow(np.vstack([hours.notna(), np.zeros(len(false))]), cmap="Oranges", vmax=2.5, aspect="auto")
for (row, column), value in np.ndenumerate(np.vstack([hours, false])):
    text = "–" if np.isnan(value) else f"{value:.0f} h" if row < len(hours) else f"{value:.0f} of 7"
    ax.text(column, row, text, ha="center", va="center")
ax.set_xticks(range(len(false)), [alarm.replace(" ", "\n", 1) for alarm in hours.columns])
names = [f"{fault} (+{100 * share:.1f} %)" for fault, share in cost.items()]
ax.set_yticks(range(len(hours) + 1), [*names, "healthy days that ring"])
ax.grid(visible=False)
ax.set_title("Only replay sees every wrong input at once (hours to the ring; +: cost in log loss)")
plt.show()

# %%
others, six = hours.drop(columns="replay"), list(monitoring.FAULTS)
until = others.loc[six].min(axis=1).fillna(24 * DAYS - since).median()  # never: the end of the log
claim("The most of the seven that one other alarm finds in 48 hours", (others <= 48).sum().max(),
      id="16.single", baseline=(hours["replay"] <= 48).sum(), at_most=5, fmt=".0f")
claim("Replay finds all six wrong inputs (hours, the slowest)", hours["replay"][six].max(),
      id="16.replay", baseline=until, at_most=1, fmt=".0f")
claim("Without it, so many hours go by until some alarm rings (median of the six)", until, id="16.worth",
      baseline=hours["replay"].median(), at_least=24, fmt=".0f")
claim("The shuffled audience, which moves no column, costs log loss", cost["audience shuffled"],
      id="16.shuffled", baseline=cost["audience missing"], at_least=0.012, fmt=".1%")

# %% [markdown] notes="Point at one column after the other: what can this alarm see at all? PSI looks at one column at a time, so a column that is exchanged among the rows is invisible to it by construction. Then the last row: an alarm without its false alarms is half a sentence."
# Read the columns. PSI sees the shares of a column, so neither shuffled values nor new numbers of ads. The mean score and calibration see what shifts a sum. And what costs most is not what rings first: missing audiences ring within hours and cost less than shuffled ones. Replay does not wait for clicks, and is blind to what is wrong on both sides, or stale. (A ring counts here if the healthy run does not have it. On the job nobody tells you: read the last row.)
#
# ## Is a bad first hour a fault?
#
# The dashboard shows promised over known clicks, for the impressions of the running hour at its end. Nothing is wrong.

# %%
recent = log[day >= FIRST]
known = recent["reported_at"] <= recent["timestamp"].dt.floor("h") + pd.Timedelta("1h")
promised = p[day >= FIRST].sum()
claim("Healthy days: promised over known clicks of the running hour", promised / known.sum(),
      id="16.young_labels", baseline=promised / recent["clicked"].sum(), at_least=1.3)

# %% [markdown]
# Compare at equal age: wait, or divide by the share of clicks that are known at that age.
#
# ## What rang, and why?
#
# Go down the tree, the cheapest question first:
#
# 1. Are the labels ripe? If not: wait.
# 2. Do healthy days ring like this? Then the limit is wrong.
# 3. Is the model as young as it should be? If not: retrain.
# 4. Replay: which served column differs, and since when? Repair it.
# 5. None: both sides may be wrong (missing values, PSI against last week), or the world has changed.
#
# One of the six faults, which you are not told:

# %%
unknown = six[rng.integers(6)]
served = monitoring.plant_fault(log, unknown, moment, seed=SEED)
print(f"ripe clicks: {ripe[late].sum():,}, promised: {scores[unknown][late].sum():,.0f}")
differs = monitoring.mismatches(served[COLUMNS], log)
for name in COLUMNS:
    if differs[name].any():
        print(name, f"{differs[name][late].mean():.0%} since", log["timestamp"][differs[name]].min())

# %% [markdown]
# In practice stop the harm first, and ask then.
#
# ## How is a bad release stopped?
#
# A **shadow** release answers copies of requests and shows nothing: it finds crashes and wrong features, never lost clicks. A **canary** gets a small share of the traffic, and is stopped when its click rate is worse than that of the rest, here $z < -4$ at a look a minute. *Simulated*: 60,000 requests a minute, 3 % clicks, and a release that loses a fifth of them.

# %%
canary = pd.DataFrame(columns=["minutes", "bad requests"])
for share in (0.01, 0.05, 0.25):
    shown = 60_000 * np.array([share, 1 - share])[:, None, None]  # arm, run, minute
    clicks = rng.binomial(shown.astype(int), [[[0.024]], [[0.03]]], (2, 200, 120)).cumsum(axis=2)
    n = shown * np.arange(1, 121)
    pooled = clicks.sum(axis=0) / n.sum(axis=0)
    z = np.subtract(*clicks / n) / np.sqrt(pooled * (1 - pooled) * (1 / n).sum(axis=0))
    minutes = 1 + (z < -4).argmax(axis=1).mean()  # until the stop, mean of 200 runs
    canary.loc[f"{share:.0%}"] = minutes, minutes * share * 60_000
print(canary.round(1).to_string())
slower = canary.loc["1%"] / canary.loc["5%"]
claim("A canary of 1 % against one of 5 %: so many times the minutes (baseline: the bad requests)",
      slower["minutes"], id="16.canary", baseline=slower["bad requests"], between=(3.5, 5.5), fmt=".1f")

# %% [markdown]
# The test needs about so many bad requests whatever the share. A small canary buys time to look, not fewer of them, until a minute holds more than the test needs. (Here all clicks come at once. In life both arms miss the same late ones.)
#
# **Rollback** brings back the last version: the model of the night before, and its feature code. What is it worth? *Simulated* page views, eight ads each; the one with the highest bid times predicted click probability is shown. Its value is the bid times the *true* probability. The bad release numbers the ads anew.

# %%
from mlpipe.simulator import simulate_auctions

auctions = simulate_auctions(len(log) // 30, 8, DAYS, SEED, first_day=FIRST, bot_share=0)
views = auctions.candidates
view_day = (views["timestamp"] - START).dt.days.to_numpy()
bid, true_ctr = views["bid"].to_numpy().reshape(-1, 8), auctions.true_ctr.reshape(-1, 8)


def value(rows, age=0):  # of the ad shown, a page view
    shown = (bid * predicted(rows, view_day, age).reshape(-1, 8)).argmax(axis=1)[:, None]
    return np.take_along_axis(bid * true_ctr, shown, axis=1)[:, 0]


by_age = np.array([value(views, age) for age in range(15)])
bad = value(monitoring.plant_fault(views, "ads renumbered", seed=SEED))
claim("Rolling back brings back this share of what the bad release loses",
      (by_age[1] - bad).sum() / (by_age[0] - bad).sum(),
      id="16.rollback", baseline=0.0, at_least=0.75, fmt=".0%")

# %% [markdown]
# ## How old may a model be?
#
# **Predict before you run.** The same page views, and models that are older and older. What share of the value is lost after a week?

# %% alt="The value lost rises with the age of the model, by some percent after a week and more after two."
lost = 1 - by_age.sum(axis=1) / by_age[0].sum()
fig, ax = plt.subplots()
ax.plot(100 * lost, color=plots.ACCENT)
ax.set(title="A model loses value with its age", xlabel="its age (days)", ylabel="value lost (%)")
plt.show()

# %%
from mlpipe.uncertainty import paired_ratio

week = paired_ratio(by_age[7], by_age[0])
print(f"lost after a week: {-week.estimate:.1%}, 95 % interval {-week.high:.1%} to {-week.low:.1%}")
claim("A week-old model loses this share of the auction's value", lost[7], id="16.age", baseline=lost[1],
      at_least=0.015, fmt=".1%")
claim("Retraining weekly instead of daily loses on average", lost[:7].mean(), id="16.cadence",
      baseline=lost[:2].mean(), at_least=0.008, fmt=".1%")  # the baseline: every second day

# %% [markdown]
# Log loss shows less of it (see the row "no retraining" above). So daily retraining is worth its price if a fit, with its checks, costs less than that share of a day's value. (All of this holds for the drift of this world. Draw the curve for yours.)
#
# ### Exercise (core): the stability index
#
# Cut the numbers into `n_bins` bins at the quantiles of `reference` (an edge belongs to the bin below it). Count both samples, add 1/2 to each count, divide by their sums, and return the PSI.

# %% tags=["exercise:16.psi"]

# %%
exercise("16.psi").check(psi)

# %% [markdown]
# ### Exercise: calibration of ripe labels
#
# `shown` are hours, as are `reported` (nan: no click so far) and `now`. Judge the rows that were shown at least `wait` hours ago; their label is whether a click was reported within `wait` hours. Return clicks less promised clicks, in standard deviations of the clicks.

# %% tags=["exercise:16.calibration_alarm"]

# %%
exercise("16.calibration_alarm").check(calibration_alarm)

# %% [markdown]
# ### Exercise: limits from a few healthy days
#
# Return the lower and the upper limit that one further healthy day leaves with the probability `chance`, both together. Days that are nan were not measured.

# %% tags=["exercise:16.control_limit"]

# %%
exercise("16.control_limit").check(control_limit)

# %% [markdown]
# ### Exercise: how often to retrain
#
# A model whose last fit is `a` days old loses `lost[a]` dollars that day, from `a` = 0 on; a fit costs `price` dollars. Return the number of days between two fits that costs least for a day, of 1 up to `len(lost)`, and that cost.

# %% tags=["exercise:16.cadence"]

# %%
exercise("16.cadence").check(cadence)

# %% [markdown]
# ## What we have seen
#
# - An alarm is judged by its false alarms, too. Limits come from healthy days; formulas for independent rows are too narrow, because rows of one user go together.
# - No alarm sees all. Log what was served and replay it: that finds wrong inputs at once, without clicks. Calibration on ripe labels sees some of the rest, days later.
# - Roll back first, repair after. The age that a model may have, and the cadence, are read from the value lost.

# %%
say("I judge an alarm on healthy days first: chi-squared flags {16.chi_squared:.0f} of 7. Three sd of a "
    "week ring {16.few_days:.0f} times too often. A shuffled column costs {16.shuffled:.1%} of log "
    "loss, and its PSI does not move. Without replay of served features an alarm comes after "
    "{16.worth:.0f} hours (median of six), with it at once. A healthy model promises in its first hour "
    "{16.young_labels:.1f} times the known clicks. A week-old one loses {16.age:.1%} of the value.")

# %% [markdown]
# *Read more:* Sculley et al. 2015, *Hidden technical debt in machine learning systems*; Breck et al. 2017, *The ML test score*; He et al. 2014, *Practical lessons from predicting clicks on ads at Facebook* (freshness); Shewhart 1931, *Economic control of quality of manufactured product*. *Next:* 18, the mock interview.
