# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 700
#     budget_seconds: 35
#     minutes: 20
# ---

# %% [markdown] slideshow={"slide_type": "slide"} slide="# Monitoring and retraining\n\nWatch a click model in use: know what each alarm sees and how often it rings for nothing, find the cause, roll back, and choose how often to retrain." notes="Plan: the opening question 2, healthy days 3, faults and alarms 5, young labels 1, the incident 2, the canary 2, age and cadence 3, say it 2. Then the core exercise. Ask first: the dashboard is green; how could the model still lose money? Write the answers down; each becomes a row of the picture. (2 min)"
# # Monitoring and retraining
#
# **Goal.** Watch a click model in use: know what each alarm sees and how often it rings for nothing, find the cause, roll back, and choose how often to retrain.
#
# | where we are | you need | it takes |
# |---|---|---|
# | requirements ▸ data ▸ features ▸ model ▸ evaluation ▸ serving ▸ **monitoring** | calibration (10), late labels (11) | 20 minutes to read, under 35 s, under 700 MB |

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown]
# ## What does a healthy day look like?
#
# A *simulated* ad log of four weeks, without bots. From day 7 on (the first is day 0), each night a logistic regression is fitted on the seven days before, with the clicks that are known by then, and serves the next day. To the alarms, a label is *ripe* after a day: they do not count a click that is reported later. No fault is planted yet: all days are healthy, though tastes drift, ads come and go, and weekends differ.

# %%
import numpy as np
import pandas as pd

from mlpipe.course import claim, exercise, guess, guesses, reveal, say
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

# %%
models = {}
for today in range(7, DAYS):
    week = log[(day >= today - 7) & (day < today)]
    known = (week["reported_at"] < START + pd.Timedelta(days=today)).astype(int)
    models[today] = HashedLogisticRegression(2**16, C=0.1, crosses=crosses).fit(week[COLUMNS], known)


def predicted(rows, days, age=0):  # by the model of each day, or one that is `age` days older
    p = np.zeros(len(rows))
    for today in set(days[days >= 7 + age]):
        p[days == today] = models[today - age].predict_proba(rows.loc[days == today, COLUMNS])[:, 1]
    return p


p = predicted(log, day)

# %% [markdown] slideshow={"slide_type": "slide"} slide="## How many healthy days ring?\n\nTwo common alarms, day against day before:\n\n- chi-squared on each input column\n- the population stability index, by custom above 0.1:\n\n$$ \\mathrm{PSI} = \\sum_b (c_b - r_b) \\ln \\frac{c_b}{r_b} $$\n\n**Guess:** of seven days, all *healthy*, how many does each flag?" notes="r and c are the shares of bin b in the reference and today. Healthy means: nothing is planted; tastes drift, ads come and go, weekends differ. (1 min)"
# A common alarm tests each input column: are its values distributed today as yesterday? (Chi-squared, at 5 % divided by the number of columns, on 10,000 rows a day.) Another one is the **population stability index** (PSI). With $r_b$ and $c_b$ the shares of the rows in bin $b$, in the reference and in the current data,
#
# $$ \mathrm{PSI} = \sum_b (c_b - r_b) \ln \frac{c_b}{r_b} $$
#
# By custom it rings above 0.1.
#
# **Predict before you run.** Of the last seven days, all healthy, how many does chi-squared flag? (And PSI by custom? Say it aloud.)

# %%
guess("16.healthy_days", unit="days")

# %%
from scipy.stats import chi2_contingency, norm, t

from mlpipe import monitoring, plots

rng = np.random.default_rng(SEED)


def chi_squared(one, other):  # over its degrees of freedom: 1 on average if nothing differs; and p
    counts = pd.crosstab(np.repeat([0, 1], [len(one), len(other)]), pd.concat([one, other]).astype(str))
    found = chi2_contingency(counts)
    return found.statistic / found.dof, found.pvalue


