"""Whether the libraries are still those that were imported: a cell may write `np.isin = ...` where it meant `isin`.

A check computes what is right with the same libraries as the answer, so a changed one could make a wrong answer agree.
The public names are remembered when `mlpipe.course` is imported, those of a library that is imported later when the
next check sees it, and each check compares: some thousand comparisons by `is`, a fraction of a millisecond. What was
changed before it was seen first is not found this way; where the solution then fails, the check says so.
"""

from __future__ import annotations

import sys
from typing import Any

import pandas as pd

MODULES = (
    *("math", "mlpipe.envelope", "numpy", "numpy.linalg", "numpy.random", "pandas"),
    *("scipy", "scipy.sparse", "scipy.special", "scipy.stats"),
)
CLASSES = {"pandas.DataFrame": pd.DataFrame, "pandas.Series": pd.Series}

_remembered: dict[str, tuple[Any, dict[str, Any]]] = {}


def remember() -> None:
    """Note the public names of the libraries that are imported by now and were not seen before."""
    found = {name: sys.modules[name] for name in MODULES if name in sys.modules} | CLASSES
    for name, owner in found.items():
        if name not in _remembered:
            _remembered[name] = owner, {key: value for key, value in vars(owner).items() if not key.startswith("_")}


def replaced() -> str | None:
    """What was changed in words, such as "`numpy.isin` is a str now", or None while all are as they were."""
    remember()
    for name, (owner, public) in _remembered.items():
        now = vars(owner)
        for key, value in public.items():
            if key not in now:
                return f"`{name}.{key}` was deleted"
            if now[key] is not value:
                return f"`{name}.{key}` is another {type(now[key]).__name__} now"
    return None


remember()  # before a reader's code can change them
