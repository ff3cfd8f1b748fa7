"""The file of templates: lexicons and tests, typed, or an error that says what is wrong with which."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from auditkit import AuditError
from auditkit_robustness.noise.negating import negated

MFT, INV, DIR = "MFT", "INV", "DIR"
KINDS = {
    MFT: "minimum functionality: a label is expected",
    INV: "invariance: all must be answered alike",
    DIR: "direction: a score must move so",
}
MUST = ("fall", "rise", "not fall", "not rise")
NEGATION = "negation"
"""As `changed`: the texts of the templates, negated by what is built in."""

_BY = 0.1
_FILE_KEYS = ("lexicons", "tests")
_TEST_KEYS = {
    MFT: ("templates", "expect"),
    INV: ("templates", "vary", "changed", "by"),
    DIR: ("templates", "changed", "label", "must", "by"),
}


@dataclass(frozen=True)
class Lexicon:
    """The words that may stand in a slot."""

    words: tuple[str, ...]
    parts: tuple[str, ...]
    """[words]: the part of the lexicon that each belongs to; all empty: it has none."""

    @property
    def is_parted(self) -> bool:
        """Whether failures are compared between its parts."""
        return any(self.parts)


@dataclass(frozen=True)
class Template:
    """A text with slots, and what it becomes where a test changes it."""

    text: str
    changed: str | None
    slots: tuple[str, ...]
    """In the order in which they first stand in either."""


@dataclass(frozen=True)
class Test:
    """One behaviour that is asked for."""

    __test__ = False  # pytest would take it for one of its own

    name: str
    kind: str
    templates: tuple[Template, ...]
    expect: str = ""
    """MFT: the label."""
    vary: str = ""
    """INV: the slot whose words must not matter; empty: the changed text must not."""
    label: str = ""
    """DIR: whose score."""
    must: str = ""
    """DIR: how the score must move."""
    by: float = _BY
    """How far a score may move, or, where it must fall or rise, must."""


@dataclass(frozen=True)
class Behaviour:
    """All that a file asks."""

    lexicons: Mapping[str, Lexicon]
    tests: tuple[Test, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Those that the tests name, once each."""
        return tuple(dict.fromkeys(one for test in self.tests for one in (test.expect, test.label) if one))


def read_behaviour(text: str) -> Behaviour:
    """The lexicons and tests of a file.

    Raises:
        AuditError: it is no TOML, or says something that cannot be meant.
    """
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AuditError(f"option 'templates' names a file that is no TOML: {error}", hint=_EXAMPLE) from None
    _refuse_unknown(said, _FILE_KEYS, "the file of templates")
    lexicons = {name: _lexicon(name, words) for name, words in _table(said.get("lexicons", {}), "lexicons").items()}
    tests = said.get("tests", [])
    if not isinstance(tests, list) or not tests:
        raise AuditError("the file of templates has no [[tests]]", hint=_EXAMPLE)
    made = tuple(_test(place, one, lexicons) for place, one in enumerate(tests))
    twice = [test.name for place, test in enumerate(made) if test.name in {one.name for one in made[:place]}]
    if twice:
        raise AuditError(f"two tests are called '{twice[0]}'", hint="give each a name of its own")
    return Behaviour(lexicons, made)


_EXAMPLE = '[[tests]] name = "chest pain is urgent", kind = "MFT", templates = ["She has {pain}."], expect = "urgent"'


def _lexicon(name: str, words: Any) -> Lexicon:
    parts = words if isinstance(words, dict) else {"": words}
    if isinstance(words, dict) and not all(parts):
        raise AuditError(f"lexicon '{name}' has a part without a name", hint='women = ["Anna", "Maria"]')
    found = [(word, part) for part, its in parts.items() for word in _texts(its, f"lexicon '{name}'")]
    if not found or any(not its for its in parts.values()):
        raise AuditError(f"lexicon '{name}' has no words", hint=f'{name} = ["one word", "another"]')
    kept = dict(reversed(found))
    if len(kept) < len(found):
        twice = next(word for place, (word, _) in enumerate(found) if word in dict(found[:place]))
        raise AuditError(f"lexicon '{name}' holds '{twice}' twice", hint="once is enough, in one part")
    return Lexicon(tuple(word for word, _ in found), tuple(part for _, part in found))


def _test(place: int, said: Any, lexicons: Mapping[str, Lexicon]) -> Test:
    given = _table(said, f"test {place + 1}")
    name = given.get("name")
    if not isinstance(name, str) or not name.strip():
        raise AuditError(f"test {place + 1} has no name", hint='name = "chest pain is urgent"')
    kind = given.get("kind")
    if kind not in KINDS:
        hint = "; ".join(f"kind = '{one}', {words}" for one, words in KINDS.items())
        raise AuditError(f"test '{name}' is of the kind '{kind}'", hint=hint)
    _refuse_unknown(given, ("name", "kind", *_TEST_KEYS[kind]), f"test '{name}' of the kind {kind}")
    templates = tuple(_templates(name, given, lexicons))
    how: dict[str, Any] = {key: given[key] for key in ("expect", "vary", "label", "must", "by") if key in given}
    _refuse_wrong(name, kind, how, templates)
    return Test(name, kind, templates, **how)


