# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   mlpipe:
#     budget_megabytes: 320
#     budget_seconds: 8
#     minutes: 15
# ---

# %% [markdown] notes="Plan: opening 1, check of the machines 1, cold answer 5, the picture 3, claims 3, exercises and paths 2. Then the core exercise, ten minutes, here or at home. Say what this course is not: a list of answers to learn by heart. Everything a strong answer asserts is computed in front of the class. Let everybody write the cold answer before you show the map."
# # Start here
#
# **Goal.** Know where you stand today, see the whole system on one picture, and learn how this course checks itself and you.
#
# | where we are | you need | it takes |
# |---|---|---|
# | **start** ▸ frame ▸ recommender ▸ clicks ▸ system ▸ interview | nothing | 15 minutes to read, under 8 s, under 320 MB |
#
# At the end of the course you can hold the floor for twelve minutes on either of two interview questions, survive the six
# minutes of follow-ups, and back each statement with a number that you have measured yourself.

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown]
# ## Is this machine ready?
#
# Run this cell first. Each failure comes with its fix.

# %%
from mlpipe.workshop.environment import check_environment

check_environment()

# %% [markdown] notes="Five minutes by the clock, in silence, no talking. Who skips this has nothing to compare the last answer with. Nobody reads the answers aloud."
# ## What would you say today?
#
# Here are the two questions. Both are asked in a phone or web screen, and you get 15 to 20 minutes for one.
#
# > **Recommender.** Show how you would design the model architecture of a recommendation system. Explain the steps you would
# > take to choose the architecture and to justify the choice. You may write a little Python.
#
# > **Click-through rate.** Design a pipeline that predicts the probability that a shown ad is clicked. Justify the choice of model,
# > features and evaluation. You may write a little Python.
#
# Choose one. Set a clock to **five minutes** and write what you would say, in notes or sentences, without looking anything up.
# It may feel thin. Do not mend it: it is kept, and the mock interview that closes the course puts it beside your new answer.

# %%
from mlpipe.interview import save_cold_answer

save_cold_answer(
    "recommender",  # or "ctr"
    """

    """,
)

# %% [markdown] notes="Leave this picture on the screen for a minute. Ask: at which box did your cold answer begin? Count how many began at the model, the middle of the picture."
# ## What is the whole system?
#
# Both questions are about the same machine. A recommender and an ad server log what people do, turn the log into features, find a few
# hundred candidates, rank them, show some, and watch what happens. What was shown then decides what is logged. The numbers are the lessons; follow one.

# %%
from mlpipe.course.system_map import system_map

system_map()

# %% [markdown]
# The model that ranks is one box of eight, and the system writes its own training data.
#
# **Where did your cold answer begin?** A weak answer begins at *ranking* with a model and justifies it afterwards. The order that this course trains is:
# goal, label, baseline, alternatives, choice, and the condition that would change the choice.
#
# ## Why should you believe the numbers?
#
# A lesson never types the result of a run into its text. It makes a **claim**: a sentence, the measured value, the value of a
# trivial model, and a bound that the trivial model misses. When a claim no longer holds, the lesson stops and the tests fail.
#
# Let us make one. The recommender lessons use MovieLens: real people rating films.

# %%
from mlpipe.datasets import movielens

ratings = movielens().ratings
n_users, n_films = ratings["user_id"].nunique(), ratings["item_id"].nunique()
print(f"{len(ratings):,} ratings by {n_users} users of {n_films:,} films")

# %% [markdown]
# **Predict before you run.** If you made a table with a row for each user and a column for each film, which share of its cells would be filled?
# Write down a guess.

# %%
filled = len(ratings) / (n_users * n_films)
print(f"filled: {filled:.1%}")

# %%
from mlpipe.course import claim

claim(
    "Fewer than one cell in fifty of the table of users and films is filled", filled,
    id="00.density", baseline=1.0,  # a full table
    at_most=0.02, fmt=".1%",
)

# %% [markdown]
# The sign tells whether the claim holds, then come the value, the bound and the trivial baseline. The name at the end identifies the claim all over the course.
# Change `at_most` to 0.01 and run the cell again: the claim fails, as it should.
#
# One seed gives the same text and conclusions on any CPU, and the same numbers up to one unit of the last digit shown.
# So your numbers are those of your neighbour and of this page. The cell tagged *parameters* at the top of a lesson sets the seed.
#
# One more, about the people. How much of all the rating is done by the busiest tenth of users?

# %%
per_user = ratings["user_id"].value_counts()  # sorted, busiest first
busiest = per_user.iloc[: n_users // 10]

claim(
    "The busiest tenth of the users gives far more than a tenth of the ratings",
    busiest.sum() / per_user.sum(),
    id="00.busiest_tenth", baseline=0.1,  # if all users were equally busy
    at_least=0.3, fmt=".0%",
)

# %% [markdown] notes="Run the exercise once wrongly on the projector: use > instead of >=. The class sees that the checker names the mistake."
# ## How do exercises work?
#
# You write a function in a cell; the cell below it checks the function on random inputs that are new each time. A wrong answer is told
# *which* mistake it is, as far as the course knows it. Three calls help: `.hint()` (three of them, each tells more), `.solution()` and
# `.reset()`. The first exercise needs one word: a *like* is a rating of four stars or more, in all lessons.
#
# ### Exercise (core): the share of likes
#
# `ratings` is an array of stars from 0.5 to 5. Return the share of likes.

# %% tags=["exercise:00.share_of_likes"]

# %%
from mlpipe.course import exercise

exercise("00.share_of_likes").check(share_of_likes)

# %% [markdown]
# No idea? Run `exercise("00.share_of_likes").hint()` in a cell of its own. Then try a wrong answer on purpose, with `>` in place of `>=`, and read what it says.
#
# ## Which way through the course?
#
# | you have | take |
# |---|---|
# | time | all lessons, in order: each is a class of 15 to 20 minutes |
# | four classes to teach | 01 requirements, 04 measuring, 05 matrix factorization, 08 click baselines |
# | an interview on Friday | the three hours below |
# | an hour | one mock interview, 18 or 19, and two of the traps: short notebooks with one fault each, to be found from its symptoms |
#
# The three hours before Friday, by the clock:
#
# | minutes | take |
# |--:|---|
# | 10 | the cold answer above, to both questions |
# | 25 | 05: read, run, the core exercise |
# | 15 | 02, *What was shown?* and *When is the label known?*; 03, *What did we know at that moment?* |
# | 25 | 08: read, run, the core exercise |
# | 35 | 18: sit the interview, then score it sentence by sentence |
# | 10 | the model answer of 18, beside your own |
# | 35 | 19: sit the interview, then score it |
# | 10 | the model answer of 19, beside your own |
# | 10 | the drill of 18 or 19, whichever scorecard shows the weaker dimension |
#
# Lessons stand alone: each says what it needs. There are eighteen of them, both mock interviews, and twelve traps.
#
# ## What we have seen
#
# - The system is a loop of eight parts. The model that ranks is one of them.
# - A claim is a sentence with a number, a trivial baseline and a bound; the run checks it.
# - Exercises are checked on fresh inputs and name the mistake.

# %%
from mlpipe.course import say

say(
    "Before I choose a model I look at the data. In MovieLens-small only {00.density} of the "
    "user and film pairs are known, and the busiest tenth of users gives {00.busiest_tenth} of the "
    "ratings, so I would not treat a missing rating as a dislike."
)

# %% [markdown]
# *Read more:* Harper and Konstan 2015, on the data; Sculley et al. 2015, *Hidden technical debt in machine learning systems*, on how small the model's box
# is. *Next:* 01, from wishes to requirements.
