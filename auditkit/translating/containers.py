"""Containers as the search for texts reads them: what a literal gives to a loop, and to an index."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from auditkit.translating.modules import Each


def parts(value: ast.expr) -> list[ast.expr]:
    """What a loop over a literal goes through; a part in a star, and each side of a sum, as one `Each`."""
    if isinstance(value, ast.Tuple | ast.List | ast.Set):
        return [Each(one.value) if isinstance(one, ast.Starred) else one for one in value.elts]
    if isinstance(value, ast.Dict):
        return [key for key in value.keys if key is not None]
    if isinstance(value, ast.ListComp | ast.GeneratorExp | ast.SetComp):
        return [value.elt]
    if isinstance(value, ast.DictComp):
        return [value.key]
    return [Each(value.left), Each(value.right)] if isinstance(value, ast.BinOp) else []


def indexed(value: ast.expr, place: object) -> Sequence[ast.expr]:
    """What `value[place]` can be; `place` is None when it is not written down: then any of them."""
    if isinstance(value, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in value.keys]
        chosen = [one for key, one in zip(keys, value.values, strict=True) if place in (None, key)]
        return chosen or value.values
    if isinstance(value, ast.Tuple | ast.List):
        is_place = isinstance(place, int) and -len(value.elts) <= place < len(value.elts)
        return [value.elts[place]] if isinstance(place, int) and is_place else value.elts
    if isinstance(value, ast.DictComp):
        return [value.value]
    return [value.elt] if isinstance(value, ast.ListComp | ast.GeneratorExp) else []


def several(nodes: Sequence[ast.expr]) -> ast.Tuple:
    """A tuple that nobody wrote."""
    return ast.Tuple(list(nodes), ast.Load())
