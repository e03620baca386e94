"""What was measured, and whether a quoted number is it."""

import json
import math

import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipe import paths
from mlpipe.interview.evidence import (
    SHIPPED,
    YOURS,
    Evidence,
    Quote,
    _in_notebooks,
    check_quote,
    collect_evidence,
    grade_quote,
    was_said,
)
from mlpipe.paths import FILES


@pytest.fixture(autouse=True)
def own_record(monkeypatch, tmp_path):
    monkeypatch.setenv("MLPIPE_HOME", str(tmp_path / "home"))


def measured(value, shown, baseline=1.0, shown_baseline="1", **more):
    place = {"notebook": "05_x.ipynb", "section": "Is it right?", "cell": "abc"}
    origin = {"source": YOURS, "seed": 0, "scale": "full"}
    return Evidence("05.x", value, shown, "It is so", baseline, shown_baseline, **(origin | place | more))


def holds(number, one):
    return check_quote("05.x", number, {"05.x": one}).holds


SHIPPED_CLAIMS = _in_notebooks(FILES / "notebooks", SHIPPED)


@pytest.mark.parametrize(
    ("value", "shown", "baseline", "spoken"),
    [
        (1.8813, "1.88", 1.0, ["1.9 times", 1.9, 1.88, "1.88", "ratio 1.9", "+1.9"]),
        (0.8973, "89.7%", 0.5, ["90 %", 90, 0.9, "about 90 percent", "0.9", 89.7, "89.7%"]),
        (0.3571, "35.7%", 0.1, ["about 36 percent", 36, 0.36, "36%"]),
        (-0.0772, "-8%", 0.5, ["-8%", "\N{MINUS SIGN}8 percent", -7.7, -0.077]),
        (1.46199, "146%", 0.37, ["146%", 1.46, "150 %"]),
        (1420.45, "1,420", 0.156, ["1,400 times", 1420, "1.4e3"]),
        (0.0743, "0.07", 1.0, [0.07, 0.074]),
        (0.98947, "0.989", 1.0, ["0.99", 0.989]),
        (1.85, "1.85", 1.0, [1.8, 1.9]),
        (0.6640, "0.66", 1.0, ["66 percent", "66 %", 0.66]),
    ],
)
def test_a_number_as_people_say_it_holds(value, shown, baseline, spoken):
    one = measured(value, shown, baseline, str(baseline))
    assert [number for number in spoken if not holds(number, one)] == []


@pytest.mark.parametrize(
    ("value", "shown", "baseline", "spoken"),
    [
        (1.8813, "1.88", 1.0, ["2 times", 1.8, 1.95, 1.0, "1", "-1.9", 188, "1.9 %"]),
        (0.8973, "89.7%", 0.5, ["80 %", 0.8, 50, 0.5, 9, 0.009]),
        (0.98947, "0.989", 1.0, [0.98, 1, 1.0, 0.995]),
        (1.067, "1.067", 0.934, [1.1, 1.0]),
        (0.01, "1%", 1.0, [100, "100%", 1.0]),
        (1.04, "1.0", 1.02, [1.0]),  # shown too coarsely to differ from the baseline
    ],
)
def test_a_guess_or_the_baseline_does_not(value, shown, baseline, spoken):
    one = measured(value, shown, baseline, f"{baseline:.0%}" if "%" in shown else str(baseline))
    assert [number for number in spoken if holds(number, one)] == []


@pytest.mark.parametrize("text", ["many times", "", "nDCG@10 is 1.9", "1,9", "1.8 to 2.0", "nan"])
def test_what_is_not_one_number_is_told(text):
    check = check_quote("05.x", text, {"05.x": measured(1.9, "1.9")})
    assert not check.holds
    assert "expected exactly one number" in check.reason


@given(st.floats(1e-6, 1e6), st.floats(-3, 3).filter(lambda x: abs(x) > 0.01), st.booleans())
def test_of_random_guesses_over_two_decades_fewer_than_one_in_twenty_holds(value, log_ratio, percent):
    one = measured(value, f"{value:.1%}" if percent else f"{value:.3g}", value * math.exp(log_ratio))
    guesses = value * 10 ** np.linspace(-1, 1, 301)
    for said in (guesses, [float(f"{guess:.2g}") for guess in guesses]):  # any number, and any with two digits
        assert np.mean([holds(guess, one) for guess in said]) < 0.05


