"""The metric cards of `fairness.sites`."""

from collections.abc import Iterator

from auditkit import MetricCard

_V = "Bergsma (2013), J. Korean Stat. Soc. 42, 323-328; interval by Smithson (2003), Confidence Intervals, chapter 4, "
_V += "or by Bishop, Fienberg and Holland (1975), section 11.3, whichever is wider at either end"
_FEW = "When there are fewer than two sites, or fewer than two groups or classes."
_COARSE = "Where a table has cells of less than about one row that one would expect, the interval is too short."
_COMMON = "When no two groups that are large enough both have ten people in the denominator at each of two sites."

RATES_COMPARED = {
    "selection_rate": ("selection rates", "P(D = 1 | A = a, S = s)", "rows"),
    "true_positive_rate": ("true positive rates", "P(D = 1 | Y = 1, A = a, S = s)", "positives"),
    "false_positive_rate": ("false positive rates", "P(D = 1 | Y = 0, A = a, S = s)", "negatives"),
}
"""Rate -> in words, its formula, and among whom it is."""


def _cards() -> Iterator[MetricCard]:
    yield MetricCard(
        name="target_prevalence",
        title="Share of positives by site",
        asks="How common is what is to be found at each site, and in each group there?",
        formula="P(Y = 1 | S = s), and P(Y = 1 | S = s, A = a)",
        source="the confounder that Zech et al. (2018), PLoS Med. 15, e1002683, name for films of several hospitals",
        better="target",
        undefined="When no row there has a target.",
        misleads="Sites differ in whom they see and in whom they name ill. It is no error of the model.",
    )
    yield MetricCard(
        name="group_share_at_site",
        title="Share of a group at a site",
        asks="Who is seen where?",
        formula="P(A = a | S = s)",
        source="counting",
        better="target",
        undefined="When the site has no rows whose group is known.",
        misleads="Of the audit's rows, which need not be the site's patients.",
    )
    yield MetricCard(
        name="site_group_association",
        title="How far the site tells the group (Cramér's V)",
        asks="Are the groups seen at different sites?",
        formula="V without bias of the table of sites by groups; 0: alike everywhere, 1: the site tells the group",
        source=_V,
        better="lower",
        undefined=_FEW,
        misleads="Two groups that a few small sites alone tell apart make a small V. " + _COARSE,
    )
    yield MetricCard(
        name="site_target_association",
        title="How far the site tells the target (Cramér's V)",
        asks="Could a model that knows the site, and nothing of the patient, be right more often than by chance?",
        formula="V without bias of the table of sites by classes of the target",
        source=_V,
        better="lower",
        undefined=_FEW,
        misleads="That it could is no proof that it does: whether the model tells sites by the pixels is not asked "
        "here. " + _COARSE,
    )
    for rate, (words, formula, among) in RATES_COMPARED.items():
        yield MetricCard(
            name=f"pooled_{rate}_difference",
            title=f"Gap between groups in {words}, sites pooled",
            asks="How far apart are groups over all sites that have both?",
            formula=f"largest over two groups of | rate of the one - of the other |, where both have ten {among}",
            source="Newcombe (1998), Stat. Med. 17, 873-890, at Bonferroni's level for all pairs",
            better="lower",
            undefined=_COMMON,
            misleads="It is the gap of fairness.gaps but for the sites at which a group is missing.",
        )
        yield MetricCard(
            name=f"standardised_{rate}_difference",
            title=f"Gap between groups in {words}, sites held equal",
            asks="How far apart would groups be, were they spread over the sites alike?",
            formula=f"largest over two groups of | sum over sites of w_s ({formula} of the one - of the other) |; w_s "
            f"the site's share of both groups' {among}",
            source="direct standardisation; interval: Wilson limits of each cell combined, Zou and Donner (2008), "
            "Stat. Med. 27, 1693-1702, for the sites' shares as they are, at Bonferroni's level for all pairs",
            better="lower",
            undefined=_COMMON,
            misleads="A gap of one direction at one site and of the other at another cancels: fairness.strata tests "
            "that. Where groups differ in who they are at each site, what is left need not be the model's doing.",
        )
        yield MetricCard(
            name=f"site_carried_{rate}_difference",
            title=f"What of a gap in {words} goes away with sites held equal",
            asks="How much of the gap is that groups are seen at different sites?",
            formula=f"of the two groups that lie furthest apart when sites are pooled: pooled_{rate}_difference, the "
            "higher less the lower, less the same with sites held equal",
            source="Kitagawa (1955), J. Am. Stat. Assoc. 50, 1168-1194: the part of a difference that composition "
            "makes; BCa bootstrap of rows, or of units, or Wilson limits combined, whichever is wider at either end; "
            "Bonferroni's level for all pairs",
            better="target",
            undefined=_COMMON,
            misleads="Below 0 the sites hide a gap. That a site explains a gap does not excuse it: who goes where may "
            "be the inequity itself.",
        )


SITE_CARDS = tuple(_cards())
