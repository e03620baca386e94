"""What a join moves."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "What must meet, so that a row finds its partner? There are two ways: bring the small table to all, or both to the "
    "worker of the key.",
    "Sent to all: the small table, once a worker, if it fits into the memory of one. By key: both tables, apart from the "
    "share that is at the right worker by luck.",
    "By luck, 1 in `n_workers` rows is where it belongs. `np.where` chooses the first way where `small <= memory` and it "
    "moves less.",
)
takeaway = (
    "A table of ads is sent to all, a table of users seldom. Engines decide by a limit of their own (Spark: 10 MB, by its "
    "guess of the size): look into the plan, and tell it what you know."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n, n_workers = ((4, 4), (20, 10), (200, 50))[number]
    big = float(rng.integers(50, 100)) * 1000
    memory = float(rng.integers(6, 9)) * 100 * (1, 2, 0.5)[number]
    limit = big * (1 - 1 / n_workers) / n_workers  # about here sending to all moves as much
    small = np.round(np.exp(rng.uniform(np.log(10), np.log(20 * limit), n)))
    small[:4] = memory, memory * 0.4, memory + 1, big  # just fits, fits, just does not, and as large as the other
    if number:
        memory = float(round(3 * limit))
        small[:4] = memory, round(0.5 * limit), memory + 1, round(2 * limit)
    return big, rng.permutation(small), n_workers, memory


def join_bytes(big, small, n_workers, memory):
    to_all = small * n_workers
    by_key = (big + small) * (1 - 1 / n_workers)
    return np.where((small <= memory) & (to_all < by_key), to_all, by_key)


def another(big, small, n_workers, memory):
    moved = []
    for table in small:
        by_key = big * (1 - 1 / n_workers) + table * (1 - 1 / n_workers)
        moved.append(min(table * n_workers, by_key) if not table > memory else by_key)
    return moved


equivalent = {
    "return np.where((small <= memory) & (to_all <= by_key), to_all, by_key)": "where both move the same, either is right"
}
mistakes = [
    edit(
        "(small <= memory) & (to_all < by_key)",
        "to_all < by_key",
        "memory_forgotten",
        "You send tables to all that no worker can hold: the job dies. First it must fit, then it may be cheaper.",
    ),
    edit(
        "(small <= memory) & (to_all < by_key)",
        "small <= memory",
        "always_if_it_fits",
        "You send to all whatever fits. A table of middle size, times the workers, is more than both tables once.",
    ),
    edit(
        "small <= memory",
        "to_all <= memory",
        "all_copies_in_one_memory",
        "You ask whether all copies fit into one memory. Each worker holds one of them.",
    ),
    edit(
        "(1 - 1 / n_workers)",
        "1",
        "all_rows_move",
        "You move every row. One in `n_workers` is at its worker already.",
    ),
    edit(
        "(big + small) * (1",
        "big * (1",
        "small_table_stays",
        "By key, *both* tables move: the small one, too, must be where its partners are.",
    ),
    edit(
        "small * n_workers",
        "small",
        "sent_once",
        "You send the small table once. Every worker needs a copy.",
    ),
]
