"""What counts as good enough: Rule, Waiver and Policy as documents. Judging by them stands in `judging`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from itertools import pairwise
from math import e, log1p, sqrt
from statistics import NormalDist
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from auditkit.document import Document, Grown, digest_of
from auditkit.frameworks import RuleMap
from auditkit.policy_baseline import BaselineRule, one_or_several

Need = Literal[
    "decisions",
    "targets",
    "groups",
    "scores",
    "training",
    "reference",
    "protected_inputs",
    "quasi_identifiers",
    "readers",
    "expected",
    "period",
    "canaries",
    "contraindications",
    "item_groups",
    "governance",
]

Outcome = Literal["pass", "warn", "fail", "inconclusive", "not_applicable", "no_evidence", "error", "waived"]

Basis = Literal["law", "standard", "study", "decision"]

VerdictOutcome = Literal["pass", "fail", "inconclusive", "error"]


class Rule(Grown):
    """One bound on one metric, with the reason for it."""

    grown: ClassVar[frozenset[str]] = frozenset({"blocker", "basis", "owner", "due"})

    metric: str = Field(description="the name of what is measured, as auditkit checks ID prints it")
    id: str = Field(default="", description="absent: made from what the rule says")
    check: str | None = Field(default=None, description="an area or a check id; absent: whichever measured the metric")
    label: str | None = Field(default=None, description="a class or a label; absent: the worst of all")
    conditions: dict[str, str] = Field(default_factory=dict, description="what was measured under, e.g. k = 10")
    group: str | tuple[str, ...] | None = Field(default=None, description="an attribute, several, or 'any'")
    min: float | None = Field(default=None, description="the least that is good enough; either this or max")
    max: float | None = Field(default=None, description="the most that is good enough")
    judge: Literal["interval", "value"] = Field(
        default="interval", description="interval: all of it must be within the bound, else it is inconclusive"
    )
    otherwise: Literal["fail", "warn"] = Field(default="fail", description="what a broken rule leads to")
    required: bool = Field(default=True, description="whether an audit without evidence on it is no pass")
    needs: tuple[Need, ...] = Field(default=(), description="what the rule is about; not applicable where it is absent")
    because: str = Field(min_length=1, description="the article, standard or decision that the rule carries out")
    blocker: bool = Field(default=False, description="whether nobody may waive it")
    basis: Basis | None = Field(
        default=None, description="what kind of thing its bound comes from; decision: one of the house's own"
    )
    owner: str = Field(default="", max_length=200, description="who answers for a miss of it")
    due: date | None = Field(default=None, description="the day by which a miss of it is to be mended; with an owner")

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.min is None) == (self.max is None):
            raise ValueError("a rule has either min or max")
        return self

    @model_validator(mode="after")
    def _blocks(self) -> Self:
        if self.blocker and (self.otherwise == "warn" or not self.required):
            raise ValueError("a blocker is required, and a miss of it is a fail")
        return self

    @model_validator(mode="after")
    def _due_to_somebody(self) -> Self:
        if self.due is not None and not self.owner.strip():
            raise ValueError("a due day is somebody's: it needs an owner")
        return self

    @property
    def attributes(self) -> tuple[str, ...] | None:
        """The attributes that `group` names; None when it is absent or 'any'."""
        if self.group is None or self.group == "any":
            return None
        return (self.group,) if isinstance(self.group, str) else self.group

    @property
    def strictness(self) -> float:
        """What is larger, the more a rule asks for; of rules that bound from the same side."""
        return self.min if self.min is not None else -(self.max or 0.0)

    def identified(self) -> Self:
        """The same rule with its id spelt out, e.g. `equalized_odds_difference[sex]<=0.1`."""
        if self.id:
            return self
        group = "" if self.group is None else f"[{self.group if isinstance(self.group, str) else '*'.join(self.group)}]"
        label = "" if self.label is None else f"({self.label})"
        conditions = "".join(f"@{key}={value}" for key, value in sorted(self.conditions.items()))
        check = f"{self.check}:" if self.check else ""
        bound = f">={self.min:g}" if self.min is not None else f"<={self.max:g}"
        return self.model_copy(update={"id": f"{check}{self.metric}{label}{group}{conditions}{bound}"})


class Waiver(Grown):
    """A named person's decision to live with a rule that is not met, until a date; another person has approved it."""

    grown: ClassVar[frozenset[str]] = frozenset({"check", "approved_by", "model_digest", "worst"})

    metric: str = Field(default="", description="the metric of the rules that are waived; or name the rule")
    rule: str = Field(default="", description="a rule's id; or name the metric, and the group if it is one group's")
    check: str | None = Field(default=None, description="the id of the check that measured it; absent: whichever did")
    group: str | tuple[str, ...] | None = Field(default=None, description="absent: whichever groups the rule is about")
    label: str | None = Field(default=None, description="absent: whichever class or label")
    owner: str = Field(min_length=1, description="who answers for it")
    approved_by: str = Field(default="", description="who agreed to it: another person; required of a spec")
    reason: str = Field(min_length=1, description="why it can be lived with")
    expires: date = Field(description="the last day on which it holds")
    model_digest: str | None = Field(
        default=None, pattern=r"^(sha256:)?[0-9a-f]{64}$", description="of the one model that it is for; absent: any"
    )
    worst: float | None = Field(default=None, description="the worst value that it lives with; it ends at a worse one")

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.metric and not self.rule:
            raise ValueError("a waiver names a metric or a rule")
        return self

    def is_about(self, rule: Rule) -> bool:
        """Whether it names this rule, or its metric."""
        return (not self.rule or self.rule == rule.id) and (not self.metric or self.metric == rule.metric)

    def may_cover(self, rule: Rule) -> bool:
        """Whether some measurement of this rule could be one that it covers."""
        own = (self.group,) if isinstance(self.group, str) else self.group or ()
        is_any = self.group in {None, "any"} or rule.attributes is None
        return (
            self.is_about(rule)
            and (is_any or set(own) == set(rule.attributes or ()))
            and (self.label is None or rule.label in {None, self.label})
            and (self.check is None or rule.check in {None, self.check, self.check.partition(".")[0]})
        )

    def covers(self, rule: Rule, *, group: Collection[str], label: str | None, check: str | None = None) -> bool:
        """Whether this waiver is about what a rule says of one measurement: everything that it names must be so.

        Args:
            rule: with its id.
            group: the attributes of the measurement's group.
            label: the measurement's.
            check: the id of the check that measured it.
        """
        names = (self.group,) if isinstance(self.group, str) else self.group or ()
        return (
            self.is_about(rule)
            and (self.group in {None, "any", rule.group} or set(names) == set(group))
            and (self.label is None or self.label in {label, rule.label})
            and (self.check is None or self.check == check)
        )


