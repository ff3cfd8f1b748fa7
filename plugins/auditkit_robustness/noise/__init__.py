"""What happens to texts on their way to a model, each change by its name; all but one leave its meaning alone.

`mistyped` is what fingers do, `looks` what keyboards, fonts and copying do, `words` what people who are in a hurry do.
None of these is meant to change the meaning. `negating` is: it denies what a note affirms.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from auditkit_robustness.noise.looks import (
    full_width,
    invisible,
    look_alikes,
    lower_case,
    no_punctuation,
    similar_characters,
    upper_case,
    white_space,
)
from auditkit_robustness.noise.mistyped import doubled, dropped, neighbours, swapped
from auditkit_robustness.noise.words import abbreviated, contracted

Change = Callable[[str, float, np.random.Generator], str]
"""A text, the share of its characters to change, and random numbers -> the text, or the same where nothing applies."""

SHARES: dict[str, Change] = {
    "neighbouring keys": neighbours,
    "swapped letters": swapped,
    "dropped letters": dropped,
    "doubled letters": doubled,
}
"""Changes of a share of the characters, each tried at several."""

WHOLE: dict[str, Change] = {
    "upper case": upper_case,
    "lower case": lower_case,
    "no punctuation": no_punctuation,
    "white space": white_space,
    "look-alike letters": look_alikes,
    "invisible characters": invisible,
    "full-width digits": full_width,
    "similar Chinese characters": similar_characters,
    "abbreviations": abbreviated,
    "contractions": contracted,
}
"""Changes of a whole text, or of `IN_TWENTY` of its characters."""

IN_TWENTY = 0.05
