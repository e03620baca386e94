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
# # The budget is gone by breakfast
#
# **Goal.** A click model ranks well and pays far too much. Find the one fault of this pipeline from what it shows, name it, and repair it.
#
# | where we are | you need | it takes |
# |---|---|---|
# | somewhere in: data ▸ features ▸ model ▸ evaluation ▸ serving | 08; log-odds | 10 minutes to read, under 20 s, under 500 MB |
#
# A team buys places for ads. A click is worth one dollar, so for an impression it pays the forecast click probability, in dollars. Over a day, what is paid should come back as clicks. The log is *simulated*.
# The model is retrained each hour, so training must be fast.

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from mlpipe import plots
from mlpipe.course import claim, exercise
from mlpipe.features import hashed_design
from mlpipe.simulator import simulate_ad_log

log = simulate_ad_log(n_impressions=200_000 if SCALE == "full" else 60_000, seed=SEED).impressions
columns = ["audience", "region", "device", "site_id", "position", "ad_id", "campaign_id", "category"]
design = hashed_design(log, columns, 2**14, crosses=[("audience", "category")])
clicked = log["clicked"].to_numpy()
history = (log["timestamp"] < "2026-01-16").to_numpy()

# %% [markdown]
# The last step before serving: log-odds become a probability, inside limits that finance has set.

# %%
settings = {"regularisation": 0.05, "kept": 0.1, "floor": 0.0001, "ceiling": 0.9}


def to_probability(log_odds, settings):
    p = 1 / (1 + np.exp(-log_odds))
    return np.clip(p, settings["floor"], settings["ceiling"])

# %%
rng = np.random.default_rng(SEED)
used = history & ((clicked == 1) | (rng.random(len(log)) < settings["kept"]))
model = LogisticRegression(C=settings["regularisation"], max_iter=200).fit(design[used], clicked[used])

served = log[~history].assign(pays=to_probability(model.decision_function(design[~history]), settings))
print(f"AUC on the days after training: {roc_auc_score(served['clicked'], served['pays']):.2f}")
friday = served[served["timestamp"] < "2026-01-17"]
by_hour = friday.groupby(friday["timestamp"].dt.hour)[["pays", "clicked"]].sum().cumsum()
budget = clicked[log["timestamp"].between("2026-01-15", "2026-01-16")].sum()

# %% alt="Two lines over the hours of one day. What is paid climbs steeply and passes the day's budget early in the morning; what comes back as clicks stays low and reaches the budget only at the end of the day."
claim(
    "Over the three days after training, we pay many times what the clicks are worth (ratio)",
    served["pays"].sum() / served["clicked"].sum(),
    id="t3.symptom", baseline=1.0,  # fair: each dollar comes back
    at_least=4.0, fmt=".1f",
)
plots.use_style()
_, ax = plt.subplots()
ax.plot(by_hour.index + 1, by_hour["pays"], color=plots.ACCENT, label="paid")
ax.plot(by_hour.index + 1, by_hour["clicked"], color="black", label="came back")
ax.axhline(budget, color=plots.MUTED, linestyle="--")
ax.text(14, budget * 1.1, "the day's budget", color=plots.MUTED)
ax.set(title="Paid by breakfast: a whole day's clicks", xlabel="hour of Friday", ylabel="dollars since midnight")
ax.set(xlim=(0, 24))
plots.label_lines(ax)
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

# %% tags=["exercise:t3.fault"]

# %%
exercise("t3.fault").check(fault)

# %% [markdown]
# ## Exercise: repair it
#
# Here is the function once more: `log_odds` (n,) come from the model, `settings` are those of the training. Return the probabilities to serve, within floor and ceiling.

# %% tags=["exercise:t3.fix"]

# %%
exercise("t3.fix").check(to_probability)

# %% [markdown]
# ## In real work
#
# Beside each ranking metric, look at one number that the ranking cannot see: the sum of the forecasts over the sum of the outcomes, on later days, overall and by slice. When it is far from 1, compare the mean of the label in the rows that the model was fitted on with that of the untouched log.
