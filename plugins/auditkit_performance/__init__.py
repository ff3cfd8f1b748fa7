"""How good a model is overall: classes, numbers, rankings, entities, texts.

A check a module: `overall` for classes, with `probabilities` and the `roc` curve; `error` for numbers, `ranking`,
`entities`, and `texts`. `readings` is what the checks of one number a row share. The metric cards are in modules that
begin with `cards`.
"""

from auditkit import hookimpl
from auditkit_performance.entities import entities
from auditkit_performance.error import error
from auditkit_performance.overall import overall
from auditkit_performance.ranking import ranking
from auditkit_performance.texts import texts

AUDITKIT_NEEDS = ()


@hookimpl
def auditkit_register_checks() -> list[object]:
    """Offer a check for each kind of prediction."""
    return [overall, error, ranking, entities, texts]
