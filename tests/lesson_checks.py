"""What must hold for every stored lesson. Each check yields sentences, one a fault; no sentence means no fault."""

import ast
import base64
import io
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
from nbval.plugin import get_sanitize_patterns
from PIL import Image

from mlpipe.course.definition import definitions, find
from mlpipe.workshop import lessons

LIMITS = {"cells": 45, "words": 1600, "lines of code": 190, "bytes": 1_500_000}
TRAP_CELLS = 18
LINES_IN_A_CELL = 25
CHARACTERS_IN_A_LINE = 105  # of code: a projector shows no more
MINUTES, SECONDS = 20, 60  # to present a lesson, to run it
MEGABYTES = {"00": 1500, "08": 2000}  # from this lesson on
# A stored output and a fresh one agree when their words are equal and each number lies within this tolerance. It was
# measured by `make kernels` over all lessons and the kernels that OpenBLAS chooses between on x86-64.
AGREE = {
    "digit": 1,  # unit of the last printed digit: a value next to where rounding turns
    "value": 5e-5,  # of a claim's raw number, relative: a changed fourth digit is a difference
    "rest": 0,
}
FIGURES_AGREE = 0.1  # share of the ink; versions of matplotlib differ by less, another seed, curve or figure by more
ALT_WORDS, ALT_NEW_WORDS = 5, 3  # of an alt text in all, and of those that its cell does not hold already
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:[\w.-]+/){2,}[\w.-]+|[A-Z]:\\\w+\\")
MEMORY_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}")
MARKDOWN_IMAGE = re.compile(r"!\[\s*\]\(|<img(?![^>]*\balt=\"[^\"]+\")[^>]*>")
OPENING = re.compile(r"(\d+) minutes to read, under (\d+) s, under ([\d,]+) MB")
PLAN = re.compile(r"Plan: ([^.]+)\.")
SANITIZE = get_sanitize_patterns((Path(__file__).parent / "nbval.cfg").read_text(encoding="utf-8"))
RAW = ("claim.value", "claim.baseline", "reveal.value")
PREDICT = "Predict before you run."
WIDGET = "application/vnd.jupyter.widget-view+json"
IMAGES = {"image/png", "image/svg+xml", "image/jpeg"}


def is_trap(lesson):
    return lesson.part == lessons.TRAPS


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def calls(cell, *names):
    """The calls of these functions, in any place of a code cell."""
    tree = parsed(cell) if cell.cell_type == "code" else ast.Module([], [])
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return [call for call in found if call.func.id in names]


def only_guesses(cell):
    """Whether a cell does nothing but ask for a guess, or sum the guesses up."""
    return len(parsed(cell).body) == len(calls(cell, "guess", "guesses")) > 0 if cell.cell_type == "code" else False


def lines(source):
    return [line for line in source.splitlines() if line.strip()]


def output_text(output):
    if output.output_type == "stream":
        return output.text
    data = output.get("data", {})
    return "\n".join(data[kind] for kind in data if kind.startswith("text/"))


def pair(notebook, lesson):
    """The notebook is what its text says: sources, kinds, metadata and ids."""
    text = lessons.from_text(lesson)
    if text.metadata != notebook.metadata:
        yield "metadata differ from the text"
    if len(text.cells) != len(notebook.cells):
        yield f"{len(notebook.cells)} cells, {len(text.cells)} in the text"
    for number, (cell, written) in enumerate(zip(notebook.cells, text.cells, strict=False), 1):
        for key in ("cell_type", "source", "metadata", "id"):
            if cell.get(key) != written.get(key):
                yield f"cell {number}: {key} differs from the text"


