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

# %% [markdown] slideshow={"slide_type": "slide"} slide="# Two stages and a service\n\nBuild the chain from candidates to an answer in time, and measure what each stage loses and what it hides." notes="Plan: the opening question 2, why two stages 1, the candidates 4, the index 2, versions 1, diversity 1, the stand-ins 2, the service 2, slow calls 3, say it 2. Then the core exercise. Ask first: why not let the best model sort everything? And what must a stage know that the one before cannot? Write the answers on the board. (2 min)"
# # Two stages and a service
#
# **Goal.** Build the chain from candidates to an answer in time, and measure what each stage loses and what it hides.
#
# | where we are | you need | it takes |
# |---|---|---|
# | requirements ▸ data ▸ features ▸ model ▸ evaluation ▸ **serving** | ALS (05), intervals (06), EASE (07) | 20 minutes to read, under 30 s, under 700 MB |

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Millions of items, 150 ms\n\n- **retriever**: cheap, picks some hundred candidates. Here ALS with 8 factors\n- **ranker**: the best model, sorts them. Here EASE\n- **re-ranker**: looks at the list as a whole" notes="Collect the answers to the opening question. EASE could sort these few thousand films, and does, to show what the candidates lose. (1 min)"
# ## Why two stages?
#
# A page waits 150 ms. Over millions of items the best model cannot read all. A cheap one, the **retriever**, picks some hundred **candidates**; the **ranker** sorts them; a **re-ranker** looks at the list as a whole. Here ALS with 8 factors retrieves, cheap on purpose, and EASE ranks. (EASE could sort these few thousand films, and does below, to show what the candidates lose.)

# %%
import numpy as np
import pandas as pd

from mlpipe.course import claim, exercise, guess, guesses, measured, reveal, say
from mlpipe.datasets import movielens, to_matrix
from mlpipe.ranking_metrics import intra_list_diversity, ndcg_at_k, recall_at_k
from mlpipe.recommenders import ALS, EASE, Popularity, base, item_features, tuned
from mlpipe.splits import last_share_per_user, random_per_user

data = movielens()
likes = data.ratings[data.ratings["rating"] >= 4]
ids = {"user_ids": np.unique(likes["user_id"]), "item_ids": np.unique(likes["item_id"])}
split = random_per_user(likes, share=0.2, seed=SEED)
train, hidden = (to_matrix(part, **ids).matrix for part in (split.train, split.test))
everyone = np.arange(train.shape[0])
small = tuned.MOVIELENS_SMALL["ALS"] | {"factors": 8}
retriever = ALS(**small).fit(train)
ranker = EASE(**tuned.MOVIELENS_SMALL["EASE"]).fit(train)

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: what do 200 candidates lose?\n\n200 candidates, of some six thousand films. Say aloud what share of the hidden likes is among them.\n\nThen guess: what share of the ranker's nDCG is lost?" notes="The usual answer to 'is retrieval good enough' is recall of relevant items. Take the two guesses from the same person and ask how they fit together. (1 min)"
# ## What do the candidates lose?
#
# `place` is each film's place when the ranker sorts all films. With it we try any number of candidates: how many of the *hidden likes* they hold, how many of the *ten films that the ranker would show*, and how much of its nDCG is left.
#
# **Predict before you run.** Two hundred candidates, of some six thousand films. Say aloud what share of the hidden likes is among them. Then guess: what share of the ranker's nDCG is lost?

# %% slideshow={"slide_type": "-"}
guess("13.lost", choices=["about 40 %", "about 10 %", "hardly any"])

# %%
from mlpipe.uncertainty import paired_difference

order, scores = ranker.recommend(everyone, k=train.shape[1], exclude_seen=False)
place = order.argsort(axis=1)
ten, _ = ranker.recommend(everyone)
rank_all = ndcg_at_k(ten, hidden)


def two_stages(found, k=10):  # the candidates that the ranker puts first
    first = np.take_along_axis(place, found, axis=1).argsort(axis=1)[:, :k]
    return np.take_along_axis(found, first, axis=1)


def share_in(wanted, found):  # of the wanted items of each user, those that are found
    return np.mean([np.isin(a, b).mean() for a, b in zip(wanted, found)])


