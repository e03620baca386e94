"""Name the fault."""

core = True
hints = (
    (
        "Leave the first day out, and the holiday: the experiment still wins and the launch still loses. What is "
        "compared in the one, and what in the other?"
    ),
    (
        "Multiply what the experiment says of each arm back: mean times number of users. Compare it with the sum of "
        "all clicks in the log. Which column of the table cannot be right for so many users?"
    ),
    (
        "Some users of B come and never see the page. Look at the four numbers of such a user. For how many users does "
        "each mean of the table stand? Which name describes that?"
    ),
)
takeaway = (
    "The coin gave both arms as many users, and the table says so. But the mean of the clicks leaves out users "
    "without a page: in B those are thousands, on old phones, who would click least. So B looks better "
    "without them. Count the users behind each mean."
)


def fault():
    return "sample_ratio_mismatch"


mistakes = {
    "cold_start": (
        "No model and no history is used here. The users of both arms were drawn by one coin, and each saw the new "
        "page for the first time in the experiment."
    ),
    "delayed_labels": (
        "Clicks that come later would be missing in both arms, and in the sums of finance. The last day of each week "
        "shows the same gap as the days before it."
    ),
    "duplicate_events": (
        "A good suspect: slow visits are written twice, and B has more of them. But each function counts a "
        "`visit_id` once, and so does finance. Set `retried` to 0: the gap stays."
    ),
    "feedback_loop": (
        "Nothing learns here. What users do in one week does not change what is shown to them in the next."
    ),
    "novelty_effect": (
        "A good suspect: the first day has more clicks, in the experiment and after the launch. Leave it out, or set "
        "`curiosity` to 1: the experiment still wins, the launch still loses."
    ),
    "sampled_metric": (
        "That would flatter a ranking metric that is computed offline. Here clicks of people are counted, against "
        "nothing that was drawn."
    ),
    "stale_model": (
        "A good suspect: a week with a holiday is another one. But without day 3 the launch still loses, and the "
        "experiment still wins. On the other days people come as they did."
    ),
    "target_leakage": (
        "That makes a model look too good in an evaluation on old data. Here people were shown pages, and what "
        "they did was counted: nothing is forecast."
    ),
    "train_serve_skew": (
        "The page is made by the same server in the experiment and after the launch, and visits are counted by the "
        "same lines of code. Look at who is in the means."
    ),
    "uncorrected_sampling": (
        "Nothing is learned from rows, and the coin knew nothing of the clicks. Who is missing is not "
        "missing because of an outcome that somebody selected by."
    ),
    "version_skew": (
        "There are two pages, old and new, and each user has one of them for a whole week. Nothing of one is put "
        "together with something of the other."
    ),
}
