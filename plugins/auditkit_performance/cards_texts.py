"""The metric cards of `performance.texts`."""

from auditkit import MetricCard

CARDS = (
    MetricCard(
        name="mean_words",
        title="Length of the answers, in words",
        asks="How long are the answers?",
        formula="mean over rows of words; a Chinese or Japanese character counts as one word",
        source="counted; interval: Student's, over rows or units",
        better="target",
        undefined="When there are no rows.",
        misleads="Long is not good and short is not bad; numbers of two languages cannot be compared.",
    ),
    MetricCard(
        name="empty_rate",
        title="Empty answers",
        asks="How often does the model write nothing?",
        formula="rows whose answer holds nothing but spaces / rows",
        source="counted; interval: Wilson (1927)",
        better="lower",
        tolerance=0,
        undefined="When there are no rows.",
        misleads="An answer that was never recorded looks the same as an empty one.",
    ),
    MetricCard(
        name="refusal_rate",
        title="Refusals",
        asks="How often does the model decline to answer?",
        formula="rows whose first 200 characters say that the speaker will not do what was asked, or hold one of the "
        "check's own patterns / rows",
        source="a count of English and Chinese wordings: a speaker, a negation and a deed, close together; an option "
        "of the check names phrases instead; interval: Wilson (1927)",
        better="target",
        undefined="When there are no rows.",
        misleads="It counts wordings and understands nothing: a refusal in other words, or in another language, is not "
        "counted, and an answer that first says what it will not do is. To decline is right for some questions.",
    ),
    MetricCard(
        name="exact_match",
        title="Exact match with the reference",
        asks="How often is the answer the reference answer, to the letter?",
        formula="rows whose answer equals the reference, spaces around them aside / rows with a reference",
        source="Rajpurkar et al. (2016), SQuAD, but articles and punctuation count; interval: Wilson (1927)",
        better="higher",
        tolerance=0,
        undefined="When no row has a reference answer.",
        misleads="An answer that is right in other words counts as wrong: it fits names, numbers and codes.",
    ),
)
