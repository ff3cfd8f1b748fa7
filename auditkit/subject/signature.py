"""The signature that lies with a model, by OpenSSF model signing: verified with a public key that the spec names.

Understood is what `model_signing sign key` writes: a sigstore bundle v0.3 around a DSSE envelope around an in-toto
statement, by an ECDSA key (P-256, P-384, P-521), over SHA-256 digests of whole files. Signatures by certificates, by
sigstore identities, over shards, with BLAKE digests, or of model signing before 1.0 are told of and never verified.
https://github.com/sigstore/model-transparency, model_signing 1.1.1: _signing/sign_ec_key.py, _signing/signing.py
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, ValidationError

from auditkit.data.digests import file_digest
from auditkit.errors import AuditError, IntegrityError
from auditkit.result import FileDigest, ModelSignature
from auditkit.subject.files import SIGNATURE, all_names, is_blob

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://model_signing/signature/v1.0"
_LARGEST = 64 << 20
_MAKE = "sign the model anew: model_signing sign key MODEL --private_key KEY --signature MODEL/model.sig"


def check_signature(path: Path, files: tuple[FileDigest, ...], key: Path | None) -> ModelSignature | None:
    """What is known of the signature of a model; None: it has none, and none is demanded.

    Args:
        path: the model's file or folder.
        files: its files, digested.
        key: a public key in PEM that must have signed it; None: nothing is verified.

    Raises:
        IntegrityError: a key is named, and it has not signed these files.
        AuditError: the key's file holds no key that could.
    """
    file = _file_at(path)
    if key is None:
        return None if file is None else ModelSignature(file=file.name, made_with=_made_with(file, path))
    public = _public_key(key)
    if file is None:
        raise IntegrityError(
            f"the model is not signed: there is no '{_place(path).name}', and [model] signature_key names '{key.name}'",
            hint="get it from whoever made the model, or leave signature_key out",
        )
    bundle = _bundle(file, path)
    _refuse_other_key(bundle, public, key, file.name)
    unsigned = _compared(_statement(bundle, file.name), path, files, file.name)
    return ModelSignature(file=file.name, made_with="key", verified=True, key=_keyid(public), unsigned=tuple(unsigned))


def _place(path: Path) -> Path:
    """Where the signature of a folder or of a file lies."""
    return path / SIGNATURE if path.is_dir() else path.with_name(f"{path.name}.sig")


def _file_at(path: Path) -> Path | None:
    place = _place(path)
    return place if place.is_symlink() or place.exists() else None


@dataclass(frozen=True)
class _Bundle:
    """A sigstore bundle, taken apart and not verified."""

    made_with: str
    hint: str
    """The SHA-256, in hex, of the public key's PEM; empty: it does not say."""
    payload: bytes
    signature: bytes


def _made_with(file: Path, path: Path) -> str:
    try:
        return _bundle(file, path).made_with
    except IntegrityError:
        return "unknown"


def _bundle(file: Path, path: Path) -> _Bundle:
    """Take a signature's file apart; IntegrityError when it is none."""
    from auditkit.bundle.dsse import PAYLOAD_TYPE
    from auditkit.bundle.stored import read_bounded

    place = file.resolve() if is_blob(file, path) else file
    try:
        value = _json(read_bounded(place, name=file.name, limit=_LARGEST), file.name)
        if value["mediaType"] != BUNDLE:
            raise IntegrityError(f"'{file.name}' is no sigstore bundle v0.3", hint=_MAKE)
        material, envelope = value["verificationMaterial"], value["dsseEnvelope"]
        (signature,) = envelope["signatures"]
        if envelope["payloadType"] != PAYLOAD_TYPE:
            raise IntegrityError(f"'{file.name}' holds no in-toto statement", hint=_MAKE)
        hint = str((material.get("publicKey") or {}).get("hint") or "")
        return _Bundle(_kind(material), hint, _decoded(envelope["payload"]), _decoded(signature["sig"]))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise IntegrityError(f"'{file.name}' is no signature of model signing", hint=_MAKE) from error


def _json(raw: bytes, name: str) -> Any:
    from auditkit.bundle.canonical import parse_json

    try:
        return parse_json(raw, name=name)
    except IntegrityError as error:
        raise IntegrityError(f"'{name}' is no signature of model signing: it is no sound JSON", hint=_MAKE) from error


def _kind(material: dict[str, Any]) -> str:
    if "publicKey" in material:
        return "key"
    return "certificate" if {"certificate", "x509CertificateChain"} & material.keys() else "unknown"


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error


def _public_key(path: Path) -> EllipticCurvePublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    hint = "[model] signature_key names the public half of the key, in PEM; it is relative to the spec file"
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise AuditError(f"the key '{path.name}' cannot be read: {error.strerror}", hint=hint) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise AuditError(f"'{path.name}' is not a public key in PEM", hint=hint) from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in {"secp256r1", "secp384r1", "secp521r1"}:
        raise AuditError(f"'{path.name}' is no key for ECDSA over P-256, P-384 or P-521", hint=hint)
    return key


