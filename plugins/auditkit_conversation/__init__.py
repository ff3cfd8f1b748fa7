"""Conversations that advise: facts, emergencies, unsafe advice, agreement, stated confidence, paired prompts, a judge.

A check a module. What an answer says: `facts`, `emergencies`, and `advice` for doses, refusals and answers that are too
sure. Whether it says the same again: `agreement`; and about another person: `pairs`. How sure it says that it is:
`stated`. Whom it picks of two people: `stereotypes`. What a judge says of it: `judge`, counted only where the judge
agrees with people.

`reading` is what checks read of a case: its columns, and the answers as texts. `wording` makes texts plain and cuts
them into clauses, `statements` finds in them what an answer must hold or must not, and `measured` makes one number a
row into means, and differences between groups. Of paired prompts the rows are made in `asked`, where the words and
templates lie too; `readings` are the numbers by which two answers are compared, `pairing` finds the pairs, and
`pairs_told` makes measurements of both. The metric cards are in modules that begin with `cards`, the cases whose answer
is known in those that begin with `planted`.
"""

from auditkit import hookimpl
from auditkit_conversation.advice import advice
from auditkit_conversation.agreement import agreement
from auditkit_conversation.asked.bbq import load_bbq
from auditkit_conversation.asked.loading import load_paired_prompts
from auditkit_conversation.emergencies import emergencies
from auditkit_conversation.facts import facts
from auditkit_conversation.judge import judge
from auditkit_conversation.pairs import pairs
from auditkit_conversation.stated import stated_confidence
from auditkit_conversation.stereotypes import stereotypes

AUDITKIT_NEEDS = ()


@hookimpl
def auditkit_register_checks() -> list[object]:
    """Offer a check for each question that is put to an adviser's answers."""
    return [facts, emergencies, advice, agreement, stated_confidence, pairs, stereotypes, judge]


@hookimpl
def auditkit_register_loaders() -> list[object]:
    """Offer the loaders of paired prompts, which are made of templates, and of multiple-choice questions."""
    return [load_paired_prompts, load_bbq]
