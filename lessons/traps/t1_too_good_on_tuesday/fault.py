"""Name the fault."""

core = True
hints = (
    (
        "Do not look for a bad model. Ask what the features of a Tuesday row know that those of a Wednesday row "
        "cannot know."
    ),
    (
        "Read the second printed line. Before launch, users whose rate is low never clicked that day. Nobody can "
        "predict that well. So what must be inside their rate?"
    ),
    (
        "`rate_so_far` joins a row with the totals of the days up to its own day. In the evening the whole log is "
        "there; at midnight, when the server asks, it is not. Which name describes a feature that has seen the "
        "answer?"
    ),
)
takeaway = (
    "The rate of a day already holds the clicks of that day, so the answer is inside the feature. It can be "
    "seen by two signs together: too good wherever the whole log is at hand, and worse than the average rate "
    "where it is not."
)


def fault():
    return "leaky_counter"


mistakes = {
    "delayed_labels": (
        "Clicks that arrive late lower the measured click rate of the last days by a few percent. They do not make "
        "a model look far better than any other before launch."
    ),
    "mixed_model_versions": (
        "Vectors of two models give scores without meaning. Here one logistic regression is used throughout, and "
        "it ranks Tuesday's rows better than anything should."
    ),
    "sample_ratio_mismatch": (
        "That is a fault of an experiment with two arms, seen in the number of users of each arm. Nothing is "
        "assigned here."
    ),
    "sampled_metrics": (
        "That would show a ranking metric that is far higher than what the page shows. The normalised entropy is "
        "computed over all rows, before and after launch."
    ),
    "stale_model": (
        "A model that ages gets worse slowly, day by day. Here everything changes between two days, and then stays "
        "as bad as it is."
    ),
    "train_serve_mismatch": (
        "Close, but training and serving call the same function here. The server's values are sound; those before "
        "launch are the impossible ones. (Two programs for one feature would also not look too good before launch.)"
    ),
    "uncorrected_downsampling": (
        "Then all probabilities would be too high by the same factor, before launch too, and the entropy would be "
        "bad on Tuesday as well. The training data hold all rows."
    ),
}
