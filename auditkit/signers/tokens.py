"""Signing with a hardware token: PKCS#11, named by the URI of RFC 7512."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote_to_bytes

from auditkit.bundle.keys import public_key_from_pem, read_secret
from auditkit.errors import AuditError, did_you_mean
from auditkit.signers.addresses import Address
from auditkit.terminal import printable

if TYPE_CHECKING:
    import pkcs11
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.x509 import Certificate

MODULE_VARIABLE = "PKCS11_MODULE_PATH"
PIN_VARIABLE = "AUDITKIT_KEY_PIN"

_OF_TOKEN = ("token", "serial", "manufacturer", "model", "slot-id")
_OF_KEY = ("object", "id")
_SAY_TYPE = "type"
_HALF = 32
"""Bytes of each of the two integers of a P-256 signature."""


@dataclass(frozen=True)
class TokenKey:
    """A private key on a token. A session is opened for each thing that is asked: a token may be unplugged between."""

    module: str
    """The library of the token's maker."""
    token: Mapping[str, str]
    """What the token has to be, by the attributes of RFC 7512."""
    label: str | None
    identity: bytes | None
    _pin: str | None = field(repr=False)

    @classmethod
    def at(cls, address: Address) -> Self:
        """The key that an address names, once its token and its PIN are found.

        Raises:
            AuditError: the address names none, the library or the token is not there, or nobody says the PIN.
        """
        named = _attributes(address)
        module = address.options.get("module-path") or os.environ.get(MODULE_VARIABLE)
        if not module:
            raise AuditError(
                f"'{address}' does not say by which library its token is reached",
                hint=f"{address.example}, with your token's own library; or set {MODULE_VARIABLE}",
            )
        token = {name: _text(value) for name, value in named.items() if name in _OF_TOKEN}
        label = _text(named["object"]) if "object" in named else None
        found = cls(module, token, label, named.get("id"), None)
        return cls(module, token, label, named.get("id"), _pin_of(address, found._found_token()))

    def sign(self, message: bytes) -> bytes:
        """The ECDSA signature (P-256, SHA-256) of the message, in DER; AuditError when the token gives none."""
        from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
        from pkcs11 import Mechanism

        with self._session() as session:
            key = self._private(session)
            # The mechanism that every token has: it signs a digest and gives the two integers, one behind the other.
            raw = key.sign(
                hashlib.sha256(message).digest(),
                mechanism=Mechanism.ECDSA,
                pin=self._pin if _asks_each_time(key) else None,
            )
        if len(raw) != 2 * _HALF:
            raise AuditError(f"the key {self._name} is not one for P-256, and auditkit signs with P-256", hint=_NEW)
        return encode_dss_signature(int.from_bytes(raw[:_HALF]), int.from_bytes(raw[_HALF:]))

    def certificate(self) -> Certificate | None:
        """The certificate that lies beside the key on the token; None: there is none."""
        from cryptography import x509
        from pkcs11 import Attribute, ObjectClass

        with self._session() as session:
            beside = self._beside(self._private(session))
            for one in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE, **beside}):
                try:
                    return x509.load_der_x509_certificate(one[Attribute.VALUE])
                except ValueError as error:
                    raise AuditError(f"the certificate of {self._name} cannot be read", hint=_NEW) from error
        return None

    def public_key(self) -> EllipticCurvePublicKey:
        """The public half, as it lies on the token; AuditError when it does not, or is of another kind."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
        from pkcs11 import Attribute, KeyType, ObjectClass
        from pkcs11.util.ec import encode_ec_public_key

        with self._session() as session:
            private = self._private(session)
            for one in session.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY, **self._beside(private)}):
                if one[Attribute.KEY_TYPE] != KeyType.EC:
                    raise AuditError(f"the key {self._name} is not one for P-256", hint=_NEW)
                public = load_der_public_key(encode_ec_public_key(one))
                pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
                return public_key_from_pem(pem, name=str(self._name))
        raise AuditError(f"the token keeps no public key beside {self._name}", hint=_NEW)

    @contextlib.contextmanager
    def _session(self) -> Iterator[pkcs11.Session]:
        with self._failures(), self._found_token().open(user_pin=self._pin) as session:
            yield session

    def _found_token(self) -> pkcs11.Token:
        from auditkit.plugin import needs_extra

        with needs_extra("keys"):
            import pkcs11
        with self._failures():
            try:
                tokens = list(pkcs11.lib(self.module).get_tokens())
            except pkcs11.PKCS11Error as error:
                if "loading" not in str(error):
                    raise
                raise AuditError(
                    f"the library '{printable(self.module)}' of the token cannot be loaded",
                    hint="module-path= the library of your token's maker, e.g. /usr/lib/softhsm/libsofthsm2.so",
                ) from error
        fitting = [one for one in tokens if all(_said_of(one, name) == value for name, value in self.token.items())]
        if len(fitting) == 1:
            return fitting[0]
        wanted = printable(";".join(f"{name}={value}" for name, value in self.token.items()))
        there = printable(
            ", ".join(f"'{one.label}' (serial={_said_of(one, 'serial')})" for one in tokens if one.label) or "none"
        )
        what = "several tokens are" if fitting else "there is no token"
        raise AuditError(f"{what} '{wanted}'", hint=f"is it plugged in? tokens that are there: {there}")

    def _private(self, session: pkcs11.Session) -> Any:
        from pkcs11 import Attribute, KeyType, ObjectClass

        wanted: dict[Attribute, Any] = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
        if self.label is not None:
            wanted[Attribute.LABEL] = self.label
        if self.identity is not None:
            wanted[Attribute.ID] = self.identity
        found = list(session.get_objects(wanted))
        if len(found) != 1:
            every = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
            there = ", ".join(sorted(_address_of(one) for one in every)) or "none"
            what = "several private keys" if found else "no private key"
            raise AuditError(f"the token has {what} {self._name}", hint=f"its private keys are: {printable(there)}")
        if found[0].key_type != KeyType.EC:
            raise AuditError(
                f"the key {self._name} is one for {found[0].key_type.name}, and auditkit signs with P-256", hint=_NEW
            )
        return found[0]

    def _beside(self, private: Any) -> dict[Any, Any]:
        """What public objects of the same key have in common with it: the id, or where there is none the label."""
        from pkcs11 import Attribute

        identity = private[Attribute.ID]
        return {Attribute.ID: identity} if identity else {Attribute.LABEL: private[Attribute.LABEL]}

    @property
    def _name(self) -> str:
        label = [] if self.label is None else [f"object={self.label}"]
        identity = [] if self.identity is None else [f"id={_escaped(self.identity)}"]
        return f"'{printable(';'.join(label + identity))}'"

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        """Say in words what the token refuses; nothing of a PIN is in what its library raises."""
        from pkcs11 import exceptions

        token = printable(self.token.get("token", "") or next(iter(self.token.values())))
        try:
            yield
        except (exceptions.PinIncorrect, exceptions.PinLenRange, exceptions.PinInvalid) as error:
            raise AuditError(
                f"the PIN does not open the token '{token}'",
                hint=f"check {PIN_VARIABLE}, or the file of pin-source; after a few wrong ones a token locks itself",
            ) from error
        except exceptions.PinLocked as error:
            raise AuditError(
                f"the token '{token}' is locked", hint="unlock it with its own tool and its SO PIN"
            ) from error
        except (exceptions.TokenNotPresent, exceptions.DeviceRemoved, exceptions.SlotIDInvalid) as error:
            raise AuditError(
                f"the token '{token}' is not there any more", hint="plug it in, and run the same command"
            ) from error
        except exceptions.PKCS11Error as error:
            said = f"{type(error).__name__} {error}".strip()
            raise AuditError(
                f"the token '{token}' fails: {printable(said)}",
                hint="is it plugged in, and does its own tool sign with it?",
            ) from error


_NEW = "make one: pkcs11-tool --module LIBRARY --login --keypairgen --key-type EC:prime256v1 --label audit --id 01"


def _attributes(address: Address) -> dict[str, bytes]:
    """What stands before the `?` of a PKCS#11 URI (RFC 7512, section 2.3)."""
    known = (*_OF_TOKEN, *_OF_KEY, _SAY_TYPE)
    found: dict[str, bytes] = {}
    for part in address.place.split(";"):
        name, equals, value = part.partition("=")
        if name not in known:
            raise AuditError(
                f"an address 'pkcs11:' has no attribute '{printable(name)}'", hint=did_you_mean(name, known)
            )
        if not equals or not value or name in found:
            raise AuditError(f"'{name}' of an address is given once, and as {name}=VALUE", hint=address.example)
        found[name] = unquote_to_bytes(value)
    if found.get(_SAY_TYPE, b"private") != b"private":
        raise AuditError(f"'{address}' is no private key", hint="type=private, or no type at all")
    if not found.keys() & set(_OF_TOKEN) or not found.keys() & set(_OF_KEY):
        raise AuditError(f"'{address}' has to name a token and a key on it", hint=address.example)
    return found


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise AuditError(
            "a name in an address is not UTF-8", hint="write bytes that are no text as id=%01%02"
        ) from error


