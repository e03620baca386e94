"""Exercises of trap 4: name the fault, then repair the features of the server."""

import numpy as np
import pandas as pd

from mlpipe.course.exercise import Definition, Mistake
from mlpipe.course.exercises._traps import name_the_fault

FAULT = name_the_fault(
    "t4",
    "train_serve_mismatch",
    hints=(
        "The model is the same before and after the launch, and so are the people. What else goes into a forecast?",
        "Look at the two curves of the figure as shapes. Would the orange wave lie on the black one if you moved it to the side? "
        "By how many hours?",
        "Take one request and write down its hour as the table of the shop has it, then as `served_features` makes it. Which name "
        "describes one feature and two programs that disagree about it?",
    ),
    messages={
        "delayed_labels": "Clicks that are still to come would make the forecast too high at *all* hours. Here it is too high at "
        "some and too low at others, and the sum over the day is about right.",
        "leaky_counter": "Then the evaluation would be too good to be true. It was in order: forecasts and clicks agree at each "
        "hour, no more. And there is no counter among the features.",
        "mixed_model_versions": "There is one model with one table of weights, and no vectors that could be of two kinds. Scores "
        "without meaning would also not follow a wave that is as large as the true one.",
        "sample_ratio_mismatch": "That is a fault of an experiment with two arms, seen in the number of users of each arm. "
        "Nothing is assigned here.",
        "sampled_metrics": "That would flatter a ranking metric. Here sums of forecasts and of clicks are compared, over all "
        "rows, before and after the launch.",
        "stale_model": "A model that ages loses slowly, and it would have lost in the evaluation, too, on days after the "
        "training. Here the first hour is wrong, and people click at the hours at which they always did.",
        "uncorrected_downsampling": "Then all forecasts would be too high by one factor, at every hour, in the evaluation, too. "
        "Here the errors of the hours have both signs.",
    },
    takeaway="Training reads the hour of the clock on the wall; the server makes it from seconds, which count in UTC. Nine hours "
    "lie between them, so dinner at eight is forecast as if it were eleven in the morning. Every test of the model passed, as none called the server.",
)

SHOPS = {
    "New York": "America/New_York",
    "Berlin": "Europe/Berlin",
    "Kolkata": "Asia/Kolkata",
    "Sydney": "Australia/Sydney",
}
YEAR = (1_767_225_600, 1_798_761_600)  # 2026 in seconds


def draw_requests(rng: np.random.Generator, number: int) -> tuple:
    city = str(rng.permutation(list(SHOPS))[0]) if number else "Kolkata"
    if number == 2:
        city = str(rng.permutation(["New York", "Berlin", "Sydney"])[0])  # a place whose clocks change
    seconds = rng.integers(*YEAR, size=(5, 40, 400)[number])
    requests = pd.DataFrame({"seconds": seconds, "price": rng.uniform(3, 30, size=len(seconds))})
    return requests, {"city": city, "zone": SHOPS[city], "usual_price": float(rng.uniform(8, 15))}


FEATURES = """
import pandas as pd


def served_features(requests, shop):
    {time}
    price = requests["price"] / shop["usual_price"]
    return pd.DataFrame({{"hour": {hour}, "price": price}})
"""
READ = 'time = pd.to_datetime(requests["seconds"], unit="s")'


def features(then: str = "", hour: str = "time.dt.hour", read: str = READ) -> str:
    return FEATURES.format(time=read + then, hour=hour)


LOCAL = '\n    local = time.dt.tz_localize("UTC").dt.tz_convert(shop["zone"])'
OFFSET = LOCAL + "\n    offset = local.dt.hour - time.dt.hour"

FIX = Definition(
    id="t4.fix",
    title="Repair the features of the server",
    stub=features(),
    hints=(
        "At which hour does someone have dinner? The model knows it by the clock of the shop. By which clock does this function go?",
        "Seconds since 1970 count in UTC. The shop knows its `zone`. First say that the times are UTC, then convert them.",
        "A column of times has `.dt.tz_localize(...)`, which says what zone the times are in, and `.dt.tz_convert(...)`, which "
        "moves them to another one. The hour comes after both. No offset in hours is needed: some places change their clocks.",
    ),
    solution=features(LOCAL, "local.dt.hour"),
    another=features(read='time = pd.to_datetime(requests["seconds"], unit="s", utc=True).dt.tz_convert(shop["zone"])'),
    mistakes=(
        Mistake(
            "still_universal_time",
            "The hour is still that of UTC: to name a zone for times does not move them. Say that they are UTC, then convert "
            "them to the zone of the shop.",
            features(read='time = pd.to_datetime(requests["seconds"], unit="s", utc=True)'),
        ),
        Mistake(
            "wrong_direction",
            "You move the clock the wrong way. East of Greenwich the clock on the wall is ahead of UTC.",
            features(OFFSET, "(time.dt.hour - offset) % 24"),
        ),
        Mistake(
            "runs_past_midnight",
            "You add the offset to the hour, but the day ends at 24: some hours are now below 0 or above 23, and the model knows none "
            "of them.",
            features(
                LOCAL + "\n    ahead = (local.dt.tz_localize(None) - time).dt.total_seconds() // 3600",
                "time.dt.hour + ahead.astype(int)",
            ),
        ),
        Mistake(
            "nine_hours_for_all",
            "Nine hours are right for Tokyo. The next shop lies elsewhere: take the zone from `shop`.",
            features(hour="(time.dt.hour + 9) % 24"),
        ),
        Mistake(
            "one_offset_all_year",
            "You use the offset of the first of January for the whole year. Many places change their clocks in spring and autumn: "
            "convert each time.",
            features(
                '\n    start = pd.Timestamp("2026-01-01", tz="UTC").tz_convert(shop["zone"])',
                "(time + start.utcoffset()).dt.hour",
            ),
        ),
    ),
    draw=draw_requests,
    takeaway="The server now reads the same clock as the shop. After the repair, the forecast is about 1.1 times the clicks in the "
    "worst eighth of the day, which is noise. Safer still: one function for both sides, or training on the features that were served.",
)

EXERCISES = (FAULT, FIX)
