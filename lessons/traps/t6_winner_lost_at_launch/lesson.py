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
# # The winner that lost at launch
#
# **Goal.** A page wins its experiment and loses at its launch. Find the one fault of this pipeline from what it shows, name it, and repair it.
#
# | where we are | you need | it takes |
# |---|---|---|
# | somewhere in: data ▸ model ▸ serving ▸ experiment ▸ decision | 01, 06 | 10 minutes to read, under 10 s, under 300 MB |
#
# A team has built a new page, and tries it for a week. A fair coin puts each user into an arm: A keeps the old page, B gets the new one. B wins clearly, and is launched for everyone. The week after, finance sees fewer clicks than before. The users are *simulated*.

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from mlpipe import plots
from mlpipe.course import claim, exercise

rng = np.random.default_rng(SEED)
n_users = 100_000 if SCALE == "full" else 20_000
users = pd.DataFrame({"user_id": rng.permutation(n_users), "old_phone": rng.random(n_users) < 0.3})


def one_week(users, new_page):
    """The log of a week: one row for each user to whom a page was shown, with the clicks."""
    seconds = rng.exponential(np.where(users["old_phone"], 2.2, 0.2)) * np.where(new_page, 1.6, 0.2)
    clicks = rng.poisson(np.where(users["old_phone"], 0.8, 2.0))
    return users[["user_id"]].assign(clicks=clicks)[seconds < 3.0]

# %% [markdown]
# The analysis joins two tables: who was assigned to which arm, and what was logged.

# %%
def by_arm(assigned, log):
    users = assigned.merge(log, on="user_id")
    return users.groupby("arm")["clicks"].agg(users="size", clicks_per_user="mean")

# %%
assigned = users[["user_id"]].assign(arm=np.where(rng.random(n_users) < 0.5, "B", "A"))
result = by_arm(assigned, one_week(users, assigned["arm"] == "B"))
print(result.round(3).to_string())
a, b = result["clicks_per_user"]
in_the_experiment = b / a - 1

before, after = (one_week(users, np.full(n_users, page))["clicks"].sum() for page in (False, True))
at_launch = after / before - 1  # finance: all clicks of a week

# %% alt="Two bars. In the experiment the new page gains several percent of clicks; after the launch the clicks of all users are several percent lower than before."
claim(
    "The experiment promised far more than the launch brought (difference of the two changes)",
    in_the_experiment - at_launch,
    id="t6.symptom", baseline=0.0,  # the experiment says what the launch will bring
    at_least=0.08, fmt=".1%",
)
plots.use_style()
_, ax = plt.subplots()
bars = ax.bar(["experiment, B against A", "launch, after against before"], [100 * in_the_experiment, 100 * at_launch])
bars[0].set_color(plots.MUTED)
bars[1].set_color(plots.ACCENT)
ax.bar_label(bars, fmt="%+.1f%%", padding=3)
ax.axhline(0, color="black", linewidth=1)
ax.margins(y=0.15)
ax.set(title="Won the experiment, lost at launch", ylabel="change of the clicks (%)")
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

# %% tags=["exercise:t6.fault"]

# %%
exercise("t6.fault").check(fault)

# %% [markdown]
# ## Exercise: repair it
#
# Here is the function once more. `assigned` has one row a user, `user_id` and `arm`; `log` has `user_id` and `clicks`, one row for each user to whom a page was shown. Return a table with one row an arm and the columns `users` and `clicks_per_user`, so that the arms can be compared.

# %% tags=["exercise:t6.fix"]

# %%
exercise("t6.fix").check(by_arm)

# %% [markdown]
# ## In real work
#
# Before you read any effect, count: how many were planned for each group, how many arrived, and how likely is such a gap by chance (a binomial test)? When it is not, follow the missing ones step by step, from the coin to the last table, and do not read the effect before you have found them.
