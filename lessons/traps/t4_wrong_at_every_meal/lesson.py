# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 400
#     budget_seconds: 15
#     minutes: 10
# ---

# %% [markdown]
# # Right in every test, wrong at every meal
#
# **Goal.** A forecast passes every test and fails at every meal. Find the one fault of this pipeline from what it shows, name it, and repair it.
#
# | where we are | you need | it takes |
# |---|---|---|
# | somewhere in: data ▸ features ▸ model ▸ evaluation ▸ serving | 03, 08 | 10 minutes to read, under 15 s, under 400 MB |
#
# A shop in Tokyo delivers meals and shows an offer of the hour. A model forecasts the click; the shop cooks as much as the forecast says. In the evaluation it was right at every hour. Since the launch, food is thrown away after some meals and missing at others. The shop is *simulated*: we make up its table.

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlpipe import plots
from mlpipe.course import claim, exercise

rng = np.random.default_rng(SEED)
shop = {"city": "Tokyo", "zone": "Asia/Tokyo", "usual_price": 11.0}
n = 120_000 if SCALE == "full" else 30_000
start = pd.Timestamp("2026-03-02", tz=shop["zone"]).timestamp()
table = pd.DataFrame({"seconds": np.sort(start + rng.uniform(0, 28 * 86_400, n)).astype(int)})
clock = pd.to_datetime(table["seconds"], unit="s", utc=True).dt.tz_convert(shop["zone"])
table["local_time"], table["price"] = clock.dt.tz_localize(None), rng.uniform(5, 20, n)
table["hungry"] = sum(np.exp(-((table["local_time"].dt.hour - meal) ** 2) / 4) for meal in (8, 13, 20))
odds = np.exp(-2.5 + 1.6 * table["hungry"] - 0.8 * (table["price"] / 11 - 1))
table["clicked"] = rng.random(n) < odds / (1 + odds)

# %% [markdown]
# Every night the model learns from the table of the shop: hour and price of each offer. It knows nothing of hunger. The server gets a request with the time in seconds, as computers count them, and the price.

# %%
def served_features(requests, shop):
    time = pd.to_datetime(requests["seconds"], unit="s")
    price = requests["price"] / shop["usual_price"]
    return pd.DataFrame({"hour": time.dt.hour, "price": price})

# %%
def design(features):
    hours = pd.get_dummies(features["hour"]).reindex(columns=range(24), fill_value=False)
    return np.column_stack([hours, features["price"]]).astype(float)


def table_features(table, shop):
    return pd.DataFrame({"hour": table["local_time"].dt.hour, "price": table["price"] / shop["usual_price"]})


learned = table["local_time"] < "2026-03-16"
tested = ~learned & (table["local_time"] < "2026-03-23")
model = LogisticRegression(max_iter=500).fit(design(table_features(table[learned], shop)), table["clicked"][learned])

third, fourth = table[tested], table[~learned & ~tested]
tested_p = model.predict_proba(design(table_features(third, shop)))[:, 1]
served_p = model.predict_proba(design(served_features(fourth[["seconds", "price"]], shop)))[:, 1]

# %% alt="Forecast and clicks by hour of the day. In the evaluation both lines rise at breakfast, lunch and dinner. After the launch the forecast still has three hills, but at other hours than the clicks."
ratios = []
plots.use_style()
_, axes = plt.subplots(1, 2, figsize=(9.5, 4), sharey=True)
weeks = {"Evaluation: right at each hour": (third, tested_p), "Launched: wrong at each meal": (fourth, served_p)}
for ax, (title, (week, p)) in zip(axes, weeks.items(), strict=True):
    by_hour = week.assign(forecast=p).groupby(week["local_time"].dt.hour)[["forecast", "clicked"]].mean()
    ax.plot(by_hour["clicked"], color="black", label="clicked")
    ax.plot(by_hour["forecast"], color=plots.ACCENT, label="forecast")
    ax.set(title=title, xlabel="hour of the day in Tokyo", xticks=range(0, 24, 4), ylim=(0, None))
    by_eighth = week.assign(forecast=p).groupby(week["local_time"].dt.hour // 3)[["forecast", "clicked"]].sum()
    ratios.append(np.exp(np.abs(np.log(by_eighth["forecast"] / by_eighth["clicked"])).max()))
axes[0].set_ylabel("share of offers")
axes[0].legend(loc="upper left")
plt.show()
claim(
    "In the worst three hours of the day, forecast and clicks differ by a large factor", ratios[1],
    id="t4.symptom", baseline=ratios[0],  # the same model in the evaluation
    at_least=1.6, fmt=".2f",
)

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

# %% tags=["exercise:t4.fault"]

# %%
exercise("t4.fault").check(fault)

# %% [markdown]
# ## Exercise: repair it
#
# Here is the function once more. It must work for a shop anywhere, at any time of the year. Return the hour (0 to 23) and the price in usual prices, one row a request, in the order of the requests.

# %% tags=["exercise:t4.fix"]

# %%
exercise("t4.fix").check(served_features)

# %% [markdown]
# ## In real work
#
# Feed the same hundred events through both sides, the code that made the training table and the code that answers requests, and compare the inputs of the model column by column, not its outputs. When forecasts fail in a pattern, draw the error over each input in turn: the pattern points to one of them.
