"""Repair the probability."""

import numpy as np

from mlpipe.course.definition import edit, wrong

hints = (
    "Take 1,000 impressions with 30 clicks, and keep one in ten of the others. "
    "What are the odds of a click before, and after?",
    "Keeping a share w of the rows without a click divides their number, so it multiplies the odds by 1/w. "
    "Undo that on the odds, not on the probability, and do it before floor and ceiling.",
    "The odds are `np.exp(log_odds)`. Bring them down by the share that was kept, which is in `settings`; "
    "then turn odds into a probability, odds / (1 + odds), and clip as before.",
)
takeaway = (
    "The odds are those of the log again, and the order is unchanged. "
    "After the repair, what we pay is about 1.0 times what the clicks are worth, instead of seven times."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    log_odds = rng.normal(-1, 1.5, size=(6, 30, 300)[number])
    log_odds[:3] = -30, 30, 0  # what floor and ceiling are for
    settings = {
        "regularisation": float(rng.uniform(0.01, 1)),
        "kept": float(rng.uniform(0.02, 0.4)),
        "floor": float(rng.uniform(1e-4, 1e-3)),
        "ceiling": float(rng.uniform(0.8, 0.95)),
    }
    return rng.permutation(log_odds), settings


def to_probability(log_odds, settings):
    odds = settings["kept"] * np.exp(log_odds)
    p = odds / (1 + odds)
    return np.clip(p, settings["floor"], settings["ceiling"])


def another(log_odds, settings):
    p = 1 / (1 + np.exp(-log_odds))
    p = p / (p + (1 - p) / settings["kept"])
    return np.clip(p, settings["floor"], settings["ceiling"])


def stub(log_odds, settings):
    p = 1 / (1 + np.exp(-log_odds))
    return np.clip(p, settings["floor"], settings["ceiling"])


def clips_before_it_corrects(log_odds, settings):
    p = 1 / (1 + np.exp(-log_odds))
    p = np.clip(p, settings["floor"], settings["ceiling"])
    return p / (p + (1 - p) / settings["kept"])


mistakes = [
    edit(
        'settings["kept"] * np.exp(log_odds)',
        "np.exp(log_odds)",
        "still_as_trained",
        "These are the probabilities of the thinned training data. In the log, clicks are much rarer.",
    ),
    edit(
        "odds / (1 + odds)",
        'settings["kept"] / (1 + np.exp(-log_odds))',
        "share_times_probability",
        "You multiply the probability by the share. Thinning changes the odds by that factor; "
        "the probability changes by less where it is large. Go through the odds.",
    ),
    edit(
        'settings["kept"] * np.exp(log_odds)',
        'np.exp(log_odds) / settings["kept"]',
        "wrong_way_round",
        "You divide the odds by the share, so the forecast gets still higher. "
        "The training data had too many clicks: go down.",
    ),
    edit(
        'odds = settings["kept"] * np.exp(log_odds)',
        "p = 1 / (1 + np.exp(-log_odds))",
        "misprinted_formula",
        "p + (1 - p) p / w is a misprint of p / (p + (1 - p) / w) that has been copied often. "
        "Try p = 0.5 and w = 0.1: it gives 3.",
        also=(("odds / (1 + odds)", 'p + (1 - p) * p / settings["kept"]'),),
    ),
    edit(
        'settings["kept"] * np.exp(log_odds)',
        'np.exp(log_odds - settings["kept"])',
        "share_taken_from_log_odds",
        "You subtract the share from the log-odds. "
        "A factor of the odds is a difference of logarithms: use the logarithm of it.",
    ),
    wrong(
        clips_before_it_corrects,
        "The formula is right, but floor and ceiling are applied before it, "
        "so the served value can leave them. Clip last.",
    ),
    edit(
        'np.clip(p, settings["floor"], settings["ceiling"])',
        "p",
        "forgets_to_clip",
        "The formula is right, but floor and ceiling are gone. "
        "A probability of 0 or 1 costs without limit when it is wrong.",
    ),
]
