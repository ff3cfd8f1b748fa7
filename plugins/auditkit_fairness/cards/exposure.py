"""The metric cards of the attention that items get, at a depth of 10; the host puts the audit's own in its place."""

from auditkit import MetricCard

LOGARITHMIC = "attention to rank r, down to rank 10, is 1 / log2(1 + r)"
"""Of every check that has no option for it."""
WEIGHT = f"{LOGARITHMIC}, or, where the option attention_by says so, patience^(r - 1) or 1"
_USERS = "interval: delta method, over users or units"
_PAIRS = f"{_USERS}, at Bonferroni's level for all pairs of groups"
_LISTS = "It is about lists as they were made once: a service that varies its lists shows more in the long run."
_CHOICES = "What users went for is itself the fruit of what they were shown."
_TWO = "When fewer than two groups of items are shown, or were gone for by the policy's smallest group of users."
_NO_ITEMS = "When nothing is recommended."
_PROVIDERS = "and over providers where [data] provider names them, two-way (Cameron, Gelbach and Miller 2011)"
_NOISE = "interval: triangle inequality, sampling noise drawn anew"
_NEW = "that the user had not had in the training interactions"

CARDS = (
    MetricCard(
        name="exposure_share_at_10",
        title="Share of attention of a group of items, at 10",
        asks="How much of users' attention do the lists give to a group of items?",
        formula=f"attention to items of the group / attention to all items with a group; {WEIGHT}",
        source=f"Singh and Joachims (2018), KDD, 2219-2228; {_USERS}, {_PROVIDERS}",
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
        formula=f"smallest attention by item of the catalogue over the groups of items, by the largest; {WEIGHT}",
        source=f"Singh and Joachims (2018), KDD, 2219-2228, demographic parity of exposure; {_PAIRS}, {_PROVIDERS}",
        better="higher",
        undefined="When fewer than two groups of items are shown.",
        misleads=f"{_LISTS} Items that suit few users are rightly shown less: read the ratio by merit beside it.",
    ),
    MetricCard(
        name="exposure_per_merit_at_10_ratio",
        title="Ratio of attention by merit between groups of items, at 10",
        asks="How much less attention has a group of items than its share in what users go for would earn?",
        formula=f"smallest attention by relevant item over the groups of items, by the largest; {WEIGHT}",
        source=f"Singh and Joachims (2018), KDD, 2219-2228, disparate treatment ratio; {_PAIRS}, {_PROVIDERS}",
        better="higher",
        undefined=_TWO,
        misleads=f"{_LISTS} {_CHOICES}",
    ),
    MetricCard(
        name="attention_fairness_at_10",
        title="Attention-weighted fairness of rankings, at 10",
        asks="How near is the attention that groups of items get to their shares in what users go for? 1 is the same.",
        formula=f"1 - Jensen-Shannon divergence, in bits, of exposure_share_at_10 from wanted_share; {WEIGHT}",
        source="Sapiezynski et al. (2019), WWW Companion, 553-562; Raj and Ekstrand (2022), SIGIR, 726-736; interval: "
        "triangle inequality, sampling noise drawn anew",
        better="higher",
        undefined=_TWO,
        misleads=f"{_CHOICES} It is near 1 even where a small group gets no attention at all: read the ratios.",
    ),
    MetricCard(
        name="attention_inequity_at_10",
        title="Inequity of attention between groups of items, at 10",
        asks="How far do shares of attention of groups of items lie from what they earn, all taken together?",
        formula=f"sum over the groups of |exposure_share_at_10 - wanted_share|: 0 to 2; {WEIGHT}",
        source=f"Biega, Gummadi and Weikum (2018), SIGIR, 405-414, amortised over users, both normalised; {_NOISE}",
        better="lower",
        undefined=_TWO,
        misleads=f"{_CHOICES} It does not say which group gets too little: see the shares.",
    ),
    MetricCard(
        name="expected_exposure_loss_at_10",
        title="Expected exposure loss of groups of items, at 10 (EE-L)",
        asks="How far is the attention to groups of items from that of lists on which items of one worth take turns?",
        formula="squared distance of the mean attention to each group from its target, in which the items that a user "
        f"went for share the first ranks and all others {_NEW} those below; {WEIGHT}",
        source="Diaz et al. (2020), CIKM, 275-284; by group and over users: Raj and Ekstrand (2022), SIGIR; "
        f"{_NOISE}, {_PROVIDERS}",
        better="lower",
        undefined="When no user went for an item of the catalogue.",
        misleads=f"{_CHOICES} It is in squares of attention: compare it between lists of one depth.",
    ),
    MetricCard(
        name="expected_exposure_disparity_at_10",
        title="Expected exposure disparity of groups of items, at 10 (EE-D)",
        asks="How much does attention gather on few groups of items?",
        formula=f"sum over the groups of the squared mean attention; {WEIGHT}",
        source=f"Diaz et al. (2020), CIKM, 275-284; {_USERS}, {_PROVIDERS}",
        better="target",
        undefined="When no user went for an item of the catalogue.",
        misleads="A group of many or of good items rightly gets more: read the loss, which holds it against a target.",
    ),
    MetricCard(
        name="expected_exposure_relevance_at_10",
        title="Expected exposure relevance of groups of items, at 10 (EE-R)",
        asks="How much attention goes to those groups of items that should get it?",
        formula=f"sum over the groups of mean attention times the target of expected_exposure_loss_at_10; {WEIGHT}",
        source=f"Diaz et al. (2020), CIKM, 275-284; {_USERS}, {_PROVIDERS}",
        better="higher",
        undefined="When no user went for an item of the catalogue.",
        misleads=f"{_CHOICES} It rises when all attention goes to the group that should get most: read the loss.",
    ),
    MetricCard(
        name="recommendation_probability_at_10",
        title="Chance of an item of a group to be recommended, at 10",
        asks="How likely is an item of the group to be recommended to a user who has not had it?",
        formula=f"recommended items of the group {_NEW} / items of the group in the catalogue {_NEW}, over all users",
        source="Zhu, Wang and Caverlee (2020), SIGIR, 449-458; interval: Wilson's, at the effective size of a ratio of "
        f"totals over users, {_PROVIDERS}",
        better="target",
        undefined="When the users had all items of the group before.",
        misleads="Items that suit few users are rightly recommended less: read wanted_item_recall_at_10 beside it.",
    ),
    MetricCard(
        name="recommendation_probability_at_10_variation",
        title="Variation of the chance to be recommended between groups of items, at 10 (RSP)",
        asks="How unlike are the chances of groups of items to be recommended? 0 is alike.",
        formula="standard deviation of recommendation_probability_at_10 over the groups, by its mean",
        source="Zhu, Wang and Caverlee (2020), SIGIR, 449-458, ranking-based statistical parity; the deviation by the "
        f"number of groups; {_NOISE}, {_PROVIDERS}",
        better="lower",
        undefined="When fewer than two groups of items are shown.",
        misleads="Items that suit few users are rightly recommended less: read wanted_item_recall_at_10 beside it.",
    ),
    MetricCard(
        name="wanted_item_recall_at_10",
        title="Chance of an item of a group to be recommended to who goes for it, at 10",
        asks="How likely is an item of the group to be recommended to a user who goes for it?",
        formula=f"relevant items of the group among the first 10 / relevant items of the group, all {_NEW}, over all "
        "users",
        source="Zhu, Wang and Caverlee (2020), SIGIR, 449-458; interval: Wilson's, at the effective size of a ratio of "
        f"totals over users, {_PROVIDERS}",
        better="higher",
        undefined="When fewer users than the policy's smallest group went for an item of the group.",
        misleads=_CHOICES,
    ),
    MetricCard(
        name="wanted_item_recall_at_10_variation",
        title="Variation of that chance between groups of items, at 10 (REO)",
        asks="How unlike are the chances of groups of items to be recommended to those who go for them? 0 is alike.",
        formula="standard deviation of wanted_item_recall_at_10 over the groups, by its mean",
        source="Zhu, Wang and Caverlee (2020), SIGIR, 449-458, ranking-based equal opportunity; the deviation by the "
        f"number of groups; {_NOISE}, {_PROVIDERS}",
        better="lower",
        undefined=_TWO,
        misleads=f"{_CHOICES} It is small too where all groups are missed alike.",
    ),
    MetricCard(
        name="pairwise_accuracy_at_10",
        title="Pairwise accuracy of a group of items, at 10",
        asks="Where a list holds an item of the group that the user goes for, does it stand above the wrong ones?",
        formula="pairs on one list of a relevant item of the group and an item that is not relevant, in which the "
        "relevant one is above, half where their scores are equal / all such pairs",
        source=f"Beutel et al. (2019), KDD, 2212-2220, within the lists; {_USERS}, {_PROVIDERS}",
        better="higher",
        undefined="When fewer users than the policy's smallest group have such a pair.",
        misleads="It sees the lists alone: an item of the group that is never shown has no part in it. Read "
        "candidate_pairwise_accuracy beside it, where the model ranks deeper.",
    ),
    MetricCard(
        name="pairwise_accuracy_at_10_difference",
        title="Gap in pairwise accuracy between groups of items, at 10",
        asks="How far apart are groups of items in whether the right ones stand above the wrong ones?",
        formula="largest pairwise accuracy at 10 of a group of items, less the smallest",
        source=f"Beutel et al. (2019), KDD, 2212-2220, within the lists; {_PAIRS}, {_PROVIDERS}",
        better="lower",
        undefined=_TWO,
        misleads="It sees the lists alone: an item of the group that is never shown has no part in it. Read "
        "candidate_pairwise_accuracy beside it, where the model ranks deeper.",
    ),
    MetricCard(
        name="candidate_pairwise_accuracy",
        title="Pairwise accuracy of a group of items among all candidates",
        asks="Does an item of the group that a user goes for stand above the wrong ones, shown or not?",
        formula="pairs of a relevant item of the group and a candidate that is not relevant, in which the relevant one "
        "is above, half where their scores are equal / all such pairs; candidates: the user's first 100, or twice a "
        "list if that is more; a relevant item that is no candidate, and that the user had not had in the training "
        "interactions, stands below them all",
        source=f"Beutel et al. (2019), KDD, 2212-2220; {_USERS}, {_PROVIDERS}",
        better="higher",
        undefined="When neither the model nor the recorded lists go deeper than is looked at, or fewer users than the "
        "policy's smallest group have such a pair.",
        misleads=f"{_CHOICES} A candidate that a user would have liked and never saw counts as wrong.",
    ),
    MetricCard(
        name="candidate_pairwise_accuracy_difference",
        title="Gap in pairwise accuracy between groups of items among all candidates",
        asks="How far apart are groups of items in whether the right ones stand above the wrong ones, shown or not?",
        formula="largest candidate pairwise accuracy of a group of items, less the smallest",
        source=f"Beutel et al. (2019), KDD, 2212-2220; {_PAIRS}, {_PROVIDERS}",
        better="lower",
        undefined=f"{_TWO} When neither the model nor the recorded lists go deeper than is looked at.",
        misleads=f"{_CHOICES} A candidate that a user would have liked and never saw counts as wrong.",
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
        name="recommendation_entropy_at_10",
        title="Shannon entropy of recommended items, at 10",
        asks="Over how many items do recommendations spread, as the bits that naming one of them takes?",
        formula="- sum over items of p log2 p, where p is the item's share of all recommendations down to rank 10",
        source="Shannon (1948), Bell Syst. Tech. J. 27; as the distributional coverage of Microsoft's recommenders; "
        "interval: delta method, over users or units",
        better="target",
        undefined=_NO_ITEMS,
        misleads="It rises with the number of users, who cannot see all items when they are few. Ranks do not count.",
    ),
    MetricCard(
        name="exposure_gini_plain_at_10",
        title="Gini coefficient of attention, plain, at 10",
        asks="How unevenly does attention fall on the items? 0 is evenly.",
        formula=f"half the mean difference between two items' attention, by its mean, items never shown too; {WEIGHT}",
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
