"""The files of a model with their digests, in the manifest form of OpenSSF model signing.

A manifest lists resources, each with `name`, `algorithm` and `digest`, in the order of their paths' parts: `a/b` before
`a-b`. As model signing does unless told otherwise, it leaves out what belongs to git, and the signature itself.
https://github.com/sigstore/model-transparency, model_signing 1.1.1: manifest.py, hashing.py, _signing/signing.py
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from auditkit.data.digests import file_digest
from auditkit.document import digest_of
from auditkit.errors import ModelError
from auditkit.result import FileDigest

SIGNATURE = "model.sig"
"""Where model signing puts the signature of a folder unless told otherwise."""

_NOT_THE_MODEL = frozenset({".git", ".gitattributes", ".github", ".gitignore", SIGNATURE})
"""At the top of a model's folder."""


def model_files(path: Path) -> tuple[FileDigest, ...]:
    """Name, size and SHA-256 of every file of a model, in the order of a manifest; of the file itself when it is one.

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
    names = [name for name in _names_in(path) if name.parts[0] not in _NOT_THE_MODEL]
    found = tuple(file_digest(path / name, str(name)) for name in sorted(names, key=lambda name: name.parts))
    if not found:
        raise ModelError(f"the model folder '{path.name}' holds no file", hint="[model] path names the model's folder")
    return found


def _names_in(folder: Path) -> Iterator[PurePosixPath]:
    """The files of a folder, whatever they are; a link that leads anywhere is refused where it could be the model's."""
    for entry in folder.rglob("*"):
        name = PurePosixPath(entry.relative_to(folder).as_posix())
        if entry.is_symlink() and not is_blob(entry, folder):
            if name.parts[0] in _NOT_THE_MODEL - {SIGNATURE}:
                continue
            raise ModelError(f"the model holds a symbolic link: '{entry.name}'", hint="put the file itself there")
        if entry.is_file():
            if not _is_utf8(str(name)):
                raise ModelError(
                    f"a file of the model has a name that is no UTF-8: {str(name)!r:.200}", hint="give it another name"
                )
            yield name


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def all_names(folder: Path) -> tuple[str, ...]:
    """Every file of a folder but its signature, what belongs to git too: a signature can cover that."""
    return tuple(sorted(str(name) for name in _names_in(folder) if str(name) != SIGNATURE))


def is_blob(link: Path, folder: Path) -> bool:
    """Whether a link leads from a snapshot to a blob of the same repository, as in the cache of the Hugging Face hub.

    `models--ORG--NAME/snapshots/COMMIT/config.json` is a link to `models--ORG--NAME/blobs/ETAG`.
    """
    snapshots, target = folder.absolute().parent, link.resolve()
    blobs = (snapshots.parent / "blobs").resolve()
    return snapshots.name == "snapshots" and target.is_file() and target.parent == blobs


def manifest_digest(files: tuple[FileDigest, ...]) -> str:
    """SHA-256 of the canonical JSON (RFC 8785) of the manifest's list of resources: it binds names and contents."""
    return digest_of([{"algorithm": "sha256", "digest": file.sha256, "name": file.name} for file in files])


def root_digest(files: tuple[FileDigest, ...]) -> str:
    """SHA-256 over the files' digests in the order of the manifest: the subject of an OpenSSF signature of this model.

    It does not bind the names: of a file that is renamed within its place in the order, it says nothing.
    """
    return hashlib.sha256(b"".join(bytes.fromhex(file.sha256) for file in files)).hexdigest()
