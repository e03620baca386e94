# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 900
#     budget_seconds: 30
#     minutes: 20
# ---

# %% [markdown] notes="Plan: five metrics by hand 5, where they disagree 4, the splits 6, sampled ranking 5. The core exercise takes ten minutes after that. Ask first: which metric would you report for a recommender, and on which split? Write the answers on the board and come back to them at the end: most say recall or nDCG and forget the split."
# # Measure recommendations
#
# **Goal.** Judge a list of recommendations with the right metric, on the right split, over the whole catalogue, and say what your number hides.
#
# | where we are | you need | it takes |
# |---|---|---|
# | requirements ▸ data ▸ features ▸ model ▸ **evaluation** ▸ serving | nothing; 02 explains the time stamps of MovieLens | 20 minutes to read, under 30 s, under 900 MB |

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown] notes="Let the class fill in the right column before you show it. Two go wrong: average precision (people divide by the hits) and the ideal list of nDCG (people give it two hits, or five)."
# ## How good is this list?
#
# We show five films. Three films are **relevant**: the user likes them, and we did not know. Two of them are in our list, at places 2 and 5. With $k$ places and $n$ relevant films (here 5 and 3), by hand:
#
# | metric | the question that it answers | here |
# |---|---|---|
# | precision | which share of the list is good? | $2/5$ |
# | recall | which share of the good films did we show? | $2/3$ |
# | reciprocal rank | how soon comes the first good one? | $1/2$ |
# | average precision | at each hit: which share of the list so far is good? Summed, over $\min(k, n)$ | $(1/2 + 2/5) / 3$ |
#
# The fifth, **nDCG** (normalised discounted cumulative gain), gives place $p$ the credit $1 / \log_2(p+1)$ and divides by the credit of the best list possible. With $h_p = 1$ for a hit at place $p$, else 0:
#
# $$ \text{nDCG} = \sum_{p=1}^{k} \frac{h_p}{\log_2(p+1)} \Bigg/ \sum_{p=1}^{\min(k,n)} \frac{1}{\log_2(p+1)} $$
#
# The same in NumPy:

# %%
import numpy as np

h, n, k = np.array([0, 1, 0, 0, 1]), 3, 5
p = np.arange(1, k + 1)
credit = 1 / np.log2(p + 1)
by_hand = [h.sum() / k, h.sum() / n, 1 / p[h == 1][0]]  # precision, recall, reciprocal rank
by_hand += [(h * h.cumsum() / p).sum() / min(k, n)]  # average precision
by_hand += [(h * credit).sum() / credit[: min(k, n)].sum()]  # nDCG
print(np.round(by_hand, 3))

# %% [markdown]
# The mean over users of the reciprocal rank is called MRR, that of average precision MAP. The package returns one number a user.

# %%
from scipy.sparse import csr_matrix

from mlpipe import plots, ranking_metrics as rm, splits
from mlpipe.course import claim, exercise, say

METRICS = [rm.precision_at_k, rm.recall_at_k, rm.reciprocal_rank_at_k]
METRICS += [rm.average_precision_at_k, rm.ndcg_at_k]
shown = np.array([[7, 3, 9, 1, 4]])  # one user, film numbers
good = csr_matrix(([1, 1, 1], ([0, 0, 0], [3, 4, 8])), shape=(1, 10))


def agreeing(lists):
    return np.isclose([metric(lists, good, k=5)[0] for metric in METRICS], by_hand).sum()


claim(
    "All five functions of the package give what we found by hand", agreeing(shown),
    id="04.by_hand", baseline=agreeing(shown[:, ::-1]), equal_to=5)  # the list upside down

# %% [markdown]
# Upside down, the list agrees in two: precision and recall do not see the order. State your definitions, too: some libraries divide average precision by $n$ without the cap, and then a perfect list of $k$ may score below 1.

# %% alt="Credit of a hit against its place, from 1 to 10: flat for precision and recall, slowly falling for nDCG, steeply falling for the reciprocal rank."
import matplotlib.pyplot as plt

