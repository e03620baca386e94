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

# %% [markdown] slideshow={"slide_type": "slide"} slide="# What the logs hold\nLook at a log as a strong candidate does: how skewed, when, what was *shown*, when the label is known, and who is not human." notes="Ask first: what do you look at before you model? Collect answers. Then write on the board: who, what, when, what was shown, when do we know. Plan: opening question 2, skew 3, time 2, bots 4, what was shown 5, delay 2, say it 2. The core exercise, ten minutes, is counted apart. (2 min)"
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

from mlpipe.course import claim, exercise, guess, guesses, reveal, say
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

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Which is more unequal?\nThe Gini coefficient is 0 when all counts are equal, almost 1 when one has everything.\n\n**Predict:** in MovieLens, which counts are more unequal: ratings a film got, or ratings a user gave?" notes="Say what the file is: people who rate films, a row a rating. Everybody writes down one of the two. Keep for the next slide that each user has at least 20 ratings. (1 min)"
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
# **Predict before you run.** Which counts are more unequal: the ratings that films got, or those that users gave?

# %%
guess("02.unequal", choices=["films", "users", "about the same"])

# %%
from mlpipe.ranking_metrics import gini_of_counts

per_film, per_user = ratings["item_id"].value_counts(), ratings["user_id"].value_counts()
for name, counts in {"films": per_film, "users": per_user}.items():
    print(f"{name}: Gini {gini_of_counts(counts):.2f}, fewest ratings {counts.min()}")
gini, gini_users = gini_of_counts(per_film), gini_of_counts(per_user)
same = abs(gini - gini_users) < 0.03
reveal("02.unequal", "about the same" if same else "films" if gini > gini_users else "users")

# %% [markdown]
# Look at the last column before you conclude: this file holds every film with a rating, but only users with at least 20 (Harper and Konstan 2015). What if the same rule held for films?

# %% slideshow={"slide_type": "slide"} slide="## Ask who was left out" notes="All films are more unequal than users. But the file holds every film with a rating, and only users with twenty or more. Under one rule, the dashed line, the order turns round. (2 min)" alt="Three Lorenz curves below the diagonal: all films lowest, users in the middle, and films with at least 20 ratings nearest to the diagonal."
import matplotlib.pyplot as plt

from mlpipe import plots

known_films = per_film[per_film >= 20]
curves = {"films with 20 ratings or more": known_films, "users": per_user, "all films": per_film}
plots.use_style()
fig, ax = plt.subplots()
for name, counts in curves.items():
    plots.lorenz(ax, counts, color=plots.MUTED if name == "users" else plots.ACCENT)
    ax.lines[-1].set_label(f"{name}, Gini {gini_of_counts(counts):.2f}")
ax.lines[1].set_linestyle("--")  # the first line is the diagonal
ax.legend(loc="upper left")
ax.set_title("Which is more unequal depends on who was left out")
ax.set(xlabel="share of users or films, fewest ratings first", ylabel="share of the ratings")
plt.show()

# %%
claim("Under one rule, at least 20 ratings, films are less unequal than users (difference of Gini)",
    gini_of_counts(known_films) - gini_users, id="02.same_rule",
    baseline=gini - gini_users, at_most=-0.1, fmt=".2f")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## When do people rate?\nTake the time from a user's first rating to the last one.\n\n**Predict:** what is the median over the users: hours, days, months, years?" notes="Most think of a life with films. Count the hands. (1 min)"
# ## When do people rate?
#
# **Predict before you run.** Take the time from a user's first rating to the last one. What is its median over the users?

# %%
guess("02.span", choices=["hours", "days", "months", "years"])

# %%
import numpy as np


def hours_active(frame):
    times = frame.groupby("user_id")["timestamp"]
    return (times.max() - times.min()).dt.total_seconds() / 3600


shuffled = ratings.assign(timestamp=np.random.default_rng(SEED).permutation(ratings["timestamp"]))
print(hours_active(ratings).quantile([0.25, 0.5, 0.75]).round(1).to_string())
longer = sum(hours_active(ratings).median() > np.array([24, 24 * 30, 24 * 365]))
reveal("02.span", ["hours", "days", "months", "years"][longer])

# %% slideshow={"slide_type": "slide"} slide="## Most users are done in a day\nSo do not claim that you predict the future with it." notes="MovieLens asks new users to rate a list of films, so the order inside a sitting can be that of a page. Ask: what is then the last film of a user? And: what may we predict from this file? Hardly the future. (1 min)"
claim("Half of the users are done within a few hours (median hours, first to last rating)",
    hours_active(ratings).median(), id="02.median_span",
    baseline=hours_active(shuffled).median(), at_most=3)
