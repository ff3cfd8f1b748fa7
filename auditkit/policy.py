"""What counts as good enough: Rule, Waiver and Policy as documents. Judging by them stands in `judging`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from auditkit.document import Document, digest_of

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
    "canaries",
]

Outcome = Literal["pass", "warn", "fail", "inconclusive", "not_applicable", "no_evidence", "error", "waived"]

VerdictOutcome = Literal["pass", "fail", "inconclusive", "error"]


class Rule(Document):
    """One bound on one metric, with the reason for it."""

    metric: str
    id: str = Field(default="", description="absent: made from what the rule says")
    check: str | None = Field(default=None, description="an area or a check id; absent: whichever measured the metric")
    label: str | None = None
    conditions: dict[str, str] = Field(default_factory=dict)
    group: str | tuple[str, ...] | None = Field(default=None, description="an attribute, several, or 'any'")
    min: float | None = None
    max: float | None = None
    judge: Literal["interval", "value"] = "interval"
    otherwise: Literal["fail", "warn"] = "fail"
    required: bool = True
    needs: tuple[Need, ...] = ()
    because: str = Field(min_length=1, description="the article, standard or decision that the rule carries out")

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.min is None) == (self.max is None):
            raise ValueError("a rule has either min or max")
        return self

    @property
    def attributes(self) -> tuple[str, ...] | None:
        """The attributes that `group` names; None when it is absent or 'any'."""
        if self.group is None or self.group == "any":
            return None
        return (self.group,) if isinstance(self.group, str) else self.group

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


class Waiver(Document):
    """A named person's decision to live with a rule that is not met, until a date."""

    metric: str = ""
    rule: str = Field(default="", description="a rule's id; or name the metric, and the group if it is one group's")
    group: str | tuple[str, ...] | None = None
    label: str | None = None
    owner: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    expires: date

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.metric and not self.rule:
            raise ValueError("a waiver names a metric or a rule")
        return self

    def is_about(self, rule: Rule) -> bool:
        """Whether it names this rule, or its metric."""
        return (not self.rule or self.rule == rule.id) and (not self.metric or self.metric == rule.metric)

    def covers(self, rule: Rule, *, group: Collection[str], label: str | None) -> bool:
        """Whether this waiver is about what a rule says of one measurement: everything that it names must be so.

        Args:
            rule: with its id.
            group: the attributes of the measurement's group.
            label: the measurement's.
        """
        names = (self.group,) if isinstance(self.group, str) else self.group or ()
        return (
            self.is_about(rule)
            and (self.group in {None, "any", rule.group} or set(names) == set(group))
            and (self.label is None or self.label in {label, rule.label})
        )


class PolicyPack(Document):
    """Rules under a name, which a plugin offers and a spec extends."""

    name: str
    title: str
    rules: tuple[Rule, ...]


class Policy(Document):
    """All rules and waivers that an audit is judged by."""

    extends: tuple[str, ...] = ()
    min_group_size: int = Field(default=30, ge=1)
    small_groups: Literal["inconclusive", "list"] = "inconclusive"
    rules: tuple[Rule, ...] = ()
    waivers: tuple[Waiver, ...] = ()

    @property
    def is_silent_on_rules(self) -> bool:
        """Whether it speaks of neither rules nor packs; `extends = []` says that there are none."""
        return not {"rules", "extends"} & self.model_fields_set

    @property
    def digest(self) -> str:
        """The SHA-256 of the policy's canonical JSON."""
        return digest_of(self.model_dump(mode="json"))
