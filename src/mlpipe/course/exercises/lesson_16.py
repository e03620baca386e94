"""Exercises of lesson 16: three statements that circulate about recommenders, put right by running them."""

import numpy as np

from mlpipe.course.exercise import Definition, Mistake


def draw_lists(rng: np.random.Generator, number: int) -> tuple:
    n_users, n_items, k, n_head = ((5, 14, 4, 3), (30, 60, 8, 10), (120, 300, 10, 40))[number]
    while True:
        counts = rng.integers(1, 9, size=n_items)
        counts[rng.permutation(n_items)[: n_head + 2]] = 12  # ties at the border of the head
        order = np.argsort(-counts, kind="stable")
        tail = np.ones(n_items, dtype=bool)
        tail[order[:n_head]] = False
        lists = np.array([rng.permutation(n_items)[:k] for _ in range(n_users)])
        hidden = rng.random((n_users, n_items)) < 0.12
        np.put_along_axis(hidden, lists[:, :2], True, axis=1)  # some are found
        hidden[0] = ~tail & (rng.random(n_items) < 0.9)  # a user without hidden likes in the tail ...
        hidden[1, lists[1]] = False  # ... and one of whom nothing is found
        border = order[n_head - 1 : n_head + 2]
        hidden[2, border] = True
        lists[2, 0] = border[1] if border[1] not in lists[2, 1:] else lists[2, 0]
        if hidden[1][tail].any() and len(set(lists[2])) == k and hidden[0].any():
            break
    return lists, hidden, counts, n_head


def tail_recall(
    head: str = "np.argsort(-counts, kind='stable')[:n_head]",
    each: str = "found.sum() / wanted.sum()",
    keep: str = "if not wanted.any():\n            continue",
    result: str = "np.mean(values)",
    wanted: str = "hidden[user] & tail",
    found: str = "wanted[lists[user]]",
) -> str:
    return f"""
import numpy as np


def tail_recall(lists, hidden, counts, n_head):
    tail = np.ones(len(counts), dtype=bool)
    tail[{head}] = False
    values, parts = [], []
    for user in range(len(lists)):
        wanted = {wanted}
        {keep}
        found = {found}
        values.append({each})
        parts.append((found.sum(), wanted.sum()))
    return {result}
"""


TAIL_RECALL = Definition(
    id="16.tail_recall",
    title="Recall in the tail",
    core=True,
    stub="""
def tail_recall(lists, hidden, counts, n_head):
    ...
""",
    hints=(
        "Which hidden likes of one user count? And which of the shown items can still be a hit?",
        "Make a mask over the items that is false for the head. Joined with the user's row of `hidden` it says what was to "
        "be found. A user for whom nothing was to be found says nothing.",
        "`np.argsort(-counts, kind='stable')` sorts the most liked first and keeps the order of ties. In a loop over users, "
        "`wanted` is a mask; look it up at the places of the user's list, and compare the two sums. Then the mean.",
    ),
    solution=tail_recall(),
    another="""
import numpy as np


def tail_recall(lists, hidden, counts, n_head):
    left = hidden.copy()
    left[:, np.lexsort((np.arange(len(counts)), -counts))[:n_head]] = False
    hits = np.take_along_axis(left, lists, axis=1).sum(axis=1)
    wanted = left.sum(axis=1)
    return (hits[wanted > 0] / wanted[wanted > 0]).mean()
""",
    mistakes=(
        Mistake(
            "whole_catalogue",
            "This is recall over all items. The head decides it, so it cannot show what happens in the tail: leave the head out.",
            tail_recall(wanted="hidden[user]"),
        ),
        Mistake(
            "head_not_tail",
            "You measure the head: the niche is what is left after the most liked items.",
            tail_recall(wanted="hidden[user] & ~tail"),
        ),
        Mistake(
            "divided_by_all_likes",
            "You count the hits in the tail, but divide by all hidden likes. Both numbers must speak of the tail.",
            tail_recall(each="found.sum() / hidden[user].sum()"),
        ),
        Mistake(
            "hits_of_the_head_count",
            "You divide by the likes in the tail, but hits in the head still count. Both numbers must speak of the tail.",
            tail_recall(found="hidden[user][lists[user]]"),
        ),
        Mistake(
            "precision_not_recall",
            "You divide by the length of the list: that is precision. Recall asks how much of what was to be found was found.",
            tail_recall(each="found.mean()"),
        ),
        Mistake(
            "divided_by_the_smaller",
            "You divide by the list's length where it is smaller than the number of likes, as some libraries do. Here recall divides by all likes in the tail.",
            tail_recall(each="found.sum() / min(len(found), wanted.sum())"),
        ),
        Mistake(
            "a_hit_is_enough",
            "You count users with at least one hit: that is the hit rate. Recall is the share that was found.",
            tail_recall(each="float(found.any())"),
        ),
        Mistake(
            "nothing_to_find_is_zero",
            "A user without hidden likes in the tail gets 0, as if the model had failed. Leave this user out of the mean.",
            tail_recall(keep="", each="found.sum() / max(wanted.sum(), 1)"),
        ),
        Mistake(
            "nothing_to_find_is_one",
            "A user without hidden likes in the tail gets 1, as if all had been found. Leave this user out of the mean.",
            tail_recall(keep="", each="found.sum() / wanted.sum() if wanted.any() else 1.0"),
        ),
        Mistake(
            "only_users_with_hits",
            "You leave out the users of whom nothing was found. They had something to find, so they count with 0.",
            tail_recall(result="np.mean([value for value in values if value > 0])"),
        ),
        Mistake(
            "users_pooled",
            "You add up over all users before you divide, so busy users decide. Divide for each user, then take the mean.",
            tail_recall(result="sum(f for f, _ in parts) / sum(w for _, w in parts)"),
        ),
        Mistake(
            "least_liked_left_out",
            "You sort the other way round and leave out the least liked items. The head holds the most liked ones.",
            tail_recall(head="np.argsort(counts, kind='stable')[:n_head]"),
        ),
        Mistake(
            "head_from_the_hidden",
            "You find the head in the hidden likes: the answer decides what counts. Use `counts`, which the model could see.",
            tail_recall(head="np.argsort(-hidden.sum(axis=0), kind='stable')[:n_head]"),
        ),
        Mistake(
            "ties_from_the_end",
            "Nearly: of equally liked items you put those with higher numbers into the head. The lower number comes first.",
            tail_recall(head="np.argsort(counts, kind='stable')[::-1][:n_head]"),
        ),
        Mistake(
            "head_one_too_long",
            "Your head holds one item too many: the items at places 0 to n_head - 1 are the head.",
            tail_recall(head="np.argsort(-counts, kind='stable')[: n_head + 1]"),
        ),
    ),
    draw=draw_lists,
    takeaway="A statement about a niche needs a number from the niche; a mean over everything hides it.",
)