claim("Most users never rate again more than a day after their first rating",
    (hours_active(ratings) <= 24).mean(), id="02.no_return", at_least=0.55, fmt=".0%",
    baseline=(hours_active(shuffled) <= 24).mean())  # times dealt out at random

# %% [markdown] notes="Ask: what is the last film of a user who rates a list page? The answer is a sort order."
# MovieLens asks new users to rate a list of films (Harper and Konstan 2015). So the order inside a sitting can be the order of a page, and is not that of a life with films.
#
# Ratings of one user also share time stamps, and this file is sorted by film id. Suppose you "leave the last one out" for
# testing: sort by time, take the last row. Where the last time stamp is tied, the file decides.

# %%
last_time = ratings.groupby("user_id")["timestamp"].transform("max")
n_last = (ratings["timestamp"] == last_time).groupby(ratings["user_id"]).sum()
claim("For many users the end is tied, so that the order of the file decides what was last",
    (n_last > 1).mean(), id="02.tied_ends", baseline=0.0, at_least=0.1, fmt=".0%")

# %% [markdown]
# The file would take the highest id, which says when a film entered the catalogue and nothing about the user. `mlpipe.splits` breaks ties at random, by seed. That costs nothing; how much the other choice would
# move a metric depends on data and model (`benchmarks/bench_ties.py` measures it here, over ten draws).
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
    print(f"{rule}: {marked.mean():.1%} of rows, {truth['is_duplicate'][marked].mean():.0%} repeats")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Who should not be in the log?\nBots load many pages. Order the users of the ad log by impressions, busiest first.\n\n**Predict:** at which place does the first bot stand?" notes="Say that a rule against bots may use columns of the log only. Each writes a place. After the guess come the same users by their click rate. (1 min)"
# Where the user is missing, a rule about the user cannot judge: "same user and ad" leaves those rows out, "same row" finds the repeats among them, too.
#
# Then the bots. The plain rule takes users with many impressions and limits their click rate. It uses columns of the log only, and its two limits are a judgement; afterwards we check it by **F1**, the harmonic mean of two shares:
# of the marked users that are bots, and of the bots that are marked. One means all of them and nobody else.
#
# **Predict before you run.** Order the users by impressions, busiest first. At which place does the first bot stand?

# %%
guess("02.first_bot")

# %% slideshow={"slide_type": "slide"} slide="## These bots are easy, and weigh much" notes="Many impressions and a click rate far above the mean: two limits find them. But look at slot 5: few rows, many of the clicks. Then ask: what would you do as the author of the bot? (1.5 min)"
events = impressions[~exact]
n_shown = events["user_id"].value_counts()  # most impressions first
many = n_shown.index[n_shown >= (200 if SCALE == "full" else 20)]
bot_rows = truth.loc[events.index, "is_bot"]
is_bot = many.isin(events.loc[bot_rows, "user_id"])  # of the users in `many`


def f1(marked):
    return 2 * (marked & is_bot).sum() / (marked.sum() + is_bot.sum())


click_rate = events.groupby("user_id")["clicked"].mean().reindex(many).to_numpy(float)
suspects = many[click_rate > 0.08]  # the log's mean is 3 %
places, shown = np.flatnonzero(is_bot) + 1, n_shown[many[is_bot]]
print(f"{is_bot.sum()} bots: places {places.min()} to {places.max()} of {len(many)} busy users,\n"
      f"{shown.min()} to {shown.max()} impressions each")
print(f"rows without a user, which no rule about users can judge: {events['user_id'].isna().mean():.0%}")
reveal("02.first_bot", places.min(), fmt="d")

# %% slideshow={"slide_type": "-"}
claim("A limit on the click rate finds the bots of this log, and few others (F1)",
    f1(click_rate > 0.08), id="02.bots_by_rate", at_least=0.85,
    baseline=f1(np.full(len(many), True)))  # mark all of `many`
slot_5 = bot_rows[events["position"] == 5]
claim(
    "Bots weigh much where clicks are rare: their share of the clicks in slot 5 (baseline: of the rows)",
    slot_5[events["clicked"] == 1].mean(),
    id="02.bots_in_slot_5", baseline=slot_5.mean(), at_least=0.05, fmt=".0%")

