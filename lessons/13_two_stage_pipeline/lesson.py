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

# %% [markdown] notes="Plan: why two stages 2, what candidates lose 4, the index 3, versions, diversity and fallback 3, the service 4, slow calls 3, the line of requests 1. Then ten minutes for the core exercise. Ask first: 200 candidates hold six in ten of what a user will like; is that a reason to take more?"
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
# A page has 150 ms. The best model reads much for each film, so it cannot read all films. A cheap one, the **retriever**, picks some hundred **candidates**; the **ranker** sorts them; a **re-ranker** looks at the list as a whole.
#
# | stage | what it does | deadline |
# |---|---|---|
# | network, both ways | | 50 ms |
# | features | the user's history, from a store | 20 ms |
# | retrieval | an index, a few hundred candidates | 10 ms |
# | ranking | the strong model, for these only | 40 ms |
# | re-ranking | diversity, rules, log | 10 ms |
# | kept free | for what nobody planned | 20 ms |
#
# Here ALS with 8 factors retrieves, cheap on purpose, and EASE ranks.

# %%
import numpy as np

from mlpipe.datasets import movielens, to_matrix
from mlpipe.ranking_metrics import ndcg_at_k, recall_at_k
from mlpipe.recommenders import ALS, EASE, Popularity
from mlpipe.recommenders.tuned import MOVIELENS_SMALL
from mlpipe.splits import random_per_user

data = movielens()
likes = data.ratings[data.ratings["rating"] >= 4]
user_ids, item_ids = np.unique(likes["user_id"]), np.unique(data.ratings["item_id"])
split = random_per_user(likes, share=0.2, seed=SEED)
train, hidden = (
    to_matrix(part, user_ids=user_ids, item_ids=item_ids).matrix for part in (split.train, split.test))
everyone = np.arange(len(user_ids))
retriever = ALS(**(MOVIELENS_SMALL["ALS"] | {"factors": 8})).fit(train)
ranker = EASE(**MOVIELENS_SMALL["EASE"]).fit(train)

# %% [markdown]
# ## What do the candidates lose?
#
# `place` is each film's place when the ranker sorts all films. So we can ask for any number of candidates: how many of the *hidden likes* they hold, how many of the *ten films that the ranker would show*, and how much of its nDCG is left.
#
# **Predict before you run.** Two hundred candidates, of some nine thousand films: how many of the hidden likes are among them? And what share of the ranker's nDCG is lost?

# %%
from mlpipe.uncertainty import paired_difference

order, scores = ranker.recommend(everyone, k=len(item_ids), exclude_seen=False)
place = order.argsort(axis=1)
best_ten, _ = ranker.recommend(everyone)
rank_all = ndcg_at_k(best_ten, hidden)
candidates = {"ALS": retriever.recommend(everyone, k=1000)[0],
              "popular": Popularity().fit(train).recommend(everyone, k=200)[0]}


def two_stages(found):  # the ten candidates that the ranker puts first
    first = np.take_along_axis(place, found, axis=1).argsort(axis=1)[:, :10]
    return np.take_along_axis(found, first, axis=1)


def ten_held(found):  # share of the ranker's own ten that are candidates
    tenth = np.take_along_axis(place, best_ten[:, 9:], axis=1)
    return (np.take_along_axis(place, found, axis=1) <= tenth).sum(axis=1).mean() / 10


numbers = [10, 20, 50, 100, 200, 500, 1000]
cut = {n: candidates["ALS"][:, :n] for n in numbers}
ndcg = {n: ndcg_at_k(two_stages(found), hidden) for n, found in cut.items()}
held = {"hidden likes held": [np.nanmean(recall_at_k(found, hidden, k=n)) for n, found in cut.items()],
        "ranker's ten held": [ten_held(found) for found in cut.values()],
        "nDCG kept": [np.nanmean(ndcg[n]) / np.nanmean(rank_all) for n in numbers]}

# %% alt="Three curves over the number of candidates, from 10 to 1,000. The share of hidden likes that are held rises slowly, to six in ten at 200. The share of the ranker's own ten and the share of its nDCG that is kept are near one from 100 candidates on."
import matplotlib.pyplot as plt

