"""What can be compared: for each metric, what a model did on every row, from which a share, mean or area is made.

A metric is here when it can be computed again from the rows that a bundle keeps. Each is defined as the check that
measures it defines it; tests hold the two together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit.case import Case
from auditkit.errors import NotApplicable
from auditkit.finding import Better
from auditkit.gating.rankings import ranking_scores
from auditkit.predictions import ClassScores, LabelScores, Predictions, Rankings, TokenLabels, Values

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Kind = Literal["share", "mean", "ratio", "root", "area"]

_LEAST_CHANCE = 1e-15
"""What a probability is taken for at least in a log loss, as scikit-learn did."""


@dataclass(frozen=True)
class Scored:
    """What one model did on each row of a split, for one metric."""

    kind: Kind
    """share: yes or no among rows that the truth chooses; mean: of numbers; ratio: of totals, of which each row adds
    its part to both; root: of a mean of squares; area: under the ROC curve."""
    top: Floats
    """[n]: 1 for yes, a number, a part of the numerator, a square, or a score."""
    bottom: Floats
    """[n]: a part of the denominator, 1 of rows that count alike; of an area, whether the row is positive."""
    counted: Flags
    """[n]: the rows that are looked at."""
    most: float | None = None
    """How much a row's number can change at most; None: by any amount."""

    def take(self, rows: npt.NDArray[Any]) -> Scored:
        """Some of the rows, by number or by flag."""
        return Scored(self.kind, self.top[rows], self.bottom[rows], self.counted[rows], self.most)


@dataclass(frozen=True)
class About:
    """What a metric needs to know besides the rows."""

    label: str | None = None
    """The class, where the metric is about one of several."""
    spread: float = 1.0
    """The standard deviation of the target, which errors of values are told in."""
    gain: str = "binary"
    """Of rankings, as the check `performance.ranking` was asked."""
    relevant_from: float | None = None


@dataclass(frozen=True)
class Metric:
    """One metric that pairs can be compared by."""

    name: str
    on: type[Predictions]
    better: Better
    scored: Callable[[Case[Any], About], Scored] = field(repr=False)
    of_class: bool = False
    """Whether it is about one class."""
    most: float | None = 1.0
    """How far it can change between two releases at most; None: by any amount."""


def metrics_for(case: Case[Any]) -> Mapping[str, Metric]:
    """The metrics that can be compared of such predictions, by name, the primary one first; none of texts."""
    found = {one.name: one for one in _METRICS if isinstance(case.predictions, one.on)}
    if isinstance(case.predictions, Rankings):
        found |= {one.name: one for one in _ranking_metrics(case.depth)}
    return found


def metric_named(name: str) -> Metric | None:
    """The metric of this name, whatever it is of; of rankings at any depth. None: nothing is compared by that name."""
    found = next((one for one in _METRICS if one.name == name), None)
    stem, at, depth = name.rpartition("_at_")
    if found is None and stem and at and depth.isdecimal():
        found = next((one for one in _ranking_metrics(int(depth)) if one.name == name), None)
    return found


def metric_names() -> tuple[str, ...]:
    """What can be compared from rows, of any kind of predictions; rankings at a depth of 10."""
    return tuple(dict.fromkeys(one.name for one in (*_METRICS, *_ranking_metrics(10))))


def spread_of(case: Case[Any]) -> float:
    """The standard deviation of the target over all rows that have one; 1 where there is none to speak of."""
    if not isinstance(case.predictions, Values) or not case.has_truth:
        return 1.0
    known = np.asarray(case.truth.values, dtype=float)[case.truth_known]
    spread = float(np.std(known, ddof=1)) if len(known) > 1 else 0.0
    return spread if spread > 0 else 1.0


def positive_class(case: Case[Any], label: str | None) -> str:
    """The class that a metric of one class is about.

    Raises:
        NotApplicable: nobody says which, or the model does not know it.
    """
    predictions = case.predictions
    names = predictions.labels if isinstance(predictions, LabelScores) else predictions.classes
    chosen = label if label is not None else case.settings.positive[0] if len(case.settings.positive) == 1 else None
    if chosen is None or chosen not in names:
        known = ", ".join(f"'{name}'" for name in names[:8])
        said = "it does not say which class" if chosen is None else f"the model has no class '{chosen}'"
        raise NotApplicable(said, hint=f"label = ... in [policy.baseline], one of: {known}")
    return chosen


def _ones(count: int) -> Floats:
    return np.ones(count)


def _share(hits: Flags, counted: Flags) -> Scored:
    return Scored("share", hits.astype(float), _ones(len(hits)), counted, 1.0)


def _accuracy(case: Case[Any], _: About) -> Scored:
    targets = case.targets.codes
    return _share(case.decisions == targets, targets >= 0)


def _of_class(case: Case[Any], about: About) -> tuple[Flags, Flags, Flags]:
    """Whether each row is given the class, whether it is of it, and whether that is known."""
    name, predictions = positive_class(case, about.label), case.predictions
    if isinstance(predictions, LabelScores):
        place = predictions.labels.index(name)
        wanted = case.label_targets[:, place]
        return case.label_decisions[:, place], wanted, np.ones(len(wanted), dtype=bool)
    place, codes = predictions.classes.index(name), case.targets.codes
    return case.decisions == place, codes == place, codes >= 0


def _rate(of: bool, hit: bool) -> Callable[[Case[Any], About], Scored]:  # noqa: FBT001  two cells of a table
    def scored(case: Case[Any], about: About) -> Scored:
        given, wanted, known = _of_class(case, about)
        return _share(given == hit, known & (wanted == of))

    return scored


