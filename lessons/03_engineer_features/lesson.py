# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 750
#     budget_seconds: 60
#     minutes: 20
# ---

# %% [markdown] slideshow={"slide_type": "slide"} slide="# Engineer features\nTurn a click log into features that a server could really have computed at that moment, and know what each family is worth." notes="Ask at the start: name one feature that you would use and could not compute at serving time. Write the answers on the board. Plan: opening question 2, entities 1, hashing and crosses 4, the two leaks 8, freshness and worth 3, say it 2. The leaks are the heart: take your time. The core exercise, ten minutes, is counted apart. (2 min)"
# # Engineer features
#
# **Goal.** Turn a click log into features that a server could really have computed at that moment, and know what each family of features is worth.
#
# | where we are | you need | it takes |
# |---|---|---|
# | requirements ▸ data ▸ **features** ▸ model ▸ evaluation ▸ serving | 02 for the log; logistic regression | 20 minutes to read, under 60 s, under 750 MB |

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Whose feature is it?\n| entity | examples | known when |\n|---|---|---|\n| user, ad | id, age group, campaign | before the request |\n| context | site, device, hour | at the request |\n| position | the slot of the page | only *after* the ranking |\n| cross | audience \u00d7 category | at the request |\n| history | click rate so far | changes with every click |" notes="The entity decides where a value is stored, how fresh it must be, what it costs to fetch. Ask: what do you give the model for the position when serving? The same slot for all. (1 min)"
# ## Whose feature is it?
#
# Sort features by the **entity** that they describe. The entity decides where a value is stored, how fresh it must be, and what it costs to fetch.
#
# | entity | examples in the log | known when |
# |---|---|---|
# | user | id, age group, audience | before the request, if there is a user id |
# | ad | id, campaign, advertiser, category, format | before the request |
# | context | site, device, hour | at the request |
# | position | the slot of the page | only *after* the ranking: train with it, set it to slot 1 for all when serving |
# | cross | audience × category, site × category | at the request |
# | history | click rate of this user, of this ad, so far | changes with every click |
#
# We use the *simulated* ad log, 300,000 rows, so we know the true click probabilities. The first twelve days train, the last two test. Scores are **normalised entropy** (NE), the log loss
# over that of always predicting the training click rate: below 1 is useful, lower is better. The **oracle** predicts the true probabilities; beside NE stands the *share of the oracle*, how much of its gain a model
# reaches. To keep it short we leave repeats and bots in, and train on all clicks of the twelve days, late ones included. Models of ids are logistic regressions with `C=0.05`.

# %%
import numpy as np
import pandas as pd

from mlpipe.click_metrics import normalized_entropy, share_of_oracle
from mlpipe.course import claim, exercise, guess, guesses, reveal, say
from mlpipe.simulator import simulate_ad_log

simulated = simulate_ad_log(n_impressions=300_000 if SCALE == "full" else 60_000, seed=SEED)
log = simulated.impressions.assign(hour=simulated.impressions["timestamp"].dt.hour)
clicked = log["clicked"].to_numpy()
test = (log["timestamp"] >= "2026-01-17").to_numpy()  # day 13 and 14
train = ~test
base_rate = clicked[train].mean()


def scores(p_test):
    ne = normalized_entropy(clicked[test], p_test, base_rate)
    return ne, share_of_oracle(clicked[test], p_test, simulated.true_ctr[test], base_rate)

# %% [markdown] slideshow={"slide_type": "slide"} slide="## How do you feed ids to a model?\n**Hashing** needs no table: a fixed function sends each id to one of $b$ buckets, and the bucket has the weight.\n\nOne million ids, $2^{20} = 1{,}048{,}576$ buckets: more buckets than ids.\n\n**Predict:** how many percent of the ids share their bucket?" notes="Let them write a number. Who knows the birthday paradox, guesses high; who does not, says a few percent. (1 min)"
# ## How do you feed ids to a model?
#
# An id is a name, not a quantity. A linear model needs one weight for each id, so a table of known ids, which grows for ever. **Hashing** needs no table: a fixed function sends each
# id to one of $b$ buckets, and the bucket has the weight. Two ids that meet in a bucket share it. With $m$ ids, an id shares its bucket with another one with probability
#
# $$ 1 - \left(1 - \frac{1}{b}\right)^{m-1} $$
#
# **Predict before you run.** One million ids, $2^{20} = 1{,}048{,}576$ buckets: more buckets than ids. How many percent of the ids are *not* alone in theirs?

