"""What a finished report must not say: texts, names and identifiers of the rows that it is about.

The report is indexed, and the rows are gone through once, in pieces. What a report prints on purpose is no leak: the
words of auditkit and its plugins, of the spec, and the names of classes, groups and columns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from auditkit.disclosure.few import THRESHOLD
from auditkit.disclosure.spoken import BREAK, between_placeholders, runs_of, texts_of, words_of
from auditkit.errors import AuditError
from auditkit.redacting import personal_in

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.dataset import AuditDataset, Split
    from auditkit.redacting import Recogniser

RUN = 6
"""Words in a row that no two people write alike by chance, where fewer than ten of the rows have them."""
LONGEST_NAME = 4
"""Words of a cell that is taken for a name or an identifier and not for a text."""
UNIT = "unit"
"""What the column of units is called here."""
WORD, CELL, NAME, PROSE = "rare word", "cell", "identifier", "run of words"
MOST_CLASSES = 64
"""Of the targets, where few rows have each; of more they are texts."""
_SHORTEST, _FEWEST_DIGITS, _FEWEST_SIGNS, _LONGEST_CELL = 5, 6, 3, 80
_FEWEST_WORDS = 4
"""Of a run, that are no numbers."""
_PIECE, _AT_ONCE = 8192, 512
"""Rows that are read, and cells that are looked at, together."""


class LeakError(AuditError):
    """The report would tell something of a person in the data."""


@dataclass(frozen=True)
class Leak:
    """Something of the rows in the report; never what it says."""

    kind: str
    column: str
    split: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Spoken:
    """What may stand in a report."""

    printed: tuple[str, ...]
    """On purpose: the words of this audit's plugins, of its spec, of its policy."""
    own: tuple[str, ...] = ()
    """What reports say of themselves, whatever is audited."""
    titles: tuple[str, ...] = ()
    """How the audit and the model are called: single words of it are no leak, and a whole name is one."""
    sources: tuple[str, ...] = ()
    """Code, in which the words of a plugin stood before it saw the data: single words of it are no leak."""
    shown: tuple[str, ...] = ()
    """Rows that the spec releases, as examples: no leak but for what is personal in them and who they are of."""
    published: tuple[str, ...] = ()
    """Names and contacts of people who answer for the model: each is no leak as a whole, wherever it stands; a part of
    one, or parts of two, are looked at as anything else is."""
    released: frozenset[str] = frozenset()
    """Columns whose cells may be told."""
    are_released: bool = False
    """Whether the audit rows may be shown, but for what is personal in them and who they are of."""


@dataclass(frozen=True)
class _Asked:
    """What of the report may be of the rows."""

    words: frozenset[str]
    runs: Mapping[str, Sequence[tuple[str, ...]]]
    """By the longest of their words, which the fewest rows have."""
    names: frozenset[tuple[str, ...]]
    cells: frozenset[tuple[str, ...]]
    personal: Mapping[str, str]
    """What recognisers found, in lower case -> its kind."""
    known: frozenset[str]
    """Words that are no leak by themselves."""

    def of_people_alone(self) -> _Asked:
        return replace(self, words=frozenset(), runs={}, cells=frozenset())


def find_leaks(
    said: Iterable[str], dataset: AuditDataset, spoken: Spoken, recognisers: Sequence[Recogniser] = ()
) -> list[Leak]:
    """What of the rows stands in the texts of a report.

    A word, a run of six words or a whole short cell is looked for where it is not the report's own and fewer than ten
    rows have it; an identifier of a unit, and what a recogniser finds in the report, however many do.

    Args:
        said: every text of the report.
        dataset: the rows of all splits.
        spoken: what may stand in it.
        recognisers: of personal data: what they find in the report is looked for in the rows.
    """
    texts = [_without(text, spoken.published) for text in dict.fromkeys(said)]
    asked = _asked([text for text in texts if text.strip()], dataset, spoken, recognisers)
    leaks: list[Leak] = []
    for split in dataset.splits:
        wanted = asked.of_people_alone() if spoken.are_released and split.name == "audit" else asked
        for column, found in _found(split, wanted).items():
            if column not in spoken.released:
                leaks += (Leak(kind, column, split.name, words) for kind, words in found)
        for column, names in _names(split):
            if column not in spoken.released:
                leaks += _in_names(split.name, column, names, asked.names)
    if not leaks:
        return leaks
    # Last: the code of all plugins is long, and of most reports nothing is left that could be from there.
    coded = _all_words(spoken.sources)
    return [leak for leak in leaks if not _is_coded(leak, coded, asked.known)]


def _without(text: str, published: Sequence[str]) -> str:
    """A text with a break in the place of each name that is published; the longest go first."""
    for name in sorted(published, key=len, reverse=True):
        if name and name in text:
            text = text.replace(name, BREAK)
    return text


def _is_coded(leak: Leak, coded: Collection[str], known: Collection[str]) -> bool:
    """Whether the code of a plugin accounts for it: a word, a name of one word, all words of something personal."""
    if leak.kind in (WORD, CELL, NAME):
        return len(leak.words) == 1 and leak.words[0] in coded
    return leak.kind != PROSE and all(one in known or one in coded for one in words_of(leak.words[0]))


