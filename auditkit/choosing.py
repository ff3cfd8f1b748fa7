"""Find what a spec names among what is offered, and validate the options it gives; an error points into the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from auditkit.errors import AuditError, did_you_mean
from auditkit.options import OptionError, given_by_host, validate_options
from auditkit.plugin import Check, Offer

if TYPE_CHECKING:
    from auditkit.spec import AuditSpec

Offered = TypeVar("Offered", bound=Offer)


def named(spec: AuditSpec, keys: tuple[str | int, ...], name: str, known: Mapping[str, Offered]) -> Offered:
    """The offer of that name; a SpecError at `keys` when there is none."""
    if name in known:
        return known[name]
    raise spec.source.error(keys, f"'{name}' is not installed", did_you_mean(name, known))


def options_for(
    spec: AuditSpec, keys: tuple[str | int, ...], offer: Offer, given: dict[str, Any], owner: str
) -> dict[str, Any]:
    """All options of an offer, the spec's over its defaults; a SpecError at the one that is refused."""
    # A misspelt key of the spec's own arrives here too: `treshold` is no option of the loader.
    table = getattr(spec, str(keys[0])) if len(keys) == 1 else None
    beside = type(table).model_fields if table is not None else ()
    try:
        options = validate_options(offer.run, given, owner=owner, beside=beside)
    except OptionError as error:
        raise spec.source.error((*keys, error.key), f"is {error.problem}: {error.message}", error.hint) from None
    if isinstance(offer, Check) and offer.accepts is not None:
        try:
            beside_options = {"data": spec.data} if "data" in given_by_host(offer.accepts) else {}
            offer.accepts(**options, **beside_options)
        except AuditError as error:
            # The option that the message quotes, or else the first that was written.
            quoted = [name for name in given if f"'{name}'" in error.message]
            at = (quoted or list(given) or list(options))[:1]
            raise spec.source.error((*keys, *at), f"is refused: {error.message}", error.hint) from None
    return options
