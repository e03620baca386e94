"""Undo the sampling of both."""

import numpy as np

from mlpipe.course.definition import edit, wrong

core = True
hints = (
    (
        "Count. Of a thousand rows of the sampled log with probability p, how many are clicks? How many clicks of "
        "the full log do they stand for?"
    ),
    (
        "Each sampled click stands for more than one click of the full log, each other row for more than one row. "
        "Weigh both, and take the share of the clicks again."
    ),
    (
        "Let `clicks` be `p` divided by its own share kept, and `others` be `1 - p` divided by *its* share kept. "
        "Those are amounts in the full log. What is the share of clicks among them?"
    ),
)
takeaway = (
    "Sampling by class multiplies the odds, and nothing else: undo it on the odds, or add a constant to the log-odds."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    size = (3, 12, 200)[number]
    p = rng.uniform(0.05, 0.6, size).round(3)
    return p, round(float(rng.uniform(0.4, 0.8)), 2), round(float(rng.uniform(0.05, 0.25)), 3)


def undo_sampling(p, clicks_kept, others_kept):
    clicks = p / clicks_kept
    others = (1 - p) / others_kept
    return clicks / (clicks + others)


def another(p, clicks_kept, others_kept):
    log_odds = np.log(p / (1 - p)) + np.log(others_kept) - np.log(clicks_kept)
    return 1 / (1 + np.exp(-log_odds))


def forgets_the_others(p, clicks_kept, others_kept):
    return (p / clicks_kept) / (p / clicks_kept + 1 - p)


def both_lower_the_odds(p, clicks_kept, others_kept):
    return p * clicks_kept / (p * clicks_kept + (1 - p) / others_kept)


def wrong_direction(p, clicks_kept, others_kept):
    return (p / others_kept) / (p / others_kept + (1 - p) / clicks_kept)


def both_raise_the_odds(p, clicks_kept, others_kept):
    return (p / clicks_kept) / (p / clicks_kept + (1 - p) * others_kept)


def samples_the_clicks_once_more(p, clicks_kept, others_kept):
    return p * clicks_kept / (p * clicks_kept + 1 - p)


def the_garbled_formula(p, clicks_kept, others_kept):
    return p + (1 - p) * p / others_kept


def multiplies_the_probability(p, clicks_kept, others_kept):
    return p * others_kept


def multiplies_by_the_ratio(p, clicks_kept, others_kept):
    return p * others_kept / clicks_kept


def returns_odds(p, clicks_kept, others_kept):
    return p / (1 - p) * others_kept / clicks_kept


def wrong_direction_without_the_clicks(p, clicks_kept, others_kept):
    return p / (p + (1 - p) * others_kept)


def log_odds_returned(p, clicks_kept, others_kept):
    return np.log(p / (1 - p)) + np.log(others_kept / clicks_kept)


def ratio_added_to_log_odds(p, clicks_kept, others_kept):
    return 1 / (1 + np.exp(-(np.log(p / (1 - p)) + others_kept / clicks_kept)))


def logarithm_of_p(p, clicks_kept, others_kept):
    return 1 / (1 + np.exp(-(np.log(p) + np.log(others_kept / clicks_kept))))


def divides_by_the_clicks_share_only(p, clicks_kept, others_kept):
    return p / clicks_kept


def chance_of_being_kept(p, clicks_kept, others_kept):
    return p / (p * clicks_kept + (1 - p) * others_kept)


def shares_dropped(p, clicks_kept, others_kept):
    return (p / (1 - clicks_kept)) / (p / (1 - clicks_kept) + (1 - p) / (1 - others_kept))


def clicks_put_back_afterwards(p, clicks_kept, others_kept):
    return p / (p + (1 - p) / others_kept) / clicks_kept


def difference_without_logarithm(p, clicks_kept, others_kept):
    return 1 / (1 + np.exp(-(np.log(p / (1 - p)) + others_kept - clicks_kept)))


def logarithm_to_base_ten(p, clicks_kept, others_kept):
    return 1 / (1 + np.exp(-(np.log(p / (1 - p)) + np.log10(others_kept / clicks_kept))))


def not_corrected(p, clicks_kept, others_kept):
    return p * 1


mistakes = [
    edit(
        "clicks =",
        "return",
        "forgets_the_clicks",
        (
            "This is the lesson's formula: it takes for granted that all clicks were kept. A share of the clicks "
            "is missing, too; each one that is left stands for more than one."
        ),
        also=(
            ("clicks_kept\n    others =", "(p +"),
            ("\n    return clicks / (clicks + others", ""),
        ),
    ),
    wrong(
        forgets_the_others,
        "You put back the missing clicks only. The rows without a click were thinned, too, and more strongly.",
    ),
    wrong(
        both_lower_the_odds,
        (
            "You lower the odds by both shares. Thinning the others raised the odds, thinning the clicks lowered "
            "them: the two corrections go in opposite directions."
        ),
    ),
    wrong(
        wrong_direction,
        (
            "Your correction goes the wrong way, so predictions rise: it samples the log once more, or the two "
            "shares have changed places. The odds in the sample are too high: they must fall."
        ),
    ),
    wrong(
        both_raise_the_odds,
        (
            "You raise the odds by both shares. Thinning the clicks lowered the odds, thinning the others raised "
            "them: the two corrections go in opposite directions."
        ),
    ),
    wrong(
        samples_the_clicks_once_more,
        (
            "You multiply the odds by the share of clicks kept and stop there. That thins the clicks once more; "
            "and the rows without a click are still too few."
        ),
    ),
    wrong(
        the_garbled_formula,
        (
            "This is a formula from a circulating copy of a paper, with a bracket lost. It gives numbers above 1. "
            "The whole p + (1 - p) / w belongs under the fraction bar."
        ),
    ),
    edit(
        "clicks =",
        "return",
        "garbled_with_both_rates",
        (
            "Brackets are missing: you divide p by p and then add. The sum of both classes belongs under the "
            "fraction bar, as a whole."
        ),
        also=(
            ("\n    others =", " / (p / clicks_kept) +"),
            ("\n    return clicks / (clicks + others)", ""),
        ),
    ),
    wrong(
        multiplies_the_probability,
        (
            "You multiply the probability by the share of others kept. That is right for small p only: sampling "
            "changes the odds, not the probability."
        ),
    ),
    wrong(
        multiplies_by_the_ratio,
        (
            "You multiply the probability by the ratio of the shares. Sampling multiplies the *odds* by it; "
            "probability and odds are close only when p is small."
        ),
    ),
    wrong(
        returns_odds,
        "These are the right odds, but asked are probabilities. With odds o, the probability is o / (1 + o).",
    ),
    wrong(
        wrong_direction_without_the_clicks,
        (
            "You multiply 1 - p by the share of others kept, so the predictions rise. Each row without a click "
            "stands for 1 / share rows: divide. And some clicks are missing, too."
        ),
    ),
    wrong(log_odds_returned, "These are log-odds. Asked are probabilities: apply the sigmoid."),
    wrong(
        ratio_added_to_log_odds,
        "You add the ratio of the shares to the log-odds. A factor of the odds becomes a *logarithm* there.",
    ),
    wrong(
        logarithm_of_p,
        (
            "You add the logarithm of the shares to the logarithm of p. It belongs to the log-odds, the logarithm "
            "of p / (1 - p)."
        ),
    ),
    edit(
        "clicks = ",
        "return p * (",
        "scaled_to_the_mean",
        (
            "You scale the probabilities by one factor, so that their mean is right. Each probability needs a "
            "factor of its own: only the factor of the odds is common."
        ),
        also=(
            ("\n    others =", ").sum() / (p / clicks_kept +"),
            ("\n    return clicks / (clicks + others", ").sum() / p.mean("),
        ),
    ),
    edit(
        "clicks = ",
        "return 0 * p + (",
        "one_correction_for_all",
        "You return the click rate of the full log for each row. Correct every probability by itself.",
        also=(
            ("\n    others =", ").sum() / (p / clicks_kept +"),
            ("\n    return clicks / (clicks + others", ").sum("),
        ),
    ),
    edit(
        "clicks =",
        "return (p / clicks_kept) / (1 -",
        "clicks_over_others",
        "You divide clicks by others: the odds. The probability is clicks over clicks *and* others.",
        also=(
            ("\n    others =", " +"),
            ("\n    return clicks / (clicks + others", ""),
        ),
    ),
    wrong(
        divides_by_the_clicks_share_only,
        (
            "You only divide p by the share of clicks kept. The rows without a click have changed, too, and the "
            "share of both has to be taken anew."
        ),
    ),
    wrong(
        chance_of_being_kept,
        (
            "You divide by the chance that a row is kept at all. That gives how many rows there were, not how many "
            "of them are clicks: weigh the clicks alone in the numerator."
        ),
    ),
    edit(
        "clicks = ",
        "return ((1 - p) / others_kept) / (",
        "chance_of_no_click",
        "This is the probability of *no* click. The clicks belong in the numerator.",
        also=(
            ("\n    others =", " +"),
            ("\n    return clicks / (clicks + others", ""),
        ),
    ),
    wrong(
        shares_dropped,
        "You divide by the shares that were thrown away. A row that is left stands for 1 / share *kept* rows.",
    ),
    wrong(
        clicks_put_back_afterwards,
        (
            "You put the others back first and then divide the probability by the share of clicks. Both belong "
            "into the same fraction: clicks over clicks and others."
        ),
    ),
    wrong(
        difference_without_logarithm,
        "You add the difference of the shares to the log-odds. It is the difference of their *logarithms*.",
    ),
    wrong(
        logarithm_to_base_ten,
        "You use the logarithm to base 10. Log-odds, and the sigmoid that turns them back, use the natural one.",
    ),
    edit(
        "clicks = ",
        "return (",
        "shares_of_all_rows",
        (
            "You divide by the sum over all rows. Each row has a probability of its own: clicks over clicks and "
            "others of the *same* row."
        ),
        also=(
            ("\n    others =", ") / (p / clicks_kept +"),
            ("\n    return clicks / (clicks + others", ").sum("),
        ),
    ),
    wrong(
        not_corrected,
        (
            "You return p as it is: the probability in the sampled log. Check with an example: half of the clicks "
            "and a tenth of the others kept."
        ),
    ),
]
