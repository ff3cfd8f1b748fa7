"""What the answers rest on, for somebody who is no specialist: every sentence from a measured number, or that none is.

The questions of a clinician and of a patient. Nothing is judged here: a rule does that, and the policy has them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from auditkit.document import Text
from auditkit.finding import ANOTHER_TYPE, Finding, Measurement
from auditkit.numerals import number
from auditkit.report.areas import placed
from auditkit.report.conditions import named_value
from auditkit.report.context import PlainAnswer
from auditkit.report.wording import SENTENCE_LIMIT, Wording
from auditkit.result import AuditResult

MOST_SENTENCES = 6
_HARDLY = 0.001
"""Of a score: what moves it by less is printed as less than a thousandth, and is no yes to a patient."""
_NO_CHECK = "no check of this looks at what such a model answers"


def plain_answers(result: AuditResult, wording: Wording) -> tuple[PlainAnswer, ...]:
    """The questions, and what this audit measured of each."""
    return tuple(_answer(result, wording, question, sources) for question, sources in _QUESTIONS.items())


@dataclass(frozen=True)
class Source:
    """A check that measures something of a question."""

    check: str
    chosen: Callable[[Finding], list[Measurement]]
    said: Callable[[Measurement, Wording], str]
    how: str
    """What it does, in a sentence."""


def _answer(result: AuditResult, wording: Wording, question: str, sources: Sequence[Source]) -> PlainAnswer:
    sections = {one.finding.check: one.anchor for area in placed(result).values() for one in area}
    sentences: list[str] = []
    hows: list[str] = []
    anchors: list[str] = []
    why: list[str] = []
    for source in sources:
        for finding in result.findings:
            if finding.check != source.check:
                continue
            told = source.chosen(finding) if finding.status == "measured" else []
            sentences += [source.said(one, wording) for one in told]
            hows += [wording.say(source.how)] if told else []
            anchors += [sections[source.check]] if told and source.check in sections else []
            why += [] if told else [_why(finding, wording)]
    if not sentences:
        reason = next(filter(None, why), "")
        if not reason:
            reason = wording.say(_NO_CHECK if why else "the audit did not ask")
        return PlainAnswer(wording.say(question), (), wording.say("Not measured: {why}.", why=reason), "", "")
    shown = sentences[:MOST_SENTENCES]
    if len(shown) < len(sentences):
        more = len(sentences) - len(shown)
        shown.append(wording.say("Further results stand below: {count}.", count=more))
    how = wording.prose(dict.fromkeys(hows))
    return PlainAnswer(wording.say(question), tuple(shown), "", how, anchors[0] if anchors else "")


def _why(finding: Finding, wording: Wording) -> str:
    """Why a check told nothing; nothing where it only looks at models of another kind."""
    if finding.reason is None:
        return wording.say("there are too few records to tell")
    if finding.reason.msgid == ANOTHER_TYPE:
        return ""
    # Of a capability that a model lacks, why: its name tells a patient nothing.
    why = finding.reason.params.get("why") if "{capability}" in finding.reason.msgid else None
    said = wording.text(finding.reason).rstrip(".。")
    if why:
        said = (
            wording.text(why)
            if isinstance(why, Text)
            else wording.label(wording.translate(str(why)), limit=SENTENCE_LIMIT)
        )
    return said if finding.status == "not_applicable" else wording.say("the check did not work: {why}", why=said)


def _whole(finding: Finding, metric: str) -> Iterator[Measurement]:
    """Of all rows and with a value that is told."""
    for one in finding.measurements:
        if one.metric == metric and not one.group and one.label is None and one.value is not None:
            yield one


def _of_people(finding: Finding) -> list[Measurement]:
    """By attribute, or by part of the picture, over all edits."""
    return [one for one in _whole(finding, "protected_excess_effect") if len(one.conditions) == 1]


def _of_columns(finding: Finding) -> list[Measurement]:
    return [
        one
        for one in finding.measurements
        if one.metric == "protected_intervention_effect" and one.value is not None and len(one.group) <= 1
        and (not one.group or "*" in one.group.values())
    ]  # fmt: skip


def _of_methods(finding: Finding) -> list[Measurement]:
    """The best first."""
    found = _whole(finding, "faithfulness_over_random")
    return sorted(found, key=lambda one: -_low(one))


def _of_random_models(finding: Finding) -> list[Measurement]:
    """Of methods that are judged those that do not follow the model; if all do, the best."""
    found = [one for one in _whole(finding, "randomisation_entropy_rise") if one.conditions != {"method": "gradient"}]
    found.sort(key=lambda one: -_low(one))
    return [one for one in found if _low(one) <= 0] or found[:1]


def _of_shortcuts(finding: Finding) -> list[Measurement]:
    """Those that were found, the largest first; else how many were: none."""
    found = [one for one in _whole(finding, "shortcut_effect") if one.conditions]
    return sorted(found, key=lambda one: -(one.value or 0.0)) or list(_whole(finding, "shortcuts_found"))


def _of_histories(finding: Finding) -> list[Measurement]:
    return list(_whole(finding, "history_decided_by_one_rate"))


def _of_recourse(finding: Finding) -> list[Measurement]:
    metrics = ("recourse_found_rate", "recourse_columns", "recourse_words")
    return [one for metric in metrics for one in _whole(finding, metric)]


def _of_drivers(finding: Finding) -> list[Measurement]:
    """Those that certainly matter, the most first; if none does, the one that may most."""
    found = sorted(_whole(finding, "permutation_importance"), key=lambda one: -(one.value or 0.0))
    return [one for one in found if _low(one) > 0] or found[:1]


def _of_pieces(finding: Finding) -> list[Measurement]:
    """Of every class those that certainly matter, the most first; if none does, the one that may most."""
    found = [
        one for one in finding.measurements if one.metric == "driver_effect" and not one.group and one.value is not None
    ]
    found.sort(key=lambda one: -(one.value or 0.0))
    return [one for one in found if _low(one) > 0] or found[:1]


def _low(one: Measurement) -> float:
    """From where the true value lies on; of a value without an interval that is not exact, nobody knows."""
    if one.interval is not None:
        return one.interval.low
    return (one.value or 0.0) if one.exact else -math.inf


def _numbers(one: Measurement, wording: Wording) -> dict[str, str]:
    """The value with its interval and its rows, as a reader of prose takes them in."""
    if one.interval is None:
        span = wording.clauses((wording.say("no interval"), wording.records(one.n)))
    else:
        span = wording.clauses((wording.interval(one), wording.records(one.n)))
    return {"value": number(one.value or 0.0), "span": span}


def _about(one: Measurement, wording: Wording) -> str:
    named = one.conditions or one.group
    return wording.listed(
        named_value(value, wording) if name == "region" else wording.label(name if value == "*" else value)
        for name, value in sorted(named.items())
    )


def _excess(one: Measurement, wording: Wording) -> str:
    numbers = _numbers(one, wording)
    what = _about(one, wording)
    if "region" in one.conditions:
        said = (
            "It looks at the {what} of pictures: hiding it moves the score by {value} more than hiding as much of the "
            "rest ({span})."
            if _low(one) > 0
            else "It was not shown to look at the {what} of pictures more than elsewhere: the difference in how far "
            "the score moves is {value} ({span})."
        )
        return wording.say(said, what=what, **numbers)
    if _low(one) > 0 and (one.value or 0.0) < _HARDLY:
        return wording.say(
            "By next to nothing, on {what}: changing it in the text moves the score by {value} more than changing "
            "other words ({span}).",
            what=what,
            **numbers,
        )
    if _low(one) > 0:
        return wording.say(
            "Yes, on {what}: changing it in the text moves the score by {value} more than changing other words "
            "({span}).",
            what=what,
            **numbers,
        )
    return wording.say(
        "Not shown for {what}: beside changing other words in the text, the difference in how far the score moves is "
        "{value} ({span}). That is no proof that it never does.",
        what=what,
        **numbers,
    )


def _effect(one: Measurement, wording: Wording) -> str:
    return wording.say(
        "When {what} alone is changed in the table, the score moves by {value} on average ({span}).",
        what=_about(one, wording) or wording.say("who somebody is"),
        **_numbers(one, wording),
    )


def _method(one: Measurement, wording: Wording) -> str:
    """A method's name; that of attention never without its caveat."""
    if one.conditions.get("method") == "attention":
        return wording.say("attention, which is no explanation (Jain and Wallace 2019),")
    return wording.listed(named_value(name, wording) for _, name in sorted(one.conditions.items()))


