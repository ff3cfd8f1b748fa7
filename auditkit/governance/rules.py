"""What every record is held to: that it says something, whose it is and of when, and names people who are known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.document import Text
from auditkit.governance.record import Fault
from auditkit.governance.sheets import Day, Named, Sheet

if TYPE_CHECKING:
    from auditkit.result import Subject

SHORTEST = 20
"""Characters of a sentence that says something; one of Chinese, Japanese or Korean counts for three."""

_PLACEHOLDER = re.compile(
    r"""\b(to\ be\ (done|decided|defined|determined)|lorem\ ipsum)\b
    | \b(TODO|TBD|TBA|FIXME|XXX+)\b
    | ^[\W_]*(n/?a|none\ yet|todo|tbd|tba|x{3,}|your\ name|first\ last|name|text|test|foo|bar)[\W_]*$
    | <[^<>@]{2,40}>
    | 待定 | 待补 | 待填 | 占位 | ^[\W_]*(暂无|同上|略)[\W_]*$""",
    re.VERBOSE,
)
_MAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;.]+(\.[^\s@<>,;.]+)+")
_URL = re.compile(r"https?://[^\s/:.]+(\.[^\s/:.]+)+(:\d+)?(/\S*)?")
_PHONE = re.compile(r"\+?[\d\s()./-]{6,30}(\s*(ext\.?|x|转)\s*\d{1,6})?")
_FEWEST_DIGITS = 6
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True)
class Scene:
    """What a record is held against besides itself."""

    folder: Path
    """The spec's."""
    today: date
    """The audit's day."""
    name: str
    """The audit's name, which its bundles and entries of a ledger carry."""
    subject: Subject | None = None
    """What was audited; None: it has not been looked at."""
    claimed: tuple[float, float] | None = None
    """Epsilon and delta that `[model]` claims; None: it claims none."""
    people: Mapping[str, Named] = field(default_factory=dict)
    """By name, from the records of owners."""


def is_placeholder(said: str) -> bool:
    """Whether it only keeps a place: TODO, TBD, lorem ipsum, xxx, N/A, <name>; also when nothing but signs is there."""
    spelt = said.strip()
    caseless = re.compile(_PLACEHOLDER.pattern, re.VERBOSE | re.IGNORECASE)
    whole = caseless.search(spelt) if len(spelt) <= len("lorem ipsum dolor") else None
    return not re.search(r"\w", spelt) or bool(_PLACEHOLDER.search(spelt) or whole or "lorem ipsum" in spelt.lower())


def is_short(said: str) -> bool:
    """Whether it is too short to say anything."""
    return len(said.strip()) + 2 * len(_WIDE.findall(said)) < SHORTEST


def is_contact(said: str) -> bool:
    """Whether it is an e-mail address, a web address or a telephone number."""
    spelt = said.strip().removeprefix("mailto:").removeprefix("tel:")
    if _MAIL.fullmatch(spelt) or _URL.fullmatch(spelt):
        return True
    return bool(_PHONE.fullmatch(spelt)) and sum(one.isdigit() for one in spelt) >= _FEWEST_DIGITS


def day_of(said: Day | None) -> date | None:
    """A day as a date; None: there is none, or it is no ISO date."""
    if said is None or isinstance(said, date):
        return said if said is None else date(said.year, said.month, said.day)
    try:
        return date.fromisoformat(said) if re.fullmatch(r"\d{4}-\d\d-\d\d", said) else None
    except ValueError:
        return None


def fault(id: str, text: Text) -> Fault:
    """One fault."""
    return Fault(id=id, text=text)


def said_faults(name: str, said: str, *, least: bool = True) -> Iterator[Fault]:
    """That a text which is needed is there, is no placeholder, and says something."""
    if not said.strip():
        yield fault("record.empty", Text.of("It leaves {key} empty.", key=name))
    elif is_placeholder(said):
        yield fault("record.placeholder", Text.of("Under {key} there is only a placeholder.", key=name))
    elif least and is_short(said):
        yield fault("record.short", Text.of("What it says under {key} is too short to say anything.", key=name))


def day_faults(name: str, said: Day | None, today: date) -> Iterator[Fault]:
    """That a day which is there is an ISO date, and has come."""
    if said is None:
        return
    day = day_of(said)
    if day is None:
        yield fault("record.bad-date", Text.of("Under {key} there is no date such as 2027-01-31.", key=name))
    elif day > today:
        said_day = day.isoformat()
        yield fault("record.future", Text.of("Under {key} there is a day to come: {day}.", key=name, day=said_day))


def contact_faults(name: str, said: str) -> Iterator[Fault]:
    """That a contact is one."""
    if not said.strip():
        yield fault("record.no-contact", Text.of("{key} has no contact.", key=name))
    elif not is_contact(said):
        text = "The contact of {key} is no e-mail address, no web address and no telephone number."
        yield fault("record.bad-contact", Text.of(text, key=name))


def person_faults(name: str, said: str, scene: Scene) -> Iterator[Fault]:
    """That a person who is named is among the owners."""
    if said and said not in scene.people:
        text = "Under {key} it names '{person}', whom no record of owners knows."
        yield fault("record.unknown-person", Text.of(text, key=name, person=said))


def common_faults(sheet: Sheet, scene: Scene) -> Iterator[Fault]:
    """What every record is held to, but that it has not run out."""
    if not sheet.owner:
        yield fault("record.no-owner", Text.of("It names nobody who answers for it."))
    else:
        yield from person_faults("owner", sheet.owner, scene)
    if sheet.date is None:
        yield fault("record.no-date", Text.of("It does not say when it was last gone through."))
    yield from day_faults("date", sheet.date, scene.today)
    ends, begins = day_of(sheet.expires), day_of(sheet.date)
    if sheet.expires is not None and ends is None:
        yield from day_faults("expires", sheet.expires, scene.today)
    if ends is not None and begins is not None and ends < begins:
        yield fault("record.ends-before", Text.of("It runs out before the day on which it was gone through."))
    if sheet.title and is_placeholder(sheet.title):
        yield from said_faults("title", sheet.title, least=False)


def has_ended(sheet: Sheet, today: date) -> bool:
    """Whether its last day is over."""
    ends = day_of(sheet.expires)
    return ends is not None and ends < today
