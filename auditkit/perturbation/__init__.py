"""Rows that are changed, the model asked about them again, and what came of it: for checks that intervene.

`sampling` chooses the rows that are asked about, by what they hold; `cells` reads and changes what is in them, `texts`
says whether that are running texts, `pictures` makes pixels of files. `terms.toml` holds the words by which texts say
who somebody is; `lexicon` reads it, and files of the user's, and finds them in a text; `editing` swaps, masks and
removes them, and does the same to other words of the same text. `asking` has the model answer the changed rows
and keeps a number a row, since a replay has neither inputs nor a model; `answers` compares two answers to a row.
`means` puts intervals to numbers a row, `groups` holds groups against each other.
"""

from __future__ import annotations

from auditkit.perturbation.answers import DECIDING, Answers, decided, flipped, moved, right
from auditkit.perturbation.asking import UNTOUCHED, Asked, Changed, Changer, ask_about, spread_of
from auditkit.perturbation.cells import column_of, marks, names_of, taken, with_column
from auditkit.perturbation.groups import Question
from auditkit.perturbation.means import Found, Rows
from auditkit.perturbation.pictures import each_in_threads, is_picture, picture_column, pixels_of
from auditkit.perturbation.sampling import refuse_none, refuse_recorded, sampled
from auditkit.perturbation.texts import are_texts, refuse_no_texts, text_column

__all__ = [
    "DECIDING",
    "UNTOUCHED",
    "Answers",
    "Asked",
    "Changed",
    "Changer",
    "Found",
    "Question",
    "Rows",
    "are_texts",
    "ask_about",
    "column_of",
    "decided",
    "each_in_threads",
    "flipped",
    "is_picture",
    "marks",
    "moved",
    "names_of",
    "picture_column",
    "pixels_of",
    "refuse_no_texts",
    "refuse_none",
    "refuse_recorded",
    "right",
    "sampled",
    "spread_of",
    "taken",
    "text_column",
    "with_column",
]
