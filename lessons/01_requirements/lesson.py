# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 800
#     budget_seconds: 15
#     minutes: 20
# ---

# %% [markdown] notes="Open with the question: what do you ask before you design anything? Collect five answers on the board. Are the surface (where it is shown) and what is logged today among them? Plan: opening question 2, metrics 2, proxy gap 3, baseline 3, auction 3, scale 3, size of the test 2, say it 2. The core exercise, ten minutes, is counted apart. (2 min)" slideshow={"slide_type": "slide"} slide="# From wishes to requirements\n\n**Goal.** Turn what stakeholders wish into a machine-learning task with metrics, guardrails and numbers.\n\nWhat do you ask *before* you design anything?"
# # From wishes to requirements
#
# **Goal.** Turn what stakeholders wish into a machine-learning task with metrics, guardrails and numbers, for both interview questions.
#
# | where we are | you need | it takes |
# |---|---|---|
# | **requirements** ▸ data ▸ features ▸ model ▸ evaluation ▸ serving | nothing; 00 explains claims and exercises | 20 minutes to read, under 15 s, under 800 MB |

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown] slideshow={"slide_type": "slide"} slide="## A wish becomes a metric\n\n- The **goal** is one metric; the others are **guardrails**, which must not get worse.\n- *Like*: a rating of four stars or more. *Conversion*: purchases / clicks.\n- Each formula on two logs, MovieLens and *simulated* ads:" notes="Take each wish in turn: which formula, which log, goal or guardrail? Wait until somebody sees the last line of the output: conversion has no number, as no log holds purchases. In an interview you say so, and ask for that event. (2 min)"
# ## What does "make it better" mean as a number?
#
# A product manager says: *people should enjoy the films we suggest, find new ones, and come back.* An advertiser says: *I want more clicks for my money.*
# Neither sentence can be trained on. Each wish becomes a **metric**: a formula on logged events. One metric is the **goal**; the others are **guardrails**,
# which must not get worse while the goal gets better.
#
# A *like* is a rating of four stars or more. An *impression* is one showing of one ad.
#
# | wish | metric | formula | unit | role |
# |---|---|---|---|---|
# | people use it | engagement | ratings / pairs of a user and a day with a rating | ratings a user and day | guardrail |
# | they enjoy it | satisfaction | likes / ratings | share | goal of the recommender |
# | they find new things | discovery | likes outside the 100 most liked films / likes | share | guardrail |
# | they come back | return | users who rate again more than 24 hours after their first rating / users | share | guardrail |
# | ads interest people | click-through rate (CTR) | clicks / impressions | share | part of the ads' goal |
# | clicks become sales | conversion | purchases / clicks | share | guardrail of the ads |
#
# A formula is only worth something when the log can feed it. We try each on two logs: MovieLens (real ratings) and a *simulated* ad log.

# %% slideshow={"slide_type": "-"}
import numpy as np
import pandas as pd

from mlpipe.course import claim, exercise, guess, guesses, reveal, say
from mlpipe.datasets import movielens
from mlpipe.simulator import simulate_ad_log

films = movielens()
ratings = films.ratings
n_impressions = 1_000_000 if SCALE == "full" else 100_000
impressions = simulate_ad_log(n_impressions, seed=SEED).impressions

likes = ratings[ratings["rating"] >= 4]
most_liked = likes["item_id"].value_counts().index[:100]
user_days = ratings.assign(day=ratings["timestamp"].dt.date).drop_duplicates(["user_id", "day"])
times = ratings.groupby("user_id")["timestamp"]
first_to_last = times.max() - times.min()

