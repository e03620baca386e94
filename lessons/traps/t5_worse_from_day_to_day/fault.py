"""Name the fault."""

core = True
hints = (
    (
        "Leave the new users out, and those whose next like was withdrawn: the page still falls. So for whom does it "
        "fall? Split the users of Friday in every way that you can, by what the store knows."
    ),
    (
        "Serve Friday with the tables of Monday alone, for users and films. If age were the trouble, that would be "
        "the worst of all. Is it?"
    ),
    (
        "Users who came since Monday have almost no hits, the others have theirs. Which two tables make the score of a "
        "user who came, and which fit made each? What do the axes of two fits have in common?"
    ),
)
takeaway = (
    "Who came since Monday gets a new vector, but the films are those of Monday. Each fit turns its space in its own "
    "way, so the product of the two says nothing. More users come every day: what looks like ageing is a "
    "mixture that grows. Publish both tables under one version."
)


def fault():
    return "version_skew"


mistakes = {
    "cold_start": (
        "A good suspect: users who came on Wednesday have no vector of Monday. Leave them out, in the test as on the "
        "page: the page falls all the same."
    ),
    "delayed_labels": (
        "Each user has one next like, which is held out, and it is the same in all tests and on all pages. None is "
        "still to come."
    ),
    "duplicate_events": (
        "A like is in the matrix once, whatever happens: it is 0 or 1. And the tests of the nights, which use the same "
        "matrix, are as good as ever."
    ),
    "feedback_loop": (
        "The likes that are added do not depend on what was shown here. And a model that learned from its own choices would "
        "also change in its tests."
    ),
    "novelty_effect": (
        "What users like next is fixed in this notebook, whatever they see. Nothing is new to them on Monday that "
        "would be old on Friday."
    ),
    "sample_ratio_mismatch": (
        "That belongs to an experiment with groups. Test and page count the same users here, and each user counts once."
    ),
    "sampled_metric": (
        "Test and page are counted by one function, over all films. On Monday they agree, so the way of counting is "
        "not what makes them differ."
    ),
    "stale_model": (
        "It looks like it, but try it: serve all users and all films with the tables of Monday, and count Friday's hits. "
        "The oldest model of the week does far better than the page."
    ),
    "target_leakage": (
        "Then the test would be too good on each night, and Monday's page would miss what it promised. On Monday "
        "the two agree. And the next likes are in no matrix."
    ),
    "train_serve_skew": (
        "Near, but no input is computed twice: each vector that is served is one that training has made, unchanged. Look "
        "at what is put together."
    ),
    "uncorrected_sampling": (
        "The model learned from all likes that were there. And it would change the test as much as the page: "
        "both come from the same fits."
    ),
}
