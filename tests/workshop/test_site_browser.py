"""The site in a real browser: found, read, heard, printed and copied from by everybody, without a network.

`MLPIPE_SITE=build/html` tests a site that is there already, `MLPIPE_AXE=all` takes axe-core to all pages (ten minutes).
"""

import json
import os
import re
import threading
from contextlib import contextmanager
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import labs
import pytest
from helpers import ROOT

from mlpipe.workshop import lessons, site

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="the browser test needs playwright: pip install the group browser of pyproject.toml"
)
pytestmark = [
    *labs.MARKS,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(bool(site.missing()), reason="the browser test needs the extra site of pyproject.toml"),
]
LESSON = "05_matrix_factorization.html"
KINDS = ["index.html", LESSON, "t1_ahead_then_behind.html", "search.html", "api/mlpipe.splits.html"]  # one of each
READ = [
    "exercises.html",
    "glossary.html",
    "instructors.html",
    "interview.html",
    "results.html",
]  # of a kind of their own
SIZES = {"page": 700_000, "site": 25_000_000}  # bytes
TABS = 400  # presses of a key on one page


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """The site of the stored notebooks, built once."""
    if there := os.environ.get("MLPIPE_SITE"):
        return Path(there).resolve()
    return site.site(ROOT, tmp_path_factory.mktemp("site")).parent


@pytest.fixture(scope="session")
def pages(folder):
    """All pages by their place in the site."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html") if "_static" not in path.parts)


@pytest.fixture(scope="module")  # no longer: a second one would not start beside it
def browser():
    with labs.chromium() as started:
        yield started


@contextmanager
def opened(browser, width=1280, height=900, **settings):
    """A tab, and the list of what it complains of or asks other machines for."""
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce", **settings)
    context.add_init_script(path=Path(__file__).with_name("site_reader.js"))
    tab, said = context.new_page(), []

    def listen(told):
        if told.type in ("error", "warning") and not told.location["url"].endswith("/favicon.ico"):  # there is none
            said.append(f"{tab.url}: {told.text}")

    tab.on("console", listen)
    tab.on("pageerror", lambda error: said.append(f"{tab.url}: {error}"))
    here = ("file:", "data:", "blob:", "http://127.0.0.1:")
    tab.on("request", lambda asked: None if asked.url.startswith(here) else said.append(f"{tab.url}: {asked.url}"))
    yield tab, said
    context.close()


@contextmanager
def served(folder):
    """The site under http, as a host would serve it."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def address(folder, page):
    return (folder / page).as_uri()


# What a reader does.


@pytest.mark.parametrize("way", ["file", "http"])
@pytest.mark.parametrize(
    ("words", "page"), [("position bias", "glossary.html#term-position-bias"), ("damped mean", f"{LESSON}#:~:text=")]
)
def test_search_opens_the_page_at_the_words(browser, folder, way, words, page):
    with served(folder) as host, opened(browser) as (tab, said):
        tab.goto(address(folder, "index.html") if way == "file" else f"{host}/index.html")
        tab.locator("input.sidebar-search").fill(words)
        tab.keyboard.press("Enter")
        tab.locator(f"#search-results li a[href*='{page}']").first.click()
        tab.wait_for_url(f"**/{page.partition('#')[0]}*")
        labs.until(lambda: tab.evaluate("scrollY") > 0, "it opens at the top of the page")
        seen = tab.evaluate("reader.lines()")
        assert any(words in line.lower() for line in seen), seen
        assert said == []


def test_the_theme_is_switched_and_remembered(browser, folder):
    with opened(browser, color_scheme="light") as (tab, _):
        tab.goto(address(folder, LESSON))
        ground = "getComputedStyle(document.body).backgroundColor"
        light = tab.evaluate(ground)
        while tab.evaluate("document.body.dataset.theme") != "dark":
            tab.locator(".theme-toggle:visible").first.click()
        dark = tab.evaluate(ground)
        assert dark != light
        tab.goto(address(folder, "index.html"))
        assert tab.evaluate(ground) == dark


def test_code_is_copied(browser, folder):
    with served(folder) as host, opened(browser, permissions=["clipboard-read", "clipboard-write"]) as (tab, _):
        tab.goto(f"{host}/{LESSON}")
        block = tab.locator("div.highlight:has(button.copybtn)").filter(visible=True).first
        block.hover()
        block.locator("button.copybtn").click()
        labs.until(lambda: tab.evaluate("navigator.clipboard.readText()") != "", "nothing was copied")
        copied = tab.evaluate("navigator.clipboard.readText()")
        assert copied.split() == block.locator("pre").inner_text().split()


def test_the_notebook_of_each_lesson_can_be_downloaded(folder):
    for lesson in lessons.find(ROOT):
        page = folder / f"{lesson.name}.html"
        link = re.search(r'href="([^"]+\.ipynb)"', page.read_text(encoding="utf-8"))
        assert link, f"no notebook on {page.name}"
        notebook = json.loads((folder / unquote(link[1])).read_text(encoding="utf-8"))
        stored = json.loads(lesson.notebook.read_text(encoding="utf-8"))
        assert [cell["source"] for cell in notebook["cells"]] == [cell["source"] for cell in stored["cells"]]
        assert not any(cell.get("outputs") for cell in notebook["cells"])


# What every page keeps.


def test_no_page_complains_or_asks_another_machine(browser, folder, pages):
    with opened(browser) as (tab, said):
        for page in pages:
            tab.goto(address(folder, page))
        assert said == []


def test_no_page_is_wider_than_a_phone(browser, folder, pages):
    found = {}
    with opened(browser, 390, 844) as (tab, _):
        for page in pages:
            tab.goto(address(folder, page))
            if tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found[page] = tab.evaluate("reader.wide()")
    assert found == {}


