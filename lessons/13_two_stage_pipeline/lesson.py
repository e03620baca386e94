# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 700
#     budget_seconds: 30
#     minutes: 20
# ---

# %% [markdown] notes="Plan: why two stages 1, the candidates 4, the index 3, versions 2, diversity 2, the stand-ins 2, the service 3, slow calls 3. Then ten minutes for the core exercise. Ask first: 200 candidates hold six in ten of what a user will like; is that a reason to take more?"
# # Two stages and a service
#
# **Goal.** Build the chain from candidates to an answer in time, and measure what each stage loses, costs and hides.
#
# | where we are | you need | it takes |
# |---|---|---|
# | requirements ▸ data ▸ features ▸ model ▸ evaluation ▸ **serving** | ALS (05), intervals (06), EASE (07) | 20 minutes to read, under 30 s, under 700 MB |

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown]
# ## Why two stages?
#
# A page waits 150 ms. The best model reads much for each film, so it cannot read all films. A cheap one, the **retriever**, picks some hundred **candidates**; the **ranker** sorts them; a **re-ranker** looks at the list as a whole. Here ALS with 8 factors retrieves, cheap on purpose, and EASE ranks.

# %%
import numpy as np
import pandas as pd

from mlpipe.datasets import movielens, to_matrix
from mlpipe.ranking_metrics import intra_list_diversity, ndcg_at_k, recall_at_k
from mlpipe.recommenders import ALS, EASE, Popularity, item_features
from mlpipe.recommenders.tuned import MOVIELENS_SMALL
from mlpipe.splits import last_share_per_user, random_per_user

data = movielens()
likes = data.ratings[data.ratings["rating"] >= 4]
ids = {"user_ids": np.unique(likes["user_id"]), "item_ids": np.unique(likes["item_id"])}
split = random_per_user(likes, share=0.2, seed=SEED)
train, hidden = (to_matrix(part, **ids).matrix for part in (split.train, split.test))
everyone = np.arange(train.shape[0])
small = MOVIELENS_SMALL["ALS"] | {"factors": 8}
retriever = ALS(**small).fit(train)
ranker = EASE(**MOVIELENS_SMALL["EASE"]).fit(train)

# %% [markdown]
# ## What do the candidates lose?
#
# `place` is each film's place when the ranker sorts all films. With it we try any number of candidates: how many of the *hidden likes* they hold, how many of the *ten films that the ranker would show*, and how much of its nDCG is left.
#
# **Predict before you run.** Two hundred candidates, of some six thousand films: what share of the hidden likes is among them? And what share of the ranker's nDCG is lost?

# %%
from mlpipe.uncertainty import paired_difference

order, scores = ranker.recommend(everyone, k=train.shape[1], exclude_seen=False)
place = order.argsort(axis=1)
ten, _ = ranker.recommend(everyone)
rank_all = ndcg_at_k(ten, hidden)


def two_stages(found, k=10):  # the candidates that the ranker puts first
    first = np.take_along_axis(place, found, axis=1).argsort(axis=1)[:, :k]
    return np.take_along_axis(found, first, axis=1)


def ten_held(found):  # share of the ranker's own ten that are candidates
    tenth = np.take_along_axis(place, ten[:, 9:], axis=1)
    return (np.take_along_axis(place, found, axis=1) <= tenth).sum(axis=1).mean() / 10


best, popular = (model.recommend(everyone, k=1000)[0] for model in (retriever, Popularity().fit(train)))
numbers = [10, 20, 50, 100, 200, 500, 1000]
ndcg = {n: ndcg_at_k(two_stages(best[:, :n]), hidden) for n in numbers}
held = {"hidden likes held": [np.nanmean(recall_at_k(best, hidden, k=n)) for n in numbers],
        "ranker's ten held": [ten_held(best[:, :n]) for n in numbers],
        "nDCG kept": [np.nanmean(ndcg[n]) / np.nanmean(rank_all) for n in numbers]}

