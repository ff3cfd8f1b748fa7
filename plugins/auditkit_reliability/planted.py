"""The cases whose answer is known. Counts are exact, and nothing in them is drawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, Values, clean, planted
from auditkit.testing import (
    above,
    below,
    every,
    fair_groups,
    group_missed,
    near,
    not_above,
    scores_that_mislead,
    scores_that_tell,
    toy_case,
)

Factory = Callable[[np.random.Generator], Case[Any]]

ROWS = 400


def errors_where(sure: str, *, group_b: str | None = None, rows: int = ROWS) -> Factory:
    """A model that is wrong about one row in ten: `first` about the surest of each group, `last` about the least sure.

    `evenly`: about every tenth. Group B may differ.
    """
    return partial(_abstaining, a=sure, b=group_b or sure, rows=rows)


def _abstaining(_: np.random.Generator, *, a: str, b: str, rows: int) -> Case[Any]:
    half = rows // 2
    yes = np.tile(np.linspace(0.51, 0.99, half), 2)
    wrong = np.concatenate([_wrong(half, where) for where in (a, b)])
    said = np.where(np.arange(rows) % 2, yes, 1 - yes)
    true = np.where((np.arange(rows) % 2 == 1) ^ wrong, "yes", "no")
    scores = ClassScores(("no", "yes"), np.column_stack([1 - said, said]))
    return toy_case(scores, true.tolist(), {"group": ["A"] * half + ["B"] * half}, positive="yes")


def _wrong(rows: int, where: str) -> np.ndarray[Any, Any]:
    places, errors = np.arange(rows), rows // 10
    if where == "first":
        return places >= rows - errors
    return places < errors if where == "last" else places % 10 == 4  # noqa: PLR2004  every tenth


SELECTIVE_CONTROLS = (
    planted(
        "a model whose errors are what it is surest of",
        errors_where("first"),
        every(above("aurc", 0.2), above("excess_aurc", 0.2), above("augrc", 0.06)),
        coverage=0.8,
    ),
    planted(
        "of two groups with the same error, abstaining helps one alone",
        errors_where("last", group_b="first"),
        every(above("abstention_benefit_difference", 0.02), above("selective_error_difference", 0.02)),
        coverage=0.8,
    ),
    clean(
        "a model whose errors are what it is least sure of, in two groups alike",
        errors_where("last"),
        every(
            below("aurc", 0.05),
            not_above("excess_aurc", 0.01),
            not_above("selective_error_difference", 0.0),
            not_above("abstention_benefit_difference", 0.0),
        ),
        coverage=0.8,
    ),
)

_B = {"group": "B"}

OPERATING_CONTROLS = (
    planted(
        "in one of two groups positives are found less often: 30 in 100 in place of 80",
        group_missed(0.5),
        every(
            near("true_positive_rate", 0.3, group=_B),
            near("negative_predictive_value", 8 / 15, group=_B),
            near("alerts_per_case_found", 5 / 3, group=_B),
        ),
    ),
    clean(
        "two groups with the same rows: 4 in 5 of either class are decided rightly",
        fair_groups(),
        every(
            near("true_positive_rate", 0.8),
            near("true_negative_rate", 0.8),
            near("precision", 0.8),
            near("negative_predictive_value", 0.8),
            near("alerts_per_case_found", 1.25),
        ),
    ),
)

BENEFIT_CONTROLS = (
    planted(
        "probabilities that say the opposite of what is true",
        scores_that_mislead(),
        every(below("net_benefit", -0.3), below("net_benefit_gain", -0.3)),
        prevalence=0.0,
    ),
    clean(
        "19 rows in 20 decided rightly, half of them cases",
        scores_that_tell(),
        every(near("net_benefit", 0.45), near("net_benefit_gain", 0.45), above("net_benefit_gain", 0.3)),
        prevalence=0.0,
    ),
)


def sets_missing(share: float, *, rows: int = 800) -> Factory:
    """For a share of group B's rows the class with the highest score is wrong; for none of A's, as many as B's."""
    return partial(_missing, share=share, rows=rows)


def _missing(_: np.random.Generator, *, share: float, rows: int) -> Case[Any]:
    half = rows // 2
    said = np.tile(np.where(np.arange(half) % 2, 1, -1) * np.linspace(0.2, 0.49, half) + 0.5, 2)
    wrong = np.zeros(rows, dtype=bool)
    wrong[half:] = np.arange(half) * 7 % half < round(half * share)
    true = np.where((said > 0.5) ^ wrong, "yes", "no")  # noqa: PLR2004  the higher of two
    scores = ClassScores(("no", "yes"), np.column_stack([1 - said, said]))
    return toy_case(scores, true.tolist(), {"group": ["A"] * half + ["B"] * half}, positive="yes")


CONFORMAL_CONTROLS = (
    planted(
        "sets that miss three in ten of one of two groups, and nobody of the other",
        sets_missing(0.3),
        every(above("conformal_coverage_difference", 0.05), above("conformal_shortfall", 0.0, group=_B)),
        alpha=0.1,
        calibrate="audit",
    ),
    clean(
        "sets for two groups of which the model is always right",
        sets_missing(0.0),
        every(not_above("conformal_coverage_difference", 0.0), not_above("conformal_shortfall", 0.0)),
        alpha=0.1,
        calibrate="audit",
    ),
)


def claims(of_a: float, of_b: float, *, rows: int = 400) -> Factory:
    """Numbers with normal errors, of two groups, whose stated spread is so many times what it should be."""
    return partial(_claims, times=(of_a, of_b), rows=rows)


def _claims(_: np.random.Generator, *, times: tuple[float, float], rows: int) -> Case[Any]:
    from scipy import special

    half = rows // 2
    errors = special.ndtri((np.arange(half) + 0.5) / half)
    spread = np.linspace(3.0, 9.0, half)[np.arange(half) * 7 % half]
    said = np.tile(np.linspace(90.0, 150.0, half)[np.arange(half) * 11 % half], 2)
    truth = said + np.tile(errors * spread, 2)
    stated = np.concatenate([spread * part for part in times])
    return toy_case(Values(said, stated), groups={"group": ["A"] * half + ["B"] * half}, truth=Values(truth))


INTERVAL_CONTROLS = (
    planted(
        "standard deviations a third as large as they should be",
        claims(1 / 3, 1 / 3),
        every(
            above("pit_distance", 0.1),
            above("interval_calibration_error", 0.1),
            below("central_interval_coverage", 0.7),
        ),
        interval=0.9,
    ),
    planted(
        "of one of two groups standard deviations a third as large as they should be",
        claims(1.0, 1 / 3),
        above("central_interval_coverage_difference", 0.2),
        interval=0.9,
    ),
    clean(
        "errors that are normal, with the standard deviation that the model says",
        claims(1.0, 1.0),
        every(
            not_above("pit_distance", 0.0),
            not_above("interval_calibration_error", 0.0),
            near("central_interval_coverage", 0.9),
            not_above("central_interval_coverage_difference", 0.0),
        ),
        interval=0.9,
    ),
)
