"""What a policy asks of a release against its baseline: metrics, margins, and whom each is asked for."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit.errors import NotApplicable, SpecError, did_you_mean
from auditkit.finding import Better
from auditkit.gating.quantities import About, Metric, metrics_for, positive_class, spread_of
from auditkit.gating.stored import stored_metrics
from auditkit.policy import Policy, Rule
from auditkit.policy_baseline import AGAINST_BASELINE, BaselineRule, changed

if TYPE_CHECKING:
    from auditkit.case import Case
    from auditkit.gating.releases import Compared
    from auditkit.result import AuditResult

PRIMARY = {
    "ClassScores": "accuracy",
    "LabelScores": "f1_micro",
    "Values": "mean_absolute_error",
    "Rankings": "ndcg_at_{depth}",
    "TokenLabels": "entity_f1",
    "Texts": "exact_match",
}
"""The metric of each kind of prediction that a release is held to where the policy names none."""

CHECK = "gate.baseline"
"""Who measures changes against a baseline, as findings and rules name it."""

Group = dict[str, str]


@dataclass(frozen=True)
class Aim:
    """One metric that must not be worse than the baseline's by more than a margin."""

    asked: BaselineRule
    metric: str
    better: Better
    alpha: float
    how: Metric | None
    """None: it is only told in the results."""
    about: About

    @property
    def bound(self) -> float:
        """The largest loss that may be, as the change that is measured."""
        return 0.0 - self.asked.margin if self.better == "higher" else self.asked.margin

    def rule(self, group: Mapping[str, str], taken: set[str]) -> Rule:
        """The rule that a comparison of these rows is judged by, with an id that is not yet taken."""
        whom = f"[{','.join(f'{name}={label}' for name, label in group.items())}]" if group else ""
        label = f"({self.asked.label})" if self.asked.label is not None else ""
        bound = {"min": self.bound} if self.better == "higher" else {"max": self.bound}
        said = f">={self.bound:g}" if self.better == "higher" else f"<={self.bound:g}"
        name = f"{AGAINST_BASELINE}{self.metric}{label}{whom}{said}"
        numbered = (name if number == 1 else f"{name}#{number}" for number in itertools.count(1))
        rule_id = next(one for one in numbered if one not in taken)
        taken.add(rule_id)
        return Rule(
            id=rule_id,
            metric=changed(self.metric),
            check=CHECK,
            label=self.asked.label,
            group=tuple(group) or None,
            because=self.asked.because,
            **bound,
        )


def aims_of(policy: Policy, compared: Compared) -> tuple[Aim, ...]:
    """What is asked, in the order of the policy.

    Raises:
        SpecError: a metric cannot be compared, a class is missing, or an attribute is not known.
    """
    return tuple(_aim(asked, compared) for asked in policy.baseline or (BaselineRule(),))


def _aim(asked: BaselineRule, compared: Compared) -> Aim:
    result = compared.candidate.result
    alpha = asked.alpha if asked.alpha is not None else round(1 - result.provenance.level, 12)
    _refuse_unknown_groups(asked, compared)
    if compared.new is None:
        return _stored_aim(asked, compared, alpha)
    metrics = metrics_for(compared.new)
    name = asked.metric or next(iter(_primary(compared, metrics)), "")
    how = metrics.get(name)
    if how is None:
        raise _incomparable(name, metrics)
    if asked.label is not None and not how.of_class and not name.startswith("entity_"):
        raise SpecError(f"[policy.baseline] label: '{name}' is not about one class", hint="take the label out")
    if how.of_class:
        try:
            positive_class(compared.new, asked.label)
        except NotApplicable as why:
            raise SpecError(f"[policy.baseline] metric '{name}': {why.message}", hint=why.hint) from why
    options = next((one.options for one in result.findings if one.check == "performance.ranking"), {})
    about = About(
        label=asked.label,
        spread=spread_of(compared.new),
        gain=str(options.get("gain", "binary")),
        relevant_from=options.get("relevant_from"),
    )
    return Aim(asked, name, how.better, alpha, how, about)


def _primary(compared: Compared, metrics: Mapping[str, Metric]) -> Iterator[str]:
    case = compared.new
    assert case is not None  # noqa: S101  there are rows
    name = PRIMARY.get(type(case.predictions).__name__, "").format(depth=case.depth)
    if name in metrics:
        yield name


