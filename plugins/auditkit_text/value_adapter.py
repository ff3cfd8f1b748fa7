"""`text-regressor`: what a spec may say of it, and the way from a folder to a model that gives numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from auditkit import (
    Continues,
    Differentiable,
    Embeds,
    Generates,
    GivesLikelihoods,
    ModelError,
    RanksDeeper,
    RanksHistories,
    Trainable,
    Values,
    adapter,
)
from auditkit.checkpoints import Head, ValueOutput, ValueOutputs, value_outputs
from auditkit.devices import Placed, Precision
from auditkit.inputs import Encoder
from auditkit_text.opening import SAVE, SETTINGS, locate, locate_base, open_parts
from auditkit_text.recognise import recognise_text_regressor
from auditkit_text.tokens import token_limit

HEAD = Head(
    adapter="text-regressor",
    auto_class="AutoModelForSequenceClassification",
    types="MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES",
    called="text regressor",
    trained_as="sequence classifier of one output",
    save=SAVE,
    settings=SETTINGS,
)


@adapter(
    "text-regressor",
    gives=Values,
    locate=locate,
    base=locate_base,
    recognises=recognise_text_regressor,
    can=(Differentiable, Embeds),
    cannot={
        Generates: "it gives a number and writes nothing",
        GivesLikelihoods: "it writes nothing, and finds no text likely",
        Continues: "it writes nothing, and finds no text likely",
        RanksDeeper: "it ranks no items",
        RanksHistories: "it ranks no items",
        Trainable: "a folder does not say how its model was trained",
    },
)
def open_text_regressor(  # noqa: PLR0913  each is a key of the spec
    path: Path | None,
    *,
    device: str,
    spec_folder: Path | None = None,
    precision: Precision = "float32",
    output: ValueOutput = "values",
    levels: tuple[float, ...] = (),
    scale: float = 1.0,
    offset: float = 0.0,
    max_length: int | None = None,
    base: str = "",
    allow_download: bool = False,
    trust_pickle: bool = False,
    trust_remote_code: bool = False,
) -> Any:
    """A transformers regressor of texts: a folder with config.json, model.safetensors and its tokenizer.

    Its config has one label, or says `problem_type = "regression"`. `output` says what its numbers are: "values", one
    a text; "mean-and-log-variance" or "mean-and-spread", two; "quantiles", one for each of `levels`, 0.5 among them.
    A value is what the model gives, times `scale`, plus `offset`: the standard deviation and the mean of the targets
    that it was trained on, where these were standardised; a spread is only multiplied. `max_length` is how many tokens
    of a text the model looks at; longer texts are cut, and the report says how many. What another `precision` than
    float32 changes is measured and printed. `base` is the folder of a LoRA adapter's base.
    """
    meaning = value_outputs(output, levels, scale=scale, offset=offset)
    under = locate_base(path, spec_folder, base=base, allow_download=allow_download)
    parts = open_parts(path, HEAD, trust_pickle=trust_pickle, trust_remote_code=trust_remote_code, base=under)
    _refuse_classifier(parts.module.config, meaning)
    from auditkit_text.model import TextRegressor

    return TextRegressor(
        place=Placed.of(parts.module, device, precision),
        encoder=Encoder(parts.tokenizer, token_limit(parts.module, parts.tokenizer, max_length)),
        meaning=meaning,
        notes=parts.notes,
        trusted=parts.trusted,
    )


def _refuse_classifier(config: Any, meaning: ValueOutputs) -> None:
    """Refuse a model of classes, and one of which the spec says another number of outputs."""
    said, count = config.problem_type, config.num_labels
    of_classes = said not in {None, "regression"}
    if of_classes or (said is None and count > 1 and meaning.count == 1):
        names = ", ".join(f"'{config.id2label[place]}'" for place in range(min(count, 4)))
        kind = f"problem_type is '{said}'" if of_classes else "its config.json does not call it a regression"
        raise ModelError(
            f"the model gives {count} scores, of {names}, and no value: {kind}",
            hint='[model] adapter = "text-classifier"; a mean with its variance: output = "mean-and-log-variance"',
        )
    meaning.refuse_other_count(count)
