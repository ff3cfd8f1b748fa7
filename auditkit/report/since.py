"""What changed since the audit before: which it is, each comparison with its test, and who now gets another answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from auditkit.earlier import Change, Comparison
from auditkit.finding import Measurement
from auditkit.numerals import bound_number, number
from auditkit.report.appendix import folded
from auditkit.report.context import Fact, Since
from auditkit.report.figures import Column, Grid
from auditkit.report.wording import OUTCOMES, VERDICTS, Wording
from auditkit.result import AuditResult

_LEAST_P = 0.001
_NONE = "\N{EN DASH}"


def since(result: AuditResult, wording: Wording) -> Since:
    """What changed since the audit that the spec names as the one before; a sentence where it names none."""
    change = result.change
    if change is None:
        return Since(wording.say(_NO_EARLIER), (), ())
    return Since(wording.say(_TOLD_ALONE), tuple(_facts(change, wording)), tuple(_tables(change, wording)))


def since_in_short(result: AuditResult, wording: Wording) -> str:
    """The same in a sentence: how many comparisons came out how."""
    change = result.change
    if change is None:
        return wording.say("This audit was compared with no earlier one.")
    when = wording.moment(change.earlier.created)
    if not change.comparisons:
        return wording.say("Compared with the audit of {when}: no number.", when=when)
    counts = Counter(one.outcome for one in change.comparisons)
    said = [wording.pair(wording.outcome(one), f"{counts[one]:,}") for one in OUTCOMES if counts[one]]
    return wording.say(
        "Whether it is worse than in the audit of {when} by no more than the policy allows, in {count} comparisons: "
        "{counts}.",
        when=when,
        count=len(change.comparisons),
        counts=wording.clauses(said),
    )


_NO_EARLIER = (
    "This audit was compared with no earlier one: its spec names none under [report] previous. Whether the model has "
    "become better or worse is not said here."
)
_TOLD_ALONE = (
    "Each line is a test whether this model is worse than the earlier one by more than the policy allows. Together the "
    "tests err no more often than a single one may (Holm 1979). They have no part in the verdict of this report: the "
    "command auditkit gate judges a release by them."
)


def _facts(change: Change, wording: Wording) -> Iterator[Fact]:
    earlier = change.earlier
    yield Fact(wording.say("Earlier audit"), wording.label(earlier.name))
    yield Fact(wording.say("Made on"), wording.moment(earlier.created))
    yield Fact(wording.say("Its verdict"), _verdict(earlier.verdict, wording))
    yield Fact(wording.say("Its result digest"), f"sha256:{wording.label(earlier.result_digest)}", machine=True)
    yield Fact(wording.say("Its model's digest"), f"sha256:{wording.label(earlier.subject_digest)}", machine=True)
    yield Fact(wording.say("Signed by"), _signer(change, wording))
    yield Fact(wording.say("Compared"), wording.reason(change.pairing))


def _verdict(outcome: str, wording: Wording) -> str:
    known = {str(name): word for name, word in VERDICTS.items()}
    return wording.say(known[outcome]) if outcome in known else wording.label(outcome)


def _signer(change: Change, wording: Wording) -> str:
    signer, key = wording.label(change.signer), wording.label(change.keyid[:16])
    if change.trusted:
        return wording.say("{signer}, with the key {key} that the spec demands", signer=signer, key=key)
    return wording.say("{signer}, with the key {key}; the spec demands none", signer=signer, key=key)


def _tables(change: Change, wording: Wording) -> Iterator[Grid]:
    if change.comparisons:
        yield _compared(change.comparisons, wording)
    if change.churn:
        yield _churn(change.churn, wording)


def _compared(comparisons: Iterable[Comparison], wording: Wording) -> Grid:
    columns = (
        Column(wording.say("Number")),
        Column(wording.say("Whom")),
        Column(wording.say("Before"), numeric=True),
        Column(wording.say("Now"), numeric=True),
        Column(wording.say("Change, with its interval"), numeric=True),
        Column(wording.say("n"), numeric=True),
        Column(wording.say("Worse by at most")),
        Column(wording.say("Outcome")),
        Column(wording.say("Test of no difference")),
    )
    rows = [_row(one, wording) for one in comparisons]
    return folded(wording.say("This model against the earlier one"), columns, rows, wording)


def _row(one: Comparison, wording: Wording) -> tuple[str, ...]:
    name = wording.metric(one.metric)
    return (
        name if one.label is None else wording.apart((name, wording.label(one.label))),
        wording.members(one.group) if one.group else wording.say("all rows"),
        _NONE if one.old is None else number(one.old),
        _NONE if one.new is None else number(one.new),
        _changed(one, wording),
        wording.count(one.n),
        bound_number(one.margin),
        wording.outcome(one.outcome),
        _test(one, wording),
    )


def _changed(one: Comparison, wording: Wording) -> str:
    if one.change is None:
        return wording.reason(one.reason)
    if one.interval is None:
        return wording.bracketed(number(one.change), wording.say("no interval"))
    low, high = number(one.interval.low), number(one.interval.high)
    return wording.bracketed(number(one.change), wording.say("{low} to {high}", low=low, high=high))


def _test(one: Comparison, wording: Wording) -> str:
    if one.p_value is None or not one.test:
        return _NONE
    p = f"p < {_LEAST_P}" if one.p_value < _LEAST_P else f"p = {one.p_value:.3f}"
    return wording.apart((wording.label(one.test).replace("mcnemar", "McNemar"), p))


def _churn(churn: Iterable[Measurement], wording: Wording) -> Grid:
    columns = (
        Column(wording.say("Share of rows")),
        Column(wording.say("Whom")),
        Column(wording.say("Value"), numeric=True),
        Column(wording.say("Interval"), numeric=True),
        Column(wording.say("n"), numeric=True),
    )
    rows = [
        (
            wording.say(_CHURN[one.metric]) if one.metric in _CHURN else wording.metric(one.metric),
            wording.members(one.group) if one.group else wording.say("all rows"),
            wording.value(one),
            wording.interval(one),
            wording.count(one.n),
        )
        for one in churn
    ]
    return folded(wording.say("Who now gets another answer"), columns, rows, wording)


_CHURN = {
    "decision_churn": "that get another answer",
    "newly_wrong_rate": "that were answered rightly, and are wrongly now",
    "newly_right_rate": "that were answered wrongly, and are rightly now",
}
