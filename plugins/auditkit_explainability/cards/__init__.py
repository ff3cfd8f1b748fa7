"""The metric cards of the checks of explainability, a module a check."""
