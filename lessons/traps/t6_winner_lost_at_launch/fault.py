"""Name the fault."""

core = True
hints = (
    "The interval is narrow, so it is not luck. Are the two groups that are compared still like each other?",
    (
        "A fair coin put each user into an arm. Look at the column `users`: how far from half and half would a "
        "coin go, with so many users?"
    ),
    (
        "The coin was fair, yet one arm has thousands of users fewer in the table. Someone was assigned and does "
        "not appear. Which name describes arms that no longer hold what the coin gave them?"
    ),
)
takeaway = (
    "The coin gave both arms the same number of users; the table has thousands fewer in B. On old phones the "
    "new page often takes too long and leaves no row in the log. Those users click least, so B looks better "
    "without them. Compare the sizes first."
)


def fault():
    return "sample_ratio_mismatch"


mistakes = {
    "delayed_labels": (
        "Clicks that come later are missing in both arms alike, so the difference between them would be smaller, "
        "not turned round."
    ),
    "leaky_counter": (
        "That makes a model look too good in an evaluation on old data. Here people were shown pages, and what "
        "they did was counted: no feature is involved."
    ),
    "mixed_model_versions": "Then the new page would show films or ads at random, and lose clearly in the experiment, too. It won.",
    "sampled_metrics": (
        "That would flatter a ranking metric that is computed offline. Here clicks of people are counted, against "
        "nothing that was drawn."
    ),
    "stale_model": (
        "The world may change between experiment and launch, but not from one week to the next by so much: the old "
        "page does as it always did."
    ),
    "train_serve_mismatch": (
        "Then the page would be as bad in the experiment as after the launch: in both, the same server answers. "
        "The experiment saw a winner."
    ),
    "uncorrected_downsampling": "That makes probabilities too high. No probability is used here: clicks are counted, and users.",
}
