"""How often a process of ours looks for garbage that refers to itself."""

from __future__ import annotations

import gc

SELDOM = (50_000, 20, 50)
"""Objects made, and rounds of the younger generations, before each of the three generations is gone through."""


def look_seldom() -> None:
    """Have Python look less often than its usual 700 objects.

    A command imports hundreds of modules, and what they define stays until it ends: going through it again and again
    finds nothing, and takes a tenth of a small audit's time. A process that is not ours is left as it is.
    """
    gc.set_threshold(*SELDOM)
