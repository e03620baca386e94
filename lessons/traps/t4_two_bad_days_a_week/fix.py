"""Repair one function."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit, wrong

hints = (
    "Compare the inputs of the fourth week with those of the shop's table, column by column. One differs, and only "
    "for some requests. At which hours?",
    "A day begins at another moment in each zone. The days in a request are counted from midnight to midnight of which "
    "clock? The seconds are safe: they count from one moment, everywhere.",
    "Make the time from the seconds, say that it is UTC, convert it to the zone of the shop, and take the weekday "
    "then. Another function of the notebook shows how. No fixed number of hours does it: some "
    "places change their clocks.",
)
takeaway = (
    "The server now reads the same clock as the shop. After the repair, forecast and clicks differ by a factor of about "
    "1.1 on the worst day of the week, as in the evaluation. Safer still: one function for both sides."
)

SHOPS = {"New York": "America/New_York", "Berlin": "Europe/Berlin", "Sydney": "Australia/Sydney"}


def draw(rng: np.random.Generator, number: int) -> tuple:
    """Requests of all the year, some within an hour of midnight, in winter and in summer."""
    n_requests = (8, 40, 400)[number]
    city = str(rng.choice(list(SHOPS)))
    days = pd.Series(pd.to_datetime(rng.integers(0, 365, size=n_requests), unit="D", origin="2026-01-01"))
    days[:6] = pd.to_datetime(["2026-01-20", "2026-07-22"] * 3)
    minutes = rng.integers(4 * 60, 24 * 60, size=n_requests)
    minutes[:6] = 15, 20, 24 * 60 - 15, 24 * 60 - 20, 90, 150
    local = (days + pd.to_timedelta(minutes, unit="min")).dt.tz_localize(SHOPS[city])
    seconds = (local.dt.tz_convert("UTC") - pd.Timestamp("1970-01-01", tz="UTC")) // pd.Timedelta(seconds=1)
    requests = pd.DataFrame({"seconds": seconds, "day": seconds // 86_400})
    requests["cents"] = rng.integers(300, 3000, size=n_requests)
    requests["rain_inches"] = rng.exponential(0.1, size=n_requests)
    requests = requests.iloc[rng.permutation(n_requests)].reset_index(drop=True)
    shop = {"city": city, "zone": SHOPS[city], "usual_price": float(rng.uniform(8, 15)), "most_rain": 10.0}
    return requests, shop


def repaired(requests, shop):
    time = pd.to_datetime(requests["seconds"], unit="s", utc=True)
    local = time.dt.tz_convert(shop["zone"])
    return local.dt.day_of_week.to_numpy()


def another(requests, shop):
    local = [pd.Timestamp(one, unit="s", tz=shop["zone"]) for one in requests["seconds"]]
    return np.array([(time.toordinal() - 1) % 7 for time in local])


def stub(requests, shop): ...


def changes_the_hour(requests, shop):
    time = pd.to_datetime(requests["seconds"], unit="s")
    return time.dt.hour.to_numpy()


mistakes = [
    edit(
        "local.dt.day_of_week",
        'time.dt.tz_convert("UTC").dt.day_of_week',
        "as_it_was",
        "This is what the function of the notebook returns, in one way or another: the weekday of UTC. Compare it with "
        "the table of the shop, hour by hour.",
    ),
    edit(
        "local.dt.day_of_week",
        "(time - (local.dt.tz_localize(None) - time.dt.tz_localize(None))).dt.day_of_week",
        "wrong_direction",
        "You move the clock the wrong way. East of Greenwich the clock on the wall is ahead of UTC.",
    ),
    edit(
        "local.dt.day_of_week",
        "(time + pd.Timedelta(hours=9)).dt.day_of_week",
        "nine_hours_for_all",
        "Nine hours are right for Tokyo. The next shop lies elsewhere: take the zone from `shop`.",
    ),
    edit(
        "local.dt.day_of_week",
        '(time + pd.Timestamp("2026-01-01", tz=shop["zone"]).utcoffset()).dt.day_of_week',
        "one_offset_all_year",
        "You use the offset of the first of January for the whole year. "
        "Many places change their clocks in spring and autumn: convert each time.",
    ),
    edit(
        "local.dt.day_of_week",
        "(local.dt.day_of_week + 1)",
        "monday_is_one",
        "Your days are those of the shop, but Monday is 1. The model knows Monday as 0.",
    ),
    edit(
        "local.dt.day_of_week",
        "((local.dt.day_of_week + 1) % 7)",
        "sunday_is_zero",
        "Your days are those of the shop, but Sunday is 0. The model knows Monday as 0.",
    ),
    wrong(
        changes_the_hour,
        "This is the hour of UTC. The hour of the notebook is that of the shop, and was right: compare it with the "
        "table.",
    ),
]
