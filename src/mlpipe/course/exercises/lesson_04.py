"""Exercises of lesson 04: nDCG of one list, its average precision, a split by time with fold-in."""

import numpy as np

from mlpipe.course.exercise import Definition, Mistake


def draw_list(rng: np.random.Generator, number: int) -> tuple:
    n_items, length, k, n_relevant = ((30, 8, 5, 3), (200, 30, 10, 17), (2_000, 60, 20, 6))[number]
    names = rng.choice(n_items, size=length + n_relevant, replace=False)
    recommended = names[:length]
    # Hits among the first k, the last at place k but none at the first; below them one at k + 1: the cut must be exact.
    inside = (2, 4, 3)[number]
    below = min(2, n_relevant - inside)
    while True:
        at = np.sort(rng.choice(k, size=inside, replace=False))
        if at[0] > 0 and at[-1] == k - 1:
            break
    found = np.concatenate([recommended[at], recommended[[k, k + 2][:below]]])
    missed = names[length : length + n_relevant - len(found)]
    return recommended, rng.permutation(np.concatenate([found, missed])), k


NDCG_CODE = """
import numpy as np


def ndcg(recommended, relevant, k):
    hits = {hits}
    discount = {discount}
    ideal = {ideal}
    return {result}
"""


def one_list(
    hits: str = "np.isin(recommended[:k], relevant)",
    discount: str = "1 / np.log2(np.arange(2, k + 2))",
    ideal: str = "discount[: len(relevant)].sum()",
    result: str = "(hits * discount).sum() / ideal",
) -> str:
    return NDCG_CODE.format(hits=hits, discount=discount, ideal=ideal, result=result)


