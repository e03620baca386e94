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

# %% [markdown] slideshow={"slide_type": "slide"} slide="# Experiments that tell the truth\n\nCompare two versions on live users, and know each way in which the answer can be wrong: the unit, the looks, lost users, shared budgets." notes="Plan: the opening question 2, who is random 3, the price 2, looks 3, lost users 2, CUPED 2, interleaving 2, shared budgets 2, say it 2. Then the core exercise. The lesson has novelty, too; it is not on the slides. Ask first: a test says plus two percent, p below five percent. What would you ask before you ship? Keep the answers on the board: who was counted, how often did you look, who is missing, what did the other arm lose? (2 min)"
# # Experiments that tell the truth
#
# **Goal.** Compare two versions on live users, and know each way in which the answer can be wrong: the unit, the looks, lost users, novelty, shared budgets.
#
# | where we are | you need | it takes |
# |---|---|---|
# | requirements ▸ data ▸ features ▸ model ▸ **evaluation** ▸ serving | intervals (06); the click log (02) | 20 minutes to read, under 30 s, under 700 MB |

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown] notes="Write the formula on the board and let the class find where rows come in: only as a user's sums. Then ask why the covariance matters: who sees more also clicks more."
# ## What is random?
#
# An A/B test gives each user an **arm** at random: control or treatment. An **A/A test** shows the same to both, so at level 5 % it should cry "significant" in 5 % of its runs. It tests the test.
#
# The click rate $r$ is clicks over items shown. Rows of one user are alike, and users, not rows, were assigned. With $y_u$ clicks and $n_u$ items shown of user $u$, the **delta method** gives the variance of an arm's rate, for many users:
#
# $$ \mathrm{var}(r) = \frac{\sum_u (y_u - r\, n_u)^2}{\left(\sum_u n_u\right)^2} $$
#
# A *simulated* recommender, whose users differ in how often they come and, by the dial `clicky`, in how readily they click:

# %%
import numpy as np
import pandas as pd

from mlpipe.course import claim, exercise, guess, guesses, reveal, say
from mlpipe.worlds import RecommenderWorld, budget_market

n_users, a_day, runs = (20_000, 15_000, 2_000) if SCALE == "full" else (2_000, 1_500, 200)


def log_of(clicky=0.5, days=7):  # clicks and items shown: two tables, days x users
    world, rng = RecommenderWorld(n_users, 100, SEED, clicky=clicky), np.random.default_rng(SEED)
    users = world.visits(days * a_day, rng)
    clicks = world.show(users, world.best(10)[users], rng).sum(axis=1)
    cell = np.repeat(np.arange(days), a_day) * n_users + users
    return [np.bincount(cell, x, days * n_users).reshape(days, -1) for x in (clicks, 10 + 0 * clicks)]


