"""`multimodal`: what a spec may say of it, and the way from a module's state to a model that predicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from auditkit import (
    Continues,
    Differentiable,
    Embeds,
    Generates,
    GivesLikelihoods,
    ModelError,
    RanksDeeper,
    RanksHistories,
    Text,
    Trainable,
    adapter,
    needs_extra,
)
from auditkit.checkpoints import numbered_names, open_own
from auditkit.devices import Placed, Precision
from auditkit.files import FileInputs
from auditkit.images import Ground, Interpolation, image_inputs, reading_of
from auditkit.inputs import Columns, Encoding
from auditkit_multimodal.model import Multimodal, WithTexts
from auditkit_multimodal.parts import Film, Note, Part, Table
from auditkit_multimodal.preparing import Shown, encoder_of, images_of
from auditkit_multimodal.recognise import recognise_multimodal

Lacking = Literal["refuse", "mask"]
_TABLE, _PRESENT = "table", "present"


def image_columns(
    columns: tuple[str, ...],
    *,
    images: tuple[str, ...] = (),
    lacking: Lacking = "refuse",
    max_corrupt: float = 0.01,
    grey_range: tuple[int, int] = (0, 65535),
    transparent_over: Ground = "white",
) -> FileInputs:
    """The columns of the images' paths among the inputs, and how each file is looked at."""
    if not images:
        return FileInputs((), _never)
    reading = reading_of(grey_range, transparent_over)
    found = tuple(name for name in columns if name in images)
    return image_inputs(found, reading, max_corrupt=max_corrupt, may_be_missing=lacking == "mask")


def _never(_: bytes) -> Any:
    raise AssertionError("no column holds files")


@adapter(
    "multimodal",
    files=image_columns,
    recognises=recognise_multimodal,
    can=(Embeds,),
    cannot={
        Differentiable: "what it is given are several tensors, and tokens among them have no gradient",
        Generates: "it chooses among classes and makes nothing",
        GivesLikelihoods: "it writes nothing, and finds no text likely",
        Continues: "it writes nothing, and finds no text likely",
        RanksDeeper: "it ranks no items",
        RanksHistories: "it ranks no items",
        Trainable: "its files do not say how it was trained",
    },
)
def open_multimodal(  # noqa: PLR0913  each is a key of the spec
    path: Path | None,
    *,
    device: str,
    labels: dict[str, str],
    target_classes: tuple[str, ...],
    data: Any,
    spec_folder: Path,
    module: str,
    output: Literal["logits", "probabilities"],
    precision: Precision = "float32",
    state_key: str | None = None,
    texts: tuple[str, ...] = (),
    images: tuple[str, ...] = (),
    columns: tuple[str, ...] = (),
    categories: dict[str, tuple[str, ...]] = {},  # noqa: B006  it is read alone
    encoding: Encoding = "one-hot",
    lacking: Lacking = "refuse",
    multi_label: bool = False,
    max_length: int | None = None,
    resize: int | tuple[int, int] | None = None,
    crop: int | tuple[int, int] | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    interpolation: Interpolation = "bilinear",
    max_corrupt: float = 0.01,  # noqa: ARG001  `image_columns` is given it
    grey_range: tuple[int, int] = (0, 65535),
    transparent_over: Ground = "white",
    trust_pickle: bool = False,
) -> Multimodal:
    """Note, image and table of one patient together: a torch module with an encoder for each, by its import path.

    `texts`, `images` and `columns` divide the columns of `[data] input`. `module = "net:build"` is the function that
    builds the module, and `path` its state, or the folder in which it lies as model.safetensors, with its tokenizer
    and its preprocessor_config.json; where there is none of these, `resize`, `crop`, `mean` and `std` say how images
    are prepared. The module's forward takes each text column as a dict of input_ids and attention_mask [n, t], each
    image column as [n, channels, rows, columns], both under the column's name, and the other columns as `table` [n, d],
    with `categories` and `encoding` as in `tabular`; it returns [n, classes], `output` says whether logits or
    probabilities. A row that lacks something is refused; with `lacking = "mask"` it goes in as an empty text or zeros,
    and forward is also given `present`: by the same names, which is there. `max_length` is how many tokens of a text
    are looked at. What another `precision` than float32 changes is measured and printed.
    """
    if path is None:
        raise ModelError("no model is named", hint='[model] path = "model", the folder of the module\'s state')
    with needs_extra("models"):
        import torch  # noqa: F401  what is missing is told before anything is read
        import transformers  # noqa: F401  same
    inputs = (data.input,) if isinstance(data.input, str) else tuple(data.input or ())
    _refuse_divisions(inputs, texts, images, columns)
    reading = reading_of(grey_range, transparent_over)
    shown = Shown(path, resize=resize, crop=crop, mean=mean, std=std, interpolation=interpolation, reading=reading)
    may_be_missing = lacking == "mask"
    # Read first: what the folder lacks is told before any code runs.
    encoder = encoder_of(path, max_length) if texts else None
    films, said = images_of(shown, len(images)) if images else ([], ())
    table = Columns.of(columns, categories, encoding) if columns else None
    own = open_own(path, module, spec_folder, state_key=state_key, trust_pickle=trust_pickle)
    parts: list[Part] = [Note(name, encoder, may_be_missing) for name in texts if encoder is not None]
    parts += [Film(name, one, may_be_missing) for name, one in zip(images, films, strict=True)]
    if table is not None:
        table.refuse_unlisted()
        parts.append(Table(table, may_be_missing))
    settings: dict[str, Any] = {
        "place": Placed.of(own.module, device, precision),
        "parts": tuple(parts),
        "tells_missing": may_be_missing,
        "is_logits": output == "logits",
        "notes": (*own.notes, *said, *_notes(parts, may_be_missing=may_be_missing)),
        "trusted": own.trusted,
    }
    model = Multimodal(**settings) if encoder is None else WithTexts(**settings, limit=encoder.limit)
    _name(model, _Naming(labels, target_classes, data, multi_label))
    return model


