"""The reference of the package on the site: a page for each module that a lesson imports or a reader may."""

from __future__ import annotations

import ast
import pkgutil
from collections.abc import Iterable
from importlib import import_module

import mlpipe
from mlpipe.workshop.lessons import NotebookNode

INNER = ("arguments", "paths", "workshop")  # of the course's own machinery
INDEX = """# The package

What the lessons import, from its docstrings: shapes, units, errors, sources. Names in the lessons' code lead here.

```{{toctree}}
:maxdepth: 1

{pages}
```
"""
PAGE = """{title}
{line}

.. automodule:: {module}
   :members:
"""
EXPORTS = "   :imported-members:\n"  # of a folder, whose __all__ says what it shows


def modules(notebooks: Iterable[NotebookNode]) -> list[str]:
    """Dotted names: the package's own modules, and those below its folders that the code of a notebook imports."""
    found = {f"mlpipe.{one.name}" for one in pkgutil.iter_modules(mlpipe.__path__) if one.name not in INNER}
    found |= {name for notebook in notebooks for name in _imported(notebook) if name.split(".")[1] not in INNER}
    return sorted(name for name in found if not name.split(".")[-1].startswith("_") and import_module(name).__doc__)


def _imported(notebook: NotebookNode) -> set[str]:
    """The modules of the package that a notebook imports names from."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return {full.rpartition(".")[0] for full in names(sources).values()} - {"mlpipe"}


def names(sources: Iterable[str]) -> dict[str, str]:
    """What pieces of code import from the package: a name as it is used -> its full name.

    >>> names(["from mlpipe.recommenders import ALS", "%pip list"])
    {'ALS': 'mlpipe.recommenders.ALS'}
    """
    found = dict[str, str]()
    for source in sources:
        try:
            tree = ast.parse(source)
        except SyntaxError:  # a magic, or an answer half written
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "mlpipe":
                found |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    return found


def pages(notebooks: Iterable[NotebookNode]) -> dict[str, str]:
    """The sources by file name: the index and a page a module."""
    shown = modules(notebooks)
    written = dict[str, str]()
    for name in shown:
        page = PAGE.format(title=name, line="=" * len(name), module=name)
        written[f"api/{name}.rst"] = page + EXPORTS * hasattr(import_module(name), "__all__")
    return {"api/index.md": INDEX.format(pages="\n".join(shown))} | written
