"""Sealing: sign what will be judged, and by what, before it is measured. The data are read, the model is not run."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.auditing import created, policy_of
from auditkit.bundle import dsse
from auditkit.bundle.placing import replace_file
from auditkit.bundle.statements import Named, Sha256, SignerClaim, format_time
from auditkit.compute import Broker
from auditkit.errors import AuditError
from auditkit.evidence import FOLDER
from auditkit.host import Host
from auditkit.sealing.judged import judged_by_spec, judged_in_data
from auditkit.sealing.statement import LARGEST_SEAL, Seal, SealClaim, SealStatement, read_seal
from auditkit.signers.choosing import signer_for
from auditkit.spec import read_spec
from auditkit.specs.unbuilt import refuse_unbuilt

if TYPE_CHECKING:
    from auditkit.bundle.keys import Signer
    from auditkit.spec import AuditSpec


def seal_place(spec: Path) -> Path:
    """Where the seal of a spec lies, and where `run` looks for it: `audit.toml` has `audit.seal.json` beside it."""
    return spec.with_name(f"{spec.stem}.seal.json")


def make_seal(path: Path, *, out: Path | None = None, signer: Signer | None = None, force: bool = False) -> Seal:
    """Seal a spec: write the signed statement beside it.

    Args:
        path: the spec.
        out: the file to write; `seal_place` when absent.
        signer: signs it; whoever signs the bundle, by the spec's [signing], when absent.
        force: put it in the place of a seal that is there. The new one says that it does, and counts.

    Raises:
        AuditError: a seal is there, the spec or its data cannot be meant, or the file cannot be written.
    """
    place = out or seal_place(path)
    old = _one_before(place, force=force)
    spec = read_spec(path)
    refuse_unbuilt(spec)
    host = Host.installed(spec)
    policy = policy_of(spec, host)
    host.plan(spec)
    signer = signer or signer_for(spec, host)
    broker = Broker(spec, host)
    dataset = broker.dataset
    splits = [(one.name, dataset.files.get(one.name), one.digest) for one in dataset.splits]
    named = [(name, file.sha256 if file else None, digest) for name, file, digest in splits]
    judged = judged_by_spec(spec, policy.policy) | judged_in_data(named, _subject(spec, host, broker))
    claim = SealClaim(
        sealed_on=format_time(created()),
        signer=SignerClaim.of(signer, spec.signing.assurance),
        number=1 if old is None else old.claim.number + 1,
        replaces=None if old is None else Sha256(sha256=hashlib.sha256(old.envelope).hexdigest()),
        answers_kept=(spec.folder / FOLDER).is_dir(),
        auditkit=importlib.metadata.version("auditkit"),
        judged=judged,
    )
    statement = SealStatement(subject=tuple(Named.of(name, digest) for name, _, digest in named), predicate=claim)
    raw = dsse.seal(statement.to_json(), [signer])
    if len(raw) > LARGEST_SEAL:
        raise AuditError(f"the seal would be {len(raw)} bytes long", hint="put long lists of options into a file")
    replace_file(place, raw)
    return Seal(raw, claim)


def _one_before(place: Path, *, force: bool) -> Seal | None:
    if not os.path.lexists(place):
        return None
    if not force:
        raise AuditError(
            f"'{place}' exists: this spec is sealed already",
            hint="--force to seal it again; the new seal says that it is not the first",
        )
    return read_seal(place.read_bytes(), name=place.name)


def _subject(spec: AuditSpec, host: Host, broker: Broker) -> str | None:
    """The digest of what will be audited; None: its files are not there yet."""
    from auditkit.checks.measuring import identified_subject

    where = host.model_path(spec)
    if where is not None and not where.exists():
        return None
    return identified_subject(spec, broker).digest
