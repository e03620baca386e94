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

# %% [markdown] slideshow={"slide_type": "slide"} slide="# Deep models\n\n**Goal.** Build the two deep models that interviews ask for, a two-tower retriever and a cross network, and say when each is worth its price.\n\nA colleague wants to replace your matrix factorization by a deep model. What would you need to see?" notes="Plan: opening question 2, two towers 2, the correction 4, EASE and ALS and the price 3, new films 2, the ranker 4, neighbours 2, closing 1. Then ten minutes for the core exercise. Ask the question on the slide. Write the answers on the board, and tick off each one that the lesson shows. (2 min)"
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
# The best simple model beside it, on the same data, after the *same effort*: here each retriever is the best of twelve settings on three validation splits (`benchmarks/tune_recommenders.py`). The best two-tower model takes the most passes that were tried, eight. The data are the likes of lesson 07, a random fifth of each user's hidden.
#
# Retrieval fills a list of a hundred candidates, so beside nDCG@10 we count *recall@100*: the share of a user's hidden likes in that list.

# %%
import numpy as np
import pandas as pd
from sklearn.base import clone

from mlpipe import plots, recommenders
from mlpipe.course import claim, exercise, guess, guesses, reveal, say
from mlpipe.datasets import movielens, to_matrix
from mlpipe.ranking_metrics import ndcg_at_k, recall_at_k
from mlpipe.recommenders.tuned import FOR_RECALL_AT_100, MOVIELENS_SMALL
from mlpipe.splits import leave_last_out, random_per_user

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
everyone, liked = np.arange(len(user_ids)), train.sum(axis=0).A1

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Two towers compute their vectors\n\n$$ \\mathbf x_u = \\frac{1}{\\sqrt{n_u}} \\sum_{j \\in H_u} \\mathbf t_j \\qquad \\mathbf y_i = \\mathbf e_i + \\mathbf W^\\top \\mathbf f_i $$\n\n$$ s_{ui} = \\mathbf x_u^\\top \\mathbf y_i + b_i $$\n\n- user: the $n_u$ films that $u$ likes, a vector $\\mathbf t_j$ each\n- item: a vector of its own, and its features $\\mathbf f_i$\n- trained by a softmax; the negatives are the other films of the batch" notes="Draw two columns on the board: history to the left, film to the right, one product between them. Ask what can be computed before a request comes, and what must wait for it. The film to be found is taken out of the history: it would give itself away. (2 min)"
# ## What is a two-tower model?
#
# Matrix factorization stores a user's vector. A **two-tower** model *computes* it. With $H_u$ the $n_u$ films that user $u$ likes, $\mathbf t_j, \mathbf e_i \in \mathbb R^d$ vectors of films, in a history and as a candidate, $\mathbf f_i$ the features of film $i$ and $\mathbf W$ one vector a feature,
#
# $$ \mathbf x_u = \frac{1}{\sqrt{n_u}} \sum_{j \in H_u} \mathbf t_j, \qquad \mathbf y_i = \mathbf e_i + \mathbf W^\top \mathbf f_i, \qquad s_{ui} = \mathbf x_u^\top \mathbf y_i + b_i $$
#
# The $\mathbf y_i$ are made once; a request makes one $\mathbf x_u$, for a new user too. In training the film to be found, the *target*, is taken out of $H_u$: it would give itself away.
#
# A softmax over all films is expensive. So the targets of the other rows of a *batch* are the negatives, except films that the user likes. With $P$ the softmax of each row, the gradient in the scores is $P - I$, and each tower's gradient is that times the other tower. You write this loss in the core exercise; `TwoTower` gives a row the weight $1/\sqrt{n_u}$, so that long histories do not decide alone.

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: what does logQ do?\n\nPopular films are negatives more often, each with its share $Q_j$ of all likes. So the scores learn\n\n$$ s_{uj} = \\log p(j \\mid u) - \\log Q_j + \\text{const} $$\n\nThe **sampling correction** takes $\\log Q_j$ off each score in training. Take it out and leave everything else: what share of the nDCG is left?" notes="The derivation is the answer to the most frequent question on two towers. Let somebody repeat it: how often is a popular film in the denominator? What does the model learn to make up for it? Without the correction it ranks by lift. Then the guess. (2 min)"
# ## Why is something taken off the scores?
#
# Targets come from the log, so film $j$ is a negative as often as it is liked: with its share $Q_j$ of all likes. Over many batches the softmax has $\sum_j Q_j\, e^{s_{uj}}$ in the denominator. It is best where $Q_j\, e^{s_{uj}} \propto p(j \mid u)$, so
#
# $$ s_{uj} = \log p(j \mid u) - \log Q_j + \text{const} $$
#
# These scores rank by *lift*: how much more often this user likes $j$ than others do. We want the chance. So training takes $\log Q_j$ off each score, serving does not, and $s_{uj} = \log p(j \mid u) + \text{const}$. This is the **sampling correction**, or logQ.
#
# **Predict before you run.** Take the correction out and leave everything else: what share of the nDCG is left? Aloud: which films lose their places, what can twelve settings of its own repair, and what does it help to add $\log Q_j$ when the model serves?

