"""The command `mlpipe progress`: how far the reader has come, and, on request, none of it any more."""

from __future__ import annotations

import sys

from mlpipe.course.progress import KEPT, OTHERS, as_text, collect, forget, kept_files
from mlpipe.paths import home


def report() -> int:
    """Print the reader's progress, in signs that this terminal has."""
    text = as_text(collect())
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = as_text(collect(), "#+.").encode("ascii", "replace").decode()
    print(text)
    return 0


def ask_to_forget(sure: bool) -> int:
    """Remove the progress once the reader has typed yes, or is `sure`: it is said what goes and what stays."""
    print(f"In {home()}")
    print(f"  to be removed: {_counted(KEPT)}")
    print(f"  these stay: {_counted(OTHERS)}; delete their folders to remove them, too")
    if not kept_files():
        print("There is nothing to remove.")
    elif sure or _confirmed():
        print(f"{len(forget())} files are removed.")
    else:
        print("Nothing was removed.")
    return 0


def _counted(folders: tuple[str, ...]) -> str:
    found = [(name, len(kept_files((name,)))) for name in folders]
    return ", ".join(f"{name} ({n} file{'s' * (n != 1)})" for name, n in found)


def _confirmed() -> bool:
    try:
        return input("Type yes to remove it: ").strip().casefold() == "yes"
    except EOFError:
        print()
        return False