leaves = {
    "engagement (ratings a user and day)": len(ratings) / len(user_days),
    "satisfaction": len(likes) / len(ratings),
    "discovery": 1 - likes["item_id"].isin(most_liked).mean(),
    "return": (first_to_last > pd.Timedelta("24h")).mean(),
    "click-through rate": impressions["clicked"].mean(),
    "conversion": float("nan"),  # no column of either log holds purchases
}
print(pd.Series(leaves).round(3).to_string())

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Is the label what we want?\n\nWe could train on \"was watched\" (here: was rated). Does that lead to what people like?\n\n**Predict.** The 100 films with the most ratings, and the 100 with the best mean rating (20 ratings or more): how many are in both lists?" notes="First go back to the NaN of the slide before: a strong moment in an interview is to ask for the log that you do not have. Then everybody writes a number. Ask aloud: how many would be in both if label and goal were the same? (Not 100: the mean of 20 ratings is noisy.) (1 min)"
# Read the last line: conversion has no number, because neither log holds purchases. In an interview you say so, and ask for that event to be logged. A metric
# tree shows which data is *missing* before anybody trains a model.
#
# ## Is the label what we want?
#
# The label is what we train on; the goal is what we want. Suppose we train on "was watched", because there is more of it (here: was rated, the only sign of watching that we have). Does that lead to what people like?
#
# **Predict before you run.** Take the 100 films with the most ratings, and the 100 with the best mean rating (of those with at least 20 ratings). How many are in both lists? Say aloud:
# and if label and goal were the same? A mean of 20 ratings is noisy, so we split the ratings at random into halves, list the best 100 of each, and count what these two lists share.

# %%
guess("01.both_lists", unit="films")

# %% slideshow={"slide_type": "slide"} notes="Each row is one limit. Last column: two halves of the same ratings, the best 100 of each; that is the luck of the measurement. The gap lies between the first column and the last: compare with a repeat, not with 100. At the limit 5 the first column is hardly above chance: say the limit with the number. (2 min)" slide="## The label is a proxy\n\nFilms in both lists of 100, by the ratings that a film needs (*limit*):"
rng = np.random.default_rng(SEED)
by_film = ratings.groupby("item_id")["rating"].agg(["size", "mean"])
most_rated = set(by_film["size"].nlargest(100).index)


def best_rated(rows, known):
    means = rows.groupby("item_id")["rating"].mean()
    return set(means[means.index.isin(known)].nlargest(100).index)


overlap = {}
for limit in (5, 20, 50):  # ratings that a film needs to be listed among the best
    known = by_film.index[by_film["size"] >= limit]
    halves = [rng.random(len(ratings)) < 0.5 for _ in range(10)]  # ten random splits
    again = [best_rated(ratings[h], known) & best_rated(ratings[~h], known) for h in halves]
    overlap[limit] = {
        "most and best": len(most_rated & best_rated(ratings, known)),
        "chance": 100 * len(most_rated.intersection(known)) / len(known),
        "best and best again": np.mean([len(films) for films in again]),
    }
print(pd.DataFrame(overlap).T.rename_axis("limit").round(0).astype(int).to_string())

# %% slideshow={"slide_type": "-"}
claim(
    "Fewer of the most rated films are among the best than a repeat of the measurement finds",
    overlap[20]["most and best"] / 100,
    id="01.proxy_gap", baseline=overlap[20]["best and best again"] / 100,  # noise alone
    between=(0.12, 0.3), fmt=".0%",
)
reveal("01.both_lists", overlap[20]["most and best"], fmt=".0f")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Do we need machine learning?\n\nThe plainest personal list counts films that are liked *together*:\n\n$$ s_{ij} = \\frac{\\text{users who like } i \\text{ and } j}{\\sqrt{n_i\\, n_j}} $$\n\n$n_i$: users who like film $i$." notes="Read the formula with two films that the class knows: many like both because many like each, so we divide. Then show the question, and ask who expects more diversity inside one personal list, and why. (1.5 min)"
# The baseline is the list of the best against itself. Much of what is missing is noise, yet at each limit the most rated films share less with the best than a repeat of the measurement does. (By chance alone, the two lists would share what the table says: at the limit 5, nearly as many.) (A half holds half
# of the ratings: a repeat with all would agree more.) The count depends on the limit, so quote both. What remains is the **proxy gap**. A strong answer names the label, says how it can mislead, and puts a guardrail on what it leaves out.
#
# ## Do we need machine learning at all?
#
# Ask this before any model. The plainest recommender shows everybody the films that most people like. One step up is a count: films liked *together* with the ones
# that you like. If $\mathbf{X}$ (users × films) is one where a user likes a film and zero elsewhere, and $n_i$ counts who likes film $i$, the similarity of two films is their **cosine**
#
# $$ s_{ij} = \frac{(\mathbf{X}^\top \mathbf{X})_{ij}}{\sqrt{n_i\, n_j}} $$
#
# the number of users who like both, over what popularity alone makes large: 1 when the same users like them, 0 when nobody likes both. We hide a fifth of each user's ratings and recommend ten films from the rest.

