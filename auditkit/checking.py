"""Stage 4: put the planned checks to a case, one after the other. What one of them does cannot stop the others."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import TypeAdapter

from auditkit.case import Case
from auditkit.discovery import distribution_digest
from auditkit.document import Text
from auditkit.errors import AuditError, NotApplicable, words_of
from auditkit.events import CheckFinished, CheckStarted, Listener
from auditkit.evidence import evidence_key
from auditkit.finding import LEVEL, Chart, Control, Finding, Measurement, Reading, Table
from auditkit.plugin import Check
from auditkit.predictions import Predictions
from auditkit.result import CheckTime

if TYPE_CHECKING:
    from auditkit.host import Host
    from auditkit.planning import Planned

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What came of one check."""

    finding: Finding
    resumed: bool = False
    """Whether it was in the evidence store already."""
    detail: str = ""
    """What a crash said: for the console, never for the result."""


def run_checks(
    host: Host,
    case: Case[Any],
    plan: tuple[Planned, ...],
    listen: Listener,
    lost: Mapping[int, Finding],
    max_rows: int | None,
) -> tuple[tuple[Finding, ...], tuple[CheckTime, ...]]:
    """Run the planned checks in order; what one of them does cannot stop the others."""
    findings, times = [], []
    for place, item in enumerate(plan):
        listen(CheckStarted(place, item.check.id))
        began = time.monotonic()
        answer = Answer(lost[place]) if place in lost else run_check(host, case, item, max_rows)
        seconds = round(time.monotonic() - began, 3)
        listen(CheckFinished(place, answer.finding, seconds, answer.resumed, answer.detail))
        findings.append(answer.finding)
        times.append(CheckTime(check=item.check.id, seconds=seconds, resumed=answer.resumed))
    return tuple(findings), tuple(times)


def run_check(host: Host, case: Case[Any], item: Planned, max_rows: int | None) -> Answer:
    """Put one check's question to the case, or take its finding from the evidence store."""
    given = replace(case, identity="\0".join(item.identity), _kept=case._kept)  # noqa: SLF001  what was read is shared
    notes: list[Text] = []
    if max_rows is not None and len(case) > max_rows and not item.check.streams:
        chosen = np.sort(given.rng("sample").choice(len(case), size=max_rows, replace=False))
        given = given.narrowed(chosen.astype(np.int64))
        notes.append(
            Text.of(
                "measured on a random sample of {rows} of {all} rows ([compute] max_rows)", rows=max_rows, all=len(case)
            )
        )
    key = evidence_key(
        "finding",
        identity=list(item.identity),
        code=[
            host.owner_of(item.check).digest,
            distribution_digest(item.check.run.__module__),
            distribution_digest("auditkit"),
        ],
        case=given.key,
    )
    if key in case.store:
        return Answer(case.store.get(key), resumed=True)
    answer = _ask(item, given, notes)
    if answer.finding.status != "error":
        case.store.put(key, answer.finding)
    return answer


def _ask(item: Planned, case: Case[Any], notes: list[Text]) -> Answer:
    if (refusal := _wrong_type(item.check, case.predictions)) is not None:
        return Answer(not_applicable(item, refusal))
    level = LEVEL.set(case.level)
    try:
        readings = tuple(item.check.run(case, **item.options))
        finding = _measured(item, readings, [*notes, *_case_notes(case, item.check)])
        _refuse_lower_levels(finding, case.level)
        finding.to_json()  # what cannot be written down would end the audit when the result is frozen
    except NotApplicable as why:
        return Answer(not_applicable(item, Text(msgid=why.message, params=dict(why.params)), why.hint))
    except (Exception, SystemExit) as error:
        # A broken check must not lose the rest of the audit, nor look like a clean one.
        logger.exception("check %s failed", item.check.id)
        return _crash(item, error)
    finally:
        LEVEL.reset(level)
    return Answer(finding)


def _refuse_lower_levels(finding: Finding, level: float) -> None:
    """A bound must not be held against an interval that is surer of itself than the audit asks for."""
    for measurement in finding.measurements:
        if measurement.interval is not None and measurement.interval.level < level:
            raise ValueError(
                f"{measurement.metric}: an interval of level {measurement.interval.level:g} in an audit at {level:g}"
            )


def _crash(item: Planned, error: BaseException) -> Answer:
    """An error finding that says where; what the exception says may quote rows, and goes to the console alone."""
    hint = "what it said stands on the console of the run; its traceback: run again with --debug"
    if isinstance(error, AuditError):
        hint = error.hint or hint
    reason = Text.of("{kind} in {place}", kind=type(error).__name__, place=_place_of(error))
    return Answer(crashed(item, reason, hint), detail=words_of(error))


def _place_of(error: BaseException) -> str:
    """File and line where an exception was raised, without the folders of this machine."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else "the check"


def _exact(reading: Any) -> Reading:
    """A reading in exactly its own class and valid: a check's own child, or one that was never validated, is rebuilt.

    A child cannot be sent to another process or read back; what fits no field makes this check fail, not the audit.
    """
    for kind in (Measurement, Table, Chart, Control):
        if isinstance(reading, kind):
            # By the parent's serialiser: a child's own fields, here or further in, have no place in a finding.
            content = TypeAdapter[Reading](kind).dump_python(reading, warnings=False)
            return kind.model_validate(content)
    raise TypeError(f"a check yields measurements, tables, charts and controls, not {type(reading).__name__}")


def _measured(item: Planned, readings: Iterable[Any], notes: list[Text]) -> Finding:
    measurements, evidence, controls = [], [], []
    for given in readings:
        reading = _exact(given)
        if isinstance(reading, Measurement):
            measurements.append(reading)
        elif isinstance(reading, Control):
            controls.append(reading)
        else:
            evidence.append(reading)
    if not measurements and not evidence:
        return crashed(
            item,
            Text.of("the check ended without a measurement or a reason"),
            "yield a Measurement, or raise NotApplicable",
        )
    return _finding(
        item,
        status="measured",
        measurements=tuple(measurements),
        evidence=tuple(evidence),
        controls=tuple(controls),
        notes=tuple(notes),
    )


def not_applicable(item: Planned, reason: Text, hint: str = "") -> Finding:
    """The finding of a check that has nothing to say about this case."""
    return _finding(item, status="not_applicable", reason=reason, hint=hint)


def crashed(item: Planned, reason: Text, hint: str = "") -> Finding:
    """The finding of a check that raised, hung, or killed its process."""
    return _finding(item, status="error", reason=reason, hint=hint)


def _finding(item: Planned, **fields: Any) -> Finding:
    check = item.check
    return Finding(
        check=check.id,
        options={
            name: value if isinstance(value, bool | int | float | str | None) else str(value)
            for name, value in item.options.items()
        },
        title=Text(msgid=check.title),
        text=Text(msgid=check.text),
        cards=check.metrics,
        **fields,
    )


def _wrong_type(check: Check, predictions: Predictions) -> Text | None:
    if check.on is None or isinstance(predictions, check.on):
        return None
    wanted = " or ".join(kind.__name__ for kind in check.on)
    return Text.of(
        "it looks at {wanted}, and this model gives {given}", wanted=wanted, given=type(predictions).__name__
    )


def _case_notes(case: Case[Any], check: Check) -> Iterable[Text]:
    classes = getattr(case.predictions, "classes", ())
    if check.on is not None and len(case.positives) < len(classes) and not case.settings.positive:
        yield Text.of(
            "of {all} classes the {some} most frequent were taken in turn; name others with [data] positive",
            all=len(classes),
            some=len(case.positives),
        )
