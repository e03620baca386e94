"""Prove an exercise: what must hold of each, and how often its draws tell a mistake from the right answer.

Each check yields sentences, one a fault.
"""

from __future__ import annotations

import ast
import copy
import inspect
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlpipe.course.checking import DRAWS, Feedback, bank, examine, judge, same, solved
from mlpipe.course.definition import Answer, Definition, Mistake, load
from mlpipe.course.trial import Tell, attempt
from mlpipe.workshop import lessons
from mlpipe.workshop.mutants import mutants

SEEDS = range(5)  # of the checks
MANY = 100  # seeds of the table
CHECKS_OF_A_MUTANT = 20  # with seeds of their own; three draws each
SECONDS_OF_A_MUTANT = 5.0  # for all of them; a change may make a loop that never ends
EXACTLY = 1e-9  # relative; two results further apart are not the same
EXACT = ("01.ab_sample_size", "18.group_size")  # counts of users: single precision gives another count
Faults = Iterator[str]


@cache
def _prepared(definition: Definition, seed: int) -> tuple[list[tuple], list[Any], list[tuple[Mistake, list[Any]]]]:
    """Draws, results of the solution and of each mistake: as `examine` makes them for each check, here once a seed."""
    cases, expected = solved(definition, seed)
    known = []
    for mistake, made in bank(definition, cases):
        with suppress(Exception):  # one that fails on its inputs
            known.append((mistake, list(made)))
    return cases, expected, known


def _judged(definition: Definition, answer: Answer, seed: int) -> Feedback:
    """The feedback of `examine`, without a process for each of thousands of checks."""
    cases, expected, known = _prepared(definition, seed)
    return judge(definition, answer, cases, expected, known=known)


def _stub_is_not_attempted(definition: Definition) -> Faults:
    """Also as a notebook compiles it: statement by statement."""
    by_statement: dict[str, Any] = {}
    for statement in ast.parse(definition.stub).body:
        exec(compile(ast.Module([statement], []), "<cell>", "exec"), by_statement)
    for answer in (definition.function(definition.stub), by_statement[definition.name]):
        if (found := examine(definition, answer)).state != "not attempted":
            yield f"the stub is {found.state}, expected not attempted"


def _right_answers_pass(definition: Definition) -> Faults:
    """The solution and another right answer, on every draw; also where numbers come in single precision."""
    if not definition.choices and _normal(definition.solution) == _normal(definition.another):
        yield "`another` is the solution: write a right answer in another way"
    for name, source in (("solution", definition.solution), ("another", definition.another)):
        answer = definition.function(source)
        for seed in SEEDS:
            if (found := _judged(definition, answer, seed)).state != "correct":
                yield f"{name} is {found.state} for seed {seed}: {found.message}"
    if definition.choices or definition.id in EXACT:
        return
    for seed in SEEDS:
        cases, expected, _ = _prepared(definition, seed)
        found = judge(definition, lambda *given: definition.answer(*map(_single, given)), cases, expected, known=())
        if found.state != "correct":
            yield f"the solution is {found.state} in single precision for seed {seed}: {found.message}"


def _right_answers_pass_in_every_form(definition: Definition) -> Faults:
    """What returns the right values is right: as lists, as Series, in single precision, in another order of columns."""
    if definition.choices:
        return
    for seed in SEEDS:
        cases, expected, _ = _prepared(definition, seed)
        for form in (_as_lists, _as_series, _single, _reordered):
            if definition.id in EXACT and form is _single:
                continue

            def answer(*given: Any, form: Callable = form) -> Any:
                result = definition.answer(*given)
                return tuple(map(form, result)) if isinstance(result, tuple) else form(result)

            found = judge(definition, answer, cases, expected, known=())
            if found.state != "correct":
                what = f"the solution's result {form.__name__.strip('_')}"
                yield f"{what} is {found.state} for seed {seed}: {found.message}"


def _mistakes_get_their_message(definition: Definition) -> Faults:
    """Each wrong answer gets the message of its own mistake, on every draw."""
    if not 3 <= len(definition.mistakes) <= 8 and not definition.choices:  # of names to choose from each is one
        yield f"{len(definition.mistakes)} mistakes, expected 3 to 8: those that people make"
    for mistake in definition.mistakes:
        for seed in SEEDS:
            found = _judged(definition, mistake.answer, seed)
            if (found.state, found.misconception, found.message) != ("incorrect", mistake.name, mistake.message):
                yield f"{mistake.name} is told as {found.misconception or found.state} for seed {seed}: {found.message}"


