"""A whole replay on one screen: verify, rebuild, recompute, withhold again, compare, judge again."""

from __future__ import annotations

import importlib.metadata
import math
import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.checks.summaries import attribute_of, group_sizes, library_versions
from auditkit.dataset import Codes
from auditkit.deciding import with_growth
from auditkit.disclosure.smallcells import SmallCells, find_small_cells
from auditkit.disclosure.suppression import suppress_findings, suppress_judgements, suppress_split
from auditkit.disclosure.told import Cell
from auditkit.hosting.discovery import distribution_digest
from auditkit.judging import judge, lift_expired
from auditkit.predictions import ClassScores, LabelScores
from auditkit.regate import trusted_result
from auditkit.replay.comparing import Comparison, compare_findings, written_and_read
from auditkit.replay.outcome import Part, Replay, Turn, Version
from auditkit.replay.rebuilding import NoRowsError, WithheldTexts, read_evidence, rebuilt_case, taken_out
from auditkit.replay.recomputing import Recomputed, host_of, recompute
from auditkit.replay.tolerances import allowed_by, turns_within, widest
from auditkit.sealing.record import seal_findings
from auditkit.terminal import printable
from auditkit.waiving import models_of

if TYPE_CHECKING:
    from auditkit.case import Case
    from auditkit.dataset import SplitName
    from auditkit.finding import Finding
    from auditkit.host import Host
    from auditkit.policy import VerdictOutcome
    from auditkit.result import AuditResult, Judgement, SplitSummary
    from auditkit.rows.reading import SplitRows

DATA, VERDICT = "the data", "the verdict"


def replay_bundle(bundle: Path, *, key: Path | None, trust: Path | None, allow_dev_key: bool) -> Replay:
    """Recompute all that a bundle's evidence can tell, in this process, and compare it with what is signed.

    Raises:
        IntegrityError: the bundle does not verify, or its evidence is not what auditkit writes.
    """
    result = trusted_result(bundle, key=key, trust=trust, allow_dev_key=allow_dev_key)
    try:
        evidence = read_evidence(bundle, result)
    except NoRowsError as why:
        return _nothing_replayed(bundle, result, why.message)
    host = host_of(result)
    other_code = tuple(_other_code(result, host))
    with rebuilt_case(evidence, result, taken_out(bundle)) as case:
        found = tuple(recompute(host, case, result, evidence["audit"].layout.max_rows))
        whole = tuple(one.finding or one.signed for one in found)
        sizes = group_sizes(case, whole)
        small = find_small_cells(sizes, whole)
        leniently = any(one.finding is None and one.needed for one in found)
        told = suppress_findings(whole, small, sizes)
        weighted = result.data.weights is not None
        checks = tuple(
            _check_part(one, again, same_code=not other_code, leniently=leniently, weighted=weighted)
            for one, again in zip(found, told, strict=True)
        )
        data = _data_part(case, evidence, result, small)
        outcome, verdict, turns = _verdict_part(result, found, (small, sizes), same_code=not other_code)
    return Replay(
        path=printable(str(bundle)),
        name=result.name,
        rows=evidence["audit"].layout.rows,
        parts=(data, *checks, verdict),
        signed_verdict=result.verdict.outcome,
        verdict=outcome,
        versions=(*other_code, *_other_machine(result)),
        turns=turns,
    )


def _nothing_replayed(bundle: Path, result: AuditResult, why: str) -> Replay:
    """Of a bundle without rows: every part of it, none of them recomputed."""
    signed = [Recomputed(one, None, why, needed=one.status == "measured") for one in result.findings]
    return Replay(
        path=printable(str(bundle)),
        name=result.name,
        rows=0,
        parts=(
            Part(name=DATA, replayed=False, why=why),
            *(_left(one) for one in signed),
            Part(name=VERDICT, replayed=False, why=why),
        ),
        signed_verdict=result.verdict.outcome,
        verdict=result.verdict.outcome,
        versions=tuple(_other_machine(result)),
    )


def _left(one: Recomputed) -> Part:
    """A check that was not put to the rows again."""
    left = len(one.signed.measurements)
    return Part(
        name=one.signed.check, options=one.signed.options, replayed=False, why=one.why, needed=one.needed, left=left
    )


def _check_part(one: Recomputed, told: Finding, *, same_code: bool, leniently: bool, weighted: bool) -> Part:
    if one.finding is None:
        return _left(one)
    again = written_and_read(told)
    part = compare_findings(one.signed, again, words_count=same_code, leniently=leniently, weighted=weighted)
    if one.signed.status == told.status == "not_applicable":
        return part.model_copy(update={"applies": False, "why": str(one.signed.reason)})
    return part.model_copy(update={"taken": one.taken})


def _data_part(
    case: Case[Any], evidence: Mapping[SplitName, SplitRows], result: AuditResult, small: SmallCells
) -> Part:
    """What the result says of the data, so far as the rows can tell: sizes of groups, classes, units, weights."""
    found = Comparison()
    kind = type(case.predictions).__name__
    found.compare(result.subject.prediction_type, _KINDS.get(kind, kind), "type of the predictions")
    classes = getattr(case.predictions, "classes", getattr(case.predictions, "labels", ()))
    found.compare(list(result.subject.classes), list(classes), "classes")
    for split in result.data.splits:
        if split.name in evidence:
            again = suppress_split(_summary(evidence[split.name], split), small)
            found.compare(split.model_dump(mode="json"), again.model_dump(mode="json"), f"{split.name} rows")
    for need, there in _available(case).items():
        found.compare(need in result.data.available, there, f"whether there are {need}")
    return found.part(DATA)


