# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 500
#     budget_seconds: 20
#     minutes: 10
# ---

# %% [markdown]
# # Good on paper, poor on the page
#
# **Goal.** A recommender keeps only a part of what its report promised. Find the one fault of this pipeline from what it shows, name it, and repair it.
#
# | where we are | you need | it takes |
# |---|---|---|
# | somewhere in: data ▸ features ▸ model ▸ evaluation ▸ serving | 04; a few lines of NumPy | 10 minutes to read, under 20 s, under 500 MB |
#
# A team recommends films (MovieLens). The model learns each user's likes but the last one, describes films by 16 directions of taste, and scores every film for every user. The week of the page is *simulated*: each user comes on one day, finds ten films, and likes the film that was held out. A **hit**: it was shown.

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.decomposition import TruncatedSVD

from mlpipe import plots
from mlpipe.course import claim, exercise
from mlpipe.datasets import movielens, to_matrix
from mlpipe.splits import leave_last_out

ratings = movielens().ratings
likes = ratings[ratings["rating"] >= 4]
if SCALE == "small":
    likes = likes[likes["user_id"] <= 200]
split = leave_last_out(likes, seed=SEED)
film_ids = np.unique(likes["item_id"])
train = to_matrix(split.train, item_ids=film_ids)
last_like = split.test.set_index("user_id")["item_id"]
users = np.flatnonzero(np.isin(train.user_ids, last_like.index))
held_out = np.searchsorted(film_ids, last_like.loc[train.user_ids[users]])
history = train.matrix[users]

directions = TruncatedSVD(16, random_state=SEED).fit(train.matrix).components_
scores = (history @ directions.T) @ directions
seen = history.toarray() > 0

# %%
rng = np.random.default_rng(SEED)
visits = pd.DataFrame({"day": rng.choice([*"1234567"], len(users)), "likes": seen.sum(axis=1)})
visits["room"] = np.where(rng.random(len(users)) < 0.3, 6, 10)  # a phone has room for six films
visits["loaded"] = (visits["day"] != "4") | (rng.random(len(users)) < 0.4)  # pages that never came

# %% [markdown]
# What report and page are made of. `scores` and `seen` are users × films, `held_out` is one film a user; each function returns one line a user. A film that a user has liked before is never recommended again. The next release will have millions of films, so memory is cared for.

