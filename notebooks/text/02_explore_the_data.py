# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     minutes: 20
#     budget_seconds: 30
#     budget_megabytes: 900
# ---

# %% [markdown] notes="Ask first: what do you look at before you model? Most say missing values and histograms. Write on the board: who, what, when, what was shown, when do we know. Timing: profile 2 minutes, skew and time 5, explicit and implicit 2, bots 3, what was shown 4, delay 3; the exercise after that."
# # What the logs hold
#
# **Goal.** Look at a log the way a strong candidate does: how sparse, how skewed, when, what was *shown*, when the label is known, and who is not human.
#
# | where we are | you need | it takes |
# |---|---|---|
# | requirements ▸ **data** ▸ features ▸ model ▸ evaluation ▸ serving | nothing; 00 explains claims and exercises | 20 minutes to read, under 30 s, under 900 MB |

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown]
# ## What is in the two logs?
#
# MovieLens holds real ratings. The ad log is *simulated*: its columns are those of a real log, and its truth is kept apart, so that we can check what we find.
# One function profiles any log, before anybody plots anything.

# %%
import numpy as np
import pandas as pd

from mlpipe.datasets import movielens
from mlpipe.simulator import simulate_ad_log


def profile(frame):
    print(f"{len(frame):,} rows, {frame.duplicated().sum():,} of them exact repeats")
    rows = {}
    for name, column in frame.items():
        counts = column.value_counts()  # without the missing values
        rows[name] = {
            "missing": f"{column.isna().mean():.0%}",
            "distinct": f"{(counts > 0).sum():,}",
            "top share": f"{counts.max() / len(frame):.1%}",
        }
    return pd.DataFrame(rows).T


ratings = movielens().ratings
print(profile(ratings).to_string())

# %%
log = simulate_ad_log(n_impressions=1_000_000 if SCALE == "full" else 100_000, seed=SEED)
impressions = log.impressions
print(profile(impressions).to_string())

# %% [markdown]
# "Top share" is the share of the most common value. Four things to ask about: MovieLens has fewer time stamps than ratings; the ad log repeats rows; one impression in ten
# has no user; and `reported_at` is missing wherever nobody clicked, or wherever the report has not come *yet*. We take them in turn.
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
plots.lorenz(ax, per_film, f"films, Gini {gini_of_counts(per_film):.2f}")
ax.set(
    title="Ratings are spread unequally, more so over films",
    xlabel="share of users or films, fewest ratings first",
    ylabel="share of the ratings",
)
plt.show()

# %%
from mlpipe.course import claim

rng = np.random.default_rng(SEED)
likes_per_film = ratings.loc[ratings["rating"] >= 4, "item_id"].value_counts()  # most liked first
by_chance = rng.multinomial(len(ratings), np.full(len(per_film), 1 / len(per_film)))

print(f"filled cells of the table of users and films: {len(ratings) / (len(per_user) * len(per_film)):.1%}")
print(f"films with a single rating: {(per_film == 1).mean():.0%}")
claim(
    "Films are rated very unequally (Gini coefficient)",
    gini_of_counts(per_film),
    id="02.film_gini",
    baseline=gini_of_counts(by_chance),  # as many ratings, thrown at films by chance
    at_least=0.6,
)
claim(
    "Yet three quarters of the likes lie outside the 100 most liked films",
    1 - likes_per_film.iloc[:100].sum() / likes_per_film.sum(),
    id="02.outside_top_100",
    baseline=1 - 100 / len(likes_per_film),  # if likes were spread equally
    between=(0.7, 0.85),
    fmt=".0%",
)

# %% [markdown]
# So popularity is a strong baseline *and* leaves most of what people like unserved.
#
# ## When do people rate?
#
# **Predict before you run.** Take the time from a user's first rating to the last one. What is its median: an hour, a month, a year?