NDCG = Definition(
    id="04.ndcg",
    title="nDCG of one list",
    core=True,
    stub="""
def ndcg(recommended, relevant, k):
    ...
""",
    hints=(
        "Two sums: the credit of this list, and the credit of the best list that this user could get. How many hits has the best list?",
        "Mark which of the first k places hold a relevant film, and give place p the credit 1 / log2(p + 1). The best list has its hits on top: "
        "one for each relevant film, but not more than k.",
        "`np.isin` marks the hits, `np.arange(2, k + 2)` is what stands in the logarithm. Add up the discounts where there is a hit, and divide "
        "by the sum of the *first few* discounts. How few: see the hint before.",
    ),
    solution=one_list(),
    another="""
import math


def ndcg(recommended, relevant, k):
    wanted = set(relevant.tolist())
    gain = 0.0
    for place, film in enumerate(recommended.tolist()[:k], start=1):
        if film in wanted:
            gain += 1 / math.log2(place + 1)
    best = sum(1 / math.log2(place + 1) for place in range(1, min(k, len(wanted)) + 1))
    return gain / best
""",
    mistakes=(
        Mistake(
            "not_normalised",
            "This is DCG, the credit of the list. Divide by the credit of the ideal list, so that a perfect list scores 1 for every user.",
            one_list(result="(hits * discount).sum()"),
        ),
        Mistake(
            "ideal_always_has_k_hits",
            "Your ideal list has a hit at each of the k places. A user with three relevant films cannot have more than three hits: even a perfect list would score below 1.",
            one_list(ideal="discount.sum()"),
        ),
        Mistake(
            "ideal_of_its_own_hits",
            "Your ideal list only sorts the hits that were found to the top. A list that misses most of what is relevant then looks perfect. Count all relevant films.",
            one_list(ideal="discount[: hits.sum()].sum()"),
        ),
        Mistake(
            "ideal_longer_than_k",
            "Your ideal list has a hit for every relevant film, also beyond place k. Nobody can show more than k: cap it.",
            one_list(ideal="(1 / np.log2(np.arange(2, len(relevant) + 2))).sum()"),
        ),
        Mistake(
            "first_two_places_equal",
            "Your discount starts late: places 1 and 2 both count in full. An old definition does so. Here place p gets 1 / log2(p + 1).",
            one_list(discount="1 / np.log2(np.maximum(np.arange(1, k + 1), 2))"),
        ),
        Mistake(
            "places_counted_one_too_far",
            "Your discount is one place too far: the first place gets 1 / log2(3). It has to get 1 / log2(2), which is 1.",
            one_list(discount="1 / np.log2(np.arange(3, k + 3))"),
        ),
        Mistake(
            "discount_one_over_place",
            "You discount by 1 / p, as the reciprocal rank does. nDCG discounts more gently, by the logarithm: 1 / log2(p + 1).",
            one_list(discount="1 / np.arange(1, k + 1)"),
        ),
        Mistake(
            "no_discount",
            "You count the hits, wherever they stand. Then the order does not matter: give place p the credit 1 / log2(p + 1).",
            one_list(discount="np.ones(k)"),
        ),
        Mistake(
            "worst_place_first",
            "Your discount is upside down: the last place counts most. `recommended` has the best first.",
            one_list(result="(hits * discount[::-1]).sum() / ideal"),
        ),
        Mistake(
            "whole_list_counts",
            "You use the whole list, for the credit and for the ideal. Only the first k places are seen.",
            one_list().replace("    hits =", "    k = len(recommended)\n    hits ="),
        ),
        Mistake(
            "hits_beyond_k",
            "You add the credit of hits beyond place k, while your ideal list has k places. Only the first k places are seen.",
            """
import numpy as np


def ndcg(recommended, relevant, k):
    hits = np.isin(recommended, relevant)
    discount = 1 / np.log2(np.arange(2, len(recommended) + 2))
    return (hits * discount).sum() / discount[: min(k, len(relevant))].sum()
""",
        ),
        Mistake(
            "one_place_short",
            "Your credit stops one place before k: a hit at place k is not counted. In Python, `[:k]` takes the places 1 to k.",
            one_list(result="(hits * discount)[: k - 1].sum() / ideal"),
        ),
        Mistake(
            "one_place_too_many",
            "Your credit runs to place k + 1. Only the first k places are seen.",
            """
import numpy as np


def ndcg(recommended, relevant, k):
    hits = np.isin(recommended[: k + 1], relevant)
    discount = 1 / np.log2(np.arange(2, k + 3))
    return (hits * discount).sum() / discount[: min(k, len(relevant))].sum()
""",
        ),
        Mistake(
            "average_precision_instead",
            "This is average precision. nDCG weighs a hit by its own place only, and divides by the credit of the ideal list.",
            one_list(result="(hits * np.cumsum(hits) / np.arange(1, k + 1)).sum() / min(k, len(relevant))"),
        ),
        Mistake(
            "divides_by_the_number_relevant",
            "You divide by the number of relevant films. The best possible credit is smaller, because places below the first count less: divide by the credit of the ideal list.",
            one_list(ideal="len(relevant)"),
        ),
        Mistake(
            "divides_by_a_number_of_places",
            "You divide by min(k, number relevant). That is how many hits are possible; divide by their *discounted* credit.",
            one_list(ideal="min(k, len(relevant))"),
        ),
        Mistake(
            "divides_by_the_hits",
            "You divide by the number of hits. Then a list with one hit on top is perfect, however much it misses. Divide by the credit of the ideal list.",
            one_list(ideal="hits.sum()"),
        ),
        Mistake(
            "divides_by_k",
            "You divide by k. Divide by the credit of the ideal list: what a perfect list would get for this user.",
            one_list(ideal="k"),
        ),
        Mistake(
            "two_different_logarithms",
            "Your two sums use different logarithms. Any base will do, because it cancels, but it must be the same in both.",
            one_list(
                discount="1 / np.log(np.arange(2, k + 2))",
                ideal="(1 / np.log2(np.arange(2, min(k, len(relevant)) + 2))).sum()",
            ),
        ),
        Mistake(
            "ideal_in_natural_logarithms",
            "Your credit is in log2 and your ideal in natural logarithms. Any base will do, because it cancels, but it must be the same in both.",
            one_list(ideal="(1 / np.log(np.arange(2, min(k, len(relevant)) + 2))).sum()"),
        ),
        Mistake(
            "order_of_the_relevant",
            "You walk through `relevant` and discount by the place there. That order means nothing: what counts is the place in the list that was shown.",
            """
import numpy as np


def ndcg(recommended, relevant, k):
    shown = np.isin(relevant, recommended[:k])
    discount = 1 / np.log2(np.arange(2, len(relevant) + 2))
    return (shown * discount).sum() / discount[:k].sum()
""",
        ),
        Mistake(
            "precision_instead",
            "This is precision: the share of the first k places that are hits. nDCG weighs each hit by its place.",
            one_list(result="hits.mean()"),
        ),
        Mistake(
            "recall_instead",
            "This is recall: the share of the relevant films that was found. nDCG weighs each hit by its place.",
            one_list(result="hits.sum() / len(relevant)"),
        ),
    ),
    draw=draw_list,
    takeaway="What a user could get at best is part of the metric. When two tools disagree about nDCG, compare their ideal lists first.",
)


