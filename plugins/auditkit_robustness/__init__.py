"""Robustness: what small changes of the input do to the answers, and whether they hurt one group more.

A check a module: `texts`, `images`, `tables`, `adversarial`, `out_of_distribution`, `behaviour`, which asks templates
of the user's (see `behaving`), `negation` and `consistency`. What is done to a text lies in `noise`, to a picture in
`corrupting`, or in `attacking` where somebody looks for the worst; how strange rows are in `familiarity`; what
came of it is told by `measured`; the cases whose answer is known in modules that begin with `planted`, the metric
cards in those that begin with `cards`.
"""

from auditkit import hookimpl
from auditkit_robustness.adversarial import adversarial
from auditkit_robustness.behaviour import behaviour
from auditkit_robustness.consistency import consistency
from auditkit_robustness.images import images
from auditkit_robustness.negation import negation
from auditkit_robustness.out_of_distribution import out_of_distribution
from auditkit_robustness.tables import tables
from auditkit_robustness.texts import texts

AUDITKIT_NEEDS = ()


@hookimpl
def auditkit_register_checks() -> list[object]:
    """Offer the checks of robustness."""
    return [texts, images, tables, behaviour, negation, consistency, adversarial, out_of_distribution]
