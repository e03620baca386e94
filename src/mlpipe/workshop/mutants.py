"""One-change mutants of an answer: what a slip of the pen or of the mind makes of right code.

A check that is worth its name refuses each of them, unless it computes the same.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from itertools import chain, zip_longest
from typing import Any

SIBLINGS = (  # names that are taken for each other
    *(("min", "max"), ("minimum", "maximum"), ("argmin", "argmax"), ("nanmin", "nanmax"), ("fmin", "fmax")),
    *(("sum", "mean"), ("nansum", "nanmean"), ("mean", "median"), ("sum", "cumsum"), ("cumsum", "cumprod")),
    *(("floor", "ceil"), ("ceil", "round"), ("floor", "round"), ("log", "log2"), ("log", "log10"), ("log2", "log10")),
    *(("log", "log1p"), ("exp", "expm1"), ("zeros", "ones"), ("zeros_like", "ones_like"), ("any", "all")),
    *(("std", "var"), ("argsort", "sort"), ("sum", "prod")),
    *(("first", "last"), ("head", "tail"), ("ffill", "bfill"), ("union1d", "intersect1d"), ("gt", "ge"), ("lt", "le")),
    *(("append", "extend"), ("hstack", "vstack"), ("row", "col"), ("multiply", "add"), ("sqrt", "square")),
)
COMPARISONS = (
    *((ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Lt, ast.Gt), (ast.LtE, ast.GtE), (ast.Eq, ast.NotEq)),
    *((ast.In, ast.NotIn), (ast.Is, ast.IsNot)),
)
ARITHMETIC = (
    *((ast.Add, ast.Sub), (ast.Mult, ast.Div), (ast.Add, ast.Mult), (ast.Div, ast.FloorDiv), (ast.Mult, ast.Pow)),
    *((ast.BitAnd, ast.BitOr), (ast.BitOr, ast.BitXor), (ast.LShift, ast.RShift)),
)
COMMUTE = (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr, ast.BitXor)
CASTS = ("to_numpy", "tolist", "copy", "array", "asarray", "list", "tuple", "float", "dtype")  # a result has any form
SYMMETRIC = ("min", "max", "minimum", "maximum", "fmin", "fmax", "hypot")
METHODS_THAT_RETURN_NOTHING = ("append", "add", "extend", "update")
WORDS = (("left", "right"), ("first", "last"), ("sum", "mean"), ("inner", "left"), ("forward", "backward"))


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """Each one-change mutant of the last function of a text.

    Parameters
    ----------
    source : Python code that ends with a function

    Yields
    ------
    tuple of str
        What changed, as the line reads now, and the code. No code comes twice.
    """
    tree = ast.parse(source)
    before, seen = ast.unparse(tree).splitlines(), {ast.unparse(tree)}
    for _ in chain(_other_expressions(tree), _without_a_statement(tree)):
        code = ast.unparse(ast.fix_missing_locations(tree))
        if code not in seen:
            seen.add(code)
            yield _changed(before, code.splitlines()), code


def _changed(before: list[str], after: list[str]) -> str:
    """The lines that differ, as they read now; for one that is gone, what it was."""
    pairs = [(old, new) for old, new in zip_longest(before, after, fillvalue="") if old != new]
    return " / ".join(f"not: {old.strip()}" if new.strip() in ("", "pass") else new.strip() for old, new in pairs)


def _other_expressions(tree: ast.Module) -> Iterator[None]:
    """Put each alternative of each expression of the last function into the tree, yield, and take it out again."""
    function = tree.body[-1]
    names = [argument.arg for argument in function.args.args]  # type: ignore[attr-defined]
    arguments = tuple(zip(names, names[1:] + names[:1], strict=True))
    for parent in list(ast.walk(function)):
        for field, value in list(ast.iter_fields(parent)):
            places = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
            for index, node in places:
                if not isinstance(node, ast.expr) or isinstance(parent, ast.arguments) or _is_a_length(parent):
                    continue
                tests = field in ("test", "ifs") or isinstance(parent, ast.BoolOp)
                squared = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow)
                for other in chain(_alternatives(node, arguments, squared), _constants(True, False) if tests else ()):
                    _put(parent, field, index, other)
                    yield
                    _put(parent, field, index, node)


def _is_a_length(node: ast.AST) -> bool:
    """`len(x)`: another argument in it is often as long on purpose."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len"


