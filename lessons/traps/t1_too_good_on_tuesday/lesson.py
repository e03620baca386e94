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
# # Too good on Tuesday, too bad on Wednesday
#
# **Goal.** A click model is wonderful until its launch and useless from then on. Find the one fault of this pipeline from what it shows, name it, and repair it.
#
# | where we are | you need | it takes |
# |---|---|---|
# | somewhere in: data ▸ features ▸ model ▸ evaluation ▸ serving | 03, 08; a few lines of pandas | 10 minutes to read, under 20 s, under 450 MB |
#
# A team predicts clicks on ads; the log is *simulated*. Three features carry the model: the click rates, so far, of the user, the ad and the site. Training: 5 to 10 January. Evaluation: the three days after.
# On Tuesday evening, the 13th, the result looks wonderful, and the model is launched at midnight.

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

n_impressions = 150_000 if SCALE == "full" else 60_000
log = simulate_ad_log(n_impressions=n_impressions, seed=SEED).impressions
log = log[log["user_id"].notna()].astype({"user_id": int})
log = log.assign(day=log["timestamp"].dt.normalize())

# %% [markdown]
# One function computes the rates, for training, for evaluation and for the server: there is no second program. Each rate is smoothed towards the average rate, as in lesson 03. During the evaluation the log of all days lies on disk. After the launch the server calls the function at midnight, for the day that begins, with the log that it has then.

# %%
def rate_so_far(rows, log, key, prior_rate, prior_strength):
    daily = log.groupby([key, "day"])["clicked"].agg(clicks="sum", shown="count")
    totals = daily.groupby(key).cumsum().reset_index().sort_values("day")
    found = pd.merge_asof(rows[["day", key]], totals, on="day", by=key)
    clicks, shown = found["clicks"].fillna(0), found["shown"].fillna(0)
    return ((clicks + prior_strength * prior_rate) / (shown + prior_strength)).to_numpy()

# %%
def features(rows, log):
    rates = [rate_so_far(rows, log, key, 0.03, 20) for key in ("user_id", "ad_id", "site_id")]
    log_odds = [np.log(rate / (1 - rate)) for rate in rates]
    return np.column_stack([*log_odds, pd.get_dummies(rows["position"])]).astype(float)


train = log[log["day"] < "2026-01-11"]
model = LogisticRegression(max_iter=1000).fit(features(train, log), train["clicked"])

days = {day.strftime("%a"): rows for day, rows in log[log["day"].between("2026-01-11", "2026-01-16")].groupby("day")}
entropy, low_rate = {}, {}
for number, (name, rows) in enumerate(days.items()):
    at_hand = log if number < 3 else log[log["day"] < rows["day"].iloc[0]]
    inputs = features(rows, at_hand)
    p = model.predict_proba(inputs)[:, 1]
    entropy[name] = normalized_entropy(rows["clicked"], p, train["clicked"].mean())
    low_rate[name] = rows["clicked"][inputs[:, 0] < np.log(0.03 / 0.97) - 0.001].mean()

print(f"clicks of users with a rate below 3%, Tuesday:   {low_rate['Tue']:.1%} of their impressions")
print(f"clicks of users with a rate below 3%, Wednesday: {low_rate['Wed']:.1%} of their impressions")

# %% alt="Bars of the normalised entropy by day. Sunday to Tuesday, before the launch, about 0.6; Wednesday to Friday, after it, about 1.3, worse than always predicting the average."
claim(
    "From the last evening before the launch to the first day after it, the entropy doubles (difference)",
    entropy["Wed"] - entropy["Tue"],
    id="t1.symptom", baseline=0.0,  # a sound model: about the same on both days
    at_least=0.3, fmt=".2f",
)
plots.use_style()
_, ax = plt.subplots()
ax.bar(list(entropy), list(entropy.values()), color=[plots.MUTED] * 3 + [plots.ACCENT] * 3)
ax.axhline(1, color="black", linewidth=1.5, linestyle="--")
ax.text(-0.4, 1.03, "always the average click rate")
ax.set(title="Wonderful until Tuesday, worse than no model from Wednesday", ylabel="normalised entropy")
ax.set_xlabel("evaluated before the launch: Sun to Tue; served: Wed to Fri")
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

# %% tags=["exercise:t1.fault"]

# %%
exercise("t1.fault").check(fault)

# %% [markdown]
# ## Exercise: repair it
#
# Here is the function once more. A row of day *d* must get what the server would have had at midnight, when day *d* began. Without history the rate is `prior_rate`. Then put your version into its cell above and run the notebook again: what is left of Tuesday's triumph?

# %% tags=["exercise:t1.fix"]

# %%
exercise("t1.fix").check(rate_so_far)

# %% [markdown]
# ## In real work
#
# When a result is better than you can explain, compute the features of a few old rows again with nothing but the data that existed at their moment, and compare them with those that the model was trained on. Then look at the strongest feature alone: a group of rows in which nobody ever clicks, or everybody does, is too good to be true.
