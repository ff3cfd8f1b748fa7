"""Data quality: whether the rows that a model is judged on can bear what is said of them.

A check a module; its cases whose answer is known stand beside it. The metric cards are in `cards`. Drift is the plugin
`auditkit_shift`'s.
"""

from auditkit import hookimpl
from auditkit_data_quality.impossible_values import impossible_values
from auditkit_data_quality.missing_values import missing_values
from auditkit_data_quality.representativeness import representativeness
from auditkit_data_quality.sample_size import sample_size

AUDITKIT_NEEDS = ()


@hookimpl
def auditkit_register_checks() -> list[object]:
    """Offer the checks of data quality."""
    return [
        impossible_values,
        missing_values,
        representativeness,
        sample_size,
    ]