plots.use_style()
place = np.arange(1, 11)
fig, ax = plt.subplots()
ax.plot(place, np.ones(10), color=plots.MUTED, label="precision, recall")
ax.plot(place, 1 / np.log2(place + 1), color=plots.ACCENT, label="nDCG")
ax.plot(place, 1 / place, color="black", label="reciprocal rank")
ax.set(title="nDCG lies between 'any place' and 'the first place'", xticks=place, ylim=(0, 1.1))
ax.set(xlabel="place of the hit", ylabel="credit, relative to place 1")
plots.label_lines(ax)
plt.show()

# %% [markdown]
# ## Can metrics disagree?
#
# **Predict before you run.** Again three films are relevant. List A has one of them, at place 1. List B has two, at places 4 and 5. Which metrics choose A?

# %%
for metric in METRICS:
    in_a, in_b = (metric([films], good, k=5)[0] for films in ([3, 0, 1, 2, 5], [0, 1, 2, 3, 4]))
    print(f"{metric.__name__:22} A {in_a:.2f} B {in_b:.2f} chooses {'A' if in_a > in_b else 'B'}")

# %% [markdown]
# They answer different questions. If a later stage sorts the list again (retrieval, lesson 12), order does not matter: recall. If people look down the list, nDCG. If only the first good answer counts (a voice assistant), MRR.
#
# Now real models. A **like** is a rating of four stars or more; we hide a random fifth of each user's. PureSVD compresses the matrix of likes to a few numbers a film, its factors (lesson 07). Are 12 factors better, or 64?

# %%
import pandas as pd

from mlpipe.datasets import movielens, to_matrix
from mlpipe.recommenders import EASE, ItemKNN, Popularity, PureSVD
from mlpipe.recommenders.tuned import MOVIELENS_SMALL as TUNED
from mlpipe.uncertainty import paired_difference, paired_ratio

n_users = 671 if SCALE == "full" else 300
likes = movielens().ratings.query("rating >= 4 and user_id <= @n_users")
films = np.unique(likes["item_id"])


def recommend(model, split, k=10):
    parts = split.train, split.history, split.test  # history: what is known of the test users
    train, history, relevant = (to_matrix(part, item_ids=films).matrix for part in parts)
    served = model.fit(train).fold_in(history)
    return served.recommend(np.arange(history.shape[0]), k)[0], relevant

# %%
split = splits.random_per_user(likes, share=0.2, seed=SEED)
few, relevant = recommend(PureSVD(factors=12), split)
many, _ = recommend(PureSVD(factors=64), split)
lead = {}
print("64 factors against 12, first 10 places, with 95 % intervals")
for metric in METRICS:
    ratio = lead[metric] = paired_ratio(metric(many, relevant), metric(few, relevant))
    print(f"{metric.__name__:22} {ratio.estimate:+4.0%} ({ratio.low:+.0%} to {ratio.high:+.0%})")

group = np.where(np.diff(relevant.indptr) >= 10, "10 hidden likes or more", "fewer")
hits = {n: 10 * rm.precision_at_k(lists, relevant) for n, lists in ((12, few), (64, many))}
print(pd.DataFrame(hits).groupby(group).sum().round().astype(int).rename_axis(columns="hits, by factors"))

# %%
claim(
    "Recall and precision disagree about the number of factors (ratio of their verdicts)",
    (1 + lead[rm.recall_at_k].estimate) / (1 + lead[rm.precision_at_k].estimate),
    id="04.metrics_disagree", baseline=1.0, at_least=1.12)  # one metric, asked twice

# %% [markdown] notes="Ask who dominates a mean of precision: users with many hidden likes, who can have ten hits where a user with one hidden like can have one. Recall gives each user the same 100 % to win. Whom to please is a product question."
# The table counts hits, as precision does, and users with many hidden likes have most of them: they lose. Recall gives each user the same 100 % to win, so the many light users decide. The **interval** says how far a number would move with other users (lesson 06): where it includes 0, the two are *not distinguishable here*.
#
# ## What does the split ask?
#
# Four ways to hide likes:
#
# - **random**: a fifth of each user's likes, at random;
# - **last 20 %**: the latest fifth of each user's likes;
# - **leave last out**: only the latest like of each user;
# - **global time**: one moment for all, when 80 % of the likes have happened. The model is fitted before it. The first half of what a user likes later is **folded in**: it is known when the user is served, but nothing is fitted again. The second half is to be predicted.
#
# Ties in time are broken at random, by seed (lesson 02).
#
# **Predict before you run.** For how many hidden likes was the model trained on somebody's *later* like of the same film?