def test_pages_and_site_are_small(folder, pages):
    assert {page: size for page in pages if (size := (folder / page).stat().st_size) > SIZES["page"]} == {}
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < SIZES["site"]


class Links(HTMLParser):
    """The links, pictures, scripts and styles of a page, and the places in it that links can name."""

    def __init__(self, path):
        super().__init__()
        self.links, self.places = [], {"", "top"}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.places.add(named.get("id") or "")
        self.places.add((tag == "a" and named.get("name")) or "")
        self.links += [named[key] for key in ("href", "src") if named.get(key)]


def test_every_link_leads_somewhere(folder, pages):
    read = {page: Links(folder / page) for page in pages}
    places = {(folder / page).resolve(): links.places for page, links in read.items()}
    lost = []
    for page, links in read.items():
        for link in links.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = ((folder / page).parent / unquote(parts.path) if parts.path else folder / page).resolve()
            place = unquote(parts.fragment)
            if not target.is_file() or place not in places.get(target, {place}):
                lost.append(f"{page}: {link}")
    assert lost == []


# What a formula needs.


def test_formulas_are_drawn_in_full_size(browser, folder):
    with opened(browser) as (tab, _):
        tab.goto(address(folder, LESSON))
        tab.evaluate("document.fonts.ready.then(() => null)")
        assert tab.evaluate("""document.fonts.check("16px 'Course Math'")""")
        size = tab.evaluate("parseFloat(getComputedStyle(document.querySelector('math')).fontSize)")
        norms = tab.evaluate("reader.heights('‖')")
        assert len(norms) >= 8
        assert min(norms) > 0.8 * size
        assert max(tab.evaluate("reader.heights('(')")) > 2 * size  # around a sum with its limits
        assert max(tab.evaluate("reader.heights('∑')")) > 1.3 * size


def test_a_long_formula_scrolls_by_itself(browser, folder):
    with opened(browser, 390, 844) as (tab, _):
        tab.goto(address(folder, "07_choose_the_recommender.html"))
        box = tab.locator(".formula[tabindex]").first
        box.focus()
        tab.keyboard.press("ArrowRight")
        labs.until(lambda: box.evaluate("one => one.scrollLeft") > 0, "it does not scroll by key")


# Who uses a keyboard, hears the page, or prints it.


@pytest.mark.parametrize("page", KINDS)
def test_every_control_is_reached_by_key_named_and_seen(browser, folder, page):
    with opened(browser) as (tab, _):
        tab.goto(address(folder, page))
        reached, faults = set(), []
        for _ in range(TABS):
            tab.keyboard.press("Tab")
            focused = tab.evaluate("reader.focused()")
            if focused is None or focused["number"] in reached:
                break
            reached.add(focused["number"])
            faults += [f"no {what}: {focused['html']}" for what in ("name", "ring", "seen") if not focused[what]]
        assert faults == []
        missed = [html for number, html in tab.evaluate("reader.controls()") if number not in reached]
        assert len(reached) == TABS or missed == []


def test_the_first_key_skips_to_the_content(browser, folder):
    with opened(browser) as (tab, _):
        tab.goto(address(folder, LESSON))
        tab.keyboard.press("Tab")
        assert "skip to content" in tab.evaluate("reader.focused()")["name"].lower()
        tab.keyboard.press("Enter")
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.closest('[role=main], main, article') !== null")


def test_the_drawers_of_a_phone_open_and_close_by_key(browser, folder):
    with opened(browser, 390, 844) as (tab, _):
        tab.goto(address(folder, LESSON))
        for name, inside in (("site navigation", "aside.sidebar-drawer"), ("table of contents", "aside.toc-drawer")):
            switch = tab.get_by_role("button", name=f"Toggle {name} sidebar").filter(visible=True).first
            assert not tab.locator(inside).is_visible()
            switch.focus()
            tab.keyboard.press("Enter")
            labs.until(lambda: tab.locator(inside).is_visible(), "the drawer stays shut")  # noqa: B023
            assert switch.get_attribute("aria-expanded") == "true"
            tab.keyboard.press("Escape")
            labs.until(lambda: not tab.locator(inside).is_visible(), "the drawer stays open")  # noqa: B023
            assert switch.evaluate("one => one === document.activeElement")


def test_paper_holds_what_is_folded(browser, folder, pages):
    found = {}
    with opened(browser) as (tab, _):
        tab.emulate_media(media="print")
        for page in pages:
            tab.goto(address(folder, page))
            if lost := tab.evaluate("reader.folded()"):
                found[page] = lost
        assert found == {}


def axe():
    """The script of axe-core."""
    if spec := find_spec("axe_playwright_python"):
        return (Path(spec.origin).with_name("axe.min.js")).read_text(encoding="utf-8")
    pytest.skip("the browser test needs axe-core: pip install the group browser of pyproject.toml")


def violations(tab, options="{}"):
    """What axe-core calls serious or critical on a page."""
    found = tab.evaluate(f"axe.run(document, {{resultTypes: ['violations'], preload: false, ...{options}}})")
    bad = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
    nodes = [(one["id"], node) for one in bad for node in one["nodes"]]
    return [f"{rule}: {node['html'][:120]}: {node['failureSummary'][:200]}" for rule, node in nodes]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser, folder, pages, theme):
    script, found = axe(), {}
    options = "{}" if theme == "light" else "{runOnly: ['color-contrast']}"  # the rest is the same in both
    if not os.environ.get("MLPIPE_AXE"):
        pages = [page for page in pages if page in (*KINDS, *READ)]
    with opened(browser, color_scheme=theme) as (tab, _):
        for page in pages:
            tab.goto(address(folder, page))
            tab.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            tab.evaluate(script)
            if bad := violations(tab, options):
                found[page] = bad
    assert found == {}