# %% [markdown]
# That was too easy. These bots keep one id, come equally often, and click far more than people. What if they were more careful? A person looks at the top of a page more than at its bottom, and a simple
# bot does not look at all. So a second rule takes the click rate in slots 4 and 5 alone. We draw the clicks of the bots anew, all else stays, and give each rule the best limit it could have.

# %%
busy = events[events["user_id"].isin(many)]
busy_bots, luck = bot_rows[busy.index], np.random.default_rng(SEED).random(len(busy))
as_people = busy["position"].map(events[~bot_rows].groupby("position")["clicked"].mean())


def best_f1(clicked):  # the truth chooses the limit: none could do better
    rate = clicked.groupby(busy["user_id"]).mean().reindex(many).to_numpy(dtype=float)
    return max(f1(rate >= limit) for limit in rate)


best = {}
for kind, chance in {"always 12 %": 0.12, "always 4 %": 0.04, "as people do": as_people}.items():
    clicked = busy["clicked"].where(~busy_bots, luck < chance)
    best[kind] = {"all slots": best_f1(clicked), "slots 4, 5": best_f1(clicked[busy.position >= 4])}
best = pd.DataFrame(best).T.rename_axis("bots click")
print(best.round(2).to_string())

# %% slideshow={"slide_type": "slide"} slide="## Careful bots hide\nA rule finds the bots that you have imagined. Count what you drop, and say so." notes="People look less far down the page, simple bots do not look at all: so slots 4 and 5 tell more. A bot that clicks as people do is found by neither rule: other columns are needed. Count what you drop, and write it down. (1.5 min)"
claim("Bots that click a little more than people are found better far down the page (ratio of F1)",
    best.loc["always 4 %", "slots 4, 5"] / best.loc["always 4 %", "all slots"],
    id="02.careful_bots", baseline=1.0, at_least=1.3)
claim("Bots that click as people do, slot by slot, are found by neither rule (F1 of the better one)",
    best.loc["as people do"].max(),
    id="02.bots_like_people", baseline=best.loc["always 12 %"].max(), at_most=0.3, fmt=".2f")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## What was shown?\nMost ads were chosen by the *logged* policy, which puts the ads that it believes in on top. For a small *random* slice, any ad could come into any slot.\n\n**Predict:** from slot 1 to slots 4 and 5, where does the click rate fall faster?" notes="Explain the two policies with a page of five slots on the board. Then everybody writes down: logged, or random. (1 min)"
# Against the last kind you need other columns: addresses, times, what follows a click. What you drop is a decision, so count it and write it down. We drop the suspects of the plain rule and keep the rows without a user.
#
# ## What was shown?
#
# Most ads were chosen by the *logged* policy, which puts the ads that it believes in on top. For a small random slice, any ad could come into any slot. How much does the slot itself matter?
#
# **Predict before you run.** From slot 1 to slots 4 and 5, where does the click rate fall faster?

# %%
guess("02.steeper", choices=["under the logged policy", "in the random slice", "about as fast"])

# %%
clean = events[~events["user_id"].isin(suspects)]
rate = clean.pivot_table("clicked", "position", "policy", observed=True).astype(float)
rate["truth"] = truth["examination"].groupby(clean["position"]).mean()  # slot is looked at
steepness = rate.loc[1] / rate.loc[4:].mean()  # slot 1 over slots 4 and 5
print(steepness.round(1).rename("slot 1 over slots 4 and 5").to_string())

n_clicks = clean[clean["policy"] == "random"].groupby("position")["clicked"].sum()
error = np.sqrt(1 / n_clicks[1] + 1 / n_clicks.loc[4:].sum())  # of the logarithm
low, high = steepness["random"] * np.exp([-2 * error, 2 * error])
print(f"random slice, two standard errors: {low:.1f} to {high:.1f}")
logged = steepness["logged"]
faster = "under the logged policy" if logged > high else "in the random slice"
reveal("02.steeper", "about as fast" if low < logged < high else faster)

# %% slideshow={"slide_type": "slide"} slide="## Logged clicks blame the slot" notes="The dotted line is the truth that only a simulation knows. Ask why the lines part: better ads go to the top, so slot and ad are confounded. Then ask which of the three a company without a random slice can draw. Only the steepest, and it is wrong. (2 min)" alt="Click rate by slot relative to slot 1: the logged policy lies below the true examination at each lower slot; the points of the random slice scatter around the truth with wide bars."
relative = rate / rate.loc[1]
error = 2 * relative["random"] * np.sqrt(1 / n_clicks + 1 / n_clicks[1])  # two standard errors
error[1] = 0  # by definition: slot 1 is the unit

