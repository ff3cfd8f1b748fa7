"""The attacks, from the weakest attacker to the strongest: one idea a module, and one list of all.

`attack` is what an attack is told, what it says, and how it is listed. What a model says of one row is in `scores`, and
of a text in `writing`; `signals` and `text_signals` make that of a case's rows.

With no other model: the signals themselves, and `quantile`, which holds a score against those of people with such
inputs. With one reference model: `referring`, by `rmia`. With many shadow models: `shadowing`, by `rmia`, `lira` and
`bavaria`; `shadows` trains them, as many as `budget` allows.
"""

from auditkit import Text
from auditkit_privacy.attacks.attack import Attack, Target, by_signal
from auditkit_privacy.attacks.quantile import FIT, quantile_attack
from auditkit_privacy.attacks.referring import REFERRING
from auditkit_privacy.attacks.shadowing import SHADOWING

_CARLINI = "Carlini et al. (2022), IEEE S&P"

ATTACKS: tuple[Attack, ...] = (
    by_signal("scaled logit", _CARLINI),
    by_signal("loss", "Yeom et al. (2018), CSF"),
    by_signal("modified entropy", "Song and Mittal (2021), USENIX Security"),
    by_signal("hinge", _CARLINI),
    by_signal("correctness", "Yeom et al. (2018), CSF: the gap attack"),
    Attack(
        "quantile",
        "P1",
        Text.of("the inputs of the audit rows, to learn what people with such inputs reach"),
        "Bertran et al. (2023), NeurIPS",
        quantile_attack,
        fit=FIT,
    ),
    by_signal("worst label", "the loss of the label that fits worst"),
    by_signal("zlib ratio", "Carlini et al. (2021), USENIX Security"),
    by_signal("min-k", "Shi et al. (2024), ICLR"),
    by_signal("min-k++", "Zhang et al. (2025), ICLR"),
    by_signal("likelihood", "Yeom et al. (2018), CSF, of a density"),
    *REFERRING,
    *SHADOWING,
)

__all__ = ["ATTACKS", "Attack", "Target", "by_signal"]
