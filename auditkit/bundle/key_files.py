"""Making keys: a key pair that somebody asked for, and the development key that comes by itself."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.bundle.certificates import check_name, self_signed
from auditkit.bundle.issuing import read_root, revocation_list, root_certificate, signer_certificate
from auditkit.bundle.keys import DEVELOPMENT_NAME, FileSigner, pem_of
from auditkit.errors import AuditError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

HOME_VARIABLE = "AUDITKIT_HOME"
_SECRET_MODE, _PUBLIC_MODE = 0o600, 0o644


@dataclass(frozen=True)
class KeyPair:
    """Where the files of a key pair are."""

    private: Path | None
    """P-256, PKCS#8 PEM, mode 0600: it never leaves its owner. None: it is in no file."""
    public: Path
    """SubjectPublicKeyInfo PEM: readers verify with it."""
    certificate: Path
    """Self-signed X.509 PEM: it names the signer, and PDF signatures need it."""


@dataclass(frozen=True)
class Under:
    """The authority that a key's certificate is issued by."""

    issuer: str | Path
    """The root's private key: its file, or its address."""
    crl_url: str
    """Where its revocation list is published."""


def make_authority(
    stem: Path,
    name: str,
    *,
    now: datetime | None = None,
    passphrase: str | None = None,
    held: EllipticCurvePrivateKey | None = None,
) -> KeyPair:
    """Write `STEM.key`, `.pub`, `.crt` and `.crl` of an authority of one's own; keep it offline. As `make_key_pair`."""
    from cryptography.hazmat.primitives.serialization import Encoding

    moment = now or datetime.now(UTC)
    pair = _places(stem, name, ".crl", held=held)

    def certified(key: EllipticCurvePrivateKey) -> dict[Path, bytes]:
        root = root_certificate(key, name, now=moment)
        none = revocation_list(root, key, before=None, revoke=None, now=moment)
        return {
            pair.certificate: root.public_bytes(Encoding.PEM),
            stem.parent / f"{stem.name}.crl": none.public_bytes(Encoding.PEM),
        }

    _write_files(pair, certified, passphrase, held)
    return pair


def make_key_pair(
    stem: Path,
    name: str,
    *,
    now: datetime | None = None,
    under: Under | None = None,
    passphrase: str | None = None,
    held: EllipticCurvePrivateKey | None = None,
) -> KeyPair:
    """Write `STEM.key`, `STEM.pub` and `STEM.crt` for a new P-256 key; a file that exists is never overwritten.

    Args:
        stem: the folder and the first part of the file names.
        name: who will sign, e.g. "ACME model risk"; it stands in the certificate.
        now: when the certificate becomes valid; the present when absent.
        under: who issues the certificate; it is self-signed when absent.
        passphrase: encrypts the private key; it is kept as it is when absent.
        held: a P-256 key that is somewhere else, and stays there: no `STEM.key` is written. A new one when absent.

    Raises:
        AuditError: a file exists, the folder cannot be written, or the name cannot stand in a certificate.
    """
    moment = now or datetime.now(UTC)
    pair = _places(stem, name, held=held)

    def certified(key: EllipticCurvePrivateKey) -> dict[Path, bytes]:
        return {
            pair.certificate: self_signed(key, name, now=moment) if under is None else _issued(key, name, under, moment)
        }

    _write_files(pair, certified, passphrase, held)
    return pair


def _places(stem: Path, name: str, *more: str, held: object) -> KeyPair:
    """Where the files will be; AuditError when one is there, or the name is not to be had."""
    if check_name(name) == DEVELOPMENT_NAME:
        raise AuditError(f"the name '{name}' is kept for development keys", hint="--name 'ACME model risk'")
    private, public, certificate, *others = (
        stem.parent / f"{stem.name}{ending}" for ending in (".key", ".pub", ".crt", *more)
    )
    taken = [path for path in (private, public, certificate, *others) if os.path.lexists(path)]
    if taken:
        raise AuditError(f"'{taken[0]}' exists, and keys are never overwritten", hint="auditkit keygen OTHER-NAME")
    return KeyPair(private if held is None else None, public, certificate)


def _issued(key: EllipticCurvePrivateKey, name: str, under: Under, now: datetime) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    root, root_key = read_root(under.issuer)
    made = signer_certificate(key, name, root=root, root_key=root_key, crl_url=under.crl_url, now=now)
    return made.public_bytes(Encoding.PEM)


def development_signer() -> FileSigner:
    """The key that signs when no other is named; made at first use, and trusted by nobody.

    It lies in $AUDITKIT_HOME, or else in the user's configuration folder.

    Raises:
        AuditError: that folder cannot be written, or the key in it is damaged.
    """
    folder = _home() / "development-key"
    if not folder.is_dir():
        _make_development_key(folder)
    return FileSigner.load(folder / "signer.key")


def _home() -> Path:
    from platformdirs import user_config_dir

    return Path(os.environ.get(HOME_VARIABLE) or user_config_dir("auditkit"))


def _make_development_key(folder: Path) -> None:
    # Made whole under another name, then renamed: of two first runs at once, one wins and the other uses its key.
    aside = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}")
    stem = aside / "signer"
    pair = KeyPair(stem.with_suffix(".key"), stem.with_suffix(".pub"), stem.with_suffix(".crt"))
    try:
        with _unwritable(folder.parent, hint=f"set {HOME_VARIABLE} to a folder that you may write, or name a key"):
            folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            aside.mkdir(mode=0o700)
        _write_pair(pair, DEVELOPMENT_NAME, datetime.now(UTC))
        with contextlib.suppress(OSError):  # somebody else's key is there already: theirs is used
            aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _write_pair(pair: KeyPair, name: str, now: datetime) -> None:
    _write_files(pair, lambda key: {pair.certificate: self_signed(key, name, now=now)}, None, None)


def _write_files(
    pair: KeyPair,
    certified: Callable[[EllipticCurvePrivateKey], dict[Path, bytes]],
    passphrase: str | None,
    held: EllipticCurvePrivateKey | None,
) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1()) if held is None else held
    contents = {} if pair.private is None else {pair.private: (_encoded(key, passphrase), _SECRET_MODE)}
    contents[pair.public] = pem_of(key.public_key()), _PUBLIC_MODE
    contents |= {path: (content, _PUBLIC_MODE) for path, content in certified(key).items()}
    written: list[Path] = []
    try:
        with _unwritable(pair.public.parent, hint="--out a folder that exists and that you may write"):
            for path, (content, mode) in contents.items():
                _create(path, content, mode, written)
    except BaseException:  # Ctrl-C too: half a key pair must not stay
        for path in written:
            path.unlink(missing_ok=True)
        raise


def _encoded(key: EllipticCurvePrivateKey, passphrase: str | None) -> bytes:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        KeySerializationEncryption,
        NoEncryption,
        PrivateFormat,
    )

    kept: KeySerializationEncryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, kept)


def _create(path: Path, content: bytes, mode: int, written: list[Path]) -> None:
    """Write a new file with this mode from its first byte on; what was made is noted in `written`."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    written.append(path)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def _unwritable(folder: Path, *, hint: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise AuditError(f"no key can be written in '{folder}': {error.strerror}", hint=hint) from error
