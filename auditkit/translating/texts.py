"""Every text that a report can print, and where it is written."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from auditkit.plugin import Check
from auditkit.translating.flow import Flow
from auditkit.translating.modules import Each, argument, called, read_modules

HOST = "auditkit"
SHARED = "shared"
"""What stands for the packages of a text that several of them write."""

_CARD = ("title", "asks", "formula", "undefined", "misleads")
_PLACEHOLDER = re.compile(r"\{\w+(?::\w+)?\}")
_JOINTS = ("{sentence}.",)
_NOT_SHOWN = ("auditkit/newplugin", "auditkit/translating", "auditkit/testing/results.py", "auditkit/testing/cards.py")
"""What no report shows: what writes a plugin's first files, and the results of tests."""


@dataclass
class Texts:
    """Texts by the package that they are written in."""

    found: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    """Package -> text -> the files that it is in."""
    plurals: dict[str, str] = field(default_factory=dict)
    """The text of one thing -> that of many."""
    lost: set[tuple[str, int, str]] = field(default_factory=set)
    """File, line and source of a text that no search could follow to where it is written."""

    def add(self, package: str, text: str, file: str) -> None:
        """Remember one, unless it is nothing to translate."""
        if (
            any(one.isalpha() for one in _PLACEHOLDER.sub("", text))
            or len(_PLACEHOLDER.findall(text)) > 1
            or text in _JOINTS
        ):
            self.found.setdefault(package, {}).setdefault(text, set()).add(file)

    def by_owner(self) -> dict[str, dict[str, list[str]]]:
        """Package -> text -> its files; what several packages write belongs to the host, or is shared."""
        packages: dict[str, set[str]] = {}
        files: dict[str, set[str]] = {}
        for package, texts in self.found.items():
            for text, where in texts.items():
                packages.setdefault(text, set()).add(package)
                files.setdefault(text, set()).update(where)
        owned: dict[str, dict[str, list[str]]] = {}
        for text, among in packages.items():
            owner = HOST if HOST in among else SHARED if len(among) > 1 else next(iter(among))
            owned.setdefault(owner, {})[text] = sorted(files[text])
        return owned


def add_code(texts: Texts, root: Path, folders: Sequence[Path]) -> None:
    """What modules say, by reading them."""
    flow = Flow(read_modules(root, folders))
    for module in flow.modules.values():
        if module.path.as_posix().startswith(_NOT_SHOWN):
            continue
        for call in module.calls:
            if called(call) == "plural" and len(call.args) > 2:  # noqa: PLR2004  one, many, how many
                one, many = (next(flow.texts(node, module))[0] for node in call.args[:2])
                texts.plurals[one] = many
                texts.add(HOST, one, module.path.as_posix())
            for node in _said(call):
                found = list(flow.texts(node, module))
                for text, where in found:
                    texts.add(where.name.partition(".")[0], text, where.path.as_posix())
                if not found:
                    texts.lost.add((module.path.as_posix(), call.lineno, ast.unparse(node)))


def _said(call: ast.Call) -> Iterator[ast.expr]:
    """The arguments of a call that are texts of a report."""
    name = called(call)
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    about = getattr(receiver, "id", "") or getattr(receiver, "attr", "")
    if name == "map" and len(call.args) > 1 and ast.unparse(call.args[0]) == "Text.of":
        yield Each(call.args[1])
    for place, keyword in _SAYS.get((name, about if name in _OF_ANYTHING else ""), ()):
        if (node := argument(call, place, keyword)) is not None:
            yield node


_OF_ANYTHING = ("of", "say", "translate", "explained")
"""Names that others give to other things: what they are called on says which is meant."""
_FIRST = ((0, "msgid"),)
_SAYS: dict[tuple[str, str], tuple[tuple[int | None, str], ...]] = {
    ("of", "Text"): _FIRST,
    ("Text", ""): ((None, "msgid"),),
    ("NotApplicable", ""): ((0, "message"), (None, "hint")),
    ("crashed", ""): ((2, "hint"),),
    ("planted", ""): ((0, "title"),),
    ("clean", ""): ((0, "title"),),
    ("MetricCard", ""): tuple((None, one) for one in _CARD),
    ("explained", "wording"): _FIRST,
    **{(name, about): _FIRST for name in ("say", "translate") for about in ("wording", "self", "")},
}
"""What is called, and on what -> place and name of the arguments that are texts."""


def add_checks(texts: Texts, root: Path, checks: Iterable[Check]) -> None:
    """What checks say of themselves: their titles, what they ask, their cards and known cases."""
    for check in checks:
        package = check.run.__module__.partition(".")[0]
        file = Path(inspect.getsourcefile(check.run) or "").resolve()
        where = file.relative_to(root).as_posix() if file.is_relative_to(root) else file.name
        said = [check.title, check.text, *(known.title for known in check.controls)]
        said += [known.expected.msgid for known in check.controls]
        said += [getattr(card, name) for card in check.metrics for name in _CARD]
        for text in said:
            texts.add(package, text, where)


def add_templates(texts: Texts, root: Path, package: str, folder: Path) -> None:
    """What templates say in `_("...")`."""
    from jinja2 import Environment
    from jinja2.ext import extract_from_ast

    environment = Environment(autoescape=True)
    for path in sorted(folder.rglob("*.j2")):
        for _, _, said in extract_from_ast(environment.parse(path.read_text(encoding="utf-8"))):
            if isinstance(said, str):
                texts.add(package, said, path.relative_to(root).as_posix())
