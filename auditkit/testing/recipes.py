"""What a toy case is made of, so that a law can change it: its rows permuted, doubled, weighted, renamed, left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from auditkit.case import Case
from auditkit.predictions import (
    ClassScores,
    LabelScores,
    Predictions,
    Rankings,
    Texts,
    TokenLabels,
    Values,
)
from auditkit.testing.cases import toy_case, with_model, with_splits

P = TypeVar("P", bound=Predictions)
Rows = npt.NDArray[np.int64]

_ITEMS = tuple(f"item {place:02}" for place in range(20))
_WORDS = ("Take it with food.", "I can't say.", "Call your doctor at once.", "Two tablets a day.", "")


@dataclass(frozen=True)
class Recipe(Generic[P]):
    """The rows of a case, and its settings."""

    name: str
    predictions: P
    targets: Any = None
    """n labels, or [n, k] flags for labels."""
    groups: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    units: Sequence[Any] | None = None
    weights: Sequence[float] | None = None
    inputs: Any = None
    truth: P | None = None
    quasi_identifiers: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    readers: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    expected: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of `toy_case`: positive, threshold, seed, ..."""
    model: Any = None
    """Answers for inputs that are not the audit rows as they are."""
    training: Recipe[P] | None = None
    """The rows that the model was trained on, which stay as they are when others are taken."""
    reference: Recipe[P] | None = None
    """The population, whose rows stay as they are too."""
    period: Sequence[Any] | None = None
    barred: Sequence[Sequence[str]] | None = None
    """n, of rankings: the items that must not be recommended to each user."""
    canaries: Recipe[P] | None = None
    """Canaries, with `included` among their settings; they stay as they are too."""

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.predictions)

    def case(self, model: Any = None) -> Case[P]:
        """The case; `model` answers in the place of the recipe's own."""
        more = dict(self.settings) | ({} if self.truth is None else {"truth": self.truth})
        made = toy_case(
            self.predictions,
            self.targets,
            dict(self.groups),
            units=self.units,
            weights=self.weights,
            inputs=self.inputs,
            quasi_identifiers=dict(self.quasi_identifiers),
            readers=dict(self.readers),
            expected=dict(self.expected),
            period=self.period,
            barred=self.barred,
            **more,
        )
        if self.training is not None:
            made = with_splits(made, training=self.training.case())
        if self.reference is not None:
            made = with_splits(made, reference=self.reference.case())
        if self.canaries is not None:
            made = with_splits(made, canaries=self.canaries.case())
        answering = self.model if model is None else model
        return made if answering is None else with_model(made, answering)

    def take(self, rows: Rows) -> Recipe[P]:
        """The same with some of the rows, in this order; a row may be taken twice."""
        return replace(
            self,
            predictions=self.predictions.take(rows),
            targets=_taken(self.targets, rows),
            groups={name: [labels[row] for row in rows] for name, labels in self.groups.items()},
            units=_taken(self.units, rows),
            period=_taken(self.period, rows),
            weights=_taken(self.weights, rows),
            barred=_taken(self.barred, rows),
            inputs=_taken(self.inputs, rows),
            truth=None if self.truth is None else self.truth.take(rows),
            quasi_identifiers={name: [labels[row] for row in rows] for name, labels in self.quasi_identifiers.items()},
            readers={name: [labels[row] for row in rows] for name, labels in self.readers.items()},
            expected={role: [cells[row] for row in rows] for role, cells in self.expected.items()},
        )

    def renamed(self, names: Mapping[Any, Any]) -> Recipe[P]:
        """The same with other names of the groups."""
        groups = {attribute: [names.get(label, label) for label in labels] for attribute, labels in self.groups.items()}
        training = None if self.training is None else self.training.renamed(names)
        reference = None if self.reference is None else self.reference.renamed(names)
        return replace(self, groups=groups, training=training, reference=reference)

    def but(self, **changes: Any) -> Recipe[P]:
        """The same with some fields put in the place of its own."""
        return replace(self, **changes)


def _taken(values: Any, rows: Rows) -> Any:
    if values is None:
        return None
    if hasattr(values, "iloc"):
        return values.iloc[rows]
    return values[rows] if isinstance(values, np.ndarray) else [values[row] for row in rows]


Maker = Callable[[int, np.random.Generator], Recipe[Any]]


