# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 450
#     budget_seconds: 20
#     minutes: 10
# ---

# %% [markdown]
# # Ahead on Tuesday, behind on Wednesday
#
# **Goal.** A new click model beats the old one until it is launched, and loses from then on. Find the one fault of this pipeline from what it shows, name it, and repair it.
#
# | where we are | you need | it takes |
# |---|---|---|
# | somewhere in: data ▸ features ▸ model ▸ evaluation ▸ serving | 03, 08; a few lines of pandas | 10 minutes to read, under 20 s, under 450 MB |
#
# A team predicts clicks on ads; the log is *simulated*, and every click is in it by midnight. The old model knows position, category and device of an ad. The new one knows how users, ads, campaigns and sites did so far. Both learned from 7 to 10 January.
# The 11th to the 13th were the evaluation. On Wednesday, the 14th, at midnight, the new model was launched. Both have made a forecast for every row since; which ad is shown depends on neither.

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlpipe import plots
from mlpipe.click_metrics import normalized_entropy
from mlpipe.course import claim, exercise
from mlpipe.simulator import simulate_ad_log

LAUNCH = pd.Timestamp("2026-01-14")
n_impressions = 150_000 if SCALE == "full" else 60_000
log = simulate_ad_log(n_impressions=n_impressions, seed=SEED, delay=0).impressions
log = log.drop(columns="reported_at").drop_duplicates()
log = log[log["user_id"].notna()].astype({"user_id": int})
log = log.assign(day=log["timestamp"].dt.normalize().astype("datetime64[us]"), second_time=False)
log = log[(log["site_id"] < 280) | (log["day"] >= LAUNCH)]  # twenty sites joined on the 14th
again = log[log["day"] >= LAUNCH].sample(frac=0.04, random_state=SEED).assign(second_time=True)
log = pd.concat([log, again]).sort_values("timestamp", kind="stable")  # and some rows come twice

# %% [markdown]
# The inputs of the new model. Each function describes `rows`, one number a row, by what the `log` holds; a row of day *d* may use the days before *d*. There is no second program: the server calls the same functions at midnight, for the day that begins.

# %%
def user_rate(rows, log):
    """Smoothed clicks per impression of the user, over all days so far."""
    daily = log.groupby(["user_id", "day"])["clicked"].agg(clicks="sum", shown="count")
    known = daily.groupby("user_id").cumsum().reset_index().sort_values("day")
    known["day"] += pd.Timedelta(days=1)
    found = pd.merge_asof(rows[["user_id", "day"]], known, on="day", by="user_id").fillna(0)
    return ((found["clicks"] + 0.6) / (found["shown"] + 20)).to_numpy()


def ad_rate(rows, log):
    """Smoothed clicks per impression of the ad, over all days so far."""
    daily = log.groupby(["ad_id", "day"])["clicked"].agg(clicks="sum", shown="count")
    left = daily[::-1].groupby("ad_id").cumsum().reset_index().sort_values("day")
    left = pd.merge_asof(rows[["ad_id", "day"]], left, on="day", by="ad_id", direction="forward")
    total = daily.groupby("ad_id").sum().reindex(rows["ad_id"]).fillna(0)
    found = total.to_numpy() - left[["clicks", "shown"]].fillna(0).to_numpy()
    return (found[:, 0] + 0.6) / (found[:, 1] + 20)

# %%
def campaign_rate(rows, log):
    """Smoothed clicks per impression of the campaign, over the last three days."""
    daily = log.groupby(["day", "campaign_id"])["clicked"].agg(["sum", "count"]).unstack(fill_value=0)
    first, last = (getattr(pd.concat([log["day"], rows["day"]]), which)() for which in ("min", "max"))
    so_far = daily.reindex(pd.date_range(first, last), fill_value=0).cumsum()
    recent = so_far - so_far.shift(3, fill_value=0)
    found = recent.stack(future_stack=True).rename_axis(["day", "campaign_id"])
    found = found.reindex(pd.MultiIndex.from_frame(rows[["day", "campaign_id"]])).fillna(0)
    return ((found["sum"] + 0.6) / (found["count"] + 20)).to_numpy()


