"""The pictures that a model is given, as pixels that can be changed: decoded as the model itself has them decoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable

T = TypeVar("T")
R = TypeVar("R")
Pixels = npt.NDArray[np.uint8]

_SIDES = {2, 3}


def picture_column(inputs: Any) -> str:
    """The name of the one column that holds pictures; empty where rows have no names for it.

    Raises:
        NotApplicable: there is none, or another one beside it.
    """
    from auditkit.perturbation.cells import column_of, names_of

    names = names_of(inputs)
    if len(names) > 1 or not len(inputs) or not all(map(is_picture, column_of(inputs, names[0]))):
        raise NotApplicable("the model is not given pictures, one a row")
    return names[0]


def is_picture(cell: Any) -> bool:
    """Whether it is one: an array of 8 bits, or a file that the loader looked at."""
    is_array = isinstance(cell, np.ndarray) and cell.dtype == np.uint8 and cell.ndim in _SIDES
    return is_array or hasattr(cell, "sha256")


def pixels_of(case: Case[Any], cells: Sequence[Any], *, largest: int | None = None, to: int = 0) -> list[Pixels]:
    """[n]: [rows, columns] or [rows, columns, 3] of each, in threads.

    Args:
        case: with the model that reads them: it may say what is black in 16 bits, and what lies under transparency.
        cells: [n], of `picture_column`.
        largest: of the shorter side, beyond which a picture is brought to a smaller size; None: each stays as it is.
        to: that smaller size.
    """
    # The model is opened for files alone, which it says how to read; pixels are what they are.
    has_files = not all(isinstance(cell, np.ndarray) for cell in cells)
    reading = getattr(getattr(case.broker.model, "images", None), "reading", None) if has_files else None

    def decoded(cell: Any) -> Pixels:
        from PIL import Image

        from auditkit.images import Reading, decode

        if isinstance(cell, np.ndarray):
            image = Image.fromarray(cell)
        else:
            image = decode(cell.read(), reading or Reading(), channels=3)
        short = min(image.size)
        if largest is not None and short > largest:
            size = tuple(max(1, round(side * to / short)) for side in image.size)
            image = image.resize(size, Image.Resampling.BICUBIC)
        return np.array(image)

    return each_in_threads(decoded, cells)


def each_in_threads(function: Callable[[T], R], cells: Sequence[T]) -> list[R]:
    """What a function makes of each, in order: NumPy, SciPy and Pillow let go of the interpreter while they work."""
    from auditkit.files import workers

    with ThreadPoolExecutor(max_workers=workers(), thread_name_prefix="auditkit-pictures") as pool:
        return list(pool.map(function, cells))
