"""`fairness.metric`: any metric of fairlearn or scikit-learn, by group."""

from __future__ import annotations

import importlib
import inspect
import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from auditkit import (
    AuditError,
    Case,
    ClassScores,
    GroupCount,
    LabelScores,
    Measurement,
    NotApplicable,
    Text,
    check,
    clean,
    planted,
)
from auditkit.segments import Grouping
from auditkit.testing import Readings, fair_groups, groups_apart
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.comparing import people_of
from auditkit_fairness.groupings import groupings
from auditkit_fairness.questions import Predicted

_MODULES = ("fairlearn.metrics", "sklearn.metrics")

_Part = Literal["rows", "positives", "negatives", "chosen", "both classes"]

_NEEDS: dict[str, _Part] = {
    "selection_rate": "rows",
    "mean_prediction": "rows",
    "count": "rows",
    "accuracy_score": "rows",
    "zero_one_loss": "rows",
    "hamming_loss": "rows",
    "mean_absolute_error": "rows",
    "mean_squared_error": "rows",
    "root_mean_squared_error": "rows",
    "brier_score_loss": "rows",
    "recall_score": "positives",
    "true_positive_rate": "positives",
    "false_negative_rate": "positives",
    "true_negative_rate": "negatives",
    "false_positive_rate": "negatives",
    "precision_score": "chosen",
}
"""What a metric is known to be a share or a mean of. Any other is taken to need both classes."""


@dataclass(frozen=True)
class _Answers:
    """The rows that a metric is put to: those with a target."""

    label: str | None
    targets: npt.NDArray[np.integer]
    predicted: npt.NDArray[Any]
    weights: npt.NDArray[np.floating] | None
    units: npt.NDArray[np.integer] | None

    def take(self, rows: npt.NDArray[np.bool_]) -> _Answers:
        weights = None if self.weights is None else self.weights[rows]
        units = None if self.units is None else self.units[rows]
        return _Answers(self.label, self.targets[rows], self.predicted[rows], weights, units)


def _accept(*, data: Any, metric: str, depth: int = 1, **_: Any) -> None:
    """Refuse a misspelt metric when the audit is planned."""
    _find(metric)
    accept_options(data=data, depth=depth)


def _differs(readings: Readings) -> bool | str:
    """Whether the difference between groups is more than rounding, whatever the metric is."""
    values = [one.value for one in readings.measurements if one.metric.endswith("_difference")]
    if not values or values[0] is None:
        return "the difference between the groups is undefined"
    return values[0] > _ROUNDING


def _agrees(readings: Readings) -> bool | str:
    """Whether the difference between groups is no more than rounding."""
    found = _differs(readings)
    return found if isinstance(found, str) else not found


_ROUNDING = 1e-9

CONTROLS = (
    planted("all rows of one group are decided rightly, and few of the other", groups_apart(), _differs, depth=1),
    clean("two groups with the same rows", fair_groups(), _agrees, depth=1),
)
"""Whichever metric is named must tell these groups apart, and not those."""


@check("fairness.metric", on=(ClassScores, LabelScores), accepts=_accept, controls=CONTROLS)
def named_metric(
    case: Case[Predicted], *, metric: str, on: Literal["decisions", "scores"] = "decisions", depth: int = 1
) -> Iterator[Measurement]:
    """A metric of your choice, by group.

    Any metric that fairlearn or scikit-learn has, e.g. `fairlearn.metrics:mean_prediction`, for all rows, for each
    group and as the difference between groups. Each positive class is put to it as 1 and the rest as 0, with the
    decisions or with the scores of that class. Such metrics carry no interval, so a rule needs `judge = "value"`.
    A group counts as many rows as the metric rests on: a recall its positives, and a metric that this check does not
    know the rarer of its two classes; without any the metric is undefined, whatever the library makes of it. Where rows
    share units, a group is compared when as many units as the policy's smallest group have such a row.
    """
    function = _find(metric)
    name = metric.partition(":")[2]
    by_group = groupings(case.groups, depth=depth)
    if case.weights is not None and "sample_weight" not in inspect.signature(function).parameters:
        raise NotApplicable("the rows have weights, and '{metric}' takes none", metric=name)
    careful = _careful(function, name)
    for answers, labelled in _answers(case, on):
        whole = Grouping((), np.zeros(len(answers.targets), dtype=np.int64), ({},))
        yield from _rates(name, _by_group(careful, answers, whole), answers, whole)
        for grouping in by_group:
            inside = Grouping(grouping.attributes, grouping.codes[labelled], grouping.members)
            values = _by_group(careful, answers, inside)
            yield from _rates(name, values, answers, inside)
            yield _difference(name, values, answers, inside, case.min_group_size)


