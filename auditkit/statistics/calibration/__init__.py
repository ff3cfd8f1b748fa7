"""Whether probabilities come true as often as they say: errors, tests and curves, over rows that may weigh differently.

`deposits` puts rows on a fine grid, or into bins; `roots` finds the widths and temperatures at which something is 0.
Of the errors `smooth` needs no bins and `binned` does. `worlds`
draws outcomes from the probabilities themselves: what an error, or a test, is where they are true. `debiased` takes
off what chance adds to a squared error. `scoring` tests whether probabilities are true, and `recalibration` fits the
line of log odds that would make them so. `remapping` fits maps to some rows and lays them on others. `monotone` fits
the rising curve, with the band in which that of a calibrated model lies, and takes scores apart by it.

`cumulative` sums along the scores, without bins or a bandwidth; `multicalibration` does so in many overlapping segments
at once, with p-values adjusted for all of them. `sufficiency` tests whether groups share one line of recalibration.
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
from auditkit.statistics.calibration.debiased import SquaredError, kumar_squared_error, squared_error
from auditkit.statistics.calibration.deposits import Deposit
from auditkit.statistics.calibration.monotone import (
    Band,
    BrierLimits,
    Curve,
    Decomposition,
    brier_limits,
    consistency_band,
    corp_curve,
    decompositions,
)
from auditkit.statistics.calibration.multicalibration import (
    LEAST_VARIANCE,
    Multicalibration,
    Partition,
    SegmentedRows,
    detectable_drift,
    multicalibration,
)
from auditkit.statistics.calibration.recalibration import (
    ALIKE,
    ONE_SCORE,
    SEPARATED,
    SURE,
    Coefficient,
    Recalibration,
    recalibration,
)
from auditkit.statistics.calibration.remapping import Line, RisingCurve, Temperature
from auditkit.statistics.calibration.scoring import (
    HosmerLemeshow,
    InTheLarge,
    Spiegelhalter,
    hosmer_lemeshow,
    in_the_large,
    spiegelhalter,
)
from auditkit.statistics.calibration.smooth import (
    NARROW,
    NARROWEST,
    POINTS,
    cosine_coefficients,
    points_for,
    smooth_error,
    smooth_errors,
    smoothed_size,
    waves_of,
)
from auditkit.statistics.calibration.sufficiency import SufficiencyTest, sufficiency_test
from auditkit.statistics.calibration.worlds import DRAWS, Kinds, Null, drawn_statistics, null_of, summed

__all__ = [
    "ALIKE",
    "DRAWS",
    "LEAST_VARIANCE",
    "NARROW",
    "NARROWEST",
    "ONE_SCORE",
    "POINTS",
    "SEPARATED",
    "SURE",
    "Band",
    "BrierLimits",
    "Coefficient",
    "CumulativeError",
    "CumulativeTest",
    "Curve",
    "Decomposition",
    "Deposit",
    "HosmerLemeshow",
    "InTheLarge",
    "Kinds",
    "Line",
    "Multicalibration",
    "Null",
    "Partition",
    "Recalibration",
    "RisingCurve",
    "SegmentedRows",
    "Spiegelhalter",
    "SquaredError",
    "SufficiencyTest",
    "Temperature",
    "binned_error",
    "brier_limits",
    "consistency_band",
    "corp_curve",
    "cosine_coefficients",
    "cumulative_error",
    "cumulative_test",
    "decompositions",
    "detectable_drift",
    "drawn_statistics",
    "equal_mass",
    "equal_width",
    "hosmer_lemeshow",
    "in_the_large",
    "kumar_squared_error",
    "multicalibration",
    "null_of",
    "points_for",
    "range_p",
    "reach_p",
    "recalibration",
    "smooth_error",
    "smooth_errors",
    "smoothed_size",
    "spiegelhalter",
    "squared_error",
    "sufficiency_test",
    "summed",
    "waves_of",
]
