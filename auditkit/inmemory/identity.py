"""What identifies a model that was given in memory: a digest, and a sentence that says what it is made over."""

from __future__ import annotations

import hashlib
import importlib
import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from auditkit.document import Text
from auditkit.predictions import Predictions


@dataclass(frozen=True)
class Identity:
    """A digest in hex, and how it was made."""

    digest: str | None
    """None: nothing but what the model says can identify it."""
    made: Text


BY_ITS_ANSWERS = Text.of(
    "its digest is over what it said of the audit rows and over these rows: nothing else of it can be written down, "
    "and another model that says the same has the same digest"
)


def kind_of(thing: Any) -> str:
    """The class of an object, or the name of a function, with its module."""
    named = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{named.__module__}.{named.__qualname__}".removeprefix("builtins.")


def state_identity(state: Mapping[str, Any]) -> Identity:
    """The digest of a torch state dict: what its tensors hold, not the code that computes with them."""
    return Identity(
        state_digest(state),
        Text.of(
            "its digest is over its state_dict: the names, types, shapes and bytes of {count} tensors; the code of the "
            "module is not in it",
            count=len(state),
        ),
    )


def state_digest(state: Mapping[str, Any]) -> str:
    """SHA-256 over a state dict, in the order of the names.

    Each entry enters as four fields, each after its length in eight bytes: name, dtype, shape as JSON, and bytes in C
    order; what is no tensor enters by its name and its pickle.
    """
    import torch

    total = hashlib.sha256()
    for name in sorted(state):
        value = state[name]
        if isinstance(value, torch.Tensor):
            plain = value.detach().cpu().contiguous().reshape(-1)
            parts = [str(value.dtype), json.dumps(list(value.shape)), plain.view(torch.uint8).numpy().tobytes()]
        else:
            parts = ["", "", pickle.dumps(value, protocol=4)]
        _feed(total, name, *parts)
    return total.hexdigest()


def pipeline_identity(pipeline: Any) -> Identity:
    """The digest of a Hugging Face pipeline: its model's tensors and configuration, and its tokenizer."""
    total = hashlib.sha256()
    _feed(total, state_digest(pipeline.model.state_dict()), pipeline.model.config.to_json_string())
    _feed(total, _tokenizer(pipeline.tokenizer))
    return Identity(
        total.hexdigest(),
        Text.of("its digest is over its model's tensors and configuration and over its tokenizer; no code is in it"),
    )


def _tokenizer(tokenizer: Any) -> str:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    said = json.loads(backend.to_str()) if backend is not None else {"vocabulary": tokenizer.get_vocab()}
    # A call sets these two anew; how a pipeline cuts and pads is told by its own settings.
    kept = {key: value for key, value in said.items() if key not in {"truncation", "padding"}}
    return json.dumps([kept, tokenizer.model_max_length], sort_keys=True)


def estimator_identity(estimator: Any) -> Identity:
    """The digest of a fitted estimator: its parameters and what it has learnt, as joblib hashes objects."""
    try:
        # joblib offers only MD5 and SHA-1 by its function; its hasher takes any.
        hasher = importlib.import_module("joblib.hashing").NumpyHasher("sha256")
        digest: str = hasher.hash(estimator)
    except (pickle.PicklingError, TypeError, AttributeError, ValueError, RuntimeError):
        return Identity(None, BY_ITS_ANSWERS)  # e.g. a lambda inside a pipeline, or a handle of a C library
    return Identity(
        digest,
        Text.of(
            "its digest is over its parameters and what it has learnt, as joblib hashes a Python object: the same "
            "object has it again under the same versions of Python and its libraries, and perhaps not under others"
        ),
    )


def answers_digest(predictions: Predictions, rows: str) -> str:
    """SHA-256 over predictions and the digest of the rows that they are about."""
    total = hashlib.sha256()
    _feed(total, rows, type(predictions).__name__)
    for field in fields(predictions):
        value = getattr(predictions, field.name)
        if isinstance(value, np.ndarray) and not value.dtype.hasobject:
            _feed(total, field.name, str(value.dtype), json.dumps(value.shape), np.ascontiguousarray(value).tobytes())
        else:
            plain = value.tolist() if isinstance(value, np.ndarray) else value
            _feed(total, field.name, json.dumps(plain))
    return total.hexdigest()


def _feed(total: Any, *parts: str | bytes) -> None:
    for part in parts:
        raw = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        # Length first, so that no two lists of parts run together into the same bytes.
        total.update(len(raw).to_bytes(8, "big") + raw)
