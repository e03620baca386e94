"""Numbers of one machine: shown to the reader, kept out of stored outputs, collected by the runner."""

import sys

import pytest

from mlpipe.course import measured
from mlpipe.workshop.run import table


@pytest.fixture
def displayed(monkeypatch):
    calls = []
    monkeypatch.setattr(sys.modules["mlpipe.course.measured"], "show", lambda *parts: calls.append(parts))
    return calls


def test_values_are_shown_and_recorded(displayed, monkeypatch):
    monkeypatch.delenv("MLPIPE_HIDE_TIMES", raising=False)
    measured("Time to fit", {"A<B": 1.2345}, "s")
    ((page, text, record),) = displayed
    assert "A&lt;B" in page
    assert "1.23 s" in page
    assert "A<B  1.23 s" in text
    assert record["measured"]["values"] == {"A<B": 1.2345}


def test_nothing_of_the_machine_where_outputs_are_stored(displayed, monkeypatch):
    monkeypatch.setenv("MLPIPE_HIDE_TIMES", "1")
    measured("Time to fit", {"ALS": 1.2345}, "s")
    ((page, text, record),) = displayed
    assert "1.23" not in page + text
    assert record == {}


def test_the_run_report_shows_what_was_measured():
    row = {"lesson": "07_x", "result": "ok", "seconds": 1.0, "megabytes": 10, "claims": 1, "held": 1, "error": None}
    row["measured"] = [{"title": "Time to fit", "values": {"ALS": 1.2345}, "unit": "s"}]
    assert "07_x, Time to fit, s: ALS 1.23" in table([row])
