"""Before an audit runs: what a gate on these rows could see of a later release, for `auditkit plan`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from auditkit.forecasts.foreseen import MOST_GROUPS, sizes_of
from auditkit.policy_baseline import BaselineRule
from auditkit.predictions import ClassScores, LabelScores, Predictions, Rankings, TokenLabels, Values

if TYPE_CHECKING:
    from auditkit.dataset import Codes, Split
    from auditkit.policy import Policy
    from auditkit.spec import AuditSpec

Flags = npt.NDArray[np.bool_]

_AMONG = {"true_positive_rate": True, "false_negative_rate": True, "false_positive_rate": False}
"""Metrics that look at the positives, or at the negatives, alone."""
_UNSAID = frozenset({"roc_auc", "precision", "log_loss", "exact_match"})
"""Nothing is told of these: what they vary by depends on the scores."""
_PRIMARY: tuple[tuple[type[Predictions], str], ...] = (
    (ClassScores, "accuracy"),
    (LabelScores, "f1_micro"),
    (Values, "mean_absolute_error"),
    (Rankings, "ndcg"),
    (TokenLabels, "entity_f1"),
)


def foreseen_gate(
    spec: AuditSpec, audit: Split, policy: Policy, kind: type[Predictions] | None
) -> tuple[str, tuple[tuple[str, ...], ...]]:
    """What the gate rests on, in words, and the lines of a table, its head first; none where nothing can be said.

    For each metric and group the rows, the loss that would fail the gate in 80% of releases, and how often a model
    passes that is exactly as good: at the first of Holm's steps, which the later ones only add to. Rows that share a
    unit count as one, the worst that they can be worth.
    """
    asked = [(one, _metric(one, kind)) for one in policy.baseline or (BaselineRule(),)]
    known = audit.targets is not None or audit.label_targets is not None or audit.truth is not None
    if kind is None or not known:
        return "", ()
    cells = [cell for one, metric in asked if metric for cell in _cells(one, metric, spec, audit)]
    judged = [cell for cell in cells if not cell.group or cell.rows >= policy.min_group_size]
    if not judged:
        return "", ()
    lines = tuple(_line(cell, len(judged), spec, judged=cell in judged) for cell in _fewest(cells))
    head = ("metric", "whom", "rows", "margin", "a loss that fails 4 times in 5", "an equal model passes")
    return _words(cells), (head, *lines)


class _Cell:
    """One comparison to come."""

    def __init__(self, asked: BaselineRule, metric: str, group: str, rows: float) -> None:
        self.asked, self.metric, self.group, self.rows = asked, metric, group, rows


def _metric(asked: BaselineRule, kind: type[Predictions] | None) -> str:
    name = asked.metric or next((name for one, name in _PRIMARY if kind is not None and issubclass(kind, one)), "")
    return "" if name in _UNSAID else name


def _is_share(metric: str) -> bool:
    return metric == "accuracy" or metric in _AMONG


def _cells(asked: BaselineRule, metric: str, spec: AuditSpec, audit: Split) -> Iterator[_Cell]:
    among = _among(metric, asked.label, spec, audit)
    named = (asked.group,) if isinstance(asked.group, str) else asked.group
    if not named:
        yield _Cell(asked, metric, "", float(sizes_of(_everybody(audit), audit, among)[0]))
    if named is not None and len(named) != 1:
        return  # all rows alone; or intersections, which are not foretold
    for name, codes in audit.groups.items():
        if named is None or name in named:
            sizes = sizes_of(codes, audit, among)
            yield from (
                _Cell(asked, metric, f"{name} {label}", float(size))
                for label, size in zip(codes.vocabulary, sizes, strict=True)
            )


def _everybody(audit: Split) -> Codes:
    from auditkit.dataset import Codes

    return Codes(np.zeros(len(audit), dtype=np.int64), ("all",))


def _among(metric: str, label: str | None, spec: AuditSpec, audit: Split) -> Flags | None:
    """[rows]: those that a rate looks at; None: all."""
    targets = audit.targets
    if targets is None:
        return None
    known = np.asarray(targets.codes >= 0)
    positive = label or (spec.data.positive if isinstance(spec.data.positive, str) else None)
    if metric in _AMONG and positive in targets.vocabulary:
        is_positive = np.asarray(targets.codes == targets.vocabulary.index(str(positive)))
        return np.asarray(known & (is_positive if _AMONG[metric] else ~is_positive))
    return known


def _fewest(cells: list[_Cell]) -> list[_Cell]:
    """All rows, and of many groups those of the fewest rows, in the order given."""
    groups = sorted((cell for cell in cells if cell.group), key=lambda cell: cell.rows)[:MOST_GROUPS]
    return [cell for cell in cells if not cell.group or cell in groups]


def _line(cell: _Cell, family: int, spec: AuditSpec, *, judged: bool) -> tuple[str, ...]:
    from auditkit.gating.power import means_power, shares_power

    asked = cell.asked
    alpha = (asked.alpha if asked.alpha is not None else 1 - spec.interval_level) / family
    about = (cell.metric, cell.group or "all", f"{cell.rows:,.0f}", f"{asked.margin:g}")
    if not judged:
        return (*about, "too few to be judged", "never")
    power = (shares_power if _is_share(cell.metric) else means_power)(cell.rows, asked.margin, alpha)
    found = "none" if power.found >= 1 else f"{np.ceil(power.found * 1000 - 1e-9) / 1000:.3f}"
    return (*about, found, f"{power.passes:.0%} of the time")


def _words(cells: list[_Cell]) -> str:
    from auditkit.gating.power import DEVIATION, DISCORDANCE

    stated = (
        [f"an equal model is right about other rows in {DISCORDANCE:.0%}"]
        if any(_is_share(cell.metric) for cell in cells)
        else []
    )
    if any(not _is_share(cell.metric) for cell in cells):
        stated.append(f"what one row changes has a standard deviation of {DEVIATION:g}")
    return "what a gate could see of a later release on the same rows, if " + " and ".join(stated)
