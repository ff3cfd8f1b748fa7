"""Stage 4: put the planned checks to a case, one after the other. What one of them does cannot stop the others."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pydantic_core import to_jsonable_python

from auditkit.case import Case
from auditkit.case_settings import NEEDS_STATED
from auditkit.checks.asking import Readings, ask, place_of
from auditkit.checks.controls import failure, run_controls
from auditkit.checks.events import CheckFinished, CheckStarted, Listener
from auditkit.data.mapped import pieces_of
from auditkit.document import Text
from auditkit.errors import AuditError, NotApplicable, PluginError, words_of
from auditkit.evidence import evidence_key
from auditkit.finding import ANOTHER_TYPE, Control, Finding, Measurement
from auditkit.governance.links import linked
from auditkit.governance.record import NEEDS_RECORDS
from auditkit.hosting.surroundings import code_of
from auditkit.looking import Looked
from auditkit.plugin import Check
from auditkit.predictions import Predictions
from auditkit.result import CheckTime
from auditkit.shown import Example

if TYPE_CHECKING:
    from auditkit.checks.planning import Planned
    from auditkit.host import Host

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
    findings: list[Finding] = []
    times = []
    for place, item in enumerate(plan):
        listen(CheckStarted(place, item.check.id))
        began = time.monotonic()
        given = _with_links(case, findings) if NEEDS_RECORDS in item.check.needs else case
        answer = Answer(lost[place]) if place in lost else run_check(host, given, item, max_rows)
        seconds = round(time.monotonic() - began, 3)
        listen(CheckFinished(place, answer.finding, seconds, answer.resumed, answer.detail))
        findings.append(answer.finding)
        times.append(CheckTime(check=item.check.id, seconds=seconds, resumed=answer.resumed))
    return tuple(findings), tuple(times)


def _with_links(case: Case[Any], findings: Sequence[Finding]) -> Case[Any]:
    """The case with the records' links to what has been found so far; checks that look at records come last."""
    records = linked(case.settings.governance, findings)
    return replace(case, settings=replace(case.settings, governance=records), _kept=case._kept)  # noqa: SLF001  what was read is shared


def run_check(host: Host, case: Case[Any], item: Planned, max_rows: int | None) -> Answer:
    """Put one check's question to the case, or take its finding from the evidence store."""
    given, notes = _given(case, item, max_rows)
    code = _code(host, item)
    key = _finding_key(host, item, code, given)
    if key in case.store:
        return Answer(case.store.get(key), resumed=True)
    answer = _at_depth(_controlled(item, given, code, _ask(item, given, notes)), case.depth)
    if answer.finding.status != "error":
        assert given.looked is not None  # noqa: S101  `_given` put it there
        case.store.put(_looked_key(key), given.looked.plain())
        case.store.put(key, answer.finding)
    return answer


def looked_at(host: Host, case: Case[Any], item: Planned, max_rows: int | None) -> Looked | None:
    """What a check that has run looked at; None: it has not, or it crashed."""
    given, _ = _given(case, item, max_rows)
    key = _looked_key(_finding_key(host, item, _code(host, item), given))
    return Looked.of(case.store.get(key)) if key in case.store else None


def _given(case: Case[Any], item: Planned, max_rows: int | None) -> tuple[Case[Any], list[Text]]:
    """The case that a check is given, and what is to be said of it."""
    given = replace(case, identity="\0".join(item.identity), looked=Looked(), _kept=case._kept)  # noqa: SLF001  what was read is shared
    if max_rows is None or len(case) <= max_rows or item.check.streams:
        return given, []
    chosen = _sample(len(case), max_rows, given.rng("sample"))
    said = "measured on a random sample of {rows} of {all} rows ([compute] max_rows)"
    return given.narrowed(chosen), [Text.of(said, rows=max_rows, all=len(case))]


