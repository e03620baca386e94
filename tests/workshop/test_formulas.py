"""Formulas as MathML: each formula of the course holds what its TeX says, in the right style and size."""

import re
import unicodedata
from collections import Counter
from xml.etree import ElementTree

import pytest
from formula_sheet import formulas
from helpers import ROOT

from mlpipe.workshop import lessons, site
from mlpipe.workshop.site.formulas import mathml

STYLES = {"mathbf": "bold", "boldsymbol": "bold italic", "mathbb": "double-struck", "mathcal": "script"}
STYLES |= {"mathtt": "monospace", "mathrm": "upright", "text": "upright", "operatorname": "upright"}
NAMES = {"log", "ln", "min", "max", "cos", "Pr", "exp"}
SYMBOLS = {
    "top": "⊤", "in": "∈", "sum": "∑", "cdot": "·", "times": "×", "le": "≤", "dots": "…", "mid": "∣", "propto": "∝",
    "odot": "⊙", "pm": "±", "infty": "∞", "leftarrow": "←", "Rightarrow": "⇒", "Longleftrightarrow": "⟺",
    "langle": "⟨", "rangle": "⟩", "lVert": "‖", "rVert": "‖", "hat": "ˆ", "bar": "¯", "underbrace": "⏟",
}  # fmt: skip
SILENT = {"frac", "dfrac", "sqrt", "binom", "left", "right", "quad", "qquad", "begin", "end"}
SILENT |= {f"{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r")}
ARGUMENT = re.compile(r"\s*(?:\{([^{}]*)\}|(\\[A-Za-z]+|\S))")


def said(tex):
    """What TeX says: how often each (character, style) stands in it, read without the converter."""
    found, place = Counter(), 0
    tex = re.sub(r"\\(?:begin|end)\{\w+\*?\}|\\[,;!]|\\ |\\\\", " ", tex)
    while place < len(tex):
        command = re.compile(r"\\([A-Za-z]+)").match(tex, place)
        if not command:
            char = tex[place]
            if not char.isspace() and char not in "{}_^&~":
                found[{"-": "−", "'": "′"}.get(char, char), "italic" if char.isalpha() else ""] += 1
            place += 1
            continue
        name, place = command[1], command.end()
        if name in STYLES:
            argument = ARGUMENT.match(tex, place)
            place = argument.end()
            text = (argument[1] or argument[2]).replace(r"\gamma", "γ")
            found.update((char, STYLES[name] if char.isalnum() else "") for char in text if not char.isspace())
        elif name in NAMES:
            found.update((char, "upright") for char in name)
        elif name in SYMBOLS:
            found[SYMBOLS[name], ""] += 1
        elif name not in SILENT:
            found[unicodedata.lookup(f"GREEK SMALL LETTER {name.replace('lambda', 'lamda').upper()}"), "italic"] += 1
    found["(", ""] += tex.count(r"\binom")
    found[")", ""] += tex.count(r"\binom")
    found["{", ""] += tex.count(r"\text{if }")  # of cases, the only environment that brings a sign
    return +found


def drawn(math):
    """How often each (character, style) stands in MathML, as browsers draw it."""
    found = Counter()
    for element in math.iter():
        text = (element.text or "").replace("\u2061", "").replace("\xa0", "")
        plain = "upright"
        if element.tag == "mi" and len(text) == 1 and element.get("mathvariant") != "normal":
            plain = "italic"
        for char in text:
            name = unicodedata.name(char)
            styled = [
                style
                for style in ("double-struck", "script", "monospace", "bold italic", "bold")
                if style.upper() in name
            ]
            base = unicodedata.normalize("NFKC", char) if char.isalpha() else char
            alone = unicodedata.category(char) in ("Ll", "Lu") or (element.tag == "mtext" and char.isalnum())
            if not char.isspace():
                found[base, (styled[0] if styled else plain) if alone else ""] += 1
    return found


@pytest.mark.parametrize("lesson", [lesson.number for lesson in lessons.find(ROOT)])
def test_the_formulas_of_a_lesson_hold_what_their_tex_says(lesson):
    for kind, tex in dict.fromkeys((kind, tex) for _, kind, tex in formulas(lesson)):
        check(kind, tex)