@given(st.floats(1e-6, 1e6), st.floats(-3, 3), st.integers(0, 4), st.booleans())
def test_the_baseline_never_holds(value, log_ratio, digits, percent):
    baseline = value * math.exp(log_ratio)
    fmt = f".{digits}%" if percent else f".{digits}f"
    one = measured(value, format(value, fmt), baseline, format(baseline, fmt))
    for said in (baseline, one.shown_baseline, repr(baseline), f"{100 * baseline!r} %"):
        assert not holds(said, one)


@given(st.floats(1e-3, 1e3), st.floats(-3, 3).filter(lambda x: abs(x) > 0.7))
def test_two_digits_hold_where_the_baseline_is_far(value, log_ratio):
    baseline = value * math.exp(log_ratio)
    one = measured(value, f"{value:.3g}", baseline, repr(baseline))
    assert holds(f"{value:.2g}", one)
    assert holds(f"{value:.3g} times", one)


@pytest.mark.parametrize("one", SHIPPED_CLAIMS.values(), ids=SHIPPED_CLAIMS.keys())
def test_each_claim_of_the_course_can_be_quoted_but_not_guessed(one):
    evidence = {one.id: one}
    assert check_quote(one.id, one.shown, evidence).holds
    assert check_quote(one.id, one.value, evidence).holds
    assert not check_quote(one.id, one.shown_baseline, evidence).holds
    assert not check_quote(one.id, one.baseline, evidence).holds
    guesses = (one.value or one.baseline) * 10 ** np.linspace(-1, 1, 401)  # a measured 0 has no order of magnitude
    assert np.mean([check_quote(one.id, guess, evidence).holds for guess in guesses]) < 0.05


def test_an_unknown_claim_and_no_results_at_all_are_told():
    assert "Did you mean 05.x?" in check_quote("05.xx", 1, {"05.x": measured(1.9, "1.9")}).reason
    assert "`make run`" in check_quote("05.x", 1, {}).reason


