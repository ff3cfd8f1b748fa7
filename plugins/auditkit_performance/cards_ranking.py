"""The metric cards of `performance.ranking`, at a depth of 10; the host puts the audit's own depth in its place."""

from auditkit import MetricCard

_INTERVAL = "interval: Wilson's, at the effective size of the mean over users"
_NOBODY = "When no user has a relevant item."
_UNSEEN = (
    "Only what users went for counts as relevant: an item that they never saw, and would have liked, counts as wrong."
)

CARDS = (
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
        tolerance=0,
        undefined="When there are no users.",
        misleads="A list of anything at all counts as a recommendation.",
    ),
    MetricCard(
        name="repeat_rate_at_10",
        title="Recommended again, of the first 10",
        asks="How much of what is recommended did the user have already?",
        formula="recommended items, down to rank 10, that the same user has in the training table / recommended items",
        source="counted; interval: Wilson's, at the effective size of a ratio of totals over users",
        better="target",
        undefined="When there is no training table, none of the audit's users is in it, or nothing was recommended.",
        misleads="Whether it is a defect depends on the shop: films are watched once, drugs are bought again.",
    ),
)
