"""`data-quality.label-noise`: targets that the model's probabilities speak against."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, Interval, Measurement, NotApplicable, Quote, Table, Text, check
from auditkit.perturbation import Question, Rows
from auditkit_data_quality.confident import Confident, by_chance, confident
from auditkit_data_quality.copy_cards import CONFIDENCE, EXCESS, MARGIN, NOISE, NOISE_CARDS
from auditkit_data_quality.leakage import SAME, leaked_rows, leaked_units
from auditkit_data_quality.planted_copies import NOISE_CONTROLS

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

FEWEST = 30
"""Rows with a target that the model was not trained on."""
DRAWS = 20
_FEWEST_TOLD = 10
"""Rows of a label and a class below which a rate of mixing them up is not told."""


@check(
    "data-quality.label-noise",
    on=ClassScores,
    needs=("targets",),
    metrics=NOISE_CARDS,
    controls=NOISE_CONTROLS,
)
def label_noise(case: Case[ClassScores]) -> Iterator[Measurement | Table]:
    """How many targets are likely wrong, as far as the model's probabilities can tell.

    A target is called likely wrong where the model is confident of another class: as sure of it as it is on average of
    rows that have it (confident learning). This is suspicion and no proof: a wrong model makes right labels look wrong,
    and where outcomes are a matter of chance, unlikely ones look wrong as well. Beside it stands what would be
    called wrong if every target had been drawn from the model's own probabilities; only what goes beyond it speaks
    against the targets. Probabilities must be those of a model that was not trained on these rows: audit rows that are
    in the training, or whose people are, are left out.
    """
    if case.predictions.kind != "probability":
        raise NotApplicable(
            "the model gives scores or labels, and whether a label is wrong is told by probabilities",
            hint='record one probability a class: [data] scores = ["p_no", "p_yes"]',
        )
    seen = _seen(case)
    known = (case.targets.codes >= 0) & np.isfinite(case.predictions.scores).all(axis=1)
    if case.weights is not None:
        known &= case.weights > 0
    kept = known & ~seen
    labels = case.targets.codes[kept]
    if len(labels) < FEWEST or len(np.unique(labels)) < 2:  # noqa: PLR2004  one class alone cannot be mixed up
        if np.count_nonzero(known) >= FEWEST and np.count_nonzero(kept) < FEWEST:
            raise NotApplicable(
                "the audit rows, or their people, are the model's training rows: it would find its own labels right",
                hint="audit rows that the model was not trained on, or record cross-fitted probabilities of them",
            )
        raise NotApplicable("fewer than {least} rows have a target, or all have the same one", least=FEWEST)
    scores = np.asarray(case.predictions.scores, dtype=np.float64)[kept]
    found = confident(labels, scores)
    yield from _measured(case, found, kept, by_chance(scores, case.rng("labels of the model's own"), DRAWS))
    yield _matrix(case, found, np.bincount(labels, minlength=len(case.predictions.classes)))
    yield Table(
        title=Text.of("Rows that are looked at"),
        columns=(Text.of("rows"), Text.of("how many")),
        rows=(
            (Text.of("looked at"), len(labels)),
            (Text.of("left out: without a target, a probability or a weight"), int(np.count_nonzero(~known))),
            (Text.of("left out: the row, or its person, is in the training"), int(np.count_nonzero(known & seen))),
        ),
    )


def _seen(case: Case[Any]) -> Flags:
    """[n]: which rows the model was trained on, or on others of their people, as far as the data say."""
    found = np.zeros(len(case), dtype=bool)
    if "training" not in case.keys:
        return found
    # Without inputs nobody can tell, as without training rows.
    with contextlib.suppress(NotApplicable):
        found |= case.compute(leaked_rows, tolerance=0.0) == SAME
    if case.has_units and case.training.has_units:
        found |= case.compute(leaked_units)
    return found


def _measured(case: Case[Any], found: Confident, kept: Flags, chance: Floats) -> Iterator[Measurement | Table]:
    rows = Rows.of(case)

    def spread(numbers: npt.NDArray[Any]) -> Floats:
        whole = np.full(len(kept), np.nan)
        whole[kept] = numbers
        return whole

    question = Question(NOISE, f"{NOISE}_difference", spread(found.likely_wrong), Rows.share, is_dealt=True)
    overall = question.overall(rows)
    excess = _excess(overall, float(chance.mean()), case.level)
    others = [rows.share(spread(one)).measurement(metric, rows.level, better="higher")
              for metric, one in ((CONFIDENCE, found.self_confidence), (MARGIN, found.margin))]  # fmt: skip
    yield overall
    yield from question.by_group(case, rows)
    yield excess
    yield from others
    told = (
        (Text.of("targets that are likely wrong"), Quote.of(overall), Quote.of(overall, "interval")),
        (Text.of("of targets drawn from the model's own probabilities"), float(chance.mean()), None),
        (Text.of("more than these"), Quote.of(excess), Quote.of(excess, "interval")),
    )
    heads = (Text.of("what"), Text.of("share"), Text.of("interval"))
    yield Table(title=Text.of("Targets that the model speaks against"), columns=heads, rows=told, prominent=True)


def _excess(overall: Measurement, chance: float, level: float) -> Measurement:
    about: dict[str, Any] = {"metric": EXCESS, "n": overall.n, "people": overall.people}
    if overall.value is None or overall.interval is None:
        return Measurement(value=None, undefined=overall.undefined or Text.of("it is known of too few rows"), **about)
    interval = Interval(
        low=overall.interval.low - chance,
        high=overall.interval.high - chance,
        level=level,
        method=f"{overall.interval.method}, less the mean of {DRAWS} draws",
    )
    return Measurement(value=overall.value - chance, interval=interval, **about)


def _matrix(case: Case[Any], found: Confident, counts: npt.NDArray[np.int64]) -> Table:
    """How often each class has been given each label, where that rests on rows enough."""
    noise, classes = found.noise(counts), case.predictions.classes
    rows = [
        (classes[label], classes[true], float(noise[label, true]), int(found.joint[label, true]))
        for true in range(len(classes))
        for label in range(len(classes))
        if label != true and found.joint[label, true] >= _FEWEST_TOLD
    ]
    heads = ("target", "class that the model is confident of", "of that class, so many have this target", "rows")
    return Table(
        title=Text.of("Which targets seem to be mixed up, told of ten rows and more"),
        columns=tuple(Text.of(head) for head in heads),
        rows=tuple(sorted(rows, key=lambda row: -row[2])[:50]),
    )
