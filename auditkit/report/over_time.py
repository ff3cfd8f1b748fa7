"""A page of audits over time: releases in a table, each followed number in a plot of its own, and what is due."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.numerals import number
from auditkit.report.catalogues import translator
from auditkit.report.figures import Column, Forest, Grid
from auditkit.report.forests import MOST_ROWS, Family, draw_forest
from auditkit.report.wording import VERDICTS, Wording
from auditkit.result import AuditResult

if TYPE_CHECKING:
    from auditkit.history.told import Audit, Change, Due, History, Point, Release, Series

MOST_PLOTS = 60
"""Of one audit: numbers beyond stand in the table alone."""

_STATES = {"overdue": "overdue", "soon": "soon", "later": "later", "open": "to be done"}
_UNTOLD = {
    "not measured": "Not measured in: {releases}.",
    "withheld": "Withheld in: {releases}.",
    "undefined": "Undefined in: {releases}.",
}


@dataclass(frozen=True)
class AuditOverTime:
    """One audit's part of the page."""

    title: str
    outcome: str
    """Of its last release."""
    word: str
    sentence: str
    due: Grid | None
    releases: Grid
    numbers: Grid | None
    plots: tuple[Forest, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class OverTime:
    """What the template of the page is given."""

    title: str
    scope: str
    audits: tuple[AuditOverTime, ...]
    refused: Grid | None
    notes: tuple[str, ...]


def render_history(found: History, language: str, template_dirs: Sequence[Path] = ()) -> bytes:
    """The page as UTF-8: one file, no request to anywhere, no script; the same history gives the same bytes."""
    from auditkit.report.page import render_other

    translate = translator(language, template_dirs)
    wording = Wording(translate, language)
    plots = itertools.count(1)
    audits = tuple(_audit(one, _worded(one, wording), plots, found.alpha) for one in found.audits)
    days = wording.say("What ends within {days} days is due soon.", days=found.within)
    today = wording.say("As of {day}.", day=wording.day(date.fromisoformat(found.today)))
    copies = len(found.copies)
    return render_other(
        "history.html.j2",
        OverTime(
            title=wording.say("Audits over time"),
            scope=wording.prose((today, days)),
            audits=audits,
            refused=_refused(found, wording) if found.refused else None,
            notes=(
                wording.say("Bundles that hold a result that another one holds too, and are left out: {n}.", n=copies),
            )
            if copies
            else (),
        ),
        language,
        template_dirs,
    )


def _worded(audit: Audit, plain: Wording) -> Wording:
    """Metrics as the last release's checks explain them."""
    last = AuditResult.from_json((Path(audit.releases[-1].path) / "result.json").read_bytes())
    return Wording.of(last, plain.translate, plain.language)


def _audit(audit: Audit, wording: Wording, plots: Iterator[int], alpha: float) -> AuditOverTime:
    last = audit.releases[-1]
    names = _names(audit.releases, wording)
    overdue = sum(one.state == "overdue" for one in audit.due)
    of_the_last = wording.say(
        "The verdict of the last of {count} releases, of {when}.",
        count=len(audit.releases),
        when=wording.moment(last.created),
    )
    return AuditOverTime(
        title=wording.label(audit.name),
        outcome="warn" if overdue else last.verdict,
        word=wording.say(VERDICTS[last.verdict]),
        sentence=wording.prose(
            (
                wording.say("No longer to be relied on: what has run out is listed as overdue ({n}).", n=overdue),
                of_the_last,
            )
        )
        if overdue
        else of_the_last,
        due=_due(audit.due, wording) if audit.due else None,
        releases=_releases(audit.releases, names, wording),
        numbers=_numbers(audit, wording, alpha) if audit.series else None,
        plots=tuple(
            plot
            for title, one in list(zip(_titles(audit.series, wording), audit.series, strict=True))[:MOST_PLOTS]
            for plot in _plot(title, one, names, wording, plots)
        ),
        notes=tuple(_notes(audit, wording)),
    )


def _names(releases: Sequence[Release], wording: Wording) -> dict[str, str]:
    """By the digest of its result, what a release is called: its day, with its time where days repeat, and version."""
    days = [wording.day(date.fromisoformat(one.created[:10])) for one in releases]
    times = [wording.moment(one.created) for one in releases]
    named = {}
    for one, day, when in zip(releases, days, times, strict=True):
        alone = day if days.count(day) == 1 else when if times.count(when) == 1 else one.created
        version = wording.label(one.model_version, limit=40) if one.model_version else ""
        named[one.result_digest] = wording.bracketed(alone, version) if version else alone
    return named


def _releases(releases: Sequence[Release], names: dict[str, str], wording: Wording) -> Grid:
    columns = (
        Column(wording.say("Release")),
        Column(wording.say("Verdict")),
        Column(wording.say("Model"), machine=True),
        Column(wording.say("Rows"), machine=True),
        Column(wording.say("Policy"), machine=True),
        Column(wording.say("Signed by")),
        Column(wording.say("Decided by others")),
        Column(wording.say("Bundle"), machine=True),
    )
    rows = [
        (
            *(names[one.result_digest], wording.say(VERDICTS[one.verdict])),
            *(one.subject_digest[:12], one.rows_digest[:12], one.policy_digest[:12]),
            *(wording.label(one.signer), wording.clauses(map(wording.label, one.decided)) or "\N{EN DASH}"),
            wording.label(one.path),
        )
        for one in reversed(releases)
    ]
    note = wording.say(
        "Of model, rows and policy the first letters of their digests: where these are the same, so are they."
    )
    return Grid(wording.say("Releases, the newest first"), columns, tuple(rows), note)


def _due(due: Sequence[Due], wording: Wording) -> Grid:
    columns = (Column(wording.say("State")), Column(wording.say("Last day")), Column(wording.say("What")))
    rows = [
        (
            wording.say(_STATES[one.state]),
            wording.day(date.fromisoformat(one.on)) if one.on else "\N{EN DASH}",
            wording.text(one.what),
        )
        for one in due
    ]
    return Grid(wording.say("What is due"), columns, tuple(rows))


def _numbers(audit: Audit, wording: Wording, alpha: float) -> Grid:
    columns = (
        Column(wording.say("Number")),
        Column(wording.say("Rule")),
        Column(wording.say("Now"), numeric=True),
        Column(wording.say("Since the release before")),
        Column(wording.say("Since the first")),
    )
    rows = [
        (
            title,
            wording.clauses(dict.fromkeys(wording.bound(rule) for rule in one.rules)) or "\N{EN DASH}",
            _said(one.points[-1], wording),
            _changed(one.since_last, wording),
            _changed(one.since_first, wording),
        )
        for title, one in zip(_titles(audit.series, wording), audit.series, strict=True)
    ]
    note = wording.say(
        "Changes are judged by the signed intervals, as of different rows, all of them as one family (Holm 1979): the "
        "chance that any is called more than chance where there is none is at most {alpha:percent}. Of releases that "
        "were audited on the same rows, the command auditkit diff finds smaller changes.",
        alpha=alpha,
    )
    return Grid(wording.say("Numbers now, and how far they moved"), columns, tuple(rows), note, prominent=True)


def _titles(series: Sequence[Series], wording: Wording) -> list[str]:
    """What each number is called: its metric and whom it is about, and its check where another has the same."""
    plain = [wording.apart((wording.metric(one.metric), wording.group(one.newest))) for one in series]
    return [
        wording.bracketed(title, wording.label(one.check)) if plain.count(title) > 1 else title
        for title, one in zip(plain, series, strict=True)
    ]


def _said(point: Point, wording: Wording) -> str:
    if point.told is None:
        return wording.say(point.why)
    return wording.bracketed(wording.value(point.told), wording.interval(point.told))


def _changed(change: Change | None, wording: Wording) -> str:
    if change is None:
        return "\N{EN DASH}"
    said = {True: "more than chance", False: "no more than chance may", None: "not to be told from chance"}[
        change.moved
    ]
    return wording.apart((number(change.value), wording.say(said)))


def _plot(
    title: str, series: Series, names: dict[str, str], wording: Wording, plots: Iterator[int]
) -> Iterator[Forest]:
    """The number in each release, the newest last; the oldest give way where there are too many."""
    told = [one for one in series.points if one.told is not None][-MOST_ROWS:]
    notes = []
    for why, sentence in _UNTOLD.items():
        lacking = [names[one.release] for one in series.points if one.why == why]
        if lacking:
            notes.append(wording.say(sentence, releases=wording.clauses(lacking)))
    if any(one.asked_otherwise for one in told):
        notes.append(wording.say("Releases with a star were asked with other options, and are not compared."))
    shown = [(names[one.release] + (" *" if one.asked_otherwise else ""), one.told) for one in told if one.told]
    family = Family(
        check=series.check,
        title=title,
        measurements=tuple(one for _, one in shown),
        is_ranked=True,
        note=wording.prose(notes),
        names=tuple(name for name, _ in shown),
    )
    yield from draw_forest(family, series.rules, wording, numbers=plots, small_below=0)


def _notes(audit: Audit, wording: Wording) -> Iterator[str]:
    if audit.left_out:
        yield wording.say(
            "Further numbers of the last release, which no rule is about and that are not followed: {n}.",
            n=audit.left_out,
        )
    if audit.gone:
        listed = wording.listed(map(wording.label, audit.gone))
        yield wording.say("The release before was judged by rules that the last one has not: {rules}.", rules=listed)


def _refused(found: History, wording: Wording) -> Grid:
    columns = (Column(wording.say("Bundle"), machine=True), Column(wording.say("Why")))
    rows = tuple((wording.label(one.path), wording.label(one.why, limit=300)) for one in found.refused)
    return Grid(wording.say("Bundles that are not to be believed, and are left out"), columns, rows)
