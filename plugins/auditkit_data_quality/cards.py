"""The metric cards of the checks of data quality, but for those of copies and labels."""

from __future__ import annotations

from auditkit import MetricCard

GROUP_SIZE, HALF_WIDTH, EMPTY_CELLS = "group_size", "rate_half_width", "empty_cell_count"
MISSING, MISSING_GAP, LARGEST_MISSING_GAP = "missing_rate", "missing_rate_gap", "largest_missing_rate_gap"
MISSING_TARGET, MISSING_TARGET_GAP = "missing_target_rate", "missing_target_rate_gap"
INCOMPLETE, SUSPECTED, SUSPECTED_COLUMNS = "incomplete_row_rate", "suspected_missing_rate", "suspected_missing_columns"
IMPOSSIBLE, IMPOSSIBLE_ROWS = "impossible_value_rate", "impossible_row_count"
IMPOSSIBLE_ROW_RATE, IMPOSSIBLE_ROW_GAP, OUTLIERS = "impossible_row_rate", "impossible_row_rate_gap", "outlier_rate"
GROUP_SHARE, POPULATION_RATIO, REFERENCE_RATIO = "group_share", "population_share_ratio", "reference_share_ratio"
REVERSALS = "simpson_reversals"
SITE_TARGET, SITE_INPUT = "site_target_auc", "site_input_auc"
UNSTATED, MISMATCHES, BEFORE_CUT = "unstated_provenance_count", "file_hash_mismatch_count", "before_training_cut_rate"

_SHARE = "interval: Wilson's (1927), of groups Clopper and Pearson's (1934) for all at once, at effective sizes"
_GAP = "interval: Newcombe's (1998), Stat. Med. 17, 873-890, at Bonferroni's level over all pairs of groups and columns"

SAMPLE_CARDS = (
    MetricCard(
        name=GROUP_SIZE,
        title="People in a group",
        asks="How many people is what is said of a group about?",
        formula="units with a row in the group; rows, where the spec names no unit; rows of weight 0 do not count",
        source="a count",
        better="higher",
        undefined="Never; of fewer than 10 people it is withheld.",
        misleads="Many people who are alike tell less than fewer who differ.",
        tolerance=0.0,
    ),
    MetricCard(
        name=HALF_WIDTH,
        title="Half the width of a rate's interval",
        asks="By how much could a rate of a half be off in this group, for want of people?",
        formula="z / (2 sqrt(n + z^2)), n the effective number of people; of several groups the widest, "
        "groups of fewer than 10 people counted as 10",
        source="Wilson (1927), J. Am. Stat. Assoc. 22, 209-212, at a rate of a half, where it is widest; "
        "n: Kish (1965), Survey Sampling, over units' weights",
        better="lower",
        undefined="Never: there is at least one person in each group.",
        misleads="It is of one group alone; a gap between two is less certain, and intervals that hold together wider.",
    ),
    MetricCard(
        name=EMPTY_CELLS,
        title="Classes that nobody of a group has",
        asks="In how many pairs of a group and a class is there nobody, so that nothing can be measured?",
        formula="pairs of a group, or an intersection of all labels of its attributes, and a class, without a row",
        source="a count",
        better="lower",
        undefined="When the data do not say which class is right.",
        misleads="A pair of one row counts as filled.",
        tolerance=0.0,
    ),
)

_WRITTEN = (
    "Another way of writing that nothing is known, such as -1 or unknown, is no missing cell: read the suspicions."
)
_FEW_GROUPS = "When fewer than two groups have as many people as the policy's smallest group, and ten."

