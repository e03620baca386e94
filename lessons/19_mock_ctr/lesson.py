# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 500
#     budget_seconds: 15
#     minutes: 20
# ---

# %% [markdown] slideshow={"slide_type": "slide"} slide="# The mock interview: click-through rates\n\nSit the second question against the clock, and test the formulas that you would have repeated." notes="These slides open the class, 15 minutes: what is tested 1, the second question 2, trivial numbers 1, a weak answer 2, a formula 2, the overbid 2, order and revenue 2, NE 2, say it 1. The interviews follow. If the class sat lesson 18, exchange the roles: the observer becomes the candidate. Have the printed gates on the table. Plan: rules 2, interview 18. Scoring takes ten minutes more; the drill and the exercises are for home. (1 min)"
# # The mock interview: click-through rates
#
# **Goal.** Sit the second question against the clock, and test the formulas that you would have repeated.
#
# | where we are | you need | it takes |
# |---|---|---|
# | frame ▸ recommender ▸ clicks ▸ system ▸ **interview** | the lessons that you want to quote; 01, 08 and 10 at least | 20 minutes to read, under 15 s, under 500 MB |
#
# Two of these minutes are for the rules and 18 for the interview. Scoring, the drill and the exercises come after it, without a clock.

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown] slideshow={"slide_type": "slide"} slide="## The second question\n\nThe rules are those of the first: twelve minutes are yours, four are questions, two for the constraint card.\n\nNew:\n\n- features count for more, the choice of the model for less\n- a sixth gate: who resamples the classes and then spends the score uncorrected is *mid* at most\n- one question comes before all: **who spends the score?**" notes="Ask the class for the answers: a page that sorts, an auction that multiplies it by a bid, a budget. What does each need of the score: an order, or a probability? Only who has scored the eight transcripts of lesson 18 rates today: ask for hands. (2 min)"
# ## What are the rules?
#
# As in 18: **twelve minutes** are yours, with one interruption; then **four minutes** of questions and one **constraint card**, two for senior. Ask for facts: nothing is volunteered. Each key is saved. A hint costs a level in its dimension. You are asked to lead. The product changes from sitting to sitting: ads, news, maps.
#
# ## What does the interviewer listen for here?
#
# The nine dimensions are those of 18, and so is what makes *senior* in each. The weights differ: features count for more here, the choice of the model for less.

# %%
import numpy as np
from IPython.display import Markdown, display

from mlpipe.course import claim, exercise, guess, guesses, reveal, say
from mlpipe.interview import content

asked, other = content.question("ctr"), content.question("recommender")
rows = [
    f"| {asked.weights[one.id]} | {other.weights[one.id]} | {one.name} | {one.levels[2]} |"
    for one in content.dimensions()
]
display(Markdown("\n".join(["| weight | in 18 | dimension | senior |", "|--:|--:|---|---|", *rows])))

# %% [markdown]
# The **gates** cap the result at *mid*. One is new: in an auction the score is spent as a probability.

# %%
in_18 = [gate.id for gate in other.gates]
gates = [f"- {gate.text}" + " **(new)**" * (gate.id not in in_18) for gate in asked.gates]
display(Markdown("\n".join(gates)))

# %% [markdown]
# Is your ear calibrated? `rate_transcripts()` in 18 covers both questions. If you have not rated the eight, do it before you score yourself or a peer.
#
# ## Sit it
#
# The clock starts with the button.

# %%
from mlpipe.interview.widgets import deal, practise

practise("ctr")

# %% [markdown] notes="The observer watches one thing in this question: who spends the score? If the candidate never asks, stop after the interview at that point, not during it."
# Score it at once, with the sheet that follows, sentence by sentence.
#
# ## Which numbers count as evidence?
#
# The same rule as in 18: the number must hold, and come with data, split, interval and why it may not transfer. Here is one that counts, and one that was learned by heart.

# %%
from mlpipe.interview.evidence import Quote, check_quote, collect_evidence, grade_quote

evidence = collect_evidence()
told = Quote(
    "08.logistic", evidence["08.logistic"].shown,
    data="the simulated ad log, a million impressions",
    split="trained on the first days, tested on the last",
    interval="the low end of a 95 % interval",
    transfer="the log is simulated: how much ids can explain, and how fast ads change, was our decision",
)
by_heart = Quote("01.ab_sample_size", evidence["01.ab_sample_size"].shown, "", "", "", "")
for quote in (told, by_heart):
    display(Markdown(str(grade_quote(quote, evidence))))

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Can a number be learned by heart?\n\nEach claim stands beside what a *trivial* model scores: popularity, the base rate, a constant.\n\nSomebody quotes the trivial number in place of the result.\n\n**Guess:** for how many claims of the course does it pass as evidence?" notes="Recall the rule of lesson 18: data, split, interval, why it may not transfer. (0.5 min)"
# **Predict before you run.** Somebody quotes what the *trivial* model scores: popularity, the base rate, a constant. That number is also in the notebook. For how many claims of the course does it pass?