# %%
by_split = {
    "random": split,
    "last 20 %": splits.last_share_per_user(likes, share=0.2, seed=SEED),
    "leave last out": splits.leave_last_out(likes, seed=SEED),
    "global time": splits.global_time(likes, likes["timestamp"].quantile(0.8), seed=SEED),
}
leaks = pd.DataFrame(columns=["liked later", "never liked"])
for name, part in by_split.items():
    last_like = part.test["item_id"].map(part.train.groupby("item_id")["timestamp"].max())
    leaks.loc[name] = (last_like > part.test["timestamp"]).mean(), last_like.isna().mean()
print(leaks.map("{:.0%}".format).rename_axis(columns="in training, film is").to_string())

claim(
    "Hidden likes whose film has later likes in the training data, leave last out",
    leaks["liked later"]["leave last out"], fmt=".0%",
    id="04.future_in_training", baseline=leaks["liked later"]["global time"], at_least=0.75)

# %% [markdown]
# Holding out a user's last likes does not hold out the future: others rated later, and their likes train the model. Only the global cut is clean. It shows what the others hide, too: many later likes are of films that the model has never seen.
#
# Two models, item kNN and EASE (lesson 07), with settings chosen on validation data. **Predict before you run.** On which split is their lead over popularity largest?

# %%
models = {"item kNN": ItemKNN(**TUNED["ItemKNN"]), "EASE": EASE(**TUNED["EASE"])}
leads = {}
for name, part in by_split.items():
    popular = rm.ndcg_at_k(*recommend(Popularity(), part))
    print(f"{name}: {len(popular)} users, nDCG@10 of popularity {popular.mean():.3f}")
    for model, it in models.items():
        leads[name, model] = lead = paired_ratio(rm.ndcg_at_k(*recommend(it, part)), popular)
        print(f"  {model:9} {lead.estimate:+4.0%} ({lead.low:+.0%} to {lead.high:+.0%})")

# %% alt="Lead of item kNN and EASE over popularity on four splits with 95 % intervals: largest and clear on the random split, smallest on the global time cut, where the interval of item kNN includes zero."
fig, ax = plt.subplots()
for row, ((name, model), lead) in enumerate(leads.items()):
    y, color = -row - row // 2, plots.color_of(model)  # a gap between the splits
    ax.plot(100 * np.array([lead.low, lead.estimate, lead.high]), [y] * 3, "o-", markevery=[1], color=color, markersize=9)
    ax.text(100 * lead.high, y, f"  {model}", va="center", color=color)
ax.axvline(0, color="black", linestyle="--", linewidth=1.5)
ax.set_yticks([-0.5, -3.5, -6.5, -9.5], by_split)
ax.margins(x=0.2)
ax.set(title="The random split shows the largest lead")
ax.set_xlabel("lead over popularity in nDCG@10 (%), with 95 % interval")
plt.show()

# %%
claim(
    "EASE's lead over popularity, random split over the cut in time",
    leads["random", "EASE"].estimate / leads["global time", "EASE"].estimate,
    id="04.split_optimism", baseline=1.0, at_least=1.8)  # if the split did not matter
claim(
    "After the cut, item kNN is not distinguishable from popularity (low end of its lead)",
    leads["global time", "item kNN"].low, fmt="+.0%",
    id="04.not_distinguishable", baseline=leads["random", "item kNN"].low, at_most=0)

