"""What a model that writes says of each row's text: the numbers that attacks on it use."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable, Texts
from auditkit_privacy.attacks.writing import lowest_logs, lowest_standardised, mean_log, zlib_ratio

Floats = npt.NDArray[np.floating]

LOSS, ZLIB, LOWEST, STANDARDISED = "loss", "zlib ratio", "min-k", "min-k++"
TEXT_SIGNALS = (LOSS, ZLIB, LOWEST, STANDARDISED)


def text_signals_of(case: Case[Texts]) -> dict[str, Floats]:
    """Name -> [n], each the higher the more like a member; kept, so that a replay needs neither model nor texts.

    Raises:
        NotApplicable: the model tells no likelihood of given texts, or rows are no texts.
    """
    return {name: case.compute(text_signal, signal=name) for name in TEXT_SIGNALS}


def text_signal(case: Case[Texts], *, signal: str) -> Floats:
    """[n]: one signal, of the answer that the data name as the target, after the row's text; else of that text."""
    texts, before = _given(case)
    said = case.likelihoods(texts, before)
    if signal == ZLIB:
        return zlib_ratio(said, texts)
    return {LOSS: mean_log, LOWEST: lowest_logs, STANDARDISED: lowest_standardised}[signal](said)


def _given(case: Case[Any]) -> tuple[list[str], list[str] | None]:
    inputs = case.inputs
    if getattr(inputs, "ndim", 1) != 1:
        raise NotApplicable("rows are texts in several columns, and nobody says which the model was taught")
    texts = ["" if one is None or one != one else str(one) for one in inputs]  # noqa: PLR0124  NaN is not itself
    if not case.has_truth:
        return texts, None
    return list(case.truth.texts), [f"{text}\n" for text in texts]