AP_CODE = """
import numpy as np


def average_precision(recommended, relevant, k):
    hits = np.isin(recommended[:k], relevant)
    place = np.arange(1, k + 1)
    precision = {precision}
    return {result}
"""


def averaged(
    precision: str = "np.cumsum(hits) / place", result: str = "(precision * hits).sum() / min(k, len(relevant))"
) -> str:
    return AP_CODE.format(precision=precision, result=result)


AVERAGE_PRECISION = Definition(
    id="04.average_precision",
    title="Average precision",
    stub="""
def average_precision(recommended, relevant, k):
    ...
""",
    hints=(
        "Walk down the list. At each hit, stop and ask: which share of the list so far is good?",
        "Precision at place p is the number of hits up to p, over p. Take it at the hits only and add up. The divisor is not the number of hits: what "
        "was not found has to cost something.",
        "`np.cumsum` of the hits counts them on the way down; divide by 1, 2, 3, ... Keep the places where `hits` is true, and divide their sum by the number "
        "of hits that a perfect list of k would have.",
    ),
    solution=averaged(),
    another="""
def average_precision(recommended, relevant, k):
    wanted = set(relevant.tolist())
    found, total = 0, 0.0
    for place, film in enumerate(recommended.tolist()[:k], start=1):
        if film in wanted:
            found += 1
            total += found / place
    return total / (k if len(wanted) > k else len(wanted))
""",
    mistakes=(
        Mistake(
            "divides_by_the_hits",
            "You divide by the number of hits, so what the list misses costs nothing: one hit on top would be perfect. Divide by min(k, number relevant).",
            averaged(result="(precision * hits).sum() / hits.sum()"),
        ),
        Mistake(
            "divides_by_k",
            "You divide by k. A user with fewer relevant films than k could never reach 1: divide by min(k, number relevant).",
            averaged(result="(precision * hits).sum() / k"),
        ),
        Mistake(
            "divisor_not_capped",
            "You divide by the number relevant, also where it is larger than k. Some libraries do so, but then a perfect list of k scores below 1. Cap the divisor at k.",
            averaged(result="(precision * hits).sum() / len(relevant)"),
        ),
        Mistake(
            "divisor_is_the_larger_one",
            "You divide by the larger of k and the number relevant. A perfect list has as many hits as the *smaller* of the two.",
            averaged(result="(precision * hits).sum() / max(k, len(relevant))"),
        ),
        Mistake(
            "not_divided",
            "You add the precisions up and do not divide, so a user with many relevant films can exceed 1.",
            averaged(result="(precision * hits).sum()"),
        ),
        Mistake(
            "mean_over_every_place",
            "You average the precision over every place. Take it at the hits only: places between them are no reason to stop.",
            averaged(result="precision.mean()"),
        ),
        Mistake(
            "adds_up_every_place",
            "Your divisor is right, but you add the precision of every place, hit or not. Take it at the hits only.",
            averaged(result="precision.sum() / min(k, len(relevant))"),
        ),
        Mistake(
            "one_over_place_at_each_hit",
            "You give each hit 1 / p. Precision at place p counts all hits up to p: the second hit at place 4 is worth 2/4.",
            averaged(precision="1 / place"),
        ),
        Mistake(
            "precision_before_the_hit",
            "Your precision at a hit does not count the hit itself. It is the share of good films among the first p, place p included.",
            averaged(precision="(np.cumsum(hits) - hits) / place"),
        ),
        Mistake(
            "places_counted_one_too_far",
            "You divide by p + 1 at place p, so even a perfect list scores below 1. At the first place the divisor is 1.",
            averaged(precision="np.cumsum(hits) / (place + 1)"),
        ),
        Mistake(
            "recall_at_each_hit",
            "At each hit you take the share of the relevant films found so far: that is recall. Precision divides by the place.",
            averaged(precision="np.cumsum(hits) / len(relevant)"),
        ),
        Mistake(
            "precision_at_k_only",
            "This is precision at k. It does not see the order: take the precision at the place of each hit.",
            averaged(result="hits.mean()"),
        ),
        Mistake(
            "first_hit_only",
            "This is the reciprocal rank: only the first hit counts. Average precision counts them all.",
            averaged(result="1 / place[hits][0]"),
        ),
        Mistake(
            "whole_list_counts",
            "You walk down the whole list, with a divisor to match. Only the first k places are seen.",
            averaged().replace("    hits =", "    k = len(recommended)\n    hits ="),
        ),
        Mistake(
            "hits_beyond_k",
            "You count hits beyond place k. Only the first k places are seen.",
            """
import numpy as np


def average_precision(recommended, relevant, k):
    hits = np.isin(recommended, relevant)
    precision = np.cumsum(hits) / np.arange(1, len(recommended) + 1)
    return (precision * hits).sum() / min(k, len(relevant))
""",
        ),
        Mistake(
            "one_place_short",
            "You stop one place before k: a hit at place k is not counted. In Python, `[:k]` takes the places 1 to k.",
            averaged(result="(precision * hits)[: k - 1].sum() / min(k, len(relevant))"),
        ),
        Mistake(
            "whole_list_by_the_hits",
            "You walk down the whole list and divide by its hits. Cut the list at k, and divide by min(k, number relevant).",
            """
import numpy as np


def average_precision(recommended, relevant, k):
    hits = np.isin(recommended, relevant)
    precision = np.cumsum(hits) / np.arange(1, len(recommended) + 1)
    return precision[hits].mean()
""",
        ),
        Mistake(
            "order_of_the_relevant",
            "You walk through `relevant`. Its order means nothing: walk down the list that was shown.",
            """
import numpy as np


def average_precision(recommended, relevant, k):
    shown = np.isin(relevant, recommended[:k])
    precision = np.cumsum(shown) / np.arange(1, len(relevant) + 1)
    return (precision * shown).sum() / min(k, len(relevant))
""",
        ),
        Mistake(
            "recall_instead",
            "This is recall: the share of the relevant films that was found. It does not see the order: take the precision at the place of each hit.",
            averaged(result="hits.sum() / len(relevant)"),
        ),
        Mistake(
            "ndcg_instead",
            "This is nDCG. Average precision has no logarithm: at each hit, take the number of hits so far over the place.",
            """
import numpy as np


def average_precision(recommended, relevant, k):
    hits = np.isin(recommended[:k], relevant)
    discount = 1 / np.log2(np.arange(2, k + 2))
    return (hits * discount).sum() / discount[: len(relevant)].sum()
""",
        ),
    ),
    draw=draw_list,
    takeaway="The mean of this over users is MAP. Its divisor differs between libraries, so a MAP without its definition cannot be compared.",
)


