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
# # The budget is gone long before the evening
#
# **Goal.** A click model puts ads in a good order and pays too much for all of them. Find the one fault of this pipeline from what it shows, name it, and repair it.
#
# | where we are | you need | it takes |
# |---|---|---|
# | somewhere in: data ▸ features ▸ model ▸ evaluation ▸ serving | 08; weights of rows | 10 minutes to read, under 20 s, under 500 MB |
#
# A team buys places for ads. A click is worth one dollar, so for an impression it pays the forecast click probability, in dollars. Over a day, what is paid should come back as clicks. The log is *simulated*; a click is in it at once.
# On Friday, the 16th, before dawn, the model learned from the eleven days before. Since Friday the fifth place is not sold any more. On Friday from 9 to 12 the clicks were not recorded.

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from mlpipe import plots
from mlpipe.course import claim, exercise
from mlpipe.features import hashed_design
from mlpipe.simulator import simulate_ad_log

n_impressions = 200_000 if SCALE == "full" else 60_000
log = simulate_ad_log(n_impressions=n_impressions, seed=SEED, delay=0).impressions
log = log.drop(columns="reported_at").drop_duplicates()  # some rows are stored twice
log = log.assign(quarter=log["timestamp"].dt.hour // 6).reset_index(drop=True)
friday = pd.Timestamp("2026-01-16")
unrecorded = log["timestamp"].between(friday + pd.Timedelta(hours=9), friday + pd.Timedelta(hours=12))
log.loc[unrecorded, "clicked"] = 0

# %% [markdown]
# The model is retrained often, so training must be fast: it learns from fewer rows than there are. And the days to come differ a little from those that were. Each of these functions gives every row a weight, 0 for a row that is left out; a row counts by the product of its weights.

# %%
def sold(rows, settings):
    """1 for rows in a place that is still sold, 0 for the others."""
    places = np.arange(1, settings["places"] + 1)
    return np.isin(rows["position"], places).astype(float)


def thinned(rows, settings):
    """All clicks, and a share of the other rows, drawn at random, which stands for all of them."""
    rng = np.random.default_rng(settings["seed"])
    drawn = rng.random(len(rows)) < settings["share"]
    clicked = rows["clicked"].to_numpy() == 1
    return np.where(clicked, 1.0, drawn / settings["share"])


def merged(rows, settings):
    """Equal rows are learned from once: the last of them stands for all, with their number as weight."""
    ordered = rows.iloc[np.lexsort((rows["timestamp"], rows["clicked"]))]
    last = ~ordered.duplicated(settings["inputs"], keep="last")
    equal = rows.groupby(settings["inputs"], observed=True, dropna=False)
    return last.reindex(rows.index).to_numpy() * equal["clicked"].transform("size").to_numpy(float)


def devices(rows, settings):
    """Weights with which the devices have the shares that they had on the newest day."""
    newest = rows["timestamp"] >= rows["timestamp"].max().normalize()
    now = rows["device"][newest].value_counts(normalize=True)
    always = rows["device"].value_counts(normalize=True)
    return rows["device"].astype(str).map((now / always).fillna(0)).to_numpy(float)

# %%
inputs = ["audience", "region", "device", "position", "category", "ad_format", "quarter"]
settings = {"inputs": inputs, "places": 4, "share": 0.3, "seed": SEED}
rows = log[log["timestamp"] < friday]
weights = np.prod([function(rows, settings) for function in (sold, thinned, merged, devices)], axis=0)
print(f"the model learns from {np.mean(weights > 0):.0%} of the rows")
by_chance = np.average(rows["clicked"], weights=thinned(rows, settings))
print(f"click rate: {rows['clicked'].mean():.1%} of all rows, {by_chance:.1%} of the thinned ones\n")

kept = rows[weights > 0]
design = hashed_design(kept, inputs, 2**14)
model = LogisticRegression(C=0.1, max_iter=300).fit(design, kept["clicked"], weights[weights > 0])

served = log[(log["timestamp"] >= friday) & (log["position"] < 5)]
served = served.assign(pays=model.predict_proba(hashed_design(served, inputs, 2**14))[:, 1])
for name, part in {"day": served["timestamp"].dt.day_name(), "place": served["position"]}.items():
    told = served.groupby(part.rename(name), sort=False)[["pays", "clicked"]].mean()
    auc = [roc_auc_score(some["clicked"], some["pays"]) for _, some in served.groupby(part, sort=False)]
    print(told.assign(auc=auc).sort_index().round(3).to_string(), "\n")

# %%
one_day = served[served["timestamp"].dt.normalize() == friday]
by_hour = one_day.groupby(one_day["timestamp"].dt.hour)[["pays", "clicked"]].sum().cumsum()
thursday = rows["timestamp"] >= friday - pd.Timedelta(days=1)
budget = rows["clicked"][thursday & (rows["position"] < 5)].sum()

# %% alt="Two lines over the hours of Friday. What is paid climbs steeply and passes the day's budget in the afternoon; what comes back as clicks stays low, with a flat piece from 9 to 12."
claim(
    "Over the three days after training, we pay a multiple of what the clicks are worth (ratio)",
    served["pays"].sum() / served["clicked"].sum(),
    id="t3.symptom", baseline=1.0,  # fair: each dollar comes back
    at_least=2.2, fmt=".1f",
)
plots.use_style()
_, ax = plt.subplots()
ax.plot(by_hour.index + 1, by_hour["pays"], color=plots.ACCENT, label="paid")
ax.plot(by_hour.index + 1, by_hour["clicked"], color="black", label="came back")
ax.axhline(budget, color=plots.MUTED, linestyle="--")
ax.text(1, budget * 1.04, "the day's budget", color=plots.MUTED)
ax.set(title="A day's budget is paid long before the evening", xlabel="hour of Friday", xlim=(0, 24))
ax.set_ylabel("dollars since midnight")
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

# %% tags=["exercise:t3.fault"]

# %%
exercise("t3.fault").check(fault)

# %% [markdown]
# ## Exercise: repair it
#
# One of the four functions that weigh rows must change. Write it again under the name `repaired`, with the same arguments; it must do what its first line says. Two rows are equal if they agree in all inputs and in `clicked`; the last one is the last by time. Then put it in the old one's place and run the notebook again.

# %% tags=["exercise:t3.fix"]

# %%
exercise("t3.fix").check(repaired)

# %% [markdown]
# ## In real work
#
# Beside each ranking metric, look at one number that the ranking cannot see: the sum of the forecasts over the sum of the outcomes, on later days, overall and by slice. When it is far from 1, compute the weighted mean of the label after each step of the training data, and compare it with that of the untouched log.
