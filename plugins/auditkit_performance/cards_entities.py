"""The metric cards of `performance.entities`."""

from auditkit import MetricCard

_INTERVAL = "interval: Wilson's, at the effective size of a ratio of totals over rows or units"
_STRICT = "An entity with one letter too many is as wrong as one that was never found, and counts on both sides."

CARDS = (
    MetricCard(
        name="entity_precision",
        title="Precision of entities",
        asks="Of the entities that the model finds, how many are there?",
        formula="predicted entities with the start, end and label of a true one / predicted entities",
        source=f"Tjong Kim Sang and De Meulder (2003), CoNLL-2003; seqeval.metrics.precision_score; {_INTERVAL}",
        better="higher",
        tolerance=0,
        undefined="When the model found no entity.",
        misleads=f"{_STRICT} A model that only speaks when it is sure is precise and misses most.",
    ),
    MetricCard(
        name="entity_recall",
        title="Recall of entities",
        asks="Of the entities that are there, how many does the model find?",
        formula="true entities whose start, end and label were predicted / true entities",
        source=f"Tjong Kim Sang and De Meulder (2003), CoNLL-2003; seqeval.metrics.recall_score; {_INTERVAL}",
        better="higher",
        tolerance=0,
        undefined="When there is no true entity.",
        misleads=f"{_STRICT} It says nothing of what is wrongly found.",
    ),
    MetricCard(
        name="entity_f1",
        title="F1 of entities",
        asks="How well does the model find entities, misses and false finds together?",
        formula="2 x found and true / (predicted entities + true entities): the harmonic mean of precision and recall",
        source=f"Tjong Kim Sang and De Meulder (2003), CoNLL-2003; seqeval.metrics.f1_score; {_INTERVAL}; simulated "
        "coverage at 95%: 0.95 to 0.96 at 20 to 200 rows",
        better="higher",
        undefined="When there is no true entity, and none was found.",
        misleads=f"{_STRICT} Over all labels together the commonest label decides; look at each.",
    ),
)
