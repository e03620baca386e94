"""Claims: what is refused, what fails, what is recorded."""

import contextlib
import json
import subprocess
import sys

import pytest
from helpers import in_kernel

from mlpipe.course import ClaimFailed, claim, claims, say


@pytest.fixture(autouse=True)
def fresh_run(monkeypatch, tmp_path):
    monkeypatch.setattr(claims, "_made", {})
    monkeypatch.setenv("MLPIPE_HOME", str(tmp_path))
    monkeypatch.setitem(globals(), "SCALE", "full")
    monkeypatch.setitem(globals(), "SEED", 7)


def test_a_claim_that_holds_shows_sentence_value_bound_and_tick(capsys):
    claim("Two thirds", 2 / 3, id="99.a", baseline=0.5, at_least=0.6, fmt=".1%")
    out = capsys.readouterr().out
    for part in ("✓", "Two thirds", "66.7%", "at least 60.0%", "50.0%", "99.a"):
        assert part in out


def test_a_claim_that_does_not_hold_is_shown_recorded_and_raised(capsys, tmp_path):
    with pytest.raises(ClaimFailed, match=r"99\.a.*0\.5.*at least 0\.6"):
        claim("Half", 0.5, id="99.a", baseline=0.1, at_least=0.6)
    assert "✗" in capsys.readouterr().out
    assert json.loads((tmp_path / "claims/99.json").read_text())["99.a"]["value"] == 0.5


@pytest.mark.parametrize("error", [4.8e-7, 4.9e-7, 0.0])
def test_an_error_of_rounding_is_shown_as_below_its_resolution_whatever_its_digits(error, capsys, tmp_path):
    claim("Equal", error, id="99.a", baseline=1, at_most=1e-4, fmt="f", resolution=1e-6)
    assert "  below 0.000001 (bound: at most 0.000100; trivial baseline: 1.000000)" in capsys.readouterr().out
    assert json.loads((tmp_path / "claims/99.json").read_text())["99.a"]["value"] == 1e-6


@pytest.mark.parametrize("error", [2e-6, 2e-3, -2e-7])
def test_an_error_that_is_none_of_rounding_keeps_its_value(error, tmp_path):
    with contextlib.suppress(ClaimFailed):
        claim("Equal", error, id="99.a", baseline=1, at_most=1e-4, fmt="f", resolution=1e-6)
    kept = json.loads((tmp_path / "claims/99.json").read_text())["99.a"]
    assert (kept["value"], "below" in kept["shown"]) == (error, False)


@pytest.mark.parametrize(
    ("value", "bound", "holds"),
    [
        (2.0, {"at_least": 2.0}, True),
        (1.999, {"at_least": 2.0}, False),
        (0.5, {"at_most": 0.5}, True),
        (0.501, {"at_most": 0.5}, False),
        (0.3, {"between": (0.2, 0.4)}, True),
        (0.41, {"between": (0.2, 0.4)}, False),
        (0.19, {"between": (0.2, 0.4)}, False),
        (0.1 + 0.2, {"equal_to": 0.3}, True),
        (0.3001, {"equal_to": 0.3}, False),
        (100_004, {"equal_to": 100_004}, True),
        (100_003, {"equal_to": 100_004}, False),
    ],
)
def test_bounds(value, bound, holds):
    baseline = -5 if "at_most" not in bound else 5
    if holds:
        claim("s", value, id="99.a", baseline=baseline, **bound)
    else:
        with pytest.raises(ClaimFailed):
            claim("s", value, id="99.a", baseline=baseline, **bound)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "bounds given: none"),
        ({"at_least": 1, "at_most": 3}, "at_least and at_most"),
        ({"at_least": 1, "value": float("nan")}, "value is nan"),
        ({"at_least": 1, "value": float("inf")}, "value is inf"),
        ({"at_least": 1, "value": "2"[:0]}, "value is ''"),
        ({"at_least": 1, "value": None}, "value is None"),
        ({"at_least": float("nan")}, "at_least is nan"),
        ({"at_least": 1, "baseline": None}, "no baseline"),
        ({"at_least": 1, "baseline": float("nan")}, "baseline is nan"),
        ({"at_least": 1, "baseline": 1}, "meets the bound"),
        ({"at_most": 3, "baseline": 2.5}, "meets the bound"),
        ({"between": (1, 3), "baseline": 1}, "meets the bound"),
        ({"equal_to": 2, "baseline": 2}, "meets the bound"),
        ({"between": (3, 1)}, "low end"),
        ({"between": 3}, "expected two numbers"),
        ({"at_least": 1, "id": "Als"}, "expected lesson and name"),
        ({"at_least": 1, "sentence": " "}, "sentence"),
        ({"at_least": 1, "resolution": 0.1}, "resolution is 0.1; expected a number above 0, and below at_most"),
        ({"at_most": 1, "baseline": 5, "resolution": 0}, "resolution is 0;"),
        ({"at_most": 1, "baseline": 5, "resolution": 1}, "resolution is 1;"),
    ],
)
def test_what_is_no_claim_is_refused_and_leaves_no_record(arguments, message, tmp_path):
    given = {"sentence": "s", "value": 2.0, "id": "99.a", "baseline": 0.0} | arguments
    with pytest.raises(ValueError, match=message):
        claim(given.pop("sentence"), given.pop("value"), **given)
    assert not list(tmp_path.iterdir())


