"""LoRA adapters, as peft writes them: their settings read, their base found, and both merged in float32.

W' = W + s B A, with s = alpha / r, or alpha / sqrt(r) where `use_rslora` says so (Hu et al. 2021, arXiv:2106.09685;
Kalajdzievski 2023, arXiv:2312.03732). What a config asks for beyond that is refused by its name. peft is not needed.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditkit.checkpoints.hub import locate_model
from auditkit.checkpoints.settings import read_object, some
from auditkit.checkpoints.state import read_state
from auditkit.document import Text
from auditkit.errors import ModelError

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
_MERGE = "merge it first: model.merge_and_unload().save_pretrained(folder)"
_BASE = '[model] base = "base-model", the folder of the model that it was trained on'

_MERGED = frozenset(
    """
    alpha_pattern base_model_name_or_path bias exclude_modules fan_in_fan_out inference_mode init_lora_weights
    layers_pattern layers_to_transform lora_alpha lora_dropout megatron_core modules_to_save peft_type peft_version
    qalora_group_size r rank_pattern revision runtime_config target_modules task_type use_rslora auto_mapping
    """.split()  # noqa: SIM905  twenty words are read more easily than twenty strings
)
"""Settings that say nothing of the merged weights, or that are followed here."""
_INITIAL = (True, False, None, "gaussian", "eva", "orthogonal")
"""Ways to begin that leave the base's weights alone."""


_MOST = 2.0**127
"""Of alpha: float32 goes no further."""


@dataclass(frozen=True)
class Lora:
    """An adapter's settings."""

    path: Path
    alpha: float
    is_stabilised: bool
    """Whether it is divided by the root of a layer's rank, and not by the rank."""

    @classmethod
    def read(cls, path: Path) -> Lora | None:
        """The settings in a folder; None: it holds no adapter.

        Raises:
            ModelError: they ask for what is not merged here, or there are no weights in safetensors beside them.
        """
        file = path / CONFIG
        if not file.is_file():
            return None
        config = read_object(file, hint=_MERGE)
        _refuse_others(config)
        alpha, rank = config.get("lora_alpha"), config.get("r")
        if not isinstance(alpha, int | float) or not abs(alpha) < _MOST or not isinstance(rank, int) or rank < 1:
            raise ModelError(f"'{CONFIG}' says lora_alpha = {alpha!r:.40} and r = {rank!r:.40}", hint=_MERGE)
        if not (path / WEIGHTS).is_file():
            raise ModelError(
                f"the adapter in '{path.name}' holds no '{WEIGHTS}'",
                hint="model.save_pretrained(folder), which writes safetensors; a pickle is not opened",
            )
        return cls(path, float(alpha), bool(config.get("use_rslora")))

    def scale_of(self, rank: int) -> float:
        """s, of a layer of that rank, which can differ from layer to layer."""
        return self.alpha / (math.sqrt(rank) if self.is_stabilised else rank)


def _refuse_others(config: Mapping[str, Any]) -> None:
    kind = config.get("peft_type")
    if kind != "LORA":
        raise ModelError(f"the adapter is a {kind!r:.60}, and only LoRA is merged here", hint=_MERGE)
    strange = sorted(name for name, value in config.items() if name not in _MERGED and value)
    if strange:
        raise ModelError(f"'{CONFIG}' asks for {some(strange)}, which is not merged here", hint=_MERGE)
    begun = config.get("init_lora_weights", True)
    if begun not in _INITIAL:
        raise ModelError(f"the adapter began as {begun!r:.60}, which changes the base's weights too", hint=_MERGE)
    if config.get("alpha_pattern"):
        raise ModelError("the adapter has an alpha of its own for some layers, 'alpha_pattern'", hint=_MERGE)
    if config.get("bias", "none") not in ("none", "all", "lora_only"):
        raise ModelError(f"the adapter says bias = {config['bias']!r:.60}", hint=_MERGE)


