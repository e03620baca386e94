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
# # The winner that lost when it was launched
#
# **Goal.** A page wins its experiment and loses at its launch. Find the one fault of this pipeline from what it shows, name it, and repair it.
#
# | where we are | you need | it takes |
# |---|---|---|
# | somewhere in: data ▸ model ▸ serving ▸ experiment ▸ decision | 01, 06 | 10 minutes to read, under 10 s, under 300 MB |
#
# A team has built a new page, and tries it for a week. A fair coin puts each user into an arm: A keeps the old page, B gets the new one. B wins, and is launched for everyone. Finance compares the week after with the week before, and sees fewer clicks. The users are *simulated*: this is what they do.

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import binomtest

from mlpipe import plots
from mlpipe.course import claim, exercise

rng = np.random.default_rng(SEED)
n_users = 100_000 if SCALE == "full" else 30_000
users = pd.DataFrame({"user_id": rng.permutation(n_users), "old_phone": rng.random(n_users) < 0.3})
users["arm"] = np.where(rng.random(n_users) < 0.5, "B", "A")
curiosity = 1.15  # on its first day a new page is clicked more
holiday = 0.8  # share of the visits that take place on a holiday: day 3 after the launch
retried = 0.5  # share of the slow visits that are written into the log twice


def one_week(users, new_page, holiday=1.0):
    """The log of a week: a row for each visit, with the seconds until the page came, and the clicks."""
    one = users.assign(new=new_page).loc[users.index.repeat(1 + rng.poisson(0.5, n_users))]
    one = one.assign(visit_id=np.arange(len(one)), day=rng.integers(1, 8, len(one)))
    wait, appeal = (np.where(one["old_phone"], *two) for two in ((2.2, 0.2), (0.8, 2.0)))
    one["seconds"] = rng.exponential(wait) * np.where(one["new"], 1.6, 0.2)
    one["clicks"] = rng.poisson(appeal * np.where(one["new"] & (one["day"] == 1), curiosity, 1.0))
    one = one[(one["seconds"] < 3) & ((one["day"] != 3) | (rng.random(len(one)) < holiday))]
    twice = one[(one["seconds"] > 1) & (rng.random(len(one)) < retried)]
    return pd.concat([one, twice])[["visit_id", "user_id", "day", "seconds", "clicks"]]


log = one_week(users, users["arm"] == "B")
weeks = {"before": one_week(users, False), "after": one_week(users, True, holiday)}

# %% [markdown]
# What is known of each user, one number a user, in the order of `users`. The analysis compares the means of the arms; finance adds the clicks of all visits up.

# %%
def n_visits(users, log):
    """Visits of the user."""
    once = log.drop_duplicates("visit_id")
    number = np.bincount(once["user_id"], minlength=users["user_id"].max() + 1)
    return number[users["user_id"]].astype(float)


def n_clicks(users, log):
    """Clicks of the user."""
    once = log.drop_duplicates("visit_id")
    total = once.groupby("user_id")["clicks"].sum()
    return users["user_id"].map(total).to_numpy(float)


def mean_seconds(users, log):
    """Mean seconds that a page took to be there, for whom one came; else missing."""
    once = log.drop_duplicates("visit_id")
    total = once.groupby("user_id")["seconds"].sum().reindex(users["user_id"], fill_value=0)
    number = once.groupby("user_id").size().reindex(users["user_id"], fill_value=0)
    return (total / number.where(number > 0)).to_numpy()


def n_days(users, log):
    """Number of different days on which the user came."""
    once = log.drop_duplicates(["user_id", "day"])
    number = once["user_id"].value_counts()
    return number.reindex(users["user_id"]).fillna(0).to_numpy()

# %%
described = (n_visits, n_clicks, mean_seconds, n_days)
known = {function.__name__: function(users, log) for function in described}
result = users.assign(**known).groupby("arm")
print(result[list(known)].mean().assign(users=result.size()).round(2).to_string())
by_chance = binomtest(int((users["arm"] == "B").sum()), n_users).pvalue
print(f"a fair coin gives arms that differ by as much or more in {by_chance:.0%} of all cases")

def experiment(log):
    a, b = users.assign(clicks=n_clicks(users, log)).groupby("arm")["clicks"].mean()
    return b / a - 1


def launch(before, after):
    sums = [week.drop_duplicates("visit_id")["clicks"].sum() for week in (before, after)]
    return sums[1] / sums[0] - 1


every = sorted(log["day"].unique())
tried = [experiment(log[log["day"] == day]) for day in every]
launched = [launch(*(week[week["day"] == day] for week in weeks.values())) for day in every]

# %% alt="Two lines over seven days. In the experiment the new page gains on each day, most on the first. After the launch there is a gain on day 1 and a loss on all days after it, largest on day 3."
claim(
    "The experiment promised far more than the launch brought (difference of the two changes)",
    experiment(log) - launch(*weeks.values()),
    id="t6.symptom", baseline=0.0,  # the experiment says what the launch will bring
    at_least=0.08, fmt=".1%",
)
plots.use_style()
_, ax = plt.subplots()
ax.plot(every, 100 * np.array(tried), color=plots.MUTED, label="experiment:\nB against A")
ax.plot(every, 100 * np.array(launched), color=plots.ACCENT, label="launch: after\nagainst before")
ax.axhline(0, color="black", linewidth=1)
ax.set(title="Won on each day of its week, lost at the launch", xlabel="day")
ax.set_ylabel("change of the clicks (%)")
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

# %% tags=["exercise:t6.fault"]

# %%
exercise("t6.fault").check(fault)

# %% [markdown]
# ## Exercise: repair it
#
# One of the four functions that describe users must change. Write it again under the name `repaired`, with the same arguments; it must do what its first line says, one number for each row of `users`, in their order. Then put it in the old one's place and run the notebook again.

# %% tags=["exercise:t6.fix"]

# %%
exercise("t6.fix").check(repaired)

# %% [markdown]
# ## In real work
#
# Before you read an effect, follow the data step by step, from the coin to the last mean, and write down at each step what goes in and what comes out. A number that looks right at one step proves that step only.
