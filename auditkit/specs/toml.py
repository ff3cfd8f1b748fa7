"""TOML with lines: the values by the standard library, the place of each by tree-sitter."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import tree_sitter
import tree_sitter_toml

from auditkit.errors import SpecError
from auditkit.specs.source import DEEPEST, Keys, misread, shown

_MANY_LINES = 1000

# What tomllib says -> what a person can act on. The first whose left side is found counts.
_MISTAKES = (
    ("Illegal character '\\n'", "has a text that is not closed", 'close it with a second "'),
    ("Found invalid character '\\n'", "has a text that is not closed", "close it with a second '"),
    ("Found invalid character", "has a character that TOML does not allow", "remove it"),
    ("Illegal character", "has a character that TOML does not allow", "remove it, or write it as \\u and four digits"),
    ("Unterminated string", "begins a text that is not closed", 'close it with """'),
    ("Expected \"'", "begins a text that is not closed", "close it with a second '"),
    ("Cannot overwrite a value", "gives a key a second time", "keep one of the two"),
    ("Cannot declare", "declares a table a second time", "put its keys under the first one; [[...]] makes a list"),
    ("Cannot mutate immutable", "adds to a value that is closed already", "write it in one place"),
    ("Cannot redefine namespace", "gives a key a second time", "keep one of the two"),
    ("Duplicate inline table key", "gives a key a second time", "keep one of the two"),
    ("Unclosed array", "begins a list that is not closed", "close it with ]"),
    ("Unclosed inline table", "begins a table that is not closed on its line", "close it with }, on the same line"),
    ("Expected '=' after a key", "has no = after its key", 'write it as: key = "value"'),
    (
        "Unescaped '\\'",
        "has a \\ that TOML takes for an escape",
        "put the text in single quotation marks: 'C:\\models'",
    ),
    ("Expected newline", "goes on after its value", "one key a line; text and leading zeros need quotation marks"),
    ("Invalid date or datetime", "has a date that does not exist", "write it as 2027-01-31"),
    ("at the end of a table declaration", "begins a table name that is not closed", "close it with ]"),
    ("at the end of an array declaration", "begins a table name that is not closed", "close it with ]]"),
    ("Invalid initial character for a key", "has a key that needs quotation marks", 'write it as: "my key" = 1'),
    ("Invalid statement", "is not TOML", 'write it as: key = "value"'),
)


def parse_toml(text: str, name: str) -> tuple[dict[str, Any], dict[Keys, int]]:
    """The values in a TOML text, and the line of each; raise SpecError for what is not TOML."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(text, name, str(error)) from None
    except ValueError:  # Python reads no integer of more than 4300 digits
        raise misread(name, 1, "a number has more digits than can be read", "stay under 2**53") from None
    language = tree_sitter.Language(tree_sitter_toml.language())
    root = tree_sitter.Parser(language).parse(text.encode()).root_node
    return content, dict(_first_places(root))


def _first_places(root: tree_sitter.Node) -> dict[Keys, int]:
    lines: dict[Keys, int] = {}
    for keys, line in _statements(root):
        for end in range(1, min(len(keys), DEEPEST) + 1):
            lines.setdefault(keys[:end], line)
    return lines


def _statements(root: tree_sitter.Node) -> Iterator[tuple[Keys, int]]:
    tables: Counter[Keys] = Counter()
    """How many tables each list of tables has so far: a later header means the last of them."""
    for node in root.named_children:
        if node.type == "pair":
            yield from _pair(node, ())
        elif node.type in {"table", "table_array_element"}:
            head, *pairs = [child for child in node.named_children if child.type != "comment"]
            keys = _table_keys(head, tables, is_list=node.type == "table_array_element")
            yield keys, _line(node)
            for pair in pairs:
                yield from _pair(pair, keys)


def _table_keys(head: tree_sitter.Node, tables: Counter[Keys], *, is_list: bool) -> Keys:
    names = _key(head)
    keys: Keys = ()
    for depth, part in enumerate(names, start=1):
        keys = (*keys, part)
        if is_list and depth == len(names):
            tables[keys] += 1
        if tables[keys]:
            keys = (*keys, tables[keys] - 1)
    return keys


def _pair(node: tree_sitter.Node, table: Keys) -> Iterator[tuple[Keys, int]]:
    parts = [child for child in node.named_children if child.type != "comment"]
    if node.type == "pair" and len(parts) > 1:
        keys = (*table, *_key(parts[0]))
        yield keys, _line(node)
        yield from _inside(parts[1], keys)


def _inside(node: tree_sitter.Node, keys: Keys) -> Iterator[tuple[Keys, int]]:
    if len(keys) > DEEPEST:
        return
    children = [child for child in node.named_children if child.type != "comment"]
    if node.type == "inline_table":
        for pair in children:
            yield from _pair(pair, keys)
    elif node.type == "array":
        for place, item in enumerate(children):
            yield (*keys, place), _line(item)
            yield from _inside(item, (*keys, place))


def _key(node: tree_sitter.Node) -> list[str]:
    table: Any = tomllib.loads(f"{(node.text or b'').decode()} = 0")
    names = []
    while isinstance(table, dict):
        ((part, table),) = table.items()
        names.append(part)
    return names


def _line(node: tree_sitter.Node) -> int:
    return node.start_point[0] + 1


def _syntax_error(text: str, name: str, said: str) -> SpecError:
    place = re.search(r" \(at line (\d+), column (\d+)\)$", said)
    problem = said.rpartition(" (at ")[0]
    line, column = (int(place[1]), int(place[2])) if place else (_unfinished_line(text), len(text))
    statement = (text.split("\n")[line - 1 : line] or [""])[0]
    # A value that is looked for before the = belongs to a list that began above.
    is_inside_a_list = column <= statement.find("=")
    statement = statement.strip()
    if problem == "Invalid value":
        return misread(name, line, *(_unclosed_before(statement) if is_inside_a_list else _bad_value(statement)))
    for sign, message, hint in _MISTAKES:
        if sign in problem:
            return misread(name, line, f"{shown(statement)} {message}", hint)
    return misread(name, line, f"{shown(statement)} is not TOML", "see https://toml.io for how values are written")


def _unclosed_before(statement: str) -> tuple[str, str]:
    return f"{shown(statement)} comes where a list is not closed yet", "close the list above it with ]"


def _bad_value(statement: str) -> tuple[str, str]:
    key, _, value = (part.strip() for part in statement.partition("="))
    if not value and "=" in statement:
        return f"{shown(statement)} has no value", "give it one, or remove the line"
    if value.lower() in {"true", "false"}:
        return f"{shown(statement)} has a value that is not TOML", f"write it small: {key} = {value.lower()}"
    if re.fullmatch(r"[\w./ -]+", value):
        return f"{shown(statement)} has a text without quotation marks", f'write it as: {key} = "{value}"'
    if value.startswith("[") and "]" not in value:
        return f"{shown(statement)} begins a list that is not closed", "close it with ]"
    return f"{shown(statement)} has a value that is not TOML", "text stands in straight quotation marks; lists end in ]"


def _unfinished_line(text: str) -> int:
    """Where the statement begins that the end of the text cuts off: after the most lines that can be read."""
    rows = text.rstrip().split("\n")
    if len(rows) > _MANY_LINES:
        return len(rows)
    for count in range(len(rows) - 1, 0, -1):
        try:
            tomllib.loads("\n".join(rows[:count]))
        except ValueError:
            continue
        return count + 1
    return 1
