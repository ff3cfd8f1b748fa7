"""What changed since the audit that a spec names as the one before: verified before the run, compared after it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditkit.document import Text
from auditkit.earlier import BaselineFacts, Change
from auditkit.errors import IntegrityError, SpecError
from auditkit.gating.releases import Release, side_by_side
from auditkit.result import AuditResult
from auditkit.terminal import printable

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from auditkit.case import Case
    from auditkit.spec import AuditSpec


@dataclass(frozen=True)
class Earlier:
    """A bundle that is intact and signed, and who signed it."""

    release: Release
    signer: str
    keyid: str
    trusted: bool
    """Whether by the key that the spec names."""
    said: str
    """Where it is, as the spec says it."""


def earlier_of(spec: AuditSpec, *, now: datetime) -> Earlier | None:
    """The bundle that `[report] previous` names; None: it names none.

    It need not be of a passing audit, nor still be valid: it is what was said then.

    Raises:
        SpecError: it is not there.
        IntegrityError: it was changed, is not signed, or not with the key that the spec names.
    """
    report = spec.report
    if report.previous is None:
        return None
    path = spec.folder / report.previous
    if not (path / "result.json").is_file():
        raise spec.source.error(
            ("report", "previous"), f"there is no bundle '{report.previous}'", "the folder that an earlier run wrote"
        )
    key = None if report.previous_key is None else spec.folder / report.previous_key
    if key is not None and not key.is_file():
        said = f"there is no key '{report.previous_key}'"
        raise spec.source.error(("report", "previous_key"), said, "the .pub file of whoever signs")
    return _read(path, key, report.previous, now=now)


def _read(path: Path, key: Path | None, said: str, *, now: datetime) -> Earlier:
    from auditkit.bundle import dsse, layout
    from auditkit.bundle.statements import Attestation, read_statement
    from auditkit.bundle.verify import verify

    found = verify(path, now=now, key=key, allow_dev_key=True)
    if not (found.intact and found.signed) or (key is not None and not found.trusted):
        failed = next((line for line in found.lines if line.state == "FAIL"), None)
        why = f"{failed.name}: {failed.text}" if failed else "nothing vouches for it"
        raise IntegrityError(
            f"the previous audit '{printable(said)}' cannot be compared with: {why}",
            hint=f"auditkit verify {shlex.quote(said)}",
        )
    envelope = dsse.read_envelope((path / layout.ATTESTATION).read_bytes(), name=layout.ATTESTATION)
    signer = read_statement(Attestation, envelope.payload, name=layout.ATTESTATION).predicate.signer
    result = AuditResult.from_json((path / layout.RESULT).read_bytes())
    return Earlier(Release(path, result), signer.name, signer.keyid, key is not None, said)


def with_change(result: AuditResult, earlier: Earlier, case: Case[Any]) -> AuditResult:
    """The result with what changed since the earlier one, and its digest; see `change_since`."""
    return result.model_copy(update={"change": change_since(earlier, result, case)}).sealed()


def change_since(earlier: Earlier, result: AuditResult, case: Case[Any]) -> Change:
    """How an audit differs from the one before, by the policy's margins; cells of too few people are withheld.

    Args:
        earlier: as `earlier_of` found it.
        result: of this audit.
        case: what was measured: its rows pair with the rows that the earlier bundle keeps.
    """
    from auditkit.auditing import created
    from auditkit.gating.comparing import compare
    from auditkit.gating.releases import refuse_other_task

    candidate = Release(earlier.release.path, result)
    about = _about(earlier)
    try:
        refuse_other_task(result, earlier.release.result)
        with side_by_side(candidate, earlier.release, new=case) as compared:
            outcome = compare(compared, result.policy.policy, created().date())
            return Change(
                **about,
                pairing=compared.says,
                paired=compared.paired,
                comparisons=outcome.comparisons,
                churn=outcome.churn,
            )
    except SpecError as why:
        return Change(**about, pairing=Text.of("numbers are not compared: {why}", why=why.message))


def _about(earlier: Earlier) -> dict[str, Any]:
    result = earlier.release.result
    facts = BaselineFacts(
        name=result.name,
        path=printable(earlier.said),
        result_digest=result.result_digest,
        subject_digest=result.subject.digest,
        created=result.run.created,
        verdict=result.verdict.outcome,
        found="named",
    )
    return {"earlier": facts, "signer": earlier.signer, "keyid": earlier.keyid, "trusted": earlier.trusted}
