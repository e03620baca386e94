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

# %% [markdown] slideshow={"slide_type": "slide"} slide="# Start here\nKnow where you stand today, see the whole system on one picture, and learn how this course checks itself and you." notes="Say what this course is not: a list of answers to learn by heart. Everything a strong answer asserts is computed in front of the class. Let everybody write the cold answer before you show the map. Plan: opening 1, cold answer 5, the picture 2, claims and two guesses 5, ways through the course 1, say it 1. The core exercise, ten minutes here or at home, is counted apart. (1 min)"
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

# %% [markdown] slideshow={"slide_type": "slide"} slide="## What would you say today?\n1. **Recommender.** Show how you would design the model architecture of a recommendation system, and justify the choice.\n2. **Click-through rate.** Design a pipeline that predicts the probability that a shown ad is clicked.\n\nChoose one. Five minutes, in writing, without looking anything up." notes="By the clock, in silence, no talking. Who skips this has nothing to compare the last answer with. Nobody reads the answers aloud. (5 min)"
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

# %% [markdown]
# ## What is the whole system?
#
# Both questions are about the same machine. A recommender and an ad server log what people do, turn the log into features, find a few
# hundred candidates, rank them, show some, and watch what happens. What was shown then decides what is logged. The numbers are the lessons; follow one.

# %% slideshow={"slide_type": "slide"} slide="## What is the whole system?" notes="Follow one request from left to right, then the log from right to left. Ask: at which box did your cold answer begin? Count how many began at ranking, one box of eight. (1.5 min)"
from mlpipe.course.system_map import system_map

system_map()

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Where did your cold answer begin?\nA weak answer begins at *ranking*, with a model, and justifies it afterwards.\n\nThe order that this course trains:\n\ngoal \u2192 label \u2192 baseline \u2192 alternatives \u2192 choice \u2192 the condition that would change the choice" notes="Let each find in their notes the first sentence about the goal, and the first about a model. Nobody reads aloud. (0.5 min)"
# The model that ranks is one box of eight, and the system writes its own training data.
#
# **Where did your cold answer begin?** A weak answer begins at *ranking* with a model and justifies it afterwards. The order that this course trains is:
# goal, label, baseline, alternatives, choice, and the condition that would change the choice.

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Why should you believe the numbers?\nA lesson never types a result into its text. It makes a **claim**:\n\n- a sentence and its measured value\n- the value of a trivial model\n- a bound that the trivial model misses\n\nWhen a claim no longer holds, the lesson stops." notes="Say that this holds for each number on these slides, too. The next two results show a claim each; in the notebook, change the bound of one, run the cell, and the class sees the red cross. (1 min)"
# ## Why should you believe the numbers?
#
# A lesson never types the result of a run into its text. It makes a **claim**: a sentence, the measured value, the value of a
# trivial model, and a bound that the trivial model misses. When a claim no longer holds, the lesson stops and the tests fail.
#
# Let us make one. The recommender lessons use MovieLens: real people rating films.

# %%
from mlpipe.course import claim, exercise, guess, guesses, progress, reveal, say
from mlpipe.datasets import movielens

ratings = movielens().ratings
n_users, n_films = ratings["user_id"].nunique(), ratings["item_id"].nunique()
print(f"{len(ratings):,} ratings by {n_users} users of {n_films:,} films")

# %% [markdown] slideshow={"slide_type": "slide"} slide="## How full is the table?\nMovieLens: real people rate films. Make a table with a row for each user and a column for each film.\n\n**Predict:** how many percent of its cells are filled?" notes="Each writes a number before you go on. A guess that was written down is worth more than one that was thought. (1 min)"
# **Predict before you run.** If you made a table with a row for each user and a column for each film, how many percent of its cells would be filled?
# Type a guess into the box, or write it down: you learn more from a result that you have guessed first.

# %%
guess("00.filled", unit="%")

# %%
filled = len(ratings) / (n_users * n_films)
reveal("00.filled", 100 * filled, fmt=".1f")

