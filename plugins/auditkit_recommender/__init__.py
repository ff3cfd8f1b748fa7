"""The adapter for recommenders: factors, a matrix of scores, or a torch module, that rank items for each user.

`adapter` reads the spec, `folder` finds which file is the model, `arrays` reads its numbers, and `ids` says which user
or item each row and column is. What scores items: `scoring` by factors or a matrix, `module` by code of the user's,
`histories` by what somebody had. `model` asks it, leaves out what was `seen` before, and takes the best by `ranking`.
`recognise` is what `auditkit init` is told of such folders.
"""

from auditkit import hookimpl
from auditkit_recommender.adapter import open_recommender

AUDITKIT_NEEDS = ("gpu",)


@hookimpl
def auditkit_register_adapters() -> list[object]:
    """Offer the adapter `recommender`."""
    return [open_recommender]
