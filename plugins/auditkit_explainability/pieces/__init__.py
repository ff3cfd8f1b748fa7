"""What a row is made of: the words of a text, the regions of a picture, the columns of a table.

Answers are attributed to pieces, and pieces are what is taken out to see whether that was right: the same ones for
every method, with gradients or without, so that methods compare. `kinds` says what all kinds share and finds a case's;
`words`, `regions` and `columns` are one each, `blanks` words whose places stay; `placing` finds where each number of a
prepared picture comes from.
"""

from __future__ import annotations

from auditkit_explainability.pieces.kinds import MOST_PIECES, Pieces, pieces_of

__all__ = ["MOST_PIECES", "Pieces", "pieces_of"]
