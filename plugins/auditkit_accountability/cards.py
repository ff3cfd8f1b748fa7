"""The metric cards of the checks of accountability. Most are counts of what the host found wrong with records."""

from __future__ import annotations

from auditkit import MetricCard

_RACI = "the rows and rules of a responsibility assignment matrix; NIST AI 100-1 (2023), GOVERN 2.1 and MAP 3.5"
_RECORDS = "the kinds of records that docs/accountability.md lists; NIST AI 100-1 (2023), GOVERN 1 to 6"
_PAPER = "It counts what is written. That a record is in order does not say that anybody keeps to it. "


def _count(name: str, title: str, asks: str, formula: str, source: str, undefined: str, misleads: str) -> MetricCard:
    return MetricCard(
        name=name,
        title=title,
        asks=asks,
        formula=formula,
        source=source,
        better="lower",
        undefined=undefined,
        misleads=misleads,
        tolerance=0.0,
    )


_NEVER = "Never, where a spec names a folder of records."

RECORD_CARDS = (
    _count(
        "missing_records",
        "Missing records",
        "Which records of who answers for the model are not there?",
        "kinds of records that the folder has none of and that no record declares not applicable, counted",
        _RECORDS,
        _NEVER,
        _PAPER + "A kind that is declared not applicable is not missing, whatever the reason is worth.",
    ),
    _count(
        "faulty_records",
        "Records with faults",
        "Which records say too little, contradict others, or point to what is not there?",
        "records that have at least one fault and have not run out, counted",
        _RECORDS,
        _NEVER,
        _PAPER + "One record with ten faults counts as one.",
    ),
    _count(
        "expired_records",
        "Expired records",
        "Which records have run out?",
        "records whose last day lies before the day of the audit, counted",
        _RECORDS,
        _NEVER,
        "A record without a last day never runs out.",
    ),
)

RESPONSIBILITY_CARDS = (
    _count(
        "responsibility_faults",
        "Faults of responsibility",
        "Does exactly one person answer for each duty, and may a human stop the model?",
        "faults of the matrix, of oversight and of contacts, and missing records of these kinds, counted",
        _RACI,
        _NEVER,
        _PAPER + "A name in a matrix is no proof that its bearer knows of it.",
    ),
)

LINK_CARDS = (
    _count(
        "unsupported_statements",
        "Statements without evidence",
        "Which statements of the records does nothing bear out?",
        "statements none of whose evidence is there and whole, or whose newest evidence is older than the interval at "
        "which they say that something is done, counted",
        "in-house: evidence is a bundle that verifies, an entry of a ledger whose chain holds, a check of this audit, "
        "or a file of the digest that is named",
        "When the records make no statement.",
        "Of a file a machine can say that it is there, not that it bears the statement out.",
    ),
    _count(
        "broken_evidence_links",
        "Broken links to evidence",
        "Which evidence is named and not there, or not what it should be?",
        "links whose evidence is missing, changed, of another model, or leads out of the spec's folder, counted",
        "as unsupported_statements",
        "When the records name no evidence.",
        "A link that holds says that there is evidence, not that it is enough.",
    ),
)

MEASURE_CARDS = (
    _count(
        "unsupported_measures",
        "Protective measures without evidence",
        "Which protective measures are claimed and not borne out?",
        "claimed measures that no evidence bears out, or that a number of this audit speaks against, counted",
        "in-house: a claimed epsilon is held against epsilon_above_claim, de-identification against "
        "personal_data_rate, direct_identifier_columns and personal_data_leak_rate; all else against files",
        "When the records claim no measure.",
        "That a key exists is no proof that data are encrypted: most measures are claimed, and not checkable by a "
        "machine, and the report says so of each.",
    ),
)

OVERRIDE_CARDS = (
    MetricCard(
        name="override_rate",
        title="Overridden decisions",
        asks="How often do people decide otherwise than the model?",
        formula="rows of the override log with override = yes / rows",
        source="Wilson (1927), J. Am. Stat. Assoc. 22, 209-212, for the interval",
        better="target",
        undefined="When no log is read, or fewer than 10 of its rows are of the group.",
        misleads="A rate near 0 may mean a good model, or people who have stopped looking; a high one a bad model, or "
        "people who distrust it. A log holds what was logged.",
    ),
    MetricCard(
        name="override_rate_difference",
        title="Difference of overridden decisions",
        asks="Are decisions on some groups overridden more often than on others?",
        formula="the largest override rate of a group less the smallest",
        source="Newcombe (1998), Stat. Med. 17, 873-890, at Bonferroni's level over all pairs",
        better="lower",
        undefined="When fewer than two groups have as many rows as the policy's min_group_size.",
        misleads="A gap may come from the model, from the people who oversee it, or from cases that differ.",
    ),
    _count(
        "unexplained_overrides",
        "Overrides without a reason",
        "How many overrides did nobody give a reason for?",
        "rows of the log with override = yes and an empty reason, counted",
        "in-house: an override without a reason cannot be learnt from",
        "When no log is read.",
        "A reason that is always the same says as little as none.",
    ),
    _count(
        "silent_operators",
        "Operators who never override",
        "How many people with many decisions have never decided otherwise than the model?",
        "operators with at least 30 rows of the log and no override, counted",
        "in-house; Parasuraman and Manzey (2010), Hum. Factors 52, 381-410, on automation bias",
        "When no log is read.",
        "With a model that is nearly always right, never to override it is no fault.",
    ),
)

PROVENANCE_CARDS = (
    _count(
        "provenance_holes",
        "Holes in the provenance",
        "Which of weights, training code, base model, licence and parts can nobody trace?",
        "of five questions, those that the records leave open: the audited model's digest, the commit that trained it, "
        "its base model, its licence, its lock file or bill of materials, counted",
        "in-house; NIST AI 100-1 (2023), GOVERN 6.1; SLSA v1.0, provenance",
        _NEVER,
        "A commit and a digest that are named are not proven to belong together.",
    ),
)
