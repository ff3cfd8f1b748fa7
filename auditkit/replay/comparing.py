"""Two documents held against each other, value by value: equal, equal but for the last bits, or different."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from auditkit.document import fill
from auditkit.finding import Chart, Evidence, Finding, Measurement, Table
from auditkit.replay.outcome import Difference, Part, Tolerance
from auditkit.replay.tolerances import CONTROLS, LAST_BITS, Allowed, allowed_by, widest
from auditkit.shown import Example

ABSENT = "(absent)"
_WORDS = frozenset({"msgid", "params"})


@dataclass
class _Seen:
    """What came of the numbers of one metric."""

    allowed: Allowed
    values: int = 0
    close: int = 0
    largest: float = 0.0


@dataclass
class Comparison:
    """What was found while two values were walked through side by side."""

    words_count: bool = True
    """Whether a text that reads differently is a difference: not where another version of the code words it."""
    values: int = 0
    close: int = 0
    reworded: int = 0
    differences: list[Difference] = field(default_factory=list)
    seen: dict[str, _Seen] = field(default_factory=dict)
    """By metric; under no name all that is no value of one."""
    _now: _Seen | None = None

    def allowing(self, metric: str, allowed: Allowed) -> Self:
        """From now on numbers are of this metric, which allows so much."""
        self._now = self.seen.setdefault(metric, _Seen(allowed))
        return self

    def part(self, name: str, **more: Any) -> Part:
        """What is said of it."""
        return Part(
            name=name, values=self.values, close=self.close, reworded=self.reworded,
            differences=tuple(self.differences), tolerances=tuple(self._tolerances()), **more,
        )  # fmt: skip

    def _tolerances(self) -> Iterator[Tolerance]:
        for metric, one in self.seen.items():
            if one.values:
                yield Tolerance(
                    metric=metric, within=one.allowed.within, because=one.allowed.because, values=one.values,
                    close=one.close, largest=one.largest,
                )  # fmt: skip

    def compare(self, signed: Any, recomputed: Any, where: str) -> None:
        """Walk through two JSON values; `where` names the place for people."""
        if isinstance(signed, Mapping) and isinstance(recomputed, Mapping):
            is_text = set(signed) == set(recomputed) == _WORDS
            if is_text and signed != recomputed and not self.words_count:
                self._compare_reworded(signed, recomputed, where)
                return
            for key in [*signed, *(key for key in recomputed if key not in signed)]:
                self.compare(signed.get(key, ABSENT), recomputed.get(key, ABSENT), _within(where, key))
        elif _is_list(signed) and _is_list(recomputed):
            if len(signed) != len(recomputed):
                self._differ(where, f"{len(signed)} entries", f"{len(recomputed)} entries")
            for place, (one, other) in enumerate(zip(signed, recomputed, strict=False)):
                self.compare(one, other, f"{where}, {_entry_name(one, place)}")
        else:
            self._compare_leaves(signed, recomputed, where)

    def _compare_reworded(self, signed: Mapping[str, Any], recomputed: Mapping[str, Any], where: str) -> None:
        """Another version may say it in other words; the numbers in the same sentence are still the same numbers."""
        self.reworded += 1
        if signed["msgid"] == recomputed["msgid"]:
            for name, one in signed["params"].items():
                other = recomputed["params"].get(name)
                if _is_number(one) and _is_number(other):
                    self.compare(one, other, _within(where, name))

    def _compare_leaves(self, signed: Any, recomputed: Any, where: str) -> None:
        both = _is_number(signed) and _is_number(recomputed)
        now = self._now or self.allowing("", LAST_BITS)._now  # noqa: SLF001  its own
        assert now is not None  # noqa: S101  `allowing` put it there
        if _is_number(signed) or _is_number(recomputed):
            self.values += 1
            now.values += 1
        if type(signed) is type(recomputed) or both:
            if signed == recomputed:
                return
            # A count is a count: only what was summed up from fractions may differ in its last bits.
            of_fractions = both and (isinstance(signed, float) or isinstance(recomputed, float))
            if of_fractions and (apart := now.allowed.of(signed, recomputed)) is not None:
                self.close += 1
                now.close += 1
                now.largest = max(now.largest, apart)
                return
        self._differ(where, signed, recomputed)

    def _differ(self, where: str, signed: Any, recomputed: Any) -> None:
        self.differences.append(Difference(where=where, signed=_shown(signed), recomputed=_shown(recomputed)))


def compare_findings(
    signed: Finding, recomputed: Finding, *, words_count: bool, leniently: bool = False, weighted: bool = False
) -> Part:
    """One check's finding, each number within what the card of its metric allows, as the check here has it.

    Args:
        signed: as the bundle has it.
        recomputed: after the same suppression.
        words_count: whether texts must be the same to the letter.
        leniently: what is withheld in the signed result may be told in the recomputed one, because other findings,
            which decide with it on what is withheld, could not be replayed.
        weighted: whether rows have weights, so that no share is one of counts.
    """
    allowed = allowed_by(recomputed.cards, weighted=weighted)
    found = Comparison(words_count)
    found.compare(signed.status, recomputed.status, "status")
    found.compare(_plain(signed.reason), _plain(recomputed.reason), "reason")
    found.compare(signed.options, recomputed.options, "options")
    withheld = 0
    for one, other in _paired(signed.measurements, recomputed.measurements):
        if one is not None and other is not None and one.suppressed and (other.suppressed or leniently):
            withheld += 1
            other = one if leniently else other  # noqa: PLW2901  it says no more than the signed one
        _compare_measured(found, one, other, allowed)
    found.allowing("", widest(allowed.values()))
    for shown, again in itertools.zip_longest(signed.evidence, recomputed.evidence):
        if not (leniently and shown != again and _holds_withheld(shown)):
            title = str((shown or again).title) if shown or again else ""
            found.compare(_plain(shown), _plain(again), f"{_kind_of(shown or again)} '{title}'")
    found.allowing("(controls)", CONTROLS)
    found.compare(_plain(signed.controls), _plain(recomputed.controls), "controls")
    found.allowing("", widest(allowed.values()))
    found.compare(_plain(signed.notes), _plain(recomputed.notes), "notes")
    return found.part(signed.check, options=signed.options, withheld=withheld)


def _compare_measured(
    found: Comparison, one: Measurement | None, other: Measurement | None, allowed: Mapping[str, Allowed]
) -> None:
    """The value as its metric allows; the ends of its interval, where that is to the last bit, as functions allow."""
    if one is None or other is None:
        found.compare(_measured(one), _measured(other), name_of(one or other))
        return
    metric, of_value = one.metric, allowed.get(one.metric, LAST_BITS)
    signed, recomputed = _measured(one), _measured(other)
    for key, value in signed.items():
        if key == "value" or of_value.within:
            found.allowing(metric, of_value)
        else:
            found.allowing("", widest(allowed.values()))
        found.compare(value, recomputed[key], _within(name_of(one), key))


def name_of(measurement: Measurement | None) -> str:
    """A measurement as people name it: its metric and what it is about."""
    if measurement is None:
        return ""
    about = {**measurement.group, **({"class": measurement.label} if measurement.label is not None else {})}
    about |= measurement.conditions
    said = ", ".join(f"{name}: {value}" for name, value in about.items())
    return f"{measurement.metric} ({said})" if said else measurement.metric


def _paired(
    signed: Sequence[Measurement], recomputed: Sequence[Measurement]
) -> Iterator[tuple[Measurement | None, Measurement | None]]:
    """The measurements about the same thing; in order, as checks give them, those that are about the same twice too."""
    left: dict[tuple[Any, ...], list[Measurement]] = {}
    for one in recomputed:
        left.setdefault(_key(one), []).append(one)
    for one in signed:
        same = left.get(_key(one))
        yield one, same.pop(0) if same else None
    for rest in left.values():
        yield from ((None, one) for one in rest)


def _key(one: Measurement) -> tuple[Any, ...]:
    versus = None if one.versus is None else tuple(sorted(one.versus.items()))
    return one.metric, tuple(sorted(one.group.items())), one.label, tuple(sorted(one.conditions.items())), versus


def _kind_of(evidence: Evidence | None) -> str:
    return "example" if isinstance(evidence, Example) else "chart" if isinstance(evidence, Chart) else "table"


def _holds_withheld(evidence: Evidence | None) -> bool:
    """Whether cells of a table, or a chart as a whole, may have been taken out of it."""
    return not isinstance(evidence, Table) or any(cell is None for row in evidence.rows for cell in row)


def _measured(one: Measurement | None) -> Any:
    return ABSENT if one is None else one.model_dump(mode="json")


def _plain(value: Any) -> Any:
    """JSON values, as they are after a document was written and read again."""
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value


def written_and_read(finding: Finding) -> Finding:
    """A finding as a bundle would carry it: a whole number in a table is one, whatever type it had.

    Only after suppression, which needs the attributes of an intersection in the order of its labels; JSON sorts them.
    """
    return Finding.from_json(finding.to_json())


def _entry_name(entry: Any, place: int) -> str:
    """What an entry of a list is called: by its own name, or its first cell, or its place counted from 1."""
    if isinstance(entry, Mapping):
        named = next((entry[key] for key in ("label", "name", "rule") if isinstance(entry.get(key), str)), None)
        return f"'{named}'" if named is not None else f"entry {place + 1}"
    if _is_list(entry) and entry and isinstance(entry[0], str):
        return f"row '{entry[0]}'"
    return f"entry {place + 1}"


def _within(where: str, key: str) -> str:
    return f"{where}: {key}" if where else key


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any) -> str | int | float | None:
    if value is None or isinstance(value, int | float | str):
        return str(value).lower() if isinstance(value, bool) else value
    if isinstance(value, Mapping) and set(value) == _WORDS:
        return fill(value["msgid"], value["params"])
    return "(present)" if value else "(none)"
