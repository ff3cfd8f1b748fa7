"""`patient-notice.md`: what a person about whom the model speaks should know, in plain words of the report's language.

Sentences are short and speak to the reader; shares are told as so many of 100 people (Gigerenzer and others 2007,
Psychological Science in the Public Interest 8, 53-96). What the audit does not know, and nobody stated, is a hole.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from auditkit import AuditResult, Judgement, Measurement, Rule, Text, exporter, translator
from auditkit_exports.markdown import shown
from auditkit_exports.stated import contact, joined, record, recorded

_LONGEST = 1200

_VERDICTS = {
    "pass": Text.of("It met everything that was asked of it and could be judged."),
    "fail": Text.of("It did not meet everything that was asked of it."),
    "inconclusive": Text.of(
        "The check could not settle whether it meets what was asked of it: there was too little to go by."
    ),
    "error": Text.of("The check could not be finished, so nobody knows yet whether it meets what was asked of it."),
}
_FAIRNESS = {
    "fail": Text.of("No. It does less well, or decides otherwise, for some people, compared by: {attributes}."),
    "unsure": Text.of("That could not be settled, compared by: {attributes}."),
    "pass": Text.of(
        "Between groups of people, compared by {attributes}, no difference larger than the rules allow was found."
    ),
    "none": Text.of("No rule asked about it, so this check does not say."),
}
_PRIVACY = {
    "fail": Text.of("Somebody who can ask the program may learn something about people from whose data it was made."),
    "unsure": Text.of("It could not be settled whether the program gives away whose data it was made from."),
    "pass": Text.of(
        "It was tested whether the program gives away whose data it was made from, and within the rules it does not."
    ),
    "none": Text.of("No rule asked whether the program gives away whose data it was made from."),
}
_AREAS = {
    "fairness": Text.of("whether it is as good for everyone"),
    "privacy": Text.of("whether it gives away whose data it was made from"),
    "calibration": Text.of("whether it can tell when it is unsure"),
    "explainability": Text.of("why it answers as it does"),
    "robustness": Text.of("whether small changes or mistakes in what it is given mislead it"),
    "data quality": Text.of("whether the data that it was checked with are good enough"),
    "accountability": Text.of("who answers for it"),
}
_UNSURE = frozenset({"inconclusive", "no_evidence", "error"})

_DECIDES = Text.of("A computer program helps people to decide.")
_WHAT = {
    "Values": Text.of("A computer program works out a number that helps people to decide."),
    "Rankings": Text.of("A computer program suggests things to choose from."),
    "Texts": Text.of("A computer program writes answers."),
}

Say = Callable[[Text], str]


@exporter("patient-notice.md", on_request=True)
def patient_notice(result: AuditResult) -> bytes:
    """A notice for patients, in plain words."""
    translate = translator(result.language)

    def say(text: Text) -> str:
        return shown(text.render(translate), _LONGEST)

    parts = [f"# {say(Text.of('What you should know about {name}', name=result.name))}"]
    for title, lines in _sections(result, say):
        parts += [f"## {say(title)}", *filter(None, lines)]
    return ("\n\n".join(parts) + "\n").encode()


def _sections(result: AuditResult, say: Say) -> Iterator[tuple[Text, list[str]]]:
    stated = result.stated
    use = joined(stated.intended_use) or recorded(result, "intended-use", "text")
    yield (
        Text.of("What it is for"),
        [say(_WHAT.get(result.subject.prediction_type, _DECIDES)), _or_hole(use, Text.of("what it is for"), say)],
    )
    decides = joined(stated.human_review) or recorded(result, "human-oversight", "text")
    yield Text.of("Who decides"), [_or_hole(decides, Text.of("who looks at its answers before they count"), say)]
    yield Text.of("Was it checked?"), list(_checked(result, say))
    yield Text.of("Is it as good for everyone?"), [say(_of_rules(result, "fairness", _FAIRNESS))]
    yield (
        Text.of("Your data"),
        [
            say(_of_rules(result, "privacy", _PRIVACY)),
            _or_hole(joined(stated.data_source), Text.of("which of your data it sees, and who keeps them"), say),
        ],
    )
    unseen = [f"- {say(one)}" for one in _unseen(result)]
    if unseen:
        yield Text.of("What nobody has looked at"), ["\n".join(unseen)]
    whom = contact(result, "complaint-channel", "incident-contact")
    yield (
        Text.of("If you have a question, or do not agree"),
        [
            _or_hole(whom, Text.of("whom to ask, and how to say no or complain"), say),
            say(Text.of("You may ask that a person looks at your case.")) if record(result, "human-oversight") else "",
        ],
    )
    yield (
        Text.of("How to check this notice"),
        [
            say(
                Text.of(
                    "It was written from a signed report. The report's number is {digest}.",
                    digest=f"sha256:{result.result_digest}",
                )
            )
        ],
    )


def _or_hole(said: str, what: Text, say: Say) -> str:
    return shown(said, _LONGEST) if said else f"**{say(Text.of('[TO BE WRITTEN: {what}]', what=what))}**"


def _checked(result: AuditResult, say: Say) -> Iterator[str]:
    rows = result.data.splits[0].rows
    yield say(Text.of("Yes, on {day}, with {count} cases.", day=result.run.created[:10], count=rows))
    yield say(_VERDICTS[result.verdict.outcome])
    told = _how_good(result)
    if told is not None:
        yield say(told)
    if result.verdict.waivers_in_force:
        yield say(Text.of("Somebody decided to live with some of what was missed; the report names who, and why."))


def _unseen(result: AuditResult) -> Iterator[Text]:
    """The areas that nobody looked at, in plain words, and how many single questions besides."""
    asked = [one.what.msgid for one in result.not_looked_at]
    yield from (_AREAS[name] for name in asked if name in _AREAS)
    others = sum(name not in _AREAS for name in asked)
    if others:
        yield Text.of("single questions, which the report names: {count}", count=others)


def _how_good(result: AuditResult) -> Text | None:
    """One number that a reader can picture; None: there is none with an interval."""
    found = _overall(result, "accuracy")
    if found is not None:
        right, low, high = _of_hundred(found)
        return Text.of(
            "Of 100 people it is right about {right}. As few cases can mislead, it may be {low} to {high}.",
            right=right,
            low=low,
            high=high,
        )
    found = _overall(result, "mean_absolute_error")
    if found is not None and found.value is not None and found.interval is not None:
        return Text.of(
            "Its number ({target}) is wrong by {value} on average. As few cases can mislead, it may be {low} to"
            " {high}.",
            target=f"{result.data.target or result.name}{f', {found.unit}' if found.unit else ''}",
            value=found.value,
            low=found.interval.low,
            high=found.interval.high,
        )
    found = _overall(result, "hit_rate_at_")
    if found is not None:
        right, low, high = _of_hundred(found)
        return Text.of(
            "Of 100 people, {right} get at least one suggestion that suits them among the first {depth}. As few cases"
            " can mislead, it may be {low} to {high}.",
            right=right,
            depth=found.metric.rpartition("_")[2],
            low=low,
            high=high,
        )
    return None


def _overall(result: AuditResult, metric: str) -> Measurement | None:
    """What was measured of everybody under this name, or under one that begins so, with its interval."""
    return next(
        (
            one
            for finding in result.findings
            if finding.controls_passed
            for one in finding.measurements
            if (one.metric == metric or (metric.endswith("_") and one.metric.startswith(metric)))
            and not one.group
            and not one.conditions
            and one.label is None
            and one.value is not None
            and one.interval is not None
        ),
        None,
    )


def _of_hundred(found: Measurement) -> tuple[int, int, int]:
    """So many of 100, and the ends of the interval, rounded outwards."""
    assert found.value is not None  # noqa: S101  the caller looked
    assert found.interval is not None  # noqa: S101  same
    return round(100 * found.value), math.floor(100 * found.interval.low), math.ceil(100 * found.interval.high)


def _of_rules(result: AuditResult, area: str, said: dict[str, Text]) -> Text:
    """What the rules of an area come to, the worst first: missed, undecided, met, or that there are none.

    A waived miss is a miss to the person whom it is about.
    """
    judged = [one for one in result.verdict.judgements if _area_of(result, one) == area]
    if area == "fairness":
        judged = [one for one in judged if not _is_of_everybody(result, one)]
    missed = [one for one in judged if (one.unwaived or one.outcome) in {"fail", "warn"}]
    unsure = [one for one in judged if (one.unwaived or one.outcome) in _UNSURE]
    kind, named = ("fail", missed) if missed else ("unsure", unsure) if unsure else ("pass", judged)
    met = [one for one in judged if one.outcome == "pass"]
    if not (missed or unsure or met):
        return said["none"]
    attributes = dict.fromkeys(name for one in named for name in _compared(result, one))
    whom = Text.listed(attributes) if attributes else Text.of("the groups that the report names")
    return Text(msgid=said[kind].msgid, params={"attributes": whom} if "{attributes}" in said[kind].msgid else {})


def _rule_of(result: AuditResult, judged: Judgement) -> Rule | None:
    return next((one for one in result.policy.policy.rules if one.id == judged.rule), None)


def _area_of(result: AuditResult, judged: Judgement) -> str:
    """What a rule is about, by the check that measured, or would have; without one, a rule on groups is on fairness."""
    rule = _rule_of(result, judged)
    check = judged.check or (rule and rule.check)
    if check is None and rule is not None:
        check = next((one.check for one in result.findings if rule.metric in one.measures), None)
        check = check or ("fairness" if rule.group is not None else None)
    return (check or "").partition(".")[0]


def _compared(result: AuditResult, judged: Judgement) -> tuple[str, ...]:
    rule = _rule_of(result, judged)
    own = () if judged.worst is None else tuple(judged.worst.group)
    return own or ((rule.attributes or ()) if rule is not None else ())


def _is_of_everybody(result: AuditResult, judged: Judgement) -> bool:
    """A number of all rows that checks of another area measure too, as an error over everybody: it compares nobody."""
    return (
        judged.worst is not None
        and not judged.worst.group
        and any(
            one.metric == judged.worst.metric and not one.group
            for finding in result.findings
            if finding.check.partition(".")[0] != "fairness"
            for one in finding.measurements
        )
    )