sample = [log[day == d].sample(frac=1, random_state=rng)[:10_000] for d in range(FIRST - 1, DAYS)]
table = {}
for today, before, now in zip(range(FIRST, DAYS), sample[:-1], sample[1:]):
    p_value = min(chi_squared(before[name], now[name])[1] for name in INPUTS)
    *six, sites, ads = (monitoring.psi(before[name], now[name]) for name in COLUMNS[:-1])
    table[today] = {"chi-squared flags it": float(p_value < 0.05 / len(INPUTS)),
                    "PSI, most of six": max(six), "PSI of the sites": sites, "PSI of the ads": ads}
table = pd.DataFrame(table).T.rename_axis("day")
print(table.round(3).to_string())

# %% slideshow={"slide_type": "slide"} slide="## Textbook limits do not fit healthy days\n\nIn the interview: how often does your alarm ring for nothing?" notes="Chi-squared rings each day. PSI of a column with many values rings, too: its baseline here is the bias for independent rows. What makes the rest? Rows of one user go together. (1 min)"
claim("Chi-squared flags healthy days (of 7)", table["chi-squared flags it"].sum(), id="16.chi_squared",
      baseline=(table["PSI, most of six"] > 0.1).sum(), at_least=4, fmt=".0f")
claim("The PSI of 300 sites on healthy days (mean)", table["PSI of the sites"].mean(), id="16.false_psi",
      baseline=monitoring.psi_bias(300, 10_000, 10_000), at_least=0.13, fmt=".2f")
reveal("16.healthy_days", table["chi-squared flags it"].sum(), fmt=".0f")

# %% [markdown]
# With this limit PSI spares the six columns of few values, and rings for the ads each day: ads come and go. And it has a *bias*: two samples of $n$ independent rows have $2 (B - 1) / n$ on average, with $B$ bins. (See the second claim.) What makes the rest? We split a week into two halves at random, once row by row and once user by user; only that differs.

# %%
known = log[(day >= FIRST) & log["user_id"].notna()]
users = known["user_id"].astype(int).to_numpy()
halves = {"by row": rng.random(len(known)) < 0.5, "by user": (rng.random(users.max() + 1) < 0.5)[users]}
spread = pd.DataFrame({name: {column: chi_squared(known[column][half], known[column][~half])[0]
                              for column in [*INPUTS, "site_id"]} for name, half in halves.items()})
print(spread.round(1).to_string())
claim("Chi-squared of the sites over that of chance, halves by user", spread["by user"]["site_id"],
      id="16.clustered", baseline=spread["by row"]["site_id"], at_least=5, fmt=".1f")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Take the limits from healthy days\n\nWith mean $m$ and standard deviation $s$ of $n$ healthy days:\n\n$$ m \\pm t_{n-1}\\; s\\, \\sqrt{1 + 1/n} $$\n\nStudent's $t$ pays for an $s$ from few days." notes="The t distribution is the whole trick: seven days do not know their own standard deviation. Ask what happens with three sd from seven days: about eleven false alarms where the normal law promises one. (1 min)"
# Rows of one user go together. So a formula for independent rows does not say what is normal; *healthy days* do. Take an alarm's number on $n$ of them, with mean $m$ and standard deviation $s$. One more healthy day leaves
#
# $$ m \pm t_{n-1}\; s\, \sqrt{1 + 1/n} $$
#
# with the probability that you choose, if days are independent and normal. The quantile $t_{n-1}$ of Student's distribution pays for an $s$ that comes from few days.

# %% slideshow={"slide_type": "-"}
claim("Three standard deviations of seven days ring so many times as often as the normal law says",
      t.sf(3 / np.sqrt(8 / 7), 6) / norm.sf(3), id="16.few_days", baseline=1, between=(11, 12))

# %% [markdown]
# ## Which alarm sees which fault?
#
# From day 21, 6:00 on, the *server* gets a wrong input; the nightly training reads a sound table. Six faults, one at a time: the slot is always 1; the site is always 0; the clock is 8 hours ahead; the audience is missing on mobile; the audience is *shuffled* among the requests, so that its shares stay; the ads have new numbers. The seventh leaves the inputs alone: retraining stops.
#
# Each hour, an alarm looks at its *window*, the 24 hours before:
#
# - missing values: the share of requests without an audience
# - PSI of every column that the model reads (of the time: the hour), against the seven days before the window
# - mean score: the mean predicted probability
# - calibration: clicks less promised ones, in standard deviations; of all rows, and of each *slice* (rows of one device, slot or format). Both wait a day for ripe labels.
# - **replay**: the share of requests whose served features, from a log, differ from those that the training table has for them
#
# Limits are those of 13 healthy days, for one false alarm in 300 looks. PSI is skewed, not normal: we take its logarithm, and the upper limit. As a contrast, PSI by custom: six columns, limit 0.1.

