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
