"""The adapter for recommenders: factors, a matrix of scores, or a torch module, that rank items for each user."""

from auditkit import hookimpl
from auditkit_recommender.adapter import open_recommender


@hookimpl
def auditkit_register_adapters() -> list[object]:
    """Offer the adapter `recommender`."""
    return [open_recommender]
