"""`fairness.worst-slices`: for which part of the people the model does worst, picked and measured on other rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from auditkit import (
    Case,
    ClassScores,
    LabelScores,
    Measurement,
    Rankings,
    Table,
    Text,
    TokenLabels,
    Values,
    check,
)
from auditkit.statistics import search_slices
from auditkit_fairness.cards.worst import SLICE_CARDS, WORST_SLICE
from auditkit_fairness.worst.dividing import Divisions, accept_search, least_people
from auditkit_fairness.worst.halves import Halves, dealt, mean_of_halves
from auditkit_fairness.worst.losses import Answers, Loss, Losses, losses_of
from auditkit_fairness.worst.planted import SLICE_CONTROLS
from auditkit_fairness.worst.reporting import Told, told_effect


@check(
    "fairness.worst-slices",
    on=(ClassScores, LabelScores, Values, TokenLabels, Rankings),
    needs=("targets",),
    metrics=SLICE_CARDS,
    accepts=accept_search,
    controls=SLICE_CONTROLS,
)
def worst_slices(
    case: Case[Answers], *, depth: int = 2, bins: int = 5, columns: tuple[str, ...] = (), loss: Loss = "own"
) -> Iterator[Measurement | Table]:
    """For which part of the people the model does worst, beyond chance.

    Slices are the groups of each protected attribute, the parts of each column that the model is given (at most `bins`
    of numbers, categories, missing cells), and all crossings of up to `depth` of these, with at least thirty people and
    one in a hundred, and as many as the policy's smallest group. In each the mean loss is held against that of
    everybody else: of decisions whether they are wrong, of numbers the absolute error, of entities whether a row has a
    wrong one, of lists what is missing; or `loss`. The slice that does worst on one half of the people is measured on
    the other half, and the other way round: no number is of the rows that a slice was picked on. Which slices do worse
    than chance allows is asked of all rows, with p adjusted for all slices at once (max-T), and they are named in
    words. Where rows share a unit whole people are in a half. `columns` names those to go by.
    """
    rng = case.rng("slices")
    for losses in losses_of(case, loss):
        yield from _searched(case, losses, depth=depth, bins=bins, columns=columns, rng=rng)


def _searched(
    case: Case[Any], losses: Losses, *, depth: int, bins: int, columns: tuple[str, ...], rng: np.random.Generator
) -> Iterator[Measurement | Table]:
    about: dict[str, Any] = {"metric": WORST_SLICE.name, "label": losses.label, "better": "lower"}
    if not len(losses.values):
        yield Measurement(value=None, undefined=Text.of("no rows have a target"), n=0, **about)
        return
    divisions = Divisions.of(case, losses.rows, columns=columns, bins=bins)
    least = least_people(case, losses)
    slices = divisions.slices(losses, least=least, depth=depth)
    if not len(slices):
        why = Text.of("no part of the rows, and what is left beside it, has {least} people", least=least)
        yield Measurement(value=None, undefined=why, n=len(losses.values), **about)
        return
    halves = Halves(losses, slices, dealt(losses.owners, rng), case.level)
    picks = tuple(halves.ranked(half).tolist() for half in (0, 1))
    effects = [halves.measured(own[0], half) if own else None for half, own in enumerate(picks)]
    found = mean_of_halves(effects) if all(picks) else None
    if found is None:
        why = Text.of("the halves of the people are too few for a slice to be picked on one and measured on the other")
        yield Measurement(value=None, undefined=why, n=len(losses.values), **about)
    else:
        yield told_effect(found, losses, case.level, **about)
    if not case.is_control:
        searched = search_slices(losses.values, slices, rng=rng, **losses.counted)
        yield from Told(case, losses, divisions, slices, searched, halves, (picks[0], picks[1])).readings()
