"""DICOM files that are built in a moment."""

from __future__ import annotations

import io
from typing import Any

import numpy as np


def dicom(pixels: Any, *, syntax: str | None = None, **elements: Any) -> bytes:
    """A file of one grey image with 16 bits, 12 of them stored, as MONOCHROME2 unless said otherwise.

    Args:
        pixels: [rows, columns] or [rows, columns, 3].
        syntax: a compressed transfer syntax, of bytes that nothing can decode; None: not compressed.
        elements: by keyword, in the place of what is written otherwise; None leaves one out.
    """
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.encaps import encapsulate
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

    array = np.asarray(pixels)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    wide = array.dtype.itemsize == 2
    written: dict[str, Any] = {
        "SOPClassUID": CTImageStorage, "SOPInstanceUID": "1.2.3.4", "Modality": "CT",
        "Rows": array.shape[0], "Columns": array.shape[1],
        "SamplesPerPixel": 1 if array.ndim == 2 else 3,
        "PhotometricInterpretation": "MONOCHROME2" if array.ndim == 2 else "RGB",
        "BitsAllocated": 16 if wide else 8, "BitsStored": 12 if wide else 8, "HighBit": 11 if wide else 7,
        "PixelRepresentation": int(array.dtype.kind == "i"),
        "PixelData": array.tobytes(),
    }  # fmt: skip
    if array.ndim == 3:
        written["PlanarConfiguration"] = 0
    for keyword, value in (written | elements).items():
        if value is not None:
            setattr(found, keyword, value)
    if syntax is not None:
        meta.TransferSyntaxUID = syntax
        found.PixelData = encapsulate([b"nothing that can be decoded"])
        found["PixelData"].is_undefined_length = True
    stream = io.BytesIO()
    found.save_as(stream, enforce_file_format=True)
    return stream.getvalue()