# %%
import scipy.sparse as sp

from mlpipe.datasets import to_matrix
from mlpipe.splits import random_per_user

split = random_per_user(ratings, share=0.2, seed=SEED)
users, items = np.unique(ratings["user_id"]), np.unique(ratings["item_id"])
rated = to_matrix(split.train, user_ids=users, item_ids=items).matrix.toarray() > 0
X, hidden = (
    to_matrix(part[part["rating"] >= 4], user_ids=users, item_ids=items).matrix
    for part in (split.train, split.test)
)

n_likes = np.asarray(X.sum(axis=0)).ravel()
scaled = X @ sp.diags(1 / np.sqrt(n_likes.clip(1)))
similarity = scaled.T @ scaled
similarity.setdiag(0)

# %%
def top_ten(scores):
    scores = np.where(rated, -np.inf, scores)  # nothing that the user has rated already
    return np.argsort(-scores, axis=1, kind="stable")[:, :10]


lists = {
    "random": top_ten(rng.random(X.shape)),
    "popularity": top_ten(np.broadcast_to(n_likes, X.shape)),
    "liked together": top_ten((X @ similarity).toarray()),
}

# %% [markdown] slideshow={"slide_type": "fragment"} slide="**Predict.** Diversity *inside* one list, against the list of popular films: less, about the same, more?"
# Each wish needs a number for these lists, too. *Precision* is the share of the ten places with a hidden like (a *hit*). *Diversity* inside a list is one minus the cosine of two films' genre vectors, averaged over all pairs. *Coverage* is the
# share of films that anybody is shown. *Discovery* becomes the share of places with a hit outside the 100 most liked films (popularity's ten are all inside). All are stand-ins: nobody in this log was shown our lists, so who would like them, or come back, is unknown.
#
# **Predict before you run.** Are the personal lists more diverse *inside* than the popular one?

# %%
guess("01.diverse", choices=["less", "about the same", "more"])

# %%
from mlpipe.ranking_metrics import catalogue_coverage, intra_list_diversity
from mlpipe.ranking_metrics import non_obvious_hit_rate, precision_at_k
from mlpipe.uncertainty import paired_ratio

genres = films.items.set_index("item_id").loc[items, "genres"]
genres = genres.str.get_dummies("|").to_numpy(dtype=float)  # films x genres
by_user = {
    name: {
        "precision": precision_at_k(shown, hidden, k=10),
        "discovery": non_obvious_hit_rate(shown, hidden, n_likes),
        "diversity": intra_list_diversity(shown, genres),
        "coverage": catalogue_coverage(shown, len(items)),  # one number for all users
    }
    for name, shown in lists.items()
}
measured = pd.DataFrame(by_user).T.map(np.nanmean)
print(measured.round(3).to_string())
for metric in ("precision", "diversity"):  # the same users, drawn anew
    lift = paired_ratio(by_user["liked together"][metric], by_user["popularity"][metric])
    print(f"{metric}, liked together over popularity: {1 + lift.estimate:.2f}", end="")
    print(f" (95 % interval {1 + lift.low:.2f} to {1 + lift.high:.2f})")

# %% slideshow={"slide_type": "slide"} slide="## Counting beats popularity, not in everything" notes="Go through the claims: precision and coverage rise, diversity inside a list does not. In the last two the trivial model is a list drawn at random. Ask: which of the two diversities does the stakeholder mean, inside one list or across all users? (1.5 min)"
popular = measured.loc["popularity"]
gain, scattered = (measured.loc[name] / popular for name in ("liked together", "random"))
claim("Films liked together find more hidden likes than popularity (ratio of precision at 10)",
      gain["precision"], id="01.counts_vs_popularity", baseline=1.0, at_least=1.2)
claim("Personal lists show many times more films, yet far from all (ratio of coverage)",
      gain["coverage"], id="01.coverage", baseline=scattered["coverage"], between=(5, 50))
claim("A personal list is not more diverse inside than the popular one (ratio of diversity)",
      gain["diversity"], id="01.diversity", baseline=scattered["diversity"],  # a random list is
      between=(0.93, 1.02), fmt=".2f")