MISSING_CARDS = (
    MetricCard(
        name=MISSING,
        title="Missing cells of a column",
        asks="Of how many rows is this column not known?",
        formula="rows whose cell is missing / rows",
        source=_SHARE,
        better="lower",
        undefined="When no row counts.",
        misleads=_WRITTEN,
    ),
    MetricCard(
        name=MISSING_GAP,
        title="Difference of missing cells between groups",
        asks="In how many more rows of one group than of another is this column not known?",
        formula="the largest missing rate of a group - the smallest",
        source=_GAP,
        better="lower",
        undefined=_FEW_GROUPS,
        misleads="A column can be missing as often in each group, and for other reasons.",
    ),
    MetricCard(
        name=LARGEST_MISSING_GAP,
        title="Largest difference of missing cells",
        asks="How unevenly between groups is the column missing that is missing most unevenly?",
        formula="the largest of the differences of all columns, but for the attribute itself",
        source=_GAP + "; the largest of their ends",
        better="lower",
        undefined=_FEW_GROUPS,
        misleads="One column that hardly matters to the model may be the largest.",
    ),
    MetricCard(
        name=INCOMPLETE,
        title="Rows that lack something",
        asks="How many rows would be lost, if only complete ones were used?",
        formula="rows with a missing cell in any column / rows",
        source=_SHARE,
        better="lower",
        undefined="When no row counts.",
        misleads=_WRITTEN,
    ),
    MetricCard(
        name=MISSING_TARGET,
        title="Rows without a target",
        asks="Of how many rows does nobody know what is true?",
        formula="rows whose target is missing / rows",
        source=_SHARE,
        better="lower",
        undefined="When the spec names no target.",
        misleads="Whoever has no outcome is often who was not tested: what is measured is about the others.",
    ),
    MetricCard(
        name=MISSING_TARGET_GAP,
        title="Difference of missing targets between groups",
        asks="In how many more rows of one group than of another is it not known what is true?",
        formula="the largest share of a group's rows without a target - the smallest",
        source="interval: Newcombe's (1998), at Bonferroni's level over all pairs of groups",
        better="lower",
        undefined=_FEW_GROUPS,
        misleads="Rates of groups that are known to different degrees are rates of differently chosen people.",
    ),
    MetricCard(
        name=SUSPECTED,
        title="Cells that look as if they were missing",
        asks="In how many rows does this column hold what people write where they know nothing?",
        formula="rows whose cell is one of a list of words, or a number such as -1, 0 or 999 that stands far from all "
        "others / rows",
        source=_SHARE + "; far: Tukey (1977), Exploratory Data Analysis, outer fences",
        better="lower",
        undefined="It is left out of columns without such a cell.",
        misleads="It is a suspicion: whoever knows the data says in [data] missing which of them are missing.",
    ),
    MetricCard(
        name=SUSPECTED_COLUMNS,
        title="Columns with cells that look as if they were missing",
        asks="In how many columns could missing cells be hidden?",
        formula="columns of the model's input with such a cell",
        source="a count",
        better="lower",
        undefined="Never.",
        misleads="A column where nothing is known is written in a way that nobody thought of is not counted.",
        tolerance=0.0,
    ),
)

_NOT_SAID = "What nobody said that it cannot be is possible: an age of 430 is found by a range alone."

IMPOSSIBLE_CARDS = (
    MetricCard(
        name=IMPOSSIBLE,
        title="Cells that cannot be",
        asks="Of how many rows does this column hold what cannot be?",
        formula="rows whose cell has this fault / rows",
        source=_SHARE,
        better="lower",
        undefined="When no row counts.",
        misleads=_NOT_SAID,
    ),
    MetricCard(
        name=IMPOSSIBLE_ROWS,
        title="Rows with what cannot be",
        asks="How many rows hold something that cannot be?",
        formula="rows with a fault in any column",
        source="a count",
        better="lower",
        undefined="Never.",
        misleads=_NOT_SAID,
        tolerance=0.0,
    ),
    MetricCard(
        name=IMPOSSIBLE_ROW_RATE,
        title="Share of rows with what cannot be",
        asks="How often does a row hold something that cannot be?",
        formula="rows with a fault in any column / rows",
        source=_SHARE,
        better="lower",
        undefined="When no row counts.",
        misleads=_NOT_SAID,
    ),
    MetricCard(
        name=IMPOSSIBLE_ROW_GAP,
        title="Difference of rows with what cannot be",
        asks="In how many more rows of one group than of another is something that cannot be?",
        formula="the largest share of a group's rows with a fault - the smallest",
        source="interval: Newcombe's (1998), Stat. Med. 17, 873-890, at Bonferroni's level over all pairs of groups",
        better="lower",
        undefined=_FEW_GROUPS,
        misleads=_NOT_SAID,
    ),
    MetricCard(
        name=OUTLIERS,
        title="Cells far from the rest",
        asks="In how many rows does this column lie far from the rest of it?",
        formula="rows with |0.6745 (x - median) / MAD| above 3.5, or beyond 1.5 times the quartiles' distance, or of a "
        "picture's size or colours unlike more than half / rows; of texts x is the length, of pictures the brightness",
        source="Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers; Tukey (1977), Exploratory Data "
        "Analysis; " + _SHARE,
        better="lower",
        undefined="The robust z where more than half of the cells are equal; a column with nothing far is left out.",
        misleads="What is rare is not wrong: sick people have values far from most. No rule is meant for it.",
    ),
)

_GOODMAN = "Goodman (1965), Technometrics 7, 247-254, for all groups of an attribute at once, at effective sizes"
_UNKNOWN = "People whose group is not known are left out, and may all be of one group."

