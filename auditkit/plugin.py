"""What a plugin imports: hookimpl, @check, @adapter, @loader, MetricCard, needs_extra. `from auditkit import ...`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pluggy

from auditkit.capabilities import declared
from auditkit.checks.controls import KnownCase, clean, planted
from auditkit.errors import AuditError, PluginError
from auditkit.files import FileInputs
from auditkit.finding import MetricCard
from auditkit.offers import ENVELOPE, Offer
from auditkit.predictions import Predictions
from auditkit.recognising import Glimpse, Recognised

hookimpl = pluggy.HookimplMarker("auditkit")
"""Marks a function of a plugin as an implementation of one of the hooks in `auditkit.hookspecs`."""


Recogniser = Callable[[Glimpse], Recognised | None]
"""Says of a model or a data file what it is, without opening it; None: it does not know it."""

_CHECK_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Trainings:
    """How often a check would train the model again: for `auditkit plan`."""

    models: int
    rows: int
    """That each of them is taught."""
    at_once: int = 1
    """How many it asks for together, where the model can train several so."""
    note: str = ""
    """What bounds them, in words."""


@dataclass(frozen=True, init=False)
class Check(Offer):
    """A question that can be put to a case. Made by `@check`."""

    on: tuple[type[Predictions], ...] | None
    """The prediction types that it takes; None: it looks at the data alone."""
    metrics: tuple[MetricCard, ...]
    streams: bool
    """Whether it goes through a case in chunks, and so needs no sample of a large one."""
    needs: tuple[str, ...]
    """What it cannot do without: targets, groups, training, reference, canaries, protected_inputs,
            quasi_identifiers, readers, expected, period, contraindications, item_groups, governance."""
    accepts: Callable[..., None] | None
    """Refuses options that are of the right type and still no good, before anything runs."""
    controls: tuple[KnownCase, ...]
    """Cases whose answer is known: planted defects that it must find, and clean twins."""
    trains: Callable[..., Trainings] | None
    """How often it would train the model again; None: never, or too seldom to be told."""
    asks: Callable[..., int] | None
    """About how many predictions it wants beside those of the rows; None: none, or nobody says."""
    applies: Callable[..., None] | None
    """Refuses groups of rows of which it has nothing to say; None: none are."""

    def __init__(  # noqa: PLR0913  a check says this much of itself
        self,
        id: str,
        run: Callable[..., Any],
        *,
        on: tuple[type[Predictions], ...] | None,
        metrics: tuple[MetricCard, ...] = (),
        streams: bool = False,
        needs: tuple[str, ...] = (),
        accepts: Callable[..., None] | None = None,
        controls: tuple[KnownCase, ...] = (),
        trains: Callable[..., Trainings] | None = None,
        asks: Callable[..., int] | None = None,
        applies: Callable[..., None] | None = None,
    ) -> None:
        super().__init__(id, run)
        object.__setattr__(self, "on", on)
        object.__setattr__(self, "metrics", metrics)
        object.__setattr__(self, "streams", streams)
        object.__setattr__(self, "needs", needs)
        object.__setattr__(self, "accepts", accepts)
        object.__setattr__(self, "controls", controls)
        object.__setattr__(self, "trains", trains)
        object.__setattr__(self, "asks", asks)
        object.__setattr__(self, "applies", applies)

    @property
    def area(self) -> str:
        """What stands before the point: `fairness` of `fairness.gaps`."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, init=False)
