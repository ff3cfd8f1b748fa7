"""Cases whose answer is known: log odds that a map mends, one group or label that a map of its own mends, and none."""

from auditkit import clean, planted
from auditkit.testing import above, below, calibrated, every, near, not_above, not_below, overconfident
from auditkit_calibration.known_cases import group_overconfident, label_overconfident
from auditkit_calibration.remedies.cards import BRIER_CHANGE, ERROR, ERROR_CHANGE, LOSS_CHANGE, OTHERWISE, RIGHT_CHANGE
from auditkit_calibration.remedies.maps import AS_IT_IS, LINE, RISING, TEMPERATURE


def _with(name: str) -> dict[str, str]:
    return {"remedy": name}


CONTROLS = (
    planted(
        "log odds eight times as large as they should be",
        overconfident(8.0),
        every(
            below(LOSS_CHANGE, 0.0, conditions=_with(RISING)),
            below(BRIER_CHANGE, 0.0, conditions=_with(RISING)),
            above(ERROR, 0.02, conditions=_with(AS_IT_IS), group={}),
            near(RIGHT_CHANGE, 0.0, conditions=_with(TEMPERATURE)),
            near(OTHERWISE, 0.0, conditions=_with(TEMPERATURE)),
        ),
    ),
    planted(
        "one of two groups has log odds eight times as large as they should be",
        group_overconfident(8.0, rows=540),
        below(LOSS_CHANGE, 0.0, conditions=_with(f"{LINE} by group")),
    ),
    planted(
        "one of two labels has log odds eight times as large as they should be",
        label_overconfident(8.0),
        every(
            below(LOSS_CHANGE, 0.0, conditions=_with(LINE), label="cough"),
            not_below(LOSS_CHANGE, 0.0, label="fever"),
            near(OTHERWISE, 0.0, conditions=_with(TEMPERATURE)),
        ),
    ),
    clean(
        "probabilities that come true as often as they say",
        calibrated(),
        every(
            not_below(LOSS_CHANGE, 0.0),
            not_below(BRIER_CHANGE, 0.0),
            not_below(ERROR_CHANGE, 0.0),
            not_above(ERROR, 0.0),
        ),
    ),
)