best, popular = (model.recommend(everyone, k=1000)[0] for model in (retriever, Popularity().fit(train)))
numbers = [10, 20, 50, 100, 200, 500, 1000]
ndcg = {n: ndcg_at_k(two_stages(best[:, :n]), hidden) for n in numbers}
held = {"hidden likes held": [np.nanmean(recall_at_k(best, hidden, k=n)) for n in numbers],
        "ranker's ten held": [share_in(ten, best[:, :n]) for n in numbers],
        "nDCG kept": [np.nanmean(ndcg[n]) / np.nanmean(rank_all) for n in numbers]}

# %% slideshow={"slide_type": "slide"} slide="## Recall is a ceiling, not the loss" notes="Six in ten likes are held, so people say four in ten are lost. But the ranker would not have shown most of those. Ask: what would you have to measure to say what is lost? The ranker's own ten, or the last metric. The 200 most popular films come near on these data: retrieval is easy here. And one good stage alone, ALS with 64 factors, is level with both stages: a ranker pays where it knows what a retriever cannot know. (3 min)" alt="Three curves over the number of candidates, from 10 to 1,000. The share of hidden likes that they hold rises slowly, to six in ten at 200. The share of the ranker's own ten and the share of its nDCG are near one from 100 candidates on."
import matplotlib.pyplot as plt

from mlpipe import plots

plots.use_style()
fig, ax = plt.subplots()
for (name, values), color in zip(held.items(), (plots.MUTED, plots.color_of("EASE"), plots.ACCENT)):
    ax.plot([f"{n:,}" for n in numbers], values, "o-", color=color, label=name)
ax.set(title="The ceiling is not the loss", xlabel="candidates", ylabel="share", ylim=(0, 1.05))
plots.label_lines(ax)
plt.show()

# %%
gain, loss = (paired_difference(ndcg[200], other) for other in (ndcg_at_k(best, hidden), rank_all))
claim("200 candidates hold this share of the hidden likes", held["hidden likes held"][4],
      id="13.likes_held", baseline=200 / train.shape[1], between=(0.55, 0.65), fmt=".2f")  # at random
claim("They hold nearly all of the ten films that the ranker would show", share_in(ten, best[:, :200]),
      id="13.ten_held", baseline=share_in(ten, popular[:, :200]), at_least=0.975, fmt=".3f")
claim("Ranking them is better than the retriever alone (nDCG at 10, low end of the interval)", gain.low,
      id="13.gain_low", baseline=0.0, at_least=0.02, fmt=".3f")
claim("It is level with ranking all films (nDCG at 10: the end of the interval farther from 0)",
      max(-loss.low, loss.high), id="13.loss", at_most=0.0025, fmt=".4f",
      baseline=np.nanmean(rank_all - ndcg_at_k(two_stages(popular[:, :200]), hidden)))

# %% slideshow={"slide_type": "-"}
lost = 1 - held["nDCG kept"][4]
reveal("13.lost", "about 40 %" if lost > 0.25 else "about 10 %" if lost > 0.05 else "hardly any")

# %% [markdown]
# Recall of the likes, the number that people quote, is a *ceiling*: no ranker behind these candidates can find more. It is not what is lost, because *this* ranker would not show the missing likes in its ten either. Measure the ranker's own ten, or the last metric itself. (The baseline of the second and the fourth claim is the 200 most popular films. They come near: on these data retrieval is easy, and both stages learn from the same likes. Where the ranker knows more than the retriever, measure it anew.)
#
# ### And one good stage alone?
#
# ALS with 64 factors, tuned (07):

# %%
strong = ALS(**tuned.MOVIELENS_SMALL["ALS"]).fit(train).recommend(everyone)[0]
two = paired_difference(ndcg[200], ndcg_at_k(strong, hidden))
claim("Two stages are level with it (nDCG at 10: the end of the interval farther from 0)",
      max(-two.low, two.high), id="13.one_stage", baseline=gain.estimate, at_most=0.02, fmt=".3f")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Can an index skip most items?\n\n**Inverted file**: k-means puts item vectors into cells; a query reads only the 8 cells whose centres score highest.\n\nOur *films*, items around 50 *tastes*, random vectors of *32* and of *2 numbers*: where does it fail?" notes="Recall is the share of the exact best 200 that are found. Collect the answers, then show the output with the next key. Cells work where few numbers or few groups decide the score. In the interview: measure recall on your vectors, and read more cells until it is enough. (2 min)"
