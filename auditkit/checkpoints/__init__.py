"""Other people's weights, read so that none of them can run code, lead out of their folder or be taken for others.

What an adapter uses to open a model that somebody else trained. `folder` looks at what lies there before any of it is
loaded, `shards` at the files of its weights, `pretrained` loads it by transformers as the `head` that the adapter
names; `hub` finds it under a hub id; `class_names` holds what it calls its classes against what the data call them.
"""

from __future__ import annotations

from auditkit.checkpoints.class_names import Kind, class_names
from auditkit.checkpoints.folder import ModelFolder, called, read_object
from auditkit.checkpoints.head import Head
from auditkit.checkpoints.hub import locate_model, offline
from auditkit.checkpoints.pretrained import load_model, load_part, quiet
from auditkit.checkpoints.shards import refuse_named_weights, refuse_strange_shards, stored_types, weight_files

__all__ = [
    "Head",
    "Kind",
    "ModelFolder",
    "called",
    "class_names",
    "load_model",
    "load_part",
    "locate_model",
    "offline",
    "quiet",
    "read_object",
    "refuse_named_weights",
    "refuse_strange_shards",
    "stored_types",
    "weight_files",
]
