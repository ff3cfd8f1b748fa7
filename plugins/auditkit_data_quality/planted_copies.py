"""The cases whose answer is known: rows that are copied, seen in training, tell the target, or have it wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, every, near, not_above, toy_case, with_splits

Factory = Callable[[np.random.Generator], Case[Any]]

ROWS = 100
_WORDS = ("fever", "cough", "rash", "pale", "tender", "asleep", "dizzy", "weak", "thirsty", "calm", "hoarse", "stiff",
          "swollen", "numb", "itchy", "flushed", "drowsy", "restless", "sore", "cold")  # fmt: skip


def _case(inputs: Any, targets: Any = None, **about: Any) -> Case[ClassScores]:
    rows = len(inputs)
    targets = [("no", "yes")[row % 2] for row in range(rows)] if targets is None else targets
    said = ClassScores(("no", "yes"), np.full((rows, 2), 0.5))
    return toy_case(said, targets, positive="yes", inputs=inputs, **about)


def _table(seed: int, rows: int = ROWS) -> Any:
    import pandas as pd

    rng = np.random.default_rng([20_261_123, seed])
    ward = [("north", "south", "west")[row % 3] for row in range(rows)]
    numbers = {name: rng.normal(100.0, 15.0, rows) for name in ("age", "pressure", "pulse")}
    return pd.DataFrame(numbers | {"ward": pd.Series(ward, dtype=object)})


def _notes(seed: int, rows: int = ROWS) -> list[str]:
    rng = np.random.default_rng([20_261_124, seed])
    words = [rng.permutation(_WORDS)[:6] for _ in range(rows)]
    return [" ".join(f"{word} {number}" for word, number in zip(one, rng.integers(36, 180, 6), strict=True))
            for one in words]  # fmt: skip


def copied(*, times: int) -> Factory:
    """Notes of which ten stand there twice, exactly, and ten once more with one word changed; or none."""
    return partial(_copied, times=times)


def _copied(_: np.random.Generator, *, times: int) -> Case[Any]:
    import pandas as pd

    notes = _notes(0)
    for row in range(10 * times):
        notes[50 + row] = notes[row] if row < 10 else notes[row].rpartition(" ")[0] + " today"  # noqa: PLR2004
    return _case(pd.Series(notes, dtype=object), ["no"] * 50 + ["yes"] * 50)


COPY_CONTROLS = (
    planted(
        "ten notes that stand there twice under two targets, and ten with one word changed",
        copied(times=2),
        every(near("duplicate_rate", 0.2), near("near_duplicate_rate", 0.4), near("contradiction_rate", 0.2),
              near("independent_row_share", 0.8)),
        tolerance=0.01,
    ),
    clean(
        "notes of the same words, each of its own",
        copied(times=0),
        every(not_above("duplicate_rate", 0.0), not_above("near_duplicate_rate", 0.0),
              near("independent_row_share", 1.0)),
        tolerance=0.01,
    ).not_redrawn("a row that is drawn twice is a copy"),
)  # fmt: skip


def seen(*, rows: int, people: int) -> Factory:
    """Audit rows of which so many are training rows, half of them with another rounding, and so many people are."""
    return partial(_seen, rows=rows, people=people)


def _seen(_: np.random.Generator, *, rows: int, people: int) -> Case[Any]:
    outside, inside = _table(1), _table(2)
    outside.iloc[:rows] = inside.iloc[:rows]
    outside.loc[: rows // 2 - 1, "age"] += 0.05
    names = [f"p{row}" for row in range(2 * ROWS)]
    audit = _case(outside, units=names[ROWS - people : 2 * ROWS - people])
    return with_splits(audit, training=_case(inside, units=names[:ROWS]))


LEAKAGE_CONTROLS = (
    planted(
        "twenty training rows among the audit rows, half of them rounded otherwise, and twelve people in both",
        seen(rows=20, people=12),
        every(near("exact_leakage_rate", 0.1), near("near_leakage_rate", 0.2), near("unit_leakage_rate", 0.12)),
        tolerance=0.01,
        site="",
    ),
    clean(
        "other rows of other people",
        seen(rows=0, people=0),
        every(not_above("exact_leakage_rate", 0.0), not_above("near_leakage_rate", 0.0),
              not_above("unit_leakage_rate", 0.0), near("accuracy_from_leakage", 0.0)),
        tolerance=0.01,
        site="",
    ),
)  # fmt: skip


def telling(*, tells: bool) -> Factory:
    """A table with the ward that people were moved to afterwards, by the target or by anything else."""
    return partial(_telling, tells=tells)


def _telling(_: np.random.Generator, *, tells: bool) -> Case[Any]:
    import pandas as pd

    table = _table(3)
    moved = [("home", "morgue", "home", "chapel")[row % 4] if tells else ("home", "morgue")[row // 2 % 2]
             for row in range(ROWS)]  # fmt: skip
    return _case(table.assign(moved_to=pd.Series(moved, dtype=object)))


TARGET_CONTROLS = (
    planted(
        "a column of wards that only one outcome leads to",
        telling(tells=True),
        every(
            near("largest_single_column_auc", 1.0), above("single_column_auc", 0.9, conditions={"column": "moved_to"})
        ),
    ),
    clean(
        "the same column, by anything but the outcome",
        telling(tells=False),
        every(not_above("largest_single_column_auc", 0.8)),
    ),
)


def mislabelled(share: float) -> Factory:
    """Two classes that probabilities of .1 and .9 tell apart as well as they say, and so many targets turned round."""
    return partial(_mislabelled, share=share)


def _mislabelled(_: np.random.Generator, *, share: float) -> Case[Any]:
    rows = 400
    is_yes = np.arange(rows) % 2 == 0
    # One row in ten is of the class that the model finds unlikely: as often as it says.
    says_yes = is_yes ^ (np.arange(rows) // 2 % 10 == 0)
    yes = np.where(says_yes, 0.9, 0.1)
    wrong = (np.arange(rows) // 20 % 10) < round(10 * share)
    targets = np.where(is_yes ^ wrong, "yes", "no").tolist()
    return toy_case(ClassScores(("no", "yes"), np.column_stack([1 - yes, yes])), targets, positive="yes")


NOISE_CONTROLS = (
    planted(
        "three in ten targets turned round",
        mislabelled(0.3),
        every(near("likely_wrong_label_rate", 0.34), above("excess_wrong_label_rate", 0.1)),
    ),
    clean(
        "targets that come true as often as the model says",
        mislabelled(0.0),
        every(near("likely_wrong_label_rate", 0.1), not_above("excess_wrong_label_rate", 0.0)),
    ),
)