# %% slideshow={"slide_type": "-"}
guess("19.trivial_passes", choices=["for none", "for one in ten", "for a half"])

# %% slideshow={"slide_type": "slide"} slide="## No claim holds for its trivial model\n\nIts bound is one that the trivial model misses. Ask it of any number: what would the trivial model have scored?" notes="The bound of each claim is one that its trivial model misses. Ask the same of a number in a paper: what would the trivial model have scored? (0.5 min)"
passed = [one.id for one in evidence.values() if check_quote(one.id, one.baseline, evidence).holds]
print(f"passed: {len(passed)}")
share = np.digitize(len(passed) / len(evidence), [0.001, 0.3])
reveal("19.trivial_passes", ["for none", "for one in ten", "for a half"][share])

# %% [markdown]
# A claim's bound is one that its trivial baseline misses, so that number cannot prove it.
#
# ## What would a strong answer have said?
#
# Look only after your first attempt. Each number is the value of a claim and leads to the section that measures it.

# %%
from mlpipe.interview.answer import model_answer, weak_answer

model_answer("ctr")

# %% [markdown]
# And a weak one, minute by minute. The first fault is in its first sentence: when does the model come?

# %%
weak_answer("ctr")

# %% slideshow={"slide_type": "slide"} slide="## A weak answer, marked\n\n- *\u201cI would use XGBoost, because it wins competitions on tables\u201d*: a model first, and no question. Who spends the score?\n- *\u201cI use SMOTE or class weights until it is fifty to fifty\u201d*: another base rate is learned, and then the score is bid\n\nAnd when does the model come?" notes="Two of eleven marks of the weak answer in the lesson. Ask for the sentence that would have repaired each. What should have come before the model: who spends the score, the goal, the label and its delay, what was shown, the split. Read the first minute of the strong answer aloud, from the lesson. (2 min)"
strong, weak = content.answer_text("ctr"), content.transcripts("ctr", bad=True)[0].text
for name, text, model in (("strong", strong, "logistic regression"), ("weak", weak, "XGBoost")):
    place = text.lower().find(model.lower()) / len(text)
    print(f"the {name} answer names its model after {place:.0%} of its text")

# %% [markdown]
# ## Drill
#
# Ten follow-ups; on your weakest dimension first, once you have a score.

# %%
deal("ctr", seed=SEED)

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Would you sign this formula?\n\nA model was trained on all clicks and a share $w$ of the non-clicks. Its prediction $p$ is too high; the corrected one:\n\n$$ q = p + \\frac{(1 - p)\\, p}{w} $$" notes="Ask who would sign it, before the claim is shown. Then ask for a property that needs no derivation: between 0 and 1; no change for w = 1; smaller than before. (2 min)"
# ## Errata: formulas that circulate, put right by running them
#
# A model is trained on all clicks and a share $w$ of the non-clicks. Its prediction $p$ is too high, and is to be corrected to $q$. A circulating copy of the correction reads
#
# $$ q = p + \frac{(1 - p)\, p}{w} $$
#
# You need no derivation to doubt it, only a property: a probability is between 0 and 1.

# %% slideshow={"slide_type": "fragment"}
rng = np.random.default_rng(SEED)
p, w = rng.random(100_000), rng.random(100_000)
printed = p + (1 - p) * p / w

claim("Wherever p is above w, the printed formula gives no probability (share above 1)",
      np.mean(printed[p > w] > 1), id="19.not_a_probability",
      baseline=0.0, at_least=0.999, fmt=".0%")  # baseline: the right formula
print(f"p = 0.091, w = 0.01: q = {0.091 + (1 - 0.091) * 0.091 / 0.01:.2f}")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Core exercise: repair the correction\n\nSampling kept all clicks and the share `kept` of the others. What happened to the odds, clicks for each non-click? Give the non-clicks their number back." notes="In pairs, after the interview or at home. Most common: the printed formula cut off at 1, and the share applied a second time. (10 min)"
# ### Exercise (core): repair it
#
# The cell holds the printed formula. Repair it: `p` is an array of predictions, `kept` is $w$. What must happen to the odds, clicks for each non-click?

# %% tags=["exercise:19.corrected"] slideshow={"slide_type": "-"} slide_code="1-2"

# %%
exercise("19.corrected").check(corrected)

# %% [markdown]
# ### Exercise: what does the model learn as the rate?
#
# A published interview answer keeps a tenth of the non-clicks of a log in which 5 % are clicked, and says that predictions will then be near 50 %. Return the rate of clicks in the training data.

