"""Up the gradient: captum's FGSM in one step, and projected gradient descent as so many of these.

Goodfellow, Shlens and Szegedy (2015), ICLR (FGSM); Madry et al. (2018), ICLR (PGD, with random starts).

captum 0.9's own PGD is not asked, for four reasons. Its loss, unless told otherwise, is -log of the outputs, which of
logits is no number. It takes a gradient of 1e-6 and less for none (`FGSM.zero_thresh`), which makes sure models look
robust. It gives back where it ended, not the worst of where it was. And its random starts are drawn from torch's common
generator, by the place of a row in its batch. Here captum takes each step, and the rest is done about it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import needs_extra
from auditkit_robustness.attacking.rows import Flags, Integers, Rows

STRIDE = 2.5
"""All steps together, as a multiple of the radius: enough to reach the other side (Madry et al. 2018)."""


@dataclass
class _Loss:
    """The negative margin, for captum to make larger; remembers which rows were broken where it was asked."""

    rows: Rows
    places: Integers
    broken: Flags = field(init=False)

    def __post_init__(self) -> None:
        self.broken = np.zeros(len(self.places), dtype=bool)

    def __call__(self, outputs: Any, _: Any) -> Any:
        self.broken |= ~self.rows.is_right(outputs.detach(), self.places)
        return -self.rows.margin(outputs, self.places)


def one_step(rows: Rows, places: Integers, radius: float) -> Flags:
    """[k]: which rows FGSM breaks: `radius` in the direction of the gradient's sign."""
    shown = rows.near(_stepped(rows, places, _Loss(rows, places), rows.inputs[places], radius), places, radius)
    return rows.broken(shown, places)


def climbed(
    rows: Rows,
    places: Integers,
    radius: float,
    *,
    steps: int,
    start: npt.NDArray[np.float32] | None = None,
) -> tuple[Flags, Any]:
    """[k]: which rows are broken anywhere on the way of `steps` steps; and where the way ends.

    Args:
        rows: under attack.
        places: [k], which of them.
        radius: by how much any number of a row may change.
        steps: of 2.5 * radius / steps each.
        start: [k, u, ...], from where to begin, away from the rows; None: at the rows themselves.
    """
    loss, shown = _Loss(rows, places), rows.inputs[places]
    if start is not None:
        shown = rows.near(shown + rows.tensor(start), places, radius)
    for _ in range(steps):
        shown = rows.near(_stepped(rows, places, loss, shown, STRIDE * radius / steps), places, radius)
    return loss.broken | rows.broken(shown, places), shown


def begun(rows: Rows, places: Integers, radius: float, draws: list[np.random.Generator]) -> npt.NDArray[np.float32]:
    """[k, u, ...]: a random start for each row, uniform within the radius; `draws` has a generator a row."""
    shape = tuple(rows.inputs.shape[1:])
    return np.stack([draws[place].uniform(-radius, radius, shape).astype(np.float32) for place in places])


def vanishing(rows: Rows) -> Flags:
    """[m]: whether a row's gradient of the margin is 0 in every place, or no number in any."""
    import torch

    shown = rows.inputs.clone().requires_grad_()
    with torch.enable_grad():
        total = rows.margin(_tied(rows, shown, rows.places), rows.places).sum()
        (slope,) = torch.autograd.grad(total, shown)
    flat = slope.reshape(len(rows), -1)
    return np.asarray(((flat == 0).all(dim=1) | ~flat.isfinite().all(dim=1)).cpu().numpy(), dtype=bool)


def _stepped(rows: Rows, places: Integers, loss: _Loss, shown: Any, size: float) -> Any:
    """One step of captum's."""
    with needs_extra("models"):
        from captum.robust import FGSM  # type: ignore[import-untyped]  # it ships no types

    fgsm = FGSM(lambda at: _tied(rows, at, places), loss_func=loss)
    fgsm.zero_thresh = 0.0
    return fgsm.perturb(shown.detach().requires_grad_(), epsilon=size, target=None).detach()


def _tied(rows: Rows, shown: Any, places: Integers) -> Any:
    """The outputs, tied to what is shown also where the model cuts the tie, so that its gradient is 0 and no error."""
    return rows.outputs(shown, places) + 0.0 * shown.flatten(1).sum(dim=1, keepdim=True)
