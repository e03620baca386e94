"""Name the fault."""

core = True
hints = (
    (
        "The old model loses little at the launch, so people and ads have hardly changed. What, of all that "
        "goes into the new one, has?"
    ),
    (
        "The evaluation hands the functions the whole log, the server hands them the log up to midnight. Describe "
        "the rows of Sunday in both ways, and compare the two results column by column. Which should be equal?"
    ),
    (
        "One column differs. Its values for a Sunday go up with the clicks of that very Sunday. Which name "
        "describes an input like that?"
    ),
)
takeaway = (
    "The rate of a campaign holds the clicks of its own day. In training and in the evaluation they are there; "
    "at midnight, when the server asks, they are not. So the model trusts this input too much: ahead "
    "where the day is known, behind where it is not."
)


def fault():
    return "target_leakage"


mistakes = {
    "cold_start": (
        "A good suspect: twenty sites are new on Wednesday. Leave their rows out and compute the entropy again: "
        "the new model still falls behind the old one on that day."
    ),
    "delayed_labels": (
        "Every click is in the log by midnight, as the text says, so the server misses none of the days before. And the "
        "click rate of the days after the launch, which the table shows, is no lower than before."
    ),
    "duplicate_events": (
        "A good suspect: since Wednesday some rows come twice. Drop them before you compute rates and entropy: "
        "the new model still falls behind on Wednesday."
    ),
    "feedback_loop": (
        "Which ad is shown depends on neither model, before and after the launch, and both learned from days before it."
    ),
    "novelty_effect": (
        "People see the same ads from the same auction as before; only the forecast is new, and nobody sees it. "
        "And the old model, on the same rows, finds the people as they were."
    ),
    "sample_ratio_mismatch": (
        "That belongs to an experiment with groups. Here both models forecast the same rows on each day, and none "
        "is left out."
    ),
    "sampled_metric": (
        "That belongs to rankings of an item among others. The entropy here is computed over all rows of a day, "
        "in one way before and after the launch."
    ),
    "stale_model": (
        "A model that ages loses from day to day, and the old one, trained on the same days, would lose as well. "
        "Here one of the two falls behind within a single night, that of the launch."
    ),
    "train_serve_skew": (
        "Near. But training, evaluation and server call the same functions. Compare what each hands them, and ask which "
        "of the two results a server could ever have had."
    ),
    "uncorrected_sampling": (
        "Both models learned from all rows of the four days: count them. And a forecast that is too high or too "
        "low by one factor would be so before the launch, too."
    ),
    "version_skew": (
        "There is one fit of the new model. It is not replaced at the launch, and nothing of another fit goes "
        "into a forecast."
    ),
}
