"""The gate on one screen: judge the candidate, find its baseline, compare, join both into one verdict."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.bundle.reader import trust_of
from auditkit.document import Text
from auditkit.gating.choosing import Against, Chosen, choose
from auditkit.gating.heads import check_head, refuse_unsigned, sign_head
from auditkit.gating.ledger import Entry, accept, read_ledger, refuse_replayed
from auditkit.gating.releases import Release, side_by_side
from auditkit.gating.told import BaselineFacts, Gated
from auditkit.judging import joined
from auditkit.policy import Rule
from auditkit.regate import countersignatures_of, judged_result, trusted_result
from auditkit.result import AuditResult, JudgedPolicy, Judgement
from auditkit.sealing.record import said_of
from auditkit.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditkit.bundle.countersigned import Told
    from auditkit.bundle.keys import Signer
    from auditkit.gating.comparing import Outcome


@dataclass(frozen=True)
class Judged:
    """What a gate decided."""

    result: AuditResult
    """The bundle's, with the verdict and the policy that were decided by, and the comparison among its findings. Its
    `result_digest` stays that of the signed result."""
    told: Gated


def gate_bundle(
    bundle: Path,
    *,
    against: Against,
    policy: Path | None,
    key: Path | None,
    trust: Path | None,
    allow_dev_key: bool,
    signs: bool = False,
) -> Judged:
    """Verify and judge a bundle; where `against` names a baseline, compare it with that.

    Raises:
        IntegrityError: the bundle, or its baseline, is not intact, not signed or not trusted; or the ledger is broken.
        SpecError: the policy, or the baseline, cannot be meant.
    """
    entries: tuple[Entry, ...] = ()
    if against.ledger is not None:
        refuse_unsigned(against.ledger, signs=signs)
        entries, trusted = read_ledger(against.ledger), trust_of(key, trust)
        check_head(against.ledger, entries, trusted, allow_dev_key=allow_dev_key, now=datetime.now(UTC))
    result = judged_result(bundle, policy=policy, key=key, trust=trust, allow_dev_key=allow_dev_key)
    refuse_replayed(entries, result.name, result.result_digest)
    told = countersignatures_of(bundle, key=key, trust=trust)
    return _reviewed(_gated(bundle, result, against, key=key, trust=trust, allow_dev_key=allow_dev_key), told)


def _gated(
    bundle: Path,
    result: AuditResult,
    against: Against,
    *,
    key: Path | None,
    trust: Path | None,
    allow_dev_key: bool,
) -> Judged:
    if not against:
        return _unasked(result)
    read = functools.partial(trusted_result, key=key, trust=trust, allow_dev_key=allow_dev_key)
    candidate = Release(bundle, result)
    chosen = choose(candidate, against, read)
    return _first(result, chosen) if chosen.release is None else _compared(candidate, chosen, datetime.now(UTC))


def _reviewed(judged: Judged, told: Sequence[Told]) -> Judged:
    """With what reviewers decided: one whom the reader knows and who rejects it fails it, others are only told of."""
    said = judged.told.model_copy(update={"countersignatures": tuple(told)})
    rejections = [one for one in told if one.rejects]
    if not rejections:
        return Judged(judged.result, said)
    rule = Rule(id="review", metric="review", max=0.0, because="a reviewer whom the reader trusts may stop a release")
    first = rejections[0]
    why = Text.of(
        "'{name}' ({role}) rejects it: {reason}", name=first.name, role=first.role, reason=first.reason or "no reason"
    )
    result = _with(judged.result, (rule,), (Judgement(rule=rule.id, outcome="fail", reason=why),))
    return Judged(result, said.model_copy(update={"verdict": result.verdict}))


def remember(judged: Judged, against: Against, bundle: Path, signer: Signer | None = None) -> None:
    """Write a release that passed into the ledger, if there is one; last of all, when nothing else can fail.

    `signer` signs the ledger's head.

    Raises:
        IntegrityError: the ledger is broken.
    """
    if against.ledger is not None and judged.result.verdict.outcome == "pass":
        held = judged.told.baseline.result_digest if judged.told.baseline else None
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        accept(against.ledger, bundle, judged.result, baseline=held, date=stamp)
        if signer is not None:
            sign_head(against.ledger, read_ledger(against.ledger), signer, now=datetime.now(UTC))


def _first(result: AuditResult, chosen: Chosen) -> Judged:
    """Without a baseline nothing says that it is no worse: inconclusive, unless a ledger says that it is the first."""
    if chosen.is_first:
        return Judged(result, _told(result, chosen))
    return _without(
        result,
        chosen,
        chosen.lacks
        or Text.of(
            "there is no baseline: no other bundle there is of '{name}', verifies, and gives {kind}; name one: "
            "--baseline BUNDLE",
            name=result.name,
            kind=result.subject.prediction_type,
        ),
    )


def _unasked(result: AuditResult) -> Judged:
    """Nothing was to be compared; where the policy itself asks for it, that is no pass."""
    if not result.policy.policy.baseline:
        return Judged(result, _told(result))
    why = "the policy holds releases against a baseline, and none is named: --baseline, --baseline-from or --ledger"
    return _without(result, None, Text.of(why))


def _without(result: AuditResult, chosen: Chosen | None, why: Text) -> Judged:
    rule = Rule(id="baseline", metric="baseline", max=0.0, because="a release is held against the one before it")
    judged = _with(result, (rule,), (Judgement(rule=rule.id, outcome="inconclusive", reason=why),))
    return Judged(judged, _told(judged, chosen))


def _compared(candidate: Release, chosen: Chosen, now: datetime) -> Judged:
    from auditkit.gating.comparing import compare

    assert chosen.release is not None  # noqa: S101  the caller looked
    result, policy = candidate.result, candidate.result.policy.policy
    with side_by_side(candidate, chosen.release) as compared:
        outcome = compare(compared, policy, now.date())
        says, paired = compared.says, compared.paired
    judged = _with(result, outcome.rules, outcome.judgements)
    finding = outcome.finding.model_copy(update={"text": _held_against(chosen, says)})
    judged = judged.model_copy(update={"findings": (*judged.findings, finding)})
    return Judged(judged, _told(judged, chosen, outcome, says, paired=paired))


def _held_against(chosen: Chosen, says: Text) -> Text:
    """What the comparison says of itself wherever it is told: which release it is with, and how the two are paired."""
    assert chosen.release is not None  # noqa: S101  the caller looked
    baseline = chosen.release.result
    return Text.of(
        "How much better or worse the release does than the one before it, and who now gets another answer. The "
        "baseline is '{name}' of {created} ({found}): model sha256:{model}, result sha256:{result}, verdict {verdict}. "
        "Compared {pairing}.",
        name=baseline.name,
        created=baseline.run.created,
        found=chosen.found,
        model=baseline.subject.digest[:16],
        result=baseline.result_digest[:16],
        verdict=baseline.verdict.outcome,
        pairing=str(says),
    )


def _with(result: AuditResult, rules: tuple[Rule, ...], judgements: tuple[Judgement, ...]) -> AuditResult:
    """The result with more rules, and what they say, behind the policy's own."""
    policy = result.policy.policy
    verdict = joined(policy, result.verdict, rules, judgements)
    whole = policy.model_copy(update={"rules": (*policy.rules, *rules)})
    held = JudgedPolicy(policy=whole, digest=whole.digest, source=result.policy.source)
    return result.model_copy(update={"verdict": verdict, "policy": held})


def _told(
    result: AuditResult,
    chosen: Chosen | None = None,
    outcome: Outcome | None = None,
    says: Text | None = None,
    *,
    paired: bool = False,
) -> Gated:
    return Gated(
        name=result.name,
        result_digest=result.result_digest,
        verdict=result.verdict,
        baseline=None if chosen is None else _facts(chosen),
        pairing=says,
        paired=paired,
        comparisons=() if outcome is None else outcome.comparisons,
        churn=() if outcome is None else outcome.churn,
        seal=None if result.seal is None else said_of(result.seal),
        notes=() if chosen is None else chosen.notes,
    )


def _facts(chosen: Chosen) -> BaselineFacts | None:
    if chosen.release is None:
        return None
    result = chosen.release.result
    return BaselineFacts(
        name=result.name,
        path=printable(str(chosen.release.path)),
        result_digest=result.result_digest,
        subject_digest=result.subject.digest,
        created=result.run.created,
        verdict=result.verdict.outcome,
        found=chosen.found,
    )
