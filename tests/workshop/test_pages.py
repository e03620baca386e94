"""The pages: complete in themselves, formulas and pictures included, readable by everybody."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import unquote

import nbformat
import pytest
from helpers import ALS

from mlpipe.workshop import lessons, pages

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
COURSE = [lessons.Lesson(name, None, None) for name in ("04_before", "05_factors", "06_after")]

FORMULAS = {
    r"\frac{a}{b}": ["<mfrac>"],
    r"\sum_{u,i} c_{ui}\left(p_{ui} - x_u^\top y_i\right)^2": ["&#x02211;", "<msub", "⊤"],
    r"\hat{r}_{ui} = \mu + b_u + b_i": ["<mover", "&#x003BC;"],
    r"\text{click rate} \approx \bar{p}": ["<mtext>click", "≈"],
    r"\log_2(1 + r)": ["<msub><mi>log</mi>"],
    r"\begin{aligned} a &= b \\ c &= d \end{aligned}": ["<mtable", "<mtr>", "<mtd"],
    r"\begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}": ["<mtable", "otherwise"],
    r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}": ["<mtable", "<mtr>"],
    r"\operatorname{nDCG}@k = \frac{1}{|U|} \sum_{u \in U} \mathrm{DCG}_u": ["nDCG", "∈"],
    r"\lVert x \rVert_2 \le \sqrt{n} \cdot \lambda, \quad W \in \mathbb{R}^{n \times k}": ["<msqrt>", "ℝ"],
    r"\sigma(w^\top x) = \frac{1}{1 + e^{-w^\top x}}": ["&#x003C3;", "<msup"],
    r"q = \frac{p}{p + (1 - p)/w}, \quad 3.6\,\%": ["<mfrac>", "%"],
}


class Elements(HTMLParser):
    """All start tags with their attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def named(self, *tags):
        return [attributes for tag, attributes in self.found if tag in tags]


def loads(page):
    """What a browser would fetch from elsewhere."""
    found = re.findall(r"""(?:@import\s*["']?|url\(\s*["']?)([^"')\s]+)""", page)
    for tag, attributes in Elements(page).found:
        keys = ("src", "srcset", "data", "poster") + (("href",) if tag in ("link", "base", "image", "use") else ())
        found += [attributes[key] for key in keys if attributes.get(key)]
    return [url for url in found if not url.startswith("data:")]


def raw_tex(page):
    """Formulas left as they were typed, code aside."""
    prose = re.sub(r"<(pre|code|style|script)\b.*?</\1>", "", page, flags=re.DOTALL)
    return re.findall(r"\$[^$]+\$|\\\(|\\\[|\\begin\{", prose)


def markdown(source, **metadata):
    return nbformat.v4.new_markdown_cell(source, metadata=metadata)


def code(source, *outputs, **metadata):
    return nbformat.v4.new_code_cell(source, outputs=list(outputs), metadata=metadata)


def output(kind, content):
    return nbformat.v4.new_output("display_data", data={kind: content})


def render(*cells, **options):
    notebook = nbformat.v4.new_notebook(cells=list(cells))
    return pages.page(notebook, COURSE[1], COURSE, options.pop("images", None), **options)


@pytest.fixture
def whole(tmp_path):
    """A page with one of everything."""
    return render(
        markdown("# Factors\n\n**Goal.** Learn $k$ factors.\n\n| a | b |\n|---|---|\n| $x$ | 2 |"),
        code("SEED = 0", tags=["parameters"]),
        code("SEED = 3", tags=["injected-parameters"]),
        markdown("## Loss\n\n$$ \\sum_i x_i $$\n\nSee [before](04_before.ipynb#loss) and [it](https://example.org/a)."),
        code("draw('$5 and $6')", output("image/png", PIXEL), alt='Loss "falls" & stays.'),
        code("print(1)", nbformat.v4.new_output("stream", name="stdout", text="1 < 2 \x1b[31mred\x1b[0m")),
        code("frame", output("text/html", "<table><tr><td>1</td></tr></table>")),
        code("show", output("text/markdown", "the rate is $\\hat{p}$"), output("text/latex", "$$ x^2 $$")),
        code("plain", output("text/plain", "<object>")),
        code("def f(): ...", tags=["exercise:05.f"], notes="Say **this**."),
        images=tmp_path,
    )


def test_nothing_is_loaded_and_no_tex_is_left(whole):
    assert loads(whole) == []
    assert raw_tex(whole) == []
    assert not Elements(whole).named("link", "iframe")
    assert Elements(whole).named("script") == [{}]  # our own, in the page


