"""The tokenizer and the preparation of images that lie beside a module's state, or that the spec declares."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from auditkit import ModelError, Text
from auditkit.checkpoints import Head, ModelFolder, load_part, offline, quiet, read_object, refuse_without_tokenizer
from auditkit.images import GREY, PROCESSORS, Images, Prepare, Reading, declared, preparation, unsaid_preparation
from auditkit.inputs import Encoder

HEAD = Head(
    adapter="multimodal",
    auto_class="",
    types="",
    called="model of several inputs",
    trained_as="model of several inputs",
    save="save the state as model.safetensors, and beside it what tokenizer.save_pretrained(folder) and "
    "processor.save_pretrained(folder) write",
    settings=PROCESSORS,
)
_UNBOUNDED = 1 << 30
"""transformers says 1e30 where a tokenizer knows no bound."""


class Shown:
    """What says how images are prepared: the folder, or the spec."""

    def __init__(self, path: Path, *, reading: Reading, **spoken: Any) -> None:
        self.path = path
        self.reading = reading
        self.spoken: Mapping[str, Any] = spoken

    def preparation(self) -> tuple[Prepare, int, Text]:
        """The preparation, how many channels it makes, and what the report says of it.

        Raises:
            ModelError: neither the folder nor the spec says it, or both do.
        """
        channels = len(self.spoken["mean"] or ())
        told = declared(channels=channels if channels in GREY else 3, **self.spoken)
        if not self.path.is_dir():
            if told is None:
                raise unsaid_preparation(f"'{self.path.name}' is a state alone")
            return told, channels, told.note
        with quiet(), offline():
            prepare, said = preparation(ModelFolder(self.path, HEAD, {}), told)
        return prepare, channels or _channels(self.path), said


def _channels(folder: Path) -> int:
    """How many channels a processor's own settings normalise."""
    for name in PROCESSORS:
        if (folder / name).is_file():
            settings = read_object(folder / name, hint=HEAD.save)
            found = settings.get("image_processor", settings).get("image_mean")
            return len(found) if isinstance(found, list) and len(found) in GREY else 3
    return 3


def images_of(shown: Shown, count: int) -> tuple[list[Images], tuple[Text, ...]]:
    """The way from a file to the module's numbers for each of so many columns, and what the report says of it."""
    prepare, channels, said = shown.preparation()
    found = [Images(prepare, channels, shown.reading) for _ in range(count)]
    for one in found:
        one.most_begun //= count  # of all columns together, no more than of one
    return found, (said,)


def encoder_of(path: Path, wanted: int | None) -> Encoder:
    """The tokenizer that lies beside the state.

    Raises:
        ModelError: there is none, it cannot pad, or nothing says how long a text may be and the spec says too little.
    """
    if not path.is_dir():
        raise ModelError(
            f"'{path.name}' is a state alone, and texts need the tokenizer that the module was trained with",
            hint='[model] path = "model", the folder with both: model.safetensors, and what '
            "tokenizer.save_pretrained(folder) writes",
        )
    folder = ModelFolder(path, HEAD, {})
    refuse_without_tokenizer(folder)
    with quiet(), offline():
        tokenizer = load_part(folder, "tokenizer", "AutoTokenizer")
    if tokenizer.pad_token_id is None:
        raise ModelError(
            "the tokenizer has no padding token, and texts of different lengths need one",
            hint="train with one: tokenizer.pad_token = ...",
        )
    most = int(tokenizer.model_max_length) if tokenizer.model_max_length < _UNBOUNDED else None
    least = tokenizer.num_special_tokens_to_add() + 1
    if wanted is not None and (wanted < least or (most is not None and wanted > most)):
        upper = "" if most is None else f" and at most {most}"
        raise ModelError(
            f"[model] max_length is {wanted}, and this tokenizer takes at least {least}{upper}",
            hint=f"max_length = {least if most is None else most}, or leave it out",
        )
    return Encoder(tokenizer, wanted or most)