def _said_of(token: pkcs11.Token, name: str) -> str:
    """What a token says of itself, by the name that RFC 7512 has for it."""
    said = {
        "token": token.label,
        "serial": token.serial,
        "manufacturer": token.manufacturer_id,
        "model": token.model,
        "slot-id": token.slot.slot_id,
    }[name]
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def _address_of(key: Any) -> str:
    from pkcs11 import Attribute

    return f"object={key[Attribute.LABEL]};id={_escaped(key[Attribute.ID])}"


def _escaped(identity: bytes) -> str:
    return "".join(f"%{byte:02x}" for byte in identity)


def _asks_each_time(key: Any) -> bool:
    """Whether the key wants the PIN for every signature, as the signature key of a PIV card does."""
    import pkcs11

    try:
        return bool(key[pkcs11.Attribute.ALWAYS_AUTHENTICATE])
    except pkcs11.PKCS11Error:  # modules before version 2.20 of the standard do not know the attribute
        return False


def _pin_of(address: Address, token: pkcs11.Token) -> str | None:
    """The PIN from the file that the address names, the environment or a terminal; None: the token asks for none."""
    from pkcs11 import TokenFlag

    if source := address.options.get("pin-source"):
        place = source.removeprefix("file:")
        if place.startswith("|"):
            raise AuditError("auditkit runs no command to get a PIN", hint="pin-source=file:/run/secrets/pin")
        return read_secret(address.folder / place).decode().rstrip("\r\n")
    if not token.flags & TokenFlag.LOGIN_REQUIRED:
        return None
    pin = os.environ.get(PIN_VARIABLE) or _asked(token.label)
    if not pin:
        raise AuditError(
            f"the token '{printable(token.label)}' wants a PIN",
            hint=f"put it into {PIN_VARIABLE}, or into a file (pin-source=file:/run/secrets/pin)",
        )
    return pin


def _asked(token: str) -> str:
    """What somebody at a terminal types; nothing where nobody sits at one."""
    if not (sys.stdin and sys.stdin.isatty()):
        return ""
    from getpass import getpass

    return getpass(f"PIN of the token {printable(token)}: ")
