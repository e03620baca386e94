# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 500
#     budget_seconds: 30
#     minutes: 10
# ---

# %% [markdown]
# # Worse from day to day
#
# **Goal.** A recommender passes its test each night, and its page gets worse from day to day. Find the one fault of this pipeline from what it shows, name it, and repair it.
#
# | where we are | you need | it takes |
# |---|---|---|
# | somewhere in: data ▸ features ▸ model ▸ evaluation ▸ serving | 05 | 10 minutes to read, under 30 s, under 500 MB |
#
# A team recommends films (MovieLens) by implicit ALS, fitted each night on all likes so far, and tested: how many users have their next like among the ten best? Each test was passed. The days are *simulated*: each night some users add likes, on Wednesday new users come, on Thursday films are withdrawn.

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from mlpipe import plots
from mlpipe.course import claim, exercise
from mlpipe.datasets import movielens, to_matrix
from mlpipe.recommenders import ALS
from mlpipe.splits import leave_last_out

ratings = movielens().ratings
likes = ratings[ratings["rating"] >= 4]
if SCALE == "small":
    likes = likes[likes["user_id"] <= 300]
split = leave_last_out(likes, seed=SEED)
user_ids, film_ids = np.unique(split.train["user_id"]), np.unique(likes["item_id"])
next_like = split.test.set_index("user_id")["item_id"].reindex(user_ids).fillna(-1).to_numpy()

# %%
days = {"Mon": "03-02", "Tue": "03-03", "Wed": "03-04", "Thu": "03-05", "Fri": "03-06"}
rng = np.random.default_rng(SEED)
joined = np.where(rng.random(len(user_ids)) < 0.08, days["Wed"], "03-01")  # the others were there
came = {night: (joined <= night) & (rng.random(len(user_ids)) < 0.35) for night in days.values()}
withdrawn = np.where(rng.random(len(film_ids)) < 0.05, days["Thu"], "12-31")

row = np.searchsorted(user_ids, split.train["user_id"])
night = rng.choice(["03-01", *days.values()], len(row), p=[0.9] + 5 * [0.02])
there = np.array([one in came and came[one][place] for one, place in zip(night, row, strict=True)])
night = np.where(there, night, joined[row])
train = split.train.assign(night=night)

# %% [markdown]
# The store keeps what each night made, under its date. The tables of the films go into a search index, which is built on Mondays. To make a page, the server asks the store by these functions, for the night before it. They must not use anything of a later night.

# %%
def user_vectors(store, night):
    """The vectors of all users, to be multiplied with those of the films."""
    built = max(one for one in store["films"] if one <= night)
    came = [store["came"][one] for one in store["came"] if built < one <= night]
    lately = np.reshape(np.any(came, axis=0), (-1, 1))
    return np.where(lately, store["users"][night], store["users"][built])


def film_vectors(store, night):
    """The vectors of all films, to be multiplied with those of the users."""
    built = max(one for one in store["films"] if one <= night)
    return store["films"][built]


def popularity(store, night):
    """Small numbers which order the films for users whose vectors say nothing."""
    latest = sorted(one for one in store["liked"] if one <= night)[-3:]
    counts = sum(store["liked"][one].sum(axis=0) for one in latest)
    return 1e-6 * counts / counts.max()


def hidden(store, night):
    """Which films a user must not get: those liked before, and those withdrawn by then."""
    liked = store["liked"][night]
    gone = store["withdrawn"] <= night
    return liked | gone

# %%
def hits(users, films, small, kept_back):
    scores = np.where(kept_back, -np.inf, users @ films.T + small)
    best = film_ids[np.argsort(-scores, axis=1)[:, :10]]
    return (best == next_like[:, None]).any(axis=1)


store = {"users": {}, "films": {}, "liked": {}, "came": came, "withdrawn": withdrawn}
tested, page = {}, {}
for number, (day, night) in enumerate(days.items()):
    matrix = to_matrix(train[train["night"] <= night], user_ids=user_ids, item_ids=film_ids).matrix
    model = ALS(factors=32, iterations=6, random_state=10 * SEED + number).fit(matrix)
    store["users"][night], store["liked"][night] = model.user_factors, matrix.toarray() > 0
    if day == "Mon":
        store["films"][night] = model.item_factors
    tested[day] = hits(model.user_factors, model.item_factors, 0, store["liked"][night])
    parts = (function(store, night) for function in (user_vectors, film_vectors, popularity, hidden))
    page[day] = hits(*parts)

many = np.bincount(row) >= 50
for name, rows in {"all": many | ~many, "many likes": many, "few likes": ~many}.items():
    told = {"test": tested, "page": page}
    told = {kind: {day: hit[rows].mean() for day, hit in of.items()} for kind, of in told.items()}
    print(f"{name}, {rows.sum()} users", pd.DataFrame(told).T.round(3).to_string(), "", sep="\n")

# %% alt="Two lines over five days. The test of the night does not fall. The page begins at the same share of users on Monday and falls from day to day, to less than half of it on Friday."
both = {"test": tested, "page": page}
shares = {kind: [hit.mean() for hit in of.values()] for kind, of in both.items()}
claim(
    "On Friday the page has a small part of the hits that the model had in the night's test (ratio)",
    shares["page"][-1] / shares["test"][-1],
    id="t5.symptom", baseline=1.0,  # what was tested is what is served
    at_most=0.5, fmt=".2f",
)
plots.use_style()
_, ax = plt.subplots()
ax.plot(list(days), 100 * np.array(shares["test"]), color=plots.MUTED, label="test of\nthe night")
ax.plot(list(days), 100 * np.array(shares["page"]), color=plots.ACCENT, label="page of\nthe day")
ax.set(title="The tests stay good, the page gets worse", ylim=(0, None))
ax.set_ylabel("users with a hit among ten (%)")
plots.label_lines(ax)
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

# %% tags=["exercise:t5.fault"]

# %%
exercise("t5.fault").check(fault)

# %% [markdown]
# ## Exercise: repair it
#
# One of the four functions that ask the store must change. Write it again under the name `repaired`, with the same arguments. It must return what its first line says, by the newest stored vectors that the rule above the functions allows, for any night that has an index, whatever else the store holds. Then put it in the old one's place and run the notebook again.

# %% tags=["exercise:t5.fix"]

# %%
exercise("t5.fix").check(repaired)

# %% [markdown]
# ## In real work
#
# When each part passes its own test and the whole fails, look between the parts: take a few fixed users through all that is served, and compare each step with what it was when the model was tested.