change = gain["diversity"] - 1
reveal("01.diverse", "about the same" if abs(change) < 0.03 else "more" if change > 0 else "less")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Who spends the score?\n\nAn auction multiplies it by money; the largest value wins:\n\n$$ \\text{eCPM}_a = 1000 \\cdot \\text{bid}_a \\cdot \\hat p_a $$\n\nTwo ads compete. We double all predictions of the first.\n\n**Predict.** What part of the revenue is lost?" notes="Point out that the order of the impressions of each ad stays, and so does its AUC. Take guesses in per cent. A stakeholder with a list of films only needs the order; who spends the score may need more. (1.5 min)"
# Counting alone is better than popularity, so a model must beat *counting*, not guessing. But a stakeholder who
# wished for "more diversity" may mean inside one list, or across all users. These lists give more of the second than popularity does, and no more of the first. Ask which.
#
# ## Who spends the score?
#
# In the second question an auction uses the score. The ad with the highest **expected value** wins, usually written for a thousand impressions (eCPM):
#
# $$ \text{eCPM}_a = 1000 \cdot \text{bid}_a \cdot \hat p_a $$
#
# with the bid in money a click and $\hat p_a$ the predicted click probability. The score is *multiplied by money* and compared with other ads, so each ad's score must be right *relative to* the others. Let two ads compete 200,000 times.
# We double all predictions for the first ad. The order among its own impressions stays, and with it the AUC (area under the ROC curve) of each ad taken alone. What changes is the comparison
# *between* the two.
#
# **Predict before you run.** What part of the revenue does that cost?

# %%
guess("01.auction", unit="%")

# %% slideshow={"slide_type": "slide"} slide="## An auction needs more than the order\n\nWhere prices or budgets use the level, scores must be **calibrated**: of the impressions with a prediction of 3 %, 3 % are clicked." notes="The coin gives the scale of what can be lost at all. Ask: and if all predictions of all ads were doubled? No winner changes, but prices and budgets may. So ask who spends the score before you name a model. (1.5 min)"
n_auctions = 200_000
bid = rng.lognormal(mean=0.0, sigma=0.5, size=(n_auctions, 2))  # money a click
p_click = rng.beta(3, 97, size=(n_auctions, 2))  # true probabilities, 3 % on average


def revenue(factor):
    predicted = p_click * [factor, 1.0]
    winner = (bid * predicted).argmax(axis=1)
    return (bid * p_click)[np.arange(n_auctions), winner].sum()  # paid when clicked


lost = 1 - revenue(2.0) / revenue(1.0)
claim(
    "Doubling one ad's predictions costs revenue although each ad's own order stays", lost,
    id="01.miscalibration_cost", baseline=0.0,  # what the true probabilities lose
    at_least=0.02, fmt=".1%",
)
by_coin = (bid * p_click).mean(axis=1).sum()
print(f"for scale: choosing by a coin costs {1 - by_coin / revenue(1.0):.0%}")
reveal("01.auction", 100 * lost, fmt=".0f")

# %% [markdown]
# A factor on *all* ads would change no winner: ratios decide who wins, and the level matters where prices, budgets or a smallest bid depend on it. So the auction, before any model is named, asks for scores that are right for every ad beside the others.
# Where prices or budgets use the level, they must be **calibrated**: of the impressions with a prediction of 3 %, 3 % are clicked. Where a score only sorts one list, the order is enough.
#
# ## How large is it?
#
# Four numbers, aloud, in one minute: requests a second (also *queries a second*, QPS), memory, time to score, and the size of the experiment. `mlpipe.envelope` holds the formulas; read one and you can do it on paper.

# %% slideshow={"slide_type": "slide"} slide="## How large is it?\n\nFour numbers, aloud, in a minute: requests a second, memory, time to score, size of the experiment." notes="Do the first line on the board: users a day times requests, over 86,400 seconds (call it 100,000), times three. Then the vectors: users times 64 times 4 bytes. The time to score and the experiment are on the next slides. (1.5 min)"
from mlpipe.envelope import ab_sample_size, brute_force_seconds, embedding_bytes
from mlpipe.envelope import human, log_bytes_per_day, queries_per_second

table = embedding_bytes(n_ids=100e6, dimension=64)
peak = queries_per_second(100e6, 10, peak_factor=3)  # 100 M users a day, 10 requests each
print("requests at peak, three times the mean:", human(peak, "/s"))
print("log a day:", human(log_bytes_per_day(events_per_day=1e9, bytes_per_event=500), "B"))
print("vectors of 100 M users, 64 numbers each:", human(table, "B"))