def draw_group(rng: np.random.Generator, number: int) -> tuple:
    rate = rng.uniform(*((0.008, 0.012), (0.03, 0.08), (0.1, 0.2))[number])
    lift = rng.uniform(0.02, 0.05)
    views = int(rng.integers(*((3, 6), (8, 15), (20, 40))[number]))
    return float(rate), float(lift), views, float(rng.uniform(0.03, 0.3))


def group_size(
    z: str = "norm.ppf(0.975) + norm.ppf(0.8)",
    second: str = "rate * (1 + lift)",
    variance: str = "rate * (1 - rate) + second * (1 - second)",
    effect: str = "1 + (views - 1) * correlation",
    result: str = "impressions * effect / views",
) -> str:
    return f"""
import math

from scipy.stats import norm


def group_size(rate, lift, views, correlation):
    second = {second}
    z = {z}
    impressions = z**2 * ({variance}) / (second - rate) ** 2
    effect = {effect}
    return math.ceil({result})
"""


GROUP_SIZE = Definition(
    id="16.group_size",
    title="Users in a group",
    tolerance=1e-3,
    stub="""
def group_size(rate, lift, views, correlation):
    ...
""",
    hints=(
        "Three steps: independent impressions, the price for repeating users, users. In which direction does each one move the number?",
        "`ab_sample_size` of `mlpipe.envelope` does the first step; it takes the lift as a share of the rate, as here. If all views of "
        "a user are alike (correlation 1), a user is worth one impression; check your formula there.",
        "Multiply the impressions by the effect, one plus the correlation times the number of *other* views of the user; then "
        "divide by the views to get users. Round up.",
    ),
    solution=group_size(),
    another="""
import math

from mlpipe.envelope import ab_sample_size


def group_size(rate, lift, views, correlation):
    worth = views / (1 + (views - 1) * correlation)  # independent impressions in one user
    return math.ceil(ab_sample_size(rate, lift) / worth)
""",
    mistakes=(
        Mistake(
            "lift_read_as_absolute",
            "You add the lift to the rate. A relative lift multiplies it: 1 % with a lift of 5 % becomes 1.05 %, not 6 %.",
            group_size(second="rate + lift"),
        ),
        Mistake(
            "one_variance_only",
            "You use the variance of one group. The difference of two groups varies by the sum of both variances.",
            group_size(variance="rate * (1 - rate)"),
        ),
        Mistake(
            "todays_variance_twice",
            "You use today's variance for both groups, the rule of thumb. It is close; the group with the lift has a variance of its own.",
            group_size(variance="2 * rate * (1 - rate)"),
        ),
        Mistake(
            "one_sided_test",
            "This is a one-sided test. A change can go either way, so the 5 % are shared between two tails.",
            group_size(z="norm.ppf(0.95) + norm.ppf(0.8)"),
        ),
        Mistake(
            "forgets_the_power",
            "Without the quantile of the power, the test finds the lift only half of the time. Add the quantile of 80 %.",
            group_size(z="norm.ppf(0.975)"),
        ),
        Mistake(
            "views_taken_as_independent",
            "You treat the views of one user as independent. They are not, so a user is worth fewer impressions than `views`: multiply by the effect.",
            group_size(effect="1"),
        ),
        Mistake(
            "impressions_not_users",
            "This is the number of impressions. A user gives `views` of them: divide.",
            group_size(result="impressions * effect"),
        ),
        Mistake(
            "independent_impressions",
            "This is the number of independent impressions, as in the published answer. Users give several, and theirs are alike.",
            group_size(result="impressions"),
        ),
        Mistake(
            "effect_counts_itself",
            "Your effect is one plus views times correlation. A view is correlated with the *other* views of its user: views - 1.",
            group_size(effect="1 + views * correlation"),
        ),
        Mistake(
            "effect_without_the_one",
            "Your effect lacks the one in front: without any correlation it would be 0, and the test would need nobody.",
            group_size(effect="(views - 1) * correlation"),
        ),
        Mistake(
            "effect_divides",
            "You divide by the effect. Views that are alike tell less, so the test needs more users, not fewer.",
            group_size(result="impressions / effect / views"),
        ),
        Mistake(
            "root_of_the_effect",
            "You take the root of the effect. That is how much wider the interval gets; the number of users grows with the effect itself.",
            group_size(result="impressions * math.sqrt(effect) / views"),
        ),
        Mistake(
            "both_groups_together",
            "This is the number of users in both groups together. Return the size of one.",
            group_size(result="2 * impressions * effect / views"),
        ),
    ),
    draw=draw_group,
    takeaway="A test is randomised and counted by user: what one user does ten times is not ten users.",
)


