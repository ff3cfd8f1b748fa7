"""One worker process reads, predicts and checks, so that the audit outlives what a check does to its process.

If a check hangs or kills the worker, that check is an error finding, and a new worker goes on from the evidence store.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import pickle
import signal
import threading
import time
import traceback
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, Self

from auditkit.checks.checking import crashed
from auditkit.checks.events import CheckFinished, CheckStarted, Event, Listener, Stage
from auditkit.checks.measuring import Measured, measure
from auditkit.document import Text
from auditkit.errors import AuditError, CrashError, words_of
from auditkit.evidence import EvidenceStore
from auditkit.finding import Finding
from auditkit.garbage import look_seldom
from auditkit.interrupts import forget_interrupts, no_interrupt
from auditkit.isolation.choosing import apart, store_apart
from auditkit.isolation.hearing import Order, own_answers
from auditkit.isolation.messages import PlainPipe, Rights
from auditkit.isolation.worker import begin, without_secrets
from auditkit.memory import GIB, held_by, processes_in
from auditkit.result import CheckTime

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from auditkit.checks.planning import Planned
    from auditkit.host import Host
    from auditkit.hosting.discovery import Plugin
    from auditkit.spec import AuditSpec, ComputeSpec

logger = logging.getLogger(__name__)

_SIGNALS = {one.value: one.name for one in signal.Signals}
_POLL = 0.2
"""Seconds between two looks at the clock while a check runs."""
_STARTING = 60
"""Seconds that Python and the plugins may take to start, in a plugin's own worker."""
_MOST_PROCESSES = 256
"""Of an isolated plugin: far more than any pool of a machine's cores, far fewer than a fork bomb's."""


@dataclass(frozen=True)
class _Crash:
    """An exception in the worker that nobody expected: our bug, or a loader's or an adapter's."""

    kind: str
    message: str
    trace: str


def measure_supervised(spec: AuditSpec, host: Host, listen: Listener, *, fresh: bool = False) -> Measured:
    """`measure`, in a worker that may hang or die.

    Raises:
        AuditError: what the worker raised.
        CrashError: the worker died outside any check, or raised what nobody expected.
    """
    plan = host.plan(spec)
    tell = _Teller(listen)
    isolated = apart(spec, host, plan)
    later = {place: _lost_finding(plan[place], "has not begun") for places in isolated.values() for place in places}
    began = time.monotonic()
    measured, _ = _followed(spec, plan, tell.without(later), later, fresh=fresh)
    # A plugin's own worker reads the same data, and finds what was predicted; on a machine that may be busier by then.
    patience = _STARTING + spec.compute.time_limit + 2 * (time.monotonic() - began)
    for distribution, places in isolated.items():
        others = {place: one for place, one in enumerate(measured.findings) if place not in places}
        only = tell.without(others)
        try:
            own, rights = _followed(
                spec, plan, only, others, alone=_Alone(host.owner_of(plan[places[0]].check), patience)
            )
            answers = own_answers(spec, plan, places, own, rights)
            found = {at: _unfinished(plan[at], one) if isinstance(one, str) else one for at, one in answers.items()}
        except AuditError as error:
            logger.warning("the checks of %s, apart: %s", distribution, error.message)
            found = {place: _unfinished(plan[place], error.message) for place in places}
        measured = _put_in(measured, found)
    return measured


def _followed(
    spec: AuditSpec,
    plan: Sequence[Planned],
    tell: Listener,
    given: Mapping[int, Finding],
    *,
    fresh: bool = False,
    alone: _Alone | None = None,
) -> tuple[Measured, Mapping[str, str]]:
    """What one worker after another measures, where the findings `given` are there already; and what it could keep."""
    lost = dict(given)
    while True:
        with _Worker(spec, plan, lost, fresh=fresh, alone=alone) as worker:
            answer = worker.follow(tell, spec.compute)
            if isinstance(answer, Measured):
                return answer, worker.kept_rights
            if isinstance(answer, AuditError):
                raise answer
            if isinstance(answer, _Crash):
                raise _as_error(answer)
            # One that ends where nothing runs would end there again, and again.
            if worker.place is None or worker.place in lost:
                raise CrashError(
                    f"the worker {answer} while {worker.stage}",
                    hint="what was computed is kept: run the same command to go on",
                )
            lost[worker.place] = _lost_finding(plan[worker.place], answer)
            logger.warning("check %s: the worker %s; a new one goes on", plan[worker.place].check.id, answer)
        fresh = False


