"""From a folder, or a module and its state, to what shows images to it: the same for every adapter of images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditkit import ModelError, Text, needs_extra
from auditkit.checkpoints import Head, ModelFolder, load_model, locate_model, of_classes, offline, open_own, quiet
from auditkit.files import FileInputs
from auditkit.images import (
    GREY,
    PROCESSORS,
    Ground,
    Prepare,
    declared,
    image_inputs,
    preparation,
    reading_of,
    unsaid_preparation,
)
from auditkit_image.model import several_columns

SAVE = "write it with model.save_pretrained(folder) and processor.save_pretrained(folder)"


@dataclass(frozen=True)
class Parts:
    """What a folder, or a module and its state, were opened to."""

    module: Any
    forward: Callable[[Any, Any], Any]
    prepare: Prepare
    channels: int
    notes: tuple[Text, ...]
    trusted: tuple[Text, ...]
    config: Any = None
    """Of transformers; None: a module of the user's own."""


def locate(
    written: str,
    folder: Path,
    *,
    allow_download: bool = False,
    trust_pickle: bool = False,
    trust_remote_code: bool = False,
) -> Path:
    """Where the model lies: beside the spec, or in this machine's cache of the hub."""
    return locate_model(
        written,
        folder,
        beside=PROCESSORS,
        allow_download=allow_download,
        trust_pickle=trust_pickle,
        trust_remote_code=trust_remote_code,
    )


def image_files(
    columns: tuple[str, ...],
    *,
    max_corrupt: float = 0.01,
    grey_range: tuple[int, int] = (0, 65535),
    transparent_over: Ground = "white",
) -> FileInputs:
    """The column of the images' paths, and how each file is looked at."""
    if len(columns) != 1:
        raise several_columns(columns)
    return image_inputs(columns, reading_of(grey_range, transparent_over), max_corrupt=max_corrupt)


def named(path: Path | None) -> Path:
    """The path, when there is one, and the libraries that open it.

    Raises:
        ModelError: none is named.
        PluginError: torch or transformers is not installed.
    """
    if path is None:
        raise ModelError("no model is named", hint='[model] path = "model", the folder that save_pretrained wrote')
    with needs_extra("models"):
        import torch  # noqa: F401  what is missing is told before anything is read
        import transformers  # noqa: F401  same
    return path


def open_folder(
    path: Path, head: Head, spoken: Mapping[str, Any], *, trust_pickle: bool, trust_remote_code: bool
) -> Parts:
    """Open a folder of transformers.

    Args:
        path: the folder.
        head: what it is opened as.
        spoken: what the spec says of how images are prepared.
        trust_pickle: the option.
        trust_remote_code: the option.

    Raises:
        ModelError: it cannot be loaded, or nothing says how images are prepared.
    """
    folder = ModelFolder.inspected(path, head, trust_pickle=trust_pickle, trust_remote_code=trust_remote_code)
    with quiet(), offline():
        module, notes = load_model(folder)
        channels = _channels(module.config)
        prepare, said = preparation(folder, declared(channels=channels, **spoken))
    return Parts(
        module, _logits, prepare, channels, (*folder.notes, *notes, said), folder.trusted, config=module.config
    )


def open_module(
    path: Path, reference: str, folder: Path, spoken: Mapping[str, Any], *, state_key: str | None, trust_pickle: bool
) -> Parts:
    """Build a module of the user's own and put its state into it.

    Args:
        path: of the state.
        reference: e.g. `net:build`.
        folder: the spec's.
        spoken: what the spec says of how images are prepared.
        state_key: where the state lies in its file.
        trust_pickle: the option.

    Raises:
        ModelError: it cannot be built, or nothing says how images are prepared.
    """
    channels = len(spoken["mean"] or ())
    prepare = declared(channels=channels if channels in GREY else 3, **spoken)
    if prepare is None:
        raise unsaid_preparation("a module by its import path has no processor")
    own = open_own(path, reference, folder, state_key=state_key, trust_pickle=trust_pickle)
    return Parts(own.module, _classes, prepare, channels, (*own.notes, prepare.note), own.trusted)


def _classes(module: Any, batch: Any) -> Any:
    return of_classes(module(batch), len(batch), called="images")


def _logits(module: Any, batch: Any) -> Any:
    return module(pixel_values=batch).logits


def _channels(config: Any) -> int:
    """How many channels the model looks at: 1 or 3."""
    found = getattr(config, "num_channels", 3)
    if found not in GREY:
        raise ModelError(
            f"the model looks at {found} channels, and an image has 1 or 3",
            hint='any other model is audited by its answers in a file: [model] adapter = "recorded"',
        )
    return int(found)
