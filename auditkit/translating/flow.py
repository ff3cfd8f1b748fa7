"""Where a text comes from: what an expression can be, followed through names, calls, containers and dataclasses.

No code is run. What cannot be followed gives nothing: whoever asks sees that, and says where.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from auditkit.translating.classes import annotated, bases, fields, members, own_values, returned
from auditkit.translating.containers import indexed, parts, several
from auditkit.translating.modules import Each, Function, Module, argument, assigned, called, default, parameters

_COPIES = {"tuple", "list", "sorted", "reversed", "iter", "set", "frozenset", "dict", "fromkeys", "next", "filter"}
_MAPPINGS = {"MappingProxyType"}
_DEEPEST = 9
"""Names, calls and fields that a text may pass through."""
_SAID_ELSEWHERE = {"message", "msgid", "hint", "title", "text"}
"""Fields of what is itself a text: it was found where it was made."""
_MOST_CLASSES = 3
_MOST = 64
"""Ways of putting one text together out of parts."""

Placed = tuple[ast.expr, Module]


@dataclass
class Flow:
    """Finds the texts that an expression can be, over all modules at once."""

    modules: Mapping[str, Module]
    _calls: dict[str, list[tuple[ast.Call, Module]]] = field(default_factory=dict)
    _classes: dict[str, list[tuple[ast.ClassDef, Module]]] = field(default_factory=dict)
    _known: dict[int, tuple[ast.expr, list[Placed]]] = field(default_factory=dict)
    _busy: set[int] = field(default_factory=set)
    _depth: int = 0
    _bound: dict[int, dict[str, list[ast.expr]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index the modules."""
        for module in self.modules.values():
            for call in module.calls:
                self._calls.setdefault(called(call), []).append((call, module))
            for name, one in module.classes.items():
                self._classes.setdefault(name, []).append((one, module))

    def texts(self, node: ast.expr, module: Module) -> Iterator[tuple[str, Module]]:
        """The texts that an expression can be, each with the module that it is written in."""
        if id(node) in self._busy:
            return
        self._busy.add(id(node))
        try:
            yield from list(self._texts(node, module))
        finally:
            self._busy.discard(id(node))

    def _texts(self, node: ast.expr, module: Module) -> Iterator[tuple[str, Module]]:
        for value, where in self.values(node, module):
            if isinstance(value, ast.Constant):
                if isinstance(value.value, str):
                    yield value.value, where
            elif isinstance(value, ast.JoinedStr):
                yield from self._joined(value.values, where)
            elif isinstance(value, ast.BinOp):
                yield from self._joined([value.left, value.right], where)
            elif isinstance(value, ast.FormattedValue) and isinstance(value.value, ast.Name | ast.IfExp):
                yield from self.texts(value.value, where)

    def _joined(self, parts: Iterable[ast.expr], module: Module) -> Iterator[tuple[str, Module]]:
        made = [""]
        for part in parts:
            ends = list(dict.fromkeys(text for text, _ in self.texts(part, module)))
            made = [start + end for start in made for end in ends][:_MOST]
        for text in made:
            yield text, module

    def values(self, node: ast.expr, module: Module) -> Iterator[Placed]:
        """What an expression can be, as literals and calls of classes."""
        known = self._known.get(id(node))
        if known is None:
            if self._depth > _DEEPEST:
                return
            self._depth += 1
            # What leads back to itself adds nothing; the node is kept, so that its id stays its own.
            self._known[id(node)] = (node, [])
            unique = {id(value): (value, where) for value, where in self._values(node, module)}
            known = self._known[id(node)] = (node, list(unique.values()))
            self._depth -= 1
        yield from known[1]

    def _values(self, node: ast.expr, module: Module) -> Iterator[Placed]:
        inside = _choices(node)
        if inside:
            for one in inside:
                yield from self.values(one, module)
        elif isinstance(node, ast.Name):
            yield from self._named(node, module)
        elif isinstance(node, ast.Subscript):
            yield from self._indexed(node, module)
        elif isinstance(node, Each):
            yield from self._elements(node.iterable, module)
        elif isinstance(node, ast.Attribute):
            yield from self._attribute(node, module)
        elif isinstance(node, ast.Call):
            yield from self._called(node, module)
        else:
            yield node, module

    def _named(self, node: ast.Name, module: Module) -> Iterator[Placed]:
        for scope in module.above(node):
            if isinstance(scope, Function | ast.Lambda):
                found = self._bindings(scope).get(node.id, [])
                for value in found:
                    yield from self.values(value, module)
                if isinstance(scope, Function) and scope.args.vararg and scope.args.vararg.arg == node.id:
                    yield from self._rest(scope, module)
                    return
                if isinstance(scope, Function) and node.id in parameters(scope):
                    yield from self._given(node.id, scope, module)
                    return
                if found:
                    return
            elif isinstance(scope, ast.stmt) and module.parents.get(scope) is module.tree:
                found = self._bindings(scope).get(node.id, [])
                if found and node.id not in module.constants:
                    for value in found:
                        yield from self.values(value, module)
                    return
        yield from self._global(node, node.id, module)

    def _bindings(self, scope: ast.AST) -> dict[str, list[ast.expr]]:
        if id(scope) not in self._bound:
            bound: dict[str, list[ast.expr]] = {}
            for one in ast.walk(scope):
                for name, value in assigned(one):
                    bound.setdefault(name, []).append(value)
            self._bound[id(scope)] = bound
        return self._bound[id(scope)]

    def _global(self, node: ast.expr, name: str, module: Module) -> Iterator[Placed]:
        if name in module.constants:
            for value in module.constants[name]:
                yield from self.values(value, module)
        elif name in module.imports and module.imports[name][0] in self.modules:
            there, known = module.imports[name]
            yield from self._global(node, known, self.modules[there])

    def _given(self, name: str, function: Function, module: Module) -> Iterator[Placed]:
        """What the calls of a function give for one of its parameters."""
        holder = module.parents.get(function)
        is_static = any(getattr(one, "id", "") == "staticmethod" for one in function.decorator_list)
        is_method = isinstance(holder, ast.ClassDef) and not is_static
        place = parameters(function, is_method=is_method).get(name)
        if (value := default(function, name)) is not None:
            yield from self.values(value, module)
        names = [function.name]
        if isinstance(holder, ast.ClassDef) and function.name == "__init__":
            names = [holder.name, *(["cls"] if holder else [])]
        for call, where in [one for each in names for one in self._calls.get(each, [])]:
            if self._means(call, where, function, holder, module):
                given = argument(call, place, name)
                if given is not None:
                    yield from self.values(given, where)

    def _rest(self, function: Function, module: Module) -> Iterator[Placed]:
        """What the calls of a function give for the parameter that takes all the rest."""
        holder = module.parents.get(function)
        start = len(function.args.args) - isinstance(holder, ast.ClassDef)
        for call, where in self._calls.get(function.name, []):
            if self._means(call, where, function, holder, module):
                yield several(call.args[start:]), where

    def _means(self, call: ast.Call, where: Module, function: Function, holder: ast.AST | None, module: Module) -> bool:
        """Whether a call of that name is a call of this function."""
        if isinstance(call.func, ast.Attribute) and not isinstance(holder, ast.ClassDef):
            return self._module_of(call.func.value, where) is module
        if isinstance(call.func, ast.Attribute):
            return _package(where) == _package(module) or _is_host(module)
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if where is module:
            return not isinstance(holder, ast.ClassDef) or function.name == "__init__"
        there, known = where.imports.get(name, ("", ""))
        return known == (holder.name if isinstance(holder, ast.ClassDef) else function.name) and self._leads(
            there, known, module
        )

    def _module_of(self, node: ast.expr, where: Module) -> Module | None:
        """The module that a name stands for, as in `from package import module`."""
        there, known = where.imports.get(getattr(node, "id", ""), ("", ""))
        return self.modules.get(f"{there}.{known}")

    def _leads(self, there: str, name: str, module: Module) -> bool:
        """Whether an import ends in this module, through modules that pass the name on."""
        for _ in range(4):
            if there == module.name:
                return True
            if there not in self.modules or name not in self.modules[there].imports:
                return False
            there, name = self.modules[there].imports[name]
        return False

    # Containers

    def _indexed(self, node: ast.Subscript, module: Module) -> Iterator[Placed]:
        place = node.slice.value if isinstance(node.slice, ast.Constant) else None
        for value, where in self.values(node.value, module):
            # A call here is of a named tuple, which is taken apart.
            given = argument(value, place, "") if isinstance(value, ast.Call) and isinstance(place, int) else None
            for one in [given] if given is not None else indexed(value, place):
                yield from self.values(one, where)

    def _elements(self, node: ast.expr, module: Module) -> Iterator[Placed]:
        """What a loop over an expression goes through."""
        if self._depth > _DEEPEST:
            return
        self._depth += 1
        found = list(self._items(node, module))
        self._depth -= 1
        yield from found

    def _items(self, node: ast.expr, module: Module) -> Iterator[Placed]:
        name = called(node) if isinstance(node, ast.Call) else ""
        if not isinstance(node, ast.Call):
            pass
        elif name in _COPIES and node.args:
            yield from self._elements(node.args[-1] if name == "filter" else node.args[0], module)
            return
        elif name == "enumerate":
            yield several([ast.Constant(0), Each(node.args[0])]), module
            return
        elif name == "zip":
            yield several([Each(one) for one in node.args if not isinstance(one, ast.Starred)]), module
            return
        elif name in ("items", "values") and isinstance(node.func, ast.Attribute):
            for value, where in self.values(node.func.value, module):
                yield from self._of_mapping(value, where, pairs=name == "items")
            return
        for value, where in self.values(node, module):
            for one in parts(value):
                yield from self.values(one, where)

    def _of_mapping(self, value: ast.expr, where: Module, *, pairs: bool) -> Iterator[Placed]:
        if self._depth > _DEEPEST:
            return
        if isinstance(value, ast.Dict):
            for key, one in zip(value.keys, value.values, strict=True):
                if key is None:
                    for inner, there in self.values(one, where):
                        if inner is not value:
                            yield from self._of_mapping(inner, there, pairs=pairs)
                elif pairs:
                    yield several([key, one]), where
                else:
                    yield from self.values(one, where)
        elif isinstance(value, ast.DictComp):
            yield (several([value.key, value.value]) if pairs else value.value), where

    # Calls and attributes

    def _called(self, node: ast.Call, module: Module) -> Iterator[Placed]:
        name = called(node)
        if name in ("of", "Text") or (name in self._classes and name not in _MAPPINGS):
            yield node, module
        elif name == "get" and isinstance(node.func, ast.Attribute):
            yield from self._indexed(ast.Subscript(node.func.value, ast.Name("_", ast.Load()), ast.Load()), module)
            if len(node.args) > 1:
                yield from self.values(node.args[1], module)
        elif name in _MAPPINGS and node.args:
            yield from self.values(node.args[0], module)
        elif name in _COPIES and node.args:
            elements = list(self._elements(node.args[0], module))
            if name == "next":
                yield from elements
            else:
                yield several([one for one, _ in elements]), module
        else:
            yield from self._returned(node, name, module)

    def _returned(self, node: ast.Call, name: str, module: Module) -> Iterator[Placed]:
        for function, where in self._functions(node, name, module):
            for one in returned(function):
                yield from self.values(one, where)

    def _functions(self, node: ast.Call, name: str, module: Module) -> Iterator[tuple[Function, Module]]:
        is_plain = isinstance(node.func, ast.Name)
        if name in module.functions:
            yield from ((one, module) for one in module.functions[name])
            return
        if is_plain:
            there, known = module.imports.get(name, ("", ""))
            for _ in range(4):
                other = self.modules.get(there)
                if other is None:
                    return
                if known in other.functions:
                    yield from ((one, other) for one in other.functions[known])
                    return
                there, known = other.imports.get(known, ("", ""))
            return
        for other in self.modules.values():
            if _package(other) == _package(module) and name in other.functions:
                yield from ((one, other) for one in other.functions[name])

    def _attribute(self, node: ast.Attribute, module: Module) -> Iterator[Placed]:
        if node.attr in _SAID_ELSEWHERE:
            return
        if (there := self._module_of(node.value, module)) is not None:
            yield from self._global(node, node.attr, there)
            return
        for holder, where in self._holders(node, module):
            yield from self._field(holder, node.attr, where)

    def _holders(self, node: ast.Attribute, module: Module) -> Iterator[tuple[ast.ClassDef, Module]]:
        """The classes that could have this attribute: what is known of the object, else all that are near."""
        root = node.value
        if isinstance(root, ast.Name) and root.id in ("self", "cls") and (own := module.class_of(node)) is not None:
            yield own, module
            return
        function = module.function_of(node)
        known = annotated(function, root.id) if isinstance(root, ast.Name) and function is not None else set()
        with_it = [
            (holder, where)
            for each in self._classes.values()
            for holder, where in each
            if _package(where) == _package(module) and node.attr in members(holder)
        ]
        told = [pair for pair in with_it if pair[0].name in known]
        near = [pair for pair in with_it if pair[1] is module or pair[0].name in module.imports]
        chosen = told or near or with_it
        yield from chosen if len(chosen) <= _MOST_CLASSES else ()

    def _field(self, holder: ast.ClassDef, name: str, module: Module) -> Iterator[Placed]:
        for value in own_values(holder, name):
            yield from self.values(value, module)
        names = fields(holder)
        if name not in names:
            return
        place = names.index(name) + self._inherited(holder)
        children = [one.name for some in self._classes.values() for one, _ in some if holder.name in bases(one)]
        for maker in (holder.name, *children, "cls", "replace"):
            for call, where in self._calls.get(maker, []):
                is_here = where is module and module.class_of(call) is holder
                if (maker == "cls" and not is_here) or _package(where) != _package(module):
                    continue
                given = argument(call, None if maker == "replace" else place, name)
                if given is not None:
                    yield from self.values(given, where)

    def _inherited(self, holder: ast.ClassDef) -> int:
        above = [one for base in bases(holder) for one, _ in self._classes.get(base, [])[:1]]
        return sum(len(fields(one)) + self._inherited(one) for one in above)


def _choices(node: ast.expr) -> list[ast.expr]:
    """What an expression is one of."""
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.BoolOp):
        return node.values
    return [node.value] if isinstance(node, ast.NamedExpr | ast.Starred) else []


def _package(module: Module) -> str:
    return module.name.partition(".")[0]


def _is_host(module: Module) -> bool:
    return _package(module) == "auditkit"