def _refuse_other_key(bundle: _Bundle, key: EllipticCurvePublicKey, path: Path, name: str) -> None:
    """Refuse a signature that the key has not made."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from auditkit.bundle.dsse import PAYLOAD_TYPE, pae

    if bundle.made_with != "key":
        raise IntegrityError(
            f"'{name}' is a signature by a certificate or an identity, which no key can verify",
            hint="verify it with model_signing, and leave signature_key out",
        )
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if bundle.hint and bundle.hint != hashlib.sha256(pem).hexdigest():
        raise IntegrityError(f"'{name}' was signed with another key than '{path.name}'", hint="name the signer's key")
    by_size = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}
    try:
        key.verify(bundle.signature, pae(PAYLOAD_TYPE, bundle.payload), ec.ECDSA(by_size[key.key_size]))
    except InvalidSignature as error:
        raise IntegrityError(
            f"the signature in '{name}' does not hold: it was changed, or signed with another key than '{path.name}'",
            hint="get the model and its signature again from whoever made them",
        ) from error


class _Resource(BaseModel):
    name: str
    algorithm: str
    digest: str = Field(pattern="^[0-9a-f]+$")


class _Serialization(BaseModel):
    method: str
    hash_type: str
    ignore_paths: tuple[str, ...] = ()


class _Predicate(BaseModel):
    serialization: _Serialization
    resources: tuple[_Resource, ...] = Field(min_length=1)


class _Named(BaseModel):
    digest: dict[str, str]


class _Statement(BaseModel):
    """What model signing signs. Fields that version 1.0 does not know are to be ignored."""

    kind: str = Field(alias="_type")
    subject: tuple[_Named, ...] = Field(min_length=1, max_length=1)
    predicate_type: str = Field(alias="predicateType")
    predicate: _Predicate


def _statement(bundle: _Bundle, name: str) -> _Statement:
    """The statement in a signature that holds; IntegrityError when it is of a form that is not understood."""
    value = _json(bundle.payload, name)
    said = {key: value.get(key) for key in ("_type", "predicateType")} if isinstance(value, dict) else {}
    if said != {"_type": STATEMENT, "predicateType": PREDICATE}:
        raise IntegrityError(f"'{name}' signs something else than {PREDICATE}", hint=_MAKE)
    try:
        found = _Statement.model_validate(value)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise IntegrityError(f"the statement in '{name}' is malformed: {where}", hint=_MAKE) from error
    how = found.predicate.serialization
    if how.method != "files" or how.hash_type != "sha256" or any(r.algorithm != "sha256" for r in _resources(found)):
        raise IntegrityError(
            f"'{name}' signs {how.method} by {how.hash_type}, and auditkit verifies files by sha256", hint=_MAKE
        )
    twice = [name for name, count in Counter(r.name for r in _resources(found)).items() if count > 1]
    total = hashlib.sha256(b"".join(bytes.fromhex(r.digest) for r in _resources(found))).hexdigest()
    if twice or found.subject[0].digest.get("sha256") != total:
        raise IntegrityError(f"the statement in '{name}' contradicts itself", hint=_MAKE)
    return found


def _resources(statement: _Statement) -> tuple[_Resource, ...]:
    return statement.predicate.resources


def _compared(statement: _Statement, path: Path, files: tuple[FileDigest, ...], name: str) -> list[str]:
    """The model's files that the signature leaves out; IntegrityError when what it signs is not what lies there."""
    signed = {resource.name: resource.digest for resource in _resources(statement)}
    found, unsigned = _lying(statement, path, files)
    for what, names in (
        ("is missing", signed.keys() - found.keys()),
        ("is not signed", found.keys() - signed.keys()),
        ("was changed", {one for one in signed.keys() & found.keys() if signed[one] != found[one]}),
    ):
        if names:
            raise IntegrityError(
                f"the model is not the one that '{name}' signs: '{min(names)}' {what}",
                hint="get the model and its signature again from whoever made them",
            )
    return unsigned


def _lying(statement: _Statement, path: Path, files: tuple[FileDigest, ...]) -> tuple[dict[str, str], list[str]]:
    """The digests of what the signature should cover, by name, and the model's files that its signer left out."""
    if path.is_file():
        return {".": files[0].sha256}, []  # as model signing calls a model that is one file
    digests = {file.name: file.sha256 for file in files}
    ignored = [PurePosixPath(one) for one in statement.predicate.serialization.ignore_paths]
    covered = [
        one for one in all_names(path) if not any(PurePosixPath(one).is_relative_to(folder) for folder in ignored)
    ]
    return (
        {one: digests.get(one) or file_digest(path / one, one).sha256 for one in covered},
        sorted(digests.keys() - set(covered)),
    )


def _keyid(key: EllipticCurvePublicKey) -> str:
    from auditkit.bundle.keys import keyid_of

    return keyid_of(key)
