"""Name the fault."""

core = True
hints = (
    (
        "Leave the repeated lines out, and day 5, and day 3: on the other days the new rule still earns less than was "
        "promised. Which step of the promise has not been tried against something that is known?"
    ),
    (
        "Nobody chose the ads in `by_lot`: each had the chance 1 / `n_ads`. Compute the promise from those lines, with "
        "that number below the line. Is it near what was promised, or near what was earned?"
    ),
    (
        "So the log promises too much because of how its lines came to be there. Take one ad and look at the four "
        "groups: how often is it shown, how often clicked? In a group that likes it, what is the weight of its lines, "
        "and what should it be?"
    ),
)
takeaway = (
    "The old rule shows an ad where it is liked. The weights divide by how often it was shown that day, to all: so its "
    "many lines in the groups that like it weigh too much. The mean of the weights is 1 all the same, as it is "
    "for any share that is counted in the log. That check is needed, and not enough; the lines drawn by lot tell."
)


def fault():
    return "uncorrected_sampling"


mistakes = {
    "cold_start": "All ads have hundreds of lines on each day, before the launch and after it. No history is asked of users.",
    "delayed_labels": (
        "A good suspect: on day 5 clicks are missing, and the log's rate is lower. But missing clicks make the promise "
        "too small, and it is too large. Leave day 5 out: the gap stays, and grows a little."
    ),
    "duplicate_events": (
        "A good suspect: slow pages are in the log twice. But each function counts a `line_id` once, and so does the "
        "promise. Drop the repeated lines: nothing changes."
    ),
    "feedback_loop": (
        "The old rule chose the lines, that is near. But nothing here is trained on its own choices: the log is asked "
        "what another rule would earn, and what makes up for the choice can be right. Is it?"
    ),
    "novelty_effect": "Then the new rule would earn more on its first days, and later less. It earns about the same on each day.",
    "sample_ratio_mismatch": (
        "There are no arms. Before and after, all pages are counted; the holiday takes pages away, and the rate "
        "of that day is as on the others."
    ),
    "sampled_metric": "No ranking is judged. Clicks are counted, all of them, for whatever ad was shown.",
    "stale_model": (
        "A good suspect: a week has passed, with a holiday. But leave out day 3: the gap stays. And `by_lot` is as old "
        "as the log: what does it promise?"
    ),
    "target_leakage": (
        "With a leak a forecast would know the clicks. The weights are made of ads, days and counts; shuffle the "
        "clicks, and no weight changes."
    ),
    "train_serve_skew": (
        "That is near: a number is made in another way than the old rule made it. But no model has it as an input, and "
        "the new rule is served as it was meant. What is the number used for, and what does it do to the lines?"
    ),
    "version_skew": (
        "The old rule is made anew each night, and the counts are made day by day: look at the functions. "
        "Nothing of one night is put together with something of another."
    ),
}
