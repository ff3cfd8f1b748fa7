"""How well the model does over all rows: accuracy, discrimination, and how good its probabilities are."""

from auditkit import hookimpl
from auditkit_performance.overall import overall


@hookimpl
def auditkit_register_checks() -> list[object]:
    """Offer `performance.overall`."""
    return [overall]