def _stored_aim(asked: BaselineRule, compared: Compared, alpha: float) -> Aim:
    """A metric that both results tell over all rows, with an interval."""
    new, old = compared.candidate.result, compared.baseline.result
    known = stored_metrics(new, old)
    if asked.metric and asked.metric not in known:
        raise _incomparable(asked.metric, known)
    name = asked.metric or _stored_primary(new, known)
    return Aim(asked, name, known.get(name, "higher"), alpha, None, About(label=asked.label))


def _stored_primary(result: AuditResult, known: Mapping[str, Better]) -> str:
    name = PRIMARY.get(result.subject.prediction_type, "accuracy")
    if "{depth}" in name:
        return next((one for one in sorted(known) if one.startswith(name.format(depth=""))), name.format(depth=10))
    return name


def _incomparable(name: str, known: Mapping[str, Any]) -> SpecError:
    return SpecError(
        f"[policy.baseline] metric: '{name}' cannot be compared between these two bundles",
        hint=f"those that can: {', '.join(known) or 'none'}",
    )


def _refuse_unknown_groups(asked: BaselineRule, compared: Compared) -> None:
    named = (asked.group,) if isinstance(asked.group, str) else asked.group or ()
    known = groups_of(compared)
    for name in named:
        if name not in known:
            message = f"[policy.baseline] group: '{name}' is not one of the candidate's [data] groups"
            raise SpecError(message, hint=did_you_mean(name, known))


def groups_of(compared: Compared) -> dict[str, tuple[str, ...]]:
    """Attribute -> its groups, by the candidate's rows, or by what its result tells of them."""
    if compared.new is not None:
        return compared.groups
    return _told_groups(compared.candidate.result)


def _row_groups(case: Case[Any]) -> dict[str, tuple[str, ...]]:
    return {name: codes.vocabulary for name, codes in case.groups.items()} if case.has_groups else {}


def _told_groups(result: AuditResult) -> dict[str, tuple[str, ...]]:
    split = next(one for one in result.data.splits if one.name == "audit")
    return {one.name: tuple(group.label for group in one.groups) for one in split.attributes}


def lost_groups(compared: Compared) -> dict[str, tuple[str, ...]]:
    """Attribute -> its groups that the baseline was audited on and the candidate was not.

    A release is not held to be no worse for people whom its audit left out.
    """
    ours = groups_of(compared)
    theirs = _told_groups(compared.baseline.result) if compared.old is None else _row_groups(compared.old)
    lost = {
        name: tuple(label for label in labels if label not in ours.get(name, ())) for name, labels in theirs.items()
    }
    return {name: labels for name, labels in lost.items() if labels}


def whom(aim: Aim, compared: Compared) -> Iterator[Group]:
    """All rows and each group, or what the policy names."""
    groups, lost = groups_of(compared), lost_groups(compared)
    asked = aim.asked.group
    if asked is None or asked == ():
        yield {}
    if asked is None:
        yield from ({name: label} for name, labels in groups.items() for label in labels)
        yield from ({name: label} for name, labels in lost.items() for label in labels)
        return
    names = (asked,) if isinstance(asked, str) else asked
    known = [groups[name] + lost.get(name, ()) for name in names]
    for labels in itertools.product(*known) if names else ():
        group = dict(zip(names, labels, strict=True))
        # An intersection that nobody is in, in neither audit, is nobody's loss.
        if len(names) == 1 or compared.new is None or _is_anybodys(group, compared):
            yield group


def is_lost(group: Mapping[str, str], compared: Compared) -> bool:
    """Whether the baseline was audited on such rows, and the candidate on none of them."""
    lost, (ours, theirs) = lost_groups(compared), compared.all_rows
    if ours is None or theirs is None or len(group) == 1:
        return any(label in lost.get(name, ()) for name, label in group.items())
    return bool(group) and not rows_of(ours, group).any() and bool(rows_of(theirs, group).any())


def _is_anybodys(group: Mapping[str, str], compared: Compared) -> bool:
    return any(case is not None and bool(rows_of(case, group).any()) for case in compared.all_rows)


def rows_of(case: Case[Any], group: Mapping[str, str]) -> npt.NDArray[np.bool_]:
    """[n]: the rows of a group; none where the attribute or its label is not known."""
    inside = np.ones(len(case), dtype=bool)
    for name, label in group.items():
        codes = case.groups.get(name) if case.has_groups else None
        place = codes.vocabulary.index(label) if codes is not None and label in codes.vocabulary else None
        inside &= False if codes is None or place is None else codes.codes == place
    return inside
