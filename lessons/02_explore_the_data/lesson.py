# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 850
#     budget_seconds: 15
#     minutes: 20
# ---

# %% [markdown] notes="Ask first: what do you look at before you model? Most say missing values and histograms. Write on the board: who, what, when, what was shown, when do we know. Plan: profile 2, skew 2, time 4, empty cells 1, bots 3, what was shown 4, delay 3, splits 1. Then the core exercise, ten minutes."
# # What the logs hold
#
# **Goal.** Look at a log the way a strong candidate does: how sparse, how skewed, when, what was *shown*, when the label is known, and who is not human.
#
# | where we are | you need | it takes |
# |---|---|---|
# | requirements ▸ **data** ▸ features ▸ model ▸ evaluation ▸ serving | nothing; 00 explains claims and exercises | 20 minutes to read, under 15 s, under 850 MB |

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown]
# ## What is in the two logs?
#
# MovieLens holds real ratings. The ad log is *simulated*: its columns are those of a real log, and its truth is kept apart, so that we can check what we find.
# One function profiles any log, before anybody plots anything.

# %%
import pandas as pd

from mlpipe.datasets import movielens
from mlpipe.simulator import simulate_ad_log


def profile(frame):
    print(f"\n{len(frame):,} rows, {frame.duplicated().sum():,} of them exact repeats")
    top_share = [frame[name].value_counts().max() / len(frame) for name in frame]
    columns = {"missing": frame.isna().mean(), "distinct": frame.nunique(), "top share": top_share}
    print(pd.DataFrame(columns).round(3).to_string())


ratings = movielens().ratings
log = simulate_ad_log(n_impressions=1_000_000 if SCALE == "full" else 100_000, seed=SEED)
impressions, truth = log.impressions, log.truth
profile(ratings)
profile(impressions)

# %% [markdown]
# "Top share" is the share of the most common value. Four things to ask about: MovieLens has fewer time stamps than ratings; the ad log repeats rows; some impressions
# have no user; and `reported_at` has a value for each click, even for reports that come after the last row: here we know how it ended, while a real log holds only the reports that have come *yet*. We take them in turn.
#
# ## How sparse, and how skewed?
#
# Sort the counts $x_1 \le \dots \le x_n$ of $n$ films. The **Lorenz curve** shows which share of all ratings the least rated films get together. The **Gini coefficient** $G$
# is twice the area between this curve and the diagonal: 0 when all counts are equal, almost 1 when one film has everything.
#
# $$ G = \frac{\sum_{i=1}^{n} (2i - n - 1)\, x_i}{n \sum_{i=1}^{n} x_i} $$
#
# **Predict before you run.** Which is more unequal: how often films are rated, or how much users rate?

# %% alt="Lorenz curves of films and of users, both far below the diagonal; the curve of the films is the lower one."
import matplotlib.pyplot as plt

from mlpipe import plots
from mlpipe.ranking_metrics import gini_of_counts

per_film, per_user = ratings["item_id"].value_counts(), ratings["user_id"].value_counts()
plots.use_style()
fig, ax = plt.subplots()
plots.lorenz(ax, per_user, f"users, Gini {gini_of_counts(per_user):.2f}", color=plots.MUTED)
plots.lorenz(ax, per_film)
ax.text(0.98, 0.04, f"films, Gini {gini_of_counts(per_film):.2f}", ha="right", color=plots.ACCENT)
ax.set_title("Ratings are spread unequally, more so over films")
ax.set(xlabel="share of users or films, fewest ratings first", ylabel="share of the ratings")
plt.show()

# %%
print(f"filled cells of users x films: {len(ratings) / (len(per_user) * len(per_film)):.1%}")

# %% [markdown]
# ## When do people rate?
#
# **Predict before you run.** Take the time from a user's first rating to the last one. What is its median: an hour, a month, a year?

# %%
import numpy as np

from mlpipe.course import claim


def hours_active(frame):
    times = frame.groupby("user_id")["timestamp"]
    return (times.max() - times.min()).dt.total_seconds() / 3600


shuffled = ratings.assign(timestamp=np.random.default_rng(SEED).permutation(ratings["timestamp"]))
claim(
    "Half of the users are done within a few hours (median hours, first to last rating)",
    hours_active(ratings).median(),
    id="02.median_span", baseline=hours_active(shuffled).median(),  # dealt out at random
    at_most=3,
)