# %%
MIDNIGHTS = 24 * np.arange(9, FIRST + 1) - 1  # windows that end here are whole days


def window(values=None):  # sum over the 24 hours up to each hour
    total = np.cumsum(np.bincount(hour, values, minlength=24 * DAYS))
    return total - np.append(np.zeros(24), total[:-24])


def log_psi(column):  # by hour: of the window, against the seven days before it
    codes, n = pd.factorize(column, use_na_sentinel=False)[0], column.nunique(dropna=False)
    total = np.bincount(hour * n + codes, minlength=24 * DAYS * n).reshape(-1, n).cumsum(axis=0)
    index = np.zeros(24 * DAYS)
    for end in [*MIDNIGHTS, *range(24 * FIRST, 24 * DAYS)]:
        week, now = total[end - 24] - total[end - 192], total[end] - total[end - 24]
        index[end] = np.log(monitoring.psi_of_counts(week, now))
    return index


def gap(p, rows=1):  # z of the clicks against the promised ones, when its labels are ripe
    with np.errstate(divide="ignore", invalid="ignore"):  # a slice may have no rows
        return np.roll(window((ripe - p) * rows) / np.sqrt(window(p * (1 - p) * rows)), 24)


# %%
SLICES = [(name, one) for name in ("device", "position", "ad_format") for one in log[name].unique()]


def numbers(served, p):  # of each alarm, by hour; several of a kind ring together
    index = [log_psi(served[name]) for name in COLUMNS[:-1]]
    return {"missing values": [window(served["audience"].isna()) / window()],
            "PSI by custom": index[:6],
            "PSI of every column": [*index, log_psi(served["timestamp"].dt.hour)],
            "mean score": [window(p) / window()],
            "calibration": [gap(p)],
            "calibration by slice": [gap(p, served[name] == one) for name, one in SLICES],
            "replay": [window(monitoring.mismatches(served[COLUMNS], log).any(axis=1))]}


def rings(found):
    rung = {}
    for alarm, several in found.items():
        limits = [monitoring.control_limits(one[MIDNIGHTS], chance=1 / 300 / len(several))
                  for one in healthy[alarm]]
        rung[alarm] = np.any([x > np.log(0.1) if "custom" in alarm else x > limit.high if "PSI" in alarm
                              else limit.outside(x) for x, limit in zip(several, limits)], axis=0)
    return rung


# %% [markdown] slideshow={"slide_type": "slide"} slide="## Which alarm sees which fault?\n\nWrong on the *server* only, one at a time: slot constant, site constant, hours shifted, audience missing on mobile, audience shuffled among requests, ads renumbered. Seventh: no retraining.\n\nAlarms: missing values, PSI, mean score, calibration, **replay** (served features against the training table's).\n\n**Guess:** which does PSI of every column miss? Which does even replay miss?" notes="Draw seven rows on the board and collect a guess for each. Alarms: missing values, PSI by custom, PSI of every column, mean score, calibration, calibration by slice, replay. Limits from 13 healthy days. (2 min)"
# **Predict before you run.** Which of four faults does PSI of every column find last, or never? (And which of the seven does not even replay find? Say it aloud.)

# %%
guess("16.last_for_psi", choices=["hours shifted", "audience missing", "audience shuffled",
                                 "ads renumbered"])

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

# %% alt="A table of seven faults and seven alarms with the hours until the alarm rings. Replay finds the six wrong inputs at hour 0, and not the stopped retraining. PSI of every column finds five of them within hours and never the shuffled audience; by custom it finds few. Calibration comes more than a day later or not at all. The last row has the healthy days on which each alarm rings." slideshow={"slide_type": "slide"} slide="## No alarm sees all" notes="First the guess: which fault does the column PSI of every column miss? Then one column after the other: what can this alarm see at all? PSI looks at one column at a time, so a column that is exchanged among the rows is invisible to it by construction. Then the last row: an alarm without its false alarms is half a sentence. (3 min)"
import matplotlib.pyplot as plt