from mlpipe import plots

plots.use_style()
fig, ax = plt.subplots()
for (name, values), color in zip(held.items(), (plots.MUTED, plots.color_of("EASE"), plots.ACCENT)):
    ax.plot(numbers, values, "o-", color=color, label=name)
ax.set(title="The ceiling is not the loss", xlabel="candidates", xscale="log", ylim=(0, 1.05))
ax.set(ylabel="share", xticks=numbers, xticklabels=[f"{n:,}" for n in numbers])
ax.minorticks_off()
plots.label_lines(ax)
plt.show()

# %%
from mlpipe.course import claim, exercise, measured, say

alone = ndcg_at_k(candidates["ALS"], hidden)
gain, loss = (paired_difference(ndcg[200], other) for other in (alone, rank_all))
claim(
    "200 candidates hold this share of the hidden likes", held["hidden likes held"][numbers.index(200)],
    id="13.likes_held", baseline=200 / len(item_ids), between=(0.55, 0.65), fmt=".2f")  # baseline: 200 at random
claim(
    "They hold nearly all of the ten films that the ranker would show", ten_held(cut[200]), id="13.ten_held",
    baseline=ten_held(candidates["popular"]), at_least=0.975, fmt=".3f")
claim(
    "Ranking 200 candidates is better than the retriever alone (nDCG at 10, low end of the interval)",
    gain.low, id="13.gain_low", baseline=0.0, at_least=0.02, fmt=".3f")
claim(
    "It is level with ranking all films (nDCG at 10: the end of the interval that is farther from 0)",
    max(abs(loss.low), abs(loss.high)), id="13.loss", fmt=".4f", at_most=0.004,
    baseline=abs(paired_difference(ndcg[20], rank_all).estimate))  # baseline: 20 candidates

# %% [markdown] notes="The usual answer to 'is retrieval good enough' is recall of relevant items: six in ten, so four in ten are lost. But the ranker would not have shown most of those. Ask: what would you have to measure to say what is lost?"
# Recall of the likes, the number that people quote, is a *ceiling*: no ranker behind these candidates can find more. It is not what is lost, because *this* ranker would not show the missing likes in its ten either. Measure the ranker's own ten, or the last metric itself. A better ranker may need more candidates.
#
# And if the retriever is as good as the ranker? ALS with 64 factors, tuned (07), retrieves:

# %%
better = ALS(**MOVIELENS_SMALL["ALS"]).fit(train).recommend(everyone, k=200)[0]
added = paired_difference(ndcg_at_k(two_stages(better), hidden), ndcg_at_k(better, hidden))
claim(
    "Behind a strong retriever the same ranker changes little (nDCG at 10: end farther from 0)",
    max(abs(added.low), abs(added.high)), id="13.strong_retriever",
    baseline=gain.estimate, at_most=0.02, fmt=".3f")

# %% [markdown]
# So a ranker is worth what it knows that the retriever does not: here, more than 8 numbers a film; in a product, also the context, the freshness, the price.
#
# ## How do you find candidates without reading all films?
#
# An **inverted file**: k-means puts the item vectors into cells; a query reads only the cells whose centres score highest, 8 of them below. Scores are inner products, so the cells are those of the highest *score*, not the nearest. Recall is the share of the exact best that are found.
#
# Three catalogues: our films with their 8 *learned* factors; 100,000 *simulated* items around 50 tastes; and as many without any order.

# %%
from mlpipe.recommenders.base import top_k
from mlpipe.retrieval import InvertedFile

rng = np.random.default_rng(SEED)
n_items = 100_000 if SCALE == "full" else 5_000
tastes = rng.normal(size=(50, 32))


def near_tastes(n):
    return tastes[rng.integers(0, 50, n)] + 0.5 * rng.normal(size=(n, 32))


catalogues = {  # item vectors, queries, how many to find
    "films": (retriever.item_factors, retriever.user_factors, 20),
    "tastes": (near_tastes(n_items), near_tastes(200), 200),
    "no order": (rng.normal(size=(n_items, 32)), rng.normal(size=(200, 32)), 200)}
