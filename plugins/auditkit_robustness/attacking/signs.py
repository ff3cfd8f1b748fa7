"""The signs by which a masked gradient is known: what should not be, if the gradient showed the way.

Athalye, Carlini and Wagner (2018), Obfuscated gradients give a false sense of security, ICML, section 3.1; Carlini et
al. (2019), On evaluating adversarial robustness, arXiv:1902.06705.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit_robustness.attacking.trying import BLIND, FEWER, LONGER, STEP_ALONE, UNBROKEN, VANISHING, Codes

FEWEST, SHARE = 2, 0.05
"""A sign counts when so many rows show it, and this share of those that were attacked: one row may be chance."""

SIGNS = {
    "no gradient": VANISHING,
    "one step breaks more than many": STEP_ALONE,
    "fewer steps break more": FEWER,
    "twice the steps break more": LONGER,
    "blind search breaks more": BLIND,
    "no bound, and still right": UNBROKEN,
}


@dataclass(frozen=True)
class Sign:
    """One sign, and which of the attacked rows show it."""

    name: str
    shown: npt.NDArray[np.floating]
    """[n]: 1 where a row shows it, NaN where it was not attacked."""

    @property
    def counts(self) -> bool:
        """Whether so many show it that the gradient is not trusted."""
        attacked = np.isfinite(self.shown)
        return bool(np.nansum(self.shown) >= max(FEWEST, math.ceil(SHARE * np.count_nonzero(attacked))))


def signs_of(told: Codes, attacked: npt.NDArray[np.bool_]) -> list[Sign]:
    """Every sign.

    Args:
        told: [n], see `trying`.
        attacked: [n], whether the row was attacked: the model was right about it.
    """
    return [Sign(name, np.where(attacked, told & code > 0, np.nan)) for name, code in SIGNS.items()]
