"""Whether probabilities come true as often as they say: errors, tests and curves, over rows that may weigh differently.

`deposits` puts rows on a fine grid, or into bins. Of the errors `smooth` needs no bins and `binned` does. `worlds`
draws outcomes from the probabilities themselves: what an error, or a test, is where they are true.

`cumulative` sums along the scores, without bins or a bandwidth; `multicalibration` does so in many overlapping segments
at once, with p-values adjusted for all of them.
"""

from auditkit.statistics.calibration.binned import binned_error, equal_mass, equal_width
from auditkit.statistics.calibration.cumulative import (
    CumulativeError,
    CumulativeTest,
    cumulative_error,
    cumulative_test,
    range_p,
    reach_p,
)
from auditkit.statistics.calibration.deposits import Deposit
from auditkit.statistics.calibration.multicalibration import (
    LEAST_VARIANCE,
    Multicalibration,
    Partition,
    SegmentedRows,
    detectable_drift,
    multicalibration,
)
from auditkit.statistics.calibration.smooth import (
    NARROWEST,
    POINTS,
    cosine_coefficients,
    points_for,
    smooth_error,
    smooth_errors,
    smoothed_size,
)
from auditkit.statistics.calibration.worlds import DRAWS, Kinds, Null, drawn_statistics, null_of, summed

__all__ = [
    "DRAWS",
    "LEAST_VARIANCE",
    "NARROWEST",
    "POINTS",
    "CumulativeError",
    "CumulativeTest",
    "Deposit",
    "Kinds",
    "Multicalibration",
    "Null",
    "Partition",
    "SegmentedRows",
    "binned_error",
    "cosine_coefficients",
    "cumulative_error",
    "cumulative_test",
    "detectable_drift",
    "drawn_statistics",
    "equal_mass",
    "equal_width",
    "multicalibration",
    "null_of",
    "points_for",
    "range_p",
    "reach_p",
    "smooth_error",
    "smooth_errors",
    "smoothed_size",
    "summed",
]
