"""YAML with lines, read by the rules of YAML 1.2: a spec must not turn the label `no` into false, or `02` into 2."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import yaml

from auditkit.errors import SpecError
from auditkit.specs.source import Keys, misread, shown

_TAG = "tag:yaml.org,2002:"

# YAML 1.2, chapter 10.3 (the core schema), with two differences: a number with a leading zero is text, a day a date.
_PLAIN: tuple[tuple[str, str, str], ...] = (
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("float", r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", "-+."),
    ("timestamp", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "0123456789"),
)

_MEANINGS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "null": lambda _: None,
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "int": int,
    "float": lambda text: float(text.replace(".inf", "inf").replace(".nan", "nan")),
    "timestamp": date.fromisoformat,
}

# What PyYAML says -> what a person can act on.
_MISTAKES = (
    ("'\\t' that cannot start", "has a tab where YAML wants spaces", "indent with spaces"),
    (
        "mapping values are not allowed",
        "has a colon that YAML cannot place",
        "put texts with a colon in quotation marks",
    ),
    ("unexpected end of stream", "begins a text that is not closed", 'close it with a second "'),
    ("expected ',' or ']'", "begins a list that is not closed", "close it with ]"),
    ("expected ',' or '}'", "begins a table that is not closed", "close it with }"),
    ("could not find expected ':'", "has no colon after its key", "write it as: key: value"),
    ("unknown escape character", "has a \\ that YAML takes for an escape", "put the text in single quotation marks"),
    ("cannot start any token", "begins with a character that YAML reserves", "put the text in quotation marks"),
    ("expected <block end>", "is not indented like the lines around it", "give keys of one table the same indent"),
    ("found another document", "begins a second document", "remove the line ---"),
    ("alias", "refers to another place in the file", "write the value out where it is used"),
)


class _SpecLoader(yaml.SafeLoader):
    """A composer of nodes only: nothing is constructed by PyYAML, and aliases are refused before they can grow."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event: Any = self.get_event()  # type: ignore[no-untyped-call]  # PyYAML's stubs leave it out
            raise yaml.composer.ComposerError(None, None, "alias", event.start_mark)
        return super().compose_node(parent, index)


_SpecLoader.yaml_implicit_resolvers = {}  # PyYAML's own are those of YAML 1.1
for _kind, _pattern, _starts in _PLAIN:
    _SpecLoader.add_implicit_resolver(
        f"{_TAG}{_kind}", re.compile(rf"^(?:{_pattern})$"), ["" if start == "\0" else start for start in _starts]
    )


def parse_yaml(text: str, name: str) -> tuple[dict[str, Any], dict[Keys, int]]:
    """The values in a YAML text, and the line of each; raise SpecError for what has no place in a spec."""
    try:
        root = yaml.compose(text, _SpecLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise misread(
            name, line, f"the character '0x{error.character:02x}' has no place in a spec", "remove it"
        ) from None
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(text, name, error) from None
    if root is None:
        return {}, {}
    if not isinstance(root, yaml.MappingNode):
        raise misread(name, root.start_mark.line + 1, "the file is not a table of keys", "begin with: name: my audit")
    reader = _NodeReader(name)
    content: dict[str, Any] = reader.read(root, ())
    return content, reader.lines


class _NodeReader:
    """Turns nodes into values and remembers the lines they came from."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Keys, int] = {}

    def read(self, node: yaml.Node, keys: Keys) -> Any:
        """The value of a node; the same as TOML would give."""
        if keys:
            self.lines.setdefault(keys, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self._table(node, keys)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self.read(item, (*keys, place)) for place, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and node.tag.removeprefix(_TAG) in _MEANINGS:
            return _scalar(node)
        raise self._error(node, f"the tag '{node.tag.removeprefix(_TAG)}' has no place in a spec", "remove it")

    def _table(self, node: yaml.MappingNode, keys: Keys) -> dict[str, Any]:
        table: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key in table:
                raise self._error(key_node, f"the key '{key}' is given a second time", "keep one of the two")
            self.lines.setdefault((*keys, key), key_node.start_mark.line + 1)
            table[key] = self.read(value_node, (*keys, key))
        return table

    def _key(self, node: yaml.Node) -> str:
        if isinstance(node, yaml.ScalarNode) and node.tag == f"{_TAG}str":
            return str(node.value)
        if isinstance(node, yaml.ScalarNode):
            hint = f'put it in quotation marks: "{node.value}"'
            raise self._error(node, f"the key '{node.value}' is not text", hint)
        raise self._error(node, "a list or a table cannot be a key", "write a text for the key")

    def _error(self, node: yaml.Node, message: str, hint: str) -> SpecError:
        return misread(self.name, node.start_mark.line + 1, message, hint)


def _scalar(node: yaml.ScalarNode) -> Any:
    try:
        return _MEANINGS[node.tag.removeprefix(_TAG)](node.value)
    except (KeyError, ValueError):  # 2027-02-31 looks like a date; what is not one is a text
        return str(node.value)


def _syntax_error(text: str, name: str, error: yaml.MarkedYAMLError) -> SpecError:
    problem = error.problem or ""
    is_unclosed = "end of stream" in problem or "expected ',' or" in problem
    mark = (error.context_mark if is_unclosed else None) or error.problem_mark
    line = mark.line + 1 if mark else 1
    statement = shown((text.splitlines()[line - 1 : line] or [""])[0].strip())
    for sign, message, hint in _MISTAKES:
        if sign in problem:
            return misread(name, line, f"{statement} {message}", hint)
    return misread(name, line, f"{statement} is not YAML", "see https://yaml.org for how values are written")
