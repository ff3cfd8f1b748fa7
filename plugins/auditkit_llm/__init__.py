"""The adapter for chat models: a causal model in a folder, or one behind an OpenAI-compatible endpoint."""

from auditkit import hookimpl
from auditkit_llm.adapter import open_chat


@hookimpl
def auditkit_register_adapters() -> list[object]:
    """Offer `chat`."""
    return [open_chat]
