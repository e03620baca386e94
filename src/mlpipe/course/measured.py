"""Numbers of one machine and moment, such as seconds: shown to the reader and in the run report, never stored."""

from __future__ import annotations

import html
import os
from collections.abc import Mapping

from mlpipe.course.boxes import NEUTRAL, box, prose, show

HIDE = "MLPIPE_HIDE_TIMES"  # set where outputs are stored or compared with stored ones


def measured(title: str, values: Mapping[str, float], unit: str) -> None:
    """Show what this run measured, a line a name, and hand it to the run report.

    `title` says what was measured, `unit` in what; `values` are finite numbers. Where outputs are stored (the
    environment variable MLPIPE_HIDE_TIMES is set) a sentence stands in their place, because they never repeat.

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
    width = max(map(len, values), default=0)
    lines = [f"  {name:<{width}}  {value:.3g} {unit}" for name, value in values.items()]
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{value:.3g} {unit}</td></tr>" for name, value in values.items()
    )
    record = {"title": title, "values": {name: float(value) for name, value in values.items()}, "unit": unit}
    show(box(NEUTRAL, prose(title), f"<table>{rows}</table>"), "\n".join([title, *lines]), {"measured": record})
