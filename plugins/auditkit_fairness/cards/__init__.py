"""The metric cards of the fairness checks, one module for what is asked together."""
