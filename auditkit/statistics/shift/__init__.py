"""Whether two samples of rows come from one population, and whether a number changes from one period to the next.

`cells` counts a column's values in cells: the population stability index with its own null, and Pearson's chi squared.
`ecdf` compares numbers without cells (Kolmogorov and Smirnov). `kernels` compares whole rows: the maximum mean
discrepancy, and a classifier that is to tell the samples apart. `prevalence` finds how common classes are from
decisions alone. `periods` follows a number through time.
"""

from auditkit.statistics.shift.cells import (
    CellShares,
    Stability,
    chi_squared_test,
    count_cells,
    deciles,
    stability,
    stability_index,
    stability_test,
)
from auditkit.statistics.shift.ecdf import EcdfDistance, ks_distance
from auditkit.statistics.shift.kernels import (
    Discrepancy,
    Telling,
    discrepancy,
    gaussian_gram,
    mmd_squared,
    tell_samples_apart,
)
from auditkit.statistics.shift.periods import Contrast, PeriodNumbers, area_by_period, trend, trend_z, worst_period
from auditkit.statistics.shift.prevalence import Prevalence, shares_from_decisions

__all__ = [
    "CellShares",
    "Contrast",
    "Discrepancy",
    "EcdfDistance",
    "PeriodNumbers",
    "Prevalence",
    "Stability",
    "Telling",
    "area_by_period",
    "chi_squared_test",
    "count_cells",
    "deciles",
    "discrepancy",
    "gaussian_gram",
    "ks_distance",
    "mmd_squared",
    "shares_from_decisions",
    "stability",
    "stability_index",
    "stability_test",
    "tell_samples_apart",
    "trend",
    "trend_z",
    "worst_period",
]