class Adapter(Offer):
    """Opens a model. Made by `@adapter`; what it returns has `predict(inputs) -> Predictions`."""

    gives: type[Predictions] | None
    """The prediction type, when it is always the same."""
    locate: Callable[..., Path] | None
    """Where a model lies that the spec names by something else than its path; None: at that path."""
    files: Callable[..., FileInputs] | None
    """Which input columns name files; None: none does."""
    remote: Callable[..., Mapping[str, str] | None] | None
    base: Callable[..., Path | None] | None
    """Where another folder lies that the model is made of, as the base of a LoRA adapter; None: there is none."""
    """What names a model that runs elsewhere, by the options; None: each of its models lies here."""
    costs: Callable[..., Iterable[str]] | None
    """What asking for some rows would cost, in words; None: time alone."""
    can: Mapping[str, str]
    """The capabilities of its models, by name, see `auditkit.capabilities`, each with which models; empty: all."""
    cannot: Mapping[str, str]
    """The capabilities that none of its models has, each with why."""
    recognises: Recogniser | None
    """Says whether it opens what lies at a path; None: `auditkit init` never proposes it."""

    def __init__(  # noqa: PLR0913  an adapter says this much of itself
        self,
        id: str,
        run: Callable[..., Any],
        *,
        gives: type[Predictions] | None = None,
        locate: Callable[..., Path] | None = None,
        files: Callable[..., FileInputs] | None = None,
        remote: Callable[..., Mapping[str, str] | None] | None = None,
        base: Callable[..., Path | None] | None = None,
        costs: Callable[..., Iterable[str]] | None = None,
        can: Mapping[str, str] | None = None,
        cannot: Mapping[str, str] | None = None,
        recognises: Recogniser | None = None,
    ) -> None:
        super().__init__(id, run)
        object.__setattr__(self, "gives", gives)
        object.__setattr__(self, "locate", locate)
        object.__setattr__(self, "files", files)
        object.__setattr__(self, "remote", remote)
        object.__setattr__(self, "base", base)
        object.__setattr__(self, "costs", costs)
        object.__setattr__(self, "can", can or {})
        object.__setattr__(self, "cannot", cannot or {})
        object.__setattr__(self, "recognises", recognises)


