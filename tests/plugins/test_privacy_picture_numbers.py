"""The numbers of a picture: decoded once, and never those of other bytes under the same name."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from auditkit import DataError
from auditkit.files import InputFile
from auditkit_privacy.people import features


def painted(folder, name, level):
    Image.fromarray(np.full((16, 16, 3), level, dtype=np.uint8)).save(folder / name)
    return InputFile(folder, name, hashlib.sha256((folder / name).read_bytes()).hexdigest())


def test_a_picture_is_decoded_once_and_another_under_its_name_is_another(tmp_path, monkeypatch):
    decoded = []
    real = features._decoded
    monkeypatch.setattr(features, "_decoded", lambda raw: decoded.append(raw) or real(raw))
    monkeypatch.setattr(features, "_KNOWN", {})
    first = painted(tmp_path, "a.png", 10)
    assert features.picture_numbers(first)[1:6] == (16.0, 16.0, 10.0, 10.0, 10.0)
    assert features.picture_numbers(painted(tmp_path, "b.png", 10)) == features.picture_numbers(first)
    assert len(decoded) == 1
    changed = painted(tmp_path, "a.png", 200)
    with pytest.raises(DataError, match="has changed"):
        features.picture_numbers(first)  # known, and yet no longer there
    assert features.picture_numbers(changed)[3] == 200.0
    assert len(decoded) == 2
