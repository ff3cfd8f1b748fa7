"""The files that a model's weights lie in: all of them in its folder, where their digests are taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from auditkit import ModelError

_SAVE = "write it anew: model.save_pretrained(folder)"


def refuse_strange_shards(folder: Path, name: str, index: dict[str, Any], *, ending: str) -> None:
    """Refuse an index of weights that leads to a file outside the folder, to another format, or to no file.

    Args:
        folder: the model's.
        name: the index file's.
        index: what it holds: `weight_map`, from each tensor's name to the name of its file.
        ending: of the files that it may name.

    Raises:
        ModelError: one of them is not as it should be.
    """
    files = index.get("weight_map")
    if not isinstance(files, dict) or not files or not all(isinstance(file, str) for file in files.values()):
        raise ModelError(f"'{name}' of the model holds no 'weight_map' from tensors to files", hint=_SAVE)
    for file in sorted(set(files.values())):
        if Path(file).name != file or not file.endswith(ending):
            raise ModelError(
                f"'{name}' of the model names '{file[:200]}', which is no '{ending}' file of its folder", hint=_SAVE
            )
        if not (folder / file).is_file():
            raise ModelError(
                f"the model lacks '{file}', which its '{name}' names",
                hint=f"copy all {len(set(files.values()))} files of its weights, or {_SAVE}",
            )


def refuse_named_weights(config: dict[str, Any]) -> None:
    """Refuse a config that names the file of its weights itself: it could lie anywhere, and go undigested."""
    named = config.get("transformers_weights")
    if named is not None:
        raise ModelError(
            f"config.json names the file of its weights: 'transformers_weights' is '{str(named)[:200]}'", hint=_SAVE
        )
