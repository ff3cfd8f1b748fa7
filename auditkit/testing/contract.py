"""`obey_contract`: the promises of a check or an adapter, as one test for a plugin's author to run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from auditkit.options import validate_options
from auditkit.plugin import Adapter, Check
from auditkit.testing.adapter_laws import ADAPTER_LAWS, AdapterSubject
from auditkit.testing.breaches import hold_to
from auditkit.testing.check_laws import CHECK_LAWS, CheckSubject
from auditkit.testing.recipes import Recipe, recipes_for

LAWS = {"check": tuple(CHECK_LAWS), "adapter": tuple(ADAPTER_LAWS)}
"""The names of the laws, for `except_`."""


def obey_contract(thing: Check | Adapter, *, except_: Mapping[str, str] | None = None, **how: Any) -> None:
    """Hold a check or an adapter to its contract.

    Args:
        thing: what `@check` or `@adapter` made.
        except_: law -> why it cannot be obeyed; a reason is demanded.
        **how: of a check `options`, `recipes` (cases of its own), `time_limit` (seconds). Of an adapter `path`,
            `inputs` (rows for the model), `tolerance`, and what else it asks for: options and the spec's values.

    Raises:
        ContractBroken: it breaks a law; the message says which, what was seen, and what to do.
    """
    if isinstance(thing, Check):
        _obey_check(thing, except_ or {}, **how)
    elif isinstance(thing, Adapter):
        _obey_adapter(thing, except_ or {}, **how)
    else:
        raise TypeError(f"a check or an adapter has a contract, not a {type(thing).__name__}")


def _obey_check(
    check: Check,
    except_: Mapping[str, str],
    *,
    options: Mapping[str, Any] | None = None,
    recipes: Iterable[Recipe[Any]] | None = None,
    time_limit: float = 30.0,
) -> None:
    given = validate_options(check.run, options or {}, owner=f"check '{check.id}'")
    made = recipes_for(check.on) if recipes is None else tuple(recipes)
    hold_to(f"check '{check.id}'", CheckSubject(check, given, made, time_limit), CHECK_LAWS, except_)


def _obey_adapter(
    adapter: Adapter,
    except_: Mapping[str, str],
    *,
    path: Path | None,
    inputs: Any,
    tolerance: float = 1e-5,
    **given: Any,
) -> None:
    subject = AdapterSubject(adapter, None if path is None else Path(path), inputs, given, tolerance)
    hold_to(f"adapter '{adapter.id}'", subject, ADAPTER_LAWS, except_)