def write_notebook(path, value, *, id="05.x", scale="full"):
    claim = {"id": id, "sentence": "It is so", "value": value, "baseline": 1.0, "bound": "at least 1.5"}
    claim |= {"shown": f"{value:.2f}", "shown_baseline": "1.00", "holds": True, "seed": 0, "scale": scale}
    output = nbformat.v4.new_output("display_data", {"text/plain": "x"}, metadata={"mlpipe": {"claim": claim}})
    cells = [
        nbformat.v4.new_markdown_cell("# A lesson\n\n## Does it beat `popularity`?\nSome text", id="text"),
        nbformat.v4.new_code_cell("claim(...)", outputs=[output], id="abc"),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


def write_record(tmp_path, content):
    path = tmp_path / "home" / "claims" / "05.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def entry(value, scale="full"):
    return {"value": value, "seed": 7, "scale": scale, "sentence": "It is so", "shown": f"{value:.2f}", "version": "1"}


def test_the_last_run_is_the_checkouts_or_lies_at_or_above_the_working_folder(tmp_path, monkeypatch):
    for folder in ("installed", "mine/course"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(paths, "FILES", tmp_path / "installed")
    monkeypatch.chdir(tmp_path / "mine" / "course")
    write_notebook(tmp_path / "installed" / "notebooks" / "05_factors.ipynb", 1.7)
    assert collect_evidence()["05.x"].source == SHIPPED
    write_notebook(tmp_path / "mine" / "build" / "run" / "05_factors.ipynb", 1.8)
    assert collect_evidence()["05.x"].value == 1.8
    write_notebook(tmp_path / "installed" / "build" / "run" / "05_factors.ipynb", 1.9)
    assert collect_evidence()["05.x"].value == 1.9


def test_without_a_checkout_it_is_the_command_that_is_named_and_the_readers_copy(tmp_path, monkeypatch):
    write_notebook(tmp_path / "notebooks" / "05_factors.ipynb", 1.7)
    one = collect_evidence(tmp_path)["05.x"]
    monkeypatch.chdir(tmp_path)
    assert "`mlpipe run --only 05`" in one.note
    assert one.link.startswith("my_course/05_factors.ipynb#")
    assert "call `mlpipe run`." in check_quote("05.x", 1, {}).reason


def test_your_own_record_comes_first_then_the_last_run_then_what_is_shipped(tmp_path):
    write_notebook(tmp_path / "notebooks" / "05_factors.ipynb", 1.7)
    one = collect_evidence(tmp_path)["05.x"]
    assert (one.value, one.source) == (1.7, SHIPPED)
    assert "make run ONLY=05" in one.note
    write_notebook(tmp_path / "build" / "run" / "05_factors.ipynb", 1.8)
    one = collect_evidence(tmp_path)["05.x"]
    assert (one.value, one.source, one.note) == (1.8, YOURS, "")
    write_record(tmp_path, {"05.x": entry(1.9), "05.mine": entry(3.0)})
    found = collect_evidence(tmp_path)
    assert list(found) == ["05.x"]
    one = found["05.x"]
    assert (one.value, one.shown, one.seed, one.source, one.baseline) == (1.9, "1.90", 7, YOURS, 1.0)


def test_a_claim_of_the_last_run_counts_that_is_not_shipped(tmp_path):
    """Such as those of lesson 17 that need a cluster."""
    write_notebook(tmp_path / "notebooks" / "05_factors.ipynb", 1.7)
    write_notebook(tmp_path / "build" / "run" / "05_factors.ipynb", 1.6, id="05.y")
    found = collect_evidence(tmp_path)
    assert list(found) == ["05.x", "05.y"]
    assert (found["05.y"].value, found["05.y"].source) == (1.6, YOURS)


def test_a_record_of_before_the_mock_interviews_were_renumbered_counts_until_there_is_a_new_one(tmp_path):
    write_notebook(tmp_path / "notebooks" / "18_mock.ipynb", 1.7, id="18.x")
    path = write_record(tmp_path, {"16.x": entry(1.9)})
    assert {id: one.value for id, one in collect_evidence(tmp_path).items()} == {"18.x": 1.9}
    assert check_quote("16.x", 1.9, collect_evidence(tmp_path)).holds
    path.with_name("18.json").write_text(json.dumps({"18.x": entry(2.0)}))
    assert collect_evidence(tmp_path)["18.x"].value == 2.0
    write_notebook(tmp_path / "notebooks" / "16_monitor.ipynb", 3.0, id="16.x")  # a lesson of today with that number
    assert {id: one.value for id, one in collect_evidence(tmp_path).items()} == {"16.x": 1.9, "18.x": 2.0}


def test_a_run_at_the_small_scale_yields_to_one_at_full_scale(tmp_path):
    write_notebook(tmp_path / "notebooks" / "05_factors.ipynb", 1.7)
    write_record(tmp_path, {"05.x": entry(1.2, "small")})
    one = collect_evidence(tmp_path)["05.x"]
    assert one.value == 1.2
    assert "small scale" in one.note
    write_notebook(tmp_path / "build" / "run" / "05_factors.ipynb", 1.8)
    assert collect_evidence(tmp_path)["05.x"].value == 1.8


def test_where_outputs_are_stored_only_shipped_results_count(tmp_path, monkeypatch):
    write_notebook(tmp_path / "notebooks" / "05_factors.ipynb", 1.7)
    write_notebook(tmp_path / "build" / "run" / "05_factors.ipynb", 1.8)
    write_record(tmp_path, {"05.x": entry(1.9)})
    monkeypatch.setenv("MLPIPE_HIDE_TIMES", "1")
    one = collect_evidence(tmp_path)["05.x"]
    assert (one.value, one.source) == (1.7, SHIPPED)


def test_the_link_leads_to_the_section_of_the_cell(tmp_path):
    write_notebook(tmp_path / "notebooks" / "05_factors.ipynb", 1.7)
    one = collect_evidence(tmp_path)["05.x"]
    assert (one.section, one.cell) == ("Does it beat popularity?", "abc")
    assert one.link == "notebooks/05_factors.ipynb#Does-it-beat-popularity%3F"


@pytest.mark.parametrize(
    "damaged",
    [
        "{",
        "[]",
        '{"05.x": {"value": "much"}}',
        '{"05.x": 3}',
        '{"05.x": {"value": NaN}}',
        '{"05.x": {"shown": "much"}}',
    ],
)
def test_a_damaged_record_is_told_and_kept(tmp_path, damaged):
    write_notebook(tmp_path / "notebooks" / "05_factors.ipynb", 1.7)
    path = write_record(tmp_path, damaged)
    with pytest.warns(UserWarning, match=r"05\.json is not used as evidence.*run lesson 05 again"):
        assert collect_evidence(tmp_path)["05.x"].source == SHIPPED
    assert path.read_text() == damaged


def test_a_damaged_notebook_is_told(tmp_path):
    write_notebook(tmp_path / "notebooks" / "05_factors.ipynb", 1.7)
    (tmp_path / "notebooks" / "06_more.ipynb").write_text("<<<<<<< HEAD")
    with pytest.warns(UserWarning, match=r"06_more\.ipynb is not used as evidence"):
        assert list(collect_evidence(tmp_path)) == ["05.x"]
    assert collect_evidence(tmp_path / "nowhere") == {}


WHOLE = {
    "data": "MovieLens, 100,000 ratings",
    "split": "random by user",
    "interval": "1.7 to 2.0, bootstrap by user",
    "transfer": "explicit ratings of films, not clicks",
}


def test_a_whole_quote_counts():
    graded = grade_quote(Quote("05.x", "1.9 times", **WHOLE), {"05.x": measured(1.88, "1.88")})
    assert graded.counts
    assert "counts as evidence. Measured: 1.88 (your run)." in str(graded)


@pytest.mark.parametrize("part", WHOLE)
@pytest.mark.parametrize("said", ["", "  ", "?", "none", "n/a", "-", "No."])
def test_a_part_that_is_missing_is_named_and_the_quote_does_not_count(part, said):
    graded = grade_quote(Quote("05.x", 1.9, **WHOLE | {part: said}), {"05.x": measured(1.88, "1.88")})
    assert not graded.counts
    assert [one.split(" ")[0] for one in graded.missing] == [part]
    assert f"Missing: {part} (" in str(graded)


def test_a_decimal_by_heart_earns_nothing_and_a_whole_quote_with_a_wrong_number_neither():
    evidence = {"05.x": measured(1.88, "1.88", source=SHIPPED)}
    alone = grade_quote(Quote("05.x", 1.88, "", "", "", ""), evidence)
    assert alone.check.holds
    assert not alone.counts
    assert len(alone.missing) == 4
    wrong = grade_quote(Quote("05.x", 2.5, **WHOLE), evidence)
    assert not wrong.counts
    assert "notebooks/05_x.ipynb#Is-it-right%3F" in str(wrong)
    assert "No run of yours yet" in str(wrong)


def test_arithmetic_needs_no_interval():
    exact = Quote("05.x", 1.88, **WHOLE | {"interval": "exact: a formula"})
    assert grade_quote(exact, {"05.x": measured(1.88, "1.88")}).counts


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("1.9 times", "ALS finds 1.9 times as much as popularity."),
        ("1.9", "ALS finds 1.9 times as much as popularity."),
        (1.9, "ALS finds 1.9 times as much as popularity."),
        ("90 %", "It holds in 90 % of the weeks."),
        ("0.9", "It holds in ninety percent of the weeks."),
        ("90 percent", "it holds in 90% of the weeks"),
        ("150 ms", "We answer within 150 milliseconds."),
        ("0.12", "The recall of the list is 0.12 on the last week."),
        ("1,400 impressions", "It takes 1400 impressions."),
    ],
)
def test_a_number_that_was_uttered_with_its_unit_was_said(number, said):
    assert was_said(number, said)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("1.9 times", ""),
        ("1.9 times", "ALS finds much more than popularity."),
        ("1.9 times", "We answer in 1.9 ms."),
        ("1.9 times", "ALS finds 2.1 times as much."),
        ("1.9 times", "Interviewer: does it find 1.9 times as much?"),
        ("1.9", "1.9"),  # of nothing
        ("10", "We look at recall at 10."),  # a place in a ranking measures nothing
        ("90 %", "It holds in 90 ms."),
        ("many", "It finds many times as much."),
        ("1.8 to 2.0", "It finds 1.8 times as much."),
    ],
)
def test_a_number_that_was_not_uttered_with_its_unit_was_not_said(number, said):
    assert not was_said(number, said)


def test_a_number_counts_only_if_it_was_said():
    evidence, quote = {"05.x": measured(1.88, "1.88")}, Quote("05.x", "1.9 times", **WHOLE)
    said = grade_quote(quote, evidence, said="It finds 1.9 times as many.")
    assert (said.counts, said.uttered, said.verdict) == (True, True, "counts")
    silent = grade_quote(quote, evidence, said="It finds more.")
    assert not silent.counts
    assert silent.check.holds
    assert silent.verdict == "holds, but was not said"
    assert "You did not say this number with its unit" in str(silent)
    unasked = grade_quote(quote, evidence)
    assert (unasked.counts, unasked.uttered) == (True, None)