# %%
guess("03.not_alone", unit="%")

# %% slideshow={"slide_type": "slide"} slide="## Far more than half share a bucket" notes="More buckets than ids, and yet: each id has a million chances to meet another one. Is that terrible? (1 min)"
from mlpipe.features import hash_integers, hashed_design

buckets = hash_integers(np.arange(1_000_000), n_buckets=2**20, seed=SEED)
ids_in_bucket = np.bincount(buckets, minlength=2**20)

claim("Of a million ids hashed into 2^20 buckets, far more than half share their bucket",
    (ids_in_bucket[buckets] > 1).mean(), id="03.collisions",
    baseline=0.0, between=(0.610, 0.620), fmt=".1%")  # baseline: a table, one row an id
reveal("03.not_alone", 100 * (ids_in_bucket[buckets] > 1).mean(), fmt=".0f")

# %% [markdown]
# Is that terrible? Let us train a logistic regression on all raw columns with fewer and fewer buckets. The name of the column is part of what is hashed, so user 7 and site 7 differ.

# %%
from sklearn.linear_model import LogisticRegression

USER = ["user_id", "age_group", "audience", "region"]
AD = ["ad_id", "campaign_id", "advertiser_id", "category", "ad_format"]
CONTEXT = ["site_id", "device", "hour"]
RAW = [*USER, *AD, *CONTEXT, "position"]


def trained_on(design):
    model = LogisticRegression(C=0.05, max_iter=100).fit(design[train], clicked[train])
    return scores(model.predict_proba(design[test])[:, 1])


def hashed_model(columns, n_buckets=2**18, crosses=()):
    return trained_on(hashed_design(log, columns, n_buckets, crosses=crosses))


raw = {bits: hashed_model(RAW, n_buckets=2**bits) for bits in (8, 10, 12, 14, 18)}

# %% slideshow={"slide_type": "slide"} slide="## And little is lost\nWatch the ids that carry traffic, not the collision rate." notes="What a logistic regression keeps with fewer and fewer buckets. Why? Most ids are rare, and a rare id has hardly any weight to spoil. (1 min)" alt="Share of the oracle against number of buckets: flat from 2 to the 18 down to 2 to the 14, then falling, most of all at 2 to the 8."
import matplotlib.pyplot as plt

from mlpipe import plots

plots.use_style()
fig, ax = plt.subplots()
ax.plot(list(raw), [100 * share for _, share in raw.values()], "o-", color=plots.ACCENT)
ax.set(title="Collisions cost little until the buckets are very few", ylim=(0, None))
ax.set(xlabel="buckets, as a power of two", ylabel="share of the oracle (%)", xticks=list(raw))
plt.show()

# %%
m = log[RAW].nunique().sum()
print(f"{m:,} ids in {2**14:,} buckets: {1 - (1 - 2**-14) ** (m - 1):.0%} share one")
claim("A sixteenth of the buckets costs almost nothing (share of the oracle lost)",
    raw[18][1] - raw[14][1], id="03.fewer_buckets",
    baseline=raw[18][1] - raw[8][1], at_most=0.02, fmt=".1%")  # baseline: 2^8 buckets

# %% [markdown]
# Most ids share their bucket, and nearly nothing is lost. Why? Most ids are rare. We put all rare ones into *one* bucket, and for comparison only the twenty that have the most rows.

# %%
from scipy.sparse import csr_matrix

design = hashed_design(log, RAW, 2**18)
rows = np.asarray(design[train].sum(axis=0)).ravel()  # of each bucket
rare = np.flatnonzero((rows > 0) & (rows <= 25))
print(f"rare: {len(rare) / (rows > 0).sum():.0%} of ids, {rows[rare].sum() / rows.sum():.0%} of rows")


def lost_in_one(buckets):
    target = np.arange(2**18)
    target[buckets] = buckets[0]
    into = csr_matrix((np.ones(2**18, np.float32), (np.arange(2**18), target)))
    return round(raw[18][1] - trained_on(design @ into)[1], 3)  # more digits depend on the CPU


claim("All ids with 25 rows or fewer in one bucket cost almost nothing (share of the oracle lost)",
    lost_in_one(rare), id="03.rare_ids", fmt=".1%",
    baseline=lost_in_one(np.argsort(rows)[-20:]), at_most=0.02)

