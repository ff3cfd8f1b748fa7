"""`fairness.similar-people`: whether people who are alike in what the model is told are decided alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    AuditError,
    Case,
    ClassScores,
    Interval,
    Measurement,
    NotApplicable,
    Table,
    Text,
    check,
    clean,
    parse_numbers,
    planted,
)
from auditkit.statistics import NeighbourGaps, bootstrap_clusters, neighbour_gaps, pair_slopes, standardised
from auditkit.testing import above, below, every, near, reads_protected_input
from auditkit_fairness.cards.individuals import SIMILARITY_CARDS

Floats = npt.NDArray[np.floating]

_BETTER = {card.name: card.better for card in SIMILARITY_CARDS}

_NO_COLUMNS = "the inputs hold no column of numbers that could say who is alike"
_HINT = "it is for models of tables, whose [data] input names columns of numbers"

CONTROLS = (
    planted(
        "decisions that turn on the sex of people who are alike otherwise",
        reads_protected_input(0.9),
        every(below("consistency", 0.7), above("lipschitz_violation_share", 0.05)),
        neighbours=5,
        slope=1.0,
    ),
    clean(
        "decisions that follow from the inputs",
        reads_protected_input(0.0),
        every(above("consistency", 0.9), near("lipschitz_violation_share", 0.0)),
        neighbours=5,
        slope=1.0,
    ),
)


@check("fairness.similar-people", on=ClassScores, metrics=SIMILARITY_CARDS, controls=CONTROLS)
def similar_people(
    case: Case[ClassScores], *, neighbours: int = 5, slope: float = 1.0, most_rows: int = 5_000
) -> Iterator[Measurement | Table]:
    """Whether people who are alike are decided alike.

    Alike is whose numeric inputs are near, each scaled to a standard deviation of 1; columns that carry a protected
    attribute (named in [data] groups or protected_inputs) and columns of texts are left out, and a missing number is
    taken as the mean. Each decision is compared with those of the nearest `neighbours` other people, and in random
    pairs the scores must not differ by more than `slope` times the distance. Of more than `most_rows` rows a random
    part is looked at. Rows with weights are refused: a weight says how many people a row stands for, and not where.
    """
    if case.weights is not None:
        raise NotApplicable("the rows have weights, and no distance between people is known of them")
    if neighbours < 1:
        raise AuditError(f"option 'neighbours' is '{neighbours}'", hint="write 5, or another whole number from 1 on")
    if case.settings.recorded and not case.settings.given:
        raise NotApplicable(_NO_COLUMNS, hint=_HINT)
    if len(case) > most_rows:
        chosen = case.rng("rows").choice(len(case), size=most_rows, replace=False)
        case = case.narrowed(np.sort(chosen).astype(np.int64))
    for positive in case.positives:
        label = case.label_for(positive)
        asked: dict[str, Any] = {"positive": positive, "neighbours": neighbours}
        gaps, pseudo = (case.compute(of, **asked) for of in (gaps_to_neighbours, pseudo_values))
        yield _consistency(case, gaps, pseudo, label, neighbours)
        slopes = case.compute(slopes_of_pairs, positive=positive)
        paired = np.flatnonzero(np.isfinite(slopes) | (slopes == np.inf))
        pairs, steep = len(paired) // 2, int(np.count_nonzero(slopes[paired] > slope)) // 2
        why = Text.of("fewer than two people to make a pair of")
        yield Measurement.rate(
            "lipschitz_violation_share", steep, pairs, level=case.level, label=label, better="lower", undefined=why
        )


def _consistency(case: Case[Any], gaps: Floats, pseudo: Floats, label: str | None, neighbours: int) -> Measurement:
    about: dict[str, Any] = {"metric": "consistency", "label": label, "better": "higher"}
    if not len(gaps) or np.isnan(gaps).all():
        why = Text.of("fewer than {count} other people to compare with", count=neighbours)
        return Measurement(value=None, undefined=why, n=0, **about)
    codes = np.full(len(gaps), -1) if case.units is None else case.units.codes
    alone = codes < 0
    codes = np.where(alone, codes.max(initial=-1) + 1 + np.cumsum(alone), codes)
    _, owners = np.unique(codes, return_inverse=True)
    # In an order that the numbers alone decide, so that the order of the rows has no part in what is drawn.
    # Gaps that share neighbours go up and down together: pseudo-values have the spread that the mean of gaps has.
    cells = np.column_stack([np.bincount(owners, weights=pseudo), np.bincount(owners)])
    cells = cells[np.lexsort(cells.T)]
    drawn = bootstrap_clusters(cells, lambda total: 1 - total[:, 0, 0] / total[:, 0, 1], rng=case.rng(f"boot {label}"))
    low, high = drawn.percentile(case.level)
    value = float(1 - gaps.mean())
    if high - low <= 0:
        # Nobody differs from their neighbours: as many answers of yes or no would say so much.
        return Measurement.rate("consistency", len(cells), len(cells), level=case.level, label=label, better="higher")
    method = f"percentile bootstrap of pseudo-values over {'rows' if case.units is None else 'units'}"
    low, high = max(min(low, value), 0.0), min(max(high, value), 1.0)
    interval = Interval(low=low, high=high, level=case.level, method=method)
    return Measurement(value=value, n=len(gaps), interval=interval, **about)


def gaps_to_neighbours(case: Case[ClassScores], *, positive: str, neighbours: int) -> Floats:
    """[n]: how far each row's decision is from the mean of its neighbours'; NaN of too few rows."""
    found = _neighbours(case, positive, neighbours)
    return np.full(len(case), np.nan) if found is None else found.value


def pseudo_values(case: Case[ClassScores], *, positive: str, neighbours: int) -> Floats:
    """[n]: the jackknife's pseudo-values of the same; NaN of too few rows."""
    found = _neighbours(case, positive, neighbours)
    return np.full(len(case), np.nan) if found is None else found.pseudo


def _neighbours(case: Case[ClassScores], positive: str, neighbours: int) -> NeighbourGaps | None:
    decided = (case.decisions == case.predictions.classes.index(positive)).astype(float)
    units = None if case.units is None else case.units.codes
    return neighbour_gaps(features_of(case), decided, k=neighbours, units=units)


def slopes_of_pairs(case: Case[ClassScores], *, positive: str) -> Floats:
    """[n]: the difference of scores in each row's random pair by the pair's distance; NaN without a pair."""
    scores = np.asarray(case.predictions.scores[:, case.predictions.classes.index(positive)], dtype=float)
    units = None if case.units is None else case.units.codes
    return pair_slopes(features_of(case), scores, units=units, rng=case.rng("pairs"))


def features_of(case: Case[Any]) -> Floats:
    """[n, d]: the numeric inputs that carry no protected attribute and no recorded prediction, standardised.

    Raises:
        NotApplicable: the inputs are no table, or hold no such column.
    """
    inputs = case.inputs
    left_out = {*dict(case.settings.protected_inputs).values(), *(case.groups if case.has_groups else ())}
    left_out |= set(case.settings.recorded)
    columns = [
        numbers
        for name in getattr(inputs, "columns", ())
        if name not in left_out and (numbers := _numbers(inputs[name].to_numpy(), str(name))) is not None
    ]
    made = standardised(np.column_stack(columns)) if columns else np.zeros((len(case), 0))
    if not made.shape[1]:
        raise NotApplicable(_NO_COLUMNS, hint=_HINT)
    return made


def _numbers(cells: Any, name: str) -> Floats | None:
    try:
        return np.asarray(parse_numbers(cells, column=name), dtype=float)
    except (AuditError, TypeError, ValueError):
        return None