# %% alt="Histogram of the time from first to last rating of each user on a logarithmic axis: a tall group between ten minutes and a few hours, a low tail up to years."
first_last = ratings.groupby("user_id")["timestamp"].agg(["min", "max"])
span = (first_last["max"] - first_last["min"]).dt.total_seconds() / 3600

fig, ax = plt.subplots()
ax.hist(span, bins=np.geomspace(0.05, 2e5, 45), color=plots.MUTED)
ax.axvline(span.median(), color=plots.ACCENT)
ax.text(span.median() * 1.3, ax.get_ylim()[1] * 0.92, f"median: {span.median():.1f} hours", color=plots.ACCENT)
ax.set_xscale("log")
ax.set_xticks([0.1, 1, 24, 24 * 30, 24 * 365, 24 * 3650], ["6 min", "hour", "day", "month", "year", "10 years"])
ax.set(title="Most users came once", xlabel="time from the first to the last rating of a user", ylabel="users")
plt.show()

# %%
shuffled = ratings.assign(timestamp=rng.permutation(ratings["timestamp"])).groupby("user_id")["timestamp"]
by_time = ratings.sort_values(["user_id", "timestamp"], kind="stable")
new_session = by_time.groupby("user_id")["timestamp"].diff() > pd.Timedelta("1h")
in_first = new_session.groupby(by_time["user_id"]).cumsum() == 0
n_days = ratings.assign(day=ratings["timestamp"].dt.date).groupby("user_id")["day"].nunique()
print(f"users who rate on a single day: {(n_days == 1).mean():.0%}")
print(f"ratings in a user's first session (no pause over an hour): {in_first.mean():.0%}")

claim(
    "Half of the users are done within a few hours (median time from first to last rating, in hours)",
    span.median(),
    id="02.median_span",
    baseline=(shuffled.max() - shuffled.min()).dt.total_seconds().median() / 3600,  # time stamps shuffled over users
    at_most=3,
)

# %% [markdown] notes="This is the trap that most candidates fall into. Ask: what is the last film of a user who rates a list page? The answer is a sort order."
# These people filled in a form. The order inside a session is the order of a page, not of a life with films.
#
# It gets worse. Many ratings share their time stamp with another one of the same user, and this file is sorted by film id. Suppose you "leave the last one out" for
# testing: sort by time, take the last row. What do you hold out where the last time stamp is tied?

# %%
at_the_end = ratings[ratings["timestamp"] == ratings.groupby("user_id")["timestamp"].transform("max")]
ends = at_the_end.groupby("user_id")["item_id"].agg(["size", "max"])
held_out = by_time.groupby("user_id")["item_id"].last()
tied = ends["size"] > 1
print(f"ratings that share their time stamp: {ratings.duplicated(['user_id', 'timestamp'], keep=False).mean():.0%}")
print(f"users whose last time stamp is tied: {tied.mean():.0%}")

claim(
    "Where the end is tied, leaving the last one out holds out the highest film id",
    (held_out == ends["max"])[tied].mean(),
    id="02.ties_hold_out_highest_id",
    baseline=(1 / ends["size"])[tied].mean(),  # ties broken at random
    at_least=0.95,
    fmt=".0%",
)

# %% [markdown]
# A high id means a film that was added late, so such a test asks for new films. Break ties at random, with a seed. `mlpipe.splits` does.
#
# ## What does an empty cell mean?
#
# | log | a filled cell says | an empty cell says |
# |---|---|---|
# | ratings (**explicit**) | how much they liked it | not watched, not found, or not rated: nothing about taste |
# | watches, clicks (**implicit**) | they chose it | not chosen *or never shown* |
# | impressions with clicks | it was shown, and clicked or not | it was not shown |
#
# Only the third log separates "not shown" from "not wanted". Do people at least rate good films more often?

# %%
films = ratings.groupby("item_id")["rating"].agg(["size", "mean"])
films = films[films["size"] >= 20]

