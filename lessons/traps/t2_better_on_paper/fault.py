"""Name the fault."""

core = True
hints = (
    (
        "Phones and the bad day take some hits away. Leave both out: how much of the gap is closed? The scores of "
        "report and page are the same, so look at how each of the two counts."
    ),
    (
        "There is a second way to the report's number: a film is among the ten best where its `margin` is 0 or "
        "more, and also where it is in `ten_best`. Count both ways, and find the function that disagrees."
    ),
    (
        "For one user, write down which films the held-out one is compared with, and how many the page chooses from. "
        "Which name describes the difference?"
    ),
)
takeaway = (
    "The place of a film was counted among the films that other users of the same part of the data had held out: "
    "two hundred rivals, where the page has thousands. What seems to save memory makes most rivals "
    "vanish, and the smaller the parts, the better the report."
)


def fault():
    return "sampled_metric"


mistakes = {
    "cold_start": (
        "A good suspect: many users have few likes, and some held-out films had none before. But the page gives less "
        "than promised to users of both kinds. And report and page have the same scores for such a film."
    ),
    "delayed_labels": (
        "Likes that are still to come would make the page look worse than it is. But each user of the week has "
        "liked the held-out film: the same one that the report looks for."
    ),
    "duplicate_events": (
        "Count the lines: one a user, in the report as on the page, and each has one held-out film. Nothing is "
        "counted twice."
    ),
    "feedback_loop": (
        "The model was fitted once, on likes from before the page existed. What the page shows never comes "
        "back into it."
    ),
    "novelty_effect": (
        "Then the first days would be good and the last ones bad. Look at the seven days: what is missing is "
        "missing from the first day on."
    ),
    "sample_ratio_mismatch": (
        "The report and the page hold the same users: the same lines of one table. There are no groups to which "
        "users were assigned, and nobody is lost."
    ),
    "stale_model": (
        "A model that ages loses from day to day. The page has the same scores as the report and is worse than "
        "it from the first day on."
    ),
    "target_leakage": (
        "If the model had learned from the held-out likes, the page would profit, too: it has the same scores. "
        "And `train` lacks them; look one up."
    ),
    "train_serve_skew": (
        "Then the page would score a film otherwise than the report. Both take the one table `scores`: what goes "
        "into them is equal, what is done with them is not."
    ),
    "uncorrected_sampling": (
        "All likes but the last one of each user were learned from, whatever came of them. And it would change "
        "the page as much as the report."
    ),
    "version_skew": (
        "One fit made the directions, and all scores come from it, on both sides. Scores without meaning "
        "would leave the page with hits by chance; it has far more than that."
    ),
}
