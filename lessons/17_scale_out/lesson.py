# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 800
#     budget_seconds: 30
#     minutes: 20
# ---

# %% [markdown] slideshow={"slide_type": "slide"} slide="# More rows than memory\n\nCompute the same features in memory, from files under a cap, and on many machines, and say on paper what a hundred times more rows would cost." notes="Plan: the opening question 2, the log by day 1, one SQL text 3, the cap 2, the stream 3, skew 2, what a cluster costs 2, on paper 3, say it 2. Then the core exercise. Ask first: how many rows does your log have, how many bytes is that in memory, and who has computed it? (2 min)"
# # More rows than memory
#
# **Goal.** Compute the same features in memory, from files under a cap, and on many machines, and say on paper what a hundred times more rows would cost.
#
# | where we are | you need | it takes |
# |---|---|---|
# | requirements ▸ **data ▸ features ▸ model** ▸ evaluation ▸ serving | counters that know only the past (03), FTRL (09) | 20 minutes to read, under 30 s, under 800 MB |

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown] slideshow={"slide_type": "slide"} slide="## A large log is many files\n\n- one folder a day, of **Parquet**: columns stand apart, so that a reader takes only those that it needs\n- a list, written last: rows, bytes and types of each file\n- what is missing, cut or changed is refused before the first row" notes="Compare the two numbers of bytes, and ask what a hundred million rows take in memory. (1 min)"
# ## What does a log look like that does not fit?
#
# Like many files. Ours is one folder a day of **Parquet**: a format that keeps columns apart, so that a reader takes only those that it needs. A list, written last, holds the rows, bytes and types of each file. So a day that is missing, a file that was cut, and a column that has changed are refused before the first row is read. The simulator hands over one day after the other, and only one is in memory.

# %% slideshow={"slide_type": "-"}
import tempfile

import numpy as np
import pandas as pd

from mlpipe.course import claim, exercise, guess, guesses, measured, reveal, say
from mlpipe.scale import cost, count_in_memory, counters_sql, write_counters, write_days
from mlpipe.simulator import impressions_by_day

home, n_rows = tempfile.mkdtemp(), 600_000 if SCALE == "full" else 40_000
log = write_days(f"{home}/log", impressions_by_day(n_rows, seed=SEED))
days = list(log.rows)
size = sum(path.stat().st_size for path in log.folder.glob("*/*.parquet"))
in_memory = sum(log.frame(day).memory_usage(deep=True).sum() for day in days)
print(f"{len(days)} days; a row: {size / n_rows:.0f} bytes on disk, {in_memory / n_rows:.0f} in memory")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## How do you count the past?\n\nAll that happens to an ad in one line of time: impressions, and *reports* of clicks.\n\n```sql\nRANK() OVER line - 1     -- events before this one\nSUM(click) OVER line     -- reported clicks before it\nWINDOW line AS (PARTITION BY key ORDER BY moment, click)\n```" notes="Draw one key's line on the board: impressions and reports as they come. Ask where a click counts that was made at 10 and reported at 6 in the evening. (2 min)"
# ## How do you count the past without holding it?
#
# For each impression we want two **point-in-time counters** (03): how often was this ad shown before, and how many clicks had been *reported* by then? In SQL, put all that happens to an ad into one line, in order of time. Each impression reads what stands before it. At equal times impressions come first, because *before* is strict.

# %%
print(counters_sql("log", "ad_id"))

# %% [markdown] slideshow={"slide_type": "-"} slide="**Guess:** a colleague counts a click from the moment of the *click*. In what share of the rows is his number right?"
# This text is all that an **engine** needs: a program that plans how to read, sort and add up. DuckDB runs it on one machine, from files; what does not fit waits on the disk. Do we get what `count_before` gets in memory?
#
# **Predict before you run.** A colleague counts a click from the moment of the *click*, not of its report. In what share of the rows is his number right?

# %%
guess("17.colleague", unit="%")

# %%
from mlpipe.features import count_before

