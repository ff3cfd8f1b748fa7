"""The kit for plugin authors: cases, and results, whose answers are known."""

from auditkit.testing.cases import toy_case

__all__ = ["toy_case"]