def _reader_is_told_the_same(definition: Definition) -> Faults:
    """The whole way, with a process of its own for each check."""
    for answer in (definition.answer, *(mistake.answer for mistake in definition.mistakes[-1:])):
        if examine(definition, answer, seed=0) != _judged(definition, answer, seed=0):
            yield f"{answer.__name__} is judged in another way in a process of its own"


def _mistakes_have_names_and_messages(definition: Definition) -> Faults:
    """Names of some words, messages that teach, none twice."""
    for what in ("name", "message"):
        counted = Counter(getattr(mistake, what) for mistake in definition.mistakes)
        yield from (f"two mistakes have the {what} {text!r}" for text, count in counted.items() if count > 1)
    for mistake in definition.mistakes:
        if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", mistake.name):
            yield f"{mistake.name}: name a mistake by some words, such as mean_instead_of_sum"
        if not 30 <= len(mistake.message) <= 400:
            yield f"{mistake.name}: a message of {len(mistake.message)} characters, expected 30 to 400"


def _draws_differ(definition: Definition) -> Faults:
    """In size, unless all arguments are single numbers, and by seed."""

    def size(value: Any) -> int:
        return len(value) if isinstance(value, dict) else np.size(value)

    first, second = (
        tuple(definition.draw(np.random.default_rng(seed), number) for number in range(DRAWS)) for seed in (0, 1)
    )
    if definition.choices:
        if first != ((),) * DRAWS:
            yield "the answer is a name to choose: leave `draw` out"
        return
    if not all(isinstance(arguments, tuple) for arguments in first):
        yield "`draw` returns no tuple of arguments"
        return
    sizes = {tuple(map(size, arguments)) for arguments in first}
    if len(sizes) < 2 and set(*sizes) != {1}:
        yield "the draws have one size: let it differ"
    if same(first, second):
        yield "the draws do not depend on `rng`"


def _hints_climb(definition: Definition) -> Faults:
    """Three of them, and none holds the answer."""
    if not len(definition.hints) == len(set(definition.hints)) == 3:
        yield f"{len(set(definition.hints))} hints, expected 3: a nudge, the idea, nearly code"
    answers = [_statements(definition, source) for source in (definition.solution, definition.another)]
    for number, hint in enumerate(definition.hints, 1):
        if len(hint) < 30:
            yield f"hint {number} has {len(hint)} characters, expected 30 or more"
        for lines in answers:
            given = [line for line in lines if line in _normal(hint) and (len(line) >= 15 or line.startswith("return"))]
            long = [line for line in given if len(line) >= 15]
            if len(long) > len(lines) / 2 or any(line.startswith("return") for line in given):
                yield f"hint {number} holds the answer: {', '.join(given)}"


def _choices_do_not_tell(definition: Definition) -> Faults:
    """Where the answer is a name to choose: nothing but the takeaway and the list of all names has the right one."""
    if not definition.choices:
        return
    right, wrong = definition.answer(), {mistake.name for mistake in definition.mistakes}
    if len(set(definition.choices)) < len(definition.choices) or wrong != set(definition.choices) - {right}:
        yield f"the right name {right} is among the wrong ones"
    yield from (
        f"{mistake.name} is not its own name" for mistake in definition.mistakes if mistake.answer() != mistake.name
    )
    texts = (*definition.hints, definition.title, definition.stub, *(one.message for one in definition.mistakes))
    forms = (right, right.replace("_", " "), right.replace("_", "-"))
    yield from (f"this tells the answer: {text}" for text in texts if any(form in text.lower() for form in forms))
    unknown = examine(definition, lambda: "a typo")
    if (unknown.state, unknown.misconception) != ("incorrect", "no_such_name") or unknown.message.count(right) != 1:
        yield f"an unknown name is told so: {unknown}"
    yield from (f"an unknown name is not told of {name}" for name in definition.choices if name not in unknown.message)


