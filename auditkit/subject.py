"""What was audited: the digest over a model's files, in the layout of OpenSSF model signing."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.errors import ModelError
from auditkit.filedigests import file_digest
from auditkit.result import FileDigest

if TYPE_CHECKING:
    from auditkit.dataset import AuditDataset


def model_files(path: Path) -> tuple[FileDigest, ...]:
    """Name, size and SHA-256 of every file under a path, sorted by name; of the file itself when it is one.

    Raises:
        ModelError: the path does not exist, holds no file, or holds a symbolic link (it could point anywhere later),
            but for the links of a hub's cached snapshot to the blobs beside it, which are named by their content.
    """
    if path.is_symlink():
        raise ModelError(f"the model '{path.name}' is a symbolic link", hint="name the folder that it points to")
    if path.is_file():
        return (file_digest(path, path.name),)
    if not path.is_dir():
        raise ModelError(f"there is no model at '{path}'", hint="[model] path is relative to the spec file")
    found = []
    for entry in sorted(path.rglob("*"), key=lambda p: p.relative_to(path).as_posix()):
        if entry.is_symlink() and not _is_blob(entry, path):
            raise ModelError(f"the model holds a symbolic link: '{entry.name}'", hint="put the file itself there")
        if entry.is_file():
            found.append(file_digest(entry, entry.relative_to(path).as_posix()))
    if not found:
        raise ModelError(f"the model folder '{path.name}' holds no file", hint="[model] path names the model's folder")
    return tuple(found)


def _is_blob(link: Path, folder: Path) -> bool:
    """Whether a link leads from a snapshot to a blob of the same repository, as in the cache of the Hugging Face hub.

    `models--ORG--NAME/snapshots/COMMIT/config.json` is a link to `models--ORG--NAME/blobs/ETAG`.
    """
    snapshots, target = folder.absolute().parent, link.resolve()
    blobs = (snapshots.parent / "blobs").resolve()
    return snapshots.name == "snapshots" and target.is_file() and target.parent == blobs


def root_digest(files: tuple[FileDigest, ...]) -> str:
    """SHA-256 over the files' digests in order of their names.

    It does not bind the names: whoever compares it compares the list of files too.
    """
    return hashlib.sha256(b"".join(bytes.fromhex(file.sha256) for file in files)).hexdigest()


def subject_digest(path: Path | None, dataset: AuditDataset) -> tuple[str, tuple[FileDigest, ...]]:
    """The model's digest and files; without a model file, the digest of the recorded predictions' split."""
    if path is not None:
        files = model_files(path)
        return root_digest(files), files
    return dataset.audit.digest, ()
