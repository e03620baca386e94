"""Where things lie: the course's own files, and the reader's record."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_INSTALLED = Path(__file__).with_name("files")  # in a wheel
FILES = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).resolve().parents[2]
"""The folder that holds `lessons`, `notebooks` and `data`: the checkout, or what was installed with the package."""


def home() -> Path:
    """The folder of the reader's own record: $MLPIPE_HOME, or the platform's place for user data."""
    named = os.environ.get("MLPIPE_HOME") or platformdirs.user_data_dir("mlpipe", appauthor=False)
    return Path(os.path.abspath(os.path.expanduser(named)))
