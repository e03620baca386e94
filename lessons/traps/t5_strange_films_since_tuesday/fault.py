"""Name the fault."""

core = True
hints = (
    (
        "On Monday all is well. What is new on Tuesday, and what is not? Read how the two tables are filled, night "
        "by night."
    ),
    (
        "The printed neighbours are good, so the film vectors are. The users' vectors are as good. Each table is "
        "fine with itself. What does a score need both for?"
    ),
    (
        "The axes of a space of taste are chosen anew, at random, each time a model is fitted: axis 3 of Monday is "
        "not axis 3 of Tuesday. Which name describes a product of two vectors that do not share their axes?"
    ),
)
takeaway = (
    "The users come from the newest night, the films from Monday. Each fit turns its space in its own way, so "
    "the product of the two says nothing, while each table passes every test of its own. Publish both under "
    "one version, and refuse a mixture."
)


def fault():
    return "mixed_model_versions"


mistakes = {
    "delayed_labels": (
        "Likes that are still to come would lower the hits a little on each day alike. Here Monday is fine and "
        "Tuesday is near chance."
    ),
    "leaky_counter": (
        "Then the test before publishing would be too good, and Monday's page would be bad, too. Monday's page "
        "does what its test promised. And the model has no counters."
    ),
    "sample_ratio_mismatch": (
        "That is a fault of an experiment with two arms, seen in the number of users of each arm. Here all users "
        "get the same page."
    ),
    "sampled_metrics": (
        "Then the test would be too high on each day, Monday included. It ranks all films, and Monday's page "
        "agrees with it."
    ),
    "stale_model": (
        "An older model loses slowly. On Monday night's model alone, the page would be almost as good on Thursday. "
        "Here it falls to near chance from one day to the next."
    ),
    "train_serve_mismatch": (
        "Near, but no feature is computed twice: the model has none. What is served was all made in training, and "
        "each table is what it should be. Look at what is put together."
    ),
    "uncorrected_downsampling": (
        "That fault makes probabilities too high and leaves the order as it is. Here the order is lost, and there "
        "are no probabilities."
    ),
}
