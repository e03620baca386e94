"""What lessons name: it exists, or a sentence tells file, line and what was meant; and it becomes a link."""

import pytest
from helpers import ROOT

from mlpipe.workshop import lessons
from mlpipe.workshop.site import references
from mlpipe.workshop.site.references import linked

LESSON = """# ---
# jupyter: {}
# ---

# %% [markdown] notes="NOTES"
# # Factors
#
# | where we are | you need | it takes |
# |---|---|---|
# | data ▸ **model** | NEEDS | 20 minutes |
#
# **Predict before you run.** A **propensity** is known.
#
# TEXT

# %% alt="ALT" slide="SLIDE"
claim("one", 1, id="05.rmse_gain", baseline=0, at_least=1)
for row in (dict(id="05.parity", at_least=1),):
    claim("two", 1, **row)
guess("05.factors", unit="%")

# %%
say(
    "It reaches "
    "{SAID:.1f} times."
)
"""
TRAP = """# %% [markdown]
# # Trap
#
# ## In real work

# %%
claim("three", 1, id="t1.gap", baseline=0, at_least=1)
"""
TERM = '[[term]]\nterm = "propensity"\nlesson = "05"\ndefinition = "The chance of a choice."\n'
LINK = '<a class="reference internal" href="'
OK = {"NOTES": "n", "NEEDS": "05", "TEXT": "t", "ALT": "a", "SLIDE": "s", "SAID": "05.rmse_gain"}


def course(root, glossary=TERM, hint="Nudge.", **texts):
    """A course of one lesson with one exercise, and a trap."""
    text = LESSON
    for mark, words in (OK | texts).items():
        text = text.replace(mark, words)
    folder = root / "lessons" / "05_factors"
    trap = root / "lessons" / "traps" / "t1_counter"
    for one in (folder, trap):
        one.mkdir(parents=True, exist_ok=True)
    (folder / "lesson.py").write_text(text, encoding="utf-8")
    (folder / "user_step.py").write_text(f'"""One step."""\n\nhints = (\n    "{hint}",\n)\n', encoding="utf-8")
    (trap / "lesson.py").write_text(TRAP, encoding="utf-8")
    (root / "lessons" / "glossary.toml").write_text(glossary, encoding="utf-8")
    return references.check(lessons.find(root))


def test_the_course_names_nothing_that_does_not_exist():
    assert references.check(lessons.find(ROOT)) == []


def test_what_is_named_and_exists_passes(tmp_path):
    text = (
        "See `05.rmse_gain`, {t1.gap:.0%}, `05.parity`, `05.factors` and `05.user_step`, lesson 05, (05), trap 1 and "
        "[there](traps/t1_counter.ipynb#In-real-work). At 10 of 20 %, 0.05, 05:30, **Note.** It is (12, 5).\n"
        "It's a line without the sign of a comment, which jupytext takes, too."
    )
    assert course(tmp_path, TEXT=text) == []


@pytest.mark.parametrize(
    ("where", "text", "line", "what"),
    [
        ("TEXT", "See `05.rmse_gian`.", 14, "no claim, exercise or guess `05.rmse_gian`; did you mean 05.rmse_gain?"),
        ("TEXT", "first\n# {05.rmse:.0%}", 15, "no claim `05.rmse`; did you mean 05.rmse_gain?"),
        ("TEXT", "as in lesson 23", 14, "no lesson 23; there are 05 to 05"),
        ("TEXT", "as in lesson\n# 23", 14, "no lesson 23; there are 05 to 05"),
        ("TEXT", "in lessons 05 and 27", 14, "no lesson 27; there are 05 to 05"),
        ("TEXT", "Ask first (06).", 14, "no lesson 06; there are 05 to 05"),
        ("TEXT", "see 04, too", 14, "no lesson 04; there are 05 to 05"),
        ("TEXT", "trap 3", 14, "no trap 3; there are t1 to t1"),
        ("TEXT", "*Next:* 16, more.", 14, "no lesson 16; there are 05 to 05"),
        ("TEXT", "a **propensty** of", 14, "**propensty** is no term of glossary.toml; did you mean propensity?"),
        ("TEXT", "[there](05_factor.ipynb)", 14, "no notebook 05_factor.ipynb; did you mean 05_factors.ipynb?"),
        ("TEXT", "[there](traps/t1_counter.ipynb#In-work)", 14, "no heading #In-work in t1_counter"),
        ("TEXT", "[above](#Factor)", 14, "no heading #Factor in 05_factors; did you mean Factors?"),
        ("TEXT", "Read 05, *Factors* and *Why now?*", 14, "no section 'Why now?' in lesson 05"),
        ("NEEDS", "hashing, 13", 10, "no lesson 13"),
        ("NOTES", "Remind of lesson 33.", 5, "no lesson 33"),
        ("ALT", "As `05.none` says", 16, "no claim, exercise or guess `05.none`"),
        ("SLIDE", "## {05.rmse}", 16, "no claim `05.rmse`"),
        ("SAID", "t1.gap", 25, "no claim `t1.gap` in this lesson"),
        ("SAID", "05.user_step", 25, "no claim `05.user_step` in this lesson"),
    ],
)
def test_what_does_not_exist_is_told_with_its_line(tmp_path, where, text, line, what):
    problems = course(tmp_path, **{where: text})
    assert len(problems) == 1
    assert problems[0].startswith(f"lessons/05_factors/lesson.py:{line}: {what}")