def survivors(definition: Definition, part: slice = slice(None)) -> dict[str, str]:
    """The mutants of the solution, and of the other right answer, that a check accepts.

    They are tried in a process of their own, with limits: one that never returns, or fills the memory, is refused.

    Parameters
    ----------
    definition : whose draws they are tried on
    part : of the mutants, in their order, such as every eighth

    Returns
    -------
    dict
        What was changed, to how many checks accept it, and on how many draws of these its result is another one.
    """
    prepared = [solved(definition, seed) for seed in range(CHECKS_OF_A_MUTANT)]
    left = [one for source in (definition.solution, definition.another) for one in mutants(source)][part]

    def work(tell: Tell) -> dict[str, str]:
        found = {}
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for number, (what, code) in enumerate(left):
                tell(str(number))
                accepted, other = _accepted(definition, code, prepared)
                if accepted:
                    checks = f"accepted by {accepted} of {CHECKS_OF_A_MUTANT} checks"
                    found[what] = f"{checks}, another result on {other} of their draws"
        return found

    while (report := attempt(work, SECONDS_OF_A_MUTANT)).result is None:
        if not report.stage:
            raise RuntimeError(f"{definition.id}: its mutants could not be tried: {report.ended}")
        del left[int(report.stage)]
    return report.result


def _accepted(definition: Definition, code: str, prepared: list[tuple[list, list]]) -> tuple[int, int]:
    """How many checks accept an answer, and the draws of these on which its result is not exactly the solution's."""
    answer, accepted, other = definition.function(code), 0, 0
    for cases, expected in prepared:
        results = []
        for arguments, want in zip(cases, expected, strict=True):
            try:
                results.append(answer(*copy.deepcopy(arguments)))
            except Exception:
                break
            if not same(results[-1], want, definition.tolerance):
                break
        else:
            if judge(definition, answer, cases, expected, known=()).state == "correct":
                accepted += 1
                other += sum(not same(one, want, EXACTLY) for one, want in zip(results, expected, strict=True))
    return accepted, other


def _mutants_are_refused(definition: Definition) -> Faults:
    """In every check; those that compute the same are listed, once, with the reason."""
    if definition.choices:
        return
    found = survivors(definition)
    for what, how in found.items():
        if what not in definition.equivalent:
            yield f"a mutant is {how}: `{what}`; let the draws tell it apart, or say in `equivalent` why it is right"
    for what in definition.equivalent.keys() - found.keys():
        yield f"no such mutant is accepted any more: take `{what}` out of `equivalent`"


def _degenerate_answers_are_refused(definition: Definition) -> Faults:
    """A constant, nothing, or one of the arguments, whatever was asked."""
    if definition.choices:
        return
    constants: tuple[Any, ...] = (0, 1, np.nan, None, "", [], (), {}, np.array([]))
    answers: list[Answer] = [lambda *given, one=one: one for one in constants]
    answers += [lambda *given, n=n: given[n] for n in range(len(inspect.signature(definition.answer).parameters))]
    for number, answer in enumerate(answers):
        for seed in range(CHECKS_OF_A_MUTANT):
            cases, expected, _ = _prepared(definition, seed)
            if judge(definition, answer, cases, expected, known=()).state == "correct":
                what = repr(constants[number]) if number < len(constants) else f"argument {number - len(constants)}"
                yield f"{what} is accepted for seed {seed}"


def _arguments_are_apart(definition: Definition) -> Faults:
    """No two arguments of a draw are one object: what is done to one must not be seen in the other by accident."""
    for number in range(DRAWS):
        arguments = definition.draw(np.random.default_rng(0), number)
        for one, other in combinations([a for a in arguments if hasattr(a, "__len__") and not isinstance(a, str)], 2):
            if one is other or (all(isinstance(a, np.ndarray) for a in (one, other)) and np.shares_memory(one, other)):
                yield f"two arguments of draw {number} are one object"


CHECKS: tuple[Callable[[Definition], Faults], ...] = (
    _stub_is_not_attempted,
    _right_answers_pass,
    _right_answers_pass_in_every_form,
    _mistakes_get_their_message,
    _reader_is_told_the_same,
    _mistakes_have_names_and_messages,
    _draws_differ,
    _arguments_are_apart,
    _degenerate_answers_are_refused,
    _mutants_are_refused,
    _hints_climb,
    _choices_do_not_tell,
)


