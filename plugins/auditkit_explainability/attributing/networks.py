"""Attributions that look inside a network of modules: DeepLift, and guided Grad-CAM where there are convolutions.

Shrikumar, Greenside and Kundaje (2017), Learning important features through propagating activation differences, ICML,
section 3.5.1, the rescale rule; Selvaraju et al. (2017), Grad-CAM: visual explanations from deep networks via
gradient-based localization, ICCV, sections 3 and 3.2. Both are captum's; here is found out which models they suit.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, NotApplicable, needs_extra

if TYPE_CHECKING:
    from auditkit_explainability.attributing.gradients import Climb

Integers = npt.NDArray[np.integer]

NO_NETWORK = "the model's adapter does not say which torch module its outputs rest on"
SEVERAL = "several models answer together"
REUSED = "a module is used more than once, and captum's DeepLift keeps what it saw last alone"
APART = "captum's DeepLift cannot take the model apart"
STEPS_UNKNOWN = "the sums do not add up: the model takes steps that captum's DeepLift does not know"
NO_CONVOLUTION = "the model has no convolution that sees several places of a picture"
NO_RELU = "the model has no ReLU, through which gradients could be guided"
OWN_RELU = "the model calls ReLUs that are no modules, and captum cannot guide gradients through these"
UNPLACED = "it is not known how the model lays a picture's prepared numbers out"
_FLAT = 4
"""Dimensions of what a convolution of pictures makes: rows, channels, down, right."""


def deep_lift(climb: Climb) -> tuple[Any, Integers]:
    """DeepLift by the rescale rule: differences from the baseline, handed back through each activation.

    Raises:
        NotApplicable: captum cannot take the model apart.
    """
    with needs_extra("models"):
        from captum.attr import DeepLift  # type: ignore[import-untyped]  # it ships no types

    network = network_of(climb)
    with taken_apart(network):
        try:
            found = DeepLift(whole_of(climb)).attribute(
                climb.encoded.inputs.clone(),
                climb.baseline,
                target=climb.targets,
                additional_forward_args=climb.encoded.alongside or None,
            )
        except (RuntimeError, AssertionError) as error:
            raise NotApplicable(REUSED if "more than once" in str(error) else APART) from error
    return found.detach(), np.ones(len(found), dtype=np.int64)


def guided(climb: Climb, layer: str = "") -> tuple[Any, Integers]:
    """Guided backpropagation, times where the class lies on a convolution's map, stretched to the picture.

    Args:
        climb: of pictures.
        layer: the convolution by its name in the network; left out, the last one that sees several places.

    Raises:
        NotApplicable: there is no such convolution, or gradients cannot be guided.
        AuditError: the network has no layer of this name.
    """
    with needs_extra("models"):
        from captum.attr import GuidedBackprop, LayerAttribution, LayerGradCam

    network, whole = network_of(climb), whole_of(climb)
    with taken_apart(network):
        seen = _seen(climb, network, whole, layer)
        about = {"target": climb.targets, "additional_forward_args": climb.encoded.alongside or None}
        inputs = climb.encoded.inputs.clone()
        maps = LayerGradCam(whole, seen.layer).attribute(inputs, relu_attributions=True, **about)
        slopes = GuidedBackprop(whole).attribute(inputs, **about)
    wide = LayerAttribution.interpolate(maps.detach(), seen.shape, interpolate_mode="bilinear")
    found = slopes.detach() * wide.reshape(len(wide), -1, *(1 for _ in slopes.shape[2:]))
    return found, np.ones(len(found), dtype=np.int64)


def network_of(climb: Climb) -> Any:
    """The one module behind the outputs.

    Raises:
        NotApplicable: there is none, or there are several.
    """
    import torch

    network = climb.encoded.network
    if not isinstance(network, torch.nn.Module):
        raise NotApplicable(NO_NETWORK)
    if type(network) is torch.nn.ModuleList:
        raise NotApplicable(SEVERAL)
    return network


def whole_of(climb: Climb) -> Any:
    """What is climbed as one module, as captum wants it: the network with what lies around it."""
    import torch

    class Whole(torch.nn.Module):  # type: ignore[misc]  # torch is not looked at
        def __init__(self) -> None:
            super().__init__()
            self.network = climb.encoded.network

        def forward(self, shown: Any, *alongside: Any) -> Any:
            return climb.outputs(shown, *alongside)

    return Whole()


@contextmanager
def taken_apart(network: Any) -> Iterator[None]:
    """No module writes into what it is given while this lasts: captum has to see both sides; and says nothing of it."""
    in_place = [one for one in network.modules() if getattr(one, "inplace", False) is True]
    try:
        for one in in_place:
            one.inplace = False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for one in in_place:
            one.inplace = True


@dataclass
class _Watch:
    """What modules did while the network answered a row."""

    convolutions: list[Any] = field(default_factory=list)
    """Those that see several places, in the order in which they answered."""
    laid_out: list[tuple[int, int]] = field(default_factory=list)
    """How many places down and right each convolution was given."""
    relus: int = 0

    def convolution(self, module: Any, given: Any, made: Any) -> None:
        """A convolution has answered."""
        self.laid_out.append((int(given[0].shape[-2]), int(given[0].shape[-1])))
        if made.ndim == _FLAT and made.shape[-1] * made.shape[-2] > 1:
            self.convolutions.append(module)

    def relu(self, *_: Any) -> None:
        """A ReLU has."""
        self.relus += 1


@dataclass(frozen=True)
class _Seen:
    layer: Any
    shape: tuple[int, int]
    """Places of the picture down and right, as it was prepared."""


def _seen(climb: Climb, network: Any, whole: Any, layer: str) -> _Seen:
    """The layer whose map is stretched, and to what; by letting the network answer the first row."""
    import torch

    watch, kinds = _Watch(), {torch.nn.Conv2d: "convolution", torch.nn.ReLU: "relu"}
    hooks = [
        module.register_forward_hook(getattr(watch, what))
        for module in network.modules()
        for kind, what in kinds.items()
        if isinstance(module, kind)
    ]
    try:
        with torch.enable_grad():
            first = climb.encoded.inputs[:1].clone().requires_grad_()
            said = whole(first, *(one[:1] for one in climb.encoded.alongside))
    finally:
        for hook in hooks:
            hook.remove()
    if layer:
        chosen = _named(network, layer)
    elif watch.convolutions:
        chosen = watch.convolutions[-1]
    else:
        raise NotApplicable(NO_CONVOLUTION)
    calls = _relus_behind(said)
    if calls > watch.relus:
        raise NotApplicable(OWN_RELU)
    if not calls:
        raise NotApplicable(NO_RELU)
    shapes = [shape for shape in watch.laid_out if shape[0] * shape[1] == first.shape[1]]
    if not shapes:
        raise NotApplicable(UNPLACED)
    return _Seen(chosen, shapes[0])


def _named(network: Any, layer: str) -> Any:
    import torch

    convolutions = [name for name, module in network.named_modules() if isinstance(module, torch.nn.Conv2d)]
    if layer not in convolutions:
        raise AuditError(
            f"the model has no convolution named '{layer}'", hint=f"they are {', '.join(convolutions) or 'none'}"
        )
    return network.get_submodule(layer)


def _relus_behind(said: Any) -> int:
    """How often the way to these outputs leads through a ReLU, be it a module or a function."""
    waiting, known, count = [said.grad_fn], set(), 0
    while waiting:
        node = waiting.pop()
        if node is None or node in known:
            continue
        known.add(node)
        count += node.name().startswith("ReluBackward")
        waiting.extend(one for one, _ in node.next_functions)
    return count


REASONS = (
    NO_NETWORK, SEVERAL, REUSED, APART, STEPS_UNKNOWN, NO_CONVOLUTION, NO_RELU, OWN_RELU, UNPLACED,
)  # fmt: skip
"""Why a network is not looked into, as a number a row keeps it: the place here, from 1."""
