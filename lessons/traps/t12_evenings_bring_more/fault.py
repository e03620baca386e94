"""Name the fault."""

core = True
hints = (
    (
        "Leave the lines out that come twice, and the ads that are new: the evenings still bring more than was promised. Take "
        "the promise apart: at which hours were the labels of the first week too low?"
    ),
    (
        "You have the bill, with all clicks that were paid, for the first week, too. Compare it with the labels, hour by hour. "
        "What do the clicks that are missing have in common?"
    ),
    (
        "Look at the reports of clicks that are not among the labels: on which day were they made, and of which day is the "
        "impression? Which name describes that?"
    ),
)
takeaway = (
    "Both tables lie in folders by day, and the job joins folder by folder. A report of the next day never meets its "
    "impression, which then counts as one without a click. It happens at all hours, and most before midnight: so the model "
    "has learned that evenings are poor."
)


def fault():
    return "delayed_labels"


mistakes = {
    "cold_start": (
        "A good suspect: in the second week there are new ads, in the evening only, and they get the mean rate. But they are "
        "clicked like the others. Leave them out: the gap stays."
    ),
    "duplicate_events": (
        "A good suspect: reports come twice, mostly in the evening. But each `click_id` is counted once. Drop the repeated "
        "lines: the gap stays. And counted twice, evenings would promise too much."
    ),
    "feedback_loop": (
        "What was shown in either week does not follow from what the model says. It learned from the first week, "
        "and nothing was chosen by it."
    ),
    "novelty_effect": (
        "Ads that are new in the second week are clicked like the others, and on each day alike. The gap is there for old "
        "ads, too."
    ),
    "sample_ratio_mismatch": (
        "No groups are compared that a coin has made. The impressions of the evenings are all there: count them."
    ),
    "sampled_metric": (
        "That would flatter a ranking metric. Here sums of clicks are compared with sums of promises, over all impressions."
    ),
    "stale_model": (
        "Then the second week would differ from the first. By the bill it does not: compare both weeks, hour by hour. "
        "The model was wrong on the day on which it was made."
    ),
    "target_leakage": (
        "Then the promises would be too good in an evaluation. The model knows only the ad and the hour, and both are known "
        "before anything is shown."
    ),
    "train_serve_skew": (
        "Ad and hour are the same columns in both weeks, made by nobody's program. What differs between the two weeks is "
        "not an input: look at the labels."
    ),
    "uncorrected_sampling": (
        "No rows were drawn: each impression of the first week was learned from, with the same weight. Those without a "
        "click are all there; look at those with one."
    ),
    "version_skew": ("There is one table of rates, learned at once, and nothing of another time goes into a promise."),
}
