"""Whether probabilities come true as often as they say: errors, tests and curves, over rows that may weigh differently.

`deposits` puts rows on a fine grid, or into bins. Of the errors `smooth` needs no bins and `binned` does. `worlds`
draws outcomes from the probabilities themselves: what an error, or a test, is where they are true.
"""

from auditkit.statistics.calibration.binned import binned_error, equal_mass, equal_width
from auditkit.statistics.calibration.deposits import Deposit
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
    "NARROWEST",
    "POINTS",
    "Deposit",
    "Kinds",
    "Null",
    "binned_error",
    "cosine_coefficients",
    "drawn_statistics",
    "equal_mass",
    "equal_width",
    "null_of",
    "points_for",
    "smooth_error",
    "smooth_errors",
    "smoothed_size",
    "summed",
]
