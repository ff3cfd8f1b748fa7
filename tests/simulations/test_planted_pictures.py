"""Models of pictures that were overfit, or trained well, over 20 seeds, through the whole check."""

from __future__ import annotations

import pytest
from planted_members import found_and_not_found

pytestmark = pytest.mark.slow


def test_a_model_that_knows_its_pictures_is_found_and_one_that_learnt_with_care_is_not(tmp_path):
    found_and_not_found("pictures", tmp_path)