counters = write_counters(log, "ad_id", f"{home}/counters", megabytes=20)
sql = pd.concat([counters.frame(day) for day in days], ignore_index=True)
plain = count_in_memory(log, "ad_id")
rows = pd.concat([log.frame(day, ["ad_id", "timestamp", "clicked"]) for day in days])
clicked = rows[rows["clicked"] == 1]
too_early = count_before(rows["ad_id"], rows["timestamp"], clicked["ad_id"], clicked["timestamp"])

# %% slideshow={"slide_type": "slide"} slide="## The same counters, from files\n\nThe colleague's wrong numbers hold clicks from the future, and nothing fails." notes="Nothing fails in the colleague's job, and each of his wrong numbers is a click from the future. Ask how one would notice: replay what was served. (1 min)"
claim("The counters by SQL are those of memory (share of rows)", (sql == plain).all(axis=1).mean(),
      id="17.sql_equal", baseline=(too_early == plain["clicks"]).mean(), equal_to=1, fmt=".0%")
reveal("17.colleague", 100 * (too_early == plain["clicks"]).mean(), fmt=".0f")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Does the cap hold?\n\nThe same SQL, each run a process of its own: frames in memory, DuckDB without a cap, DuckDB with 20 MB for its buffers.\n\n**Guess:** under the cap, how much of the memory does it take that frames take?" notes="The bytes of a row in memory, times 600,000 rows, help who wants to compute. (1 min)"
# The baseline is the colleague's share. Nothing fails there, and each wrong number is a click from the future.
#
# ## Does the cap hold?
#
# Each run is a process of its own, and we ask the system for its largest memory. DuckDB runs without a cap, and with one of 20 MB for its buffers. A process that only reads the list of files takes some already (Python, pandas, DuckDB): that is taken off.
#
# **Predict before you run.** Under the cap, how much of the memory does DuckDB take that counting in frames takes? (And four times the rows: how many times the memory, by each way? Say it aloud.)

# %% slideshow={"slide_type": "-"}
guess("17.capped", choices=["under half", "two thirds", "nearly all"])

