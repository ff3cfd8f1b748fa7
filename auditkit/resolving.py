"""From a policy as it is written to the rules that are judged by: packs and files put in, every rule with an id."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from auditkit.errors import PluginError, SpecError, did_you_mean
from auditkit.policy import Policy, PolicyPack, Rule, Waiver
from auditkit.policy_baseline import AGAINST_BASELINE, changed, compared
from auditkit.waiving import refuse_softer


def resolve_policy(policy: Policy | None, packs: dict[str, PolicyPack], extra: dict[str, Policy]) -> Policy:
    """A policy with the rules of what it extends put in front of its own, and every rule's id spelt out.

    A rule of one's own replaces the packs' rules on the same metric, check, group, label and conditions, if it bounds
    it from the same side: a policy may set its own bar, and the report prints the one that was used.

    Args:
        policy: the spec's; None, or one that is silent on rules, uses the pack `baseline`; so does one that asks for
            nothing but rule maps, which bring no rules.
        packs: policy packs by name.
        extra: policy files that `extends` names, already read, by their path.

    Raises:
        PluginError: `extends` names a pack that is not installed.
        SpecError: a policy file says more than rules, which would be lost in silence; or a rule of one's own would
            soften a blocker.
    """
    policy = policy or Policy()
    if policy.is_silent_on_rules:
        policy = policy.model_copy(update={"extends": ("baseline",)})
    elif policy.extends and not policy.rules and all(_is_map(packs.get(name)) for name in policy.extends):
        policy = policy.model_copy(update={"extends": ("baseline", *policy.extends)})
    inherited: list[Rule] = []
    for name in policy.extends:
        if name in extra:
            inherited += _rules_alone(name, extra[name])
        elif name in packs:
            inherited += packs[name].rules
        else:
            raise PluginError(f"no policy named '{name}'", hint=f"installed are: {', '.join(sorted(packs)) or 'none'}")
    own = {aim_of(rule): rule for rule in policy.rules}
    for rule in inherited:
        if rule.blocker and aim_of(rule) in own:
            refuse_softer(own[aim_of(rule)], rule)
    rules = [rule for rule in inherited if aim_of(rule) not in own] + list(policy.rules)
    resolved = policy.model_copy(update={"rules": _distinct(rule.identified() for rule in rules)})
    for waiver in resolved.waivers:
        if not any(waiver.is_about(rule) for rule in resolved.rules) and not is_of_a_comparison(waiver, resolved):
            raise _waives_nothing(waiver, resolved.rules)
    return resolved


def _is_map(pack: PolicyPack | None) -> bool:
    return pack is not None and pack.rule_map is not None and not pack.rules


def is_of_a_comparison(waiver: Waiver, policy: Policy) -> bool:
    """Whether a waiver names what the gate says against a baseline: which comparisons there are is known only then."""
    if waiver.rule:
        return waiver.rule.startswith(AGAINST_BASELINE)
    metric = compared(waiver.metric)
    if metric is None:
        return False
    from auditkit.gating.aims import PRIMARY
    from auditkit.gating.quantities import metric_named

    asked = {one.metric for one in policy.baseline}
    return metric in asked or metric in PRIMARY.values() or metric_named(metric) is not None


def _waives_nothing(waiver: Waiver, rules: Sequence[Rule]) -> SpecError:
    """A misspelt waiver would be printed as if it were in force, and excuse nothing."""
    said = waiver.rule or waiver.metric
    known = {rule.id for rule in rules} if waiver.rule else {rule.metric for rule in rules}
    hint = did_you_mean(said, known, otherwise="" if waiver.rule or not known else of_changes(said))
    return SpecError(f"a waiver of {waiver.owner} names '{said}', which is no rule's", hint=hint)


def of_changes(metric: str) -> str:
    """What to write where a waiver was meant for what the gate says of a metric against the baseline."""
    return f'against a baseline its change is judged: metric = "{changed(metric)}"; or take the waiver out'


def _rules_alone(name: str, policy: Policy) -> tuple[Rule, ...]:
    beyond = sorted(policy.model_fields_set - {"rules"})
    if beyond:
        raise SpecError(
            f"'{name}' is extended for its rules, and says '{beyond[0]}' too",
            hint=f"move {beyond[0]} to the [policy] that extends it",
        )
    return policy.rules


def aim_of(rule: Rule) -> tuple[object, ...]:
    """What a rule bounds, and from which side: a policy's own rule replaces those of its packs with the same aim."""
    conditions = tuple(sorted(rule.conditions.items()))
    return rule.metric, rule.check, rule.label, rule.group, conditions, rule.max is None


def _distinct(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Rules with different ids: a repeated one is numbered."""
    named: dict[str, Rule] = {}
    for rule in rules:
        names = (rule.id if number == 1 else f"{rule.id}#{number}" for number in itertools.count(1))
        name = next(name for name in names if name not in named)
        named[name] = rule.model_copy(update={"id": name})
    return tuple(named.values())
