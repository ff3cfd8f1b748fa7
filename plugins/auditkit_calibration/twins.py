"""The clean twin: the same rows in a world where the probabilities are true, and the true error is 0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from auditkit import Case, Control, Text
from auditkit.statistics import count_false_alarms
from auditkit_calibration.estimates import Estimate, Estimator
from auditkit_calibration.noise import Effort
from auditkit_calibration.questions import Question

QUICK = Effort(draws=200, beyond=4, pools=512)

ROWS = 5_000
"""Rows of a twin: the instrument is the same on a sample, and the control must cost less than what it controls."""

_MOST, _FEWEST = 100, 20
_NOISE_DRAWN = 20_000


def twin_readings(case: Case[Any], question: Question, measured: dict[str, tuple[str, Estimator]]) -> Iterator[Control]:
    """For each metric, how often its interval denies that a calibrated model is calibrated.

    Args:
        case: for level and random numbers.
        question: whose rows and probabilities are taken.
        measured: metric -> its name in words, and what measures it.
    """
    rng = case.rng(f"clean twin: {question.name}")
    question = question.at_most(ROWS, rng)
    draws = int(np.clip(_NOISE_DRAWN // QUICK.draws_at(case.level), _FEWEST, _MOST))
    found: dict[str, list[Estimate]] = {metric: [] for metric in measured}
    for _ in range(draws):
        twin = question.redrawn(rng)
        for metric, (_, estimate) in measured.items():
            found[metric].append(estimate(twin, level=case.level, rng=rng, effort=QUICK))
    for metric, (words, _) in measured.items():
        yield _control(words, question, found[metric], case.level)


def _control(words: str, question: Question, found: list[Estimate], level: float) -> Control:
    alarms = count_false_alarms(np.array([one.low for one in found]), level=level)
    return Control(
        kind="clean",
        title=Text.of(
            "Targets drawn from the probabilities of {what}: {metric}", what=question.name, metric=Text.of(words)
        ),
        expected=Text.of(
            "no error: at most {allowed} of {draws} draws whose interval leaves out 0",
            allowed=alarms.allowed,
            draws=alarms.draws,
        ),
        observed=Text.of("{count} of {draws}", count=alarms.count, draws=alarms.draws),
        passed=alarms.passed,
    )
