"""Every exporter that auditkit brings keeps the contract that strangers' exporters are held to."""

from __future__ import annotations

import pytest

from auditkit.host import Host
from auditkit.testing import obey_contract

EXPORTERS = Host.installed().exporters


@pytest.mark.parametrize("name", sorted(EXPORTERS))
def test_an_exporter_obeys(name):
    obey_contract(EXPORTERS[name])


@pytest.mark.parametrize("name", sorted(EXPORTERS))
def test_ours_wait_to_be_named(name):
    assert EXPORTERS[name].on_request
