"""The layers of the package: a module imports only from what stands above it, and no two import each other."""

import ast
from pathlib import Path

import pytest
from helpers import ROOT

SOURCE = ROOT / "src"
# The order of the pipeline, as the README and the folders tell it.
LAYERS = (
    *("paths", "arguments", "datasets", "simulator", "worlds", "splits", "features", "recommenders", "ctr"),
    *(
        "ranking_metrics",
        "click_metrics",
        "uncertainty",
        "experiments",
        "monitoring",
        "retrieval",
        "serving",
        "scale",
        "envelope",
        "plots",
        "course",
        "interview",
        "workshop",
    ),
)


def modules(source):
    """The package's modules by their dotted names."""
    found = {}
    for path in sorted(source.rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(path, name, known):
    """The modules of the package that one of them imports, anywhere in its text, also inside functions and strings."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name in known)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: len(package.split(".")) + 1 - node.level]) if node.level else ""
            origin = ".".join(filter(None, (base, node.module)))
            inner = [f"{origin}.{one.name}" for one in node.names if f"{origin}.{one.name}" in known]
            yield from inner
            if len(inner) < len(node.names) and origin in known:
                yield origin


def graph(source):
    known = modules(source)
    return {name: {one for one in imported(path, name, known) if one != name} for name, path in known.items()}


def layer(name):
    return LAYERS.index(name.split(".")[1])


def upward(uses):
    """Imports from a module that stands below, in words."""
    return [
        f"{name} imports {other}, which stands below it"
        for name, others in uses.items()
        for other in sorted(others)
        if "." in name and "." in other and layer(other) > layer(name)
    ]


def circle(uses):
    """A path of imports that comes back to where it began, or None."""
    done = set()

    def walk(name, path):
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return None
        for other in sorted(uses[name]):
            if found := walk(other, [*path, name]):
                return found
        done.add(name)
        return None

    return next((found for name in uses if (found := walk(name, []))), None)


def test_every_module_has_its_layer():
    names = {name.split(".")[1] for name in modules(SOURCE) if "." in name}
    assert names == set(LAYERS)


def test_modules_import_only_from_above():
    assert upward(graph(SOURCE)) == []


def test_no_two_modules_import_each_other():
    assert circle(graph(SOURCE)) is None


@pytest.fixture
def package(tmp_path):
    """A package of three modules, to which a test adds imports."""
    for name in ("__init__", "datasets", "splits", "course/__init__", "course/claims"):
        path = tmp_path / "mlpipe" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("from mlpipe import datasets\n" if name == "splits" else "")
    return tmp_path


@pytest.mark.parametrize(
    "text",
    [
        "from mlpipe.course import claims",
        "from mlpipe.course.claims import claim",
        "import mlpipe.course.claims",
        "def f():\n    from mlpipe import splits",
        "if False:\n    from . import splits",
    ],
)
def test_an_import_upwards_is_found(package, text):
    assert upward(graph(package)) == []
    Path(package / "mlpipe/datasets.py").write_text(text)
    assert len(upward(graph(package))) == 1


def test_a_circle_is_found_also_inside_a_function(package):
    assert circle(graph(package)) is None
    Path(package / "mlpipe/datasets.py").write_text("def f():\n    from mlpipe.splits import by_time")
    assert circle(graph(package)) == ["mlpipe.datasets", "mlpipe.splits", "mlpipe.datasets"]


def test_exercises_need_nothing_of_the_course_but_their_form():
    known = modules(SOURCE)
    for path in (ROOT / "lessons").rglob("[!.]*/*.py"):  # not the copies that JupyterLab keeps
        if path.stem != "lesson":
            above = {one for one in imported(path, "exercise", known) if layer(one) >= LAYERS.index("course")}
            assert above <= {"mlpipe.course.definition"}, path
