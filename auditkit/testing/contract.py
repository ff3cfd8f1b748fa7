"""`obey_contract`: the promises of a check, an adapter or an exporter, as one test for a plugin's author to run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditkit.options import validate_options
from auditkit.plugin import Adapter, Check, Exporter
from auditkit.testing.adapter_laws import ADAPTER_LAWS, AdapterSubject
from auditkit.testing.breaches import Law, hold_to
from auditkit.testing.check_laws import CHECK_LAWS, CheckSubject
from auditkit.testing.check_laws import LOOPS as CHECK_LOOPS
from auditkit.testing.exporter_laws import EXPORTER_LAWS, ExporterSubject
from auditkit.testing.exporter_laws import LOOPS as EXPORTER_LOOPS
from auditkit.testing.recipes import Recipe, recipes_for

LAWS = {"check": tuple(CHECK_LAWS), "adapter": tuple(ADAPTER_LAWS), "exporter": tuple(EXPORTER_LAWS)}
"""The names of the laws, for `except_`."""


@dataclass(frozen=True)
class Held:
    """A plugin's offer, what its laws look at, and the laws."""

    who: str
    subject: Any
    laws: Mapping[str, Law[Any]]


def obey_contract(thing: Check | Adapter | Exporter, *, except_: Mapping[str, str] | None = None, **how: Any) -> None:
    """Hold a check, an adapter or an exporter to its contract.

    Args:
        thing: what `@check`, `@adapter` or `@exporter` made.
        except_: law -> why it cannot be obeyed; a reason is demanded.
        **how: of a check `options`, `recipes` (cases of its own), `time_limit` (seconds), `budget` (bare loops of a
            million steps, on each case). Of an adapter `path`, `inputs` (rows for the model), `tolerance`, and what
            else it asks for: options and the spec's values. Of an exporter `budget`.

    Raises:
        ContractBroken: it breaks a law; the message says which, what was seen, and what to do.
    """
    held = held_to(thing, **how)
    hold_to(held.who, held.subject, held.laws, except_ or {})


def held_to(thing: Check | Adapter | Exporter, **how: Any) -> Held:
    """What `obey_contract` would look at; nothing has run yet."""
    if isinstance(thing, Check):
        return _check(thing, **how)
    if isinstance(thing, Adapter):
        return _adapter(thing, **how)
    if isinstance(thing, Exporter):
        return _exporter(thing, **how)
    raise TypeError(f"a check, an adapter or an exporter has a contract, not a {type(thing).__name__}")


def _check(
    check: Check,
    *,
    options: Mapping[str, Any] | None = None,
    recipes: Iterable[Recipe[Any]] | None = None,
    time_limit: float = 30.0,
    budget: float = CHECK_LOOPS,
) -> Held:
    given = validate_options(check.run, options or {}, owner=f"check '{check.id}'")
    made = recipes_for(check.on) if recipes is None else tuple(recipes)
    return Held(f"check '{check.id}'", CheckSubject(check, given, made, time_limit, budget), CHECK_LAWS)


def _adapter(adapter: Adapter, *, path: Path | None, inputs: Any, tolerance: float = 1e-5, **given: Any) -> Held:
    subject = AdapterSubject(adapter, None if path is None else Path(path), inputs, given, tolerance)
    return Held(f"adapter '{adapter.id}'", subject, ADAPTER_LAWS)


def _exporter(exporter: Exporter, *, budget: float = EXPORTER_LOOPS) -> Held:
    return Held(f"exporter '{exporter.id}'", ExporterSubject(exporter, budget), EXPORTER_LAWS)
