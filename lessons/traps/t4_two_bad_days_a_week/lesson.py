# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 550
#     budget_seconds: 20
#     minutes: 10
# ---

# %% [markdown]
# # Two bad days in a week
#
# **Goal.** A forecast holds on each day of its evaluation, and fails on two days after the launch. Find the one fault of this pipeline from what it shows, name it, and repair it.
#
# | where we are | you need | it takes |
# |---|---|---|
# | somewhere in: data ▸ features ▸ model ▸ evaluation ▸ serving | 03, 08 | 10 minutes to read, under 20 s, under 550 MB |
#
# A shop in Tokyo delivers meals and shows an offer of the hour. A model forecasts the click; the shop cooks as much as the forecast says. It learned from two weeks, was right in the third, and was launched for the fourth: on Monday food was missing, on Saturday it was thrown away. The shop is *simulated*: this is what its guests do.

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


# %%
rng = np.random.default_rng(SEED)
shop = {"city": "Tokyo", "zone": "Asia/Tokyo", "usual_price": 11.0, "most_rain": 10.0}
n = 200_000 if SCALE == "full" else 60_000
start = pd.Timestamp("2026-03-02", tz=shop["zone"])
time = start + pd.to_timedelta(np.sort(rng.integers(0, 28 * 86_400, n)), unit="s")
day, weekday, hour = (time - start).days, time.day_of_week, time.hour
table = pd.DataFrame({"week": day // 7 + 1, "day": day, "weekday": weekday, "hour": hour})
wet = np.isin(day, [1, 4, 9, 12, 16, 19, 23, 26])  # in the fourth week Wednesday and Saturday
showers = np.where(wet & (rng.random(n) < 0.6), rng.exponential(4.0, n), 0.0)
table["rain"] = showers.clip(max=shop["most_rain"])
table["cheap"] = np.isin(day, [21, 24]) & (rng.random(n) < 0.6)  # new on Monday and Thursday
table["price"] = rng.uniform(5, 20, n) * np.where(table["cheap"], 0.6, 1.0) / shop["usual_price"]

hunger = np.where(weekday < 5, 1.0, 0.1) * np.exp(-((hour - 6.5) ** 2) / 5)
hunger = hunger + 0.5 * sum(np.exp(-((hour - meal) ** 2) / 4) for meal in (13, 20))
odds = np.exp(-2.8 + 2.5 * hunger - 0.8 * (table["price"] - 1) + 0.06 * table["rain"])
table["clicked"] = rng.random(n) < odds / (1 + odds)

# %% [markdown]
# The model has four inputs: weekday, hour, price, rain. A request of a phone holds them in its own units: seconds and days since 1970, cents, inches. These functions make the inputs, one number a request. Before the launch, four hundred requests of the evaluation were replayed through them.

# %%
requests = pd.DataFrame({"seconds": time.as_unit("s").asi8, "rain_inches": table["rain"] / 25.4})
requests["day"] = requests["seconds"] // 86_400
requests["cents"] = (table["price"] * shop["usual_price"] * 100).round().astype(int)


def price_of(requests, shop):
    """Price of the offer, in usual prices of the shop."""
    dollars = requests["cents"] / 100
    return (dollars / shop["usual_price"]).to_numpy()


def weekday_of(requests, shop):
    """Day of the week in the shop, 0 for Monday to 6 for Sunday."""
    thursday = 3  # on which 1970 began
    return ((requests["day"] + thursday) % 7).to_numpy()


def hour_of(requests, shop):
    """Hour of the day in the shop, 0 to 23."""
    time = pd.to_datetime(requests["seconds"], unit="s", utc=True)
    return time.dt.tz_convert(shop["zone"]).dt.hour.to_numpy()


def rain_of(requests, shop):
    """Millimetres of rain in the last hour, at most what the shop's gauge holds."""
    millimetres = requests["rain_inches"] * 25.4
    return millimetres.clip(upper=shop["most_rain"]).to_numpy()

# %%
def design(inputs):
    columns = np.zeros((len(inputs), 7 * 24 + 2))
    columns[np.arange(len(inputs)), 24 * inputs["weekday"] + inputs["hour"]] = 1
    columns[:, -2], columns[:, -1] = inputs["price"] - 1, inputs["rain"] / shop["most_rain"]
    return columns


learned = table["week"] <= 2
model = LogisticRegression(C=10, max_iter=500).fit(design(table[learned]), table["clicked"][learned])

makers = {"weekday": weekday_of, "hour": hour_of, "price": price_of, "rain": rain_of}
served = pd.DataFrame({name: function(requests, shop) for name, function in makers.items()})
replayed = table.index[(table["day"] == 16) & (table["hour"] >= 12)][:400]
apart = np.abs(served.loc[replayed] - table.loc[replayed, list(makers)]).to_numpy().max()
print(f"replayed: the inputs of {len(replayed)} requests differ by {apart:.3f} at most\n")

inputs = {3: table, 4: served}
weeks = {number: table[table["week"] == number] for number in inputs}
for number, rows in weeks.items():
    forecast = model.predict_proba(design(inputs[number].loc[rows.index]))[:, 1]
    weeks[number] = rows.assign(forecast=forecast)
    told = weeks[number].groupby("weekday")[["forecast", "clicked"]].sum().round()
    told = told.join(weeks[number].groupby("weekday")[["price", "rain"]].mean().round(2))
    names = {number: name for number, name in enumerate("Mon Tue Wed Thu Fri Sat Sun".split())}
    print(f"week {number}", told.rename(index=names).astype({"forecast": int}).to_string(), "", sep="\n")

# %% alt="Bars for seven days, forecast over clicks. In the evaluation all lie near one. After the launch Monday lies far below and Saturday far above; the five other days are near one."
ratios = {}
for number, rows in weeks.items():
    sums = rows.groupby("weekday")[["forecast", "clicked"]].sum()
    ratios[number] = sums["forecast"] / sums["clicked"]
worst = {number: np.exp(np.abs(np.log(ratio)).max()) for number, ratio in ratios.items()}
claim(
    "On the worst day of the launch week, forecast and clicks differ by a large factor", worst[4],
    id="t4.symptom", baseline=worst[3],  # the same model in the evaluation
    at_least=1.3, fmt=".2f",
)
plots.use_style()
_, ax = plt.subplots()
colors = {3: plots.MUTED, 4: plots.ACCENT}
labels = {3: "week 3: evaluation", 4: "week 4: launched"}
for number, ratio in ratios.items():
    at = ratio.index + 0.4 * (number - 3.5)
    ax.bar(at, ratio - 1, 0.38, bottom=1, color=colors[number], label=labels[number])
ax.axhline(1, color="black", linewidth=1)
ax.set(title="Right on five days of the launch, wrong on two", ylabel="forecast over clicks")
ax.set_xticks(list(names), list(names.values()))
ax.legend(ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.08))
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

# %% tags=["exercise:t4.fault"]

# %%
exercise("t4.fault").check(fault)

# %% [markdown]
# ## Exercise: repair it
#
# One of the four functions that make inputs must change. Write it again under the name `repaired`, with the same arguments. It must return what its first line says, one number a request in the order of the requests, for any shop and any requests. Then put it in the old one's place and run the notebook again.

# %% tags=["exercise:t4.fix"]

# %%
exercise("t4.fix").check(repaired)

# %% [markdown]
# ## In real work
#
# When forecasts fail on some days only, draw the error over each input in turn, and then over two at once. And compare what a model is given before you compare what it answers.
