"""A check that takes more memory than the spec lets it is stopped, and the audit goes on."""

from __future__ import annotations

import pytest
from commands import QUICK

from auditkit.memory import is_told

PLUGIN = """
import time
import numpy as np
from auditkit import Measurement, check, hookimpl


@check("greedy.takes", on=None)
def takes(case):
    \"\"\"A check that takes half a gigabyte more every second.\"\"\"
    blocks = []
    for _ in range(20):
        blocks.append(np.ones(2**26))
        time.sleep(1)
    yield Measurement(metric="blocks", value=1.0, n=1, exact=True)


@check("greedy.thrifty", on=None)
def thrifty(case):
    \"\"\"A check that takes little.\"\"\"
    yield Measurement(metric="little", value=1.0, n=1, exact=True)


@hookimpl
def auditkit_register_checks():
    return [takes, thrifty]
"""


@pytest.mark.skipif(not is_told(), reason="this system does not tell what memory a process holds")
def test_a_greedy_check_is_an_error_and_the_others_are_measured(folder):
    folder.install("greedy", PLUGIN)
    folder.spec(more="\n[compute]\nmemory_limit = 1.0\n", checks=(*QUICK, "greedy"))
    answer = folder.run()
    assert answer.code == 0, answer.err
    finding = folder.finding("greedy.takes")
    assert finding["status"] == "error"
    said = "was stopped at more than 1 GiB of memory ([compute] memory_limit)"
    assert finding["reason"]["params"]["fate"] == said
    assert folder.finding("greedy.thrifty")["status"] == "measured"
    assert said in folder.page()
