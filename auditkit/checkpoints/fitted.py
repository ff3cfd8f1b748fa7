"""A state put into the module that it belongs to: every tensor in its place, or refused by name."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from auditkit.checkpoints.settings import some
from auditkit.checkpoints.state import State
from auditkit.document import Text
from auditkit.errors import ModelError

_WRAPPERS = frozenset({"module", "_orig_mod"})
"""What DataParallel and torch.compile put into the names of what they wrap."""


def fit_state(module: Any, state: State) -> tuple[Text, ...]:
    """Put a state into a module, in float32 and for evaluation; what had to be done to its names.

    `module.` of DataParallel and `_orig_mod.` of torch.compile are taken off where the module's own names lack them,
    and so is one prefix of all that it needs, as `model.` of Lightning.

    Args:
        module: a torch module; it is changed.
        state: from `read_state`.

    Raises:
        ModelError: a tensor of the module is missing, one of the file has no place in it, another shape or another
            kind of number, or holds NaN or infinite numbers; or the module's answers would depend on the batch.
    """
    import torch

    if not isinstance(module, torch.nn.Module):
        raise ModelError(f"what was built is a {type(module).__name__}, not a torch module", hint="return an nn.Module")
    wanted = {name: tensor for name, tensor in module.state_dict(keep_vars=True).items() if _is_tensor(tensor)}
    _refuse_unmade(wanted)
    given, notes = _renamed(state.tensors, wanted)
    _refuse_misfits(given, wanted, type(module).__name__)
    _refuse_other_kind(given, wanted)
    _refuse_statistics_of_batches(module)
    _refuse_infinite(given, {name for name, _ in module.named_parameters(remove_duplicate=False)})
    module.float()
    module.load_state_dict(dict(given), strict=False)
    module.eval()
    _refuse_in_training(module)
    return notes


def _is_tensor(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor)


def _refuse_unmade(wanted: Mapping[str, Any]) -> None:
    import torch

    lazy = [name for name, tensor in wanted.items() if torch.nn.parameter.is_lazy(tensor) or tensor.is_meta]
    if lazy:
        raise ModelError(
            f"the module does not say how large {some(lazy)} is",
            hint="build it with all its sizes, e.g. Linear(12, 2) in the place of LazyLinear(2), and not on 'meta'",
        )


def _renamed(given: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[Mapping[str, Any], tuple[Text, ...]]:
    """The tensors by the module's own names, and a note of what was taken off theirs."""
    if given.keys() == wanted.keys():
        return given, ()
    bare = {_bare(name): name for name in wanted}
    found: dict[str, Any] = {}
    taken: set[str] = set()
    prefix = _prefix(map(_bare, given), bare)
    for name, tensor in given.items():
        short = _bare(name)
        short = short.removeprefix(prefix) if prefix and short.startswith(prefix) else short
        own = bare.get(short, name)
        if own in found:
            raise ModelError(
                f"the weights hold '{own}' twice, once as '{name}'", hint="save one module's own state dict"
            )
        if own != name and name.endswith(own):
            taken.add(name.removesuffix(own))
        elif own != name:
            taken.update(f"{part}." for part in name.split(".") if part in _WRAPPERS)
        found[own] = tensor
    if not taken:
        return found, ()
    message = "the names of the weights hold {prefixes}, which the module's lack and which was taken off"
    return found, (Text.of(message, prefixes=some(sorted(taken))),)


def _bare(name: str) -> str:
    return ".".join(part for part in name.split(".") if part not in _WRAPPERS)


def _prefix(given: Iterable[str], wanted: Iterable[str]) -> str:
    """What stands before the module's names in most of those that are given; empty: nothing that serves better."""
    names, own = set(given), set(wanted)
    counts: Counter[str] = Counter()
    for name in names:
        parts = name.split(".")
        for cut in range(len(parts)):
            if ".".join(parts[cut:]) in own:
                counts["".join(f"{part}." for part in parts[:cut])] += 1
    # The most tensors find their place; of two that serve as well, the shorter.
    return min(counts, key=lambda prefix: (-counts[prefix], len(prefix)), default="")