# %% [markdown]
# A rare id has hardly any weight to spoil. Watch the ids that carry traffic, not the collision rate.
#
# ## What can no sum of single features say?
#
# A linear model adds: *this audience clicks more*, *this category is clicked more*. It cannot say *this audience clicks on that category*. A **cross** is a new id for the pair. Which pairs? We try
# five interactions that the simulated world contains (we know it), and five that it does not.

# %% slideshow={"slide_type": "slide"} slide="## What no sum of single features says\nA **cross** is a new id for the pair, such as audience \u00d7 category. Five pairs that interact in this simulated world, against five that do not:" notes="A linear model adds: this audience clicks more, this category is clicked more. A cross is a new id for the pair. Five pairs that the simulated world contains pay; five that it does not are the baseline, and do not help. (1 min)"
real = [("audience", "category"), ("region", "campaign_id"), ("site_id", "category")]
real += [("device", "ad_format"), ("hour", "category")]
idle = [("age_group", "position"), ("region", "ad_format"), ("site_id", "device")]
idle += [("hour", "ad_format"), ("region", "hour")]

claim("Crosses pay where an interaction exists (gain in share of the oracle)",
    hashed_model(RAW, crosses=real)[1] - raw[18][1], id="03.crosses",
    baseline=hashed_model(RAW, crosses=idle)[1] - raw[18][1], at_least=0.08, fmt=".1%")

# %% [markdown]
# ## What did we know at that moment?
#
# In real systems the strongest features are often counters (He et al. 2014): *the click rate of this user so far*. They are also where pipelines leak. A **point-in-time** counter uses, for each impression, only what had been *reported* before it.
# The easy query, a `GROUP BY` over the whole table, gives the rate **as of now**: it contains the future of each row, and the row's own click.
#
# Here are both, for one user with four impressions. The click of the first is reported on the third day.

# %%
from mlpipe.features import out_of_fold_target_mean, past_rate, smoothed_rate, target_mean

shown = pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-04", "2026-01-05"])
reported = pd.to_datetime(["2026-01-03", None, None, "2026-01-06"])
tiny = pd.DataFrame({"user": 7, "shown": shown, "reported": reported})
tiny["as of now"] = smoothed_rate(successes=2, trials=4, prior_rate=0.03, prior_strength=2)
tiny["as of then"] = past_rate(tiny["user"], shown, reported, prior_rate=0.03, prior_strength=2)
print(tiny.to_string(index=False, float_format="%.3f"))

# %% slideshow={"slide_type": "slide"} slide="## What did we know at that moment?" notes="One line is one row of the training table, for the same user. Squares: what the server knew when it showed the ad. All marks together: the counter as of now. Diamond: the row's own click, which an average over the training days contains, too. Ask for each row: how many impressions, how many clicks did the server know? (2 min)" alt="Four rows of one user on a line of days: squares for impressions and reports before the row was shown, circles for those that came later, a diamond for the report of the row's own click; the first row knows nothing, the fourth knows all but itself."
own = [(row, when) for row, when in enumerate(reported.day, 1) if when > 0]
pairs = [(row, when) for row in range(1, 5) for when in [*shown.day, *reported.dropna().day]]
known_then = [(row, when) for row, when in pairs if when < shown.day[row - 1]]
kinds = {"only later": [pair for pair in pairs if pair not in known_then + own]}
plots.timeline(plt.gca(), range(1, 5), kinds | {"known then": known_then, "the row's own click": own})
plt.gca().set(title="The rate as of now counts all, the server knew the squares")
plt.gca().set(xlabel="day (impressions on 1, 2, 4, 5; reports on 3 and 6)", ylabel="row")
plt.show()

# %% [markdown]
# Both are **smoothed**: with $c$ clicks in $n$ impressions, prior rate $p_0$ and prior strength $s$ (in impressions), the rate is $(c + s\, p_0) / (n + s)$. Without history it is the prior.
#
# Now four such rates (user, ad, campaign, site) as features, with the position. Everything else is equal; only *when* the counters are read differs. A third way is common, too: the **target mean** of each id over the
# training days. For a training row, it contains the row's own click. Its remedy is to compute it *out of fold*: from the other parts of the training data.

# %%
KEYS = ["user_id", "ad_id", "campaign_id", "site_id"]
prior = {"prior_rate": 0.03, "prior_strength": 20}
known = prior | {"times": log["timestamp"], "reported_at": log["reported_at"], "missing": "zero"}

