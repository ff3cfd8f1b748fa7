"""Planted defects and their clean twins: functions that make a case whose answer is known, with the size of the defect.

Each returns a factory for `planted` and `clean`: it is given random numbers and makes the case. Counts are exact, not
drawn: a rate of 0.8 is 80 rows in 100. The groups are A and B, the classes no and yes, and yes is the positive one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.case import Case
from auditkit.predictions import ClassScores, Texts
from auditkit.testing.cases import toy_case, with_splits

Factory = Callable[[np.random.Generator], Case[Any]]
Pair = tuple[float, float]

CLASSES = ("no", "yes")
FOUND, ALARMS = 0.8, 0.2
ROWS = 400


def fair_groups(*, rows: int = ROWS) -> Factory:
    """Two groups whose rows are the same: every gap between them is 0."""
    return partial(_decided, rows=rows, found=(FOUND, FOUND), alarms=(ALARMS, ALARMS))


def group_under_selected(size: float = 0.5, *, rows: int = ROWS) -> Factory:
    """Group B is selected less often by this share: by 0.5, half as often as A, among positives and negatives alike."""
    kept = 1 - size
    return partial(_decided, rows=rows, found=(FOUND, FOUND * kept), alarms=(ALARMS, ALARMS * kept))


def group_missed(size: float = 0.5, *, rows: int = ROWS) -> Factory:
    """The true positive rate of group B is lower by `size`; false alarms are the same."""
    return partial(_decided, rows=rows, found=(FOUND, FOUND - size), alarms=(ALARMS, ALARMS))


def group_falsely_alarmed(size: float = 0.5, *, rows: int = ROWS) -> Factory:
    """The false positive rate of group B is higher by `size`; those who are positive are found alike."""
    return partial(_decided, rows=rows, found=(FOUND, FOUND), alarms=(ALARMS, ALARMS + size))


def scores_that_tell(*, rows: int = ROWS) -> Factory:
    """A good model: 19 in 20 of either class are decided rightly."""
    return partial(_decided, rows=rows, found=(0.95, 0.95), alarms=(0.05, 0.05))


def scores_that_tell_nothing(*, rows: int = ROWS) -> Factory:
    """A model whose scores have nothing to do with the targets: half of either class is called positive."""
    return partial(_decided, rows=rows, found=(0.5, 0.5), alarms=(0.5, 0.5))


def scores_that_mislead(*, rows: int = ROWS) -> Factory:
    """A model that says the opposite of what is true for 19 in 20 of either class."""
    return partial(_decided, rows=rows, found=(0.05, 0.05), alarms=(0.95, 0.95))


def groups_apart(*, rows: int = ROWS) -> Factory:
    """Group A is decided rightly throughout; of B few positives are found, and half of the negatives alarmed.

    The groups differ in size too. Nearly every metric of decisions tells them apart, and all are defined for both.
    """
    return partial(_decided, rows=rows, found=(1.0, 0.2), alarms=(0.0, 0.5), share=0.6)


def calibrated(*, rows: int = 450) -> Factory:
    """Probabilities that are exactly as often true as they say."""
    return partial(_probabilities, rows=rows, sharpness=1.0)


def overconfident(sharpness: float = 4.0, *, rows: int = 450) -> Factory:
    """Probabilities of one half and more that claim too much: log odds `sharpness` times what they should be."""
    return partial(_probabilities, rows=rows, sharpness=sharpness, least=0.5)


def labels_shifted(size: float = 0.3, *, rows: int = ROWS) -> Factory:
    """The audit rows hold more positives than the training rows, half of which are positive, by `size`."""
    return partial(_shifted, rows=rows, size=size)


def answers(*texts: str, rows: int = 200) -> Factory:
    """A model that writes these answers in turn."""
    return partial(_answers, texts=texts, rows=rows)


def _decided(
    _: np.random.Generator, *, rows: int, found: Pair, alarms: Pair, positives: float = 0.5, share: float = 0.5
) -> Case[Any]:
    """Two groups, A with `share` of the rows; for each the share of positives found and of negatives alarmed."""
    scores: list[npt.NDArray[np.float64]] = []
    targets: list[str] = []
    groups: list[str] = []
    sizes = (round(rows * share), rows - round(rows * share))
    for name, size, of_found, of_alarms in zip("AB", sizes, found, alarms, strict=True):
        sick = round(size * positives)
        scores += [_scores(sick, round(sick * of_found)), _scores(size - sick, round((size - sick) * of_alarms))]
        targets += ["yes"] * sick + ["no"] * (size - sick)
        groups += [name] * size
    return toy_case(_class_scores(np.concatenate(scores)), targets, {"group": groups}, positive="yes")


def _scores(rows: int, selected: int) -> npt.NDArray[np.float64]:
    """Scores, spread evenly: the first are above one half, the others below."""
    return np.concatenate([np.linspace(0.6, 0.95, selected), np.linspace(0.05, 0.4, rows - selected)])


def _class_scores(yes: npt.NDArray[np.float64]) -> ClassScores:
    return ClassScores(CLASSES, np.column_stack([1 - yes, yes]))


def _probabilities(_: np.random.Generator, *, rows: int, sharpness: float, least: float = 0.1) -> Case[Any]:
    levels = np.arange(least, 0.95, 0.1)
    true = np.repeat(levels, rows // len(levels))
    targets = [word for p in levels for word in _words(round(p * (rows // len(levels))), rows // len(levels))]
    odds = (true / (1 - true)) ** sharpness
    return toy_case(_class_scores(odds / (1 + odds)), targets, positive="yes")


def _words(positives: int, rows: int) -> list[str]:
    return ["yes"] * positives + ["no"] * (rows - positives)


def _shifted(rng: np.random.Generator, *, rows: int, size: float) -> Case[Any]:
    training = _decided(rng, rows=rows, found=(FOUND, FOUND), alarms=(ALARMS, ALARMS))
    shifted = partial(_decided, rows=rows, found=(FOUND, FOUND), alarms=(ALARMS, ALARMS), positives=0.5 + size)
    return with_splits(shifted(rng), training=training)


def _answers(_: np.random.Generator, *, texts: tuple[str, ...], rows: int) -> Case[Any]:
    return toy_case(Texts(tuple((texts[row % len(texts)],) for row in range(rows))))
