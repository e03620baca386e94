"""What Sphinx cannot do by itself: parts that stay folded until a reader has guessed."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from mlpipe.workshop.site.reference import names
from mlpipe.workshop.site.sources import FOLD, UNFOLD

_NAME = re.compile(r'<span class="(n|nc|nf)">(\w+)</span>')  # as Pygments marks names in code


class Folded(nodes.General, nodes.Element):
    """Part of a page behind "Show the answer"."""


class Fold(SphinxTransform):
    """Put what stands between the two marks of a section into one folded part."""

    default_priority = 300

    def apply(self, **_: Any) -> None:
        """Work on one document."""
        begin, end = (mark.removeprefix("% ") for mark in (FOLD, UNFOLD))
        for comment in list(self.document.findall(nodes.comment)):
            if comment.astext() != begin:
                continue
            parent, place = comment.parent, comment.parent.index(comment)
            after = parent.children[place + 1 :]
            marks = (n for n, node in enumerate(after) if isinstance(node, nodes.comment) and node.astext() == end)
            stop = next(marks, None)
            inside = after[:stop]
            if stop is None:
                raise ValueError(f"{self.env.docname}: the answer to a guess reaches into the next section")
            for node in inside:
                parent.remove(node)
            parent.replace(comment, Folded("", *inside))


def _skip(app: Sphinx, what: str, name: str, thing: Any, skip: bool, options: Any) -> bool | None:
    """Leave out what scikit-learn adds to each estimator: it is described there."""
    return True if re.fullmatch(r"set_\w+_request|get_metadata_routing", name) else None


def _escape(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Keep the bars of |x| as they are: they would begin a substitution. Examples are code and have none."""
    example = False
    for place, line in enumerate(lines):
        example = line.lstrip().startswith(">>>") or (example and bool(line.strip()))
        if not example:
            lines[place] = re.sub(r"(?<!\\)\|", r"\\|", line)


def _link_names(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Let the names that a page's code imports from the package lead to the reference."""
    if doctree is None or not (blocks := [block.astext() for block in doctree.findall(nodes.literal_block)]):
        return
    objects, links = app.env.domains.python_domain.objects, dict[str, str]()
    for name, full in names(blocks).items():
        if known := objects.get(full):
            links[name] = f"{app.builder.get_relative_uri(page, known.docname)}#{known.node_id}"
        elif (module := f"api/{full}") in app.env.found_docs:  # a module that is imported as a name
            links[name] = app.builder.get_relative_uri(page, module)

    def link(found: re.Match[str]) -> str:
        target = links.get(found[2])
        return f'<a class="name" href="{target}">{found[0]}</a>' if target else found[0]

    if links:
        code = re.compile(r'<div class="highlight">.*?</div>', re.DOTALL)
        context["body"] = code.sub(lambda block: _NAME.sub(link, block[0]), context["body"])


def _dark_code(app: Sphinx) -> None:
    """The theme's own setting, which is there only when it has been loaded."""
    app.config.pygments_dark_style = "a11y-high-contrast-dark"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_node(
        Folded,
        html=(
            lambda writer, node: writer.body.append('<details class="answer"><summary>Show the answer</summary>'),
            lambda writer, node: writer.body.append("</details>"),
        ),
    )
    app.add_transform(Fold)
    app.connect("autodoc-skip-member", _skip)
    app.connect("autodoc-process-docstring", _escape, priority=900)  # after numpydoc
    app.connect("html-page-context", _link_names)
    app.connect("builder-inited", _dark_code, priority=100)  # before the theme reads it
    return {"parallel_read_safe": True, "parallel_write_safe": True}
