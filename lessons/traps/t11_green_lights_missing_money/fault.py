"""Name the fault."""

core = True
hints = (
    (
        "The dashboard compares the forecast with what the table counts. The bill is counted by somebody else. Put the "
        "two counts side by side, day by day."
    ),
    ("Where is the difference largest? Split the counted and the billed clicks by ad, by day, and by network."),
    (
        "Take one request of a slow network that has more clicks in the table than on the bill, and read all its lines "
        "in `events`. Which number is another one in each line, and which is not? Which name describes that?"
    ),
)
takeaway = (
    "A phone that hears no answer sends its message again, with a new number. The table counts messages instead of clicks, "
    "most of all where the network is bad. The model learned that count, and the dashboard checks the model by it: both are "
    "wrong together, so the light is green. The bill counts each click once."
)


def fault():
    return "duplicate_events"


mistakes = {
    "cold_start": (
        "A good suspect: ads without a history come on day 5. But their forecast is right by the table's count, as is "
        "that of the others. Leave them out: the same share of the money is missing."
    ),
    "delayed_labels": (
        "A good suspect: some messages come after midnight. But the tables are made when all are there, and what is "
        "late would be missing: here the table has more clicks than the bill, not fewer."
    ),
    "feedback_loop": (
        "Which ad is shown depends on no forecast here: ads are drawn by chance. The model decides only what is paid."
    ),
    "novelty_effect": (
        "Then clicks would fall while an offer gets old. The gap between table and bill is as wide on the last day as "
        "on the first."
    ),
    "sample_ratio_mismatch": (
        "There are no groups to be compared and no coin that put users into them. All requests are in the table, once."
    ),
    "sampled_metric": ("Nothing is ranked here. The dashboard compares two sums over all requests of a day."),
    "stale_model": (
        "The model is made anew each night, and its forecast fits the table's count of the next day. What it learns "
        "is what is wrong."
    ),
    "target_leakage": (
        "The forecast of a day uses days before it, and nothing else. A leak would make the past look good and the "
        "next day bad; here each next day looks good."
    ),
    "train_serve_skew": (
        "One program makes the inputs, ad and network, for learning and for the forecast. Then the forecast would not "
        "fit the table's count either, and the light would be red."
    ),
    "uncorrected_sampling": (
        "All requests are learned from; none was drawn, and none has a weight. Look at what is counted for each."
    ),
    "version_skew": (
        "Each forecast is made by the newest model from one table. No part of it is older than another one."
    ),
}
