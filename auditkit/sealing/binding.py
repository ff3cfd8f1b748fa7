"""Tying a run to its seal: found beside the spec or named, checked before work is done, compared when it is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.bundle.statements import parse_time
from auditkit.errors import AuditError, IntegrityError, SpecError
from auditkit.sealing.judged import count_of, judged_by_spec, judged_in_data, moved_between, of_summary
from auditkit.sealing.record import METRIC, SealRecord
from auditkit.sealing.statement import LARGEST_SEAL, Seal, read_seal

if TYPE_CHECKING:
    from datetime import datetime

    from auditkit.checks.measuring import Measured
    from auditkit.policy import Policy
    from auditkit.spec import AuditSpec

_OPTIONAL = ("subject",)


def find_seal(spec: AuditSpec, named: Path | None, *, now: datetime) -> Seal | None:
    """The seal that a run is bound to: the one named, else the one beside the spec; None: there is none.

    Raises:
        AuditError: the one named is not there.
        IntegrityError: it was changed, is not signed by whom it names, or is dated after `now`.
    """
    from auditkit.bundle.stored import read_bounded
    from auditkit.sealing.making import seal_place

    place = named or (seal_place(spec.folder / spec.source.name) if spec.source.name else None)
    if place is None or (named is None and not place.is_file()):
        return None
    if not place.is_file():
        raise AuditError(f"there is no seal '{place}'", hint="auditkit seal SPEC")
    try:
        seal = read_seal(read_bounded(place.resolve(), name=place.name, limit=LARGEST_SEAL), name=place.name)
    except IntegrityError as error:
        hint = error.hint or f"take '{place.name}' as it was signed, or take it away: the report then says of no seal"
        raise IntegrityError(error.message, hint=hint) from error
    if parse_time(seal.claim.sealed_on) > now:
        raise IntegrityError(
            f"'{place.name}' says that it was sealed on {seal.claim.sealed_on}, which is yet to come",
            hint="look at the clocks of both machines",
        )
    return seal


def refuse_unsealed(spec: AuditSpec, policy: Policy, seal: Seal | None) -> None:
    """Raise the SpecError of a policy that requires a seal, where there is none: its rule could only fail."""
    if seal is None and any(rule.metric == METRIC and rule.required for rule in policy.rules):
        raise SpecError(
            f"the policy has a rule on {METRIC}, and nothing is sealed",
            hint=f"before the run: auditkit seal {spec.source.name or 'SPEC'}",
        )


def bind(seal: Seal | None, spec: AuditSpec, policy: Policy, measured: Measured) -> SealRecord | None:
    """What the result says of the seal: key by key what is not as it was sealed."""
    if seal is None:
        return None
    claim = seal.claim
    now = judged_by_spec(spec, policy) | judged_in_data(map(of_summary, measured.data.splits), measured.subject.digest)
    return SealRecord(
        envelope=seal.envelope.decode("ascii"),
        sealed_on=claim.sealed_on,
        signer=claim.signer.name,
        keyid=claim.signer.keyid,
        development=claim.signer.development,
        number=claim.number,
        answers_kept=claim.answers_kept,
        keys=count_of(claim.judged),
        unsealed=tuple(key for key in _OPTIONAL if key not in claim.judged),
        moved=moved_between(claim.judged, now),
    )