# %%
in_order = ratings.sort_values(["user_id", "timestamp"], kind="stable")
long_pause = in_order.groupby("user_id")["timestamp"].diff() > pd.Timedelta("1h")
n_days = in_order.groupby("user_id")["timestamp"].agg(lambda times: times.dt.date.nunique())
print(f"users who rate on a single day: {(n_days == 1).mean():.0%}")
in_first_session = long_pause.groupby(in_order["user_id"]).cumsum() == 0
print(f"ratings before a user's first pause of an hour: {in_first_session.mean():.0%}")

# %% [markdown] notes="This is the trap that most candidates fall into. Ask: what is the last film of a user who rates a list page? The answer is a sort order."
# MovieLens asks new users to rate a list of films (Harper and Konstan 2015), and most do not come back on another day. The order inside a session is the order of a page, not of a life with films.
#
# It gets worse. Many ratings share their time stamp with another one of the same user, and this file is sorted by film id. Suppose you "leave the last one out" for
# testing: sort by time, take the last row. Where the last time stamp is tied, the file decides. `mlpipe.splits` breaks ties at random, by seed. Does it matter?

# %%
from mlpipe import splits


def held_out(seed):
    return splits.leave_last_out(ratings, seed=seed).test.set_index("user_id")["item_id"]


shared = in_order.duplicated(["user_id", "timestamp"], keep=False)
last = in_order.assign(shared=shared).drop_duplicates("user_id", keep="last").set_index("user_id")
tied = last.index[last["shared"]]
by_file, fair, fair_too = (ids[tied] for ids in (last["item_id"], held_out(SEED), held_out(SEED + 1)))
print(f"ratings that share user and time stamp: {shared.mean():.0%}")
print(f"users whose last time stamp is tied: {len(tied) / len(last):.0%}")

claim(
    "Where the end is tied, the file's order holds out a higher film id than a random one",
    (by_file > fair).mean(),
    id="02.ties_by_file_order", baseline=(fair_too > fair).mean(),  # another random order
    at_least=0.5, fmt=".0%",
)

# %% [markdown]
# An id says when a film entered the catalogue, nothing about the user: the test measures the file. Break ties at random, with a seed.
#
# ## What does an empty cell mean?
#
# | log | a filled cell says | an empty cell says |
# |---|---|---|
# | ratings (**explicit**) | how much they liked it | not watched, not found, or not rated: nothing about taste |
# | watches, clicks (**implicit**) | they chose it | not chosen *or never shown* |
# | impressions with clicks | it was shown, and clicked or not | it was not shown |
#
# Only the third log separates "not shown" from "not wanted". If good films have more ratings, is it *quality* (they find more viewers) or *selection* (people rate what they chose, expecting to like it)? Ratings cannot tell: they do not
# know what was on offer. The ad log does.
#
# ## Who is in the ad log that should not be?
#
# First the repeats: a writer that tries twice leaves the same row twice. Is "same user and ad" a good enough rule, or must the whole row agree? The truth tells.

# %%
exact = impressions.duplicated()
same_pair = impressions.duplicated(["user_id", "ad_id"]) & impressions["user_id"].notna()
for rule, marked in (("same row", exact), ("same user and ad", same_pair)):
    right = truth.loc[marked, "is_duplicate"].mean()
    print(f"{rule}: {marked.mean():.1%} of the rows, {right:.0%} of them repeats")

# %% [markdown]
# Then the bots. **Predict before you run.** Would you look for the users with the most impressions?
#
# A person looks at the top of a page more than at its bottom. A bot does not look at all. So our rule marks users with many impressions who click often in slots 4 and 5. It uses columns of the log only,
# and its two limits are a judgement; afterwards we check it.

# %%
events = impressions[~exact]
n_shown = events["user_id"].value_counts()  # most impressions first
many = n_shown.index[n_shown >= (200 if SCALE == "full" else 20)]
low_rate = events[events["position"] >= 4].groupby("user_id")["clicked"].mean().reindex(many)
suspects = many[low_rate > 0.05]  # one click in twenty, far down the page

is_bot = truth.loc[events.index, "is_bot"]
bots = events.loc[is_bot, "user_id"].unique()
who = np.where(is_bot, "bots", "people")
rate = events.assign(who=who).pivot_table("clicked", "position", "who")
print(f"marked {len(suspects)} users, {np.isin(suspects, bots).sum()} of the {len(bots)} bots")
print((100 * rate).round(1).rename_axis(columns="click rate (%)").to_string())

# %%
claim(
    "The rule finds the bots and few others (F1, of found and right)", 2 * np.isin(suspects, bots).sum() / (len(suspects) + len(bots)),
    id="02.bots_found", baseline=2 * len(bots) / (len(many) + len(bots)),  # mark all of `many`
    at_least=0.75,
)
in_lowest_slot = events["position"] == 5
bot_clicks = is_bot[in_lowest_slot & (events["clicked"] == 1)].mean()
bot_share = is_bot[in_lowest_slot].mean()
print(f"bots in slot 5: {bot_share:.1%} of the impressions, {bot_clicks:.0%} of the clicks")

