"""The metric cards of the fairness of rankings, at a depth of 10; the host puts the audit's own depth in its place.

By group, the metrics of quality are those of `performance.ranking`.
"""

from auditkit import MetricCard

_INTERVAL = "interval: Wilson's, at the effective size of the mean over users"
_NOBODY = "When no user of the group has a relevant item."
_UNSEEN = (
    "Only what users went for counts as relevant: an item that they never saw, and would have liked, counts as wrong."
)
_SHOWN_LESS = "Only what users went for counts as relevant: a group that was shown less found less to go for."
_TWO_GROUPS = "When fewer than two groups have the policy's smallest group size in users with a relevant item."
_TWO_OF_USERS = "When fewer than two groups have the policy's smallest group size in users."
_MOVER = (
    "interval: Wilson's of each group at the effective size of its mean, squared and added (Zou and Donner 2008, Stat. "
    "Med. 27, 1693-1702), at Bonferroni's level for all pairs"
)
_NEWCOMBE = "interval: Newcombe (1998), Stat. Med. 17, 873-890, at Bonferroni's level for all pairs of groups"
_WELCH = "test: Welch (1951), Biometrika 38, 330-336, with p by dealing users out to the groups"

QUALITY_CARDS = (
    MetricCard(
        name="ndcg_at_10",
        title="NDCG at 10",
        asks="How much of what users went for was recommended to them, and how far up? 1 is the best order there is.",
        formula="mean over users of DCG / best DCG, where DCG is the sum over ranks 1 to 10 of gain / log2(1 + rank); "
        "the gain of a relevant item is 1, or its rating",
        source=f"Järvelin and Kekäläinen (2002), ACM Trans. Inf. Syst. 20, 422-446; sklearn.metrics.ndcg_score; "
        f"{_INTERVAL}",
        better="higher",
        undefined=_NOBODY,
        misleads=f"{_UNSEEN} It rewards recommending what is popular anyway.",
    ),
    MetricCard(
        name="recall_at_10",
        title="Recall at 10",
        asks="Of what users went for, how much was among their first 10 recommendations?",
        formula="mean over users of relevant items among the first 10 / relevant items",
        source=f"Herlocker et al. (2004), ACM Trans. Inf. Syst. 22, 5-53; {_INTERVAL}",
        better="higher",
        undefined=_NOBODY,
        misleads=f"{_UNSEEN} A user with more than 10 relevant items cannot reach 1.",
    ),
    MetricCard(
        name="precision_at_10",
        title="Precision at 10",
        asks="Of the first 10 recommendations, how many did the user go for?",
        formula="mean over users of relevant items among the first 10 / 10, for a shorter list too",
        source=f"Herlocker et al. (2004), ACM Trans. Inf. Syst. 22, 5-53; {_INTERVAL}",
        better="higher",
        undefined=_NOBODY,
        misleads=f"{_UNSEEN} A user with fewer than 10 relevant items cannot reach 1.",
    ),
    MetricCard(
        name="hit_rate_at_10",
        title="Hit rate at 10",
        asks="How many users find at least one thing that they go for among their first 10 recommendations?",
        formula="users with a relevant item among the first 10 / users with a relevant item",
        source=f"Deshpande and Karypis (2004), ACM Trans. Inf. Syst. 22, 143-177; {_INTERVAL}",
        better="higher",
        undefined=_NOBODY,
        misleads=f"{_UNSEEN} It rises with how many relevant items a user has.",
    ),
    MetricCard(
        name="reciprocal_rank_at_10",
        title="Mean reciprocal rank at 10",
        asks="How far up stands the first recommendation that the user goes for?",
        formula="mean over users of 1 / rank of the first relevant item, 0 when there is none among the first 10",
        source=f"Voorhees (1999), TREC-8; {_INTERVAL}",
        better="higher",
        undefined=_NOBODY,
        misleads=f"{_UNSEEN} It looks at the first one alone.",
    ),
    MetricCard(
        name="average_precision_at_10",
        title="Mean average precision at 10 (MAP)",
        asks="Do the relevant items stand at the top of the list, all of them?",
        formula="mean over users of the sum, over relevant items among the first 10, of the precision down to their "
        "rank, by the relevant items that the user has",
        source=f"Buckley and Voorhees (2000), SIGIR, 33-40; rectools.metrics.MAP; {_INTERVAL}",
        better="higher",
        undefined=_NOBODY,
        misleads=f"{_UNSEEN} A user with more than 10 relevant items cannot reach 1.",
    ),
    MetricCard(
        name="unserved_rate",
        title="Users without recommendations",
        asks="To how many users is nothing recommended?",
        formula="users with an empty list / users in the audit table",
        source="counted; interval: Wilson (1927)",
        better="lower",
        undefined="When the group has no users.",
        misleads="A list of anything at all counts as a recommendation.",
    ),
    MetricCard(
        name="untested_user_rate",
        title="Users without a test item",
        asks="Of how many users does nobody know what they went for, so that their list cannot be judged?",
        formula="users without a relevant item in the audit table / users in the audit table",
        source="counted; interval: Wilson (1927)",
        better="lower",
        undefined="When the group has no users.",
        misleads="A group whose users seldom have one is judged by the few who do, who may be served better.",
    ),
)

