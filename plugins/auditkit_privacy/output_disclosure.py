"""`privacy.output-disclosure`: how many people have the same output, as it is and as it would be if it were rounded."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    Case,
    ClassScores,
    LabelScores,
    Measurement,
    MetricCard,
    NotApplicable,
    Quote,
    Table,
    Text,
    Values,
    check,
    clean,
    planted,
)
from auditkit.testing import every, near, toy_case
from auditkit_privacy.crowds.classes import Integers, people_of, sizes_of

Floats = npt.NDArray[np.floating]

DECIMALS = (3, 2, 1, 0)
TOP = "the class alone"
NEVER = 1e-8
"""A probability at or below it counts as 0: numpy's own absolute tolerance."""

_SOURCE = "the structural attack of SACRO-ML, read as a function of rounding; exact for the rows at hand"
_NO_EVIDENCE = (
    "It is no evidence of leakage. A model with smooth scores gives every row an output of its own, so that as they "
    "are the worst value is the rule; it informs a policy on what to hand out, and how rounded. A sample of rows makes "
    "people look rarer than they are."
)

CARDS = (
    MetricCard(
        name="output_smallest_class",
        title="Smallest class of equal outputs",
        asks="How many people at least have the same output?",
        formula="people in the smallest class of rows whose outputs are equal, after rounding where conditions say so",
        source=_SOURCE,
        better="higher",
        tolerance=0,
        undefined="Never: there is at least one row.",
        misleads=_NO_EVIDENCE,
    ),
    MetricCard(
        name="output_uniqueness_rate",
        title="People whose output nobody else has",
        asks="How many people could be recognised by their output?",
        formula="people in classes of one ÷ people; classes as for output_smallest_class",
        source=_SOURCE,
        better="lower",
        tolerance=0,
        undefined="Never: there is at least one row.",
        misleads=_NO_EVIDENCE,
    ),
    MetricCard(
        name="output_exclusion_rate",
        title="Outputs that exclude a class",
        asks="How often does an output say of a class that it cannot be?",
        formula=f"rows with a probability of 0 (at most {NEVER:g}; after rounding, 0) for some class ÷ rows",
        source=f"class disclosure in {_SOURCE}",
        better="lower",
        undefined="Where the model gives no probabilities.",
        misleads="A model that is rightly sure excludes a class too; rounding makes zeros of what was small.",
    ),
)
_NOT_SAID = Text.of("does not apply")
SMALLEST, ALONE, EXCLUDES = (card.name for card in CARDS)


def _toy(_: np.random.Generator, *, levels: int) -> Case[Any]:
    """Sixty rows whose scores take so many values in turn, from 0.25 on by thousandths."""
    yes = 0.25 + np.arange(60) % levels / 1000
    return toy_case(ClassScores(("no", "yes"), np.column_stack([1 - yes, yes])), positive="yes")


CONTROLS = (
    planted(
        "every row has a score of its own, to the third decimal",
        partial(_toy, levels=60),
        every(near(ALONE, 1.0, conditions={}), near(SMALLEST, 60, conditions={"rounding": TOP})),
    ),
    clean(
        "three scores, of twenty people each",
        partial(_toy, levels=3),
        every(near(SMALLEST, 20, conditions={}), near(ALONE, 0.0), near(EXCLUDES, 0.0, conditions={})),
    ),
)


@check("privacy.output-disclosure", on=(ClassScores, LabelScores, Values), metrics=CARDS, controls=CONTROLS)
def output_disclosure(case: Case[Any]) -> Iterator[Measurement | Table]:
    """How many people have the same output, and how rounding changes that.

    Rows whose outputs are equal make a class; one who knows an output finds its class. It is told for outputs as they
    are, rounded to 3, 2, 1 and no decimals, and for the class alone. This is information for a policy on what a model
    may hand out, and no evidence that it leaks: scores that are numbers with many digits are nearly always unique.
    Rows of one unit are one person; weights have no part.
    """
    if isinstance(case.predictions, ClassScores) and case.predictions.kind == "label":
        raise NotApplicable("the model gives labels without scores, and nothing could be rounded")
    units = None if case.units is None else case.units.codes
    rows = []
    for words, conditions, numbers, classes in _roundings(case):
        sizes = sizes_of(classes, people_of(classes, units))
        smallest = _exact(case, SMALLEST, float(sizes.min()), conditions)
        alone = _exact(case, ALONE, float(sizes[sizes == 1].sum() / sizes.sum()), conditions)
        yield from (smallest, alone)
        excludes = None
        if numbers is not None and _are_probabilities(case.predictions):
            excludes = _exact(case, EXCLUDES, float(_excludes(case.predictions, numbers).mean()), conditions)
            yield excludes
        quoted = (smallest, alone, excludes)
        rows.append((words, *(_NOT_SAID if one is None else Quote.of(one) for one in quoted)))
    yield _table(rows)


def _roundings(case: Case[Any]) -> Iterator[tuple[Text, dict[str, str], Floats | None, Integers]]:
    """In words, the conditions, the outputs [n, k] where they are numbers, and their classes [n]."""
    said = case.predictions
    whole = np.asarray(said.values if isinstance(said, Values) else said.scores, dtype=np.float64)
    whole = whole.reshape(len(case), -1)
    yield Text.of("as they are"), {}, whole, number_outputs(whole)
    for decimals in DECIMALS:
        rounded = np.round(whole, decimals)
        words = "1 decimal" if decimals == 1 else f"{decimals} decimals"
        told = Text.of("1 decimal") if decimals == 1 else Text.of("{count} decimals", count=decimals)
        yield told, {"rounding": words}, rounded, number_outputs(rounded)
    if isinstance(said, ClassScores):
        yield Text.of(TOP), {"rounding": TOP}, None, number_outputs(case.decisions[:, np.newaxis])


def number_outputs(outputs: npt.NDArray[Any]) -> Integers:
    """[n]: a number from 0 on for each distinct row of outputs [n, k]; 0 and -0 are the same."""
    plain = np.ascontiguousarray(outputs + 0)
    raw = plain.view(np.dtype((np.void, plain.itemsize * plain.shape[1]))).ravel()
    return np.asarray(np.unique(raw, return_inverse=True)[1], dtype=np.int64).ravel()


def _are_probabilities(said: Any) -> bool:
    return isinstance(said, LabelScores) or (isinstance(said, ClassScores) and said.kind == "probability")


def _excludes(said: Any, numbers: Floats) -> npt.NDArray[np.bool_]:
    """[n]: whether some class has no probability; of several labels, whether one is certain to be there or not."""
    if isinstance(said, LabelScores):
        return np.asarray(((numbers <= NEVER) | (numbers >= 1 - NEVER)).any(axis=1))
    return np.asarray((numbers <= NEVER).any(axis=1))


def _exact(case: Case[Any], metric: str, value: float, conditions: dict[str, str]) -> Measurement:
    better: Any = "higher" if metric == SMALLEST else "lower"
    return Measurement(metric=metric, value=value, n=len(case), exact=True, conditions=conditions, better=better)


def _table(rows: list[Any]) -> Table:
    return Table(
        title=Text.of("What rounding the outputs would change"),
        columns=(
            Text.of("outputs"), Text.of("smallest class"), Text.of("people alone"),
            Text.of("outputs that exclude a class"),
        ),
        rows=tuple(rows),
    )  # fmt: skip
