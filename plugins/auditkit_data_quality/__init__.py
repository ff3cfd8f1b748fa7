"""Data quality: whether the rows that a model is judged on can bear what is said of them.

A check a module. Of the rows themselves: `missing_values`, `impossible_values`, `sample_size`, `representativeness`,
`provenance` and `site_shortcut`; they read columns by `cells` and `pictures`, and take shares by `shares`. Of copies:
`copies` looks for them among the audit rows, and `leakage` among the training rows, both by `alike`, which compares all
kinds of rows in the same way, with hashes from `hashed`. Of targets: `target_leakage`, and `label_noise` by what
`confident` learning says. Metric cards are in `cards` and `copy_cards`; cases whose answer is known stand in the
checks' modules, or in `planted_copies`. Drift is the plugin `auditkit_shift`'s.
"""

from auditkit import hookimpl
from auditkit_data_quality.copies import duplicates
from auditkit_data_quality.impossible_values import impossible_values
from auditkit_data_quality.label_noise import label_noise
from auditkit_data_quality.leakage import leakage
from auditkit_data_quality.missing_values import missing_values
from auditkit_data_quality.provenance import provenance
from auditkit_data_quality.representativeness import representativeness
from auditkit_data_quality.sample_size import sample_size
from auditkit_data_quality.site_shortcut import site_shortcut
from auditkit_data_quality.target_leakage import target_leakage

AUDITKIT_NEEDS = ()


@hookimpl
def auditkit_register_checks() -> list[object]:
    """Offer the checks of data quality."""
    return [
        duplicates,
        impossible_values,
        label_noise,
        leakage,
        missing_values,
        provenance,
        representativeness,
        sample_size,
        site_shortcut,
        target_leakage,
    ]