@lru_cache(maxsize=4)
def _all_words(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(chain.from_iterable(map(words_of, texts)))


def _asked(texts: Sequence[str], dataset: AuditDataset, spoken: Spoken, recognisers: Sequence[Recogniser]) -> _Asked:
    own, own_runs = _known(spoken.own)
    printed, printed_runs = _known((*spoken.printed, *_on_purpose(dataset)))
    printed |= own
    titled, titled_runs = _known(spoken.titles)
    shown, shown_runs = _known(spoken.shown)
    known, known_runs = printed | titled, own_runs | printed_runs | titled_runs
    words: set[str] = set()
    runs: set[tuple[str, ...]] = set()
    names: set[tuple[str, ...]] = set()
    for text in texts:
        found = words_of(text)
        words.update(
            one for one in found if one not in known and one not in shown and not one.isdigit() and _is_telling((one,))
        )
        names.update(name for name in _short_runs(found) if _is_telling(name) and not printed.issuperset(name))
        runs.update(
            run for run in runs_of(text, RUN) if run not in known_runs and run not in shown_runs and _is_prose(run)
        )
    by_word: dict[str, list[tuple[str, ...]]] = {}
    for run in sorted(runs):
        by_word.setdefault(max(run, key=len), []).append(run)
    cells = frozenset(name for name in names if not shown.issuperset(name))
    return _Asked(frozenset(words), by_word, frozenset(names), cells, _personal(texts, recognisers, known), known)


def _short_runs(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for length in range(1, LONGEST_NAME + 1):
        for start in range(len(words) - length + 1):
            yield tuple(words[start : start + length])


@lru_cache(maxsize=8)
def _known(texts: tuple[str, ...]) -> tuple[frozenset[str], frozenset[tuple[str, ...]]]:
    """Their words, and their runs; of what every report says a process finds them once."""
    words: set[str] = set()
    runs: set[tuple[str, ...]] = set()
    for text in texts:
        for part in between_placeholders(text):
            words.update(words_of(part))
            runs.update(runs_of(part, RUN))
    return frozenset(words), frozenset(runs)


def _on_purpose(dataset: AuditDataset) -> Iterator[str]:
    """Names of classes, groups and columns: of these the report is about."""
    for split in dataset.splits:
        yield split.name
        if split.targets is not None and len(split.targets.vocabulary) <= max(MOST_CLASSES, len(split) // THRESHOLD):
            yield from split.targets.vocabulary
        for name, codes in (*split.groups.items(), *split.readers.items()):
            yield name
            yield from codes.vocabulary
        for piece in _pieces(split, most=1):
            yield from map(str, piece.columns)


def _is_telling(words: tuple[str, ...]) -> bool:
    """Whether it is long enough not to stand in a report by chance; reports are full of short numbers and of dates."""
    said = "".join(words)
    if said.isdigit():
        return len(words) == 1 and len(said) >= _FEWEST_DIGITS
    return len(said) >= (_SHORTEST if said.isascii() else _FEWEST_SIGNS)


def _is_prose(run: tuple[str, ...]) -> bool:
    return sum(not one.isdigit() for one in run) >= _FEWEST_WORDS


@lru_cache(maxsize=4096)
def _pattern(run: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"[\W_]*".join(map(re.escape, run)))


def _personal(texts: Sequence[str], recognisers: Sequence[Recogniser], known: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts if recognisers else ():
        if known.issuperset(words_of(text)):
            continue
        for one in personal_in(text, recognisers):
            value = text[one.start : one.end].casefold()
            if not known.issuperset(words_of(value)) and not _DATE.fullmatch(value) and len(value) >= _SHORTEST:
                found[value] = one.kind
    return found


_DATE = re.compile(r"[\d\s./:tz+-]*")
"""The report has dates of its own; those of the rows are no names."""


def _pieces(split: Split, *, most: int | None = None) -> Iterator[pd.DataFrame]:
    """The inputs as tables of some rows; nothing of pictures and other inputs that hold no texts."""
    import pandas as pd

    inputs = split.inputs
    if hasattr(inputs, "iloc"):
        for start in range(0, min(len(inputs), most or len(inputs)), _PIECE):
            piece = inputs.iloc[start : start + _PIECE]
            piece = piece.to_frame() if isinstance(piece, pd.Series) else piece
            if isinstance(piece, pd.DataFrame):
                yield piece
    if split.truth is not None and hasattr(split.truth, "texts"):
        yield pd.DataFrame({"target": list(split.truth.texts)})


def _names(split: Split) -> Iterator[tuple[str, Iterable[str]]]:
    """What names people: units, each of which is one, and rare quasi-identifiers."""
    if split.units is not None:
        yield UNIT, split.units.vocabulary
    for name, codes in split.quasi_identifiers.items():
        counts = codes.counts()
        yield name, [label for label, rows in zip(codes.vocabulary, counts, strict=True) if rows < THRESHOLD]


def _in_names(split: str, column: str, names: Iterable[str], asked: Collection[tuple[str, ...]]) -> Iterator[Leak]:
    for name in names:
        words = tuple(words_of(name))
        if words in asked:
            yield Leak(NAME, column, split, words)


def _found(split: Split, asked: _Asked) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """Column -> what few of its rows have, and what is personal in any: its kind, and the words."""
    import pandas as pd

    rows: dict[str, Counter[tuple[str, tuple[str, ...]]]] = {}
    words: dict[str, set[str]] = {}
    for piece in _pieces(split):
        for name in piece.columns:
            if pd.api.types.is_numeric_dtype(piece[name].dtype) or pd.api.types.is_bool_dtype(piece[name].dtype):
                continue
            hits = rows.setdefault(str(name), Counter())
            wanted = words.setdefault(str(name), set(asked.words))
            cells = Counter(cell for cell in piece[name] if isinstance(cell, str))
            _count(cells, replace(asked, words=frozenset(wanted)), hits)
            wanted -= {one[0] for (kind, one), count in hits.items() if kind == WORD and count >= THRESHOLD}
    personal = set(asked.personal.values())
    return {
        name: [one for one, count in hits.items() if count < THRESHOLD or one[0] in personal]
        for name, hits in rows.items()
    }


def _count(cells: Mapping[str, int], asked: _Asked, hits: Counter[tuple[str, tuple[str, ...]]]) -> None:
    """Add how many rows have each; some rows are looked at together first, since most hold nothing."""
    for some in _batched(cells.items()):
        together = "\n".join(cell for cell, _ in some).casefold()
        here = set(words_of(together))
        words = here & asked.words
        runs = [
            (run, one)
            for word in here & asked.runs.keys()
            for run in asked.runs[word]
            if here.issuperset(run) and (one := _pattern(run)).search(together)
        ]
        personal = [value for value in asked.personal if value in together]
        for cell, count in some:
            text = cell.casefold()
            if len(text) <= _LONGEST_CELL or any(one in text for one in words):
                found = words_of(text)
                hits.update(dict.fromkeys(((WORD, (one,)) for one in words.intersection(found)), count))
                if len(found) <= LONGEST_NAME and tuple(found) in asked.cells:
                    hits[CELL, tuple(found)] += count
            hits.update({(PROSE, run): count for run, one in runs if one.search(text)})
            hits.update({(asked.personal[value], (value,)): count for value in personal if value in text})


def _batched(cells: Iterable[tuple[str, int]]) -> Iterator[list[tuple[str, int]]]:
    left = iter(cells)
    while some := list(islice(left, _AT_ONCE)):
        yield some


def refuse_leaks(
    files: Mapping[str, bytes],
    dataset: AuditDataset,
    spoken: Spoken,
    recognisers: Sequence[Recogniser] = (),
    *,
    place_of: Callable[[Leak], str] = lambda _: "",
) -> None:
    """Raise LeakError where a file of a bundle tells something of the rows; what it tells is not in the error.

    Args:
        files: name -> content.
        dataset: the rows.
        spoken: see `find_leaks`.
        recognisers: see `find_leaks`.
        place_of: in which part of the result it stands, in words; empty: it stands in none.
    """
    said = {name: list(texts_of(name, content)) for name, content in files.items()}
    leaks = find_leaks(chain.from_iterable(said.values()), dataset, spoken, recognisers)
    if not leaks:
        return
    first = leaks[0]
    where = [name for name, texts in said.items() if any(_holds(text, first) for text in texts)]
    place = place_of(first) or "a part that the result does not have"
    more = f", and {len(leaks) - 1} more" if len(leaks) > 1 else ""
    what = f"{first.kind} of the column '{first.column}' of the {first.split} rows"
    raise LeakError(
        f"{' and '.join(where[:3]) or 'the report'} would tell personal data: a {what}{more}. It stands in {place}",
        hint="nothing was written. Have it left out there; or, if the column may be told: "
        f'[report] released = ["{first.column}"]',
    )


def _holds(text: str, leak: Leak) -> bool:
    if len(leak.words) == 1 and leak.words[0] in text.casefold():
        return True
    return leak.words in set(runs_of(text, len(leak.words)))


def place_in(result: Mapping[str, Any]) -> Callable[[Leak], str]:
    """Says in which section of a result, as its JSON value, something stands."""

    def found(leak: Leak) -> str:
        for place, text in _places(result, ()):
            if _holds(text, leak):
                return place
        return ""

    return found


def _places(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield _said(path), value
    elif isinstance(value, list):
        for one in value:
            name = one.get("check") if isinstance(one, dict) and path == ("findings",) else None
            yield from _places(one, (f"check '{name}'",) if name else path)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield _said((*path, "a name of a key")), key
            yield from _places(one, (*path, key) if len(path) < 2 or path[-1] != key else path)  # noqa: PLR2004


def _said(path: tuple[str, ...]) -> str:
    return ", ".join(path[:2]) if path else "the result"