def _put_in(measured: Measured, found: Mapping[int, tuple[Finding, CheckTime]]) -> Measured:
    """The same, with these findings and times at their places: of an isolated worker nothing else is taken."""
    findings, times = list(measured.findings), list(measured.times)
    for place, (finding, took) in found.items():
        findings[place], times[place] = finding, took
    return measured.model_copy(update={"findings": tuple(findings), "times": tuple(times)})


def _unfinished(item: Planned, why: str) -> tuple[Finding, CheckTime]:
    finding = crashed(
        item, Text.of("the plugin's own worker failed: {why}", why=why), "leave it out of isolate to compare"
    )
    return finding, CheckTime(check=item.check.id, seconds=0.0, resumed=False)


def _lost_finding(item: Planned, fate: str) -> Finding:
    return crashed(item, Text.of("the check's process {fate}", fate=fate), "run it alone, with [[checks]] use = ...")


def _as_error(crash: _Crash) -> CrashError:
    error = CrashError(
        f"the audit crashed: {crash.kind}: {crash.message}", hint="run again with --debug for its traceback"
    )
    error.add_note(crash.trace)
    return error


class _Teller:
    """Tells a listener each event once: after a restart the findings that are there already come again."""

    def __init__(self, listen: Listener) -> None:
        self._listen = listen
        self._told: set[tuple[str, object]] = set()

    def __call__(self, event: Event) -> None:
        mark = (type(event).__name__, getattr(event, "place", str(event)))
        if mark not in self._told:
            self._told.add(mark)
            self._listen(event)

    def without(self, places: Container[int]) -> Listener:
        """One that passes over the checks at these places: another worker's business."""

        def tell(event: Event) -> None:
            if getattr(event, "place", None) not in places:
                self(event)

        return tell


@dataclass(frozen=True)
class _Alone:
    """Whose checks a worker of their own runs."""

    plugin: Plugin
    patience: float
    """Seconds that it has until its checks begin."""


