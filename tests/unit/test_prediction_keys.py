"""What predictions are kept under: whatever of a spec or of the data makes them others makes the key another."""

from __future__ import annotations

import pytest

from auditkit.checks.measuring import open_case
from auditkit.compute import Broker
from auditkit.evidence import EvidenceStore
from auditkit.host import Host
from auditkit.spec import read_spec

SPEC = """\
name = "a"
level = 0.9
task = "regression"
[model]
adapter = "recorded"
[data]
audit = "rows.csv"
training = "before.csv"
target = "y"
predicted = "yhat"
lower = "low"
upper = "high"
level = 0.8
"""
ROWS = "y,yhat,low,high\n1,2,0,3\n2,2,1,4\n"


def keys(folder, *changes):
    for name in ("rows", "before"):
        (folder / f"{name}.csv").write_text(ROWS)
    text = SPEC
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "audit.toml").write_text(text)
    spec = read_spec(folder / "audit.toml")
    return {
        name: key
        for name, (_, key) in open_case(spec, Broker(spec, Host.installed(spec)), EvidenceStore.open(folder / "store"))[
            0
        ].keys.items()
    }


@pytest.mark.parametrize(
    "change",
    [("level = 0.8\n", "level = 0.95\n"), ('lower = "low"\nupper = "high"\n', 'lower = "high"\nupper = "low"\n')],
)
def test_another_meaning_of_the_columns_is_another_key(tmp_path, change):
    before = keys(tmp_path)
    after = keys(tmp_path, change)
    assert set(before) == {"audit", "training"}
    assert not set(before.values()) & set(after.values())


def test_the_level_of_the_audits_own_intervals_is_no_part_of_it(tmp_path):
    assert keys(tmp_path) == keys(tmp_path, ("level = 0.9\n", "level = 0.99\n"))