def site_rate(rows, log):
    """Smoothed clicks per impression of the site, over all days so far."""
    daily = log.groupby(["day", "site_id"])["clicked"].agg(["sum", "count"]).unstack(fill_value=0)
    first, last = (getattr(pd.concat([log["day"], rows["day"]]), which)() for which in ("min", "max"))
    daily = daily.reindex(pd.date_range(first, last), fill_value=0)
    known = daily.cumsum() - daily
    found = known.stack(future_stack=True).rename_axis(["day", "site_id"])
    found = found.reindex(pd.MultiIndex.from_frame(rows[["day", "site_id"]])).fillna(0)
    return ((found["sum"] + 0.6) / (found["count"] + 20)).to_numpy()


def ad_age(rows, log):
    """Days since the ad was first shown; 0 on its first day."""
    first = log.groupby("ad_id")["day"].min()
    return (rows["day"] - rows["ad_id"].map(first)).dt.days.clip(lower=0).fillna(0).to_numpy()

# %%
def inputs(rows, log):
    rates = [function(rows, log) for function in (user_rate, ad_rate, campaign_rate, site_rate)]
    log_odds = [np.log(rate / (1 - rate)) for rate in rates]
    columns = [*log_odds, np.log1p(ad_age(rows, log)), pd.get_dummies(rows["position"])]
    return np.column_stack(columns).astype(float)


def old_inputs(rows, log):
    return pd.get_dummies(rows[["position", "category", "device"]].astype("category")).astype(float)


train = log[log["day"].between("2026-01-07", "2026-01-10")]
models = {}
for name, function in {"old": old_inputs, "new": inputs}.items():
    learner = LogisticRegression(max_iter=1000)
    models[name] = function, learner.fit(np.asarray(function(train, log)), train["clicked"])

# %%
days = []
for day, rows in log[log["day"].between("2026-01-11", "2026-01-16")].groupby("day"):
    at_hand = log if day < LAUNCH else log[log["day"] < day]
    one = {"day": f"{day:%a}", "rows": len(rows), "click rate": rows["clicked"].mean()}
    one |= {"new sites": (rows["site_id"] >= 280).mean(), "second time": rows["second_time"].mean()}
    for name, (function, model) in models.items():
        p = model.predict_proba(np.asarray(function(rows, at_hand)))[:, 1]
        one[name] = normalized_entropy(rows["clicked"], p, train["clicked"].mean())
    days.append(one)
days = pd.DataFrame(days).set_index("day")
print(days.round(3).to_string(), "\n")

monday = log[log["day"] == "2026-01-12"]
until_then, whole = (inputs(monday, some) for some in (log[log["day"] <= "2026-01-12"], log))
print(f"what later days change in the inputs of Monday: {np.abs(whole - until_then).max():.3f} at most")

# %% alt="Lines of two models over six days. The old one moves little. The new one lies below it, so is better, from Sunday to Tuesday, and above it from Wednesday to Friday."
gap = days["new"] - days["old"]
claim(
    "Next to the old model, the new one is worse after the launch than before (change of difference)",
    gap[3:].mean() - gap[:3].mean(),
    id="t1.symptom", baseline=0.0,  # a launch changes nothing: which ads are shown depends on neither
    at_least=0.04, fmt=".3f",
)
plots.use_style()
_, ax = plt.subplots()
ax.plot(days["old"], color=plots.MUTED, label="old model")
ax.plot(days["new"], color=plots.ACCENT, label="new model")
ax.axvline(2.5, color="black", linewidth=1, linestyle="--")
ax.text(2.55, ax.get_ylim()[1], "launch", va="top")
ax.set(title="Ahead until the launch, behind from then on", ylabel="normalised entropy (less is better)")
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

# %% tags=["exercise:t1.fault"]

# %%
exercise("t1.fault").check(fault)

# %% [markdown]
# ## Exercise: repair it
#
# One of the five functions that describe rows must change. Write it again under the name `repaired`, with the same arguments. It must return what its first line says, under the rule that stands above the functions, also for a log that lacks a day, or that ends days before some rows. Then put it in the old one's place and run the notebook again.

# %% tags=["exercise:t1.fix"]

# %%
exercise("t1.fix").check(repaired)

# %% [markdown]
# ## In real work
#
# Take some old rows. Compute their inputs again, with nothing but the data that existed at their moment, and compare them with the stored ones, column by column. Then fit the model without one input at a time: which one carries the gain?
