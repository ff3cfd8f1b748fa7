"""What a terminal is shown: never a control character that came out of data, and progress while an audit runs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from auditkit.terminal import printable

if TYPE_CHECKING:
    from auditkit.checks.events import Event, Listener, Predicting


def printable_lines(lines: Iterable[str]) -> str:
    """Lines of text, each made printable: a name with a line break in it cannot pose as a line of its own."""
    return "\n".join(map(printable, lines))


def columns(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows as aligned columns; the last one is not padded."""
    shown = [tuple(map(printable, row)) for row in rows]
    widths = [max(len(row[i]) for row in shown) for i in range(len(shown[0]))] if shown else []
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in shown)


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Listener]:
    """A listener that shows how far the audit is: a bar with the time left on a terminal, else one line a stage."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bar() as listen:
            yield listen
    else:
        yield _Lines()


class _Lines:
    """One line a stage, and one a check that is done, to standard error."""

    def __init__(self) -> None:
        self._planned = 0
        self._forecast: set[str] = set()

    def __call__(self, event: Event) -> None:
        words = self._words(event)
        if words:
            print(printable(words), file=sys.stderr, flush=True)  # noqa: T201  the command line prints

    def _words(self, event: Event) -> str:
        from auditkit.checks.events import CheckFinished, PlanMade, Predicting, Stage

        if isinstance(event, PlanMade):
            self._planned = len(event.checks)
            return f"{self._planned} checks planned"
        if isinstance(event, Stage):
            return event.name
        if isinstance(event, Predicting):
            return self._once(event)
        if isinstance(event, CheckFinished):
            finding = event.finding
            if finding.is_for_another_type:
                return ""  # counted at the end, and named in the report
            took = "kept from before" if event.resumed else f"{event.seconds:.1f} s"
            said = [str(words) for words in (finding.reason, event.detail) if words]
            status = ": ".join([finding.status.replace("_", " "), *said])
            return f"  {event.place + 1} of {self._planned}  {finding.check}: {status} ({took})"
        return ""

    def _once(self, event: Predicting) -> str:
        """The first forecast of a split, when there is time to read it."""
        from auditkit.forecasts.timing import about

        if event.split in self._forecast or event.seconds_left < _WORTH_TELLING:
            return ""
        self._forecast.add(event.split)
        return f"  {event.split} rows: {about(event.seconds_left)} left"


_WORTH_TELLING = 20
"""Seconds."""


@contextmanager
def _bar() -> Iterator[Any]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from auditkit.checks.events import CheckFinished, CheckStarted, PlanMade, Predicting, Stage
    from auditkit.forecasts.timing import about

    shown = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left", markup=False),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with shown:
        task = shown.add_task("starting", total=None)

        def listen(event: Event) -> None:
            if isinstance(event, PlanMade):
                shown.update(task, total=len(event.checks))
            elif isinstance(event, Stage):
                shown.update(task, description=event.name)
            elif isinstance(event, Predicting):
                words = f"predicting the {event.split} rows, {about(event.seconds_left)} left"
                shown.update(task, description=words if event.done < event.of else "predicting")
            elif isinstance(event, CheckStarted):
                shown.update(task, description=printable(event.check))
            elif isinstance(event, CheckFinished):
                shown.advance(task)
                if event.finding.status == "error":
                    said = ": ".join(str(words) for words in (event.finding.reason, event.detail) if words)
                    shown.console.print(printable(f"{event.finding.check}: error: {said}"), markup=False)

        yield listen