def headings(notebook, lesson):
    levels = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            prose = re.sub(r"^```.*?^```", "", cell.source, flags=re.MULTILINE | re.DOTALL)
            levels += [len(marks) for marks in re.findall(r"^(#{1,6}) ", prose, re.MULTILINE)]
    if levels.count(1) != 1 or levels[0] != 1:
        yield f"{levels.count(1)} first-level headings, expected one, in front"
    for before, after in pairwise(levels):
        if after > before + 1:
            yield f"heading level jumps from {before} to {after}"


def words(text):
    return re.findall(r"\w+", text.lower())


def alternative_texts(notebook, lesson):
    """Each figure has a sentence of its own that says more than its cell shows."""
    seen = set()
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "markdown" and MARKDOWN_IMAGE.search(cell.source):
            yield f"cell {number}: a picture without alt text"
        drawn = any(IMAGES & set(output.get("data", {})) for output in cell.get("outputs", []))
        alt = words(cell.metadata.get("alt", ""))
        if drawn and not alt:
            yield f"cell {number}: draws a figure, but has no alt in its metadata"
        if alt and not drawn:
            yield f"cell {number}: alt text, but no figure"
        if 0 < len(alt) < ALT_WORDS:
            yield f"cell {number}: an alt text of {len(alt)} words; say in a sentence what the figure shows"
        elif alt and len(set(alt) - set(words(cell.source))) < ALT_NEW_WORDS:
            yield f"cell {number}: the alt text only repeats title and labels; say what the figure shows"
        if alt and tuple(alt) in seen:
            yield f"cell {number}: the alt text of another figure"
        seen.add(tuple(alt))


def outputs(notebook, lesson):
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", []):
            shown = output_text(output)
            if output.output_type == "error":
                yield f"cell {number}: an error is stored"
            if WIDGET in output.get("data", {}):
                yield f"cell {number}: a widget is stored, which no page can show"
            if output.get("name") == "stderr":
                yield f"cell {number}: stderr: {shown.strip()[:80]}"
            for what, pattern in (("a path of one machine", MACHINE_PATH), ("a memory address", MEMORY_ADDRESS)):
                if found := pattern.search(shown):
                    yield f"cell {number}: {what}: {found[0]}"


def order(notebook, lesson):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"not executed once from top to bottom: {counts}"


def size(notebook, lesson):
    words = sum(len(re.findall(r"\w+", cell.source)) for cell in notebook.cells if cell.cell_type == "markdown")
    counted_cells = [cell for cell in notebook.cells if not only_guesses(cell)]  # a box is nothing to read
    sizes = [len(lines(cell.source)) for cell in counted_cells if cell.cell_type == "code"]
    counted = (len(counted_cells), words, sum(sizes), len(lessons.to_bytes(notebook)))
    for (what, limit), value in zip(LIMITS.items(), counted, strict=True):
        limit = TRAP_CELLS if what == "cells" and is_trap(lesson) else limit
        if value > limit:
            yield f"{value} {what}, more than {limit}"
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "code" and len(lines(cell.source)) > LINES_IN_A_CELL:
            yield f"cell {number}: more than {LINES_IN_A_CELL} lines of code"
        if cell.cell_type == "code" and (long := max(map(len, lines(cell.source)), default=0)) > CHARACTERS_IN_A_LINE:
            yield f"cell {number}: a line of {long} characters, more than {CHARACTERS_IN_A_LINE}"


def parameters(notebook, lesson):
    tagged = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if [lines(cell.source) for cell in tagged] != [["SEED = 0", 'SCALE = "full"']]:
        yield 'expected one cell tagged parameters, with SEED = 0 and SCALE = "full"'


def budgets(notebook, lesson):
    metadata = notebook.metadata.get("mlpipe", {})
    stated = OPENING.search(notebook.cells[0].source)
    shown = [int(number.replace(",", "")) for number in stated.groups()] if stated else None
    if shown is None or shown != [metadata.get(key) for key in ("minutes", "budget_seconds", "budget_megabytes")]:
        yield f"the opening cell says {shown}, the metadata {dict(metadata)}"
        return
    most = (MINUTES, SECONDS, max(limit for first, limit in MEGABYTES.items() if first <= lesson.number))
    for what, value, limit in zip(("minutes", "seconds", "MB"), shown, most, strict=True):
        if value > limit:
            yield f"a budget of {value} {what}, more than {limit}"


