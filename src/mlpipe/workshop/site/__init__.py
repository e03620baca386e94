"""The course as a site: Sphinx and MyST-NB on the notebooks, offline, also opened as files."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mlpipe.paths import call
from mlpipe.workshop import lessons
from mlpipe.workshop.lessons import Lesson
from mlpipe.workshop.site import reader_pages, reference, references, sources
from mlpipe.workshop.site.sources import DOWNLOADS, READERS, Edition, solved

__all__ = ["Edition", "build", "site", "solved"]

LINES = 30  # of problems, at most: a screen
PATIENCE = 600  # seconds to wait for another build
THEME = Path(__file__).with_name("theme")
PACKAGES = {  # what the extra `site` brings, by the names of their modules
    "sphinx": "Sphinx",
    "myst_nb": "myst-nb",
    "furo": "furo",
    "sphinx_copybutton": "sphinx-copybutton",
    "sphinx_design": "sphinx-design",
    "sphinx_revealjs": "sphinx-revealjs",
    "latex2mathml": "latex2mathml",
    "numpydoc": "numpydoc",
}
SETTINGS: dict[str, Any] = {
    "project": "mlpipe",
    "language": "en",
    "extensions": [
        "myst_nb",
        "sphinx.ext.autodoc",
        "numpydoc",
        "sphinx_copybutton",
        "sphinx_design",
        "mlpipe.workshop.site.extension",
        "mlpipe.workshop.site.formulas",
    ],
    # told here, as extensions add theirs to a default that outlives a build
    "source_suffix": {".ipynb": "myst-nb", ".md": "myst-nb", ".rst": "restructuredtext"},
    "exclude_patterns": [DOWNLOADS],
    # what MyST-NB makes of a notebook
    "nb_execution_mode": "off",
    "nb_merge_streams": True,
    "nb_render_markdown_format": "myst",  # tables and formulas in outputs, too
    "nb_ipywidgets_js": {},  # they would come from elsewhere
    "nb_code_prompt_show": "Show the code",
    "nb_code_prompt_hide": "Hide the code",
    "myst_enable_extensions": ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"],
    "myst_heading_anchors": 4,
    # the reference from docstrings
    "default_role": "literal",
    "autodoc_member_order": "bysource",
    "autodoc_typehints": "none",  # the docstrings say what a reader needs of them
    "numpydoc_show_class_members": False,
    # the pages
    "html_theme": "furo",
    "html_title": "mlpipe",
    "html_theme_options": {"navigation_with_keys": True, "top_of_page_buttons": []},
    "html_static_path": [str(THEME)],
    "html_css_files": ["formulas.css", "site.css", "accessible.css"],
    "html_js_files": ["site.js", "accessible.js"],
    "html_copy_source": False,
    "html_domain_indices": False,
    "html_use_index": False,
    "html_show_sourcelink": False,
    "html_show_sphinx": False,
    "html_show_copyright": False,
    "pygments_style": "a11y-high-contrast-light",
}


def missing() -> str:
    """What to tell a reader who has not installed the packages of the site, or nothing."""
    absent = [name for module, name in PACKAGES.items() if find_spec(module) is None]
    return f"Pages need {', '.join(absent)}: `pip install 'mlpipe[site]'`, or `make site` in a clone." if absent else ""


def site(root: Path, into: Path | None = None, edition: Edition = READERS, workers: int = 2) -> Path:
    """`make site`: the site in build/html, from what `make run` executed and, for other lessons, from what is stored.

    Returns its start page. Raises ValueError as `build` does.
    """
    folder = Path(into or root).resolve() / "build"
    report = lessons.read_json(folder / "run" / "report.json", f"delete it and call `{call('run')}` again")
    rows = {row["lesson"]: row for row in report.get("lessons", [])}
    return build(lessons.find(root), folder / "run", folder / "html", folder / "site", rows, edition, workers)


def build(
    course: list[Lesson],
    executed: Path,
    folder: Path,
    work: Path,
    rows: dict[str, dict[str, Any]],
    edition: Edition = READERS,
    workers: int = 2,
) -> Path:
    """Build the site of these lessons, of what has changed since the last time; returns its start page.

    Parameters
    ----------
    course : the lessons and traps in order
    executed : the folder of executed notebooks, where there are any
    folder : for the pages
    work : for the sources and what Sphinx keeps from build to build
    rows : of the run's report, by a lesson's name
    edition : with solutions, with notes
    workers : processes that read and write pages

    Raises
    ------
    ValueError
        With a line for each thing that Sphinx warns of, or when its packages are missing.
    """
    if absent := missing():
        raise ValueError(absent)
    if wrong := references.check(course):
        raise ValueError(_told("the lessons name what does not exist:", wrong))
    with lessons.locked(work, seconds=PATIENCE):  # for another build, which may be at work
        # decks and printed sheets are linked where they have been made
        slides = {path.stem for path in (folder.parent / "slides").glob("[0-9]*.html")}
        sheets = "print" if (folder / "print").is_dir() else ""
        _write_sources(course, executed, work / "sources", rows, edition, slides, sheets)
        problems = sphinx(work, folder, SETTINGS | {"release": _digest()}, "html", workers)
        if problems:  # Sphinx would not say again what it has said
            shutil.rmtree(work / "doctrees-html", ignore_errors=True)
        else:
            _remove_old_pages(folder, work / "sources")
    if problems:
        raise ValueError(_told("the site is not right:", problems))
    return folder / "index.html"


def _digest() -> str:
    """A fingerprint of what makes the pages, so that a newer version of it makes all of them anew."""
    files = sorted(path for path in Path(__file__).parent.rglob("*") if path.suffix in (".py", ".html", ".css", ".js"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def _remove_old_pages(folder: Path, texts: Path) -> None:
    """Remove pages of an earlier course, or of an earlier way to make them."""
    known = {path.relative_to(texts).with_suffix("") for path in texts.rglob("*.*") if path.parent.name != DOWNLOADS}
    for path in (*folder.glob("*.html"), *folder.glob("api/*.html")):
        if path.relative_to(folder).with_suffix("") not in known | {Path("search")}:
            path.unlink()


def _told(head: str, problems: list[str]) -> str:
    """A line for each problem, and no more lines than a screen has."""
    more = [f"... and {len(problems) - LINES} more"] if len(problems) > LINES else []
    return "\n".join([head, *problems[:LINES], *more])


def _write_sources(
    course: list[Lesson],
    executed: Path,
    into: Path,
    rows: dict[str, dict[str, Any]],
    edition: Edition,
    slides: set[str],
    sheets: str,
) -> None:
    """Write what Sphinx reads, and remove what an earlier build had."""
    texts, notebooks, shown = dict[str, bytes | str](), [], dict[str, dict[str, Any]]()
    for lesson in course:
        stored = lessons.read(lesson.notebook)
        text = sources.solved(stored) if edition.solved else stored
        written = executed / f"{lesson.name}.ipynb"
        notebook, is_run = sources.latest(text, written)
        notebooks.append(notebook)
        row = rows.get(lesson.name)
        if row and (is_run or (row["error"] and not written.exists())):  # one that died leaves no notebook
            shown[lesson.name] = row
        page = sources.ready(notebook, edition, shown.get(lesson.name), lesson)
        texts[f"{lesson.name}.ipynb"] = lessons.to_bytes(page)
        texts[f"{DOWNLOADS}/{lesson.name}.ipynb"] = lessons.to_bytes(sources.handed_out(stored))
    texts |= reference.pages(notebooks)
    texts |= {
        f"{name}.md": text
        for name, text in reader_pages.pages(course, shown, slides, sheets, edition.solutions).items()
    }
    for name, content in texts.items():
        sources.write_changed(into / name, content)
    sources.remove_others(into, [into / name for name in texts])


def sphinx(work: Path, folder: Path, settings: dict[str, Any], builder: str, workers: int) -> list[str]:
    """Run Sphinx; what it warns of, without the paths of this machine."""
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    told, failed = io.StringIO(), list[str]()
    with patch_docutils(), docutils_namespace(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries among themselves; what concerns the sources is told to `told`
        try:
            app = Sphinx(
                str(work / "sources"),
                None,
                str(folder),
                str(work / f"doctrees-{builder}"),
                builder,
                settings,
                status=None,
                warning=told,
                parallel=workers,
            )
            app.build()
        except SphinxError as error:
            failed = [str(error)]
    lines = re.sub(r"\x1b\[[\d;]*m", "", told.getvalue()).replace(f"{work / 'sources'}/", "").splitlines()
    return [line for line in [*lines, *failed] if line.strip()]