def check(kind, tex):
    """That the MathML of a formula holds what TeX says, and nothing that browsers do not know."""
    math = ElementTree.fromstring(mathml(tex, kind))
    elements = list(math.iter())
    tags = Counter(element.tag for element in elements)
    operators = [element for element in elements if element.tag == "mo"]
    parents = {child: parent for parent in elements for child in parent}
    assert drawn(math) == said(tex), tex

    # Parts: fractions, radicals, scripts and limits.
    accents = sum(operator.text in ("ˆ", "¯", "⏟") for operator in operators)
    scripts = sum(
        {"msubsup": 2, "munderover": 2, "msub": 1, "msup": 1, "munder": 1, "mover": 1}.get(tag, 0) * count
        for tag, count in tags.items()
    )
    assert tags["mfrac"] == len(re.findall(r"\\(?:d?frac|binom)", tex))
    assert tags["msqrt"] == tex.count(r"\sqrt")
    assert scripts - accents == len(re.findall(r"[_^]", tex))
    assert tags["mtr"] == (len(re.findall(r"\\\\", tex)) + 1 if r"\begin" in tex else 0)

    # Fences: as tall as what they hold where TeX says so, as tall as a letter elsewhere.
    fences = Counter()
    for operator in operators:
        if operator.text in list("()[]{}|‖⟨⟩/"):
            stretched = "sized" if "minsize" in operator.attrib else operator.get("stretchy", "false")
            fences[stretched] += 1
            if operator.text in "|‖" or stretched != "false":
                assert "form" in operator.attrib or operator.text == "/", operator.attrib
    assert fences["true"] == 2 * tex.count(r"\left") - 2 * tex.count(r"\leftarrow") + tex.count(r"\begin{cases}")
    assert fences["sized"] == len(re.findall(r"\\[bB]igg?[lr]?\b", tex)) + 2 * tex.count(r"\binom")
    for text in "|‖":
        bars = [operator.get("form") for operator in operators if operator.text == text]
        assert bars == ["prefix", "postfix"] * (len(bars) // 2)

    # Nothing that browsers do not know or that shows as a gap.
    for element in elements:
        assert element.get("mathvariant", "normal") == "normal"
        assert not {"columnalign", "columnspacing", "rowspacing", "fence", "class"} & set(element.attrib)
        assert "\\" not in (element.text or "")
        lone = element.tag == "mrow" and parents[element].tag in ("msup", "msub")  # the base of a script alone
        assert element.text or len(element) or element.tag == "mspace" or lone, ElementTree.tostring(math)


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"\mathbf p \mathbb R \mathcal L \boldsymbol\gamma", "<mi>𝐩</mi><mi>ℝ</mi><mi>ℒ</mi><mi>𝜸</mi>"),
        (r"\mathrm{diag} \mathtt{ab} \mathit h", "<mi>diag</mi><mi>𝚊𝚋</mi><mi>ℎ</mi>"),
        (r"\mathrm{d} \Gamma", '<mi mathvariant="normal">d</mi><mi mathvariant="normal">Γ</mi>'),
        (r"1{,}048{,}576", "<mn>1,048,576</mn>"),
        (r"x = -1", '<mi>x</mi><mo>=</mo><mo form="prefix">−</mo><mn>1</mn>'),
        (r"\log p", '<mi>log</mi><mo>\u2061</mo><mspace width="0.167em"/><mi>p</mi>'),
        (r"\log(p)", '<mi>log</mi><mo>\u2061</mo><mo stretchy="false">(</mo><mi>p</mi><mo stretchy="false">)</mo>'),
        (r"f'", '<msup><mi>f</mi><mo lspace="0" rspace="0">′</mo></msup>'),
        (
            r"|a||b|",
            "".join(
                f'<mo stretchy="false" form="prefix">|</mo><mi>{name}</mi><mo stretchy="false" form="postfix">|</mo>'
                for name in "ab"
            ),
        ),
        (
            r"\begin{bmatrix} 1 \end{bmatrix}",
            '<mo stretchy="true">[</mo><mtable><mtr><mtd><mn>1</mn></mtd></mtr></mtable><mo stretchy="true">]</mo>',
        ),
        (r"x_{n-1}", '<msub><mi>x</mi><mrow><mi>n</mi><mo lspace="0" rspace="0">−</mo><mn>1</mn></mrow></msub>'),
        (r"= \sum x", '<mo>=</mo><mo lspace="0">∑</mo><mi>x</mi>'),
        (
            r"w \max x",
            '<mi>w</mi><mo movablelimits="true" form="prefix" lspace="0.167em" rspace="0.167em">max</mo><mi>x</mi>',
        ),
        (
            r"\widehat{xy}",
            '<mover><mrow><mi>x</mi><mi>y</mi></mrow><mo stretchy="true" style="math-depth:inherit">ˆ</mo></mover>',
        ),
        (r"0 < w", "<mn>0</mn><mo>&lt;</mo><mi>w</mi>"),
    ],
)
def test_what_browsers_are_told(tex, expected):
    assert mathml(tex, "inline") == f"<math>{expected}</math>"


