"""What a plugin offers under a name: a function, its title and its options. The kinds of offers stand in `plugin`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import WRAPPER_ASSIGNMENTS
from typing import Any

from auditkit.options import Option, describe_options

ENVELOPE = ".dsse.json"
"""How the name of a file ends that holds a signed statement."""


@dataclass(frozen=True, init=False)
class Offer:
    """Something that a plugin offers under a name: a function whose keyword-only parameters are its options."""

    id: str
    run: Callable[..., Any]

    def __init__(self, id: str, run: Callable[..., Any]) -> None:
        object.__setattr__(self, "id", id)
        object.__setattr__(self, "run", run)
        for name in WRAPPER_ASSIGNMENTS:  # what functools.update_wrapper does, on a frozen object
            object.__setattr__(self, name, getattr(run, name))
        object.__setattr__(self, "__wrapped__", run)

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Call the function itself: what a plugin's own tests do."""
        return self.run(*args, **options)

    @property
    def title(self) -> str:
        """The docstring's first line, without its full stop."""
        return (inspect.getdoc(self.run) or "").partition("\n")[0].strip().rstrip(".")

    @property
    def text(self) -> str:
        """The docstring after its first line."""
        return (inspect.getdoc(self.run) or "").partition("\n")[2].strip()

    @property
    def options(self) -> tuple[Option, ...]:
        """What a user may write beside the name."""
        return describe_options(self.run)

    @property
    def function(self) -> str:
        """Where the function can be imported from."""
        return f"{self.run.__module__}:{self.run.__qualname__}"
