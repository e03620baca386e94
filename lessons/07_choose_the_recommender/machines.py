"""Machines for a load."""

import math

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "How many seconds of work arrive in one second? That is how many cores are busy all the time.",
    "Requests a second times seconds a request gives the busy cores. One machine offers "
    "its cores times the utilization that you allow: above it queues grow.",
    "Divide the busy cores by what one machine offers and round up to a "
    "whole machine (`math.ceil`). Mind the unit: milliseconds.",
)
takeaway = (
    "Requests a second times seconds a request is Little's law: the mean number of "
    "requests in work. It is the first line of every capacity estimate."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    low, high = ((3, 9), (30, 90), (5000, 9000))[number]
    if number == 0:  # the last machine is full, and the numbers are exact: nothing has to be rounded
        cores, whole, milliseconds = (
            int(rng.choice([4, 8, 16])),
            int(rng.integers(low, high)),
            rng.choice([62.5, 125, 250]),
        )
        return float(whole * cores * 0.5 * 1000 / milliseconds), float(milliseconds), cores, 0.5
    while True:
        milliseconds, cores = round(rng.uniform(7, 40), 1), int(rng.choice([4, 8, 16]))
        utilization, whole = float(rng.choice([0.42, 0.47, 0.53, 0.58, 0.63])), int(rng.integers(low, high))
        full, per_machine = whole * cores * utilization, cores * utilization * 1000 / milliseconds
        if number == 1:  # the last machine has room for a part of a core: whole cores would ask for one more machine
            more = -(full % 1) / 2
            told = 0.2 < full % 1 < 0.9
        else:  # a part of a core too much, so that dropping it, or rounding to the nearest, loses a machine
            more = rng.uniform(0.2, 0.4)
            told = full % 1 < 0.5
        if told and (number < 2 or 0.3 < per_machine % 1):  # a whole number of requests a machine would not do
            return round((full + more) * 1000 / milliseconds, 1), milliseconds, cores, utilization


def machines(requests_per_second, milliseconds, cores, utilization):
    busy_cores = requests_per_second * milliseconds / 1000
    usable_cores = cores * utilization
    return math.ceil(busy_cores / usable_cores)


def another(requests_per_second, milliseconds, cores, utilization):
    requests_per_machine = cores * utilization * 1000 / milliseconds  # a second
    return np.ceil(requests_per_second / requests_per_machine)


mistakes = [
    edit(
        "milliseconds / 1000",
        "milliseconds",
        "milliseconds_as_seconds",
        "You take milliseconds for seconds, so the fleet is a thousand times too large.",
    ),
    edit(
        "cores * utilization",
        "cores",
        "runs_at_full_load",
        "You plan with cores that are busy all the time. Then each peak "
        "makes a queue: use only the allowed share of them.",
    ),
    edit(
        "cores * utilization",
        "cores / utilization",
        "utilization_upside_down",
        "You multiply by the utilization, so a more careful plan gets fewer "
        "machines. It makes each machine worth less: divide by it.",
    ),
    edit(
        "cores * utilization",
        "utilization",
        "forgets_the_cores",
        "You count cores, not machines: divide by the cores of one machine, too.",
    ),
    edit(
        "math.ceil(busy_cores / usable_cores)",
        "round(busy_cores / usable_cores)",
        "rounds_down",
        "You round down or to the nearest, so the last part of the load has no machine. Round up.",
    ),
    edit(
        "math.ceil(busy_cores / usable_cores)",
        "math.ceil(math.ceil(busy_cores) / usable_cores)",
        "rounds_up_twice",
        "You round up to whole cores first, and then to whole machines. A core "
        "may be shared by many requests: round up once, at the end.",
    ),
    edit(
        "math.ceil(busy_cores / usable_cores)",
        "busy_cores / usable_cores",
        "a_part_of_a_machine",
        "The number is right, but nobody rents a part of a machine: round up.",
    ),
    edit(
        "math.ceil(busy_cores / usable_cores)",
        "int(busy_cores / usable_cores) + 1",
        "one_more_where_none_is_needed",
        "You round down and add one. Where the last machine is exactly full, that is one too many: "
        "`math.ceil` adds none there.",
    ),
]