_KINDS = {WithheldTexts.__name__: "Texts"}


def _available(case: Case[Any]) -> dict[str, bool]:
    """What rules may need, as far as rows can tell."""
    is_probability = isinstance(case.predictions, ClassScores) and case.predictions.kind == "probability"
    decides = isinstance(case.predictions, ClassScores | LabelScores)
    return {"decisions": decides, "groups": case.has_groups, "scores": is_probability and case.has_targets}


def _summary(rows: SplitRows, signed: SplitSummary) -> SplitSummary:
    """The signed summary with all that follows from the rows put in anew."""
    columns = rows.columns
    targets, units, weights = columns["targets"], columns["units"], columns["weights"]
    codes = None if targets is None else Codes(*targets)
    known = columns["truth_known"]
    missing = int(np.count_nonzero(~known)) if known is not None else 0 if codes is None else codes.missing
    again = {
        "rows": rows.layout.rows,
        "keyed": rows.layout.keyed,
        "missing_targets": missing,
        "target_classes": () if codes is None else codes.vocabulary,
        "attributes": tuple(attribute_of(name, Codes(*pair)) for name, pair in columns["groups"].items()),
        "units": None if units is None else len(units[1]),
        "weight_sum": None if weights is None else math.fsum(weights),
    }
    return signed.model_copy(update=again)


def _verdict_part(
    result: AuditResult, found: Sequence[Recomputed], cells: tuple[SmallCells, Mapping[Cell, int]], *, same_code: bool
) -> tuple[VerdictOutcome, Part, tuple[Turn, ...]]:
    """Judge the recomputed measurements by the signed policy, on the day of the audit; and what is at its bound."""
    policy, signed = result.policy.policy, result.verdict
    today = date.fromisoformat(result.run.created[:10])
    findings = [*(one.finding or one.signed for one in found), *seal_findings(result.seal)]
    verdict = judge(policy, findings, result.data.available, today, models_of(result.subject))
    compared = Comparison(same_code)
    if len(signed.judgements) != len(policy.rules):
        compared.compare(list(signed.judgements), list(verdict.judgements), "judgements")
        return verdict.outcome, compared.part(VERDICT), ()
    # What could not be replayed is judged as it was signed: what is withheld in it cannot be judged again.
    missing = [one.signed for one in found if one.finding is None and one.needed]
    as_signed = [
        any(rule.metric in {m.metric for m in finding.measurements} for finding in missing) for rule in policy.rules
    ]
    judgements = suppress_judgements(verdict.judgements, *cells)
    merged = [old if keeps else new for keeps, old, new in zip(as_signed, signed.judgements, judgements, strict=True)]
    again = lift_expired(policy, verdict.model_copy(update={"judgements": _growing(tuple(merged), result)}), today)
    # Its numbers are those of the checks, each of which was held to its own metric's tolerance there.
    weighted = result.data.weights is not None
    here = [one.finding for one in found if one.finding is not None]
    compared.allowing("", widest(one for each in here for one in allowed_by(each.cards, weighted=weighted).values()))
    compared.compare(signed.model_dump(mode="json"), again.model_dump(mode="json"), "")
    part = compared.part(VERDICT)
    why = f"{sum(as_signed)} of {len(as_signed)} rules rest on what was not replayed" if any(as_signed) else ""
    turns = tuple(turns_within(result, findings, judgements, today))
    kept = {rule.id for rule, keeps in zip(policy.rules, as_signed, strict=True) if keeps}
    told = tuple(one for one in turns if one.rule not in kept)
    return again.outcome, part.model_copy(update={"why": why}), told


def _growing(judgements: tuple[Judgement, ...], result: AuditResult) -> tuple[Judgement, ...]:
    """With how many times the rows would decide them, worked out anew from the numbers that are signed.

    Of numbers that differ in their last bits, drawn audits may come out a step apart.
    """
    signed = result.verdict.judgements
    anew = with_growth(signed, result.policy.policy, result.findings)
    return tuple(
        one.model_copy(update={"growth": new.growth if old.growth is not None else None})
        for one, old, new in zip(judgements, signed, anew, strict=True)
    )


def _other_code(result: AuditResult, host: Host) -> Iterator[Version]:
    """The code of auditkit and its plugins that is not what it was at the audit."""
    then = {one.distribution: f"{one.version} sha256:{one.digest}" for one in result.provenance.plugins}
    here = {one.distribution: f"{one.version} sha256:{one.digest}" for one in host.plugins}
    own = f"{importlib.metadata.version('auditkit')} sha256:{distribution_digest('auditkit')}"
    yield from _unequal({**then, "auditkit": result.provenance.auditkit}, {**here, "auditkit": own})


def _other_machine(result: AuditResult) -> Iterator[Version]:
    """What else may change the last bits of a number, and is not what it was at the audit."""
    then = result.provenance
    here = {"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}"}
    yield from _unequal({"python": then.python, "platform": then.platform}, here)
    yield from _unequal(then.libraries, library_versions())


def _unequal(then: Mapping[str, str], here: Mapping[str, str]) -> Iterator[Version]:
    for name in sorted({*then, *here}):
        if then.get(name) != here.get(name):
            yield Version(name=name, audit=then.get(name), here=here.get(name))