def minute_plan(notebook, lesson):
    """The opening cell's notes hold "Plan: goal 2, data 5, ....", minutes that sum to those which the lesson states.

    A trap is worked on alone, and needs none.
    """
    if is_trap(lesson):
        return
    found = PLAN.search(notebook.cells[0].metadata.get("notes", ""))
    planned = sum(map(int, re.findall(r"\b\d+\b", found[1]))) if found else None
    if planned != notebook.metadata.get("mlpipe", {}).get("minutes"):
        yield f"the plan in the opening cell's notes has {planned} minutes, not those of the metadata"


def claims(notebook, lesson):
    found = list(lessons.records(notebook, "claim"))
    if not found:
        yield "no claim"
    for claim in found:
        if not claim["id"].startswith(f"{lesson.number}."):
            yield f"claim {claim['id']} does not begin with {lesson.number}."
        if not claim["holds"]:
            yield f"claim {claim['id']} does not hold"
        if (claim["seed"], claim["scale"]) != (0, "full"):
            yield f"claim {claim['id']} is stored for seed {claim['seed']} at scale {claim['scale']}"
    for name, count in Counter(claim["id"] for claim in found).items():
        if count > 1:
            yield f"claim id {name} is used {count} times"


def exercises(notebook, lesson):
    """Answer cells hold the stub of an exercise that exists, are checked, and one exercise is for the class."""
    core = 0
    for number, cell in enumerate(notebook.cells, 1):
        if not (name := lessons.exercise_id(cell)):
            continue
        if not name.startswith(f"{lesson.number}."):
            yield f"cell {number}: exercise {name} does not begin with {lesson.number}."
        try:
            definition = find(name)
        except ValueError as error:
            yield f"cell {number}: {error}"
            continue
        core += definition.core
        if ast.dump(parsed(cell)) != ast.dump(ast.parse(definition.stub)):
            yield f"cell {number}: the answer cell does not hold the stub of {name}"
        if name not in [record["id"] for record in lessons.records(notebook, "exercise") if "state" in record]:
            yield f"cell {number}: {name} is never checked"
    if not core:
        yield "no core exercise"
    used = {lessons.exercise_id(cell) for cell in notebook.cells}
    for definition in definitions(lesson.number):
        if definition.id not in used:
            yield f"exercise {definition.id} is in the bank, not in the lesson"


def closing_box(notebook, lesson):
    """A lesson closes with what to say; a trap with how to search, without the numbers of its symptom."""
    expected = 0 if is_trap(lesson) else 1
    if (found := len(list(lessons.records(notebook, "say")))) != expected:
        yield f"{found} closing boxes, expected {expected}"