claim(
    "Among films with at least 20 ratings, number and mean of the ratings correlate, but weakly",
    films["size"].corr(films["mean"]),
    id="02.popularity_and_quality",
    baseline=0.0,  # if they had nothing to do with each other
    between=(0.15, 0.35),
)

# %% [markdown]
# Two stories explain it equally well. *Quality*: good films find more viewers. *Selection*: people rate what they chose, expecting to like it. This table cannot decide between them, because it does not
# know what was on offer. The ad log can.
#
# ## Who is in the ad log that should not be?
#
# First the repeats. A writer that tries twice leaves the same row twice. We drop *exact* repeats. A looser rule, "same user and ad", would be easier to write.

# %%
truth = log.truth
exact = impressions.duplicated()
loose = impressions.duplicated(["user_id", "ad_id"]) & impressions["user_id"].notna()

claim(
    "What an exact match marks as repeats are repeats (precision, against the truth)",
    truth.loc[exact, "is_duplicate"].mean(),
    id="02.duplicates",
    baseline=truth.loc[loose, "is_duplicate"].mean(),  # "same user and ad": mostly real impressions
    at_least=0.95,
    fmt=".0%",
)

# %% [markdown]
# Then the bots. **Predict before you run.** Would you look for the users with the most impressions?
#
# A person looks at the top slot more than at the bottom one. A bot does not look at all. So we compare, for users with many impressions, the click rate in slot 1 with that in slots 4 and 5.

# %%
events = impressions[~exact]
n_shown = events["user_id"].value_counts()  # most impressions first
many = n_shown.index[n_shown >= (200 if SCALE == "full" else 20)]
top = events[events["position"] == 1].groupby("user_id")["clicked"].mean()
bottom = events[events["position"] >= 4].groupby("user_id")["clicked"].mean()
busy = pd.DataFrame({"top": top, "bottom": bottom}).reindex(many)
suspects = busy.index[busy["bottom"] > 0.05]  # one click in twenty, far down the page

# %% alt="Click rate in slots 4 and 5 against click rate in slot 1 for busy users: most people lie below the dashed line at five percent, the bots above it."
bots = events.loc[truth["is_bot"], "user_id"].unique()
is_bot = busy.index.isin(bots)

fig, ax = plt.subplots()
for name, group, colour in (("people", busy[~is_bot], plots.MUTED), ("bots", busy[is_bot], plots.ACCENT)):
    ax.scatter(100 * group["top"], 100 * group["bottom"], s=30, color=colour, label=name)
ax.axhline(5, color=plots.MUTED, linestyle="--")
ax.legend()
ax.set(
    title="Bots click wherever the ad is", xlabel="click rate in slot 1 (%)", ylabel="click rate in slots 4 and 5 (%)"
)
plt.show()

# %%
from_bots = events["user_id"].isin(bots)
lowest = events["position"] == 5
claim(
    "The rule finds the bots (share found)",
    np.isin(bots, suspects).mean(),
    id="02.bots_found",
    baseline=np.isin(bots, many[: len(suspects)]).mean(),  # flag as many users, those with the most impressions
    at_least=0.8,
    fmt=".0%",
)
claim(
    "Most of the users that it marks are bots",
    suspects.isin(bots).mean(),
    id="02.marked_are_bots",
    baseline=len(bots) / len(busy),  # mark every busy user
    at_least=0.6,
    fmt=".0%",
)
claim(
    "In the lowest slot, bots make many of the clicks",
    from_bots[lowest & (events["clicked"] == 1)].mean(),
    id="02.bot_clicks_lowest_slot",
    baseline=from_bots[lowest].mean(),  # their share of the impressions there
    at_least=0.05,
    fmt=".1%",
)

# %% [markdown] notes="Stay on the figure for a minute. Ask why the lines part: better ads go to the top, so the slot and the ad are confounded. Then ask which of the three lines a company without a random slice can draw. Only the steepest, and it is wrong."
# The busiest users are people. The rule also marks a few of those: what you drop is a decision, so count it and write it down. In a real log there is no truth to check against.
#
# ## What was shown?
#
# Most ads were chosen by the *logged* policy, which puts ads that it believes in on top. A small random slice got ads at random. We want to know how much a slot matters.
#
# **Predict before you run.** The logged policy puts good ads on top. Does its click rate then fall faster or slower from slot to slot than in the random slice?

