"""The files that a model's weights lie in: all of them in its folder, where their digests are taken."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from auditkit.errors import ModelError

WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json")
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


def weight_files(folder: Path, names: tuple[str, str]) -> tuple[Path, ...]:
    """The files of the weights: the single one where it is there, else those that the index names.

    Args:
        folder: the model's, whose index `refuse_strange_shards` has let through.
        names: of the single file, and of the index.
    """
    single, index = names
    if (folder / single).is_file():
        return (folder / single,)
    weight_map = json.loads((folder / index).read_text("utf-8"))["weight_map"]
    return tuple(folder / file for file in sorted(set(weight_map.values())))


def stored_types(files: Iterable[Path]) -> tuple[str, ...]:
    """The floating types that tensors of safetensors files are stored in, e.g. `bfloat16`, as their headers say."""
    from safetensors import safe_open

    found = set()
    for file in files:
        with safe_open(file, framework="pt") as tensors:
            found |= {tensors.get_slice(name).get_dtype() for name in tensors.keys()}  # noqa: SIM118  no mapping
    return tuple(sorted(_FLOATS.get(name, name.lower()) for name in found if name.startswith(("F", "BF"))))


def whole_numbers(files: Iterable[Path]) -> Iterator[str]:
    """The tensors of safetensors files that are stored as whole numbers, by their names."""
    from safetensors import safe_open

    for file in files:
        with safe_open(file, framework="pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118  no mapping
                if tensors.get_slice(name).get_dtype().startswith(("I", "U", "BOOL")):
                    yield name


def wrapped(names: Iterable[str]) -> str | None:
    """What DataParallel or torch.compile has put before the name of every tensor, e.g. `module.`; None: nothing."""
    found = {None if (begun := WRAPPED.match(name)) is None else begun[0] for name in names}
    return found.pop() if len(found) == 1 else None


WRAPPED = re.compile(r"^(?:(?:module|_orig_mod)\.)+")


def tensor_names(files: Iterable[Path]) -> Iterator[str]:
    """The names of the tensors in safetensors files."""
    from safetensors import safe_open

    for file in files:
        with safe_open(file, framework="pt") as tensors:
            yield from tensors.keys()


_FLOATS = {"F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64"}