GAP_CARDS = (
    MetricCard(
        name="ndcg_at_10_difference",
        title="Gap in NDCG at 10",
        asks="How much better do recommendations meet what users go for in the best served group than in the worst?",
        formula="largest NDCG at 10 of a group, less the smallest",
        source=f"Ekstrand et al. (2018), Proc. Mach. Learn. Res. 81, 172-186, for the question; {_MOVER}; {_WELCH}",
        better="lower",
        undefined=_TWO_GROUPS,
        misleads=f"{_SHOWN_LESS} Groups with more relevant items, or with more common tastes, are easier to serve.",
    ),
    MetricCard(
        name="recall_at_10_difference",
        title="Gap in recall at 10",
        asks="How far apart are the groups in how much of what they went for was among their first 10 recommendations?",
        formula="largest recall at 10 of a group, less the smallest",
        source=f"{_MOVER}; {_WELCH}",
        better="lower",
        undefined=_TWO_GROUPS,
        misleads=f"{_SHOWN_LESS} A user with more than 10 relevant items cannot reach 1.",
    ),
    MetricCard(
        name="precision_at_10_difference",
        title="Gap in precision at 10",
        asks="How far apart are the groups in how many of their first 10 recommendations they went for?",
        formula="largest precision at 10 of a group, less the smallest",
        source=f"{_MOVER}; {_WELCH}",
        better="lower",
        undefined=_TWO_GROUPS,
        misleads=f"{_SHOWN_LESS} A group whose users have fewer relevant items cannot reach as much.",
    ),
    MetricCard(
        name="hit_rate_at_10_difference",
        title="Gap in hit rates at 10",
        asks="How far apart are the groups in how many users find anything that they go for among the first 10?",
        formula="largest hit rate at 10 of a group, less the smallest",
        source=f"{_NEWCOMBE}; {_WELCH}",
        better="lower",
        undefined=_TWO_GROUPS,
        misleads=f"{_SHOWN_LESS} It rises with how many relevant items a user has.",
    ),
    MetricCard(
        name="reciprocal_rank_at_10_difference",
        title="Gap in mean reciprocal ranks at 10",
        asks="How far apart are the groups in how far up the first recommendation stands that a user goes for?",
        formula="largest mean reciprocal rank at 10 of a group, less the smallest",
        source=f"{_MOVER}; {_WELCH}",
        better="lower",
        undefined=_TWO_GROUPS,
        misleads=f"{_SHOWN_LESS} It looks at the first one alone.",
    ),
    MetricCard(
        name="average_precision_at_10_difference",
        title="Gap in mean average precision at 10",
        asks="How far apart are the groups in whether all that they went for stands at the top of their lists?",
        formula="largest mean average precision at 10 of a group, less the smallest",
        source=f"{_MOVER}; {_WELCH}",
        better="lower",
        undefined=_TWO_GROUPS,
        misleads=f"{_SHOWN_LESS} A user with more than 10 relevant items cannot reach 1.",
    ),
    MetricCard(
        name="unserved_rate_difference",
        title="Gap in users without recommendations",
        asks="How far apart are the groups in how many users are recommended nothing?",
        formula="largest share of a group's users with an empty list, less the smallest",
        source=_NEWCOMBE,
        better="lower",
        undefined=_TWO_OF_USERS,
        misleads="A list of anything at all counts as a recommendation.",
    ),
    MetricCard(
        name="untested_user_rate_difference",
        title="Gap in users without a test item",
        asks="How far apart are the groups in how many users' lists cannot be judged?",
        formula="largest share of a group's users without a relevant item, less the smallest",
        source=_NEWCOMBE,
        better="lower",
        undefined=_TWO_OF_USERS,
        misleads="It is about the data. Where it is wide, the other gaps compare a few users of one group with most of "
        "another.",
    ),
)
