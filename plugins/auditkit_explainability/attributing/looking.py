"""Where a transformer looks: attention, which is shown only when somebody asks for it, and is no explanation.

Abnar and Zuidema (2020), Quantifying attention flow in transformers, ACL, section 3, attention rollout. Jain and
Wallace (2019), Attention is not explanation, NAACL: other attention can lead to the same answer, and it hardly agrees
with what gradients and erasure find. It is put to the same tests as all else, and bears its caveat wherever it is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit import NotApplicable
from auditkit_explainability.attributing.networks import network_of

if TYPE_CHECKING:
    from auditkit_explainability.attributing.gradients import Climb

Integers = npt.NDArray[np.integer]

UNSEEN = "the model does not show where it looks: no module of it gives weights of attention"
_SQUARE = 4
"""Dimensions of weights: rows, heads, places that look, places that are looked at."""


def attention(climb: Climb) -> tuple[Any, Integers]:
    """How much of each place reaches the place that the answer is read from, through the attention of all layers.

    Each layer's weights are the mean of its heads', half of them what the place itself brings on. The answer is read
    from the first place; of a model that only looks back, from the last one that anything looks at.

    Raises:
        NotApplicable: the model shows no attention.
    """
    import torch

    shown = climb.encoded.inputs
    with seen_by(network_of(climb), places=int(shown.shape[1])) as weights, torch.no_grad():
        climb.outputs(shown, *climb.encoded.alongside)
    if not weights:
        raise NotApplicable(UNSEEN)
    flow = None
    for mean in weights:
        through = (mean + torch.eye(mean.shape[-1], device=mean.device)) / 2
        through = through / through.sum(dim=-1, keepdim=True)
        flow = through if flow is None else through @ flow
    assert flow is not None  # noqa: S101  there are weights
    looked_at = weights[0].mean(dim=1) > 0
    last = (looked_at * torch.arange(looked_at.shape[1], device=flow.device)).amax(dim=1)
    looks_back = not bool(weights[0].triu(diagonal=1).any())
    read = last if looks_back else torch.zeros_like(last)
    return flow[torch.arange(len(flow), device=flow.device), read], np.ones(len(flow), dtype=np.int64)


@contextmanager
def seen_by(network: Any, *, places: int) -> Iterator[list[Any]]:
    """The weights of attention of each layer [k, u, u], in order, the mean of its heads, of what is asked meanwhile.

    Transformers leaves the weights out where it computes attention faster, and is told to compute them.

    Args:
        network: a torch module.
        places: u.
    """
    found: list[Any] = []
    last: list[Any] = [None]

    def hook(_: Any, __: Any, said: Any) -> None:
        for one in said if isinstance(said, tuple) else ():
            is_square = getattr(one, "ndim", 0) == _SQUARE and tuple(one.shape[-2:]) == (places, places)
            # A module hands on what the one inside it gave. Of all heads it would be too much of long texts to keep.
            if is_square and one is not last[0]:
                last[0] = one
                found.append(one.float().mean(dim=1))

    chosen = getattr(getattr(network, "config", None), "_attn_implementation", None)
    choose = getattr(network, "set_attn_implementation", None)
    hooks = [module.register_forward_hook(hook) for module in network.modules()]
    try:
        if choose is not None:
            choose("eager")
        yield found
    finally:
        for one in hooks:
            one.remove()
        if choose is not None and chosen is not None:
            choose(chosen)