# %% alt="Three curves over the number of candidates, from 10 to 1,000. The share of hidden likes that they hold rises slowly, to six in ten at 200. The share of the ranker's own ten and the share of its nDCG are near one from 100 candidates on."
import matplotlib.pyplot as plt

from mlpipe import plots

plots.use_style()
fig, ax = plt.subplots()
for (name, values), color in zip(held.items(), (plots.MUTED, plots.color_of("EASE"), plots.ACCENT)):
    ax.plot(values, "o-", color=color, label=name)
ax.set(title="The ceiling is not the loss", xlabel="candidates", ylabel="share", ylim=(0, 1.05))
ax.set(xticks=range(len(numbers)), xticklabels=[f"{n:,}" for n in numbers])
plots.label_lines(ax)
plt.show()

# %%
from mlpipe.course import claim, exercise, measured, say

gain, loss = (paired_difference(ndcg[200], other) for other in (ndcg_at_k(best, hidden), rank_all))
claim("200 candidates hold this share of the hidden likes", held["hidden likes held"][4],
      id="13.likes_held", baseline=200 / train.shape[1], between=(0.55, 0.65), fmt=".2f")  # at random
claim("They hold nearly all of the ten films that the ranker would show", ten_held(best[:, :200]),
      id="13.ten_held", baseline=ten_held(popular[:, :200]), at_least=0.975, fmt=".3f")
claim("Ranking them is better than the retriever alone (nDCG at 10, low end of the interval)", gain.low,
      id="13.gain_low", baseline=0.0, at_least=0.02, fmt=".3f")
claim("It is level with ranking all films (nDCG at 10: the end of the interval farther from 0)",
      max(abs(loss.low), abs(loss.high)), id="13.loss", at_most=0.004, fmt=".4f",
      baseline=abs(paired_difference(ndcg[20], rank_all).estimate))  # baseline: 20 candidates

# %% [markdown] notes="The usual answer to 'is retrieval good enough' is recall of relevant items: six in ten, so four in ten are lost. But the ranker would not have shown most of those. Ask: what would you have to measure to say what is lost?"
# Recall of the likes, the number that people quote, is a *ceiling*: no ranker behind these candidates can find more. It is not what is lost, because *this* ranker would not show the missing likes in its ten either. Measure the ranker's own ten, or the last metric itself. And if the retriever is as good as the ranker? ALS with 64 factors, tuned (07), retrieves:

# %%
strong = ALS(**MOVIELENS_SMALL["ALS"]).fit(train).recommend(everyone, k=200)[0]
add = paired_difference(ndcg_at_k(two_stages(strong), hidden), ndcg_at_k(strong, hidden))
claim("Behind it the same ranker changes little (nDCG at 10: end of the interval farther from 0)",
      max(abs(add.low), abs(add.high)), id="13.strong", baseline=gain.estimate, at_most=0.02, fmt=".3f")

# %% [markdown]
# So a ranker is worth what it knows and the retriever does not: here, more than 8 numbers a film; in a product, also the context of the request.
#
# ## How do you find candidates without reading all films?
#
# An **inverted file**: k-means puts the item vectors into cells; a query reads only the cells whose centres score highest, here 8. Scores are inner products, so these are the cells of the highest *score*, not the nearest ones. Recall is the share of the exact best that are found.
#
# Three catalogues: our films with their *learned* factors; 100,000 *simulated* items around 50 tastes; and as many without any order.

# %%
from mlpipe.recommenders.base import top_k
from mlpipe.retrieval import InvertedFile, mmr

rng = np.random.default_rng(SEED)
n_items, n_users = 100_000 if SCALE == "full" else 5_000, 100
items, users = rng.normal(size=(n_items, 32)), rng.normal(size=(n_users, 32))
tastes = 2 * rng.normal(size=(50, 32))
catalogues = {  # item vectors, queries, how many to find
    "films": (retriever.item_factors, retriever.user_factors, 20),
    "tastes": (*(x + tastes[rng.integers(50, size=len(x))] for x in (items, users)), 200),
    "no order": (items, users, 200)}
