"""Total."""

import pandas as pd

from mlpipe.course.definition import edit, wrong

hints = ("a nudge that is long enough to be read", "the idea, said at some length", "nearly code, but only nearly")
takeaway = "Sums add."


def draw(rng, number):
    return (rng.normal(size=(4, 30, 200)[number]), pd.DataFrame({"a": rng.normal(size=3 + number)}))


def total(values, frame):
    return values.sum()


def another(values, frame):
    return float(sum(values))


def first_only(values, frame):
    return values[0]


mistakes = [
    edit("sum()", "mean()", "mean_not_sum", "You return the mean."),
    wrong(first_only, "You return the first."),
    edit("sum()", "nope()", "fails_itself", "This one cannot run."),
]
