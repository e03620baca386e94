"""Formulas as MathML that browsers draw by themselves, from the TeX of the lessons.

latex2mathml reads the TeX. What it writes is for older engines: browsers ignore most of `mathvariant`, `columnalign`
and `columnspacing`, and stretch every bracket that does not forbid it. So letters get code points of their own, and
bars, signs, names of functions and tables are told here what they are.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import convert_to_element

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PARTS = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3}
SCRIPTED = {tag for tag in PARTS if tag not in ("mfrac", "mroot")}  # the first part is what the others belong to
STYLES = {  # mathvariant -> how Unicode's names of its letters may begin
    "bold": ("MATHEMATICAL BOLD ",),
    "bold-italic": ("MATHEMATICAL BOLD ITALIC ", "MATHEMATICAL BOLD "),  # digits are never italic
    "double-struck": ("DOUBLE-STRUCK ", "MATHEMATICAL DOUBLE-STRUCK "),
    "fraktur": ("BLACK-LETTER ", "MATHEMATICAL FRAKTUR "),
    "italic": ("MATHEMATICAL ITALIC ",),
    "monospace": ("MATHEMATICAL MONOSPACE ",),
    "sans-serif": ("MATHEMATICAL SANS-SERIF ",),
    "script": ("SCRIPT ", "MATHEMATICAL SCRIPT "),
}
OPEN, CLOSE, BARS = "([{⟨⌊⌈", ")]}⟩⌋⌉", "|‖"
SIGNS = "+−±∓"  # before a term or between two
BINARY = SIGNS + "×⋅·∗*⊙∘⊕⊗⊖÷∪∩∖∧∨"
SUMS = "∑∏∐⋃⋂"  # with limits below and above
LARGE = SUMS + "∫∬∮"
ORDINARY = "∞∂∇∅⊤⊥∀∃ℓ%#&_°"  # stand like letters, whatever the converter takes them for
ACCENTS = "^ˆ~˜¯―→˙¨ˇ˘´`"
LIMITS = {"arg max", "arg min", "det", "gcd", "inf", "lim", "lim inf", "lim sup", "max", "min", "Pr", "sup"}
THIN, THICK = "0.167em", "0.278em"


def mathml(tex: str, display: str = "inline") -> str:
    r"""A TeX formula as MathML; `display` is "inline" or "block".

    Raises ValueError naming the formula, and what is wrong with it, for one that cannot be converted.

    >>> mathml(r"\mathbf x")
    '<math><mi>𝐱</mi></math>'
    >>> mathml(r"\frac{a}{b}", "block")
    '<math display="block"><mfrac><mi>a</mi><mi>b</mi></mfrac></math>'
    """
    # The converter knows no aligned, and forgets the upright font of a single letter in braces.
    source = re.sub(r"\\(begin|end)\{(?:aligned|split)\}", r"\\\1{align*}", tex.strip())
    source = re.sub(r"\\(begin|end)\{gathered\}", r"\\\1{matrix}", source)
    source = re.sub(r"\\mathrm\s*\{\s*(\w)\s*\}", r"\\mathrm \1", source)
    try:
        _check_braces(source)
        try:
            math = convert_to_element(source, display=display)
        except Exception as error:  # the converter's own errors have no common class
            raise ValueError(type(error).__name__) from None
        for element in math.iter():
            element.text = unescape(unescape(element.text)) if element.text else None
        _check(math, source)
        _tell_kinds(math)
        _set_letters(math)
        _arrange(math, display == "block")
    except ValueError as problem:
        raise ValueError(f"the formula {tex.strip()!r} cannot be converted: {problem}") from None
    if math[0].tag == "mrow":
        math[:] = list(math[0])
    math.attrib = {"display": "block"} if display == "block" else {}
    for element in math.iter():
        element.attrib.pop("class", None)
    return tostring(math, encoding="unicode").replace(" />", "/>")


def _check_braces(source: str) -> None:
    """Raises ValueError for a brace without its partner: the converter would close it somewhere."""
    depth = 0
    for brace in re.findall(r"[{}]", re.sub(r"\\[\\{}]", "", source)):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            break
    if depth:
        raise ValueError("a brace has no partner")


def _check(math: Element, source: str) -> None:
    """Raises ValueError for what the converter lets pass and TeX would not."""
    for element in math.iter():
        text = element.text or ""
        if command := re.search(r"\\\w*", text):
            raise ValueError(f"unknown {command[0]}")
        if element.tag == "mtext" and "$" in text:
            raise ValueError(r"a $ inside \text: end the text before the formula")
        if "linebreak" in element.attrib:
            raise ValueError(r"\\ outside of an environment such as aligned")
        if text == "&" and r"\&" not in source:
            raise ValueError("& outside of an environment such as aligned")
        if len(element) != PARTS.get(element.tag, len(element)):
            raise ValueError(f"a part is missing in <{element.tag}>")
    if not any(element.text for element in math.iter()):
        raise ValueError("it is empty")


def _tell_kinds(math: Element) -> None:
    """Make letters mi, operators mo, and mark the names of functions, where the converter has it otherwise."""
    for element in math.iter():
        text = element.text or ""
        if element.tag not in ("mi", "mo", "mtext") or not text:
            continue
        if element.tag == "mtext":
            if text == "\xa0":  # "\ ": a space that is no text
                element.tag, element.text, element.attrib = "mspace", None, {"width": "0.333em"}
        elif element.tag == "mi" and text.isalpha() and len(text) > 1:
            element.set("class", "function")
        elif (words := re.sub("[\u2006\u2009]", " ", text)).replace(" ", "").isalpha():
            if element.tag == "mo":
                limits = words in LIMITS or "movablelimits" in element.attrib
                element.tag, element.text = ("mo" if limits else "mi"), words
                element.attrib = {"class": "function"} | ({"movablelimits": "true"} if limits else {})
        elif text in ORDINARY:
            element.tag = "mi"
        elif not text[0].isalnum():
            element.tag = "mo"


def _set_letters(math: Element) -> None:
    """Letters by code points instead of `mathvariant`; a word in one style becomes one element."""
    for row in math.iter("mrow"):
        variants = {child.get("mathvariant") if child.tag == "mi" else None for child in row}
        if len(row) > 1 and len(variants) == 1 and None not in variants:
            row[0].text = "".join(child.text or "" for child in row)
            row[:] = [row[0]]
    for element in math.iter():
        variant, text = element.get("mathvariant"), element.text or ""
        if variant == "normal" and element.tag == "mi" and len(text) == 1:
            continue  # the one value that browsers know: a single letter would be slanted
        element.attrib.pop("mathvariant", None)
        if variant is None and element.tag == "mi" and "Α" <= text <= "Ω":
            element.set("mathvariant", "normal")  # TeX slants small Greek letters only
        elif variant not in (None, "normal"):
            element.text = "".join(_styled(char, variant) for char in text)


def _styled(char: str, variant: str) -> str:
    """A letter or digit in the style of a `mathvariant`. Raises ValueError for one that Unicode does not have.

    >>> _styled("R", "double-struck"), _styled("γ", "bold-italic")
    ('ℝ', '𝜸')
    """
    if not char.isalnum():
        return char
    if (char, variant) == ("h", "italic"):
        return "ℎ"  # Unicode has it as Planck's constant only
    name = re.sub(r"^(LATIN|GREEK) |LETTER ", "", unicodedata.name(char))
    for begin in STYLES.get(variant, ()):
        try:
            return unicodedata.lookup(begin + name)
        except KeyError:
            continue
    raise ValueError(f"there is no {variant} {char}")


def _arrange(element: Element, displayed: bool, in_script: bool = False) -> None:
    """Arrange what an element holds, from the inside out; `displayed`: limits may stand below and above."""
    if element.tag == "mtable" and "columnspacing" in element.attrib:
        for cell in (cell for line in element for cell in line[1::2]):
            cell.set("class", "continued")  # the right side of aligned goes on with what the left side began
    for place, child in enumerate(element):
        script = in_script or (element.tag in SCRIPTED and place > 0)
        _arrange(child, displayed and not script and element.tag != "mfrac", script)
    if element.tag in SCRIPTED:
        _set_scripts(element, displayed)
    elif element.tag == "mtable":
        _set_columns(element)
    elif element.tag == "mo":
        _set_operator(element)
    elif element.tag in ("math", "mrow", "mtd", "mstyle", "msqrt", "mpadded", "mphantom"):
        _set_row(element, in_script)
    element[:] = [child[0] if child.tag == "mrow" and len(child) == 1 else child for child in element]


def _set_scripts(element: Element, displayed: bool) -> None:
    """Limits of min, max ... below them; accents that do not grow; a base where there is none."""
    base, *others = element
    core = _core(base)
    if displayed and core.tag == "mo" and (core.get("class") == "function" or (core.text or "=") in SUMS):
        element.tag = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}.get(element.tag, element.tag)
    if not (base.text or len(base)):
        base.tag, base.attrib = "mrow", {}
    if element.tag == "mover" and others[0].tag == "mo" and others[0].text and others[0].text in ACCENTS:
        element.attrib.pop("accent", None)  # with it Chromium draws the accent into the letter
        letters = sum(len(part.text or "") for part in base.iter())
        wide = letters > 1 or others[0].text == "―"
        others[0].attrib = {"stretchy": "true" if wide else "false", "style": "math-depth:inherit"}  # as large as here
        others[0].text = {"^": "ˆ", "~": "˜", "―": "¯"}.get(others[0].text, others[0].text)


def _set_columns(table: Element) -> None:
    """Columns of aligned, cases and array: aligned by CSS, as browsers know no `columnalign`."""
    pairs = table.attrib.pop("columnspacing", None)  # only aligned has it: a relation stands close to its left side
    table.attrib.pop("rowspacing", None)
    for row in table:
        for place, cell in enumerate(row):
            style = []
            if align := cell.attrib.pop("columnalign", None):
                style.append(f"text-align:{align}")
            if pairs:
                style += ["padding-left:0", "padding-right:0"] if place == 0 else ["padding-left:0"]
            elif align and place == 0:
                style.append("padding-left:0")
            if style:
                cell.set("style", ";".join(style))


def _set_operator(operator: Element) -> None:
    """Space and size of an operator by itself."""
    text = operator.text or ""
    if sized := operator.attrib.pop("minsize", None):
        operator.attrib = {"stretchy": "true", "symmetric": "true", "minsize": sized, "maxsize": sized}
        if text in OPEN + CLOSE:
            operator.set("form", "prefix" if text in OPEN else "postfix")
    elif "form" in operator.attrib:  # of \left and \right
        operator.attrib = {"stretchy": "true", "form": operator.attrib["form"]}
    elif text and text in OPEN + CLOSE + BARS:
        operator.attrib = {"stretchy": operator.get("stretchy", "false")}
    if text in "/′" and text:
        operator.attrib |= {"lspace": "0", "rspace": "0"}
    elif text in "…⋯":
        operator.attrib |= {"lspace": THIN, "rspace": THIN}
    elif text == ":":
        operator.attrib |= {"lspace": THICK, "rspace": THICK}


def _core(element: Element) -> Element:
    """What an element is built on: of x squared, the x."""
    while len(element) and (element.tag in SCRIPTED or (element.tag in ("mrow", "mstyle") and len(element) == 1)):
        element = element[0]
    return element


def _role(element: Element) -> str:
    """What TeX would take an element for: ord, op, bin, rel, open, close, punct or inner."""
    core = _core(element)
    text = core.text or ""
    if core.get("class") == "function":
        return "op"
    if core.tag != "mo":
        return "inner" if core.tag == "mrow" and len(core) and core[0].get("form") == "prefix" else "ord"
    for role, texts in {"open": OPEN, "close": CLOSE, "bin": BINARY, "punct": ",;", "op": LARGE, "inner": "…⋯"}.items():
        if text in texts:
            return role
    if text in BARS:
        return {"prefix": "open", "postfix": "close"}.get(core.get("form", ""), "rel")
    return "ord" if text in "/′!⏟⏞" else "rel"


def _set_row(row: Element, in_script: bool) -> None:
    """Numbers with their commas, pairs of bars, signs before a term, and space around names of functions."""
    if len(row) == 1 and row[0].tag == "mo" and row.tag == "mrow" and _role(row[0]) != "op":
        row[0].attrib |= {"lspace": "0", "rspace": "0"}  # an operator in braces is a plain symbol
        return
    children = list[Element]()
    for child in row:
        number = child.tag == "mn" and len(children) > 1 and children[-1].tag == "mrow" and children[-2].tag == "mn"
        if number and len(children[-1]) == 1 and children[-1][0].text == ",":
            children.pop()
            children[-1].text = f"{children[-1].text},{child.text}"
        elif child.tag in ("mi", "mo", "mrow") and not child.text and len(child) == 0:
            continue  # {}, \left. and \right.
        else:
            children.append(child)
    _pair_bars(children)
    for bracket, table in [*pairwise(children), *pairwise(children[::-1])]:
        if table.tag == "mtable" and bracket.tag == "mo" and (bracket.text or "=") in OPEN + CLOSE + BARS:
            bracket.set("stretchy", "true")
    arranged, before = list[Element](), None
    for place, child in enumerate(children):
        role, core = _role(child), _core(child)
        if core.tag == "mo" and core.text and core.text in SIGNS:
            first = before is None and row.get("class") != "continued"
            is_prefix = first or before in ("bin", "rel", "open", "punct", "op")
            if is_prefix:
                role = "ord"
            if is_prefix or place == 0 or place == len(children) - 1:
                core.set("form", "prefix" if is_prefix else "infix")
        if in_script and role in ("bin", "rel") and core.tag == "mo":
            core.attrib |= {"lspace": "0", "rspace": "0"}
        if core.text and core.text in LARGE and before not in ("ord", "close", "inner", "op"):
            core.set("lspace", "0")
        if core.get("class") == "function":
            following = next((_role(other) for other in children[place + 1 :] if other.tag != "mspace"), None)
            spaced_after = place + 1 < len(children) and children[place + 1].tag != "mspace"
            left = THIN if before in ("ord", "close", "inner", "op") and arranged[-1].tag != "mspace" else "0"
            right = THIN if spaced_after and following in ("ord", "op", "inner") else "0"
            if core.tag == "mo":
                core.attrib |= {"form": "prefix", "lspace": left, "rspace": right}
                arranged.append(child)
            else:
                apply = [Element("mo")] if following is not None else []
                for invisible in apply:
                    invisible.text = "\u2061"  # function application: for who hears the formula
                space_before = [Element("mspace", width=left)] if left != "0" else []
                space_after = [Element("mspace", width=right)] if right != "0" else []
                arranged += [*space_before, child, *apply, *space_after]
            if right != "0":
                role = "spaced"
        else:
            arranged.append(child)
        before = role if child.tag != "mspace" else before
    row[:] = arranged


def _pair_bars(children: list[Element]) -> None:
    """Tell opening from closing bars: they alternate within a pair of brackets; a single one is a relation.

    Raises ValueError for three or more without a partner.
    """
    groups: list[dict[str, list[Element]]] = [{}]
    closed = list[dict[str, list[Element]]]()
    for child in children:
        core = _core(child)
        text = core.text if core.tag == "mo" else None
        if text and text in OPEN:
            groups.append({})
        elif text and text in CLOSE and len(groups) > 1:
            closed.append(groups.pop())
        elif text and text in BARS and "form" not in core.attrib:
            groups[-1].setdefault(text, []).append(core)
    for text, bars in [item for group in (*groups, *closed) for item in group.items()]:
        if len(bars) == 1:
            bars[0].attrib |= {"form": "infix", "lspace": THICK, "rspace": THICK}
        elif len(bars) % 2:
            raise ValueError(f"a {text} has no partner: write \\mid, or \\lvert and \\rvert in pairs")
        for place, bar in enumerate(bars if len(bars) > 1 else []):
            bar.set("form", "postfix" if place % 2 else "prefix")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer "mathml" for the formulas of HTML pages and of slides (`html_math_renderer`)."""
    from docutils import nodes
    from sphinx.errors import SphinxError
    from sphinx.util.logging import get_node_location

    def converted(node: nodes.Element, display: str) -> str:
        """The formula of a node. Raises SphinxError with file and line."""
        try:
            return mathml(node.astext(), display)
        except ValueError as problem:
            place = get_node_location(node)
            raise SphinxError(f"{place}: {problem}" if place else str(problem)) from None

    def inline(translator: Any, node: nodes.Element) -> None:
        """A formula within a line."""
        translator.body.append(f'<span class="math notranslate">{converted(node, "inline")}</span>')
        raise nodes.SkipNode

    def block(translator: Any, node: nodes.Element) -> None:
        """A displayed formula in a box that scrolls by itself."""
        box = {"role": "group", "aria-label": "Formula"}
        translator.body.append(translator.starttag(node, "div", "", CLASS="formula notranslate", **box))
        translator.body.append(converted(node, "block") + "</div>\n")
        raise nodes.SkipNode

    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
