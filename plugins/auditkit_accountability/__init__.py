"""Accountability: whether somebody answers for a model, and whether what is said of it is borne out.

The host reads the records that `[governance] records` names and finds what is wrong with them (`auditkit.governance`);
`records` counts that, `overrides` takes the rates of a log. The cases whose answer is known are in `planted`, the
metric cards in `cards`.
"""

from auditkit import hookimpl
from auditkit_accountability.overrides import overrides
from auditkit_accountability.records import evidence_links, measures, provenance, records, responsibilities

AUDITKIT_NEEDS = ()


@hookimpl
def auditkit_register_checks() -> list[object]:
    """Offer the checks of accountability."""
    return [records, responsibilities, evidence_links, measures, overrides, provenance]