# %% [markdown] notes="Let the class fill in the last column. The point: a split is a question. The random split is not forbidden; it answers whether the model can complete a profile."
# | split | it asks | what leaks | what it cannot see |
# |---|---|---|---|
# | random | can you fill gaps in a profile? | the user's own later likes, and everybody's | order, new films, new users |
# | last 20 % | what comes later in the profile? Here mostly in one session | everybody else's later likes | the future |
# | leave last out | what is the very next like? | the same | small differences: one like a user is noisy |
# | global time | what happens after launch? | nothing is fitted after the cut | much, here: few users. And refitting: the model grows old |
#
# Do not compare the *heights* between splits: other users, other films, other numbers of relevant films.
#
# ## Can a baseline know the future?
#
# Popularity has nothing to tune. We keep users, hidden likes and metric of the global cut, and change one thing: likes counted *before the cut*, or *over the whole table*, without the user's own.

# %%
known, relevant = recommend(Popularity(), by_split["global time"])
history = to_matrix(by_split["global time"].history, item_ids=films).matrix
all_time = to_matrix(likes, item_ids=films).matrix.sum(axis=0).A1
score = all_time - relevant.toarray()  # the user's own likes taken out
score[history.nonzero()] = -np.inf  # known already
clairvoyant = np.argsort(-score, axis=1, kind="stable")[:, :10]
gain = paired_ratio(rm.ndcg_at_k(clairvoyant, relevant), rm.ndcg_at_k(known, relevant))
print(f"95 % interval of the gain: {gain.low:+.1%} to {gain.high:+.1%}")
claim(
    "Gain in nDCG@10 of popularity that knows the future, over popularity as of the cut",
    gain.estimate, fmt="+.1%",
    id="04.clairvoyant_popularity", baseline=0.0, at_least=0.03)  # if counts did not leak

# %% [markdown]
# The future lifts even a count. On a leaky split, you compare with a baseline that you could not have served.
#
# ## May we rank against a sample?
#
# To save time, many papers rank the hidden film against 100 random others and ask whether it is among the first 10. Let it stand at place $r$ of $N$ films. A sample of $m$ others holds $j$ of the $r - 1$ films that beat it with a hypergeometric probability; it is a hit at $k$ if $j < k$:
#
# $$ \Pr(\text{hit}) = \sum_{j=0}^{k-1} \binom{r-1}{j} \binom{N-r}{m-j} \Bigg/ \binom{N-1}{m} $$
#
# **Predict before you run.** The film stands at place 500 of 10,000: no hit in the full ranking. How often is it one against 100 others?

# %%
from scipy.stats import hypergeom

N, r, m, k = 10_000, 500, 100, 10
print(f"formula: {hypergeom.cdf(k - 1, N - 1, r - 1, m):.1%}")

rng = np.random.default_rng(SEED)
samples = (rng.choice(N - 1, size=m, replace=False) for _ in range(20_000))
claim(
    "A film at place 500 of 10,000 is among the first 10 against 100 sampled others",
    np.mean([(others < r - 1).sum() < k for others in samples]), fmt=".1%",
    id="04.sampled_500", baseline=float(r <= k), between=(0.965, 0.98))  # full ranking

# %% [markdown]
# Ten of 101 is the best tenth. So the sample asks whether the film is among the first *thousand*: places that no user sees.
#
# Now real models. Each ranks all films for the like that was left out; from its place we compute the chance against 100 others, exactly.

# %%
models |= {f"PureSVD {factors}": PureSVD(factors=factors) for factors in (12, 64)}
places, sampled = {}, {}
for name, model in ({"popularity": Popularity()} | models).items():
    ranking, left_out = recommend(model, by_split["leave last out"], k=len(films))
    places[name] = (ranking == left_out.indices[:, None]).argmax(axis=1) + 1
    n_ranked = (ranking >= 0).sum(axis=1)  # all but the known ones
    sampled[name] = hypergeom.cdf(k - 1, n_ranked - 1, places[name] - 1, m)

full, sampled = pd.DataFrame(places) <= 10, pd.DataFrame(sampled)
print(pd.DataFrame({"full": full.mean(), "sampled": sampled.mean()}).round(3).to_string())

# %% alt="Left-out likes found, relative to popularity, against the number of places that count: PureSVD with 64 factors is above PureSVD with 12 at ten places and below it at six hundred."
counted = [10, 20, 40, 80, 150, 300, 600, 1_000]
found = {name: np.array([(place <= c).mean() for c in counted]) for name, place in places.items()}

