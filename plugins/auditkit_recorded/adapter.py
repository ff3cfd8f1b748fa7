"""Recorded predictions: columns of the data files become the prediction type that they spell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit import (
    ClassScores,
    Continues,
    DataError,
    Differentiable,
    Embeds,
    Generates,
    GivesLikelihoods,
    LabelScores,
    RanksDeeper,
    RanksHistories,
    Trainable,
    adapter,
    canonical_label,
    parse_numbers,
)
from auditkit_recorded.others import AnswersARow, Recorded, recorded_others
from auditkit_recorded.recognise import recognise_recorded
from auditkit_recorded.spelling import file_of, quoted, refuse_other_spelling

if TYPE_CHECKING:
    import pandas as pd

WHOLE_SPLIT = 1 << 62
"""Nothing is computed, so nothing needs batches."""

_NO_MODEL = "recorded predictions stand for a model that is not run"
_OF_MODELS = (Differentiable, Embeds, Trainable, Generates, GivesLikelihoods, Continues, RanksHistories)


@adapter(
    "recorded",
    can={RanksDeeper: "lists that are recorded deeper than [data] k"},
    cannot=dict.fromkeys(_OF_MODELS, _NO_MODEL),
    recognises=recognise_recorded,
)
def open_recorded(
    path: Path | None,  # noqa: ARG001  its digest is taken by the host; the model is not run
    *,
    data: Any,
    labels: dict[str, str],
    target_classes: tuple[str, ...],
    task: str | None = None,
) -> RecordedClassScores | RecordedLabelScores | RecordedLabels | Recorded:
    """Predictions that somebody else recorded, in columns of the data files.

    `path`, when given, names the model that made them: its digest enters the report, the model itself is not run.
    """
    if (other := recorded_others(task, data, target_classes, labels)) is not None:
        return other
    if data.scores and isinstance(data.target, tuple):
        return RecordedLabelScores(_renamed(data.classes or data.scores, labels), data.scores)
    if data.scores:
        classes = _renamed(_classes(data, target_classes), labels)
        if not data.classes:
            _refuse_column_names(classes, data, target_classes)
        return RecordedClassScores(classes, data.scores, data.score_kind)
    if data.predicted:
        return RecordedLabels(_renamed(data.classes, labels), data.predicted, target_classes, labels)
    raise DataError(
        "no recorded predictions are named",
        hint='[data] scores = ["p_no", "p_yes"], one column a class; or predicted, generated or rankings',
    )


def _renamed(classes: tuple[str, ...], labels: dict[str, str]) -> tuple[str, ...]:
    return tuple(labels.get(name, name) for name in classes)


def _classes(data: Any, target_classes: tuple[str, ...]) -> tuple[str, ...]:
    """The class names, in the order of the score columns; for one column, the other class and the positive one."""
    if len(data.scores) > 1:
        if data.classes and len(data.classes) != len(data.scores):
            raise DataError(
                f"there are {len(data.scores)} score columns and {len(data.classes)} classes",
                hint="[data] classes names one class a column, in the same order",
            )
        return tuple(data.classes or data.scores)
    positive = data.positive[0] if isinstance(data.positive, tuple) and len(data.positive) == 1 else data.positive
    if not isinstance(positive, str):
        raise DataError(
            f"one score column, '{data.scores[0]}', needs to know whose score it is",
            hint='say which class: [data] positive = "yes"',
        )
    others = [name for name in (data.classes or target_classes) if name != positive]
    if len(others) > 1:
        raise DataError(
            f"one score column cannot tell {len(others) + 1} classes apart: '{positive}' and {others}",
            hint="name one column a class: [data] scores = [...]",
        )
    return (others[0] if others else f"not {positive}", positive)


def _refuse_column_names(classes: tuple[str, ...], data: Any, targets: tuple[str, ...]) -> None:
    """Refuse score columns that stand for classes and are not called as the target's labels are."""
    positive = (data.positive,) if isinstance(data.positive, str) else tuple(data.positive or ())
    unknown = next((name for name in targets or positive if name not in classes), None)
    if unknown is None:
        return
    of_each = [[name for name in targets if _stands_for(column, name)] for column in classes]
    names = [found[0] for found in of_each if len(found) == 1]
    is_told = len(set(names)) == len(classes) == len(targets)
    listed = ", ".join(quoted(name) for name in names) if is_told else "..."
    raise DataError(
        f"{'the target holds' if targets else 'the positive class is'} '{unknown}', which is none of the model's "
        f"classes: without [data] classes they are called as the columns, {', '.join(map(repr, classes))}",
        hint=f"[data] classes = [{listed}], one class a column in the order of scores",
    )