def draw_rows(rng: np.random.Generator, number: int) -> tuple:
    n_users, n_rows = ((4, 12), (9, 60), (40, 400))[number]
    names = rng.choice(1_000, size=n_users, replace=False)
    cut = int(rng.integers(40, 50)) * n_rows // 10
    while True:
        user = rng.integers(0, n_users, size=n_rows)
        time = rng.choice(10 * n_rows, size=n_rows, replace=False)
        if cut not in time:
            time[0] = cut  # a row at the very moment
        later = time >= cut
        # User 0 has left before the cut, user 2 has one row after it, the last user comes after it.
        user[later & (user == 0)] = 1
        user[np.flatnonzero(later & (user == 2))[1:]] = 1
        user[~later & (user == n_users - 1)] = 0
        n_before, n_later = (np.bincount(user[rows], minlength=n_users) for rows in (~later, later))
        out_of_order = any((np.diff(time[later & (user == one)]) < 0).any() for one in range(1, n_users))
        if (
            min(n_before[:2]) >= 2
            and min(n_later[1], n_later[-1]) >= 3
            and n_later[2] == 1
            and n_later[user[time == cut][0]] >= 2
            and out_of_order
        ):
            return names[user], time, cut


SPLIT_CODE = """
import numpy as np


def fold_in_split(user, time, cut):
    part = np.zeros(len(user), dtype=int)
    for one in np.unique(user):
        later = np.flatnonzero((user == one) & (time >= cut))
        later = later[np.argsort(time[later])]
        half = len(later) // 2
        part[later[:half]] = 1
        part[later[half:]] = 2
    return part
"""

