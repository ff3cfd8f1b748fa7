"""A model or a data file, looked at without opening it: what a recogniser is given, and what it answers.

`auditkit init` asks every adapter and every loader whether it knows what lies at a path. A recogniser reads names,
headers and settings, all of bounded size; it loads no weights, unpickles nothing and runs nothing.
"""

from __future__ import annotations

from auditkit.recognising.folders import PretrainedFolder, pretrained_folder
from auditkit.recognising.glimpse import FIRST_ROWS, Certainty, Glimpse, Recognised, Setting, Takes
from auditkit.recognising.modules import builders_beside, is_state, state_settings

__all__ = [
    "FIRST_ROWS",
    "Certainty",
    "Glimpse",
    "PretrainedFolder",
    "Recognised",
    "Setting",
    "Takes",
    "builders_beside",
    "is_state",
    "pretrained_folder",
    "state_settings",
]
