"""The kit for plugin authors: cases and models whose answers are known, planted defects, and the contract as a test."""

from auditkit.checks.asking import Readings
from auditkit.testing.breaches import ContractBroken
from auditkit.testing.cases import toy_case, with_model, with_reference_model, with_splits
from auditkit.testing.contract import obey_contract
from auditkit.testing.defects import (
    answers,
    calibrated,
    fair_groups,
    group_falsely_alarmed,
    group_missed,
    group_under_selected,
    groups_apart,
    labels_shifted,
    overconfident,
    scores_that_mislead,
    scores_that_tell,
    scores_that_tell_nothing,
)
from auditkit.testing.expectations import above, below, every, near, not_above, not_below
from auditkit.testing.models import CannedModel, canned_model
from auditkit.testing.other_defects import (
    entities_missed,
    group_misjudged,
    group_misses_label,
    label_missed,
    numbers_off,
    reads_protected_input,
    wanted_first,
    wanted_last,
)
from auditkit.testing.recipes import Recipe, recipe
from auditkit.testing.results import toy_result

__all__ = [
    "CannedModel",
    "ContractBroken",
    "Readings",
    "Recipe",
    "above",
    "answers",
    "below",
    "calibrated",
    "canned_model",
    "entities_missed",
    "every",
    "fair_groups",
    "group_falsely_alarmed",
    "group_misjudged",
    "group_missed",
    "group_misses_label",
    "group_under_selected",
    "groups_apart",
    "label_missed",
    "labels_shifted",
    "near",
    "not_above",
    "not_below",
    "numbers_off",
    "obey_contract",
    "overconfident",
    "reads_protected_input",
    "recipe",
    "scores_that_mislead",
    "scores_that_tell",
    "scores_that_tell_nothing",
    "toy_case",
    "toy_result",
    "wanted_first",
    "wanted_last",
    "with_model",
    "with_reference_model",
    "with_splits",
]  # fmt: skip