# %%
def ten_best(scores, seen, held_out):
    """The ten films of each user's page, the best one first."""
    pages = []
    for some in np.array_split(np.arange(len(scores)), len(scores) // 250 + 1):
        table = np.where(seen[some], -np.inf, scores[some])
        best = np.argpartition(-table, 10, axis=1)[:, :10]
        order = np.argsort(-np.take_along_axis(table, best, axis=1), axis=1)
        pages.append(np.take_along_axis(best, order, axis=1))
    return np.concatenate(pages)


def films_above(scores, seen, held_out):
    """The number of films that stand above the held-out one in the user's order."""
    places = []
    for some in np.array_split(np.arange(len(scores)), len(scores) // 250 + 1):
        films, column = np.unique(held_out[some], return_inverse=True)
        table = np.where(seen[some], -np.inf, scores[some])[:, films]
        own = table[np.arange(len(some)), column]
        places.append((table > own[:, None]).sum(axis=1))
    return np.concatenate(places)

# %%
def margin(scores, seen, held_out):
    """How much the held-out film's score exceeds that of the tenth best film; 0 if it is that one."""
    margins = []
    for some in np.array_split(np.arange(len(scores)), len(scores) // 250 + 1):
        films, column = np.unique(held_out[some], return_inverse=True)
        table = np.where(seen[some], -np.inf, scores[some])
        own = table[:, films][np.arange(len(some)), column]
        margins.append(own - np.partition(table, -10, axis=1)[:, -10])
    return np.concatenate(margins)


def popularity(scores, seen, held_out):
    """Share of the films that fewer users have liked than the held-out one."""
    count, shares = seen.sum(axis=0), []
    for some in np.array_split(np.arange(len(scores)), len(scores) // 250 + 1):
        films, column = np.unique(held_out[some], return_inverse=True)
        fewer = [(count < own).mean() for own in count[films]]
        shares.append(np.take(fewer, column))
    return np.concatenate(shares)

# %%
visits["promised"] = films_above(scores, seen, held_out) < 10
shown = ten_best(scores, seen, held_out) == held_out[:, None]
shown &= np.arange(10) < visits["room"].to_numpy()[:, None]
visits["hit"] = shown.any(axis=1) & visits["loaded"]
visits["film"] = np.where(popularity(scores, seen, held_out) > 0.95, "popular", "other")
visits["user"] = np.where(visits["likes"] < 30, "few likes", "many likes")

for part in ("day", "room", "film", "user"):
    told = visits.groupby(part)[["promised", "hit"]].agg(["mean"]).droplevel(1, axis=1)
    print(told.assign(users=visits.groupby(part).size()).round(2).T.to_string(), "\n")

# %% alt="Two bars for each of seven days. What the report promised is far higher than what the page had, on each of them, also on those when every page came."
means = visits.groupby("day")[["promised", "hit"]].mean()
claim(
    "The report promised more than twice the hits that the page then had (ratio)",
    visits["promised"].mean() / visits["hit"].mean(),
    id="t2.symptom", baseline=1.0,  # what was promised is what is seen
    at_least=2.0, fmt=".1f",
)
plots.use_style()
_, ax = plt.subplots()
at = np.arange(len(means))
ax.bar(at - 0.2, 100 * means["promised"], 0.38, color=plots.MUTED, label="report")
ax.bar(at + 0.2, 100 * means["hit"], 0.38, color=plots.ACCENT, label="page")
ax.set(title="Each day the page has a part of what was promised", ylabel="users with a hit (%)")
ax.set_xticks(at, [f"day {day}" for day in means.index])
ax.legend(ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.08))
plt.show()

# %% [markdown]
# ## Exercise (core): name the fault
#
# One thing is wrong. Some of what looks odd is not. Return one of these names, as text: the function body is `return "..."`. The list is the same in all traps; a name may be right in one of them, in several, or in none. Add cells and compute before you answer: all that you need is in this notebook.
#
# | name | what it means |
# |---|---|
# | `cold_start` | many of the requests are for users or items without a history |
# | `delayed_labels` | outcomes that arrive late are missing, and they count as none |
# | `duplicate_events` | one event is stored several times, and is counted each time |
# | `feedback_loop` | the data to learn from were chosen by the model's own outputs |
# | `novelty_effect` | people use a thing while it is new to them, and later give up |
# | `sample_ratio_mismatch` | the groups compared do not hold all that were assigned to them |
# | `sampled_metric` | a ranking is judged against some of its rivals, not all of them |
# | `stale_model` | the world has changed since the model in use was last trained |
# | `target_leakage` | an input holds something that was not known when it was needed |
# | `train_serve_skew` | two programs make the same input, and they do not agree on it |
# | `uncorrected_sampling` | rows were drawn with unequal chances, with no or a wrong weight |
# | `version_skew` | parts that were made at different times are used as one whole |

# %% tags=["exercise:t2.fault"]

# %%
exercise("t2.fault").check(fault)

# %% [markdown]
# ## Exercise: repair it
#
# One of the four functions above must change. Write it again under the name `repaired`, with the same arguments. It must return what its first line says, for any numbers of users and films, and a film that nobody has liked yet is a rival, too. Scores do not tie. Then put it in the old one's place and run the notebook again.

# %% tags=["exercise:t2.fix"]

# %%
exercise("t2.fix").check(repaired)

# %% [markdown]
# ## In real work
#
# Compute the number of the report in a second way, from the lists that users would really see, for a handful of users, by hand. Then ask what the same report gives for scores drawn at random: what a dice roll gets on the page, or more?
