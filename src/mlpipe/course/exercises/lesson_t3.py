"""Exercises of trap 3: name the fault, then repair the probability that is served."""

import numpy as np

from mlpipe.course.exercise import Definition, Mistake
from mlpipe.course.exercises._traps import name_the_fault

FAULT = name_the_fault(
    "t3",
    "uncorrected_downsampling",
    hints=(
        "The order of the ads is good: the AUC says so. What is wrong is the level. By the same factor at all hours, or only at some?",
        "Divide the mean forecast by the click rate of the log. Then compute the click rate of the rows that the model was "
        "fitted on. Which of the two rates has the model learned?",
        "The model saw every click, but only one in ten of the other rows. So its odds are those of a world with ten times more "
        "clicks. Which name describes a step of the training that was never undone?",
    ),
    messages={
        "delayed_labels": "Clicks that are still to come make the measured number too low by a few percent. Here the "
        "forecast is several times too high, also for days whose clicks have long been reported.",
        "leaky_counter": "Then the ranking would be too good to be true, and collapse after launch. Here it is as good as "
        "usual, and the model has only ids, no counters.",
        "mixed_model_versions": "Scores without meaning would give an AUC near one half. This AUC is that of a sound model.",
        "sample_ratio_mismatch": "That is a fault of an experiment with two arms, seen in the number of users of each arm. "
        "Nothing is assigned here.",
        "sampled_metrics": "That would flatter a ranking metric. The ranking metric here is in order; what is wrong is the "
        "level of the probabilities, and they are computed for all rows.",
        "stale_model": "A model that ages loses order first, and its level drifts by some percent from day to day. Here the "
        "level is off by one large factor from the first hour on.",
        "train_serve_mismatch": "If a feature were computed in two ways, the order would suffer, too. It is sound, and training "
        "and test rows go through the same function.",
    },
    takeaway="The model learned odds from rows in which clicks are ten times as frequent as they are. The order survives that, "
    "and so does the AUC; each probability is too high, by a factor near ten where it is small.",
)


def draw_log_odds(rng: np.random.Generator, number: int) -> tuple:
    log_odds = rng.normal(-1, 1.5, size=(6, 30, 300)[number])
    log_odds[:3] = -30, 30, 0  # what floor and ceiling are for
    settings = {
        "regularisation": float(rng.uniform(0.01, 1)),
        "kept": float(rng.uniform(0.02, 0.4)),
        "floor": float(rng.uniform(1e-4, 1e-3)),
        "ceiling": float(rng.uniform(0.8, 0.95)),
    }
    return rng.permutation(log_odds), settings


TO_PROBABILITY = """
import numpy as np


def to_probability(log_odds, settings):
    {first}
    return {result}
"""
PLAIN = "p = 1 / (1 + np.exp(-log_odds))"
CLIPPED = 'np.clip({}, settings["floor"], settings["ceiling"])'


def served(first: str = PLAIN, result: str = CLIPPED.format("p")) -> str:
    return TO_PROBABILITY.format(first=first, result=result)


FIX = Definition(
    id="t3.fix",
    title="Repair the probability",
    stub=served(),
    hints=(
        "Take 1,000 impressions with 30 clicks, and keep one in ten of the others. What are the odds of a click before, and after?",
        "Keeping a share w of the rows without a click divides their number, so it multiplies the odds by 1/w. Undo that on the "
        "odds, not on the probability, and do it before floor and ceiling.",
        "The odds are `np.exp(log_odds)`. Bring them down by the share that was kept, which is in `settings`; then turn odds into a "
        "probability, odds / (1 + odds), and clip as before.",
    ),
    solution=served('odds = settings["kept"] * np.exp(log_odds)', CLIPPED.format("odds / (1 + odds)")),
    another=served(PLAIN + '\n    p = p / (p + (1 - p) / settings["kept"])'),
    mistakes=(
        Mistake(
            "still_as_trained",
            "These are the probabilities of the thinned training data. In the log, clicks are much rarer.",
            served("odds = np.exp(log_odds)", CLIPPED.format("odds / (1 + odds)")),
        ),
        Mistake(
            "share_times_probability",
            "You multiply the probability by the share. Thinning changes the odds by that factor; the probability changes by less "
            "where it is large. Go through the odds.",
            served(result=CLIPPED.format('settings["kept"] * p')),
        ),
        Mistake(
            "wrong_way_round",
            "You divide the odds by the share, so the forecast gets still higher. The training data had too many clicks: go down.",
            served('odds = np.exp(log_odds) / settings["kept"]', CLIPPED.format("odds / (1 + odds)")),
        ),
        Mistake(
            "misprinted_formula",
            "p + (1 - p) p / w is a misprint of p / (p + (1 - p) / w) that has been copied often. Try p = 0.5 and w = 0.1: it gives 3.",
            served(result=CLIPPED.format('p + (1 - p) * p / settings["kept"]')),
        ),
        Mistake(
            "share_taken_from_log_odds",
            "You subtract the share from the log-odds. A factor of the odds is a difference of logarithms: use the logarithm of it.",
            served('p = 1 / (1 + np.exp(settings["kept"] - log_odds))'),
        ),
        Mistake(
            "clips_before_it_corrects",
            "The formula is right, but floor and ceiling are applied before it, so the served value can leave them. Clip last.",
            served(PLAIN + "\n    p = " + CLIPPED.format("p"), 'p / (p + (1 - p) / settings["kept"])'),
        ),
        Mistake(
            "forgets_to_clip",
            "The formula is right, but floor and ceiling are gone. A probability of 0 or 1 costs without limit when it is wrong.",
            served('odds = settings["kept"] * np.exp(log_odds)', "odds / (1 + odds)"),
        ),
    ),
    draw=draw_log_odds,
    takeaway="The odds are those of the log again, and the order is unchanged. After the repair, what we pay is about 1.0 times "
    "what the clicks are worth, instead of seven times.",
)

EXERCISES = (FAULT, FIX)
