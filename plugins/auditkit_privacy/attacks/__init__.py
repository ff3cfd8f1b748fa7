"""The attacks, from the weakest attacker to the strongest: one idea a module, and one list of all."""

from auditkit_privacy.attacks.attack import Attack, Target, by_signal
from auditkit_privacy.attacks.shadowing import SHADOWING

_CARLINI = "Carlini et al. (2022), IEEE S&P"

ATTACKS: tuple[Attack, ...] = (
    by_signal("scaled logit", _CARLINI),
    by_signal("loss", "Yeom et al. (2018), CSF"),
    by_signal("modified entropy", "Song and Mittal (2021), USENIX Security"),
    by_signal("hinge", _CARLINI),
    by_signal("correctness", "Yeom et al. (2018), CSF: the gap attack"),
    by_signal("worst label", "the loss of the label that fits worst"),
    by_signal("likelihood", "Yeom et al. (2018), CSF, of a density"),
    *SHADOWING,
)

__all__ = ["ATTACKS", "Attack", "Target", "by_signal"]
