"""What identifies a subject: the digest over its files, what they say of it, and whose signature lies with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.document import digest_of
from auditkit.result import FileDigest, ModelFacts, ModelSignature
from auditkit.subject.card import licence_of, read_card, said
from auditkit.subject.files import manifest_digest, model_files, root_digest
from auditkit.subject.signature import check_signature
from auditkit.subject.weights import architectures, base_of_adapter, numbers_stored

if TYPE_CHECKING:
    from auditkit.dataset import AuditDataset


@dataclass(frozen=True)
class Identified:
    """A subject by its digest; and by its files, where it has any."""

    digest: str
    files: tuple[FileDigest, ...] = ()
    root_digest: str | None = None
    facts: ModelFacts | None = None
    signature: ModelSignature | None = None
    remote: dict[str, str] = field(default_factory=dict)
    """What names it, when it runs elsewhere and nobody here has seen its files."""


def identify(
    path: Path | None,
    dataset: AuditDataset,
    *,
    base: Path | None = None,
    signature_key: Path | None = None,
    remote: Mapping[str, str] | None = None,
) -> Identified:
    """The model at a path, or elsewhere, by what names it; without one, the recorded predictions, by their split.

    Args:
        path: its file or folder.
        dataset: what is audited.
        base: another folder that it is made of, as a LoRA adapter's base: its files are listed as `base/...`, and the
            digest binds them too. The root digest and the signature are of the model's own folder.
        signature_key: must have signed it.
        remote: what names it, when it runs elsewhere.

    Raises:
        ModelError: there is no model, or it holds links.
        IntegrityError: the signature with the model does not hold, is not the key's, or is of other files.
    """
    if remote is not None:
        return Identified(digest_of({"remote": dict(remote)}), remote=dict(remote))
    if path is None:
        return Identified(dataset.audit.digest)
    files = model_files(path)
    both = (*files, *_base_files(base)) if base is not None else files
    return Identified(
        digest=manifest_digest(both),
        files=both,
        root_digest=root_digest(files),
        facts=facts_at(path) if base is None else facts_of_merged(path, base),
        signature=check_signature(path, files, signature_key),
    )


def _base_files(base: Path) -> tuple[FileDigest, ...]:
    return tuple(file.model_copy(update={"name": f"base/{file.name}"}) for file in model_files(base))


def facts_of_merged(adapter: Path, base: Path) -> ModelFacts | None:
    """What the base of an adapter says of the model, and where it has one the adapter's own card."""
    own, under = facts_at(adapter), facts_at(base)
    if own is None or under is None:
        return under if own is None else own
    known = {"base_models": own.base_models, "licence": own.licence, "datasets": own.datasets}
    return under.model_copy(update={name: value for name, value in known.items() if value})


def facts_at(path: Path) -> ModelFacts | None:
    """What the files at a path say of the model, by their headers and its card; None: nothing."""
    card = read_card(path) if path.is_dir() else {}
    stored = numbers_stored(path) or {}
    facts = ModelFacts(
        architectures=architectures(path),
        parameters=sum(ModelFacts(stored=stored).floating.values()) or None,
        stored=stored,
        base_models=said(card, "base_model") or base_of_adapter(path),
        licence=licence_of(card),
        datasets=said(card, "datasets"),
    )
    return None if facts == ModelFacts() else facts