plots.use_style()
fig, ax = plt.subplots(figsize=(9.5, 5.2))
ax.imshow(np.vstack([hours.notna(), np.zeros(len(false))]), cmap="Oranges", vmax=2.5, aspect="auto")
for (row, column), value in np.ndenumerate(np.vstack([hours, false])):
    text = "–" if np.isnan(value) else f"{value:.0f} h" if row < len(hours) else f"{value:.0f} of 7"
    ax.text(column, row, text, ha="center", va="center")
ax.set_xticks(range(len(false)), [alarm.replace(" c", "\nc").replace(" ", "\n", 1) for alarm in hours])
ax.set_yticks(range(len(hours) + 1), [f"{one} ({x:+.1%})" for one, x in cost.items()] + ["healthy days"])
ax.grid(visible=False)
ax.set_title("Only replay sees every wrong input")
plt.show()

# %%
found = (hours.drop("no retraining") <= 24).sum()
claim("PSI of every column finds wrong inputs within a day (of six)", found["PSI of every column"],
      id="16.every_column", baseline=found["PSI by custom"], at_least=5, fmt=".0f")
claim("Replay finds wrong inputs within a day (of six)", found["replay"],
      id="16.replay", baseline=found["PSI of every column"], at_least=6, fmt=".0f")
claim("The shuffled audience, which moves no column, costs log loss", cost["audience shuffled"],
      id="16.shuffled", baseline=cost["audience missing"], at_least=0.012, fmt=".1%")
reveal("16.last_for_psi", hours["PSI of every column"].iloc[2:6].fillna(999).idxmax())

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Is a bad first hour a fault?\n\nThe dashboard shows promised over known clicks, for the impressions of the running hour at its end.\n\nThe model is healthy.\n\n**Guess:** how many times the known clicks are promised?" notes="Who says 1 forgets that clicks are reported late. Ask what the dashboard should show instead. (0.5 min)"
# Hours are those from the fault to the ring; behind each fault stands its cost in log loss; the last row counts healthy days that ring. With limits from healthy days, PSI of every column finds five of the six within hours. The shuffled audience keeps every share: only replay sees it. Cost and speed are two things: missing audiences ring within hours, and cost less than shuffled ones. Calibration rings more than a day later; what it finds beyond the constant slot, and by slice, differs from SEED to SEED.
#
# Replay needs no clicks. (It is this fast if the training table is there at once; a nightly one finds the fault in the morning. On the job some healthy rows differ, too.) It is blind to what is wrong on both sides, or stale. A ring counts here if the healthy run does not have it. On the job nobody tells you: read the last row.
#
# ## Is a bad first hour a fault?
#
# The dashboard shows promised over known clicks, for the impressions of the running hour at its end. Nothing is wrong.
#
# **Predict before you run.** How many times the known clicks are promised?

# %%
guess("16.first_hour", unit="times")

# %% slideshow={"slide_type": "slide"} slide="## Compare at equal age\n\nWait until labels are ripe, or divide by the share of clicks that are known at that age." notes="The baseline counts all clicks, also the late ones. Two cures: wait until labels are ripe, or divide by the share of clicks that are known at that age. (0.5 min)"
recent, promised = log[day >= FIRST], p[day >= FIRST].sum()
known = recent["reported_at"] <= recent["timestamp"].dt.floor("h") + pd.Timedelta("1h")
claim("Healthy days: promised over known clicks of the running hour", promised / known.sum(),
      id="16.young_labels", baseline=promised / recent["clicked"].sum(), at_least=1.3)
reveal("16.first_hour", promised / known.sum(), fmt=".1f")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## What rang, and why?\n\n1. Labels ripe? If not: wait\n2. Do healthy days ring like this? Mend the limit\n3. Is the model old? Retrain\n4. Replay: which served column differs, since when? Repair it\n5. None: both sides, or the world\n\nA fault is planted. Which?" notes="The cheapest question first. One of the six faults is planted: let the class name it from the two lines. In practice stop the harm first, and ask then. (2 min)"
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

