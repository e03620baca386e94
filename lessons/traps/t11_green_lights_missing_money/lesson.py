# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 500
#     budget_seconds: 15
#     minutes: 10
# ---

# %% [markdown]
# # Green lights, missing money
#
# **Goal.** A dashboard is green on each day, and money is lost on each day. Find the one fault of this pipeline from what it shows, name it, and repair it.
#
# | where we are | you need | it takes |
# |---|---|---|
# | somewhere in: data ▸ features ▸ model ▸ evaluation ▸ serving ▸ monitoring | 16 | 10 minutes to read, under 15 s, under 500 MB |
#
# A team buys places in an app and shows lists of offers there. Advertisers pay one dollar for each click, by the bill of their own shops. For a request, the team pays the app the number of clicks that its model forecasts. The model is made anew each night from all days before. The dashboard is green if forecast and counted clicks of a day differ by less than 10 %. It has been green all the time. The app is *simulated*: this is what its users do.

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
n = 150_000 if SCALE == "full" else 30_000
appeal = np.exp(rng.normal(-1.6, 0.5, 200))  # of each ad: clicks when its list is seen
requests = pd.DataFrame({"request_id": rng.permutation(n), "day": np.sort(rng.integers(1, 8, n))})
requests["network"] = rng.choice(["wifi", "4G", "3G"], n, p=[0.5, 0.3, 0.2])
is_new = np.arange(200) >= 160  # these ads come on day 5
requests["ad_id"] = np.where(requests["day"] < 5, rng.integers(0, 160, n), rng.integers(0, 200, n))
on_screen = rng.random(n) < 0.9

# %%
def acts_of(kind, how_many):  # what people do, in hours since the first midnight
    acts = requests.loc[requests.index.repeat(how_many), ["request_id", "network", "day"]]
    return acts.assign(kind=kind, time=24 * (acts.pop("day") - rng.random(len(acts))))


clicks = rng.poisson(np.where(on_screen, appeal[requests["ad_id"]], 0))
kinds = {"screen": on_screen.astype(int), "click": clicks, "scroll": rng.poisson(on_screen * 1.0)}
kinds["close"] = (on_screen & (rng.random(n) < 0.3)).astype(int)
acts = pd.concat([acts_of(*one) for one in kinds.items()])
acts["act_id"] = rng.permutation(len(acts))
unheard = acts.pop("network").map({"wifi": 0.05, "4G": 0.3, "3G": 0.6})  # a message, or its answer
messages = acts.iloc[np.repeat(np.arange(len(acts)), rng.geometric(1 - unheard))]
events = messages.assign(event_id=rng.permutation(len(messages)))
hours = np.where(rng.random(len(events)) < 0.15, 12.0, 0.1)  # that a message needs, on average
events["received"] = events["time"] + rng.exponential(hours)
events = pd.concat([events, events[rng.random(len(events)) < 0.1]]).sort_values("received")
bill = requests.assign(clicks=clicks)

# %% [markdown]
# Each line of `events` is a message from a phone: its number, the act that it tells of, the request, the kind, when it happened and when it came. Some come after midnight; the tables below are made when all are there. These functions describe requests, one number for each row of `requests`, in their order. Model and dashboard both read them.

# %%
def seen(requests, events):
    """1 for requests whose list came on the screen, 0 for the others."""
    once = events[events["kind"] == "screen"].drop_duplicates("request_id")
    number = once["request_id"].value_counts()
    return number.reindex(requests["request_id"], fill_value=0).to_numpy(float)


def n_clicks(requests, events):
    """Clicks in the list of the request."""
    once = events[events["kind"] == "click"].drop_duplicates("event_id")
    number = once["request_id"].value_counts()
    return number.reindex(requests["request_id"], fill_value=0).to_numpy(float)


def n_scrolls(requests, events):
    """Scrolls in the list of the request."""
    once = events[events["kind"] == "scroll"].drop_duplicates("act_id")
    number = once["request_id"].value_counts()
    return number.reindex(requests["request_id"], fill_value=0).to_numpy(float)


def closed(requests, events):
    """1 for requests whose list was closed by its user, 0 for the others."""
    once = events[events["kind"] == "close"].drop_duplicates("request_id")
    number = once["request_id"].value_counts()
    return number.reindex(requests["request_id"], fill_value=0).to_numpy(float)

# %%
late, twice = (events["received"] > events["time"] + 1).mean(), events.duplicated("event_id").mean()
print(f"{late:.0%} of the lines come more than an hour late, {twice:.0%} are there a second time\n")
known = {"seen": seen, "clicks": n_clicks, "scrolls": n_scrolls, "closed": closed}
known = {name: function(requests, events) for name, function in known.items()}
table = requests.assign(**known, billed=bill["clicks"].reindex(requests.index))
table["forecast"] = np.nan
for today in range(3, 8):  # smoothed clicks a request, by ad and network
    past, now = table[table["day"] < today], table[table["day"] == today]
    usual = past.groupby("network")["clicks"].mean()
    cell = past.groupby(["ad_id", "network"])["clicks"].agg(["sum", "size"])
    cell = cell.reindex(pd.MultiIndex.from_frame(now[["ad_id", "network"]]), fill_value=0)
    prior = now["network"].map(usual).to_numpy()
    forecast = (cell["sum"].to_numpy() + 50 * prior) / (cell["size"].to_numpy() + 50)
    table.loc[now.index, "forecast"] = forecast
served = table[table["day"] >= 3]

days = served.groupby("day")[["forecast", "clicks", "billed"]].sum()
light = np.where((days["forecast"] / days["clicks"] - 1).abs() < 0.1, "green", "red")
print(days.assign(light=light).round(0).to_string(), "\n")
print(served.groupby("day")[["seen", "scrolls", "closed"]].mean().round(3).to_string(), "\n")
ads = np.where(is_new[served["ad_id"]], "new", "old")
print((served.groupby(ads)["forecast"].sum() / served.groupby(ads)["clicks"].sum()).round(2).to_dict())

# %% alt="Two lines over five days. The dashboard's ratio of forecast to counted clicks stays at one, within its green band. What is paid over what is billed lies far above, on each day."
claim(
    "The team pays a multiple of what the advertisers' bills bring (ratio)",
    served["forecast"].sum() / served["billed"].sum(),
    id="t11.symptom", baseline=1.0,  # fair: each dollar comes back
    at_least=1.3, fmt=".2f",
)
plots.use_style()
_, ax = plt.subplots()
ax.axhspan(0.9, 1.1, color="#dff0df")
ax.plot(days["forecast"] / days["clicks"], color=plots.MUTED, label="dashboard")
ax.plot(days["forecast"] / days["billed"], color=plots.ACCENT, label="paid over\nbilled")
ax.set(title="All lights are green, and each day costs money", xlabel="day", ylabel="ratio")
ax.set_ylim(0.8, None)
ax.set_xticks(days.index)
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

# %% tags=["exercise:t11.fault"]

# %%
exercise("t11.fault").check(fault)

# %% [markdown]
# ## Exercise: repair it
#
# One of the four functions that describe requests must change. Write it again under the name `repaired`, with the same arguments; it must do what its first line says, one number for each row of `requests`, in their order. Then put it in the old one's place and run the notebook again.

# %% tags=["exercise:t11.fix"]

# %%
exercise("t11.fix").check(repaired)

# %% [markdown]
# ## In real work
#
# A dashboard that reads the table that the model learns from agrees with the model, right or wrong. Compare with a number that somebody else counts: the bill, the bank, the warehouse.
