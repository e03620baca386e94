"""Normalised entropy of a report."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "Imagine the report written out, one line an impression: "
    "how many lines does a slot have, and how many of them have label 1?",
    "In a slot, every clicked impression loses -log p and every other one -log(1 - p). "
    "Multiply each by how many there are, add up over the slots; then the same for the background.",
    "Two sums: one with `np.log(p)` and `np.log(1 - p)`, one with the same counts and the logs of the background "
    "and of one minus it. The counts are `clicks` and `shown - clicks`. Divide the first sum by the second.",
)
takeaway = (
    "Log loss needs only counts, so it can be computed from a report as well as from a log. "
    "Say which background it is over."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_slots = (2, 5, 30)[number]
    shown = np.round(rng.uniform(40, 100, n_slots) * 10 ** rng.uniform(0, 2, n_slots)).astype(int)
    shown[0] = 5 * shown[1]  # slots of unequal size
    rate = rng.uniform(0.05, 0.3, n_slots)
    rate[0] = rate[1] / 2
    clicks = np.clip(np.round(shown * rate), 1, None).astype(int)
    p = np.round(np.clip(rate * rng.uniform(0.75, 1.3, n_slots), 0.02, 0.6), 3)
    background = float(np.round(clicks.sum() / shown.sum() * rng.uniform(1.3, 1.6), 3))
    return shown, clicks, p, background


def entropy_of_report(shown, clicks, p, background):
    others = shown - clicks

    def log_loss(q):
        return np.sum(clicks * np.log(q) + others * np.log(1 - q))  # or minus it: only the ratio counts

    return log_loss(p) / log_loss(background)


def another(shown, clicks, p, background):
    clicked = np.concatenate([np.repeat([True, False], [c, n - c]) for n, c in zip(shown, clicks)])
    predicted = np.repeat(p, shown)

    def log_loss(q):
        return np.log(np.where(clicked, q, 1 - q)).mean()

    return log_loss(predicted) / log_loss(background)


equivalent = {
    "return np.mean(clicks * np.log(q) + others * np.log(1 - q))": "a ratio: both sums are divided by the same",
    "return np.log(np.where(clicked, q, 1 - q)).sum()": "a ratio: both means are multiplied by the same",
    "return np.log2(np.where(clicked, q, 1 - q)).mean()": "a ratio: the base of the logarithm cancels",
    "return np.log10(np.where(clicked, q, 1 - q)).mean()": "a ratio: the base of the logarithm cancels",
}
mistakes = [
    edit(
        "clicks * np.log(q) + others * np.log(1 - q)",
        "clicks * np.log(q)",
        "clicks_only",
        "You count the loss of the clicked impressions only. "
        "The others have a loss, too: -log(1 - p), and there are many more of them.",
    ),
    edit(
        "log_loss(p) / log_loss(background)",
        "np.mean([np.log(a) * c + np.log(1 - a) * o for a, c, o in zip(p, clicks, others)]"
        " / (np.log(background) * clicks + np.log(1 - background) * others))",
        "mean_of_the_slots",
        "You take the mean of one ratio a slot, so a small slot counts as much as a large one. "
        "Add up both losses over all slots, then divide.",
    ),
    edit(
        "np.sum(clicks * np.log(q) + others * np.log(1 - q))",
        "np.sum((clicks * np.log(q) + others * np.log(1 - q)) / shown)",
        "slots_count_the_same",
        "You average the slots as if they were of one size. "
        "NE is over impressions: a slot with more of them weighs more.",
    ),
    edit(
        "log_loss(background)",
        "log_loss(clicks.sum() / shown.sum())",
        "background_of_the_report",
        "You divide by what the click rate of the report itself would score. "
        "The background is given: the click rate of the training days.",
    ),
    edit(
        "log_loss(p) / log_loss(background)",
        "-log_loss(p) / shown.sum()",
        "not_divided",
        "This is the log loss an impression. Divide it by the log loss of the background to make it normalised.",
    ),
    edit(
        "log_loss(p) / log_loss(background)",
        "log_loss(background) / log_loss(p)",
        "upside_down",
        "Your ratio is upside down: a better model must give a lower number. The model's loss goes on top.",
    ),
    edit(
        "log_loss(p) / log_loss(background)",
        "1 - log_loss(p) / log_loss(background)",
        "gain_instead_of_entropy",
        "This is one minus the normalised entropy, the gain over the background. "
        "Both are in use; the question asks for the ratio.",
    ),
    edit(
        "shown - clicks",
        "shown",
        "clicked_impressions_twice",
        "You give every impression the loss of one without a click, so those with a click count twice. "
        "The others are `shown - clicks`.",
    ),
]
