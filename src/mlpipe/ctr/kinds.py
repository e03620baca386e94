"""What sort of values each column holds (ids, numbers, times), so that later tables are read as the fitted one was."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from mlpipe import arguments


class Kinds:
    """The kind of each column (id, number or time), fixed by one table, and later tables in the form of that one.

    Parameters
    ----------
    frame : table with string names

    Attributes
    ----------
    of : kind by name, "id", "number" or "time"
    form : what tells apart columns of one kind, by name: "text", "numbers", ...; of times the dtype, with its time zone

    Raises
    ------
    ValueError
        On infinite numbers, and on values that are neither ids, numbers nor times.

    Examples
    --------
    >>> Kinds(pd.DataFrame({"ad": [7, 8], "price": [0.5, 1.2]})).of
    {'ad': 'id', 'price': 'number'}
    """

    def __init__(self, frame: pd.DataFrame):
        self.of: dict[str, str] = {}
        self.form: dict[str, Any] = {}  # of times the dtype, which knows the time zone
        for name, column in frame.items():
            self.of[name] = arguments.kind_of(f"column {name!r}", column)
            self.form[name] = _form(name, column)

    def ids_with_an_order(self) -> list[str]:
        """The ids that are numbers, bools among them; warns where none is: text has no order that means something.

        Returns
        -------
        names
        """
        found = [name for name, kind in self.of.items() if kind == "id" and self.form[name] == "numbers"]
        if not found:
            warnings.warn(
                f"ids_as_numbers changes nothing: none of {list(self.of)} holds ids that are numbers, and text has no "
                "order; expected some: convert text of digits with astype(int), or leave ids_as_numbers out",
                stacklevel=2,
            )
        return found

    def take(self, frame: pd.DataFrame, name: str) -> pd.Series:
        """A column of a later table.

        Parameters
        ----------
        frame : table that has it
        name : which

        Returns
        -------
        Series
            Times in the time zone of the fitted table, durations in seconds, all else as it is; some may be missing.

        Raises
        ------
        ValueError
            On values of another kind than before, and on any value where there was none: such a column has no kind.
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
    """Floats, NaN where missing.

    Parameters
    ----------
    column : (n,) numbers or durations, of any dtype

    Returns
    -------
    (n,) float64 array
    """
    return column.astype(float).to_numpy(np.float64, na_value=np.nan)
