"""The lessons are the test suite: structure, stored outputs, other seeds, solved exercises, budgets, no network.

Each lesson is executed three times: by nbval against its stored outputs, with the BLAS kernel of another CPU; solved,
with another seed; at the small scale. All tests of one lesson run in one process and share those runs.
"""

import base64
import copy
import io
import os
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import kernels
import lesson_checks
import nbformat
import numpy as np
import pytest
from conftest import OFFLINE, offline_environment
from helpers import README
from PIL import Image, ImageOps

from mlpipe.workshop import lessons, results
from mlpipe.workshop.execute import Job
from mlpipe.workshop.execute import environment as run_environment
from mlpipe.workshop.run import run_jobs
from mlpipe.workshop.site.sources import solved

ROOT = Path(__file__).parents[1]
COURSE = lessons.find(ROOT)
RUNS = {  # name: parameters, whether the exercises are solved
    "solved": ({"SEED": 1}, True),
    "small": ({"SCALE": "small"}, False),
}
CELL_TIMEOUT = 600  # seconds; a cell that hangs must not hang the suite

EACH = pytest.mark.parametrize(
    "lesson", [pytest.param(one, id=one.name, marks=pytest.mark.xdist_group(one.name)) for one in COURSE]
)
CHECKS = pytest.mark.parametrize("check", lesson_checks.STRUCTURE, ids=lambda check: check.__name__)


@cache
def execution(lesson, name, home):
    """Execute a lesson as `make run` does: its row of the report, and the executed notebook."""
    parameters, with_solutions = RUNS[name]
    source, output = lesson.notebook, home / name / lesson.notebook.name
    if with_solutions:
        source = home / "sources" / lesson.notebook.name
        lessons.write(source, lessons.to_bytes(solved(lessons.read(lesson.notebook))))
    job = Job(lesson.name, str(source), str(output), str(lesson.notebook.parent), parameters, CELL_TIMEOUT)
    environment = offline_environment(output.parent)
    (row,), _ = run_jobs([job], **environment)
    assert refused(environment) == ""
    return row, lessons.read(output) if output.exists() else None


def refused(environment):
    """The other machines that a run asked for, also where it swallowed the refusal."""
    path = Path(environment["MLPIPE_REFUSED"])
    return path.read_text() if path.exists() else ""


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


def checked(notebook):
    """The last state of each exercise that the notebook checks."""
    return {record["id"]: record["state"] for record in lessons.records(notebook, "exercise") if "state" in record}


def claim_ids(notebook):
    return [claim["id"] for claim in lessons.records(notebook, "claim")]


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one process runs all tests")
@EACH
def test_all_tests_of_a_lesson_run_in_one_process(lesson, request):
    assert request.node.nodeid.endswith(f"@{lesson.name}"), "pytest-xdist does not group tests with this pytest"


@EACH
def test_pair_agrees(lesson):
    faults = list(lesson_checks.pair(lessons.read(lesson.notebook), lesson))
    assert not faults, f"{faults}; `make refresh ONLY={lesson.number}` makes the notebook from its text"


@EACH
@CHECKS
def test_structure(lesson, check):
    faults = list(check(lessons.read(lesson.notebook), lesson))
    assert faults == []


def test_claim_ids_are_unique_over_the_course():
    ids = Counter(claim["id"] for one in COURSE for claim in lessons.records(lessons.read(one.notebook), "claim"))
    assert [name for name, count in ids.items() if count > 1] == []


def test_documents_quote_lessons_and_claims_of_the_stored_notebooks():
    expected = results.documents(ROOT)
    assert sorted(path.name for path in expected) == ["README.md", "results.md"]
    assert {path: path.read_text(encoding="utf-8") for path in expected} == expected, "call `make refresh`"


def test_the_readme_shows_ten_claims():
    shown = (ROOT / "README.md").read_text(encoding="utf-8").partition("<!-- results: ")[2].partition(" -->")[0]
    assert len(set(shown.split(", "))) == 10


