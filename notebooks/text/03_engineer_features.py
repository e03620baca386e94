# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     minutes: 20
#     budget_seconds: 50
#     budget_megabytes: 1000
# ---

# %% [markdown] notes="Twenty minutes: hashing and crosses 6, the two leaks 8 (this is the heart, take your time), parity and freshness 3, exercise in the rest or at home. Ask at the start: name one feature that you would use and could not compute at serving time."
# # Engineer features
#
# **Goal.** Turn a click log into features that a server could really have computed at that moment, and know what each family of features is worth.
#
# | where we are | you need | it takes |
# |---|---|---|
# | requirements ▸ data ▸ **features** ▸ model ▸ evaluation ▸ serving | 02 for the log; logistic regression | 20 minutes to read, under 50 s, under 1000 MB |

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown]
# ## Whose feature is it?
#
# Sort features by the **entity** that they describe. The entity decides where a value is stored, how fresh it must be, and what it costs to fetch.
#
# | entity | examples in the log | known when |
# |---|---|---|
# | user | id, age group, audience | before the request, if there is a user id |
# | ad | id, campaign, advertiser, category, format | before the request |
# | context | site, device, position, hour | at the request |
# | cross | audience × category, site × category | at the request |
# | history | click rate of this user, of this ad, so far | changes with every click |
#
# We use the *simulated* ad log, so we know the true click probabilities. The first twelve days train, the last two test. Scores are **normalised entropy** (NE), the log loss
# over that of always predicting the training click rate: below 1 is useful, lower is better. Beside it stands the *share of the oracle*: how much of the gain of the true probabilities a model reaches.

# %%
import numpy as np
import pandas as pd

from mlpipe.click_metrics import normalized_entropy, share_of_oracle
from mlpipe.simulator import simulate_ad_log

simulated = simulate_ad_log(n_impressions=500_000 if SCALE == "full" else 60_000, seed=SEED)
log = simulated.impressions.assign(hour=simulated.impressions["timestamp"].dt.hour)
clicked = log["clicked"].to_numpy()
test = (log["timestamp"] >= "2026-01-17").to_numpy()  # day 13 and 14
train = ~test
base_rate = clicked[train].mean()


def scores(p_test):
    ne = normalized_entropy(clicked[test], p_test, base_rate)
    return ne, share_of_oracle(clicked[test], p_test, simulated.true_ctr[test], base_rate)

# %% [markdown]
# ## How do you feed ids to a model?
#
# An id is a name, not a quantity. A linear model needs one weight for each id, so a table of known ids, which grows for ever. **Hashing** needs no table: a fixed function sends each
# id to one of $b$ buckets, and the bucket has the weight. Two ids that meet in a bucket share it. With $n$ ids, an id shares its bucket with another one with probability
#
# $$ 1 - \left(1 - \frac{1}{b}\right)^{n-1} $$
#
# **Predict before you run.** One million ids, $2^{20} = 1{,}048{,}576$ buckets: more buckets than ids. Which share of the ids is *not* alone?

# %%
from mlpipe.course import claim, exercise, say
from mlpipe.features import hash_integers

buckets = hash_integers(np.arange(1_000_000), n_buckets=2**20, seed=SEED)
ids_in_bucket = np.bincount(buckets, minlength=2**20)

claim(
    "Of a million ids hashed into 2^20 buckets, far more than half share their bucket",
    (ids_in_bucket[buckets] > 1).mean(),
    id="03.collisions", baseline=0.0,  # a table, one row an id
    between=(0.610, 0.620), fmt=".1%",
)

# %% [markdown]
# That sounds terrible. Is it? Let us train a logistic regression on all raw columns with fewer and fewer buckets. The name of the column is part of what is hashed, so user 7 and site 7 differ.

# %%
from sklearn.linear_model import LogisticRegression

from mlpipe.features import hashed_design

USER = ["user_id", "age_group", "audience", "region"]
AD = ["ad_id", "campaign_id", "advertiser_id", "category", "ad_format"]
CONTEXT = ["site_id", "device", "position", "hour"]


def hashed_model(columns, n_buckets=2**18, crosses=()):
    design = hashed_design(log, columns, n_buckets, crosses=crosses)
    model = LogisticRegression(C=0.05, max_iter=100).fit(design[train], clicked[train])
    return scores(model.predict_proba(design[test])[:, 1])


