"""The cases whose answer is known: a model that is surer of its training rows than of others, and one that is not.

Once by itself; once where only a reference model shows it, which takes away how hard a row is for everybody; and once
of a model that writes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, Likelihoods, Texts, clean, planted
from auditkit.testing import above, every, not_above, toy_case, with_model, with_reference_model, with_splits

Factory = Callable[[np.random.Generator], Case[Any]]
Floats = npt.NDArray[np.floating]

ROWS = 80
NOTES = 40
HARD = 4.0
"""How much farther rows lie apart for every model than the audited one and its reference are from each other."""
_APART = 0.5
_COMPLAINTS = ("cough", "fever", "rash", "nausea", "headache", "dizziness", "fatigue", "palpitations")
_TOKENS = np.array([-0.9, -0.4, -0.1, 0.0, 0.1, 0.4, 0.9])
"""How the tokens of each note differ from its mean."""


def remembers(shift: float, *, rows: int = ROWS) -> Factory:
    """The log odds of the true class are higher by `shift` standard deviations for rows of the training."""
    return partial(_case, shift=shift, rows=rows)


def remembers_beside(shift: float) -> Factory:
    """The same, where rows are so unlike that only a reference model, which finds them as hard, shows the shift."""
    return partial(_beside, shift=shift)


def writes(shift: float) -> Factory:
    """A model that finds each token of its training notes likelier by so many nats."""
    return partial(_writing, shift=shift)


def _case(_: np.random.Generator, *, shift: float, rows: int) -> Case[Any]:
    odds = {side: _normal(rows, side) for side in ("out", "in")}
    return with_splits(_side(odds["out"], "out"), training=_side(odds["in"] + shift, "in"))


def _beside(_: np.random.Generator, *, shift: float) -> Case[Any]:
    hard = {side: HARD * _normal(ROWS, side) for side in ("out", "in")}
    own = {side: hard[side] + _APART * _normal(ROWS, f"{side}, apart") for side in hard}
    case = with_splits(_side(own["out"], "out"), training=_side(own["in"] + shift, "in"))
    said = {"audit": _side(hard["out"], "out"), "training": _side(hard["in"], "in")}
    return with_reference_model(case, {split: side.predictions for split, side in said.items()})  # type: ignore[misc]


def _normal(rows: int, name: str) -> Floats:
    """[rows]: standard normal, in even steps, and in an order of its own."""
    from scipy import special

    return np.asarray(special.ndtri((np.arange(rows) + 0.5) / rows)[_rng(rows, name).permutation(rows)])


def _rng(rows: int, name: str) -> np.random.Generator:
    return np.random.default_rng([rows, *name.encode()])


def _side(odds: Floats, side: str) -> Case[Any]:
    """Rows whose true class has these odds, and inputs that have nothing to do with either side."""
    import pandas as pd
    from scipy import special

    rows = len(odds)
    true = special.expit(odds + 1)
    second = _rng(rows, f"{side}, classes").permutation(rows) % 2 == 0
    yes = np.where(second, true, 1 - true)
    # Between each two neighbours of one side stands one of the other, so that the inputs tell nobody apart.
    between = np.random.default_rng(rows)
    places = 2 * np.arange(rows) + (side == "in")
    inputs = pd.DataFrame({"number": 100.0 + places[between.permutation(rows)]})
    targets = np.where(second, "yes", "no").tolist()
    return toy_case(ClassScores(("no", "yes"), np.column_stack([1 - yes, yes])), targets, positive="yes", inputs=inputs)


class _Writer:
    """Finds each note as likely as it is told."""

    def __init__(self, means: dict[str, float]) -> None:
        self.means = means

    def predict(self, inputs: Any) -> Texts:
        return Texts(tuple(("Noted.",) for _ in inputs))

    def likelihoods(self, texts: Sequence[str], before: Sequence[str] | None = None) -> Likelihoods:
        del before  # the notes stand alone
        rows = [self.means[text] + _TOKENS for text in texts]
        return Likelihoods.of_rows([np.stack([one, np.full(len(one), -5.0), np.ones(len(one))]) for one in rows])


def _writing(_: np.random.Generator, *, shift: float) -> Case[Any]:
    import pandas as pd

    notes = {side: _notes(side) for side in ("out", "in")}
    means = {
        text: float(mean) + (shift if side == "in" else 0.0)
        for side, texts in notes.items()
        for text, mean in zip(texts, _normal(NOTES, side) - 6, strict=True)
    }
    model = _Writer(means)
    sides = [toy_case(model.predict(texts), inputs=pd.Series(texts, dtype=object)) for texts in notes.values()]
    return with_model(with_splits(sides[0], training=sides[1]), model)


def _notes(side: str) -> list[str]:
    """Notes of one kind, each of which stands once; all are of one length, whatever zlib makes of them."""
    rng = _rng(NOTES, f"{side}, notes")
    numbers = rng.permutation(400_000)[:NOTES] + (500_000 if side == "in" else 100_000)
    return [f"{' '.join(rng.choice(_COMPLAINTS, 5, replace=False))} {number}" for number in numbers]


_AUC = "membership_auc"
_LOSS = {"attack": "loss"}

CONTROLS = (
    planted("a model that is surer of the rows that it was trained on", remembers(1.5), above(_AUC, 0.6)),
    planted(
        "a model whose training rows only a reference model shows",
        remembers_beside(1.5),
        every(above(_AUC, 0.8, conditions={}), not_above(_AUC, 0.6, conditions=_LOSS)),
    ),
    clean(
        "a model that is as sure of others, by itself and beside a reference",
        remembers_beside(0.0),
        not_above(_AUC, 0.53),
    ),
    planted("a model that finds the notes likelier that it was trained on", writes(2.0), above(_AUC, 0.6)).not_redrawn(
        "a note that stands twice tells others from members without the model"
    ),
)
