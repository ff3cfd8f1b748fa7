"""The metric cards of what is fair to single people: interventions, similar people, and how benefits are shared out."""

from auditkit import MetricCard

INTERVENTION_CARDS = (
    MetricCard(
        name="protected_intervention_effect",
        title="Effect on the score of changing the protected attribute alone",
        asks="How far does the score move when only a protected attribute in the model's input is changed?",
        formula="mean over rows, and over the other values that occur in the attribute's input column, of |change of "
        "the score|: of two classes the positive one's, of more half the sum over classes, of several labels the "
        "largest, of values the value's own, in standard deviations of the predictions",
        source="Galhotra, Brun and Meliou (2017), Fairness testing, doi:10.1145/3106237.3106277, with scores for "
        "decisions; interval: Student's, of probabilities Wilson's at their effective size, over rows or units",
        better="lower",
        undefined="When the column has fewer than two values, or more than twenty.",
        misleads="Small effects change decisions where scores crowd at the threshold, and large ones change none far "
        "from it: see the flip rate. It is no causal counterfactual: what follows from the attribute (height, names, "
        "what was diagnosed) stays as it is, so that a model that reads it off other columns shows no effect. Changed "
        "rows may be such as never occur.",
    ),
    MetricCard(
        name="protected_flip_rate",
        title="Decisions that change with the protected attribute alone",
        asks="How often does the decision turn when only a protected attribute in the model's input is changed?",
        formula="rows whose decision is another one when the attribute's input column is set to some other value that "
        "occurs / rows where it is known",
        source="Galhotra, Brun and Meliou (2017), Fairness testing, doi:10.1145/3106237.3106277, causal "
        "discrimination; interval: Clopper and Pearson (1934), of weighted rows or units Wilson's at effective size",
        better="lower",
        undefined="When the column has fewer than two values, or more than twenty.",
        misleads="A score that moves far from the threshold changes no decision. It is no causal counterfactual.",
    ),
)

SIMILARITY_CARDS = (
    MetricCard(
        name="consistency",
        title="Consistency of decisions with those of similar people",
        asks="How far does a decision agree with those about the most similar people?",
        formula="1 - mean over rows of |decision - mean decision of the k nearest other rows|, by Euclidean "
        "distance of "
        "the numeric inputs that carry no protected attribute, each scaled to a standard deviation of 1",
        source="Zemel et al. (2013), Learning fair representations, ICML; aif360's consistency counts a row "
        "among its own "
        "neighbours, this does not; interval: percentile bootstrap over units of the jackknife's pseudo-values, Efron "
        "and Stein (1981), Ann. Stat. 9, 586-596",
        better="higher",
        undefined="When there are no more than k rows.",
        misleads="Deciding the same for everybody is perfectly consistent. Who is similar depends on the "
        "columns that are "
        "there and on their scale; columns that stand in for a protected attribute make groups look dissimilar.",
    ),
    MetricCard(
        name="lipschitz_violation_share",
        title="Pairs whose scores differ more than they do",
        asks="How many pairs of people are given scores further apart than they are from each other?",
        formula="pairs with |score - score'| > L x distance / pairs; each row is in one random pair; distance as for "
        "consistency, by the square root of the number of columns",
        source="Dwork et al. (2012), Fairness through awareness, doi:10.1145/2090236.2090255; interval: Wilson's, over "
        "pairs or pairs of units",
        better="lower",
        undefined="When there are fewer than two rows, or units.",
        misleads="Pairs at random are seldom alike, so that few are tried hard: a share of 0 says little. L is "
        "a choice.",
    ),
)

_GE = "Speicher et al. (2018), A unified approach to quantifying algorithmic unfairness, doi:10.1145/3219819.3220046; "

INEQUALITY_CARDS = (
    MetricCard(
        name="generalised_entropy_index",
        title="Inequality of benefits (generalised entropy index)",
        asks="How unevenly are wrong decisions to people's good and to their harm shared out?",
        formula="mean over rows of ((b / mean b)^2 - 1) / 2, with benefit b = decision - target + 1: 0 for who "
        "is missed, "
        "1 for who is decided rightly, 2 for who is wrongly chosen",
        source=_GE + "aif360's generalized_entropy_index; interval: BCa bootstrap of rows, or whole units; where all "
        "fare alike, the most it can be when as many do not as Clopper and Pearson allow",
        better="lower",
        undefined="When no row has a target, or nobody has any benefit.",
        misleads="It counts a false alarm as good luck: where being chosen is a harm, name the other class as "
        "positive. "
        "A model that is wrong for everybody in the same way is perfectly equal.",
    ),
    MetricCard(
        name="theil_index",
        title="Inequality of benefits (Theil's index)",
        asks="How unevenly are wrong decisions shared out, when those who are missed count for more?",
        formula="mean over rows of (b / mean b) ln(b / mean b), with 0 for b = 0; b as in the generalised "
        "entropy index",
        source=_GE + "aif360's theil_index; interval: BCa bootstrap of rows, or whole units; where all "
        "fare alike, the most it can be when as many do not as Clopper and Pearson allow",
        better="lower",
        undefined="When no row has a target, or nobody has any benefit.",
        misleads="As the generalised entropy index, of which it is the one of order 1.",
    ),
    MetricCard(
        name="generalised_entropy_between_groups",
        title="Inequality of benefits between groups",
        asks="How much of the inequality lies between the groups, and would be there if all within one fared alike?",
        formula="mean over rows of ((mean b of the row's group / mean b)^2 - 1) / 2; the rest of the index lies within "
        "groups",
        source=_GE
        + "aif360's between_all_groups_generalized_entropy_index; interval: the least and the most that group "
        "means within Student's limits, at Bonferroni's level, allow",
        better="lower",
        undefined="When fewer than two groups have the policy's smallest group size, or nobody has any benefit.",
        misleads="It is far smaller than the whole index even for groups that fare very differently: read it beside "
        "the gaps. Misses and false alarms within one group cancel out.",
    ),
)
