"""A `.keras` file, looked at before Keras reads it: what its settings would make, and what its weights would fetch."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from auditkit import ModelError, Text
from auditkit.checkpoints import refuse_strange_archive

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_MOST_SETTINGS = 64 << 20
_MOST_UNPACKED, _SMALL = 20, 64 << 20
"""Weights take at most so many times the bytes that they lie in, or so few that it does not matter."""

_OWN = frozenset({
    "keras", "keras.activations", "keras.constraints", "keras.dtype_policies", "keras.initializers", "keras.layers",
    "keras.models", "keras.random", "keras.regularizers", "keras.src.models.functional", "keras.src.models.model",
    "keras.src.models.sequential",
})  # fmt: skip
"""Where Keras' own layers and what belongs to them lie. Its other modules fetch, unpack and import."""
_RUNS_MORE = frozenset({"FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"})
_WANTS_TENSORFLOW = frozenset({"HashedCrossing", "Hashing", "IntegerLookup", "StringLookup", "TextVectorization"})
_LOWER = frozenset({"bfloat16", "float16", "mixed_bfloat16", "mixed_float16"})
_HINT = "save it anew with Keras 3: model.save('model.keras')"


@dataclass
class KerasFile:
    """What a file holds, as it may be given to Keras."""

    config: dict[str, Any]
    saved_with: str
    runs_code: bool = False
    """Whether a lambda layer holds code that the file brings along."""
    lower: set[str] = field(default_factory=set)
    """Precisions that its layers were trained to compute in, set to float32 here."""

    @property
    def notes(self) -> tuple[Text, ...]:
        """What was changed."""
        if not self.lower:
            return ()
        message = "the model was trained to compute in {types}, and was run in float32"
        return (Text.of(message, types=", ".join(sorted(self.lower))),)


def look_into(path: Path, *, known: Collection[str], trust_pickle: bool) -> KerasFile:
    """The settings of a `.keras` file, when they make nothing but Keras' own layers and those that the user gives.

    Args:
        path: of the file.
        known: the names of layers and functions of the user's own.
        trust_pickle: whether a lambda layer may run the code that it holds.

    Raises:
        ModelError: it is no such file, leads out of itself, unpacks to far more than it is, or would run or fetch what
            nobody allowed.
    """
    members = {member.filename: member for member in refuse_strange_archive(path)}
    absent = next((name for name in (CONFIG, METADATA, WEIGHTS) if name not in members), None)
    if absent is not None:
        raise ModelError(f"'{path.name}' holds no '{absent}', so it is no model of Keras 3", hint=_HINT)
    with zipfile.ZipFile(path) as archive:
        config, metadata = (_object(archive, members[name], path) for name in (CONFIG, METADATA))
    # How it was trained is no part of what it says; Keras would import the optimiser's module.
    config.pop("compile_config", None)
    found = KerasFile(config, str(metadata.get("keras_version", "")))
    for node in _nodes(config):
        _judge(node, found, known, path.name)
    if found.runs_code and not trust_pickle:
        raise ModelError(
            f"'{path.name}' holds a lambda layer, which is code that runs when the model is read",
            hint="write it as a layer of its own; or, if you trust whoever made it, [model] trust_pickle = true",
        )
    return found


def _object(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> dict[str, Any]:
    if member.file_size > _MOST_SETTINGS:
        raise ModelError(f"'{member.filename}' in '{path.name}' has {member.file_size:,} bytes", hint=_HINT)
    try:
        found = json.loads(archive.read(member))
    except (ValueError, RecursionError, zipfile.BadZipFile, OSError) as error:
        raise ModelError(f"'{member.filename}' in '{path.name}' is no JSON: {error}", hint=_HINT) from error
    if not isinstance(found, dict):
        raise ModelError(f"'{member.filename}' in '{path.name}' is no object", hint=_HINT)
    return found


def _nodes(config: Any) -> Iterator[dict[str, Any]]:
    """Every object in the settings, however deep."""
    waiting = [config]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _judge(node: dict[str, Any], found: KerasFile, known: Collection[str], file: str) -> None:
    """Refuse what one object of the settings would make; note what has to be told, and set precisions to float32."""
    _in_float32(node, found)
    kind = node.get("class_name")
    if not isinstance(kind, str) or "config" not in node:
        return
    if kind == "__lambda__":
        found.runs_code = True
    elif kind in _RUNS_MORE or kind == "__typespec__":
        raise ModelError(
            f"'{file}' holds a {kind}, which brings a model of another library along",
            hint='audit that model itself, or the predictions of both: [model] adapter = "recorded"',
        )
    elif kind in _WANTS_TENSORFLOW:
        raise ModelError(
            f"'{file}' holds a {kind} layer, which only TensorFlow computes",
            hint="leave it out of the model: [model] categories makes numbers of texts",
        )
    elif kind == "function":
        _refuse_unknown(node["config"], known, file)
    elif not kind.startswith("__") and node.get("module", "keras") not in _OWN:
        _refuse_unknown(kind, known, file)
        # By its name alone: what module the file says that it lies in is never imported.
        node["module"] = None


def _in_float32(node: dict[str, Any], found: KerasFile) -> None:
    # A layer says it as dtype, by its name or by a policy, whose settings are a name alone.
    key = "name" if len(node) == 1 else "dtype"
    value = node.get(key)
    if isinstance(value, str) and value in _LOWER:
        found.lower.add(value)
        node[key] = "float32"


def _refuse_unknown(name: Any, known: Collection[str], file: str) -> None:
    if name not in known:
        raise ModelError(
            f"'{file}' holds '{str(name)[:100]}', which is none of Keras' own layers",
            hint=f'[model] module = "layers:own": the function own in layers.py returns {{"{str(name)[:40]}": ...}}',
        )


def refuse_strange_weights(path: Path) -> None:
    """Refuse weights that would read other files, or take far more memory than they have bytes.

    Args:
        path: of a `.weights.h5` file.

    Raises:
        ModelError: it is damaged, links to other files, or describes more numbers than it holds.
    """
    import h5py

    faults: list[str] = []
    taken: list[int] = []

    # Noted and not raised: h5py cannot pass an error on from a link that it looks at.
    def look(name: str, one: Any) -> None:
        if isinstance(one, h5py.Dataset):
            taken.append(int(one.size or 0) * int(one.dtype.itemsize))
            if one.external or one.is_virtual:
                faults.append(f"the weights of the model read '{name[:100]}' from another file")

    def look_at_link(name: str, link: Any) -> None:
        if isinstance(link, h5py.ExternalLink | h5py.SoftLink):
            faults.append(f"the weights of the model link '{name[:100]}' to '{link.path[:100]}'")

    try:
        with h5py.File(path, "r") as weights:
            weights.visititems_links(look_at_link)
            if not faults:
                weights.visititems(look)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise ModelError(f"the weights of the model cannot be read: {str(error)[:200]}", hint=_HINT) from error
    if faults:
        raise ModelError(faults[0], hint=_HINT)
    size, total = path.stat().st_size, sum(taken)
    if total > max(_SMALL, _MOST_UNPACKED * size):
        raise ModelError(f"the weights of the model have {size:,} bytes and would take {total:,}", hint=_HINT)
