"""The metric cards of recommendations that rest on what somebody had."""

from __future__ import annotations

from auditkit import MetricCard

_FORGET = (
    "leave-one-out over what somebody had: Tran et al. (2021), Counterfactual explanations for neural recommenders, "
)

DECIDED = MetricCard(
    name="history_decided_by_one_rate",
    title="Lists that one single item of the past decides",
    asks="Of how many people would half of what is recommended be another thing, had they not had one single item?",
    formula="users of whom forgetting one of the items that they had changes at least half of their list / users; what "
    "they had is not recommended again all the same",
    source=f"{_FORGET}SIGIR, section 3; interval: Wilson (1927)",
    better="lower",
    undefined="When no user had two items or more that the model knows.",
    misleads="Of people who had two or three items, one is much of what is known of them. A recommender on which "
    "nothing that anybody had has an influence has 0, and recommends everybody the same.",
)
DECIDED_GAP = MetricCard(
    name="history_decided_by_one_difference",
    title="Difference between groups in lists that one item decides",
    asks="Do the recommendations of one group hang more on single things that they had?",
    formula="largest group's rate - smallest group's rate, of groups that are large enough",
    source="a difference of rates; interval: the groups' limits combined for each pair, Zou and Donner (2008), at "
    "Bonferroni's level over all pairs",
    better="lower",
    undefined="When fewer than two groups are large enough.",
    misleads="People of one group may simply have had fewer items.",
)
CHANGE = MetricCard(
    name="history_list_change",
    title="How much of a list hangs on one item of the past",
    asks="How much of what is recommended changes when one thing that somebody had is forgotten?",
    formula="mean over users of the mean over the items that they had of the share of their list that is another one "
    "without it",
    source=f"{_FORGET}SIGIR, section 3; interval: Wilson's at the effective size of the users' means",
    better="lower",
    undefined="When no user had two items or more that the model knows.",
    misleads="Small is not good in itself: a list that nothing changes is not made for anybody.",
)
DOMINANT = MetricCard(
    name="history_item_excess",
    title="The item that decides more than what else people had",
    asks="Is there one item that decides what everybody is recommended who had it?",
    formula="mean over users who had the item of (share of the list that changes without it - mean of that share over "
    "what else they had); the item is chosen on one half of the users, and the mean is of the other half",
    source=f"{_FORGET}SIGIR, section 3, over items; interval: Wilson's limits of what is more and of what is less, "
    "combined (Zou and Donner 2008)",
    better="lower",
    undefined="When no item was had by ten users of either half, who had another one too.",
    misleads="An item that few had tells more of a person, and of these none is tried. What is found may be fair.",
)
HISTORY_CARDS = (DECIDED, DECIDED_GAP, CHANGE, DOMINANT)
