"""What tells an unfamiliar row: each score of a case's rows and of the known ones, once, a number a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, Differentiable, NotApplicable
from auditkit.perturbation import marks, sampled
from auditkit_robustness.familiarity.distances import Classes, kth_distance

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

CONFIDENCE, ENERGY, MAHALANOBIS, NEIGHBOURS = "confidence", "energy", "mahalanobis", "neighbours"
FITTED = (MAHALANOBIS, NEIGHBOURS)
"""Scores that the known rows themselves define: half of them defines, and the other half is held against."""
_MOST_AT_ONCE = 32
_HALVES = 2


@dataclass(frozen=True)
class Held:
    """One score of the rows, and of known rows that have no part in it; higher is stranger."""

    rows: Floats
    """[n]."""
    known: Floats
    """[m], of known rows."""
    places: Integers
    """[m]: which of the known rows."""


@dataclass(frozen=True)
class Score:
    """A score by its name, and what it says: once, or once for each half of the known rows that defines it."""

    name: str
    held: tuple[Held, ...]


def split_of(case: Case[Any]) -> str:
    """Which rows are the known ones.

    Raises:
        NotApplicable: the spec names none.
    """
    for split in ("reference", "training"):
        if split in case.keys:
            return split
    raise NotApplicable(
        "there are no rows that the model is at home with",
        hint='name them: [data] reference = "population.csv", or training = "train.csv"',
    )


def known_of(case: Case[Any], most_rows: int) -> Case[Any]:
    """The known rows: the reference's, or else those of the training; at most so many of them."""
    known = case.reference if split_of(case) == "reference" else case.training
    return known if known.settings.recorded else sampled(known, most_rows)


def scores_of(case: Case[Any], known: Case[Any], *, most_rows: int, neighbours: int) -> Iterator[Score]:
    """Every score that can be had.

    Args:
        case: the rows.
        known: the known ones, see `known_of`.
        most_rows: as given to `known_of`.
        neighbours: the k of the k-th neighbour.
    """
    said = case.predictions
    if isinstance(said, ClassScores) and said.kind == "probability":
        every = np.arange(len(known))
        yield Score(CONFIDENCE, (Held(_doubt(said), _doubt(known.predictions), every),))
    if case.settings.recorded:
        return
    about: dict[str, Any] = {"most_rows": most_rows, "neighbours": neighbours}
    if isinstance(said, ClassScores):
        one = [np.asarray(each.compute(scored, name=ENERGY, fold=0, **about)) for each in (case, known)]
        # Of a model that ends in a softmax all energies are 0.
        if all(np.isfinite(each).all() for each in one) and np.ptp(np.concatenate(one)) > 1e-6:  # noqa: PLR2004
            yield Score(ENERGY, (Held(one[0], one[1], np.arange(len(known))),))
    half = known.compute(halves)
    for name in FITTED:
        held = []
        for fold in range(_HALVES):
            rows, others = (np.asarray(each.compute(scored, name=name, fold=fold, **about)) for each in (case, known))
            places = np.flatnonzero(half != fold)
            held.append(Held(rows, others[places], places))
        if all(np.isfinite(one.rows).all() and np.isfinite(one.known).all() and len(one.known) for one in held):
            yield Score(name, tuple(held))


def _doubt(said: Any) -> Floats:
    """[n]: one less the largest probability: Hendrycks and Gimpel (2017), ICLR."""
    return np.asarray(1 - np.asarray(said.scores, dtype=np.float64).max(axis=1))


def halves(case: Case[Any]) -> npt.NDArray[np.uint8]:
    """[m]: 0 or 1 by what a row holds; the rows of one unit, and equal ones, are in one half."""
    names = np.array(marks(case.inputs), dtype=object)
    owner = np.unique(names, return_inverse=True)[1].astype(np.int64)
    if case.units is not None:
        codes = case.units.codes
        owner = np.where(codes >= 0, codes, owner + codes.max(initial=0) + 1)
    first = {one: str(min(names[owner == one])) for one in np.unique(owner)}
    order = sorted(first, key=lambda one: case.rng(f"half of {first[one]}").random())
    side = {one: place % _HALVES for place, one in enumerate(order)}
    return np.array([side[one] for one in owner], dtype=np.uint8)


def scored(case: Case[Any], *, name: str, fold: int, most_rows: int, neighbours: int) -> npt.NDArray[np.float64]:
    """[n]: one score of each row, higher is stranger; NaN where the model gives nothing to make it of.

    Args:
        case: the rows, the known ones too.
        name: of the score.
        fold: which half of the known rows defines it.
        most_rows: see `known_of`.
        neighbours: see `scores_of`.
    """
    try:
        if name == ENERGY:
            return energies(case)
        known = known_of(case, most_rows)
        teaches = np.flatnonzero(known.compute(halves) == fold)
        vectors, taught = case.embeddings, known.embeddings[teaches]
    except NotApplicable:
        return np.full(len(case), np.nan)
    if len(teaches) < _HALVES:
        return np.full(len(case), np.nan)
    if name == MAHALANOBIS:
        return np.asarray(Classes.of(taught, _classes_of(known)[teaches]).squared(vectors))
    return np.asarray(kth_distance(vectors, taught, neighbours))


def _classes_of(known: Case[Any]) -> Integers:
    """[m]: what is true of known rows; where nobody says, what the model decides; of no classes, one for all."""
    if not isinstance(known.predictions, ClassScores):
        return np.zeros(len(known), dtype=np.int64)
    return known.targets.codes if known.has_targets else known.decisions


def energies(case: Case[Any]) -> npt.NDArray[np.float64]:
    """[n]: less the log of the sum of exponentials of the outputs: Liu et al. (2020), NeurIPS 33, at temperature 1.

    Raises:
        NotApplicable: the model does not show what it has before its softmax.
    """
    import torch

    model = case.model_that(Differentiable)  # type: ignore[type-abstract]  # a protocol is what is asked for
    size = min(int(getattr(model, "batch_size", None) or _MOST_AT_ONCE), _MOST_AT_ONCE)
    found = [np.zeros(0)]
    for start in range(0, len(case), size):
        rows = np.arange(start, min(start + size, len(case)), dtype=np.int64)
        encoded = model.encoded(case.narrowed(rows).given)
        with torch.no_grad():
            outputs = encoded.module(encoded.inputs, *encoded.alongside).float().cpu().numpy().astype(np.float64)
        largest = outputs.max(axis=1)
        found.append(-(largest + np.log(np.exp(outputs - largest[:, None]).sum(axis=1))))
    return np.concatenate(found)
