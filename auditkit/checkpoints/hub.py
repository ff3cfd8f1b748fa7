"""Where a model lies: a folder beside the spec, or under its id in this machine's cache of the Hugging Face hub."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from auditkit.checkpoints.shards import WEIGHTS
from auditkit.errors import ModelError
from auditkit.plugin import needs_extra

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?", re.ASCII)
_NEEDED = ("*.json", "*.safetensors")
"""What is fetched of any model, by pattern: the weights that other libraries read stay where they are."""


def locate_model(
    written: str,
    folder: Path,
    *,
    beside: tuple[str, ...],
    allow_download: bool,
    trust_pickle: bool,
    trust_remote_code: bool,
) -> Path:
    """The folder of a model: the one beside the spec when it is there, else the hub's cached snapshot of that id.

    This is the one place of an adapter that may use the network, and it does so only under `allow_download` and only
    for what the cache lacks: an audit that is resumed fetches nothing.

    Args:
        written: what the spec says, `[model] path`.
        folder: the spec's.
        beside: files of which a whole model has one, beside config and weights: a tokenizer's, an image processor's.
        allow_download: whether the hub may be asked for what the cache lacks.
        trust_pickle: whether weights in a pickle are fetched too.
        trust_remote_code: whether the model's own code is fetched too.

    Raises:
        ModelError: it is in neither place, and may not or cannot be fetched.
    """
    local = folder / written
    if local.exists() or not _HUB_ID.fullmatch(written):
        return local
    needed = (*_NEEDED, *beside)
    cached = _cached(written, needed)
    if cached is not None and (not allow_download or _is_whole(cached, beside)):
        return cached
    if not allow_download:
        raise ModelError(
            f"there is no model at '{local}', and none called '{written}' in this machine's Hugging Face cache",
            hint=f"[model] path is relative to the spec file; a model of the hub: hf download {written}, "
            "or [model] allow_download = true",
        )
    more = (*(["*.bin"] if trust_pickle else []), *(["*.py"] if trust_remote_code else []))
    return _fetched(written, (*needed, *more))


def _cached(hub_id: str, patterns: tuple[str, ...]) -> Path | None:
    with needs_extra("models"):
        import huggingface_hub
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
    try:
        return Path(huggingface_hub.snapshot_download(hub_id, local_files_only=True, allow_patterns=list(patterns)))
    except (LocalEntryNotFoundError, HFValidationError):
        return None


def _is_whole(snapshot: Path, beside: tuple[str, ...]) -> bool:
    """Whether the cache holds more than, say, a config that another program has looked at."""
    parts = (("config.json",), WEIGHTS, beside)
    return all(any((snapshot / name).exists() for name in names) for names in parts)


def _fetched(hub_id: str, patterns: tuple[str, ...]) -> Path:
    import huggingface_hub

    try:
        return Path(huggingface_hub.snapshot_download(hub_id, allow_patterns=list(patterns)))
    except Exception as error:  # whatever a network, a proxy or the hub may do: it is told, with its own words
        said = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
        raise ModelError(
            f"the model '{hub_id}' could not be fetched from the hub: {type(error).__name__}: {said[:300]}",
            hint=f"[model] path is a folder beside the spec, or a hub id; try: hf download {hub_id}",
        ) from error


@contextlib.contextmanager
def offline() -> Iterator[None]:
    """Keep transformers from asking the hub for anything while a model is opened, as HF_HUB_OFFLINE=1 would."""
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before