recall, read = {}, {}
for name, (vectors, queries, k) in catalogues.items():
    exact = top_k((queries @ vectors.T).astype(np.float32), k)[0]
    index = InvertedFile(random_state=SEED).fit(vectors)
    found = index.search(queries, k, probes=8)[0]
    recall[name] = np.mean([np.isin(a, b).mean() for a, b in zip(exact, found)])
    read[name] = index.share_read(queries, probes=8).mean()
    print(f"{name:9s} {len(vectors):7,} items: recall@{k} {recall[name]:.2f}, read {read[name]:.1%}")

# %%
claim(
    "Of the films, 8 cells hold nearly all of the best 20 (recall)", recall["films"], id="13.index_films",
    baseline=read["films"], at_least=0.95, fmt=".2f")  # baseline: as many at random
claim(
    "Of 100,000 items around tastes too, of the best 200 (recall)", recall["tastes"], id="13.index_tastes",
    baseline=read["tastes"], at_least=0.9, fmt=".2f")
claim(
    "The same cells miss most where vectors have no order (recall)", recall["no order"], id="13.index_no_order",
    baseline=recall["tastes"], at_most=0.35, fmt=".2f")

# %% [markdown]
# An index lives on the order of its vectors: measure recall on *your* vectors, and read more cells until it is enough. (`benchmarks/bench_retrieval.py` has times, and a library beside it.)

# %% [markdown]
# Are 200 of 100,000 enough? That depends on what only the ranker knows. Suppose that this moves scores as much as the retriever's score does, and look at the value of the ten that are shown:

# %%
known = near_tastes(200) @ catalogues["tastes"][0].T  # the retriever's score
true = known + known.std() * rng.normal(size=known.shape)  # the ranker's
by_known = np.argsort(-known, axis=1)
value = {}
for n in (10, 200, 1000, n_items):
    shown = np.sort(np.take_along_axis(true, by_known[:, :n], axis=1), axis=1)[:, -10:]
    value[n] = shown.mean()
    print(f"{n:7,} candidates: value kept {value[n] / max(value[n], np.sort(true)[:, -10:].mean()):.3f}")
claim(
    "1,000 candidates of 100,000 keep nearly all of the value, if ranker and retriever know as much",
    value[1000] / value[n_items], id="13.value_kept", baseline=value[10] / value[n_items],
    at_least=0.98, fmt=".3f")

# %% [markdown]
# ## Which vectors belong together?
#
# Two fits on the same likes give factors that explain them equally well, in other directions. Now let the vectors of the users come from one fit, and those of the films from another, as when two jobs publish at different times:

# %%
other = ALS(**(MOVIELENS_SMALL["ALS"] | {"factors": 8, "random_state": 1})).fit(train)
mixed = retriever.user_factors @ other.item_factors.T
mixed[train.nonzero()] = -np.inf
wrong = top_k(mixed, 200)[0]
same = np.nanmean(ndcg_at_k(other.recommend(everyone)[0], hidden))
print(f"nDCG at 10, one fit {same:.3f}, two fits {np.nanmean(ndcg_at_k(wrong, hidden)):.3f}")
claim(
    "Vectors of two fits lose most of the quality (nDCG at 10, share left)",
    np.nanmean(ndcg_at_k(wrong, hidden)) / same, id="13.mixed", baseline=1.0, at_most=0.3, fmt=".2f")
claim(
    "The ranker behind them hides a part of it (nDCG at 10, share of the right pipeline's)",
    np.nanmean(ndcg_at_k(two_stages(wrong), hidden)) / np.nanmean(ndcg[200]), id="13.mixed_ranked",
    baseline=1.0, at_most=0.55, fmt=".2f")

# %% [markdown]
# Nothing fails, and no shape is wrong. So what belongs to one fit is published as one **version**, with checksums, and a request keeps the version that it began with.
#
# ## What does diversity cost?
#
# **Maximal marginal relevance** fills one place after the other. With $s_i$ the ranker's score, scaled from 0 to 1 in each list, $S$ the films chosen so far, and a weight $w$:
#
# $$ \arg\max_i\; (1 - w)\, s_i - w \max_{j \in S} \cos(i, j) $$

# %%
from mlpipe.ranking_metrics import intra_list_diversity
from mlpipe.recommenders import item_features
from mlpipe.retrieval import mmr

