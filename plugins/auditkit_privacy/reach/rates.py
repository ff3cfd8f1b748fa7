"""What the strongest attack finds at few false alarms, its advantage, and what the tail of the loss says without it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from auditkit import Case, Chart, Interval, Measurement, Series, Text
from auditkit.statistics import advantage, clopper_pearson, negatives_needed, resolution, roc, tpr_at_fpr
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.reach.choosing import FEWEST
from auditkit_privacy.reach.trying import Attempts, by_person

FPRS = (0.1, 0.01, 0.001)
FNRS = (0.01, 0.001)
_DRAWN = 4
"""Lines that a chart of attacks has."""
Points = tuple[float, ...]


def tpr_name(fpr: float) -> str:
    """The metric's name: `membership_tpr_at_fpr_0.01`."""
    return f"membership_tpr_at_fpr_{fpr:g}"


TAIL = "membership_tail_at_fnr_"


def tail_name(fnr: float) -> str:
    """The metric's name: `membership_tail_at_fnr_0.01`."""
    return f"{TAIL}{fnr:g}"


def rates(case: Case[Any], attempts: Attempts, attack: str) -> Iterator[Measurement]:
    """Rates of an attack; of people, by the mean of their rows' scores, where rows share people."""
    scores, member = by_person(attempts.tried[attack].scores, attempts.units)
    order = np.lexsort((scores, member))
    scores, member = scores[order], member[order]
    members, others = int(np.count_nonzero(member)), int(np.count_nonzero(~member))
    for fpr in FPRS:
        about: dict[str, Any] = {"metric": tpr_name(fpr), "n": members, "better": "lower"}
        found = None
        if resolution(fpr, others).is_sound and members >= FEWEST:
            found = tpr_at_fpr(scores, member, fpr, rng=case.rng(f"halves at {fpr:g}"), level=case.level)
        if found is None:
            yield Measurement(value=None, undefined=_unresolvable(fpr, others), **about)
        else:
            interval = Interval(low=found.low, high=found.high, level=case.level, method=found.method)
            yield Measurement(value=found.value, interval=interval, **about)
    reached = _advantage(case, scores, member, min(members, others))
    yield reached
    yield heuristic_epsilon(reached)


def enough(fpr: float, others: int) -> int:
    """The fewest others, no fewer than there are, with whom a false positive rate can be told."""
    count = max(negatives_needed(fpr), others)
    while not resolution(fpr, count).is_sound:
        count += 1
    return count


def _unresolvable(fpr: float, others: int) -> Text:
    return Text.of(
        "{others} others cannot resolve a false positive rate of {fpr}: {needed} could",
        others=others,
        fpr=f"{fpr:g}",
        needed=enough(fpr, others),
    )


def _advantage(case: Case[Any], scores: Any, member: Any, n: int) -> Measurement:
    about: dict[str, Any] = {"metric": "membership_advantage", "n": n, "better": "lower"}
    found = None
    if n >= FEWEST:
        found = advantage(scores, member, rng=case.rng("halves for a threshold"), level=case.level)
    if found is None:
        why = Text.of("fewer than {count} members or others are left to judge an attack on", count=FEWEST)
        return Measurement(value=None, undefined=why, **about)
    interval = Interval(low=found.low, high=found.high, level=case.level, method=found.method)
    return Measurement(value=found.value, interval=interval, **about)


def heuristic_epsilon(reached: Measurement) -> Measurement:
    """What an advantage is worth as an epsilon: ln((1 + a) / (1 - a)), at which (e^epsilon - 1) / (e^epsilon + 1) is a.

    No coin decided who is a member, so it bounds nothing, and no claim is held against it.
    """
    renamed = reached.model_copy(update={"metric": "heuristic_epsilon"})
    if reached.value is None or reached.interval is None or not reached.n:
        return renamed
    low, value, high = (
        # Of n rows no more can be told than that not one of n + 1 was guessed wrongly.
        2 * float(np.arctanh(np.clip(advantage, 0.0, reached.n / (reached.n + 1))))
        for advantage in (reached.interval.low, reached.value, reached.interval.high)
    )
    interval = reached.interval.model_copy(update={"low": low, "high": high})
    return renamed.model_copy(update={"value": value, "interval": interval})