# %% slideshow={"slide_type": "-"}
guess("12.left", unit="%")

# %% slideshow={"slide_type": "slide"} slide="## Without the correction, popular films are lost\n\nNothing else changed: compare *TwoTower* and *nothing taken off*. Head: the most liked per cent." notes="The result is the nDCG of 'nothing taken off' over that of TwoTower; the head loses its places. 'Tuned by itself' has twelve settings of its own, without the correction. The last line is the same model with log Q added where it serves. Ask what a colleague should do who finds this fault in a model that serves. Most say: train again. The formula says: add log Q to the scores, tonight. Other settings do not replace the correction; the wrong sign is far worse than popularity. (2 min)"
ALS_RECALL, TWO, FEATURES, WITHOUT = "ALS for recall", "TwoTower", "TwoTower+features", "TwoTower-log_q"


def make(name, **more):
    kind = getattr(recommenders, name.split("+")[0].split("-")[0].split(" ")[0])
    more |= {"item_features": films} if name == FEATURES else {}
    chosen = {**MOVIELENS_SMALL, ALS_RECALL: FOR_RECALL_AT_100["ALS"]}
    return kind(**more, **chosen.get(name, {}))


def judged(model, check):
    lists, _ = model.recommend(everyone, k=100)
    return lists[:, :10], ndcg_at_k(lists, check), recall_at_k(lists, check, k=100)