def base_of(
    path: Path, spec_folder: Path, *, base: str = "", allow_download: bool = False, beside: tuple[str, ...] = ()
) -> Path | None:
    """Where the model lies that an adapter was trained on; None: the folder holds no adapter.

    Args:
        path: the model's folder.
        spec_folder: that `base` is relative to.
        base: `[model] base`; empty: what the adapter's config names, when that is a folder inside the adapter's or
            beside the spec, or may be fetched.
        allow_download: whether the hub may be asked.
        beside: files of which a whole model has one.

    Raises:
        ModelError: it is not to be found, or is a folder that the config alone leads to, elsewhere.
    """
    if not (path / CONFIG).is_file():
        if base:
            raise ModelError(
                f"[model] base is '{base}', and '{path.name}' holds no adapter: no '{CONFIG}'", hint="leave base out"
            )
        return None
    trust = {"trust_pickle": False, "trust_remote_code": False}
    if base:
        return locate_model(base, spec_folder, beside=beside, allow_download=allow_download, **trust)
    named = read_object(path / CONFIG, hint=_MERGE).get("base_model_name_or_path")
    if isinstance(named, str) and named and _is_inside(named):
        found = next(
            (place / named for place in (path, spec_folder) if (place / named / "config.json").is_file()), None
        )
        if found is not None:
            return found
        if allow_download:
            return locate_model(named, spec_folder, beside=beside, allow_download=True, **trust)
    raise ModelError(
        f"the model in '{path.name}' is an adapter, '{CONFIG}', and its base, {named!r:.200}, is not beside it",
        hint=_BASE,
    )


def _is_inside(named: str) -> bool:
    """Whether a name leads down from where it is looked for."""
    return not Path(named).is_absolute() and ".." not in Path(named).parts and len(named) <= _LONGEST


_LONGEST = 200
"""Characters of a base's name; a file system refuses to look for much longer ones."""


@dataclass(frozen=True)
class LoraWeights:
    """An adapter's tensors, by the names of the base's layers and parameters."""

    lora: Lora
    low_rank: Mapping[str, Mapping[str, Any]]
    """Layer -> A and B."""
    whole: Mapping[str, Any]
    """Parameter -> what stands in its place: the head, biases."""
    notes: tuple[Text, ...] = ()

    @classmethod
    def read(cls, lora: Lora) -> LoraWeights:
        """The tensors of an adapter.

        Raises:
            ModelError: they are damaged, or not named as peft names them.
        """
        state = read_state(lora.path / WEIGHTS)
        low_rank: dict[str, dict[str, Any]] = {}
        whole: dict[str, Any] = {}
        for name, tensor in state.tensors.items():
            own = name.removeprefix("base_model.model.")
            found = _LOW_RANK.fullmatch(own)
            if found is not None:
                low_rank.setdefault(found["layer"], {})[found["part"]] = tensor
            elif ".lora_" in own or own == name:
                raise ModelError(f"the adapter holds '{name[:200]}', which is not merged here", hint=_MERGE)
            else:
                whole[_plain(own)] = tensor
        halves = sorted(layer for layer, parts in low_rank.items() if parts.keys() != {"A", "B"})
        if halves or not (low_rank or whole):
            what = f"holds one half of {some(halves)}" if halves else "holds nothing"
            raise ModelError(
                f"the adapter in '{lora.path.name}' {what}", hint="save it anew: model.save_pretrained(folder)"
            )
        return cls(lora, low_rank, whole, state.notes)

    def outputs(self) -> int | None:
        """How many outputs the head has that lies with the adapter; None: none does."""
        heads = [tensor for name, tensor in self.whole.items() if name in _HEADS and tensor.ndim == _MATRIX]
        return int(heads[0].shape[0]) if heads else None

    def merge(self, model: Any, base: str) -> tuple[Text, ...]:
        """Put the adapter into the model that it was trained on, in float32; what was done.

        Raises:
            ModelError: the model lacks one of its layers, or has it in another size.
        """
        import torch

        _untie(model, {*self.whole, *(f"{layer}.weight" for layer in self.low_rank)})
        parameters = dict(model.named_parameters(remove_duplicate=False))
        with torch.no_grad():
            for name, tensor in self.whole.items():
                _fitting(parameters.get(name), tuple(tensor.shape), name, base).copy_(tensor)
            for layer, parts in self.low_rank.items():
                first, second = _matrices(layer, parts)
                turned = _is_turned(model, layer)
                # Before they are multiplied: two thin matrices can claim a product that no memory holds.
                shape = (second.shape[0], first.shape[1])[:: -1 if turned else 1]
                weight = _fitting(parameters.get(f"{layer}.weight"), tuple(shape), layer, base)
                delta = second @ first * self.lora.scale_of(int(first.shape[0]))
                weight.add_(delta.T if turned else delta)
        ranks = sorted({int(parts["A"].shape[0]) for parts in self.low_rank.values()})
        message = "a LoRA adapter of rank {ranks} was merged in float32 into {layers} layers of its base, '{base}'"
        merged = Text.of(message, ranks=", ".join(map(str, ranks)) or "0", layers=len(self.low_rank), base=base)
        if not self.whole:
            return (*self.notes, merged)
        kept = Text.of("{names} are the adapter's, in the place of the base's", names=some(sorted(self.whole)))
        return (*self.notes, merged, kept)


