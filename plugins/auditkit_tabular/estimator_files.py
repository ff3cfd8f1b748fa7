"""Estimators of scikit-learn in files: skops by leave of their types, pickles by leave after a look into them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditkit import ModelError, Text, needs_extra
from auditkit.checkpoints import Followed, follow_file, refuse_dangerous, refuse_strange_archive

PICKLES = (".joblib", ".pkl", ".pickle")
_HARMLESS = frozenset({"numpy.dtype"})
"""What skops asks about and picklescan lists as innocuous; imputers hold it."""
_SAFER = "skops.io.dump(model, 'model.skops')"


@dataclass(frozen=True)
class Loaded:
    """An estimator, and what reading it had to tell."""

    estimator: Any
    notes: tuple[Text, ...] = ()
    trusted: tuple[Text, ...] = ()


def read_skops(path: Path, trust_types: tuple[str, ...]) -> Loaded:
    """An estimator that skops wrote: only types that skops or the user trusts are made.

    Raises:
        ModelError: it is damaged, or holds types that are not trusted, or that no model needs; they are named.
    """
    with needs_extra("models"):
        import skops.io
    refuse_strange_archive(path)
    unknown = _told(path, lambda: skops.io.get_untrusted_types(file=path)).estimator
    own = sorted(set(unknown) - _HARMLESS)
    # Nobody is told to trust what a pickle would be refused for.
    refuse_dangerous(Followed({(module, name) for module, _, name in (one.rpartition(".") for one in own)}), path.name)
    strange = sorted(set(own) - set(trust_types))
    if strange:
        listed = ", ".join(f'"{name}"' for name in strange)
        raise ModelError(
            f"'{path.name}' holds types that skops does not know as harmless: {listed[:500]}",
            hint=f"if you know them, [model] trust_types = [{listed[:300]}]",
        )
    loaded = _told(path, lambda: skops.io.load(path, trusted=sorted(unknown)))
    if not own:
        return loaded
    message = "types of '{file}' that skops does not know as harmless were made, which the spec allows: {names}"
    trusted = Text.of(message, file=path.name, names=", ".join(own)[:500])
    return Loaded(loaded.estimator, loaded.notes, (trusted,))


def read_pickle(path: Path, *, trust_pickle: bool) -> Loaded:
    """An estimator in a pickle, of joblib's or Python's own.

    Raises:
        ModelError: it is damaged, would run what no model needs, or is not trusted.
    """
    followed = follow_file(path)
    refuse_dangerous(followed, path.name)
    if not trust_pickle:
        listed = [name for name in followed.listed if not name.startswith(("numpy", "builtins", "joblib"))]
        raise ModelError(
            f"'{path.name}' is a pickle, which can run code; this one makes {', '.join(listed[:4])[:300]}",
            hint=f"{_SAFER}; or, if you trust whoever made it, [model] trust_pickle = true",
        )
    import joblib

    loaded = _told(path, lambda: joblib.load(path))
    message = "the model was read from a pickle, '{file}', which the spec allows; it ran {names}"
    trusted = Text.of(message, file=path.name, names=", ".join(followed.listed)[:500])
    return Loaded(loaded.estimator, loaded.notes, (trusted,))


def _told(path: Path, read: Callable[[], Any]) -> Loaded:
    """What a library reads, with its warnings as notes; what it raises becomes an error that names the file."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            found = read()
        except MemoryError:
            raise
        except Exception as error:  # damaged files make a library raise anything: it is told, with its own words
            said = str(error).partition("\n")[0][:300]
            raise ModelError(
                f"'{path.name}' cannot be read: {type(error).__name__}: {said}",
                hint=f"save it anew, with this version of scikit-learn where you can: {_SAFER}",
            ) from error
    return Loaded(found, tuple(_other_version(heard)))


def _other_version(heard: list[warnings.WarningMessage]) -> list[Text]:
    """A note when the estimator was saved with another version of scikit-learn."""
    from sklearn.exceptions import InconsistentVersionWarning

    pairs = {
        (one.message.original_sklearn_version, one.message.current_sklearn_version)
        for one in heard
        if isinstance(one.message, InconsistentVersionWarning)
    }
    message = "the model was saved with scikit-learn {saved}, and run with {run}: its answers can differ"
    return [Text.of(message, saved=saved, run=run) for saved, run in sorted(pairs)]