# %% slideshow={"slide_type": "slide"} slide="## Hardly any cell is filled\nAn empty cell is not a dislike: nobody knows what was not rated." notes="Read the parts of the claim aloud: sign, sentence, value, bound, trivial model. Ask what an empty cell means: not liked, or not seen? Lessons 02 and 05 come back to that. (1 min)"
claim(
    "Fewer than one cell in fifty of the table of users and films is filled", filled,
    id="00.density", baseline=1.0,  # a full table
    at_most=0.02, fmt=".1%",
)

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Who does all the rating?\nSort the users by their number of ratings, and take the busiest tenth.\n\n**Predict:** how many percent of all ratings come from them?" notes="Each writes a number. A tenth of the users; if all were equally busy, a tenth of the ratings. (1 min)"
# The sign tells whether the claim holds, then come the value, the bound and the trivial baseline. The name at the end identifies the claim all over the course.
# Change `at_most` to 0.01 and run the cell again: the claim fails, as it should.
#
# One seed gives the same text and conclusions on any CPU, and the same numbers up to one unit of the last digit shown.
# So your numbers are those of your neighbour and of this page. The cell tagged *parameters* at the top of a lesson sets the seed.
#
# One more, about the people.
#
# **Predict before you run.** How many percent of all ratings come from the busiest tenth of the users?

# %%
guess("00.busiest", unit="%")

# %% slideshow={"slide_type": "slide"} slide="## A few users weigh much\nSay over what your average is taken: ratings, or users." notes="Whom does a model please that is judged by its average over ratings? Lesson 04 and a trap come back to that. (1 min)"
per_user = ratings["user_id"].value_counts()  # sorted, busiest first
busiest = per_user.iloc[: n_users // 10]

claim(
    "The busiest tenth of the users gives far more than a tenth of the ratings",
    busiest.sum() / per_user.sum(),
    id="00.busiest_tenth", baseline=0.1,  # if all users were equally busy
    at_least=0.3, fmt=".0%",
)
reveal("00.busiest", 100 * busiest.sum() / per_user.sum(), fmt=".0f")

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

# %% tags=["exercise:00.share_of_likes"] slideshow={"slide_type": "slide"} slide="## Exercise: the share of likes\nA *like* is a rating of four stars or more. `ratings` is an array of stars from 0.5 to 5: return the share of likes.\n\nThe checker draws new inputs each time, and names the mistake; `.hint()`, `.solution()` and `.reset()` help." slide_code="1-2" notes="Here or at home. First solve it wrongly on the projector, with > instead of >=: the class sees that the checker names the mistake. (10 min)"

# %%
exercise("00.share_of_likes").check(share_of_likes)

# %% [markdown] slideshow={"slide_type": "slide"} slide="## Which way through the course?\n| you have | take |\n|---|---|\n| time | all lessons, in order |\n| four classes to teach | 01, 04, 05, 08 |\n| an interview on Friday | three hours, by the clock: the plan stands in the lesson |\n| an hour | one mock interview (18 or 19) and two traps |" notes="Lessons stand alone: each says what it needs. Show where the plan of three hours stands. The cold answer comes back at the end of the mock interview. (1 min)"
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
# | 10 | the cold answer (lesson 00), to both questions |
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
# How far have you come? Run this cell when you return; it reads your own record, which stays on this machine.

# %%
progress()

# %%
guesses()

# %% [markdown]
# ## What we have seen
#
# - The system is a loop of eight parts. The model that ranks is one of them.
# - A claim is a sentence with a number, a trivial baseline and a bound; the run checks it.
# - Exercises are checked on fresh inputs and name the mistake.

# %% slideshow={"slide_type": "slide"} slide="## Say it in the interview" notes="Each lesson closes with such a box: what it showed, with its numbers, as one would say it. Let somebody say it in their own words. (1 min)"
say(
    "Before I choose a model I look at the data. In MovieLens-small only {00.density} of the "
    "user and film pairs are known, and the busiest tenth of users gives {00.busiest_tenth} of the "
    "ratings, so I would not treat a missing rating as a dislike."
)

# %% [markdown]
# *Read more:* Harper and Konstan 2015, on the data; Sculley et al. 2015, *Hidden technical debt in machine learning systems*, on how small the model's box
# is. *Next:* 01, from wishes to requirements.