# %% alt="Click rate by slot relative to slot 1: under the logged policy it falls faster than in the random slice, which follows the true examination curve."
clean = events[~events["user_id"].isin(suspects)]
clicks = clean.groupby(["policy", "position"], observed=True)["clicked"].agg(["mean", "sum"])
examined = truth.loc[clean.index, "examination"].groupby(clean["position"]).mean()

fig, ax = plt.subplots()
ax.plot(examined / examined[1], color="black", linestyle=":", label="truth: slot is looked at")
for policy, colour in (("random", plots.MUTED), ("logged", plots.ACCENT)):
    rate, n = clicks.loc[policy, "mean"], clicks.loc[policy, "sum"]
    two_errors = 2 * rate / rate[1] * np.sqrt(1 / n + 1 / n[1]) * (n.index > 1)
    ax.errorbar(rate.index, rate / rate[1], two_errors, color=colour, marker="o", capsize=5, label=f"{policy} policy")
ax.legend()
ax.set(
    title="The logged policy makes the slot look more important than it is",
    xticks=range(1, 6),
    xlabel="slot",
    ylabel="click rate relative to slot 1",
)
plt.show()


# %%
def steepness(rate):
    return rate[1] / rate.loc[4:].mean()  # slot 1 against slots 4 and 5


logged, at_random = clicks.loc["logged", "mean"], clicks.loc["random", "mean"]
claim(
    "The logged clicks overstate the effect of position (slot 1 over slots 4 and 5, relative to the truth)",
    steepness(logged) / steepness(examined),
    id="02.position_overstated",
    baseline=steepness(at_random) / steepness(examined),  # the random slice
    at_least=1.25,
)
by_policy = clean.groupby("policy", observed=True)["clicked"].mean()
claim(
    "Ads that the policy chose are clicked more often than random ads (ratio of click rates)",
    by_policy["logged"] / by_policy["random"],
    id="02.selection",
    baseline=1.0,  # if choosing did nothing
    at_least=1.25,
)

# %% [markdown]
# The second number is **selection bias**: a model that learns from logged rows alone sees ads that somebody already believed in. Both numbers need columns that many logs lack:
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

# %% alt="Share of the clicks reported against hours since the impression, logarithmic axis: about six in ten after ten minutes, nearly all after a day."
clicked = clean[clean["clicked"] == 1]
start = clean["timestamp"].min()
shown = (clicked["timestamp"] - start).dt.total_seconds().to_numpy() / 3600
reported = (clicked["reported_at"] - start).dt.total_seconds().to_numpy() / 3600
delay = np.sort(reported - shown)  # hours

fig, ax = plt.subplots()
ax.plot(delay, np.arange(1, len(delay) + 1) / len(delay), color=plots.MUTED)
for hours, label in ((1 / 6, "10 min"), (1, "1 h"), (6, "6 h"), (24, "24 h")):
    share = (delay <= hours).mean()
    ax.plot(hours, share, "o", color=plots.ACCENT)
    ax.annotate(f"{label}: {share:.0%}", (hours, share), xytext=(8, -16), textcoords="offset points")
ax.set(
    title=f"An hour after the impression, {(delay > 1).mean():.0%} of the clicks are still missing",
    xscale="log",
    xlim=(0.01, 100),
    xlabel="hours since the impression",
    ylabel="share of the clicks reported",
)
plt.show()

# %% [markdown]
# Now train the plainest model, one average click rate, on the last six hours, at every full hour of the log. It predicts what it has *heard* of. How far below the truth is that, and what does waiting buy?