def test_the_messages_of_an_exercise_are_read(tmp_path):
    assert course(tmp_path, hint="Look at lesson 77.") == [
        "lessons/05_factors/user_step.py:4: no lesson 77; there are 05 to 05"
    ]


@pytest.mark.parametrize(
    ("glossary", "line", "what"),
    [
        (TERM + TERM, 5, "'propensity' stands for 'propensity', too"),
        (TERM + TERM.replace('"propensity"', '"factors"'), 5, "'factors' stands after 'propensity': sort by alphabet"),
        (TERM.replace('"05"', '"09"'), 1, "propensity: no lesson '09'; there are 05 to 05"),
        (TERM.replace('"05"', '"t1"'), 1, "propensity: lesson t1 does not use it"),
        (TERM.replace("The chance", "The IPS chance"), 1, "propensity: the definition uses IPS, which is no term"),
        (TERM.replace("The chance", "By lesson 44 the chance"), 1, "no lesson 44"),
        ('emphasised = ["so"]\n' + TERM, 1, "emphasised: no lesson sets 'so' in bold any more: take it out"),
    ],
)
def test_the_glossary_is_checked(tmp_path, glossary, line, what):
    (problem,) = course(tmp_path, glossary)
    assert problem.startswith(f"lessons/glossary.toml:{line}: {what}")


@pytest.mark.parametrize(
    "entry",
    [
        "[[term]]\nterm = 'x'\nlesson = '05'\n",
        TERM + "[[term]]\nterm = 'x'\nlesson = '05'\ndefinition = 5\n",
        TERM + "also = 'QPS'\n",
        TERM + "alias = ['QPS']\n",
        "[[term]\n",
        "",
    ],
)
def test_a_damaged_entry_is_refused_with_the_form(tmp_path, entry):
    with pytest.raises(ValueError, match=r"glossary.toml.*expected a line \[\[term\]\]"):
        course(tmp_path, entry)


def test_words_set_in_bold_that_are_no_terms_can_be_named(tmp_path):
    assert course(tmp_path, 'emphasised = ["never"]\n' + TERM, TEXT="**never**") == []


# ---------------------------------------------------------------- links


def test_the_first_use_of_a_term_is_linked_as_it_is_written():
    seen = set()
    assert linked("Two propensities, a propensity.", seen) == "Two {term}`propensities <propensity>`, a propensity."
    assert linked("A Propensity.", seen) == "A Propensity."
    assert seen == {"propensity"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("An AUC, an auc.", "An {term}`AUC <AUC>`, an auc."),  # abbreviations as they are
        ("the ALS's, guardrailing", "the {term}`ALS <ALS>`'s, guardrailing"),  # whole words
        ("a sample-ratio\nmismatch", "a {term}`sample-ratio\nmismatch <sample-ratio mismatch>`"),
        ("an **effective sample size**", "an **{term}`effective sample size <effective sample size>`**"),
        ("**guardrail**s", "**guardrail**s"),  # bold would not end after the link
        ("a two-tower model", "a {term}`two-tower model <two-tower model>`"),  # the longest
        ("they cheer a like", "they cheer a like"),  # a common word
        ("a **like**", "a **{term}`like <like>`**"),
        ("| nDCG | x |", "| {term}`nDCG <nDCG>` | x |"),
    ],
)
def test_terms_are_found_as_whole_words(source, expected):
    assert linked(source, set()) == expected


@pytest.mark.parametrize(
    "source",
    [
        "## Propensity and lesson 05\n",
        "```python\npropensity = 0.05  # lesson 05\n```",
        "$\\text{propensity} \\$ x$ and $$\npropensity\n$$",
        "`propensity`, ``a ` propensity``, `lesson 05`",
        "[propensity](x.md), ![propensity](x.png), {term}`propensity`",
        '<a href="x">propensity</a> <b title="propensity"> <!-- propensity -->',
        "| data ▸ **features** |",
        "*Read more:* Someone, *Propensity in lesson 05*.",
    ],
)
def test_headings_code_formulas_links_and_titles_stay(source):
    assert linked(source, set()) == source


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("in lesson 07.", "in {doc}`lesson 07 <07_choose_the_recommender>`."),
        ("lessons 01 and 08", "lessons {doc}`01 <01_requirements>` and {doc}`08 <08_ctr_baselines>`"),
        ("(10, 17)", "({doc}`10 <10_calibrate_the_probability>`, {doc}`17 <17_scale_out>`)"),
        ("*Next:* 17, rows", "*Next:* {doc}`17 <17_scale_out>`, rows"),
        ("in trap 1", "in {doc}`trap 1 <t1_ahead_then_behind>`"),
        (
            "| data ▸ **x** | 03, 17 | 10 s |",
            "| data ▸ **x** | {doc}`03 <03_engineer_features>`, {doc}`17 <17_scale_out>` | 10 s |",
        ),
        ("lesson 77, 0.05, 10 of 12 (5)", "lesson 77, 0.05, 10 of 12 (5)"),
        ("`05.parity`", f'{LINK}05_matrix_factorization.html#claim-05-parity"><code>05.parity</code></a>'),
        ("`t1.fault`", f'{LINK}t1_ahead_then_behind.html#exercise-t1-fault"><code>t1.fault</code></a>'),
        ("`05.nothing`", "`05.nothing`"),
    ],
)
def test_lessons_claims_and_exercises_are_linked(source, expected):
    assert linked(source, set()) == expected
