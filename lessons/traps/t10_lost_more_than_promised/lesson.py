# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 300
#     budget_seconds: 10
#     minutes: 10
# ---

# %% [markdown]
# # The rule that lost more than was promised
#
# **Goal.** A new rule loses far more clicks than the log had promised. Find the one fault of this pipeline from what it shows, name it, and repair it.
#
# | where we are | you need | it takes |
# |---|---|---|
# | somewhere in: data ▸ features ▸ model ▸ evaluation ▸ serving | 11, 15 | 10 minutes to read, under 10 s, under 300 MB |
#
# A team shows one ad on each page. Its old rule makes a table of chances anew each night: one chance for each ad, for each group of users and each time of day; then the ad is drawn. The new rule must not know users: it has one chance for each ad, the same everywhere. What will it cost? The log of five days is asked, with weights: chance of the new rule over chance of the old one. Then the new rule is launched. All this is *simulated*.

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
n_pages, n_ads = 120_000 if SCALE == "full" else 60_000, 20
quality, noise = rng.normal(0, 0.5, n_ads), rng.normal(0, 0.3, (5, 1, 1, n_ads))
relevance = quality + rng.normal(0, 0.7, (4, 1, n_ads)) + rng.normal(0, 0.7, (3, n_ads))
old_rule, new_rule = np.exp(relevance + noise), np.exp(quality) / np.exp(quality).sum()
old_rule /= old_rule.sum(axis=-1, keepdims=True)  # day x group x time x ad
unreported = 0.2  # share of the last day's clicks that were not known yet when the log was copied
retried = 0.4  # share of the slow pages that are written into the log twice
holiday = 0.6  # share of the pages that are asked for on a holiday: day 3 after the launch


def five_days(rule):
    """A line for each page: who saw which ad when, whether it was clicked, how long the page took."""
    day, group, time = (rng.integers(0, n, n_pages) for n in (5, 4, 3))
    ends = np.broadcast_to(rule, old_rule.shape)[day, group, time].cumsum(axis=1)
    ad = (ends > rng.random((n_pages, 1)) * ends[:, -1:]).argmax(axis=1)
    clicked = rng.random(n_pages) < 1 / (1 + np.exp(2.6 - relevance[group, time, ad]))
    page = {"line_id": rng.permutation(n_pages), "day": day + 1, "group": group, "time": time, "ad": ad}
    return pd.DataFrame(page | {"clicked": clicked, "seconds": rng.exponential(1, n_pages)})

# %% [markdown]
# On one page of ten, the ad is drawn by lot, whatever the rule says: those lines are kept apart, in `by_lot`.

# %%
log, after = five_days(old_rule), five_days(new_rule)
by_lot = five_days(np.full(n_ads, 1 / n_ads)).sample(frac=0.1, random_state=SEED)
late = (log["day"] == 5) & (rng.random(len(log)) < unreported)
log["clicked"] &= ~late
log = pd.concat([log, log[(log["seconds"] > 1) & (rng.random(len(log)) < retried)]])
after = after[(after["day"] != 3) | (rng.random(len(after)) < holiday)]

# %% [markdown]
# What is known of each line, one number a line, in the order of `log`.

# %%
def pages_alike(log):
    """Number of pages of this day, for this group, at this time of day."""
    once = log.drop_duplicates("line_id").set_index("line_id")
    number = once.groupby(["day", "group", "time"])["ad"].transform("size")
    return log["line_id"].map(number).to_numpy(float)


def rate_alike(log):
    """Clicks a page of this day, for this group, at this time of day."""
    once = log.drop_duplicates("line_id").set_index("line_id")
    mean = once.groupby(["day", "group", "time"])["clicked"].transform("mean")
    return log["line_id"].map(mean).to_numpy(float)


def chance_of_ad(log):
    """Chance that the old rule had for this ad on this page, as counted in the log."""
    once = log.drop_duplicates("line_id").set_index("line_id")
    number = once.groupby(["day", "ad"])["ad"].transform("size")
    share = number / once.groupby("day")["ad"].transform("size")
    return log["line_id"].map(share).to_numpy(float)


def rate_of_ad(log):
    """Clicks a page of this ad on this day."""
    once = log.drop_duplicates("line_id").set_index("line_id")
    mean = once.groupby(["day", "ad"])["clicked"].transform("mean")
    return log["line_id"].map(mean).to_numpy(float)

# %%
def promised(log):
    """Clicks a page that the new rule would have, and the mean of the weights; each line counts once."""
    weighted = log.assign(weight=new_rule[log["ad"]] / chance_of_ad(log)).drop_duplicates("line_id")
    return np.average(weighted["clicked"], weights=weighted["weight"]), weighted["weight"].mean()


described = {one.__name__: one(log) for one in (pages_alike, rate_alike, chance_of_ad, rate_of_ad)}
once = log.assign(**described).drop_duplicates("line_id").groupby("day")
print(once[list(described)].mean().to_string(float_format="{:.3f}".format) + "\n")
table = pd.DataFrame({"pages": once.size(), "old rule": once["clicked"].mean()})
table["promised"], table["mean weight"] = zip(*(promised(log[log["day"] == day]) for day in table.index))
table["pages after"] = after.groupby("day").size()
table["earned"] = after.groupby("day")["clicked"].mean()
print(table.to_string(float_format="{:.3f}".format))

# %% alt="Three lines over five days: the old rule's clicks a page are the most, what the new rule was promised lies below, and what it earned lies far below that on each day."
claim(
    "The new rule was promised more clicks a page than it earned (ratio)",
    promised(log)[0] / after["clicked"].mean(),
    id="t10.symptom", baseline=1.0,  # it earns what was promised
    at_least=1.2, fmt=".2f",
)
plots.use_style()
_, ax = plt.subplots()
ax.plot(table.index, 100 * table["old rule"], color=plots.MUTED, label="old rule")
ax.plot(table.index, 100 * table["promised"], "--", color=plots.ACCENT, label="new rule,\npromised")
ax.plot(table.index, 100 * table["earned"], color=plots.ACCENT, label="new rule,\nearned")
ax.set(title="On each day it earns less than was promised", xlabel="day", ylim=0)
ax.set_ylabel("clicks a page (%)")
ax.set_xticks(table.index)
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

# %% tags=["exercise:t10.fault"]

# %%
exercise("t10.fault").check(fault)

# %% [markdown]
# ## Exercise: repair it
#
# One of the four functions that describe lines must change. Write it again under the name `repaired`, with the same arguments; it must do what its first line says, one number for each line of `log`, in their order. Then put it in the old one's place and run the notebook again.

# %% tags=["exercise:t10.fix"]

# %%
exercise("t10.fix").check(repaired)

# %% [markdown]
# ## In real work
#
# A check that passes says that one thing is right. Ask of each check which faults it cannot see. A mean over all pages can be right while its parts are wrong: here the mean weight of each group at each time of day would have told, and so would a few pages that no rule has chosen.
