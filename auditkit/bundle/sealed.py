"""Judging the seal in a result: does it hold, whose is it, and does the result say rightly what has moved since?"""

from __future__ import annotations

from auditkit.bundle.reader import Reader
from auditkit.bundle.statements import AuditClaim, parse_time
from auditkit.bundle.verification import NotChecked
from auditkit.errors import AuditError, IntegrityError
from auditkit.result import AuditResult
from auditkit.sealing.judged import FROM_RESULT, count_of, judged_by_result, moved_between
from auditkit.sealing.record import SealRecord
from auditkit.sealing.statement import SealClaim, read_seal

_NAME = "the seal in result.json"
_MOST_NAMED = 5


def sealed(result: AuditResult, claim: AuditClaim, reader: Reader) -> str:
    """The answer to the question SEALED.

    Raises:
        IntegrityError: the seal was changed, is dated after the audit, or the result says wrongly what has moved; or
            the trust file requires a seal that the reader's keys vouch for and from which nothing has moved.
        NotChecked: there is none, or it is signed by a key that the reader does not know.
    """
    required = reader.trust is not None and reader.trust.policy.require_seal
    record = result.seal
    if record is None:
        if required:
            raise IntegrityError("nothing was sealed before the run, and the trust file requires it")
        raise NotChecked("nothing was sealed before the run")
    seal = read_seal(record.envelope.encode(), name=_NAME).claim
    _check_record(record, seal)
    if parse_time(seal.sealed_on) > parse_time(claim.finished_on):
        raise IntegrityError(f"sealed on {seal.sealed_on}, after the audit was finished on {claim.finished_on}")
    _check_moved(result, record, seal)
    if required and record.moved:
        raise IntegrityError(f"the trust file requires a seal from which nothing has moved; {_moved(record)}")
    said = f"on {seal.sealed_on} (claimed), {_moved(record)}"
    whose = _whose(seal, claim, reader)
    if whose is None:
        unknown = f"sealed {said}, by a key that you do not know: {seal.signer.keyid[:16]} ('{seal.signer.name}')"
        if required:
            raise IntegrityError(unknown)
        raise NotChecked(unknown)
    return f"{said}; by {whose}"


def _check_record(record: SealRecord, seal: SealClaim) -> None:
    """What the report shows of the seal must be what the seal says."""
    said = (record.sealed_on, record.signer, record.keyid, record.development, record.number, record.answers_kept)
    signer = seal.signer
    true = (seal.sealed_on, signer.name, signer.keyid, signer.development, seal.number, seal.answers_kept)
    unsealed = tuple(key for key in ("subject",) if key not in seal.judged)
    if said != true or record.keys != count_of(seal.judged) or record.unsealed != unsealed:
        raise IntegrityError("the result does not say what its seal says")


def _check_moved(result: AuditResult, record: SealRecord, seal: SealClaim) -> None:
    """What the result can tell itself is compared again: a signer who moved the bar cannot call it unmoved."""
    again = {key: seal.judged[key] for key in FROM_RESULT if key in seal.judged}
    moved = moved_between(again, judged_by_result(result))
    told = tuple(one for one in record.moved if one.key.partition(".")[0] in FROM_RESULT)
    if told == moved:
        return
    hidden = next((one.key for one in moved if one not in told), None)
    if hidden is not None:
        raise IntegrityError(f"'{hidden}' is not as it was sealed, and the result does not say so")
    raise IntegrityError("the result says that sealed values have moved, and they have not")


def _whose(seal: SealClaim, claim: AuditClaim, reader: Reader) -> str | None:
    """Who sealed, as far as the reader can tell; None: somebody whom they do not know."""
    keyid = seal.signer.keyid
    if keyid == claim.signer.keyid:
        return "the signer of the bundle"
    if seal.signer.development or reader.trust is None or reader.trust.name_of(keyid) is None:
        return None
    try:
        name = reader.trust.sealed_by(keyid, on=parse_time(seal.sealed_on), now=reader.now)
    except AuditError as error:
        raise IntegrityError(f"the seal: {error.message}") from error
    return f"'{name}', another key than the bundle's"


def _moved(record: SealRecord) -> str:
    if not record.moved:
        return f"unchanged: {record.keys} values"
    named = ", ".join(one.key for one in record.moved[:_MOST_NAMED])
    more = len(record.moved) - _MOST_NAMED
    return f"MOVED since: {len(record.moved)} of {record.keys} values: {named}{f' and {more} more' if more > 0 else ''}"