def draw_load(rng: np.random.Generator, number: int) -> tuple:
    users = int(rng.integers(2, 90)) * (1_000, 100_000, 1_000_000)[number]
    return users, float(rng.integers(3, 20)), float(rng.uniform(0.06, 0.15))


def peak(formula: str) -> str:
    return f"""
def peak_requests(daily_users, requests_per_user, busiest_hour):
    return {formula}
"""


PEAK = Definition(
    id="16.peak_qps",
    title="Requests a second at the peak",
    stub="""
def peak_requests(daily_users, requests_per_user, busiest_hour):
    ...
""",
    hints=(
        "How many requests come in the busiest hour, all users together?",
        "`busiest_hour` is the share of the day's requests that come in one hour. From that many requests in an hour it is one step to a second.",
        "Users times requests each is the day. A share of the day falls into one hour, and an hour has 3,600 seconds.",
    ),
    solution=peak("daily_users * requests_per_user * busiest_hour / 3600"),
    another="""
from mlpipe.envelope import queries_per_second


def peak_requests(daily_users, requests_per_user, busiest_hour):
    return queries_per_second(daily_users, requests_per_user, peak_factor=24 * busiest_hour)
""",
    mistakes=(
        Mistake(
            "mean_of_the_day",
            "This is the mean over the day, as in the published answer. Machines must survive the busiest hour, not the mean.",
            peak("daily_users * requests_per_user / 86400"),
        ),
        Mistake(
            "users_are_not_requests",
            "You count users. Each sends several requests a day: multiply by `requests_per_user`.",
            peak("daily_users * busiest_hour / 3600"),
        ),
        Mistake(
            "users_over_a_day",
            "You divide users by the seconds of a day: requests a user and the busiest hour are both missing.",
            peak("daily_users / 86400"),
        ),
        Mistake(
            "hour_over_a_day",
            "You take the requests of one hour and spread them over a whole day: the peak comes out below the mean. An hour has 3,600 seconds.",
            peak("daily_users * requests_per_user * busiest_hour / 86400"),
        ),
        Mistake(
            "a_minute_is_no_hour",
            "You divide by 60, so this is requests a minute. An hour has 3,600 seconds.",
            peak("daily_users * requests_per_user * busiest_hour / 60"),
        ),
        Mistake(
            "an_hour_not_a_second",
            "This is requests an hour. Divide by the seconds of an hour.",
            peak("daily_users * requests_per_user * busiest_hour"),
        ),
        Mistake(
            "whole_day_in_an_hour",
            "You let the whole day come in one hour. Only its share `busiest_hour` does.",
            peak("daily_users * requests_per_user / 3600"),
        ),
        Mistake(
            "share_added_to_the_mean",
            "You raise the mean by the share. The share is of the day's requests, and they come in one hour: they replace the mean.",
            peak("daily_users * requests_per_user / 86400 * (1 + busiest_hour)"),
        ),
        Mistake(
            "mean_divided_by_share",
            "You divide the mean by the share. Twice the share in the busiest hour would then mean half the load.",
            peak("daily_users * requests_per_user / 86400 / busiest_hour"),
        ),
        Mistake(
            "rounded_to_a_whole",
            "Nearly: do not round. For a small service the rest matters, and a machine is chosen later.",
            peak("round(daily_users * requests_per_user * busiest_hour / 3600)"),
        ),
    ),
    draw=draw_load,
    takeaway="One multiplication aloud: users, requests each, the share of the busiest hour, 3,600 seconds.",
)


EXERCISES = (TAIL_RECALL, GROUP_SIZE, PEAK)
