"""The share of documents for which something holds, with the exact interval of Clopper and Pearson."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Interval, Measurement, Text
from auditkit.statistics import clopper_pearson

METHOD = "clopper-pearson"


def share(case: Case[Any], metric: str, flags: npt.NDArray[np.bool_], **about: Any) -> Measurement:
    """Of the rows of a case; each counts once, whatever it weighs.

    Args:
        case: whose rows they are.
        metric: its name.
        flags: [n].
        **about: further fields of the measurement.
    """
    n, hits = len(flags), int(np.count_nonzero(flags))
    about = {"metric": metric, "n": n, "better": "lower", **about}
    if n == 0:
        return Measurement(value=None, undefined=Text.of("there are no rows to take the share of"), **about)
    units = None if case.units is None else np.unique(case.units.codes, return_inverse=True)[1]
    size = float(n) if units is None else effective_rows(flags, units)
    low, high = clopper_pearson(hits / n * size, size, case.level)
    method = METHOD if units is None else f"{METHOD}, over units"
    people = None if units is None else int(units.max()) + 1
    value = hits / n
    interval = Interval(low=min(float(low), value), high=max(float(high), value), level=case.level, method=method)
    return Measurement(value=value, people=people, interval=interval, **about)


def effective_rows(flags: npt.NDArray[np.bool_], units: npt.NDArray[np.integer]) -> float:
    """How many independent rows tell as much: n over the design effect, at most n.

    Where every row says the same, nothing tells how alike the rows of one unit are: then each unit counts as one row.
    Source: Korn and Graubard (1998), Surv. Methodol. 24, 193-201.

    Args:
        flags: [n].
        units: [n]: whose row it is, 0 to m - 1.
    """
    from scipy import stats

    n, m = len(flags), int(units.max()) + 1
    p = float(flags.mean())
    if m < 2 or p in {0.0, 1.0}:  # noqa: PLR2004  no variance between fewer
        return float(m)
    residuals = np.bincount(units, flags - p, minlength=m)
    variance = m / (m - 1) * float(residuals @ residuals) / n**2
    tail = 0.975
    shrink = (stats.t.ppf(tail, n - 1) / stats.t.ppf(tail, m - 1)) ** 2
    return float(min(n, max(1.0, p * (1 - p) / variance * shrink))) if variance > 0 else float(n)
