# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 450
#     budget_seconds: 15
#     minutes: 10
# ---

# %% [markdown]
# # Evenings bring more than they promise
#
# **Goal.** A model is right before noon, and promises too little in the evening. Find the one fault of this pipeline from what it shows, name it, and repair it.
#
# | where we are | you need | it takes |
# |---|---|---|
# | somewhere in: data ▸ features ▸ model ▸ serving | 03, 17 | 10 minutes to read, under 15 s, under 450 MB |
#
# An ad server writes two tables, impressions and reports of clicks, each cut into folders by day, and a job on many machines makes the labels. A model learns from the first week how often each ad is clicked, and each hour. In the second week its promises are compared with the bill: all clicks that were paid in the end. The log is *simulated*.

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
n = 400_000 if SCALE == "full" else 100_000
traffic = 1 + np.sin((np.arange(24) - 10) * np.pi / 12)  # most in the late afternoon
shown = pd.DataFrame({"impression_id": rng.permutation(2 * n)[:n], "day": rng.integers(1, 15, n)})
shown["hour"] = rng.choice(24, n, p=traffic / traffic.sum())
shown["ad_id"] = rng.integers(0, 40, n)
new = (shown["day"] > 7) & (shown["hour"] >= 18) & (rng.random(n) < 0.3)
shown.loc[new, "ad_id"] = rng.integers(40, 50, new.sum())  # ads that are new, in the evening only
rate = np.concatenate([rng.permutation(np.linspace(0.04, 0.12, many)) for many in (40, 10)])

# %%
paid = rng.random(n) < rate[shown["ad_id"]]
minutes = rng.integers(0, 60, n) + 60 * rng.exponential(np.where(rng.random(n) < 0.1, 20, 3), n)
reported = shown["day"] * 24 + shown["hour"] + minutes / 60
reports = shown[["impression_id"]].assign(day=reported // 24, hour=reported % 24)[paid].astype(int)
reports.insert(0, "click_id", rng.permutation(3 * n)[: len(reports)])
twice = rng.random(len(reports)) < np.where(reports["hour"] >= 18, 0.15, 0.03)  # a busy hour
reports = pd.concat([reports, reports[twice]]).sort_values(["day", "hour", "click_id"])

# %% [markdown]
# The job describes impressions: one number an impression, in the order of `shown`.

# %%
def ad_on_the_day(shown, reports):
    """Impressions of the ad on the day of the impression."""
    number = shown.groupby(["ad_id", "day"]).size()
    keys = pd.MultiIndex.from_frame(shown[["ad_id", "day"]])
    return number.reindex(keys, fill_value=0).to_numpy(float)


def age_of_ad(shown, reports):
    """Days since the ad was shown for the first time."""
    first = shown.groupby("ad_id")["day"].min()
    day = first.reindex(shown["ad_id"])
    return (shown["day"].to_numpy() - day.to_numpy()).astype(float)


def has_click(shown, reports):
    """1 for an impression with a click that was reported, 0 for the others."""
    number = reports.drop_duplicates("click_id").groupby(["impression_id", "day"]).size()
    keys = pd.MultiIndex.from_frame(shown[["impression_id", "day"]])
    return number.reindex(keys, fill_value=0).to_numpy(float)


def reports_in_the_hour(shown, reports):
    """Clicks that were reported in the hour of the impression, of all ads."""
    number = reports.drop_duplicates("click_id").groupby(["day", "hour"]).size()
    keys = pd.MultiIndex.from_frame(shown[["day", "hour"]])
    return number.reindex(keys, fill_value=0).to_numpy(float)

# %%
table = shown.assign(
    paid=paid, has_click=has_click(shown, reports), ad_on_the_day=ad_on_the_day(shown, reports),
    age_of_ad=age_of_ad(shown, reports), reports_in_the_hour=reports_in_the_hour(shown, reports),
)
parts = ["night", "morning", "afternoon", "evening"]
table["part"] = pd.cut(table["hour"], [-1, 5, 11, 17, 23], labels=parts)
first, second = table[table["day"] <= 7], table[table["day"] > 7]
made = ["ad_on_the_day", "age_of_ad", "reports_in_the_hour"]
for name, week in {"first week": first, "second week": second}.items():
    print(name, week.groupby("part", observed=True)[made].mean().round(1).to_string(), "", sep="\n")

mean = first["has_click"].mean()
of_ad, of_hour = (first.groupby(key)["has_click"].mean() / mean for key in ("ad_id", "hour"))
promised = mean * second["ad_id"].map(of_ad).fillna(1) * second["hour"].map(of_hour)
sums = second.assign(promised=promised).groupby("part", observed=True)[["promised", "paid"]].sum()
ratio = sums["paid"] / sums["promised"]

# %% alt="Four bars, clicks that were paid over clicks that were promised. Those of night and morning lie near one, that of the afternoon a little above, that of the evening far above."
claim(
    "In the evening more clicks are paid than were promised (ratio)", ratio["evening"],
    id="t12.symptom", baseline=ratio["morning"],  # the same model before noon
    at_least=1.3, fmt=".2f",
)
plots.use_style()
_, ax = plt.subplots()
colors = [plots.MUTED, plots.MUTED, plots.MUTED, plots.ACCENT]
ax.bar(ratio.index, ratio - 1, bottom=1, color=colors)
ax.axhline(1, color="black", linewidth=1)
ax.set(title="Evenings bring more than they promise", ylabel="paid over promised clicks, second week")
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

# %% tags=["exercise:t12.fault"]

# %%
exercise("t12.fault").check(fault)

# %% [markdown]
# ## Exercise: repair it
#
# One of the four functions that describe impressions must change. Write it again under the name `repaired`, with the same arguments. It must do what its first line says, one number an impression in the order of `shown`, for any two tables. Then put it in the old one's place and run the notebook again.

# %% tags=["exercise:t12.fix"]

# %%
exercise("t12.fix").check(repaired)

# %% [markdown]
# ## In real work
#
# After each join count what found no partner, on both sides, and by hour. A count that should be near nought and is not tells more than any metric of the model.
