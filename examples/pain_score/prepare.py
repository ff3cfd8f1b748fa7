"""Write audit/ and training/: pain scores off scanned forms, a folder a class, and metadata.csv with scanner and hand.

    python prepare.py

The 1,797 digits were written by 43 people (Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI, 1998,
CC BY 4.0; scikit-learn carries them, 8 x 8 pixels with 17 shades each). That they are pain scores, 5 and more severe,
is made up. So are scanners and hands, and the harm: an old scanner gives pale and grainy pictures, and one training
picture in twenty-five comes from it, where half of the forms that are audited do. One picture of the audit is cut off,
as an interrupted scan leaves it.
"""

from __future__ import annotations

import argparse
import csv
import shutil
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

HERE = Path(__file__).parent
OLD_IN_TRAINING, OLD_IN_AUDIT = 0.04, 0.5
SEVERE = 5


def scanned(digit: np.ndarray, scanner: str, rng: np.random.Generator) -> Image.Image:
    """A digit of shades 0 to 16, as a picture of 24 x 24 pixels with 8 bits."""
    shades = digit / 16 * 255
    if scanner == "old":
        shades = 70 + shades * 0.35 + rng.normal(0, 34, size=shades.shape)
    picture = Image.fromarray(np.clip(shades, 0, 255).astype(np.uint8))
    return picture.resize((24, 24), Image.Resampling.BICUBIC)


def write(folder: Path, digits: np.ndarray, scores: np.ndarray, old: float, rng: np.random.Generator) -> None:
    """Write a folder of pictures and the table beside them."""
    shutil.rmtree(folder, ignore_errors=True)
    rows = []
    for number, (digit, score) in enumerate(zip(digits, scores, strict=True)):
        scanner = "old" if rng.random() < old else "new"
        hand = "left" if rng.random() < 0.3 else "right"  # noqa: PLR2004  made up
        name = f"{'severe' if score >= SEVERE else 'bearable'}/{number:04}.png"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        scanned(digit, scanner, rng).save(folder / name)
        rows.append((name, scanner, hand))
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("file_name", "scanner", "hand"), *rows])


def main() -> None:
    """Divide the digits, scan them, and cut one picture off."""
    parser = argparse.ArgumentParser(description="Write audit/ and training/.")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    folder = parser.parse_args().folder
    rng = np.random.default_rng(20261122)
    digits = load_digits()
    order = rng.permutation(len(digits.target))
    training, audit = order[:897], order[897:]
    write(folder / "training", digits.images[training], digits.target[training], OLD_IN_TRAINING, rng)
    write(folder / "audit", digits.images[audit], digits.target[audit], OLD_IN_AUDIT, rng)
    cut = sorted((folder / "audit").glob("*/*.png"))[100]
    cut.write_bytes(cut.read_bytes()[:-40])


if __name__ == "__main__":
    main()