# %%
def heard_of(wait, window=6):
    """Share of the clicks in the training window that are reported when training starts; all times in hours."""
    heard = total = 0
    for now in range(48, 14 * 24):
        inside = (now - wait - window <= shown) & (shown < now - wait)
        heard, total = heard + (reported[inside] <= now).sum(), total + inside.sum()
    return heard / total


too_low = {wait: 1 - heard_of(wait) for wait in (0, 1, 6, 24)}
for wait, share in too_low.items():
    print(f"wait {wait:2d} h: predictions {share:3.0%} too low")

# %%
claim(
    "Trained on the last six hours without waiting, the average predicts too low by",
    too_low[0],
    id="02.no_wait",
    baseline=0.0,  # if labels came at once
    at_least=0.15,
    fmt=".0%",
)
claim(
    "Waiting for a day leaves next to nothing of that",
    too_low[24],
    id="02.wait_a_day",
    baseline=too_low[1],  # wait for an hour
    at_most=0.03,
    fmt=".1%",
)

# %% [markdown]
# The price of waiting is freshness: the model knows nothing of the last day. Lesson 11 buys both, by modelling the delay.
#
# ## By what can this data be split?
#
# A test should ask what the system will be asked: predict the *future* of people it *knows*. So cut both logs at one moment and count.

# %%
from mlpipe import splits

known = {}
for name, frame in {"MovieLens": ratings, "ad log": clean}.items():
    split = splits.by_time(frame, cut=frame["timestamp"].quantile(0.8))  # a fifth of the rows come after
    after = split.test["user_id"].dropna().unique()
    has_history = np.isin(after, split.train["user_id"].dropna().unique())
    known[name] = has_history.mean()
    print(f"{name}: {len(after):,} users after the cut, {has_history.sum():,} of them with a history before it")

claim(
    "After a cut in time, few MovieLens users have a history",
    known["MovieLens"],
    id="02.users_with_history",
    baseline=known["ad log"],  # a log of people who come back
    at_most=0.25,
    fmt=".0%",
)

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
def training_set(shown_at, reported_at, now, wait): ...


# %%
from mlpipe.course import exercise

exercise("02.mature_labels").check(training_set)

# %% [markdown]
# ### Exercise: the Gini coefficient
#
# `counts` holds, in any order, how often each item was recommended, but only for items that were recommended at all. The catalogue has `n_items`. Return $G$ over the catalogue.


# %% tags=["exercise:02.gini"]
def gini(counts, n_items): ...


# %%
exercise("02.gini").check(gini)

# %% [markdown]
# ### Exercise: count the sessions
#
# Arrays `user` and `time` have one row an event, sorted by user, then by time. A pause *longer* than `gap` begins a new session. Return the number of sessions of each user, in the order of the users.


# %% tags=["exercise:02.split_sessions"]
def sessions(user, time, gap): ...


# %%
exercise("02.split_sessions").check(sessions)

# %% [markdown]
# ## What we have seen
#
# - Sparse, skewed, and rated in one sitting: MovieLens tells what people like, hardly when, and never what they were offered.
# - A log of choices measures the chooser, too. A random slice, positions and propensities are what lets you tell them apart.
# - Labels ripen. Repeats and bots are small in number and large where clicks are rare.

# %%
from mlpipe.course import say

say(
    "Before modelling I profile the log and ask what was shown. In a simulated ad log the chosen ads had {02.selection:.1f} times the click rate of random ones, and the logged clicks overstated "
    "the effect of position by a factor of {02.position_overstated:.1f}, so I would ask for a random slice. Training on the last six hours without waiting predicted {02.no_wait} too low. In MovieLens only "
    "{02.users_with_history} of the users after a time cut have a history, so I would not claim to predict the future with it."
)

# %% [markdown]
# *Read more:* Harper and Konstan 2015, on MovieLens; Marlin and Zemel 2009, on ratings that are not missing at random; Joachims et al. 2005 and 2017, on position and clicks;
# Chapelle 2014, on delayed feedback. *Next:* 03, from logs to features.
