"""`data-quality.provenance`: where the rows are from, from when, and whether their files are as described."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from auditkit import AuditError, Case, ClassScores, Measurement, Table, Text, TextFile, check, clean, planted
from auditkit.testing import near, toy_case
from auditkit_data_quality.cards import BEFORE_CUT, MISMATCHES, PROVENANCE_CARDS, UNSTATED
from auditkit_data_quality.cells import Labels
from auditkit_data_quality.impossible_values import moments
from auditkit_data_quality.shares import share_of

_STATED = {
    "data_source": Text.of("where the data are from: [governance] data_source"),
    "data_collected": Text.of("when and how they were collected: [governance] data_collected"),
    "data_represents": Text.of("whom they stand for: [governance] data_represents"),
}
_PERIOD = Text.of("when each row was: [data] period")
_CROISSANT = Text.of("what the files are, with their licence and hashes: croissant, a file beside the spec")
_LICENCE = Text.of("a licence in the Croissant file")
_HASHES = Text.of("a SHA-256 of the audit's file in the Croissant file")
_LONGEST = 120


def _toy(_: np.random.Generator, *, year: int) -> Case[Any]:
    days = [f"{year}-{1 + row % 12:02}-15" for row in range(60)]
    return toy_case(ClassScores(("no", "yes"), np.full((60, 2), 0.5)), period=days)


CONTROLS = (
    planted(
        "rows of 2023, of a model that was trained on what was known until the end of 2024",
        partial(_toy, year=2023),
        near(BEFORE_CUT, 1.0),
        trained_until=date(2024, 12, 31),
    ),
    clean(
        "rows of 2025, of the same model",
        partial(_toy, year=2025),
        near(BEFORE_CUT, 0.0),
        trained_until=date(2024, 12, 31),
    ),
)


def _accepts(*, croissant: TextFile | None = None, **_: Any) -> None:
    if croissant is not None and croissant.text is not None:
        described(croissant.text)


@check(
    "data-quality.provenance",
    on=None,
    metrics=PROVENANCE_CARDS,
    accepts=_accepts,
    controls=CONTROLS,
    needs=("stated",),
    streams=True,
)
def provenance(
    case: Case[Any], *, croissant: TextFile | None = None, trained_until: date | None = None
) -> Iterator[Measurement | Table]:
    """Where the rows are from, from when, and whether the files are as described.

    Of each split its rows, its file and the digest of the file; what the spec states of source and collection under
    `[governance]`; the months that `[data] period` covers, and how many audit rows lie on or before the day until which
    the model was trained, if you say `trained_until`. `croissant` names a Croissant file (JSON-LD) beside the spec: its
    name and licence are told, and the SHA-256 of each file that it describes is compared with the file that was read.
    What nobody states is named.
    """
    if croissant is not None and croissant.text is None:
        _ = case.broker.dataset  # a replay, in which nobody has read it: it has no data and says so
    about = {} if croissant is None or croissant.text is None else described(croissant.text)
    files = dict(case.settings.files)
    read = {PurePosixPath(one.name).name: str(one.sha256) for one in files.values()}
    hashes = {name: said for name, said in about.get("hashes", {}).items() if name in read}
    stated = case.settings.stated
    asked = [(text, getattr(stated, key) is not None) for key, text in _STATED.items()]
    asked += [(_PERIOD, bool(case.settings.period)), (_CROISSANT, bool(about))]
    if about:
        audit = files.get("audit")
        is_hashed = audit is not None and PurePosixPath(audit.name).name in hashes
        asked += [(_LICENCE, bool(about["licence"])), (_HASHES, is_hashed)]
    unstated = [text for text, is_there in asked if not is_there]
    wrong = [name for name, said in hashes.items() if said.lower() != read[name].lower()]
    yield Measurement(metric=UNSTATED, value=float(len(unstated)), n=len(case), exact=True)
    if hashes:
        yield Measurement(metric=MISMATCHES, value=float(len(wrong)), n=len(case), exact=True)
    else:
        why = Text.of("no Croissant file says what the SHA-256 of a file is")
        yield Measurement(metric=MISMATCHES, value=None, undefined=why, n=len(case))
    if trained_until is not None and case.settings.period:
        labels = Labels(case.period.codes, case.period.vocabulary)
        early = labels.flagged(moments(labels) < trained_until.toordinal() + 1)
        yield from share_of(case, BEFORE_CUT, early)
    yield _splits(case, files, read, hashes)
    yield _said(case, about, unstated)


def described(text: str) -> dict[str, Any]:
    """What a Croissant file says: its name, its licence, and the SHA-256 of each file by the file's name.

    Source: MLCommons, Croissant format specification 1.0 (2024).

    Raises:
        AuditError: it is no JSON object.
    """
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AuditError(
            f"option 'croissant': the file is no JSON: {error}", hint="a Croissant file, JSON-LD"
        ) from None
    if not isinstance(whole, dict):
        raise AuditError("option 'croissant': the file holds no JSON object", hint="a Croissant file, JSON-LD")
    plain = _bare(whole)
    hashes: dict[str, str] = {}
    parts = plain.get("distribution")
    for part in parts if isinstance(parts, list) else [parts]:
        one = _bare(part) if isinstance(part, dict) else {}
        for key in ("contentUrl", "name", "@id"):
            if isinstance(one.get("sha256"), str) and isinstance(one.get(key), str):
                hashes.setdefault(PurePosixPath(one[key]).name, one["sha256"])
    return {"name": _words(plain.get("name")), "licence": _words(plain.get("license")), "hashes": hashes}


def _bare(document: Mapping[str, Any]) -> dict[str, Any]:
    """Its keys without the prefix of a vocabulary, such as sc:."""
    return {str(key).rpartition(":")[2]: value for key, value in document.items()}


def _words(value: Any) -> str:
    one = value[0] if isinstance(value, list) and value else value
    if isinstance(one, dict):
        one = one.get("name") or one.get("url") or one.get("@id")
    return one[:_LONGEST] if isinstance(one, str) else ""


def _splits(case: Case[Any], files: Mapping[str, Any], read: Mapping[str, str], hashes: Mapping[str, str]) -> Table:
    rows = []
    for split in ("audit", "training", "reference"):
        if split not in case.keys:
            continue
        file = files.get(split)
        name = None if file is None else PurePosixPath(file.name).name
        said = Text.of("not described")
        if name is not None and name in hashes:
            said = (
                Text.of("as described") if hashes[name].lower() == read[name].lower() else Text.of("not as described")
            )
        own = getattr(case, split)
        rows.append((Text.of(split), len(own), name, None if file is None else file.sha256[:16], said))
    heads = ("split", "rows", "file", "SHA-256 begins with", "by the Croissant file")
    return Table(
        title=Text.of("The rows of each split, and their files"),
        columns=tuple(Text.of(head) for head in heads),
        rows=tuple(rows),
        prominent=True,
    )


def _said(case: Case[Any], about: Mapping[str, Any], unstated: list[Text]) -> Table:
    stated = case.settings.stated
    rows: list[tuple[Any, ...]] = [
        (text, value) for key, text in _STATED.items() if (value := getattr(stated, key)) is not None
    ]
    if about:
        rows += [(Text.of("the Croissant file's name"), about["name"]), (Text.of("its licence"), about["licence"])]
    if case.settings.period:
        labels = Labels(case.period.codes, case.period.vocabulary)
        days = moments(labels)[labels.counts() > 0]
        days = days[np.isfinite(days)]
        if len(days):
            # To the month: the first day is that of one person.
            first, last = (date.fromordinal(int(day)).isoformat()[:7] for day in (days.min(), days.max()))
            rows.append((Text.of("months of the audit rows"), Text.of("{first} to {last}", first=first, last=last)))
    rows += [(text, Text.of("nobody says")) for text in unstated]
    return Table(
        title=Text.of("What is stated of the data, and what is not"),
        columns=(Text.of("what"), Text.of("stated")),
        rows=tuple(rows),
    )
