"""Judging a bundle again: first it must verify, then its measurements are held against a policy."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.errors import IntegrityError, SpecError
from auditkit.judging import judge, lift_expired
from auditkit.resolving import resolve_policy
from auditkit.result import AuditResult, JudgedPolicy
from auditkit.sealing.record import seal_findings
from auditkit.waiving import models_of, refuse_faults

if TYPE_CHECKING:
    from auditkit.bundle.countersigned import Told
    from auditkit.bundle.verification import Verification
    from auditkit.finding import Finding
    from auditkit.policy import Policy
    from auditkit.result import Verdict


def judge_bundle(
    bundle: Path, *, policy: Path | None, key: Path | None, trust: Path | None, allow_dev_key: bool
) -> Verdict:
    """The verdict of `judged_result`.

    Raises:
        IntegrityError: the bundle is not intact, not signed, or not trusted by this reader.
        SpecError: the other policy plans re-audits for which the intervals were not made.
    """
    return judged_result(bundle, policy=policy, key=key, trust=trust, allow_dev_key=allow_dev_key).verdict


def judged_result(
    bundle: Path, *, policy: Path | None, key: Path | None, trust: Path | None, allow_dev_key: bool
) -> AuditResult:
    """Verify, then judge by the bundle's own policy, or by another: its result with that policy and that verdict.

    Its `result_digest` stays that of the signed result, which it was judged from.

    By its own policy a bundle is judged on what the audit judged: cells that were withheld afterwards keep their
    outcome, and only waivers that have run out since are lifted. By another policy a withheld cell is inconclusive.

    Raises:
        IntegrityError: the bundle is not intact, not signed, or not trusted by this reader.
        SpecError: the other policy plans re-audits for which the intervals were not made; or one of its waivers is none
            that it allows.
    """
    result = trusted_result(bundle, key=key, trust=trust, allow_dev_key=allow_dev_key)
    today = datetime.now(UTC).date()
    wanted = _policy(policy, today) if policy is not None else result.policy.policy
    if wanted.reaudit not in {None, result.policy.policy.reaudit}:
        raise SpecError(
            f"the policy '{policy}' plans re-audits, and the bundle's intervals were not made for that plan",
            hint="leave reaudit out of it; or run the audit again with this [policy]",
        )
    if wanted.digest == result.policy.digest:
        return result.model_copy(update={"verdict": lift_expired(wanted, result.verdict, today)})
    findings = (*_in_order(result), *seal_findings(result.seal))
    verdict = judge(wanted, findings, result.data.available, today, models_of(result.subject))
    held = JudgedPolicy(policy=wanted, digest=wanted.digest, source="spec")
    return result.model_copy(update={"verdict": verdict, "policy": held})


def told_now(result: AuditResult, policy: Path | None) -> AuditResult:
    """A result that was judged again, as exports tell it: of this moment, with the lines of the policy that judged it.

    Args:
        result: of `judged_result`.
        policy: the policy file; None: it was judged by its own.
    """
    from auditkit.auditing import created
    from auditkit.rule_places import places_in_policy
    from auditkit.spec import read_policy

    now = {"created": created().strftime("%Y-%m-%dT%H:%M:%SZ")}
    if policy is None:
        return result.model_copy(update={"run": result.run.model_copy(update=now)})
    places = places_in_policy(policy, read_policy(policy), result.policy.policy)
    return result.model_copy(update={"run": result.run.model_copy(update={**now, "places": places})})


def _in_order(result: AuditResult) -> Iterator[Finding]:
    """The findings with the attributes of each group in the order of the audit.

    The labels of an intersection are joined in that order, and canonical JSON sorts the keys of `group`.
    """
    names = [attribute.name for split in result.data.splits for attribute in split.attributes]
    place = {name: place for place, name in reversed(list(enumerate(names)))}
    for finding in result.findings:
        measurements = [
            one.model_copy(update={"group": dict(sorted(one.group.items(), key=lambda pair: place.get(pair[0], -1)))})
            if len(one.group) > 1
            else one
            for one in finding.measurements
        ]
        yield finding.model_copy(update={"measurements": tuple(measurements)})


def trusted_result(bundle: Path, *, key: Path | None, trust: Path | None, allow_dev_key: bool) -> AuditResult:
    """The result of a bundle that verifies.

    Raises:
        IntegrityError: the bundle is not intact, not signed, or not trusted by this reader.
    """
    refuse_untrusted(bundle, key=key, trust=trust, allow_dev_key=allow_dev_key)
    return AuditResult.from_json((bundle / "result.json").read_bytes())


def refuse_untrusted(bundle: Path, *, key: Path | None, trust: Path | None, allow_dev_key: bool) -> Verification:
    """What verifying a bundle says, of one that verifies.

    Raises:
        IntegrityError: the bundle is not intact, not signed, or not trusted by this reader.
    """
    from auditkit.bundle.verify import verify

    found = verify(bundle, now=datetime.now(UTC), key=key, trust=trust, allow_dev_key=allow_dev_key)
    if found.exit_code != 0:
        failed = next((line for line in found.lines if line.state == "FAIL"), None)
        why = f"{failed.name}: {failed.text}" if failed else "nothing vouches for it"
        raise IntegrityError(
            f"the bundle '{bundle}' cannot be trusted: {why}", hint=f"auditkit verify {shlex.quote(str(bundle))}"
        )
    return found


def countersignatures_of(bundle: Path, *, key: Path | None, trust: Path | None) -> tuple[Told, ...]:
    """What others decided of a bundle that verifies, as far as this reader knows them."""
    from auditkit.bundle.dispositions import told_of
    from auditkit.bundle.reader import trust_of
    from auditkit.bundle.stored import StoredFolder

    return told_of(StoredFolder.scan(bundle), trust_of(key, trust), now=datetime.now(UTC))


def _policy(path: Path, today: date) -> Policy:
    from auditkit.host import Host
    from auditkit.spec import read_policy
    from auditkit.specs.reading import read_source

    read = read_policy(path)
    extra = {name: read_policy(path.parent / name) for name in read.extends if (path.parent / name).is_file()}
    packs = Host.installed().policies if read.is_silent_on_rules or set(read.extends) - set(extra) else {}
    policy = resolve_policy(read, packs, extra)
    refuse_faults(policy, today, read_source(path), ())
    return policy