def test_limits_stand_below_in_a_displayed_formula_only():
    for tex in (r"\max_j x", r"\sum_j x", r"\left(\sum_j x\right)", r"\operatorname*{argmin}_j x"):
        assert "<munder>" in mathml(tex, "block")
    assert "<munder>" not in mathml(r"\sum_j x", "inline")


def test_columns_are_aligned_by_css():
    table = mathml(r"\begin{aligned} a &= b \\ &- c \end{aligned}", "block")
    assert table.count("text-align:right") == table.count("text-align:left") == 2
    assert '<mo form="infix">−</mo>' in table
    assert '<mo form="prefix">−</mo>' in mathml(r"\begin{cases} 1 & a \\ -1 & b \end{cases}", "block")


@pytest.mark.parametrize(
    ("tex", "problem"),
    [
        (r"\unknown x", r"unknown \unknown"),
        (r"\frac{a}", "a part is missing"),
        ("{a", "a brace has no partner"),
        ("a}", "a brace has no partner"),
        ("a_b_c", "DoubleSubscripts"),
        (r"a \\ b", r"\\ outside of an environment"),
        ("a & b", "& outside of an environment"),
        ("|a|b|", "a | has no partner"),
        (r"\text{a $x$}", r"a $ inside \text"),
        (r"\mathcal 1", "there is no script 1"),
        ("", "NoAvailableTokens"),
    ],
)
def test_what_cannot_be_converted_is_named(tex, problem):
    with pytest.raises(ValueError, match=re.escape(f"the formula {tex!r} cannot be converted: {problem}")):
        mathml(tex)


def built(tmp_path, text):
    """What Sphinx makes of a page, and what it complains of."""
    settings = {
        "extensions": ["myst_nb", "mlpipe.workshop.site.formulas"],
        "source_suffix": {".md": "myst-nb"},
        "myst_enable_extensions": ["dollarmath", "amsmath"],
        "html_math_renderer": "mathml",
        "html_theme": "basic",
    }
    lessons.write(tmp_path / "sources" / "index.md", text)
    problems = site.sphinx(tmp_path, tmp_path / "build", settings, "html", 1)
    page = tmp_path / "build" / "index.html"
    return page.read_text(encoding="utf-8") if page.exists() else "", problems


def test_sphinx_draws_them(tmp_path):
    page, _ = built(tmp_path, "# Title\n\nA $\\mathbf x$ and\n\n$$\n\\frac{a}{b}\n$$\n")
    assert '<span class="math notranslate"><math><mi>𝐱</mi></math></span>' in page
    box = re.search(r'<div [^>]*class="[^"]*formula[^"]*"[^>]*>(.*?)</div>', page, re.DOTALL)
    assert box[1] == mathml(r"\frac{a}{b}", "block")
    for attribute in ('role="group"', 'aria-label="Formula"'):
        assert attribute in box[0]


def test_sphinx_names_the_place_of_an_error(tmp_path):
    _, (problem,) = built(tmp_path, "# Title\n\nA $\\unknown$.\n")
    assert re.search(r"index\.md:3: the formula '\\\\unknown' cannot be converted", problem)
