"""Cells of a table as conversations: a plain text, put into the user's words, or a JSON list of messages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditkit import DataError, ModelError, canonical_label

PLACE = "{prompt}"
ROLES = ("system", "user", "assistant", "developer")

Message = Mapping[str, str]
Conversation = tuple[Message, ...]


@dataclass(frozen=True)
class Framing:
    """What is put around the text of every row."""

    template: str = PLACE
    """The user's words, with the row's text at `{prompt}`."""
    system: str | None = None
    """What the model is told before anybody speaks."""
    guard: Callable[[str], str] = str
    """Is given what a row says, and nothing that the spec says."""

    def __post_init__(self) -> None:
        if PLACE not in self.template:
            raise ModelError(
                f"[model] template is {self.template!r:.80}, which has no place for the row's text",
                hint=f'template = "Question: {PLACE}\\nAnswer:"',
            )

    def conversation(self, cell: str) -> Conversation:
        """What the model is told and asked of one row."""
        found = _messages(cell)
        if found is None:
            # Not str.format: a text may hold braces of its own.
            found = ({"role": "user", "content": self.template.replace(PLACE, self.guard(cell))},)
        else:
            found = tuple({**one, "content": self.guard(one["content"])} for one in found)
        if self.system is not None and found[0]["role"] not in {"system", "developer"}:
            found = ({"role": "system", "content": self.system}, *found)
        return found


def read_conversations(inputs: Any, framing: Framing) -> list[Conversation]:
    """The conversations of a Series, of a table with one column, or of a list.

    Raises:
        DataError: there are several columns, a row has no text, or its messages are none.
    """
    columns = getattr(inputs, "columns", None)
    if columns is not None:
        if len(columns) != 1:
            named = ", ".join(repr(str(name)) for name in columns) or "none"
            raise DataError(
                f"a chat model reads one column, and [data] input names {len(columns)}: {named}",
                hint='[data] input = "prompt", the column of the prompts',
            )
        inputs = inputs[columns[0]]
    return [_conversation(cell, place, framing) for place, cell in enumerate(inputs, start=1)]


def _conversation(cell: Any, row: int, framing: Framing) -> Conversation:
    if not isinstance(cell, str) and canonical_label(cell) is not None:
        raise DataError(
            f"the prompt in row {row} is a {type(cell).__name__}, not a text: {cell!r:.60}",
            hint='[data] input = "prompt", the column of the prompts',
        )
    if not isinstance(cell, str) or not cell.strip():
        raise DataError(
            f"the prompt in row {row} is missing or empty",
            hint="a row without a prompt does not belong in the data of a chat model",
        )
    try:
        return framing.conversation(cell)
    except DataError as error:
        raise DataError(f"the prompt in row {row}: {error.message}", hint=error.hint) from error


def _messages(cell: str) -> Conversation | None:
    """The messages that a cell lists; None: it is plain text, also one that begins with a bracket.

    Raises:
        DataError: it lists objects that are no messages.
    """
    if not cell.lstrip().startswith("["):
        return None
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):  # a number of thousands of digits is a ValueError too
        return None
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        return None
    for place, one in enumerate(found, start=1):
        if set(one) != {"role", "content"} or not all(isinstance(value, str) for value in one.values()):
            raise DataError(
                f"message {place} has the keys {', '.join(map(repr, sorted(one)))[:100]}",
                hint='each message is {"role": "user", "content": "..."}',
            )
        if not one["content"].isascii() and any("\ud800" <= char <= "\udfff" for char in one["content"]):
            raise DataError(
                f"message {place} holds half of a surrogate pair, which is no character", hint="leave it out"
            )
        if one["role"] not in ROLES:
            raise DataError(f"message {place} has the role '{one['role'][:60]}'", hint=f"one of {', '.join(ROLES)}")
    if found[-1]["role"] != "user":
        raise DataError(
            f"the last message is the {found[-1]['role']}'s, and nobody is asked", hint="end with the user's message"
        )
    return tuple({"role": one["role"], "content": one["content"]} for one in found)


def as_plain_text(conversation: Conversation) -> str:
    """What a model without a chat template is given: the system's words, an empty line, the user's.

    Raises:
        ModelError: there is more than that.
    """
    spoken = [one for one in conversation if one["role"] not in {"system", "developer"}]
    if len(spoken) != 1:
        raise ModelError(
            f"a prompt has {len(conversation)} messages, and the tokenizer has no chat template to put them together",
            hint="save one beside the model: tokenizer.chat_template = ...; or give each row one plain text",
        )
    return "\n\n".join(one["content"] for one in conversation)


def bytes_of(conversation: Sequence[Message]) -> int:
    """Bytes of all its words in UTF-8: no tokenizer in use makes more tokens of a text than it has bytes."""
    return sum(len(one["content"].encode("utf-8", errors="replace")) for one in conversation)