point_in_time, as_of_now, in_sample, out_of_fold = {}, {}, {}, {}
for key in KEYS:
    ids = log[key]
    point_in_time[key] = past_rate(ids, **known)
    total = log.groupby(key)["clicked"].agg(["sum", "size"])
    counts = (ids.map(total[one]).astype(float).fillna(0) for one in total)  # no id: counts 0
    as_of_now[key] = smoothed_rate(*counts, **prior)
    in_sample[key] = target_mean(ids[train], clicked[train], ids)
    out_of_fold[key] = in_sample[key].copy()  # only the training rows change
    out_of_fold[key][train] = out_of_fold_target_mean(ids[train], clicked[train], seed=SEED)

# %%
at_position = pd.get_dummies(log["position"]).to_numpy(dtype=float)


def features(rates):
    rates = np.column_stack(list(rates.values()))
    return np.hstack([np.log(rates / (1 - rates)), at_position])


def rate_model(rates):
    return LogisticRegression(solver="newton-cholesky").fit(features(rates)[train], clicked[train])


def rate_scores(model, rates):
    return scores(model.predict_proba(features(rates)[test])[:, 1])


ways = {"point in time": point_in_time, "as of now": as_of_now}
ways |= {"in-sample mean": in_sample, "out of fold": out_of_fold}
models = {name: rate_model(rates) for name, rates in ways.items()}

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Four ways to read a counter\n- **point in time**: what had been reported before the row\n- **as of now**: a `GROUP BY` over the whole table\n- **in-sample mean**: over the training days, with the row's own click\n- **out of fold**: from the other parts of the training data\n\n**Predict:** which one looks best *offline*, on the test days? Say aloud which will be best when served." notes="Same four keys, same model; only when the counters are read differs. Take a vote for both: offline, and served. (1.5 min)"
# **Predict before you run.** Which of the four looks best on the test days, as your offline evaluation would show it? Say aloud which will be best when served, where a counter can only be read as of *then*.

# %%
guess("03.offline", choices=["point in time", "as of now", "in-sample mean", "out of fold"])

# %% slideshow={"slide_type": "slide"} slide="## Two leaks, opposite symptoms\nSay when each counter is read, and replay old requests before the launch." notes="Normalised entropy: below 1 is useful, lower is better. As of now: the click is inside the feature in training and in test, so offline is wonderful and serving is not. In-sample: inside in training only, so the test set says so at once. Which of them is caught before launch? (2.5 min)"
report = pd.DataFrame(columns=["offline NE", "offline share", "served NE"], dtype=float)
for name, model in models.items():
    served = point_in_time if name == "as of now" else ways[name]  # the future cannot be served
    report.loc[name] = *rate_scores(model, ways[name]), rate_scores(model, served)[0]
print(report.round(2).to_string())
reveal("03.offline", report["offline NE"].idxmin())

# %%
offline, live = report["offline NE"], report["served NE"]
claim("As-of-now counters look better offline than the truth itself (share of the oracle)",
    report.loc["as of now", "offline share"], id="03.too_good",
    baseline=report.loc["point in time", "offline share"], at_least=1.05, fmt=".0%")
claim("Served what is known then, the same model is worse than the average rate (NE)",
    live["as of now"], id="03.replay", baseline=live["point in time"], at_least=1.005, fmt=".3f")
claim(
    "In-sample means fail on the test days at once (NE)", offline["in-sample mean"],
    id="03.in_sample", baseline=offline["out of fold"], at_least=1.005, fmt=".3f")

# %% [markdown]
# Two leaks with **opposite symptoms**:
#
# - *As of now*: the click is inside the feature in training **and** in test. Offline it is wonderful; only a replay (old requests, scored with what was known at their time) or the launch shows the damage. In expectation no model without a leak scores above the oracle; on one test set luck may lift a model above it, but by a little. In practice you have no oracle: be suspicious of any jump.
# - *In-sample mean*: the click is inside the feature in training only. The model trusts it too much, and the test set says so at once.
#
# With $n$ impressions behind a rate, the row's own click moves it by $1 / (n + s)$: the fewer rows a key has, the more. So we read each key's counter *as of now* alone, and then all but `user_id`, the key with the fewest rows.

