"""Name the fault."""

core = True
hints = (
    "The model is the same before and after the launch, and so are the people. What else goes into a forecast?",
    (
        "Look at the two curves of the figure as shapes. Would the orange wave lie on the black one if you moved "
        "it to the side? By how many hours?"
    ),
    (
        "Take one request and write down its hour as the table of the shop has it, then as `served_features` makes "
        "it. Which name describes one feature and two programs that disagree about it?"
    ),
)
takeaway = (
    "Training reads the hour of the clock on the wall; the server makes it from seconds, which count in UTC. "
    "Nine hours lie between them, so dinner at eight is forecast as if it were eleven in the morning. Every "
    "test of the model passed, as none called the server."
)


def fault():
    return "train_serve_mismatch"


mistakes = {
    "delayed_labels": (
        "Clicks that are still to come would make the forecast too high at *all* hours. Here it is too high at "
        "some and too low at others, and the sum over the day is about right."
    ),
    "leaky_counter": (
        "Then the evaluation would be too good to be true. It was in order: forecasts and clicks agree at each "
        "hour, no more. And there is no counter among the features."
    ),
    "mixed_model_versions": (
        "There is one model with one table of weights, and no vectors that could be of two kinds. Scores without "
        "meaning would also not follow a wave that is as large as the true one."
    ),
    "sample_ratio_mismatch": (
        "That is a fault of an experiment with two arms, seen in the number of users of each arm. Nothing is "
        "assigned here."
    ),
    "sampled_metrics": (
        "That would flatter a ranking metric. Here sums of forecasts and of clicks are compared, over all rows, "
        "before and after the launch."
    ),
    "stale_model": (
        "A model that ages loses slowly, and it would have lost in the evaluation, too, on days after the "
        "training. Here the first hour is wrong, and people click at the hours at which they always did."
    ),
    "uncorrected_downsampling": (
        "Then all forecasts would be too high by one factor, at every hour, in the evaluation, too. Here the "
        "errors of the hours have both signs."
    ),
}
