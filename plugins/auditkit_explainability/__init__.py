"""Explainability: what the model's answers rest on, whether attributions deserve belief, and whether it is who one is.

A check a module. What a row is made of, for every kind of input, is in `pieces`; methods that attribute an answer to
pieces are in `attributing`; the cases whose answer is known in modules that begin with `planted`, the metric cards in
those that begin with `cards`.
"""

from auditkit import hookimpl
from auditkit_explainability.agreement import methods_agreement
from auditkit_explainability.attributions import attributed_answers
from auditkit_explainability.examples import examples
from auditkit_explainability.faithfulness import faithfulness
from auditkit_explainability.global_view.drivers import drivers
from auditkit_explainability.global_view.effects import effects
from auditkit_explainability.global_view.surrogate import surrogate
from auditkit_explainability.histories import histories
from auditkit_explainability.randomisation import randomisation
from auditkit_explainability.recourse.recourse import recourse
from auditkit_explainability.reliance import reliance
from auditkit_explainability.shortcuts import shortcuts
from auditkit_explainability.stability import stability


@hookimpl
def auditkit_register_checks() -> list[object]:
    """Offer the checks of explainability."""
    return [
        attributed_answers,
        drivers,
        effects,
        recourse,
        reliance,
        surrogate,
        faithfulness,
        shortcuts,
        histories,
        stability,
        randomisation,
        methods_agreement,
        examples,
    ]
