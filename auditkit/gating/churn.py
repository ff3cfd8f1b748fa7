"""Who now gets another answer: of the rows that both releases have, how many, and in which groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.case import Case
from auditkit.document import Text
from auditkit.finding import Interval, Measurement
from auditkit.gating.quantities import spread_of
from auditkit.gating.releases import Compared, moved
from auditkit.predictions import ClassScores, LabelScores, Rankings, TokenLabels, Values
from auditkit.statistics import bounded_mean, own_units, share_of_totals

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

MOVED = 0.1
"""Standard deviations of the target by which a value must move to be another answer."""

_VERSUS = {"model": "baseline"}


def churn(compared: Compared) -> Iterator[Measurement]:
    """The share of rows with another answer, over all and by group; of classes also those newly wrong and newly right.

    An answer is the decision; of several labels, the set of them; of values, the number to within a tenth of the
    target's standard deviation; of entities, the set of spans; of rankings each of the first k places counts. Shares
    have Wilson's interval, at the effective size where rows share units or have weights.
    """
    new, old = compared.new, compared.old
    if new is None or old is None or not compared.paired:
        return
    kinds = {"decision_churn": _changed(new, old)}
    if isinstance(new.predictions, ClassScores) and new.has_targets:
        kinds |= _right_and_wrong(new, old)
    for group, inside in _groups(new):
        for metric, changed in kinds.items():
            yield _measured(metric, new, changed, inside).model_copy(update={"group": group})


def _changed(new: Case[Any], old: Case[Any]) -> Floats:
    """[n], 1 where the answer is another; of rankings the share of the first k that is."""
    ours, theirs = new.predictions, old.predictions
    if isinstance(ours, ClassScores):
        return np.asarray(new.decisions != moved(new, old, "classes")[old.decisions], dtype=float)
    if isinstance(ours, LabelScores):
        before = np.empty_like(old.label_decisions)
        before[:, moved(new, old, "labels")] = old.label_decisions
        return np.asarray((new.label_decisions != before).any(axis=1), dtype=float)
    if isinstance(ours, Values):
        return np.asarray(np.abs(ours.values - theirs.values) > MOVED * spread_of(new), dtype=float)
    if isinstance(ours, TokenLabels):
        pairs = zip(ours.spans, theirs.spans, strict=True)
        return np.array([{s[:3] for s in one} != {s[:3] for s in two} for one, two in pairs], dtype=float)
    assert isinstance(ours, Rankings)  # noqa: S101  there is no other kind with rows
    return np.array([_replaced(one, two, new.depth) for one, two in zip(ours.items, theirs.items, strict=True)])


def _replaced(one: npt.NDArray[Any], two: npt.NDArray[Any], depth: int) -> float:
    """Of the first places, the share whose item the other list does not have among its own."""
    ours, theirs = ({item for item in items[:depth] if item is not None} for items in (one, two))
    longest = max(len(ours), len(theirs))
    return 1 - len(ours & theirs) / longest if longest else 0.0


def _right_and_wrong(new: Case[Any], old: Case[Any]) -> dict[str, Floats]:
    targets = new.targets.codes
    now, before = new.decisions == targets, moved(new, old, "classes")[old.decisions] == targets
    known = targets >= 0
    return {
        "newly_wrong_rate": (before & ~now & known).astype(float),
        "newly_right_rate": (now & ~before & known) * 1.0,
    }


def _groups(case: Case[Any]) -> Iterator[tuple[dict[str, str], Flags]]:
    yield {}, np.ones(len(case), dtype=bool)
    for name, codes in (case.groups if case.has_groups else {}).items():
        for place, label in enumerate(codes.vocabulary):
            yield {name: label}, codes.codes == place


def _measured(metric: str, case: Case[Any], changed: Floats, inside: Flags) -> Measurement:
    kept = inside if case.weights is None else inside & (case.weights > 0)
    if metric != "decision_churn":
        kept = kept & (case.targets.codes >= 0)
    about: dict[str, Any] = {
        "level": case.level,
        "weights": None if case.weights is None else case.weights[kept],
        "units": None if case.units is None else case.units.codes[kept],
    }
    n = int(np.count_nonzero(kept))
    told: dict[str, Any] = {"metric": metric, "n": n, "better": _BETTER[metric], "versus": _VERSUS}
    if about["units"] is not None:
        told["people"] = len(np.unique(own_units(about["units"])))
    if n == 0:
        return Measurement(value=None, undefined=Text.of("there are no rows to take the share of"), **told)
    if isinstance(case.predictions, Rankings):
        found = bounded_mean(changed[kept], **about)
        assert found is not None  # noqa: S101  there are rows
        assert found.limits is not None  # noqa: S101  Wilson's always is one
        value, (low, high), method = found.value, found.limits, "wilson, mean"
    else:
        shares = share_of_totals(changed[kept].astype(np.int64), np.ones(n, dtype=np.int64), **about)
        limits = shares.limits(case.level)
        value, low, high, method = float(shares.value[0]), limits.low[0], limits.high[0], shares.method
    interval = Interval(low=float(low), high=float(high), level=case.level, method=method)
    return Measurement(value=value, interval=interval, **told)


_BETTER: dict[str, Any] = {"decision_churn": "target", "newly_wrong_rate": "lower", "newly_right_rate": "higher"}