def _templates(name: str, given: Mapping[str, Any], lexicons: Mapping[str, Lexicon]) -> Iterable[Template]:
    texts = _texts(given.get("templates"), f"test '{name}'")
    if not texts:
        raise AuditError(f"test '{name}' has no templates", hint='templates = ["She has {pain}."]')
    changed = given.get("changed")
    pairs = [None] * len(texts) if changed in (None, NEGATION) else _texts(changed, f"changed of test '{name}'")
    if len(pairs) != len(texts):
        raise AuditError(
            f"test '{name}' has {len(texts)} templates and {len(pairs)} changed ones",
            hint=f"changed says of each template what it becomes, in the same order; or changed = '{NEGATION}'",
        )
    for text, other in zip(texts, pairs, strict=True):
        slots = tuple(dict.fromkeys([*slots_of(text, name), *([] if other is None else slots_of(other, name))]))
        unknown = [slot for slot in slots if slot not in lexicons]
        if unknown:
            known = ", ".join(lexicons) or "none"
            hint = f"[lexicons] {unknown[0]} = [...]; there are: {known}; a brace that is no slot is written {{{{"
            raise AuditError(f"test '{name}' has a slot '{unknown[0]}' without a lexicon", hint=hint)
        yield Template(text, NEGATION if changed == NEGATION else other, slots)


def slots_of(text: str, test: str) -> list[str]:
    """The names in braces.

    Raises:
        AuditError: a brace that is not closed, or one around something else than a name.
    """
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        hint = "a slot is {name}; a brace that is none is written {{ or }}"
        raise AuditError(f"test '{test}': '{text}' cannot be read: {error}", hint=hint) from None
    slots = [part[1] for part in parts if part[1] is not None]
    for slot, how in ((part[1], (part[2] or "") + (part[3] or "")) for part in parts if part[1] is not None):
        if not slot.isidentifier() or how:
            raise AuditError(
                f"test '{test}': '{text}' has a slot that is no name",
                hint="a slot is {name}, of letters, digits and underscores",
            )
    return slots


def _refuse_wrong(name: str, kind: str, how: Mapping[str, Any], templates: tuple[Template, ...]) -> None:
    by = how.get("by", _BY)
    if isinstance(by, bool) or not isinstance(by, int | float) or not by >= 0:
        raise AuditError(f"test '{name}': by is {by!r}", hint="how far a score may move, e.g. by = 0.1")
    for key in ("expect", "vary", "label", "must"):
        if key in how and not (isinstance(how[key], str) and how[key]):
            raise AuditError(f"test '{name}': {key} is {how[key]!r}", hint=f'a text: {key} = "..."')
    if kind == MFT and "expect" not in how:
        raise AuditError(f"test '{name}' does not say which label it expects", hint='expect = "urgent"')
    has_changed = templates[0].changed is not None
    if kind == INV and ("vary" in how) == has_changed:
        hint = 'vary = "name", the slot whose words must not matter; or changed = [...], the texts that must not'
        raise AuditError(
            f"test '{name}' says {'two things' if has_changed else 'nothing'} that must not matter", hint=hint
        )
    if kind == INV and any("vary" in how and how["vary"] not in one.slots for one in templates):
        raise AuditError(
            f"test '{name}' varies '{how['vary']}', which a template lacks", hint="each template has the slot"
        )
    if kind == DIR and how.get("must") not in MUST:
        hint = " or ".join(f"must = '{one}'" for one in MUST)
        raise AuditError(f"test '{name}' says that a score must '{how.get('must', '')}'", hint=hint)
    if kind == DIR and not ("label" in how and has_changed):
        hint = f"label = \"urgent\", and changed = [...] or changed = '{NEGATION}'"
        raise AuditError(f"test '{name}' does not say whose score moves, or what is changed", hint=hint)


def _texts(said: Any, owner: str) -> list[str]:
    if said is None:
        return []
    if not isinstance(said, list) or not all(isinstance(one, str) and one.strip() for one in said):
        raise AuditError(f"{owner} holds something that is no text", hint='a list of texts: ["...", "..."]')
    return said


def _table(said: Any, owner: str) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise AuditError(f"{owner} is no table", hint=_EXAMPLE)
    return said


def _refuse_unknown(said: Mapping[str, Any], known: tuple[str, ...], owner: str) -> None:
    unknown = [key for key in said if key not in known]
    if unknown:
        raise AuditError(f"{owner} has no key '{unknown[0]}'", hint=f"its keys are: {', '.join(known)}")


def try_negations(behaviour: Behaviour) -> None:
    """Deny one filling of each template that is to be denied, before anything runs.

    Raises:
        AuditError: at the first in which nothing can be.
    """
    first = {name: lexicon.words[0] for name, lexicon in behaviour.lexicons.items()}
    for test in behaviour.tests:
        for template in test.templates:
            if template.changed == NEGATION:
                negation_of(template.text.format_map(first), test.name)


def negation_of(text: str, test: str) -> str:
    """A filled template, negated.

    Raises:
        AuditError: none of the built-in patterns is in it.
    """
    made = negated(text)
    if made is None:
        hint = 'write the changed text yourself: changed = ["..."]'
        raise AuditError(f"test '{test}': nothing in '{text}' can be negated by what is built in", hint=hint)
    return made