# %% tags=["exercise:19.training_rate"]

# %%
exercise("19.training_rate").check(training_rate)

# %% [markdown]
# ### Exercise: how far does it overbid?
#
# Another answer recommends the sampling and mentions its effect on the predictions in half a sentence. How large is it? `p` holds true probabilities. A model that is perfect on the sampled data is used without correction, and bids in proportion to its predictions. Return the factor by which it overbids, for each impression.

# %% tags=["exercise:19.overbid"]

# %%
exercise("19.overbid").check(overbid)

# %% [markdown] slideshow={"slide_type": "slide"} slide="## How far does it overbid?\n\nOne click in a hundred. A tenth of the non-clicks is kept. The model is perfect on these data, and bids with its raw score.\n\n**Guess:** is the bid 10 times too high, less, or more?" notes="Let them compute with a thousand rows: ten clicks, ninety-nine non-clicks that stay. (1 min)"
# **Predict before you run.** One click in a hundred, a tenth of the non-clicks kept. How many times too high is the bid?

# %%
guess("19.overbid", choices=["10 times: one over a tenth", "less than 10 times", "more than 10 times"])

# %% slideshow={"slide_type": "slide"} slide="## One over the share is not the factor\n\nThe odds are $1/w$ times too high. With $p$ the true probability, the bid is too high by\n\n$$ \\frac{1}{p + w\\,(1 - p)} $$" notes="The factor depends on p: near one over w for a small p, near 1 for a large one. So one constant cannot repair it. (1 min)"
clicked = rng.random(2_000_000 if SCALE == "full" else 200_000) < 0.01
in_training = clicked | (rng.random(len(clicked)) < 0.1)

factor = clicked[in_training].mean() / clicked.mean()
claim("At a rate of 1 %, with a tenth of the non-clicks, an uncorrected model overbids (one draw)",
      factor, id="19.overbid", baseline=10.0, between=(9.0, 9.35), fmt=".1f")  # baseline: 1 / share kept
words = ["less than 10 times", "10 times: one over a tenth", "more than 10 times"]
reveal("19.overbid", words[np.digitize(factor, [9.8, 10.2])])

# %% [markdown]
# ### Exercise: each order right, the revenue wrong
#
# A published page calls click prediction a ranking problem. Take two ads. Within each ad the predictions have the perfect order, but those of the first ad are too high. `bids`, `true` and `predicted` are requests × ads. Each request shows the ad with the highest bid times prediction, and a click pays the bid. Return the share of the expected revenue that is lost against showing the best ad by the truth.

# %% tags=["exercise:19.lost_revenue"]

# %%
exercise("19.lost_revenue").check(lost_revenue)

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Each order right: is the revenue?\n\nTwo ads bid 1 and have about the same click rates. Within each ad the predictions have the perfect order. Those of the first are twice too high.\n\n**Guess:** what share of the revenue is lost?" notes="Ask first what happens to the AUC within each ad: nothing. (1 min)"
# **Predict before you run.** Two ads bid 1 and have about the same click rates. The predictions of one are twice too high. What share of the revenue is lost?

# %%
guess("19.lost", unit="%")

# %% slideshow={"slide_type": "slide"} slide="## AUC within an ad does not see it\n\nOrder and scale are two things. Check predicted over observed clicks, by ad." notes="Order and scale are two things. Ask which check would have seen it: predicted over observed clicks, by ad. (1 min)"
from sklearn.metrics import roc_auc_score as auc

true = rng.beta(2, 60, size=(100_000, 2))
clicks = rng.random(true.shape) < true
predicted = true * [2.0, 1.0]  # twice too high for the first ad
orders = [auc(clicks[:, ad], predicted[:, ad]) - auc(clicks[:, ad], true[:, ad]) for ad in (0, 1)]
shown = predicted[:, 0] > predicted[:, 1]
revenue = [np.where(shown, true[:, 0], true[:, 1]).sum(), true.max(axis=1).sum()]
pooled = [auc(clicks.ravel(), p.ravel()) for p in (true, predicted)]
print(f"AUC lost within an ad: {orders[0]:.3f}, {orders[1]:.3f}; over both {pooled[0] - pooled[1]:.3f}")

claim("In a simulation in which both ads bid 1, a factor of two on one of them loses revenue",
      1 - revenue[0] / revenue[1], id="19.order_is_not_enough",
      baseline=0.0, at_least=0.03, fmt=".1%")  # baseline: right probabilities