@pytest.mark.parametrize(
    "cell",
    [
        markdown('<img src="https://example.org/a.png" alt="a">'),
        markdown('<link rel="stylesheet" href="https://example.org/a.css">'),
        code("x", output("text/html", "<style>@import 'https://example.org/a.css'</style>")),
        code("x", output("text/html", "<p style='background: url(https://example.org/a.png)'>a</p>")),
    ],
)
def test_loads_finds_what_it_should(cell, tmp_path):
    assert loads(render(cell, images=tmp_path)) != []


def test_raw_tex_finds_what_it_should(tmp_path):
    assert raw_tex(render(code("x", output("text/html", "the $x$")), images=tmp_path)) == ["$x$"]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("around", ["${}$", "$$\n{}\n$$"])
def test_formulas_render(formula, around, tmp_path):
    page = render(markdown(f"before {around.format(formula)} after"), images=tmp_path)
    assert raw_tex(page) == []
    assert page.count("<math ") == 1
    assert bool(re.search('<math [^>]*display="block"', page)) == around.startswith("$$")
    for piece in FORMULAS[formula]:
        assert piece in page or f"&#x{ord(piece[0]):05X};" in page


def test_aligned_formulas_have_aligned_cells():
    assert pages.mathml(r"\begin{aligned} a &= b \\ c &= d \end{aligned}").count("<mtd") == 4


@pytest.mark.parametrize("formula", [r"\frac{", r"\unknowncommand{x}", r"\left( x", r"a & b"])
def test_a_formula_that_cannot_be_converted_names_notebook_and_cell(formula, tmp_path):
    cells = (markdown("# T"), code("SEED = 1", tags=["injected-parameters"]), markdown(f"see ${formula}$"))
    with pytest.raises(ValueError, match=r"^05_factors, cell 2: the formula .* cannot be converted"):
        render(*cells, images=tmp_path)


def test_pictures_have_their_alternative_text(whole):
    (picture,) = Elements(whole).named("img")
    assert picture["alt"] == 'Loss "falls" & stays.'


