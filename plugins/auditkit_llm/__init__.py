"""The adapter for chat models: a causal model in a folder, or one behind an OpenAI-compatible endpoint.

`adapter` reads the spec, `prompts` makes cells into conversations, `decoding` says how answers are drawn, and `answers`
keeps what came back. `recognise` is what `auditkit init` is told of such models.

In a folder: `opening` loads the model and `local` asks it. `reading` makes prompts into tokens, while `watching` ends a
template that loops; `drawing` picks one token after another. `weighing` says how likely a given text is to the model,
`continuing` how likely the model is to write given tokens.

Behind an endpoint: `terms` checks what the spec says of it, `address` where it is, `secret` reads its key. `remote`
asks several prompts at once, `endpoint` a single one until it is answered or refused, within the time of `deadline`, at
the pace of `pacing` and the cost of `spending`; `reply` reads what comes back.
"""

from auditkit import hookimpl
from auditkit_llm.adapter import open_chat

# A chat model may stand behind an endpoint.
AUDITKIT_NEEDS = ("network", "gpu")


@hookimpl
def auditkit_register_adapters() -> list[object]:
    """Offer `chat`."""
    return [open_chat]
