"""Images as models take them: files looked at, decoded, prepared as a model wants them, a batch ahead of its need.

What an adapter uses that shows images to a model. `looking` looks into each file before anything is predicted;
`decoding` and `dicom` make pixels of 8 bits of it; `preparing` makes of these the numbers that a model takes, and
`stream` does so in threads. Pillow and pydicom are imported where they are used.
"""

from __future__ import annotations

from auditkit.images.decoding import GREY, DamagedError, Ground, Reading, decode, reading_of
from auditkit.images.dicom import personal_elements
from auditkit.images.looking import image_inputs, look_at
from auditkit.images.preparing import (
    PROCESSORS,
    Floats,
    Interpolation,
    Prepare,
    declared,
    preparation,
    unsaid_preparation,
)
from auditkit.images.stream import Images, image_of, refuse_no_images

__all__ = [
    "GREY",
    "PROCESSORS",
    "DamagedError",
    "Floats",
    "Ground",
    "Images",
    "Interpolation",
    "Prepare",
    "Reading",
    "declared",
    "decode",
    "image_inputs",
    "image_of",
    "look_at",
    "personal_elements",
    "preparation",
    "reading_of",
    "refuse_no_images",
    "unsaid_preparation",
]
