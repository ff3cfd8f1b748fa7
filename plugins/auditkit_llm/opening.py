"""From a folder to a causal model and its tokenizer, held against each other; what its settings ask for is told."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from auditkit import ModelError, Text, needs_extra
from auditkit.checkpoints import (
    TOKENIZERS,
    Head,
    ModelFolder,
    base_of,
    load_model,
    load_part,
    locate_model,
    offline,
    quiet,
    refuse_foreign_tokenizer,
    refuse_without_tokenizer,
)
from auditkit.devices import Placed, Precision
from auditkit_llm.decoding import Decoding
from auditkit_llm.local import LocalChat
from auditkit_llm.prompts import Framing

HEAD = Head(
    adapter="chat",
    auto_class="AutoModelForCausalLM",
    types="MODEL_FOR_CAUSAL_LM_MAPPING_NAMES",
    called="causal language model",
    trained_as="causal language model",
    save="write it with model.save_pretrained(folder) and tokenizer.save_pretrained(folder)",
    settings=("tokenizer_config.json", "generation_config.json"),
)
_UNBOUNDED = 1 << 30
"""transformers says 1e30 where a tokenizer knows no bound."""


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
        beside=(*TOKENIZERS, "chat_template.jinja"),
        allow_download=allow_download,
        trust_pickle=trust_pickle,
        trust_remote_code=trust_remote_code,
    )


def locate_base(path: Path, folder: Path, *, base: str = "", allow_download: bool = False) -> Path | None:
    """Where the base of a LoRA adapter lies; None: the model is none."""
    return base_of(path, folder, base=base, allow_download=allow_download, beside=TOKENIZERS)


def open_folder(  # noqa: PLR0913  each is a key of the spec
    path: Path,
    *,
    device: str,
    precision: Precision,
    framing: Framing,
    decoding: Decoding,
    max_length: int | None,
    kept: Any,
    trust_pickle: bool,
    trust_remote_code: bool,
    base: Path | None = None,
) -> LocalChat:
    """Open a folder as a chat model.

    Raises:
        ModelError: it cannot be loaded, is not whole, or needs leave that the spec does not give.
        PluginError: torch or transformers is not installed.
    """
    if decoding.temperature is None:
        raise ModelError(
            '[model] temperature is "default", and a model in a folder is decoded by auditkit, which has no default',
            hint="temperature = 0, which is greedy, or a number above it",
        )
    with needs_extra("models"):
        import torch  # noqa: F401  what is missing is told before anything is read
        import transformers
    folder = ModelFolder.inspected(
        path, HEAD, trust_pickle=trust_pickle, trust_remote_code=trust_remote_code, base=base
    )
    refuse_without_tokenizer(folder)
    _refuse_other_head(folder)
    with quiet(), offline():
        module, notes = load_model(folder)
        tokenizer = load_part(folder, "tokenizer", "AutoTokenizer")
    refuse_foreign_tokenizer(tokenizer, module.get_input_embeddings().num_embeddings)
    ends = _ends(module, tokenizer)
    if tokenizer.pad_token_id is None:
        # Padding is masked, so any token will do.
        tokenizer.pad_token_id = ends[0] if ends else 0
    more = list(_unfollowed(module.generation_config))
    # Plain, or generate() would take from the folder what the spec does not say: a temperature, a penalty.
    module.generation_config = transformers.GenerationConfig(
        eos_token_id=list(ends) or None, pad_token_id=tokenizer.pad_token_id
    )
    return LocalChat(
        place=Placed.of(module, device, precision),
        tokenizer=tokenizer,
        framing=framing,
        decoding=decoding,
        ends=ends,
        limit=_limit(module, tokenizer, decoding.max_tokens, max_length),
        kept=kept,
        files=_fingerprint(path, *(() if base is None else (base,))),
        notes=(*folder.notes, *notes, *decoding.described(framing.system), *more, *_templated(tokenizer, framing)),
        trusted=folder.trusted,
    )


def _refuse_other_head(folder: ModelFolder) -> None:
    """Refuse an encoder: its masked-language head has a causal one's names, and was trained to look both ways."""
    saved = [str(name) for name in folder.config.get("architectures") or ()]
    if saved and "MaskedLM" in saved[0]:
        raise ModelError(
            f"the model in '{folder.path.name}' was saved as a '{saved[0]}', which fills gaps and writes no answers",
            hint="chat opens models that write one token after another: ...ForCausalLM",
        )


def _ends(module: Any, tokenizer: Any) -> tuple[int, ...]:
    """The tokens that end an answer: those of generation_config.json, and the tokenizer's own."""
    told = module.generation_config.eos_token_id
    found = [*(told if isinstance(told, list | tuple) else [told]), tokenizer.eos_token_id]
    return tuple(dict.fromkeys(int(one) for one in found if one is not None))


def _unfollowed(settings: Any) -> list[Text]:
    """A note where generation_config.json asks for other decoding than the spec."""
    asked = settings.to_diff_dict() if hasattr(settings, "to_diff_dict") else {}
    others = {
        name: value
        for name, value in asked.items()
        if value is not False
        and not name.endswith("_token_id")
        and name not in {"transformers_version", "_from_model_config", "use_cache"}
    }
    if not others:
        return []
    shown = ", ".join(f"{name} = {value}" for name, value in sorted(others.items()))[:300]
    message = "generation_config.json of the model asks for {settings}; answers were decoded as the spec says"
    return [Text.of(message, settings=shown)]


def _templated(tokenizer: Any, framing: Framing) -> list[Text]:
    """How a row's text became a prompt."""
    if tokenizer.chat_template is None:
        return [Text.of("prompts were given as plain text: the tokenizer has no chat template")]
    text = tokenizer.chat_template
    digest = hashlib.sha256(json.dumps([text, framing.template]).encode()).hexdigest()
    return [Text.of("prompts were put into the model's own chat template, sha256:{digest}", digest=digest)]


def _limit(module: Any, tokenizer: Any, max_tokens: int, wanted: int | None) -> int | None:
    """The tokens of a prompt for which there is room, besides those of its answer.

    Raises:
        ModelError: there is none.
    """
    bounds = (tokenizer.model_max_length, getattr(module.config.get_text_config(), "max_position_embeddings", None))
    known = [int(one) for one in bounds if isinstance(one, int | float) and 0 < one < _UNBOUNDED]
    room = min(known) - max_tokens if known else None
    if room is not None and room < 1:
        raise ModelError(
            f"[model] max_tokens is {max_tokens}, and the model has room for {min(known)} tokens, prompt and answer",
            hint=f"max_tokens = {max(1, min(known) // 2)}",
        )
    if wanted is None:
        return room
    if wanted < 1 or (room is not None and wanted > room):
        upper = "" if room is None else f" and at most {room}, besides max_tokens = {max_tokens}"
        raise ModelError(
            f"[model] max_length is {wanted}, and this model takes at least 1 token of a prompt{upper}",
            hint=f"max_length = {room or 1}, or leave it out",
        )
    return wanted


def _fingerprint(*paths: Path) -> str:
    """Tells the folders' files from others that lie there another time; their digests are the host's to take."""
    files = [one for path in paths for one in sorted(path.iterdir()) if one.is_file()]
    found = [(one.name, one.stat().st_size, one.stat().st_mtime_ns) for one in files]
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()
