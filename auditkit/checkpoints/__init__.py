"""Other people's weights, read so that none of them can run code, lead out of their folder or be taken for others.

What an adapter uses to open a model that somebody else trained; nothing here knows what the model is for.
"""

from __future__ import annotations

from auditkit.checkpoints.shards import refuse_named_weights, refuse_strange_shards, stored_types, weight_files

__all__ = ["refuse_named_weights", "refuse_strange_shards", "stored_types", "weight_files"]
