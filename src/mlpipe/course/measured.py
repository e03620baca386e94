"""Numbers of one machine and moment, such as seconds: shown to the reader and in the run report, never stored."""

from __future__ import annotations

import os
from collections.abc import Mapping

from mlpipe.course.boxes import NEUTRAL, box, prose, render, show

HIDE = "MLPIPE_HIDE_TIMES"  # set where outputs are stored or compared with stored ones


def measured(title: str, values: Mapping[str, float], unit: str) -> None:
    """Show what this run measured, a line a name, and hand it to the run report.

    Where outputs are stored (MLPIPE_HIDE_TIMES is set) a sentence stands in their place, because they never repeat.

    Parameters
    ----------
    title : what was measured
    values : finite numbers by name
    unit : in what they were measured, such as "s"

    Examples
    --------
    >>> measured("Time to fit", {"ALS": 1.234, "EASE": 0.5}, "s")
    Time to fit (this machine, this run)
      ALS   1.23 s
      EASE  0.5 s
    """
    if os.environ.get(HIDE):
        text = f"{title}: run this cell, or look into the run report; times differ from machine to machine."
        show(box(NEUTRAL, prose(text)), text, {})
        return
    title = f"{title} (this machine, this run)"
    rows = [(name, f"{value:.3g} {unit}") for name, value in values.items()]
    width = max(map(len, values), default=0)
    text = "\n".join([title, *(f"  {name:<{width}}  {value}" for name, value in rows)])
    record = {"title": title, "values": {name: float(value) for name, value in values.items()}, "unit": unit}
    show(render("measured.html", colour=NEUTRAL, title=title, rows=rows), text, {"measured": record})
