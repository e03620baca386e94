"""The authors' tool: each planted fault of an exercise is told, and what is half written names file and fix."""

from dataclasses import replace

import pytest
from helpers import ROOT, SUM

from mlpipe.course.definition import find
from mlpipe.workshop import lessons, prove

STEP, NAME = find("05.user_step"), find("t1.fault")
FIRST = STEP.mistakes[0]
WRITTEN = (ROOT / "lessons/05_matrix_factorization/user_step.py").read_text(encoding="utf-8")


def with_mistakes(*mistakes):
    return replace(STEP, mistakes=(*STEP.mistakes[:3], *mistakes))


FAULTS = [
    ("right_answers_pass", replace(STEP, another=STEP.solution), "`another` is the solution"),
    ("right_answers_pass", replace(STEP, another=STEP.stub), "another is incorrect for seed 0"),
    ("right_answers_pass", replace(STEP, solution=STEP.stub), "solution is incorrect for seed 4"),
    ("mistakes_get_their_message", replace(STEP, mistakes=STEP.mistakes[:2]), "2 mistakes, expected 3 to 8"),
    (
        "mistakes_get_their_message",
        with_mistakes(type(FIRST)("no_mistake", FIRST.message, STEP.answer)),
        "no_mistake is told as correct for seed 0",
    ),
    (
        "mistakes_get_their_message",
        with_mistakes(type(FIRST)("the_same_again", FIRST.message, FIRST.answer)),
        f"the_same_again is told as {FIRST.name} for seed 0",
    ),
    ("mistakes_have_names_and_messages", with_mistakes(FIRST), f"two mistakes have the name '{FIRST.name}'"),
    (
        "mistakes_have_names_and_messages",
        with_mistakes(type(FIRST)("Ridge", "Too short.", FIRST.answer)),
        "Ridge: name a mistake by some words, such as mean_instead_of_sum Ridge: a message of 10 characters",
    ),
    ("draws_differ", replace(STEP, draw=lambda rng, number: ([1, 2],)), "one size: let it differ the draws do not"),
    ("draws_differ", replace(STEP, draw=lambda rng, number: [1]), "no tuple"),
    ("draws_differ", replace(NAME, draw=lambda rng, number: (1,)), "leave `draw` out"),
    ("hints_climb", replace(STEP, hints=("One.", "One.")), "1 hints, expected 3"),
    ("hints_climb", replace(STEP, hints=("One.", "Two.", STEP.solution)), "hint 3 holds the answer"),
    ("choices_do_not_tell", replace(NAME, title="The target leakage"), "this tells the answer: The target leakage"),
    ("choices_do_not_tell", replace(NAME, answer=NAME.mistakes[0].answer), "is among the wrong ones"),
]


@pytest.mark.parametrize(("check", "definition", "sentence"), FAULTS)
def test_each_fault_is_told(check, definition, sentence):
    assert sentence in " ".join(getattr(prove, f"_{check}")(definition))


def test_a_stub_that_is_judged_is_told(monkeypatch):
    monkeypatch.setattr(prove, "examine", lambda definition, answer: prove._judged(definition, STEP.answer, 0))
    assert list(prove._stub_is_not_attempted(STEP)) == ["the stub is correct, expected not attempted"] * 2


def test_another_judgement_in_a_process_of_its_own_is_told(monkeypatch):
    monkeypatch.setattr(prove, "_judged", lambda definition, answer, seed: None)
    assert len(list(prove._reader_is_told_the_same(SUM))) == 2


def test_the_table_tells_how_often_each_draw_tells_a_mistake():
    def right_in_the_first(*arguments):
        return STEP.answer(*arguments) * (1 if len(arguments[0]) == first else 2)

    first = len(STEP.draw(prove.np.random.default_rng(0), 0)[0])
    twice = [type(FIRST)(name, FIRST.message, right_in_the_first) for name in ("the_double", "the_same_again")]
    lines = prove._table(replace(STEP, mistakes=tuple(twice))).splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["the_double", "0%", "100%", "100%", "100%", "100%"],
        ["the_same_again", "0%", "100%", "100%", "100%", "0%", "else", "the_double", "100"],
    ]


def course(root, text):
    lessons.write(root / "lessons/05_small/user_step.py", text)
    lessons.write(root / "lessons/05_small/lesson.py", "# %%\n")
    lessons.write(root / "lessons/06_other/lesson.py", "# %%\n")
    return root


def test_a_sound_exercise_is_told_so_by_id_lesson_or_neither(tmp_path, capsys):
    course(tmp_path, WRITTEN)
    for only in ("05.user_step", "05", "05_small", ""):
        assert list(prove._chosen(tmp_path, only)) == ["05.user_step"]
    assert prove.exercise(tmp_path) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "05.user_step: sound"
    assert [line.split()[0] for line in lines[2:-1]] == [mistake.name for mistake in STEP.mistakes][: len(lines) - 3]


@pytest.mark.parametrize("only", ["05.gone", "05.user_step,06", "99"])
def test_an_unknown_exercise_lists_the_known(only, tmp_path):
    with pytest.raises(ValueError, match=f"no exercise {only.split(',')[-1]}; known: 05.user_step$"):
        prove.exercise(course(tmp_path, WRITTEN), only)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            WRITTEN.replace("    edit(\n", '    edit("gone", "new", "no_such_code", "Told."),\n    edit(\n', 1),
            "has no 'gone'",
        ),
        (WRITTEN.replace("mistakes = [", "others = ["), "mistakes"),
        (WRITTEN + "\n\ndef half(", "SyntaxError"),
    ],
    ids=["edit", "mistakes", "syntax"],
)
def test_what_is_half_written_is_a_sentence_that_names_file_and_fix(text, what, tmp_path, capsys):
    assert text != WRITTEN
    assert prove.exercise(course(tmp_path, text)) == 1
    out = capsys.readouterr().out
    assert out.startswith("05.user_step: not yet\n  ✗ ")
    assert str(tmp_path / "lessons/05_small/user_step.py") in out
    assert what in out
    assert "Traceback" not in out
