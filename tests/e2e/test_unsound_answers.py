"""A network that knows no row with one column out of step with the other: audited, and replayed without it."""

from __future__ import annotations

import pytest
from commands import as_csv
from replays import bundle_in, replayed
from safetensors.torch import save_file

import auditkit.result

NET = '''
import torch

class Ratio(torch.nn.Module):
    """The logarithm of how the columns go together: no number where they do not."""

    def __init__(self):
        super().__init__()
        self.register_buffer("one", torch.ones(1))

    def forward(self, rows):
        together = torch.log((rows[:, 0] - 50) * (rows[:, 1] - 50)) - 5
        side = torch.sign(rows[:, 0] - 50) * self.one
        return torch.stack([0 * together, side + 0 * together], dim=1)

def build():
    return Ratio()
'''
SPEC = """
name = "Out of step"
[model]
adapter = "tabular"
path = "net.safetensors"
module = "net:build"
output = "logits"
labels = {0 = "no", 1 = "yes"}
[data]
audit = "rows.csv"
input = ["low", "high"]
target = "ill"
positive = "yes"
groups = ["sex"]
[[checks]]
use = "robustness.tables"
noise = 0.01
[policy]
[[policy.rules]]
metric = "mean_accuracy_loss"
max = 0.1
because = "a test"
[[policy.rules]]
metric = "unsound_answer_rate"
max = 0.1
because = "a test"
[report]
formats = ["html"]
"""


@pytest.fixture
def written(tmp_path):
    import torch

    # Both columns are on one side of 50, by at least 10: a little noise leaves them there, another's cell does not.
    rows = [
        (f"{50 + side * (10 + row % 7)}", f"{50 + side * (10 + row % 5)}", "yes" if side > 0 else "no", "FM"[row % 2])
        for row in range(80)
        for side in (1 if row % 4 < 2 else -1,)
    ]
    (tmp_path / "rows.csv").write_text(as_csv(("low", "high", "ill", "sex"), rows), "utf-8")
    (tmp_path / "net.py").write_text(NET, "utf-8")
    save_file({"one": torch.ones(1)}, tmp_path / "net.safetensors")
    (tmp_path / "audit.toml").write_text(SPEC, "utf-8")
    return tmp_path


def test_answers_that_are_none_fail_the_rules_and_are_replayed(written):
    bundle = bundle_in(written)
    result = auditkit.result.AuditResult.model_validate_json((bundle / "result.json").read_bytes())
    outcomes = {one.rule: str(one.outcome) for one in result.verdict.judgements}
    assert outcomes == {"mean_accuracy_loss<=0.1": "fail", "unsound_answer_rate<=0.1": "fail"}
    (finding,) = result.findings
    assert str(finding.status) == "measured"
    found = {
        (one.conditions["column"], one.conditions["change"]): one
        for one in finding.measurements
        if one.metric == "unsound_answer_rate" and one.conditions
    }
    # Of rows that got another's cell about half got one of the other side; noise brought none there.
    assert set(found) == {("low", "another's cell"), ("high", "another's cell")}
    assert all(0.3 < one.value < 0.8 for one in found.values())
    assert "no sound answer" in (bundle / "report.html").read_text("utf-8")
    part = replayed(bundle)["robustness.tables"]
    assert part.state == "equal", part
