"""Name the fault."""

core = True
hints = (
    (
        "The order of the ads is good: the AUC says so. What is wrong is the level. By the same factor at all "
        "hours, or only at some?"
    ),
    (
        "Divide the mean forecast by the click rate of the log. Then compute the click rate of the rows that the "
        "model was fitted on. Which of the two rates has the model learned?"
    ),
    (
        "The model saw every click, but only one in ten of the other rows. So its odds are those of a world with "
        "ten times more clicks. Which name describes a step of the training that was never undone?"
    ),
)
takeaway = (
    "The model learned odds from rows in which clicks are ten times as frequent as they are. The order "
    "survives that, and so does the AUC; each probability is too high, by a factor near ten where it is small."
)


def fault():
    return "uncorrected_downsampling"


mistakes = {
    "delayed_labels": (
        "Clicks that are still to come make the measured number too low by a few percent. Here the forecast is "
        "several times too high, also for days whose clicks have long been reported."
    ),
    "leaky_counter": (
        "Then the ranking would be too good to be true, and collapse after launch. Here it is as good as usual, "
        "and the model has only ids, no counters."
    ),
    "mixed_model_versions": "Scores without meaning would give an AUC near one half. This AUC is that of a sound model.",
    "sample_ratio_mismatch": (
        "That is a fault of an experiment with two arms, seen in the number of users of each arm. Nothing is "
        "assigned here."
    ),
    "sampled_metrics": (
        "That would flatter a ranking metric. The ranking metric here is in order; what is wrong is the level of "
        "the probabilities, and they are computed for all rows."
    ),
    "stale_model": (
        "A model that ages loses order first, and its level drifts by some percent from day to day. Here the level "
        "is off by one large factor from the first hour on."
    ),
    "train_serve_mismatch": (
        "If a feature were computed in two ways, the order would suffer, too. It is sound, and training and test "
        "rows go through the same function."
    ),
}
