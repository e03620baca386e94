# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 900
#     budget_seconds: 50
#     minutes: 20
# ---

# %% [markdown] slideshow={"slide_type": "slide"} slide="# Measure recommendations\nThe right metric, on the right split, over the whole catalogue; and what your number hides." notes="Ask first: which metric would you report for a recommender, and on which split? Write the answers on the board and come back to them at the end: most say recall or nDCG and forget the split. Plan: opening question 2, five metrics by hand 3, where they disagree 2, the splits 7, sampled ranking 4, say it 2. The core exercise, ten minutes, is counted apart. (2 min)"
# # Measure recommendations
#
# **Goal.** Judge a list of recommendations with the right metric, on the right split, over the whole catalogue, and say what your number hides.
#
# | where we are | you need | it takes |
# |---|---|---|
# | requirements ▸ data ▸ features ▸ model ▸ **evaluation** ▸ serving | nothing; 02 explains the time stamps of MovieLens | 20 minutes to read, under 50 s, under 900 MB |

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown] slideshow={"slide_type": "slide"} slide="## How good is this list?\nThree films are relevant. Two of them are in our list of five, at places 2 and 5.\n\n| metric | it asks |\n|---|---|\n| precision | which share of the list is good? |\n| recall | which share of the good did we show? |\n| reciprocal rank | how soon comes the first? |\n| average precision | at each hit, how good so far? |\n| nDCG | how far down stand the hits? |" notes="Let the class work out each number by hand; a key shows the fractions in the order of the table, the next one all five numbers. Two go wrong: average precision (people divide by the hits) and the ideal list of nDCG (people give it two hits, or five). A hit at place p has the credit 1 / log2(p + 1), and nDCG divides by the credit of the best list. (3 min)"
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

# %% slideshow={"slide_type": "fragment"} slide="By hand $2/5$, $2/3$, $1/2$, $(1/2 + 2/5)/3$, last nDCG; in numbers:"
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
from mlpipe.course import claim, exercise, guess, guesses, reveal, say

METRICS = [rm.precision_at_k, rm.recall_at_k, rm.reciprocal_rank_at_k]
METRICS += [rm.average_precision_at_k, rm.ndcg_at_k]
shown = np.array([[7, 3, 9, 1, 4]])  # one user, film numbers
good = csr_matrix(([1, 1, 1], ([0, 0, 0], [3, 4, 8])), shape=(1, 10))


def agreeing(lists):
    return np.isclose([metric(lists, good, k=5)[0] for metric in METRICS], by_hand).sum()


