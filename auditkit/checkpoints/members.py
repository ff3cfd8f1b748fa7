"""The members of an ensemble: several files, or several folders of transformers, in one folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from auditkit.checkpoints.shards import WEIGHTS
from auditkit.errors import ModelError

STATES = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")
"""Endings of files that hold the state of a module."""


def member_files(path: Path, endings: Sequence[str], *, hint: str) -> tuple[Path, ...]:
    """The files of a model that is a file, a folder with one state in shards, or an ensemble's folder, by name.

    Args:
        path: the model's.
        endings: of the files that are members.
        hint: what a model may be.

    Raises:
        ModelError: the folder holds none, or files of several kinds.
    """
    if not path.is_dir() or any((path / name).is_file() for name in WEIGHTS):
        return (path,)
    found = sorted(one for one in path.iterdir() if one.suffix in endings and not one.is_symlink())
    kinds = sorted({one.suffix for one in found})
    if len(kinds) > 1:
        raise ModelError(
            f"the model folder '{path.name}' holds files of several kinds: {', '.join(kinds)}",
            hint="[model] path names one file; or a folder with the members of one ensemble",
        )
    if not found:
        raise ModelError(f"the model folder '{path.name}' holds no file that ends in {', '.join(endings)}", hint=hint)
    return tuple(found)


def member_folders(path: Path) -> tuple[Path, ...]:
    """The folders of transformers in a folder that is none itself, by name; the folder alone, where there is none."""
    if not path.is_dir() or (path / "config.json").exists():
        return (path,)
    found = sorted(one for one in path.iterdir() if (one / "config.json").is_file() and not one.is_symlink())
    return tuple(found) or (path,)