def nbval(notebook, folder):
    """Execute a notebook by nbval against its stored outputs: the finished process, and the notebook as it ran.

    It computes with another kernel than the rest of the tests, so that the outputs are those of more than this CPU.
    """
    output = folder / "nbval.ipynb"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", "--no-header"]
    command += ["-p", "nbval_outputs", "--nbval", "--nbval-current-env"]
    command += ["--nbval-cell-timeout", str(CELL_TIMEOUT), "--nbval-sanitize-with", "tests/nbval.cfg", str(notebook)]
    own = offline_environment(folder) | {"PYTHONDONTWRITEBYTECODE": "1", "NBVAL_OUTPUTS": str(output)}
    own["PYTHONPATH"] += os.pathsep + str(ROOT / "tests")
    environment = run_environment(folder, **own, **kernels.foreign())
    environment.pop("PYTEST_ADDOPTS", None)  # it is for the tests outside
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert refused(environment) == ""
    return done, lessons.read(output)


@pytest.mark.slow
@EACH
def test_stored_outputs_are_those_of_this_code(lesson, tmp_path):
    done, fresh = nbval(lesson.notebook, tmp_path)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert list(lesson_checks.differences(fresh, lessons.read(lesson.notebook))) == []


@pytest.mark.slow
@EACH
def test_claims_hold_for_another_seed(lesson, home):
    row, notebook = execution(lesson, "solved", home)
    assert row["error"] is None
    assert [claim["id"] for claim in lessons.records(notebook, "claim") if not claim["holds"]] == []
    assert {claim["seed"] for claim in lessons.records(notebook, "claim")} == {RUNS["solved"][0]["SEED"]}
    assert claim_ids(notebook) == claim_ids(lessons.read(lesson.notebook))


@pytest.mark.slow
@EACH
def test_exercises_are_not_attempted_unsolved_and_correct_solved(lesson, home):
    names = {name for cell in lessons.read(lesson.notebook).cells if (name := lessons.exercise_id(cell))}
    for run, state in (("small", "not attempted"), ("solved", "correct")):
        assert checked(execution(lesson, run, home)[1]) == dict.fromkeys(names, state)


@pytest.mark.slow
@EACH
def test_budgets_hold(lesson, home):
    """A lesson states its seconds for an idle machine, where they are the processor's: elsewhere clocks run ahead."""
    row, _ = execution(lesson, "solved", home)
    budget = lessons.read(lesson.notebook).metadata["mlpipe"]
    assert row["processor_seconds"] <= budget["budget_seconds"]
    peak = row["megabytes"]
    assert peak <= budget["budget_megabytes"] <= 2 * peak, "a budget far above the need says nothing"


@pytest.mark.slow
@EACH
def test_small_scale_runs(lesson, home):
    row, notebook = execution(lesson, "small", home)
    assert row["error"] is None
    assert {claim["scale"] for claim in lessons.records(notebook, "claim")} == {"small"}
    assert claim_ids(notebook) == claim_ids(lessons.read(lesson.notebook))


# The checks themselves: a sound lesson passes each, and each planted fault is found by the check that is named.

STUB = "def share_of_likes(ratings):\n    ..."
TEXT = f"""# ---
# jupyter:
#   mlpipe:
#     budget_megabytes: 300
#     budget_seconds: 20
#     minutes: 5
# ---

# %% [markdown] notes="Begin with the figure. Plan: figure 2, claim 3. Then the exercise."
# # A small lesson
#
# **Goal.** Show each part of a lesson once.
#
# 5 minutes to read, under 20 s, under 300 MB

# %% tags=["parameters"]
SEED = 0
SCALE = "full"

# %% [markdown]
# ## A question

# %%
from mlpipe.course import claim, guess, guesses, reveal

# %% [markdown]
# **Predict before you run.** How high is the end of the line?

# %%
guess("00.end")

# %% alt="A line that rises from zero to two."
import matplotlib.pyplot as plt

plt.plot([SEED, 1, 2])
plt.show()

# %%
claim("Three is more than two", 3 + SEED / 1000, id="00.three", baseline=2, at_least=2.5)
reveal("00.end", 2 + SEED)

# %% [markdown]
# ### Exercise (core)

# %% tags=["exercise:00.share_of_likes"]
{STUB}

# %%
from mlpipe.course import exercise, say

exercise("00.share_of_likes").check(share_of_likes)
say("It is {{00.three}}.")

# %%
guesses()
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A sound lesson of one page in a checkout of its own, refreshed."""
    from mlpipe.workshop.refresh import refresh

    root = tmp_path_factory.mktemp("course")
    text = root / "lessons" / "00_small" / "lesson.py"
    text.parent.mkdir(parents=True)
    text.write_text(TEXT)
    (root / "README.md").write_text(README)
    assert refresh(root) == 0
    return lessons.find(root)[0]


