"""Archives of model files, put together and changed member by member, and what a reader says against them."""

from __future__ import annotations

import warnings
import zipfile

import pytest
import torch

from auditkit import ModelError

TENSORS = {"weight": torch.arange(6.0).reshape(2, 3), "bias": torch.zeros(2)}


def refusal(call, *given, **options):
    with pytest.raises(ModelError) as caught:
        call(*given, **options)
    assert caught.value.hint
    return caught.value.message


def archived(path, members, method=zipfile.ZIP_STORED):
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", method) as archive:
        warnings.simplefilter("ignore")  # a name twice
        for name, content in members:
            archive.writestr(name, content)
    return path


def rewritten(path, source, change=lambda _, content: content, **options):
    """A copy of an archive, member by member."""
    with zipfile.ZipFile(source) as before:
        return archived(path, [(name, change(name, before.read(name))) for name in before.namelist()], **options)
