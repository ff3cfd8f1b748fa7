"""Errors on their way from the worker: whatever a plugin made of them, they arrive as auditkit's own."""

from __future__ import annotations

import pickle

import pytest

from auditkit import ModelError, NotApplicable
from auditkit.errors import DataError
from auditkit.options import OptionError


class TwoSidedError(ModelError):
    """A plugin's own, with a constructor of its own."""

    def __init__(self, left, right):
        super().__init__(f"{left} is not {right}", hint="look")
        self.sides = (left, right, lambda: None)


class ForgetfulError(DataError):
    """It never calls its parent."""

    def __init__(self, what):
        self.what = what


class Local(NotApplicable):
    """A plugin's own NotApplicable."""

    def __init__(self):
        super().__init__("no {what}", what=print)


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (TwoSidedError(1, 2), ModelError, "1 is not 2"),
        (ForgetfulError("x"), DataError, "ForgetfulError"),
        (ModelError(ValueError("an error as message"), hint=None), ModelError, "an error as message"),
        (Local(), NotApplicable, "no {what}"),
        (OptionError("bad", key="depth"), OptionError, "bad"),
    ],
)
def test_a_plugins_own_error_arrives_as_its_nearest_of_ours(error, kind, message):
    found = pickle.loads(pickle.dumps(error))
    assert type(found) is kind
    assert found.message == message
    assert isinstance(found.hint, str)
