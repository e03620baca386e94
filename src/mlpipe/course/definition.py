"""What an exercise is: a module beside its lesson, such as `lessons/05_matrix_factorization/user_step.py`.

Its docstring is the title. Its first function, apart from `draw` and private ones, is the solution: real code, which
the stub and most mistakes are made from. Besides it defines

- `draw(rng, number)`: the arguments of check number 0, 1 and 2; the first is small, so that it can be shown, and the
  sizes differ,
- `another`: a second right answer, in another way,
- `mistakes`: a list of `edit(...)` and `wrong(...)`; or, where the answer is a name to choose, a dict that has for each
  wrong name what to tell; then `draw` and `another` are left out,
- `hints` (a nudge, the idea, nearly code), `takeaway` (told after a right answer), and, where they differ from the
  defaults, `core` (the one for the class), `tolerance`, `stub`, a function to begin from, and `equivalent`, a dict that
  says why a line can be changed and the answer stays right.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mlpipe import paths

TOLERANCE = 1e-4  # relative: a right answer may compute in single precision
RESERVED = ("draw", "another", "stub")

Answer = Callable[..., Any]
Run = Callable[[str, str], Answer]  # a text and its name, to the function that is asked for
Edit = Callable[[str, Run], "Mistake"]  # of the solution's text


class Mistake(NamedTuple):
    """A named misconception, what to tell who has it, and the answer that it leads to."""

    name: str
    message: str
    answer: Answer


def edit(old: str, new: str, name: str, message: str, also: tuple[tuple[str, str], ...] = ()) -> Edit:
    """The mistake of who writes `new` wherever the solution has `old`.

    Parameters
    ----------
    old, new : code; `old` must be in the solution
    name : of the misconception, such as "mean_instead_of_sum"
    message : what to tell who makes it
    also : further pairs (old, new), applied one after the other

    Returns
    -------
    Edit
    """

    def mistake(source: str, run: Run) -> Mistake:
        for before, after in ((old, new), *also):
            if before not in source:
                raise ValueError(f"{name}: the solution has no {before!r}; edit what stands there")
            source = source.replace(before, after)
        return Mistake(name, message, run(source, name))

    return mistake


def wrong(answer: Answer, message: str) -> Mistake:
    """The mistake that a function of the module makes; it is named as the function is.

    Parameters
    ----------
    answer : with the arguments of the solution
    message : what to tell who makes it

    Returns
    -------
    Mistake
    """
    return Mistake(answer.__name__, message, answer)


@dataclass(frozen=True)
class Definition:
    """An exercise as the checks use it."""

    id: str  # such as "05.user_step"
    title: str  # such as "One user's factors"
    name: str  # of the function that is asked for
    stub: str  # code that runs by itself, as are the next two
    solution: str
    another: str
    hints: tuple[str, str, str]  # a nudge, the idea, nearly code
    mistakes: tuple[Mistake, ...]  # those that are told by name
    takeaway: str  # told after a right answer
    draw: Callable[[np.random.Generator, int], tuple[Any, ...]]  # makes the arguments of check number 0, 1, 2
    answer: Answer  # the solution as a function
    core: bool = False  # whether it is the one for the class
    tolerance: float = TOLERANCE  # relative, within which a number is right
    equivalent: Mapping[str, str] = field(
        default_factory=dict, hash=False
    )  # mutants that are right: the changed line, and why
    choices: tuple[str, ...] = ()  # the names to choose from, where that is the exercise

    def function(self, source: str) -> Answer:
        """Run `source` and return the function that the exercise asks for."""
        return _run(source, f"<{self.id}>", {})[self.name]


@cache
def load(path: Path, id: str) -> Definition:
    """Read the module of an exercise. Raises ValueError for what is no exercise, naming the file and the fix."""
    try:
        return _definition(path, id)
    except Exception as error:
        what = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        raise ValueError(f"{path} is no exercise yet: {what}; `mlpipe.course.definition` tells the form") from error


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
    if not re.fullmatch(r"\d\d|t\d+", lesson):
        return []
    folder = paths.FILES / "lessons" / ("traps" if lesson.startswith("t") else "")
    return sorted(path for path in folder.glob(f"{lesson}_*/*.py") if path.stem != "lesson")


def _run(source: str, filename: str, names: dict[str, Any]) -> dict[str, Any]:
    exec(compile(source, filename, "exec"), names)  # our own text, never a reader's
    return names


def _definition(path: Path, id: str) -> Definition:
    text = path.read_text(encoding="utf-8")
    module = _run(text, str(path), {"__name__": id})
    tree = ast.parse(text)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    asked = [name for name in functions if not name.startswith("_") and name not in RESERVED]
    to_choose = isinstance(module.get("mistakes"), dict)
    needed = ("mistakes", "hints", "takeaway") if to_choose else ("draw", "another", "mistakes", "hints", "takeaway")
    missing = [f"`{name}`" for name in needed if name not in module] + ["the function of the solution"] * (not asked)
    if missing:
        raise ValueError(f"it lacks {', '.join(missing)}")
    name = asked[0]

    def code(function: str) -> str:
        return "\n".join(text.splitlines()[functions[function].lineno - 1 : functions[function].end_lineno]) + "\n"

    def standalone(function: str, *others: str) -> str:
        """The text of a function, under the name that is asked for, below the imports that it and `others` need."""
        nodes = [node for one in (function, *others) for node in ast.walk(functions[one])]
        used, imports = {node.id for node in nodes if isinstance(node, ast.Name)}, []
        for node in tree.body:
            names = node.names if isinstance(node, ast.Import | ast.ImportFrom) else []
            if needed := [one for one in names if (one.asname or one.name).split(".")[0] in used]:
                imports.append(ast.unparse(type(node)(**{**vars(node), "names": needed})))
        below = "\n" * 3 if imports else ""
        return "\n".join(imports) + below + code(function).replace(f"def {function}(", f"def {name}(", 1)

    def run(source: str, what: str) -> Answer:
        return _run(source, f"<{id}: {what}>", dict(module))[name]

    mistakes, choices = module["mistakes"], ()
    if to_choose:
        choices = tuple(sorted([module[name](), *mistakes]))
        mistakes = [Mistake(wrong_name, told, lambda one=wrong_name: one) for wrong_name, told in mistakes.items()]
    # the stub is the lines of the solution before its first statement, and nothing done
    head = code(name).splitlines()[: functions[name].body[0].lineno - functions[name].lineno]
    return Definition(
        id=id,
        title=(module["__doc__"] or "").strip().rstrip("."),
        name=name,
        stub=standalone("stub", name) if "stub" in functions else "\n".join([*head, "    ...\n"]),
        solution=standalone(name),
        another=standalone("another" if "another" in functions else name),
        mistakes=tuple(one if isinstance(one, Mistake) else one(code(name), run) for one in mistakes),
        draw=module.get("draw", lambda rng, number: ()),
        answer=module[name],
        choices=choices,
        **{key: module[key] for key in ("hints", "takeaway", "core", "tolerance", "equivalent") if key in module},
    )
