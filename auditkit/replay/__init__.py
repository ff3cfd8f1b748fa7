"""Replaying a bundle: every measurement recomputed from its evidence, without the model, and compared value by value.

`rebuilding` makes a Case of the rows that the bundle carries, `recomputing` puts the same checks to it again,
`comparing` holds two documents against each other, as far as `tolerances` lets two machines lie apart, `replaying` is
all of it on one screen, `outcome` what is said.
"""

from __future__ import annotations

from auditkit.replay.outcome import Difference, Part, Replay
from auditkit.replay.replaying import replay_bundle

__all__ = ["Difference", "Part", "Replay", "replay_bundle"]
