"""Ask every adapter and every loader what lies at a path; keep all who know it, and what the others refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from auditkit.errors import AuditError, DataError, ModelError, PluginError, words_of
from auditkit.plugin import Adapter, Loader
from auditkit.recognising import Certainty, Glimpse, Recognised

if TYPE_CHECKING:
    from auditkit.host import Host

_CERTAIN: Mapping[str, int] = {name: place for place, name in enumerate(get_args(Certainty))}


@dataclass(frozen=True)
class Known:
    """One plugin's answer."""

    id: str
    found: Recognised

    @property
    def rank(self) -> int:
        """How certain it is: higher is more."""
        return _CERTAIN[self.found.certainty]


@dataclass(frozen=True)
class Survey:
    """Who knows a model or a data file, the most certain first, and what went wrong."""

    seen: Glimpse
    known: tuple[Known, ...] = ()
    refused: tuple[tuple[str, AuditError], ...] = ()
    """The plugins that know it, and know that it cannot be used: id and error."""

    gives: Mapping[str, str | None] = field(default_factory=dict)
    """Every adapter that is installed -> its prediction type, where that is always the same."""

    def of(self, id: str) -> Known | None:
        """What one plugin answered."""
        return next((one for one in self.known if one.id == id), None)


def glimpse(written: str, *, what: str) -> Glimpse:
    """What lies at a path, or at an address.

    Raises:
        ModelError: it is the name of a model on a hub, which is not asked.
        DataError: there is no such path.
    """
    path = Path(written)
    is_url = written.startswith(("http://", "https://"))
    if is_url and what == "model":
        return Glimpse(written)
    if is_url:
        raise DataError("the data are at an address, and nothing is fetched", hint="download them, and name the file")
    if _exists(path):
        return Glimpse(written, path)
    if what == "model" and re.fullmatch(r"[\w.-]+/[\w.-]+", written):
        raise ModelError(
            f"there is no '{written}' here; if it is a model on a hub: nothing is fetched",
            hint=f"where there is a network: hf download {written} --local-dir model; then: auditkit init model DATA",
        )
    error = ModelError if what == "model" else DataError
    raise error(f"there is no '{written}'", hint="auditkit init MODEL DATA: two paths, the data a file or a folder")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError, RuntimeError):  # a name that is too long, or a loop of links
        return False


def survey_data(host: Host, seen: Glimpse) -> Survey:
    """What the loaders know of a data file."""
    return _survey(seen, host.loaders.values())


def survey_model(host: Host, seen: Glimpse) -> Survey:
    """What the adapters know of a model."""
    gives = {one.id: None if one.gives is None else one.gives.__name__ for one in host.adapters.values()}
    return replace(_survey(seen, host.adapters.values()), gives=gives)


def with_rows(seen: Glimpse, data: Recognised) -> Glimpse:
    """A model's glimpse with the first rows of the data beside it."""
    return replace(seen, rows=data.rows)


def _survey(seen: Glimpse, offers: Iterable[Adapter | Loader]) -> Survey:
    known, refused = [], []
    for offer in offers:
        if offer.recognises is None:
            continue
        try:
            found = offer.recognises(seen)
        except AuditError as error:
            refused.append((offer.id, error))
            continue
        except Exception as error:  # noqa: BLE001  a plugin may raise anything: its offer is left out, and that is said
            said = f"'{offer.id}' could not look at {seen.called}: {type(error).__name__}: {words_of(error)}"
            refused.append((offer.id, PluginError(said, hint="report it to whoever wrote the plugin")))
            continue
        if found is not None and not isinstance(found, Recognised):
            raise PluginError(
                f"'{offer.id}' recognises with a {type(found).__name__}",
                hint="it returns auditkit.recognising.Recognised, or None",
            )
        if found is not None:
            known.append(Known(offer.id, found))
    known.sort(key=lambda one: (-one.rank, one.id))
    return Survey(seen, tuple(known), tuple(refused))


def refuse_unknown_data(survey: Survey) -> None:
    """Refuse data that no loader knows, with the words of one that knew it and could not read it.

    Raises:
        AuditError: there is none.
    """
    if survey.known:
        return
    if survey.refused:
        raise survey.refused[0][1]
    if survey.seen.is_folder:
        tables = sorted(name for name in survey.seen.names if name.endswith((".csv", ".parquet", ".jsonl", ".tsv")))
        hint = f"name one of its tables: {', '.join(tables[:4])}" if tables else "a folder of images, or a table"
        raise DataError(f"nothing in the folder '{survey.seen.written}' is recognised as data", hint=hint)
    if survey.seen.is_file and not survey.seen.head(1):
        raise DataError(f"'{survey.seen.written}' is empty", hint="it needs a header and at least one row")
    raise DataError(
        f"'{survey.seen.written}' is not recognised as data",
        hint="a table (CSV, Parquet, JSON Lines), labelled sentences (CoNLL), or a folder of images",
    )


def refuse_unknown_model(survey: Survey) -> None:
    """Refuse a model that no adapter knows; same.

    Raises:
        AuditError: there is none.
    """
    if survey.known:
        return
    if survey.refused:
        raise survey.refused[0][1]
    if not survey.seen.written:
        raise DataError(
            "no model is named, and no column of the data looks like predictions",
            hint="auditkit init MODEL DATA; or name the columns: --set data.scores=[...], or --set data.predicted=...",
        )
    raise ModelError(
        f"{survey.seen.called} is not recognised as a model",
        hint="auditkit adapters lists what is opened; name one with --adapter, or leave the model out and name the "
        "columns of its predictions",
    )
