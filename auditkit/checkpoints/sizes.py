"""How large a module would be, counted while it is built without memory, before any is taken."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from auditkit.errors import ModelError

_SLACK = 1 << 20
"""Numbers that a module may have beyond what its files hold, e.g. a head that is refused later, by its name."""
_BUFFERS = 1 << 28
"""Numbers in buffers, which need not be in the files: masks and positions."""


class _TooLargeError(Exception):
    """More parameters than the files could hold."""


def refuse_oversized(build: Callable[[], Any], files: Iterable[Path], *, said_by: str = "config.json") -> None:
    """Refuse settings that describe a module of more numbers than the files hold bytes.

    The module is built on torch's `meta` device, where numbers take no memory, and only as far as the bound: settings
    with a billion layers end it as soon as those with a billion columns.

    Args:
        build: makes the module from the settings; its result is thrown away. What it raises is passed on.
        files: of the weights. No format that is read here stores a number in less than a byte.
        said_by: whose settings they are, for the message.

    Raises:
        ModelError: the module has more numbers than that.
    """
    import torch

    held = sum(file.stat().st_size for file in files)
    try:
        with torch.device("meta"), _counting(most=held + _SLACK):
            build()
    except _TooLargeError:
        raise _oversized(said_by, held) from None
    except (RuntimeError, OverflowError, TypeError) as error:  # numbers beyond 64 bits are a TypeError of torch's
        if "overflow" not in str(error).casefold():
            raise
        raise _oversized(said_by, held) from error


def _oversized(said_by: str, held: int) -> ModelError:
    return ModelError(
        f"{said_by} describes a larger model than its files hold: its weights have {held:,} bytes",
        hint=f"the two belong to different models, or {said_by} was changed: copy the model's folder anew",
    )


@contextlib.contextmanager
def _counting(*, most: int) -> Iterator[None]:
    """Stop a module from being built when it has more numbers than `most`."""
    from torch.nn.modules import module

    counted = {"parameters": 0, "buffers": 0}

    def count(kind: str, bound: int) -> Callable[..., None]:
        def one(_module: Any, _name: str, tensor: Any) -> None:
            counted[kind] += 0 if tensor is None else int(tensor.numel())
            if counted[kind] > bound:
                raise _TooLargeError

        return one

    handles = (
        module.register_module_parameter_registration_hook(count("parameters", most)),
        module.register_module_buffer_registration_hook(count("buffers", most + _BUFFERS)),
    )
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