recall, read = {}, {}
for name, (vectors, queries, k) in catalogues.items():
    exact = top_k((queries @ vectors.T).astype(np.float32), k)[0]
    index = InvertedFile(random_state=SEED).fit(vectors)
    found = index.search(queries, k, probes=8)[0]
    recall[name] = np.mean([np.isin(a, b).mean() for a, b in zip(exact, found)]).round(2)
    read[name] = index.share_read(queries, probes=8).mean().round(2)
    print(f"{name:9s} {len(vectors):7,} items: recall@{k} {recall[name]:.2f}, read {read[name]:.0%}")

# %%
claim("8 cells of the films hold nearly all of the best 20 (recall)", recall["films"],
      id="13.index_films", baseline=read["films"], at_least=0.95, fmt=".2f")
claim("8 cells of 100,000 items around tastes hold nearly all of the best 200 (recall)",
      recall["tastes"], id="13.index_tastes", baseline=read["tastes"], at_least=0.9, fmt=".2f")
claim("Where vectors have no order, 8 cells miss most (recall)", recall["no order"],
      id="13.index_no_order", baseline=recall["tastes"], at_most=0.35, fmt=".2f")

# %% [markdown]
# The cells work where vectors have an order: measure recall on *your* vectors, and read more cells until it is enough.
#
# ## Which vectors belong together?
#
# Now the vectors of the users come from one fit and those of the films from another, with the same likes and another random start, as when two jobs publish at different times. Each pair is a draw, so take five:

# %%
left = []
for start in range(1, 6):
    other = ALS(**(small | {"random_state": 10 * SEED + start})).fit(train)
    mixed = retriever.user_factors @ other.item_factors.T
    mixed[train.nonzero()] = -np.inf
    wrong = top_k(mixed, 200)[0]
    left.append([np.nanmean(ndcg_at_k(wrong, hidden)) / np.nanmean(ndcg_at_k(best, hidden)),
                 np.nanmean(ndcg_at_k(two_stages(wrong), hidden)) / np.nanmean(ndcg[200])])
    print("share of the nDCG that is left: {:.2f}, behind the ranker {:.2f}".format(*left[-1]))
claim("Vectors of two fits lose most of the quality (share of the nDCG left, mean of five pairs)",
      np.mean(left, axis=0)[0], id="13.mixed", baseline=1.0, at_most=0.5, fmt=".2f")
claim("The ranker behind them hides a part of it (share of the nDCG left, mean of five pairs)",
      np.mean(left, axis=0)[1], id="13.mixed_ranked", baseline=1.0, at_most=0.85, fmt=".2f")

# %% [markdown]
# Nothing fails, and no shape is wrong. So what belongs to one fit is published as one **version**, and a request keeps the version that it began with.
#
# ## What does diversity cost?
#
# **Maximal marginal relevance** fills one place after the other. With $s_i$ the ranker's score, scaled from 0 to 1 in each list, $S$ the films chosen so far, a weight $w$, and genres as vectors, it takes
#
# $$ \mathrm{argmax}_i\; (1 - w)\, s_i - w \max_{j \in S} \cos(i, j) $$

# %%
genres = item_features(data.items, ids["item_ids"]).filter(regex=r"^(?!\d{4}s$)").to_numpy()
genres = np.column_stack([genres, ~genres.any(axis=1)])  # without a genre: a sort of its own
pool = two_stages(best[:, :200], k=100)
worth = np.take_along_axis(scores, np.take_along_axis(place, pool, axis=1), axis=1)
found = {}
for weight in (0, 0.1, 0.2, 0.3, 0.5):
    lists = mmr(pool, worth, genres, weight)[0]
    found[weight] = [np.nanmean(ndcg_at_k(lists, hidden)), intra_list_diversity(lists, genres).mean()]
