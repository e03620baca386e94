"""What sort of values each column holds (ids, numbers, times), so that later tables are read as the fitted one was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mlpipe import arguments


class Kinds:
    """The kind of each column (id, number or time), fixed by one table, and later tables in the form of that one."""

    def __init__(self, frame: pd.DataFrame):
        self.of: dict[str, str] = {}
        self.form: dict[str, Any] = {}  # of times the dtype, which knows the time zone
        for name, column in frame.items():
            self.of[name] = arguments.kind_of(f"column {name!r}", column)
            self.form[name] = _form(name, column)

    def take(self, frame: pd.DataFrame, name: str) -> pd.Series:
        """The column; times in the time zone of fit, durations in seconds. ValueError where it is of another kind.

        Missing values are allowed everywhere. A column without any value in fit has no kind: a value is refused.
        """
        column, fitted = frame[name], self.form[name]
        if self.of[name] == "time":
            return arguments.times(f"column {name!r}", column, like=fitted, missing=True)
        found = _form(name, column)
        if found == "nothing":
            return pd.Series(np.nan, column.index)
        if found != fitted and (found, fitted) != ("numbers", "fractions"):
            raise ValueError(
                f"column {name!r} holds {found} (such as {column.dropna().iloc[0]!r}), and {fitted} in fit, so none "
                f"would match; expected {fitted}: convert the column in one place, for both, or fit without it"
            )
        return column.dt.total_seconds() if found == "durations" else column


def _form(name: str, column: pd.Series) -> Any:
    """What tells apart columns of one kind."""
    if column.isna().all():
        return "nothing"
    kind = arguments.kind_of(f"column {name!r}", column)
    if kind == "time":
        return column.dtype
    if kind == "number":
        return "durations" if column.dtype.kind == "m" else "fractions"
    values = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column
    is_text = not pd.api.types.is_any_real_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
    return "text" if is_text else "numbers"


def floats(column: pd.Series) -> np.ndarray:
    """Floats, NaN where missing."""
    return column.astype(float).to_numpy(np.float64, na_value=np.nan)
