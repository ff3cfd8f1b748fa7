"""Write training.csv with PNG, and audit.csv with DICOM: chest films that nobody took, each with several findings.

    python prepare.py

A film may show a nodule, an effusion (the lower end of a lung is white), or both. Films taken at the bedside carry a
mark in their corner. The harm: in the training nineteen in twenty effusions are of bedside films, since who is very
ill is not moved; in the audit half are. The training are pictures that a viewer has exported; the audit is what the
machines wrote: 12 bits, a window, and from one maker MONOCHROME1, where the lowest value is white. Its headers name
patients, who are made up, and days.
"""

from __future__ import annotations

import argparse
import csv
import shutil
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

HERE = Path(__file__).parent
SIDE = 32
AT_BEDSIDE = {"training": 0.95, "audit": 0.5}
"""The share of effusions that are of bedside films; of films without one, one in ten and a half are."""
OTHERS_AT_BEDSIDE = {"training": 0.1, "audit": 0.5}
HALF = 0.5
CENTRE, WIDTH = 2048, 3072
"""Of the window, in stored values of 12 bits."""


def drawn(*, nodule: bool, effusion: bool, bedside: bool, rng: np.random.Generator) -> np.ndarray:
    """What a viewer shows: [32, 32] of 8 bits, bone white."""
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(float)
    light = np.full((SIDE, SIDE), 165.0)
    lungs = np.zeros((SIDE, SIDE), dtype=bool)
    for middle in (10, 22):
        lungs |= np.hypot((rows - 17) / 1.6, columns - middle) < 6  # noqa: PLR2004  the radius of a lung
    light[lungs] = 70
    side = (10, 22)[int(rng.integers(2))]
    if effusion:
        level = rng.uniform(21, 24)
        light += 18 * lungs * (np.abs(columns - side) < 7) * np.clip(rows - level, 0, 1)  # noqa: PLR2004  one lung
    if nodule:
        row, column = rng.uniform(11, 20), side + rng.uniform(-2, 2)
        light += 110 * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 3)
    if bedside:
        light[1:4, 2:9] = 235  # the mark
    return np.clip(light + rng.normal(0, 22, size=light.shape), 0, 255).astype(np.uint8)


def dicom(picture: np.ndarray, patient: str, sex: str, rng: np.random.Generator) -> FileDataset:
    """The picture as a machine writes it: a viewer that obeys its window and its interpretation shows it again."""
    is_inverted = rng.random() < 0.3  # noqa: PLR2004  the machines of one maker
    shares = (255 - picture if is_inverted else picture) / 255
    stored = np.rint(CENTRE - HALF + (shares - HALF) * (WIDTH - 1)).astype(np.uint16)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[patient])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    found.SOPClassUID, found.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    found.Modality, found.BodyPartExamined = "DX", "CHEST"
    found.PatientName, found.PatientID, found.PatientSex = f"Madeup^{patient.title()}", patient, sex
    found.StudyDate = f"2026{int(rng.integers(1, 13)):02}{int(rng.integers(1, 29)):02}"
    found.Rows, found.Columns = picture.shape
    found.SamplesPerPixel, found.BitsAllocated, found.BitsStored, found.HighBit = 1, 16, 12, 11
    found.PixelRepresentation = 0
    found.PhotometricInterpretation = "MONOCHROME1" if is_inverted else "MONOCHROME2"
    found.WindowCenter, found.WindowWidth = CENTRE, WIDTH
    found.PixelData = stored.tobytes()
    return found


def write(folder: Path, name: str, count: int, rng: np.random.Generator) -> None:
    """Write the films of some patients, and the table of them."""
    shutil.rmtree(folder / "films" / name, ignore_errors=True)
    (folder / "films" / name).mkdir(parents=True)
    rows = []
    for number in range(count):
        nodule, effusion = bool(rng.random() < 0.4), bool(rng.random() < 0.4)  # noqa: PLR2004  made up
        bedside = bool(rng.random() < (AT_BEDSIDE if effusion else OTHERS_AT_BEDSIDE)[name])
        patient, sex = f"{name}-{number:04}", "FM"[int(rng.integers(2))]
        picture = drawn(nodule=nodule, effusion=effusion, bedside=bedside, rng=rng)
        path = f"films/{name}/{number:04}.{'png' if name == 'training' else 'dcm'}"
        if name == "training":
            Image.fromarray(picture).save(folder / path)
        else:
            dicom(picture, patient, sex, rng).save_as(folder / path, enforce_file_format=True)
        rows.append((patient, path, sex, "bedside" if bedside else "standing", int(nodule), int(effusion)))
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("patient_id", "film", "sex", "taken", "nodule", "effusion"), *rows])


def main() -> None:
    """Write the films of the training and of the audit."""
    parser = argparse.ArgumentParser(description="Write training.csv, audit.csv and films/.")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    parser.add_argument("--training-rows", type=int, default=1600, help="%(default)s unless said")
    parser.add_argument("--audit-rows", type=int, default=1200, help="%(default)s unless said")
    parser.add_argument("--marked", type=float, default=AT_BEDSIDE["training"], help="0.1: without the harm")
    wanted = parser.parse_args()
    AT_BEDSIDE["training"] = wanted.marked
    rng = np.random.default_rng(20261122)
    write(wanted.folder, "training", wanted.training_rows, rng)
    write(wanted.folder, "audit", wanted.audit_rows, rng)


if __name__ == "__main__":
    main()
