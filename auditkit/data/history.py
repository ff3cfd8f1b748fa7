"""What a recommender is told of the data: who had what before, who is asked about, and which names the data use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from auditkit.predictions import Rankings

if TYPE_CHECKING:
    from auditkit.dataset import Split

Integers = npt.NDArray[np.integer]


@dataclass(frozen=True)
class History:
    """The training table of interactions, and the names in the audit table. An adapter asks for it as `history`."""

    has_training: bool
    """Whether there is a training table; without one nothing is known of what users had."""
    users: tuple[str, ...]
    """The users of the training table."""
    items: tuple[str, ...]
    """The items of the training table."""
    starts: Integers
    """[users + 1]: user i had the items `codes[starts[i]:starts[i + 1]]`."""
    codes: Integers
    """[interactions], places in `items`."""
    asked: tuple[str, ...]
    """The users of the audit table, in its order: whom the model will be asked about."""
    wanted: tuple[str, ...]
    """The items of the audit table. Names alone: which user went for which is what the model must foretell."""
    wanted_rows: Integers
    """[wanted]: how many rows of the audit table are with each."""
    digest: str = ""

    @property
    def counts(self) -> Integers:
        """[items]: how many training interactions each item has."""
        return np.bincount(self.codes, minlength=len(self.items))


def history_of(audit: Split, training: Split | None) -> History:
    """What the two splits of interactions tell a recommender."""
    starts, codes, items = _lists(training)
    _, wanted_codes, wanted = _lists(audit)
    return History(
        has_training=training is not None,
        users=_users(training),
        items=items,
        starts=starts,
        codes=codes,
        asked=_users(audit),
        wanted=wanted,
        wanted_rows=np.bincount(wanted_codes, minlength=len(wanted)),
        digest=":".join(split.rows_digest for split in (audit, training) if split is not None),
    )


def _users(split: Split | None) -> tuple[str, ...]:
    return split.truth.users if split is not None and isinstance(split.truth, Rankings) else ()


def _lists(split: Split | None) -> tuple[Integers, Integers, tuple[str, ...]]:
    """Where each user's items start, the items' codes in that order, and their names."""
    import pandas as pd

    if split is None or not isinstance(split.truth, Rankings):
        return np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64), ()
    codes, names = pd.factorize(split.truth.items.ravel())  # None is -1
    table = codes.reshape(split.truth.items.shape)
    starts = np.concatenate([[0], np.cumsum(np.count_nonzero(table >= 0, axis=1))])
    return starts.astype(np.int64), table[table >= 0].astype(np.int64), tuple(names)
