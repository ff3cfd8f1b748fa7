"""An override log, counted: how often people decided otherwise than the model, for whom, and what the log lacks.

A log has a row a decision: `ts`, `case`, `output`, `confidence`, `operator`, `override` and `reason`, and columns of
groups. No row of it is kept, and no name in it: a result holds counts, and none of fewer than ten decisions.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from auditkit.disclosure.few import THRESHOLD
from auditkit.document import Text
from auditkit.governance.reading import within
from auditkit.governance.record import Counted, Fault, OverrideLog
from auditkit.governance.rules import Scene, fault, is_placeholder
from auditkit.governance.sheets import OverrideLogSheet

FIELDS = ("ts", "case", "output", "confidence", "operator", "override", "reason")
"""What a row says: when, of whom (the case's id), what the model said and how surely, who decided, whether otherwise,
and why."""
LARGEST = 64 * 2**20
MANY = 30
"""Decisions of one operator from which on never to override is odd; also of all, for the log to be looked at at all."""
_YES, _NO = frozenset({"1", "yes", "true", "y", "是"}), frozenset({"0", "no", "false", "n", "", "否"})


def log_of(sheet: OverrideLogSheet, scene: Scene) -> tuple[OverrideLog | None, list[Fault]]:
    """The log that a record names, counted, and what is wrong with it."""
    if sheet.file is None:
        return None, [fault("overrides.no-file", Text.of("It names no file of overrides."))]
    path = within(scene.folder, sheet.file)
    if path is None or not path.is_file() or path.stat().st_size > LARGEST:
        text = "The log '{path}' is not there, leads out of the spec's folder, or is too large."
        return None, [fault("overrides.no-file", Text.of(text, path=sheet.file))]
    raw = path.read_bytes()
    try:
        table = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        return None, [fault("overrides.unreadable", Text.of("The log '{path}' is no CSV in UTF-8.", path=sheet.file))]
    heads = [one.strip() for one in table[0]] if table else []
    rows = [one for one in table[1:] if any(cell.strip() for cell in one)]
    if len(set(heads)) < len(heads) or any(len(one) != len(heads) for one in rows):
        text = "The log '{path}' has a column twice, or rows of other lengths than its first."
        return None, [fault("overrides.unreadable", Text.of(text, path=sheet.file))]
    if not rows:
        return None, [fault("overrides.empty", Text.of("The log '{path}' has no rows.", path=sheet.file))]
    columns = {name: [row[place].strip() for row in rows] for place, name in enumerate(heads)}
    log = _counted(columns, sheet.groups, len(rows), hashlib.sha256(raw).hexdigest())
    return log, list(_faults(log, columns, sheet.groups, scene))


Columns = dict[str, list[str]]


def _counted(columns: Columns, groups: Sequence[str], rows: int, digest: str) -> OverrideLog:
    said = [one.casefold() for one in columns.get("override", [])]
    yes = [one in _YES for one in said]
    reasons, people = columns.get("reason", [""] * rows), columns.get("operator", [])
    operators = Counter(one for one in people if one)
    stood = Counter(one for one, flag in zip(people, yes, strict=False) if one and flag)
    counts = list(_cells("", [""] * rows, yes)) if said else []
    for name in groups if said else ():
        if name in columns:
            counts += _cells(name, columns[name], yes)
    return OverrideLog(
        rows=rows,
        sha256=digest,
        absent=tuple(name for name in (*FIELDS, *groups) if name not in columns),
        without_reason=sum(flag and not why for flag, why in zip(yes, reasons, strict=False)),
        operators=len(operators),
        never=sum(count >= MANY and not stood[one] for one, count in operators.items()),
        counts=tuple(counts),
    )


def _cells(attribute: str, labels: Sequence[str], yes: Sequence[bool]) -> Iterator[Counted]:
    """A count for each label; where one is withheld the next smallest is too, or the total would give it away."""
    decisions = Counter(one for one in labels if one or not attribute)
    stood = Counter(one for one, flag in zip(labels, yes, strict=True) if flag)
    by_size = sorted(decisions, key=lambda one: (decisions[one], one))
    few = {one for one in by_size if decisions[one] < THRESHOLD}
    if len(few) == 1 and attribute:
        few |= set(by_size[:2])
    for label in sorted(decisions):
        shown = (None, None) if label in few else (decisions[label], stood[label])
        yield Counted(attribute=attribute, label=label, decisions=shown[0], overridden=shown[1])


def _faults(log: OverrideLog, columns: Columns, groups: Sequence[str], scene: Scene) -> Iterator[Fault]:
    for name in log.absent:
        text = "The log has no column '{field}'."
        yield fault("overrides.no-group" if name in groups else "overrides.no-field", Text.of(text, field=name))
    unclear = sum(one.casefold() not in _YES | _NO for one in columns.get("override", []))
    if unclear:
        text = "Of {count} rows of the log nobody can tell whether the model was overridden: write yes or no."
        yield fault("overrides.unclear", Text.of(text, count=unclear))
    if log.without_reason:
        text = "{count} overrides of the log have no reason."
        yield fault("overrides.no-reason", Text.of(text, count=log.without_reason))
    given = [one for one in columns.get("reason", []) if one]
    if len(given) >= THRESHOLD and (len(set(given)) == 1 or all(map(is_placeholder, given))):
        yield fault("overrides.same-reason", Text.of("Every override of the log has the same reason."))
    if log.never:
        text = "{count} operators of the log, each with {many} decisions or more, have never overridden the model."
        yield fault("overrides.never", Text.of(text, count=log.never, many=MANY))
    yield from _times(columns.get("ts", []), scene)
    cases = [one for one in columns.get("case", []) if one]
    if len(cases) < len(columns.get("case", [])):
        yield fault("overrides.no-case", Text.of("Rows of the log do not say of which case they are."))


def _times(said: Sequence[str], scene: Scene) -> Iterator[Fault]:
    try:
        times = [datetime.fromisoformat(one) for one in said]
    except ValueError:
        yield fault("overrides.bad-time", Text.of("Rows of the log have a time that is not as 2027-01-31T09:30."))
        return
    days = [one.date() for one in times]
    if any(day > scene.today for day in days):
        yield fault("overrides.future", Text.of("Rows of the log are of a day to come."))
    if days != sorted(days):
        yield fault("overrides.order", Text.of("The rows of the log are not in the order of their times."))
