"""Whether probabilities mean what they say: of the rows given 70%, seven in ten come true."""

from auditkit import hookimpl
from auditkit_calibration.error import calibration_error
from auditkit_calibration.multicalibration import multicalibration_error


@hookimpl
def auditkit_register_checks() -> list[object]:
    """Offer `calibration.error` and `calibration.multicalibration`."""
    return [calibration_error, multicalibration_error]
