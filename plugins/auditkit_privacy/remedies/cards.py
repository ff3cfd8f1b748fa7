"""The metric cards of the checks that try what would help."""

from __future__ import annotations

from auditkit import MetricCard
from auditkit_privacy.cards import MEMBERSHIP_CARDS
from auditkit_privacy.reach.rates import tpr_name
from auditkit_privacy.remedies.telling import CHANGE, LOSS, LOSS_CHANGE, OFF, RIGHT, RIGHT_CHANGE

_ATTACKS = {"membership_auc", tpr_name(0.1), tpr_name(0.01)}
_OTHERS = (
    "Measured on audit rows of people whom the model was not trained on, at most 5,000 of them drawn at random, "
    "each counting the same: another number than that of all audit rows, or of weighted ones."
)

CARDS = (
    *(card for card in MEMBERSHIP_CARDS if card.name in _ATTACKS),
    MetricCard(
        name=CHANGE,
        title="Change of the membership attack's area",
        asks="How much less would an attacker find?",
        formula="membership_auc after the change less membership_auc before it; the strongest attack on either is "
        "chosen on one half of the people, and both are judged on the other, the median over ten halvings",
        source="DeLong, DeLong & Clarke-Pearson (1988) for the paired interval, Bonferroni over all that is tried; "
        "Meinshausen, Meier & Buhlmann (2009) for the median over halvings",
        better="lower",
        undefined="As membership_auc.",
        misleads="It is of attacks that read the answers. Somebody who may ask a question many times, each time a "
        "little different, learns more from a bare class than one answer tells.",
    ),
    MetricCard(
        name=RIGHT,
        title="Share right after the change",
        asks="How often would the model still be right?",
        formula="rows whose decided class is the true one ÷ rows",
        source="interval: Wilson's; over units, Student's",
        better="higher",
        undefined="Never: there is at least one row.",
        misleads=_OTHERS,
    ),
    MetricCard(
        name=RIGHT_CHANGE,
        title="Change of the share right",
        asks="How much less often would the model be right?",
        formula="remedied_accuracy after the change less before it, of the same rows",
        source="interval: Newcombe (1998), method 10, paired; over units, Student's of the differences",
        better="higher",
        undefined="Never: there is at least one row.",
        misleads=_OTHERS,
    ),
    MetricCard(
        name=LOSS,
        title="Log loss after the change",
        asks="How much would the probabilities still be worth?",
        formula="the mean of -ln p of the true class, each row made to sum to 1; a p below 1e-15, or below half of the "
        "last digit that is handed out, counts as that",
        source="interval: Student's",
        better="lower",
        undefined="Where no probabilities are handed out.",
        misleads=_OTHERS + " A temperature above 1 lowers the loss of a model that is too sure: it costs less than "
        "nothing, and calibrating the model would do the same.",
    ),
    MetricCard(
        name=LOSS_CHANGE,
        title="Change of the log loss",
        asks="How much less would the probabilities be worth?",
        formula="remedied_log_loss after the change less before it, of the same rows",
        source="interval: Student's of the differences",
        better="lower",
        undefined="Where no probabilities are handed out.",
        misleads=_OTHERS,
    ),
    MetricCard(
        name=OFF,
        title="Calibration error after the change",
        asks="Would the probabilities still mean what they say?",
        formula="over 15 bins of equal width of the probability of the decided class, the sum of |mean outcome - mean "
        "probability|, each bin as heavy as its rows",
        source="Naeini, Cooper & Hauskrecht (2015), AAAI; bounds: a multiplier bootstrap of the noise",
        better="lower",
        undefined="Where no probabilities are handed out.",
        misleads=_OTHERS + " Few distinct numbers fall into few bins, in which errors cancel.",
    ),
)
