"""The metric cards of the worst of many parts of the rows."""

from auditkit import MetricCard

WORST_SLICE = MetricCard(
    name="worst_slice_loss_difference",
    title="Loss of the worst slice, less that of everybody else",
    asks="How much worse does the model do for the part of the people for whom it seems to do worst?",
    formula="mean over two halves of the people of: mean loss inside S - mean loss outside S on that half, where S is "
    "the slice whose effect on the other half is largest in standard errors, of all slices by up to `depth` columns",
    source="slices: Chung et al. (2019), ICDE, 1550-1553; cross-fitting: Chernozhukov et al. (2018), Econom. J. 21, "
    "C1-C68; interval of each half: Wilson's (of shares) or Student's limits combined by Zou and Donner (2008), the "
    "ends averaged",
    better="lower",
    undefined="When nothing is known to be right or wrong, or no slice, and what is left beside it, has enough people.",
    misleads="It is what a searcher can find on half of the rows: a small slice may be missed, and then the number is "
    "that of another one, or about 0. Only the declared attributes and columns are looked at. Near 0 it says that no "
    "large slice was found to do worse, not that there is none: read what could have been found.",
)

FOUND_SLICE = MetricCard(
    name="slice_loss_difference",
    title="Loss of a slice that was found, less that of everybody else",
    asks="How much worse does the model do for a part of the people for whom it does worse than chance allows?",
    formula="mean over the halves that did not pick S of: mean loss inside S - mean loss outside S on that half; S is "
    "a slice with an adjusted p (max-T over all slices, all rows) of 1 - level at most",
    source="p: Westfall and Young (1993), algorithm 2.8; cross-fitting: Chernozhukov et al. (2018), Econom. J. 21, "
    "C1-C68; interval of each half: Wilson's (of shares) or Student's limits combined by Zou and Donner (2008), the "
    "ends averaged",
    better="lower",
    undefined="When neither half of the people, searched by itself, picks the slice among its first ten, or too few of "
    "them are in it. No slice is measured where none does worse than chance allows.",
    misleads="That a slice is told of hangs on all rows, so that its effect is still a little too large; the interval "
    "for all slices at once, in the table, is not. A rule about this metric has no evidence where no slice was found: "
    "let rules judge worst_slice_loss_difference.",
)

SLICE_CARDS = (WORST_SLICE, FOUND_SLICE)
