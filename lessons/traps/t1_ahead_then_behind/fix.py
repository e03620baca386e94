"""Repair one function."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit, wrong

hints = (
    "Describe the rows of one old day twice: with the whole log, and with the log up to that day. "
    "Which function gives two results?",
    "A row may use the days *before* its own, and for this function three of them. Write the table of one campaign "
    "down, day by day, and mark which days a row of the fourth day gets.",
    "The table has one line a day, also for days without a row. So the total of the day before stands one line "
    "above: `shift` moves it down. The rate is a difference of two totals: which line does each of them need?",
)
takeaway = (
    "Only days before its own count now, also where the log goes on. The lead was never real: after the repair, the two "
    "models are about level on all days, before the launch too. What the evaluation promised was the clicks of its own "
    "days. After the repair, the difference between the two changes by about 0.00 at the launch."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    """The log has a day without a row; rows lie in it, on its first and last day, and after it."""
    n_events, n_rows, n_campaigns, n_days = ((24, 6, 2, 7), (120, 20, 3, 9), (600, 60, 8, 12))[number]
    start, gap = pd.Timestamp("2026-01-05"), int(rng.integers(2, n_days - 3))
    days = np.sort(rng.choice(np.delete(np.arange(n_days), gap), size=n_events))
    campaigns = np.arange(n_events) % n_campaigns
    log = pd.DataFrame({"day": start + pd.to_timedelta(days, unit="D"), "campaign_id": campaigns + 10})
    log["clicked"] = (rng.random(n_events) < 0.5).astype(int)
    rows = rng.integers(1, n_days + 3, size=n_rows)
    rows[:6] = n_days - 1, n_days, n_days + 1, gap, gap + 1, 0
    wanted = rng.integers(0, n_campaigns + 1, size=n_rows)  # the last one is not in the log
    wanted[:5] = np.arange(5) % n_campaigns
    rows = pd.DataFrame({"day": start + pd.to_timedelta(rows, unit="D"), "campaign_id": wanted + 10})
    rows, log = (table.assign(day=table["day"].astype("datetime64[us]")) for table in (rows, log))
    for key, size in {"user_id": 5, "ad_id": 4, "site_id": 3}.items():
        log[key], rows[key] = (rng.integers(0, size, size=len(table)) for table in (log, rows))
    return rows.sort_values("day", ignore_index=True), log


def repaired(rows, log):
    daily = log.groupby(["campaign_id", "day"])["clicked"].agg(["sum", "count"])
    clicks = shown = 0
    for back in (1, 2, 3):
        day = rows["day"] - pd.Timedelta(days=back)
        found = daily.reindex([rows["campaign_id"], day]).fillna(0)
        clicks, shown = clicks + found["sum"].to_numpy(), shown + found["count"].to_numpy()
    return (clicks + 0.6) / (shown + 20)


def another(rows, log):
    rates = []
    for day, campaign in zip(rows["day"], rows["campaign_id"]):
        recent = log["day"].between(day - pd.Timedelta(days=3), day - pd.Timedelta(days=1))
        clicked = log["clicked"][recent & (log["campaign_id"] == campaign)]
        rates.append((clicked.sum() + 0.6) / (len(clicked) + 20))
    return np.array(rates)


def stub(rows, log): ...


def changes_the_rate_of_the_ad(rows, log):
    daily = log.groupby(["ad_id", "day"])["clicked"].agg(clicks="sum", shown="count")
    left = daily[::-1].groupby("ad_id").cumsum().reset_index().sort_values("day")
    left = pd.merge_asof(rows[["ad_id", "day"]], left, on="day", by="ad_id", direction="forward")
    total = daily.groupby("ad_id").sum().reindex(rows["ad_id"]).fillna(0)
    found = total.to_numpy() - left[["clicks", "shown"]].fillna(0).to_numpy()
    return (found[:, 0] + 0.6) / (found[:, 1] + 20)


equivalent = {
    "for back in (2, 1, 3):": "a sum has no order",
    "daily = log.groupby(['campaign_id', 'day'])['clicked'].agg(['count', 'sum'])": "they are taken by name",
}


def _rates(rows, recent):
    found = recent.stack(future_stack=True).rename_axis(["day", "campaign_id"])
    found = found.reindex(pd.MultiIndex.from_frame(rows[["day", "campaign_id"]])).fillna(0)
    return ((found["sum"] + 0.6) / (found["count"] + 20)).to_numpy()


def _table(log):
    return log.groupby(["day", "campaign_id"])["clicked"].agg(["sum", "count"]).unstack(fill_value=0)


def lines_instead_of_days(rows, log):
    every = pd.date_range(log["day"].min(), max(log["day"].max(), rows["day"].max()))
    return _rates(rows, _table(log).rolling(3, min_periods=1).sum().shift(1).reindex(every))


def last_known_value_goes_on(rows, log):
    known = pd.date_range(log["day"].min(), log["day"].max())
    recent = _table(log).reindex(known, fill_value=0).rolling(3, min_periods=1).sum().shift(1)
    return _rates(rows, recent.reindex(pd.date_range(known[0], max(known[-1], rows["day"].max())), method="ffill"))


mistakes = [
    edit(
        "(1, 2, 3)",
        "(0, 1, 2)",
        "as_it_was",
        "This is what the function of the notebook returns. Compare its values for an old day, with the whole log "
        "and with the log that the server had.",
    ),
    edit(
        "(1, 2, 3)",
        "(1, 2)",
        "two_days_instead_of_three",
        "Nothing of its own day, good. But you take it out of three days, and two are left. Move both ends.",
    ),
    edit(
        "(1, 2, 3)",
        "range(1, 99)",
        "all_days_so_far",
        "Nothing of its own day, good, but you count all days before. This rate is over three of them.",
    ),
    wrong(
        lines_instead_of_days,
        "You move the table by one line before the missing days are in it. Where the log lacks a day, or has "
        "ended, a line is not a day.",
    ),
    edit(
        "(1, 2, 3)",
        "(2, 3, 4)",
        "one_day_too_old",
        "You leave out the day before as well. At midnight it is over, and its clicks are known: use it.",
    ),
    wrong(
        last_known_value_goes_on,
        "After the end of the log you go on with its last value. Three days before a row are three days of the "
        "calendar, also if nothing was logged on them.",
    ),
    wrong(
        changes_the_rate_of_the_ad,
        "This is the rate of the ad as the notebook computes it. It takes what is left of the log away from all of "
        "it: odd, but it holds the days before the row, and no other.",
    ),
]
