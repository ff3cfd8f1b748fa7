"""A Hugging Face pipeline that classifies texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.devices import computing_of_module
from auditkit.errors import DataError, ModelError
from auditkit.inmemory.identity import kind_of, pipeline_identity
from auditkit.inmemory.models import Found
from auditkit.inmemory.naming import Naming
from auditkit.inmemory.surroundings import evaluating
from auditkit.labels import canonical_label
from auditkit.predictions import Predictions

if TYPE_CHECKING:
    from auditkit.result import Computing


def found_pipeline(pipeline: Any) -> Found:
    """What a pipeline says of itself.

    Raises:
        ModelError: it is for another task.
    """
    if pipeline.task != "text-classification":
        raise ModelError(
            f"a pipeline for '{pipeline.task}' is not audited by this version",
            hint="'text-classification'; or give a function that returns a prediction type, e.g. auditkit.Texts",
        )
    return Found(
        kind_of(pipeline),
        pipeline_identity(pipeline),
        lambda naming, _: TextPipeline(pipeline, naming),  # it takes texts alone
        wants_text=True,
    )


@dataclass(frozen=True)
class TextPipeline:
    """A pipeline that is asked for the scores of all classes; how it batches and cuts texts is its own affair."""

    pipeline: Any = field(repr=False)
    naming: Naming

    @property
    def computing(self) -> Computing | None:
        """How torch computes with its model, in the process that it was given in."""
        return computing_of_module(self.pipeline.model)

    def predict(self, inputs: Any) -> Predictions:
        """The scores of one column of texts.

        Raises:
            DataError: there are several columns, or a cell is no text.
        """
        texts = _texts(inputs)
        with evaluating(self.pipeline.model):
            answers = self.pipeline(texts, top_k=None)
        names: Mapping[int, str] = self.pipeline.model.config.id2label
        own = [names[place] for place in sorted(names)]
        place = {name: column for column, name in enumerate(own)}
        if len(place) < len(own):
            raise ModelError(
                f"two classes of the pipeline's model have one name: {own}",
                hint="model.config.id2label names each class once, in the order of the model's outputs",
            )
        scores = np.empty((len(texts), len(own)))
        for row, answer in enumerate(answers):
            for said in answer:
                scores[row, place[said["label"]]] = said["score"]
        return self.naming.scores(scores, own=own)


def _texts(inputs: Any) -> list[str]:
    if getattr(inputs, "ndim", 1) != 1:
        if inputs.shape[1] != 1:
            raise DataError(
                f"a pipeline takes one column of texts, and input names {inputs.shape[1]}", hint='input="note"'
            )
        inputs = inputs.iloc[:, 0]
    texts = list(inputs)
    for row, text in enumerate(texts, start=1):
        if not isinstance(text, str):
            shown = canonical_label(text)
            raise DataError(
                f"input '{inputs.name}' holds {'nothing' if shown is None else repr(text)} in row {row}; wanted a text",
                hint="leave out rows without a text, or write the empty text",
            )
    return texts