# %% [markdown] notes="Stay on the figure for a minute. Ask why the lines part: better ads go to the top, so the slot and the ad are confounded. Then ask which of the three lines a company without a random slice can draw. Only the steepest, and it is wrong."
# The busiest users are people, and the rule marks a few of those, too: what you drop is a decision, so count it and write it down.
#
# ## What was shown?
#
# Most ads were chosen by the *logged* policy, which puts the ads that it believes in on top. For a small random slice, any ad could come into any slot. How much does the slot itself matter?
#
# **Predict before you run.** From slot to slot, does the click rate fall faster under the logged policy or in the random slice?

# %% alt="Click rate by slot relative to slot 1: under the logged policy it ends clearly below the true examination curve; the random slice scatters around the truth."
clean = events[~events["user_id"].isin(suspects)]
rate = clean.pivot_table("clicked", "position", "policy", observed=True).astype(float)
rate["truth"] = truth["examination"].groupby(clean["position"]).mean()  # slot is looked at
n_clicks = clean[clean["policy"] == "random"].groupby("position")["clicked"].sum()
relative = rate / rate.loc[1]
error = 2 * relative["random"] * np.sqrt(1 / n_clicks + 1 / n_clicks[1])  # two standard errors
error[1] = 0  # by definition: slot 1 is the unit

fig, ax = plt.subplots()
ax.plot(relative["truth"], color="black", linestyle=":", label="truth: slot is looked at")
style = {"fmt": "o", "color": plots.MUTED, "capsize": 5, "label": "random slice"}
ax.errorbar(error.index, relative["random"], error, **style)
ax.plot(relative["logged"], color=plots.ACCENT, label="logged policy")
ax.legend(loc="lower left")
ax.set_title("The logged policy makes the slot look too important")
ax.set(xticks=range(1, 6), xlabel="slot", ylabel="click rate relative to slot 1", yscale="log")
ax.minorticks_off()
ax.set_yticks([0.1, 0.2, 0.5, 1], ["10 %", "20 %", "50 %", "100 %"])
plt.show()

# %%
steepness = rate.loc[1] / rate.loc[4:].mean()  # slot 1 against slots 4 and 5
claim(
    "Logged clicks overstate the slot (slot 1 over slots 4 and 5, against the truth)",
    steepness["logged"] / steepness["truth"],
    id="02.position_overstated", baseline=steepness["random"] / steepness["truth"],  # the random slice
    at_least=1.25,
)
by_policy = clean.groupby("policy", observed=True)["clicked"].mean()
claim(
    "Ads that the policy chose are clicked more often than random ads (ratio of click rates)",
    by_policy["logged"] / by_policy["random"],
    id="02.selection", baseline=1.0,  # if choosing did nothing
    at_least=1.25,
)

# %% [markdown]
# The random slice is nearly unbiased, because chance assigned ads to slots, and noisy (bars: two standard errors). The logged rows are many, and wrong. The second number is **selection bias**: a model that learns from logged rows alone sees ads
# that somebody already believed in. Both numbers need columns that many logs lack:
#
# | without the column | you cannot answer |
# |---|---|
# | `position` | was it the ad, or the slot? |
# | `policy` | what would ads get that we do not choose? |
# | `propensity` (the probability of this choice) | how would another policy have done, from this log? |
# | rows without a click | what is the click rate? |
#
# You cannot add them afterwards. In an interview, ask for them first: it is called **exposure logging**.
#
# ## When is the label known?
#
# A click is reported late: the event passes through phones, queues and joins. Until then the row looks like a non-click.

# %% alt="Share of the clicks reported against hours since the impression, logarithmic axis: the curve climbs steeply within minutes and is nearly flat by the end of a day."
clicks = clean[clean["clicked"] == 1]
delay = np.sort((clicks["reported_at"] - clicks["timestamp"]).dt.total_seconds() / 3600)  # hours

fig, ax = plt.subplots()
ax.plot(delay, np.arange(1, len(delay) + 1) / len(delay), color=plots.MUTED)
for hours, label in ((1 / 6, "10 min"), (1, "1 h"), (6, "6 h"), (24, "24 h")):
    share = (delay <= hours).mean()
    ax.plot(hours, share, "o", color=plots.ACCENT, markersize=9)
    ax.annotate(f"{label}: {share:.0%}", (hours, share), (10, -16), textcoords="offset points")
