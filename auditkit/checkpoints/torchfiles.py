"""Files that torch.save wrote: looked into first, then read as numbers alone, and as a pickle only by leave."""

from __future__ import annotations

import io
import pickle
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditkit.checkpoints.archives import is_archive, refuse_strange_archive
from auditkit.checkpoints.pickles import Followed, follow, refuse_dangerous
from auditkit.checkpoints.settings import some
from auditkit.document import Text
from auditkit.errors import ModelError

_LEGACY_PICKLES = 5
"""A magic number, a version, the machine, the object, and the keys of the storages behind them."""
_SAVE = "torch.save(model.state_dict(), file); or safer: safetensors.torch.save_model(model, 'model.safetensors')"


@dataclass(frozen=True)
class TorchFile:
    """What lay in a file of torch's."""

    content: Any
    trusted: tuple[Text, ...] = ()
    """What of it ran, by leave of the spec."""


def read_torch_file(path: Path, *, trust_pickle: bool = False) -> TorchFile:
    """What torch.save wrote, with its tensors on the CPU, wherever they were.

    Raises:
        ModelError: it is damaged, holds more than numbers and is not trusted, or would run what no model needs.
    """
    followed = look_into_torch_file(path)
    try:
        return TorchFile(_load(path, weights_only=True))
    except pickle.UnpicklingError:
        # Dangerous comes before trust: nobody is told to trust what is then refused.
        refuse_dangerous(followed, path.name)
    wanted = _beyond_numbers(followed)
    if not trust_pickle:
        raise ModelError(
            f"'{path.name}' holds more than numbers: it is a pickle that runs {some(wanted)}",
            hint=f"{_SAVE}; or, if you trust whoever made it, [model] trust_pickle = true",
        )
    message = "the weights were read from a pickle, '{file}', which the spec allows; it ran {names}"
    trusted = Text.of(message, file=path.name, names=", ".join(wanted)[:500])
    try:
        return TorchFile(_load(path, weights_only=False), (trusted,))
    except pickle.UnpicklingError as error:
        raise ModelError(f"'{path.name}' cannot be read: {error}", hint=_SAVE) from error


def _load(path: Path, *, weights_only: bool) -> Any:
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Mapped, so that only what is copied into the module is read; torch's older format cannot be.
            return torch.load(path, map_location="cpu", weights_only=weights_only, mmap=is_archive(path))
    except (pickle.UnpicklingError, MemoryError):
        raise
    except Exception as error:  # torch raises what its parts raise: it is told, with its own words
        said = str(error).partition("\n")[0][:300]
        raise ModelError(f"'{path.name}' cannot be read: {type(error).__name__}: {said}", hint=_SAVE) from error


def look_into_torch_file(path: Path) -> Followed:
    """What the pickles in a file of torch's would do; none of them runs.

    Raises:
        ModelError: its archive or its sizes are not as torch makes them.
    """
    size = path.stat().st_size
    if is_archive(path):
        return _archive_looked_into(path)
    with path.open("rb") as stream:
        if stream.read(1) != pickle.PROTO:
            raise ModelError(f"'{path.name}' is no file that torch.save writes", hint=_SAVE)
        stream.seek(0)
        followed = follow(stream, name=path.name, size=size, pickles=_LEGACY_PICKLES)
    _refuse_sizes(path, {"": sum(followed.storages.values())}, {"": size})
    return followed


def _archive_looked_into(path: Path) -> Followed:
    members = refuse_strange_archive(path)
    names = [member.filename for member in members]
    if any(name.endswith("/constants.pkl") or "/code/" in name for name in names):
        raise ModelError(f"'{path.name}' is TorchScript, which carries code of its own", hint=_SAVE)
    packed = next((one for one in members if one.compress_type != zipfile.ZIP_STORED), None)
    if packed is not None:
        raise ModelError(
            f"'{path.name}' holds '{packed.filename}' compressed, and torch compresses nothing", hint=_SAVE
        )
    pickles = [name for name in names if name.casefold().endswith(".pkl")]
    if len(pickles) != 1 or not pickles[0].endswith("/data.pkl"):
        raise ModelError(f"'{path.name}' is an archive without the one 'data.pkl' that torch.save writes", hint=_SAVE)
    try:
        with zipfile.ZipFile(path) as archive:
            # In memory: it is the list of the tensors, without their numbers.
            content = archive.read(pickles[0])
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, EOFError) as error:
        raise ModelError(f"'{path.name}' is damaged: {str(error) or 'it ends too early'}", hint=_SAVE) from error
    followed = follow(io.BytesIO(content), name=path.name, size=len(content))
    held = {member.filename: member.compress_size for member in members}
    data = pickles[0].removesuffix(".pkl")
    _refuse_sizes(path, followed.storages, {key: held.get(f"{data}/{key}", 0) for key in followed.storages})
    return followed


def _refuse_sizes(path: Path, claimed: Mapping[str, int], held: Mapping[str, int]) -> None:
    """Refuse tensors that say they are larger than what lies in the file: memory would be taken for them first."""
    for key, size in claimed.items():
        if size > held[key]:
            raise ModelError(
                f"'{path.name}' is damaged: its tensors claim {size:,} bytes where the file holds {held[key]:,}",
                hint=_SAVE,
            )


_NUMBERS = frozenset({"collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter"})


def _beyond_numbers(followed: Followed) -> list[str]:
    """What a pickle imports besides tensors; all of it, when there is nothing besides."""
    beyond = [name for name in followed.listed if name not in _NUMBERS and not name.endswith("Storage")]
    return beyond or followed.listed
