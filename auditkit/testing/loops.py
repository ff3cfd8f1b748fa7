"""What laws measure with: a bare loop as the yardstick of a machine, and another process with other hashes."""

from __future__ import annotations

import functools
import os
import pickle
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

from auditkit.offers import Offer

STEPS = 1_000_000


@functools.cache
def bare_loop() -> float:
    """Seconds of the processor that a loop of a million steps takes in this process, the least of three.

    What a plugin may cost is told in such loops: a slow or a busy machine has slow loops too.
    """
    return min(_one_loop() for _ in range(3))


def _one_loop() -> float:
    began = time.process_time()
    total = 0
    for step in range(STEPS):
        total += step
    return max(time.process_time() - began, 1e-4)


def found_as(offer: Offer) -> tuple[str, str] | None:
    """The module and the name under which another process finds it; None: it was made in a function or a notebook."""
    module, _, name = offer.function.partition(":")
    home = sys.modules.get(module)
    is_found = getattr(home, name, None) is offer and getattr(home, "__file__", None) and module != "__main__"
    return (module, name) if is_found else None


@dataclass(frozen=True)
class Elsewhere:
    """What another process wrote."""

    seed: str
    """Its PYTHONHASHSEED, which is not this process's."""
    out: bytes
    fault: str
    """How it ended; empty: as it should."""


def elsewhere(script: str, *given: Any) -> Elsewhere:
    """Run a script in another process, where texts hash to other numbers; it reads `given`, pickled, from stdin."""
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    environment = {**os.environ, "PYTHONHASHSEED": seed, "KIT_PATH": os.pathsep.join(sys.path)}
    send = pickle.dumps(given[0] if len(given) == 1 else given)
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, input=send, capture_output=True, env=environment, check=False)  # noqa: S603  ourselves
    said = done.stderr.decode(errors="replace").strip()[-200:]
    return Elsewhere(seed, done.stdout, f"with PYTHONHASHSEED={seed} it ended with {said}" if done.returncode else "")
