"""How the report says things: names, numbers, groups and outcomes in words. Layout is not its business."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from typing import Self

from auditkit.document import Text, fill, places
from auditkit.finding import JOINED, Measurement, MetricCard
from auditkit.numerals import bound_number, number
from auditkit.policy import Outcome, Rule, VerdictOutcome
from auditkit.report.cards import card_for, cards_of, taken_apart
from auditkit.report.catalogues import ENGLISH, Catalogue, locale_of
from auditkit.report.conditions import condition
from auditkit.report.intervals import named
from auditkit.report.spacing import fill_spaced
from auditkit.result import AuditResult

LABEL_LIMIT = 120
SENTENCE_LIMIT = 900
INTRODUCTION_LIMIT = 2_400
"""Of what a check says of itself: a plugin may write more, and a reader would not read it."""

OUTCOMES: dict[Outcome, str] = {
    "fail": "Not met",
    "error": "Could not be judged",
    "no_evidence": "No evidence",
    "inconclusive": "Inconclusive",
    "warn": "Warning",
    "waived": "Waived",
    "not_applicable": "Not applicable",
    "pass": "Met",
}
"""Worst first: the order in which the report lists rules."""

VERDICTS: dict[VerdictOutcome, str] = {
    "pass": "PASS",
    "fail": "FAIL",
    "inconclusive": "INCONCLUSIVE",
    "error": "ERROR",
}

_UTC = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|\+00:00)")

_ALONE = r"(?<![\d.]){}(?![\d.])"
_NUMBER = re.compile(_ALONE.format(r"\d+"))

# Marks that turn the reading direction, or that nobody sees: a label must not be able to dress up as another one.
_DECEITFUL = frozenset("\u061c\u200b\u200e\u200f\u2060\ufeff\u00ad") | frozenset(
    chr(code) for span in (range(0x202A, 0x202F), range(0x2066, 0x206A), range(0xE0000, 0xE0080)) for code in span
)


def visible(text: str) -> str:
    """The text with control characters, lone surrogates and direction marks written out as their code points."""
    if text.isprintable():  # nothing that `_one` changes is
        return text
    return "".join(_one(character) for character in text)


def _one(character: str) -> str:
    if character in "\n\r\t":
        return " "
    if character in _DECEITFUL or unicodedata.category(character) in ("Cc", "Cs", "Cn"):
        return f"⟨U+{ord(character):04X}⟩"
    return character


@dataclass(frozen=True)
class Wording:
    """Everything that is said, in one language."""

    translate: Callable[[str], str] = str
    language: str = "en"
    cards: Mapping[str, MetricCard] = field(default_factory=dict)
    """Metric -> how its check explains it."""
    attributes: tuple[str, ...] = ()
    """The protected attributes in the order of the spec; canonical JSON forgets it."""

    @classmethod
    def of(cls, result: AuditResult, translate: Callable[[str], str] = str, language: str = "en") -> Self:
        """What is said of one result, whose findings explain their own metrics."""
        named = dict.fromkeys(one.name for split in result.data.splits for one in split.attributes)
        return cls(translate, language, cards_of(result.findings), tuple(named))

    def say(self, msgid: str, /, **params: str | float) -> str:
        """A sentence of the report's own. Strings in `params` must already be safe to show."""
        return self._fill(self.translate(msgid), params)

    def plural(self, one: str, many: str, count: int, /, **params: str | float) -> str:
        """A sentence of the report's own that is another one for another number of things."""
        if isinstance(self.translate, Catalogue):
            return self._fill(self.translate.plural(one, many, count), params)
        return fill(one if count == 1 else many, params)

    def records(self, count: int | None) -> str:
        """`1 record`, `1,204 records`, or that their number is withheld."""
        if count is None:
            return self.say("number of records withheld")
        return self.plural("{n} record", "{n} records", count, n=self.count(count))

    def listed(self, parts: Iterable[str]) -> str:
        """Things beside each other: `age, sex`."""
        return self._joined("{one}, {other}", parts)

    def apart(self, parts: Iterable[str]) -> str:
        """What narrows down what stands before it: `Accuracy, sex: F`, `0.52, n = 42`."""
        return self._joined("{whole}, {part}", parts)

    def clauses(self, parts: Iterable[str]) -> str:
        """Things that hold commas themselves: `sex: F, site: 1; sex: M, site: 1`."""
        return self._joined("{one}; {other}", parts)

    def prose(self, parts: Iterable[str]) -> str:
        """One sentence after the other; empty ones are left out."""
        return self._joined("{one} {other}", parts)

    def pair(self, name: str, value: str) -> str:
        """`sex: F`."""
        return self.say("{one}: {other}", one=name, other=value)

    def bracketed(self, said: str, more: str) -> str:
        """`0.52 (0.38 to 0.67)`."""
        return self.say("{one} ({other})", one=said, other=more)

    def stopped(self, sentence: str) -> str:
        """A sentence with its full stop; a question keeps its own mark."""
        return sentence if sentence.endswith(("?", "？")) else self.say("{sentence}.", sentence=sentence)  # noqa: RUF001  Chinese

    def _joined(self, pattern: str, parts: Iterable[str]) -> str:
        said = [part for part in parts if part]
        if len(said) < 2:  # noqa: PLR2004  there is nothing to join
            return said[0] if said else ""
        first, second = places(pattern)
        pattern = self.translate(pattern)
        return reduce(lambda one, other: self._fill(pattern, {first: one, second: other}), said)

    def day(self, day: date) -> str:
        """A day, as the language writes it; English keeps to ISO 8601."""
        if self.language == ENGLISH:
            return day.isoformat()
        from babel.dates import format_date

        return format_date(day, "long", locale=locale_of(self.language))

    def text(self, text: Text, *, part: int = LABEL_LIMIT, limit: int = SENTENCE_LIMIT) -> str:
        """A sentence that a check or a plugin wrote; each text that it is filled with is cut to `part` characters."""
        params = dict(text.params)
        if "capability" in params and isinstance(why := params.get("why"), str):
            params["why"] = self.translate(why)  # an adapter's own words, which stand in a result as it wrote them
        shown = {name: self._part(value, part) for name, value in sorted(params.items())}
        return self.label(self._fill(self.translate(text.msgid), shown), limit=limit)

    def _fill(self, pattern: str, params: Mapping[str, str | float]) -> str:
        return fill_spaced(pattern, params) if self.language.startswith("zh") else fill(pattern, params)

    def introduction(self, text: Text) -> str:
        """What a check looks at, and how, in its own words."""
        return self.text(text, limit=INTRODUCTION_LIMIT).replace("`", "")

    def _part(self, value: str | float | Text, limit: int) -> str | float:
        if isinstance(value, Text):
            return self.text(value, part=limit)
        return self.label(value, limit=limit) if isinstance(value, str) else value

    def sentence(self, text: Text) -> str:
        """The same, beginning with a capital."""
        said = self.text(text)
        return said[:1].upper() + said[1:]

    def reason(self, text: Text) -> str:
        """Why something is as it is, beginning with a capital: it may quote another reason, which is not cut."""
        said = self.text(text, part=SENTENCE_LIMIT)
        return said[:1].upper() + said[1:]

    def hint(self, text: str) -> str:
        """What to do next, as a check or a plugin wrote it; nothing when it says nothing."""
        return self.label(self.translate(text), limit=SENTENCE_LIMIT) if text else ""

    def label(self, text: str, *, limit: int = LABEL_LIMIT) -> str:
        """A name out of the data, made visible and cut to a length that a page can hold."""
        shown = visible(text[: limit + 1])
        if len(text) > limit:
            return self.say("{start}… ({count} characters)", start=visible(text[:limit]), count=len(text))
        return shown or self.say("(empty)")

    def name(self, name: str | Text, *, limit: int = LABEL_LIMIT) -> str:
        """What a line of a chart is called: a name out of the data as it is, words in the language of the page."""
        return self.label(self.text(name) if isinstance(name, Text) else name, limit=limit)

    def metric(self, name: str) -> str:
        """The human name of a metric; machine names that no card knows are spelt out."""
        card = card_for(name, self.cards)
        return self.explained(card.title) if card else self.label(name.replace("_", " ").capitalize())

    def asked(self, metric: str) -> str:
        """The question that a metric answers; nothing when no card says it."""
        card = card_for(metric, self.cards)
        return self.explained(card.asks) if card and card.asks else ""

    def explained(self, text: str) -> str:
        """A text of a metric's card, as a plugin's author wrote it: no placeholder in it is filled."""
        return self.label(self._of_card(text).replace("`", ""), limit=SENTENCE_LIMIT)

    def _of_card(self, text: str) -> str:
        said = self.translate(text)
        if said != text or self.language == ENGLISH:
            return said
        if (made := taken_apart(text)) is not None:
            pattern, rest = made
            return self._fill(self.translate(pattern), {"card": self._of_card(rest)})
        # A card of rankings is written for the first 10, see `MetricCard.at_depth`, and so is its translation.
        for depth in sorted(set(_NUMBER.findall(text))):
            written = re.sub(_ALONE.format(depth), "10", text)
            if (known := self.translate(written)) != written:
                return re.sub(_ALONE.format("10"), depth, known)
        return text

    def outcome(self, outcome: Outcome) -> str:
        """What a rule's outcome is called."""
        return self.translate(OUTCOMES[outcome])

    def group(self, measurement: Measurement) -> str:
        """Whom a measurement speaks about, e.g. `sex: F`, or `class dental, all rows`."""
        parts = [self.of_class(measurement.label)] if measurement.label is not None else []
        parts.append(self.members(measurement.group))
        parts += self.conditions(measurement.conditions)
        if measurement.versus:
            parts.append(self.say("compared with {other}", other=self.members(measurement.versus)))
        return self.apart(parts)

    def conditions(self, conditions: Mapping[str, str]) -> list[str]:
        """What something was measured under, a text each: `k = 10`."""
        return [condition(name, value, self) for name, value in sorted(conditions.items())]

    def of_class(self, label: str) -> str:
        """One class against the rest."""
        return self.say("class {label}", label=self.label(label))

    def ordered(self, names: Iterable[str]) -> tuple[str, ...]:
        """Attributes in the order of the spec, then those that it does not name, by name."""
        place = {name: place for place, name in enumerate(self.attributes)}
        return tuple(sorted(names, key=lambda name: (place.get(name, len(place)), name)))

    def crossed(self, names: Iterable[str]) -> str:
        """An attribute, or the names of several that cross, joined."""
        return JOINED.join(self.label(name) for name in self.ordered(names))

    def members(self, group: Mapping[str, str]) -> str:
        """A group by its attributes and labels."""
        if not group:
            return self.say("all rows")
        if "*" in group.values():
            return self.say("between the groups of {attribute}", attribute=self.crossed(group))
        return self.apart(self.pair(self.label(name), self.label(group[name])) for name in self.ordered(group))

    def value(self, measurement: Measurement) -> str:
        """The number, or in a word why there is none."""
        if measurement.suppressed:
            return self.say("withheld")
        if measurement.value is None:
            return self.say("undefined")
        shown = number(measurement.value)
        return f"{shown} {self.label(measurement.unit)}" if measurement.unit else shown

    def interval(self, measurement: Measurement) -> str:
        """`0.142 to 0.510`, or that there is none."""
        if measurement.interval:
            return self.say(
                "{low} to {high}", low=number(measurement.interval.low), high=number(measurement.interval.high)
            )
        if measurement.value is None:
            return "\N{EN DASH}"
        return self.say("exact") if measurement.exact else self.say("none")

    def method(self, measurement: Measurement) -> str:
        """How the interval was made, and what it holds for."""
        if not measurement.interval:
            return self.text(measurement.undefined) if measurement.undefined else "\N{EN DASH}"
        method = self.apart(named(self.label(measurement.interval.method), self.translate))
        return self.say("{method}, simultaneous", method=method) if measurement.interval.simultaneous else method

    def moment(self, stamp: str) -> str:
        """A UTC time to the minute; anything else stays as it is written."""
        found = _UTC.fullmatch(stamp)
        if not found:
            return self.label(stamp)
        if self.language == ENGLISH:
            return f"{found[1]} {found[2]} UTC"
        return f"{self.day(date.fromisoformat(found[1]))} {found[2]} UTC"

    def count(self, n: int | None) -> str:
        """A number of rows, or that it is withheld: few, or beside so few that it would give them away."""
        return self.say("withheld") if n is None else f"{n:,}"

    def bound(self, rule: Rule) -> str:
        """`at most 0.10`."""
        if rule.max is not None:
            return self.say("at most {bound}", bound=bound_number(rule.max))
        return self.say("at least {bound}", bound=bound_number(rule.min or 0.0))

    def requirement(self, rule: Rule) -> str:
        """What a rule asks for, in words: `Equalized odds difference, sex: at most 0.10`."""
        every = () if rule.group is None else (self.say("every group"),)
        about = [self.crossed(rule.attributes)] if rule.attributes else list(every)
        if rule.label is not None:
            about.append(self.of_class(rule.label))
        about += self.conditions(rule.conditions)
        return self.pair(self.apart([self.metric(rule.metric), *about]), self.bound(rule))
