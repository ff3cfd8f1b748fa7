"""What `auditkit init` is told of chat models: causal models in folders, and addresses of endpoints."""

from __future__ import annotations

from auditkit.recognising import Glimpse, Recognised, Setting, pretrained_folder
from auditkit_llm.address import Address


def recognise_chat(seen: Glimpse) -> Recognised | None:
    """A folder that was saved as a causal model; or the address of an endpoint, which is not asked.

    Raises:
        ModelError: the address is none, or bears what may be a secret; then it is not shown.
    """
    if seen.is_url:
        return _endpoint(Address.of(seen.written))
    folder = pretrained_folder(seen)
    if folder is None or not folder.ends(("ForCausalLM", "LMHeadModel")):
        return None
    settings = (*folder.settings, _most_tokens())
    return Recognised("sure", folder.reason, settings, task="text", takes="text", gives="Texts")


def _endpoint(address: Address) -> Recognised:
    settings = [
        Setting("endpoint", address.url, "OpenAI's chat completions; nobody is asked before auditkit run"),
        Setting("model", why="what the endpoint calls the model", is_safe=False),
    ]
    if not address.is_loopback:
        why = "the environment variable that holds the key, never the key itself; empty: none is sent"
        settings.append(Setting("key_env", why=why, is_safe=False))
    reason = "it is the address of a server"
    return Recognised("likely", reason, (*settings, _most_tokens()), task="text", takes="text", gives="Texts")


def _most_tokens() -> Setting:
    return Setting("max_tokens", 256, "of an answer; it ends there")
