"""From packs, files and a spec's own rules to the one policy that judges."""

import pytest
from judgements import rule, waiver

from auditkit.errors import PluginError, SpecError
from auditkit.policy import Policy, PolicyPack
from auditkit.resolving import resolve_policy

PACK = PolicyPack(name="baseline", title="t", rules=(rule(max=0.2), rule(group="sex", max=0.3)))


def test_policy_puts_packs_and_files_before_its_own_rules():
    extra = {"strict.toml": Policy(rules=(rule(metric="other"),))}
    policy = Policy(extends=("baseline", "strict.toml"), rules=(rule(metric="own"),))
    resolved = resolve_policy(policy, {"baseline": PACK}, extra)
    assert [one.id for one in resolved.rules] == ["gap<=0.2", "gap[sex]<=0.3", "other<=0.1", "own<=0.1"]


def test_own_rule_replaces_the_packs_on_the_same_thing_and_side():
    resolved = resolve_policy(Policy(extends=("baseline",), rules=(rule(max=0.5),)), {"baseline": PACK}, {})
    assert [one.id for one in resolved.rules] == ["gap[sex]<=0.3", "gap<=0.5"]
    other_side = resolve_policy(Policy(extends=("baseline",), rules=(rule(min=0.0),)), {"baseline": PACK}, {})
    assert [one.id for one in other_side.rules] == ["gap<=0.2", "gap[sex]<=0.3", "gap>=0"]


def test_no_policy_is_the_baseline():
    assert resolve_policy(None, {"baseline": PACK}, {}).rules == tuple(one.identified() for one in PACK.rules)


@pytest.mark.parametrize("said", [{"min_group_size": 50}, {"small_groups": "list"}, {"waivers": [{"metric": "gap"}]}])
def test_a_policy_that_is_silent_on_rules_keeps_the_baseline_and_its_own_settings(said):
    for one in said.get("waivers", []):
        one |= {"owner": "A. Name", "reason": "known", "expires": "2027-01-01"}
    resolved = resolve_policy(Policy.model_validate(said), {"baseline": PACK}, {})
    assert [one.id for one in resolved.rules] == ["gap<=0.2", "gap[sex]<=0.3"]
    assert resolved.extends == ("baseline",)
    assert (resolved.min_group_size, resolved.small_groups, len(resolved.waivers)) == (
        said.get("min_group_size", 30),
        said.get("small_groups", "inconclusive"),
        len(said.get("waivers", [])),
    )


@pytest.mark.parametrize("said", [{"extends": []}, {"rules": []}, {"extends": [], "min_group_size": 50}])
def test_a_policy_that_says_there_are_no_rules_has_none(said):
    assert resolve_policy(Policy.model_validate(said), {"baseline": PACK}, {}).rules == ()


def test_own_rules_without_a_pack_stand_alone():
    resolved = resolve_policy(Policy(rules=(rule(metric="own"),)), {"baseline": PACK}, {})
    assert [one.id for one in resolved.rules] == ["own<=0.1"]


def test_unknown_pack_is_an_error():
    with pytest.raises(PluginError, match="'strict'") as caught:
        resolve_policy(Policy(extends=("strict",)), {"baseline": PACK}, {})
    assert "baseline" in caught.value.hint


@pytest.mark.parametrize("beyond", [{"min_group_size": 5}, {"waivers": (waiver(),)}, {"extends": ("baseline",)}])
def test_policy_file_that_says_more_than_rules_is_refused_where_it_would_be_lost(beyond):
    with pytest.raises(SpecError, match=next(iter(beyond))):
        resolve_policy(Policy(extends=("a.toml",)), {}, {"a.toml": Policy(rules=(), **beyond)})


def test_rules_have_different_ids():
    names = [rule(id="a"), rule(id="a", metric="b"), rule(id="a#2", metric="c")]
    resolved = resolve_policy(Policy(rules=tuple(names)), {}, {})
    assert len({one.id for one in resolved.rules}) == 3
