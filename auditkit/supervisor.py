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
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, Self

from auditkit.checks.checking import crashed
from auditkit.checks.events import CheckFinished, CheckStarted, Event, Listener, Stage
from auditkit.checks.measuring import Measured, measure
from auditkit.document import Text
from auditkit.errors import AuditError, CrashError, words_of
from auditkit.evidence import EvidenceStore
from auditkit.finding import Finding
from auditkit.isolation.choosing import apart, store_apart
from auditkit.isolation.messages import PlainPipe
from auditkit.isolation.sandbox import NETWORK, WRITING
from auditkit.isolation.worker import begin
from auditkit.memory import GIB, held_by
from auditkit.result import CheckTime

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from auditkit.checks.planning import Planned
    from auditkit.host import Host
    from auditkit.spec import AuditSpec, ComputeSpec

logger = logging.getLogger(__name__)

_SIGNALS = {one.value: one.name for one in signal.Signals}
_POLL = 0.2
"""Seconds between two looks at the clock while a check runs."""


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
    measured = _followed(spec, plan, tell.without(later), later, fresh=fresh)
    for distribution, places in isolated.items():
        others = {place: one for place, one in enumerate(measured.findings) if place not in places}
        only = tell.without(others)
        try:
            own = _followed(spec, plan, only, others, distribution=distribution)
            found = {place: (own.findings[place], own.times[place]) for place in places}
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
    distribution: str | None = None,
) -> Measured:
    """What one worker after another measures, where the findings `given` are there already."""
    lost = dict(given)
    while True:
        with _Worker(spec, lost, fresh=fresh, distribution=distribution) as worker:
            answer = worker.follow(tell, spec.compute)
            if isinstance(answer, Measured):
                return answer
            if isinstance(answer, AuditError):
                raise answer
            if isinstance(answer, _Crash):
                raise _as_error(answer)
            if worker.place is None:
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


class _Worker:
    """A spawned process and the pipe to it."""

    def __init__(
        self, spec: AuditSpec, lost: dict[int, Finding], *, fresh: bool, distribution: str | None = None
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe(duplex=False)
        level = logging.getLogger().getEffectiveLevel()
        target, arguments = _beginning(spec, lost, fresh, level, distribution)
        self._process: SpawnProcess = context.Process(target=target, args=(theirs, *arguments), daemon=False)
        self.stage = "starting"
        self.place: int | None = None
        self._since = time.monotonic()
        try:
            with _no_interrupt():
                self._process.start()
        except BaseException:  # Ctrl-C too
            self.__exit__()  # nobody has entered yet, and a worker without a supervisor would go on
            raise
        theirs.close()
        self._said = self._ours if distribution is None else PlainPipe(self._ours)

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
            listen(message)

    def _note(self, event: Event) -> None:
        if isinstance(event, Stage):
            self.stage = event.name
        if isinstance(event, CheckStarted):
            self.place, self._since = event.place, time.monotonic()
        if isinstance(event, CheckFinished):
            self.place = None

    def _receive(self, limits: ComputeSpec) -> Any:
        while True:
            ready = wait([self._ours, self._process.sentinel], timeout=_POLL)
            if self._ours in ready:
                try:
                    return self._said.recv()
                except (EOFError, pickle.UnpicklingError, OSError):
                    return self._fate()
                except ValueError as error:
                    return f"said what no worker says: {error}"
            # A child that a check has left behind keeps the sentinel open: the process itself is asked too.
            if self._process.sentinel in ready or not self._process.is_alive():
                return self._fate()
            if self.place is not None and (broken := self._broken(limits)):
                return broken

    def _broken(self, limits: ComputeSpec) -> str:
        """Which limit the check that runs has broken; empty: none."""
        if time.monotonic() - self._since > limits.time_limit:
            return f"was stopped after {limits.time_limit:g} seconds ([compute] time_limit)"
        if limits.memory_limit is None or self._process.pid is None:
            return ""
        most = int(limits.memory_limit * GIB)
        # It has a group of its own, named by its number, and so has all that it starts.
        held = held_by(self._process.pid, at_most=most)
        if held is None or held <= most:
            return ""
        return f"was stopped at more than {limits.memory_limit:g} GiB of memory ([compute] memory_limit)"

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
    distribution: str | None,
) -> tuple[Callable[..., None], tuple[Any, ...]]:
    """What a worker runs: `work`, or where it is a plugin's own, what takes its rights away before it."""
    if distribution is None:
        return work, (spec, lost, fresh, level)
    store = store_apart(EvidenceStore.open(spec.folder), distribution)
    rest = pickle.dumps((spec, lost, fresh, level, store))
    return begin, (str(store.writable), str(store.temporary), rest)


def work(
    pipe: Connection | PlainPipe,
    spec: AuditSpec,
    lost: dict[int, Finding],
    fresh: bool,  # noqa: FBT001
    level: int,
    store: EvidenceStore | None = None,
    *,
    kept_rights: Mapping[str, str] | None = None,
) -> None:
    """The worker's whole life.

    Args:
        pipe: to the supervisor.
        spec: what to audit.
        lost: findings that are there already, by their places in the plan.
        fresh: forget what the evidence store holds.
        level: of logging.
        store: a plugin's own, where its checks run apart; None: the audit's.
        kept_rights: what could not be taken from such a process -> why; None: it is none.
    """
    _leave_with_the_parent()
    logging.basicConfig(level=level, format="%(name)s: %(message)s")
    from auditkit.host import Host

    try:
        answer: Any = measure(spec, Host.installed(spec), pipe.send, fresh=fresh, lost=lost, store=store)
        if kept_rights is not None:
            answer = _noted(answer, kept_rights)
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


def _noted(measured: Measured, kept_rights: Mapping[str, str]) -> Measured:
    """With what a plugin's own worker was without, at each check's time: it is of this run, and of no number."""
    taken = [name for name in (NETWORK, WRITING) if name not in kept_rights]
    said = "in a worker of its own, without {rights}" if taken else "in a worker of its own"
    notes = [Text.of(said, rights=" and ".join(taken)) if taken else Text.of(said)]
    for right, why in kept_rights.items():
        notes.append(Text.of("this system could not take {right} from it: {why}", right=right, why=why))
    times = tuple(one.model_copy(update={"apart": tuple(notes)}) for one in measured.times)
    return measured.model_copy(update={"times": times})


def _leave_with_the_parent() -> None:
    """A group of its own, so that Ctrl-C goes to the supervisor alone; an end when the supervisor is gone."""
    os.setpgrp()
    _forget_interrupts()
    # A check that prints must not write into what the command prints.
    os.dup2(2, 1)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def _no_interrupt() -> Iterator[None]:
    """Hold Ctrl-C back while a worker is started: it hears of none before it has a group of its own.

    The mask is for the worker, which inherits it. It does not keep Ctrl-C from this process: a thread of a numerical
    library may take the signal, and Python would then interrupt the main thread between making the worker and telling
    it what to do.
    """
    # Its tracker is started first, because starting it lets signals through again.
    resource_tracker.ensure_running()
    with _interrupt_afterwards():
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _interrupt_afterwards() -> Iterator[None]:
    """Note a Ctrl-C, and act on it when the block is done. Python interrupts the main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    noted: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, _: noted.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if noted:
            signal.raise_signal(signal.SIGINT)


def _forget_interrupts() -> None:
    """Drop the Ctrl-C that was held back, and take those that come from now on."""
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, handler)