def _faith(one: Measurement, wording: Wording) -> str:
    method = _method(one, wording)
    if _low(one) > 0:
        return wording.say(
            "Explanations by {method} name what the answer hangs on better than random ones do, by {value} ({span}).",
            method=method,
            **_numbers(one, wording),
        )
    return wording.say(
        "Do not rely on explanations by {method}: they were not shown to be better than random ones, by {value} "
        "({span}).",
        method=method,
        **_numbers(one, wording),
    )


def _follows(one: Measurement, wording: Wording) -> str:
    method = _method(one, wording)
    if _low(one) > 0:
        return wording.say(
            "Explanations by {method} follow what the model has learnt: of a model that has learnt nothing they say "
            "less, by {value} ({span}).",
            method=method,
            **_numbers(one, wording),
        )
    return wording.say(
        "Do not rely on explanations by {method}: they were not shown to say less of a model that has learnt nothing, "
        "by {value} ({span}).",
        method=method,
        **_numbers(one, wording),
    )


def _shortcut(one: Measurement, wording: Wording) -> str:
    if not one.conditions:
        return wording.say("No single word, and no single place of pictures, was found to decide by itself.")
    return wording.say(
        "{what} decides by itself: whatever else stands there, it moves the score by {value} ({span}).",
        what=wording.label(one.conditions.get("word") or named_value(one.conditions.get("region", ""), wording)),
        **_numbers(one, wording),
    )