def tails(case: Case[Any], attempts: Attempts) -> Iterator[Measurement]:
    """The share of non-members whose loss is above that of all but a few members: no attack, and no reference needed.

    Source: Dodd et al. (2025), "The tail tells all", arXiv:2510.19773.
    """
    name = next((name for name in ("loss", "scaled logit") if name in attempts.tried), None)
    if name is None:
        return
    scores = attempts.tried[name].scores
    for fnr in FNRS:
        yield _tail(case, scores, fnr)


def _tail(case: Case[Any], scores: Sides, fnr: float) -> Measurement:
    inside, outside = (side[~np.isnan(side)] for side in (scores.inside, scores.outside))
    about: dict[str, Any] = {"metric": tail_name(fnr), "n": len(outside), "better": "lower"}
    if len(outside) < FEWEST or len(inside) * fnr < 1 - 1e-9:
        why = Text.of(
            "{members} members cannot resolve a false negative rate of {fnr}", members=len(inside), fnr=f"{fnr:g}"
        )
        return Measurement(value=None, undefined=why, **about)
    count = tail_count(inside, outside, fnr)
    limits = clopper_pearson(count, len(outside), case.level)
    interval = Interval(low=float(limits.low), high=float(limits.high), level=case.level, method="clopper-pearson")
    return Measurement(value=count / len(outside), interval=interval, **about)


def tail_count(inside: Any, outside: Any, fnr: float) -> int:
    """How many non-members score below all members but a share `fnr` of these.

    Args:
        inside: [m] scores, the higher the more like a member, e.g. the loss with its sign turned.
        outside: [n] scores.
        fnr: the share of members that a threshold may miss.
    """
    threshold = np.sort(inside)[int(np.floor(fnr * len(inside) + 1e-9))]
    return int(np.count_nonzero(outside < threshold))


def log_roc(attempts: Attempts, first: str) -> Chart | None:
    """The curves on two log axes, the chosen attack first; None when there is nothing to draw.

    A curve begins at the fewest false alarms that its others resolve, as the rates in the table do.
    """
    found: dict[tuple[Points, Points], tuple[list[str], int]] = {}
    least, others = 1.0, 0
    for name in (first, *(name for name in attempts.tried if name != first)):
        curve = roc(*by_person(attempts.tried[name].scores, attempts.units))
        if curve is None or min(curve.positives, curve.negatives) < FEWEST:
            continue
        start = least_resolved(curve.negatives)
        if start is None:
            continue
        x, y = curve.drawn(80)
        kept = x >= start - 1e-9
        if kept.any():
            across, upwards = (tuple(float(f"{one:.6g}") for one in values[kept]) for values in (x, y))
            if (across, upwards) not in found and len(found) == _DRAWN:
                break
            # Of two classes, several signals order the rows alike: one line has all their names.
            found.setdefault((across, upwards), ([], curve.positives + curve.negatives))[0].append(name)
            least, others = min(least, start), max(others, curve.negatives)
    if not found:
        return None
    return Chart(
        kind="log_roc",
        title=Text.of(
            "Members found and others accused, on log axes. The dotted line is guessing. Nothing is drawn below "
            "{least} false alarms: {others} others resolve no fewer",
            least=f"{100 * least:.2g}%",
            others=others,
        ),
        x_label=Text.of("Others who are accused"),
        y_label=Text.of("Members who are found"),
        series=tuple(Series(name=", ".join(names), x=x, y=y, n=n) for (x, y), (names, n) in found.items()),
    )


def least_resolved(others: int) -> float | None:
    """The lowest false positive rate that so many others carry, about 3.9 of them; None: they carry none."""
    for count in range(1, others):
        share = max(count / others, resolution(count / others, others).upper / 2)
        if resolution(share, others).is_sound:
            return share
    return None
