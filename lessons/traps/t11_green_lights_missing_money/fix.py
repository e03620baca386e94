"""Repair one function."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit, wrong

hints = (
    "Take one request and read all its lines, sorted by `act_id`. What do the four functions return for it?",
    "The first line of a function says what it counts. Which of them counts messages instead?",
    "A click has one number, `act_id`, however often it is told. Keep one line of each click, count them by request, "
    "and bring the counts into the order of `requests`.",
)
takeaway = (
    "A message that is sent again has a new number of its own, so that nothing seemed to be there twice. After the repair "
    "the team pays about 1.0 times what is billed, and the light is as green as before: it could not tell."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    """Clicks told once or several times, lines that are there twice, other kinds, requests without a click."""
    n_requests, n_acts = ((4, 9), (30, 120), (200, 1500))[number]
    ids = rng.permutation(2 * n_requests)
    requests = pd.DataFrame({"request_id": ids[:n_requests], "day": rng.integers(1, 8, n_requests)})
    requests["network"] = rng.choice(["wifi", "4G", "3G"], n_requests)
    some = ids[: n_requests + 2][1:]  # the first request has no line, and two are not in the table
    acts = pd.DataFrame({"request_id": rng.choice(some, n_acts), "kind": rng.choice(["click", "scroll"], n_acts)})
    acts.loc[:3, "kind"] = ["click", "click", "click", "scroll"]
    acts.loc[:3, "request_id"] = ids[1]  # two clicks or more, and another act
    acts["time"] = rng.uniform(0, 168, n_acts).round(1)
    acts["act_id"] = rng.permutation(5 * n_acts)[:n_acts]
    often = rng.integers(1, 4, n_acts)
    often[:2] = 3, 1
    events = acts.loc[acts.index.repeat(often)]
    events["event_id"] = rng.permutation(9 * n_acts)[: len(events)]
    events["received"] = (events["time"] + rng.exponential(np.where(rng.random(len(events)) < 0.3, 12, 0.1))).round(1)
    twice = events[rng.random(len(events)) < 0.3]
    return requests, pd.concat([events, twice]).sort_values("received")


def repaired(requests, events):
    once = events[events["kind"] == "click"].drop_duplicates("act_id")
    number = once["request_id"].value_counts()
    return number.reindex(requests["request_id"], fill_value=0).to_numpy(float)


def another(requests, events):
    clicks = {request: set() for request in requests["request_id"]}
    for request, kind, act in zip(events["request_id"], events["kind"], events["act_id"]):
        if kind == "click" and request in clicks:
            clicks[request].add(act)
    return [len(acts) for acts in clicks.values()]


def stub(requests, events): ...


def divides_by_the_mean(requests, events):
    clicks = events[events["kind"] == "click"]
    once = clicks.drop_duplicates("event_id")
    number = once["request_id"].value_counts() * clicks["act_id"].nunique() / len(once)
    return number.reindex(requests["request_id"], fill_value=0).to_numpy(float)


mistakes = [
    edit(
        '"act_id"',
        '"event_id"',
        "as_it_was",
        "This is what the function of the notebook returns. What does it return for a click that a phone has told three "
        "times?",
    ),
    edit(
        '.drop_duplicates("act_id")',
        "",
        "counts_all_lines",
        "You count lines. A click may be told several times, and a line may be there twice.",
    ),
    edit(
        '"act_id"',
        '"request_id"',
        "one_click_a_request",
        "You keep one click of each request. People may click on several offers of a list, and each is billed.",
    ),
    edit(
        'events[events["kind"] == "click"].drop_duplicates("act_id")',
        'events.drop_duplicates("act_id")',
        "counts_every_act",
        "You count all that people did, once each, good. But asked are their clicks.",
    ),
    edit(
        'events[events["kind"] == "click"]',
        'events[(events["kind"] == "click") & (events["received"] - events["time"] < 1)]',
        "drops_what_comes_late",
        "You leave out what comes late. A click whose only message is late is billed all the same.",
    ),
    edit(
        '"act_id"',
        '["request_id", "received"]',
        "one_message_at_a_time",
        "You drop lines of a request that came at the same moment. A message that is sent again comes later.",
    ),
    edit(
        'requests["request_id"]',
        "np.sort(requests['request_id'])",
        "requests_in_another_order",
        "Your numbers are right, but sorted by `request_id`: they belong to the rows of `requests`.",
    ),
    wrong(
        divides_by_the_mean,
        "You scale all requests by one number. The sum fits the bill then, but messages are sent again where the "
        "network is bad: too much stays there, too little elsewhere.",
    ),
]
