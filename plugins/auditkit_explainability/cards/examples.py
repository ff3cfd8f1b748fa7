"""The metric cards of examples: counts, which say what of people is shown."""

from __future__ import annotations

from auditkit import MetricCard

SHOWN = MetricCard(
    name="examples_shown",
    title="Rows shown as examples",
    asks="How many rows does this report show?",
    formula="a count; n is the number of rows by which the explanation was judged",
    source="a count, without sampling error",
    better="target",
    undefined="When the spec lets no row be shown: then it is not measured.",
    misleads="Rows that were drawn at random are not typical ones, and a few of them prove nothing: what holds of "
    "all rows is measured by the other checks.",
)
REDACTED = MetricCard(
    name="example_redactions",
    title="Places taken out of examples",
    asks="In how many places of these rows were personal data recognised, and taken out?",
    formula="places that a recogniser of a plugin finds in what is shown, those that overlap counted once",
    source="a count, without sampling error; auditkit's recognisers: see privacy.personal-data",
    better="target",
    undefined="When the spec lets no row be shown: then it is not measured.",
    misleads="Zero says that nothing was recognised. Names without a title, places, rare diseases and stories are "
    "not recognised, and somebody who knows a person may know them by these: read them before you hand the report on.",
)
EXAMPLE_CARDS = (SHOWN, REDACTED)
