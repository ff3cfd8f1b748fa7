"""From a folder to its module and tokenizer: what every adapter for texts does before it looks at the head."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditkit import ModelError, Text, needs_extra
from auditkit.checkpoints import (
    TOKENIZERS,
    Head,
    ModelFolder,
    base_of,
    load_model,
    locate_model,
    offline,
    quiet,
    refuse_without_tokenizer,
)
from auditkit_text.tokenizer import load_tokenizer

SAVE = "write it with model.save_pretrained(folder) and tokenizer.save_pretrained(folder)"
SETTINGS = ("tokenizer_config.json",)


@dataclass(frozen=True)
class Parts:
    """What a folder holds, opened: the module is on the CPU, in float32 and for evaluation."""

    module: Any
    tokenizer: Any
    notes: tuple[Text, ...]
    trusted: tuple[Text, ...]
    """What the spec allowed to run on this machine."""


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
        beside=TOKENIZERS,
        allow_download=allow_download,
        trust_pickle=trust_pickle,
        trust_remote_code=trust_remote_code,
    )


def locate_base(path: Path | None, folder: Path | None, *, base: str = "", allow_download: bool = False) -> Path | None:
    """Where the base of a LoRA adapter lies, by `[model] base` or its config; None: the model is none."""
    if path is None:
        return None
    folder = Path() if folder is None else folder
    return base_of(path, folder, base=base, allow_download=allow_download, beside=TOKENIZERS)


def open_parts(
    path: Path | None, head: Head, *, trust_pickle: bool, trust_remote_code: bool, base: Path | None = None
) -> Parts:
    """Open a folder as a kind of model.

    Raises:
        ModelError: none is named, or it cannot be loaded, is not whole, or needs leave that the spec does not give.
        PluginError: torch or transformers is not installed.
    """
    if path is None:
        raise ModelError("no model is named", hint='[model] path = "model", the folder that save_pretrained wrote')
    with needs_extra("models"):
        import torch  # noqa: F401  what is missing is told before anything is read
        import transformers  # noqa: F401  same
    folder = ModelFolder.inspected(
        path, head, trust_pickle=trust_pickle, trust_remote_code=trust_remote_code, base=base
    )
    refuse_without_tokenizer(folder)
    with quiet(), offline():
        module, notes = load_model(folder)
        tokenizer = load_tokenizer(folder, module)
    return Parts(module, tokenizer, (*folder.notes, *notes), folder.trusted)
