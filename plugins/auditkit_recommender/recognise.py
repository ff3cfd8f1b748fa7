"""What `auditkit init` is told of recommenders: a folder with the lists of ids beside its numbers."""

from __future__ import annotations

import json

from auditkit import ModelError
from auditkit.recognising import Glimpse, Recognised, Setting, state_settings

_IDS = {"users.json", "items.json"}
_FACTORS = {"user_factors", "item_factors"}
_ARRAYS = (".npz", ".npy", ".safetensors")


def recognise_recommender(seen: Glimpse) -> Recognised | None:
    """A folder with users.json and items.json.

    Raises:
        ModelError: it holds factors or scores alone, without the ids of their rows and columns.
    """
    if seen.is_file:
        _refuse_bare(seen)
        return None
    if not seen.names >= _IDS:
        return None
    arrays = sorted(name for name in seen.names if name.endswith(_ARRAYS))
    why = 'who is unknown to the model, or has no history, gets its own answer, or none; or "popularity", "refuse"'
    settings = [Setting("cold_users", "model", why, choices=("model", "popularity", "refuse"))]
    states = [name for name in arrays if name.endswith(".safetensors")]
    if (states and not _FACTORS & set(seen.tensors(states[0]))) or not arrays:
        settings = [*state_settings(seen), *settings]
    reason = f"users.json and items.json lie beside {arrays[0] if arrays else 'its weights'}"
    return Recognised("sure", reason, tuple(settings), takes="interactions", gives="Rankings", task="ranking")


def _refuse_bare(seen: Glimpse) -> None:
    held = {name.removesuffix(".npy") for name in seen.members()} if seen.suffix == ".npz" else set(seen.tensors())
    if seen.suffix == ".npy" or held & {*_FACTORS, "scores", "indptr"}:
        ids = json.dumps(["u1", "u2"])
        raise ModelError(
            f"'{seen.name}' holds factors or scores, and nothing says whose",
            hint=f"put it into a folder with users.json and items.json, the ids of its rows and columns: {ids}",
        )
