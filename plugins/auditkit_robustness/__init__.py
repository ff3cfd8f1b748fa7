"""Robustness: what small changes of the input do to the answers, and whether they hurt one group more.

A check a module: `texts`, `images`, `tables`; `behaviour`, which asks templates of the user's (`behaving`), `negation`
and `consistency`. What is done to a text lies in `noise`, and to a picture in `corrupting`;
asking, comparing and telling in `measured`; the cases whose answer is known in `planted`, `planted_pictures` and
`planted_tables`, the metric cards in `cards`.
"""

from auditkit import hookimpl
from auditkit_robustness.adversarial import adversarial
from auditkit_robustness.behaviour import behaviour
from auditkit_robustness.consistency import consistency
from auditkit_robustness.images import images
from auditkit_robustness.negation import negation
from auditkit_robustness.tables import tables
from auditkit_robustness.texts import texts


@hookimpl
def auditkit_register_checks() -> list[object]:
    """Offer the checks of robustness."""
    return [texts, images, tables, behaviour, negation, consistency, adversarial]
