"""Check that docstrings say what the code does: `python .ci/docstrings.py [FOLDER OF A PACKAGE]`, here src/mlpipe.

Each public function, class and method of the pipeline, and each that a notebook takes from the rest, lists its
arguments under Parameters, in their order (a dataclass its fields under Attributes), has Returns where it returns
something, and Raises where it raises: itself, or through the functions of its package that it calls and whose errors it
does not catch. A summary is enough for what has no arguments, and for what a base class documents: a method with the
same arguments, the construction. Ruff checks the form of the sections.
"""

import ast
import dataclasses
import functools
import importlib
import inspect
import re
import sys
import textwrap
from pathlib import Path

INTERNAL = (  # modules and folders of src/mlpipe that serve the package itself: only what a folder exports is checked
    "arguments",  # its first lines say once what all of its functions do
    "course",
    "interview",
    "workshop",
)
STARS = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}


def public_members(thing, module):
    """The public functions and classes of a module, and the public methods of its classes, with their names."""
    for name, member in vars(thing).items():
        member = member.fget if isinstance(member, property) else inspect.unwrap(getattr(member, "__func__", member))
        if name.startswith("_") or not (inspect.isfunction(member) or inspect.isclass(member)):
            continue
        if member.__module__ == module:
            yield member
            if inspect.isclass(member):
                yield from public_members(member, module)


def exports(name):
    """What a package exports; a module that is none exports nothing."""
    return getattr(importlib.import_module(name), "__all__", ())


def sections(docstring):
    """The names that each section of a docstring lists, one or several a line, before a colon."""
    parts = re.split(r"^(\w[\w ]*)\n-+\n", inspect.cleandoc(docstring or ""), flags=re.MULTILINE)
    return {
        title: [name for line in re.findall(r"^\S.*", text, re.MULTILINE) for name in line.split(" : ")[0].split(", ")]
        for title, text in zip(parts[1::2], parts[2::2], strict=True)
    }


@functools.cache
def syntax(thing):
    """The syntax tree of a function, or of the methods that construct a class."""
    if inspect.isfunction(thing):
        return ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0]
    body = ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0].body
    return ast.Module([node for node in body if getattr(node, "name", "") in ("__init__", "__post_init__")], [])


def returns(node):
    """Whether a function returns or yields something, the functions inside it aside."""
    inner = (child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.FunctionDef | ast.Lambda))
    gives = isinstance(node, ast.Return) and ast.unparse(node) not in ("return", "return None")
    return gives or isinstance(node, ast.Yield | ast.YieldFrom) or any(map(returns, inner))


def raised(thing, seen):
    """The exceptions that a function raises, itself or through the functions of its package that it calls."""
    seen.add(thing)
    known, found = vars(sys.modules[thing.__module__]), set()
    tried = [node.body for node in ast.walk(syntax(thing)) if isinstance(node, ast.Try) and node.handlers]
    caught = {inner for body in tried for statement in body for inner in ast.walk(statement)}
    for node in ast.walk(syntax(thing)):
        if node in caught:
            continue
        if isinstance(node, ast.Raise) and node.exc:
            found.add(ast.unparse(getattr(node.exc, "func", node.exc)))
        elif isinstance(node, ast.Call):
            name, _, attribute = ast.unparse(node.func).partition(".")
            called = known.get(name)
            called = getattr(called, attribute, None) if inspect.ismodule(called) else called
            ours = str(getattr(called, "__module__", "")).partition(".")[0] == thing.__module__.partition(".")[0]
            if ours and called not in seen and (inspect.isfunction(called) or inspect.isclass(called)):
                found |= raised(called, seen)
    return {name for name in found if name[0].isupper()}  # not a variable, nor a function that makes an exception


def is_documented_above(thing):
    """Whether a base class documents a method of this name and these arguments, or the construction of this class."""
    if inspect.isclass(thing):
        told = set().union(*(sections(base.__doc__) for base in inspect.getmro(thing)[1:]))
        return "__init__" not in vars(thing) and not told.isdisjoint({"Parameters", "Attributes"})
    owner = vars(sys.modules[thing.__module__]).get(thing.__qualname__.rpartition(".")[0])
    bases = inspect.getmro(owner)[1:] if inspect.isclass(owner) else ()
    replaced = [vars(base)[thing.__name__] for base in bases if inspect.isfunction(vars(base).get(thing.__name__))]
    names = list(inspect.signature(thing).parameters)
    return any(list(inspect.signature(other).parameters) == names and sections(other.__doc__) for other in replaced)


def faults(thing):
    """What is wrong with the docstring of a function or class."""
    found = sections(thing.__doc__)
    if (inspect.isclass(thing) and issubclass(thing, BaseException)) or (not found and is_documented_above(thing)):
        return
    title = "Attributes" if dataclasses.is_dataclass(thing) else "Parameters"
    listed = found.get(title, [])
    arguments = [
        STARS.get(argument.kind, "") + name
        for name, argument in inspect.signature(thing).parameters.items()
        if name not in ("self", "cls")
    ]
    yield from (f"{name} is not under {title}" for name in arguments if name not in listed)
    yield from (f"{name} is under {title}, and no argument" for name in listed if name not in arguments)
    if sorted(listed) == sorted(arguments) and listed != arguments:
        yield f"{title} are not in the order of the arguments"
    if inspect.isfunction(thing):
        given, told = returns(syntax(thing)), not {"Returns", "Yields"}.isdisjoint(found)
        if told and not given:
            yield "Returns is there, and nothing returned"
        if given and not told and arguments:
            yield "Returns is missing"
    if arguments:
        yield from (
            f"{name} is not under Raises" for name in sorted(raised(thing, set()) - set(found.get("Raises", [])))
        )


def main(folder):
    """Print each fault with the place of its function; return what the process exits with."""
    sys.path.insert(0, str(folder.resolve().parent))
    n_checked, n_faults = 0, 0
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        if any(part.startswith("_") for part in parts):
            continue
        module = importlib.import_module(".".join(parts))
        exported = exports(".".join(parts[:2])) if parts[1] in INTERNAL else None
        for thing in public_members(module, module.__name__):
            if exported is not None and thing.__qualname__.partition(".")[0] not in exported:
                continue
            n_checked += 1
            for fault in faults(thing):
                n_faults += 1
                print(f"{path}:{inspect.getsourcelines(thing)[1]}: {thing.__qualname__}: {fault}")
    if not n_checked:
        return f"{folder} holds no public function or class; expected the folder of a package, such as src/mlpipe"
    return int(n_faults > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "src/mlpipe")))
