"""Whether certificates were good at a moment, by certificates and revocation lists that are at hand.

Nothing is fetched. Path and list are checked as RFC 5280 says (sections 6.1 and 6.3), for the short paths that signers
and time-stamping authorities have: each certificate issued by the next, the last by itself.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from auditkit.bundle.certificates import common_name
from auditkit.errors import AuditError, IntegrityError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, CertificateRevocationList, RevokedCertificate

_LONGEST_PATH = 8


class Lacking(AuditError):  # noqa: N818  it lacks, and is not wrong
    """A certificate or a list is not there, or not of use; the hint says where to get it."""


@dataclass(frozen=True)
class Evidence:
    """Certificates and revocation lists, of whomever: what is needed of them is found by their signatures."""

    certificates: tuple[Certificate, ...] = ()
    lists: tuple[CertificateRevocationList, ...] = ()

    @classmethod
    def read(cls, raw: bytes) -> Evidence:
        """What is in a file: certificates and lists in PEM, one or several, or one of either in DER.

        Raises:
            ValueError: it is something else.
        """
        from cryptography import x509

        if b"-----BEGIN" not in raw:
            try:
                return cls((x509.load_der_x509_certificate(raw),))
            except ValueError:
                return cls((), (x509.load_der_x509_crl(raw),))
        certificates = x509.load_pem_x509_certificates(raw) if b"-----BEGIN CERTIFICATE-----" in raw else []
        lists = [x509.load_pem_x509_crl(part) for part in _lists_in(raw)]
        if not certificates and not lists:
            raise ValueError("neither a certificate nor a revocation list")
        return cls(tuple(certificates), tuple(lists))

    @classmethod
    def in_der(cls, certificates: Sequence[bytes], lists: Sequence[bytes]) -> Evidence:
        """Each of them in DER; ValueError when one is something else."""
        from cryptography import x509

        return cls(tuple(map(x509.load_der_x509_certificate, certificates)), tuple(map(x509.load_der_x509_crl, lists)))

    def __add__(self, other: Evidence) -> Evidence:
        """Both, each thing once."""
        lists = [*self.lists, *(one for one in other.lists if one not in self.lists)]
        return Evidence(tuple(dict.fromkeys(self.certificates + other.certificates)), tuple(lists))

    def path(self, leaf: Certificate) -> tuple[Certificate, ...]:
        """The certificate, who issued it, and so on to one that issued itself.

        Raises:
            Lacking: one is not there.
        """
        found = [leaf]
        while not is_issued_by(found[-1], found[-1]):
            issuer = next((one for one in self.certificates if is_issued_by(found[-1], one)), None)
            if issuer is None or len(found) == _LONGEST_PATH:
                raise Lacking(
                    f"the certificate that issued '{common_name(found[-1])}' is not there",
                    hint=f"{found[-1].issuer.rfc4514_string()}, from whoever issued it",
                )
            found.append(issuer)
        return tuple(found)

    def covering(self, leaf: Certificate, *, at: datetime) -> Evidence:
        """Of all this the path of a certificate, and a list for each of it, all of which held at a moment.

        Raises:
            Lacking: something is not there, or was out of date then.
            IntegrityError: a certificate of the path was not valid then, or was revoked by then; or one of them, or a
                list, is malformed.
        """
        from cryptography import x509
        from cryptography.exceptions import UnsupportedAlgorithm

        malformed = (
            ValueError,
            TypeError,
            UnsupportedAlgorithm,
            x509.DuplicateExtension,
            x509.UnsupportedGeneralNameType,
        )
        try:
            return self._covered(leaf, at)
        except malformed as error:  # cryptography reads what is inside when it is asked for it
            raise IntegrityError(f"a certificate or revocation list cannot be read: {type(error).__name__}") from error

    def _covered(self, leaf: Certificate, at: datetime) -> Evidence:
        path = self.path(leaf)
        lists = []
        for certificate, issuer in itertools.pairwise(path):
            _check_valid(certificate, at)
            found = self._list_of(certificate, issuer, at)
            entry = entry_of(found, certificate)
            if entry is not None and entry.revocation_date_utc <= at:
                raise IntegrityError(revoked_on(certificate, entry))
            lists.append(found)
        _check_valid(path[-1], at)
        if not lists:
            raise Lacking(
                f"the certificate of '{common_name(leaf)}' is issued by itself, so that nobody can revoke it",
                hint="auditkit keygen root --authority, then auditkit keygen audit --issuer root.key --crl-url URL",
            )
        return Evidence(path, tuple(lists))

    def _list_of(self, certificate: Certificate, issuer: Certificate, at: datetime) -> CertificateRevocationList:
        """The newest list of an issuer that says something of a certificate."""
        own = sorted(lists_of(self.lists, issuer), key=lambda one: one.last_update_utc)
        name = common_name(issuer)
        if not own:
            raise Lacking(f"the revocation list of '{name}' is not there", hint=_where_to_get(certificate))
        newest = own[-1]
        if not is_current(newest, at):
            raise Lacking(
                f"the revocation list of '{name}' was out of date on {at:%Y-%m-%d}", hint=_where_to_get(certificate)
            )
        if not _says_all(newest, of_authority=_is_authority(certificate)):
            raise Lacking(
                f"the revocation list of '{name}' leaves out certificates such as '{common_name(certificate)}'",
                hint=_where_to_get(certificate),
            )
        return newest


def is_issued_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether the issuer's key signed the certificate, and may."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return certificate == issuer or _is_authority(issuer)


def lists_of(lists: Sequence[CertificateRevocationList], issuer: Certificate) -> Iterator[CertificateRevocationList]:
    """Those of the lists that the issuer signed."""
    from cryptography.exceptions import UnsupportedAlgorithm

    key: Any = issuer.public_key()
    for one in lists:
        with contextlib.suppress(ValueError, TypeError, UnsupportedAlgorithm):  # nobody's, if it cannot be read
            if one.issuer == issuer.subject and one.is_signature_valid(key):
                yield one


def is_current(found: CertificateRevocationList, at: datetime) -> bool:
    """Whether a list had not been followed by the next one yet."""
    until = found.next_update_utc
    return until is not None and at <= until


def entry_of(found: CertificateRevocationList, certificate: Certificate) -> RevokedCertificate | None:
    """What a list says of a certificate; None: it is not revoked."""
    return found.get_revoked_certificate_by_serial_number(certificate.serial_number)


def revoked_on(certificate: Certificate, entry: RevokedCertificate) -> str:
    """The sentence that says so."""
    return f"the certificate of '{common_name(certificate)}' was revoked on {entry.revocation_date_utc:%Y-%m-%d}"


def leaves_earlier_alone(entry: RevokedCertificate) -> bool:
    """Whether a certificate was revoked for a reason that says that its key was not lost: RFC 5280, section 5.3.1."""
    from cryptography import x509

    harmless = {
        x509.ReasonFlags.affiliation_changed,
        x509.ReasonFlags.superseded,
        x509.ReasonFlags.cessation_of_operation,
    }
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason in harmless
    except x509.ExtensionNotFound:
        return False


def _check_valid(certificate: Certificate, at: datetime) -> None:
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise IntegrityError(f"the certificate of '{common_name(certificate)}' was not valid on {at:%Y-%m-%d}")


def _is_authority(certificate: Certificate) -> bool:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _says_all(found: CertificateRevocationList, *, of_authority: bool) -> bool:
    """Whether a certificate that is not in the list is not revoked: partial lists say so of themselves (5.2.5)."""
    from cryptography import x509

    for extension in found.extensions:
        said = extension.value
        if isinstance(said, x509.IssuingDistributionPoint):
            others = said.only_contains_user_certs if of_authority else said.only_contains_ca_certs
            if others or said.indirect_crl or said.only_contains_attribute_certs or said.only_some_reasons:
                return False
        elif extension.critical:
            return False
    return True


def _where_to_get(certificate: Certificate) -> str:
    """What to type for the list of whoever issued a certificate, which names the place where it has one."""
    from cryptography import x509

    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return "name the list's file: --long-term FILE.crl, or [signing] long_term"
    for point in points:
        for name in point.full_name or ():
            if isinstance(name, x509.UniformResourceIdentifier):
                return f"--long-term FILE.crl, or --long-term {name.value} to have it fetched"
    return "name the list's file: --long-term FILE.crl, or [signing] long_term"


def _lists_in(raw: bytes) -> Iterator[bytes]:
    begin, end = b"-----BEGIN X509 CRL-----", b"-----END X509 CRL-----"
    for part in raw.split(begin)[1:]:
        yield begin + part.partition(end)[0] + end + b"\n"
