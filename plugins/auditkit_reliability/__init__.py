"""What predictions may be used for: to abstain, to answer with sets or intervals, to decide, to treat or not.

A check a module: `abstaining`, `sets` of classes, `intervals` of numbers, `operating_point` for deciding at a
threshold, `treating` for decision curves, and `reading` for the model beside people who read the same rows. `rows` are
those that a check looks at, and `confidence` is how sure the model is of its decision about each. The metric cards are
in modules that begin with `cards`, the cases whose answer is known in those that begin with `planted`.
"""

from auditkit import hookimpl
from auditkit_reliability.abstaining import selective_prediction
from auditkit_reliability.intervals import intervals
from auditkit_reliability.operating_point import operating_point
from auditkit_reliability.reading import against_readers
from auditkit_reliability.sets import conformal
from auditkit_reliability.treating import net_benefits

AUDITKIT_NEEDS = ()


@hookimpl
def auditkit_register_checks() -> list[object]:
    """Offer a check for each use."""
    return [selective_prediction, conformal, operating_point, net_benefits, intervals, against_readers]