# %% slideshow={"slide_type": "slide"} slide="## The quiet leak is the dangerous one" notes="Leave out the user id, the key with the fewest rows, and the leak looks like an ordinary success: a share that nobody would doubt. Only a replay shows the damage. A jump offline is a reason to look, not to celebrate. (2 min)"
def leak(*keys):
    now, then = ({key: rates[key] for key in keys} for rates in (as_of_now, point_in_time))
    leaky, honest = rate_model(now), rate_scores(rate_model(then), then)
    return rate_scores(leaky, now)[1], honest[1], rate_scores(leaky, then)[0], honest[0]


leaks = {f"{key}, {log[key].count() / log[key].nunique():.0f} rows": leak(key) for key in KEYS}
leaks["all but user_id"] = share, honest_share, served, honest_ne = leak(*KEYS[1:])
names = ["offline share", "honest share", "served NE", "honest NE"]
print(pd.DataFrame(leaks, names).T.round(2).to_string())
claim("Without user ids the leak looks like an ordinary success offline (share of the oracle)",
    share, id="03.quiet_leak", baseline=honest_share, between=(0.5, 0.8), fmt=".0%")
claim("Served, that model is still worse than honest counters (ratio of NE)",
    served / honest_ne, id="03.quiet_cost", baseline=1.0, at_least=1.008)

# %% [markdown]
# That is the dangerous case: a share that nobody would doubt.
#
# ## Does the server compute the same?
#
# Training reads a table, serving reads counters in memory: two programs, one feature. A **parity test** feeds both the same events. Suppose the server's author treats a visitor without id as one more user, with a counter of its own, where training gave the prior.

# %%
from mlpipe.features import StreamingCounter, count_before

users, times = log["user_id"].iloc[:20_000], log["timestamp"].iloc[:20_000]
batch = count_before(users, times, users, times, missing="zero")
counter, online = StreamingCounter(), []
for user, time in zip(users.fillna(-1), times, strict=True):
    online.append(counter.count(user, time))
    counter.update(user, time)

claim("The parity test sees a tenth of the rows differ, all of them without a user id",
    (batch != online).mean(), id="03.parity",  # baseline: the rows with a user id
    baseline=(batch != online)[users.notna()].mean(), between=(0.08, 0.13), fmt=".1%")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## How fresh, and what is it worth?\nCounters that are copied once a day are cheaper than live ones.\n\nAnd take each family of features away from a model that has all: user, ad, context, position, history, crosses.\n\n**Predict:** without which family does the model lose most?" notes="Say in a sentence where freshness is lost: training reads a table, serving reads counters in memory. Feed both the same events and compare, or log the features when they are served. Then the vote on the families. (1 min)"
# The cure is to have one implementation, or to log the features when they are served and to train on that log.
#
# ## How fresh must it be, and what is it worth?
#
# Counters that are copied once a day are cheaper than live ones. We let them lag and train again: the model knows that they are late. Beside it, what each family is worth: take it away from a model that has all
# families (history as up to ten groups a counter) and see what is lost.
#
# **Predict before you run.** Without which family does the model lose most?

# %%
guess("03.family", choices=["user", "ad", "context", "position", "history", "crosses"])

# %%
fresh = {}
for name, lag in {"live": "0h", "1 day": "1D", "3 days": "3D", "6 days": "6D"}.items():
    rates = {key: past_rate(log[key], **known, lag=lag) for key in KEYS}
    fresh[name] = rate_scores(rate_model(rates), rates)[1]

claim("Counters that are a day old lose little (share of the oracle)",
    fresh["live"] - fresh["1 day"], id="03.day_old",
    baseline=fresh["live"], at_most=0.03, fmt=".1%")  # baseline: no counters, the base rate

# %%
HISTORY = [f"{key}_rate" for key in KEYS]
for key in KEYS:
    tenths = np.quantile(point_in_time[key][train], np.linspace(0.1, 0.9, 9))
    log[f"{key}_rate"] = np.digitize(point_in_time[key], tenths)

families = {"user": USER, "ad": AD, "context": CONTEXT, "position": ["position"]}
families |= {"history": HISTORY, "crosses": real}
everything = RAW + HISTORY
whole = hashed_model(everything, crosses=real)[1]
lost = {}
for family, members in families.items():
    columns = [name for name in everything if name not in members]
    crosses = [pair for pair in real if pair not in members]
    lost[family] = round(whole - hashed_model(columns, crosses=crosses)[1], 3)
reveal("03.family", max(lost, key=lost.get))

