"""Name the fault."""

core = True
hints = (
    (
        "Leave the repeated lines out, and the new films: the table stays as it is. So it is the training. What does "
        "a film that is often in a batch meet there, again and again?"
    ),
    (
        "In a batch a popular film is a negative in many rows. Training takes a number off each score to make up for "
        "that. Compute that number for the most liked film and for one with a single like, and put both into the "
        "softmax."
    ),
    (
        "The number for the popular film is taken off, as for all films. Which of the two scores must be the higher "
        "one, before it is taken off, so that the own film of a row can win? Which name is about weights of rows that "
        "were drawn?"
    ),
)
takeaway = (
    "Films are drawn into a batch as often as they are liked, and the correction for it has the wrong sign: it is the "
    "log of 1 / chance. So popular films are held down twice, once by being negatives all the time, once by the "
    "correction. Taste is still in the vectors; what everybody likes is gone."
)


def fault():
    return "uncorrected_sampling"


mistakes = {
    "cold_start": (
        "A good suspect: a twentieth of the films is new. But they get next to no places, and their hidden likes are "
        "few. Take them out of `wanted`: the ratio stays. The films that are missing are those known best."
    ),
    "delayed_labels": (
        "No like is waiting to be written. The hidden ones were drawn at random from all likes, and the most liked "
        "films have as large a share of them as of the log."
    ),
    "duplicate_events": (
        "A good suspect: likes from slow phones are in the log twice. But each function, and the training, counts a "
        "`like_id` once. Drop the repeated lines from `log`: nothing changes."
    ),
    "feedback_loop": (
        "The likes of MovieLens were not chosen by this model, and it is trained once. Nothing that it shows comes "
        "back into its data."
    ),
    "novelty_effect": (
        "Nothing here is new to the users, and no days are compared: the hidden likes are a random fifth of all."
    ),
    "sample_ratio_mismatch": (
        "That belongs to an experiment with groups. Here the same users get both lists, and all of them are counted."
    ),
    "sampled_metric": (
        "The lists are the best ten of all films, and hits are counted in full. It is the training that draws some "
        "films and not others; the judgement does not."
    ),
    "stale_model": (
        "The model was fitted on the likes from which the hidden ones were drawn: nothing has changed in between."
    ),
    "target_leakage": (
        "With a leak the lists would be too good. `left[rows, f] = 0` takes the film to be found out of the history, "
        "and the hidden likes are in nothing that is learned from."
    ),
    "train_serve_skew": (
        "A good suspect: serving leaves out what training takes off the scores, and that is as it should be: outside of "
        "a batch nothing is drawn. Both make the history in the same way."
    ),
    "version_skew": (
        "All tables come from one fit. Vectors of two fits would give lists without any sense; these lists prefer "
        "rare films, in each group more."
    ),
}