def _refuse_misfits(given: Mapping[str, Any], wanted: Mapping[str, Any], module: str) -> None:
    # A tensor that the module has under two names is stored under one of them.
    present = {id(tensor) for name, tensor in wanted.items() if name in given}
    missing = sorted(name for name, tensor in wanted.items() if name not in given and id(tensor) not in present)
    unexpected = sorted(given.keys() - wanted.keys())
    if missing:
        near = difflib.get_close_matches(missing[0], unexpected, n=1)
        raise ModelError(
            f"the weights lack {some(missing)}, which the {module} has and which would be random",
            hint=f"they hold '{near[0]}': is it the module that they were trained with?"
            if near
            else "build the module as it was when it was trained, or save its whole state dict",
        )
    if unexpected:
        raise ModelError(
            f"the weights hold {some(unexpected)}, for which the {module} has no place",
            hint="build the module as it was when it was trained, or save its own state dict alone",
        )
    for name, tensor in given.items():
        if tuple(tensor.shape) != tuple(wanted[name].shape):
            raise ModelError(
                f"'{name}' is {_shape(tensor)} in the weights, and {_shape(wanted[name])} in the {module}",
                hint="build the module with the sizes that it was trained with",
            )


def _shape(tensor: Any) -> str:
    return "x".join(map(str, tensor.shape)) or "one number"


def _refuse_other_kind(given: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Refuse whole numbers in the place of weights, which were quantised, and what else torch would cut to fit."""
    for name, tensor in given.items():
        if wanted[name].is_floating_point() != tensor.is_floating_point() or tensor.is_complex():
            stored, own = (str(one.dtype).removeprefix("torch.") for one in (tensor, wanted[name]))
            raise ModelError(
                f"'{name}' is stored as {stored}, and the module holds {own}: these are other numbers",
                hint="take the state before it was quantised or converted",
            )


def _refuse_statistics_of_batches(module: Any) -> None:
    """Refuse batch normalisation without running statistics: a row's answer would depend on who else is asked about."""
    from torch.nn.modules.batchnorm import _BatchNorm

    name = next(
        (name for name, part in module.named_modules() if isinstance(part, _BatchNorm) and part.running_mean is None),
        None,
    )
    if name is not None:
        raise ModelError(
            f"'{name}' normalises by the batch that it is given, track_running_stats = False: a row's answer would "
            "depend on the other rows",
            hint="train it with running statistics, or with LayerNorm or GroupNorm",
        )


def _refuse_in_training(module: Any) -> None:
    """Refuse a module that stays in training when it is told not to: with dropout, and with statistics of the batch."""
    name = next((name for name, part in module.named_modules() if part.training), None)
    if name is not None:
        raise ModelError(
            f"'{name or type(module).__name__}' stays in training after module.eval()",
            hint="its own train() or eval() hands on what it is told: return super().train(mode)",
        )


def refuse_unsteady(first: Any, again: Any, alone: Any | None = None) -> None:
    """Refuse a model that answers the same input in another way when it is asked again, or with others beside it.

    Args:
        first: its numbers of some rows.
        again: the same, of the same rows.
        alone: its numbers of the first of them, asked alone; None: that was not tried.

    Raises:
        ModelError: they differ by more than the order of sums does.
    """
    told = _told_apart(first, again)
    if told is not None:
        raise ModelError(
            f"the model gives {told[1]:.6g} for the same input that it gave {told[0]:.6g} for before",
            hint="something in it is drawn by chance, as by F.dropout(x): say F.dropout(x, training=self.training)",
        )
    told = None if alone is None else _told_apart(first[:1], alone)
    if told is not None:
        raise ModelError(
            f"the model gives {told[1]:.6g} for a row alone that it gives {told[0]:.6g} for among others",
            hint="something in it is computed over the batch: a mean, a softmax along the wrong axis, a normalisation",
        )


def _told_apart(first: Any, second: Any) -> tuple[float, float] | None:
    """The first two numbers that are not the same; None: all are."""
    import numpy as np

    one, other = (np.asarray(numbers, dtype=np.float64).ravel() for numbers in (first, second))
    apart = np.flatnonzero(~np.isclose(one, other, rtol=1e-2, atol=1e-4, equal_nan=True))
    return (float(one[apart[0]]), float(other[apart[0]])) if len(apart) else None


def _refuse_infinite(given: Mapping[str, Any], parameters: Collection[str]) -> None:
    """Refuse NaN anywhere, and infinity in what was trained: the buffer of a causal mask holds it by right."""
    for name, tensor in given.items():
        if not tensor.is_floating_point():
            continue
        tensor = tensor.float() if tensor.element_size() == 1 else tensor  # noqa: PLW2901  eight bits know no infinity
        if tensor.isfinite().all() or not (name in parameters or tensor.isnan().any()):
            continue
        raise ModelError(
            f"the weights are damaged: '{name}' holds NaN or infinite numbers",
            hint="its training went wrong, or its file: take a state that was saved before that",
        )
