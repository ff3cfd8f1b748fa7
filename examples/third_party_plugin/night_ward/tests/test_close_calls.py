"""The check on rows whose answer one can count, and its option."""

import numpy as np
import pytest
from auditkit import AuditError, ClassScores
from auditkit.testing import toy_case

from auditkit_night_ward.close_calls import close_calls, margin_is_a_share

# The two largest scores of these rows lie 0.04, 0.2 and 0.8 apart.
SCORES = ClassScores(("no", "maybe", "yes"), np.array([[0.48, 0.52, 0.0], [0.2, 0.3, 0.5], [0.05, 0.1, 0.85]]))


@pytest.mark.parametrize(("margin", "close"), [(0.1, 1), (0.3, 2), (0.01, 0)])
def test_close_calls_by_hand(margin, close):
    (measured,) = close_calls(toy_case(SCORES), margin=margin)
    assert (measured.value, measured.n) == (close / 3, 3)


def test_a_margin_that_is_no_share_is_refused():
    with pytest.raises(AuditError, match="'margin' is '2'"):
        margin_is_a_share(margin=2)