class PolicyPack(Document):
    """Rules under a name, which a plugin offers and a spec extends; or the map of a law, with rules or without."""

    name: str
    title: str
    rules: tuple[Rule, ...] = ()
    version: str = Field(default="", max_length=60, description="printed where the pack is; empty: it has none")
    rule_map: RuleMap | None = Field(default=None, description="shown in the report of a spec that extends the pack")


LEAST_SPENT = 1e-4
"""What a look may err at least: intervals that rest on a few thousand draws say nothing of rarer mistakes."""

Spending = Literal["even", "pocock", "obrien-fleming"]


class Reaudit(Document):
    """`reaudit`: which of how many audits this one is, so that all of them together err no more often than one may.

    Each look is given a part of what `level` allows to err; the parts add up to it, so that the promise holds whether
    audits share their rows or not (Boole's inequality). Sources: Lan and DeMets (1983), Biometrika 70, 659-663, for
    spending; the parts of an open plan are 1 / (k (k + 1)), whose sum is 1.
    """

    look: int = Field(ge=1, description="which audit this is, from 1")
    looks: int | None = Field(
        default=None, ge=1, le=1000, description="how many are planned; absent: no end is planned"
    )
    spending: Spending = Field(
        default="even", description="even: alike; pocock: a little more to early looks; obrien-fleming: to late ones"
    )

    @model_validator(mode="after")
    def _is_within_the_plan(self) -> Self:
        if self.looks is not None and self.look > self.looks:
            raise ValueError(f"look {self.look} is none of the {self.looks} looks that are planned")
        if self.looks is None and self.spending != "even":
            raise ValueError(f"spending '{self.spending}' needs to know how many looks there will be: looks = 12")
        return self

    def level_of(self, level: float) -> float:
        """The confidence of this look's intervals, where all looks together are to have `level`."""
        return 1 - (1 - level) * self.part(level)

    def part(self, level: float) -> float:
        """This look's part of what may err; the parts of all looks add up to 1."""
        if self.looks is None:
            return 1 / (self.look * (self.look + 1))
        alpha = 1 - level
        spent = [_spent(self.spending, place / self.looks, alpha) for place in range(self.looks + 1)]
        parts = [max(after - before, LEAST_SPENT) for before, after in pairwise(spent)]
        return parts[self.look - 1] / sum(parts)


def _spent(spending: Spending, done: float, alpha: float) -> float:
    """What has been spent of `alpha` when this share of the looks is done."""
    if spending == "pocock":
        return alpha * log1p((e - 1) * done)
    if spending == "obrien-fleming":
        normal = NormalDist()
        return 2 * normal.cdf(normal.inv_cdf(alpha / 2) / sqrt(done)) if done > 0 else 0.0
    return alpha * done


LONGEST_WAIVER = 365
"""Days ahead that a policy may let a waiver end, at most."""


class Policy(Grown):
    """All rules and waivers that an audit is judged by."""

    grown: ClassVar[frozenset[str]] = frozenset({"waiver_days", "baseline"})

    extends: tuple[str, ...] = Field(default=(), description="packs by name, or files of rules beside the spec")
    min_group_size: int = Field(default=30, ge=1, description="rows, or people, below which a group is not judged")
    small_groups: Literal["inconclusive", "list"] = Field(
        default="inconclusive", description="what a group below that size leads to; list: it is only named"
    )
    rules: tuple[Rule, ...] = Field(default=(), description="what is judged")
    waivers: tuple[Waiver, ...] = Field(default=(), description="what is lived with")
    waiver_days: int = Field(
        default=180, ge=1, le=LONGEST_WAIVER, description="how many days ahead a waiver may end at most"
    )
    reaudit: Reaudit | None = Field(default=None, description="absent: this audit is judged by itself alone")
    baseline: Annotated[
        tuple[BaselineRule, ...],
        BeforeValidator(one_or_several, json_schema_input_type=tuple[BaselineRule, ...] | BaselineRule),
    ] = Field(
        default=(), description="for `auditkit gate --baseline`; absent: the task's primary metric, by at most 0.02"
    )

    @property
    def is_silent_on_rules(self) -> bool:
        """Whether it speaks of neither rules nor packs; `extends = []` says that there are none."""
        return not {"rules", "extends"} & self.model_fields_set

    @property
    def digest(self) -> str:
        """The SHA-256 of the policy's canonical JSON."""
        # A policy that plans no re-audits is what it was before any could be planned.
        return digest_of(self.model_dump(mode="json", exclude={"reaudit"} if self.reaudit is None else None))
