"""Whether a model, or the data it is audited with, gives people away."""

from auditkit import hookimpl
from auditkit_privacy.membership import membership


@hookimpl
def auditkit_register_checks() -> list[object]:
    """Offer `privacy.membership`."""
    return [membership]
