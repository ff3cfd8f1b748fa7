"""The four numbers that a guardian of data asks for first, each with what it means in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from auditkit import Measurement, Quote, Table, Text

FIRST = {
    "k_anonymity": "so many people at least look the same by the quasi-identifiers of the spec; 1: somebody is alone",
    "uniqueness_rate": "the share of people who are alone so: they can be told from everybody else",
    "distinct_l_diversity": "among people who look the same, the sensitive attribute has at least so many values; "
    "of 1, it is known of some without finding them",
    "t_closeness": "so far is the attribute in some class from what it is among all; of 0, nobody learns of it",
}
"""Metric -> what it means; the other metrics refine these."""


def first_told(measured: Sequence[Measurement]) -> list[Measurement]:
    """The same, those of `FIRST` before all others."""
    places = {metric: place for place, metric in enumerate(FIRST)}
    return sorted(measured, key=lambda one: places.get(one.metric, len(places)))


def in_sentences(measured: Sequence[Measurement], *, where: Text) -> Table:
    """Each of the four, quoted, with its sentence; of several sensitive attributes each has its own line."""
    rows = tuple(
        (Quote.of(one), _of(one), Text.of(FIRST[one.metric])) for one in first_told(measured) if one.metric in FIRST
    )
    return Table(
        title=Text.of("What the first numbers mean: {where}", where=where),
        columns=(Text.of("number"), Text.of("what it is"), Text.of("what it means")),
        rows=rows,
        prominent=True,
    )


_NAMES = {
    "k_anonymity": "k-anonymity",
    "uniqueness_rate": "people alone",
    "distinct_l_diversity": "l-diversity",
    "t_closeness": "t-closeness",
}


def _of(one: Measurement) -> Text:
    name = _NAMES[one.metric]
    return Text.of(name) if one.label is None else Text.of("{name} of {label}", name=name, label=one.label)
