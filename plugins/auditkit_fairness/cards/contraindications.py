"""The metric cards of what is recommended and barred, at a depth of 10; the host puts the audit's own in its place."""

from auditkit import MetricCard

USERS, ITEMS = "contraindicated_user_rate", "contraindicated_item_rate"
FIRST, WITHIN = "contraindicated_first_rate", "contraindicated_user_rate_within"
AT_RISK = "barred_user_rate"

_NOBODY = "When nothing is barred for any user of the group."
_TWO_GROUPS = "When fewer than two groups have the policy's smallest group size in users for whom something is barred."
_WILSON = "counted; interval: Wilson (1927)"
_NEWCOMBE = "interval: Newcombe (1998), Stat. Med. 17, 873-890, at Bonferroni's level for all pairs of groups"
_TABLE = (
    "It knows only what the table of contraindications says, and of users only what their attributes say: what nobody "
    "wrote down is not barred."
)

CARDS = (
    MetricCard(
        name=f"{USERS}_at_10",
        title="Users shown something barred among the first 10",
        asks="Of the users for whom something is barred, how many are recommended it?",
        formula="users with a barred item among the first 10 / users for whom an item is barred",
        source=_WILSON,
        better="lower",
        undefined=_NOBODY,
        misleads=f"{_TABLE} A grave harm and a small one count alike.",
    ),
    MetricCard(
        name=f"{ITEMS}_at_10",
        title="Barred recommendations among the first 10",
        asks="How much of what is recommended to users for whom something is barred is barred for them?",
        formula="recommended items, down to rank 10, that are barred for their user / recommended items, of users for "
        "whom an item is barred",
        source="counted; interval: Wilson's, at the effective size of a ratio of totals over users",
        better="lower",
        undefined=f"{_NOBODY} When nothing is recommended to them.",
        misleads=f"{_TABLE} One user with many counts as much as many with one.",
    ),
    MetricCard(
        name=FIRST,
        title="Users whose first recommendation is barred",
        asks="Of the users for whom something is barred, how many have it at the top of their list?",
        formula="users whose first recommended item is barred / users for whom an item is barred",
        source=_WILSON,
        better="lower",
        undefined=_NOBODY,
        misleads=f"{_TABLE} What stands second is seen as well.",
    ),
    MetricCard(
        name=WITHIN,
        title="Users shown something barred, down to a place",
        asks="How far down their list must users look to find what is barred for them?",
        formula="users with a barred item among so many first places, as its condition says / users for whom an item "
        "is barred",
        source=_WILSON,
        better="lower",
        undefined=_NOBODY,
        misleads=f"{_TABLE} Where few users scroll down, the first places count the most.",
    ),
    MetricCard(
        name=AT_RISK,
        title="Users for whom something is barred",
        asks="For how many users does the table of contraindications bar anything?",
        formula="users for whom an item is barred / users in the audit table",
        source=_WILSON,
        better="target",
        undefined="When the group has no users.",
        misleads="Far fewer than are ill says that attributes are missing, or written otherwise than in the table.",
    ),
    MetricCard(
        name=f"{USERS}_at_10_difference",
        title="Gap in users shown something barred among the first 10",
        asks="How far apart are the groups in how many users are recommended what is barred for them?",
        formula="largest contraindicated_user_rate_at_10 of a group, less the smallest",
        source=_NEWCOMBE,
        better="lower",
        undefined=_TWO_GROUPS,
        misleads=f"{_TABLE} A gap of 0 can mean that all groups are harmed alike.",
    ),
    MetricCard(
        name=f"{FIRST}_difference",
        title="Gap in users whose first recommendation is barred",
        asks="How far apart are the groups in how many users have what is barred for them at the top of their list?",
        formula="largest contraindicated_first_rate of a group, less the smallest",
        source=_NEWCOMBE,
        better="lower",
        undefined=_TWO_GROUPS,
        misleads=f"{_TABLE} A gap of 0 can mean that all groups are harmed alike.",
    ),
)