# %% slideshow={"slide_type": "fragment"}
unknown = monitoring.FAULTS[rng.integers(6)]
served = monitoring.plant_fault(log, unknown, moment, seed=SEED)
print(f"ripe clicks: {ripe[late].sum():,}, promised: {scores[unknown][late].sum():,.0f}")
differs = monitoring.mismatches(served[COLUMNS], log)
print(*differs.columns[differs.any()], "differ since", log["timestamp"][differs.any(axis=1)].min())

# %% [markdown]
# In practice stop the harm first, and ask then.
#
# ## How is a bad release stopped?
#
# A **shadow** release answers copies of requests and shows nothing: it finds crashes and wrong features, never lost clicks. A **canary** gets a small share of the traffic, and is stopped when its click rate is worse than that of the rest, here $z < -4$ at a look a minute. *Simulated*: 60,000 requests a minute, 3 % clicks, and a release that loses a fifth of them.

# %% slideshow={"slide_type": "slide"} slide="## A small canary buys time to look\n\nA release loses a fifth of the clicks. It is stopped at $z < -4$, at a look a minute; a share of the traffic sees it:" notes="A shadow answers copies of requests: it finds crashes, never lost clicks. A canary takes real traffic. Compare the columns: the minutes fall with the share, the bad requests hardly. Then rollback: last night's model brings back nearly all, and ages. (2 min)"
canary = pd.DataFrame(columns=["minutes", "bad requests", "healthy releases stopped"])
for share in (0.01, 0.05, 0.25):
    shown = 60_000 * np.array([share, 1 - share])[:, None, None]  # arm, run, minute
    n, stops = shown * np.arange(1, 121), {}
    for rate in (0.024, 0.03):  # of the canary
        clicks = rng.binomial(shown.astype(int), [[[rate]], [[0.03]]], (2, 1000, 120)).cumsum(axis=2)
        ctr = clicks.sum(axis=0) / n.sum(axis=0)
        stops[rate] = np.subtract(*clicks / n) < -4 * np.sqrt(ctr * (1 - ctr) * (1 / n).sum(axis=0))
    minutes = 1 + stops[0.024].argmax(axis=1).mean()  # until the stop, mean of 1,000 runs
    canary.loc[f"{share:.0%}"] = minutes, minutes * share * 60_000, stops[0.03].any(axis=1).mean()
print(canary.round({"minutes": 1, "bad requests": 0, "healthy releases stopped": 3}).to_string())
slower = canary.loc["1%"] / canary.loc["5%"]
claim("A canary of 1 % against one of 5 %: so many times the minutes (baseline: the bad requests)",
      slower["minutes"], id="16.canary", baseline=slower["bad requests"], between=(3.5, 5.5), fmt=".1f")

# %% [markdown]
# The test needs nearly as many bad requests whatever the share (somewhat more where the rest is small). A small canary buys time to look, not fewer of them, until a minute holds more than the test needs. The last column: healthy releases stopped in two hours. (Here rows are independent, and all clicks come at once. In life users count, and both arms miss the same late clicks.)
#
# **Rollback** brings back the last version: the model of the night before, and its feature code. (Left there, it ages: see the next section.) What is it worth? *Simulated* page views, eight ads each; the one with the highest bid times predicted click probability is shown. Its value is the bid times the *true* probability. The bad release numbers the ads anew.

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
claim("On its first day a rollback brings back this share of what the bad release loses",
      (by_age[1] - bad).sum() / (by_age[0] - bad).sum(),
      id="16.rollback", baseline=0.0, at_least=0.75, fmt=".0%")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## How old may a model be?\n\nEight ads a page view; shown is the highest bid times predicted probability. The value: the bid times the *true* probability.\n\n**Guess:** what share of the value is lost with a model a week old?" notes="Ask what ages: ads come and go, tastes drift. (1 min)"
# ## How old may a model be?
#
# **Predict before you run.** The same page views, and models that are older and older. What share of the value is lost after a week?