# So here two stages win nothing over one good one. A ranker pays where it knows what a retriever cannot know, such as the context of the request.
#
# ## How do you find candidates without reading all films?
#
# An **inverted file**: k-means puts the item vectors into cells; a query reads only the cells whose centres score highest, here 8. Scores are inner products, so these are the cells of the highest *score*, not the nearest ones. Recall is the share of the exact best that are found.
#
# Four catalogues: our films with their *learned* factors; 100,000 *simulated* items around 50 tastes; and as many at random, of 32 numbers and of 2. Recall is that of the exact best 200.

# %% slideshow={"slide_type": "fragment"}
from mlpipe.retrieval import InvertedFile, mmr

rng = np.random.default_rng(SEED)
n_items, n_users = 100_000 if SCALE == "full" else 5_000, 100
items, users = rng.normal(size=(n_items, 32)), rng.normal(size=(n_users, 32))
tastes = 2 * rng.normal(size=(50, 32))
catalogues = {"films": (retriever.item_factors, retriever.user_factors),
              "tastes": [x + tastes[rng.integers(50, size=len(x))] for x in (items, users)],
              "32 numbers": (items, users), "2 numbers": (items[:, :2], users[:, :2])}
recall = {}
for name, (vectors, queries) in catalogues.items():
    exact = base.top_k((queries @ vectors.T).astype(np.float32), 200)[0]
    index = InvertedFile(random_state=SEED).fit(vectors)
    found = index.search(queries, 200, probes=8)[0]
    recall[name], read = share_in(exact, found), index.share_read(queries, probes=8).mean()
    print(f"{name:10s} {len(vectors):7,} items: recall {recall[name]:.2f}, read {read:.1%}")

# %%
claim("8 cells of 100,000 items around tastes hold nearly all of the best 200",
      recall["tastes"], id="13.index_tastes", baseline=recall["32 numbers"], at_least=0.9, fmt=".2f")
claim("Of random vectors of 32 numbers, 8 cells miss most (recall)", recall["32 numbers"],
      id="13.index_random", baseline=recall["tastes"], at_most=0.35, fmt=".2f")
claim("... and of random vectors of 2 numbers hardly any", recall["2 numbers"], id="13.index_two",
      baseline=recall["32 numbers"], at_least=0.95, fmt=".2f")

# %% [markdown]
# Cells work where few numbers or few groups decide the score. Measure recall on *your* vectors, and read more cells until it is enough.
#
# ## Which vectors belong together?
#
# Now the vectors of the users come from one fit and those of the films from another, with the same likes and another random start. Each pair is a draw, so take five:

# %% slideshow={"slide_type": "slide"} slide="## Vectors of two fits fail in silence\n\nUsers from one fit, films from another: the same likes, another random start. No error, no wrong shape." notes="Ask how this happens in a real system: two jobs, two clocks. What belongs to one fit is published as one version, and a request keeps the version that it began with. (1 min)"
left = []
for start in range(1, 6):
    other = ALS(**(small | {"random_state": 10 * SEED + start})).fit(train)
    mixed = retriever.user_factors @ other.item_factors.T
    mixed[train.nonzero()] = -np.inf
    left.append(np.nanmean(ndcg_at_k(base.top_k(mixed, 10)[0], hidden)))
claim("Vectors of two fits lose most of the quality (share of the nDCG left, mean of five pairs)",
      np.mean(left) / np.nanmean(ndcg_at_k(best, hidden)), id="13.mixed",
      baseline=1.0, at_most=0.5, fmt=".2f")

# %% [markdown]
# Nothing fails, and no shape is wrong. So what belongs to one fit is published as one **version**, and a request keeps the version that it began with.
#
# ## What does diversity cost?
#
# **Maximal marginal relevance** fills one place after the other. With $s_i$ the ranker's score, scaled from 0 to 1 in each list, $S$ the films chosen so far, a weight $w$, and genres as vectors, it takes
#
# $$ \mathrm{argmax}_i\; (1 - w)\, s_i - w \max_{j \in S} \cos(i, j) $$

