"""The model answers as rendered text."""

import dataclasses
import re

import pytest
from helpers import ALS, in_kernel

from mlpipe.interview import content, views
from mlpipe.interview.answer import model_answer, render, weak_answer
from mlpipe.interview.evidence import SHIPPED, _in_notebooks
from mlpipe.paths import FILES

DENSITY = dataclasses.replace(ALS, id="00.density", value=0.016, shown="1.6%", source=SHIPPED)
EVIDENCE = {one.id: one for one in (ALS, DENSITY)}
TEXT = """## Baseline (5-9)

So <b> is {05.als:.1f} times `popularity`, or {05.als}; a <b> stays.

```python
rows = {"a": f"{x:.1f}"}  # <code>
if rows: pass
```

Few cells ({00.density}) are filled.

Lesson 12 will show the rest.
"""


def test_values_of_claims_become_text():
    html, text = render(TEXT, EVIDENCE)
    assert "So <b> is 1.9 times `popularity`, or 1.88; a <b> stays.\n  [05.als]" in text
    assert "Few cells (1.6%) are filled.\n  [00.density]" in text
    assert text.startswith("BASELINE (5-9)\n")
    assert "1 of 2 numbers are from your runs, the others from the shipped results." in text
    assert render("It is {05.als}.", EVIDENCE)[1].endswith("1 of 1 numbers are from your runs.")
    assert 'title="ALS is &lt;better&gt; (05.als, your run)">1.9</a>' in html
    assert 'href="05_factors.ipynb#Is-%22it%22-right%3F"' in html
    assert "&lt;b&gt; stays" in html
    assert "<b>" not in html


def test_another_number_is_another_answer():
    changed = EVIDENCE | {"05.als": dataclasses.replace(ALS, value=1.2, shown="<1.20>")}
    html, text = render(TEXT, changed)
    assert "So <b> is 1.2 times `popularity`, or <1.20>;" in text
    assert "&lt;1.20&gt;</a>" in html
    assert "1.9" not in html + text


def test_code_is_left_as_it_is():
    html, text = render(TEXT, EVIDENCE)
    assert '    rows = {"a": f"{x:.1f}"}  # <code>\n    if rows: pass' in text
    assert 'rows = {"a": f"{x:.1f}"}  # &lt;code&gt;' in html


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("so {05.alz:.1f}", r"answer_x\.md: no result for the claim '05.alz' in \{05.alz:.1f\}.*make run ONLY=05"),
        ("so {}", "no result for the claim ''"),
    ],
)
def test_a_field_that_cannot_be_filled_is_named(text, told):
    with pytest.raises(ValueError, match=told):
        render(text, EVIDENCE, "answer_x.md")


def test_an_unknown_question_is_refused():
    with pytest.raises(ValueError, match="expected one of"):
        model_answer("ads", {})


@pytest.mark.parametrize("question", content.QUESTIONS)
def test_the_answers_of_the_course_are_filled_from_the_lessons(question, capsys):
    claims = _in_notebooks(FILES / "notebooks", SHIPPED)
    stored = {id[:2] for id in claims}
    for id in re.findall(r"\{(\d\d\.\w+)", content.answer_text(question)):
        if id[:2] not in stored:  # a lesson that is written, but whose notebook is not stored yet
            claims[id] = dataclasses.replace(ALS, id=id, source=SHIPPED)
    model_answer(question, claims)
    out = capsys.readouterr().out
    assert "0 of" in out
    assert content.question(question).picture.alt in out
    assert not re.search(r"[{}]", re.sub(r"^    .*$", "", out, flags=re.MULTILINE))
    titles = [phase.title.upper() for phase in content.question(question).phases[:6]]
    places = [out.find(title) for title in titles]
    assert places[0] > -1
    assert places == sorted(places)


@pytest.mark.parametrize("question", content.QUESTIONS)
def test_the_picture_has_each_box_and_arrow_and_says_what_it_shows(question):
    picture = content.question(question).picture
    drawn = views.render("picture.html", picture=picture)
    assert drawn.count("<rect") == len(picture.boxes)
    assert drawn.count('stroke="currentColor"') == len(picture.arrows)
    assert f"<title>{picture.alt}</title>" in drawn
    for one in picture.boxes:
        assert all(f">{text}</text>" in drawn for text in (one.title, *one.lines))


@pytest.mark.parametrize("question", content.QUESTIONS)
def test_the_weak_answer_is_shown_with_each_fault_and_its_repair(question, capsys):
    weak_answer(question)
    out = capsys.readouterr().out
    (weak,) = content.transcripts(question, bad=True)
    assert weak.annotations
    for one in weak.annotations:
        assert f"{one['minutes']:<6} “{one['quote']}”\n       {one['note']}" in out
    for gate in content.question(question).gates:
        assert (gate.text in out) == (gate.id in weak.gates)
    assert f"it reaches: {weak.level}" in out


def test_the_weak_answer_to_an_unknown_question_is_refused():
    with pytest.raises(ValueError, match="'music'"):
        weak_answer("music")


def test_in_a_notebook_the_weak_answer_is_a_table_without_markup_of_its_own():
    (cell,) = in_kernel("from mlpipe.interview.answer import weak_answer\nweak_answer('recommender')")
    (output,) = cell.outputs
    (weak,) = content.transcripts("recommender", bad=True)
    assert output.data["text/html"].count("<tr>") == len(weak.annotations) + 1
    assert output.metadata["mlpipe"]["weak_answer"] == {"question": "recommender"}
