"""What is told of a wrong answer whose mistake nobody foresaw: one made-up exercise and one wrong answer a rule."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from helpers import EXERCISES, SUM

from mlpipe.course.checking import examine, solved
from mlpipe.course.seen import describe

NAMED = "def total(values, weight):\n    low, high = values\n    return low, high, values.sum()\n"
NAMELESS = "def total(values, weight):\n    return values\n"


def draw(rng, number):
    return rng.uniform(1, 9, size=(4, 7, 30)[number]), float(rng.uniform(2, 3))


def told(right, answer, solution=NAMELESS, draw=draw, seed=0):
    """Name and message, with the bank left out."""
    definition = replace(SUM, answer=right, draw=draw, solution=solution)
    cases, expected = solved(definition, seed)
    return describe(definition, cases, [answer(*case) for case in cases], expected)


def values(values, weight):
    return values


def total(values, weight):
    return values.sum()


def mask(values, weight):
    return values > 5


def count(values, weight):
    return (values > 3).sum()


def square(values, weight):
    return np.outer(values, values + weight)


def parts(values, weight):
    return values.min(), values.max(), values.sum()


def table(values, weight):
    return pd.DataFrame({"plain": values, "weighted": values * weight})


@pytest.mark.parametrize(
    ("right", "answer", "name", "says"),
    [
        (values, lambda v, w: np.where(v == v[1], np.nan, v), "not_a_number", "Some of the values are NaN"),
        (values, lambda v, w: v * np.nan, "not_a_number", "Each wrong value is NaN"),
        (values, lambda v, w: v * np.nan if len(v) == 7 else np.append(v[1:], np.nan), "not_a_number", "Some of the"),
        (total, lambda v, w: np.nan, "not_a_number", "The value is NaN, which is no number."),
        (total, lambda v, w: -np.inf, "infinite", "The value is infinite."),
        (values, lambda v, w: 0 * v, "all_zero", "Each wrong value is 0, whatever the input."),
        (total, lambda v, w: 0, "all_zero", "The value is 0, whatever the input."),
        (mask, lambda v, w: v < 0, "all_zero", "Each wrong value is False, whatever the input."),
        (total, lambda v, w: 7.5, "always_the_same", "The value is 7.5, whatever the input."),
        (values, lambda v, w: np.full(len(v), v.mean()), "all_equal", "All values that your function returns for one"),
        (values, lambda v, w: -v, "reversed_sign", "Each wrong value has the wrong sign."),
        (total, lambda v, w: -v.sum(), "reversed_sign", "The value has the wrong sign."),
        (values, lambda v, w: 1 - v, "one_minus", "Each wrong value is 1 minus what is expected."),
        (mask, lambda v, w: v <= 5, "one_minus", "Each wrong value is the opposite of what is expected."),
        (values, lambda v, w: 1 / v, "upside_down", "1 divided by what is expected"),
        (values, lambda v, w: v[::-1], "reversed_order", "The values are right, but in reversed order."),
        (values, lambda v, w: np.sort(v), "other_order", "The values are right, but in another order."),
        (square, lambda v, w: square(v, w).T, "transposed", "rows and columns have changed places"),
        (
            lambda values, weight: square(values, weight)[:3],
            lambda v, w: square(v, w)[:3].T,
            "transposed",
            "rows and columns have",
        ),
        (
            lambda values, weight: (1, square(values, weight)),
            lambda v, w: (1, square(v, w).T),
            "transposed",
            "rows and",
        ),
        (total, lambda v, w: 2 * v.sum(), "constant_factor", "The value is twice what is expected."),
        (values, lambda v, w: 100 * v, "constant_factor", "Each wrong value is 100 times what is expected."),
        (values, lambda v, w: np.log2(np.exp(v)), "wrong_base", "as a logarithm to base 2 is of one to base e."),
        (
            lambda values, weight: np.log2(values).sum(),
            lambda v, w: np.log10(v).sum(),
            "wrong_base",
            "to base 10 is of one to base 2",
        ),
        (total, lambda v, w: v.mean(), "constant_factor", "is what is expected divided by the length of `values`."),
        (total, lambda v, w: v.sum() * w, "constant_factor", "The value is what is expected times `weight`."),
        (values, lambda v, w: 1.7 * v, "constant_factor", "Each wrong value is what is expected times 1.7."),
        (values, lambda v, w: v * v[0], "constant_factor", "times one number for each input, here 6.096"),
        (count, lambda v, w: (v > 3).sum() + 1, "off_by_one", "The value is 1 too large."),
        (
            lambda values, weight: np.argsort(values),
            lambda v, w: np.argsort(v) - 1,
            "off_by_one",
            "Each wrong value is 1 too small.",
        ),
        (total, lambda v, w: v.sum() + 0.25, "constant_difference", "The value is 0.25 too large."),
        (values, lambda v, w: v - w, "constant_difference", "Each wrong value is too small by `weight`."),
        (count, lambda v, w: (v > 3).sum() - len(v), "constant_difference", "too small by the length of `values`."),
        (values, lambda v, w: v + v[0], "constant_difference", "too large by one number for each input, here 6.096"),
    ],
)
def test_how_all_values_are_off_is_told(right, answer, name, says):
    found, message = told(right, answer)
    assert found == name, message
    assert says in message
    assert "With\n  values = " in message
    assert "your function returns" in message


@pytest.mark.parametrize(
    ("right", "answer"),
    [
        (total, lambda v, w: v.sum() * 1.7),  # a factor that nobody would name, of one number
        (total, lambda v, w: v.sum() * v[0]),
        (total, lambda v, w: v.sum() + v[0]),
        (total, lambda v, w: -v.sum() if len(v) > 4 else v.sum() + 1),  # on some inputs only
        (values, lambda v, w: np.append(-v[1:], 9.5)),  # but for one value
        (values, lambda v, w: np.append(2 * v[1:], 9.5)),
        (values, lambda v, w: np.append(v[1:] + 1, 9.5)),
        (lambda values, weight: 3, lambda v, w: 6),  # one value is too little
        (values, lambda v, w: v + len(v) - 6.5),  # too small, too large
        (lambda values, weight: values * (values > 4), lambda v, w: np.where(v > 4, 2 * v, 1)),
    ],
)
def test_what_holds_by_accident_is_not_told(right, answer):
    found, message = told(right, answer)
    assert found is None, message
    assert message.startswith("With\n")


def test_a_rule_is_about_the_inputs_on_which_the_answer_is_wrong():
    found, message = told(total, lambda v, w: v.sum() if len(v) == 4 else -v.sum())
    assert found == "reversed_sign"
    assert message.startswith("The value has the wrong sign. Your function is right for the smallest input, not for ")
    found, message = told(values, lambda v, w: np.full(7, 5.0) if len(v) == 7 else v)
    assert found == "all_equal", "one input does not show that it is the same on all"
    found, message = told(values, lambda v, w: v * w if len(v) == 7 else v)
    assert "is what is expected times 2." in message, "on one input it may be `weight` by accident"


def test_the_parts_that_are_right_are_named():
    found, message = told(parts, lambda v, w: (v.min(), v.max(), v.mean() + w), NAMED)
    assert found == "some_parts_right"
    assert message.startswith("`low` and `high` are right, the third value is not. With\n")
    found, message = told(parts, lambda v, w: (v.min(), v.max() * v[0], v.sum() * w * w), NAMED)
    assert message.startswith("`low` is right, `high` and the third value are not. With\n")
    found, message = told(parts, lambda v, w: [v.min() * w * v[0], v.max(), v.sum()])
    assert message.startswith("The second value and the third value are right, the first value is not. With\n")
    inner = "def total(values, weight):\n    def pair():\n        return a, b\n    return (*pair(), values.sum())\n"
    assert told(parts, lambda v, w: (w * v[0], v.max(), v.sum()), inner)[1].startswith("The second value and the third")


def test_how_the_wrong_part_is_off_is_told_besides_and_gives_the_name():
    found, message = told(parts, lambda v, w: (v.min(), v.max(), -v.sum()), NAMED)
    assert found == "reversed_sign"
    assert message.startswith(
        "`low` and `high` are right, the third value is not. The value has the wrong sign. With\n"
    )


def test_the_columns_that_are_right_are_named():
    found, message = told(table, lambda v, w: table(v, v[0])[["weighted", "plain"]])
    assert message.startswith("`plain` is right, `weighted` is not. ")
    found, message = told(lambda v, w: {"a": v, 2: v + w}, lambda v, w: {"a": v[0] * v**2, 2: v + w})
    assert (found, message[:23]) == ("some_parts_right", "`2` is right, `a` is no"), message


def test_a_table_with_other_columns_is_told_which():
    found, message = told(table, lambda v, w: table(v, w).reset_index())
    assert found == "wrong_shape"
    assert "Its columns are ['index', 'plain', 'weighted'], expected ['plain', 'weighted']. Tried with\n" in message
    found, message = told(table, lambda v, w: table(v, w).rename(columns={"plain": "light"}))
    assert (found, message.split(".")[0][-35:]) == ("other_labels", "the columns: 'light', expected 'plain'"[-35:])


def test_right_values_in_the_wrong_places_of_a_tuple_are_told():
    every = NAMED.replace("values.sum()", "whole").replace("return", "whole = 0\n    return")
    found, message = told(parts, lambda v, w: (v.sum(), v.min(), v.max()), every)
    assert found == "other_order"
    assert message.startswith("The values are right, but in another order: return `low`, `high`, `whole`. With\n")
    found, message = told(lambda v, w: (v, w), lambda v, w: [w, v])
    assert (found, message[:48]) == ("other_order", "The values are right, but in another order. With")


def frames(rng, number):
    return (pd.DataFrame({"x": draw(rng, number)[0]}),)


def test_the_first_wrong_value_is_shown_with_its_inputs():
    def answer(v, w):
        return np.where(np.arange(len(v)) == 2, v * v, v)

    found, message = told(values, answer)
    assert found == "most_values_right"
    said = "3 of 4 values are right. The first that is not, [2], is 1.76302, expected 1.32779"
    assert message.startswith(f"{said} (there values[2] = 1.32779). With\n")
    found, message = told(lambda values, weight: pd.Series(values, index=range(1, 1 + len(values))), answer)
    assert (found, message[:58]) == ("most_values_right", "3 of 4 values are right. The first that is not, [3], is 1.")
    found, message = told(lambda rows: rows["x"], lambda rows: answer(rows["x"], 0), draw=frames)
    assert "(there rows.iloc[2] = {'x': 1.3277" in message
    assert "values are right" not in told(values, lambda v, w: np.where(np.arange(len(v)) < 3, v * v, v))[1]


def test_the_smallest_input_on_which_it_is_wrong_is_shown():
    def backwards(rng, number):
        return rng.uniform(1, 9, size=(30, 7, 4)[number]), float(rng.uniform(2, 3))

    _, message = told(total, lambda v, w: v.sum() + v[0], draw=backwards)
    assert len(message.split("values = array([")[1].split("]")[0].split(",")) == 4
    assert "one number for each input, here 6.096." in told(values, lambda v, w: v * v[0])[1]
    _, message = told(values, lambda v, w: v * v[0], draw=backwards)
    first = message.split("values = array([")[1].split(",")[0]
    assert f"one number for each input, here {float(first):.3f}." in message
    found, message = told(total, lambda v, w: v.sum() + (len(v) == 7) * v[0], draw=backwards)
    assert found == "some_inputs_right"
    assert message.startswith("Your function is right for 2 of the 3 inputs, not for all. With\n")
    _, message = told(total, lambda v, w: v[:7].sum())
    assert message.startswith("Your function is right for the smaller inputs, not for all. With\n")
    _, message = told(total, lambda v, w: v[:4].sum())
    assert message.startswith("Your function is right for the smallest input, not for all. With\n")
    _, message = told(total, lambda v, w: v.sum() + (len(v) == 4) * v[0])
    assert message.startswith("Your function is right for the larger inputs, not for all. With\n")
    _, message = told(total, lambda v, w: v.sum() + (len(v) <= 7) * v[0])
    assert message.startswith("Your function is right for the largest input, not for all. With\n")
    _, message = told(total, lambda v, w: v.sum() * (len(v) > 9) + w)
    assert "right for" not in message


def test_a_missing_return_is_told_also_on_one_path():
    assert told(total, lambda v, w: v.sum() if len(v) < 9 else None)[0] == "returns_nothing"


@pytest.mark.parametrize("definition", [one for one in EXERCISES if one.choices], ids=lambda one: one.id)
def test_where_a_name_is_to_be_chosen_the_right_one_is_not_shown(definition):
    message = examine(definition, lambda: 0).message
    assert message.startswith("Return one of these, as text: ")
