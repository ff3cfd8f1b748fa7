"""Whether probabilities mean what they say: of the rows given 70%, seven in ten come true.

A check a module. Of all rows: `curve` draws the diagram, `error` measures, and `truth_tests` asks whether the
probabilities could be true. Of some people: `groups` compares, and `multicalibration` looks at segments that overlap.
What recalibrating would change: `what_would_help`, from `remedies`.

On the way, `questions` are a probability for each row and whether it came true; `refusing` says when there are none.
`groupings` and `segments` choose the rows, `bins` counts them, and `estimates` and `cumulative` are the errors. What
chance does to them is in `noise`, which the intervals rest on, and in `chance`, which draws worlds where the
probabilities are true; `twins` are one such world. Cases whose answer is known are in `known_cases`. The metric cards
are in modules that begin with `cards`, and in `group_cards` and `segment_cards`.
"""

from auditkit import hookimpl
from auditkit_calibration.curve import calibration_curve
from auditkit_calibration.error import calibration_error
from auditkit_calibration.groups import calibration_by_group
from auditkit_calibration.multicalibration import multicalibration_error
from auditkit_calibration.truth_tests import calibration_tests
from auditkit_calibration.what_would_help import remedies

AUDITKIT_NEEDS = ()


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