def recipe(kind: type[Predictions], rows: int = 240, *, seed: int = 0, classes: int = 2) -> Recipe[Any]:
    """An ordinary case of a prediction type, with two attributes of groups and a truth that the model often meets.

    Args:
        kind: the prediction type.
        rows: how many.
        seed: of the random numbers that it is made of; more rows with the same seed are other rows.
        classes: of ClassScores.
    """
    rng = np.random.default_rng([seed, rows])
    made = _MADE[kind](rows, rng, classes) if kind is ClassScores else _MADE[kind](rows, rng)
    groups = {
        "sex": [("F", "M", "M")[place % 3] for place in range(rows)],
        "band": [("old", "young")[place % 2] for place in range(rows)],
    }
    return replace(made, groups=groups)


def recipes_for(on: Sequence[type[Predictions]] | None, rows: int = 240) -> tuple[Recipe[Any], ...]:
    """An ordinary case of each type that a check takes; of classes both two and three."""
    kinds = (ClassScores,) if on is None else tuple(on)
    known = [kind for kind in KINDS if any(issubclass(kind, one) for one in kinds)]
    made = [recipe(kind, rows) for kind in known]
    return (*made, recipe(ClassScores, rows, classes=3)) if ClassScores in known else tuple(made)


def _class_scores(rows: int, rng: np.random.Generator, classes: int = 2) -> Recipe[ClassScores]:
    names = ("no", "yes") if classes == 2 else tuple("abcdefgh"[:classes])  # noqa: PLR2004  binary
    scores = rng.dirichlet(np.full(classes, 0.8), size=rows) * 0.96 + 0.04 / classes
    drawn = [names[int(rng.choice(classes, p=row / row.sum()))] for row in scores]
    settings = {"positive": "yes", "min_group_size": 10} if classes == 2 else {"min_group_size": 10}  # noqa: PLR2004  same
    name = "ClassScores" if classes == 2 else f"ClassScores of {classes} classes"  # noqa: PLR2004  same
    return Recipe(name, ClassScores(names, scores), drawn, settings=settings)


def _label_scores(rows: int, rng: np.random.Generator) -> Recipe[LabelScores]:
    scores = rng.uniform(0.02, 0.98, size=(rows, 2))
    truth = rng.random((rows, 2)) < scores
    return Recipe("LabelScores", LabelScores(("fever", "cough"), scores), truth, settings={"min_group_size": 10})


def _values(rows: int, rng: np.random.Generator) -> Recipe[Values]:
    truth = rng.normal(120.0, 15.0, rows)
    said = Values(truth + rng.normal(0.0, 5.0, rows), spread=np.full(rows, 5.0))
    return Recipe("Values", said, truth=Values(truth), settings={"min_group_size": 10})


def _rankings(rows: int, rng: np.random.Generator) -> Recipe[Rankings]:
    users = tuple(f"user {place:04}" for place in range(rows))
    listed = np.array([rng.permutation(_ITEMS)[:10] for _ in range(rows)], dtype=object).reshape(rows, 10)
    wanted = np.full((rows, 3), None, dtype=object)
    for place in range(rows):
        wanted[place, :2] = rng.choice(listed[place], 2, replace=False)
        wanted[place, 2] = str(rng.choice([item for item in _ITEMS if item not in wanted[place]]))
    scores = np.tile(np.linspace(1.0, 0.1, 10), (rows, 1))
    return Recipe(
        "Rankings", Rankings(users, listed, scores), truth=Rankings(users, wanted), settings={"min_group_size": 10}
    )


def _token_labels(rows: int, rng: np.random.Generator) -> Recipe[TokenLabels]:
    truth = tuple(((0, 5, "DRUG", 1.0), (10, 14, "DOSE", 1.0))[: 1 + place % 2] for place in range(rows))
    said = tuple(tuple((*span[:3], 0.9) for span in row if rng.random() < 0.8) for row in truth)  # noqa: PLR2004  most
    said = tuple(tuple((int(s), int(e), str(n), float(p)) for s, e, n, p in row) for row in said)
    return Recipe("TokenLabels", TokenLabels(said), truth=TokenLabels(truth), settings={"min_group_size": 10})


def _texts(rows: int, rng: np.random.Generator) -> Recipe[Texts]:
    said = tuple((_WORDS[int(rng.integers(len(_WORDS)))],) for _ in range(rows))
    truth = tuple((_WORDS[place % 4],) for place in range(rows))
    return Recipe("Texts", Texts(said), truth=Texts(truth), settings={"min_group_size": 10})


_MADE: dict[type[Predictions], Callable[..., Recipe[Any]]] = {
    ClassScores: _class_scores,
    LabelScores: _label_scores,
    Values: _values,
    Rankings: _rankings,
    TokenLabels: _token_labels,
    Texts: _texts,
}
KINDS = tuple(_MADE)
