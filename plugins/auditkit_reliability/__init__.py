"""What predictions may be used for: to abstain, to answer with sets or intervals, to decide, to treat or not."""

from auditkit import hookimpl
from auditkit_reliability.abstaining import selective_prediction
from auditkit_reliability.intervals import intervals
from auditkit_reliability.operating_point import operating_point
from auditkit_reliability.reading import against_readers
from auditkit_reliability.sets import conformal
from auditkit_reliability.treating import net_benefits


@hookimpl
def auditkit_register_checks() -> list[object]:
    """Offer a check for each use."""
    return [selective_prediction, conformal, operating_point, net_benefits, intervals, against_readers]