def predictions(notebook, lesson):
    """Each question to predict has its box right below, and one result later; all are summed up once, after the last.

    A trap asks for its fault, and for nothing else.
    """
    if is_trap(lesson):
        return
    asked, shown, sums = {}, {}, []
    for number, cell in enumerate(notebook.cells, 1):
        above, below = (notebook.cells[i] if 0 <= i < len(notebook.cells) else None for i in (number - 2, number))
        if predicts(cell) and not (below and only_guesses(below) and calls(below, "guess")):
            yield f"cell {number}: a question to predict without a cell guess(...) right below it"
        for call in calls(cell, "guess"):
            asked.setdefault(call_id(call), []).append(number)
            if not only_guesses(cell):
                yield f"cell {number}: guess(...) is not alone in its cell"
            if not (above and predicts(above)):
                yield f"cell {number}: guess(...) without **{PREDICT}** right above it"
        for call in calls(cell, "reveal"):
            shown.setdefault(call_id(call), []).append(number)
        sums += [number] * len(calls(cell, "guesses"))
    if not asked:
        yield "no question to predict"
    for name, places in asked.items():
        if not str(name).startswith(f"{lesson.number}."):
            yield f"guess {name} does not begin with {lesson.number}."
        if len(places) > 1:
            yield f"guess {name} is asked {len(places)} times"
        if len(found := shown.pop(name, [])) != 1 or found[0] <= places[0]:
            yield f"guess {name} in cell {places[0]} has its result in cells {found}, expected one, below it"
    for name in shown:
        yield f"reveal {name} without a guess"
    if len(sums) != 1 or sums[0] <= max((cell for cells in asked.values() for cell in cells), default=0):
        yield f"guesses() in cells {sums}, expected one, below the last guess"
    stored = [[record["id"] for record in lessons.records(notebook, kind)] for kind in ("guess", "reveal")]
    if sorted(stored[0]) != sorted(stored[1]) or set(stored[0]) != set(asked):
        yield f"the stored outputs ask for {stored[0]} and reveal {stored[1]}"


def predicts(cell):
    return cell.cell_type == "markdown" and f"**{PREDICT}" in cell.source


def call_id(call):
    return call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else ast.unparse(call)


def symptom(notebook, lesson):
    """A trap has one claim, its symptom, and no cell that comes before the exercises names a fault of the list."""
    if not is_trap(lesson):
        return
    if (ids := [claim["id"] for claim in lessons.records(notebook, "claim")]) != [f"{lesson.number}.symptom"]:
        yield f"the claims of a trap are {ids}, expected its symptom alone"
    choices = find(f"{lesson.number}.fault").choices
    right = find(f"{lesson.number}.fault").answer()
    for number, cell in enumerate(notebook.cells, 1):
        shown = words(" ".join([cell.source, cell.metadata.get("alt", ""), *map(output_text, cell.get("outputs", []))]))
        listed = all(name in cell.source for name in choices)
        if not listed and set(right.split("_")) <= set(shown) | {part for word in shown for part in word.split("_")}:
            yield f"cell {number} gives the fault away: {right}"
    if not any(all(name in cell.source for name in choices) for cell in notebook.cells):
        yield "the names to choose from are not listed"


def answers_stay_local(notebook, lesson):
    """No statement after an answer uses it, except exercise(its id).check(the answer)."""
    for number, cell in enumerate(notebook.cells):
        if not (name := lessons.exercise_id(cell)):
            continue
        for later in range(number + 1, len(notebook.cells)):
            other = notebook.cells[later]
            if other.cell_type != "code" or lessons.exercise_id(other) == name:
                continue
            rest = [part for part in parsed(other).body if not is_check(part, name)]
            names = {n.id for part in rest for n in ast.walk(part) if isinstance(n, ast.Name)}
            if used := defined(cell.source) & names:
                yield f"cell {later + 1} uses {', '.join(sorted(used))}, the answer of {name}"


def differences(fresh, stored):
    """What a fresh run shows otherwise than the stored notebook: the same cells, and nothing about them masked."""
    for number, (new, old) in enumerate(zip(fresh.cells, stored.cells, strict=True), 1):
        now, before = (list(map(comparable, cell.get("outputs", []))) for cell in (new, old))
        if faults := list(unequal(now, before)):
            yield f"cell {number}: {faults[0]}"
            continue
        for picture, kept in zip(pictures(new), pictures(old), strict=True):
            if (share := changed_ink(picture, kept)) > FIGURES_AGREE:
                yield f"cell {number}: {share:.0%} of the figure's ink differs from the stored one"


def comparable(output):
    """All of an output that must repeat; of a figure only its kind."""
    kept = {key: output[key] for key in output if key not in ("data", "execution_count")}
    kept["data"] = {kind: kind in IMAGES or content for kind, content in output.get("data", {}).items()}
    return kept


