"""Find what a spec names among what is offered, and validate the options it gives; an error points into the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from auditkit.errors import AuditError, did_you_mean
from auditkit.offers import Offer
from auditkit.options import OptionError, given_by_host, text_file_options, validate_options
from auditkit.plugin import Check
from auditkit.textfile import read_text_files

if TYPE_CHECKING:
    from auditkit.checks.planning import Planned
    from auditkit.dataset import Codes
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
    read = _with_files(spec, keys, offer, given)
    try:
        options = validate_options(offer.run, read, owner=owner, beside=beside)
    except OptionError as error:
        raise spec.source.error((*keys, error.key), f"is {error.problem}: {error.message}", error.hint) from None
    if isinstance(offer, Check):
        _accept(spec, keys, offer, options, given, data=spec.data)
    return options


def _with_files(
    spec: AuditSpec, keys: tuple[str | int, ...], offer: Offer, given: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The options with the text files that they name, read; a SpecError at the one that cannot be."""
    names = [name for name in text_file_options(offer.run) if name in given]
    for name in names:
        try:
            given = read_text_files([name], given, spec.folder)
        except AuditError as error:
            raise spec.source.error((*keys, name), f"is refused: {error.message}", error.hint) from None
    return given


def accept_groups(spec: AuditSpec, planned: Iterable[Planned], groups: Mapping[str, Codes]) -> None:
    """Have the checks refuse options once more, now that the data are read and their groups known.

    Raises:
        SpecError: at the option that a check whose `accepts` has a parameter `groups` refuses.
    """
    labels = {name: codes.vocabulary for name, codes in groups.items()}
    for item in planned:
        if item.check.accepts is not None and "groups" in given_by_host(item.check.accepts):
            places = [place for place, use in enumerate(spec.checks) if use.use == item.check.id]
            place = next((one for one in places if spec.checks[one].options.items() <= item.options.items()), None)
            keys = () if place is None else ("checks", place)
            given = {} if place is None else spec.checks[place].options
            _accept(spec, keys, item.check, item.options, given, data=spec.data, groups=labels)


def _accept(
    spec: AuditSpec,
    keys: tuple[str | int, ...],
    check: Check,
    options: Mapping[str, Any],
    given: Mapping[str, Any],
    **known: Any,
) -> None:
    """Let a check refuse its options; a SpecError at the one that it quotes, or else the first that was written."""
    if check.accepts is None:
        return
    wanted = given_by_host(check.accepts)
    try:
        check.accepts(**options, **{name: value for name, value in known.items() if name in wanted})
    except AuditError as error:
        quoted = [name for name in given if f"'{name}'" in error.message]
        at = (quoted or list(given) or list(options))[:1]
        raise spec.source.error((*keys, *at), f"is refused: {error.message}", error.hint) from None