@dataclass(frozen=True)
class _Naming:
    """What says how the module's numbers are called."""

    labels: dict[str, str]
    target_classes: tuple[str, ...]
    data: Any
    multi_label: bool


def _name(model: Multimodal, said: _Naming) -> None:
    target = said.data.target
    if isinstance(target, tuple) != said.multi_label and target is not None:
        raise ModelError(
            "several labels have a column each, and one class has one column: [data] target and multi_label differ",
            hint='multi_label = true and target = ["sepsis", "stroke"]; or one column, without multi_label',
        )
    targets = tuple(target) if isinstance(target, tuple) else said.target_classes
    model.kind, model.classes = numbered_names(
        model.outputs(), said.data.classes, multi_label=said.multi_label, labels=said.labels, targets=targets
    )


def _refuse_divisions(
    inputs: Sequence[str], texts: Sequence[str], images: Sequence[str], columns: Sequence[str]
) -> None:
    """Refuse columns that are inputs and of no kind, of two kinds, or of a kind and no inputs."""
    named = Counter([*texts, *images, *columns])
    hint = '[model] texts = ["note"], images = ["film"], columns = ["age"]: each of [data] input once'
    twice = next((name for name, count in named.items() if count > 1), None)
    if twice is not None:
        raise ModelError(f"[model] texts, images and columns name '{twice}' twice", hint=hint)
    for name in (*inputs, *named):
        if (name in named) != (name in inputs):
            where = "none of texts, images and columns does" if name in inputs else "[data] input does not"
            who = "[data] input" if name in inputs else "[model]"
            raise ModelError(f"{who} names '{name}', and {where}", hint=hint)
    if not inputs:
        raise ModelError("no column goes into the model", hint=hint)
    taken = next((name for name in (*texts, *images) if name in {_TABLE, _PRESENT}), None)
    if taken is not None:
        raise ModelError(
            f"a column is called '{taken}', a keyword of forward that means something else",
            hint="rename the column, in the data and in the module's forward",
        )


def _notes(parts: Sequence[Part], *, may_be_missing: bool) -> tuple[Text, ...]:
    given = Text.of("the module is given {parts} together", parts=", ".join(f"'{part.name}'" for part in parts))
    if not may_be_missing:
        return (given,)
    masked = "what a row lacks goes in as an empty text or zeros, and the module is told, as the spec says"
    return (given, Text.of(masked))