def test_a_second_use_of_an_id_is_refused():
    claim("s", 2, id="99.a", baseline=0, at_least=1)
    with pytest.raises(ValueError, match=r"99\.a.*second time"):
        claim("s", 2, id="99.a", baseline=0, at_least=1)


def test_a_loop_over_one_claim_is_a_second_use():
    def loop():
        for _ in range(2):
            claim("s", 2, id="99.a", baseline=0, at_least=1)

    with pytest.raises(ValueError, match="second time"):
        loop()


def test_the_small_scale_shows_and_records_but_does_not_enforce(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(globals(), "SCALE", "small")
    claim("s", 0.5, id="99.a", baseline=2, at_least=1)
    out = capsys.readouterr().out
    assert "✗" in out
    assert "not enforced" in out
    entry = json.loads((tmp_path / "claims/99.json").read_text())["99.a"]
    assert (entry["scale"], entry["seed"]) == ("small", 7)


def test_an_unknown_scale_is_refused(monkeypatch):
    monkeypatch.setitem(globals(), "SCALE", "tiny")
    with pytest.raises(ValueError, match="tiny"):
        claim("s", 2, id="99.a", baseline=0, at_least=1)


def test_the_record_keeps_raw_values_of_all_claims(tmp_path):
    claim("s", 1 / 3, id="99.a", baseline=0, at_least=0.3)
    claim("t", 3, id="99.b", baseline=0, at_least=1)
    record = json.loads((tmp_path / "claims/99.json").read_text())
    assert record["99.a"]["value"] == 1 / 3
    assert record["99.a"].keys() >= {"value", "seed", "scale", "version"}
    assert record["99.b"]["value"] == 3


def test_a_damaged_record_is_set_aside(tmp_path):
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims/99.json").write_text("{broken")
    claim("s", 2, id="99.a", baseline=0, at_least=1)
    (kept,) = (tmp_path / "claims").glob("99.unreadable-*")
    assert kept.read_text() == "{broken"
    assert "99.a" in json.loads((tmp_path / "claims/99.json").read_text())


def test_a_record_that_cannot_be_written_costs_only_the_record(monkeypatch, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MLPIPE_HOME", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="MLPIPE_HOME"):
        claim("s", 2, id="99.a", baseline=0, at_least=1)
    assert "✓" in capsys.readouterr().out


def test_say_uses_the_values_of_this_run(capsys):
    claim("s", 1.9234, id="99.a", baseline=1, at_least=1.5)
    say("It is {99.a:.1f} times, about {99.a}.")
    assert "It is 1.9 times, about 1.92." in capsys.readouterr().out


def test_say_refuses_an_unknown_id():
    claim("s", 2, id="99.a", baseline=1, at_least=1.5)
    with pytest.raises(ValueError, match=r"99\.b.*made: 99\.a"):
        say("It is {99.b:.1f}.")


def test_in_a_notebook_the_value_is_in_the_metadata_and_a_cell_can_run_again():
    once = "claim('<b>s</b>', 1/3, id='99.a', baseline=0, at_least=.3)"
    cells = in_kernel(
        "from mlpipe.course import claim\nSEED, SCALE = 3, 'full'",
        once,
        once,  # the same code again: what a reader's second run of a cell looks like
        "claim('other', 1/3, id='99.a', baseline=0, at_least=.3)",
        "claim('fails', 1/3, id='99.c', baseline=0, at_least=.5)",
    )
    first, again, other, fails = (cell.outputs for cell in cells[1:])
    assert first[0].metadata["mlpipe"]["claim"]["value"] == 1 / 3
    assert first[0].metadata["mlpipe"]["claim"]["seed"] == 3
    assert "&lt;b&gt;" in first[0].data["text/html"]
    assert "✓" in first[0].data["text/html"]
    assert "✓" in first[0].data["text/plain"]
    assert [o.output_type for o in again] == ["display_data"]
    assert "second time" in other[0].evalue
    assert [o.output_type for o in fails] == ["display_data", "error"]
    assert fails[0].metadata["mlpipe"]["claim"]["holds"] is False


def test_the_package_does_not_need_a_notebook():
    text = "from mlpipe.course import claim; claim('s', 2, id='99.a', baseline=0, at_least=1)"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert "✓ s" in done.stdout