change = pd.DataFrame(found, index=["nDCG", "diversity"]).T / found[0] - 1
print(change.round(3).to_string())
claim("A weight of 0.2 costs a little (nDCG at 10, change)", change["nDCG"][0.2],
      id="13.diversity_price", baseline=change["nDCG"][0.5], at_least=-0.05, fmt="+.1%")

# %% [markdown]
# Small weights are cheap, and the price rises: choose the weight on validation data, with the product owner.
#
# ## What stands in for a list that is late?
#
# Two lists need no model at the request. One is the same for all: the most popular films. The other was made *in advance*, in a batch for each user, and kept: it does not know what the user has liked since. Here that is the last fifth of the likes.
#
# **Predict before you run.** What share of the nDCG is left, with the one and with the other?

# %%
before = to_matrix(last_share_per_user(split.train, share=0.2, seed=SEED).train, **ids).matrix
old = ranker.fold_in(before).recommend(everyone, k=1000)[0]
liked_since = np.take_along_axis(train.toarray() > 0, old, axis=1)
batch = np.take_along_axis(old, liked_since.argsort(axis=1, kind="stable")[:, :10], axis=1)
kept = [np.nanmean(ndcg_at_k(one, hidden)) / np.nanmean(ndcg[200]) for one in (popular, batch)]
claim("The most popular films have half of the nDCG of two stages (share)", kept[0], id="13.fallback",
      baseline=1.0, between=(0.4, 0.6), fmt=".2f")
claim("A list made in advance has nearly all of it (share)", kept[1], id="13.batch", baseline=kept[0],
      at_least=0.9, fmt=".2f")

# %% [markdown] notes="Start it in front of the class with mlpipe serve, and ask for one list with curl while you lock the store: docs/serving.md."
# So keep each user's last list, and popularity for who has none. (Both numbers are of this data, where people rate in one sitting.)
#
# ## What answers when a stage is late?
#
# `mlpipe serve` runs these stages on the loopback, on the server that Jupyter brings. Each stage has a budget, and something plainer that stands in:
#
# | stage | reads | budget | late or gone: instead |
# |---|---|---|---|
# | features | the user's history, from SQLite | 50 ms | the most liked films |
# | retrieve | factors and index, memory-mapped | 50 ms | the most liked films that the user has not |
# | rank | the weights of EASE | 50 ms | the retriever's order |
# | re-rank | genres | 50 ms | the ranker's order |
# | all | | 150 ms | what is there by then |
#
# All that a request reads, from factors to histories, is one version with checksums, under the same ids: the contract between who trains and who serves (03).
#
# We slow the store down, without and with a second read of what is late; lock it; flood the service with bad requests; send more than it can answer; break a new version off half-way; and exchange one version for another in which each film has a new id.

# %%
import tempfile
import threading

from mlpipe.serving import artifact, build, faults
from mlpipe.serving.load import ask, open_loop
from mlpipe.serving.running import started

