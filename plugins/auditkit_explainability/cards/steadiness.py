"""The metric cards of stability and of randomised models: whether an explanation keeps still, and follows the model."""

from __future__ import annotations

from auditkit import MetricCard

_YEH = "Yeh et al. (2019), On the (in)fidelity and sensitivity of explanations, NeurIPS"
_AGARWAL = "Agarwal et al. (2022), Rethinking stability for attribution-based explanations, arXiv 2203.06877"
_NEAR = (
    "neighbours of which every number moves by at most 2 % of the range of the row's numbers, of black to white, or of "
    "a table's column"
)
_STILL = (
    "An explanation that says the same of every row keeps perfectly still: stability alone is no reason to believe it."
)

SENSITIVITY = MetricCard(
    name="max_sensitivity",
    title="Largest change of an explanation beside a neighbour",
    asks="How far does the explanation move when the row hardly does?",
    formula=f"largest |attribution of a neighbour - attribution of the row| / |attribution of the row|, over {_NEAR}; "
    "the mean over rows",
    source=f"{_YEH}; captum's `sensitivity_max`, over pieces. Interval: Student's over rows",
    better="lower",
    undefined="When no row has two pieces to which anything is attributed, or fewer than ten rows have.",
    misleads=_STILL,
)
INPUT_STABILITY = MetricCard(
    name="relative_input_stability",
    title="Relative input stability, as a logarithm",
    asks="How far does the explanation move for how far the row moves?",
    formula="log10 of: largest |relative change of the attribution| / |relative change of the row's numbers|, over "
    f"those {_NEAR} of which the decision is the same; the mean over rows",
    source=f"{_AGARWAL}, with its least divisor of 0.0001. Interval: Student's over rows",
    better="lower",
    undefined="As `max_sensitivity`, or where the decision is another one beside every neighbour.",
    misleads=f"{_STILL} A piece to which almost nothing is attributed makes it large by itself.",
)
OUTPUT_STABILITY = MetricCard(
    name="relative_output_stability",
    title="Relative output stability, as a logarithm",
    asks="How far does the explanation move for how far the model's outputs move?",
    formula="log10 of: largest |relative change of the attribution| / |change of the outputs before any softmax|, over "
    f"those {_NEAR} of which the decision is the same; the mean over rows",
    source=f"{_AGARWAL}, with its least divisor of 0.0001. Interval: Student's over rows",
    better="lower",
    undefined="As `relative_input_stability`.",
    misleads=f"{_STILL} Of a model without gradients the logarithms of its probabilities are compared, "
    "less their mean. Where the outputs hardly move it is large, whatever the explanation does.",
)
STABILITY_TEST = MetricCard(
    name="stability_test_over_random",
    title="By how much an explanation is steadier than a random one, test by test",
    asks="In which tests does the explanation keep stiller than the same numbers dealt anew for each neighbour?",
    formula="(r - e) / (r + e), where e is what the test makes of the explanation, and r of the row's own numbers "
    "dealt to its pieces by chance for each neighbour: 0 no steadier, 1 perfectly still",
    source="paired over rows; interval: limits of the better and the worse combined (Zou and Donner 2008)",
    better="higher",
    undefined="When the test is.",
    misleads=_STILL,
)
STABLE = MetricCard(
    name="stability_over_random",
    title="By how much an explanation is steadier than a random one",
    asks="Do two rows that hardly differ have the same explanation?",
    formula="mean over the three tests of `stability_test_over_random`, of each row; then the mean over rows",
    source="the tests as on their cards; the interval holds for all methods at once, at Bonferroni's level",
    better="higher",
    undefined="When the tests are.",
    misleads=_STILL,
)
STABLE_GAP = MetricCard(
    name="stability_over_random_difference",
    title="Difference between groups in how steady explanations are",
    asks="Are one group's explanations shakier?",
    formula="largest group's stability over random - smallest group's, of groups that are large enough",
    source="interval: the groups' limits combined for each pair, Zou and Donner (2008), Stat. Med. 27, 1693-1702, at "
    "Bonferroni's level over all pairs",
    better="lower",
    undefined="When fewer than two groups are large enough.",
    misleads="Rows that lie near the edge of a decision have shakier explanations, whoever they are of.",
)

STABILITY = (STABLE, STABLE_GAP, STABILITY_TEST, SENSITIVITY, INPUT_STABILITY, OUTPUT_STABILITY)
"""What `explainability.stability` measures."""

RISE = MetricCard(
    name="randomisation_entropy_rise",
    title="How much less an explanation says once the model knows nothing",
    asks="Does the explanation follow what the model has learnt?",
    formula="(H of the randomised model's - H of the model's) / H of the model's, where H is the entropy of a "
    "histogram of 100 bins of a row's attributions, place by place; mean over random models, then over rows",
    source="Hedström et al. (2024), A fresh look at sanity checks for saliency maps, arXiv 2405.02383 (eMPRT); Adebayo "
    "et al. (2018), Sanity checks for saliency maps, NeurIPS. Parameters are drawn with the mean and spread of each "
    "tensor's own. Interval: Student's, of the luck of rows and of how much random models differ among themselves; for "
    "all methods at once at Bonferroni's level",
    better="higher",
    undefined="When fewer than ten rows have 16 numbers or more to which something is attributed.",
    misleads="A model that uses everything alike has an entropy that cannot rise: then 0 says nothing against the "
    "explanation. A rise does not say that the explanation is right: see `faithfulness_over_random`.",
)
ALIKE = MetricCard(
    name="randomisation_rank_correlation",
    title="Likeness of the explanation to that of a model that knows nothing",
    asks="Would the same pieces be named if the model had learnt nothing?",
    formula="Spearman's rank correlation of the sizes of a row's attributions to its pieces, of the model and of the "
    "same with random parameters; mean over random models, then over rows",
    source="Adebayo et al. (2018), Sanity checks for saliency maps, NeurIPS, all layers at once. Interval: Student's, "
    "of the luck of rows and of random models",
    better="lower",
    undefined="When fewer than ten rows have two pieces of different attributions.",
    misleads="Near 1 the explanation shows the rows and not the model, as an edge detector does. It is above 0 "
    "wherever the input itself is in the attribution, such as its distance from a baseline.",
)

RANDOMISATION = (RISE, ALIKE)
"""What `explainability.randomisation` measures."""