def _find(metric: str) -> Callable[..., Any]:
    """The function that `module:name` names."""
    module, _, name = metric.partition(":")
    example = 'for example: metric = "fairlearn.metrics:mean_prediction"'
    if module not in _MODULES or not name or name.startswith("_"):
        raise AuditError(f"'{metric}' is no metric of {' or '.join(_MODULES)}", hint=example)
    function = getattr(importlib.import_module(module), name, None)
    if not inspect.isroutine(function) and not callable(function):
        raise AuditError(f"'{module}' has no metric '{name}'", hint=example)
    if inspect.isclass(function):
        raise AuditError(f"'{metric}' is a class, not a metric", hint=example)
    return cast("Callable[..., Any]", function)


def _careful(function: Callable[..., Any], name: str) -> Callable[..., float]:
    """The metric with NaN where it is undefined, in place of a warning and a zero."""

    def measure(y_true: Any, y_pred: Any, **parameters: Any) -> float:
        if not _rests_on(name, np.asarray(y_true), np.asarray(y_pred)):
            return math.nan
        try:
            with warnings.catch_warnings():
                # UndefinedMetricWarning is one; other metrics say in a plain one that they make a number up.
                warnings.simplefilter("error", UserWarning)
                return float(function(y_true, y_pred, **parameters))
        except UserWarning:
            return math.nan
        except (TypeError, ValueError) as error:
            raise AuditError(
                f"'{name}' cannot be taken by group: {error}",
                hint='name a metric that makes one number of targets and predictions; on = "scores" gives it scores',
            ) from error

    return measure


def _rests_on(
    name: str, targets: npt.NDArray[Any], predicted: npt.NDArray[Any], units: npt.NDArray[np.integer] | None = None
) -> int:
    """How many rows the metric rests on: those that it divides by, or the rarer class where that is not known.

    Given whose rows they are, how many units: a group of three patients is three, however many rows they have.
    """
    positive = targets == 1
    parts: dict[_Part, tuple[npt.NDArray[np.bool_], ...]] = {
        "rows": (np.ones(len(targets), dtype=bool),),
        "positives": (positive,),
        "negatives": (~positive,),
        "chosen": (predicted == 1,),
        "both classes": (positive, ~positive),
    }
    return min(_count(rows, units) for rows in parts[_NEEDS.get(name, "both classes")])


def _count(rows: npt.NDArray[np.bool_], units: npt.NDArray[np.integer] | None) -> int:
    people = people_of(np.where(rows, 0, -1), 1, units)
    return int(np.count_nonzero(rows)) if people is None else int(people[0])


def _answers(case: Case[Predicted], on: str) -> Iterator[tuple[_Answers, npt.NDArray[np.bool_]]]:
    """For each positive class the rows that have a target, and which rows those are."""
    predictions = case.predictions
    is_multilabel = isinstance(predictions, LabelScores)
    names = predictions.labels if isinstance(predictions, LabelScores) else predictions.classes
    for positive in case.positives:
        place = names.index(positive)
        targets = case.label_targets[:, place] if is_multilabel else case.targets.codes == place
        known = np.ones(len(targets), dtype=bool) if is_multilabel else case.targets.codes >= 0
        decided = case.label_decisions[:, place] if is_multilabel else case.decisions == place
        predicted = predictions.scores[:, place] if on == "scores" else decided.astype(np.int64)
        units = None if case.units is None else case.units.codes
        answers = _Answers(case.label_for(positive), targets.astype(np.int64), predicted, case.weights, units)
        yield answers.take(known), known


