"""What is to be said of `[policy.baseline]`: metrics that nobody compares, and margins that nothing can exceed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from auditkit.errors import did_you_mean
from auditkit.gating.quantities import metric_named, metric_names
from auditkit.linting.remarks import Read, Remark
from auditkit.plugin import Check
from auditkit.policy_baseline import BaselineRule


def baseline_remarks(read: Read, checks: Collection[Check]) -> Iterator[Remark]:
    """What is wrong with each comparison that the file asks for.

    Args:
        read: the policy.
        checks: those that are installed: what they tell with an interval is compared where no rows are kept.
    """
    is_one = isinstance(read.source.value((*read.table, "baseline")), Mapping)
    told = {card.name for check in checks for card in check.metrics if card.better != "target"}
    for place, asked in enumerate(read.policy.baseline):
        keys = ("baseline",) if is_one else ("baseline", place)
        yield from _metric(read, keys, asked, told)
        yield from _margin(read, keys, asked)


def _metric(read: Read, keys: tuple[str | int, ...], asked: BaselineRule, told: Collection[str]) -> Iterator[Remark]:
    name, known = asked.metric, metric_names()
    if not name:
        return
    found = metric_named(name)
    if found is None and name not in told:
        hint = did_you_mean(name, {*known, *told}, otherwise=f"those that can be: {', '.join(known)}")
        yield read.remark("error", (*keys, "metric"), f"'{name}' cannot be compared: no check measures it", hint)
    elif found is None:
        said = f"'{name}' is compared only of texts, and of bundles without rows: it is not made again from rows"
        yield read.remark("warning", (*keys, "metric"), said, f"those that are: {', '.join(known)}")
    elif asked.label is not None and not found.of_class and not name.startswith("entity_"):
        yield read.remark("error", (*keys, "label"), f"is said, and '{name}' is not about one class", "take it out")


def _margin(read: Read, keys: tuple[str | int, ...], asked: BaselineRule) -> Iterator[Remark]:
    """A release that has lost everything would pass: nobody can have meant that."""
    found = metric_named(asked.metric) if asked.metric else None
    if found is None or found.most is None or asked.margin < found.most:
        return
    said = f"{asked.margin:g} can never be exceeded: '{asked.metric}' changes by {found.most:.3g} at most"
    hint = "it is in the metric's own unit: two points of a hundred are margin = 0.02"
    yield read.remark("error", (*keys, "margin"), f"= {said}", hint)
