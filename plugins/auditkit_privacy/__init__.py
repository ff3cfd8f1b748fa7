"""Whether a model, or the data it is audited with, gives people away."""

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
