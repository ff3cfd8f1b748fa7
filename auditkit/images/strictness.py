"""Whole images alone, whatever else runs in the process."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

_lock = threading.Lock()
_readers = 0
_before = False


@contextlib.contextmanager
def whole_images_alone() -> Iterator[None]:
    """Have Pillow raise where a file is cut off; images are read in several threads at once.

    Pillow has one switch for the process, and libraries set it for themselves: once WeasyPrint is imported, the part
    of a picture that is missing is filled with grey, and a model would be judged by that.
    """
    from PIL import ImageFile

    global _readers, _before  # noqa: PLW0603  there is one switch for the process, and so one count of who needs it
    with _lock:
        if _readers == 0:
            _before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
        _readers += 1
    try:
        yield
    finally:
        with _lock:
            _readers -= 1
            if _readers == 0:
                ImageFile.LOAD_TRUNCATED_IMAGES = _before
