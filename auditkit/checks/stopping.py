"""What ends an audit from outside: Ctrl-C or SIGTERM. Whatever else a plugin raises is the plugin's own fault."""

from __future__ import annotations


class Terminated(BaseException):
    """SIGTERM came. No Exception, so that nothing that forgives a plugin forgives it."""


STOPPED = (KeyboardInterrupt, Terminated)
"""Never forgiven, wherever it is raised."""
