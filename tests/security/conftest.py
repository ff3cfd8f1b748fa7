"""A signed PDF and a stranger's key, made once for all attacks on PDFs."""

from __future__ import annotations

import pytest
from signed_bundles import Desk
from signed_pdfs import desk_with_pdf


@pytest.fixture(scope="session")
def signed(tmp_path_factory):
    """(desk, PDF, attestation)."""
    return desk_with_pdf(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="session")
def rogue(tmp_path_factory):
    """Another key under the same name."""
    return Desk.at(tmp_path_factory.mktemp("rogue"))