models = {name: make(name) for name in ("Popularity", "ALS", ALS_RECALL, "EASE", TWO)}
models |= {"nothing taken off": make(TWO, log_q=0), "... tuned by itself": make(WITHOUT, log_q=0)}
models["wrong sign, 1 pass"] = make(TWO, log_q=-1).set_params(epochs=1)
head = np.argsort(-liked, kind="stable")[: len(item_ids) // 100]  # the most liked percent
seen = {name: judged(model.fit(train), test) for name, model in models.items()}
late = models["nothing taken off"]
late.item_bias = late.item_bias + np.log(liked.clip(1) / liked.sum())
seen["log Q in serving"] = judged(late, test)
rows = {name: [np.nanmean(ndcg), np.nanmean(recall), np.isin(top, head).mean()]
        for name, (top, ndcg, recall) in seen.items()}
table = pd.DataFrame(rows, index=["nDCG@10", "recall@100", "places of the head"]).T
print(table.drop(index=ALS_RECALL).round(3).to_string())

# %%
part = table / table.loc[TWO]
claim("Without the correction, all else equal, so much of the nDCG is left", part.iloc[5, 0],
      id="12.no_correction", baseline=1.0, at_most=0.6, fmt=".0%")
claim("... and so much of the places of the most liked percent of the films", part.iloc[5, 2],
      id="12.head_share", baseline=1.0, at_most=0.5, fmt=".0%")
claim("Twelve settings of its own bring the nDCG to", part.iloc[6, 0],
      id="12.retuned", baseline=1.0, at_most=0.8, fmt=".0%")
claim("Log Q added where the same model serves brings it to", part.iloc[8, 0], id="12.late_correction",
      baseline=part.iloc[5, 0], at_least=0.9, fmt=".0%")
claim("The wrong sign is far worse than popularity (ratio of nDCG)", part.iloc[7, 0] / part.iloc[0, 0],
      id="12.wrong_sign", baseline=1.0, at_most=0.3)

# %% slideshow={"slide_type": "-"}
reveal("12.left", 100 * part.iloc[5, 0], fmt=".0f")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: does the lead survive?\n\nEach model is the best of twelve settings. In recall@100, the measure of a retriever, the two-tower model leads ALS.\n\nBut ALS was chosen for nDCG@10. From the *same* twelve settings take the one with the best recall@100. What is left of the lead?" notes="Both choices are made on the same validation splits; no new setting is tried. (1 min)"
# The model without correction knows taste, as the last line shows: it lacks what is popular. No setting replaces that; a correction does, in training or in serving, once.
#
# ## Is it better than EASE and ALS?
#
# In nDCG it is not ahead. In recall@100, the measure of a retriever, it leads ALS.
#
# **Predict before you run.** ALS was chosen for nDCG@10. Go back to the *same* twelve settings, on the same validation parts, and take the one with the best recall@100. (For EASE and the two-tower model it is the one that they have.) What is left of the lead?

# %% slideshow={"slide_type": "-"}
guess("12.lead", choices=["nearly all", "about half", "nearly nothing"])

# %%
from mlpipe.uncertainty import paired_difference

other = halves(SEED + 1)  # a second split: the mean of two for each user
both = {name: np.mean([seen[name][1:], judged(make(name).fit(other[0]), other[1])[1:]], axis=0)
        for name in ("Popularity", "ALS", ALS_RECALL, "EASE", TWO)}
gaps = {}
for name in ("EASE", "ALS", ALS_RECALL):
    for number, what in enumerate(("nDCG@10", "recall@100")):
        x = gaps[name, what] = paired_difference(both[TWO][number], both[name][number])
        print(f"two-tower less {name:14} {what:10} {x.estimate:+.3f} ({x.low:+.3f} to {x.high:+.3f})")

# %% slideshow={"slide_type": "slide"} slide="## No lead over a model chosen alike" notes="A lead over a model that was chosen for something else is no lead. In the interview: ask of each lead what the other one was chosen for. Then the key: the axis is logarithmic, multiplications of a fit, not seconds of one machine. Ask what would make the price worth paying. (2 min)"
lead = np.nanmean(np.subtract(both[TWO], both["Popularity"]), axis=1)  # what would matter
claim("In nDCG at 10 it is not ahead of EASE (high end of the interval)",
      gaps["EASE", "nDCG@10"].high, id="12.ease_ndcg", baseline=lead[0], at_most=0.01, fmt=".3f")
claim("In recall at 100 it leads ALS that was chosen for nDCG", gaps["ALS", "recall@100"].estimate,
      id="12.recall_lead", baseline=0.0, at_least=0.0005, fmt=".3f")
claim("... and not ALS that was chosen for recall at 100", gaps[ALS_RECALL, "recall@100"].estimate,
      id="12.als_recall", baseline=lead[1], at_most=0.006, fmt=".3f")
left = gaps[ALS_RECALL, "recall@100"].estimate / gaps["ALS", "recall@100"].estimate
reveal("12.lead", "nearly all" if left > 0.75 else "about half" if left > 0.25 else "nearly nothing")

# %% [markdown]
# A lead over a model that was chosen for something else is no lead.
#
# ## And the price?
#
# In multiplications: EASE inverts a matrix of users × users; ALS takes fifteen rounds over both sides, three steps of conjugate gradient each; the two-tower model makes, a batch, three products of $B \times B \times d$ and a dozen operations on each number of its two tables.

# %% slideshow={"slide_type": "-"} alt="nDCG at 10 and recall at 100 against the multiplications of a fit, logarithmic: EASE, ALS and the two-tower model are close to each other and far above popularity; the two-tower model stands far to the right of all."
import matplotlib.pyplot as plt

n, d, B, n_users, n_films = train.nnz, 64, 512, len(user_ids), np.count_nonzero(liked)
cost = {"Popularity": n, "EASE": n_users**3, "ALS": 15 * (16 * n * d + 4 * (n_users + n_films) * d**2)}
cost[TWO] = MOVIELENS_SMALL[TWO]["epochs"] * n / B * (3 * B**2 * d + 2 * 12 * n_films * d)
plots.use_style()
fig, axes = plt.subplots(1, 2, figsize=(11, 4.5))
for number, (ax, what, als) in enumerate(zip(axes, ("nDCG@10", "recall@100"), ("ALS", ALS_RECALL))):
    for name in ("Popularity", "EASE", als, TWO):
        kind, height = name.split(" ")[0], np.nanmean(both[name][number])
        ax.plot(cost[kind], height, "o", color=plots.color_of(kind), markersize=9)
        below = -24 if kind == "ALS" else 12
        ax.annotate(name, (cost[kind], height), (0, below), textcoords="offset points", ha="center")
    ax.set(xscale="log", xlim=(6e3, 1e13), ylim=(0, 1.3 * height), ylabel=what, xlabel="multiplications")
fig.suptitle("Level with the better of EASE and ALS, and dearer", x=0.01, ha="left", weight="bold")
plt.show()
claim("Multiplications of a fit, over those of ALS", cost[TWO] / cost["ALS"], id="12.price",
      baseline=1.0, at_least=5, fmt=".0f")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: what does ALS need for new films?\n\nA film without a like has no vector in ALS. The item tower has its genres and decade.\n\nA simple help: a ridge regression from genres and decade to the vectors of ALS.\n\nAUC among new films, .5 is chance: what share of the tower's lead over chance does the ridge get?" notes="Ask first what each model of lesson 07 says about a film that came out yesterday. ALS and EASE: nothing. (1 min)"
# ## What can it do by itself that they need help for?
#
# A film without a like has no vector in ALS, no row in EASE. The item tower has $\mathbf W^\top \mathbf f_i$: genres and decade. We take all likes of a random tenth of the films out of training and ask for each user how often a liked one of these films is scored above another. That is the AUC; .5 is chance, and all that ids can do.
#
# Two simple helps: the cosine of the genres and decades that a user likes with those of the film, and a ridge regression that learns the vectors of ALS from them.
#
# **Predict before you run.** What share of the item tower's lead over chance does the ridge get?

# %% slideshow={"slide_type": "-"}
guess("12.ridge", unit="%")

# %%
from scipy.stats import rankdata
from sklearn.linear_model import Ridge

is_new = np.random.default_rng(SEED).random(len(item_ids)) < 0.1
old, wanted = train.multiply(~is_new).tocsr(), (train + test)[:, is_new].toarray() > 0


def auc(scores):  # of each user, ties half; NaN without a liked new film
    ranks, n = rankdata(scores[:, is_new].round(5), axis=1), wanted.sum(axis=1)
    return ((ranks * wanted).sum(axis=1) / np.where(n, n, np.nan) - (n + 1) / 2) / (is_new.sum() - n)


unit = films.to_numpy() / np.sqrt((films**2).sum(axis=1).to_numpy()[:, None].clip(1))
tower = make(FEATURES).fit(old)
x = old @ tower.history_factors / np.sqrt(old.sum(axis=1).A1.clip(1))[:, None]
als, known = make("ALS").fit(old), old.getnnz(axis=0) > 0
ridge = Ridge(10).fit(films[known], als.item_factors[known]).predict(films)
aucs = {"cosine": auc(old @ unit @ unit.T), "ALS and ridge": auc(als.user_factors @ ridge.T),
        TWO: auc(x @ tower.item_factors.T + tower.item_bias)}
print(pd.DataFrame(aucs).mean().round(2).to_string())

# %% slideshow={"slide_type": "slide"} slide="## A few lines beside ALS come near" notes="Say so before somebody else does. And to know whom a film suits is not yet to show it: when all films compete, new ones get hardly a place. They need places of their own. (1 min)"
shown = is_new[tower.recommend(everyone)[0]]
claim("AUC of the two-tower model among films without a like", np.nanmean(aucs[TWO]),
      id="12.cold_auc", baseline=0.5, at_least=0.75, fmt=".2f")
claim("... and of the ridge behind ALS", np.nanmean(aucs["ALS and ridge"]), id="12.cold_ridge",
      baseline=0.5, at_least=0.75, fmt=".2f")
claim("When all films compete, the new ones, a tenth of all, get so much of the places", shown.mean(),
      id="12.cold_places", baseline=is_new.mean(), at_most=0.02, fmt=".2%")
reveal("12.ridge", 100 * (np.nanmean(aucs["ALS and ridge"]) - 0.5) / (np.nanmean(aucs[TWO]) - 0.5))

# %% [markdown]
# A few lines beside ALS come as far: say so before somebody else does. And to know whom a film suits is not yet to show it: new films need places of their own (07).

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: which ranker leads?\n\nA **cross network** learns which columns meet:\n\n$$ \\mathbf x_{l+1} = \\mathbf x_0 \\odot (\\mathbf W_l \\mathbf x_l + \\mathbf b_l) + \\mathbf x_l $$\n\nWhich of the four leads?\n\n- the cross network\n- a factorization machine with all pairs\n- one with screened pairs\n- logistic regression with the crosses found" notes="Write the layer on the board for a row with three numbers. Ask what stands in the second output: which products, of which degree? Then ask which of them a factorization machine has. Each model has the best of six settings on days 11 and 12. When the guesses are written, ask for one more: what does a second pass over the log do to a network without a penalty? (2 min)"
# ## And the ranker?
#
# Now clicks. A **cross network** (DCN v2) puts the vectors of a row's values, one a column, side by side: $\mathbf x_0 \in \mathbb R^w$. With a matrix $\mathbf W_l$ (w × w) and $\mathbf b_l$ (w), layer $l$ is
#
# $$ \mathbf x_{l+1} = \mathbf x_0 \odot (\mathbf W_l \mathbf x_l + \mathbf b_l) + \mathbf x_l $$
#
# $\odot$ multiplies entry by entry, so each layer raises the degree by one. A linear function of the last layer joins the log-odds. Nobody names a pair: $\mathbf W$ learns which columns meet.
#
# The rivals, on the *simulated* log of lesson 09 (300,000 rows, days 13 and 14 test): the *plain* factorization machine, in which all columns meet; the one that screens its pairs; and logistic regression with the crosses found. Each has the best of six settings on days 11 and 12 (`benchmarks/bench_deep.py`).
#
# **Predict before you run.** Which of the four leads? And a network with a vector for every id and no penalty: what does a second pass over the log do to it?

# %%
guess("12.ranker", choices=["cross network", "plain machine", "screened machine", "crosses found"])

# %% slideshow={"slide_type": "slide"} slide="## Where pairs can be found, find them\n\nOf what could be learned, so much is learned:" notes="The first four lines answer the question. Screen the pairs first, it takes seconds. A network is for what no list of pairs can say. The last three lines are a network without its cures: without a penalty, vectors learn their clicks by heart in the first pass, and the second believes them; a penalty alone wins that back. (2 min)"
from mlpipe.click_metrics import share_of_oracle
from mlpipe.ctr import CrossNetwork, FactorizationMachine, HashedLogisticRegression, tuned
from mlpipe.simulator import simulate_ad_log

simulated = simulate_ad_log(300_000 if SCALE == "full" else 60_000, seed=SEED)
ads = simulated.impressions
late = (ads["timestamp"] >= "2026-01-17").to_numpy()
past, clicked = ads.loc[~late, tuned.RAW], ads.loc[~late, "clicked"]
rankers = {"cross network": CrossNetwork(l2=10, factor_l2=20)}
rankers["plain machine"] = FactorizationMachine(4, l2=10, factor_l2=30, pairs="all")
rankers["screened machine"] = FactorizationMachine(8, l2=10, factor_l2=30)
rankers["crosses found"] = HashedLogisticRegression(C=0.1, crosses="auto")
bare = CrossNetwork(linear_start=False, l2=0, min_clicks=0, factor_l2=0, epochs=1)
rankers |= {"bare, one pass": bare, "bare, two passes": clone(bare).set_params(epochs=2)}
rankers["penalised, two passes"] = clone(bare).set_params(epochs=2, factor_l2=40)
share = {}
for name, model in rankers.items():
    p = model.fit(past, clicked).predict_proba(ads.loc[late, tuned.RAW])[:, 1]
    share[name] = share_of_oracle(ads.loc[late, "clicked"], p, simulated.true_ctr[late], clicked.mean())
    print(f"{name:24}{share[name]:6.1%} of the oracle")

# %%
lead = min(share["screened machine"], share["crosses found"]) - share["cross network"]
claim("Screened pairs and found crosses both lead the network, by at least (share)", lead,
      id="12.crosses_over_deep", baseline=0.0, at_least=0.02, fmt=".1%")
claim("A second pass costs the bare network", share["bare, one pass"] - share["bare, two passes"],
      id="12.second_pass", baseline=0.0, at_least=0.1, fmt=".0%")
claim("... and a penalty on the vectors, with nothing else, wins back",
      share["penalised, two passes"] - share["bare, two passes"], id="12.cured", baseline=0.0,
      at_least=0.1, fmt=".0%")

# %% slideshow={"slide_type": "-"}
reveal("12.ranker", max(list(share)[:4], key=share.get))

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: where do neighbours help?\n\nAdd to EASE how often a film stood next to the like before it. Does it help more where the hidden like came within a minute, or later?" notes="Ask what the time stamps of ratings are, and do not answer. Everybody writes a guess. (1 min)"
# Without a penalty, vectors learn their clicks by heart in the first pass, and the second believes them. With its cures the network takes four passes, and a search over pairs still leads. (`bench_deep.py --rows 1000000` asks the same of more rows.)
#
# ## Does the order of the likes help?
#
# Before a sequence model, try the cheapest: add to EASE the share of times that a film stood next to the like before it, in the users' orders. Hide the last like, then the second last, then the third last, each with all that came earlier.
#
# **Predict before you run.** Where will it help more: where the hidden like came within a minute of the one before, or later? And if we count what came *before*?

# %% slideshow={"slide_type": "-"}
guess("12.neighbours", choices=["within a minute", "later", "nowhere"])

# %%
import scipy.sparse as sp


def gains(split):
    past = split.history.sample(frac=1, random_state=SEED)  # equal times in random order
    past = past.sort_values(["user_id", "timestamp"], kind="stable")
    film, user = np.searchsorted(item_ids, past["item_id"]), past["user_id"].to_numpy()
    ends, users = np.append(user[1:] != user[:-1], True), np.unique(user)
    follows = sp.csr_matrix((~ends[:-1] * 1.0, (film[:-1], film[1:])), 2 * [len(item_ids)])
    known, hidden = (cells(x, users) for x in (past, split.test))
    order, values = make("EASE").fit(known).recommend(np.arange(len(users)), k=1000)
    lists = [order]
    for beside in (follows + follows.T, follows, follows.T):
        n = beside.tocsr()[film[ends]].toarray()
        bonus = np.take_along_axis(n / (n.sum(axis=1, keepdims=True) + 5), order, axis=1)
        places = np.argsort(-(values + bonus).round(5), axis=1, kind="stable")
        lists.append(np.take_along_axis(order, places, axis=1))
    waited = split.test.set_index("user_id").loc[users, "timestamp"] - past["timestamp"].to_numpy()[ends]
    return *(ndcg_at_k(one, hidden) for one in lists), waited.dt.total_seconds().to_numpy()

# %% slideshow={"slide_type": "slide"} slide="## In one sitting, and not by order\n\nIn the interview: ask what the times are before you model a sequence." notes="These are ratings in one sitting. What stood before tells at least as much as what came after, so we claim no sequence model here; on a log of sessions the question is open again. (1 min)"
splits = [one := leave_last_out(likes, SEED), two := leave_last_out(one.train, SEED)]
splits.append(leave_last_out(two.train, SEED))
plain, beside, after, before, waited = np.concatenate([gains(split) for split in splits], axis=1)
quick = waited < 60
near, far = (paired_difference(beside[some], plain[some]) for some in (quick, ~quick))
ordered, forward = (paired_difference(after[quick], x[quick]) for x in (before, plain))
claim("Within a minute neighbours help (nDCG at 10, low end)", near.low, id="12.neighbours",
      baseline=0.0, at_least=0.001, fmt=".3f")
claim("... and order is not why: what came after, less what came before (low end)", ordered.low,
      id="12.order", baseline=forward.low, at_most=0.0, fmt=".3f")
claim("Later they do not help (high end)", far.high, id="12.later", baseline=near.estimate,
      at_most=0.005, fmt=".3f")

# %% slideshow={"slide_type": "-"}
reveal("12.neighbours", "nowhere" if max(near.low, far.low) <= 0 else
       "within a minute" if near.estimate > far.estimate else "later")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Core exercise: the loss of a batch\n\nUsers `x`, their items `y`, the chance `q` with which each item is drawn, and who likes what (`known`). Return the mean softmax loss with the sampling correction; what the user likes is no negative." notes="In pairs. .hint() after three minutes, the solution after ten. Ask those who are done what changes when the model serves. (10 min)"
# Nobody watches a film in a minute: these are ratings in one sitting. What stood before tells as much as what came after. So we claim no sequence model here; on a log of sessions the question is open again.
#
# ## Deep when?
#
# | question | deep pays when | it does not when |
# |---|---|---|
# | retrieval | vectors must be learned from content and ids together | items have likes: the better of EASE and ALS is as good; a ridge helps ALS to new items |
# | ranking | so many columns may meet that no search can try them (not measured here) | pairs can be named, or found |
# | order | not shown here | times are those of data entry |
#
# ### Exercise (core): the loss of a batch
#
# Row $r$ of `x` (n × d) is a user's vector, row $r$ of `y` (n × d) that of the own item. `q` (n,) is the chance with which each item is drawn, `known` (n × n, boolean) says which user likes which item, the own one included. Return the mean softmax loss of the rows, with the sampling correction: the own column against all that the user does not like.

# %% slideshow={"slide_type": "-"} slide_code="1-2" tags=["exercise:12.batch_loss"]

# %%
exercise("12.batch_loss").check(batch_loss)

# %% [markdown]
# ### Exercise: a cross layer
#
# Rows of `x0` and `x` (n × w) are impressions: the first layer's input, and this one's. Return the output (n × w) of the layer with `W` (w × w) and `b` (w,).

# %% tags=["exercise:12.cross_layer"]

# %%
exercise("12.cross_layer").check(cross_layer)

# %% [markdown]
# ### Exercise: a user's vector
#
# `history` (m,) holds item numbers, padded with -1 to a fixed length; `table` (items × d) their vectors. Return $\mathbf x_u$ without the item `target`: the sum over what is left, divided by the root of its number. Without anything left it is zero.

# %% tags=["exercise:12.user_vector"]

# %%
exercise("12.user_vector").check(user_vector)

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Say it in the interview" notes="Two learners say it aloud, without reading. Then tick off on the board what the lesson has shown of what they wanted to see. (1 min)"
# ## What we have seen
#
# - A two-tower model is a factorization whose vectors are computed. Its scores need the sampling correction, in training or in serving: without it, it ranks by lift and loses what is popular.
# - On films with likes it is level with the better of EASE and ALS, each chosen for the measure at hand, and costs most. It sorts new films by itself; a ridge behind ALS does it about as well.
# - A cross network does not reach crosses that the data name. Without a penalty, a second pass ruins it.
# - Ask of each lead: what was the other one chosen for?

# %%
guesses()

# %% slideshow={"slide_type": "-"}
say(
    "A two-tower model computes both vectors: it serves new users and, by features, new items. I"
    " train it with a softmax over the batch and take log Q off the scores; without that,"
    " {12.no_correction} of the nDCG was left. On MovieLens its lead of {12.recall_lead} in recall"
    " at 100 over ALS became {12.als_recall} once ALS was chosen for that measure, at {12.price}"
    " times the multiplications. Among films without a like its AUC was {12.cold_auc}, and that of a"
    " ridge from genres to the vectors of ALS {12.cold_ridge}. So I go deep when content and ids must"
    " be learned together, and I try the simple help first."
)

# %% [markdown]
# *Read more:* Yi et al. 2019, *Sampling-bias-corrected neural modeling for large corpus item recommendations*; Rendle et al. 2020, *Neural collaborative filtering vs. matrix factorization revisited*; Ferrari Dacrema et al. 2019, *Are we really making much progress?*; Wang et al. 2021, *DCN V2*; Zhang et al. 2022, *Towards understanding the overfitting phenomenon of deep click-through rate models*. *Next:* 13, two stages behind a service.