def test_a_sound_lesson_has_no_faults(small):
    notebook = lessons.read(small.notebook)
    for check in (lesson_checks.pair, *lesson_checks.STRUCTURE):
        assert list(check(notebook, small)) == []


def cell_with(notebook, word):
    return next(cell for cell in notebook.cells if word in cell.source)


def replace(word, new):
    def fault(notebook):
        cell = cell_with(notebook, word)
        cell.source = cell.source.replace(word, new)

    return fault


def stored(kind, **fields):
    return lambda notebook: cell_with(notebook, "claim(").outputs.append(nbformat.v4.new_output(kind, **fields))


def in_claim(**fields):
    return lambda notebook: next(lessons.records(notebook, "claim")).update(fields)


def more(source, number=1, **metadata):
    def fault(notebook):
        new = nbformat.v4.new_code_cell if not source.startswith("#") else nbformat.v4.new_markdown_cell
        notebook.cells += [new(source, metadata=metadata) for _ in range(number)]

    return fault


def without_alt(notebook):
    del cell_with(notebook, "plt.plot").metadata["alt"]


def alt(text):
    return lambda notebook: cell_with(notebook, "plt.plot").metadata.update(alt=text)


def twice(notebook):
    notebook.cells.append(copy.deepcopy(cell_with(notebook, "plt.plot")))


def budget(name, value, shown):
    def fault(notebook):
        notebook.metadata.mlpipe[name] = value
        opening = notebook.cells[0]
        opening.source = opening.source.replace(*shown)

    return fault


def plan(text):
    return lambda notebook: notebook.cells[0].metadata.update(notes=text)


def without_figure(notebook):
    cell_with(notebook, "plt.plot").outputs = []


def second_claim(notebook):
    cell = cell_with(notebook, "claim(")
    cell.outputs.append(copy.deepcopy(cell.outputs[0]))


def other_id(notebook):
    notebook.cells[1].id = "abcdef"


def other_metadata(notebook):
    notebook.metadata.mlpipe.minutes = 6


def without_say(notebook):
    cell = cell_with(notebook, "say(")
    cell.outputs = [one for one in cell.outputs if "say" not in one.metadata.get("mlpipe", {})]


def without_reveal(notebook):
    cell = cell_with(notebook, 'reveal("')
    cell.outputs = [one for one in cell.outputs if "reveal" not in one.metadata.get("mlpipe", {})]


def without_answer(notebook):
    notebook.cells = [cell for cell in notebook.cells if not lessons.exercise_id(cell)]


def out_of_order(notebook):
    cell_with(notebook, "plt.plot").execution_count = 7