def _untie(model: Any, changed: AbstractSet[str]) -> None:
    """Give each parameter that is changed numbers of its own where it shares them, as an output with the embeddings.

    Trained beside its base, an adapter of the one leaves the other as it was.
    """
    import torch

    shared = dict(model.named_parameters(remove_duplicate=False))
    names = Counter(id(parameter) for parameter in shared.values())
    for name in sorted(changed & shared.keys()):
        if names[id(shared[name])] > 1:
            layer, _, own = name.rpartition(".")
            copy = shared[name].detach().clone()
            setattr(model.get_submodule(layer), own, torch.nn.Parameter(copy, requires_grad=False))


def _matrices(layer: str, parts: Mapping[str, Any]) -> tuple[Any, Any]:
    """A and B in float32, of the same rank."""
    first, second = parts["A"].float(), parts["B"].float()
    if first.ndim != _MATRIX or second.ndim != _MATRIX or second.shape[1] != first.shape[0]:
        raise ModelError(f"the adapter's two matrices of '{layer}' do not fit each other", hint=_MERGE)
    return first, second


def _is_turned(model: Any, layer: str) -> bool:
    """Whether a layer's weight is [in, out], and not [out, in].

    Raises:
        ModelError: it is of a kind whose update is no product of two matrices.
    """
    import torch
    from transformers.pytorch_utils import Conv1D

    module = next((one for name, one in model.named_modules() if name == layer), None)
    if module is None or isinstance(module, torch.nn.Linear):
        return False  # one that is not there is refused by name, with what would change it
    if isinstance(module, Conv1D | torch.nn.Embedding):
        return True
    kind = type(module).__name__
    raise ModelError(f"the adapter changes '{layer}', a {kind}: it is not merged here", hint=_MERGE)


_MATRIX = 2
_LOW_RANK = re.compile(r"(?P<layer>.+)\.lora_(embedding_)?(?P<part>[AB])(\.weight)?")
_HEADS = ("score.weight", "classifier.weight", "classifier.out_proj.weight")


def _plain(name: str) -> str:
    """A parameter's name without what peft wraps it in."""
    return ".".join(part for part in name.split(".") if part not in {"base_layer", "modules_to_save"})


def _fitting(parameter: Any, shape: tuple[int, ...], name: str, base: str) -> Any:
    if parameter is not None and tuple(parameter.shape) == shape:
        return parameter
    theirs = "has none" if parameter is None else f"has {'x'.join(map(str, parameter.shape))}"
    raise ModelError(
        f"the adapter does not fit its base: it changes '{name[:200]}' by {'x'.join(map(str, shape))}, and '{base}' "
        f"{theirs}",
        hint=_BASE,
    )
