"""Making keys: a key pair that somebody asked for, and the development key that comes by itself."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from auditkit.bundle.certificates import check_name, self_signed
from auditkit.bundle.keys import DEVELOPMENT_NAME, FileSigner, pem_of
from auditkit.errors import AuditError

HOME_VARIABLE = "AUDITKIT_HOME"
_SECRET_MODE, _PUBLIC_MODE = 0o600, 0o644


@dataclass(frozen=True)
class KeyPair:
    """Where the three files of a key pair are."""

    private: Path
    """P-256, PKCS#8 PEM, mode 0600: it never leaves its owner."""
    public: Path
    """SubjectPublicKeyInfo PEM: readers verify with it."""
    certificate: Path
    """Self-signed X.509 PEM: it names the signer, and PDF signatures need it."""


def make_key_pair(stem: Path, name: str, *, now: datetime | None = None) -> KeyPair:
    """Write `STEM.key`, `STEM.pub` and `STEM.crt` for a new P-256 key; a file that exists is never overwritten.

    Args:
        stem: the folder and the first part of the file names.
        name: who will sign, e.g. "ACME model risk"; it stands in the certificate.
        now: when the certificate becomes valid; the present when absent.

    Raises:
        AuditError: a file exists, the folder cannot be written, or the name cannot stand in a certificate.
    """
    if check_name(name) == DEVELOPMENT_NAME:
        raise AuditError(f"the name '{name}' is kept for development keys", hint="--name 'ACME model risk'")
    pair = KeyPair(*(stem.parent / f"{stem.name}{ending}" for ending in (".key", ".pub", ".crt")))
    taken = [path for path in (pair.private, pair.public, pair.certificate) if os.path.lexists(path)]
    if taken:
        raise AuditError(f"'{taken[0]}' exists, and keys are never overwritten", hint="auditkit keygen OTHER-NAME")
    _write_pair(pair, name, now or datetime.now(UTC))
    return pair


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
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = ec.generate_private_key(ec.SECP256R1())
    contents = {
        pair.private: (key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), _SECRET_MODE),
        pair.public: (pem_of(key.public_key()), _PUBLIC_MODE),
        pair.certificate: (self_signed(key, name, now=now), _PUBLIC_MODE),
    }
    written: list[Path] = []
    try:
        with _unwritable(pair.private.parent, hint="--out a folder that exists and that you may write"):
            for path, (content, mode) in contents.items():
                _create(path, content, mode, written)
    except BaseException:  # Ctrl-C too: half a key pair must not stay
        for path in written:
            path.unlink(missing_ok=True)
        raise


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
