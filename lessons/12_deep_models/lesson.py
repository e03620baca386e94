# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 1000
#     budget_seconds: 60
#     minutes: 20
# ---

# %% [markdown] notes="Plan: two towers 3, the correction 4, against EASE and ALS 4, new films 2, the ranker 5, order 1, deep when 1. Then ten minutes for the core exercise. Ask first: a colleague wants to replace your matrix factorization by a deep model; what would you need to see? Write the answers on the board, and tick off each one that the lesson shows."
# # Deep models
#
# **Goal.** Build the two deep models that interviews ask for, a two-tower retriever and a cross network, and say when each is worth its price.
#
# | where we are | you need | it takes |
# |---|---|---|
# | requirements ▸ data ▸ features ▸ **model** ▸ evaluation ▸ serving | recommenders (05, 07), click models (09) | 20 minutes to read, under 60 s, under 1000 MB |

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown]
# ## What would you need to see?
#
# A deep model beside the best simple one, on the same data, after the *same effort*. Here each retriever is the best of twelve settings on three validation splits (`benchmarks/tune_recommenders.py`; the two-tower model may take up to eight passes). The data are those of lesson 07: likes of MovieLens, a random fifth of each user's hidden.
#
# Retrieval fills a list of a hundred candidates, so beside nDCG@10 we count *recall@100*: the share of a user's hidden likes in that list.

# %%
import time

import numpy as np
import pandas as pd

from mlpipe import recommenders
from mlpipe.datasets import movielens, to_matrix
from mlpipe.ranking_metrics import catalogue_coverage, ndcg_at_k, recall_at_k
from mlpipe.recommenders.tuned import FOR_RECALL_AT_100, MOVIELENS_SMALL
from mlpipe.splits import random_per_user

data = movielens()
likes = data.ratings[data.ratings["rating"] >= 4]
user_ids, item_ids = np.unique(likes["user_id"]), np.unique(data.ratings["item_id"])
films = recommenders.item_features(data.items, item_ids)  # films x (genres and decades)


def cells(part, users=user_ids):
    return to_matrix(part, user_ids=users, item_ids=item_ids).matrix


def halves(seed):
    split = random_per_user(likes, share=0.2, seed=seed)
    return cells(split.train), cells(split.test)


train, test = halves(SEED)
everyone, popularity = np.arange(len(user_ids)), train.sum(axis=0).A1

# %% [markdown] notes="Draw two columns on the board: history to the left, film to the right, one product between them. Ask what can be computed before a request comes, and what must wait for it."
# ## What is a two-tower model?
#
# Matrix factorization stores one vector a user. A **two-tower** model computes it, so it needs no training to serve a new user. With $H_u$ the $n_u$ films that user $u$ likes, $\mathbf t_j, \mathbf e_i \in \mathbb R^d$ vectors of films, in a history and as a candidate, $\mathbf f_i$ the features of film $i$ and $\mathbf W$ one vector a feature,
#
# $$ \mathbf x_u = \frac{1}{\sqrt{n_u}} \sum_{j \in H_u} \mathbf t_j, \qquad \mathbf y_i = \mathbf e_i + \mathbf W^\top \mathbf f_i, \qquad s_{ui} = \mathbf x_u^\top \mathbf y_i + b_i $$
#
# The $\mathbf y_i$ are made once for the catalogue; a request makes one $\mathbf x_u$ and looks for the largest products. In training the film to be found, the target, is taken out of $H_u$: it would give itself away.
#
# A softmax over all films is dear. So the other films of the *batch* are the negatives: row $r$, with user $u_r$ and target $i_r$, must find its own column among them. With $P_{rc}$ the softmax of row $r$, the gradient in the score of cell $rc$ is $P_{rc}$, less 1 on the diagonal; each tower's gradient is that times the other tower.

# %%
from scipy.special import logsumexp

from mlpipe.course import claim, exercise, measured, say