def _stands_for(column: str, label: str) -> bool:
    """Whether a column's name begins or ends with a class's, as in `p_yes`."""
    return column.casefold().endswith(label.casefold()) or column.casefold().startswith(label.casefold())


def _numbers(frame: pd.DataFrame, column: str) -> Any:
    return parse_numbers(frame[column].to_numpy(), column=column, where=file_of(frame))


@dataclass(frozen=True)
class RecordedClassScores(AnswersARow):
    """A score for each class, one column a class; or one column, the score of the positive class."""

    classes: tuple[str, ...]
    columns: tuple[str, ...]
    kind: str
    batch_size: int = WHOLE_SPLIT

    def predict(self, inputs: pd.DataFrame) -> ClassScores:
        """The recorded scores of these rows."""
        import numpy as np

        scores = np.column_stack([_numbers(inputs, column) for column in self.columns])
        if len(self.columns) == 1:
            # A score that is no probability has no complement: its mirror image keeps the order and ties at zero.
            other = 1 - scores if self.kind == "probability" else -scores
            scores = np.column_stack([other, scores])
        return ClassScores(self.classes, scores, "probability" if self.kind == "probability" else "score")


@dataclass(frozen=True)
class RecordedLabelScores(AnswersARow):
    """A score between 0 and 1 for each label of several."""

    labels: tuple[str, ...]
    columns: tuple[str, ...]
    batch_size: int = WHOLE_SPLIT

    def predict(self, inputs: pd.DataFrame) -> LabelScores:
        """The recorded scores of these rows."""
        import numpy as np

        return LabelScores(self.labels, np.column_stack([_numbers(inputs, column) for column in self.columns]))


@dataclass(frozen=True)
class RecordedLabels(AnswersARow):
    """The predicted class alone, without a score."""

    classes: tuple[str, ...]
    column: str
    target_classes: tuple[str, ...]
    renamed: dict[str, str]
    batch_size: int = WHOLE_SPLIT

    def predict(self, inputs: pd.DataFrame) -> ClassScores:
        """1 for the recorded class of each row, 0 for the others.

        Raises:
            DataError: a row has no prediction, one that is none of the classes, or one that spells a target's label
                in another way.
        """
        import numpy as np

        column = f"{file_of(inputs)} column '{self.column}'"
        raw = [canonical_label(value) for value in inputs[self.column].to_numpy(dtype=object)]
        empty = [row for row, label in enumerate(raw, start=1) if label is None]
        if empty:
            raise DataError(
                f"{column} has no prediction in {len(empty)} rows, first in row {empty[0]}",
                hint="a row without a prediction does not belong in the audit file",
            )
        predicted = [self.renamed.get(str(label), str(label)) for label in raw]
        if not self.classes:
            refuse_other_spelling(predicted, self.target_classes, column)
        classes = self.classes or tuple(sorted({*self.target_classes, *predicted}))
        place = {name: index for index, name in enumerate(classes)}
        unknown = next((label for label in predicted if label not in place), None)
        if unknown is not None:
            raise DataError(
                f"{column} holds '{unknown}', which is none of the classes",
                hint=f"[data] classes = {list(classes)}",
            )
        scores = np.zeros((len(predicted), len(classes)))
        scores[np.arange(len(predicted)), [place[label] for label in predicted]] = 1.0
        return ClassScores(classes, scores, "label")
