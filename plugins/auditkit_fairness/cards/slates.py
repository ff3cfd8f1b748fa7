"""The metric cards of what slates are made of, at a depth of 10; the host puts the audit's own depth in its place."""

from auditkit import MetricCard

_SHARES = (
    "each user's shares of the groups of items among what they had before (without training interactions: went "
    "for) from those among the first 10 recommendations"
)
_NOBODY = "When no user of the group has both a history and recommendations."
_TASTE = "A history is what somebody was offered as well as what they like. New tastes count as departures."
_FEW = "Of short histories the shares are uncertain, and lie further from any list: short ones look worse."

CARDS = (
    MetricCard(
        name="slate_divergence_at_10",
        title="Departure of recommendations from users' histories, at 10",
        asks="How far is the mix of items recommended to users from the mix that they had before? 0 is the same.",
        formula=f"mean over users of the Jensen-Shannon divergence, in bits, of {_SHARES}",
        source="Steck (2018), RecSys, 154-162, for the question; Lin (1991), IEEE Trans. Inf. Theory 37, 145-151; "
        "interval: Wilson's, at the effective size of the mean over users",
        better="lower",
        undefined=_NOBODY,
        misleads=f"{_TASTE} {_FEW}",
    ),
    MetricCard(
        name="slate_calibration_at_10",
        title="Steck's miscalibration of recommendations, at 10",
        asks="How much of what users had before do the kinds of items recommended to them leave out?",
        formula=f"mean over users of the Kullback-Leibler divergence, in nats, of {_SHARES}, of which one part in a "
        "hundred is replaced by the history's",
        source="Steck (2018), RecSys, 154-162, C_KL with alpha = 0.01; interval: Student's, over users or units",
        better="lower",
        undefined=_NOBODY,
        misleads=f"{_TASTE} {_FEW} It is large as soon as one kind is left out.",
    ),
    MetricCard(
        name="slate_divergence_at_10_difference",
        title="Gap in the departure of recommendations from users' histories, at 10",
        asks="How far apart are the groups in how far recommendations depart from what their users had before?",
        formula="largest slate_divergence_at_10 of a group of users, less the smallest",
        source="interval: Wilson's of each group at the effective size of its mean, squared and added (Zou and Donner "
        "2008, Stat. Med. 27, 1693-1702), at Bonferroni's level for all pairs",
        better="lower",
        undefined="When fewer than two groups have the policy's smallest group size in such users.",
        misleads=f"{_TASTE} {_FEW}",
    ),
)
