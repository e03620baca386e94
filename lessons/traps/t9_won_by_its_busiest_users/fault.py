"""Name the fault."""

core = True
hints = (
    (
        "Leave the first day out, and the lines that come twice: those who come most still seem to love the page. "
        "Who are they? Count them, in A and in B."
    ),
    (
        "The coin was fair, and the last line of the table says so. What stands between the coin and the means? Test "
        "the numbers of users once more after it."
    ),
    (
        "Look at the visits in the week before of those who are left out. Robots come 80 times. In which arm do people "
        "with 20 visits fail to be counted? Which name describes that?"
    ),
)
takeaway = (
    "The coin gave both arms as many users, but the filter for robots took about two thousand busy people out of A, and few "
    "out of B: it counts requests, and the old page makes more of them a visit. Those who are missing click most. So B wins "
    "without being better, and most of all where the missing ones would be."
)


def fault():
    return "sample_ratio_mismatch"


mistakes = {
    "cold_start": ("No model and no history is used here: users with few visits are where both pages do equally well."),
    "delayed_labels": (
        "Clicks that come later would be missing in both arms, and for all groups of users. The last day of the week "
        "shows the same gap as the days before it."
    ),
    "duplicate_events": (
        "A good suspect: requests are written twice, and in A more often. But each function counts a `request_id` "
        "once, and the two requests of a visit are two events. Drop the repeated lines: the gap stays."
    ),
    "feedback_loop": ("Nothing learns here. What users do in this week does not change what is shown to them."),
    "novelty_effect": (
        "A good suspect: on the first day B is clicked more. But all groups of users are curious alike. Leave day 1 "
        "out, or set `curiosity` to 1: those who come most still seem to love it."
    ),
    "sampled_metric": (
        "That would flatter a ranking metric that is computed offline. Here clicks of people are counted, against "
        "nothing that was drawn."
    ),
    "stale_model": (
        "No model is in use, and both arms live through the same week. What changes in the world changes for both."
    ),
    "target_leakage": (
        "That makes a model look too good in an evaluation on old data. Here people were shown pages, and what "
        "they did was counted: nothing is forecast."
    ),
    "train_serve_skew": (
        "Nothing is trained. Each number of a user is made by one function, the same for both arms. Look at "
        "whom these functions leave in the analysis."
    ),
    "uncorrected_sampling": (
        "The coin was fair, and no rows were drawn to learn from. Who is missing was not drawn by anybody: follow the "
        "users from the coin to the means."
    ),
    "version_skew": (
        "There are two pages, old and new, and each user has one of them for a whole week. Nothing of one is put "
        "together with something of the other."
    ),
}