# %% slideshow={"slide_type": "slide"} slide="## Diversity has a price\n\nEach place takes the film with the largest $(1 - w)\\, s_i - w \\max_{j \\in S} \\cos(i, j)$" notes="s is the ranker's score, S the films chosen so far, genres are the vectors. The price rises with the weight: choose it on validation data, with the product owner. (1 min)"
genres = item_features(data.items, ids["item_ids"]).filter(regex=r"^(?!\d{4}s$)").to_numpy()
genres = np.column_stack([genres, ~genres.any(axis=1)])  # without a genre: a sort of its own
pool = two_stages(best[:, :200], k=100)
worth = np.take_along_axis(scores, np.take_along_axis(place, pool, axis=1), axis=1)
lists = {w: mmr(pool, worth, genres, w)[0] for w in (0, 0.1, 0.2, 0.3, 0.5)}
found = {w: [np.nanmean(ndcg_at_k(one, hidden)), intra_list_diversity(one, genres).mean()]
         for w, one in lists.items()}
change = pd.DataFrame(found, index=["nDCG", "diversity"]).T / found[0] - 1
print(change.round(3).to_string())
claim("A weight of 0.2 costs a little (nDCG at 10, change)", change["nDCG"][0.2],
      id="13.diversity_price", baseline=change["nDCG"][0.5], at_least=-0.05, fmt="+.1%")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: what stands in for a late list?\n\nTwo lists need no model at the request:\n\n- the most popular films, the same for all\n- a list made in advance for each user, and kept\n\nWhat share of the nDCG is left with the popular films? (And with the list made in advance?)" notes="Two numbers on paper, in percent. To see what age costs, the list in advance was made without the last two fifths of a user's likes. (1 min)"
# The price rises with the weight: choose it on validation data, with the product owner. (It is diversity in genres, which it was told to raise.)
#
# ## What stands in for a list that is late?
#
# Two lists need no model at the request. One is the same for all: the most popular films. The other was made *in advance* for each user, and kept. To see what age costs, we hide the last fifth of each user's likes, and make the list in advance without the fifth before that.
#
# **Predict before you run.** What share of the nDCG is left with the most popular films? And, aloud, with the list made in advance?

# %% slideshow={"slide_type": "-"}
guess("13.popular_left", unit="%")

# %% slideshow={"slide_type": "slide"} slide="## Keep each user's last list" notes="And popularity for who has none. In the interview: a fallback is a product, measure it like one. (1 min)"
newest = last_share_per_user(likes, share=0.2, seed=SEED)
parts = newest.test, newest.train, last_share_per_user(newest.train, share=0.2, seed=SEED).train
unseen, now, before = (to_matrix(part, **ids).matrix for part in parts)
same = np.tile(np.argsort(-now.sum(axis=0).A1, kind="stable")[:10], (len(everyone), 1))
made = [EASE(**tuned.MOVIELENS_SMALL["EASE"]).fit(one).recommend(everyone)[0] for one in (now, before)]
fresh, batch, popular_ten = (np.nanmean(ndcg_at_k(one, unseen)) for one in (*made, same))
claim("The most popular films, the same for all, keep this share of the nDCG", popular_ten / fresh,
      id="13.fallback", baseline=1.0, between=(0.25, 0.45), fmt=".2f")
claim("A list made in advance keeps this share of it", batch / fresh, id="13.batch",
      baseline=popular_ten / fresh, between=(0.68, 0.84), fmt=".2f")
reveal("13.popular_left", 100 * popular_ten / fresh, fmt=".0f")

# %% [markdown]
# So keep each user's last list, and popularity for who has none. (Our service keeps none.)
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

from mlpipe.serving import build, faults
from mlpipe.serving.load import ask, open_loop
from mlpipe.serving.running import started

