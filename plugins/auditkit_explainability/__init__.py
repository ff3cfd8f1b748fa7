"""Explainability: what the model's answers rest on, whether attributions deserve belief, and whether it is who one is.

A check a module. To what an answer is attributed: `attributions`, of rows that `explained` draws for all checks alike.
Whether to believe it: `faithfulness`, `stability`, `randomisation`, `agreement`, by the tests in `judged`. What the
model does as a whole: `drivers`, `effects`, `surrogate`, from `global_view`; and `histories`, of recommenders. Whether
it is who one is: `reliance`, and `shortcuts`, from `relying`. How little would have to be different: `recourse`, from
`changing`. Rows as `examples`, from `showing`.

What a row is made of, for every kind of input, is in `pieces`; the methods that attribute an answer to pieces are in
`attributing`; the cases whose answer is known are in `planted`, the metric cards in `cards`.
"""

from auditkit import hookimpl
from auditkit_explainability.agreement import methods_agreement
from auditkit_explainability.attributions import attributed_answers
from auditkit_explainability.drivers import drivers
from auditkit_explainability.effects import effects
from auditkit_explainability.examples import examples
from auditkit_explainability.faithfulness import faithfulness
from auditkit_explainability.histories import histories
from auditkit_explainability.randomisation import randomisation
from auditkit_explainability.recourse import recourse
from auditkit_explainability.reliance import reliance
from auditkit_explainability.shortcuts import shortcuts
from auditkit_explainability.stability import stability
from auditkit_explainability.surrogate import surrogate

AUDITKIT_NEEDS = ()


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