reveal("19.lost", 100 * (1 - revenue[0] / revenue[1]), fmt=".1f")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Does NE ignore the click rate?\n\nNormalised entropy: the log loss over that of always answering the base rate.\n\n$$ \\mathrm{NE} = \\frac{\\text{log loss}}{-\\pi \\ln \\pi - (1 - \\pi) \\ln (1 - \\pi)} $$\n\nSame order at each rate $\\pi$, perfectly calibrated.\n\n**Guess:** as the rate rises, does NE stay flat, rise or fall?" notes="So it says in a published course: insensitive. AUC is the same at each rate here. (1 min)"
# ## Is normalised entropy insensitive to the click rate?
#
# So it says in a published course. Normalised entropy (NE) divides the log loss by that of always answering the base rate, so that 1 means knowing nothing. We fix the quality of a model: the score of a click is normal around 1.5, that of a non-click around 0. The order, and so the AUC, is the same at each base rate. The model knows the rate and is perfectly calibrated.
#
# **Predict before you run.** How does NE go as the click rate rises?

# %%
guess("19.ne_curve", choices=["it stays flat", "it rises", "it falls"])

# %%
from scipy.special import logit

d = 1.5
score = {1: rng.normal(d, 1, 50_000), 0: rng.normal(0, 1, 50_000)}
rates = np.geomspace(0.001, 0.3, 12)


def log_loss(rate):
    shift = logit(rate) - d**2 / 2  # the logit of the model is d * score + shift
    missed = np.logaddexp(0, -(d * score[1] + shift)).mean()  # -log(p) of the clicks
    feared = np.logaddexp(0, d * score[0] + shift).mean()  # -log(1 - p) of the others
    return rate * missed + (1 - rate) * feared


loss = np.array([log_loss(rate) for rate in rates])
ne = loss / -(rates * np.log(rates) + (1 - rates) * np.log(1 - rates))
for i in (0, 6, 11):
    print(f"click rate {rates[i]:.1%}: NE {ne[i]:.2f}")

# %%
claim("At one and the same order, NE at a click rate of 0.1 % is higher than at 30 % (ratio)",
      ne[0] / ne[-1], id="19.ne_moves", baseline=1.0, at_least=1.1, fmt=".2f")  # baseline: insensitive
claim("Log loss moves far more (ratio of its ends)", loss[-1] / loss[0],
      id="19.log_loss_moves", baseline=ne[0] / ne[-1], at_least=10, fmt=".0f")

# %% alt="Two curves against the base rate: log loss rises steeply, normalised entropy falls slowly and is not flat." slideshow={"slide_type": "slide"} slide="## Compare NE on the same rows" notes="Steadier than log loss, not flat. Between days or segments with other click rates a difference may be nothing but the rate. (1 min)"
import matplotlib.pyplot as plt

from mlpipe import plots

plots.use_style()
fig, ax = plt.subplots()
for values, name, color in ((ne, "normalised entropy", plots.ACCENT), (loss, "log loss", plots.MUTED)):
    ax.plot(rates, values, color=color, label=name)
plots.label_lines(ax)
ax.set(title="NE is steadier than log loss, and not flat", xscale="log", ylim=0)
ax.set(xlabel="click rate (log scale)", ylabel="NE (ratio), log loss (nats)")
plt.show()
reveal("19.ne_curve", ["it rises", "it stays flat", "it falls"][np.digitize(ne[0] / ne[-1], [0.9, 1.1])])

# %% [markdown]
# So the statement holds in part. Compare models on the *same* rows by NE; between days or segments with other click rates, a difference in NE may be nothing but the rate.

# %%
guesses()

# %% [markdown]
# ## What we have seen
#
# - First ask who spends the score. If an auction does, it must be a probability.
# - Test a property before you repeat a formula: bounds, a special case, a direction.
# - Order and scale are two things: sampling and a wrong scale leave the order, and change what is paid.

# %% slideshow={"slide_type": "slide"} slide="## Say it in the interview" notes="One learner speaks it. Then the interviews: the observer watches one thing more, who spends the score, and says so only after the end. (1 min)"
say(
    "I may train on a tenth of the non-clicks, but I would not bid with the raw score: at a click rate"
    " of one percent it is {19.overbid:.1f} times too high, one over p plus w times one minus p. So I"
    " correct the odds, and check predicted over observed clicks on rows that were not sampled. AUC"
    " within an ad would not notice: in a simulation of two ads, a factor of two on one of them left it"
    " as it was, and lost {19.order_is_not_enough} of the revenue. Real ads compete with more than one"
    " other, so I would measure it in our auction."
)

# %% [markdown] slideshow={"slide_type": "-"} slide="**Now sit it**\n\n- roles are exchanged: the observer becomes the candidate\n- the observer watches one thing more: who spends the score?"
# *Read more:* He et al. 2014, *Practical lessons from predicting clicks on ads at Facebook*, for the correction and NE; McMahan et al. 2013, *Ad click prediction: a view from the trenches*. *Next:* the traps, in the folder `traps`: pipelines with one fault each, to be found from their symptoms.
