"""Classes as the search for texts reads them: which fields they have, and what the class itself gives them."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator

from auditkit.translating.modules import Function, assigned


def fields(holder: ast.ClassDef) -> list[str]:
    """The annotated names of a class, in order: a dataclass takes them in its calls."""
    return [one.target.id for one in holder.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)]


@functools.cache
def members(holder: ast.ClassDef) -> frozenset[str]:
    """Every attribute that the source of a class names as its own."""
    found = {name for one in holder.body for name, _ in assigned(one)} | set(fields(holder))
    found |= {one.name for one in holder.body if isinstance(one, Function)}
    return frozenset(found | {one.attr for one in ast.walk(holder) if isinstance(one, ast.Attribute) and _is_own(one)})


def bases(holder: ast.ClassDef) -> list[str]:
    """The names of what it is made from."""
    return [one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "") for one in holder.bases]


def own_values(holder: ast.ClassDef, name: str) -> Iterator[ast.expr]:
    """What the class itself makes an attribute: its default, what its methods assign, what a property returns."""
    for statement in holder.body:
        yield from (value for given, value in assigned(statement) if given == name)
        if isinstance(statement, Function) and statement.name == name:
            yield from returned(statement)
    for one in ast.walk(holder):
        if isinstance(one, ast.Assign) and any(_is_own(target, name) for target in one.targets):
            yield one.value


def returned(function: Function) -> list[ast.expr]:
    """What a function returns, as it is written; a generator gives a tuple of what it yields."""
    nodes = list(ast.walk(function))
    yielded = [one.value for one in nodes if isinstance(one, ast.Yield) and one.value is not None]
    made: list[ast.expr] = [ast.Tuple(yielded, ast.Load())] if yielded else []
    return made + [one.value for one in nodes if isinstance(one, ast.Return) and one.value is not None]


def annotated(function: Function, name: str) -> set[str]:
    """The names in the annotation of a parameter."""
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return {
        part.id
        for one in arguments
        if one.arg == name and one.annotation is not None
        for part in ast.walk(one.annotation)
        if isinstance(part, ast.Name)
    }


def _is_own(node: ast.expr, name: str | None = None) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and getattr(node.value, "id", "") == "self"
        and (name is None or node.attr == name)
    )