fig, ax = plt.subplots()
ax.plot(relative["truth"], color="black", linestyle=":", label="truth: slot is looked at")
ax.errorbar(error.index, relative["random"], error, fmt="o", color=plots.MUTED, label="random slice")
ax.plot(relative["logged"], color=plots.ACCENT, label="logged policy")
ax.legend(loc="lower left")
ax.set_title("Logged clicks fall faster down the page than attention does")
ax.set(xticks=range(1, 6), xlabel="slot", ylabel="click rate relative to slot 1", yscale="log")
ax.minorticks_off()
ax.set_yticks([0.1, 0.2, 0.5, 1], ["10 %", "20 %", "50 %", "100 %"])
plt.show()

# %% slideshow={"slide_type": "slide"} slide="## Ask for exposure logging" notes="Read the second claim as the cause of the first. A click needs a look and a relevant ad. Without position, policy, propensity and the rows without a click you cannot tell the two apart, and you cannot add the columns afterwards. In an interview, ask for them first. (2 min)"
claim("Logged clicks overstate the slot (slot 1 over slots 4 and 5, against the truth)",
    steepness["logged"] / steepness["truth"],
    id="02.position_overstated", baseline=steepness["random"] / steepness["truth"], at_least=1.25)
relevance = log.true_ctr / truth["examination"]  # chance of a click when the slot is looked at
by_slot = relevance[clean.index].groupby([clean["policy"], clean["position"]], observed=True).mean()
better = {name: by_slot[name].loc[1] / by_slot[name].loc[4:].mean() for name in ("logged", "random")}
claim("The cause: the policy shows more relevant ads in slot 1 than in slots 4 and 5 (ratio)",
    better["logged"], id="02.better_ads_on_top", baseline=better["random"], at_least=1.25)
by_policy = clean.groupby("policy", observed=True)["clicked"].mean()
claim("Ads that the policy chose are clicked more often than random ads (ratio of click rates)",
    by_policy["logged"] / by_policy["random"], id="02.selection", baseline=1.0, at_least=1.25)

# %% [markdown]
# A click needs a look and a relevant ad, so the rate is the product of the two, and logged clicks blame the slot for the ads. In the random slice chance assigned the ads: right on average, but noisy. The bars (two standard errors)
# are wide, and a single point may even lie under the logged line: look for one. So we judged slots 4 and 5 together. The last number is **selection bias**: a model that learns from logged rows alone sees ads that somebody already believed in. Both numbers need columns that many logs lack:
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
# A click is reported late: the event passes through phones, queues and joins. Until then the row looks like a non-click. Five impressions, and a training that starts at hour six:

# %% slideshow={"slide_type": "slide"} slide="## When is the label known?\nAsk first: how long until a click is known?" notes="Read line by line: what does the row say at hour six, and what is true? Two clicks are on their way and count as no click. Ask: what happens to the average click rate? It comes out too low. And if we wait? Then the model knows nothing of the last hours. (2 min)" alt="Five impressions on time lines, cut at hour six, where training starts: one click is reported before, so its label is 1; two clicks are reported later, so their rows still have the label 0; two rows have no click."
now, shown_at = 6, np.array([0.5, 1.5, 3, 4.5, 5.5])
reported_at = np.array([1.2, np.nan, 7.5, np.nan, 8])  # NaN: no click
says = np.where(reported_at <= now, "label 1", np.where(reported_at > now, "label 0, wrong", "label 0"))
rows = np.char.add(["1: ", "2: ", "3: ", "4: ", "5: "], says)
known, late = (list(zip(rows[it], reported_at[it])) for it in (reported_at <= now, reported_at > now))
kinds = {"shown": list(zip(rows, shown_at)), "click, reported in time": known, "too late": late}
plots.timeline(plt.gca(), rows, kinds, spans=zip(rows, shown_at, reported_at), moments={"training": now})
plt.gca().set(title="A click on its way counts as no click", xlabel="hours")
plt.show()

# %% alt="Share of the clicks reported against hours since the impression, logarithmic axis: the curve climbs within minutes, again over the hours, and is nearly flat by the end of a day."
clicks = clean[clean["clicked"] == 1]
delay = np.sort((clicks["reported_at"] - clicks["timestamp"]).dt.total_seconds() / 3600)  # hours

