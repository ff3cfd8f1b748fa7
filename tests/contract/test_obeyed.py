"""Every first-party check is held to the contract that `auditkit.testing` holds a stranger's to."""

from __future__ import annotations

import pytest

from auditkit.host import Host
from auditkit.testing import obey_contract

OPTIONS = {"fairness.metric": {"metric": "fairlearn.metrics:mean_prediction"}}
EXCUSED = {
    "fairness.metric": {
        "metric cards": "the user names the metric, and its library documents it",
        "uncertainty": "no interval is known for a metric that can be any function",
    },
}
CHECKS = Host.installed().checks.values()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_first_party_check_obeys_its_contract(check):
    obey_contract(check, options=OPTIONS.get(check.id), except_=EXCUSED.get(check.id))
