"""Policy packs, and rule maps: `packs/*.toml` bring rules, `maps/*.toml` say what bears on which clause of a law.

`baseline` is used, and named in the report, when a spec has no policy; `claims` is part of every policy whose spec
claims something.
"""

import tomllib
from pathlib import Path

from auditkit import PolicyPack, RuleMap, hookimpl

_HERE = Path(__file__).parent

AUDITKIT_NEEDS = ()


def _pack(path: Path) -> PolicyPack:
    return PolicyPack.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


def _map(path: Path) -> PolicyPack:
    rule_map = RuleMap.read_file(path)
    return PolicyPack(name=rule_map.id, title=rule_map.title, version=rule_map.date, rule_map=rule_map)


@hookimpl
def auditkit_register_policies() -> list[PolicyPack]:
    """Offer a pack for each file, and a pack without rules for each map."""
    packs = [_pack(path) for path in sorted((_HERE / "packs").glob("*.toml"))]
    return packs + [_map(path) for path in sorted((_HERE / "maps").glob("*.toml"))]
