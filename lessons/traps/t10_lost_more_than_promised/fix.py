"""Repair one function."""

from collections import Counter

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit, wrong

hints = (
    "Read the first line of each of the four functions, and then how the old rule draws an ad. Whose number does not "
    "depend on all that the old rule looked at?",
    "The rule has a table for each night: one row for each group and time of day. A chance is counted among the "
    "pages for which the same row was used.",
    "Keep each `line_id` once. Count the lines that have day, group, time and ad in common, and divide by the count of "
    "those that have day, group and time in common.",
)
takeaway = (
    "After the repair, promised over earned is about 0.96: the missing 4 % are clicks of the last day that were "
    "not known yet. A chance belongs to all that the choice depended on; best, the rule writes it into the log itself."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    """Groups and times that see other ads, some lines twice, more often those of one ad, and lines in any order."""
    n, n_ads = ((12, 2), (150, 4), (900, 6))[number]
    log = pd.DataFrame({"line_id": rng.permutation(5 * n)[:n], "day": rng.integers(1, 3 + number, n)})
    log["group"], log["time"] = rng.integers(0, 2 + number, n), rng.integers(0, 2 + number // 2, n)
    log["ad"] = (log["group"] + log["time"] + (rng.random(n) < 0.4) * rng.integers(0, n_ads, n)) % n_ads
    log["clicked"], log["seconds"] = rng.random(n) < 0.3, rng.exponential(1, n)
    twice = log[(log["ad"] == 0) | (rng.random(n) < 0.2)]
    return (pd.concat([log, twice]).sample(frac=1, random_state=int(rng.integers(999))),)


def repaired(log):
    once = log.drop_duplicates("line_id").set_index("line_id")
    page = ["day", "group", "time"]
    number = once.groupby([*page, "ad"])["ad"].transform("size")
    share = number / once.groupby(page)["ad"].transform("size")
    return log["line_id"].map(share).to_numpy(float)


def another(log):
    lines = {line: tuple(rest) for line, *rest in log[["line_id", "day", "group", "time", "ad"]].to_numpy()}
    with_ad, pages = Counter(lines.values()), Counter(line[:3] for line in lines.values())
    return [with_ad[lines[line]] / pages[lines[line][:3]] for line in log["line_id"]]


def stub(log): ...


def counts_lines_that_come_twice(log):
    page = ["day", "group", "time"]
    number = log.groupby([*page, "ad"])["ad"].transform("size")
    return (number / log.groupby(page)["ad"].transform("size")).to_numpy(float)


equivalent = {
    "page = ['group', 'day', 'time']": "the order of the columns changes no group",
    "number = once.groupby(['ad', *page])['ad'].transform('size')": "the order of the columns changes no group",
}
mistakes = [
    edit(
        'page = ["day", "group", "time"]',
        'page = ["day"]',
        "as_it_was",
        "This is what the function of the notebook returns: how often the ad was shown that day, to all groups "
        "together. Was the chance the same on all pages of the day?",
    ),
    edit(
        'page = ["day", "group", "time"]',
        'page = ["day", "group"]',
        "without_the_time",
        "You count by day and group. The old rule looked at the time of day too: half of the fault is left.",
    ),
    edit(
        'page = ["day", "group", "time"]',
        'page = ["day", "time"]',
        "without_the_group",
        "You count by day and time. The old rule looked at the group too: half of the fault is left.",
    ),
    edit(
        'page = ["day", "group", "time"]',
        'page = ["group", "time"]',
        "all_nights_together",
        "You count over all days. The old rule made its table anew each night: that is a mean of several chances.",
    ),
    edit(
        "once.groupby(page)",
        'once.groupby("ad")',
        "the_wrong_way_round",
        "You return the share of the ad's lines that are on such a page. Asked is the share of such pages that show "
        "the ad.",
    ),
    edit(
        'number / once.groupby(page)["ad"].transform("size")',
        'number / once.groupby("day")["ad"].transform("size")',
        "share_of_the_day",
        "You divide by all pages of the day: that is the chance of this sort of page and this ad together. All sorts "
        "are as many here, so the promise comes out; the mean of the weights, 12, says that something is wrong.",
    ),
    edit(
        'number / once.groupby(page)["ad"].transform("size")',
        '1 / once.groupby(page)["ad"].transform("nunique")',
        "as_if_by_lot",
        "You return 1 over the number of ads, as if each were as likely. The old rule prefers some, and not "
        "the same ones everywhere.",
    ),
    wrong(
        counts_lines_that_come_twice,
        "You count among the right pages now, but lines that are in the log twice count twice.",
    ),
]