FAULTS = [
    ("pair", replace("plt.show()", "plt.show( )"), "source differs"),
    ("pair", other_id, "id differs"),
    ("pair", other_metadata, "metadata differ"),
    ("pair", more("# one more"), "13 cells, 12 in the text"),
    ("pair", without_alt, "metadata differs"),
    ("headings", more("# Another title"), "2 first-level"),
    ("headings", replace("## A question", "text"), "jumps from 1 to 3"),
    ("alternative_texts", without_alt, "no alt"),
    ("alternative_texts", without_figure, "no figure"),
    ("alternative_texts", alt("A line."), "an alt text of 2 words"),
    ("alternative_texts", alt("The plt plot of SEED, 1, 2, show."), "only repeats"),
    ("alternative_texts", twice, "of another figure"),
    ("alternative_texts", replace("## A question", "## A question\n![](x.png)"), "without alt text"),
    ("alternative_texts", replace("## A question", '## A question\n<img src="x.png">'), "without alt text"),
    ("outputs", stored("stream", name="stderr", text="Warning"), "stderr"),
    ("outputs", stored("error", ename="E", evalue="e", traceback=[]), "error is stored"),
    ("outputs", stored("stream", name="stdout", text="/opt/someone/course/data.csv"), "path of one machine"),
    ("outputs", stored("display_data", data={"text/plain": "<A at 0x7f00aa12>"}), "memory address"),
    ("outputs", stored("display_data", data={lesson_checks.WIDGET: {}}), "a widget is stored"),
    ("order", out_of_order, "top to bottom"),
    ("size", more("x = 1", 46), "cells, more"),
    ("size", more("# t\n" + "word " * 1700), "words, more"),
    ("size", more("x = 1\n" * 26), "more than 25 lines"),
    ("size", more("x = 1\n" * 20, 10), "lines of code, more"),
    ("size", more("x = " + "1" * 102), "106 characters, more than 105"),
    ("size", stored("stream", name="stdout", text="x" * 1_500_001), "bytes, more"),
    ("parameters", replace("SEED = 0", "SEED = 3"), "tagged parameters"),
    ("parameters", more("SEED = 0", tags=["parameters"]), "tagged parameters"),
    ("budgets", other_metadata, "opening cell says"),
    ("budgets", replace("under 300 MB", "under 30 MB"), "opening cell says"),
    ("budgets", replace("5 minutes to read", "short"), "opening cell says None"),
    ("budgets", budget("minutes", 21, ("5 minutes", "21 minutes")), "21 minutes, more than 20"),
    ("budgets", budget("budget_seconds", 61, ("20 s", "61 s")), "61 seconds, more than 60"),
    ("budgets", budget("budget_megabytes", 1600, ("300 MB", "1600 MB")), "1600 MB, more than 1500"),
    ("minute_plan", plan("Begin with the figure."), "None minutes"),
    ("minute_plan", plan("Plan: figure 2, claim 4."), "6 minutes"),
    ("claims", second_claim, "2 times"),
    ("claims", in_claim(id="01.three"), "does not begin"),
    ("claims", in_claim(holds=False), "does not hold"),
    ("claims", in_claim(seed=4), "seed 4"),
    ("exercises", replace(STUB, "def share_of_likes(ratings):\n    return 1"), "does not hold the stub"),
    ("exercises", more("def f(): ...", tags=["exercise:00.unknown"]), "no exercise '00.unknown'"),
    ("exercises", more("def f(): ...", tags=["exercise:01.of_another"]), "does not begin"),
    ("answers_stay_local", more("print(share_of_likes([4]))"), "uses share_of_likes"),
    ("answers_stay_local", more("share_of_likes([4])  # of 00.share_of_likes"), "uses share_of_likes"),
    ("answers_stay_local", replace("say(", "r = share_of_likes([4])\nsay("), "uses share_of_likes"),
    ("closing_box", without_say, "0 closing boxes"),
    ("predictions", replace('guess("00.end")', "x = 1"), "without a cell guess(...) right below it"),
    ("predictions", replace('guess("00.end")', 'x = 1\nguess("00.end")'), "not alone in its cell"),
    ("predictions", replace("**Predict before you run.** ", ""), "without **Predict before you run.** right above it"),
    ("predictions", replace('guess("00.end")', 'guess("01.end")'), "guess 01.end does not begin with 00."),
    ("predictions", replace('guess("00.end")', 'guess("00.end")\nguess("00.end")'), "is asked 2 times"),
    ("predictions", replace("reveal(", "print("), "has its result in cells []"),
    ("predictions", replace("reveal(", 'reveal("00.end", 1)\nreveal('), "has its result in cells [8, 8]"),
    ("predictions", more('reveal("00.other", 1)'), "reveal 00.other without a guess"),
    ("predictions", more("guesses()"), "guesses() in cells [12, 13]"),
    ("predictions", replace("guesses()", "x = 1"), "guesses() in cells []"),
    ("predictions", without_reveal, "the stored outputs ask for ['00.end'] and reveal []"),
    ("exercises", without_answer, "00.share_of_likes is in the bank, not in the lesson"),
]


@pytest.mark.parametrize(("check", "fault", "sentence"), FAULTS)
def test_each_fault_is_found(check, fault, sentence, small):
    notebook = lessons.read(small.notebook)
    fault(notebook)
    assert sentence in " ".join(getattr(lesson_checks, check)(notebook, small))


def test_a_box_for_a_guess_is_no_cell_to_be_counted(small):
    def found(source, number):
        notebook = lessons.read(small.notebook)
        more(source, number)(notebook)
        return " ".join(lesson_checks.size(notebook, small))

    assert found('guess(\n    "00.a", choices=["one", "two"]\n)', 100) == found("guesses()", 100) == ""
    assert "cells, more than 45" in found('guess("00.a")\nreveal("00.a", 1)', 46)
    assert "lines of code, more than 190" in found('reveal("00.a", 1)\nguesses()', 100)