ax.set_title(f"After an hour, {(delay > 1).mean():.0%} of the clicks are still missing")
ax.set(xlabel="hours since the impression", ylabel="share of the clicks reported")
ax.set(xscale="log", xlim=(0.01, 100))
plt.show()

# %% [markdown]
# Now train the plainest model, one average click rate, on the impressions of six hours. It learns the clicks that it has *heard* of: the mean height of this curve over the ages of its rows. How far below the
# truth does it predict, and what does waiting buy?

# %%
too_low = {}
for wait in (0, 1, 6, 24):
    age = np.linspace(wait, wait + 6, 361)  # of the rows in the window, in hours, one a minute
    too_low[wait] = 1 - np.searchsorted(delay, age).mean() / len(delay)
    print(f"the youngest row is {wait:2d} h old: predictions {too_low[wait]:3.0%} too low")

claim(
    "Trained on six hours without waiting, the average is expected to be too low by",
    too_low[0],
    id="02.no_wait", baseline=too_low[24],  # wait for a day
    at_least=0.15, fmt=".0%",
)

# %% [markdown]
# The price of waiting is freshness: the model knows nothing of the last day. A model of the delay can have both: lesson 11.
#
# ## By what can this data be split?
#
# A test should ask what the system will be asked: predict the *future* of people it *knows*. So cut both logs at one moment and count.

# %%
for name, frame in {"MovieLens": ratings, "ad log": clean}.items():
    split = splits.by_time(frame, cut=frame["timestamp"].quantile(0.8))  # a fifth comes after
    after = split.test["user_id"].dropna().unique()
    known = np.isin(after, split.train["user_id"].dropna().unique()).sum()
    print(f"{name}: {len(after):,} users after the cut, {known:,} of them with a history before it")

# %% [markdown] notes="Core exercise, ten minutes. The two mistakes to expect: labels that use reports from the future, and young rows kept as zeros. Let the class say which of them makes the offline number look better."
# - **The ad log** can be split by time, with a gap for labels on their way.
# - **MovieLens** cannot say much about the future: too few users remain. A model that builds a user from new likes without refitting (**fold-in**) can be tested on all users after the cut. "The last 20 % of
#   each user" is order within a session; use it, and call it that.
#
# ### Exercise (core): rows that may be trained on
#
# All times are hours. `shown_at` holds the time of each impression, `reported_at` that of its click (NaN: none), also in the future. At time `now`, return two arrays: the positions of the
# impressions that are at least `wait` hours old, and their labels as known at `now`, 1 or 0. What is reported exactly at `now` is known.

# %% tags=["exercise:02.mature_labels"]

# %%
from mlpipe.course import exercise

exercise("02.mature_labels").check(training_set)

# %% [markdown]
# ### Exercise: the Gini coefficient
#
# `counts` holds, in any order, how often each item was recommended, but only for items that were recommended at all. The catalogue has `n_items`. Return $G$ over the catalogue.

# %% tags=["exercise:02.gini"]

# %%
exercise("02.gini").check(gini)

# %% [markdown]
# ### Exercise: count the sessions
#
# Arrays `user` and `time` have one row an event, sorted by user, then by time. A pause *longer* than `gap` begins a new session. Return the number of sessions of each user, in the order of the users.

# %% tags=["exercise:02.split_sessions"]

# %%
exercise("02.split_sessions").check(sessions)

# %% [markdown]
# ## What we have seen
#
# - Sparse, skewed, and much of it rated in a first sitting: MovieLens tells what people like, hardly when, and never what they were offered.
# - A log of choices measures the chooser, too. A random slice, positions and propensities are what lets you tell them apart.
# - Labels ripen. Bots are few, and weigh much where clicks are rare.

# %%
from mlpipe.course import say

say(
    "Before modelling I profile the log and ask what was shown. In a simulated ad log the "
    "chosen ads had {02.selection:.1f} times the click rate of random ones, and the logged "
    "clicks overstated the effect of the slot by a factor of {02.position_overstated:.1f}, so"
    " I would ask for a random slice. Training on the last six hours without waiting is "
    "expected to predict {02.no_wait} too low. In MovieLens half of the users are done within"
    " {02.median_span:.1f} hours, so I would not claim to predict the future with it."
)

# %% [markdown]
# *Read more:* Harper and Konstan 2015, on MovieLens; Marlin and Zemel 2009, on ratings that are not missing at random; Joachims et al. 2005 and 2017, on position and clicks;
# Chapelle 2014, on delayed feedback. *Next:* 03, features from these logs.
