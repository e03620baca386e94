"""Name the fault."""

core = True
hints = (
    (
        "Take out what is sold out, slow and new: the hits stay away. So look at single lists. Does a list of the page "
        "have films in common with the one that the test made for the same user?"
    ),
    (
        "Count the hits by the id of the next like, in ten parts. In some parts they are all there. Where do they "
        "begin to be lost, and what happened at that film in the last night?"
    ),
    (
        "Write the ten films of a list as places in the catalogue, for the page and for the test. Many differ by the same "
        "small number. Which two tables must agree on what a row is, and which night is each of?"
    ),
)
takeaway = (
    "The vectors are those of tonight, the names those of last night. Both tables have as many rows, so nothing failed: "
    "between a film that left and one that came, each vector got its neighbour's name. Publish rows and names as one."
)


def fault():
    return "version_skew"


mistakes = {
    "cold_start": (
        "A good suspect: users come on Wednesday, and films each night. But the hits are gone on Monday too, and of "
        "users and films that were there from the beginning."
    ),
    "delayed_labels": (
        "A good suspect: counts of likes are a day late, and the function of the popular films knows it. Only users on a "
        "slow line get these films; leave them out, and the hits stay away."
    ),
    "duplicate_events": (
        "A like is 0 or 1 in the matrix, however often it was sent. And the tests, which use the same matrix, are good."
    ),
    "feedback_loop": (
        "No like here depends on what a page showed. And a model that learned from its own choices would be worse in its "
        "tests as well."
    ),
    "novelty_effect": (
        "What users like next is fixed in this notebook, whatever they see. There is nothing to get used to."
    ),
    "sample_ratio_mismatch": (
        "That belongs to an experiment with groups. Test and page count the same users here, each of them once."
    ),
    "sampled_metric": (
        "Test and page are counted by one function, over all films of the night. The test has no easier rivals."
    ),
    "stale_model": (
        "It sounds like it, because the catalogue changes each night. But the model is fitted each night, on the "
        "catalogue of that night, and its vectors are those that are served."
    ),
    "target_leakage": (
        "Then the page would be right and the test too good. Compute the lists by hand from the vectors of a night and "
        "its catalogue: the test's hits are there."
    ),
    "train_serve_skew": (
        "Near: something differs between test and page. But no input of the model is computed twice. The vectors are "
        "those of the fit, to the last digit. Look at what is put together."
    ),
    "uncorrected_sampling": (
        "The model learns from all likes that were there. And it would harm the test as much as the page: both use the "
        "same fits."
    ),
}