SPLIT_BY_TIME = Definition(
    id="04.split_by_time",
    title="A split that respects the clock",
    stub="""
def fold_in_split(user, time, cut):
    ...
""",
    hints=(
        "Which rows does the model learn from? That needs only `time` and `cut`. What is left is halved, user by user.",
        "For one user, pick the rows from the cut on and put them in order of time: the file is in no order. With five of them, the first two are known when "
        "the user is served.",
        "Start from `np.zeros(len(user), dtype=int)`. In a loop over `np.unique(user)`, `np.flatnonzero` of two conditions gives row numbers; `np.argsort` of their "
        "times orders them; an integer division finds the middle.",
    ),
    solution=SPLIT_CODE,
    another="""
import numpy as np
import pandas as pd


def fold_in_split(user, time, cut):
    rows = pd.DataFrame({"user": user, "time": time, "later": time >= cut})
    groups = rows.groupby(["user", "later"])["time"]
    in_first_half = groups.rank() <= groups.transform("size") // 2
    return np.where(~rows["later"], 0, np.where(in_first_half, 1, 2))
""",
    mistakes=(
        Mistake(
            "row_at_the_cut_is_trained_on",
            "A row at the very moment of the cut lands in your training set. The model goes live at `cut`: such a row comes after.",
            SPLIT_CODE.replace("time >= cut", "time > cut"),
        ),
        Mistake(
            "half_rounded_up",
            "With an odd number of later rows you put the middle one into the history. Round down: a user with one later row is then judged on it.",
            SPLIT_CODE.replace("len(later) // 2", "(len(later) + 1) // 2"),
        ),
        Mistake(
            "order_of_the_file",
            "You halve the later rows in the order of the file. Then the history holds rows that come after those to be predicted. Sort by time first.",
            SPLIT_CODE.replace("        later = later[np.argsort(time[later])]\n", ""),
        ),
        Mistake(
            "one_half_for_everybody",
            "You halve all later rows together, at one moment. Then some users have no history and others nothing to predict. Halve user by user.",
            """
import numpy as np


def fold_in_split(user, time, cut):
    part = np.zeros(len(user), dtype=int)
    later = np.flatnonzero(time >= cut)
    later = later[np.argsort(time[later])]
    half = len(later) // 2
    part[later[:half]] = 1
    part[later[half:]] = 2
    return part
""",
        ),
        Mistake(
            "half_of_all_rows",
            "You take half of *all* rows of a user, those before the cut included. Count only the rows from the cut on.",
            SPLIT_CODE.replace(
                "len(later) // 2", "max(0, (user == one).sum() // 2 - ((user == one) & (time < cut)).sum())"
            ),
        ),
        Mistake(
            "half_as_long_as_all_rows",
            "The length of your history is half of *all* rows of the user, those before the cut included. Count only the rows from the cut on.",
            SPLIT_CODE.replace("len(later) // 2", "(user == one).sum() // 2"),
        ),
        Mistake(
            "nothing_is_folded_in",
            "All later rows are in your test set. Then a user who comes after the cut has no history, and nothing can be recommended.",
            SPLIT_CODE.replace("len(later) // 2", "0"),
        ),
        Mistake(
            "predicts_the_past",
            "Your history is the second half and your test set the first: you predict what came before.",
            SPLIT_CODE.replace("[:half]] = 1", "[:half]] = 2").replace("[half:]] = 2", "[half:]] = 1"),
        ),
        Mistake(
            "latest_first",
            "You sort by time, latest first, so the history comes after what is to be predicted. Turn the order round.",
            SPLIT_CODE.replace("np.argsort(time[later])", "np.argsort(-time[later])"),
        ),
        Mistake(
            "new_users_are_not_folded_in",
            "Users without a row before the cut get no history from you. They are why fold-in exists: half of their later rows is known when they are served.",
            SPLIT_CODE.replace("len(later) // 2", "len(later) // 2 if ((user == one) & (time < cut)).any() else 0"),
        ),
        Mistake(
            "new_users_are_left_out",
            "You leave users without a row before the cut in part 0, though their rows come after it: the model would be trained on its own future.",
            SPLIT_CODE.replace(
                "        part[later[:half]]",
                "        if not ((user == one) & (time < cut)).any():\n            continue\n        part[later[:half]]",
            ),
        ),
        Mistake(
            "no_global_cut",
            "You halve each user's rows and do not use the cut. One user's past is then another one's future: leak. Cut at one moment for all.",
            SPLIT_CODE.replace(" & (time >= cut)", ""),
        ),
        Mistake(
            "history_swallows_the_training_rows",
            "You mark rows before the cut as history, too. They are known when the user is served, but the model is trained on them: they stay 0.",
            SPLIT_CODE.replace(
                "        part[later[:half]]",
                "        if len(later):\n            part[(user == one) & (time < cut)] = 1\n        part[later[:half]]",
            ),
        ),
        Mistake(
            "single_row_is_folded_in",
            "A user with one later row has it in your history, so there is nothing to predict. Round down: that row is to be predicted.",
            SPLIT_CODE.replace("len(later) // 2", "max(min(1, len(later)), len(later) // 2)"),
        ),
        Mistake(
            "argsort_taken_for_ranks",
            "`np.argsort` gives the positions in sorted order, not the rank of each row. Index the row numbers with it, or call it twice.",
            SPLIT_CODE.replace(
                "        later = later[np.argsort(time[later])]\n", "        order = np.argsort(time[later])\n"
            )
            .replace("        part[later[:half]] = 1\n", "        part[later] = np.where(order < half, 1, 2)\n")
            .replace("        part[later[half:]] = 2\n", ""),
        ),
        Mistake(
            "positions_of_a_part_of_the_rows",
            "Your sorted positions count within the user's later rows, but you use them as row numbers of the whole file. Keep the row numbers, and sort those.",
            SPLIT_CODE.replace("later[np.argsort(time[later])]", "np.argsort(time[later])"),
        ),
        Mistake(
            "halved_by_the_clock",
            "You halve the user's time, at the middle between the first and the last later row. Halve the number of rows.",
            """
import numpy as np


def fold_in_split(user, time, cut):
    part = np.zeros(len(user), dtype=int)
    for one in np.unique(user):
        later = (user == one) & (time >= cut)
        if later.any():
            middle = (time[later].min() + time[later].max()) / 2
            part[later] = np.where(time[later] < middle, 1, 2)
    return part
""",
        ),
        Mistake(
            "answers_in_order_of_time",
            "Your parts are right for rows sorted by time, but row i of the answer must be about row i of the input.",
            SPLIT_CODE.replace(
                "    part = ", "    order = np.argsort(time)\n    user, time = user[order], time[order]\n    part = "
            ),
        ),
        Mistake(
            "history_is_trained_on",
            "You put the first half of the later rows into the training set. They came after the cut: known when the user is served, but not fitted. Mark them 1.",
            SPLIT_CODE.replace("[:half]] = 1", "[:half]] = 0"),
        ),
        Mistake(
            "one_row_of_history",
            "You fold in the first later row only. Of each user's later rows, the whole first half is known.",
            SPLIT_CODE.replace("len(later) // 2", "min(1, len(later) // 2)"),
        ),
        Mistake(
            "only_the_last_row_is_tested",
            "You hold out one row a user. Of the later rows, the whole second half is to be predicted.",
            SPLIT_CODE.replace("len(later) // 2", "max(0, len(later) - 1)"),
        ),
        Mistake(
            "marks_instead_of_parts",
            "You only tell before from after (0 and 1). The rows from the cut on are in two parts: 1 known when served, 2 to be predicted.",
            "\ndef fold_in_split(user, time, cut):\n    return (time >= cut).astype(int)\n",
        ),
    ),
    draw=draw_rows,
    takeaway="Nobody's future is in the training set, and a user who came yesterday can be judged today.",
)

EXERCISES = (NDCG, AVERAGE_PRECISION, SPLIT_BY_TIME)
