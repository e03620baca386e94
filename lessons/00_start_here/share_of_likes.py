"""The share of likes."""

import numpy as np

from mlpipe.course.definition import edit

core = True
hints = (
    "A like is a rating of four stars or more. What is the answer for the three ratings 4.0, 4.5 and 2.0?",
    "Compare the whole array with the threshold at once. You get an array of True and False.",
    "The mean of an array of True and False is a share. Compare first, then call one method of the result.",
)
takeaway = "The mean of a comparison is a share: you will meet this line in many lessons."


def draw(rng: np.random.Generator, number: int) -> tuple:
    size = int((6, 40, 300)[number] + rng.integers(0, 3))
    ratings = rng.integers(1, 11, size=size) / 2
    ratings[:3] = (4.0, 4.5, 2.0)  # one exactly at the threshold, one on each side
    return (rng.permutation(ratings),)


def share_of_likes(ratings):
    return (ratings >= 4).mean()


def another(ratings):
    return sum(1 for rating in ratings if rating >= 4) / len(ratings)


mistakes = [
    edit(
        "ratings >= 4",
        "ratings > 4",
        "leaves_out_four_stars",
        "You count only ratings above four stars. A rating of exactly 4.0 is a like, too.",
    ),
    edit(
        "(ratings >= 4).mean()",
        "(ratings >= 4).sum()",
        "counts_instead_of_share",
        "You return how many likes there are. The share is that number divided by the number of ratings.",
    ),
    edit(
        "ratings >= 4",
        "ratings < 4",
        "share_of_dislikes",
        "You return the share of ratings below four stars. The two add up to one.",
    ),
    edit(
        "(ratings >= 4).mean()",
        "100 * (ratings >= 4).mean()",
        "percent_instead_of_share",
        "You return percent. A share lies between 0 and 1.",
    ),
    edit(
        "(ratings >= 4).mean()",
        "ratings[ratings >= 4].mean()",
        "mean_of_the_liked",
        "You return the mean number of stars of the likes. Asked is how large a part of all ratings they are.",
    ),
]