rng, B, d = np.random.default_rng(SEED), 60, 8
liked = train.tocoo()
batch = rng.choice(liked.nnz, B, replace=False)
H, target = train[liked.row[batch]].toarray(), liked.col[batch]
known = H[:, target] * (1 - np.eye(B)) > 0  # other films that the user likes are no negatives
H[np.arange(B), target] = 0
H /= np.sqrt(H.sum(axis=1, keepdims=True).clip(1))
logQ = np.log(popularity[target] / popularity.sum())  # the correction: next section


def loss_and_gradients(T, E):
    x, y = H @ T, E[target]
    s = np.where(known, -np.inf, x @ y.T - logQ)
    total = logsumexp(s, axis=1)
    G = (np.exp(s - total[:, None]) - np.eye(B)) / B
    of_E = np.zeros_like(E)
    np.add.at(of_E, target, G.T @ x)  # a film may be the target of several rows
    return (total - np.diag(s)).mean(), H.T @ (G @ y), of_E

# %%
T, E = rng.normal(size=(2, len(item_ids), d))
step_T, step_E = rng.normal(size=(2, *T.shape))  # a direction; the slope along it, by formula and by trial
_, of_T, of_E = loss_and_gradients(T, E)
slope = (of_T * step_T).sum() + (of_E * step_E).sum()
ends = [loss_and_gradients(T + h * step_T, E + h * step_E)[0] for h in (1e-5, -1e-5)]
claim(
    "The gradient differs from the measured slope by (relative)", abs(slope / ((ends[0] - ends[1]) / 2e-5) - 1),
    id="12.gradient", baseline=1.0, at_most=1e-4, fmt="f", resolution=1e-6)  # baseline: no gradient

# %% [markdown] notes="The derivation is the answer to the most frequent question on two towers. Let somebody repeat it: how often does a popular film stand in the denominator? What does the model learn to make up for it?"
# ## Why is something taken off the scores?
#
# Targets come from the log, so film $j$ is a negative as often as it is liked: with its share $Q_j$ of all likes. Over many batches the softmax has $\sum_j Q_j\, e^{s_{uj}}$ below the line. It is best where $Q_j\, e^{s_{uj}} \propto p(j \mid u)$, so
#
# $$ s_{uj} = \log p(j \mid u) - \log Q_j + \text{const} $$
#
# These scores rank by *lift*: how much more often this user likes $j$ than others do. We want the chance itself. So training takes $\log Q_j$ off each score, and serving does not: then $s_{uj} = \log p(j \mid u) + \text{const}$. This is the **sampling correction**, or logQ.
#
# **Predict before you run.** Take the correction out and leave everything else: how much of the nDCG is left, and which films lose their places? What can twelve settings of its own repair?

# %%
from mlpipe.recommenders import TwoTower

ALS_RECALL, TWO, FEATURES, WITHOUT = "ALS for recall", "TwoTower", "TwoTower+features", "TwoTower-log_q"


def make(name):
    if name == ALS_RECALL:
        return recommenders.ALS(**FOR_RECALL_AT_100["ALS"])
    given = {"item_features": films} if name in ("Hybrid", FEATURES) else {}
    given |= {"log_q": 0} if name == WITHOUT else {}
    kind = getattr(recommenders, name.split("+")[0].split("-")[0])
    return kind(**given, **MOVIELENS_SMALL.get(name, {}))


