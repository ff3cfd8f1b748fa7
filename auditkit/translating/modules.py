"""Python source as the search for texts reads it: modules, their functions, classes and constants, by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Each(ast.expr):
    """One of the things that a loop goes through."""

    _fields = ("iterable",)

    def __init__(self, iterable: ast.expr) -> None:
        super().__init__()
        self.iterable = iterable


@dataclass(eq=False)
class Module:
    """One file."""

    path: Path
    """From the folder that its distribution lies in."""
    name: str
    tree: ast.Module
    constants: dict[str, list[ast.expr]] = field(default_factory=dict)
    """Name -> what is assigned to it, at the top."""
    functions: dict[str, list[Function]] = field(default_factory=dict)
    """Methods too."""
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name -> module and the name there."""
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    calls: list[ast.Call] = field(default_factory=list)

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a node stands in, from the inside."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def function_of(self, node: ast.AST) -> Function | None:
        """The innermost function that a node stands in."""
        return next((one for one in self.above(node) if isinstance(one, Function)), None)

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        """The innermost class that a node stands in."""
        return next((one for one in self.above(node) if isinstance(one, ast.ClassDef)), None)


def read_modules(root: Path, folders: Sequence[Path]) -> dict[str, Module]:
    """Every module below folders that lie in `root`, by its dotted name."""
    found = {}
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            inside = path.relative_to(folder.parent)
            name = ".".join(inside.with_suffix("").parts).removesuffix(".__init__")
            found[name] = _read(path, path.relative_to(root), name)
    return found


def _read(path: Path, shown: Path, name: str) -> Module:
    module = Module(shown, name, ast.parse(path.read_text(encoding="utf-8")))
    waiting: list[ast.AST] = [module.tree]
    while waiting:
        node = waiting.pop()
        children = list(ast.iter_child_nodes(node))
        waiting += children
        module.parents |= dict.fromkeys(children, node)
        if isinstance(node, Function):
            module.functions.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.ClassDef):
            module.classes[node.name] = node
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            module.imports |= {(one.asname or one.name): (node.module, one.name) for one in node.names}
        elif isinstance(node, ast.Call):
            module.calls.append(node)
    for statement in module.tree.body:
        for name_, value in assigned(statement):
            module.constants.setdefault(name_, []).append(value)
    return module


def assigned(statement: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The names that a statement gives a value to, where each has one of its own."""
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield from _pairs(target, statement.value)
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and statement.value is not None:
        yield from _pairs(statement.target, statement.value)
    elif isinstance(statement, ast.For | ast.AsyncFor | ast.comprehension):
        yield from _pairs(statement.target, Each(statement.iter))


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, given in zip(target.elts, value.elts, strict=True):
            yield from _pairs(one, given)
    elif isinstance(target, ast.Tuple):
        for place, one in enumerate(target.elts):
            yield from _pairs(one, ast.Subscript(value, ast.Constant(place), ast.Load()))


def called(node: ast.Call) -> str:
    """The last name of what is called: `of` in `Text.of(...)`."""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def argument(node: ast.Call, place: int | None, name: str) -> ast.expr | None:
    """An argument by its place or its name; None when it is not given, or hidden in a star."""
    for keyword in node.keywords:
        if keyword.arg == name:
            return keyword.value
    if (
        place is None
        or not 0 <= place < len(node.args)
        or any(isinstance(one, ast.Starred) for one in node.args[: place + 1])
    ):
        return None
    return node.args[place]


def parameters(function: Function, *, is_method: bool = False) -> dict[str, int | None]:
    """Parameter -> its place in a call; None where it is given by name alone."""
    places: list[ast.arg] = [*function.args.posonlyargs, *function.args.args]
    found: dict[str, int | None] = {one.arg: place - is_method for place, one in enumerate(places)}
    return found | {one.arg: None for one in function.args.kwonlyargs}


def default(function: Function, name: str) -> ast.expr | None:
    """What a parameter is when nothing is given."""
    places = [*function.args.posonlyargs, *function.args.args]
    with_default = places[len(places) - len(function.args.defaults) :]
    known: Mapping[str, ast.expr | None] = {
        **{one.arg: value for one, value in zip(with_default, function.args.defaults, strict=True)},
        **{one.arg: value for one, value in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)},
    }
    return known.get(name)
