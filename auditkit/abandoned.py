"""Half-written folders carry their writer's process number; the next writer removes those whose writer is gone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path


def remove_abandoned(folders: Iterable[Path], prefix: str) -> None:
    """Remove folders named `PREFIX` + process number + `-...` whose process has ended, e.g. by signal 9."""
    for folder in folders:
        if _is_abandoned(folder.name.removeprefix(prefix).partition("-")[0]):
            shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError, OverflowError):
        return True
    except PermissionError:  # somebody else's process: it lives
        return False
    return False