claim("All five functions of the package give what we found by hand", agreeing(shown),
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

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Can metrics disagree?\nThree films are relevant, five places.\n\n- List A: one of them, at place 1\n- List B: two of them, at places 4 and 5\n\n**Predict:** how many of the five metrics choose A? Precision, recall, reciprocal rank, average precision, nDCG." notes="Ask for the number, then for the names. Do not compute. (1 min)"
# ## Can metrics disagree?
#
# **Predict before you run.** Again three films are relevant. List A has one of them, at place 1. List B has two, at places 4 and 5. How many of the five metrics choose A? Say aloud which.

# %%
guess("04.choose_a")

# %% slideshow={"slide_type": "slide"} slide="## They answer different questions\nName the metric together with the way people look at the list." notes="If a later stage sorts again, order does not matter: recall. If people look down the list: nDCG. If only the first good answer counts, as with a voice assistant: the reciprocal rank. (1 min)"
lists = {"A": [[3, 0, 1, 2, 5]], "B": [[0, 1, 2, 3, 4]]}
found = np.array([[metric(one, good, k=5)[0] for one in lists.values()] for metric in METRICS])
for metric, (in_a, in_b) in zip(METRICS, found):
    print(f"{metric.__name__:22} A {in_a:.2f} B {in_b:.2f} chooses {'A' if in_a > in_b else 'B'}")
reveal("04.choose_a", (found[:, 0] > found[:, 1]).sum(), fmt="d")

# %% [markdown]
# They answer different questions. If a later stage sorts the list again (retrieval, lesson 13), order does not matter: recall. If people look down the list, nDCG. If only the first good answer counts (a voice assistant), MRR.
#
# Now real models. A **like** is a rating of four stars or more, and the catalogue is the films that somebody likes; we hide a random fifth of each user's, five times, and average each user's five numbers. *PureSVD* (a singular value decomposition, lesson 07)
# compresses the matrix of likes to a few numbers a film, its **factors**. Are 12 better, or 64?

# %%
import pandas as pd

from mlpipe.datasets import movielens, to_matrix
from mlpipe.recommenders import EASE, ItemKNN, Popularity, PureSVD
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
random = [splits.random_per_user(likes, share=0.2, seed=SEED + draw) for draw in range(5)]


def average(model):  # metrics x users, over the five draws
    made = [recommend(model, split) for split in random]
    return np.mean([[metric(*lists) for metric in METRICS] for lists in made], axis=0)


few, many = average(PureSVD(factors=12)), average(PureSVD(factors=64))
lead = {metric: paired_ratio(*both) for metric, *both in zip(METRICS, many, few, strict=True)}
for metric, one in lead.items():
    print(f"{metric.__name__:22} 64 to 12 {one.estimate:+4.0%} ({one.low:+.0%} to {one.high:+.0%})")

group = np.where(random[0].test.groupby("user_id").size() >= 10, "10 hidden likes or more", "fewer")
hits = pd.DataFrame({12: 10 * few[0], 64: 10 * many[0]}).groupby(group).sum().round().astype(int)
print(hits.rename_axis(columns="hits, by factors"))

# %%
claim("Recall surely chooses 64 factors (low end of their lead), precision 12 (baseline: high end)",
    lead[rm.recall_at_k].low, id="04.metrics_disagree", fmt="+.0%",
    baseline=lead[rm.precision_at_k].high, at_least=0.02)

# %% [markdown] notes="Ask who dominates a mean of precision: users with many hidden likes, who can have ten hits where a user with one hidden like can have one. Recall gives each user the same 100 % to win. Whom to please is a product question."
# Both sort the same hits. Precision counts each hit alike, and users with many hidden likes have most of the hits: in the table they lose. Recall gives each user the same 100 % to win, so the others count as much. The **interval** says how far a number would move with other users (lesson 06): where it includes 0, the two are *not distinguishable here*.
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
# Here are the four, on a small log of five users:

# %% slideshow={"slide_type": "slide"} slide="## Four ways to hide likes" notes="One line is one user, time runs to the right. Random: grey to the right of orange, the user's own future is in training. Leave last out: others go on after a user's last like. Global time: nothing that was trained on lies behind the cut; what is folded in is known when the user is served. Ask which panel is a launch. (2 min)" alt="Four panels of likes on time lines, a line for each of five users. Random: hidden likes lie among trained ones. Last 20 % and leave last out: hidden ones end each line, but other users' trained likes come later. Global time: all after the cut is folded in or hidden."
def four_ways(frame):
    return {
        "random": splits.random_per_user(frame, share=0.2, seed=SEED),
        "last 20 %": splits.last_share_per_user(frame, share=0.2, seed=SEED),
        "leave last out": splits.leave_last_out(frame, seed=SEED),
        "global time": splits.global_time(frame, frame["timestamp"].quantile(0.8), seed=SEED),
    }


n = [10, 14, 12, 9, 6]  # likes of five users, one every other day
day = np.concatenate([first + 2 * np.arange(m) for first, m in zip([0, 3, 10, 17, 24], n)])
few = {"user_id": np.repeat(range(1, 6), n), "timestamp": pd.to_datetime(day, unit="D")}
fig = plots.split_panels(four_ways(pd.DataFrame(few)))
fig.suptitle("Only the cut in time leaves no later like in training")
plt.show()

# %% [markdown] slideshow={"slide_type": "slide"} slide="## How much of the future leaks?\nLeave last out: each user's latest like is hidden, the model is trained on all others.\n\n**Predict:** for how many percent of the hidden likes did somebody *later* like the same film, in the training data?" notes="The split looks honest: for each user, the test comes last. Let them write a number. (1 min)"
# **Predict before you run.** Leave last out: for how many percent of the hidden likes was the model trained on somebody's *later* like of the same film?

# %%
guess("04.later_likes", unit="%")

# %% slideshow={"slide_type": "slide"} slide="## The last like is not the future" notes="A user's last like is not the world's last like: others rated later, and train the model. After the global cut the column is zero; then a part of the later likes is of films that the model has never seen. (1.5 min)"
by_split = {name: [split] for name, split in four_ways(likes).items()} | {"random": random}
leaks = pd.DataFrame(columns=["liked later", "never liked"])
for name, (part, *_) in by_split.items():
    last_like = part.test["item_id"].map(part.train.groupby("item_id")["timestamp"].max())
    leaks.loc[name] = (last_like > part.test["timestamp"]).mean(), last_like.isna().mean()
print(leaks.map("{:.0%}".format).rename_axis(columns="in training, film is").to_string())

reveal("04.later_likes", 100 * leaks["liked later"]["leave last out"], fmt=".0f")
claim("Hidden likes whose film has later likes in the training data, leave last out",
    leaks["liked later"]["leave last out"], fmt=".0%",
    id="04.future_in_training", baseline=leaks["liked later"]["global time"], at_least=0.75)

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Where do models lead the most?\nTwo tuned models, item kNN and EASE, against popularity, on all four splits.\n\n**Predict:** on which split is their lead the largest: random, last 20 %, leave last out, global time?" notes="Take a vote. Settings can leak, too: these were chosen on likes before the cut, the same for all splits. (1 min)"
# Holding out a user's last likes does not hold out the future: others rated later, and their likes train the model. After the global cut nothing of the future is left in training. Then a part of the later likes is of films that the model has never seen: the right column.
#
# Two models. *Item kNN* (k nearest neighbours) recommends films that the same people like as your films. *EASE* is a linear regression of each film on all others (both: lesson 07). Settings can leak, too. So we choose them on
# likes *before* the cut, by a second cut in time inside them: six settings each, the same choice on every split.
#
# **Predict before you run.** On which split is the lead over popularity largest?

# %%
guess("04.largest_lead", choices=list(by_split))

# %%
def judged(model, part):  # nDCG of each user
    return pd.Series(rm.ndcg_at_k(*recommend(model, part)), index=np.unique(part.test["user_id"]))


early = by_split["global time"][0].train
inside = splits.global_time(early, early["timestamp"].quantile(0.8), seed=SEED)
grids = {"item kNN": [ItemKNN(size, s) for size in (50, 100, 200) for s in (10, 50)]}
grids |= {"EASE": [EASE(ridge) for ridge in (50, 100, 200, 300, 400, 600)]}
models = {name: max(grid, key=lambda it: judged(it, inside).mean()) for name, grid in grids.items()}

# %%
scores, leads = {}, {}
for name, parts in by_split.items():
    for model, it in {"popularity": Popularity(), **models}.items():
        scores[name, model] = sum(judged(it, part) for part in parts) / len(parts)
    popular = scores[name, "popularity"]
    print(f"{name:14} {len(popular)} users, nDCG@10 of popularity {popular.mean():.3f}")
    leads |= {(name, model): paired_ratio(scores[name, model], popular) for model in models}
reveal("04.largest_lead", max(leads, key=lambda pair: leads[pair].estimate)[0])

# %% slideshow={"slide_type": "slide"} slide="## Less lead after a cut in time\nGive the interval, and accept \u201cnot distinguishable\u201d." notes="Read the four groups. After the cut the interval of item kNN includes zero: not distinguishable here. The levels must not be compared between splits, as the users differ; a claim of the lesson compares the same users, and the last slide quotes it. (1.5 min)" alt="Lead of item kNN and EASE over popularity on four splits with 95 % intervals: the estimates are largest on the random split, smallest after the cut in time. The interval of item kNN includes zero there and on leave last out, whose intervals are the widest."
ends = [[100 * getattr(lead, end) for lead in leads.values()] for end in ("estimate", "low", "high")]
colors = [plots.color_of(model) for _, model in leads]
ax = plots.intervals(plt.gca(), list(map(", ".join, leads)), *ends, reference=0, colors=colors)
ax.set(xlabel="lead over popularity in nDCG@10 (%)", title="Less lead after a cut than on random splits")
plt.show()

# %% [markdown]
# Each interval is that of one lead. To compare two splits, take users who are judged on both, and draw them together:

# %%
def leads_of(users):  # of EASE, from the means of four columns
    ease, popular, ease_later, popular_later = users.mean(axis=0)
    return ease / popular - 1, ease_later / popular_later - 1


pair = [scores[split, it] for split in ("random", "global time") for it in ("EASE", "popularity")]
same = pd.concat(pair, axis=1, join="inner").to_numpy()  # users x 4
drawn = np.random.default_rng(SEED).integers(0, len(same), size=(2_000, len(same)))
gap = np.quantile([np.subtract(*leads_of(same[users])) for users in drawn], [0.025, 0.975])
at_random, later = leads_of(same)
print(f"{len(same)} users, EASE's lead: {at_random:+.0%} and {later:+.0%}, the difference", gap.round(2))

claim("Same users: EASE's lead over popularity, random split over the cut in time",
    at_random / later, id="04.split_optimism", baseline=1.0, at_least=1.8)
claim("Same users: difference of these leads, in nDCG of popularity (low end of its interval)",
    gap[0], id="04.lead_gap", baseline=0.0, at_least=0.05, fmt=".0%")

# %%
inside, outside = (leads[split, "item kNN"] for split in ("global time", "random"))
claim("After the cut, zero lies inside the interval of item kNN's lead (distance to the nearer end)",
    min(inside.high, -inside.low), id="04.not_distinguishable",
    baseline=min(outside.high, -outside.low), at_least=0, fmt="+.0%")

# %% [markdown] notes="Let the class fill in the last column. The point: a split is a question. The random split is not forbidden; it answers whether the model can complete a profile."
# | split | it asks | what leaks | what it cannot see |
# |---|---|---|---|
# | random | can you fill gaps in a profile? | the user's own later likes, and everybody's | order, new films, new users |
# | last 20 % | what comes later in the profile? Often in the same session (02) | everybody else's later likes | the future |
# | leave last out | what is the very next like? | the same | small differences: one like a user is noisy |
# | global time | what happens after launch? | nothing is fitted after the cut | much, here: few users. And refitting: the model grows old |
#
# Do not compare the *level* of nDCG between splits: other users, other films, other numbers of relevant films. Even for the same users, the lead compares two questions: it does not say how much of the gap is leakage.
#
# ## Can a baseline know the future?
#
# Popularity has nothing to tune. We keep users, hidden likes and metric of the global cut, and change one thing: likes counted *before the cut*, or *over the whole table*, without the user's own.

# %%
known, relevant = recommend(Popularity(), by_split["global time"][0])
history = to_matrix(by_split["global time"][0].history, item_ids=films).matrix
all_time = to_matrix(likes, item_ids=films).matrix.sum(axis=0).A1
score = all_time - relevant.toarray()  # the user's own likes taken out
score[history.nonzero()] = -np.inf  # known already
clairvoyant = np.argsort(-score, axis=1, kind="stable")[:, :10]
gain = paired_ratio(rm.ndcg_at_k(clairvoyant, relevant), rm.ndcg_at_k(known, relevant))
print(f"95 % interval of the gain: {gain.low:+.1%} to {gain.high:+.1%}")
claim("Gain in nDCG@10 of popularity that knows the future, over popularity as of the cut",
    gain.estimate, id="04.clairvoyant_popularity", baseline=0.0, at_least=0.03, fmt="+.1%")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## May we rank against a sample?\nTo save time, papers rank the hidden film against 100 random others: is it among the first 10?\n\nThe film stands at place 500 of 10,000: no hit in the full ranking.\n\n**Predict:** how many percent of the samples make it a hit?" notes="Let them write a number. Many say five percent: 500 of 10,000. (1 min)"
# Nothing but the counts changed, and the interval is above zero: the future lifts even a count. On a leaky split, you compare with a baseline that you could not have served.
#
# ## May we rank against a sample?
#
# To save time, many papers rank the hidden film against 100 random others and ask whether it is among the first 10. Let it stand at place $r$ of $N$ films. A sample of $m$ others holds $j$ of the $r - 1$ films that beat it with a hypergeometric probability; it is a hit at $k$ if $j < k$:
#
# $$ \Pr(\text{hit}) = \sum_{j=0}^{k-1} \binom{r-1}{j} \binom{N-r}{m-j} \Bigg/ \binom{N-1}{m} $$
#
# **Predict before you run.** The film stands at place 500 of 10,000: no hit in the full ranking. In how many percent of the samples of 100 others is it one?

# %%
guess("04.sampled", unit="%")

# %% slideshow={"slide_type": "slide"} slide="## A hit that no user sees\nThe sample asks for the best tenth of the catalogue. Rank all films." notes="Ten of 101 is the best tenth: the sample asks whether the film is among the first thousand. (1 min)"
from scipy.stats import hypergeom

N, r, m, k = 10_000, 500, 100, 10
rng = np.random.default_rng(SEED)
claim("A film at place 500 of 10,000 is among the first 10 against 100 sampled others",
    np.mean([(rng.choice(N - 1, m, replace=False) < r - 1).sum() < k for _ in range(20_000)]), fmt=".1%",
    id="04.sampled_500", baseline=float(r <= k), between=(0.965, 0.98))  # full ranking
reveal("04.sampled", 100 * hypergeom.cdf(k - 1, N - 1, r - 1, m), fmt=".0f")  # the formula

# %% [markdown]
# Ten of 101 is about the best tenth. So the sample asks, roughly, whether the film is among the first *thousand*: places that no user sees.
#
# Now real models, on the first random split. For each hidden like: its place among all films that its user does not like, and from that the chance against 100 of them, exactly. We looked for a pair of models whose order
# turns round, and found one: popularity, and item kNN with only five neighbours and no shrinkage. It scores most films 0; films of one score stand in the order of the file, as everywhere here.

# %%
def hit_rates(model):  # places, and per user the hit rates in the full ranking and in the sample
    ranking, relevant = recommend(model, random[0], k=len(films))
    ranked = ranking >= 0  # all but the known ones
    hit = ranked & (np.take_along_axis(relevant.toarray(), ranking, axis=1) > 0)
    user, at = np.nonzero(hit)
    place = at + 2 - hit.cumsum(axis=1)[user, at]  # the user's other hidden likes do not count
    others = (ranked & ~hit).sum(axis=1)[user]
    sampled = hypergeom.cdf(k - 1, others, place - 1, m)
    return place, others, pd.DataFrame({"full": place <= k, "sampled": sampled}).groupby(user).mean()


models = {"popularity": Popularity()} | models | {"kNN of 5": ItemKNN(5, shrinkage=0)}
rates = {name: hit_rates(model) for name, model in models.items()}
print(pd.DataFrame({name: rate.mean() for name, (*_, rate) in rates.items()}).T.round(3).to_string())

# %% slideshow={"slide_type": "slide"} slide="## The sample looks at hundreds of places" notes="Five neighbours without shrinkage beat popularity in the first ten places, and lose against a sample: the dashed line. We looked for such a pair, and found one. Rank the whole catalogue: here it takes seconds. (2 min)" alt="Hidden likes found, relative to popularity, against the number of places that count: EASE and item kNN stay above popularity; item kNN with five neighbours is above it at ten places and below it at six hundred."
counted = [10, 20, 40, 80, 150, 300, 600, 1_000]
found = {name: np.array([(rate[0] <= c).mean() for c in counted]) for name, rate in rates.items()}

fig, ax = plt.subplots()
for name, of in found.items():
    color, style = plots.color_of("item kNN" if "kNN" in name else name), ":" if "5" in name else "-"
    ax.plot(counted, of / found["popularity"], style, color=color, label=name)
ax.axvline(rates["EASE"][1].mean() * 10 / 101, color="black", linestyle="--", linewidth=1.5)
ax.set(title="Five neighbours win in the first places only", xscale="log", ylim=(0, None))
ax.set(xticks=counted, xticklabels=counted)
ax.set(xlabel="places that count (dashed: 10 of 101)", ylabel="hidden likes found,\nover popularity's")
plots.label_lines(ax)
plt.show()

# %%
five, popular = rates["kNN of 5"][2], rates["popularity"][2]
ahead = {kind: paired_difference(five[kind], popular[kind]) for kind in five}
for kind, d in ahead.items():
    print(f"five neighbours less popularity, {kind}: {d.estimate:+.3f} ({d.low:+.3f} to {d.high:+.3f})")

claim("Popularity beats five neighbours on samples (high end of the difference); baseline: all films",
    ahead["sampled"].high, id="04.sampled_turn", baseline=ahead["full"].low, at_most=-0.05, fmt="+.3f")

# %% [markdown] notes="Core exercise, ten minutes. Expect an ideal list with k hits, one of the hits found, and no cap at k. Ask what a user with one relevant film can reach under each."
# The order of this pair turns round, both times with an interval that excludes zero. The figure shows where: the sample looks at hundreds of places. So rank the whole catalogue: here it takes seconds. (Sampling negatives for *training* is another matter.)
#
# ### Exercise (core): nDCG of one list
#
# `recommended` holds film ids, best first, at least `k`; `relevant` the ids of all relevant films, at least one, in no order. Return nDCG at `k`, by the formula above.

# %% tags=["exercise:04.ndcg"] slideshow={"slide_type": "slide"} slide="## Exercise: nDCG of one list\n`recommended` holds film ids, best first; `relevant` all that are relevant, at least one. Return nDCG at `k`.\n\nTen minutes. The checker names your mistake; `.hint()` helps." slide_code="1-2" notes="In pairs. Look for three mistakes: an ideal list with k hits, one of the hits found, and no cap at k. Ask what a user with one relevant film can reach. (10 min)"

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

# %%
guesses()

# %% [markdown]
# ## What we have seen
#
# - Each metric answers a question: precision and recall ignore the order, the reciprocal rank sees one hit, nDCG lies between. They can choose different models.
# - A split is a question, too. All but the global cut train on the future; for the same users the random split shows a larger lead.
# - Ranking against a sample can turn a choice round. Rank all films, give intervals, and accept "not distinguishable".

# %% slideshow={"slide_type": "slide"} slide="## Say it in the interview" notes="Two learners say it aloud. The first two numbers are claims of the lesson, for the same users (below the figure of slide 9); the others stand on slides 7 and 11. Go back to the answers on the board: who named the split? (2 min)"
say(
    "I report nDCG at 10 over the whole catalogue, after one cut in time, with an interval by user. On"
    " MovieLens-small, for the same users, EASE's lead over popularity was {04.split_optimism:.1f} times"
    " as large on random splits as after the cut; at the low end of a 95 % interval, the leads differ"
    " by {04.lead_gap} of popularity's nDCG. Leaving the last like out is no cure: for"
    " {04.future_in_training} of the hidden likes, later likes of the film were in training. And I rank"
    " all films: against 100 sampled ones, place 500 of 10,000 is a hit in {04.sampled_500:.0%}.")

# %% [markdown]
# *Read more:* Järvelin and Kekäläinen 2002, on nDCG; Krichene and Rendle 2020, *On sampled metrics for item recommendation*; Meng et al. 2020, on how splits decide; Hidasi and Czapp 2023, on flaws of offline evaluation. *Next:* 05, matrix factorization; 06, how sure a comparison is.
