"""A statement that came in an envelope of its own and says who signed it: read and checked, and nobody trusted yet."""

from __future__ import annotations

from typing import TypeVar

from auditkit.bundle import dsse
from auditkit.bundle.keys import keyid_of, public_key_from_pem
from auditkit.bundle.statements import Claim, SignerClaim, Statement, read_statement
from auditkit.errors import AuditError, IntegrityError


class SignedClaim(Claim):
    """The predicate of such a statement."""

    signer: SignerClaim


class SignedStatement(Statement):
    """What somebody signs beside a bundle's own two statements: a decision, a seal, the head of a ledger."""

    predicate: SignedClaim


Kind = TypeVar("Kind", bound=SignedStatement)


def read_signed(kind: type[Kind], raw: bytes, *, name: str) -> Kind:
    """The statement in an envelope, signed by the key that it names; `name` is what error messages call the file.

    Raises:
        IntegrityError: it is no statement of this kind, was changed, or is not signed by whom it names.
    """
    envelope = dsse.read_envelope(raw, name=name)
    statement = read_statement(kind, envelope.payload, name=name)
    signer = statement.predicate.signer
    try:
        key = public_key_from_pem(signer.public_key.encode(), name=f"the public key in {name}")
    except AuditError as error:
        raise IntegrityError(error.message) from error
    if keyid_of(key) != signer.keyid:
        raise IntegrityError(f"the keyid in {name} is not that of its public key")
    envelope.verified_by({signer.keyid: key}, name=name)
    return statement
