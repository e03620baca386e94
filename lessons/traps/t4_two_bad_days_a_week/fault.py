"""Name the fault."""

core = True
hints = (
    (
        "The lower prices of Monday were there on Thursday, too, and the rain of Saturday on Wednesday: both days are "
        "right. So what else is special on Monday and Saturday?"
    ),
    (
        "Look at the error of Monday and of Saturday over the hours of the day. Then ask the same of Tuesday: why "
        "could the same thing happen there, and not be seen?"
    ),
    (
        "In the fourth week you have each input twice: in the table of the shop and as the functions make it. "
        "Compare the four columns. Which name describes what you find?"
    ),
)
takeaway = (
    "Training takes the weekday from the clock of the shop, the server counts days of UTC. In Tokyo they differ until "
    "nine in the morning, so Monday's breakfast is forecast as one of Sunday, and Saturday's as one of "
    "Friday. Between two working days nobody sees it, and no test of the model called the server."
)


def fault():
    return "train_serve_skew"


mistakes = {
    "cold_start": (
        "The model knows no users and no meals, only four inputs. Some prices of Monday are lower than any that it saw, "
        "but so are some of Thursday, and that day is right. On Saturday no input is new."
    ),
    "delayed_labels": (
        "Clicks that are still to come would make the forecast too high on the last days. On Monday it is too low, and "
        "on Sunday, the last day, it is right."
    ),
    "duplicate_events": (
        "Requests that came twice would count twice in the forecast and in the clicks. Look for equal `seconds` "
        "with equal prices: there are no more than on other days."
    ),
    "feedback_loop": (
        "The model learned from the first two weeks, when nobody cooked by its forecast. And what is cooked does not "
        "change who clicks on an offer here."
    ),
    "novelty_effect": (
        "A good suspect: the lower prices are new on Monday. But they are so on Thursday as well, and there the forecast "
        "is right. And on Saturday the clicks are too few, at the usual prices."
    ),
    "sample_ratio_mismatch": (
        "That belongs to an experiment with groups. Here one model forecasts all offers of a week, and none "
        "is left out: count the requests."
    ),
    "sampled_metric": (
        "That would flatter a ranking metric. Here sums of forecasts and of clicks are compared, over all offers of "
        "a day."
    ),
    "stale_model": (
        "A good suspect, since the week after the evaluation has other prices. But five of seven days are right. Fit "
        "the model on three weeks, and Monday and Saturday are as wrong as before."
    ),
    "target_leakage": (
        "Then the evaluation would be too good, and all days after the launch worse. The four inputs are known "
        "before an offer is shown, and five days are as right as they were."
    ),
    "uncorrected_sampling": (
        "Then all forecasts would be off by one factor, on each day and in the evaluation, too. Here the errors of "
        "the two days have opposite signs."
    ),
    "version_skew": (
        "There is one fit, of one table of weights, and nothing of another goes into a forecast. Five days out of "
        "seven would not be right by chance."
    ),
}
