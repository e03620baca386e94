"""Repair the features of the server."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit

hints = (
    "At which hour does someone have dinner? "
    "The model knows it by the clock of the shop. By which clock does this function go?",
    "Seconds since 1970 count in UTC. The shop knows its `zone`. First say that the times are UTC, then convert them.",
    "A column of times has `.dt.tz_localize(...)`, which says what zone the times "
    "are in, and `.dt.tz_convert(...)`, which moves them to another one. The hour "
    "comes after both. No offset in hours is needed: some places change their clocks.",
)
takeaway = (
    "The server now reads the same clock as the shop. After the repair, the forecast is "
    "about 1.1 times the clicks in the worst eighth of the day, which is noise. Safer "
    "still: one function for both sides, or training on the features that were served."
)

SHOPS = {
    "New York": "America/New_York",
    "Berlin": "Europe/Berlin",
    "Kolkata": "Asia/Kolkata",
    "Sydney": "Australia/Sydney",
}
YEAR = (1_767_225_600, 1_798_761_600)  # 2026 in seconds


def draw(rng: np.random.Generator, number: int) -> tuple:
    city = str(rng.permutation(list(SHOPS))[0]) if number else "Kolkata"
    if number == 2:
        city = str(rng.permutation(["New York", "Berlin", "Sydney"])[0])  # a place whose clocks change
    seconds = rng.integers(*YEAR, size=(5, 40, 400)[number])
    requests = pd.DataFrame({"seconds": seconds, "price": rng.uniform(3, 30, size=len(seconds))})
    return requests, {"city": city, "zone": SHOPS[city], "usual_price": float(rng.uniform(8, 15))}


def served_features(requests, shop):
    time = pd.to_datetime(requests["seconds"], unit="s")
    local = time.dt.tz_localize("UTC").dt.tz_convert(shop["zone"])
    price = requests["price"] / shop["usual_price"]
    return pd.DataFrame({"hour": local.dt.hour, "price": price})


def another(requests, shop):
    time = pd.to_datetime(requests["seconds"], unit="s", utc=True).dt.tz_convert(shop["zone"])
    price = requests["price"] / shop["usual_price"]
    return pd.DataFrame({"hour": time.dt.hour, "price": price})


def stub(requests, shop):
    time = pd.to_datetime(requests["seconds"], unit="s")
    price = requests["price"] / shop["usual_price"]
    return pd.DataFrame({"hour": time.dt.hour, "price": price})


mistakes = [
    edit(
        'time.dt.tz_localize("UTC").dt.tz_convert(shop["zone"])',
        'time.dt.tz_localize("UTC")',
        "still_universal_time",
        "The hour is still that of UTC: to name a zone for times does not move them. "
        "Say that they are UTC, then convert them to the zone of the shop.",
    ),
    edit(
        "local.dt.hour",
        "(2 * time.dt.hour - local.dt.hour) % 24",
        "wrong_direction",
        "You move the clock the wrong way. East of Greenwich the clock on the wall is ahead of UTC.",
    ),
    edit(
        "local.dt.hour",
        "time.dt.hour + (local.dt.tz_localize(None) - time).dt.total_seconds().astype(int) // 3600",
        "runs_past_midnight",
        "You add the offset to the hour, but the day ends at 24: "
        "some hours are now below 0 or above 23, and the model knows none of them.",
    ),
    edit(
        "local.dt.hour",
        "(time.dt.hour + 9) % 24",
        "nine_hours_for_all",
        "Nine hours are right for Tokyo. The next shop lies elsewhere: take the zone from `shop`.",
    ),
    edit(
        "local.dt.hour",
        '(time + pd.Timestamp("2026-01-01", tz=shop["zone"]).utcoffset()).dt.hour',
        "one_offset_all_year",
        "You use the offset of the first of January for the whole year. "
        "Many places change their clocks in spring and autumn: convert each time.",
    ),
]
