"""Cases that are barely cases: no target, no group, one row, one class, scores that are all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from auditkit.case import Case
from auditkit.predictions import ClassScores, LabelScores
from auditkit.testing.recipes import Recipe

Made = tuple[str, Callable[[], Case[Any]]]


def degenerate(recipe: Recipe[Any]) -> Iterator[Made]:
    """Named cases made of an ordinary one, each of which a check must answer or decline."""
    rows = len(recipe)
    yield "one row", recipe.take(np.array([0])).case
    yield "no targets", recipe.but(targets=None, truth=None).case
    yield "no groups", recipe.but(groups={}).case
    yield "every row in one group", recipe.but(groups={"sex": ["F"] * rows}).case
    yield "a group of one row", recipe.but(groups={"sex": ["X"] + ["F"] * (rows - 1)}).case
    yield "every group missing", recipe.but(groups={"sex": [None] * rows}).case
    yield "units of four rows", recipe.but(units=[row // 4 for row in range(rows)]).case
    yield "half of the weights 0", recipe.but(weights=[0.0] * (rows // 2) + [2.0] * (rows - rows // 2)).case
    predictions = recipe.predictions
    if isinstance(predictions, ClassScores):
        yield from _of_classes(recipe, predictions)
    if isinstance(predictions, LabelScores):
        flat = replace(predictions, scores=np.full_like(predictions.scores, 0.5))
        yield "constant scores", recipe.but(predictions=flat).case
        yield "no label is right", recipe.but(targets=np.zeros_like(recipe.targets)).case


def _of_classes(recipe: Recipe[Any], predictions: ClassScores) -> Iterator[Made]:
    rows, classes = len(recipe), predictions.classes
    flat = replace(predictions, scores=np.full_like(predictions.scores, 1 / len(classes)))
    labels = np.eye(len(classes))[np.arange(rows) % len(classes)]
    yield "one class alone", recipe.but(targets=[classes[0]] * rows).case
    yield "the other class alone", recipe.but(targets=[classes[-1]] * rows).case
    yield "every target missing", recipe.but(targets=[None] * rows).case
    yield "constant scores", recipe.but(predictions=flat).case
    yield "labels without scores", recipe.but(predictions=ClassScores(classes, labels, "label")).case
    if "positive" in recipe.settings:
        kept = {name: value for name, value in recipe.settings.items() if name != "positive"}
        yield "no positive class named", recipe.but(settings=kept).case