# %% slideshow={"slide_type": "slide"} slide="## Measure worth, family by family\nTake the method to your log, never the order of the bars." notes="The lag hurts little here: measure before you pay for live counters. Read the right panel with care: what a family is worth depends on what else is there, and on the log. In the real system of He et al. history mattered most. Take the method with you, never the order of the bars. (2 min)" alt="Two panels. Left: bars of the share of the oracle, shrinking slowly as counters lag from live to six days. Right: what the model loses without each family: much without position and without crosses, next to nothing without ad, user, history or context."
_, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8))
left.bar(list(fresh), [100 * share for share in fresh.values()], color=plots.MUTED)
left.set(title="Old counters lose slowly", xlabel="lag of the counters", ylabel="share of oracle (%)")
plots.ranked_bars(right, list(lost), [100 * loss for loss in lost.values()], fmt="{:.1f}")
right.set_title("Position and crosses carry most\n(points lost without)")
plt.show()

# %%
carry = [lost.pop(family) for family in ("position", "crosses")]
claim("Position and crosses carry most (the smaller of their losses; baseline: the largest other one)",
    min(carry), id="03.worth", baseline=max(lost.values()), at_least=0.06, fmt=".1%")

# %% [markdown]
# The lag hurts little here: measure it before you pay for live counters. Read the right panel with care. A family's worth depends on what else is there: without the ad's ids, the crosses still know the ad's campaign, and history has ids and crosses beside it. And it depends on the log. In the real
# system of He et al. (2014) history mattered most. Take the *method* to another log, never the order of the bars.
#
# ### Exercise (core): a counter that knows only the past
#
# Rows are in time order and clicks are known at once. For each row, return the smoothed click rate of the *earlier* rows with its key: $(c + s\, p_0) / (n + s)$.

# %% tags=["exercise:03.past_rate"] slideshow={"slide_type": "slide"} slide="## Exercise: a counter that knows the past\nRows are in time order, clicks are known at once. For each row, return the smoothed click rate of the *earlier* rows with its key.\n\nTen minutes. The checker names your mistake; `.hint()` helps." slide_code="1-2" notes="In pairs. Look for two mistakes: the row's own click is counted, and the prior is left out where there is no history. (10 min)"

# %%
exercise("03.past_rate").check(past_click_rate)

# %% [markdown]
# ### Exercise: out of fold
#
# `fold` gives the fold of each row. For each row return the mean of `y` over the rows with the same key in *other* folds; where there is none, the mean of `y` over all rows of other folds.

# %% tags=["exercise:03.out_of_fold"]

# %%
exercise("03.out_of_fold").check(out_of_fold_mean)

# %% [markdown]
# ### Exercise: the id of a pair
#
# `a` and `b` hold non-negative integer ids. Return one integer a row, so that two rows get the same number exactly when both their ids agree. Number the pairs 0, 1, 2, ... in order of first appearance.

# %% tags=["exercise:03.cross"]

# %%
exercise("03.cross").check(cross)

# %%
guesses()

# %% [markdown]
# ## What we have seen
#
# - Hashing feeds any id to a linear model. The collision rate sounds alarming; what counts is which ids carry traffic. Crosses pay where an interaction exists.
# - As-of-now counters win offline and lose in service; in-sample means lose at once. Point-in-time and out-of-fold features do neither.
# - Parity, freshness and worth are measured, feature by feature and family by family.

# %% slideshow={"slide_type": "slide"} slide="## Say it in the interview" notes="Go back to the board. Two learners say it aloud; the numbers stand on slides 6 and 9. Then ask again: name one feature that you would use and could not compute at serving time. (2 min)"
say(
    "I join counters as of the event and count only clicks that had been reported. In a "
    "simulation, counters read as of now reached {03.too_good} of what the true probabilities"
    " explain, which only a leak can do, and served honestly the same model had a normalised "
    "entropy of {03.replay:.2f}, worse than the base rate. In-sample means do not even survive"
    " the test set. I hash ids, and I add crosses where I expect an interaction: five of them"
    " gave {03.crosses} of the oracle's gain, and five idle ones did not help.")

# %% [markdown]
# *Read more:* Weinberger et al. 2009, on feature hashing; Micci-Barreca 2001, on target means; He et al. 2014, section 3 and 5, on history features and freshness; Kaufman et al. 2012, *Leakage in data mining*. *Next:* 04, how to measure a
# recommender; for clicks, 08.