claim(
    "Vectors of 100 million users do not fit in 16 GB (ratio of need to memory)", table / 16e9,
    id="01.embedding_memory",
    baseline=embedding_bytes(100e6, 64, bytes_per_number=1) / 16e9,  # one byte each
    at_least=1.0,
)

# %% [markdown]
# Which **surface** is it for? An email computed at night may take a second; a home page has perhaps 20 ms to retrieve; suggestions while typing have 5 ms. (Orders of magnitude: ask for the real budget.) Scoring everything reads each vector once: items × 64 numbers × 4 bytes, at about 20 GB a second from memory.

# %% alt="Time to score all items against catalogue size, both on logarithmic axes: a straight line that crosses the budgets of typing, home page and nightly email one after the other." slideshow={"slide_type": "slide"} slide="## Can you simply score everything?" notes="Choose a catalogue on the horizontal axis, go up to the line: which surface allows it? Above the crossing you need a cheap first stage that finds candidates. Two stages come from arithmetic, not from fashion. A good ranker costs more for each item and moves the crossing to the left. (1.5 min)"
import matplotlib.pyplot as plt

from mlpipe import plots

plots.use_style()
catalogue = np.geomspace(1e4, 1e9, 50)
milliseconds = [1000 * brute_force_seconds(n_items=n, dimension=64) for n in catalogue]

fig, ax = plt.subplots()
ax.loglog(catalogue, milliseconds, color=plots.ACCENT)
budgets = {"while typing: 5 ms": 5, "home page: 20 ms": 20, "email at night: 1 s": 1000}
for surface, budget in budgets.items():
    ax.axhline(budget, color=plots.MUTED, linestyle="--")
    ax.text(1.2e4, budget * 1.25, surface)
ax.set(title="The surface decides whether you may simply score everything")
ax.set(xlabel="items in the catalogue", ylabel="time to score all of them (ms)")
plt.show()

# %% [markdown] slideshow={"slide_type": "slide"} slide="## How many users does the test need?\n\nOne user in a hundred clicks; you hope for 2 % more of them (1.00 % to 1.02 %). Power 80 %, significance level 5 %.\n\n**Predict.** Users in each group: a thousand, a hundred thousand, four million?" notes="Ask for a show of hands for each answer. Whoever says a thousand has read the lift as two points, 1 % to 3 %. Ask aloud: and for half the lift? (1 min)"
# Below the crossing, one request may score everything (times the requests a second, for the number of machines). Above it you need a cheap first stage that finds a few hundred candidates for a second one that ranks them. A
# good ranker costs far more than 64 multiplications an item, which moves the crossing to the left: *two-stage* systems come from arithmetic.
#
# **Predict before you run.** One user in a hundred clicks, and you hope for 2 % more of them (1.00 % to 1.02 %). You want to see such a lift in 80 % of the cases where it is there (the **power**), and to be fooled in 5 % of the cases where
# nothing is there (the significance level $\alpha$; in 05 the letter is a weight). How many users does each group of an A/B test need? Say aloud: and for half the lift?

# %%
guess("01.users", choices=["a thousand", "a hundred thousand", "four million"])

# %% slideshow={"slide_type": "slide"} notes="The baseline of the first claim is the lift read as two points. The number of users grows with one over the square of the difference. Before you read a result, count the groups: a split that is not half and half beyond chance (sample-ratio mismatch) makes the result unreadable. (1 min)" slide="## Half the lift, four times the users\n\nIn the interview: size the test *before* you promise a lift."
n_users = ab_sample_size(base_rate=0.01, relative_lift=0.02, power=0.8, alpha=0.05)
n_users_half = ab_sample_size(base_rate=0.01, relative_lift=0.01)  # the same power and alpha
print(f"users a group: {n_users:,}; for half the lift: {n_users_half:,}")

