"""`shift.joint`: whole rows of the audit split against whole rows of the reference, all columns at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from auditkit import AuditError, Case, Interval, Measurement, Quote, Table, Text, check
from auditkit.statistics import holm
from auditkit.statistics.shift import discrepancy, gaussian_gram, tell_samples_apart
from auditkit_shift.cards import JOINT_CARDS, MMD, TELLING
from auditkit_shift.features import Rows, rows_of
from auditkit_shift.planted import JOINT_CONTROLS

FEWEST = 30


def accept(*, most_rows: int, **_: Any) -> None:
    """Refuse too few rows to compare, and more than one matrix should hold.

    Raises:
        AuditError: it is so.
    """
    if not FEWEST <= most_rows <= 5_000:  # noqa: PLR2004  of two splits a matrix of 800 MB
        raise AuditError(f"option 'most_rows' is {most_rows}", hint=f"from {FEWEST} to 5000, e.g. most_rows = 500")


@check("shift.joint", on=None, needs=("reference",), metrics=JOINT_CARDS, controls=JOINT_CONTROLS, accepts=accept)
def joint(case: Case[Any], *, most_rows: int = 500) -> Iterator[Measurement | Table]:
    """Whether whole rows of the audit split could come from the reference.

    Columns can each be as they were while what goes with what has changed. Rows are compared as the model's own vectors
    where it makes any, else by their columns: by the squared maximum mean discrepancy, and by a classifier that is to
    tell audit rows from reference rows that it has not learnt from. Both rest on one matrix of at most `most_rows` rows
    of either split, drawn at random, and both have a permutation test. Weights have no part.
    """
    rows = rows_of(case, most_rows)
    sizes = int((~rows.is_audit).sum()), int(rows.is_audit.sum())
    about: dict[str, Any] = {"better": "lower", "n": sizes[1]}
    if min(sizes) < FEWEST:
        for metric in (MMD, TELLING):
            why = Text.of("fewer than {least} rows in one of the splits", least=FEWEST)
            yield Measurement(metric=metric, value=None, undefined=why, **about)
        return
    gram = gaussian_gram(rows.features)
    how: dict[str, Any] = {"units": rows.units, "level": case.level}
    apart = discrepancy(gram, rows.is_audit, rng=case.rng("deals"), **how)
    interval = Interval(low=apart.low, high=apart.high, level=case.level, method="multiplier bootstrap of the distance")
    yield Measurement(metric=MMD, value=apart.value, interval=interval, **about)
    told = tell_samples_apart(gram, rows.is_audit, rng=case.rng("folds"), **how)
    if told is None:
        why = Text.of("too few units to learn from some and judge on others")
        yield Measurement(metric=TELLING, value=None, undefined=why, **about)
        yield _table(rows, [(MMD, apart.test.tail_p)])
        return
    interval = Interval(low=told.low, high=told.high, level=case.level, method="cross-validated, logit")
    yield Measurement(metric=TELLING, value=told.value, interval=interval, **about)
    yield _table(rows, [(MMD, apart.test.tail_p), (TELLING, told.test.tail_p)])


_WORDS = {MMD: "maximum mean discrepancy, squared", TELLING: "a classifier's area: audit rows or reference rows?"}


def _table(rows: Rows, tests: list[tuple[str, float]]) -> Table:
    adjusted = holm(np.array([p for _, p in tests]))
    heads = ("test", "value", "interval", "p", "adjusted p")
    return Table(
        title=Text.of("Whole rows, told by {what}; p by dealing the rows of both splits out anew", what=rows.what),
        columns=tuple(Text.of(head) for head in heads),
        rows=tuple(
            (Text.of(_WORDS[metric]), Quote(metric=metric), Quote(metric=metric, shows="interval"), p, float(both))
            for (metric, p), both in zip(tests, adjusted, strict=True)
        ),
        prominent=True,
    )
