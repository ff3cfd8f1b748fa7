"""The metric cards of what becomes of popular items, at a depth of 10; the host puts the audit's own in its place."""

from auditkit import MetricCard
from auditkit_fairness.cards.exposure import LOGARITHMIC

_USES = "the uses of an item are the training interactions with it"
_NOBODY = "When nothing is recommended to users of the group."
_BOTH = "When no user of the group has both training interactions and recommendations."
_TWO = "When fewer than two groups have the policy's smallest group size in such users."
_HEAD = (
    "the long tail is all items but the most used ones that have together the share `head` of the uses, and those used "
    "as often as the last of these"
)
_OLD = "What is used is what was offered: uses follow the recommender that came before."
_ABDOLLAHPOURI = "Abdollahpouri, Burke and Mobasher (2019), FLAIRS, 413-418"
_LIFT = "Abdollahpouri et al. (2019), RMSE workshop at RecSys, and (2020), RecSys, 726-731"
_WELCH = "interval: Welch's, over users or units, at Bonferroni's level for all pairs of groups"
_MOVER = (
    "interval: those of each group, squared and added (Zou and Donner 2008, Stat. Med. 27, 1693-1702), at Bonferroni's "
    "level for all pairs"
)
_DRAWN = "so many users of the group as half of the smallest compared group, drawn without replacement"
_JACKKNIFE = "interval: by the jackknife over users or units"
_DELTA = "interval: delta method, over users or units"
_SMALL = "It is lower than the coverage by all users: it serves to compare groups."
_WEIGHTS = " When rows have weights, since then no number of users is equal."

