"""A model that writes one answer, whose chance hangs on one word of the prompt, whatever single words seem to do."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit import Case, Sampling, Texts
from auditkit.testing import toy_case, with_model

Hangs = Literal["openly", "turned", "wild"]

DRUG, DOSE = "warfarin", "tablets"
ANSWER = "Please ask your doctor first."
NEITHER, BY_DRUG, BY_DOSE = -6.0, 3.0, 1.0
"""ln of the answer's chance without either word, and what each adds to it."""
TURNED, WILD = 1.0, 0.01
"""By how much it rises without the drug alone, and by at most how much it falls without any one word."""
_WORDS = ("can", "I", "take", "with", "my", "other", "pills", "today", "or", "not")
_ROWS = 40


@dataclass(frozen=True)
class Writer:
    """Writes the same answer to all prompts, which are of as many words.

    Openly, the answer is the likelier for either word. Turned, it is the likelier without the drug as long as no other
    word is missing, and far less likely as soon as one is: what single words seem to do is the other way round. Wild,
    what single words seem to do is drawn by lot.
    """

    hangs: Hangs = "openly"
    words: int = len(_WORDS) + 3

    def predict(self, inputs: Any) -> Texts:
        """The answer."""
        return Texts(tuple((ANSWER,) for _ in inputs))

    def log_chances(self, inputs: Any, texts: Sequence[str], _sampling: Sampling) -> npt.NDArray[np.floating]:
        """[n]: of the answer, after each prompt; no other text is asked about."""
        return np.array([self._log_of(str(prompt)) for prompt, _ in zip(inputs, texts, strict=True)])

    def _log_of(self, prompt: str) -> float:
        held = prompt.split()
        whole = NEITHER + BY_DRUG + BY_DOSE
        by_words = NEITHER + BY_DRUG * (DRUG in held) + BY_DOSE * (DOSE in held)
        if self.hangs == "openly" or len(held) < self.words - 1:
            return by_words
        if self.hangs == "turned":
            return whole + TURNED * (DRUG not in held)
        # A checksum is as good as a lot, and the same wherever it is drawn.
        return whole - WILD * (zlib.crc32(prompt.encode()) % 1000) / 1000 * (len(held) < self.words)


def of_prompts(hangs: Hangs, rows: int = _ROWS) -> Any:
    """Prompts that each name the drug, and the model."""
    return partial(_prompts, hangs=hangs, rows=rows)


def _prompts(rng: np.random.Generator, *, hangs: Hangs, rows: int) -> Case[Any]:
    import pandas as pd

    given, model = pd.Series(prompts(rng, rows), dtype=object), Writer(hangs)
    return with_model(toy_case(model.predict(given), inputs=given, min_group_size=10), model)


def prompts(rng: np.random.Generator, rows: int) -> list[str]:
    """The same words in any order, of which one is the row's number."""
    return [" ".join(rng.permutation([*_WORDS, DRUG, DOSE, str(row)]).tolist()) for row in range(rows)]
