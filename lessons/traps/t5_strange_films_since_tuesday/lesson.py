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
# # Good on Monday, strange films from Tuesday on
#
# **Goal.** A recommender passes its test each night, and users see strange films. Find the one fault of this pipeline from what it shows, name it, and repair it.
#
# | where we are | you need | it takes |
# |---|---|---|
# | somewhere in: data ▸ features ▸ model ▸ evaluation ▸ serving | 05 | 10 minutes to read, under 30 s, under 500 MB |
#
# A team recommends films (MovieLens) by implicit ALS. The model is fitted each night on all likes so far; in a week few are added, so we keep the same ones. It is tested: how many users have their next like among the ten best? Only then its tables are published. Each test was passed. Since Tuesday users complain.

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %%
import matplotlib.pyplot as plt
import numpy as np

from mlpipe import plots
from mlpipe.course import claim, exercise
from mlpipe.datasets import movielens, to_matrix
from mlpipe.recommenders import ALS
from mlpipe.splits import leave_last_out

films, ratings = movielens().items, movielens().ratings
likes = ratings[ratings["rating"] >= 4]
if SCALE == "small":
    likes = likes[likes["user_id"] <= 200]
split = leave_last_out(likes, seed=SEED)
film_ids = np.unique(likes["item_id"])
train = to_matrix(split.train, item_ids=film_ids)
next_like = split.test.set_index("user_id")["item_id"].reindex(train.user_ids).to_numpy()

# %% [markdown]
# The server looks a user's vector up, multiplies it with the vectors of all films, and shows the ten best that the user has not liked yet. All tables of the last nights are kept, under their date. Those of the films go into a search index: it takes hours to build, so it is done on Mondays. This function chooses what is served:

# %%
def tables_to_serve(user_tables, film_tables):
    users = user_tables[max(user_tables)]
    films = film_tables[max(film_tables)]
    return users, films

# %%
def hits(users, films):
    scores = np.where(train.matrix.toarray() > 0, -np.inf, users @ films.T)
    best = film_ids[np.argsort(-scores, axis=1)[:, :10]]
    return (best == next_like[:, None]).any(axis=1).mean()


user_tables, film_tables, tested, served = {}, {}, {}, {}
nights = {"Mon": "2026-03-02", "Tue": "2026-03-03", "Wed": "2026-03-04", "Thu": "2026-03-05"}
for number, (day, night) in enumerate(nights.items()):
    model = ALS(factors=32, iterations=6, random_state=10 * SEED + number).fit(train.matrix)
    tested[day] = hits(model.user_factors, model.item_factors)
    user_tables[night] = model.user_factors
    if day == "Mon":
        film_tables[night] = model.item_factors
    served[day] = hits(*tables_to_serve(user_tables, film_tables))

vectors = tables_to_serve(user_tables, film_tables)[1]
vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
titles = films.set_index("item_id")["title"].reindex(film_ids).to_numpy()
nearest = np.argsort(-vectors @ vectors[titles == "Toy Story"][0])[1:4]
print("Served on Thursday, the films nearest to Toy Story:", "; ".join(titles[nearest]))

# %% alt="Bars for four days. The test before publishing gives about eight percent of the users a hit each day. The page has as many on Monday, and almost none from Tuesday on."
claim(
    "On Thursday the page has a small part of the hits that its model had in the test (ratio)",
    served["Thu"] / tested["Thu"],
    id="t5.symptom", baseline=1.0,  # what was tested is what is served
    at_most=0.4, fmt=".2f",
)
plots.use_style()
_, ax = plt.subplots()
place = np.arange(len(nights))
ax.bar(place - 0.2, [100 * rate for rate in tested.values()], 0.38, color=plots.MUTED, label="test of the night")
ax.bar(place + 0.2, [100 * rate for rate in served.values()], 0.38, color=plots.ACCENT, label="page of the day")
ax.set(title="Each night passes its test; from Tuesday on the page fails", ylabel="users with a hit among ten (%)")
ax.set_xticks(place, list(nights))
ax.legend(ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.08))
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

# %% tags=["exercise:t5.fault"]

# %%
exercise("t5.fault").check(fault)

# %% [markdown]
# ## Exercise: repair it
#
# Here is the function once more. Both arguments are dictionaries: date of the night (text) to table, users × factors and films × factors, in any order. Return two tables that may be served together, as new as possible. There always are some.

# %% tags=["exercise:t5.fix"]

# %%
exercise("t5.fix").check(tables_to_serve)

# %% [markdown]
# ## In real work
#
# Score a few fixed users from end to end, through the served tables, after each publication, and compare with the scores of the model in training: they should be equal to the last digit. When each part passes its own test and the whole fails, the fault lies between the parts: write down, for each, when and by what it was made.