def test_lessons_without_claim_or_core_exercise_are_found(small):
    notebook = lessons.without_outputs(lessons.read(small.notebook))
    assert list(lesson_checks.claims(notebook, small)) == ["no claim"]
    assert "never checked" in " ".join(lesson_checks.exercises(notebook, small))
    notebook.cells = notebook.cells[:7]
    assert next(lesson_checks.exercises(notebook, small)) == "no core exercise"


def test_a_trap_is_short_states_one_symptom_and_does_not_give_its_fault_away():
    trap = next(one for one in COURSE if one.part == lessons.TRAPS)
    right = lesson_checks.find(f"{trap.number}.fault").mistakes[0].name

    def found(check, fault):
        notebook = lessons.read(trap.notebook)
        fault(notebook)
        return " ".join(check(notebook, trap))

    def listed(notebook):
        cell_with(notebook, right).source = "Which one?"

    told = more("# the leakage of the target")
    assert found(lesson_checks.symptom, lambda notebook: None) == ""
    assert "gives the fault away: target_leakage" in found(lesson_checks.symptom, told)
    assert "gives the fault away" in found(lesson_checks.symptom, more("target_leakage = 1"))
    assert "expected its symptom alone" in found(lesson_checks.symptom, in_claim(id="t1.second"))
    assert "are not listed" in found(lesson_checks.symptom, listed)
    assert "cells, more than 18" in found(lesson_checks.size, more("x = 1", 6))
    box = {"say": "It was the counter."}
    assert "1 closing boxes, expected 0" in found(
        lesson_checks.closing_box, stored("display_data", data={}, metadata={"mlpipe": box})
    )


def picture(notebook):
    return next(output for output in cell_with(notebook, "plt.plot").outputs if "image/png" in output.get("data", {}))


def png(image):
    buffer = io.BytesIO()
    image.save(buffer, "png")
    return base64.b64encode(buffer.getvalue()).decode()


def redrawn(change):
    """The stored figure as another picture."""

    def fault(notebook):
        data = picture(notebook).data
        data["image/png"] = png(change(Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).convert("RGB")))

    return fault


def blank(image):
    return Image.new("RGB", image.size, "white")


def without_curve(image):
    r, g, b = (channel.load() for channel in image.split())
    white = [xy for xy in np.ndindex(image.size) if not r[xy] == g[xy] == b[xy]]
    for xy in white:
        image.putpixel(xy, (255, 255, 255))
    return image


def second_figure(notebook):
    cell_with(notebook, "plt.plot").outputs.append(copy.deepcopy(picture(notebook)))


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (redrawn(blank), "of the figure's ink differs"),
        (redrawn(without_curve), "of the figure's ink differs"),
        (redrawn(ImageOps.mirror), "of the figure's ink differs"),
        (second_figure, "image/png"),
        (without_figure, "image/png"),
        (in_claim(value=3.001), "claim.value: now 3.0"),
        (in_claim(baseline=1.999), "claim.baseline: now 2.0"),
        (in_claim(seed=1), "claim.seed: now 0"),
        (in_claim(sentence="Three is less"), "Three is less"),
        (in_claim(bound="at least 1"), "claim.bound: now 2.5"),
        (without_say, "Say it in the interview"),
        (stored("stream", name="stdout", text="more"), "more"),
    ],
)
def test_each_difference_from_the_stored_notebook_is_found(fault, sentence, small):
    fresh, changed = lessons.read(small.notebook), lessons.read(small.notebook)
    assert list(lesson_checks.differences(fresh, changed)) == []
    fault(changed)
    assert sentence in " ".join(lesson_checks.differences(fresh, changed))


def test_another_size_of_a_figure_and_last_digits_are_no_difference(small):
    fresh, changed = lessons.read(small.notebook), lessons.read(small.notebook)
    redrawn(lambda image: image.resize((image.width - 2, image.height - 1)))(changed)
    in_claim(value=3.0001, shown="4")(changed)
    assert list(lesson_checks.differences(fresh, changed)) == []


