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
# # Two of three lists hit, and the page shows nothing of it
#
# **Goal.** An evaluation promises hits that no user sees. Find the one fault of this pipeline from what it shows, name it, and repair it.
#
# | where we are | you need | it takes |
# |---|---|---|
# | somewhere in: data ▸ features ▸ model ▸ evaluation ▸ serving | 04; a few lines of NumPy | 10 minutes to read, under 20 s, under 500 MB |
#
# A team recommends films (MovieLens). Each user's last liked film is held out; the model learns from the likes before it. A **hit**: the held-out film is among the ten best.

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %%
import matplotlib.pyplot as plt
import numpy as np
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

# %% [markdown]
# The model describes each film by 16 directions of taste, and a user by the films liked so far. It scores every film for every user. The evaluation is written to be quick: the next release will have millions of films.
#
# A week later the page has shown ten films to each user: the ten best that the user had not seen. How many of these lists held the film that the user then liked?

# %%
def hit_rate(scores, seen, held_out, k, seed):
    rng = np.random.default_rng(seed)
    hits = []
    for user, film in enumerate(held_out):
        rivals = np.flatnonzero(~seen[user])
        rivals = rng.choice(rivals[rivals != film], size=100, replace=False)
        better = (scores[user, rivals] > scores[user, film]).sum()
        hits.append(better < k)
    return np.mean(hits)

# %%
users = np.flatnonzero(np.isin(train.user_ids, last_like.index))
held_out = np.searchsorted(film_ids, last_like.loc[train.user_ids[users]])
history = train.matrix[users]

directions = TruncatedSVD(16, random_state=SEED).fit(train.matrix).components_
scores = (history @ directions.T) @ directions
seen = history.toarray() > 0
evaluated = hit_rate(scores, seen, held_out, k=10, seed=SEED)

# %% alt="Three bars. The evaluation promised that two of three users find their next film; on the page about one in fourteen did; lists drawn by chance find almost none."
shown = np.argsort(-np.where(seen, -np.inf, scores), axis=1)[:, :10]
on_the_page = (shown == held_out[:, None]).any(axis=1).mean()
by_chance = (10 / (~seen).sum(axis=1)).mean()
claim(
    "The evaluation promised many times more hits than the page then had (ratio)",
    evaluated / on_the_page,
    id="t2.symptom", baseline=1.0,  # a sound evaluation: what the page shows
    at_least=4.0, fmt=".1f",
)
plots.use_style()
_, ax = plt.subplots()
rates = {"evaluation": evaluated, "the page": on_the_page, "chance": by_chance}
bars = ax.bar(list(rates), [100 * rate for rate in rates.values()], color=[plots.MUTED, plots.ACCENT, plots.MUTED])
ax.bar_label(bars, fmt="%.1f%%")
ax.set(title="Promised: most users find their film. On the page: few do", ylabel="users with a hit among ten (%)")
plt.show()

# %% [markdown]
# ## Exercise (core): name the fault
#
# One thing is wrong. Which? Return one of these names, as text: the function body is `return "..."`. Six of the names are faults of the six traps; two are there to mislead.
#
# | name | what it means |
# |---|---|
# | `delayed_labels` | clicks that come later are not yet in the data, and count as no click |
# | `leaky_counter` | a feature has counted events that came after the moment which it describes |
# | `mixed_model_versions` | vectors that were learned by two different models are multiplied with each other |
# | `sample_ratio_mismatch` | the arms of an experiment do not hold the users that were assigned to them |
# | `sampled_metrics` | the right item is ranked against a few drawn ones, not against all |
# | `stale_model` | the world has changed since the model was trained |
# | `train_serve_mismatch` | training and serving compute one feature in two ways |
# | `uncorrected_downsampling` | rows without a click were left out of the training data, and the probability was not corrected |

# %% tags=["exercise:t2.fault"]

# %%
exercise("t2.fault").check(fault)

# %% [markdown]
# ## Exercise: repair it
#
# Here is the function once more. `scores` and `seen` are users × films, `held_out` is one film a user. Return the share of users whose held-out film is among the `k` best films of that user's page. Keep the arguments, also if you do not need all of them. Scores do not tie.

# %% tags=["exercise:t2.fix"]

# %%
exercise("t2.fix").check(hit_rate)

# %% [markdown]
# ## In real work
#
# Build the list that a user would really see, for a handful of users, and count by hand. Then ask of every offline number: who competes, out of how many, and what does the same function give for scores drawn at random: what a dice roll gets on the page, or much more?
