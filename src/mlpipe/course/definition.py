"""What an exercise is: a module beside its lesson, such as `lessons/05_matrix_factorization/user_step.py`.

Its docstring is the title. Its first function, apart from `draw` and private ones, is the solution: real code, which
the stub and most mistakes are made from. Besides it defines

- `draw(rng, number)`: the arguments of check number 0, 1 and 2; the first is small, so that it can be shown, and the
  sizes differ,
- `another`: a second right answer, in another way,
- `mistakes`: a list of `edit(...)` and `wrong(...)`; or, where the answer is a name to choose, a dict that has for each
  wrong name what to tell; then `draw` and `another` are left out,
- `hints` (a nudge, the idea, nearly code), `takeaway` (told after a right answer), and, where they differ from the
  defaults, `core` (the one for the class), `tolerance`, and `stub`, a function to begin from.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from mlpipe import paths

TOLERANCE = 1e-4  # relative: a right answer may compute in single precision
RESERVED = ("draw", "another", "stub")

Answer = Callable[..., Any]


@dataclass(frozen=True)
class Mistake:
    """A named misconception: an answer that makes it, and what to tell who made it."""

    name: str
    message: str
    answer: Answer


@dataclass(frozen=True)
class Edit:
    """A mistake as a change of the solution's text."""

    changes: tuple[tuple[str, str], ...]
    name: str
    message: str


def edit(old: str, new: str, name: str, message: str, also: tuple[tuple[str, str], ...] = ()) -> Edit:
    """The mistake of who writes `new` wherever the solution has `old`; `also` are further such pairs."""
    return Edit(((old, new), *also), name, message)


def wrong(answer: Answer, message: str) -> Mistake:
    """The mistake that a function of the module makes; it is named as the function is."""
    return Mistake(answer.__name__, message, answer)


@dataclass(frozen=True)
class Definition:
    """An exercise as the checks use it: functions, and `stub`, `solution` and `another` as text that runs by itself."""

    id: str
    title: str
    name: str  # of the function that is asked for
    stub: str
    solution: str
    another: str
    hints: tuple[str, str, str]
    mistakes: tuple[Mistake, ...]
    takeaway: str
    draw: Callable[[np.random.Generator, int], tuple[Any, ...]]
    answer: Answer
    core: bool = False
    tolerance: float = TOLERANCE
    choices: tuple[str, ...] = ()

    def function(self, source: str) -> Answer:
        """Run `source` and return the function that the exercise asks for."""
        return _run(source, self.name, f"<{self.id}>", {})


@cache
def load(path: Path, id: str) -> Definition:
    """Read the module of an exercise. Raises ValueError for an edit of what is not in the solution."""
    spec = importlib.util.spec_from_file_location("exercise_" + id.replace(".", "_"), path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = _Text(path.read_text(encoding="utf-8"))
    names = [name for name in text.functions if not name.startswith("_") and name not in RESERVED]
    answer: Answer = getattr(module, names[0])

    def applied(one: Edit | Mistake) -> Mistake:
        if isinstance(one, Mistake):
            return one
        source = text.functions[names[0]]
        for old, new in one.changes:
            if old not in source:
                raise ValueError(f"{path}: {one.name}: the solution has no {old!r}; edit what stands there")
            source = source.replace(old, new)
        return Mistake(one.name, one.message, _run(source, names[0], f"<{id}: {one.name}>", dict(vars(module))))

    choices: tuple[str, ...] = ()
    if isinstance(module.mistakes, dict):
        choices = tuple(sorted([answer(), *module.mistakes]))
        mistakes = [Mistake(name, told, lambda name=name: name) for name, told in module.mistakes.items()]
    else:
        mistakes = [applied(one) for one in module.mistakes]
    return Definition(
        id=id,
        title=(module.__doc__ or "").strip().rstrip("."),
        name=names[0],
        stub=text.standalone("stub", names[0], names[0]) if "stub" in text.functions else text.signature(names[0]),
        solution=text.standalone(names[0], names[0]),
        another=text.standalone("another" if "another" in text.functions else names[0], names[0]),
        hints=module.hints,
        mistakes=tuple(mistakes),
        takeaway=module.takeaway,
        draw=getattr(module, "draw", lambda rng, number: ()),
        answer=answer,
        core=getattr(module, "core", False),
        tolerance=getattr(module, "tolerance", TOLERANCE),
        choices=choices,
    )


def definitions(lesson: str) -> tuple[Definition, ...]:
    """The exercises of a lesson ("05", "t1"), or none."""
    return tuple(load(path, f"{lesson}.{path.stem}") for path in _modules(lesson))


def find(id: str) -> Definition:
    """The definition with this id. Raises ValueError for an unknown one, naming the known."""
    lesson, _, name = str(id).partition(".")
    known = {path.stem: path for path in _modules(lesson)}
    if name not in known:
        listed = ", ".join(f"{lesson}.{stem}" for stem in known) or "this lesson has none"
        raise ValueError(f"no exercise {id!r}; known: {listed}")
    return load(known[name], id)


def _modules(lesson: str) -> list[Path]:
    if not re.fullmatch(r"\d\d|t\d", lesson):
        return []
    folder = paths.FILES / "lessons" / ("traps" if lesson.startswith("t") else "")
    return sorted(path for path in folder.glob(f"{lesson}_*/*.py") if path.stem != "lesson")


def _run(source: str, name: str, filename: str, namespace: dict[str, Any]) -> Answer:
    exec(compile(source, filename, "exec"), namespace)  # our own text, never a reader's
    return namespace[name]


class _Text:
    """The source of a module, function by function."""

    def __init__(self, source: str):
        lines = source.splitlines()
        self._tree = ast.parse(source)
        self._nodes = {node.name: node for node in self._tree.body if isinstance(node, ast.FunctionDef)}
        self.functions = {
            name: "\n".join(lines[node.lineno - 1 : node.end_lineno]) + "\n" for name, node in self._nodes.items()
        }

    def standalone(self, function: str, name: str, *others: str) -> str:
        """The text of a function, under another name, below the imports that it needs, and that `others` need."""
        text = self.functions[function].replace(f"def {function}(", f"def {name}(", 1)
        used = {
            node.id for one in (function, *others) for node in ast.walk(self._nodes[one]) if isinstance(node, ast.Name)
        }
        imports = []
        for node in self._tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                needed = [one for one in node.names if (one.asname or one.name).split(".")[0] in used]
                if needed:
                    imports.append(ast.unparse(type(node)(**{**vars(node), "names": needed})))
        return "\n".join(imports) + "\n" * 3 * bool(imports) + text

    def signature(self, function: str) -> str:
        """The stub: the lines of a function before its first statement, and nothing done."""
        node = self._nodes[function]
        head = self.functions[function].splitlines()[: node.body[0].lineno - node.lineno]
        return "\n".join(head) + "\n    ...\n"