def _history(one: Measurement, wording: Wording) -> str:
    return wording.say(
        "For a share of {value} of people, one single thing of their past decides half of what they are recommended "
        "({span}).",
        **_numbers(one, wording),
    )


def _recourse(one: Measurement, wording: Wording) -> str:
    said = {
        "recourse_found_rate": "For a share of {value} of those who were asked about, a change was found that makes it "
        "another answer ({span}).",
        "recourse_columns": "Where one was found, the entries that it takes are {value} on average, at most ({span}).",
        "recourse_words": "Of words, the middle record needs {value} fewer, at most ({span}).",
    }
    return wording.say(said[one.metric], **_numbers(one, wording))


def _driver(one: Measurement, wording: Wording) -> str:
    if _low(one) > 0:
        return wording.say(
            "{what}: without the person's own, the answers are worse by {value} ({span}).",
            what=_about(one, wording),
            **_numbers(one, wording),
        )
    return wording.say(
        "No entry was shown to matter by itself; the nearest is {what}, by {value} ({span}).",
        what=_about(one, wording),
        **_numbers(one, wording),
    )


def _piece(one: Measurement, wording: Wording) -> str:
    what = _about(one, wording)
    if _low(one) <= 0:
        return wording.say(
            "No single part was shown to matter; the nearest is {what}, by {value} ({span}).",
            what=what,
            **_numbers(one, wording),
        )
    if one.label is None:
        return wording.say(
            "{what}: without it the score falls by {value} ({span}).", what=what, **_numbers(one, wording)
        )
    return wording.say(
        "{what}: without it the score of '{label}' falls by {value} ({span}).",
        what=what,
        label=wording.label(one.label),
        **_numbers(one, wording),
    )


_QUESTIONS = {
    "Did it decide on who I am?": (
        Source(
            "explainability.reliance",
            _of_people,
            _excess,
            "What says who somebody is was changed or hidden in the same records, and beside it as much else.",
        ),
        Source(
            "fairness.protected-intervention",
            _of_columns,
            _effect,
            "One entry that says who somebody is was changed in the same records, and nothing else.",
        ),
    ),
    "May its explanations be believed?": (
        Source(
            "explainability.randomisation",
            _of_random_models,
            _follows,
            "Each explanation was held against that of the same model with nothing learnt.",
        ),
        Source(
            "explainability.faithfulness",
            _of_methods,
            _faith,
            "Each explanation was compared with one that is drawn at random.",
        ),
    ),
    "What drives its answers?": (
        Source(
            "explainability.shortcuts",
            _of_shortcuts,
            _shortcut,
            "Single words, and places of pictures, were put in and taken out of many records.",
        ),
        Source(
            "explainability.histories",
            _of_histories,
            _history,
            "Each thing that somebody had was forgotten once.",
        ),
        Source(
            "explainability.drivers",
            _of_pieces,
            _piece,
            "Each word, part of the picture or entry that many people have was taken out by itself.",
        ),
        Source(
            "explainability.effects",
            _of_drivers,
            _driver,
            "Each entry was put in the place of another person's, and the answers were compared with the truth.",
        ),
    ),
    "What would have to be different?": (
        Source(
            "explainability.recourse",
            _of_recourse,
            _recourse,
            "The smallest change was looked for with which the answer is another one. It says what the model would "
            "say, and not what a person can or ought to do.",
        ),
    ),
}
"""What is asked, and which checks measure something of it."""
