"""Requests a second at the peak."""

import numpy as np

from mlpipe.course.definition import edit
from mlpipe.envelope import queries_per_second

hints = (
    "How many requests come in the busiest hour, all users together?",
    "`busiest_hour` is the share of the day's requests that come in one hour. "
    "From that many requests in an hour it is one step to a second.",
    "Users times requests each is the day. A share of the day falls into one hour, and an hour has 3,600 seconds.",
)
takeaway = "One multiplication aloud: users, requests each, the share of the busiest hour, 3,600 seconds."


def draw(rng: np.random.Generator, number: int) -> tuple:
    users = int(rng.integers(2, 90)) * (1_000, 100_000, 1_000_000)[number]
    return users, float(rng.integers(3, 20)), float(rng.uniform(0.06, 0.15))


def peak_requests(daily_users, requests_per_user, busiest_hour):
    in_the_hour = daily_users * requests_per_user * busiest_hour
    return in_the_hour / 3600


def another(daily_users, requests_per_user, busiest_hour):
    return queries_per_second(daily_users, requests_per_user, peak_factor=24 * busiest_hour)


equivalent = {
    "return queries_per_second(requests_per_user, daily_users, peak_factor=24 * busiest_hour)": "a product commutes",
}
mistakes = [
    edit(
        "in_the_hour / 3600",
        "daily_users * requests_per_user / 86400",
        "mean_of_the_day",
        "This is the mean over the day, as in the published answer. "
        "Machines must survive the busiest hour, not the mean.",
    ),
    edit(
        "in_the_hour / 3600",
        "daily_users / 86400",
        "users_over_a_day",
        "You divide users by the seconds of a day: requests a user and the busiest hour are both missing.",
    ),
    edit(
        "daily_users * requests_per_user",
        "daily_users",
        "users_are_not_requests",
        "You count users. Each sends several requests a day: multiply by `requests_per_user`.",
    ),
    edit(
        "in_the_hour / 3600",
        "in_the_hour / 86400",
        "hour_over_a_day",
        "You take the requests of one hour and spread them over a whole day: "
        "the peak comes out below the mean. An hour has 3,600 seconds.",
    ),
    edit(
        "in_the_hour / 3600",
        "in_the_hour / 60",
        "a_minute_is_no_hour",
        "You divide by 60, so this is requests a minute. An hour has 3,600 seconds.",
    ),
    edit(
        "in_the_hour / 3600",
        "in_the_hour",
        "an_hour_not_a_second",
        "This is requests an hour. Divide by the seconds of an hour.",
    ),
    edit(
        "in_the_hour / 3600",
        "2 * daily_users * requests_per_user / 86400",
        "twice_the_mean",
        "You take twice the mean, a rule of thumb for a peak that nobody has measured. "
        "Here it is known: use `busiest_hour`.",
    ),
]
