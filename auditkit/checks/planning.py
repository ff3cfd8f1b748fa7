"""Which checks an audit runs, and with which options: those that the spec names by area or by id, or all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditkit.errors import did_you_mean
from auditkit.governance.record import NEEDS_RECORDS
from auditkit.hosting.choosing import named, options_for
from auditkit.options import validate_options
from auditkit.plugin import Check

if TYPE_CHECKING:
    from auditkit.spec import AuditSpec, CheckSpec


@dataclass(frozen=True)
class Planned:
    """One check that will run, with its options. Two uses of a check with other options are two of these."""

    check: Check
    options: dict[str, Any]

    @property
    def identity(self) -> tuple[str, str]:
        """What tells it from any other: the check's id, and its options as canonical JSON."""
        from auditkit.document import canonical_json

        return self.check.id, canonical_json(_plain(self.options)).decode()


def plan(spec: AuditSpec, checks: Mapping[str, Check]) -> tuple[Planned, ...]:
    """The checks that the spec asks for, by area or by id; all that are installed when it names none."""
    if not spec.checks:
        return _records_last(_with_defaults(checks.values()))
    planned = [item for place, use in enumerate(spec.checks) for item in _planned(spec, checks, place, use)]
    named_alone = {use.use for use in spec.checks if "." in use.use}
    unique: dict[tuple[str, str], Planned] = {}
    for item, from_area in planned:
        # A check that is named by itself, with its options, is not run a second time by its area's entry.
        if not (from_area and item.check.id in named_alone):
            unique[item.identity] = item
    return _records_last(unique.values())


def _records_last(planned: Iterable[Planned]) -> tuple[Planned, ...]:
    """In order, but for checks of governance records, which hold what is claimed against what the others found."""
    return tuple(sorted(planned, key=lambda one: NEEDS_RECORDS in one.check.needs))


def _planned(
    spec: AuditSpec, checks: Mapping[str, Check], place: int, use: CheckSpec
) -> Iterator[tuple[Planned, bool]]:
    """What one entry of the spec's checks means, each with whether an area brought it."""
    keys = ("checks", place, "use")
    if "." in use.use:
        check = named(spec, keys, use.use, checks)
        yield Planned(check, options_for(spec, ("checks", place), check, use.options, f"check '{check.id}'")), False
        return
    area = [check for check in checks.values() if check.area == use.use]
    if not area:
        areas = {check.area for check in checks.values()}
        raise spec.source.error(keys, f"no check or area named '{use.use}'", did_you_mean(use.use, areas))
    if use.options:
        key = next(iter(use.options))
        raise spec.source.error(
            ("checks", place, key),
            f"option '{key}' is given to the area '{use.use}'",
            f"give it to one check: use = '{area[0].id}'",
        )
    for item in _with_defaults(area):
        yield item, True


def _with_defaults(checks: Iterable[Check]) -> Iterator[Planned]:
    """Each check that runs without being given an option; one that requires any must be named by itself."""
    for check in checks:
        if all(not option.required for option in check.options):
            yield Planned(check, validate_options(check.run, {}, owner=f"check '{check.id}'"))


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, bool | int | float | str | type(None)) else str(value)
        for name, value in options.items()
    }