# %% slideshow={"slide_type": "-"}
claim(
    "A 2 % lift of a 1 % click rate takes about four million users a group (in millions)",
    n_users / 1e6,
    id="01.ab_sample_size", baseline=ab_sample_size(0.01, 2.0) / 1e6,  # read as two points: 1 to 3 %
    between=(3.8, 4.0),
)
claim(
    "Half the lift needs about four times as many", n_users_half / n_users,
    id="01.half_the_lift", baseline=2.0,  # in proportion
    between=(3.9, 4.1),
)
nearest = np.abs(np.log10(n_users / np.array([1e3, 1e5, 4e6]))).argmin()
reveal("01.users", ["a thousand", "a hundred thousand", "four million"][nearest])

# %% [markdown] notes="In pairs. Two mistakes to look for: reading the lift as absolute, and a one-sided test. The checker names both. (10 min)" slideshow={"slide_type": "slide"} slide="## Core exercise: size of an A/B test\n\nCompute the users of each group; two-sided, rounded up.\n\n$$ p_2 = p_1 (1 + \\text{lift}) $$\n\n$$ n = \\frac{(z_{1-\\alpha/2} + z_{\\text{power}})^2 \\, \\left[ p_1(1-p_1) + p_2(1-p_2) \\right]}{(p_2 - p_1)^2} $$"
# Before you read a result, count the groups. If a split that was meant to be half and half differs by more than chance allows, there is a **sample-ratio mismatch** (SRM): users were lost or assigned wrongly, perhaps not at random.
# Then look for the fault, and leave the result unread.
#
# ### Exercise (core): the size of an A/B test
#
# Write it yourself. With rates $p_1$ and $p_2 = p_1 (1 + \text{lift})$, significance level $\alpha$ (two-sided) and the quantiles $z$ of the normal distribution (`scipy.stats.norm.ppf`), each group needs
#
# $$ n = \frac{(z_{1-\alpha/2} + z_{\text{power}})^2 \, \left[ p_1(1-p_1) + p_2(1-p_2) \right]}{(p_2 - p_1)^2} $$
#
# users. Round up.

# %% tags=["exercise:01.ab_sample_size"] slideshow={"slide_type": "-"} slide_code="1-2"

# %%
exercise("01.ab_sample_size").check(ab_group)

# %% [markdown]
# ### Exercise: hits that are not obvious
#
# `shown` holds the item numbers of one list, `liked` the items that the user turned out to like, `popularity` the likes of each item. Return the share of the list that was liked *and* is not
# among the `head` most popular items. Ties in popularity: the lower item number counts as more popular.

# %% tags=["exercise:01.discovery"]

# %%
exercise("01.discovery").check(discovery)

# %% [markdown]
# ### Exercise: who wins the auction?
#
# For arrays `bid` and `p_click`, return the position of the ad that wins and what a thousand such impressions earn in expectation when the winner pays its bid for each click: a tuple.

# %% tags=["exercise:01.winner"]

# %%
exercise("01.winner").check(winner)

# %% [markdown]
# ## What we have seen
#
# - A wish becomes a metric when the log can feed it; a missing event is a finding. The label is a proxy; measure its gap to the goal beside what noise alone would do.
# - Counting what is liked together is the baseline to beat. It serves some wishes and not others.
# - Who spends the score decides what it must be: an order for a list, a probability for an auction. Arithmetic decides the stages and the experiment.

# %%
guesses()

# %% slideshow={"slide_type": "slide"} slide="## Say it in the interview" notes="Go back to the board. Two learners say it in their own words, without reading. Listen for: the goal and its guardrails, the baseline with its data and split, who spends the score, and one number of scale. The numbers stand on slides 6, 8 and 12. (2 min)"
say(
    "I would fix the goal and two guardrails first, then the cheapest baseline. On MovieLens,"
    " random split, counting films that are liked together has {01.counts_vs_popularity:.1f} "
    "times popularity's precision at 10 and {01.coverage:.0f} times its coverage, yet its "
    "lists are no more diverse inside. For ads the score is spent in an auction: in a "
    "simulation, doubling one ad's predictions cost {01.miscalibration_cost} of the revenue "
    "although the order of its own impressions did not change. And before promising a 2 % "
    "lift on a 1 % click rate I would book {01.ab_sample_size:.1f} million users a group, at "
    "80 % power."
)

# %% [markdown]
# *Read more:* Kohavi, Tang and Xu 2020, *Trustworthy Online Controlled Experiments*, on metrics and sample size; He et al. 2014, on why an ad system needs calibration. *Next:* 02, what the logs hold.
