"""Whether probabilities mean what they say: of the rows given 70%, seven in ten come true."""

from auditkit import hookimpl
from auditkit_calibration.curve import calibration_curve
from auditkit_calibration.error import calibration_error
from auditkit_calibration.groups import calibration_by_group
from auditkit_calibration.multicalibration import multicalibration_error
from auditkit_calibration.truth_tests import calibration_tests
from auditkit_calibration.what_would_help import remedies


@hookimpl
def auditkit_register_checks() -> list[object]:
    """Offer how far off they are, overall, by group and in segments, tests, the curve, and what would help."""
    return [
        calibration_error,
        calibration_tests,
        calibration_curve,
        calibration_by_group,
        multicalibration_error,
        remedies,
    ]