def null_tests(y, n):  # z of A/A tests by row and by user; the same arms at each call
    rng, moments = np.random.default_rng(SEED), np.stack([y, n, y**2, y * n, n**2], axis=1)
    treated = np.vstack([(rng.random((100, len(y))) < 0.5) @ moments for _ in range(runs // 100)])
    y, n, yy, yn, nn = np.stack([treated, moments.sum(axis=0) - treated]).transpose(2, 0, 1)  # by arm
    r = y / n
    variances = r * (1 - r) / n, (yy - 2 * r * yn + r**2 * nn) / n**2  # by row; by user, as above
    return [(r[0] - r[1]) / np.sqrt(variance.sum(axis=0)) for variance in variances]

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: how often does an A/A test cry?\n\nEach user gets an arm at random; both arms show the same. At level 5 % a sound test finds a difference in 5 % of its runs.\n\nThis one takes *rows* for independent. One week of a simulated recommender: in what share of the runs does it find a difference?" notes="Collect the answers to the opening question first. An A/A test tests the test. Rows of one user are alike, and users, not rows, were assigned. Everybody writes a number. (1 min)"
# **Predict before you run.** One week, both arms alike. The test takes rows for independent. How often does it find a difference at level 5 %?

# %% slideshow={"slide_type": "-"}
guess("14.by_row", unit="%")

# %% slideshow={"slide_type": "slide"} slide="## Assign users, so count users" notes="Write the variance by user on the board and let the class find where rows come in: only as a user's sums. Then ask why the covariance matters: who sees more also clicks more. Only clicky, how much users differ in clicking, changes between the columns. In the interview: run A/A tests on your own log. (2 min)"
z = {dial: null_tests(*(x.sum(axis=0) for x in log_of(dial))) for dial in (0, 0.5, 1)}
alarms = pd.DataFrame({dial: (np.abs(two) > 1.96).mean(axis=1) for dial, two in z.items()})
print(alarms.set_axis(["by row", "by user"]).rename_axis(columns="clicky").round(2).to_string())
claim("Rows taken for independent: A/A tests that find a difference", alarms[0.5][0], id="14.aa_rows",
      baseline=0.05, at_least=0.2, fmt=".2f")
claim("By user: about as many as they should", alarms[0.5][1], id="14.aa_users", baseline=alarms[0.5][0],
      between=(0.03, 0.07), fmt=".3f")
claim("The variance by user over that by row (the design effect)", np.mean((z[0.5][0] / z[0.5][1]) ** 2),
      id="14.design_effect", baseline=1.0, at_least=2.5, fmt=".1f")
reveal("14.by_row", 100 * alarms[0.5][0], fmt=".0f")

# %% [markdown]
# Only `clicky` changes between the columns, so it is the cause of the rise. With 0 some is left: rows of a user are alike in other ways, too, such as taste.
#
# ## How bad is it on the ad log?
#
# A fortnight of people (lesson 02), and the same with the *bots* left in:

# %%
from mlpipe.simulator import simulate_ad_log

log = simulate_ad_log(1_000_000 if SCALE == "full" else 50_000, seed=SEED)
ads = log.impressions[["user_id", "timestamp", "clicked"]].dropna(subset="user_id")
bots, late = log.truth["is_bot"][ads.index], ads["timestamp"] >= "2026-01-12"
both = [x.groupby("user_id")["clicked"].agg(["sum", "size"]).to_numpy(float) for x in (ads[~bots], ads)]
people, everyone = ((np.abs(null_tests(*x.T)[0]) > 1.96).mean() for x in both)
claim("The ad log's people: A/A tests by row that find a difference (baseline: with bots)", people,
      id="14.aa_ads", baseline=everyone, at_most=0.11, fmt=".3f")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: do four weeks halve the interval?\n\nUsers an arm for a power of .8:\n\n$$ n = 15.7\\, \\sigma^2 / \\delta^2 $$\n\nFour weeks have four times the visits of one. With *new* users each week the interval would be 50 % as wide. How wide is it here?" notes="Sigma squared is the variance of a user's metric, delta the effect: half the effect costs four times the users. Ask where the new users of the fourth week come from. (1 min)"
# Less bad, as long as the bots are out. Run A/A tests on *your* log; a test by user costs nothing.
#
# ## What does certainty cost?
#
# To find a difference $\delta$ in a metric of variance $\sigma^2$ a user, at level 5 % with **power** (chance to find it) .8, each arm needs $n = 15.7\, \sigma^2 / \delta^2$ users. Half the effect costs four times the users, and users come at their own pace. Here 20,000 people exist; each visit is one of them, drawn by their activity.
#
# **Predict before you run.** Four weeks have four times the visits of one. If each week brought new users, the interval would be 50 % as wide. How wide is it here?

# %% slideshow={"slide_type": "-"}
guess("14.width", unit="%")

# %% slideshow={"slide_type": "slide"} slide="## Returning users add little" notes="Four weeks show few more users than one, only each of them better, and what is random is the user. Already a lift of 2 % needs more people than exist. So plan with the new users of a week, and lower the variance where weeks do not help. (1 min)"
from mlpipe.experiments import boundary, cuped, ratio_test, sample_ratio_p, team_draft, users_needed

(clicks, shown), arm = log_of(days=28), np.random.default_rng(SEED).random(n_users) < 0.5
tests = {w: ratio_test(*(x[: 7 * w].sum(axis=0) for x in (clicks, shown)), arm) for w in (1, 2, 4)}
rate, variance = tests[1].control, tests[1].n_control * tests[1].standard_error**2 / 2  # of a user
print("users an arm for", *(f"  +{x}%: {users_needed(variance, x / 100 * rate):,}" for x in (5, 2, 1)))
print("users seen in weeks", *(f"  {w}: {shown[: 7 * w].any(axis=0).sum():,}" for w in tests))
claim("Standard error of four weeks over that of one (baseline: if each week had new users)",
      tests[4].standard_error / tests[1].standard_error, id="14.four_weeks", baseline=0.5, at_least=0.8)
reveal("14.width", 100 * tests[4].standard_error / tests[1].standard_error, fmt=".0f")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: may we look every day?\n\nA team looks every day and stops at the first $|z| > 1.96$.\n\nThere is no effect. Fourteen looks, equal numbers of new users each day.\n\nIn what share of the runs does the team cry \"significant\"?" notes="Some say 5, some 14 times 5. Ask both for their reason: the looks are neither one nor independent. (1 min)"
# Four weeks show few more users than one, only each of them better, and what is random is the user. Already 2 % need more people than exist. So plan with the *new* users of a week, who become fewer; where weeks do not help, lower the variance (below).
#
# ## May we look every day?
#
# A team looks every day and stops at the first $|z| > 1.96$, with $z$ the difference over its standard error. Here each day brings an equal number of *new* users, each counted once, so $z_k$ is a sum of $k$ independent steps over $\sqrt{k}$. The true effect, where there is one, is such that one test on day 14 has a power of .8.
#
# **Predict before you run.** No effect, fourteen looks. In how many of the runs does the team cry "significant"?

# %% slideshow={"slide_type": "-"}
guess("14.looks", unit="%")

# %%
from scipy.stats import norm, ttest_1samp

rng, k, cried, rows = np.random.default_rng(SEED), np.arange(1, 15), {}, {}
luck = rng.normal(size=(20_000 if SCALE == "full" else 2_000, 14)).cumsum(axis=1)
effect = (norm.isf(0.025) + norm.ppf(0.8)) / np.sqrt(14)  # of a day's users, in standard errors
rules = {"one look": np.where(k == 14, 1.96, np.inf), "1.96 daily": np.full(14, 1.96),
         "O'Brien-Fleming": boundary(14, "obrien-fleming"), "Pocock": boundary(14, "pocock")}
for name, bound in rules.items():
    crossed, stops = (np.abs(sums) >= bound * np.sqrt(k) for sums in (luck, luck + effect * k))
    cried[name] = np.logical_or.accumulate(crossed, axis=1).mean(axis=0)
    hit, first = stops.any(axis=1), stops.argmax(axis=1)
    found = (luck / k / effect + 1)[hit, first[hit]]  # estimate over truth
    rows[name] = cried[name][-1], hit.mean(), np.where(hit, first + 1, 14).mean(), found.mean()
looks = pd.DataFrame(rows, ["false alarms", "power", "days", "estimate over truth"])
print(looks.T.round(2).to_string())

# %% slideshow={"slide_type": "slide"} slide="## Decide the looks before the start" notes="Pocock takes the same bound at every look, O'Brien-Fleming a strict one early that ends near 1.96 and keeps nearly all of the power. Both need the number of looks in advance. The first significant look also exaggerates: on average it is far above the true effect. Where users return, fewer runs cry wolf; still too many. (2 min)" alt="Share of A/A runs that have cried significant, by day. With 1.96 at every look it rises from one in twenty on day 1 to more than one in five on day 14. Pocock's and O'Brien-Fleming's bounds end at one in twenty; O'Brien-Fleming stays near zero until the second week."
import matplotlib.pyplot as plt

from mlpipe import plots

plots.use_style()
ax = (100 * pd.DataFrame(cried, k)[list(rules)[1:]]).plot(legend=False)
ax.axhline(5, color="black", linestyle="--", linewidth=1.5)
ax.set(title="1.96 at every look cries wolf", xlabel="day", ylabel="false alarms (%)", ylim=(0, 25))
plots.label_lines(ax)
plt.show()

# %%
one, naive, bounded, pocock = (looks[name] for name in rules)
daily = np.abs([null_tests(*(x[:day].sum(axis=0) for x in (clicks, shown)))[1] for day in k]) > 1.96
claim("14 looks with 1.96: A/A runs that cry 'significant'", naive.iloc[0], id="14.peeking",
      baseline=one.iloc[0], between=(0.2, 0.24), fmt=".3f")
claim("The same in our recommender, where users return", daily.any(axis=0).mean(),
      id="14.peeking_return", baseline=daily[-1].mean(), at_least=0.1, fmt=".2f")
claim("O'Brien-Fleming's bound keeps the level", bounded.iloc[0], id="14.bounded",
      baseline=naive.iloc[0], at_most=0.056, fmt=".3f")
claim("... and nearly all of the power of .8 (baseline: Pocock)", bounded.iloc[1],
      id="14.obrien_fleming", baseline=pocock.iloc[1], at_least=0.76, fmt=".2f")
claim("The first significant look, over the true effect (baseline: one look)", naive.iloc[3],
      id="14.first_look", baseline=one.iloc[3], at_least=1.55, fmt=".2f")

# %% slideshow={"slide_type": "-"}
reveal("14.looks", 100 * naive.iloc[0], fmt=".0f")

# %% [markdown]
# Pocock takes the same bound at every look, O'Brien-Fleming a strict one early that ends near 1.96. Both need the number of looks in advance, and are exact for equal steps of new users. Where users return, successive looks are more alike and fewer runs cry wolf; still too many. Even one look exaggerates a little, since unlucky runs are not called significant.
#
# ## Who is missing?
#
# 200,000 users, no effect at all. The new page is too slow for the longest histories: requests of the busiest users in the treatment time out and leave no line in the log. The **sample-ratio check** asks whether the arms have as many users as the draw should give (usually at p < .001).

# %%
n, busy = 10 * n_users, rng.lognormal(1, 1, 10 * n_users)
visits, bought, new = rng.poisson(busy), rng.poisson(0.3 * busy), rng.random(n) < 0.5
lost = new & (visits > np.quantile(visits, 0.97))
alike = np.isin(np.arange(n), rng.choice(np.flatnonzero(~new), lost.sum(), replace=False))
whole, busy, even = (ratio_test(bought[~x], None, new[~x]) for x in (lost & ~lost, lost, lost | alike))
found, control = {}, rng.binomial(n, 0.5, 1000)
for share in (0.002, 0.005, 0.01, 0.02):
    arms = zip(control.tolist(), rng.binomial(n - control, 1 - share).tolist())
    found[f"{share:.1%}"] = np.mean([sample_ratio_p(*two) < 0.001 for two in arms])
print("share of one arm lost, and how often the check sees it:", pd.Series(found).round(2).to_dict())

# %% slideshow={"slide_type": "slide"} slide="## Who is missing?\n\nNo effect at all. The new page times out for the busiest users." notes="The sample-ratio check asks whether the arms have as many users as the draw should give. It sees how many are missing, not who. Ask for filters that come after the coin: bots by their number of clicks, sessions without an error, users who saw the page. Count everyone who was assigned. Third: seldom is one percent of an arm missed. Fourth: equal numbers, and the lift is as wrong. (2 min)"
claim("Lift, if the treatment loses its busiest users, at most 3 %", busy.lift,
      id="14.lost_users", baseline=whole.lift, at_most=-0.1, fmt="+.1%")
claim("The sample-ratio check sees it (p)", sample_ratio_p(busy.n_control, busy.n_treatment), fmt=".6f",
      id="14.mismatch", baseline=sample_ratio_p(whole.n_control, whole.n_treatment), at_most=0.001)
claim("One percent of an arm lost: share that is found (baseline: 2 %)", found["1.0%"],
      id="14.small_loss", baseline=found["2.0%"], at_most=0.2, fmt=".2f")
claim("With as many users lost from control the check passes, and the lift is as wrong", even.lift,
      id="14.unseen", baseline=whole.lift, at_most=-0.1, fmt="+.1%")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Can the past help?\n\nTwo logs: our *recommender*, and the *ad log* of lesson 02. **CUPED** takes off what a number from before the test explains:\n\n$$ y_u - \\theta\\,(x_u - \\bar x), \\qquad \\theta = \\mathrm{cov}(x, y) / \\mathrm{var}(x) $$" notes="What comes before the assignment cannot depend on the arm: here clicks and items shown of the fortnight before, in the ad log of the week before. Ask: for which metric does the past tell most? For a count, since users differ in how often they come; a rate divides that out. (2 min)"
# The check sees *how many* are missing, not *who*, and of 200,000 users seldom a loss of 1 %. So count everyone who was assigned, and test after each filter.
#
# ## Can the past help?
#
# **CUPED** subtracts from each user's metric $y_u$ what a number $x_u$ from the time before the test explains of it:
#
# $$ y_u - \theta\, (x_u - \bar x), \qquad \theta = \mathrm{cov}(x, y) \,/\, \mathrm{var}(x) $$
#
# What comes before the assignment cannot depend on the arm. Here it is two numbers, clicks and items shown. The last fortnight of our recommender is the test, the one before it the past. Each click of a treated user brings one more with a probability of 2 %. In the ad log the second week is the test. The first table is the share of the variance that CUPED leaves, the second the power in the recommender.

# %%
def count_and_rate(y, n):  # a number a user each; means of the second are compared as click rates are
    return {"clicks a user": y, "click rate": y - y.sum() / n.sum() * n}


halves = ads[~bots].groupby(["user_id", late])["clicked"].agg(["sum", "size"]).unstack(fill_value=0)
fortnights = [x.reshape(2, 14, n_users).sum(axis=1) for x in (clicks, shown)]
logs, left, p_values = {"ad log": halves.to_numpy(float).T, "recommender": np.vstack(fortnights)}, {}, []
for log, (y_before, y, n_before, n) in logs.items():
    past = np.column_stack([y_before, n_before])
    left[log] = [cuped(x, past).var() / x.var() for x in count_and_rate(y, n).values()]
for _ in range(500 if SCALE == "full" else 50):
    arm = rng.random(n_users) < 0.5
    metrics = count_and_rate(y + arm * rng.binomial(y.astype(int), 0.02), n)
    metrics |= {f"{name}, CUPED": cuped(x, past) for name, x in metrics.items()}
    p_values.append({name: ratio_test(x, None, arm).p_value for name, x in metrics.items()})
power = (pd.DataFrame(p_values) < 0.05).mean()
print(pd.DataFrame(left, list(metrics)[:2]).round(2), power.round(2).to_string(), sep="\n\n")

# %% slideshow={"slide_type": "-"}
claim("Power for clicks a user with CUPED (baseline: without)", power["clicks a user, CUPED"],
      id="14.cuped_power", baseline=power["clicks a user"], at_least=0.6, fmt=".2f")
claim("Variance left in the ad log's click rate (baseline: in its clicks a user)", left["ad log"][1],
      id="14.cuped_rate", baseline=left["ad log"][0], at_least=0.975, fmt=".3f")

# %% [markdown]
# In the recommender the count differs between users mostly by how often they come, and the past tells that. The click rate divides it out: look at its power without CUPED. CUPED adds to a rate as far as the past tells it, too: much in the recommender, hardly anything in the ad log.
#
# ## Can one user see both?
#
# **Interleaving** mixes two rankings into one list (*team draft*: as captains pick teams), and a click is a vote for who picked the item. Users who differ cancel. Two rankers know each user's taste with an error, in part the same; B's own part is smaller. How many users does each test need in a week of five visits on average, for a power of .8 at level 5 %? We ask twice: under *examination* each item that is looked at may be clicked, under *cascade* one click ends the visit.

# %%
def compared(cascade, users=10_000 if SCALE == "full" else 2_000, weeks=7):
    world = RecommenderWorld(users, 200, SEED, cascade=cascade)
    taste = np.log(world.attraction) + rng.normal(0, 0.5, world.attraction.shape)
    a, b = (np.argsort(-taste - rng.normal(0, sd, taste.shape))[:, :10] for sd in (0.5, 0.4))
    who, cell = world.visits(weeks * 5 * users, rng), np.repeat(np.arange(weeks), 5 * users) * users
    slates, teams = team_draft(a[who], b[who], rng)
    with_a, with_b, mixed = (world.show(who, lists, rng) for lists in (a[who], b[who], slates))
    each = with_a.sum(axis=1), with_b.sum(axis=1), 1 + 0 * who, (mixed * (2 * teams - 1)).sum(axis=1)
    sums = np.stack([np.bincount(cell + who, x, weeks * users) for x in each]).reshape(4, weeks, users)
    came = sums[2, 1:] > 0  # a user in a week; the first week is the past of the second
    (y_a, y_b, n, votes), past = sums[:, 1:][:, came], sums[[0, 2], :-1][:, came].T
    rates = [y - (y_a + y_b).sum() / n.sum() / 2 * n for y in (y_a, y_b)]
    metrics = {"clicks a user": (y_a, y_b), "clicks a visit": rates}
    metrics["clicks a visit, CUPED"] = [cuped(x, past) for x in rates]
    gap = world.activity @ (world.value(b) - world.value(a)) * n.mean()  # clicks a user, exact
    needed = {name: 2 * users_needed((x.var() + z.var()) / 2, gap) for name, (x, z) in metrics.items()}
    needed["interleaving"] = few = users_needed(votes.var() / 2, votes.mean())
    drawn = votes[rng.integers(len(votes), size=(500, few))]
    return needed | {"power": (ttest_1samp(drawn, 0, axis=1).pvalue < 0.05).mean()}

# %% slideshow={"slide_type": "slide"} slide="## Interleaving: name the metric\n\nTwo rankings in one list; a click is a vote. *Examination*: each item looked at may be clicked. *Cascade*: one click ends the visit.\n\nTimes the users that interleaving needs:" notes="As captains pick teams, so the two rankings fill the list. Most of the large factor is a metric in which users who differ drown the effect. And the vote says which ranking is preferred in a mixed list, not what it earns alone. (2 min)"
needed = pd.DataFrame({way: compared(way == "cascade") for way in ("examination", "cascade")})
times = needed[:-1] / needed.loc["interleaving"]
print(times.round(1).to_string(), "\npower:", *(f"{w} {x:.2f}" for w, x in needed.loc["power"].items()))

# %%
for what, kept in zip(times.index, (dict(id="14.interleaving", at_least=20),
        dict(id="14.interleaving_visit", at_least=2.5), dict(id="14.interleaving_cuped", at_least=1.5))):
    claim(f"A/B on {what}: times the users of interleaving (examination)", times["examination"][what],
          baseline=1.0, fmt=".1f", **kept)
claim("A/B on clicks a user: times the users of interleaving (cascade)", times["cascade"].iloc[0],
      id="14.cascade", baseline=1.0, at_least=20, fmt=".1f")

# %% [markdown]
# (The power is that of 500 tests, their users drawn anew from these weeks.) So *name the metric*: most of the large factor is a metric in which users who differ drown the effect. Two other rankers have other factors. And the vote says which ranking is preferred in a mixed list, not what it earns alone.
#
# ## Will it last?
#
# People try what is new. Here the treatment brings 1 % in the long run, and 8 % more that fades within days of a user's *first* visit. Users first come on any day, so sort by days since a user was first seen, not by date.

# %%
visits = rng.poisson(rng.lognormal(-1.5, 1, (3 * n_users, 1)), (3 * n_users, 28))
age, arm = (visits.cumsum(axis=1) > 0).cumsum(axis=1) - 1, rng.random(3 * n_users) < 0.5  # age in days
clicked = rng.poisson(visits * 0.5 * (1 + arm[:, None] * (0.01 + 0.08 * np.exp(-age / 4))))
tests = [ratio_test(*((x * (age >= low) * (age < high)).sum(axis=1) for x in (clicked, visits)), arm)
         for low, high in ((0, 3), (3, 7), (7, 14), (14, 28))]
print(pd.DataFrame(tests, ["0-2", "3-6", "7-13", "14-27"])[["lift", "lift_low", "lift_high"]].round(3))
claim("The lift falls from a user's first days to the last ones (points; baseline: had it lasted)",
      100 * (tests[0].lift - tests[-1].lift), id="14.novelty", baseline=0.0, at_least=4, fmt=".1f")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Guess: what if the arms share a purse?\n\nSixty campaigns pay per click from a budget for the week. Nearly all of it gets spent, also with the old model.\n\nA test splits *users*, and finds a large lift for the new model. How much of it is left if all get the new model?" notes="Draw two arms and one purse. Ask: who paid for the treatment's clicks? (1 min)"
# The interval of the last weeks is about as wide to each side as the 1 % itself: read the fall, not the end.
#
# ## What if the arms share something?
#
# Sixty campaigns pay per click from a budget for the week. A new model shows each user ads that suit more. Users are split. But the *budgets* are shared: what the treatment takes is gone for control. Since all is *simulated*, we can also give the new model to everybody. That is the truth.
#
# **Predict before you run.** Nearly all budgets get spent, also with the old model. The user split finds a large lift. How much is left if all get the new model?

# %% slideshow={"slide_type": "-"}
guess("14.shared", choices=["all", "about half", "hardly any"])

# %%
ways = {"share": 1}, {"share": 0}, {"share": 0.5}, {"share": 0.5, "apart": True}, {"share": 0, "week": 1}
worth = {}
for name, budget in {"spent": 115, "lasting": 3_000}.items():
    new, old, users, halves, before = (budget_market(budget=budget, seed=SEED, **one) for one in ways)
    worth[name] = [new[1] / old[0], users[1] / users[0], halves[1] / halves[0], users.sum() / before[0]]
worth = pd.DataFrame(worth, ["new for all", "user split", "budget split", "arms, week before"]) - 1
print(worth.map("{:+.1%}".format).to_string())

# %% slideshow={"slide_type": "slide"} slide="## Assign what is shared" notes="Ask which number, known to the team during the test, could have told them: both arms together over the week before. If the gain were real, half of it would show there. Assign a half of each budget, a region, a day. (1 min)"
truth, by_user, by_budget, both = worth["spent"]
claim("Budgets are spent: lift of clicks that the user split finds", by_user, id="14.user_split",
      baseline=truth, at_least=0.4, fmt="+.0%")
claim("... what the new model brings if all get it", truth, id="14.shared_budgets", baseline=by_user,
      at_most=0.1, fmt="+.1%")
claim("... what is found if each arm has half of each budget", by_budget, id="14.budget_split",
      baseline=by_user, at_most=0.1, fmt="+.1%")
claim("Both arms together over the week before (baseline: half the lift)", both, id="14.totals",
      baseline=by_user / 2, at_most=0.1, fmt="+.1%")
reveal("14.shared", ("hardly any", "about half", "all")[np.digitize(truth / by_user, (0.25, 0.75))])

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Core exercise: a click rate by user\n\nFrom the rows of a log: the difference of the click rates, treatment less control, and its standard error by user:\n\n$$ \\mathrm{var}(r) = \\frac{\\sum_u (y_u - r\\, n_u)^2}{\\left(\\sum_u n_u\\right)^2} $$" notes="In pairs, after the talk. y is a user's clicks, n the items shown, r the rate of the arm. .hint() after three minutes, the solution after ten. (10 min)"
# Only the budgets change between the columns. What could have told the team? If the treatment's gain were real, half of it would show in both arms together, over a week before with as many requests. Assign what is shared: a half of each budget, a region, a day.
#
# ### Exercise (core): a click rate by user
#
# Rows of a log: `clicked` is 0 or 1, `user` any id, `treated` a bool. Return the difference of the click rates, treatment less control, and its standard error: the square root of the sum of both arms' $\mathrm{var}(r)$ by the formula above.

# %% slideshow={"slide_type": "-"} slide_code="1-2" tags=["exercise:14.click_rate_test"]

# %%
exercise("14.click_rate_test").check(click_rate_test)

# %% [markdown]
# ### Exercise: CUPED
#
# `values` is a metric of each user in the test, `before` one from the time before it. Return the difference of the adjusted means, treatment less control, and the share of the values' variance that is left. Take one slope $\theta$ over both arms.

# %% tags=["exercise:14.cuped_difference"]

# %%
exercise("14.cuped_difference").check(cuped_difference)

# %% [markdown]
# ### Exercise: team draft
#
# `a` and `b` rank items, best first; both are of the length of the list to make. In round `i`, `a` picks first if `coins[i]` is True, else `b`; then the other one. Each picks its best item that is not in the list yet. Stop when the list is as long as `a`, also in the middle of a round. Return the items, and the teams: 0 for `a`, 1 for `b`.

# %% tags=["exercise:14.mixed_list"]

# %%
exercise("14.mixed_list").check(mixed_list)

# %% [markdown]
# ### Exercise: who is missing?
#
# Rows of a log have a `user` and an `arm` (0, 1, ...); a user may have many rows. `shares` is the planned share of each arm; an arm may be without rows. Return Pearson's $\chi^2$ of the numbers of *users*: the sum over the arms of (found - planned)$^2$ / planned.

# %% tags=["exercise:14.sample_ratio"]

# %%
exercise("14.sample_ratio").check(sample_ratio)

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Say it in the interview" notes="Two learners say it aloud, without reading. The power of O'Brien-Fleming's bound is a claim of the lesson. Then back to the board: who was counted, how often did you look, who is missing, what did the other arm lose? (2 min)"
# ## What we have seen
#
# - What is assigned is the unit of the test: users, or budgets where these are shared. Rows and returning users promise a certainty that is not there.
# - Decide before the start: users, looks and their bound, the metric, who is counted. Then check the ratio of the arms.
# - The past helps as far as it tells the metric; interleaving helps most against a poor metric; a lift may be new, or taken from the other arm.

# %%
guesses()

# %% slideshow={"slide_type": "-"}
say("I assign users and test by user: by row, {14.aa_rows:.0%} of A/A tests found a difference. Daily "
    "looks at 1.96 cry wolf in {14.peeking:.0%} of the runs; O'Brien-Fleming's bound keeps 5 %, and a "
    "power of {14.obrien_fleming:.0%}. I check the sample ratio: lost users made {14.lost_users} of "
    "nothing. Interleaving needed {14.interleaving:.0f} times fewer users than clicks a user, but "
    "{14.interleaving_cuped} times fewer than clicks a visit with CUPED. And I ask what the arms share: "
    "a lift of {14.user_split} was worth {14.shared_budgets}. All that in simulations.")

# %% [markdown]
# *Read more:* Kohavi, Tang and Xu 2020, *Trustworthy online controlled experiments*; Deng, Knoblich and Lu 2018, on the delta method; Deng et al. 2013, on CUPED; Pocock 1977, and O'Brien and Fleming 1979, on looks; Fabijan et al. 2019, on sample ratios; Radlinski, Kurup and Joachims 2008, on team draft; Liu et al. 2021, *Trustworthy and powerful online marketplace experimentation with budget-split design*. *Next:* 15, learning from one's own log.