folder, rate, runs = tempfile.mkdtemp(), 100, {}  # requests a second, at random times
build.build(folder, likes, data.items, random_state=SEED)
n = 150 if SCALE == "full" else 40
paths = [f"/recommend?user={user}&k=10" for user in rng.choice(ids["user_ids"], n)]
bad = ["/recommend", "/recommend?user=me", "/recommend?user=1&k=1000"] * (n // 3)
for name, more in {"slow store": (), "... read twice": ("--hedge-after", "0.02")}.items():
    with started(folder, "--exploration", "0", "--slow-store", "0.3:0.04", *more) as url:  # 4 % late
        runs[name] = open_loop(url, paths, rate)
with started(folder, "--exploration", "0") as url:
    runs["calm"] = open_loop(url, paths, rate)
    with faults.locked_store(folder):
        runs["locked"] = open_loop(url, paths, rate)
    runs["flood"] = open_loop(url, rng.permutation(paths + bad).tolist(), rate)
    runs["overload"] = open_loop(url, 3 * paths, 10 * rate)
    faults.half_written(folder)
    refused, healthy = ask(url, "/reload", "POST")[0], ask(url, "/recommend?user=1")[0]
    renamed = (one.assign(item_id=one["item_id"] + 10**6) for one in (likes, data.items))
    build.build(folder, *renamed, random_state=SEED)
    threading.Timer(n / rate / 4, ask, (url, "/reload", "POST")).start()
    runs["exchange"] = open_loop(url, paths, rate)

# %% slideshow={"slide_type": "slide"} slide="## Every stage has a budget and a stand-in\n\nEach stage has 50 ms, the answer 150 ms. Then something plainer stands in." notes="Ask for each stage what stands in: the most liked films, the retriever's order, the ranker's order. We locked the store, flooded the service, broke a version off half-way and exchanged one under load. If there is time, start it in front of the class with mlpipe serve, and ask for one list with curl while you lock the store: docs/serving.md. (2 min)"
lists = pd.concat(runs).query("status == 200")
whole = [len(set(one)) == 10 and min(one) // 10**6 == max(one) // 10**6 for one in lists["item_ids"]]
both = runs["exchange"].query("policy == 'rerank'")["version"].nunique() == 2
claim("Each list has ten films, of one version, also while both versions serve (share of lists)",
      np.mean([*whole, both]), id="13.whole_lists", baseline=0.0, equal_to=1, fmt=".0%")
popular_instead = lists["policy"].eq("popular").groupby(level=0).mean()
claim("While the store is locked, the most liked films stand in (share of lists)",
      popular_instead["locked"], id="13.locked_store", baseline=0.0, equal_to=1, fmt=".0%")
no = [*(runs["flood"].query("path in @bad")["status"] == 400), refused == 409, healthy == 200]
claim("Bad requests and the half-written version are refused, the one before goes on (share)",
      np.mean(no), id="13.refused", baseline=0.0, equal_to=1, fmt=".0%")

# %%
measured("Lists of the most liked films", (100 * popular_instead).to_dict(), "%")
measured("Time to a list, p99", (1e3 * lists["seconds"].groupby(level=0).quantile(0.99)).to_dict(), "ms")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: how slow is the slowest?\n\nA page makes 100 calls at once and waits for the last.\n\nOne call in a hundred takes longer than the p99 of the calls. What share of the *pages* does?" notes="Let the class write a number, then draw F(t) to the power of 100 on the board: each of 100 calls must be below t. (1 min)"
# Each line of the request log holds the version, the policy, and for each position the item, its source and its *propensity*, the probability of this item at this place: from such a log another policy can be judged.
#
# ## How slow is the slowest?
#
# A page asks many machines, and waits for the last one. *Simulated* calls: 5 ms on average, and one in a hundred is slow, by 60 ms more on average. A page makes 100 of them at once.
#
# **Predict before you run.** One call in a hundred takes longer than the 99th percentile (p99) of the calls. What share of the pages do?

# %% slideshow={"slide_type": "-"}
guess("13.slow_pages", unit="%")

# %% slideshow={"slide_type": "slide"} slide="## The slowest call decides" notes="The page's p99 is the quantile 0.99 to the power 1/100 of a call: one call in ten thousand. Sending late calls again costs 5 percent more load, on machines that have room, and helps little where the second call is slow for the same reason. Above capacity, refuse at once what would wait too long. (2 min)"
from mlpipe.serving.tail import hedged, queue_times

pages = (20_000 if SCALE == "full" else 4_000, 100)
slow = rng.random(pages) < 0.01


def times_of(slow):
    return rng.gamma(4, 1.25, pages) + rng.exponential(60, pages) * slow


calls = times_of(slow)
p99 = {"call": np.quantile(calls, 0.99), "page": np.quantile(calls.max(axis=1), 0.99)}
for name, chance in {"sent again": 0.01, "... alike": np.where(slow, 0.25, 0.01)}.items():
    again = times_of(rng.random(pages) < chance)
    second, _ = hedged(calls.ravel(), again.ravel(), wait=np.quantile(calls, 0.95))
    p99[name] = np.quantile(second.reshape(pages).max(axis=1), 0.99)
print(pd.DataFrame(p99, ["p99 in ms"]).round().to_string())
claim("Pages of 100 calls over the p99 of a call (share)", (calls.max(axis=1) > p99["call"]).mean(),
      id="13.slow_pages", baseline=0.01, between=(0.6, 0.67), fmt=".2f")
claim("Sending the latest 5 % again leaves this share of the page's p99",
      p99["sent again"] / p99["page"], id="13.hedged", baseline=1.0, at_most=0.15, fmt=".2f")
claim("... and if a quarter of the slow calls is slow again", p99["... alike"] / p99["page"],
      id="13.hedged_alike", baseline=p99["sent again"] / p99["page"], at_least=0.25, fmt=".2f")

# %% slideshow={"slide_type": "-"}
reveal("13.slow_pages", 100 * (calls.max(axis=1) > p99["call"]).mean(), fmt=".0f")

# %% [markdown]
# All of 100 calls are within $t$ with probability $F(t)^{100}$, so the page's p99 is the quantile $0.99^{1/100}$ of a call: one in ten thousand. **Hedging** sends a late call once more, elsewhere, and takes the first answer: 5 % more load, and little help where the second call is slow for the same reason.
#
# ## And when more comes than can be answered?
#
# One server, 10 ms a request on average, for a quarter of an hour 10 % more requests than it can do (so no rule answers more than 1 / 1.1 of them); an answer after 100 ms is worth nothing. **Load shedding** refuses a request at once if it would wait more than 50 ms.

# %%
arrivals, work = np.cumsum(rng.exponential(10 / 1.1, 5 * pages[0])), rng.exponential(10, 5 * pages[0])
in_time = [(queue_times(arrivals, work, limit) <= 100).mean() for limit in (50, None)]
claim("At a load of 1.1 most are answered in time if some are refused at once (share of all requests)",
      in_time[0], id="13.shed", baseline=in_time[1], at_least=0.8, fmt=".2f")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Core exercise: what each call needs\n\nA page calls several services, `n_calls[j]` times each. All calls together must be in time with probability `quantile`, each with the same chance. Return one deadline a service, from its measured times." notes="In pairs, after the talk. .hint() after three, the solution after ten. (10 min)"
# ### Exercise (core): what each call needs
#
# A page makes calls of several services at once: of service $j$ it makes `n_calls[j]`. All calls together should be within their deadlines with probability `quantile`. Every single call gets the same probability to be within its own. Return one deadline a service: that quantile of its measured `times[j]`, by `np.quantile`.

# %% slideshow={"slide_type": "-"} slide_code="1-2" tags=["exercise:13.calls_p99"]

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
# `cells[i]` is the cell of item `i`, `centres` has one row a cell. Read the `probes` cells whose centres have the largest inner product with the query, and return the `k` items with the largest one, best first (`np.argpartition` alone does not sort them on every CPU); fewer, if the cells hold fewer.

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

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Say it in the interview" notes="Two learners say it aloud, without reading. The share of the ranker's ten, that of popular films and the one at load 1.1 are claims of the lesson. Then back to the opening question. (2 min)"
# ## What we have seen
#
# - Recall of the likes is a ceiling. What the candidates cost shows in the ranker's own list, or in the last metric.
# - An index reads a few percent where few numbers or groups decide; measure it on your vectors. Vectors of two fits fail in silence: publish one version.
# - The slowest call decides. Give each stage a budget and a stand-in, send late calls once more, refuse what would wait too long.

# %%
guesses()

# %% slideshow={"slide_type": "-"}
say("A cheap model retrieves some hundred candidates, and the best one ranks them. On MovieLens 200 "
    "candidates hold {13.likes_held:.0%} of the hidden likes, but {13.ten_held:.1%} of the ten films "
    "that the ranker would show; popular films hold nearly as many. Vectors of one fit go out as one "
    "version: mixed, {13.mixed:.0%} of the nDCG is left. Each stage has a budget and a stand-in. At 100 "
    "calls a page, {13.slow_pages:.0%} of the pages are slower than the p99 of a call: late ones go out "
    "again, elsewhere. Above capacity I refuse early: {13.shed:.0%} are in time at load 1.1.")

# %% [markdown]
# *Read more:* Covington, Adams and Sargin 2016, *Deep neural networks for YouTube recommendations*; Jégou, Douze and Schmid 2011, *Product quantization for nearest neighbor search*; Carbonell and Goldstein 1998, on maximal marginal relevance; Dean and Barroso 2013, *The tail at scale*. *Next:* 14, experiments that tell the truth.
