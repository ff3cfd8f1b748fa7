"""Controls that a check carries: planted defects that it must find, and clean twins that it must pass.

They run with the check, on cases of their own: with its options and the audit's level, and without its data. What came
of them is kept by the check, its options and the code, so that a control runs once a version.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from auditkit.checks.asking import Readings, ask, place_of
from auditkit.document import Text
from auditkit.errors import NotApplicable, words_of
from auditkit.evidence import WRITING, EvidenceStore, evidence_key
from auditkit.finding import Control

if TYPE_CHECKING:
    from auditkit.case import Case
    from auditkit.plugin import Check

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seen:
    """What was looked for among the readings of a control, and what was there."""

    passed: bool
    observed: Text


Finds = Callable[[Readings], "bool | str | Seen"]
"""Whether the readings are as they should be; a string says what is wrong with them. With an attribute `expected`, a
Text, the report prints it."""


@dataclass(frozen=True)
class KnownCase:
    """A case whose answer is known. Made by `planted` and `clean`."""

    kind: Literal["planted", "clean"]
    title: str
    case: Callable[[np.random.Generator], Case[Any]]
    finds: Finds
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options that the case is about; the others are the audit's."""
    rate: float | None = None
    """What `auditkit selftest` holds it to, see `declaring`; None: what it holds all to that say nothing."""
    fixed: str = ""
    """Why its rows are not drawn anew, see `not_redrawn`; empty: they are."""

    def declaring(self, rate: float) -> KnownCase:
        """The same, found at least so often, or of a twin: falsely alarming at most so often, over redrawn rows."""
        return replace(self, rate=rate)

    def not_redrawn(self, why: str) -> KnownCase:
        """The same, whose rows `auditkit selftest` leaves as they are: with repetitions they would be another case."""
        return replace(self, fixed=why)

    @property
    def expected(self) -> Text:
        """What the check must say, in words."""
        said = getattr(self.finds, "expected", None)
        default = "the defect is found" if self.kind == "planted" else "nothing is found"
        return said if isinstance(said, Text) else Text.of(default)

    def control(self, *, passed: bool, observed: Text) -> Control:
        """What came of it, for the finding."""
        title = Text(msgid=self.title)
        return Control(kind=self.kind, title=title, expected=self.expected, observed=observed, passed=passed)


def planted(title: str, case: Callable[[np.random.Generator], Case[Any]], finds: Finds, **options: Any) -> KnownCase:
    """A defect that a check must find.

    Args:
        title: what is wrong with the case, in the words of the report: "one group selected half as often".
        case: makes the case from random numbers that are the same at every run; see `auditkit.testing`.
        finds: is given the readings; true when the defect is among them, a string when something else is.
        **options: options of the check that the case is about; the others are those of the audit.
    """
    return KnownCase("planted", title, case, finds, options)


def clean(title: str, case: Callable[[np.random.Generator], Case[Any]], finds: Finds, **options: Any) -> KnownCase:
    """A twin without the defect, in which a check must find nothing; the arguments are those of `planted`.

    `finds` is true when the readings are as they should be: when they hold no defect.
    """
    return KnownCase("clean", title, case, finds, options)


@dataclass(frozen=True)
class Controlled:
    """What came of a check's controls."""

    controls: tuple[Control, ...]
    details: tuple[str, ...] = ()
    """What exceptions said, for the console."""


def run_controls(
    check: Check, options: Mapping[str, Any], *, level: float, store: EvidenceStore, code: Iterable[str]
) -> Controlled:
    """Put a check to the cases that it carries; those that it passed at this version are read from the store.

    Args:
        check: whose `controls` they are.
        options: the audit's, for the check.
        level: the audit's confidence.
        store: keeps what came of them, and their rows while they run.
        code: digests of all code that takes part.
    """
    found, details = [], []
    for known in check.controls:
        key = evidence_key(
            "control",
            check=check.id,
            code=list(code),
            options={name: repr(value) for name, value in sorted(options.items())},
            own={name: repr(value) for name, value in sorted(known.options.items())},
            control=[known.kind, known.title],
            level=level,
        )
        if key in store:
            found.append(store.get(key))
            continue
        with _scratch(store.root):
            control, detail = run_control(check, known, options, level=level)
        if control.passed:  # one that failed is put again: perhaps the machine failed it, not the check
            store.put(key, control)
        found.append(control)
        details += [detail] if detail else []
    return Controlled(tuple(found), tuple(details))


def run_control(
    check: Check, known: KnownCase, options: Mapping[str, Any] | None = None, *, level: float = 0.95
) -> tuple[Control, str]:
    """Put a check to one case that it carries; the string is what an exception said, for the console."""
    who = f"{check.id}\0{known.title}"
    seed = int.from_bytes(hashlib.sha256(who.encode()).digest()[:16], "big")
    try:
        given = known.case(np.random.default_rng(seed))
        given = replace(given, settings=replace(given.settings, level=level), identity=who, is_control=True)
        readings = ask(check, given, {**(options or {}), **known.options})
        passed, observed = _seen(known, known.finds(readings))
    except NotApplicable as why:
        refused = Text(msgid=why.message, params=dict(why.params))
        observed = Text.of("the check does not apply to it: {why}", why=refused)
        return known.control(passed=False, observed=observed), ""
    except (Exception, SystemExit) as error:
        # A control that cannot be run says as little for the check as one that it fails.
        logger.exception("control '%s' of check %s raised", known.title, check.id)
        observed = Text.of("{kind} in {place}", kind=type(error).__name__, place=place_of(error))
        return known.control(passed=False, observed=observed), words_of(error)
    return known.control(passed=passed, observed=observed), ""


def _seen(known: KnownCase, answer: bool | str | Seen) -> tuple[bool, Text]:  # noqa: FBT001  what an author returns
    if isinstance(answer, Seen):
        return answer.passed, answer.observed
    if isinstance(answer, str):
        return False, Text.of("{what}", what=answer)
    found = "the check found it" if known.kind == "planted" else "the check found nothing"
    missed = "the check did not find it" if known.kind == "planted" else "the check found a defect that is not there"
    return bool(answer), Text.of(found if answer else missed)


def failure(controls: Iterable[Control]) -> Text | None:
    """Why a check with these controls cannot be relied on; None when all did as they should."""
    failed = [control for control in controls if not control.passed]
    if not failed:
        return None
    first, more = failed[0], len(failed) - 1
    words: dict[str, Text | int] = {
        "title": first.title,
        "expected": first.expected,
        "observed": first.observed,
    }
    return Text.of(_FAILURES[first.kind, more > 0], **words, **({"more": more} if more else {}))


_FAILURES = {
    ("planted", False): "the check did not find a planted defect, '{title}': expected: {expected}; "
    "observed: {observed}",
    ("planted", True): "the check did not find a planted defect, '{title}': expected: {expected}; "
    "observed: {observed}; and {more} more failed",
    ("clean", False): "the check failed on a clean twin, '{title}': expected: {expected}; observed: {observed}",
    ("clean", True): "the check failed on a clean twin, '{title}': expected: {expected}; observed: {observed}; "
    "and {more} more failed",
}
"""Kind of the first control that failed, and whether there are others -> what is said of it."""


@contextlib.contextmanager
def _scratch(root: Path) -> Iterator[None]:
    """Room for the cases beside what the store keeps; of a worker that is killed, the next one clears it away."""
    from auditkit.testing.cases import cases_in

    folder = Path(tempfile.mkdtemp(prefix=f"{WRITING}{os.getpid()}-controls-", dir=root))
    try:
        with cases_in(folder):
            yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