genres = item_features(data.items, item_ids).filter(regex=r"^(?!\d{4}s$)").to_numpy()
genres = np.column_stack([genres, ~genres.any(axis=1)])  # no genre: alike among themselves
pool = np.take_along_axis(cut[200], np.take_along_axis(place, cut[200], axis=1).argsort(axis=1), axis=1)[:, :100]
worth = np.take_along_axis(scores, np.take_along_axis(place, pool, axis=1), axis=1)
price, variety = {}, {}
for weight in (0, 0.1, 0.2, 0.3, 0.5):
    lists = mmr(pool, worth, genres, weight)[0]
    price[weight] = np.nanmean(ndcg_at_k(lists, hidden))
    variety[weight] = intra_list_diversity(lists, genres).mean()
    print(f"weight {weight:3.1f}: nDCG {price[weight] / price[0] - 1:+6.1%}, "
          f"diversity of genres {variety[weight] / variety[0] - 1:+6.1%}")
claim(
    "A weight of 0.2 makes the lists more diverse (diversity of genres, change)",
    variety[0.2] / variety[0] - 1, id="13.diversity", baseline=0.0, between=(0.03, 0.08), fmt="+.1%")
claim(
    "and costs a little (nDCG at 10, change)", price[0.2] / price[0] - 1, id="13.diversity_price",
    baseline=price[0.5] / price[0] - 1, at_least=-0.05, fmt="+.1%")

# %% [markdown]
# The price rises faster than the diversity: past 0.3 a percent of one costs nearly a percent of the other. Choose the weight on validation data, with the product owner.
#
# ## What if a stage does not answer?
#
# The **fallback** is a list that needs nothing: the most popular films that the user does not have. And lists can be made *in advance*, in a batch, and be kept: then nothing is computed at the request, and the list does not know the latest likes. Here each user's last fifth of the likes has come since the batch ran:

# %%
from mlpipe.splits import last_share_per_user

yesterday = last_share_per_user(split.train, share=0.2, seed=SEED).train
history = to_matrix(yesterday, user_ids=user_ids, item_ids=item_ids).matrix
stale = ranker.fold_in(history)
old, _ = stale.recommend(everyone, k=1000)
has = np.take_along_axis(train.toarray() > 0, old, axis=1)  # what was liked since is taken out
old = np.take_along_axis(old, has.argsort(axis=1, kind="stable")[:, :10], axis=1)
kept = np.nanmean(ndcg_at_k(candidates["popular"], hidden)) / np.nanmean(ndcg[200])
batch = paired_difference(ndcg_at_k(old, hidden), rank_all)
print(f"batch less online, nDCG at 10: {batch.estimate:+.3f} ({batch.low:+.3f} to {batch.high:+.3f})")
claim(
    "Popularity, the fallback, has half of the nDCG of two stages (share)", kept, id="13.fallback",
    baseline=1.0, between=(0.4, 0.6), fmt=".2f")

# %% [markdown]
# ## How slow is the slowest?
#
# A page asks many machines, and waits for the last one. *Simulated* calls: 5 ms on average, and one in a hundred is slow, by 60 ms more on average. A page makes 100 of them at once.
#
# **Predict before you run.** One call in a hundred takes longer than the 99th percentile (p99) of the calls. How many of the pages do?

# %%
from mlpipe.serving.tail import hedged, quantile_of_slowest, queue_times


def milliseconds(shape):
    slow = rng.random(shape) < 0.01
    return rng.gamma(4, 1.25, shape) + np.where(slow, rng.exponential(60, shape), 0)


pages = (20_000 if SCALE == "full" else 4_000, 100)
calls, again = milliseconds(pages), milliseconds(pages)
one_call, page = np.quantile(calls, 0.99), np.quantile(calls.max(axis=1), 0.99)
second, sent = hedged(calls.ravel(), again.ravel(), wait=np.quantile(calls, 0.95))
with_hedge = np.quantile(second.reshape(pages).max(axis=1), 0.99)
print(f"p99 of a call {one_call:.0f} ms, of a page {page:.0f} ms "
      f"(by the formula {quantile_of_slowest(calls.ravel(), 100):.0f}), hedged {with_hedge:.0f} ms")
