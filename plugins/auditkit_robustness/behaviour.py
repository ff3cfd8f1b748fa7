"""`robustness.behaviour`: tests that the user writes as templates: a label, an invariance, or a direction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditkit import AuditError, Case, ClassScores, LabelScores, Measurement, Table, TextFile, check
from auditkit.perturbation import refuse_recorded
from auditkit_robustness.behaving.counting import Counted
from auditkit_robustness.behaving.failing import failures
from auditkit_robustness.behaving.filling import fillings
from auditkit_robustness.behaving.reading import read_behaviour, try_negations
from auditkit_robustness.cards_behaviour import BEHAVED
from auditkit_robustness.planted_behaviour import BEHAVIOUR_CONTROLS


def accept_templates(*, templates: TextFile, **options: Any) -> None:
    """Refuse a file of templates that cannot be meant.

    Raises:
        AuditError: what is wrong with it, or how many cases or examples are wanted.
    """
    for name in ("most_cases", "examples"):
        least = 1 if name == "most_cases" else 0
        if options.get(name, least) < least:
            raise AuditError(f"option '{name}' is {options[name]}", hint=f"at least {least}")
    if templates.text is not None:
        try_negations(read_behaviour(templates.text))


@check(
    "robustness.behaviour",
    on=(ClassScores, LabelScores),
    metrics=BEHAVED,
    accepts=accept_templates,
    controls=BEHAVIOUR_CONTROLS,
)
def behaviour(
    case: Case[ClassScores | LabelScores], *, templates: TextFile, most_cases: int = 100, examples: int = 0
) -> Iterator[Measurement | Table]:
    """Whether the model behaves as the templates of the spec's author ask.

    Sentences with slots, the words for each slot, and what must hold of the filled sentences stand in a TOML file
    beside the spec, which `templates` names. A label is expected (MFT); texts that differ in what must not matter are
    answered alike (INV); or a score moves in one direction when the text changes (DIR). Of each test at most
    `most_cases` cases are asked, drawn at random where there are more. No audit row is looked at: the rates are about
    the sentences that templates make. As many failing sentences of a test as `examples` says are written down: they
    are the author's own words.
    """
    refuse_recorded(case)
    text = templates.text or ""
    failed = case.compute(failures, text=text, most_cases=most_cases)
    counted = Counted(fillings(case, read_behaviour(text), most_cases), failed, case.level)
    yield from counted.measurements()
    yield from counted.tables(examples)
