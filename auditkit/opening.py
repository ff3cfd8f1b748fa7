"""Call the adapter and the loader that a spec names, with what each asks for; refuse what is no model or no table."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit.errors import AuditError, CrashError, ModelError, PluginError, words_of
from auditkit.files import FileInputs
from auditkit.options import given_by_host, keyword_parameters
from auditkit.plugin import Adapter, Loader

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from auditkit.data.history import History
    from auditkit.kept import Kept
    from auditkit.spec import AuditSpec

logger = logging.getLogger(__name__)


def open_with(
    adapter: Adapter,
    options: dict[str, Any],
    spec: AuditSpec,
    *,
    target_classes: tuple[str, ...] = (),
    history: History | None = None,
    kept: Kept | None = None,
) -> Any:
    """The model that an adapter opens where it lies, given its options and what else its signature asks for."""
    at_hand = {"target_classes": target_classes, "history": history, "kept": kept}
    asked = {name: at_hand[name] if name in at_hand else _spec_value(spec, name) for name in given_by_host(adapter.run)}
    opened = functools.partial(adapter.run, path_of(adapter, options, spec), **asked, **options)
    model = _answer_of(adapter, "could not open the model", opened)
    if not callable(getattr(model, "predict", None)):
        raise PluginError(
            f"adapter '{adapter.id}' gave a {type(model).__name__}, which cannot predict",
            hint="it returns an object with predict(inputs)",
        )
    return model


def path_of(adapter: Adapter, options: dict[str, Any], spec: AuditSpec) -> Path | None:
    """Where the model lies: at the spec's path, or where its adapter finds what the spec names; None: nowhere."""
    if spec.model.path is None or adapter.locate is None:
        return None if spec.model.path is None else spec.folder / spec.model.path
    located = functools.partial(adapter.locate, spec.model.path, spec.folder, **_named(adapter.locate, options))
    found = _answer_of(adapter, "could not locate the model", located)
    if not isinstance(found, Path):
        raise PluginError(
            f"adapter '{adapter.id}' located the model at a {type(found).__name__}", hint="locate returns a Path"
        )
    return found


def base_path_of(adapter: Adapter, options: dict[str, Any], spec: AuditSpec) -> Path | None:
    """Where another folder lies that the model is made of; None: it is made of one."""
    where = path_of(adapter, options, spec)
    if where is None or adapter.base is None:
        return None
    located = functools.partial(adapter.base, where, spec.folder, **_named(adapter.base, options))
    found = _answer_of(adapter, "could not locate the model's base", located)
    if found is not None and not isinstance(found, Path):
        raise PluginError(
            f"adapter '{adapter.id}' located the model's base at a {type(found).__name__}",
            hint="base returns a Path, or None",
        )
    return found


def remote_of(adapter: Adapter, options: dict[str, Any], spec: AuditSpec) -> dict[str, str] | None:
    """What names the model, when it runs elsewhere; None: it lies here, or there is none.

    Raises:
        ModelError: the spec names a model here too.
    """
    if adapter.remote is None:
        return None
    asked = functools.partial(adapter.remote, **_named(adapter.remote, options))
    found = _answer_of(adapter, "could not say what names the model", asked)
    if found is None:
        return None
    if not isinstance(found, Mapping) or not all(isinstance(one, str) for pair in found.items() for one in pair):
        raise PluginError(
            f"adapter '{adapter.id}' named the model by a {type(found).__name__}", hint="remote returns texts by name"
        )
    if spec.model.path is not None:
        raise ModelError(
            f"[model] path names a model here, '{spec.model.path}', and there is one elsewhere too: "
            f"{', '.join(map(repr, found.values()))}",
            hint="keep one of them",
        )
    return dict(found)


def costs_of(adapter: Adapter, options: dict[str, Any], inputs: Any) -> tuple[str, ...]:
    """What asking for some rows would cost, in the adapter's words."""
    if adapter.costs is None:
        return ()
    asked = functools.partial(adapter.costs, inputs, **_named(adapter.costs, options))
    return tuple(_answer_of(adapter, "could not say what its answers cost", lambda: [str(line) for line in asked()]))


def _named(function: Callable[..., Any], options: dict[str, Any]) -> dict[str, Any]:
    """Those of the options that a function asks for."""
    return {parameter.name: options[parameter.name] for parameter in keyword_parameters(function)}


def files_of(adapter: Adapter, options: dict[str, Any], columns: tuple[str, ...]) -> FileInputs | None:
    """Which of the input columns name files, as the adapter says; None: none does."""
    if adapter.files is None:
        return None
    asked = functools.partial(adapter.files, columns, **_named(adapter.files, options))
    found = _answer_of(adapter, "could not say which inputs are files", asked)
    if not isinstance(found, FileInputs):
        raise PluginError(
            f"adapter '{adapter.id}' said which inputs are files with a {type(found).__name__}",
            hint="files returns auditkit.files.FileInputs",
        )
    return found


def read_with(loader: Loader, options: dict[str, Any], spec: AuditSpec, path: Path) -> pd.DataFrame:
    """The table that a loader reads from one file, given its options and what else its signature asks for."""
    import pandas as pd

    asked = {name: _spec_value(spec, name) for name in given_by_host(loader.run)}
    frame = _answer_of(loader, f"could not read '{path.name}'", functools.partial(loader.run, path, **asked, **options))
    if not isinstance(frame, pd.DataFrame):
        raise PluginError(
            f"loader '{loader.id}' gave a {type(frame).__name__} for '{path.name}'",
            hint="it returns a pandas DataFrame, one row an example",
        )
    return frame


def pieces_with(loader: Loader, options: dict[str, Any], spec: AuditSpec, path: Path) -> Iterator[pa.Table]:
    """The tables that a loader reads one file in, one after the other."""
    import pyarrow as pa

    assert loader.pieces is not None  # noqa: S101  the caller asked
    asked = {name: _spec_value(spec, name) for name in given_by_host(loader.pieces)}
    read, failed = functools.partial(loader.pieces, path, **asked, **options), f"could not read '{path.name}'"
    pieces = _answer_of(loader, failed, lambda: iter(read()))
    while (piece := _answer_of(loader, failed, lambda: next(pieces, None))) is not None:
        if not isinstance(piece, pa.Table):
            raise PluginError(
                f"loader '{loader.id}' gave a {type(piece).__name__} as a piece of '{path.name}'",
                hint="its pieces are pyarrow Tables",
            )
        yield piece


def _answer_of(offer: Adapter | Loader, failed: str, call: Callable[[], Any]) -> Any:
    """What an adapter or a loader returns; what it did not expect is an error that names it."""
    try:
        return call()
    except AuditError:
        raise
    except (Exception, SystemExit) as error:
        # A plugin may raise anything. The audit ends with it, and says whose it was.
        kind = type(offer).__name__.lower()
        logger.exception("%s %s failed", kind, offer.id)
        raise CrashError(
            f"{kind} '{offer.id}' {failed}: {type(error).__name__}: {words_of(error)}",
            hint="run again with --debug for its traceback",
        ) from error


def _spec_value(spec: AuditSpec, name: str) -> Any:
    """The spec's own value for a name that an adapter or a loader asks for in its signature."""
    if name == "data":
        return spec.data
    if name == "task":
        return spec.task
    if name == "spec_folder":
        return spec.folder
    for part in (spec.model, spec.data):
        if name in type(part).model_fields:
            return getattr(part, name)
    raise PluginError(f"a plugin asks for '{name}', which this version's spec does not carry")
