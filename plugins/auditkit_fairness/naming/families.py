"""What there is to tell of the kinds of names by one attribute: their shares, and what names dealt anew give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics import TwoWay, group_totals
from auditkit_fairness.cards.names import (
    ENTITY_F1,
    ENTITY_OVERLAP_F1,
    F1_GAP,
    LENGTH_GAP,
    NAME_MISLABELLED,
    NAME_MISSED,
    NAME_RECALL,
    NAME_UNTAGGED,
    RECALL_GAP,
)
from auditkit_fairness.naming.crossed import (
    Crossed,
    Estimated,
    Kinds,
    Share,
    mislabelled,
    missed,
    overlap_f1,
    recall,
    strict_f1,
    untagged,
)

Floats = npt.NDArray[np.floating]

SHARES: Mapping[str, tuple[Share, Any]] = {
    NAME_RECALL: (recall, "higher"),
    NAME_MISSED: (missed, "lower"),
    NAME_MISLABELLED: (mislabelled, "lower"),
    NAME_UNTAGGED: (untagged, "lower"),
    ENTITY_F1: (strict_f1, "higher"),
    ENTITY_OVERLAP_F1: (overlap_f1, "higher"),
}
GAPS = (RECALL_GAP, F1_GAP, LENGTH_GAP)


@dataclass(frozen=True)
class Family:
    """The kinds of one list's names by one attribute."""

    crossed: Crossed
    kinds: Kinds
    shares: Mapping[str, Estimated]
    apart: Mapping[str, Estimated]
    """Gap -> the shares that lie apart by it; without that at equal length where it cannot be told."""
    dealt: Mapping[str, Floats]
    """Gap -> [deals], the widest where names are dealt out to the kinds anew."""

    @classmethod
    def of(cls, crossed: Crossed, again: TwoWay, kinds: Kinds, rng: np.random.Generator) -> Family:
        """Estimate all shares."""
        by_name, shares = crossed.by_name, {}
        totals, drawn = group_totals(by_name, kinds.member), again.grouped(kinds.member)
        for metric, (share, _) in SHARES.items():
            shares[metric] = Estimated(share(totals), drawn.variance(share))
        apart = {RECALL_GAP: shares[NAME_RECALL], F1_GAP: shares[ENTITY_F1]}
        if kinds.pairs and crossed.can_compare_lengths(kinds):

            def of_length(totals: Floats) -> Floats:
                return crossed.same_length(kinds, totals)

            apart[LENGTH_GAP] = Estimated(of_length(by_name), again.variance(of_length))
        return cls(crossed, kinds, shares, apart, _dealt(crossed, kinds, rng))

    @property
    def about(self) -> dict[str, str]:
        """What tells it from other families."""
        return {"list": self.crossed.names.called, "attribute": self.kinds.attribute}

    @property
    def n(self) -> int:
        """Texts asked about."""
        return int(self.crossed.asked[self.kinds.codes >= 0].sum())


def _dealt(crossed: Crossed, kinds: Kinds, rng: np.random.Generator) -> dict[str, Floats]:
    if not kinds.pairs:
        return {}
    found = {metric: crossed.dealt(kinds, share, rng) for metric, share in ((RECALL_GAP, recall), (F1_GAP, strict_f1))}
    # Names of equal length are dealt out no differently: what chance gives is that of the plain difference.
    return {**found, LENGTH_GAP: found[RECALL_GAP]}
