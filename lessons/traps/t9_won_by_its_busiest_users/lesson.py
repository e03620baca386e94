# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 600
#     budget_seconds: 15
#     minutes: 10
# ---

# %% [markdown]
# # The page that won by its busiest users
#
# **Goal.** A page wins its experiment, and only by those who come most. Find the one fault of this pipeline from what it shows, name it, and repair it.
#
# | where we are | you need | it takes |
# |---|---|---|
# | somewhere in: data ▸ model ▸ serving ▸ experiment ▸ decision | 14 | 10 minutes to read, under 15 s, under 600 MB |
#
# A team tries a new page for a week. A fair coin puts each user into an arm: A keeps the old page, B gets the new one. Robots are left out: who comes ten times on one day or more often is taken for one. B wins, and the team writes: "Our best users love it." The users are *simulated*: this is what they do.

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from mlpipe import plots
from mlpipe.course import claim, exercise
from mlpipe.experiments import ratio_test, sample_ratio_p

rng = np.random.default_rng(SEED)
n_users = 120_000 if SCALE == "full" else 40_000
robot = rng.random(n_users) < 0.01
busy = np.where(robot, rng.uniform(90, 130, n_users), rng.lognormal(1.0, 1.0, n_users))
users = pd.DataFrame({"user_id": rng.permutation(n_users), "visits_before": rng.poisson(busy)})
users["arm"] = rng.choice(["A", "B"], n_users)
curiosity = 1.1  # on its first day a new page is clicked more
retried = {"A": 0.3, "B": 0.1}  # share of the requests that are written into the log twice

# %%
log = users.assign(robot=robot).loc[users.index.repeat(rng.poisson(busy))]
log = log.assign(visit_id=rng.permutation(len(log)), day=rng.integers(1, 8, len(log)))
more = (log["arm"] == "A") & (rng.random(len(log)) < 0.8)  # the old page brings its list in two parts
log["appeal"] = np.where(log["robot"], 0.0, 0.5) / (1 + more)
log["appeal"] *= np.where((log["arm"] == "B") & (log["day"] == 1), curiosity, 1.0)
log = pd.concat([log, log[more]]).assign(request_id=lambda all: rng.permutation(len(all)))
log["clicks"] = rng.poisson(log["appeal"])
log = pd.concat([log, log[rng.random(len(log)) < log["arm"].map(retried)]])
log = log[["request_id", "visit_id", "user_id", "day", "clicks"]].sort_values("request_id")

# %% [markdown]
# The log has a line for each request: its visit, its user, its day, its clicks. This is what is known of each user, one number a user, in the order of `users`.

# %%
def n_visits(users, log):
    """Visits of the user."""
    once = log.drop_duplicates("visit_id")
    number = once["user_id"].value_counts()
    return number.reindex(users["user_id"], fill_value=0).to_numpy(float)


def n_clicks(users, log):
    """Clicks of the user."""
    once = log.drop_duplicates("request_id")
    number = once.groupby("user_id")["clicks"].sum()
    return number.reindex(users["user_id"], fill_value=0).to_numpy(float)


def n_days(users, log):
    """Number of different days on which the user came."""
    once = log.drop_duplicates(["user_id", "day"])
    number = once["user_id"].value_counts()
    return number.reindex(users["user_id"], fill_value=0).to_numpy(float)


def most_in_a_day(users, log):
    """Visits of the user on the day on which there were most."""
    once = log.drop_duplicates("request_id")
    number = once.groupby(["user_id", "day"]).size().groupby("user_id").max()
    return number.reindex(users["user_id"], fill_value=0).to_numpy(float)

# %%
known = {one.__name__: one(users, log) for one in (n_visits, n_clicks, n_days)}
people = users.assign(**known)[most_in_a_day(users, log) < 10]
print(people.groupby("arm")[list(known)].mean().round(2).to_string())
size = users["arm"].value_counts()
by_chance = sample_ratio_p(size["A"], size["B"])
print(f"a fair coin gives arms as uneven as these in {by_chance:.0%} of all cases")

def compared(people):
    return ratio_test(people["n_clicks"], None, people["arm"])


all_users = compared(people)
print(f"clicks a user, B against A: {all_users.lift:+.1%}, p = {all_users.p_value:.0e}")
edges = {"0-2": (0, 2), "3-5": (3, 5), "6-10": (6, 10), "11-15": (11, 15), "over 15": (16, np.inf)}
groups = {name: compared(people[people["visits_before"].between(*two)]) for name, two in edges.items()}
often = people["visits_before"] > 10

# %% alt="Five groups of users by their visits in the week before. The lift of the clicks is a few percent in the first three, larger in the fourth, and by far the largest in the group that comes most."
claim(
    "Its lift is far larger among those who come most than among the others (difference)",
    compared(people[often]).lift - compared(people[~often]).lift,
    id="t9.symptom", baseline=0.0,  # a page that is as good for all
    at_least=0.15, fmt=".1%",
)
plots.use_style()
_, ax = plt.subplots()
lift = np.array([(one.lift, one.lift - one.lift_low) for one in groups.values()]).T * 100
ax.errorbar(list(groups), lift[0], lift[1], fmt="o", color=plots.ACCENT, capsize=4)
ax.axhline(0, color="black", linewidth=1)
ax.set(title="The gain comes from those who come most", xlabel="visits in the week before")
ax.set_ylabel("clicks a user, B against A (%)")
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

# %% tags=["exercise:t9.fault"]

# %%
exercise("t9.fault").check(fault)

# %% [markdown]
# ## Exercise: repair it
#
# One of the four functions that describe users must change. Write it again under the name `repaired`, with the same arguments; it must do what its first line says, one number for each row of `users`, in their order. Then put it in the old one's place and run the notebook again.

# %% tags=["exercise:t9.fix"]

# %%
exercise("t9.fix").check(repaired)

# %% [markdown]
# ## In real work
#
# A filter after the coin is a part of the experiment. Test the numbers of users after each filter, not only behind the coin, and filter by what happened before the experiment, where you can: that cannot depend on the arm.
