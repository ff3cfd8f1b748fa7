"""What a function under @hookimpl must be, so that the host does with it what its author means."""

from __future__ import annotations

import inspect

import pluggy

_LISTING = ("auditkit_register_", "auditkit_template_dirs")
"""How the names of those hooks begin that may be generators."""


def never_called(hook: pluggy.HookCaller, implementation: pluggy.HookImpl) -> str | None:
    """Why the host would not do with this implementation what its author means."""
    if not hook.has_spec():
        return f"is for '{hook.name}', which is no hook"
    if implementation.wrapper or implementation.hookwrapper:
        return "is a wrapper, and no plugin stands around another one's hook"
    function = inspect.unwrap(implementation.function)
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return "is asynchronous, and nothing would await it"
    if inspect.isgeneratorfunction(function) and not hook.name.startswith(_LISTING):
        return "yields, and nothing would go through what it yields"
    return None
