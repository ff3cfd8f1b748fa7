"""How a probability may be used: to abstain, to give sets of answers, to decide at a threshold, to treat or not."""

from auditkit import hookimpl
from auditkit_reliability.abstaining import selective_prediction


@hookimpl
def auditkit_register_checks() -> list[object]:
    """Offer `reliability.selective`."""
    return [selective_prediction]