SHOWN = """
model  nDCG@10  recall   users
ALS      0.234  0.1873   1,204
EASE     0.231  0.1901  14,120
2026-01-05: user_7 gains -0.02 (05.lead, 4.8e-07)
"""


@pytest.mark.parametrize(
    ("now", "stored"),
    [
        ("0.234  0.1873", "0.1873  0.234"),  # columns that changed places
        ("0.1873", "0.1875"),
        ("1,204", "1,206"),
        ("14,120", "15,120"),
        ("-0.02", "0.02"),
        ("4.8e-07", "4.8e-06"),
        ("recall", "recoil"),
        ("user_7", "user_8"),
        ("01-05", "01-06"),
        ("05.lead", "06.lead"),
        ("@10", "@12"),
        ("(05", "05"),
        ("0.231  ", "0.231  0.231  "),
    ],
)
def test_a_change_beyond_the_last_digit_is_seen(now, stored):
    assert list(lesson_checks.unequal(SHOWN, SHOWN.replace(now, stored, 1))) != []


@pytest.mark.parametrize(
    ("now", "stored"),
    [
        ("0.1873", "0.1874"),
        ("0.231", "0.23"),  # where a zero at the end is not printed
        ("0.231", " 0.232 "),  # with the blanks that align a column
        ("-0.02", "−0.02"),
        ("4.8e-07", "4.9e-07"),
    ],
)
def test_a_unit_of_the_last_digit_is_no_difference(now, stored):
    assert list(lesson_checks.unequal(SHOWN, SHOWN.replace(now, stored, 1))) == []


@pytest.mark.slow
@EACH
def test_another_seed_is_seen(lesson, home):
    """The tolerance for CPUs hides no other seed, wherever a claim depends on it."""
    text = lesson.text.read_text(encoding="utf-8")
    stored = {claim["id"]: claim["value"] for claim in lessons.records(lessons.read(lesson.notebook), "claim")}
    solved = {claim["id"]: claim["value"] for claim in lessons.records(execution(lesson, "solved", home)[1], "claim")}
    limit = lesson_checks.AGREE["value"]
    moved = [name for name in stored if lesson_checks.distance("value", stored[name], solved[name]) > limit]
    assert moved or text.count("SEED") == 1


@pytest.mark.slow
def test_nbval_computes_with_the_kernel_of_another_cpu(tmp_path):
    source = "from threadpoolctl import threadpool_info\nimport numpy\nprint(threadpool_info()[0]['architecture'])"
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source)], metadata={"kernelspec": lessons.KERNEL}
    )
    lessons.write(tmp_path / "asks.ipynb", lessons.to_bytes(notebook))
    asked = kernels.foreign()
    used = nbval(tmp_path / "asks.ipynb", tmp_path)[1].cells[0].outputs[0].text.strip()
    assert used == (asked.get(kernels.KERNEL) or kernels.kernel())
    assert (used != kernels.kernel()) == bool(asked)
    assert not asked or kernels.KERNEL not in os.environ


def test_a_kernel_that_the_surrounding_has_chosen_stays(monkeypatch):
    monkeypatch.setenv(kernels.KERNEL, "Haswell")
    assert kernels.foreign() == {}


@pytest.mark.slow
def test_nbval_finds_a_changed_text_and_hands_on_what_it_does_not_compare(small, tmp_path):
    done, fresh = nbval(small.notebook, tmp_path)
    assert done.returncode == 0, done.stdout
    assert list(lesson_checks.differences(fresh, lessons.read(small.notebook))) == []
    changed = lessons.read(small.notebook)
    stored("stream", name="stdout", text="more")(changed)
    lessons.write(tmp_path / "changed.ipynb", lessons.to_bytes(changed))
    assert nbval(tmp_path / "changed.ipynb", tmp_path)[0].returncode == 1


def test_two_refreshes_are_equal_byte_for_byte(small):
    from mlpipe.workshop.refresh import refresh

    first = small.notebook.read_bytes()
    assert refresh(small.notebook.parents[1]) == 0
    assert small.notebook.read_bytes() == first