def _put(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def _constants(*values: Any) -> Iterator[ast.Constant]:
    return (ast.Constant(value) for value in values)


def _pairs(kinds: tuple, of: object) -> Iterator:
    """What stands beside `of` in the pairs."""
    return (two for pair in kinds for one, two in (pair, pair[::-1]) if one == of)


def _alternatives(node: ast.expr, arguments: tuple, squared: bool) -> Iterator[ast.expr]:
    """What else could stand in the place of a node; `arguments` are pairs of an argument and the next."""

    def changed(**fields: object) -> ast.expr:
        other = copy.deepcopy(node)
        for name, value in fields.items():
            setattr(other, name, value)
        return other

    match node:
        case ast.Constant(value=bool() as value):
            yield from _constants(not value)
        case ast.Constant(value=int() | float() as value):
            yield from _constants(value + 1, value - 1, 2 * value)
        case ast.Constant(value=str() as value):
            yield from _constants(*_pairs(WORDS, value))
        case ast.Compare(ops=[op, *more]):
            yield from (changed(ops=[kind(), *more]) for kind in _pairs(COMPARISONS, type(op)))
        case ast.BinOp(op=op, left=left, right=right):
            yield from (changed(op=kind()) for kind in _pairs(ARITHMETIC, type(op)))
            yield from (left, right)
            if not isinstance(op, COMMUTE) and not squared:
                yield changed(left=right, right=left)
        case ast.BoolOp(op=op, values=[*values]):
            yield changed(op=ast.Or() if isinstance(op, ast.And) else ast.And())
            yield from values
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.IfExp(body=body, orelse=orelse):
            yield from (body, orelse)
        case ast.Name(id=name) if isinstance(node.ctx, ast.Load):
            yield from (changed(id=other) for other in _pairs((*SIBLINGS, *arguments), name))
        case ast.Attribute(attr=name, value=value):
            yield from (changed(attr=other) for other in _pairs(SIBLINGS, name))
            if name == "T":
                yield value
        case ast.Call(func=func, args=args, keywords=keywords):
            called = getattr(func, "attr", getattr(func, "id", ""))
            if isinstance(func, ast.Attribute) and called not in (*CASTS, *METHODS_THAT_RETURN_NOTHING):
                yield func.value  # a step of a chain left out
            if args and not isinstance(args[0], ast.Starred) and called not in CASTS:
                yield args[0]
            if len(args) > 1:
                if called not in SYMMETRIC:
                    yield changed(args=[args[1], args[0], *args[2:]])
                yield changed(args=args[:-1])
            for keyword in keywords:
                if keyword.arg not in CASTS:
                    yield changed(keywords=[other for other in keywords if other is not keyword])
        case ast.Slice(lower=lower, upper=upper):
            one = ast.Constant(1)
            yield from (changed(lower=None), changed(lower=one)) if lower else (changed(lower=one),)
            yield from (changed(upper=None), changed(upper=ast.BinOp(upper, ast.Add(), one))) if upper else ()
        case ast.Tuple(elts=[first, second, *more]) | ast.List(elts=[first, second, *more]):
            if isinstance(node.ctx, ast.Load):
                yield changed(elts=[second, first, *more])
        case ast.Subscript(value=value, slice=inner) if isinstance(node.ctx, ast.Load):
            if isinstance(inner, ast.Compare | ast.Name | ast.Slice | ast.UnaryOp):
                yield value  # not chosen from


def _without_a_statement(tree: ast.Module) -> Iterator[None]:
    """Take each statement of the last function out, yield, and put it back."""
    for parent in list(ast.walk(tree.body[-1])):
        for field in ("body", "orelse"):
            block = getattr(parent, field, None)
            if not isinstance(block, list):
                continue
            for index, node in enumerate(block):
                if isinstance(node, ast.Return | ast.Pass | ast.FunctionDef):
                    continue
                block[index] = ast.Pass()
                yield
                block[index] = node