CARDS = (
    MetricCard(
        name="average_popularity_at_10",
        title="Average popularity of recommended items, at 10 (ARP)",
        asks="How often were the items used before that are recommended?",
        formula=f"mean over users of the mean uses of the items recommended to them; {_USES}",
        source="Yin et al. (2012), Proc. VLDB Endow. 5, 896-907; interval: Student's, over users or units",
        better="target",
        undefined=_NOBODY,
        misleads=f"{_OLD} It grows with the training table: compare groups, or recommenders of the same table.",
    ),
    MetricCard(
        name="popularity_lift_at_10",
        title="Popularity lift of recommendations, at 10",
        asks="How much more popular is what users are recommended than what they had before? 0 is the same.",
        formula="mean over users of the mean uses of the items recommended to them, by that of the items that they "
        f"had, less 1; {_USES}",
        source=f"{_LIFT}; interval: Student's on the log scale, ratio of totals over users or units",
        better="target",
        undefined=_BOTH,
        misleads=f"{_OLD} What users had counts among the uses, so that a first use is never unpopular.",
    ),
    MetricCard(
        name="popularity_lift_at_10_difference",
        title="Gap in the popularity lift of recommendations, at 10",
        asks="How far apart are groups of users in how much more popular their recommendations are than their tastes?",
        formula="largest popularity_lift_at_10 of a group of users, less the smallest",
        source=f"{_LIFT}; {_WELCH}",
        better="lower",
        undefined=_TWO,
        misleads=f"{_OLD} A group whose taste is popular already can hardly be lifted.",
    ),
    MetricCard(
        name="long_tail_share_at_10",
        title="Share of the long tail in recommendations, at 10 (APLT)",
        asks="How much of what users are recommended is of the long tail, the many items that are each used little?",
        formula=f"mean over users of the share of long-tail items among those recommended to them; {_HEAD}",
        source=f"{_ABDOLLAHPOURI}; interval: Wilson's, at the effective size of the mean over users",
        better="target",
        undefined=_NOBODY,
        misleads=f"{_OLD} Where the tail begins is a choice: {_HEAD}.",
    ),
    MetricCard(
        name="long_tail_share_at_10_difference",
        title="Gap in the share of the long tail, at 10",
        asks="How far apart are groups of users in how much of the long tail they are recommended?",
        formula="largest long_tail_share_at_10 of a group of users, less the smallest",
        source="interval: Wilson's of each group at the effective size of its mean, squared and added (Zou and Donner "
        "2008, Stat. Med. 27, 1693-1702), at Bonferroni's level for all pairs",
        better="lower",
        undefined=_TWO,
        misleads="Groups that like other items rightly differ: read the gap in the popularity lift beside it.",
    ),
    MetricCard(
        name="long_tail_items_at_10",
        title="Items of the long tail among the first 10 (ACLT)",
        asks="How many items of the long tail is a user recommended?",
        formula=f"mean over users of how many items recommended to them are of the long tail; {_HEAD}",
        source=f"{_ABDOLLAHPOURI}, by its formula; interval: Wilson's, at the effective size of the mean over users, "
        "times the depth",
        better="target",
        undefined=_NOBODY,
        misleads="Its name says coverage, and its formula counts one item anew for each user: see the tail's coverage.",
    ),
    MetricCard(
        name="long_tail_coverage_at_10",
        title="Part of the long tail that is recommended, at 10",
        asks="How many of the items of the long tail does anybody see among the first 10?",
        formula=f"different items of the long tail on any list, down to rank 10 / items of the long tail; {_HEAD}",
        source="Ge, Delgado-Battenfeld and Jannach (2010), RecSys, 257-260, of the tail; counted, without an interval",
        better="target",
        undefined="When nothing is recommended, or no item is of the long tail.",
        misleads="It rises with the number of users. One user in a million is enough.",
    ),
    MetricCard(
        name="novelty_at_10",
        title="Novelty of recommended items, at 10 (MIUF)",
        asks="How few users had the items that are recommended? In bits: 1 more is half as many users.",
        formula="mean over users of the mean of -log2(users who had the item / users) over the items recommended to "
        "them, by the training interactions; an item that nobody had counts as one that a single user had",
        source="Zhou et al. (2010), PNAS 107, 4511-4515; mean inverse user frequency; interval: Wilson's, at the "
        "effective size of the mean over users by the most there can be",
        better="target",
        undefined=_NOBODY,
        misleads=f"{_OLD} It is about all users: what few had can be old to the one who is shown it.",
    ),
    MetricCard(
        name="novelty_at_10_difference",
        title="Gap in the novelty of recommended items, at 10",
        asks="How far apart are groups of users in how little known the items are that they are recommended?",
        formula="largest novelty_at_10 of a group of users, less the smallest",
        source="interval: Wilson's of each group at the effective size of its mean, squared and added (Zou and Donner "
        "2008, Stat. Med. 27, 1693-1702), at Bonferroni's level for all pairs",
        better="lower",
        undefined=_TWO,
        misleads="Groups that like other items rightly differ: read the gap in the popularity lift beside it.",
    ),
    MetricCard(
        name="coverage_of_equal_users_at_10",
        title="Part of the catalogue that equally many users of each group see, at 10",
        asks="How many of the items there are do as many users of this group see among their first 10 as of another?",
        formula=f"expected number of different items on the lists of {_DRAWN} / items there are",
        source=f"Hurlbert (1971), Ecology 52, 577-586; {_JACKKNIFE} (Efron and Stein 1981), or Wilson's of each item",
        better="target",
        undefined=f"{_TWO}{_WEIGHTS}",
        misleads=_SMALL,
    ),
    MetricCard(
        name="coverage_of_equal_users_at_10_difference",
        title="Gap in the part of the catalogue that equally many users see, at 10",
        asks="How far apart are groups of users in how much of the catalogue as many of each see?",
        formula="largest coverage_of_equal_users_at_10 of a group of users, less the smallest",
        source=f"Hurlbert (1971), Ecology 52, 577-586; {_MOVER}",
        better="lower",
        undefined=f"{_TWO}{_WEIGHTS}",
        misleads="A group of one taste sees fewer items without fault of the recommender.",
    ),
    MetricCard(
        name="entropy_of_equal_users_at_10",
        title="Shannon entropy of what equally many users of each group are recommended, at 10",
        asks="Over how many items do recommendations to as many users of each group spread?",
        formula=f"mean of recommendation_entropy_at_10 over draws of {_DRAWN}",
        source=f"Shannon (1948), Bell Syst. Tech. J. 27; {_DELTA}",
        better="target",
        undefined=f"{_TWO}{_WEIGHTS}",
        misleads=_SMALL,
    ),
    MetricCard(
        name="entropy_of_equal_users_at_10_difference",
        title="Gap in the entropy of what equally many users are recommended, at 10",
        asks="How far apart are groups of users in how widely recommendations to as many of each spread?",
        formula="largest entropy_of_equal_users_at_10 of a group of users, less the smallest",
        source=f"Shannon (1948), Bell Syst. Tech. J. 27; {_MOVER}",
        better="lower",
        undefined=f"{_TWO}{_WEIGHTS}",
        misleads="A group of one taste sees fewer items without fault of the recommender.",
    ),
    MetricCard(
        name="gini_of_equal_users_at_10",
        title="Gini coefficient of attention by equally many users of each group, corrected, at 10",
        asks="How unevenly does the attention of as many users of each group fall on the items?",
        formula=f"mean of exposure_gini_corrected_at_10 over draws of {_DRAWN}; items that nobody is shown count; "
        f"{LOGARITHMIC}",
        source=f"Gini (1912), times n / (n - 1) of n items; {_DELTA}",
        better="target",
        undefined=f"{_TWO}{_WEIGHTS}",
        misleads="It is higher than by all users, who see more items: it serves to compare groups.",
    ),
    MetricCard(
        name="gini_of_equal_users_at_10_difference",
        title="Gap in the Gini coefficient of attention by equally many users, at 10",
        asks="How far apart are groups of users in how unevenly the attention of as many of each falls on the items?",
        formula=f"largest gini_of_equal_users_at_10 of a group of users, less the smallest; {LOGARITHMIC}",
        source=f"Gini (1912), times n / (n - 1) of n items; {_MOVER}",
        better="lower",
        undefined=f"{_TWO}{_WEIGHTS}",
        misleads="A group of one taste sees fewer items without fault of the recommender.",
    ),
)