fig, ax = plt.subplots()
for name, style in {"EASE": "-", "PureSVD 12": ":", "PureSVD 64": "-"}.items():
    color = plots.color_of(name.split()[0])
    ax.plot(counted, found[name] / found["popularity"], style, color=color, label=name)
ax.axvline(n_ranked.mean() * 10 / 101, color="black", linestyle="--", linewidth=1.5)
ax.set(title="64 factors lead at ten places, 12 at six hundred", xscale="log", ylim=(1, None))
ax.set(xlabel="places that count (dashed: the best 10 of 101)", ylabel="left-out likes found,\nover popularity's")
ax.set_xticks(counted, counted)
plots.label_lines(ax)
plt.show()

# %%
in_full, in_sample = (paired_difference(h["PureSVD 64"], h["PureSVD 12"]) for h in (full, sampled))
for kind, d in (("full", in_full), ("sampled", in_sample)):
    print(f"64 factors less 12, {kind}: {d.estimate:+.3f} ({d.low:+.3f} to {d.high:+.3f})")

claim(
    "Sampling says that 64 factors are worse than 12 (difference of hit rates)",
    in_sample.estimate, fmt="+.3f",
    id="04.sampled_flip", baseline=in_full.estimate, at_most=-0.02)  # full ranking

# %% [markdown] notes="Core exercise, ten minutes. Expect an ideal list with k hits, one of the hits found, and no cap at k. Ask what a user with one relevant film can reach under each."
# Against the sample every hit rate is many times higher, and EASE's lead over popularity shrinks. One choice turns round: the full ranking finds more with 64 factors, a small difference; the sample prefers 12, clearly, because it looks at hundreds of places. So rank the whole catalogue: here it takes seconds. (Sampling negatives for *training* is another matter.)
#
# ### Exercise (core): nDCG of one list
#
# `recommended` holds film ids, best first, at least `k`; `relevant` the ids of all relevant films, at least one, in no order. Return nDCG at `k`, by the formula above.

# %% tags=["exercise:04.ndcg"]

# %%
exercise("04.ndcg").check(ndcg)

# %% [markdown]
# ### Exercise: average precision
#
# The same arguments. At each hit among the first `k` places take the precision so far; return their sum over min(k, number relevant).

# %% tags=["exercise:04.average_precision"]

# %%
exercise("04.average_precision").check(average_precision)

# %% [markdown]
# ### Exercise: a split that respects the clock
#
# Arrays `user` and `time` have one row a like, in no order; all times differ. Return an array: 0 for rows before `cut` (training); of each user's rows from `cut` on, in order of time, 1 for the first half, rounded down (folded in), and 2 for the rest (to be predicted).

# %% tags=["exercise:04.split_by_time"]

# %%
exercise("04.split_by_time").check(fold_in_split)

# %% [markdown]
# ## What we have seen
#
# - Each metric answers a question: precision and recall ignore the order, the reciprocal rank sees one hit, nDCG lies between. They can choose different models.
# - A split is a question, too. All but the global cut train on the future, and the random split flatters most.
# - Sampled ranking inflates hit rates and can turn a choice round. Rank all films, give intervals, and accept "not distinguishable".

# %%
say(
    "I report nDCG at 10 over the whole catalogue, after one cut in time, with an interval by user. On MovieLens-small, EASE's lead over"
    " popularity was {04.split_optimism:.1f} times as large on a random split as after the cut, where item kNN could not be told from popularity:"
    " few users remain, so the size may not carry over. Leaving the last like out is no cure: for {04.future_in_training} of the hidden likes,"
    " later likes of the film were in training. And I rank all films: against 100 sampled ones, place 500 of 10,000 is a hit in {04.sampled_500:.0%} of the samples."
)

# %% [markdown]
# *Read more:* Järvelin and Kekäläinen 2002, on nDCG; Krichene and Rendle 2020, *On sampled metrics for item recommendation*; Meng et al. 2020, on how splits decide; Hidasi and Czapp 2023, on flaws of offline evaluation. *Next:* 05, matrix factorization; 06, how sure a comparison is.