folder, rate, runs = tempfile.mkdtemp(), 100, {}  # requests a second, at random times
first = build.build(folder, likes, data.items, random_state=SEED)
n = 150 if SCALE == "full" else 40
paths = [f"/recommend?user={user}&k=10" for user in rng.choice(ids["user_ids"], n)]
bad = ["/recommend", "/recommend?user=me", "/recommend?user=1&k=1000"] * (n // 3)
slow = ("--exploration", "0", "--slow-store", "0.3:0.04")  # 0.3 s later in 4 % of the reads
for name, options in {"slow store": slow, "... read twice": (*slow, "--hedge-after", "0.02")}.items():
    with started(folder, *options) as url:
        runs[name] = open_loop(url, paths, rate)
with started(folder, "--exploration", "0") as url:
    runs["calm"] = open_loop(url, paths, rate)
    with faults.locked_store(folder):
        runs["locked"] = open_loop(url, paths, rate)
    runs["flood"] = open_loop(url, rng.permutation(paths + bad).tolist(), rate)
    runs["overload"] = open_loop(url, 3 * paths, 10 * rate)
    faults.half_written(folder)
    refused, served = ask(url, "/reload", "POST")[0], ask(url, "/health")[1]["version"]
    new = artifact.read(folder, first)
    artifact.publish(folder, new.arrays | {"item_ids": new.arrays["item_ids"] + 10**6}, new.settings)
    threading.Timer(n / rate / 2, ask, (url, "/reload", "POST")).start()
    runs["exchange"] = open_loop(url, paths, rate)

# %%
lists = pd.concat(runs).query("status == 200")
whole = [len(set(one)) == 10 and min(one) // 10**6 == max(one) // 10**6 for one in lists["item_ids"]]
claim("Each list that is sent holds ten films, all of one version (share of lists)", np.mean(whole),
      id="13.whole_lists", baseline=0.0, equal_to=1, fmt=".0%")
popular_instead = lists["policy"].eq("popular").groupby(level=0).mean()
claim("While the store is locked, the most liked films stand in (share of lists)",
      popular_instead["locked"], id="13.locked_store", baseline=0.0, equal_to=1, fmt=".0%")
no = [*(runs["flood"].query("path in @bad")["status"] == 400), refused == 409, served == first]
claim("Bad requests and the half-written version are refused, the one before goes on (share)",
      np.mean(no), id="13.refused", baseline=0.0, equal_to=1, fmt=".0%")
measured("Lists of the most liked films", (100 * popular_instead).to_dict(), "%")
for q in (50, 99):
    times = 1e3 * lists["seconds"].groupby(level=0).quantile(q / 100)
    measured(f"Time to the list, p{q}", times.to_dict(), "ms")

# %% [markdown] notes="Ask why the times count from the intended moment: a client that waits for an answer before it asks again would not see what a stall does to those who come meanwhile."
# Each line of the request log holds the version, the policy, and for each position the item, its source and its *propensity*, the probability of this item at this place: from such a log another policy can be judged.
#
# ## How slow is the slowest?
#
# A page asks many machines, and waits for the last one. *Simulated* calls: 5 ms on average, and one in a hundred is slow, by 60 ms more on average. A page makes 100 of them at once.
#
# **Predict before you run.** One call in a hundred takes longer than the 99th percentile (p99) of the calls. How many of the pages do?

# %%
from mlpipe.serving.tail import hedged, quantile_of_slowest, queue_times

pages = (20_000 if SCALE == "full" else 4_000, 100)
calls, again = (rng.gamma(4, 1.25, pages) + rng.exponential(60, pages) * (rng.random(pages) < 0.01)
                for _ in range(2))
second, _ = hedged(calls.ravel(), again.ravel(), wait=np.quantile(calls, 0.95))
p99 = {"call": np.quantile(calls, 0.99), "page": np.quantile(calls.max(axis=1), 0.99),
       "by the formula": quantile_of_slowest(calls.ravel(), n_calls=100),
       "late calls sent again": np.quantile(second.reshape(pages).max(axis=1), 0.99)}
print(pd.Series(p99, name="p99 in ms").round().to_string())
claim("Pages of 100 calls over the p99 of a call (share)", (calls.max(axis=1) > p99["call"]).mean(),
      id="13.slow_pages", baseline=0.01, between=(0.6, 0.67), fmt=".2f")
claim("Sending the latest 5 % of the calls again leaves a small part of the page's p99 (share)",
      p99["late calls sent again"] / p99["page"], id="13.hedged", baseline=1.0, at_most=0.15, fmt=".2f")

# %% [markdown] notes="Draw F(t) to the power of 100 on the board: each of 100 calls must be below t. Then ask what a second call costs: 5 percent more load, on machines that have room."
# All of 100 calls are within $t$ with probability $F(t)^{100}$, so the page's p99 is the quantile $0.99^{1/100}$ of a call: one in ten thousand. **Hedging** sends a late call once more, elsewhere, and takes the first answer.
#
# And when more comes than can be answered? One server, 10 ms a request on average, 10 % more requests than it can do; an answer after 100 ms is worth nothing. **Load shedding** refuses a request at once if it would wait more than 50 ms.

# %%
n_requests = 100_000 if SCALE == "full" else 20_000
arrivals, work = np.cumsum(rng.exponential(10 / 1.1, n_requests)), rng.exponential(10, n_requests)
in_time = [(queue_times(arrivals, work, limit) <= 100).mean() for limit in (50, None)]
claim("At a load of 1.1 most are answered in time if some are refused at once (share of all requests)",
      in_time[0], id="13.shed", baseline=in_time[1], at_least=0.8, fmt=".2f")

# %% [markdown]
# ### Exercise (core): what each call needs
#
# A page makes calls of several services at once: of service $j$ it makes `n_calls[j]`. All calls together should be within their deadlines with probability `quantile`. Every single call gets the same probability to be within its own. Return one deadline a service: that quantile of its measured `times[j]`, by `np.quantile`.

# %% tags=["exercise:13.calls_p99"]

# %%
exercise("13.calls_p99").check(calls_p99)

# %% [markdown]
# ### Exercise: a second call for the late ones
#
# A call is sent a second time when it takes longer than `wait`; the first answer counts. `first` and `second` are the times of both calls, each from when it is sent. Return the time of each request, and the number of calls made for one request, on average.

# %% tags=["exercise:13.hedged_times"]

# %%
exercise("13.hedged_times").check(hedged_times)

# %% [markdown]
# ### Exercise: search in a few cells
#
# `cells[i]` is the cell of item `i`, `centres` has one row a cell. Read the `probes` cells whose centres have the largest inner product with the query, and return the `k` items with the largest one, best first; fewer, if the cells hold fewer.

# %% tags=["exercise:13.probe_cells"]

# %%
exercise("13.probe_cells").check(probe_cells)

# %% [markdown]
# ### Exercise: recall of the ranker's favourites
#
# `favourites` are the items that the ranker would show if it sorted all; `candidates` those that the retriever found; a row each a user, -1 is no item. Return, for each user, the share of the favourites among the candidates; `nan` for a user without favourites.

# %% tags=["exercise:13.favourites_recall"]

# %%
exercise("13.favourites_recall").check(favourites_recall)

# %% [markdown]
# ## What we have seen
#
# - Recall of the likes is a ceiling. What the candidates cost shows in the ranker's own list, or in the last metric.
# - An index reads a few percent if the vectors have an order. Vectors of two fits fail in silence: publish one version.
# - The slowest call decides. Give each stage a budget and a stand-in, send late calls once more, refuse what would wait too long.

# %%
say("A cheap model retrieves some hundred candidates, and the best one ranks them. On MovieLens 200 "
    "candidates hold {13.likes_held:.0%} of the hidden likes, but {13.ten_held:.1%} of the ten films "
    "that the ranker would show. Vectors of one fit go out as one version: mixed, {13.mixed:.0%} of "
    "the nDCG is left, without an error. Each stage has a budget and a stand-in. At 100 calls a page, "
    "{13.slow_pages:.0%} of the pages are slower than the p99 of a call: I send late calls again. "
    "Above capacity I refuse early: {13.shed:.0%} are in time at load 1.1.")

# %% [markdown]
# *Read more:* Covington, Adams and Sargin 2016, *Deep neural networks for YouTube recommendations*; Jégou, Douze and Schmid 2011, *Product quantization for nearest neighbor search*; Carbonell and Goldstein 1998, on maximal marginal relevance; Dean and Barroso 2013, *The tail at scale*. *Next:* 18, the mock interview.