def _by_group(function: Callable[..., float], answers: _Answers, grouping: Grouping) -> npt.NDArray[np.floating]:
    """The metric of each group's rows; NaN where a group has none."""
    values = np.full(len(grouping.members), math.nan)
    for place in range(len(grouping.members)):
        rows = answers.take(grouping.codes == place)
        if len(rows.targets):
            weights = {} if rows.weights is None else {"sample_weight": rows.weights}
            values[place] = function(rows.targets, rows.predicted, **weights)
    return values


def _rates(name: str, values: npt.NDArray[np.floating], answers: _Answers, grouping: Grouping) -> Iterator[Measurement]:
    sizes, people = _sizes(name, answers, grouping), _people(name, answers, grouping)
    for place, (value, size, member) in enumerate(zip(values, sizes, grouping.members, strict=True)):
        about: dict[str, Any] = {"metric": name, "n": int(size), "group": member, "label": answers.label}
        if answers.units is not None:
            about["people"] = int(people[place])
        yield _measurement(float(value), _direction(name), "'{metric}' is undefined for these rows", about)


def _difference(
    name: str, values: npt.NDArray[np.floating], answers: _Answers, grouping: Grouping, least: int
) -> Measurement:
    sizes, people = _sizes(name, answers, grouping), _people(name, answers, grouping)
    takes_part = people >= max(least, 1)
    parts = zip(grouping.labels, people, takes_part, strict=True)
    about: dict[str, Any] = {
        "metric": f"{name}_difference",
        "n": int(sizes[takes_part].sum()),
        "group": grouping.everyone,
        "label": answers.label,
        "compared": tuple(GroupCount(label=label, n=int(n), compared=bool(part)) for label, n, part in parts),
    }
    if np.count_nonzero(takes_part) < 2:  # noqa: PLR2004  a difference lies between two
        why = Text.of("fewer than two groups have {least} rows that the metric rests on", least=least)
        return Measurement(value=None, undefined=why, **about)
    # A gap that left out a group whose metric is undefined would say less than it seems to: NaN stays NaN.
    return _measurement(float(np.ptp(values[takes_part])), "lower", "'{metric}' is undefined for a group", about)


def _sizes(name: str, answers: _Answers, grouping: Grouping) -> npt.NDArray[np.int64]:
    """For each group, how many of its rows the metric rests on."""
    inside = [answers.take(grouping.codes == place) for place in range(len(grouping.members))]
    return np.array([_rests_on(name, one.targets, one.predicted) for one in inside], dtype=np.int64)


def _people(name: str, answers: _Answers, grouping: Grouping) -> npt.NDArray[np.int64]:
    """For each group, how many units have a row that the metric rests on: its rows, where each is one."""
    inside = [answers.take(grouping.codes == place) for place in range(len(grouping.members))]
    return np.array([_rests_on(name, one.targets, one.predicted, one.units) for one in inside], dtype=np.int64)


def _measurement(value: float, better: str, undefined: str, about: dict[str, Any]) -> Measurement:
    if math.isfinite(value):
        return Measurement(value=value, better=cast("Any", better), **about)
    why = Text.of(undefined, metric=about["metric"])
    return Measurement(value=None, undefined=why, better=cast("Any", better), **about)


def _direction(name: str) -> str:
    """scikit-learn's convention: a score is better when higher, a loss or an error when lower."""
    if name.endswith("_score"):
        return "higher"
    return "lower" if name.endswith(("_loss", "_error")) else "target"