raw = {bits: hashed_model(USER + AD + CONTEXT, n_buckets=2**bits) for bits in (8, 10, 12, 14, 18)}

# %% alt="Share of the oracle against number of buckets: almost flat from 2 to the 18 down to 2 to the 14, then falling steeply."
import matplotlib.pyplot as plt

from mlpipe import plots

plots.use_style()
fig, ax = plt.subplots()
ax.plot(list(raw), [100 * share for _, share in raw.values()], "o-", color=plots.ACCENT)
ax.set(title="Collisions cost little until the buckets are very few", ylim=(0, None))
ax.set(xlabel="buckets", ylabel="share of the oracle (%)")
ax.set_xticks(list(raw), [f"$2^{{{bits}}}$" for bits in raw])
plt.show()

# %%
claim(
    "With a sixteenth of the buckets the model loses almost nothing (share of the oracle lost)",
    raw[18][1] - raw[14][1],
    id="03.fewer_buckets", baseline=raw[18][1] - raw[10][1],  # 2^10 buckets
    at_most=0.02, fmt=".1%",
)

# %% [markdown]
# The log has over 40,000 different ids for $2^{14} = 16{,}384$ buckets, so nearly every id shares. But most ids are rare, and a rare id has hardly any weight to spoil. Watch the ids that carry traffic, not the collision rate.
#
# ## What can no sum of single features say?
#
# A linear model adds: *this audience clicks more*, *this category is clicked more*. It cannot say *this audience clicks on that category*. A **cross** is a new id for the pair. Which pairs? We try the
# five that the simulated world contains, and five that it does not.

# %%
real = [
    ("audience", "category"), ("region", "campaign_id"), ("site_id", "category"),
    ("device", "ad_format"), ("hour", "category"),
]
idle = [
    ("age_group", "position"), ("region", "ad_format"), ("site_id", "device"),
    ("hour", "ad_format"), ("region", "hour"),
]
with_real = hashed_model(USER + AD + CONTEXT, crosses=real)
with_idle = hashed_model(USER + AD + CONTEXT, crosses=idle)

claim(
    "Crosses pay where an interaction exists (gain in share of the oracle)",
    with_real[1] - raw[18][1],
    id="03.crosses", baseline=with_idle[1] - raw[18][1],  # as many crosses without an interaction behind them
    at_least=0.08, fmt=".1%",
)

# %% [markdown] notes="Draw a time line on the board: impression, click, report, next impression. Ask for each counter: what would the server have known? Then show the two leaks and let the class predict which of them is caught before launch."
# ## What did we know at that moment?
#
# The strongest features are counters: *the click rate of this user so far*. They are also where pipelines leak. A **point-in-time** counter uses, for each impression, only what had been *reported* before it.
# The easy query, a `GROUP BY` over the whole table, gives the rate **as of now**: it contains the future of each row, and the row's own click.
#
# Here are both, for one user with four impressions. The click of the first is reported on the third day.

# %%
from mlpipe.features import past_rate, smoothed_rate

tiny = pd.DataFrame({"user": 7, "day": [1, 2, 4, 5], "clicked": [1, 0, 0, 1], "reported": [3, np.nan, np.nan, 5.5]})
tiny["now"] = smoothed_rate(tiny["clicked"].sum(), len(tiny), prior_rate=0.03, prior_strength=2)
day = lambda column: pd.Timestamp("2026-01-01") + pd.to_timedelta(tiny[column], "D")  # noqa: E731
tiny["then"] = past_rate(tiny["user"], day("day"), day("reported"), prior_rate=0.03, prior_strength=2)
print(tiny.round(3).to_string(index=False))

# %% [markdown]
# Both are **smoothed**: with $c$ clicks in $n$ impressions, prior rate $p_0$ and prior strength $s$ (in impressions), the rate is $(c + s\, p_0) / (n + s)$. Without history it is the prior; with much history it is the data.
#
# Now four such rates (user, ad, campaign, site) as features, with the position. Everything else is equal; only *when* the counters are read differs. A third way is common, too: the **target mean** of each id over the
# training days. For a training row, it contains the row's own click. Its remedy is to compute it *out of fold*: from the other parts of the training data.

# %%
from mlpipe.features import out_of_fold_target_mean, target_mean

KEYS = ["user_id", "ad_id", "campaign_id", "site_id"]
prior = {"prior_rate": base_rate, "prior_strength": 20}

