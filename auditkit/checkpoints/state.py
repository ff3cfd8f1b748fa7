"""A module's state: named tensors from a file or a folder that somebody else wrote, and what to say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditkit.checkpoints.settings import read_object, some
from auditkit.checkpoints.shards import PICKLES, WEIGHTS, refuse_strange_shards, weight_files
from auditkit.checkpoints.torchfiles import read_torch_file
from auditkit.document import Text
from auditkit.errors import ModelError

_TORCH = (".pt", ".pth", ".bin", ".ckpt")
_SAVE = "safetensors.torch.save_model(model, 'model.safetensors'), or torch.save(model.state_dict(), 'model.pt')"


@dataclass(frozen=True)
class State:
    """The tensors of a module by their names, on the CPU, in the types that they were stored in."""

    tensors: Mapping[str, Any]
    notes: tuple[Text, ...] = ()
    trusted: tuple[Text, ...] = ()
    """What ran while they were read, by leave of the spec."""


def read_state(path: Path, *, state_key: str | None = None, trust_pickle: bool = False) -> State:
    """Read a state dict, wherever its tensors were when they were saved.

    Args:
        path: a `.safetensors` file; a `.pt`, `.pth`, `.bin` or `.ckpt` of torch's, read as numbers alone; or a folder
            with `model.safetensors` or `pytorch_model.bin`, in one file or in shards with their index.
        state_key: where in a torch file the state lies, when it holds more than that, e.g. "ema".
        trust_pickle: whether a torch file may be a pickle that runs code, after a look at what.

    Raises:
        ModelError: there is nothing of this kind, it is damaged or leads elsewhere, or it must be allowed first.
    """
    files = _files(path)
    tensors: dict[str, Any] = {}
    notes: list[Text] = []
    trusted: list[Text] = []
    for file in files:
        part = _safetensors(file) if file.suffix == ".safetensors" else _torch(file, state_key, trust=trust_pickle)
        twice = sorted(part.tensors.keys() & tensors.keys())
        if twice:
            raise ModelError(f"two files of the model hold {some(twice)}", hint=_SAVE)
        tensors |= part.tensors
        notes += part.notes
        trusted += part.trusted
    _refuse_strange_tensors(tensors)
    return State(tensors, (*notes, *_stored(tensors)), tuple(trusted))


def _files(path: Path) -> tuple[Path, ...]:
    if path.is_symlink():
        raise ModelError(f"the model '{path.name}' is a symbolic link", hint="name the file that it points to")
    if path.is_file():
        if path.suffix not in {".safetensors", *_TORCH}:
            raise ModelError(f"'{path.name}' is no file of weights: it ends in '{path.suffix}'", hint=_SAVE)
        return (path,)
    if not path.is_dir():
        raise ModelError(f"there is no model at '{path}'", hint="[model] path is relative to the spec file")
    for names, ending in ((WEIGHTS, ".safetensors"), (PICKLES, ".bin")):
        if (path / names[0]).is_file():
            return (path / names[0],)
        if (path / names[1]).is_file():
            refuse_strange_shards(path, names[1], read_object(path / names[1], hint=_SAVE), ending=ending)
            return weight_files(path, names)
    raise ModelError(f"the model folder '{path.name}' holds no weights: no 'model.safetensors'", hint=_SAVE)


def _safetensors(file: Path) -> State:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return State(load_file(file, device="cpu"))
    except (SafetensorError, OSError, ValueError) as error:
        said = str(error).partition("\n")[0][:300]
        raise ModelError(f"'{file.name}' cannot be read: {type(error).__name__}: {said}", hint=_SAVE) from error


def _torch(file: Path, state_key: str | None, *, trust: bool) -> State:
    import torch

    found = read_torch_file(file, trust_pickle=trust)
    content = found.content
    if isinstance(content, torch.nn.Module):
        content = content.state_dict()
    if not isinstance(content, Mapping):
        raise ModelError(f"'{file.name}' holds a {type(content).__name__}, and no state dict", hint=_SAVE)
    tensors, notes = _chosen(content, state_key, file.name)
    return State({name: tensor.detach() for name, tensor in tensors.items()}, notes, found.trusted)


def _chosen(content: Mapping[Any, Any], state_key: str | None, file: str) -> tuple[Mapping[str, Any], tuple[Text, ...]]:
    """The state dict itself, or the one that lies under a key."""
    inside = sorted(key for key, value in content.items() if isinstance(key, str) and _is_state(value))
    if state_key is not None:
        if state_key not in inside:
            have = f"it has {some(inside)}" if inside else "it has none: leave state_key out"
            raise ModelError(f"'{file}' has no state dict under '{state_key}'", hint=have)
        return content[state_key], (_under(state_key),)
    if _is_state(content):
        return content, ()
    if len(inside) > 1:
        raise ModelError(
            f"'{file}' holds {len(inside)} state dicts, {some(inside)}, and nothing says which is the model",
            hint=f'[model] state_key = "{_likeliest(inside)}"',
        )
    if not inside:
        strange = sorted(str(key) for key, value in content.items() if not _is_tensor(value))
        what = f"{some(strange)} is no tensor" if strange else "it is empty"
        raise ModelError(f"'{file}' holds no state dict: {what}", hint=_SAVE)
    return content[inside[0]], (_under(inside[0]),)


def _likeliest(keys: list[str]) -> str:
    usual = ("state_dict", "model_state_dict", "model", "net", "ema")
    return next((key for key in usual if key in keys), keys[0])


def _under(key: str) -> Text:
    return Text.of("the weights were taken from under '{key}' in their file", key=key)


def _is_state(value: Any) -> bool:
    """Whether it is named tensors and nothing else, but for the versions that torch notes beside them."""
    return (
        isinstance(value, Mapping)
        and len(value) > 0
        and all(isinstance(name, str) and _is_tensor(tensor) for name, tensor in value.items())
    )


def _is_tensor(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor)


def _refuse_strange_tensors(tensors: Mapping[str, Any]) -> None:
    """Refuse tensors that are not plain numbers in the file, such as one number that claims to be a billion."""
    import torch

    for name, tensor in tensors.items():
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.device.type != "cpu":
            raise ModelError(f"the weights hold '{name}', which is no plain tensor of numbers", hint=_SAVE)
        claimed, held = tensor.numel() * tensor.element_size(), tensor.untyped_storage().nbytes()
        if claimed > held:
            raise ModelError(
                f"the weights hold '{name}', which claims {claimed:,} bytes where the file has {held:,}", hint=_SAVE
            )


def _stored(tensors: Mapping[str, Any]) -> tuple[Text, ...]:
    """A note where floating numbers are not stored in float32."""
    types = sorted({str(t.dtype).removeprefix("torch.") for t in tensors.values() if t.is_floating_point()})
    if set(types) <= {"float32"}:
        return ()
    message = "the weights are stored as {stored}; the model was run in float32"
    return (Text.of(message, stored=", ".join(types)),)
