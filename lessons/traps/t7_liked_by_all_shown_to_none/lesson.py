# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 300
#     budget_seconds: 10
#     minutes: 10
# ---

# %% [markdown]
# # The films that everyone likes and nobody is shown
#
# **Goal.** A recommender never shows the most liked films. Find the one fault of this pipeline from what it shows, name it, and repair it.
#
# | where we are | you need | it takes |
# |---|---|---|
# | somewhere in: data ▸ features ▸ model ▸ evaluation ▸ serving | 12; a few lines of NumPy | 10 minutes to read, under 10 s, under 300 MB |
#
# A team recommends films (MovieLens) by a two-tower model, trained in batches; a fifth of the likes is hidden, to be found. The app on phones repeats a request that was slow, so some likes are in the log twice. A twentieth of the films is new: nobody could like them so far. These two things are *simulated*.

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
from mlpipe.splits import random_per_user

ratings = movielens().ratings
likes = ratings[ratings["rating"] >= 4]
likes = likes[likes.groupby("item_id")["user_id"].transform("size") >= 5]
if SCALE == "small":
    likes = likes[likes["user_id"] <= 200]
user_ids, film_ids = np.unique(likes["user_id"]), np.unique(likes["item_id"])
split, rng = random_per_user(likes, share=0.2, seed=SEED), np.random.default_rng(SEED)
wanted = to_matrix(split.test, user_ids=user_ids, item_ids=film_ids).matrix.toarray() > 0

# %%
n_films = len(film_ids)
is_new = rng.random(n_films) < 0.05
log = pd.DataFrame({"user": np.searchsorted(user_ids, split.train["user_id"])})
log["film"] = np.searchsorted(film_ids, split.train["item_id"])
log["phone"] = rng.random(len(log)) < 0.4
log = log[~is_new[log["film"]]].reset_index(names="like_id")
retried = log[log["phone"] & (rng.random(len(log)) < 0.3)]
log = pd.concat([log, retried]).sample(frac=1, random_state=SEED)

# %% [markdown]
# What is known of each film, one number a film. The training draws likes into batches; in a batch, the films of other rows are what a row's own film has to beat.

# %%
def times_liked(log, n_films):
    """Likes of the film."""
    once = log.drop_duplicates("like_id")
    return np.bincount(once["film"], minlength=n_films).astype(float)


def log_chance(log, n_films):
    """Logarithm of the chance that a like that is drawn is one of the film (one like if it has none)."""
    once = log.drop_duplicates("like_id")
    number = np.bincount(once["film"], minlength=n_films).clip(1)
    return np.log(len(once) / number)


def share_of_phones(log, n_films):
    """Share of the film's likes that came from a phone; 0 where it has none."""
    once = log.drop_duplicates("like_id")
    number = np.bincount(once["film"], minlength=n_films).clip(1)
    return np.bincount(once["film"], once["phone"], minlength=n_films) / number


def mean_history(log, n_films):
    """Mean number of likes of the users who like the film; 0 where there are none."""
    once = log.drop_duplicates("like_id")
    length = once.groupby("user")["film"].transform("size")
    number = np.bincount(once["film"], minlength=n_films).clip(1)
    return np.bincount(once["film"], length, minlength=n_films) / number