point_in_time, as_of_now, in_sample, out_of_fold = {}, {}, {}, {}
for key in KEYS:
    ids = log[key]
    point_in_time[key] = past_rate(ids, log["timestamp"], log["reported_at"], **prior, missing="zero")
    as_of_now[key] = target_mean(ids, clicked)
    in_sample[key] = target_mean(ids[train], clicked[train], ids)
    out_of_fold[key] = in_sample[key].copy()  # the test rows are fine; only the training rows change
    out_of_fold[key][train] = out_of_fold_target_mean(ids[train], clicked[train], seed=SEED)

# %%
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

at_position = pd.get_dummies(log["position"]).to_numpy(dtype=float)


def logits(rates):
    return np.column_stack([np.log(rate / (1 - rate)) for rate in rates.values()] + [at_position])


def rate_model(rates):
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(logits(rates)[train], clicked[train])


def rate_scores(model, rates):
    return scores(model.predict_proba(logits(rates)[test])[:, 1])


ways = {"point in time": point_in_time, "as of now": as_of_now}
ways |= {"in-sample mean": in_sample, "out of fold": out_of_fold}
models = {name: rate_model(rates) for name, rates in ways.items()}

# %% [markdown]
# **Predict before you run.** Which of the four looks best on the test days, as your offline evaluation would show it? Which will be best when served, where a counter can only be read *then*?

# %%
served = ways | {"as of now": point_in_time}  # the future cannot be served
rows = {}
for name, model in models.items():
    ne, share = rate_scores(model, ways[name])
    rows[name] = {"offline NE": ne, "offline share": share, "served NE": rate_scores(model, served[name])[0]}
report = pd.DataFrame(rows).T
print(report.round(2).to_string())

# %%
offline, live = report["offline NE"], report["served NE"]
claim(
    "As-of-now counters look better offline than the true probabilities are (share of the oracle)",
    report.loc["as of now", "offline share"],
    id="03.too_good", baseline=report.loc["point in time", "offline share"],
    at_least=1.05, fmt=".0%",
)
claim(
    "Served with what is known then, the same model is worse than predicting the average (NE)",
    live["as of now"],
    id="03.replay", baseline=live["point in time"],
    at_least=1.005, fmt=".3f",
)
claim(
    "In-sample means fail on the test days at once (NE)",
    offline["in-sample mean"],
    id="03.in_sample", baseline=offline["out of fold"],
    at_least=1.005, fmt=".3f",
)

# %% [markdown]
# Two leaks with **opposite symptoms**:
#
# - *As of now*: the click is inside the feature in training **and** in test. Offline it is wonderful; only a replay, or the launch, shows the damage. A score above the oracle is impossible, but in practice you have no oracle: be suspicious of any jump.
# - *In-sample mean*: the click is inside the feature in training only. The model trusts it too much, and the test set says so at once.
#
# ## Does the server compute the same?
#
# Training reads a table, serving reads counters in memory: two programs, one feature. A **parity test** feeds both the same events. Suppose the server's author treats a visitor without id as one more user, with a counter of its own, where training gave the prior.

# %%
from mlpipe.features import StreamingCounter, count_before

sample = log.iloc[:20_000]
batch = count_before(sample["user_id"], sample["timestamp"], sample["user_id"], sample["timestamp"], missing="zero")
counter, online = StreamingCounter(), []
for user, time in zip(sample["user_id"].fillna(-1), sample["timestamp"], strict=True):
    online.append(counter.count(user, time))
    counter.update(user, time)
anonymous = sample["user_id"].isna().to_numpy()

claim(
    "The parity test sees the difference: a tenth of the rows, all of them without a user id",
    (batch != online).mean(),
    id="03.parity", baseline=(batch != online)[~anonymous].mean(),  # the rows with a user id
    between=(0.08, 0.13), fmt=".1%",
)

# %% [markdown]
# The cure is to have one implementation, or to log the features when they are served and to train on that log.
#
# ## How fresh must it be, and what is it worth?
#
# Counters that are copied once a day are cheaper than live ones. We let them lag and train again: the model knows that they are late. Beside it, what each family is worth: take it away from a model that has all
# families (history as ten groups a counter) and see what is lost.

# %%
lags = {"live": "0h", "6 hours": "6h", "1 day": "1D", "3 days": "3D", "6 days": "6D"}
fresh = {}
for name, lag in lags.items():
    rates = {
        key: past_rate(log[key], log["timestamp"], log["reported_at"], **prior, missing="zero", lag=lag)
        for key in KEYS
    }
    fresh[name] = rate_scores(rate_model(rates), rates)[1]