# %%
guess("16.week", unit="%")

# %%
from mlpipe.uncertainty import paired_ratio

lost = 1 - by_age.sum(axis=1) / by_age[0].sum()
week = paired_ratio(by_age[7], by_age[0])
print(f"lost after a week: {-week.estimate:.1%}, 95 % interval {-week.high:.1%} to {-week.low:.1%}")
claim("A week-old model loses this share of the auction's value", lost[7], id="16.age", baseline=lost[1],
      at_least=0.015, fmt=".1%")
claim("Retraining weekly instead of daily loses on average", lost[:7].mean(), id="16.cadence",
      baseline=lost[:2].mean(), at_least=0.008, fmt=".1%")  # the baseline: every second day
claim("Loss on day two", lost[1], id="16.day_two", baseline=lost[:7].mean(), at_most=0.009, fmt=".2%")

# %% alt="The value lost rises with the age of the model, by some percent after a week and more after two." slideshow={"slide_type": "slide"} slide="## Read the age from the value lost" notes="All of this holds for the drift of this world: draw the curve for yours. Daily is cheaper than every second day if a fit costs less than the loss on day two. (2 min)"
fig, ax = plt.subplots()
ax.plot(100 * lost, color=plots.ACCENT)
ax.set(title="A model loses value with its age", xlabel="its age (days)", ylabel="value lost (%)")
plt.show()
reveal("16.week", 100 * lost[7], fmt=".1f")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Core exercise: the stability index\n\nBins at the quantiles of `reference`; an edge belongs to the bin below it, the outer bins are open. Count both samples, add 1/2 to each count, divide by the sums, return the PSI." notes="In pairs. Most common: edges taken from the current data, an empty bin that makes the index infinite, 1/2 added after the division. (10 min)"
# Log loss shows less of it (see the row "no retraining" above). Daily retraining is cheaper than every second day if a fit, with its checks, costs less than a model loses on its second day: daily costs one fit a day, the other half a fit and half that loss. (All of this holds for the drift of this world. Draw the curve for yours.)
#
# ### Exercise (core): the stability index
#
# Cut the numbers into `n_bins` bins at the quantiles of `reference` (an edge belongs to the bin below it; the outer bins are open). Count both samples, add 1/2 to each count, divide by their sums, and return the PSI.

# %% tags=["exercise:16.psi"] slideshow={"slide_type": "-"} slide_code="1-2"

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

# %%
guesses()

# %% [markdown]
# ## What we have seen
#
# - An alarm is judged by its false alarms, too. Limits come from healthy days; formulas for independent rows are too narrow, because rows of one user go together.
# - No alarm sees all. PSI of every column, with limits from healthy days, finds what changes the shares of a column. Log what was served and replay it: that finds shuffled values, too. Calibration waits for ripe labels, and sees only large shifts of a sum.
# - Roll back first, repair after. The age that a model may have, and the cadence, are read from the value lost.

# %% slideshow={"slide_type": "slide"} slide="## Say it in the interview" notes="Two learners speak it aloud. Then back to the opening question: which answer on the board has no alarm, and which alarm nobody named? (2 min)"
say("Chi-squared flags {16.chi_squared:.0f} of 7 healthy days. With limits from healthy days, PSI of "
    "every column finds {16.every_column:.0f} of six wrong inputs within a day, replay {16.replay:.0f}: "
    "the shuffled column costs {16.shuffled:.1%} of log loss. A healthy model promises in its first "
    "hour {16.young_labels:.1f} times the known clicks. A week-old one loses {16.age:.1%} of the value.")

# %% [markdown] slideshow={"slide_type": "-"} slide="**Asked next**\n\n- Replay finds nothing, and calibration rings. What now?\n- Who is woken at night, and by which alarm?\n- What else must a rollback bring back?"
# *Read more:* Sculley et al. 2015, *Hidden technical debt in machine learning systems*; Breck et al. 2017, *The ML test score*; He et al. 2014, *Practical lessons from predicting clicks on ads at Facebook* (freshness); Shewhart 1931, *Economic control of quality of manufactured product*. *Next:* 17, more rows than memory.