claim(
    "Pages of 100 calls that take longer than the p99 of a call (share)",
    (calls.max(axis=1) > one_call).mean(), id="13.slow_pages", baseline=(calls > one_call).mean(),
    between=(0.6, 0.67), fmt=".2f")
claim(
    "A second call for the latest 5 % leaves a small part of the page's p99 (share)", with_hedge / page,
    id="13.hedged", baseline=1.0, at_most=0.15, fmt=".2f")
claim(
    "Stages in a row: the p99 of three over the sum of their p99",
    np.quantile(calls[:, :3].sum(axis=1), 0.99) / (3 * one_call), id="13.in_a_row",
    baseline=1.0, at_least=1.4, fmt=".1f")

# %% [markdown] notes="Draw F(t) to the power of 100 on the board: each of 100 calls must be below t. That is why one call's 99.99th percentile is the page's 99th. Then ask what a second call costs: 5 percent more load, here on machines that have room."
# All of 100 calls are within $t$ with probability $F(t)^{100}$, so the page's p99 is the call's quantile $0.99^{1/100}$, one in ten thousand. **Hedging** sends a call once more, elsewhere, when it is late. And percentiles of a row of stages do not add up: three stages within their p99 are not a page within the sum. Deadlines do add up, if a stage that misses its own is cut off and replaced by its fallback.
#
# And when more comes than can be answered? One server, 10 ms a request on average; an answer after 100 ms is worth nothing. **Load shedding** refuses a request at once when it would wait more than 50 ms.

# %% alt="Share of all requests that are answered within 100 ms, over the load. Above a load of 0.9 it falls without shedding, to almost none above 1. With shedding it falls slowly."
loads = np.arange(0.5, 1.55, 0.1)
n_requests = 100_000 if SCALE == "full" else 20_000
work, gaps = rng.exponential(10, n_requests), rng.exponential(10, n_requests)
in_time = {name: np.array([(queue_times(np.cumsum(gaps / load), work, limit) <= 100).mean()
                           for load in loads])
           for name, limit in (("everybody waits", None), ("refused after 50 ms", 50))}
fig, ax = plt.subplots()
for (name, values), color in zip(in_time.items(), (plots.MUTED, plots.ACCENT)):
    ax.plot(loads, values, "o-", color=color, label=name)
ax.set(title="Refuse some at once, or answer nobody in time", xlabel="load: requests over capacity")
ax.set(ylabel="answered within 100 ms (share)", ylim=(0, 1.02))
plots.label_lines(ax)
plt.show()

# %%
over = int(np.argmin(abs(loads - 1.1)))
claim(
    "At a load of 1.1 most are answered in time, if those who would wait long are refused (share of all)",
    in_time["refused after 50 ms"][over], id="13.shed", baseline=in_time["everybody waits"][over],
    at_least=0.8, fmt=".2f")

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
# - The slowest call decides. Give each stage a deadline and a fallback, send late calls once more, refuse what would wait too long.

# %%
say(
    "I retrieve some hundred candidates with a cheap model and rank them with the best one. On MovieLens 200 "
    "candidates hold {13.likes_held:.0%} of the hidden likes, but {13.ten_held:.0%} of the ten films that "
    "the ranker would show, and that is what counts; behind a retriever as strong as the ranker, ranking "
    "adds nearly nothing. Vectors and ids of one fit go out as one version: mixed, {13.mixed:.0%} of the nDCG "
    "is left, without an error. Each stage has a deadline and a fallback; popularity keeps "
    "{13.fallback:.0%}. With 100 calls a page, {13.slow_pages:.0%} of the pages are slower than the p99 of "
    "a call, so I hedge; and above capacity I refuse early: {13.shed:.0%} in time at load 1.1.")

# %% [markdown]
# *Read more:* Covington, Adams and Sargin 2016, *Deep neural networks for YouTube recommendations*; Jégou, Douze and Schmid 2011, *Product quantization for nearest neighbor search*; Carbonell and Goldstein 1998, on maximal marginal relevance; Dean and Barroso 2013, *The tail at scale*. *Next:* 18, the mock interview.