def _normal(text: str) -> str:
    """A text without white space."""
    return re.sub(r"\s+", "", text)


def _statements(definition: Definition, source: str) -> list[str]:
    """The statements of the answer's function, without white space."""
    function = next(n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef) and n.name == definition.name)
    inner = (node for statement in function.body for node in ast.walk(statement) if isinstance(node, ast.stmt))
    return [_normal(ast.unparse(one)) for one in inner]


def _single(value: Any) -> Any:
    """An argument in single precision."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(np.float32)
    return np.float32(value) if isinstance(value, float) else value


def _as_lists(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


def _as_series(value: Any) -> Any:
    """With labels of its own, where the right answer has none."""
    if isinstance(value, np.ndarray) and value.ndim == 1:
        return pd.Series(value, index=np.arange(len(value)) + 7)
    return value


def _reordered(value: Any) -> Any:
    """Rows and columns of a frame in the other order; rows only where they have names."""
    if isinstance(value, pd.DataFrame):
        value = value[value.columns[::-1]]
    if isinstance(value, pd.DataFrame | pd.Series) and not isinstance(value.index, pd.RangeIndex):
        value = value[::-1]
    return value


def exercise(root: Path, only: str = "") -> int:
    """`make exercise`: print what is wrong with exercises, and a table of their mistakes; returns the exit status.

    Raises ValueError for an unknown exercise or lesson, listing the known.
    """
    code = 0
    for name, path in _chosen(root, only).items():
        try:
            definition = load(path, name)
            faults = [fault for check in CHECKS for fault in check(definition)]
            shown = _table(definition)
        except Exception as error:  # it is half written
            what = f"{path}: {type(error).__name__}: {error}; `mlpipe.course.definition` says what an exercise holds"
            faults, shown = [str(error) if str(path) in str(error) else what], ""
        print(
            f"{name}: {'not yet' if faults else 'sound'}",
            *(f"  ✗ {one}" for one in faults),
            shown,
            sep="\n",
            flush=True,
        )
        code = code or int(bool(faults))
    return code


def _table(definition: Definition) -> str:
    """For each mistake: the share of seeds in which draw 1, 2, 3 and any of them tell it from the right answer.

    Then the share in which it is told by its name, as what it is told else, and how often.
    """
    if definition.choices:
        return ""
    apart = {mistake.name: np.zeros(DRAWS + 1) for mistake in definition.mistakes}
    told = {mistake.name: Counter[str]() for mistake in definition.mistakes}
    for seed in range(MANY):
        cases, expected, known = _prepared.__wrapped__(definition, seed)
        for mistake, made in known:
            differ = [not same(one, right, definition.tolerance) for one, right in zip(made, expected, strict=True)]
            apart[mistake.name] += [*differ, any(differ)]
            found = judge(definition, mistake.answer, cases, expected, known=known)
            told[mistake.name][found.misconception or found.state] += 1
    width = max(map(len, apart), default=0)
    heads = (*(f"draw {number}" for number in range(1, DRAWS + 1)), "any", "by name")
    lines = [f"  {f'told, of {MANY}':<{width}}" + "".join(f"{head:>8}" for head in heads)]
    for name, counts in apart.items():
        others = ", ".join(f"{other} {count}" for other, count in told[name].most_common() if other != name)
        shares = "".join(f"{count / MANY:>8.0%}" for count in (*counts, told[name][name]))
        lines.append(f"  {name:<{width}}{shares}" + (f"  else {others}" if others else ""))
    return "\n".join(lines)


def _chosen(root: Path, only: str) -> dict[str, Path]:
    """The modules of exercises by id; `only` names exercises ("05.user_step") and lessons ("05")."""
    wanted = [word.strip() for word in only.split(",") if word.strip()]
    known = {
        f"{lesson.number}.{path.stem}": path
        for lesson in lessons.find(root)
        for path in sorted(lesson.text.parent.glob("*.py"))
        if path != lesson.text
    }
    called = {name: (name, name.partition(".")[0], path.parent.name) for name, path in known.items()}
    found = {word: [name for name in known if word in called[name]] for word in wanted}
    if unknown := [word for word, names in found.items() if not names]:
        raise ValueError(f"no exercise {', '.join(unknown)}; known: {', '.join(known)}")
    return {name: known[name] for names in found.values() for name in names} if wanted else known
