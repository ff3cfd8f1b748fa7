"""`chat`: what a spec may say of it, and the way from there to a model that answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from auditkit import Differentiable, Embeds, Generates, ModelError, Texts, Trainable, adapter
from auditkit.kept import Kept
from auditkit_llm.decoding import Decoding
from auditkit_llm.opening import locate, open_folder
from auditkit_llm.prompts import PLACE, Framing


@adapter(
    "chat",
    gives=Texts,
    locate=locate,
    can=(Generates, Embeds),
    cannot={
        Differentiable: "what it writes is chosen token by token, and a choice has no gradient",
        Trainable: "neither a folder nor an endpoint says how its model was trained",
    },
)
def open_chat(  # noqa: PLR0913  each is a key of the spec
    path: Path | None,
    *,
    device: str,
    kept: Kept | None,
    system: str | None = None,
    template: str = PLACE,
    temperature: float = 0.0,
    max_tokens: int = 256,
    samples: int = 1,
    stop: tuple[str, ...] = (),
    seed: int = 0,
    max_length: int | None = None,
    allow_download: bool = False,  # noqa: ARG001  `locate` is given it
    trust_pickle: bool = False,
    trust_remote_code: bool = False,
) -> Any:
    """A chat model: a folder of a causal model and its tokenizer.

    Answers are decoded greedily, unless `temperature` says otherwise; then each sample of each prompt has a seed of its
    own. A prompt is a plain text, which `template` puts into the user's words, or a JSON list of messages.
    """
    framing = Framing(template, system)
    decoding = Decoding(float(temperature), max_tokens, samples, stop, seed)
    if path is None:
        raise ModelError("no model is named", hint='[model] path = "model", the folder that save_pretrained wrote')
    return open_folder(
        path,
        device=device,
        framing=framing,
        decoding=decoding,
        max_length=max_length,
        kept=kept or Kept(),
        trust_pickle=trust_pickle,
        trust_remote_code=trust_remote_code,
    )