def test_a_picture_in_the_text_is_embedded(tmp_path):
    (tmp_path / "map.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    page = render(markdown("![The map](map.svg)"), images=tmp_path)
    (picture,) = Elements(page).named("img")
    assert picture["src"].startswith("data:image/svg+xml;base64,")
    assert picture["alt"] == "The map"


def test_page_has_language_title_landmarks_and_neighbours(whole):
    elements = Elements(whole)
    assert elements.named("html") == [{"lang": "en"}]
    assert "<title>Factors · mlpipe</title>" in whole
    assert len(elements.named("main")) == 1
    assert [a["href"] for a in elements.named("a") if a.get("rel")] == ["04_before.html", "06_after.html"] * 2
    assert elements.named("a")[0] == {"class": "skip", "href": "#content"}


def test_ids_are_unique(whole):
    ids = [attributes["id"] for _, attributes in Elements(whole).found if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_links_between_lessons_lead_to_pages(whole):
    links = [a["href"] for a in Elements(whole).named("a")]
    assert "04_before.html#loss" in links
    assert "https://example.org/a" in links


def test_links_in_outputs_lead_to_the_section_of_a_page():
    from mlpipe.interview.answer import render as render_answer

    measured = replace(ALS, section="Is it right, by user?")
    filled, _ = render_answer("So {05.als} times.", {measured.id: measured})
    page = render(markdown(f"## {measured.section}"), code("model_answer()", output("text/html", filled)))
    (link,) = (a["href"] for a in Elements(page).named("a") if "05_factors" in a.get("href", ""))
    target, anchor = link.split("#")
    assert target == "05_factors.html"
    assert unquote(anchor) in [h["id"] for h in Elements(page).named("h2")]


def test_links_in_outputs_to_other_places_stay():
    shown = '<a href="https://example.org/a.ipynb">a</a> <a href="#cell-1">b</a> <code>c.ipynb</code>'
    assert shown in render(code("show()", output("text/html", shown)))


def test_parameters_are_folded_away(whole):
    assert whole.count("<details>") == 2
    assert whole.index("<details>") < whole.index("SEED")


def test_text_outputs_are_escaped(whole):
    assert "1 &lt; 2" in whole
    assert "&lt;object&gt;" in whole
    assert '<span class="ansi-red-fg">red</span>' in whole


def test_notes_are_for_the_instructor_only(tmp_path):
    cells = [code("x = 1", notes="Say **this**."), markdown("text", notes="And that.")]
    assert "this" not in render(*cells, images=tmp_path)
    page = render(*cells, images=tmp_path, notes=True)
    assert page.count('<aside class="notes">') == 2
    assert "<strong>this</strong>" in page


def test_notes_and_solutions_can_be_hidden_and_leave_the_stub(tmp_path):
    feedback = output("text/plain", "✓ Correct.")
    feedback.metadata = {"mlpipe": {"exercise": {"id": "00.share_of_likes", "state": "correct"}}}
    cells = [
        code("def share_of_likes(ratings):\n    return 7", tags=["exercise:00.share_of_likes"], notes="Wait."),
        code("check", feedback),
    ]
    page = render(*cells, images=tmp_path, notes=True)
    kept = re.sub(r'<div class="solution">.*?</div>', "", page, flags=re.DOTALL)
    assert len(Elements(page).named("input")) == 1
    assert page.index("Correct.") > page.index("share_of_likes") > page.index('id="hide"')
    assert "7" not in kept[kept.index("<section") :].split("<script>")[0]
    assert "Correct." not in kept
    assert '<div class="stub"><pre' in kept
    assert "body:has(#hide:checked) :is(.notes, .solution) { display: none; }" in " ".join(page.split())
    reader = render(*cells, images=tmp_path)
    assert 'id="hide"' not in reader
    assert '<div class="s' not in reader


def test_present_mode_finds_what_it_needs(whole):
    """The script asks for elements by id; each is there. What it shows, it takes from sections and their parts."""
    script = re.search(r"<script>(.+?)</script>", whole, re.DOTALL)[1]
    needed = set(re.findall(r'getElementById\("(\w+)"\)', script)) - {"hide"}  # on the instructor's page only
    assert needed == {"present", "place"}
    assert needed <= {attributes.get("id") for _, attributes in Elements(whole).found}
    sections = [attributes.get("class") for attributes in Elements(whole).named("section")]
    assert sections.count("parameters") == 2
    assert sections.count("exercise") == 1
    assert "Present" not in pages.index([], {})


def test_wide_things_scroll_by_keyboard(whole):
    for tag, attributes in Elements(whole).found:
        scrolls = tag == "pre" or {"scroll", "formula"} & set(attributes.get("class", "").split())
        assert not scrolls or attributes.get("tabindex") == "0"


@pytest.fixture
def course(tmp_path):
    for name, title in (("00_start", "Start <here>"), ("05_factors", "Factors")):
        notebook = nbformat.v4.new_notebook(
            cells=[markdown(f"# {title}\n\n**Goal.** Learn\nit.\n\nmore")], metadata={"mlpipe": {"minutes": 18}}
        )
        lessons.write(tmp_path / "notebooks" / f"{name}.ipynb", lessons.to_bytes(notebook))
    return lessons.find(tmp_path)


def test_index_shows_the_course_by_part_with_results(course):
    row = {"lesson": "05_factors", "result": "ok", "seconds": 31.4, "megabytes": 410, "claims": 7, "held": 7}
    page = pages.index(course, {"05_factors": row})
    text = re.sub(r"<[^>]+>", " ", page.split("<main")[1])
    assert re.findall(r"<h2>(.+?)</h2>", page) == ["Frame the problem", "The recommender"]
    assert "Start &lt;here&gt;" in page
    assert "Learn it." in text
    assert "18 min to read · not run yet" in " ".join(text.split())
    assert "18 min to read · ✓ ran · 31 s · 410 MB · 7 of 7 claims hold" in " ".join(text.split())
    assert loads(page) == []
    assert [a["href"] for a in Elements(page).named("a")][1:] == ["00_start.html", "05_factors.html"]


def test_traps_are_the_last_part_and_their_links_lead_to_pages(course, tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[markdown("# Odd\n\nSee [factors](../05_factors.ipynb#loss).")])
    lessons.write(tmp_path / "notebooks" / "traps" / "t1_odd.ipynb", lessons.to_bytes(notebook))
    every = lessons.find(tmp_path)
    assert re.findall(r"<h2>(.+?)</h2>", pages.index(every, {})) == ["Frame the problem", "The recommender", "Traps"]
    page = pages.page(notebook, every[-1], every, tmp_path)
    links = [a["href"] for a in Elements(page).named("a")]
    assert "05_factors.html#loss" in links  # pages lie side by side
    assert [a["href"] for a in Elements(page).named("a") if a.get("rel")] == ["05_factors.html"] * 2


def test_index_shows_failures(course):
    row = {"lesson": "00_start", "result": "failed", "seconds": 3.0, "megabytes": None, "claims": 0, "held": 0}
    assert "✗ failed" in pages.index(course, {"00_start": row})