def test_refresh_keeps_the_stored_notebook_when_a_claim_fails(small, tmp_path, capsys):
    from mlpipe.workshop.refresh import refresh

    text = tmp_path / "lessons" / small.name / "lesson.py"
    text.parent.mkdir(parents=True)
    text.write_text(TEXT.replace("3 + SEED", "1 + SEED"))
    kept = tmp_path / "notebooks" / small.notebook.name
    kept.parent.mkdir(exist_ok=True)
    kept.write_bytes(small.notebook.read_bytes())
    (tmp_path / "README.md").write_text(README)
    assert refresh(tmp_path) == 1
    assert kept.read_bytes() == small.notebook.read_bytes()
    assert 'cell 8 (claim("Three is more than two", 1 + ' in capsys.readouterr().out


def test_a_cell_keeps_its_id_when_a_neighbour_changes(small, tmp_path):
    other = tmp_path / small.text.name
    other.write_text(TEXT.replace("## A question", "## Another question"))
    before, after = (lessons.from_text(lessons.Lesson(small.name, small.notebook, t)) for t in (small.text, other))
    differ = [a.id != b.id for a, b in zip(before.cells, after.cells, strict=True)]
    assert differ == [number == 2 for number in range(12)]
    assert len({cell.id for cell in before.cells}) == 12


def test_equal_cells_have_different_ids(small, tmp_path):
    text = tmp_path / small.text.name
    text.write_text("# %%\nx = 1\n\n# %%\nx = 1\n")
    lesson = lessons.Lesson(small.name, small.notebook, text)
    first, second = ([cell.id for cell in lessons.from_text(lesson).cells] for _ in range(2))
    assert first == second
    assert len(set(first)) == 2


def test_the_table_of_kernels_shows_what_differs_and_how_far():
    fine, moved = ("equal", 0, 1e-7), ("cell 3: text: now 0.62", 2, 3e-3)
    course = [one for one in COURSE if one.number in ("05", "07")]
    names = [one.name for one in course]
    lines = kernels.table(
        course, {"A": dict.fromkeys(names, fine), "B": {names[0]: fine, names[1]: moved}}
    ).splitlines()
    assert [line.split()[1:] for line in lines[1:3]] == [["equal", "equal"], ["equal", "DIFFERS"]]
    assert [line.split()[-2:] for line in lines[3:5]] == [["0", "2"], ["1e-07", "0.003"]]
    assert lines[-2:] == [f"B, {names[1]}:", "  cell 3: text: now 0.62"]


# The network guard

ANOTHER_MACHINE = "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=2)"
LOOK_UP = "import socket\nsocket.getaddrinfo('data.example.org', 443)"


def test_the_guard_notes_what_a_lesson_swallows(tmp_path, offline):
    source = "try:\n    " + LOOK_UP.replace("\n", "\n    ") + "\nexcept OSError:\n    pass"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), tmp_path / "in.ipynb")
    job = Job("in", str(tmp_path / "in.ipynb"), str(tmp_path / "out.ipynb"), str(tmp_path))
    (row,), _ = run_jobs([job], **offline)
    assert row["error"] is None
    assert refused(offline) == "data.example.org\n"


@pytest.mark.parametrize("host", ["localhost.example.org", "127.example.org", "192.0.2.1"])
def test_the_guard_is_not_fooled_by_names(host, offline):
    code = f"import socket; socket.getaddrinfo({host!r}, 80)"
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | offline, capture_output=True, text=True)
    assert f"refused: {host}" in done.stderr


@pytest.mark.parametrize("source", [ANOTHER_MACHINE, LOOK_UP])
def test_a_notebook_that_reaches_for_the_network_fails(source, tmp_path, offline):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    nbformat.write(notebook, tmp_path / "in.ipynb")
    job = Job("in", str(tmp_path / "in.ipynb"), str(tmp_path / "out.ipynb"), str(tmp_path))
    (row,), _ = run_jobs([job], **offline)
    assert "the tests run offline; refused" in row["error"]["message"]


def test_default_data_needs_no_network(offline):
    code = (
        "import os; assert os.environ['MLPIPE_OFFLINE_GUARD'] == 'active'\n"
        "from mlpipe import datasets, simulator\n"
        "assert len(datasets.movielens().ratings) == 100_004\n"
        "assert len(simulator.simulate_ad_log(n_impressions=2_000).impressions) == 2_000\n"
    )
    subprocess.run([sys.executable, "-c", code], env=os.environ | offline, check=True, timeout=120)


def test_the_guard_is_where_the_tests_look_for_it():
    assert (OFFLINE / "sitecustomize.py").exists()
