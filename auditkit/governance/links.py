"""What a statement points to: a bundle is verified, a ledger's chain checked, a file hashed, a check looked up.

A machine can say that evidence is there, whole, of this model and recent. Whether a file bears out what is said of it,
it cannot: such a link is unchecked, and says so.
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from auditkit.document import Text
from auditkit.errors import AuditError
from auditkit.finding import Finding, Measurement
from auditkit.governance.reading import within
from auditkit.governance.record import Fault, Link, Record
from auditkit.governance.rules import Scene, day_of, fault, said_faults
from auditkit.governance.sheets import Every, Pointer, Pointers, Sheet, Statement

LARGEST = 256 * 2**20
"""Bytes of a file that is evidence."""

DAYS: dict[Every, int] = {
    "daily": 1,
    "weekly": 7,
    "monthly": 31,
    "quarterly": 92,
    "half-yearly": 184,
    "yearly": 366,
}
"""The most days that may lie between one time and the next."""

_SAID: tuple[tuple[Every, str], ...] = (
    ("half-yearly", r"\b(half-yearly|every (six|6) months|twice a year)\b|每半年|半年一次"),
    ("daily", r"\b(daily|every day|each day|once a day)\b|每日|每天"),
    ("weekly", r"\b(weekly|every week|each week|once a week)\b|每周|每星期"),
    ("monthly", r"\b(monthly|every month|each month|once a month)\b|每月|每个月"),
    ("quarterly", r"\b(quarterly|every quarter|each quarter|every (three|3) months)\b|每季"),
    ("yearly", r"\b(yearly|annually|annual|every year|each year|once a year)\b|每年"),
)

_MEASURED = {
    "differential-privacy": ("epsilon_above_claim", "epsilon_lower_bound"),
    "de-identification": ("personal_data_rate", "direct_identifier_columns", "personal_data_leak_rate"),
}
"""Protective measure -> what this audit may have measured of it: above 0 speaks against it, but for a bound itself."""

WORDS = {
    "daily": Text.of("daily"),
    "weekly": Text.of("weekly"),
    "monthly": Text.of("monthly"),
    "quarterly": Text.of("quarterly"),
    "half-yearly": Text.of("half-yearly"),
    "yearly": Text.of("yearly"),
    "encryption": Text.of("encryption"),
    "access-control": Text.of("access control"),
    "federated-learning": Text.of("federated learning"),
    "differential-privacy": Text.of("differential privacy"),
    "de-identification": Text.of("de-identification"),
    "pass": Text.of("pass"),
    "fail": Text.of("fail"),
    "inconclusive": Text.of("inconclusive"),
    "error": Text.of("error"),
}
"""What a record says by a key, in words."""

_UNTRIED = Text.of("this audit's own checks are looked up when they have run")
_CLAIMED = Text.of("it is there; what it says is claimed, and not checkable by a machine")


def interval_of(statement: Statement) -> Every | None:
    """How often a statement says that something is done, by its key or by its words; None: it does not."""
    if statement.every is not None:
        return statement.every
    return next((name for name, words in _SAID if re.search(words, statement.text, re.IGNORECASE)), None)


def links_of(sheet: Sheet, scene: Scene) -> Iterator[Link | Fault]:
    """The evidence of a record and of its statements, and what is wrong with either."""
    for pointer in sheet.evidence:
        yield from _followed(pointer, "", scene)
    for place, one in enumerate(sheet.statements, start=1):
        yield from said_faults(f"statements.{place}.text", one.text, least=False)
        yield from _of_statement(one, scene)
    for key in ("lock", "sbom"):
        if (named := getattr(sheet, key, None)) is not None:
            yield from _followed(Pointer(file=named), key, scene)


def _of_statement(one: Statement, scene: Scene) -> Iterator[Link | Fault]:
    if not one.evidence:
        yield Link(statement=one.text, kind="none", path="", state="broken", said=Text.of("nothing is named"))
        yield fault("evidence.none", Text.of("Nothing is named that shows it: '{said}'.", said=one.text))
        return
    found = list(_each(one.evidence, one.text, scene))
    yield from found
    every = interval_of(one)
    links = [link for link in found if isinstance(link, Link) and link.state != "broken"]
    if every is None or not links or any(link.kind == "check" for link in links):
        return
    days = [date.fromisoformat(link.date) for link in links if link.date is not None]
    if not days:
        text = "It is said to be done {every}, and no evidence of it has a date: '{said}'."
        yield fault("evidence.no-date", Text.of(text, every=WORDS[every], said=one.text))
    elif scene.today - max(days) > timedelta(days=DAYS[every]):
        text = "It is said to be done {every}, and the last evidence is of {day}, {days} days before: '{said}'."
        gone = (scene.today - max(days)).days
        yield fault("evidence.stale", Text.of(text, every=WORDS[every], day=str(max(days)), days=gone, said=one.text))


def _each(pointers: Pointers, statement: str, scene: Scene) -> Iterator[Link | Fault]:
    for pointer in pointers:
        yield from _followed(pointer, statement, scene)


def measure_links(name: str, text: str, pointers: Pointers, scene: Scene) -> Iterator[Link | Fault]:
    """The evidence of a protective measure, with what this audit measures of it."""
    found = list(_each(pointers, text or name, scene))
    for one in found:
        yield one.model_copy(update={"measure": name}) if isinstance(one, Link) else one
    if name in _MEASURED:
        yield Link(statement=text or name, kind="check", path="", state="unchecked", said=_UNTRIED, measure=name)
    elif not pointers:
        yield Link(
            statement=text or name,
            kind="none",
            path="",
            state="broken",
            said=Text.of("nothing is named"),
            measure=name,
        )
        yield unsupported(name)


def unsupported(measure: str) -> Fault:
    """That a measure is claimed and nothing shows it."""
    return fault("measure.unsupported", Text.of("{measure} is claimed, and nothing shows it.", measure=WORDS[measure]))


def _followed(pointer: str | Pointer, statement: str, scene: Scene) -> Iterator[Link | Fault]:
    link = _link(pointer, statement, scene)
    yield link
    if link.state == "broken":
        text = "The evidence '{path}' does not hold: {why}"
        yield fault("evidence.broken", Text.of(text, path=link.path, why=link.said))


def _pointer(said: str | Pointer) -> Pointer:
    if isinstance(said, Pointer):
        return said
    return Pointer(check=said.removeprefix("check:")) if said.startswith("check:") else Pointer(path=said)


def _link(pointer: str | Pointer, statement: str, scene: Scene) -> Link:
    named = _pointer(pointer)
    given = {key: said for key in ("path", "bundle", "file", "ledger", "check") if (said := getattr(named, key))}
    if len(given) != 1:
        why = Text.of("it is to name exactly one of path, bundle, file, ledger and check")
        return Link(statement=statement, kind="none", path=", ".join(given.values()), state="broken", said=why)
    (key, where), *_ = given.items()
    if key == "check":
        return Link(statement=statement, kind="check", path=where, state="unchecked", said=_UNTRIED)
    path = within(scene.folder, where)
    kind: Any = key if key in ("bundle", "ledger") else "file"
    about: Found = {"statement": statement, "path": where}
    if path is None:
        return Link(**about, kind=kind, state="broken", said=Text.of("it leads out of the spec's folder"))
    if key == "path" and path.is_dir():
        kind = "bundle"
    if key == "path" and path.suffix == ".jsonl" and path.is_file():
        kind = "ledger"
    try:
        found = _FOLLOW[kind](path, named, scene)
        return Link(**about, kind=kind, **found)
    except (AuditError, OSError, ValueError) as error:
        # What an error says may quote the file, or where it lies on this machine.
        said = Text.of("it cannot be read, or is not whole ({kind})", kind=type(error).__name__)
        return Link(**about, kind=kind, state="broken", said=said)


Found = dict[str, Any]
"""State, words, and date or digest of what lies there, by the keys of a Link."""


def _bundle(path: Path, _: Pointer, scene: Scene) -> Found:
    from auditkit.bundle import layout
    from auditkit.bundle.verify import verify
    from auditkit.result import AuditResult

    if not (path / layout.RESULT).is_file():
        return {"state": "broken", "said": Text.of("there is no bundle there")}
    noon = datetime(scene.today.year, scene.today.month, scene.today.day, 12, tzinfo=UTC)
    found = verify(path, now=noon, allow_dev_key=True)
    if not (found.intact and found.signed):
        failed = next((one for one in found.lines if one.state == "FAIL"), None)
        why = "" if failed is None else failed.name
        return {"state": "broken", "said": Text.of("the bundle does not verify: {line}", line=why)}
    result = AuditResult.from_json((path / layout.RESULT).read_bytes())
    day = date.fromisoformat(result.run.created[:10])
    same = scene.subject is not None and result.subject.digest == scene.subject.digest
    if result.name != scene.name and not same:
        said = Text.of("it is a bundle of '{other}', not of this model", other=result.name)
        return {"state": "broken", "said": said, "date": day.isoformat()}
    if day > scene.today:
        return {"state": "broken", "said": Text.of("it is of a day to come"), "date": day.isoformat()}
    text = "a bundle that is intact and signed; its verdict: {verdict}"
    if found.development:
        text = "a bundle that is intact, signed with a development key that proves no identity; its verdict: {verdict}"
    said = Text.of(text, verdict=WORDS[result.verdict.outcome])
    return {"state": "holds", "said": said, "date": day.isoformat()}


def _ledger(path: Path, named: Pointer, scene: Scene) -> Found:
    from auditkit.gating.ledger import read_ledger

    entries = [one for one in read_ledger(path) if one.name == scene.name]
    if named.sha256:
        entries = [one for one in entries if one.result_digest == named.sha256.removeprefix("sha256:")]
    if not entries:
        return {"state": "broken", "said": Text.of("it has no such entry of this model")}
    last = entries[-1]
    text = "entry {number} of a ledger whose chain holds; its verdict: {verdict}"
    said = Text.of(text, number=last.seq, verdict=WORDS.get(last.verdict, Text.of("{name}", name=last.verdict)))
    return {"state": "holds", "said": said, "date": last.date[:10]}


def _file(path: Path, named: Pointer, scene: Scene) -> Found:
    if not path.exists():
        return {"state": "broken", "said": Text.of("there is no such file")}
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        return {"state": "broken", "said": Text.of("it is no file")}
    if not 0 < facts.st_size <= LARGEST:
        return {"state": "broken", "said": Text.of("it is empty") if not facts.st_size else Text.of("it is too large")}
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if named.sha256 and named.sha256.lower().removeprefix("sha256:") != digest:
        return {"state": "broken", "said": Text.of("it is not the file of the digest that is named"), "sha256": digest}
    day = day_of(named.date)
    if named.date is not None and (day is None or day > scene.today):
        return {"state": "broken", "said": Text.of("its date is none, or to come"), "sha256": digest}
    about = {"sha256": digest, "date": None if day is None else day.isoformat()}
    return {"state": "unchecked", "said": _CLAIMED, **about}


_FOLLOW = {"bundle": _bundle, "ledger": _ledger, "file": _file}


def linked(records: Iterable[Record], findings: Sequence[Finding]) -> tuple[Record, ...]:
    """The records, with what their links to checks of this audit came to.

    Args:
        records: as they were read.
        findings: of the checks that have run; those of accountability, which look at the records, are no evidence.
    """
    told = {one.check: one for one in findings if not one.check.startswith("accountability.")}
    return tuple(_looked_up(one, told) for one in records)


def _looked_up(record: Record, findings: dict[str, Finding]) -> Record:
    if not any(one.kind == "check" for one in record.evidence):
        return record
    links: list[Link] = []
    faults = list(record.faults)
    for link in record.evidence:
        new = link
        if link.kind == "check":
            new = _of_check(link, findings) if link.path else _of_measure(link, findings.values())
        links.append(new)
        if new.kind == "check" and new.state == "broken":
            about = new.path or new.measure
            topic = "measure.contradicted" if new.measure else "evidence.broken"
            faults.append(fault(topic, Text.of("The evidence '{path}' does not hold: {why}", path=about, why=new.said)))
    for measure in dict.fromkeys(one.measure for one in links if one.measure in _MEASURED):
        own = [one for one in links if one.measure == measure]
        if all(one.state == "broken" or one.said == _SILENT for one in own):
            faults.append(unsupported(measure))
            links = [_broken(one) if one.measure == measure else one for one in links]
    status = "partial" if faults and record.status == "present" else record.status
    return record.model_copy(update={"evidence": tuple(links), "faults": tuple(faults), "status": status})


def _of_check(link: Link, findings: dict[str, Finding]) -> Link:
    finding = findings.get(link.path)
    if finding is None:
        return link.model_copy(update={"state": "broken", "said": Text.of("this audit did not run the check")})
    if finding.status != "measured":
        why = finding.reason or Text.of("it is not said why")
        said = Text.of("the check has no numbers: {why}", why=why)
        return link.model_copy(update={"state": "broken", "said": said})
    said = Text.of("this audit ran the check; its numbers stand under its name")
    return link.model_copy(update={"state": "holds", "said": said})


def _broken(link: Link) -> Link:
    return link.model_copy(update={"state": "broken"})


_SILENT = Text.of("this audit measured nothing of it")


def _of_measure(link: Link, findings: Iterable[Finding]) -> Link:
    wanted = _MEASURED[link.measure]
    found = [
        one
        for finding in findings
        for one in finding.measurements
        if one.metric in wanted and not one.group and one.label is None and one.value is not None
    ]
    if not found:
        return link.model_copy(update={"said": _SILENT})
    against = next((one for one in found if _speaks_against(one)), None)
    if against is not None:
        value = float(against.value or 0.0)
        said = Text.of("this audit measured {metric} = {value}", metric=against.metric, value=value)
        return link.model_copy(update={"state": "broken", "said": said})
    names = Text.listed(dict.fromkeys(one.metric for one in found))
    said = Text.of("this audit measured {metrics}, and found nothing against it", metrics=names)
    return link.model_copy(update={"state": "holds", "said": said})


def _speaks_against(one: Measurement) -> bool:
    """Surely above 0, where the number has an interval; an epsilon that was shown is none until a claim is broken."""
    if one.metric == "epsilon_lower_bound":
        return False
    low = one.value if one.interval is None else one.interval.low
    return low is not None and low > 0
