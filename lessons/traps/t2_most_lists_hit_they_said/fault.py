"""Name the fault."""

core = True
hints = (
    "The model that is evaluated and the model behind the page are the same. So look at what the two numbers count.",
    (
        "On the page, a film must be among the best ten of all films that the user has not seen: several thousand. "
        "How many rivals does it have in `hit_rate`?"
    ),
    (
        "In the table: how many rivals of the held-out film score higher, for a typical user, and what are the "
        "chances that fewer than ten of them are among those that `rng.choice` picks? Which name describes a "
        "metric with a small draw?"
    ),
)
takeaway = (
    "The held-out film has 100 rivals in the evaluation and thousands on the page. Of a film at place 300, "
    "almost all the better ones are missing in such a draw. The number is not just larger: it can also order "
    "models differently."
)


def fault():
    return "sampled_metrics"


mistakes = {
    "delayed_labels": (
        "Then likes that come later would be missing, and the evaluation would be too *low*. Here it is nine times "
        "too high, with one and the same held-out film a user."
    ),
    "leaky_counter": (
        "A feature that has seen the future makes the model itself look good, on the page of that day as well. "
        "Here the scores are equal, and only the way of counting hits differs. The model has no counters."
    ),
    "mixed_model_versions": (
        "Then the scores would be without meaning, and both numbers would be near chance. The page hits far more "
        "often than chance: ten in some thousands."
    ),
    "sample_ratio_mismatch": (
        "That is a fault of an experiment with two arms, seen in the number of users of each arm. Here the same "
        "users count in both numbers."
    ),
    "stale_model": (
        "The page of an old model gets worse from week to week. Both numbers here come from the same model and the "
        "same moment."
    ),
    "train_serve_mismatch": (
        "Then the page and the evaluation would score a film differently. They share the table `scores`; compare "
        "them for one user and you find no difference."
    ),
    "uncorrected_downsampling": (
        "That fault makes probabilities too high, and leaves the order as it is. A hit depends on the order alone, "
        "and this model gives no probabilities."
    ),
}
