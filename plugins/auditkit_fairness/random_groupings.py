"""The clean twin of every gap: the same rows in random groups of the same sizes, where the true gap is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from auditkit import Case, Control, Text
from auditkit.segments import Grouping
from auditkit.statistics import RATES, OutcomeTable, count_false_alarms, random_gap_lows
from auditkit_fairness.questions import Question

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "selection rate": ("selection_rate",),
    "true positive rate": ("true_positive_rate",),
    "false positive rate": ("false_positive_rate",),
    "true and false positive rates": ("true_positive_rate", "false_positive_rate"),
    "accuracy": ("accuracy",),
    "precision": ("precision",),
}
"""Families of gaps that rest on the same rates, and so share a control. A ratio's interval leaves out 1 exactly when
the difference's leaves out 0, and misses mirror true positives: neither needs a control of its own."""

_FEWEST = 10


def random_grouping_controls(
    case: Case[Any], grouping: Grouping, asked: Sequence[Question], tables: Sequence[OutcomeTable]
) -> Iterator[Control]:
    """One control for each family of gaps in which at least two groups are large enough to be compared.

    With several classes it runs on the rarest one of which there are at least ten, where intervals are the hardest to
    get right; on fewer no interval says much.
    """
    for family, rates in FAMILIES.items():
        able = [(q, table) for q, table in zip(asked, tables, strict=True) if set(rates) <= set(q.rates)]
        if not able:
            continue
        question, table = min(able, key=lambda pair: _rarity(pair[1], rates))
        smallest = np.min([table.people(RATES[rate]) for rate in rates], axis=0)
        takes_part = smallest >= max(case.min_group_size, 1)
        if np.count_nonzero(takes_part) > 1:
            rng = case.rng(f"random groupings: {grouping.name}: {family}")
            lows = random_gap_lows(table, [RATES[rate] for rate in rates], takes_part, level=case.level, rng=rng)
            yield _control(family, grouping, question, lows, case.level)


def _rarity(table: OutcomeTable, rates: Sequence[str]) -> tuple[bool, int]:
    """Sort the rarest first, and those too rare last, the rarest at the very end."""
    totals = table.rows.sum(axis=0)
    hits = [int(totals[list(RATES[rate].hits)].sum()) for rate in rates]
    among = [int(totals[list(RATES[rate].among)].sum()) for rate in rates]
    rarest = min(min(hit, n - hit) for hit, n in zip(hits, among, strict=True))
    return (False, rarest) if rarest >= _FEWEST else (True, -rarest)


def _control(family: str, grouping: Grouping, question: Question, lows: Any, level: float) -> Control:
    alarms = count_false_alarms(lows, level=level)
    words: dict[str, Any] = {"attributes": grouping.name, "family": Text.of(family)}
    title = Text.of("Random groups of the same sizes, by {attributes}: {family}", **words)
    if question.label is not None:
        title = Text.of(
            "Random groups of the same sizes, by {attributes}: {family}, class {label}", **words, label=question.label
        )
    return Control(
        kind="clean",
        title=title,
        expected=Text.of(
            "no gap: at most {allowed} of {draws} random groupings whose interval leaves out 0",
            allowed=alarms.allowed,
            draws=alarms.draws,
        ),
        observed=Text.of("{count} of {draws}", count=alarms.count, draws=alarms.draws),
        passed=alarms.passed,
    )