def unequal(now, before):
    """Sentences, one for each place where two outputs lie further apart than the tolerance."""
    for where, kind, one, other in compared(now, before):
        if distance(kind, one, other) > AGREE[kind]:
            yield f"{where}: now {one!s:.2000}\n  stored {other!s:.2000}"


def largest(fresh, stored, kind):
    """The largest distance of the numbers of one kind, "digit" or "value", in two notebooks with the same outputs."""
    outputs = ([list(map(comparable, cell.get("outputs", []))) for cell in one.cells] for one in (fresh, stored))
    return max((distance(*rest) for _, *rest in compared(*outputs) if rest[0] == kind), default=0)


def compared(now, before, where=""):
    """All that two outputs have in common, as (where, kind, now, before); what only one has is of the kind "rest"."""
    if isinstance(now, dict) and isinstance(before, dict) and now.keys() == before.keys():
        for key in now:
            yield from compared(now[key], before[key], f"{where}.{key}".lstrip("."))
    elif isinstance(now, list) and isinstance(before, list) and len(now) == len(before):
        for one, other in zip(now, before, strict=True):
            yield from compared(one, other, where)
    elif isinstance(now, str) and isinstance(before, str) and without_numbers(now) == without_numbers(before):
        for one, other in zip(numbers(now), numbers(before), strict=True):
            yield where, "digit", one, other
    else:
        raw = where.endswith(RAW) and not isinstance(now, str) and not isinstance(before, str)
        yield where, "value" if raw else "rest", now, before


def without_numbers(text):
    """The text as nbval compares it: its words."""
    for pattern, instead in SANITIZE:
        text = re.sub(pattern, instead, text)
    return text


def numbers(text):
    """The numbers of a text, as printed."""
    return [found[0] for found in re.finditer(SANITIZE[0][0], text)]


def distance(kind, one, other):
    """How far two things lie apart: printed numbers in units of the last digit of the one that shows more."""
    if kind == "rest":
        return float(one != other)
    if kind == "value":
        return abs(one - other) / max(abs(one), abs(other), 1e-12)
    values, units = [], []
    for shown in (one, other):
        mantissa, _, exponent = shown.replace(",", "").replace("−", "-").partition("e")
        values.append(float(f"{mantissa}e{exponent or 0}"))
        units.append(10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2])))
    return round(abs(values[0] - values[1]) / min(units), 6)


def pictures(cell):
    shown = [output.get("data", {}) for output in cell.get("outputs", [])]
    return [Image.open(io.BytesIO(base64.b64decode(data["image/png"]))) for data in shown if "image/png" in data]


def changed_ink(one, other):
    """Coarse difference of two figures on white: 0 for equal ones, about 1 for two that have nothing in common."""
    ink = []
    for picture in (one, other):
        grey = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture.convert("RGBA")).convert("L")
        ink.append(1 - np.asarray(grey.resize((48, 32), Image.Resampling.BOX)) / 255)
    return float(np.abs(ink[0] - ink[1]).sum() / max(ink[0].sum(), ink[1].sum(), 1e-9))


def is_check(statement, name):
    """Whether the whole statement is exercise("name").check(one_name)."""
    match statement:
        case ast.Expr(
            ast.Call(ast.Attribute(ast.Call(ast.Name("exercise"), [ast.Constant(id)], []), "check"), [ast.Name()], [])
        ):
            return id == name
    return False


def parsed(cell):
    return ast.parse("\n".join(line for line in cell.source.splitlines() if not line.lstrip().startswith(("%", "!"))))


def defined(source):
    """The names that the top level of a cell makes, imports aside."""
    names = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return names


STRUCTURE = (
    headings,
    alternative_texts,
    outputs,
    order,
    size,
    parameters,
    budgets,
    minute_plan,
    claims,
    exercises,
    answers_stay_local,
    closing_box,
    predictions,
    symptom,
)
