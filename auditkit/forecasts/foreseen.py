"""Before an audit runs: the gaps that its groups would let it find, for `auditkit plan`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from auditkit.predictions import ClassScores, LabelScores, Predictions

if TYPE_CHECKING:
    from auditkit.dataset import Codes, Split
    from auditkit.spec import AuditSpec

SHARE = 0.5
"""Rates are not known before the model has answered. Near one half a gap is the hardest to find."""

MOST_GROUPS = 12
"""Of an attribute; those in which gaps are the hardest to find."""

Flags = npt.NDArray[np.bool_]


def foreseen_gaps(
    spec: AuditSpec, audit: Split, least: int, kind: type[Predictions] | None
) -> tuple[tuple[str, ...], ...]:
    """Lines of a table, its head first: attribute, group, and the gap that would be found; none where nothing can be.

    As in the report's own table, against the largest other group, at the level of all pairs of groups; among positives
    for the two rates of equalized odds. Rows that share a unit count as one, the worst that they can be worth.
    """
    if kind is not None and not issubclass(kind, ClassScores | LabelScores):
        return ()
    positives = _positives(spec, audit)
    lines = [
        line for name, codes in audit.groups.items() for line in _lines(name, codes, audit, positives, least, spec)
    ]
    head = ("attribute", "group", "selection rate", *(("true positive rate",) if positives is not None else ()))
    return (head, *lines) if lines else ()


def _positives(spec: AuditSpec, audit: Split) -> Flags | None:
    """[rows], whether the target is the positive class; None where there is no one such class."""
    positive, targets = spec.data.positive, audit.targets
    if targets is None or not isinstance(positive, str) or positive not in targets.vocabulary:
        return None
    return np.asarray(targets.codes == targets.vocabulary.index(positive))


def _lines(
    name: str, codes: Codes, audit: Split, positives: Flags | None, least: int, spec: AuditSpec
) -> Iterator[tuple[str, ...]]:
    columns = [_gaps(sizes_of(codes, audit, None), least, 1, spec.interval_level)]
    if positives is not None:
        columns.append(_gaps(sizes_of(codes, audit, positives), least, 2, spec.interval_level))
    order = np.argsort(-np.nan_to_num(columns[0], nan=2.0), kind="stable")
    if np.isnan(columns[0]).all():
        return
    for place in sorted(order[:MOST_GROUPS].tolist()):
        yield name, codes.vocabulary[place], *(_said(float(found[place])) for found in columns)
    if len(order) > MOST_GROUPS:
        yield name, f"and {len(order) - MOST_GROUPS} groups in which smaller ones are found", *("" for _ in columns)


def sizes_of(codes: Codes, audit: Split, among: Flags | None) -> npt.NDArray[np.floating]:
    """[groups], how many rows, or units of equal weight, there are to look at; `among` None: in all rows."""
    from auditkit.statistics.counts import own_units

    kept = codes.codes >= 0 if among is None else (codes.codes >= 0) & among
    inside, count = codes.codes[kept], len(codes.vocabulary)
    if audit.units is None and audit.weights is None:
        return np.bincount(inside, minlength=count).astype(float)
    units = np.arange(len(inside)) if audit.units is None else own_units(audit.units.codes)[kept]
    mass = None if audit.weights is None else audit.weights[kept] / audit.weights.max()
    _, places = np.unique(inside * (units.max(initial=0) + 1) + units, return_inverse=True)
    by_unit = np.bincount(places) if mass is None else np.bincount(places, weights=mass)
    owner = np.zeros(len(by_unit), dtype=np.int64)
    owner[places] = inside
    whole = np.bincount(owner, weights=by_unit, minlength=count)
    squares = np.bincount(owner, weights=by_unit.astype(float) ** 2, minlength=count)
    return np.asarray(np.divide(whole**2, squares, out=np.zeros(count), where=squares > 0))


def _gaps(sizes: npt.NDArray[np.floating], least: int, families: int, level: float) -> npt.NDArray[np.floating]:
    from auditkit.statistics import detectable_gaps

    found, takes_part = np.full(len(sizes), np.nan), sizes >= max(least, 1)
    groups = int(np.count_nonzero(takes_part))
    if groups > 1:
        pairs = groups * (groups - 1) // 2 * families
        found[takes_part] = detectable_gaps(sizes[takes_part], SHARE, level=level, comparisons=pairs).value
    return found


def _said(gap: float) -> str:
    return "not compared" if np.isnan(gap) else f"{np.ceil(gap * 1000 - 1e-9) / 1000:.3f}"
