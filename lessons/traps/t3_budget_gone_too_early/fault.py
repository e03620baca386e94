"""Name the fault."""

core = True
hints = (
    (
        "The order of the ads is fair: the AUC says so. What is wrong is the level, on each day and in each place. "
        "Which level did the model see?"
    ),
    (
        "Compute the mean of `clicked` in the log before Friday, with no weights, then with the weights of one "
        "function at a time. Which differences are meant to be there, and how large are they?"
    ),
    (
        "One function makes the click rate far higher than it was. It keeps one row of several: which one, if they "
        "did not all come out alike? Which name describes a choice like that?"
    ),
)
takeaway = (
    "Rows with equal inputs are taken for copies, also if one was clicked and the others not; the clicked one is "
    "kept, and stands for all. So the model learned a world with several times the clicks. The order "
    "loses a little by that, the level is lost. The thinning beside it looks worse, and its weights make up for it."
)


def fault():
    return "uncorrected_sampling"


mistakes = {
    "cold_start": (
        "Ads or users without history would be forecast badly some of the time. Here the forecast is too high in "
        "each place and on each day, and the model has only inputs that it saw often."
    ),
    "delayed_labels": (
        "A good suspect: on Friday the clicks of three hours are missing. Leave those hours out: the forecast is "
        "still a multiple of the click rate. So it is on Saturday, when nothing is missing."
    ),
    "duplicate_events": (
        "Rows that were stored twice would count twice, clicked or not, and the click rate would stay. Look for rows "
        "that agree in time, user and ad before you count them as one."
    ),
    "feedback_loop": (
        "The model was fitted once. Nothing that was shown because of it is in the data that it learned from: they end "
        "before Friday."
    ),
    "novelty_effect": (
        "Then clicks would be many at first and fewer later. The click rate of the three days is about that of the "
        "log before; the forecast is what is far off."
    ),
    "sample_ratio_mismatch": (
        "That belongs to an experiment with groups that are compared. Nobody is assigned to anything here: one "
        "model forecasts all rows."
    ),
    "sampled_metric": (
        "That would flatter a ranking metric. The AUC here is computed over all rows that were served, and what is "
        "wrong is not the order but the level."
    ),
    "stale_model": (
        "A good suspect: the fifth place is gone since Friday. But training leaves its rows out as well, and the "
        "forecast is too high in each of the other places. And the model is hours old."
    ),
    "target_leakage": (
        "Then the order would be too good to be true on old rows. Here the order is plain and the level wrong. All "
        "inputs are known before a row is shown."
    ),
    "train_serve_skew": (
        "Training and serving hash the same columns with the same function. If an input were made in two ways, the order "
        "would suffer first."
    ),
    "version_skew": (
        "There is one fit, and nothing of another one goes into a forecast. Scores without meaning would give an "
        "AUC near one half."
    ),
}
