"""Whether a model, or the data it is audited with, gives people away.

A check a module. Of a model: `membership`, `attribute_inference`, `memorisation`, `embeddings`, `recommendations`, and
`canaries`, which bounds epsilon. Of the data and what is handed out: `anonymity`, `personal_data`, `output_disclosure`.
What would help against attacks on membership: `what_would_help`.

An attack on membership goes through these rooms: `people` are its two sides, `attacks` give every row a score, `reach`
tries all of them and chooses the strongest, `validity` says whether that may be believed, and `remedies` tries what
would help. Other checks have rooms of their own: `inference` for attributes, `memory` for texts learnt by heart,
`vectors` for embeddings, `crowds` for anonymity, and `personal` for personal data, with its patterns in `recognisers`.

Metric cards and cases whose answer is known lie in these rooms, or here in modules that begin with `cards` and
`planted`.
"""

from auditkit import hookimpl
from auditkit_privacy.anonymity import anonymity
from auditkit_privacy.attribute_inference import attribute_inference
from auditkit_privacy.canaries import canaries
from auditkit_privacy.embeddings import embeddings
from auditkit_privacy.membership import membership
from auditkit_privacy.memorisation import memorisation
from auditkit_privacy.output_disclosure import output_disclosure
from auditkit_privacy.personal_data import personal_data
from auditkit_privacy.recognisers import RECOGNISERS, in_print
from auditkit_privacy.recommendations import recommendations
from auditkit_privacy.what_would_help import remedies

AUDITKIT_NEEDS = ()


@hookimpl
def auditkit_register_checks() -> list[object]:
    """Offer the checks of the area `privacy`."""
    return [
        membership,
        attribute_inference,
        recommendations,
        canaries,
        embeddings,
        memorisation,
        personal_data,
        anonymity,
        output_disclosure,
        remedies,
    ]


@hookimpl
def auditkit_register_recognisers() -> list[object]:
    """Offer what finds personal data in texts; where two claim the same signs, the earlier one has them."""
    return [*RECOGNISERS, *in_print.RECOGNISERS]
