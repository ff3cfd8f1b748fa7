"""The metric cards of behavioural tests, of negated notes, and of asking twice."""

from __future__ import annotations

from auditkit import MetricCard
from auditkit_robustness.cards_unsound import UNSOUND

_CHECKLIST = (
    "Ribeiro, Wu, Guestrin and Singh (2020), Beyond accuracy: behavioral testing of NLP models with CheckList, ACL"
)

FAILURES = MetricCard(
    name="behaviour_failure_rate",
    title="Failures of behavioural tests",
    asks="How often does the model not behave as the templates of the spec ask?",
    formula="failing cases / cases that could be asked. MFT: the decision is another label than the expected one; INV: "
    "of texts that must be answered alike two decisions differ, or the score moves further than by; DIR: the score "
    "does not move as it must",
    source=f"{_CHECKLIST}; interval: of one test Clopper and Pearson (1934) over its fillings; of a kind, of a part of "
    "a lexicon and of all tests Wilson's at the effective size over templates, whose fillings share all other words",
    better="lower",
    undefined="When no case could be asked: a score that must fall by 0.1 has no room below 0.1.",
    misleads="It is about sentences that somebody made up, not about patients: of one test, about other words in the "
    "same templates; of many, about other templates by the same hand. A test with a hundred names is one template. A "
    "case fails too where the answer to a sentence is none.",
)
FAILURES_APART = MetricCard(
    name="behaviour_failure_rate_difference",
    title="Difference in failures between parts of a lexicon",
    asks="Do behavioural tests fail more often for some words of a slot, such as women's names?",
    formula="largest part's failure rate - smallest part's, over the tests in whose templates the slot stands",
    source=f"{_CHECKLIST}; interval: the parts' limits over templates combined for each pair (Zou and Donner 2008), "
    "at Bonferroni's level over all pairs; wider than it need be, since parts share templates",
    better="lower",
    undefined="When fewer than two parts have cases.",
    misleads="Words of one part may differ in more than what names it: rare names, or longer ones.",
)
BEHAVED = (FAILURES, FAILURES_APART, UNSOUND)

NEGATION_FAILURES = MetricCard(
    name="negation_failure_rate",
    title="Notes whose score does not follow a negation",
    asks="How often does the score not move as it must when what a note affirms is denied?",
    formula="rows whose score of the label does not move as it must when each affirmed finding is denied / rows in "
    "which a built-in pattern affirms a finding, and whose score has room to move",
    source=f"{_CHECKLIST}, directional expectations; interval: Wilson (1927), over units at the effective size",
    better="lower",
    undefined="When no row has such a pattern, or none has room to move.",
    misleads="Few patterns are known, and rows that they match are not like others. Where a note has other reasons for "
    "its label a score may rightly stay: 'not rise' asks less than 'fall'. An answer that is none counts as a failure.",
)
NEGATION_APART = MetricCard(
    name="negation_failure_rate_difference",
    title="Difference between groups in notes whose score does not follow a negation",
    asks="Does a model overlook negations in one group's notes more often?",
    formula="largest group's rate - smallest group's rate, of groups that are large enough",
    source="interval: the groups' limits combined for each pair (Zou and Donner 2008), at Bonferroni's level",
    better="lower",
    undefined="When fewer than two groups are large enough.",
    misleads="Groups whose notes are written otherwise are matched by other patterns.",
)
NEGATED = (NEGATION_FAILURES, NEGATION_APART, UNSOUND)

INCONSISTENT = MetricCard(
    name="inconsistent_decision_rate",
    title="Decisions that differ when the same rows are asked again",
    asks="How often is the decision another one when nothing changes but when and beside whom a row is asked?",
    formula="rows of which any decision differs from the audit's own / rows asked again: as they were, in another "
    "order, and in batches of other sizes",
    source="the share of rows whose answer a second asking does not confirm; interval: Wilson (1927)",
    better="lower",
    undefined="When the model decides nothing.",
    misleads="Rounding differs between batches, and a decision at the threshold may turn: see how far scores move. Few "
    "rows are asked; none that differs is no proof that none ever does.",
)
UNSTEADY = MetricCard(
    name="inconsistent_score_rate",
    title="Scores that move when the same rows are asked again",
    asks="How often does the score move by more than rounding explains when the same row is asked again?",
    formula="rows of which any score is further than `tolerance` from the audit's own / rows asked again",
    source="as of decisions; interval: Wilson (1927)",
    better="lower",
    undefined="When no row is asked again.",
    misleads="A model that draws at random, as with dropout left on, moves at every asking; one that pads a batch "
    "without masking moves with its neighbours. Which it is, the conditions tell.",
)
INCONSISTENT_APART = MetricCard(
    name="inconsistent_decision_rate_difference",
    title="Difference between groups in decisions that differ when asked again",
    asks="Does asking again change one group's decisions more often?",
    formula="largest group's rate - smallest group's rate, of groups that are large enough",
    source="interval: the groups' limits combined for each pair (Zou and Donner 2008), at Bonferroni's level",
    better="lower",
    undefined="When fewer than two groups are large enough.",
    misleads="Groups whose scores lie nearer to the threshold turn with less.",
)
UNSTEADY_APART = MetricCard(
    name="inconsistent_score_rate_difference",
    title="Difference between groups in scores that move when asked again",
    asks="Does asking again move one group's scores more often?",
    formula="largest group's rate - smallest group's rate, of groups that are large enough",
    source="interval: the groups' limits combined for each pair (Zou and Donner 2008), at Bonferroni's level",
    better="lower",
    undefined="When fewer than two groups are large enough.",
    misleads="Longer texts are padded less, and meet other neighbours in a batch.",
)
REPEATED = (INCONSISTENT, UNSTEADY, INCONSISTENT_APART, UNSTEADY_APART)