fig, ax = plt.subplots()
ax.plot(delay, np.arange(1, len(delay) + 1) / len(delay), color=plots.MUTED)
for hours, label in ((1 / 6, "10 min"), (1, "1 h"), (6, "6 h"), (24, "24 h")):
    share = (delay <= hours).mean()
    ax.plot(hours, share, "o", color=plots.ACCENT, markersize=9)
    ax.annotate(f"{label}: {share:.0%}", (hours, share), (10, -16), textcoords="offset points")
ax.set_title(f"After an hour, {(delay > 1).mean():.0%} of the clicks are still missing")
ax.set(xscale="log", xlim=(0.01, 100), xlabel="hours since the impression", ylabel="share reported")
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

claim("Trained on six hours without waiting, the average is expected to be too low by",
    too_low[0], id="02.no_wait", baseline=too_low[24], at_least=0.15, fmt=".0%")

# %% [markdown]
# The price of waiting is freshness: the model knows nothing of the last day. A model of the delay can have both: lesson 11.
#
# ## By what can this data be split?
#
# A test should ask what the system will be asked: predict the *future* of people it *knows*. So cut both logs at one moment and count the users, leaving out the rows without one.

# %%
from mlpipe.splits import by_time

for name, frame in {"MovieLens": ratings, "ad log": clean}.items():
    split = by_time(frame, cut=frame["timestamp"].quantile(0.8))  # a fifth comes after
    before, after = (set(part["user_id"].dropna()) for part in (split.train, split.test))
    print(f"{name}: {len(after):,} users after the cut, {len(after & before):,} of them known before")

# %% [markdown] notes="Core exercise, ten minutes. Two mistakes to look for: labels that use reports from the future, and young rows kept as zeros. Let the class say which of them makes the offline number look better."
# - **The ad log** can be split by time, with a gap for labels on their way.
# - **MovieLens** cannot say much about the future: too few users remain. A model that builds a user from new likes without refitting (**fold-in**) can be tested on all users after the cut. "The last 20 % of
#   each user" is order within a profile, for most users within a session; use it, and call it that.
#
# ### Exercise (core): rows that may be trained on
#
# All times are hours. `shown_at` holds the time of each impression, `reported_at` that of its click (NaN: none), also in the future. At time `now`, return two arrays: the positions of the
# impressions that are at least `wait` hours old, and their labels as known at `now`, 1 or 0. What is reported exactly at `now` is known.

# %% tags=["exercise:02.mature_labels"] slideshow={"slide_type": "slide"} slide="## Exercise: rows that may be trained on\nAt time `now`, return the positions of impressions at least `wait` hours old, and their labels as known at `now`. A missing `reported_at` is no click.\n\nTen minutes. The checker names your mistake; `.hint()` helps." slide_code="1-2" notes="In pairs. Two mistakes to look for: labels that use reports from the future, and young rows kept as zeros. Let the class say which of them makes the offline number look better. (10 min)"

# %%
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

# %%
guesses()

# %% [markdown]
# ## What we have seen
#
# - Sparse, skewed, and half of the users done within hours: MovieLens tells what people like, hardly when, and never what they were offered. Ask who was left out before you compare.
# - A log of choices measures the chooser, too. A random slice, positions and propensities are what lets you tell them apart.
# - Labels ripen. Bots are few, weigh much where clicks are rare, and are as easy to find as they are careless.

# %% slideshow={"slide_type": "slide"} slide="## Say it in the interview" notes="Go back to the board. Two learners say it aloud. How much too low one predicts without waiting stands in a claim of the lesson, below the figure of slide 12; the other numbers are on slides 5 and 11. Then ask: which column would you ask for first, and why? (2 min)"
say(
    "Before modelling I profile the log and ask what was shown. In a simulated ad log the "
    "chosen ads had {02.selection:.1f} times the click rate of random ones, and the logged "
    "clicks overstated the effect of the slot by a factor of {02.position_overstated:.1f}, so"
    " I would ask for a random slice. Training on the last six hours without waiting is "
    "expected to predict {02.no_wait} too low. In MovieLens half of the users are done within"
    " {02.median_span:.1f} hours, so I would not claim to predict the future with it.")

# %% [markdown]
# *Read more:* Harper and Konstan 2015, on MovieLens; Marlin and Zemel 2009, on ratings that are not missing at random; Joachims et al. 2005 and 2017, on position and clicks;
# Chapelle 2014, on delayed feedback. *Next:* 03, features from these logs.