# %%
HISTORY = [f"{key}_rate" for key in KEYS]
for key, name in zip(KEYS, HISTORY, strict=True):
    edges = np.unique(np.quantile(point_in_time[key][train], np.linspace(0.1, 0.9, 9)))
    log[name] = np.searchsorted(edges, point_in_time[key])

families = {"user": USER, "ad": AD, "context": CONTEXT, "history": HISTORY, "crosses": real}
everything = [*USER, *AD, *CONTEXT, *HISTORY]
whole = hashed_model(everything, crosses=real)[1]
lost = {}
for family, members in families.items():
    columns = [name for name in everything if name not in members]
    crosses = [pair for pair in real if pair not in members]
    lost[family] = whole - hashed_model(columns, crosses=crosses)[1]

# %% alt="Two panels. Left: the share of the oracle falls slowly as counters lag from live to six days. Right: what the model loses without each family; crosses and context matter most."
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
left.plot(list(fresh), [100 * share for share in fresh.values()], "o-", color=plots.ACCENT)
left.set(title="Old counters lose value slowly", xlabel="lag of the counters", ylabel="share of the oracle (%)", ylim=(0, None))
plots.ranked_bars(right, list(lost), [100 * loss for loss in lost.values()], fmt="{:.1f}")
right.set(title="What the model loses without a family", xlabel="points of the oracle's gain")
plt.show()

# %%
claim(
    "Counters that are six days old lose a visible part of their worth (share of the oracle lost)",
    fresh["live"] - fresh["6 days"],
    id="03.staleness", baseline=fresh["live"] - fresh["6 hours"],
    at_least=0.015, fmt=".1%",
)

# %% [markdown]
# Read the right panel with care. A family's worth depends on what else is there: without the ad's ids, the crosses still know the ad's campaign. And it depends on the log. He et al. (2014) report the opposite for
# a real system: history mattered most, context least. Take the *method* to another log, never the order of the bars.
#
# ### Exercise (core): a counter that knows only the past
#
# Rows are in time order and clicks are known at once. For each row, return the smoothed click rate of the *earlier* rows with its key: $(c + s\, p_0) / (n + s)$.

# %% tags=["exercise:03.past_rate"]
def past_click_rate(keys, clicked, prior_rate, prior_strength):
    ...

# %%
exercise("03.past_rate").check(past_click_rate)

# %% [markdown]
# ### Exercise: out of fold
#
# `fold` gives the fold of each row. For each row return the mean of `y` over the rows with the same key in *other* folds; where there is none, the mean of `y` over all rows of other folds.

# %% tags=["exercise:03.out_of_fold"]
def out_of_fold_mean(keys, y, fold):
    ...

# %%
exercise("03.out_of_fold").check(out_of_fold_mean)

# %% [markdown]
# ### Exercise: the id of a pair
#
# `a` and `b` hold non-negative integer ids. Return one integer a row, so that two rows get the same number exactly when both their ids agree. Number the pairs 0, 1, 2, ... in order of first appearance.

# %% tags=["exercise:03.cross"]
def cross(a, b):
    ...

# %%
exercise("03.cross").check(cross)

# %% [markdown]
# ## What we have seen
#
# - Hashing feeds any id to a linear model. The collision rate sounds alarming; what counts is which ids carry traffic. Crosses pay where an interaction exists.
# - As-of-now counters win offline and lose in service; in-sample means lose at once. Point-in-time and out-of-fold features do neither.
# - Parity, freshness and worth are measured, feature by feature and family by family.

# %%
say(
    "I join counters as of the event and count only clicks that had been reported. In a simulation, counters read as of now reached {03.too_good} of what the true probabilities "
    "explain, which is impossible, and served honestly the same model had a normalised entropy of {03.replay:.2f}, worse than the base rate. In-sample target means do not even survive "
    "the test set. I hash ids, and I add crosses where I expect an interaction: they gave {03.crosses} of the oracle's gain, as many idle ones nothing."
)

# %% [markdown]
# *Read more:* Weinberger et al. 2009, on feature hashing; Micci-Barreca 2001, on target means; He et al. 2014, section 3 and 5, on history features and freshness; Kaufman et al. 2012, *Leakage in data mining*. *Next:* 04, how to measure a
# recommender; for clicks, 08.