def _sample(rows: int, size: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """So many rows at random, in order: piece after piece, in the memory of what is chosen."""
    parts = list(pieces_of(rows))
    left, found = size, []
    for part in parts:
        within = part.stop - part.start
        count = int(rng.hypergeometric(within, rows - part.stop, left)) if part.stop < rows else left
        found.append(part.start + np.sort(rng.choice(within, size=count, replace=False)))
        left -= count
    return np.concatenate(found).astype(np.int64)


def _code(host: Host, item: Planned) -> list[str]:
    return [host.owner_of(item.check).digest, code_of(item.check.run.__module__)]


def _finding_key(host: Host, item: Planned, code: list[str], given: Case[Any]) -> str:
    # What is shown of rows is redacted by the recognisers of all plugins.
    redacted = [] if given.settings.examples == "none" else sorted(plugin.digest for plugin in host.plugins)
    about: dict[str, Any] = {"redacted": redacted}
    if NEEDS_RECORDS in item.check.needs:
        about["records"] = [one.model_dump(mode="json") for one in given.settings.governance]
    if NEEDS_STATED in item.check.needs:
        settings = given.settings
        about["stated"] = settings.stated.model_dump(mode="json")
        about["files"] = [(split, one.model_dump(mode="json")) for split, one in settings.files]
    return evidence_key("finding", identity=list(item.identity), code=code, case=given.key, **about)


def _looked_key(finding: str) -> str:
    return evidence_key("looked at", finding=finding)


def _at_depth(answer: Answer, depth: int) -> Answer:
    """The answer with cards of the depth that rankings are looked at."""
    cards = tuple(card.at_depth(depth) for card in answer.finding.cards)
    return (
        answer
        if cards == answer.finding.cards
        else replace(answer, finding=answer.finding.model_copy(update={"cards": cards}))
    )


def _ask(item: Planned, case: Case[Any], notes: list[Text]) -> Answer:
    if (refusal := _wrong_type(item.check, case.predictions)) is not None:
        return Answer(not_applicable(item, refusal))
    try:
        readings = ask(item.check, case, item.options)
        finding = _measured(item, readings, [*notes, *_case_notes(case, item.check)])
        refuse_lower_levels(finding, case.level)
        refuse_unreleased(finding, case.settings.examples)
        finding.to_json()  # what cannot be written down would end the audit when the result is frozen
    except NotApplicable as why:
        return Answer(not_applicable(item, Text(msgid=why.message, params=dict(why.params)), why.hint))
    except (Exception, SystemExit) as error:
        # A broken check must not lose the rest of the audit, nor look like a clean one.
        logger.exception("check %s failed", item.check.id)
        return _crash(item, error)
    return Answer(finding)


def _controlled(item: Planned, case: Case[Any], code: list[str], answer: Answer) -> Answer:
    """The answer with what came of the check's own controls; an error without numbers when one of them failed."""
    if answer.finding.status != "measured":
        return answer
    own = run_controls(item.check, item.options, level=case.level, store=case.store, code=code)
    controls = (*own.controls, *answer.finding.controls)
    why = failure(controls)
    if why is None:
        return Answer(answer.finding.model_copy(update={"controls": controls}))
    # An instrument that reads a known case wrongly may be wrong about this one: its numbers are kept out.
    logger.error("check %s failed a control: %s", item.check.id, why)
    hint = (
        "mend the check, which auditkit.testing.obey_contract tries by itself; "
        "or leave it out: name the others, each with [[checks]] use"
    )
    finding = crashed(item, why, hint).model_copy(update={"controls": controls, "notes": answer.finding.notes})
    return Answer(finding, detail="; ".join(own.details))


def refuse_lower_levels(finding: Finding, level: float) -> None:
    """A bound must not be held against an interval that is surer of itself than the audit asks for."""
    for measurement in finding.measurements:
        if measurement.interval is not None and measurement.interval.level < level:
            raise ValueError(
                f"{measurement.metric}: an interval of level {measurement.interval.level:g} in an audit at {level:g}"
            )


def refuse_unreleased(finding: Finding, examples: str) -> None:
    """No check shows a row that the spec does not release, whatever else it says."""
    for one in finding.evidence:
        if isinstance(one, Example) and (examples == "none" or (examples == "synthetic" and not one.made_up)):
            raise PluginError(
                f"the check shows an example, and the spec says examples = '{examples}'",
                hint='[report] examples = "synthetic" or "released" lets it',
            )


def _crash(item: Planned, error: BaseException) -> Answer:
    """An error finding that says where; what the exception says may quote rows, and goes to the console alone."""
    hint = "what it said stands on the console of the run; its traceback: run again with --debug"
    if isinstance(error, AuditError):
        hint = error.hint or hint
    reason = Text.of("{kind} in {place}", kind=type(error).__name__, place=place_of(error))
    return Answer(crashed(item, reason, hint), detail=words_of(error))


def _measured(item: Planned, readings: Readings, notes: list[Text]) -> Finding:
    evidence = tuple(reading for reading in readings if not isinstance(reading, Measurement | Control))
    if not readings.measurements and not evidence:
        return crashed(
            item,
            Text.of("the check ended without a measurement or a reason"),
            "yield a Measurement, or raise NotApplicable",
        )
    return _finding(
        item,
        status="measured",
        measurements=readings.measurements,
        evidence=evidence,
        controls=readings.controls,
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
        options=stated_options(item),
        title=Text(msgid=check.title),
        text=Text(msgid=check.text),
        cards=check.metrics,
        **fields,
    )


def stated_options(item: Planned) -> dict[str, Any]:
    """A check's options as JSON would say them: whoever replays the audit gives the check the same ones again."""
    return {name: to_jsonable_python(value, fallback=str) for name, value in item.options.items()}


def _wrong_type(check: Check, predictions: Predictions) -> Text | None:
    if check.on is None or isinstance(predictions, check.on):
        return None
    wanted = " or ".join(kind.__name__ for kind in check.on)
    return Text.of(ANOTHER_TYPE, wanted=wanted, given=type(predictions).__name__)


def _case_notes(case: Case[Any], check: Check) -> Iterable[Text]:
    classes = getattr(case.predictions, "classes", ())
    if check.on is not None and len(case.positives) < len(classes) and not case.settings.positive:
        yield Text.of(
            "of {all} classes the {some} most frequent were taken in turn; name others with [data] positive",
            all=len(classes),
            some=len(case.positives),
        )