# %%
def fitted(log, taken_off, d=24, epochs=5, rate=0.1):
    """Scores of all films for all users: softmax over each batch, steps of Adagrad."""
    once, seed = log.drop_duplicates("like_id"), np.random.default_rng(SEED)
    user, film = once["user"].to_numpy(), once["film"].to_numpy()
    has = np.zeros(wanted.shape, np.float32)
    has[user, film] = 1
    H, E, b = *(0.1 * seed.normal(size=(2, n_films, d)).astype(np.float32)), np.zeros(n_films)
    squares = [np.full_like(table, 0.1) for table in (H, E, b)]
    for batch in np.array_split(np.tile(seed.permutation(len(user)), epochs), epochs * len(user) // 512):
        u, f, rows = user[batch], film[batch], np.arange(len(batch))
        left = has[u]
        left[rows, f] = 0  # the film to be found is not in the history
        left /= np.sqrt(left.sum(axis=1, keepdims=True).clip(1))
        x, y = left @ H, E[f]
        s = x @ y.T + b[f] - taken_off[f]
        s[(has[u][:, f] > 0) & (rows[:, None] != rows)] = -np.inf
        p = np.exp(s - s.max(axis=1, keepdims=True))
        slope = p / p.sum(axis=1, keepdims=True) - np.eye(len(batch))
        gradients = [left.T @ (slope @ y), np.zeros_like(E), np.bincount(f, slope.sum(axis=0), n_films)]
        np.add.at(gradients[1], f, slope.T @ x)
        for table, square, gradient in zip((H, E, b), squares, gradients):
            square += gradient**2
            table -= rate * gradient / np.sqrt(square)
    scores = has / np.sqrt(has.sum(axis=1, keepdims=True).clip(1)) @ H @ E.T + b
    return np.where(has > 0, -np.inf, scores)

# %%
liked = times_liked(log, n_films)
scores = fitted(log, log_chance(log, n_films))
popular = np.where(np.isinf(scores), -np.inf, liked)
lists, plain = (np.argsort(-one, axis=1, kind="stable")[:, :10] for one in (scores, popular))


def found(best):
    return np.take_along_axis(wanted, best, axis=1).sum()


place = np.argsort(np.argsort(-liked, kind="stable"))
names = np.array(["top 20", "to 100", "to 500", "others"])
group = names[np.searchsorted([20, 100, 500], place, side="right")]
known = {one.__name__: one(log, n_films) for one in (times_liked, share_of_phones, mean_history)}
table = pd.DataFrame(known).groupby(group, sort=False).mean()
table["hidden likes"] = pd.Series(wanted.sum(axis=0)).groupby(group).sum() / wanted.sum()
places = pd.Series(np.bincount(lists.ravel(), minlength=n_films))
table["places"] = places.groupby(group).sum() / lists.size
table = table.loc[names]
print(table.round(2).to_string())
print(f"places of the new films: {is_new[lists].mean():.1%}; users without a hit: "
      f"{(~np.take_along_axis(wanted, lists, axis=1).any(axis=1)).mean():.0%}")

# %% alt="Bars for four groups of films, from the twenty most liked to the least liked: each group holds hidden likes, the most liked get no places, the least liked nearly all."
claim(
    "Its lists hold few hidden likes, against one list of the most liked films (ratio)",
    found(lists) / found(plain),
    id="t7.symptom", baseline=1.0,  # the list of the most liked
    at_most=0.4, fmt=".2f",
)
plots.use_style()
_, ax = plt.subplots()
where = np.arange(4)
ax.bar(where - 0.2, 100 * table["hidden likes"], 0.4, color=plots.MUTED, label="hidden likes")
ax.bar(where + 0.2, 100 * table["places"], 0.4, color=plots.ACCENT, label="places in lists")
ax.set(title="The most liked films get no place", ylabel="share (%)", xlabel="films by their likes")
ax.set_xticks(where, table.index)
ax.legend()
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

# %% tags=["exercise:t7.fault"]

# %%
exercise("t7.fault").check(fault)

# %% [markdown]
# ## Exercise: repair it
#
# One of the functions that describe films must change. Write it again under the name `repaired`, with the same arguments; it must do what its first line says, one number for each film. Then put it in the old one's place and run the notebook again.

# %% tags=["exercise:t7.fix"]

# %%
exercise("t7.fix").check(repaired)

# %% [markdown]
# ## In real work
#
# A list without a hit is seen at once; a list without the films that everybody likes is not, if nobody looks. Put one table beside each new retriever: films by popularity, their share of the hidden likes, their share of the places. And compare with the most liked films first.