# %%
idle = cost("mlpipe.scale:read_days", str(log.folder)).megabytes
seconds, peak = {}, {}
for n in (n_rows // 4, n_rows):
    part = log if n == n_rows else write_days(f"{home}/{n}", impressions_by_day(n, seed=SEED))
    given, count = (str(part.folder), "ad_id"), "mlpipe.scale:write_counters"
    runs = {"in memory": cost("mlpipe.scale:count_in_memory", *given),
            "no cap": cost(count, *given, f"{home}/free-{n}"),
            "20 MB": cost(count, *given, f"{home}/capped-{n}", megabytes=20)}
    for way, run in runs.items():
        seconds[f"{way}, {n:,} rows"], peak[way, n] = run.seconds, run.megabytes - idle
measured("Memory above a process that does nothing",
         {f"{way}, {n:,} rows": megabytes for (way, n), megabytes in peak.items()}, "MB")
measured("CPU, imports included", seconds, "s")

# %% slideshow={"slide_type": "slide"} slide="## A cap covers buffers, not the process\n\nMost is saved because the log is never a frame. Leave room below the limit of the machine: what goes over it is killed." notes="The cap is the engine's promise for its own buffers, not for the process. Ask what a container's limit would do to a process that goes over it: it is killed, and nothing is told. (1 min)"
frame, free, capped = (peak[way, n_rows] for way in runs)
claim("The cap holds: DuckDB takes under 80 % of what it takes without one (1: yes)",
      float(capped / free < 0.8), id="17.cap_holds", baseline=float(1.0 < 0.8), equal_to=1, fmt=".0f")
reveal("17.capped", ["under half", "two thirds", "nearly all"][np.digitize(capped / frame, [0.5, 0.85])])

# %% [markdown]
# Run it, and compare: the engine alone saves most of the memory, because it never has the log as a frame; the cap holds the rest. An engine's limit covers its buffers, not the whole process, so leave room below the limit of the machine. It costs the disk's time, and CPU (see the picture below).
#
# ## Can a model learn from a stream?
#
# FTRL sees each row once (09). So it learns day by day from the files, log and counters side by side, and only one day is in memory. The colleague with a smaller machine takes a random twelfth of the rows: one day's worth. Both are judged on the last two days.

# %%
from mlpipe.click_metrics import normalized_entropy
from mlpipe.ctr import FTRLProximal
from mlpipe.features import smoothed_rate
from mlpipe.uncertainty import paired_difference

columns = ["site_id", "ad_id", "campaign_id", "advertiser_id", "category", "ad_format", "region",
           "device", "position", "audience", "age_group", "user_id", "rate"]
crosses = [("audience", "category"), ("region", "campaign_id"), ("site_id", "category")]


def day_of(day):
    frame = log.frame(day).merge(counters.frame(day), on="row")
    return frame.assign(rate=smoothed_rate(frame["clicks"], frame["shown"], 0.03, 100))


def model():
    return FTRLProximal(alpha=0.08, crosses=crosses, epochs=1, random_state=SEED)


stream = model()
for day in days[:-2]:
    frame = day_of(day)
    stream.partial_fit(frame[columns], frame["clicked"])
train, test = (pd.concat(map(day_of, part)) for part in (days[:-2], days[-2:]))
sample = train.sample(len(train) // 12, random_state=SEED)
models = {"stream": stream, "all in memory": model().fit(train[columns], train["clicked"]),
          "a twelfth": model().fit(sample[columns], sample["clicked"]),
          "last day": model().fit(frame[columns], frame["clicked"])}

# %% slideshow={"slide_type": "slide"} slide="## A stream of days, or a sample?\n\nFTRL learns day by day; a twelfth is one day's worth of rows at random." notes="FTRL sees each row once, day after day, and only one day is in memory. The colleague with a smaller machine takes a random twelfth: a day's worth. Ask first whether a sample would do: here ids still learn from more rows. (3 min)"
y, loss = test["clicked"].to_numpy(), {}
for name, one in models.items():
    p = one.predict_proba(test[columns])[:, 1]
    loss[name] = -np.log(np.where(y == 1, p, 1 - p))
    print(f"{name:14s} NE {normalized_entropy(y, p):.3f}")
constant = -np.log(np.where(y == 1, y.mean(), 1 - y.mean())).mean()
less = {name: paired_difference(loss[name] / constant, loss["stream"] / constant) for name in loss}
level, twelfth = less["all in memory"], less["a twelfth"]
claim("The stream is level with all rows in memory, in random order (NE: the end of the interval "
      "farther from 0)", max(-level.low, level.high), id="17.stream",
      baseline=less["last day"].estimate, at_most=0.009, fmt=".4f")
claim("A random twelfth of the rows is worse than the stream (NE, low end of the interval)",
      twelfth.low, id="17.sample", baseline=0.0, at_least=0.008, fmt=".3f")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## When do you need many machines?\n\nWhen one is too slow. Then the rows of a key must *meet*: the **shuffle**. A small table goes whole to all: the **broadcast**. The machine with the most rows ends last.\n\n**Guess:** by hash to 20 machines, cut by device (three keys): how many times its fair share has the busiest?" notes="Who says seven, twenty over three, takes the keys for even and no two for neighbours. (1 min)"
# So ask first whether a sample would do: here ids and their crosses still learn from more rows, and the stream gives them without the memory. (Order can matter: see `FTRLProximal` on weekdays. And labels are final here: a live stream must wait for its reports, or it learns clicks as none, 11.)
#
# ## When do you need many machines?
#
# When one is too slow, or its disk too small. Then the rows of a key must *meet*: each machine sends its rows to the machine of their key, over the network. That is the **shuffle**, and it is what a cluster is slow at. A small table is sent whole to all instead, a **broadcast**. The machine with the most rows ends last. By hash, 20 machines, which key would you cut the log by?
#
# **Predict before you run.** Cut by device (three keys), how many times its fair share of the rows has the busiest machine?

# %%
guess("17.busiest", unit="times")

# %% slideshow={"slide_type": "slide"} slide="## Few, uneven keys make a busy machine" notes="Here an ad is not hot. In a real log it is: the front page's, or the one that a bot clicks. More machines do not help a hot key: cut it into pieces whose results merge. Sums do, rates do not. Ask how counters up to a moment are cut: by time, then each piece adds the sums of all pieces before it. (1 min)"
from mlpipe.features import hash_integers

keys, table = ["ad_id", "site_id", "advertiser_id", "category", "device"], {}
whole = pd.concat([log.frame(day, keys) for day in days])
for key in keys:
    n_of = whole[key].value_counts(sort=False).sort_index()
    load = np.bincount(hash_integers(np.arange(len(n_of)), 20, seed=SEED), weights=n_of, minlength=20)
    table[key] = [len(n_of), n_of.max() / n_of.sum(), load.max() / load.mean()]
skew = pd.DataFrame(table, index=["keys", "largest key", "busiest / fair"]).T
print(skew.round(2).to_string())
claim("Cut by category, the busiest of 20 machines has so many times its fair share",
      skew.loc["category", "busiest / fair"], id="17.skew",
      baseline=skew.loc["ad_id", "busiest / fair"], at_least=2, fmt=".1f")
reveal("17.busiest", skew.loc["device", "busiest / fair"], fmt=".1f")

# %% [markdown]
# Few keys, uneven keys and bad luck all make a busy machine. More machines do not help a hot key. It is cut into pieces whose results **merge**: sums do, rates do not.
#
# ## What does a cluster give?
#
# Spark is such an engine, for many machines. Here two workers, processes of their own, stand for two of them. It runs the same SQL text, and its library has an ALS. And if a worker dies in the middle of a job? `make spark` installs it and runs this lesson on it; here you set `SPARK` to true. Without it the lesson goes on with the stored facts below.

# %%
import os
import time

from mlpipe.datasets import movielens, to_matrix
from mlpipe.ranking_metrics import recall_at_k
from mlpipe.recommenders import ALS
from mlpipe.recommenders.base import top_k
from mlpipe.scale import jobs
from mlpipe.scale.cluster import Cluster
from mlpipe.splits import random_per_user

SPARK = bool(os.environ.get("MLPIPE_SPARK"))  # or True
likes = movielens().ratings.query("rating >= 4")
ids = {"user_ids": np.unique(likes["user_id"]), "item_ids": np.unique(likes["item_id"])}
split = random_per_user(likes, share=0.2, seed=SEED)
seen, hidden = (to_matrix(part, **ids).matrix for part in (split.train, split.test))


def recall_of(scores):
    scores[seen.nonzero()] = -np.inf
    return np.nanmean(recall_at_k(top_k(scores, 10)[0], hidden, k=10))


# %% notes="With Spark it takes one to three minutes, most of it to start. While it runs, ask what must be kept so that a lost piece can be computed again: where it came from."
if SPARK:
    settings = {"rank": 16, "alpha": 3.0, "regParam": 0.1, "maxIter": 10, "seed": SEED}
    with Cluster() as spark:
        same = (jobs.counters(spark.session, log, "ad_id") == plain).all(axis=None)
        jobs.als(spark.session, seen, **settings)  # the first fit also compiles
        begun = spark.cpu_seconds()
        whole = jobs.als(spark.session, seen, **settings)
        worked = spark.cpu_seconds() - begun
        spark.kill_worker(after_tasks=20)  # in the middle of the next fit
        killed = jobs.als(spark.session, seen, **settings)
        left, again = len(spark.executors()), spark.retried()
    here = time.process_time()
    ours = ALS(factors=16, unobserved_weight=0.25, regularization=0.003, random_state=SEED).fit(seen)
    measured("CPU of one fit", {"Spark": worked, "here": time.process_time() - here}, "s")
    measured("After the kill", {"executors": left, "stages tried again": again["stages"]}, "")

# %%
if SPARK:
    popular = np.tile(seen.sum(axis=0).A1.astype(float), (seen.shape[0], 1))
    scores = {"Spark": whole[0] @ whole[1].T, "ours": ours.user_factors @ ours.item_factors.T}
    found = {name: recall_of(one) for name, one in (scores | {"popular": popular}).items()}
    measured("Recall at 10", found, "")
    claim("Counters of Spark are those of memory (1: all)", float(same), id="17.spark_equal",
          baseline=0.0, equal_to=1, fmt=".0f")
    claim("ALS of Spark is level with ours (recall at 10, absolute difference)",
          abs(found["Spark"] - found["ours"]), id="17.spark_als",
          baseline=found["Spark"] - found["popular"], at_most=0.01, fmt=".3f")
    equal = np.mean([np.array_equal(a, b) for a, b in zip(whole, killed)])
    claim("With one of two workers killed, the factors are the same bits (1: all)", equal * (left == 1),
          id="17.spark_killed", baseline=0.0, equal_to=1, fmt=".0f")

# %% [markdown]
# *Stored facts, not of this run:* two workers, two shared cores, Spark 4.3.0 with Java 25, our log and MovieLens (`SEED = 0`); cells by lot in `benchmarks/bench_scale.py`.
#
# | what | found |
# |---|---|
# | counters by the same SQL | equal in all rows |
# | recall at 10 of ALS, 16 factors: Spark, ours, popular films | 0.166, 0.165, 0.089 |
# | CPU of one fit on 0.1, 1 and 4 million cells: Spark | 5.3, 18, 67 s |
# | ... `implicit` | 0.12, 1.3, 6.3 s |
# | ... ours | 0.06, 0.6, 3.0 s |
# | one of two workers killed in mid-fit | 1 executor left, 1 stage tried again, the same bits |
#
# (The weight of unobserved cells is the same for both; the penalties are defined differently, and only ours was tuned.) Spark keeps of each piece where it came from, its **lineage**, so what was lost is computed again: from the same input, in the same order, the same bits. More machines do not make the work less: they buy time. The ratio of CPU falls with the size, from 44 to 11 times `implicit`; where the two would cross is beyond what was measured.
#
# ## What would a hundred times more cost?
#
# Stored facts, not of this run: `benchmarks/bench_scale.py`, imports included, two shared cores, one thread, DuckDB 2.0.1, Spark 4.3.0 with two workers, its start included.

# %% alt="Two panels over one to sixteen million rows, on logarithmic axes. CPU of counting in memory and by DuckDB is alike, with the cap a third more at the end; Spark takes about twenty times as much at one million rows and five to seven times at sixteen. Memory in frames rises with the rows, DuckDB takes a third of it, under a cap of 150 megabytes hardly more than at the start; Spark begins near two gigabytes." slideshow={"slide_type": "slide"} slide="## What do an engine and a cluster cost?" notes="Stored facts, of two cores. Spark runs the same SQL and computes a lost piece anew from where it came; its fixed cost is on the left of the lines. More machines do not make the work less: they buy time. (2 min)"
import matplotlib.pyplot as plt

from mlpipe import plots

millions = np.array([1, 4, 16])
facts = {"in memory": {"CPU (s)": [1.37, 3.07, 10.29], "largest memory (MB)": [304, 720, 2107]},
         "DuckDB": {"CPU (s)": [1.10, 2.91, 10.47], "largest memory (MB)": [218, 329, 764]},
         "cap 150 MB": {"CPU (s)": [1.07, 3.44, 14.30], "largest memory (MB)": [217, 314, 325]},
         "Spark": {"CPU (s)": [23.89, 32.22, 75.06], "largest memory (MB)": [1714, 1878, 2505]}}
ticks = {"CPU (s)": [1, 3, 10, 30, 100], "largest memory (MB)": [200, 500, 1000, 2000]}
plots.use_style()
fig, panels = plt.subplots(1, 2)
for ax, what in zip(panels, ticks):
    for (way, fact), color in zip(facts.items(), (plots.MUTED, "C2", plots.ACCENT, "C1")):
        ax.loglog(millions, fact[what], "o-", color=color, label=way)
    ax.minorticks_off()
    ax.set(xlabel="million rows", ylabel=what, xticks=millions, xticklabels=millions)
    ax.set(yticks=ticks[what], yticklabels=ticks[what])
plots.label_lines(panels[1])
panels[0].set_title("An engine saves memory; a cluster costs CPU")
plt.show()

# %% [markdown] slideshow={"slide_type": "slide"} slide="## What would a hundred times more cost?\n\nTake the measured seconds a row, from files under a cap, and go on by a straight line.\n\n**Guess:** for 1.6 billion rows, how many minutes of CPU does one machine take?" notes="Everybody computes from the figure before. What would bend the line: sorts over the disk, a key that grows faster than the log, machines that wait. (1 min)"
# On paper, a hundred times the largest: take the measured seconds a row, and let functions with units do the rest.
#
# **Predict before you run.** 1.6 billion rows: how many minutes of CPU does one machine take, from its files?

# %%
guess("17.alone", unit="minutes")

# %% slideshow={"slide_type": "slide"} slide="## One machine is the baseline" notes="Read the third line first: one machine does it from its files, and that is what a cluster must beat. Then compare cut by ad and cut by device, and the machine hours. (2 min)"
from mlpipe.envelope import broadcast_bytes, checkpoint_seconds, human, shuffle_bytes, stage_seconds

target, machines = 100 * 16e6, 20
alone = np.polyval(np.polyfit(millions * 1e6, facts["cap 150 MB"]["CPU (s)"], 1), target)
needed = np.polyval(np.polyfit(millions * 1e6, facts["in memory"]["largest memory (MB)"], 1), target)
moved = shuffle_bytes(target, 24, machines)  # key 4, row 8, time 8, kind of event, some framing
by = {key: stage_seconds(alone, machines, skew["busiest / fair"][key]) for key in ("ad_id", "device")}
paper = {"files on the disk": human(target * size / n_rows, "B"),
         "memory, to count there": human(needed * 2**20, "B"),
         "CPU of one machine, from files": f"{alone / 60:.0f} min",
         f"network, rows to {machines} machines": human(moved, "B"),
         "... at 1 GB/s a machine": human(moved / machines / 1e9, "s"),
         "network, table of ads (100 kB) to all": human(broadcast_bytes(100e3, machines), "B"),
         f"{machines} machines, cut by ad": human(by["ad_id"], "s"),
         f"{machines} machines, cut by device": human(by["device"], "s"),
         "... machine hours": f"{machines * by['device'] / 3600:.1f}, alone {alone / 3600:.1f}",
         "checkpoint of 30 s, a failure a machine in 1,000 h, every":
             f"{checkpoint_seconds(30, 1000 * 3600 / machines) / 60:.0f} min"}
print(pd.Series(paper).to_string())
reveal("17.alone", alone / 60, fmt=".0f")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Core exercise: merge the counters of shards\n\nA row: what a shard has counted of a key. Rows come in any order; a task tried twice has sent its rows twice. Return the keys, ascending, and the smoothed rate of each over all shards." notes="In pairs. Most common: rates that are averaged, rates smoothed before they are merged, and the second delivery counted twice. (10 min)"
# Read the third line first: one machine does it from its files, and "one machine" is the baseline that a cluster must beat. A cluster pays where the window is shorter than that, or where many such jobs run. **Checkpoints**, state written to the disk, are for jobs longer than their interval; a shorter one is simply run again.
#
# What would bend the line: sorts that no longer fit and go over the disk several times, a key that grows faster than the log, machines that wait for the last one. So measure one size near the target before you rent.
#
# | step | what moves | needs a cluster? |
# |---|---|---|
# | counters over the whole log | events to the machine of their key | when one machine is too slow |
# | attributes of ads | the small table, to all | no |
# | training in a stream | nothing: day after day | no |
# | ALS over all users | factors, to all, in each half-step | seldom |
# | metrics and intervals | a sample of users | no |
# | serving | counters and weights, to the store | no: many small machines, each alone |
#
# ### Exercise (core): merge the counters of shards
#
# Each row says what one shard, a piece of the log, has counted of a key. Rows come in any order; a task that was tried twice has sent its rows twice (the same shard and key). Return the keys, ascending, and the smoothed rate of each over all shards: `prior_strength` imaginary impressions at `prior_rate`.

# %% tags=["exercise:17.merge_counters"] slideshow={"slide_type": "-"} slide_code="1-2"

# %%
exercise("17.merge_counters").check(merge_counters)

# %% [markdown]
# ### Exercise: the busiest worker
#
# `rows[i]` are the rows of key `i`, `worker[i]` the worker that its hash gives, 0 to `n_workers - 1`. Keys with more rows than a worker's fair share (all rows over all workers) are *hot*: they are spread evenly over all workers. Return the rows of the busiest worker over the fair share.

# %% tags=["exercise:17.busiest_worker"]

# %%
exercise("17.busiest_worker").check(busiest_worker)

# %% [markdown]
# ### Exercise: what a join moves
#
# Each of the tables with `small[i]` bytes is joined with one of `big` bytes, both spread evenly over `n_workers`. Send the small one to all, `n_workers` copies in total, if it fits into `memory` (of one worker) and moves less; otherwise both go to the worker of their key, where one row in `n_workers` is already. Return the bytes moved, for each `i`.

# %% tags=["exercise:17.join_bytes"]

# %%
exercise("17.join_bytes").check(join_bytes)

# %% [markdown]
# ### Exercise: how many machines
#
# A job took `seconds[i]` of CPU for `rows[i]`. Extend it to `target` rows by a straight line on logarithmic axes (least squares). Return how many machines finish within `window` seconds, if the share `efficiency` of a machine's time is work.

# %% tags=["exercise:17.machines_needed"]

# %%
exercise("17.machines_needed").check(machines_needed)

# %%
guesses()

# %% [markdown]
# ## What we have seen
#
# - The same counters come from memory, and from files under a cap, row by row; time is the report's, not the click's.
# - A stream of days trains a model as well as all rows at once. A sample is cheaper, and costs what the ids would have learned.
# - Many machines pay with shuffles, skew and failures. Say what moves to whom, and compute it before you rent them.

# %% slideshow={"slide_type": "slide"} slide="## Say it in the interview" notes="Two learners speak it aloud. Then back to the opening question: who has computed the bytes of the own log, and does it fit? (2 min)"
say("First I ask whether it fits: point-in-time counters from Parquet by day equal those of memory in "
    "{17.sql_equal:.0%} of the rows, under a cap of 20 MB that holds. Models learn from a stream of "
    "days, level with all rows in memory (NE within {17.stream:.4f}); a random twelfth of the rows "
    "costs at least {17.sample:.3f} NE. Many machines come when one is too slow. Then I say what "
    "moves to whom; I cut hot keys, because the busiest of 20 machines had {17.skew:.1f} times its "
    "share by category; and I merge counts, never rates.")

# %% [markdown] slideshow={"slide_type": "-"} slide="**Asked next**\n\n- A day of the log arrives late. What is computed again?\n- One key holds half of the rows. What do you do?"
# *Read more:* Dean and Ghemawat 2004, *MapReduce*; Zaharia et al. 2012, *Resilient distributed datasets*; Raasveldt and Mühleisen 2019, *DuckDB: an embeddable analytical database*; McSherry, Isard and Murray 2015, *Scalability! But at what COST?*; Young 1974, on checkpoints. *Next:* 18, the mock interview.