head = np.argsort(-popularity, kind="stable")[: len(item_ids) // 100]  # the most liked percent
ndcg, recall, rows, seconds = {}, {}, {}, {}


def run(name, model):
    start = time.process_time()
    lists, _ = model.fit(train).recommend(everyone, k=100)
    seconds[name] = time.process_time() - start
    ndcg[name], recall[name] = ndcg_at_k(lists, test), recall_at_k(lists, test, k=100)
    rows[name] = {"nDCG@10": np.nanmean(ndcg[name]), "recall@100": np.nanmean(recall[name]),
                  "coverage": catalogue_coverage(lists[:, :10], len(item_ids)),
                  "places of the head": np.isin(lists[:, :10], head).mean()}

# %%
settings = MOVIELENS_SMALL[TWO]
for name in ("Popularity", "ALS", "EASE", TWO):
    run(name, make(name))
run("nothing taken off", TwoTower(**settings, log_q=0))
run("... tuned by itself", make(WITHOUT))
run("wrong sign, 2 passes", TwoTower(**settings | {"epochs": 2}, log_q=-1))
print(pd.DataFrame(rows).T.round(3).to_string())

# %%
def ratio(a, b, what="nDCG@10"):
    return rows[a][what] / rows[b][what]


claim("Without the correction, all else equal, so much of the nDCG is left", ratio("nothing taken off", TWO),
      id="12.no_correction", baseline=1.0, at_most=0.6, fmt=".0%")
claim("... and so much of the places of the most liked percent of the films",
      ratio("nothing taken off", TWO, "places of the head"), id="12.head_share", baseline=1.0, at_most=0.5,
      fmt=".0%")
claim("Twelve settings of its own bring it to", ratio("... tuned by itself", TWO), id="12.retuned",
      baseline=1.0, at_most=0.8, fmt=".0%")
claim("The wrong sign is far worse than popularity (ratio of nDCG)",
      ratio("wrong sign, 2 passes", "Popularity"), id="12.wrong_sign", baseline=1.0, at_most=0.3)

# %% [markdown] notes="Ask for the cause of the third line. The tuning has chosen the strongest decay: it takes the vectors away and leaves the bias. So the head has more places than before, and the lists are nearly the same for everybody."
# Read the two lines without correction side by side. With the same settings the model knows taste and no longer knows what is popular. Tuned by itself, it chooses so much weight decay that little taste is left: nearly the list of popularity.
#
# ## Is it better than EASE and ALS?
#
# In the table it leads both in recall@100, the measure of a retriever.
#
# **Predict before you run.** ALS was chosen for nDCG@10. We go back to the *same* twelve settings, on the same validation parts, and take the one with the best recall@100. (For EASE and for the two-tower model it is the one that they have.) What is left of the lead?

# %%
from mlpipe.uncertainty import paired_difference

run(ALS_RECALL, make(ALS_RECALL))
runs = {name: [(ndcg[name], recall[name])] for name in ("Popularity", "ALS", ALS_RECALL, "EASE", TWO)}
for n in (1, 2) if SCALE == "full" else ():  # two more splits: the mean of three for each user
    train_n, test_n = halves(SEED + n)
    for name, values in runs.items():
        lists, _ = make(name).fit(train_n).recommend(everyone, k=100)
        values.append((ndcg_at_k(lists, test_n), recall_at_k(lists, test_n, k=100)))
three = {name: np.mean(values, axis=0) for name, values in runs.items()}
gaps = {}
for other in ("EASE", "ALS", ALS_RECALL):
    for number, what in enumerate(("nDCG@10", "recall@100")):
        x = gaps[other, what] = paired_difference(three[TWO][number], three[other][number])
        print(f"two-tower less {other:14} {what:10} {x.estimate:+.3f} ({x.low:+.3f} to {x.high:+.3f})")

# %%
def far_end(x):
    return max(abs(x.low), abs(x.high))


lead = np.nanmean(three[TWO] - three["Popularity"], axis=1)  # what a difference that matters looks like
claim("In nDCG at 10 it is level with EASE (the end of the interval that is farther from 0)",
      far_end(gaps["EASE", "nDCG@10"]), id="12.ease_tie", baseline=lead[0], at_most=0.025, fmt=".3f")
claim("Its lead over ALS in recall at 100", gaps["ALS", "recall@100"].estimate,
      id="12.recall_lead", baseline=0.0, at_least=0.004, fmt=".3f")
claim("... over ALS that was chosen for recall at 100", gaps[ALS_RECALL, "recall@100"].estimate,
      id="12.als_recall", baseline=lead[1], at_most=0.012, fmt=".3f")

# %% [markdown]
# A lead over a model that was tuned for something else is no lead. And the price? Times depend on the machine; the multiplications of a fit can be counted. With $|X|$ likes, $|U|$ users, $|I|$ films and $d = 64$: EASE inverts a matrix of users, $|U|^3$. ALS solves both sides fifteen times, with three steps of conjugate gradient, about $15\,(16\,|X|\,d + 4\,(|U| + |I|)\,d^2)$. The two-tower model makes three products of $B \times B \times d$ a batch, and moves each number of its two tables at a dozen operations.

# %%
X, U, I, d, B = train.nnz, len(user_ids), np.count_nonzero(popularity), 64, 512
steps = settings["epochs"] * X / B
cost = {"Popularity": X, "EASE": U**3, "ALS": 15 * (16 * X * d + 4 * (U + I) * d**2),
        TWO: steps * (3 * B**2 * d + 2 * 12 * I * d)}
cost[ALS_RECALL] = cost["ALS"]
measured("CPU of fit and lists", {name: seconds[name] for name in cost}, "s")
claim("Multiplications of a fit, over those of EASE", cost[TWO] / cost["EASE"], id="12.price",
      baseline=1.0, at_least=20, fmt=".0f")

# %% alt="nDCG at 10 and recall at 100 against the multiplications of a fit, logarithmic: EASE, ALS and the two-tower model are level in nDCG far above popularity, ALS for recall reaches the two-tower model's recall, and the two-tower model costs more than a hundred times as much as EASE."
import matplotlib.pyplot as plt

from mlpipe import plots

plots.use_style()
fig, axes = plt.subplots(1, 2, figsize=(11, 4.5))
for number, (ax, what) in enumerate(zip(axes, ("nDCG@10", "recall@100"))):
    for name, price in cost.items():
        color = plots.color_of(name.removesuffix(" for recall"))
        height = np.nanmean(three[name][number])
        ax.plot(price, height, "s" if name == ALS_RECALL else "o", color=color, markersize=9)
        below = name == (ALS_RECALL if number == 0 else "ALS")
        ax.annotate(name, (price, height), (0, -18 if below else 10), textcoords="offset points",
                    ha="center", color=color)
    ax.set(xscale="log", xlim=(1e4, 1e12), ylim=(0, None), ylabel=what, xlabel="multiplications of a fit")
    ax.margins(y=0.2)
fig.suptitle("Level with the simple models, at a hundred times the price", x=0.01, ha="left", weight="bold")
plt.show()

# %% [markdown] notes="Ask first what each model of lesson 07 says about a film that came out yesterday. ALS and EASE: nothing. Let the class propose the baseline before it is shown: films whose genres are like those of your films."
# ## What can it do that they cannot?
#
# A film without a like has no vector in ALS, and no row in EASE. The item tower has $\mathbf W^\top \mathbf f_i$: genres and decade. We take all likes of a random tenth of the films out of training, and ask of each user: is a liked one of these films scored above another? That share is the AUC; .5 is chance, and all that ids can do.
#
# **Predict before you run.** Beside it: the cosine of the genres that a user likes with those of the film, the hybrid of lesson 07, and one list by the popularity of the genres.

# %%
from scipy.stats import rankdata

rng, table = np.random.default_rng(SEED), films.to_numpy(float)
is_new = rng.random(len(item_ids)) < 0.1
seen, wanted = train.multiply(~is_new).tocsr(), (train + test)[:, is_new].toarray() > 0
some = (wanted.sum(axis=1) > 0) & (wanted.sum(axis=1) < wanted.shape[1])


def auc(scores):  # of each user, ties half
    ranks, n = rankdata(scores.round(5), axis=1), wanted.sum(axis=1)
    return ((ranks * wanted).sum(axis=1) - n * (n + 1) / 2)[some] / (n * (wanted.shape[1] - n))[some]


unit = table / np.sqrt((table**2).sum(axis=1, keepdims=True)).clip(1)
typical = (table.T @ seen.sum(axis=0).A1) / (table.T @ ~is_new).clip(1)  # likes of a film of the genre
models = {"Hybrid": make("Hybrid").fit(seen), FEATURES: make(FEATURES).fit(seen)}
scores = {"popularity of the genres": np.tile(table @ typical / table.sum(axis=1).clip(1), (len(everyone), 1)),
          "cosine of the genres": seen @ unit @ unit.T}
for name, model in models.items():
    order, values = model.recommend(everyone, k=len(item_ids), exclude_seen=False)
    scores[name] = np.take_along_axis(values, np.argsort(order, axis=1), axis=1)
aucs = {name: auc(values[:, is_new]) for name, values in scores.items()}
for name, values in aucs.items():
    print(f"{name:26} AUC among new films {values.mean():.2f}")

# %%
ahead = paired_difference(aucs[FEATURES], aucs["cosine of the genres"])
places = is_new[models[FEATURES].recommend(everyone)[0]].mean()
claim("AUC of the two-tower model among films without a like", aucs[FEATURES].mean(),
      id="12.cold_auc", baseline=0.5, at_least=0.72, fmt=".2f")
claim("... more than the cosine of genres (low end)", ahead.low, id="12.cold_over_cosine",
      baseline=0.0, at_least=0.005, fmt=".3f")
claim("When all films compete, the new ones, a tenth of all, get so much of the places", places,
      id="12.cold_places", baseline=is_new.mean(), at_most=0.02, fmt=".2%")

# %% [markdown]
# Most of the way from chance is plain genre cosine: say so before somebody else does. And knowing whom a film suits does not show it: it needs places of its own (07).

# %% [markdown] notes="RANKER"
# RANKER CELLS
#
# ## Does the order of the likes help?
#
# Sequence models are the next thing an interviewer names. Before building one, try the cheapest: hide each user's last like, and add to EASE how often this film followed the user's last one. The weight is chosen on the like before.
#
# **Predict before you run.** Where will it help more: where the hidden like came within a minute of the one before, or later?

# %%
import scipy.sparse as sp

from mlpipe.splits import leave_last_out


def with_order(frame, weights, seed=SEED):
    split = leave_last_out(frame, seed)
    users = np.unique(split.test["user_id"])
    known, hidden = cells(split.history, users), cells(split.test, users)
    past = split.history.sample(frac=1, random_state=seed)  # equal times in random order
    past = past.sort_values(["user_id", "timestamp"], kind="stable")
    film, user = np.searchsorted(item_ids, past["item_id"]), past["user_id"].to_numpy()
    same = user[1:] == user[:-1]
    follows = sp.csr_matrix((same.astype(float), (film[:-1], film[1:])), (len(item_ids),) * 2)
    last = past.groupby("user_id").tail(1).set_index("user_id").loc[users]
    after = follows[np.searchsorted(item_ids, last["item_id"])].toarray()
    bonus = after / (after.sum(axis=1, keepdims=True) + 5)
    order, values = make("EASE").fit(known).recommend(np.arange(len(users)), k=len(item_ids))
    base = np.take_along_axis(np.where(order < 0, -np.inf, values), np.argsort(order, axis=1), axis=1)
    lists = [np.argsort(-(base + w * bonus), axis=1, kind="stable")[:, :10] for w in weights]
    waited = split.test.set_index("user_id").loc[users, "timestamp"] - last["timestamp"]
    return [ndcg_at_k(one, hidden) for one in lists], waited.dt.total_seconds().to_numpy()

# %%
weights = [0, 1, 3, 10]
held, _ = with_order(leave_last_out(likes, SEED).train, weights)
best = int(np.argmax([np.nanmean(one) for one in held]))
found, waited = with_order(likes, weights)
quick = waited < 60
gains = {name: paired_difference(found[best][rows_], found[0][rows_])
         for name, rows_ in (("within a minute", quick), ("later", ~quick))}
for name, x in gains.items():
    print(f"hidden like {name:16} gain of nDCG@10 {x.estimate:+.3f} ({x.low:+.3f} to {x.high:+.3f}), {x.n} users")
claim("Half of the last likes came after so many seconds or fewer", np.median(waited),
      id="12.median_gap", baseline=86_400, at_most=60, fmt=".0f")  # baseline: a film a day
claim("What order adds within a minute, less what it adds later (nDCG at 10)",
      gains["within a minute"].estimate - gains["later"].estimate, id="12.order_gap", baseline=0.0,
      at_least=0.005, fmt=".3f")

# %% [markdown]
# Nobody watches a film in a minute: these are ratings given while the site lists films. Order tells what was listed next; of what people will watch next it tells nothing here. So no sequence model is claimed on these data; on a log of sessions (02) the question is open again.
#
# ## Deep when?
#
# | question | deep pays when | it does not when |
# |---|---|---|
# | retrieval | items are new and have features; users are new and must be served at once; one index must hold all of it | items are warm and the catalogue fits EASE or ALS: level, at a hundredth of the price |
# | ranking | crosses are unknown and rows are many | you can name or search the pairs, or rows are few |
# | order | sessions are real and the next step is the product | times are those of data entry |
#
# ### Exercise (core): the loss of a batch
#
# Row $r$ of `x` (n × d) is the vector of a user, row $c$ of `y` (n × d) that of an item; the item of row $r$ is the user's own. `q` (n,) is the share with which each item is drawn, `known` (n × n, boolean) says which user likes which item, the own one included. Return the mean loss: the softmax of each row with the sampling correction, its own column against all that the user does not like.

# %% tags=["exercise:12.batch_loss"]

# %%
exercise("12.batch_loss").check(batch_loss)

# %% [markdown]
# ### Exercise: a user's vector
#
# `history` (m,) holds item numbers, padded with -1 to a fixed length; `table` (items × d) their vectors. Return $\mathbf x_u$ without the item `target`: the sum over what is left, divided by the root of its number. Without anything left it is zero.

# %% tags=["exercise:12.user_vector"]

# %%
exercise("12.user_vector").check(user_vector)

# %% [markdown]
# ## What we have seen
#
# - A two-tower model is a factorization whose vectors are computed. Its loss needs the sampling correction: without it, it ranks by lift and loses what is popular.
# - Beside EASE and ALS that were tuned for the same measure, it is not better on warm films, at a hundred times the price. Features give it new films, and genre cosine gives most of that, too.
# - Ask of each lead: what was the other one tuned for?

# %%
say(
    "A two-tower model computes both vectors, so it serves new users and, through features, new items. I train"
    " it with a softmax over the batch and take log Q off the scores: without that, {12.no_correction} of the"
    " nDCG was left. On MovieLens its lead of {12.recall_lead} in recall at 100 over ALS shrank to"
    " {12.als_recall} once ALS was chosen for that measure, at {12.price} times the multiplications of EASE."
    " Among films without a like its AUC was {12.cold_auc}. So I go deep for features and cold items, not for"
    " a better score on warm ones."
)

# %% [markdown]
# *Read more:* Yi et al. 2019, *Sampling-bias-corrected neural modeling for large corpus item recommendations*; Rendle et al. 2020, *Neural collaborative filtering vs. matrix factorization revisited*; Ferrari Dacrema et al. 2019, *Are we really making much progress?*; Wang et al. 2021, *DCN V2*. *Next:* 13, two stages behind a service.
