"""Normalised entropy of a report."""

import numpy as np

from mlpipe.course.definition import edit, wrong

hints = (
    (
        "Imagine the report written out, one line an impression: how many lines does a slot have, and how many of "
        "them have label 1?"
    ),
    (
        "In a slot, every clicked impression loses -log p and every other one -log(1 - p). Multiply each by how "
        "many there are, add up over the slots; then the same for the background."
    ),
    (
        "Two sums: one with `np.log(p)` and `np.log(1 - p)`, one with the same counts and the logs of the "
        "background and of one minus it. The counts are `clicks` and `shown - clicks`. Divide the first sum by the "
        "second."
    ),
)
takeaway = (
    "Log loss needs only counts, so it can be computed from a report as well as from a log. Say which "
    "background it is over."
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
    model = -(clicks * np.log(p) + others * np.log(1 - p)).sum()
    constant = -(clicks * np.log(background) + others * np.log(1 - background)).sum()
    return model / constant


def another(shown, clicks, p, background):
    labels = np.concatenate([np.repeat([1, 0], [c, n - c]) for n, c in zip(shown, clicks)])
    predicted = np.repeat(p, shown)

    def log_loss(q):
        return -np.log(np.where(labels == 1, q, 1 - q)).mean()

    return log_loss(predicted) / log_loss(background)


def squared_error(shown, clicks, p, background):
    others = shown - clicks
    model = (clicks * (1 - p) ** 2 + others * p**2).sum()
    constant = (clicks * (1 - background) ** 2 + others * background**2).sum()
    return model / constant


mistakes = [
    edit(
        " + others * np.log(1 - p)",
        "",
        "clicks_only",
        (
            "You count the loss of the clicked impressions only. The others have a loss, too: -log(1 - p), and "
            "there are many more of them."
        ),
        also=((" + others * np.log(1 - background)", ""),),
    ),
    edit(
        " - clicks",
        "",
        "clicks_counted_twice",
        (
            "You take all impressions of a slot as not clicked and its clicks once more. Not clicked are `shown` "
            "minus `clicks`."
        ),
    ),
    edit(
        "shown - clicks",
        "1 - clicks / shown",
        "slots_count_the_same",
        (
            "You average the slots as if they were of one size. NE is over impressions: a slot with more of them "
            "weighs more."
        ),
        also=(
            ("model = -(clicks * np.log(", "model = -(clicks / shown * np.log("),
            ("= -(clicks * np.log(background", "= -(clicks / shown * np.log(background"),
        ),
    ),
    edit(
        "\n    constant",
        "\n    background = clicks.sum() / shown.sum()\n    constant",
        "background_of_the_report",
        (
            "You divide by what the click rate of the report itself would score. The background is given: the "
            "click rate of the training days."
        ),
    ),
    edit(
        "\n    constant",
        "\n    background = (clicks / shown).mean()\n    constant",
        "background_is_the_mean_of_the_rates",
        (
            "You divide by what the mean of the slots' click rates would score. The background is given: the click "
            "rate of the training days."
        ),
    ),
    edit(
        "\n    constant",
        "\n    background = np.average(p, weights=shown)\n    constant",
        "background_is_the_mean_prediction",
        (
            "You divide by what the model's mean prediction would score. The background is given: the click rate "
            "of the training days."
        ),
    ),
    edit(
        "(clicks * np.log(background) + others * np.log(1 - background)).sum()",
        "shown.sum() * (background * np.log(background) + (1 - background) * np.log(1 - background))",
        "entropy_of_the_background",
        (
            "You divide by the entropy of the background rate. That is its log loss only if just this share is "
            "clicked; here, score it on the clicks of the report."
        ),
    ),
    edit(
        "constant\n",
        "shown.sum()\n",
        "not_divided",
        "This is the log loss an impression. Divide it by the log loss of the background to make it normalised.",
    ),
    edit(
        " / constant",
        "",
        "sum_of_losses",
        "This is the sum of the log losses. Divide it by the same sum for the background to make it normalised.",
    ),
    edit(
        "model / constant",
        "constant / model",
        "upside_down",
        "Your ratio is upside down: a better model must give a lower number. The model's loss goes on top.",
    ),
    edit(
        "return model ",
        "return 1 - model ",
        "gain_instead_of_entropy",
        (
            "This is one minus the normalised entropy, the gain over the background. Both are in use; the question "
            "asks for the ratio."
        ),
    ),
    edit(
        "model / constant",
        "(model - constant) / shown.sum()",
        "difference_instead_of_ratio",
        "You subtract the loss of the background. Normalised means divided by it.",
    ),
    edit(
        "constant\n",
        "(constant / shown.sum())\n",
        "mean_over_sum",
        "One of your two losses is a sum and the other a mean. Take both as sums or both as means.",
    ),
    edit(
        " constant\n",
        " shown.sum() / constant\n",
        "sum_under_mean",
        "Your upper loss is a mean an impression and the lower one a sum. Take both as sums or both as means.",
    ),
    edit(
        ").sum()\n    constant",
        ")\n    constant",
        "mean_of_ratios",
        (
            "You compute a ratio for each slot and average these. The two losses are added up over all impressions "
            "first, then divided once."
        ),
        also=(
            (".sum()\n    return ", "\n    return ("),
            ("constant\n", "constant).mean()\n"),
        ),
    ),
    edit(
        ").sum()\n    constant",
        ")\n    constant",
        "weighted_mean_of_ratios",
        (
            "You compute a ratio for each slot and average these by size. The two losses are added up over all "
            "impressions first, then divided once."
        ),
        also=(
            (".sum()\n    return ", "\n    return np.average("),
            ("constant\n", "constant, weights=shown)\n"),
        ),
    ),
    wrong(
        squared_error,
        (
            "You compare squared errors. Log loss punishes a confident mistake far more: use -log of the "
            "probability of what happened."
        ),
    ),
    edit(
        "clicks * np.log(p) + others * np.log(1 - p)).sum()\n    constant = -(clicks * np.log(background) + others",
        "others * np.log(p) + clicks * np.log(1 - p)).sum()\n    constant = -(others * np.log(background) + clicks",
        "logarithms_swapped",
        (
            "You give a clicked impression the logarithm of 1 - p and the others that of p. Each takes the "
            "probability of what happened to it."
        ),
    ),
    edit(
        "clicks\n    ",
        "clicks\n    p = np.average(p, weights=shown)\n    ",
        "one_prediction_for_all",
        (
            "You average the predictions first and score that one number. Each slot keeps its own prediction: a "
            "loss of a mean is not the mean of the losses."
        ),
    ),
    edit(
        "log(p) + others * np.log",
        "log2(p) + others * np.log2",
        "two_kinds_of_logarithm",
        (
            "One of your two losses is in bits and the other in nats. Any logarithm will do, if it is the same one "
            "above and below."
        ),
    ),
    edit(
        "return model ",
        "return -model ",
        "sign_lost",
        "Your value has the wrong sign. A log loss has a minus in front: above and below, or in neither of the two.",
    ),
    edit(
        "clicks * np.log(p) + others * np.log(1 - p",
        "shown * (p * np.log(clicks / shown) + (1 - p) * np.log(others / shown)",
        "label_and_prediction_swapped",
        (
            "You take the logarithm of the observed rates, weighted by the predictions. The logarithm is of the "
            "prediction, the count is of what happened."
        ),
    ),
    edit(
        "clicks * np.log(p) + others * np.log(1 - p)).sum()\n    constant = -(clicks * np.log(background) + others * np.log(1 - ",
        "shown * np.log(p)).sum()\n    constant = -(shown * np.log(",
        "everything_was_clicked",
        (
            "You give the impressions without a click the loss -log p, too. What happened there is *no click*, "
            "predicted with probability 1 - p."
        ),
    ),
]