class _Worker:
    """A spawned process and the pipe to it."""

    def __init__(
        self,
        spec: AuditSpec,
        plan: Sequence[Planned],
        lost: dict[int, Finding],
        *,
        fresh: bool,
        alone: _Alone | None = None,
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe(duplex=False)
        self._alone, self._order, self._plain = alone, Order(plan), PlainPipe(self._ours)
        level = logging.getLogger().getEffectiveLevel()
        target, arguments = _beginning(spec, lost, fresh, level, alone)
        self._process: SpawnProcess = context.Process(target=target, args=(theirs, *arguments), daemon=False)
        self.stage = "starting"
        self.place: int | None = None
        self._since = self._looked = time.monotonic()
        try:
            with no_interrupt(), contextlib.nullcontext() if alone is None else without_secrets():
                self._process.start()
        except BaseException:  # Ctrl-C too
            self.__exit__()  # nobody has entered yet, and a worker without a supervisor would go on
            raise
        theirs.close()

    @property
    def kept_rights(self) -> Mapping[str, str]:
        """What could not be taken from it -> why."""
        return {} if self._order.rights is None else self._order.rights.kept

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind, whatever happened: the worker and all that it started."""
        self._kill()
        self._ours.close()

    def follow(self, listen: Listener, limits: ComputeSpec) -> Measured | AuditError | _Crash | str:
        """Pass on what the worker says until it ends; a string says how it ended without an answer."""
        while True:
            message = self._receive(limits)
            if isinstance(message, Stage | CheckStarted | CheckFinished):
                self._note(message)
            if isinstance(message, Measured | AuditError | _Crash | str):
                return message
            if not isinstance(message, Rights):
                listen(message)

    def _note(self, event: Event) -> None:
        if isinstance(event, Stage):
            self.stage = event.name
        if isinstance(event, CheckStarted):
            self.place, self._since = event.place, time.monotonic()
        if isinstance(event, CheckFinished):
            self.place, self._since = None, time.monotonic()

    def _receive(self, limits: ComputeSpec) -> Any:
        while True:
            # Before each message: whoever talks without end is not heard without end.
            if broken := self._broken(limits):
                return broken
            try:
                message = self._heard()
            except (EOFError, pickle.UnpicklingError, OSError):
                return self._fate()
            except ValueError as error:
                return f"said what no worker says: {error}"
            if message is not None:
                return message

    def _heard(self) -> Any | None:
        """The next message; None: there is none yet."""
        if self._alone is not None and (message := self._plain.next()) is not None:
            return self._order.admitted(message)
        ready = wait([self._ours, self._process.sentinel], timeout=_POLL)
        if self._ours in ready:
            if self._alone is None:
                return self._ours.recv()
            self._plain.read()
            return None
        # A child that a check has left behind keeps the sentinel open: the process itself is asked too.
        return self._fate() if ready or not self._process.is_alive() else None

    def _broken(self, limits: ComputeSpec) -> str:
        """Which limit the check that runs has broken; empty: none. Of a plugin's own worker all its time is limited."""
        if self.place is None and self._alone is None:
            return ""
        now = time.monotonic()
        if self._alone is not None and not self._order.is_checking:
            if now - self._since > self._alone.patience:
                return f"was stopped: its checks had not begun after {self._alone.patience:.0f} seconds"
        elif now - self._since > limits.time_limit:
            return f"was stopped after {limits.time_limit:g} seconds ([compute] time_limit)"
        if now - self._looked < _POLL or self._process.pid is None:
            return ""
        self._looked = now
        # It has a group of its own, named by its number, and so has all that it starts.
        if self._alone is not None and processes_in(self._process.pid) > _MOST_PROCESSES:
            return f"was stopped with more than {_MOST_PROCESSES} processes"
        return self._too_large(self._process.pid, limits.memory_limit)

    @staticmethod
    def _too_large(group: int, limit: float | None) -> str:
        if limit is None:
            return ""
        most = int(limit * GIB)
        held = held_by(group, at_most=most)
        if held is None or held <= most:
            return ""
        return f"was stopped at more than {limit:g} GiB of memory ([compute] memory_limit)"

    def _fate(self) -> str:
        self._process.join(timeout=5)
        code = self._process.exitcode
        if code is not None and code < 0:
            name = _SIGNALS.get(-code, f"signal {-code}")
            return f"was killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
        return f"ended by itself with exit code {code}"

    def _kill(self) -> None:
        if self._process.pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.kill()
            self._process.join()
        self._process.close()


def _beginning(
    spec: AuditSpec,
    lost: dict[int, Finding],
    fresh: bool,  # noqa: FBT001  the process's arguments
    level: int,
    alone: _Alone | None,
) -> tuple[Callable[..., None], tuple[Any, ...]]:
    """What a worker runs: `work`, or where it is a plugin's own, what takes its rights away before it."""
    if alone is None:
        return work, (spec, lost, fresh, level)
    store = store_apart(EvidenceStore.open(spec.folder), alone.plugin)
    rest = pickle.dumps((spec, lost, fresh, level, store))
    return begin, (str(store.writable), str(store.temporary), rest)


def work(
    pipe: Connection | PlainPipe,
    spec: AuditSpec,
    lost: dict[int, Finding],
    fresh: bool,  # noqa: FBT001
    level: int,
    store: EvidenceStore | None = None,
) -> None:
    """The worker's whole life.

    Args:
        pipe: to the supervisor.
        spec: what to audit.
        lost: findings that are there already, by their places in the plan.
        fresh: forget what the evidence store holds.
        level: of logging.
        store: a plugin's own, where its checks run apart; None: the audit's.
    """
    _leave_with_the_parent()
    look_seldom()
    logging.basicConfig(level=level, format="%(name)s: %(message)s")
    from auditkit.host import Host

    try:
        answer: Any = measure(spec, Host.installed(spec), pipe.send, fresh=fresh, lost=lost, store=store)
    except AuditError as error:
        answer = error
    except Exception as error:
        # Whatever it is, the supervisor must hear of it: a silent end would be called a killed process.
        logger.exception("the worker failed")
        answer = _Crash(type(error).__name__, words_of(error), traceback.format_exc())
    except BaseException as leaving:  # noqa: BLE001  a check that raises KeyboardInterrupt is no interrupted user
        answer = f"was ended by {type(leaving).__name__}"
    pipe.send(answer)
    pipe.close()


def _leave_with_the_parent() -> None:
    """A group of its own, so that Ctrl-C goes to the supervisor alone; an end when the supervisor is gone."""
    if os.getpgrp() != os.getpid():
        os.setpgrp()
    forget_interrupts()
    # A check that prints must not write into what the command prints.
    os.dup2(2, 1)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