REPRESENTS_CARDS = (
    MetricCard(
        name=GROUP_SHARE,
        title="Share of a group",
        asks="What part of the people are of this group?",
        formula="people of the group / people whose group is known; each unit once, or rows by their weight",
        source="interval: " + _GOODMAN,
        better="target",
        undefined="When nobody's group is known: the attribute is left out.",
        misleads=_UNKNOWN,
    ),
    MetricCard(
        name=POPULATION_RATIO,
        title="Share of a group over its share of the people",
        asks="How large is this group's part in the audit, beside its part of the people that you stated?",
        formula="share of the group / stated share; over an attribute the smallest",
        source="interval: " + _GOODMAN + ", over the stated share, which is taken as it is",
        better="higher",
        undefined="When nobody of the people is of this group.",
        misleads=_UNKNOWN + " The stated shares may be of other people than those whom the model will meet.",
    ),
    MetricCard(
        name=REFERENCE_RATIO,
        title="Share of a group over its share of the reference",
        asks="How large is this group's part in the audit, beside its part of the reference?",
        formula="share of the group / its share of the reference rows; over an attribute the smallest",
        source="interval: Donner and Zou (2012), Stat. Methods Med. Res. 21, 347-359, for all groups at once",
        better="higher",
        undefined="When nobody of the reference is of this group.",
        misleads=_UNKNOWN + " The reference may be no sample of those whom the model will meet.",
    ),
    MetricCard(
        name=REVERSALS,
        title="Simpson's paradox",
        asks="How often does every part of the data say the opposite of the whole?",
        formula="pairs of groups of which one has a class more often (Newcombe's interval above 0), and less often "
        "within each group of another attribute that has ten people of both",
        source="Simpson (1951), J. R. Stat. Soc. B 13, 238-241; of two classes one is looked at",
        better="lower",
        undefined="Left out where the data do not say which class is right.",
        misleads="An attribute that nobody named can turn a comparison round as well.",
        tolerance=0.0,
    ),
)

_TOLD = (
    "kernel ridge regression judged on people that it did not learn from, 5 folds; interval: LeDell, Petersen and van "
    "der Laan (2015), Electron. J. Stat. 9, 1583-1607, no shorter than the permutations', for all areas at once"
)

SITE_CARDS = (
    MetricCard(
        name=SITE_TARGET,
        title="The target, told from site and time",
        asks="How well is the target told by somebody who knows nothing but where and when?",
        formula="the area under the ROC curve of a classifier of the target, or of being above its median, that is "
        "given site and time alone",
        source=_TOLD,
        better="lower",
        undefined="Left out where fewer than ten people have, or have not, the target.",
        misleads="Sicker people may be sent to one hospital for good reason: a shortcut is one only if it is taken.",
    ),
    MetricCard(
        name=SITE_INPUT,
        title="The site, told from what the model is given",
        asks="How well is a site told from the inputs, so that the model could recognise it?",
        formula="the area under the ROC curve of a classifier of one site against all others that is given the model's "
        "vectors of the rows, else their columns, words, or pictures' size, brightness and colour",
        source=_TOLD,
        better="lower",
        undefined="Left out where fewer than ten people are of a site, and where no site is named.",
        misleads="A site whose people differ is told without any trace of its machines.",
    ),
)

PROVENANCE_CARDS = (
    MetricCard(
        name=UNSTATED,
        title="What nobody states of the data",
        asks="How much of where the data are from, and from when, does nobody say?",
        formula="what is absent of source, collection, whom they stand for, period, Croissant file, licence, hashes",
        source="a count; the questions: Gebru et al. (2021), Datasheets for Datasets, Commun. ACM 64(12), section 3",
        better="lower",
        undefined="Never.",
        misleads="That something is stated does not make it true.",
        tolerance=0.0,
    ),
    MetricCard(
        name=MISMATCHES,
        title="Files that are not as described",
        asks="How many files are not the ones that are described?",
        formula="files of the splits whose SHA-256 is another than the Croissant file says",
        source="a count; MLCommons, Croissant format specification 1.0 (2024)",
        better="lower",
        undefined="When no Croissant file says the SHA-256 of a file that was read.",
        misleads="A file that is not described, such as each picture of a folder, is not compared.",
        tolerance=0.0,
    ),
    MetricCard(
        name=BEFORE_CUT,
        title="Rows from before the end of training",
        asks="How many rows could the model have seen, because they are older than its training's last day?",
        formula="audit rows dated on or before the stated day / audit rows",
        source=_SHARE,
        better="lower",
        undefined="Left out where no day is stated, or the spec names no period.",
        misleads="An old row need not have been trained on; a row without a date counts as a later one.",
    ),
)
