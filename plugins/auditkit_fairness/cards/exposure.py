"""The metric cards of the attention that items get, at a depth of 10; the host puts the audit's own in its place."""

from auditkit import MetricCard

_WEIGHT = "attention to rank r is 1 / log2(1 + r), down to rank 10"
_USERS = "interval: delta method, over users or units"
_PAIRS = f"{_USERS}, at Bonferroni's level for all pairs of groups"
_LISTS = "It is about lists as they were made once: a service that varies its lists shows more in the long run."
_CHOICES = "What users went for is itself the fruit of what they were shown."
_TWO = "When fewer than two groups of items are shown, or were gone for by the policy's smallest group of users."
_NO_ITEMS = "When nothing is recommended."

CARDS = (
    MetricCard(
        name="exposure_share_at_10",
        title="Share of attention of a group of items, at 10",
        asks="How much of users' attention do the lists give to a group of items?",
        formula=f"attention to items of the group / attention to all items with a group; {_WEIGHT}",
        source=f"Singh and Joachims (2018), KDD, 2219-2228; {_USERS}",
        better="target",
        undefined=_NO_ITEMS,
        misleads=f"{_LISTS} A large share can be right for a group of many items, or of good ones.",
    ),
    MetricCard(
        name="wanted_share",
        title="Share of a group of items in what users went for",
        asks="How much of what users went for is of a group of items?",
        formula="relevant items of the group / relevant items with a group, over all users",
        source=_USERS,
        better="target",
        undefined="When fewer users than the policy's smallest group went for an item of the group.",
        misleads=_CHOICES,
    ),
    MetricCard(
        name="exposure_per_item_at_10_ratio",
        title="Ratio of attention by item between groups of items, at 10",
        asks="How much less attention has an item of the group that is shown least than one of the group shown most?",
        formula=f"smallest attention by item of the catalogue over the groups of items, by the largest; {_WEIGHT}",
        source=f"Singh and Joachims (2018), KDD, 2219-2228, demographic parity of exposure; {_PAIRS}",
        better="higher",
        undefined="When fewer than two groups of items are shown.",
        misleads=f"{_LISTS} Items that suit few users are rightly shown less: read the ratio by merit beside it.",
    ),
    MetricCard(
        name="exposure_per_merit_at_10_ratio",
        title="Ratio of attention by merit between groups of items, at 10",
        asks="How much less attention has a group of items than its share in what users go for would earn?",
        formula=f"smallest attention by relevant item over the groups of items, by the largest; {_WEIGHT}",
        source=f"Singh and Joachims (2018), KDD, 2219-2228, disparate treatment ratio; {_PAIRS}",
        better="higher",
        undefined=_TWO,
        misleads=f"{_LISTS} {_CHOICES}",
    ),
    MetricCard(
        name="attention_fairness_at_10",
        title="Attention-weighted fairness of rankings, at 10",
        asks="How near is the attention that groups of items get to their shares in what users go for? 1 is the same.",
        formula=f"1 - Jensen-Shannon divergence, in bits, of exposure_share_at_10 from wanted_share; {_WEIGHT}",
        source="Sapiezynski et al. (2019), WWW Companion, 553-562; Raj and Ekstrand (2022), SIGIR, 726-736; interval: "
        "triangle inequality, sampling noise drawn anew",
        better="higher",
        undefined=_TWO,
        misleads=f"{_CHOICES} It is near 1 even where a small group gets no attention at all: read the ratios.",
    ),
    MetricCard(
        name="pairwise_accuracy_at_10",
        title="Pairwise accuracy of a group of items, at 10",
        asks="Where a list holds an item of the group that the user goes for, does it stand above the wrong ones?",
        formula="pairs on one list of a relevant item of the group and an item that is not relevant, in which the "
        "relevant one is above / all such pairs",
        source=f"Beutel et al. (2019), KDD, 2212-2220, within the lists; {_USERS}",
        better="higher",
        undefined="When fewer users than the policy's smallest group have such a pair.",
        misleads="It sees the lists alone: an item of the group that is never shown has no part in it.",
    ),
    MetricCard(
        name="pairwise_accuracy_at_10_difference",
        title="Gap in pairwise accuracy between groups of items, at 10",
        asks="How far apart are groups of items in whether the right ones stand above the wrong ones?",
        formula="largest pairwise accuracy at 10 of a group of items, less the smallest",
        source=f"Beutel et al. (2019), KDD, 2212-2220, within the lists; {_PAIRS}",
        better="lower",
        undefined=_TWO,
        misleads="It sees the lists alone: an item of the group that is never shown has no part in it.",
    ),
    MetricCard(
        name="catalogue_coverage_at_10",
        title="Part of the catalogue that is recommended, at 10",
        asks="How many of the items there are does anybody see among the first 10?",
        formula="different items on any list, down to rank 10 / items in the table of items",
        source="Ge, Delgado-Battenfeld and Jannach (2010), RecSys, 257-260; counted, without an interval",
        better="target",
        undefined=_NO_ITEMS,
        misleads="It rises with the number of users: compare it with as many. One user in a million is enough.",
    ),
    MetricCard(
        name="exposure_gini_plain_at_10",
        title="Gini coefficient of attention, plain, at 10",
        asks="How unevenly does attention fall on the items? 0 is evenly.",
        formula=f"half the mean difference between two items' attention, by its mean, items never shown too; {_WEIGHT}",
        source="Gini (1912); without the factor n / (n - 1), as RecBole's; interval: delta method, over users or units",
        better="target",
        undefined=_NO_ITEMS,
        misleads="It rises when few users are looked at, who cannot see all items. Good items deserve more attention.",
    ),
    MetricCard(
        name="exposure_gini_corrected_at_10",
        title="Gini coefficient of attention, corrected, at 10",
        asks="How unevenly does attention fall on the items, where 1 is all on one of them?",
        formula="exposure_gini_plain_at_10 times n / (n - 1), of n items",
        source="Glasser (1962), J. Am. Stat. Assoc. 57, 648-654, as holisticai's; interval: delta method, over users "
        "or units",
        better="target",
        undefined=_NO_ITEMS,
        misleads="It rises when few users are looked at, who cannot see all items. Good items deserve more attention.",
    ),
)
