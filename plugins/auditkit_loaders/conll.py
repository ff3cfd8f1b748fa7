"""Labelled sentences, a token a line: columns of tags become spans of the sentence's text."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit import DataError, loader
from auditkit_loaders.kinds import refuse_other_kinds, wrong_encoding
from auditkit_loaders.recognise_others import recognise_conll

if TYPE_CHECKING:
    import pandas as pd

DOCUMENT = "-DOCSTART-"


@loader("conll", recognises=recognise_conll)
def load_conll(
    path: Path,
    *,
    target: str | tuple[str, ...] | None,
    predicted: str | None,
    columns: tuple[str, ...] = ("token", "target", "predicted"),
    encoding: str = "utf-8",
) -> pd.DataFrame:
    """One token a line, its columns separated by spaces or tabs; a blank line ends the sentence, which is one row.

    `columns` names the columns in order, the token first. The row's `text` is its tokens with one space between. The
    columns that `target` and `predicted` name hold tags (IOB1, IOB2 or IOBES), which become spans of that text; any
    other holds what it says, with spaces between. `-DOCSTART-` begins another `document`, and a line `# sex = F` fills
    a column `sex` from there to the end of the sentence.
    """
    tagged = [name for name in (target, predicted) if isinstance(name, str)]
    _refuse_columns(columns, tagged)
    return load_sentences(path, columns, tagged=tagged, encoding=encoding)


def load_sentences(
    path: Path, columns: Sequence[str], *, tagged: Sequence[str], encoding: str = "utf-8", most: int | None = None
) -> pd.DataFrame:
    """One row a sentence, of the first `most`; the columns in `tagged` hold spans.

    Raises:
        DataError: there is no token, or a line is not as its columns say.
    """
    import pandas as pd

    sentences = itertools.islice(_sentences(path, columns, encoding, tagged), most)
    rows = [sentence.row(columns, tagged) for sentence in sentences]
    if not rows:
        raise DataError(f"'{path.name}' holds no token", hint="one token a line, a blank line between sentences")
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in names}, dtype=object
    )


def _refuse_columns(columns: Sequence[str], tagged: Sequence[str]) -> None:
    if len(columns) < 2 or len(set(columns)) < len(columns):  # noqa: PLR2004  a token and its tag
        raise DataError(f"columns are {list(columns)}", hint="name the token and each tag, all different")
    for name in tagged:
        if name not in columns[1:]:
            raise DataError(
                f"'{name}' is none of the columns of tags, {list(columns[1:])}",
                hint=f"name the file's columns in order: [data] columns = ['token', ..., '{name}']",
            )


@dataclass
class _Sentence:
    """What has been read of a sentence."""

    document: int
    said: dict[str, str] = field(default_factory=dict)
    tokens: list[list[str]] = field(default_factory=list)

    def row(self, columns: Sequence[str], tagged: Sequence[str]) -> dict[str, Any]:
        """The sentence as a row of the table."""
        words = [token[0] for token in self.tokens]
        row: dict[str, Any] = {"text": " ".join(words), "document": str(self.document), **self.said}
        for place, name in enumerate(columns[1:], start=1):
            cells = [token[place] for token in self.tokens]
            row[name] = list(spans_of(words, cells)) if name in tagged else " ".join(cells)
        return row


def _sentences(path: Path, columns: Sequence[str], encoding: str, tagged: Sequence[str]) -> Iterator[_Sentence]:
    sentence = _Sentence(0)
    places = [columns.index(name) for name in tagged]
    for number, line in enumerate(_lines(path, encoding), start=1):
        cells = line.split()
        if not cells:
            if sentence.tokens:
                yield sentence
                sentence = _Sentence(sentence.document)
        elif cells[0] == DOCUMENT:
            sentence.document += 1
        elif cells[0] == "#" and not sentence.tokens and "=" in line:
            key, _, value = line.lstrip("# ").partition("=")
            sentence.said[key.strip()] = value.strip()
        elif len(cells) != len(columns):
            raise DataError(
                f"'{path.name}' line {number} has {len(cells)} columns, where there are {len(columns)}: {line[:40]!r}",
                hint=f"name them in order: [data] columns = {list(columns)}",
            )
        elif (bad := next((place for place in places if _parts(cells[place]) is None), None)) is not None:
            raise DataError(
                f"'{path.name}' line {number}: '{cells[bad]}' in the column '{columns[bad]}' is no tag",
                hint="O, or B-, I-, E- or S- and a label; of BILOU, write U- as S- and L- as E-",
            )
        else:
            sentence.tokens.append(cells)
    if sentence.tokens:
        yield sentence


def _lines(path: Path, encoding: str) -> Iterator[str]:
    try:
        refuse_other_kinds(path, encoding)
        with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding) as stream:
            for line in stream:
                yield line.rstrip("\r\n")
    except (UnicodeError, LookupError) as error:
        raise wrong_encoding(path, encoding, error) from error


def spans_of(words: Sequence[str], tags: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The entities that tags spell, as spans of the words with one space between, the end left out.

    A tag is `O`, or a label after `B-`, `I-`, `E-` or `S-`; another label, or `B-`, begins another entity, and so does
    `I-` with none before it: the reading of conlleval and, outside its strict mode, of seqeval.
    """
    start, label, end = 0, "", 0
    for before, tag, at, word in _walk(words, tags):
        mark, _, name = tag.partition("-")
        if label and (mark in "OBS" or name != label or before in "ES"):
            yield {"start": start, "end": end, "label": label}
            label = ""
        if mark != "O" and not label:
            start, label = at, name
        end = at + len(word)
    if label:
        yield {"start": start, "end": end, "label": label}


def _walk(words: Sequence[str], tags: Sequence[str]) -> Iterator[tuple[str, str, int, str]]:
    """The mark of the tag before, the tag, where its word begins, and the word."""
    at, before = 0, "O"
    for word, given in zip(words, tags, strict=True):
        parts = _parts(given)
        if parts is None:
            raise DataError(f"'{given}' at the token '{word}' is no tag", hint="O, or B-, I-, E- or S- and a label")
        yield before, given, at, word
        at, before = at + len(word) + 1, parts[0]


def _parts(tag: str) -> tuple[str, str] | None:
    """The mark and the label of a tag; None: it is no tag."""
    mark, _, name = tag.partition("-")
    is_tag = tag == "O" or (mark in {"B", "I", "E", "S"} and name != "")
    return (mark, name) if is_tag else None
