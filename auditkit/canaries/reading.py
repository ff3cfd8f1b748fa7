"""A key of canaries as a split of the audit's data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from auditkit.canaries.key import CanaryKey, read_key
from auditkit.canaries.making import KINDS
from auditkit.data.digests import digest_of_path
from auditkit.data.interactions import combined_digest
from auditkit.data.paths import must_be_file
from auditkit.data.roles import recorded_columns
from auditkit.document import Text
from auditkit.files import find_files

if TYPE_CHECKING:
    from auditkit.dataset import AuditDataset
    from auditkit.host import Host
    from auditkit.spec import AuditSpec


def with_canaries(dataset: AuditDataset, spec: AuditSpec, host: Host, salt: bytes | None) -> AuditDataset:
    """The data with the canaries that the spec names, all of them, and which of them are in the training data.

    Raises:
        DataError: the key is none, was changed, is not the one that was committed to, or lacks a column.
    """
    from auditkit.data.reader import make_split

    if spec.data.canaries is None:
        return dataset
    path = spec.folder / spec.data.canaries
    must_be_file(spec, "canaries", path)
    if recorded_columns(spec.data):
        message = "is given beside recorded predictions, and canaries are scored by the model itself"
        raise spec.source.error(("data", "canaries"), message, "[model] adapter and path: what opens the model")
    key = read_key(path)
    _refuse_other_key(spec, key)
    frame, wanted = key.frame(), host.file_inputs(spec)
    known: dict[str, str] = {}
    if wanted is not None:
        found = find_files(wanted, frame, path.parent, split="canaries", where=path.name)
        frame, known = found.frame, dict(found.digests)
    split = make_split(spec, "canaries", frame, path.name, salt, task=dataset.task or "multiclass")
    files = {**dataset.files, "canaries": digest_of_path(path, spec.data.canaries, known)}
    return replace(
        dataset,
        # What was said of other coins must not be taken for what is said of these.
        canaries=replace(
            split, included=np.array(key.included), digest=combined_digest((split.digest, key.commitment), salt)
        ),
        files=files,
        notes=(*dataset.notes, _promise(spec, key)),
    )


def _refuse_other_key(spec: AuditSpec, key: CanaryKey) -> None:
    wanted = spec.data.canaries_commitment
    if wanted is not None and wanted != key.commitment:
        message = f"is '{wanted[:16]}...', and the key's is '{key.commitment[:16]}...': another key was committed to"
        raise spec.source.error(
            ("data", "canaries_commitment"), message, "name the key that was made before the model was trained"
        )


def _promise(spec: AuditSpec, key: CanaryKey) -> Text:
    """What a stranger needs who asks whether the coins were tossed before the training."""
    if spec.data.canaries_commitment is not None:
        said = "it is the one that the spec says was published before training"
    else:
        said = "hold it against what was published before training"
    return Text.of(
        "{count} canaries, {kind}: their key says that it was made at {made}, and its commitment is {commitment}; "
        f"{said}",
        count=len(key.rows),
        made=key.made,
        kind=Text(msgid=key.kind) if key.kind in KINDS else key.kind,
        commitment=key.commitment,
    )
