"""Conversations that advise: facts, emergencies, unsafe advice, agreement, stated confidence, and what a judge says."""

from auditkit import hookimpl
from auditkit_conversation.advice import advice
from auditkit_conversation.agreement import agreement
from auditkit_conversation.emergencies import emergencies
from auditkit_conversation.facts import facts
from auditkit_conversation.judge import judge
from auditkit_conversation.stated import stated_confidence


@hookimpl
def auditkit_register_checks() -> list[object]:
    """Offer a check for each question that is put to an adviser's answers."""
    return [facts, emergencies, advice, agreement, stated_confidence, judge]