def _precision(case: Case[Any], about: About) -> Scored:
    given, wanted, known = _of_class(case, about)
    return Scored("ratio", (given & wanted & known).astype(float), (given & known).astype(float), known, 1.0)


def _area(case: Case[Any], about: About) -> Scored:
    _, wanted, known = _of_class(case, about)
    predictions = case.predictions
    if getattr(predictions, "kind", "") == "label":
        raise NotApplicable("only labels were recorded, and no scores")
    names = predictions.labels if isinstance(predictions, LabelScores) else predictions.classes
    scores = np.asarray(predictions.scores[:, names.index(positive_class(case, about.label))], dtype=float)
    return Scored("area", scores, wanted.astype(float), known, 1.0)


def _chances(case: Case[Any]) -> tuple[Floats, npt.NDArray[np.integer], Flags]:
    if case.predictions.kind != "probability":
        raise NotApplicable("the scores are not probabilities")
    codes = case.targets.codes
    return np.asarray(case.predictions.scores, dtype=float), np.maximum(codes, 0), codes >= 0


def _brier(case: Case[Any], _: About) -> Scored:
    scores, codes, known = _chances(case)
    right = np.eye(scores.shape[1])[codes]
    squares = ((scores - right) ** 2).sum(axis=1) / (2 if scores.shape[1] == 2 else 1)  # noqa: PLR2004  binary
    return Scored("mean", squares, _ones(len(codes)), known, 1.0 if scores.shape[1] == 2 else 2.0)  # noqa: PLR2004


def _log_loss(case: Case[Any], _: About) -> Scored:
    scores, codes, known = _chances(case)
    chance = scores[np.arange(len(codes)), codes] / scores.sum(axis=1)
    return Scored("mean", -np.log(np.maximum(chance, _LEAST_CHANCE)), _ones(len(codes)), known)


def _f1_of_labels(case: Case[Any], _: About) -> Scored:
    given, wanted = case.label_decisions, case.label_targets
    hits, sizes = (given & wanted).sum(axis=1), given.sum(axis=1) + wanted.sum(axis=1)
    return Scored("ratio", 2.0 * hits, sizes.astype(float), np.ones(len(hits), dtype=bool), 1.0)


def _errors(case: Case[Any], about: About) -> tuple[Floats, Flags]:
    known = case.truth_known
    truth = np.where(known, np.asarray(case.truth.values, dtype=float), 0.0)
    said = np.where(known, np.asarray(case.predictions.values, dtype=float), 0.0)
    return (said - truth) / about.spread, known


def _absolute_error(case: Case[Any], about: About) -> Scored:
    errors, known = _errors(case, about)
    return Scored("mean", np.abs(errors), _ones(len(errors)), known)


def _root_error(case: Case[Any], about: About) -> Scored:
    errors, known = _errors(case, about)
    return Scored("root", errors**2, _ones(len(errors)), known)


def _entities(which: Literal["found", "true", "both"]) -> Callable[[Case[Any], About], Scored]:
    def scored(case: Case[Any], about: About) -> Scored:
        rows = []
        for said, meant in zip(case.predictions.spans, case.truth.spans, strict=True):
            ours, theirs = (
                {span[:3] for span in spans if about.label is None or span[2] == about.label} for spans in (said, meant)
            )
            rows.append((len(ours & theirs), len(ours), len(theirs)))
        hits, found, true = np.array(rows, dtype=float).reshape(len(rows), 3).T
        top, bottom = (2 * hits, found + true) if which == "both" else (hits, found if which == "found" else true)
        return Scored("ratio", top, bottom, case.truth_known, 1.0)

    return scored


_METRICS = (
    Metric("accuracy", ClassScores, "higher", _accuracy),
    Metric("f1_micro", LabelScores, "higher", _f1_of_labels),
    Metric("mean_absolute_error", Values, "lower", _absolute_error, most=None),
    Metric("root_mean_squared_error", Values, "lower", _root_error, most=None),
    Metric("entity_f1", TokenLabels, "higher", _entities("both")),
    Metric("entity_precision", TokenLabels, "higher", _entities("found")),
    Metric("entity_recall", TokenLabels, "higher", _entities("true")),
    *(
        metric
        for kind in (ClassScores, LabelScores)
        for metric in (
            Metric("true_positive_rate", kind, "higher", _rate(of=True, hit=True), of_class=True),
            Metric("false_positive_rate", kind, "lower", _rate(of=False, hit=True), of_class=True),
            Metric("false_negative_rate", kind, "lower", _rate(of=True, hit=False), of_class=True),
            Metric("precision", kind, "higher", _precision, of_class=True),
            Metric("roc_auc", kind, "higher", _area, of_class=True),
        )
    ),
    # Of two classes it is halved, and goes to 1.
    Metric("brier_score", ClassScores, "lower", _brier, most=2.0),
    Metric("log_loss", ClassScores, "lower", _log_loss, most=-math.log(_LEAST_CHANCE)),
)


def _ranking_metrics(depth: int) -> tuple[Metric, ...]:
    def of(name: str) -> Callable[[Case[Any], About], Scored]:
        def scored(case: Case[Any], about: About) -> Scored:
            values, known = ranking_scores(case, about.gain, about.relevant_from)
            return Scored("mean", values[name], _ones(len(known)), known, 1.0)

        return scored

    names = ("ndcg", "recall", "precision", "hit_rate", "reciprocal_rank", "average_precision")
    return tuple(Metric(f"{name}_at_{depth}", Rankings, "higher", of(name)) for name in names)
