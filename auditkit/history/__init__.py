"""Audits of one model over time, from signed bundles: its releases in order, each number through them, what is due.

`finding` names the bundles of a folder, or of a ledger; `index` verifies those that it does not know and keeps what
they say in SQLite; `numbers` follows each number through the releases; `due` says what ran out, or soon will; `telling`
puts it together, and `told` is what is said, as documents. The page is drawn by `auditkit.report.over_time`.
"""

from __future__ import annotations

from auditkit.history.index import Trusting
from auditkit.history.telling import Asked, history_of
from auditkit.history.told import History

__all__ = ["Asked", "History", "Trusting", "history_of"]