@dataclass(frozen=True, init=False)
class Loader(Offer):
    """Reads a file into a pandas DataFrame. Made by `@loader`."""

    reads_folder: bool
    """Whether what it reads is a folder, such as one of images."""
    recognises: Recogniser | None
    """Says whether it reads what lies at a path; None: `auditkit init` never proposes it."""
    pieces: Callable[..., Any] | None
    """Reads the same rows in pieces; None: it reads a file whole."""

    def __init__(
        self,
        id: str,
        run: Callable[..., Any],
        *,
        reads_folder: bool = False,
        recognises: Recogniser | None = None,
        pieces: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__(id, run)
        object.__setattr__(self, "pieces", pieces)
        object.__setattr__(self, "reads_folder", reads_folder)
        object.__setattr__(self, "recognises", recognises)


@dataclass(frozen=True, init=False)
class Exporter(Offer):
    """Writes a result in another format: `run(result) -> bytes`. Made by `@exporter`; its id is the file's name."""

    on_request: bool
    """Whether it writes only where a spec or a command names it; else wherever `[report] exports` is absent."""
    statement: bool
    """Whether it gives an in-toto Statement as JSON, which the host signs into a DSSE envelope of that name."""

    def __init__(self, id: str, run: Callable[..., Any], *, on_request: bool = False, statement: bool = False) -> None:
        super().__init__(id, run)
        object.__setattr__(self, "on_request", on_request)
        object.__setattr__(self, "statement", statement)


def check(  # noqa: PLR0913  same
    id: str,
    *,
    on: type[Predictions] | Sequence[type[Predictions]] | None,
    metrics: Iterable[MetricCard] = (),
    streams: bool = False,
    needs: Iterable[str] = (),
    accepts: Callable[..., None] | None = None,
    controls: Iterable[KnownCase] = (),
    trains: Callable[..., Trainings] | None = None,
    asks: Callable[..., int] | None = None,
    applies: Callable[..., None] | None = None,
) -> Callable[[Callable[..., Iterable[Any]]], Check]:
    """Make a check of a function that takes a Case and yields readings: measurements, tables, charts, controls.

    Args:
        id: `area.thing-in-words`.
        on: the prediction type that it takes, several, or None for checks of the data alone.
        metrics: a card for each metric that it measures.
        streams: whether it goes through the case in chunks.
        needs: what it cannot do without: targets, groups, training, reference, ..., as `Check.needs` names them.
        accepts: is called with the options, by name, when an audit is planned, and with the spec's [data] where it
            names `data`; raises an AuditError to refuse them.
        controls: cases whose answer is known, made by `planted` and `clean`; they run with the check.
        trains: is called with the options, and with how many rows there are of the `training` and the `audit`; says how
            often the model would be trained again, for `auditkit plan`.
        asks: is called with the options and with how many `rows` the audit has; says about how many predictions it
            wants of other rows, for `auditkit plan`. A gradient counts as three: one way there and about two back.
        applies: is called with the options and with the `groups` of the audit's rows, attribute -> `Codes`; raises
            `NotApplicable` where the check would for their sake, so that `auditkit plan` says it.

    Raises:
        PluginError: a bad id, no docstring, an option that takes the name of a spec key, or two controls of one title.
    """
    types = (on,) if isinstance(on, type) else None if on is None else tuple(on)

    def decorate(function: Callable[..., Iterable[Any]]) -> Check:
        _obey(function, id)
        if not _CHECK_ID.fullmatch(id):
            raise PluginError(f"check id '{id}' is not an area and a name", hint="write it as 'area.thing-in-words'")
        if not all(isinstance(kind, type) and issubclass(kind, Predictions) for kind in types or ()):
            raise PluginError(f"check '{id}': on={on!r} is not a prediction type", hint="e.g. on=ClassScores")
        known = tuple(controls)
        _refuse_like_controls(id, known)
        return Check(
            id,
            function,
            on=types,
            metrics=tuple(metrics),
            streams=streams,
            needs=tuple(needs),
            accepts=accepts,
            controls=known,
            trains=trains,
            asks=asks,
            applies=applies,
        )

    return decorate


def _refuse_like_controls(id: str, controls: tuple[KnownCase, ...]) -> None:
    titles = [(known.kind, known.title) for known in controls]
    twice = next((title for title in titles if titles.count(title) > 1), None)
    if twice is not None:
        raise PluginError(f"check '{id}' has two controls '{twice[1]}'", hint="say in the title what tells them apart")


def adapter(  # noqa: PLR0913  same
    id: str,
    *,
    gives: type[Predictions] | None = None,
    locate: Callable[..., Path] | None = None,
    files: Callable[..., FileInputs] | None = None,
    remote: Callable[..., Mapping[str, str] | None] | None = None,
    base: Callable[..., Path | None] | None = None,
    costs: Callable[..., Iterable[str]] | None = None,
    can: Iterable[type[Any]] | Mapping[type[Any], str] = (),
    cannot: Mapping[type[Any], str] | None = None,
    recognises: Recogniser | None = None,
) -> Callable[[Callable[..., Any]], Adapter]:
    """Make an adapter of a function that takes a path and returns an object with `predict(inputs)`.

    Keyword-only parameters with the names of spec keys (`device`, `batch_size`, `labels`, `data`) are given the
    spec's values; all others are options. `gives` is the prediction type, when it is always the same. `locate` turns
    what the spec names into a path: it is called with the written text, the spec's folder, and those options that it
    names as keyword-only parameters; digests are taken over the path that it returns, and the adapter is given it.
    `files` says which input columns name files: it is called with the columns' names and, as `locate`, with the options
    that it names, and returns `auditkit.files.FileInputs`; the adapter is then given an `InputFile` in each of their
    cells.
    `base` says where another folder lies that the model is made of, such as the base of a LoRA adapter: it is called
    with the model's path, the spec's folder and the options that it names, and its files are digested too.
    `remote` is for models that run elsewhere: it is called with the options that it names, and returns what names such
    a model, e.g. `{"endpoint": ..., "model": ...}`, which then stands in the report for the files that nobody has seen;
    or None when the model lies here. `costs` is called with the audit rows and, as `locate`, with the options that it
    names, and returns what asking for them would cost, a line each; `auditkit plan` prints them.
    `can` names the capabilities of its models, e.g. `can=(Embeds,)`, and `cannot` those that none of them has, each
    with why: `cannot={Trainable: "a folder does not say how it was trained"}`; `auditkit adapters ID` prints both.
    Where some models have one and others have not, `can` says which, `can={Trainable: "estimators of scikit-learn"}`,
    and a model that has it not says why in its attribute `cannot`, by the capability's name.
    `recognises` is for `auditkit init`: it is given an `auditkit.recognising.Glimpse` of a model, and returns
    `Recognised`, or None where the adapter does not know it.
    """
    able, unable = declared(id, can, cannot or {})

    def decorate(function: Callable[..., Any]) -> Adapter:
        _obey(function, id, may_ask=True)
        return Adapter(
            id,
            function,
            gives=gives,
            locate=locate,
            files=files,
            remote=remote,
            base=base,
            costs=costs,
            can=able,
            cannot=unable,
            recognises=recognises,
        )

    return decorate


def loader(
    id: str,
    *,
    reads_folder: bool = False,
    recognises: Recogniser | None = None,
    pieces: Callable[..., Iterable[Any]] | None = None,
) -> Callable[[Callable[..., Any]], Loader]:
    """Make a loader of a function that takes a path and returns a pandas DataFrame, one row an example.

    `reads_folder` says that the path is a folder's, such as one of images, and not a file's. `recognises` is for
    `auditkit init`: it is given an `auditkit.recognising.Glimpse` of a data file, and returns `Recognised` with its
    first rows, or None where the loader does not know it. `pieces` reads tables of any length in bounded memory: it is
    called as the function is, with the same options, and yields the same rows in order as pyarrow Tables of some rows
    each, all of one schema, whose cells `to_pylist` gives as the DataFrame has them.
    """

    def decorate(function: Callable[..., Any]) -> Loader:
        _obey(function, id, may_ask=True)
        return Loader(id, function, reads_folder=reads_folder, recognises=recognises, pieces=pieces)

    return decorate


def exporter(id: str, *, on_request: bool = False, statement: bool = False) -> Callable[[Callable[..., Any]], Exporter]:
    """Make an exporter of a function that takes an AuditResult and returns the bytes of a file named `id`.

    It raises NotApplicable where there is nothing to write of a result, as a certificate of one that did not pass.

    Args:
        id: the file's name in `exports/`: letters, digits, '.', '_' and '-'.
        on_request: write it only where `[report] exports` or a command names it; else it is written whenever a spec
            does not say which exports it wants.
        statement: what it returns is an in-toto Statement in JSON, which is signed into a DSSE envelope.

    Raises:
        PluginError: no docstring, an option that takes the name of a spec key, or a statement whose name does not say
            that it is an envelope.
    """

    def decorate(function: Callable[..., Any]) -> Exporter:
        _obey(function, id)
        if statement and not id.endswith(ENVELOPE):
            raise PluginError(f"exporter '{id}' gives a statement to sign", hint=f"name it '{id}{ENVELOPE}'")
        return Exporter(id, function, on_request=on_request, statement=statement)

    return decorate


def _obey(function: Callable[..., Any], id: str, *, may_ask: bool = False) -> None:
    if not inspect.getdoc(function):
        raise PluginError(f"'{id}' has no docstring", hint="its first line is the title that the report prints")
    from auditkit.options import given_by_host

    if not may_ask and (taken := given_by_host(function)):
        raise PluginError(f"'{id}': option '{taken[0]}' is a key of the spec", hint="give the option another name")


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Turn a missing heavy library into an error that says what to install.

    Raises:
        PluginError: an import inside the block failed because a module is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "a library").partition(".")[0]
        raise PluginError(
            f"this needs {name}, which is not installed", hint=f"pip install 'auditkit[{extra}]'"
        ) from error


__all__ = [
    "Adapter", "AuditError", "Check", "Exporter", "Loader", "MetricCard", "Offer",
    "adapter", "check", "clean", "exporter", "hookimpl", "loader", "needs_extra", "planted",
]  # fmt: skip
